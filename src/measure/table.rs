//! A report as tables for people, at most 100 columns wide.

use super::figures::Figures;
use super::hops::{Hop, Pair};
use super::report::{RATIOS, Report, Side, Sparse};
use super::sweep::{Sweep, plot};
use super::verdict::time;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Writes a figure.
type Shown = fn(f64) -> String;

/// How each figure is called and written.
const LINES: [(&str, &str, Shown); 8] = [
    ("p50", "p50", time),
    ("p90", "p90", time),
    ("p99", "p99", time),
    ("p999", "p99.9", time),
    ("max", "max", time),
    ("records_s", "records/s", whole),
    ("cpu_us", "CPU a record", time),
    ("memory_bytes", "peak memory", megabytes),
];
/// A longer name of a stage is cut.
const NAME_MAX: usize = 14;

/// All that a report says.
pub fn table(report: &Report) -> String {
    let mut text = head(report);
    if let Some(sweep) = &report.sweep {
        text += &steps(sweep);
    } else if let Some(sparse) = &report.sparse {
        text += &cold(sparse);
    } else if !report.runs.is_empty() {
        text += &match &report.baseline {
            Some(bare) if !bare.runs.is_empty() => both(report, bare),
            _ => one(report),
        };
        text += &hops(&report.stages);
    }
    if let Some(checked) = &report.checked {
        let _ = writeln!(text, "checked: {checked}");
    }
    if let Some(slo) = &report.slo {
        let at =
            slo.slo.at.map_or(String::new(), |at| format!(", which is promised at {}/s,", rate_text(at.0)));
        match slo.holds {
            true => text += &format!("[slo]{at} holds\n"),
            false => slo.broken.iter().for_each(|why| text += &format!("[slo]{at} is broken: {why}\n")),
        }
    }
    report.notes.iter().for_each(|note| text += &format!("note: {note}\n"));
    report.reasons.iter().for_each(|why| text += &format!("INVALID: {why}\n"));
    text
}

/// What was measured, and where.
fn head(report: &Report) -> String {
    let said = &report.settings;
    let count = |n: usize, noun: &str| format!("{n} {noun}{}", if n == 1 { "" } else { "s" });
    let rates = said.rate.iter().map(|(stage, rate)| match rate {
        Some(rate) => format!("{stage} at {}/s", rate_text(*rate)),
        None => format!("{stage} as fast as it can"),
    });
    let rates: Vec<String> = rates.collect();
    let padded = said.payload.map_or(String::new(), |bytes| format!(", {bytes} bytes added to each record"));
    let what = match said.mode {
        "sweep" => "the highest rate that holds".to_string(),
        "sparse" => "a few records a second".to_string(),
        _ => rates.join(", "),
    };
    let how = match said.mode {
        "sparse" => String::new(),
        "baseline" => {
            format!("; {} in turn with bare libzmq, {} s each", count(said.repeat, "run"), said.for_s)
        }
        _ => format!(
            "; {} of {} s after {} s of warm-up",
            count(said.repeat, "run"),
            said.for_s,
            said.warmup_s
        ),
    };
    let mut text = format!("{}: {what}{padded}{how}\n{}", report.name, report.manifest.lines());
    report.manifest.warnings.iter().for_each(|warning| text += &format!("warning: {warning}\n"));
    text + "\n"
}

/// Ours alone: median and spread.
fn one(report: &Report) -> String {
    let mut text = format!("{:<14}{:>12}{:>12}{:>12}\n", "end to end", "median", "least", "most");
    for (name, label, shown) in LINES {
        let median = value(&report.median, name, shown);
        let [least, most] =
            report.spread.get(name).map_or(["-".to_string(), "-".to_string()], |ends| ends.map(shown));
        let _ = writeln!(text, "{label:<14}{median:>12}{least:>12}{most:>12}");
    }
    text + "\n"
}

/// Ours and bare libzmq, and the ratio.
fn both(report: &Report, bare: &Side) -> String {
    let mut text =
        format!("{:<14}{:>12}{:>12}{:>8}   {}\n", "end to end", "ours", "libzmq", "ratio", "95 % interval");
    for (name, label, shown) in LINES {
        let (ours, bare) = (value(&report.median, name, shown), value(&bare.median, name, shown));
        let _ = write!(text, "{label:<14}{ours:>12}{bare:>12}");
        let of = RATIOS.iter().find(|(_, figure)| *figure == name).map(|(ratio, _)| *ratio);
        if let Some(ratio) = of.and_then(|of| report.ratio.as_ref()?.get(of)) {
            let _ = write!(text, "{ratio:>8.2}");
        }
        if let Some([low, high]) = of.and_then(|of| report.ratio_interval.as_ref()?.get(of)) {
            let _ = write!(text, "   {low:.2} .. {high:.2}");
        }
        text.push('\n');
    }
    text + "ratio = ours / libzmq: the median over pairs of runs\n\n"
}

fn hops(stages: &[Hop]) -> String {
    let mut text = format!(
        "{:<NAME_MAX$}{:>11}{:>6}{:>18}{:>18}{:>18}{:>9}\n{:<NAME_MAX$}{:>11}{:>6}",
        "stage", "records/s", "bytes", "link wait", "service", "age", "CPU", "", "", ""
    );
    (0..3).for_each(|_| text += &format!("{:>9}{:>9}", "p50", "p99"));
    text += &format!("{:>9}\n", "a record");
    for hop in stages {
        let name = cut(&hop.stage);
        let bytes = hop.bytes.map_or("-".to_string(), whole);
        let rate = hop.records_s.map_or("-".to_string(), whole);
        let _ = write!(text, "{name:<NAME_MAX$}{rate:>11}{bytes:>6}");
        for Pair { p50, p99 } in [hop.link, hop.service, hop.age] {
            let _ = write!(text, "{:>9}{:>9}", or_none(p50), or_none(p99));
        }
        let _ = writeln!(text, "{:>9}", or_none(hop.cpu_us));
    }
    text + "\n"
}

fn steps(sweep: &Sweep) -> String {
    let mut text = "        rate         p50         p99\n".to_string();
    for step in &sweep.steps {
        let why = step.why.as_deref().unwrap_or("holds");
        let (p50, p99) = (or_none(step.p50), or_none(step.p99));
        let _ = writeln!(text, "{:>12}{p50:>12}{p99:>12}  {why}", rate_text(step.rate));
    }
    text = text.lines().map(|line| line.trim_end().to_string() + "\n").collect();
    let plot = plot(sweep);
    if !plot.is_empty() {
        text += &format!("\n{plot}");
    }
    match sweep.knee {
        Some(knee) => text + &format!("\nhighest rate that holds: {}/s\n", rate_text(knee)),
        None => text + "\nno rate that was tried holds\n",
    }
}

fn cold(sparse: &[Sparse]) -> String {
    let mut text = "      rate   records".to_string();
    ["p50", "p90", "p99", "max"].iter().for_each(|name| text += &format!("{name:>12}"));
    text += &format!("{:>14}\n", "CPU a record");
    for Sparse { rate, figures } in sparse {
        let Figures { p50, p90, p99, max, cpu_us, records, .. } = figures;
        let _ = write!(text, "{:>10}{records:>10}", format!("{}/s", rate_text(*rate)));
        [p50, p90, p99, max].iter().for_each(|us| text += &format!("{:>12}", or_none(**us)));
        let _ = writeln!(text, "{:>14}", or_none(*cpu_us));
    }
    text + "\n"
}

fn value(of: &BTreeMap<&'static str, f64>, name: &str, shown: Shown) -> String {
    of.get(name).map_or("-".to_string(), |value| shown(*value))
}

fn or_none(us: Option<f64>) -> String {
    us.map_or("-".to_string(), time)
}

fn cut(name: &str) -> String {
    if name.chars().count() <= NAME_MAX {
        return name.to_string();
    }
    name.chars().take(NAME_MAX - 1).chain(['…']).collect()
}

/// 1234567 as 1,234,567.
pub(super) fn whole(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A rate with as many digits as it needs.
fn rate_text(rate: f64) -> String {
    if rate.fract() == 0.0 { whole(rate) } else { format!("{rate:.2}") }
}

fn megabytes(bytes: f64) -> String {
    format!("{:.0} MB", bytes / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::report::tests::report;

    #[test]
    fn every_table_fits_a_terminal() {
        let pair = Pair { p50: Some(123_456.7), p99: Some(9_876_543.2) };
        let hop = Hop {
            stage: "a_stage_with_a_name_of_forty_one_letters_".to_string(),
            records_s: Some(12_345_678.9),
            bytes: Some(1234.5),
            link: pair,
            service: pair,
            age: pair,
            cpu_us: Some(12.3),
        };
        let report = Report { stages: vec![hop], ..report() };
        let text = table(&report);
        // A machine may have a long name, and sentences are wrapped by the terminal; tables must not be.
        let wide = text.lines().skip(3).filter(|line| line.chars().count() > 100).collect::<Vec<_>>();
        assert!(wide.iter().all(|line| line.starts_with("warning: ")), "{wide:?}");
        assert!(text.contains("a_stage_with_…") && text.contains("12,345,679"), "{text}");
    }

    #[test]
    fn what_the_sample_can_not_tell_is_a_dash() {
        let text = table(&report());
        let line = |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap().to_string();
        assert_eq!(
            line("p50").split_whitespace().collect::<Vec<_>>(),
            ["p50", "100", "us", "100", "us", "100", "us"]
        );
        assert_eq!(line("p99.9").split_whitespace().collect::<Vec<_>>(), ["p99.9", "-", "-", "-"]);
    }
}
