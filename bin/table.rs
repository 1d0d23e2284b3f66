//! The same numbers as tables for people.

use sluicebox::latency::Timings;
use sluicebox::runtime::books::{Books, Worker, worker_name};
use sluicebox::runtime::summary::{Breakdown, Percentiles, Summary, adds_up_in_one_line, side_records};
use sluicebox::topology::plan::Plan;
use sluicebox::wire::ledger::{State, Times};
use std::fmt::Write;

/// An earlier look at the same run, and how many seconds ago it was.
pub type Before<'a> = Option<(&'a Books, f64)>;

/// One line a worker: records, rate, where its time goes, how old its records are. All but the last two columns fit on
/// a terminal of 80.
pub fn stages(plan: &Plan, books: &Books, before: Before<'_>) -> String {
    let name = |worker: &Worker| worker_name(plan, worker.stage, worker.worker);
    let width = width(books.workers.iter().map(name));
    let mut text = format!(
        "{:<width$} {:>8} {:>13} {:>13} {:>10} {:>5} {:>8} {:>5} {:>8} {:>8}\n",
        "stage", "state", "in", "out", "records/s", "busy", "blocked", "idle", "age p50", "p99"
    );
    for (i, worker) in books.workers.iter().enumerate() {
        let rate = before.map_or(String::new(), |(before, s)| {
            group(((worker.account.done - before.workers[i].account.done) as f64 / s) as u64)
        });
        let [busy, blocked, idle] = shares(since(worker, before, i));
        let [p50, p99] = p50_p99(Percentiles::of(&timings(worker, before).age));
        let _ = writeln!(
            text,
            "{:<width$} {:>8} {:>13} {:>13} {rate:>10} {:>4.0}% {:>7.0}% {:>4.0}% {p50:>8} {p99:>8}",
            name(worker),
            state(worker),
            group(worker.account.done),
            group(worker.account.passed() + worker.account.made),
            100.0 * busy,
            100.0 * blocked,
            100.0 * idle
        );
    }
    text
}

/// Who holds the others up: *bottleneck: rules, 92 % busy; clean blocked 61 %*. `None` when nobody does.
pub fn bottleneck(plan: &Plan, books: &Books, before: Before<'_>) -> Option<String> {
    let shares: Vec<[f64; 3]> =
        books.workers.iter().enumerate().map(|(i, worker)| shares(since(worker, before, i))).collect();
    let name = |i: usize| worker_name(plan, books.workers[i].stage, books.workers[i].worker);
    let most = |of: usize| (0..shares.len()).max_by(|a, b| shares[*a][of].total_cmp(&shares[*b][of]));
    let (busy, blocked) = (most(0)?, most(1)?);
    let mut line = format!("bottleneck: {}, {:.0} % busy", name(busy), 100.0 * shares[busy][0]);
    if shares[blocked][1] < 0.05 && shares[busy][0] < 0.5 {
        return None;
    }
    if shares[blocked][1] >= 0.01 {
        let _ = write!(line, "; {} blocked {:.0} %", name(blocked), 100.0 * shares[blocked][1]);
    }
    Some(line)
}

/// Where a worker's time went since the earlier look.
pub fn since(worker: &Worker, before: Before<'_>, i: usize) -> Times {
    let then = before.map(|(books, _)| books.workers[i].times).unwrap_or_default();
    let Times { busy, blocked, idle } = worker.times;
    Times {
        busy: busy.saturating_sub(then.busy),
        blocked: blocked.saturating_sub(then.blocked),
        idle: idle.saturating_sub(then.idle),
    }
}

/// How long things took: lately, or of a run that has ended (there is no earlier look) in all.
pub fn timings<'a>(worker: &'a Worker, before: Before<'_>) -> &'a Timings {
    if before.is_some() { &worker.recent } else { &worker.timings }
}

/// Busy, blocked and idle as shares of the whole.
pub fn shares(times: Times) -> [f64; 3] {
    let all = (times.busy + times.blocked + times.idle).max(1) as f64;
    [times.busy, times.blocked, times.idle].map(|part| part as f64 / all)
}

/// A word for how a worker is.
pub fn state(worker: &Worker) -> &'static str {
    match worker.state {
        State::Starting | State::Ready if !worker.alive => "dead",
        state => state.name(),
    }
}

/// The account at the end.
pub fn account(plan: &Plan, books: &Books, summary: &Summary) -> String {
    let width = width(summary.stages.iter().map(|stage| stage.name.clone()));
    let mut text = format!(
        "{:<width$} {:>12} {:>12} {:>10} {:>10} {:>8}\n",
        "stage", "in", "out", "filtered", "rejected", "lost"
    );
    for stage in &summary.stages {
        let rejected: u64 = stage.rejected.values().sum();
        let _ = write!(
            text,
            "{:<width$} {:>12} {:>12} {:>10} {:>10} {:>8}",
            stage.name,
            group(stage.read),
            group(stage.out),
            group(stage.filtered),
            group(rejected),
            group(stage.lost)
        );
        let reasons: Vec<String> =
            stage.rejected.iter().map(|(reason, n)| format!("{reason} {}", group(*n))).collect();
        let _ = writeln!(text, "{}{}", if reasons.is_empty() { "" } else { "  " }, reasons.join(", "));
    }
    for stage in summary.stages.iter().filter(|stage| stage.started_empty > 0) {
        let (name, times) = (&stage.name, stage.started_empty);
        let _ = writeln!(
            text,
            "{name} forgot what it had learned {times} time(s): a restarted learner starts empty"
        );
    }
    let r = &summary.records;
    if adds_up_in_one_line(plan) {
        let side = side_records(books);
        let side = if side > 0 { format!(" + side streams {}", group(side)) } else { String::new() };
        let _ = writeln!(
            text,
            "in {}{side} = stored {} + filtered {} + rejected {} + shed {} + lost {}",
            group(r.read),
            group(r.stored),
            group(r.filtered),
            group(r.rejected),
            group(r.shed),
            group(r.lost)
        );
    }
    let verdict = if summary.balances { "the account balances" } else { "THE ACCOUNT DOES NOT BALANCE" };
    let _ = writeln!(
        text,
        "{}: {verdict} on {} links and in {} stages",
        summary.end,
        books.links.len(),
        plan.stages.len()
    );
    if let Some(l) = summary.latency_us {
        let _ = writeln!(
            text,
            "age at the sinks: p50 {}, p99 {}, p99.9 {}, max {}",
            us(l.p50),
            us(l.p99),
            us(l.p999),
            us(Some(l.max))
        );
    }
    text += &breakdown(summary, width);
    for result in &summary.results {
        let _ = writeln!(text, "results: {result}");
    }
    text
}

/// Where the records' time went, one line a stage; nothing while there are too few records to tell.
fn breakdown(summary: &Summary, width: usize) -> String {
    let head = ["link p50", "p99", "service p50", "p99", "age p50", "p99"].map(String::from);
    let mut lines = vec![("stage", head)];
    for stage in &summary.stages {
        let Breakdown { link, service, age } = stage.latency_us;
        let [a, b, c] = [link, service, age].map(p50_p99);
        lines.push((&stage.name, [a, b, c].concat().try_into().expect("three times two")));
    }
    if lines[1..].iter().all(|(_, cells)| cells.iter().all(|cell| cell == "-")) {
        return String::new();
    }
    let line = |(name, [a, b, c, d, e, f]): &(&str, [String; 6])| {
        format!("{name:<width$} {a:>9} {b:>9} {c:>12} {d:>9} {e:>9} {f:>9}\n")
    };
    lines.iter().map(line).collect()
}

fn p50_p99(percentiles: Option<Percentiles>) -> [String; 2] {
    [us(percentiles.and_then(|p| p.p50)), us(percentiles.and_then(|p| p.p99))]
}

/// How wide the column of names is.
fn width(names: impl Iterator<Item = String>) -> usize {
    names.map(|name| name.len()).max().unwrap_or(0).max(12)
}

/// Microseconds in a unit that a person reads; a dash for what can't be told.
fn us(us: Option<f64>) -> String {
    match us {
        None => "-".to_string(),
        Some(us) if us < 1000.0 => format!("{us:.0} us"),
        Some(us) if us < 1_000_000.0 => format!("{:.1} ms", us / 1000.0),
        Some(us) => format!("{:.1} s", us / 1_000_000.0),
    }
}

/// 1234567 as 1,234,567.
pub fn group(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
