//! The same numbers as tables for people.

use crate::grid::{self, Column, Grid, SPARE};
use sluicebox::run::activity::{Activity, Bottleneck, Shares};
use sluicebox::run::books::{Books, Worker};
use sluicebox::run::newest::Shown;
use sluicebox::run::runs::Run;
use sluicebox::run::summary::{Breakdown, Percentiles, StageSum, Summary, adds_up_in_one_line, side_records};
use sluicebox::topology::plan::Plan;
use sluicebox::units::group;
use std::fmt::Write;

/// One line a worker: records, rate, where its time goes, how old its records are. In at most `limit` columns: where
/// they are few, what one watches stays.
pub fn stages(plan: &Plan, activity: Activity<'_>, limit: Option<usize>) -> String {
    let column = |head, width, rank| Column { head, width, rank };
    let columns = [
        column("state", 8, 3),
        column("in", 13, 4),
        column("out", 13, SPARE),
        column("records/s", 10, 7),
        column("busy", 5, 6),
        column("blocked", 8, 5),
        column("idle", 5, SPARE),
        column("age p50", 8, 9),
        column("p99", 8, 8),
    ];
    let mut grid = Grid::new("stage", columns);
    for (i, worker) in activity.books.workers.iter().enumerate() {
        let rate = activity.rate(i).map_or(String::new(), |rate| group(rate as u64));
        let Shares { busy, blocked, idle } = activity.shares(i);
        let [p50, p99] = p50_p99(Percentiles::of(&activity.timings(i).age));
        let [busy, blocked, idle] = [busy, blocked, idle].map(|share| format!("{:.0}%", 100.0 * share));
        let [read, out] = [worker.account.done, worker.account.out()].map(group);
        let state = worker.state_name().to_string();
        let cells = [state, read, out, rate, busy, blocked, idle, p50, p99];
        let unread = [("missed", worker.missed), ("refused", worker.account.refused)];
        grid.row(&plan.worker_name(worker.id), cells, told(unread));
    }
    grid.text(limit)
}

/// One line a run: how it stands, and what went through it.
pub fn runs(runs: &[Run], limit: Option<usize>) -> String {
    let column = |head, width, rank| Column { head, width, rank };
    let columns = [
        column("state", 9, 9),
        column("pid", 8, 3),
        column("workers", 8, 4),
        column("in", 13, 7),
        column("stored", 13, 6),
        column("lost", 8, 5),
    ];
    let mut grid = Grid::new("topology", columns);
    for run in runs {
        let pid = run.pid.map_or(String::new(), |pid| pid.to_string());
        let workers =
            if run.running { format!("{}/{}", run.alive, run.workers) } else { run.workers.to_string() };
        let [read, stored, lost] = [run.read, run.stored, run.lost].map(group);
        grid.row(&run.name, [run.state.clone(), pid, workers, read, stored, lost], run.file.clone());
    }
    grid.text(limit)
}

/// Each of these of which there are any, by name.
fn told<const N: usize>(counts: [(&str, u64); N]) -> String {
    let any = counts.into_iter().filter(|(_, n)| *n > 0);
    any.map(|(what, n)| format!("{what} {}", group(n))).collect::<Vec<_>>().join(", ")
}

/// With which sentences workers have failed, a line each.
pub fn failures(books: &Books) -> String {
    books.workers.iter().filter_map(Worker::failed_with).map(|sentence| format!("{sentence}\n")).collect()
}

/// Their newest reports, as tables.
pub fn reports(reports: &[Shown<'_>], limit: Option<usize>) -> String {
    let mut text = String::new();
    for shown in reports {
        let (stage, of) = (shown.stage, group(shown.of));
        let _ = match shown.of {
            0 => writeln!(text, "{stage}: nothing to report"),
            n if n > shown.len() as u64 => writeln!(text, "{stage}: the first {} rows of {of}", shown.len()),
            _ => writeln!(text, "{stage}:"),
        };
        text += &shown.table(limit);
    }
    text
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

/// The account at the end, in lines of at most `limit` columns.
pub fn account(plan: &Plan, books: &Books, summary: &Summary, limit: Option<usize>) -> String {
    let mut text = String::new();
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
    let results = summary.results.iter().map(|result| format!("results: {result}\n"));
    counts(plan, summary).text(limit)
        + &grid::fit(&text, limit)
        + &breakdown(summary, limit)
        + &grid::fit(&results.collect::<String>(), limit)
}

/// What became of all that came in, where one line says it, and whether the account balances.
pub fn ending(plan: &Plan, books: &Books, summary: &Summary) -> String {
    let mut text = if adds_up_in_one_line(plan) { one_line(plan, books, summary) } else { String::new() };
    let verdict = if summary.balances { "the account balances" } else { "THE ACCOUNT DOES NOT BALANCE" };
    let (end, links, stages) = (&summary.end, books.links.len(), plan.stages.len());
    let _ =
        writeln!(text, "{end}: {verdict} on {} and in {}", counted(links, "link"), counted(stages, "stage"));
    text
}

/// "1 link", "2 links".
fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// One line a stage: what came in and what became of it.
fn counts(plan: &Plan, summary: &Summary) -> Grid {
    let column = |head, width| Column { head, width, rank: 1 };
    let columns = [
        column("in", 12),
        column("out", 12),
        column("filtered", 10),
        column("rejected", 10),
        column("lost", 8),
    ];
    let mut grid = Grid::new("stage", columns);
    for (at, stage) in summary.stages.iter().enumerate() {
        let rejected = stage.rejected.values().sum();
        let cells = [stage.read, stage.out, stage.filtered, rejected, stage.lost].map(group);
        grid.row(&stage.name, cells, in_detail(plan, at, stage));
    }
    grid
}

/// Of what was rejected why, what left by which port, and what was shed on the way.
fn in_detail(plan: &Plan, at: usize, stage: &StageSum) -> String {
    let reasons = stage.rejected.iter().map(|(reason, n)| (n, format!("{reason} {}", group(*n))));
    let ports = stage.ports.iter().map(|(port, n)| {
        let unread = if plan.is_read(at, port) { "" } else { " (unread)" };
        (n, format!("{port} {}{unread}", group(*n)))
    });
    let shed = stage.shed.iter().map(|(reason, n)| (n, format!("shed {reason} {}", group(*n))));
    let others = [
        ("absorbed", &stage.absorbed),
        ("made", &stage.made),
        ("watched", &stage.watched),
        ("missed", &stage.missed),
        ("refused", &stage.refused),
    ];
    let others = others.into_iter().map(|(what, n)| (n, format!("{what} {}", group(*n))));
    let all = reasons.chain(ports).chain(shed).chain(others);
    all.filter(|(n, _)| **n > 0).map(|(_, told)| told).collect::<Vec<_>>().join(", ")
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
fn breakdown(summary: &Summary, limit: Option<usize>) -> String {
    let column = |head, width, rank| Column { head, width, rank };
    let columns = [
        column("link p50", 9, 2),
        column("p99", 9, 1),
        column("service p50", 12, 4),
        column("p99", 9, 3),
        column("age p50", 9, 6),
        column("p99", 9, 5),
    ];
    let mut grid = Grid::new("stage", columns);
    let mut told = false;
    for stage in &summary.stages {
        let Breakdown { link, service, age } = stage.latency_us;
        let [[a, b], [c, d], [e, f]] = [link, service, age].map(p50_p99);
        let cells = [a, b, c, d, e, f];
        told |= cells.iter().any(|cell| cell != "-");
        grid.row(&stage.name, cells, String::new());
    }
    if told { grid.text(limit) } else { String::new() }
}

fn p50_p99(percentiles: Option<Percentiles>) -> [String; 2] {
    [us(percentiles.and_then(|p| p.p50)), us(percentiles.and_then(|p| p.p99))]
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
