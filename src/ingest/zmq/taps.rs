//! What was missed of streams that number their records: those by which stages are watched.

use crate::error::say;
use crate::format::Head;
use crate::units::counted;
use std::collections::HashMap;

/// So many streams are followed; of those that come later nothing is known.
const STREAMS_MAX: usize = 10_000;

/// Which number comes next, by topic and worker. Numbers go on over the lives of a worker.
#[derive(Default)]
pub(super) struct Taps {
    next: HashMap<String, HashMap<u32, u64>>,
    streams: usize,
    missed: u64,
}

impl Taps {
    /// Takes a message of a topic into account; how many records were missed before it.
    pub(super) fn see(&mut self, topic: &str, head: &Head) -> u64 {
        let Head { worker, seq, count, .. } = *head;
        let behind = seq.saturating_add(count);
        let known = self.next.get_mut(topic).and_then(|workers| workers.get_mut(&worker));
        let Some(next) = known else {
            if self.streams < STREAMS_MAX {
                self.streams += 1;
                self.next.entry(topic.to_string()).or_default().insert(worker, behind);
            }
            return 0;
        };
        // Smaller numbers are of a run that has begun anew.
        let missed = seq.saturating_sub(*next);
        *next = behind;
        if missed > 0 && self.missed == 0 {
            say(&format!(
                "{topic} is read more slowly than it is published: {} missed, more may be",
                counted(missed, "record was", "records were")
            ));
        }
        self.missed = self.missed.saturating_add(missed);
        missed
    }

    /// How many records so far.
    pub(super) fn missed(&self) -> u64 {
        self.missed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_between_two_messages_was_missed() {
        let mut taps = Taps::default();
        for (topic, worker, epoch, seq, count, missed) in [
            ("a/json", 0, 1, 500, 10, 0),
            ("a/json", 0, 1, 510, 0, 0),
            ("a/json", 1, 1, 900, 5, 0),
            ("a/json", 0, 1, 520, 1, 10),
            ("b/json", 0, 1, 3, 1, 10),
            ("a/json", 0, 2, 523, 1, 12),
            ("a/json", 0, 1, 0, 1, 12),
            ("a/json", 0, 1, 3, u64::MAX, 14),
            ("a/json", 1, 1, 905, 0, 14),
        ] {
            taps.see(topic, &Head { worker, epoch, seq, count });
            assert_eq!(taps.missed(), missed, "{topic} {worker} {seq}");
        }
    }
}
