//! How a run is brought to its end, whatever its processes do: asked, hurried, killed, and at last left behind.

use super::Lead;
use crate::run::books::{Books, LinkBook, Worker};
use crate::supervisor::event::Event;
use crate::supervisor::messages::Tell;
use crate::units::group;
use actix::prelude::*;
use nix::sys::signal::Signal;
use std::time::Duration;

/// So many processes are called by name where one may do.
const NAMES_MAX: usize = 3;
/// What a process gets to do as it was told, before it is told more plainly.
const GRACE: Duration = Duration::from_secs(1);

/// A stop that takes longer says for whom it waits.
const LONG: Duration = Duration::from_millis(1500);

impl Lead {
    fn tell_all(&self, signal: Signal, leave: bool) {
        self.children.iter().for_each(|child| child.do_send(Tell { signal, leave }));
    }

    pub(super) fn stop(&mut self, why: &str, times: u32, ctx: &mut Context<Self>) {
        self.stops = self.stops.max(times);
        let hurry = if self.outcome.is_unheard() { "Ctrl-C twice" } else { "Ctrl-C" };
        self.tell(&Event::Stopping { why, at_once: times > 1, hurry });
        self.tell_all(if times > 1 { Signal::SIGQUIT } else { Signal::SIGTERM }, times > 1);
        if times > 1 {
            ctx.run_later(GRACE, Lead::kill);
            return;
        }
        ctx.run_later(LONG, |lead, _| lead.tell_of_waiting());
        // Stages leave by themselves when the time is up; who can't is told to.
        let drain = self.running.plan.drain_timeout;
        ctx.run_later(drain.duration() + GRACE, move |lead, ctx| {
            if lead.stops == 1 {
                let why = format!(
                    "drain_timeout = \"{drain}\" is over, and {}",
                    lead.names_there("has not ended", "have not ended")
                );
                lead.stop(&why, 2, ctx);
            }
        });
    }

    /// Ends what did not leave, and after that waits for nobody.
    fn kill(&mut self, ctx: &mut Context<Self>) {
        self.tell_all(Signal::SIGKILL, true);
        ctx.run_later(GRACE, |lead, _| {
            for of in std::mem::take(&mut lead.there) {
                let sentence = format!(
                    "{} does not end though it was killed: it waits for a disk that does not answer, or a debugger \
                    holds it; the run ends without it",
                    lead.processes.who(of)
                );
                lead.tell(&Event::Note { sentence: &sentence });
                lead.outcome.left();
                lead.processes.abandon(of);
            }
            lead.end();
        });
    }

    /// Once nobody is there any more.
    pub(super) fn end(&self) {
        if self.there.is_empty() {
            // Nobody waits for it any more if it was told before.
            let _ = self.ended.send(self.outcome.clone());
            System::current().stop();
        }
    }

    /// Says for whom a stop waits.
    fn tell_of_waiting(&mut self) {
        if self.stops > 1 || self.there.is_empty() {
            return;
        }
        let books = self.running.reader.read();
        let before = |worker: &Worker| Books::into(&books, worker).iter().map(LinkBook::missing).sum::<u64>();
        let most =
            books.workers.iter().map(|worker| (before(worker), worker.id)).max().filter(|(n, _)| *n > 0);
        let whom = match most {
            Some((n, at)) => {
                format!(
                    "stage \"{}\": {} records are on their way to it",
                    self.running.plan.worker_name(at),
                    group(n)
                )
            }
            None => self.names_there("has to end", "have to end"),
        };
        let drain = self.running.plan.drain_timeout;
        let sentence = format!("still waiting for {whom} (no longer than drain_timeout = \"{drain}\")");
        self.tell(&Event::Note { sentence: &sentence });
    }

    /// Who is still there, and the verb that goes with so many.
    fn names_there(&self, one: &str, many: &str) -> String {
        let names: Vec<String> =
            self.there.iter().take(NAMES_MAX).map(|of| self.processes.who(*of)).collect();
        let more = self.there.len().saturating_sub(NAMES_MAX);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{}{more} {}", names.join(", "), if self.there.len() == 1 { one } else { many })
    }
}
