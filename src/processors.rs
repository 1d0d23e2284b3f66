//! What the processors of the machine have to do.

use nix::sched::sched_getaffinity;
use nix::unistd::Pid;
use std::fs;

/// Ticks that the processors this process may run on have been idle, all their ticks, and how many processors these
/// are; since the machine started. `None` where the kernel does not tell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticks {
    idle: u64,
    all: u64,
    pub cores: usize,
}

impl Ticks {
    pub(crate) fn now() -> Option<Ticks> {
        let mine = sched_getaffinity(Pid::from_raw(0)).ok()?;
        of(&fs::read_to_string("/proc/stat").ok()?, |cpu| mine.is_set(cpu).unwrap_or(false))
    }

    /// Which share of the processors has had nothing to do since then; `None` when no tick has passed.
    pub(crate) fn idle_since(&self, before: &Ticks) -> Option<f64> {
        let all = self.all.saturating_sub(before.all);
        (all > 0).then(|| self.idle.saturating_sub(before.idle) as f64 / all as f64)
    }
}

fn of(stat: &str, mine: impl Fn(usize) -> bool) -> Option<Ticks> {
    let mut ticks = Ticks { idle: 0, all: 0, cores: 0 };
    for line in stat.lines() {
        let mut words = line.split_whitespace();
        let cpu = words.next().and_then(|word| word.strip_prefix("cpu")?.parse().ok());
        if !cpu.is_some_and(&mine) {
            continue;
        }
        // user nice system idle iowait irq softirq steal; what guests used is in user already.
        let of_one: Vec<u64> = words.take(8).map_while(|tick| tick.parse().ok()).collect();
        ticks.idle += of_one.get(3)? + of_one.get(4)?;
        ticks.all += of_one.iter().sum::<u64>();
        ticks.cores += 1;
    }
    (ticks.cores > 0).then_some(ticks)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "cpu  9 9 9 9 9 9 9 9 9 9\ncpu0 1 2 3 40 50 0 0 4 7 7\ncpu1 10 0 0 0 0 0 0 0 0 0\n\
                        cpu2 0 0 0 30 0 0 0 0 0 0\nintr 5\n";

    #[test]
    fn ticks_are_those_of_the_processors_that_are_ours() {
        let ticks = of(STAT, |cpu| cpu < 2).unwrap();
        assert_eq!((ticks.idle, ticks.all, ticks.cores), (90, 110, 2));
        assert!(of(STAT, |_| false).is_none() && of("", |_| true).is_none());
    }

    #[test]
    fn what_is_idle_is_seen_between_two_looks() {
        let (before, now) = (Ticks { idle: 10, all: 100, cores: 4 }, Ticks { idle: 40, all: 140, cores: 4 });
        assert_eq!(now.idle_since(&before), Some(0.75));
        assert_eq!(now.idle_since(&now), None);
    }

    #[test]
    fn the_kernel_tells_of_this_machine() {
        let ticks = Ticks::now().unwrap();
        assert!(ticks.idle <= ticks.all && ticks.all > 0);
    }
}
