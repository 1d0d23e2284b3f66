//! How a worker waits: it sleeps until it is woken, or first looks again and again (`wait` in the topology).
//!
//! Being woken costs some tens of microseconds on an idle processor; looking costs a processor. So who looks must have
//! one to itself: where there are fewer processors than workers, `adaptive` sleeps at once.

use crate::clock::mono_ns;
use crate::error::Result;
use crate::stop;
use crate::topology::plan::{Plan, Wait};

/// `adaptive` looks no longer than this before it sleeps: about twice what being woken costs.
const MOST_NS: u64 = 50_000;
const LEAST_NS: u64 = 1_000;

/// For how long a worker looks before it sleeps, in nanoseconds.
#[derive(Debug)]
pub(super) struct Waiter {
    most: u64,
    now: u64,
}

impl Waiter {
    pub(super) fn of(plan: &Plan, stage: usize) -> Waiter {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Waiter::new(plan.stages[stage].placement.wait, plan.workers().count() < processors)
    }

    fn new(wait: Wait, spare: bool) -> Waiter {
        let most = match wait {
            Wait::Adaptive if spare => MOST_NS,
            Wait::Park | Wait::Adaptive => 0,
            Wait::Spin => u64::MAX,
        };
        Waiter { most, now: most }
    }

    /// Looks until `found`, for `ns` at the longest or as long as is worth it; whether it was found. When looking has
    /// been in vain it is tried for half as long the next time, and for twice as long when not.
    pub(super) fn try_for(&mut self, ns: u64, mut found: impl FnMut() -> Result<bool>) -> Result<bool> {
        if self.most == 0 {
            return Ok(false);
        }
        let start = mono_ns();
        let end = start.saturating_add(ns.min(self.now));
        loop {
            if found()? {
                self.now = self.now.saturating_mul(2).min(self.most);
                return Ok(true);
            }
            if mono_ns() >= end || stop::asked() > 0 {
                break;
            }
            std::hint::spin_loop();
        }
        if self.most < u64::MAX && ns >= self.now {
            self.now = (self.now / 2).max(LEAST_NS);
        }
        Ok(false)
    }

    /// How much of a wait for a time is slept; the rest is passed by looking at the clock, so that its end is not
    /// missed.
    pub(super) fn sleeps(&self, ns: u64) -> u64 {
        ns.saturating_sub(self.most)
    }

    /// Looks at the clock until `end_ns`; not for who sleeps.
    pub(super) fn pass(&self, end_ns: u64) {
        while self.most > 0 && mono_ns() < end_ns && stop::asked() == 0 {
            std::hint::spin_loop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_parks_never_looks_and_who_has_no_room_parks() {
        for (wait, spare) in [(Wait::Park, true), (Wait::Park, false), (Wait::Adaptive, false)] {
            let mut waiter = Waiter::new(wait, spare);
            assert!(!waiter.try_for(u64::MAX, || panic!("it looked")).unwrap(), "{wait:?}");
            assert_eq!(waiter.sleeps(1000), 1000);
        }
    }

    #[test]
    fn looking_in_vain_is_given_up_and_taken_up_again() {
        let mut waiter = Waiter::new(Wait::Adaptive, true);
        for _ in 0..20 {
            assert!(!waiter.try_for(1_000_000, || Ok(false)).unwrap());
        }
        assert_eq!(waiter.now, LEAST_NS);
        for _ in 0..20 {
            assert!(waiter.try_for(1_000_000, || Ok(true)).unwrap());
        }
        assert_eq!(waiter.now, MOST_NS);
        assert!(!waiter.try_for(10, || Ok(false)).unwrap());
        assert_eq!(waiter.now, MOST_NS, "a wait that was short anyway says nothing");
    }

    #[test]
    fn who_spins_looks_to_the_end() {
        let mut waiter = Waiter::new(Wait::Spin, false);
        let mut looks = 0;
        let found = waiter.try_for(u64::MAX, || {
            looks += 1;
            Ok(looks == 1000)
        });
        assert_eq!((found, looks), (Ok(true), 1000));
        assert_eq!(waiter.sleeps(1_000_000), 0);
    }
}
