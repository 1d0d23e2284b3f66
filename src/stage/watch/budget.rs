//! When the watch thread works, and how much: what it does is for others, and is paid for by who does the work.
//!
//! Between two rounds it sleeps, at least for a while: waking it for each record would cost the worker a call, and a
//! message for each everybody who watches. Where the processors have something else to do it sleeps many times as long
//! as its round took, with the writing behind it. What finds no room meanwhile is missed, and counted.

use crate::clock::thread_ns;
use crate::processors::Ticks;

/// The shortest sleep behind a round that has published something, for each that gets a message by it: they are woken
/// by it, on the same processors.
const NAP_NS: u64 = 5_000_000;
/// So many count at most.
const READERS_MAX: u64 = 10;
/// And the longest.
const NAP_MAX_NS: u64 = 1_000_000_000;
/// It takes one part of a processor of so many, where others want them.
const BUSY: u64 = 64;
/// And where one has nothing to do.
const FREE: u64 = 2;
/// So many processors must have had nothing to do.
const FREE_CORES: f64 = 1.0;
/// Processors are looked at so often at most: the kernel counts in hundredths of a second.
const LOOK_NS: u64 = 200_000_000;

#[derive(Default)]
pub(super) struct Budget {
    due_ns: u64,
    /// The processor time of the thread when its last round ended.
    spent_ns: u64,
    before: Option<Ticks>,
    look_ns: u64,
    free: bool,
}

impl Budget {
    /// How long the next round is to wait still.
    pub(super) fn wait_ns(&self, now: u64) -> u64 {
        self.due_ns.saturating_sub(now)
    }

    /// A round ends, and has published something or not; so many want what is published.
    pub(super) fn end_round(&mut self, now: u64, published: bool, readers: usize) {
        let spent = thread_ns();
        let cost = spent.saturating_sub(std::mem::replace(&mut self.spent_ns, spent));
        if published {
            self.look(now);
            self.due_ns = now + nap_ns(cost, self.free, readers);
        }
    }

    fn look(&mut self, now: u64) {
        if now < self.look_ns {
            return;
        }
        self.look_ns = now + LOOK_NS;
        let ticks = Ticks::now();
        let idle = |(now, before): (Ticks, Ticks)| Some(now.idle_since(&before)? * now.cores as f64);
        self.free = ticks.zip(self.before).and_then(idle).is_some_and(|cores| cores >= FREE_CORES);
        self.before = ticks;
    }
}

/// How long to sleep behind a round of which this was the cost.
fn nap_ns(cost: u64, free: bool, readers: usize) -> u64 {
    let parts = if free { FREE } else { BUSY };
    let least = NAP_NS * (readers as u64).clamp(1, READERS_MAX);
    cost.saturating_mul(parts - 1).clamp(least, NAP_MAX_NS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_costly_round_is_followed_by_a_long_sleep_where_others_want_the_processors() {
        assert_eq!([nap_ns(0, true, 1), nap_ns(0, false, 0)], [NAP_NS; 2]);
        assert_eq!(nap_ns(4_000_000, false, 1), 252_000_000);
        assert_eq!(nap_ns(20_000_000, true, 1), 20_000_000);
        assert_eq!(nap_ns(u64::MAX, false, 1), NAP_MAX_NS);
    }

    #[test]
    fn the_more_are_woken_the_less_often() {
        assert_eq!([nap_ns(0, true, 3), nap_ns(0, true, 500)], [3 * NAP_NS, 10 * NAP_NS]);
    }

    #[test]
    fn a_round_for_nothing_is_followed_by_no_sleep() {
        let mut budget = Budget::default();
        budget.end_round(7, false, 1);
        assert_eq!(budget.wait_ns(7), 0);
        budget.end_round(7, true, 1);
        assert!(budget.wait_ns(7) >= NAP_NS);
    }
}
