//! The same numbers as tables for people.

use sluicebox::run::activity::{Activity, Bottleneck, Shares};
use sluicebox::run::books::{Books, Worker};
use sluicebox::run::summary::{Breakdown, Percentiles, StageSum, Summary, adds_up_in_one_line, side_records};
use sluicebox::topology::plan::Plan;
use sluicebox::units::group;
use std::fmt::Write;

/// One line a worker: records, rate, where its time goes, how old its records are. All but the last two columns fit on
/// a terminal of 80.
pub fn stages(plan: &Plan, activity: Activity<'_>) -> String {
    let workers = &activity.books.workers;
    let name = |worker: &Worker| plan.worker_name(worker.id);
    let width = width(workers.iter().map(name));
    let mut text = format!(
        "{:<width$} {:>8} {:>13} {:>13} {:>10} {:>5} {:>8} {:>5} {:>8} {:>8}\n",
        "stage", "state", "in", "out", "records/s", "busy", "blocked", "idle", "age p50", "p99"
    );
    for (i, worker) in workers.iter().enumerate() {
        let rate = activity.rate(i).map_or(String::new(), |rate| group(rate as u64));
        let Shares { busy, blocked, idle } = activity.shares(i);
        let [p50, p99] = p50_p99(Percentiles::of(&activity.timings(i).age));
        let _ = writeln!(
            text,
            "{:<width$} {:>8} {:>13} {:>13} {rate:>10} {:>4.0}% {:>7.0}% {:>4.0}% {p50:>8} {p99:>8}",
            name(worker),
            worker.state_name(),
            group(worker.account.done),
            group(worker.account.out()),
            100.0 * busy,
            100.0 * blocked,
            100.0 * idle
        );
    }
    text
}

/// With which sentences workers have failed, a line each.
pub fn failures(books: &Books) -> String {
    books.workers.iter().filter_map(Worker::failed_with).map(|sentence| format!("{sentence}\n")).collect()
}

/// Who holds the others up: *bottleneck: rules, 92 % busy; clean blocked 61 %*. `None` when nobody does.
pub fn bottleneck(plan: &Plan, activity: Activity<'_>) -> Option<String> {
    let Bottleneck { busy, blocked } = activity.bottleneck()?;
    let name = |i: usize| plan.worker_name(activity.books.workers[i].id);
    let mut line = format!("bottleneck: {}, {:.0} % busy", name(busy.0), 100.0 * busy.1);
    if let Some((worker, share)) = blocked {
        let _ = write!(line, "; {} blocked {:.0} %", name(worker), 100.0 * share);
    }
    Some(line)
}

/// Which links hold event time back, a line each.
pub fn waits(plan: &Plan, activity: Activity<'_>) -> String {
    let all = activity.books.workers.iter().filter_map(|worker| activity.waits_for(plan, worker));
    all.map(|waits| format!("event time waits for {}\n", waits.text(plan))).collect()
}

/// The account at the end.
pub fn account(plan: &Plan, books: &Books, summary: &Summary) -> String {
    let width = width(summary.stages.iter().map(|stage| stage.name.clone()));
    let mut text = counts(plan, summary, width);
    for StageSum { name, forgotten, waiting, .. } in &summary.stages {
        if *forgotten > 0 {
            let n = group(*forgotten);
            let _ =
                writeln!(text, "{name}: {n} records are not in its state, it was started again without them");
        }
        if *waiting > 0 {
            let n = group(*waiting);
            let _ =
                writeln!(text, "{name}: {n} records wait in open windows (run --resume goes on with them)");
        }
    }
    text += &ending(plan, books, summary);
    if let Some(l) = summary.latency_us {
        let [p50, p99, p999, max] = [l.p50, l.p99, l.p999, Some(l.max)].map(us);
        let _ = writeln!(text, "age at the sinks: p50 {p50}, p99 {p99}, p99.9 {p999}, max {max}");
    }
    text += &breakdown(summary, width);
    for result in &summary.results {
        let _ = writeln!(text, "results: {result}");
    }
    text
}

/// What became of all that came in, where one line says it, and whether the account balances.
pub fn ending(plan: &Plan, books: &Books, summary: &Summary) -> String {
    let mut text = if adds_up_in_one_line(plan) { one_line(plan, books, summary) } else { String::new() };
    let verdict = if summary.balances { "the account balances" } else { "THE ACCOUNT DOES NOT BALANCE" };
    let (end, links, stages) = (&summary.end, books.links.len(), plan.stages.len());
    let _ = writeln!(text, "{end}: {verdict} on {links} links and in {stages} stages");
    text
}

/// One line a stage: what came in and what became of it.
fn counts(plan: &Plan, summary: &Summary, width: usize) -> String {
    let mut text = format!(
        "{:<width$} {:>12} {:>12} {:>10} {:>10} {:>8}\n",
        "stage", "in", "out", "filtered", "rejected", "lost"
    );
    for (at, stage) in summary.stages.iter().enumerate() {
        let _ = write!(
            text,
            "{:<width$} {:>12} {:>12} {:>10} {:>10} {:>8}",
            stage.name,
            group(stage.read),
            group(stage.out),
            group(stage.filtered),
            group(stage.rejected.values().sum()),
            group(stage.lost)
        );
        let reasons = stage.rejected.iter().map(|(reason, n)| (n, format!("{reason} {}", group(*n))));
        let ports = stage.ports.iter().map(|(port, n)| {
            let unread = if plan.is_read(at, port) { "" } else { " (unread)" };
            (n, format!("{port} {}{unread}", group(*n)))
        });
        let shed = stage.shed.iter().map(|(reason, n)| (n, format!("shed {reason} {}", group(*n))));
        let all = reasons.chain(ports).chain(shed);
        let told: Vec<String> = all.filter(|(n, _)| **n > 0).map(|(_, told)| told).collect();
        let _ = writeln!(text, "{}{}", if told.is_empty() { "" } else { "  " }, told.join(", "));
    }
    text
}

/// What came in and where all of it is.
fn one_line(plan: &Plan, books: &Books, summary: &Summary) -> String {
    let side = side_records(plan, books);
    let side = if side > 0 { format!(" + side streams {}", group(side)) } else { String::new() };
    let r = &summary.records;
    let [read, stored, filtered, rejected, shed, lost] =
        [r.read, r.stored, r.filtered, r.rejected, r.shed, r.lost].map(group);
    format!(
        "in {read}{side} = stored {stored} + filtered {filtered} + rejected {rejected} + shed {shed} + lost {lost}\n"
    )
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
