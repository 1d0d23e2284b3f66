//! Which link the event time of a worker waits for: the one that is furthest behind.

use super::activity::Activity;
use super::books::{Worker, link_names};
use super::wiring::Link;
use crate::data::time;
use crate::topology::plan::Plan;
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
    pub fn waits_for(&self, plan: &Plan, worker: &Worker) -> Option<Waits> {
        let timed = |link: &Link| {
            let inlet = &plan.stages[link.to.stage].inlets[link.inlet];
            inlet.schema.time().is_some()
        };
        let all = self.books.into(worker).iter().map(|book| (book.link, book.received));
        let mut into = all.filter(|(link, _)| timed(link));
        let open = into.clone().filter(|(_, received)| !received.ended && !received.idle);
        let (link, Received { watermark, .. }) = open.min_by_key(|(_, received)| received.watermark)?;
        let ahead = |(_, other): (Link, Received)| other.ended || other.watermark > watermark;
        into.any(ahead).then_some(Waits { link, watermark })
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
