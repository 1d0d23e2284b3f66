//! Which link the event time of a worker waits for: the one that is furthest behind.

use super::activity::Activity;
use super::books::link_names;
use crate::data::time;
use crate::topology::plan::{Link, Plan, WorkerId};
use crate::wire::link::Received;

/// A link that holds a watermark back, and how far it has come itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Waits {
    pub link: Link,
    /// `i64::MIN`: nothing has come yet.
    pub watermark: i64,
}

impl Activity<'_> {
    /// The link that a worker's watermark waits for; `None` where none is behind another.
    pub fn waits_for(&self, plan: &Plan, worker: WorkerId) -> Option<Waits> {
        let timed = |link: &Link| {
            let inlet = &plan.stages[link.to.stage].inlets[link.inlet];
            inlet.schema.time().is_some()
        };
        let into = self.books.links.iter().filter(|book| book.link.to == worker && timed(&book.link));
        let counts = |received: &Received| !received.ended && !received.idle;
        let open: Vec<Waits> = into
            .filter(|book| counts(&book.received))
            .map(|book| Waits { link: book.link, watermark: book.received.watermark })
            .collect();
        let least = open.iter().min_by_key(|waits| waits.watermark)?;
        open.iter().any(|other| other.watermark > least.watermark).then_some(*least)
    }
}

impl Waits {
    /// `orders -> hourly, at 2013-01-01T05:00:00Z`.
    pub fn text(&self, plan: &Plan) -> String {
        let (from, to) = link_names(plan, &self.link);
        let at = match self.watermark {
            i64::MIN => "which has said nothing yet".to_string(),
            ns => format!("at {}", time::to_text(ns)),
        };
        format!("{from} -> {to}, {at}")
    }
}
