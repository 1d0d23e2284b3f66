//! Whether a run may be believed: nothing lost, nothing twice, in order, on time.

use super::figures::Window;
use super::rewrite::rate_of;
use super::table::whole;
use crate::latency::supports;
use crate::run::books::Books;
use crate::run::summary::{Summary, adds_up_in_one_line, side_records};
use crate::topology::plan::Plan;
use crate::units::Rate;

/// Fewer of the scheduled records, and the source has not kept its rate.
pub(super) const SENT_MIN: f64 = 0.99;

/// Everything that forbids to believe a run's counts, as sentences; empty: they hold.
pub(super) fn wrong(plan: &Plan, books: &Books, summary: &Summary) -> Vec<String> {
    let mut wrong = books.wrong(plan);
    let records = &summary.records;
    let lost = records.lost + records.shed;
    if lost > 0 {
        wrong.push(format!("{lost} records were lost or shed"));
    }
    if records.duplicate > 0 {
        wrong.push(format!("{} records came twice", records.duplicate));
    }
    let refused: u64 = books.workers.iter().map(|worker| worker.frames_refused).sum();
    if refused > 0 {
        wrong.push(format!("{refused} frames were refused"));
    }
    for worker in books.workers.iter().filter(|worker| worker.epoch > 1) {
        let name = plan.worker_name(worker.id);
        wrong.push(format!("stage \"{name}\" was started {} times", worker.epoch));
    }
    let (left, right) = (records.read + side_records(plan, books), ends_of(summary));
    if adds_up_in_one_line(plan) && left != right {
        wrong.push(format!("{left} records came in, but {right} are accounted for at the ends"));
    }
    wrong
}

fn ends_of(summary: &Summary) -> u64 {
    let records = &summary.records;
    records.stored + records.filtered + records.rejected + records.shed + records.lost
}

/// The least part of their scheduled records that paced sources sent in their time; `None` when none is paced.
pub(super) fn sent(plan: &Plan, window: &Window<'_>) -> Option<f64> {
    let workers = plan.workers().enumerate();
    let sent = workers.filter_map(|(at, worker)| {
        let stage = &plan.stages[worker.stage];
        // One that is through has sent all it had.
        let Rate(rate) = rate_of(stage).filter(|_| stage.is_source() && window.runs(at))?;
        Some(window.sent(at, rate))
    });
    sent.reduce(f64::min)
}

/// Why the ages of so many records tell nothing, if they don't: at least a median must be told.
pub(super) fn too_few(records: u64) -> Option<String> {
    (!supports(records, 0.5)).then(|| {
        format!("only {records} records reached an end after the warm-up, too few for a median (take a longer --for)")
    })
}

/// One line that says what was looked at, for a run in which nothing was wrong.
pub(super) fn line(plan: &Plan, books: &Books, summary: &Summary) -> String {
    let (links, stages) = (books.links.len(), plan.stages.len());
    let mut line =
        format!("every record in order and once on {links} links, none lost, {stages} stages balance");
    let r = &summary.records;
    if adds_up_in_one_line(plan) && side_records(plan, books) == 0 {
        let [read, stored, filtered, rejected] =
            [r.read, r.stored, r.filtered, r.rejected].map(|n| whole(n as f64));
        line += &format!(": in {read} = stored {stored} + filtered {filtered} + rejected {rejected}");
    }
    line
}
