//! What is said of streams beside their records: which number comes next, and once a second how the workers stand.

use super::{Of, Watch};
use crate::operator::PortId;
use crate::wire::tap::BEAT_NS;

impl Watch<'_> {
    /// Says on all forms of a port which number comes next.
    pub(super) fn tell(&mut self, at: usize, port: PortId, next: u64) {
        let Watch { publisher, workers, topics, .. } = self;
        let head = workers[at].head(next, 0).write();
        for (number, topic) in topics.iter().enumerate() {
            let ours = matches!(topic.of, Of::Port(of, _) if topic.worker == at && of == port);
            if ours && publisher.is_wanted(number) {
                let beat = publisher.message(number, &head, &[]);
                publisher.publish(number, &beat);
            }
        }
    }

    /// Says on each watched port which number comes next, so that a loss at the end of a stream is known too.
    pub(super) fn beat(&mut self, now: u64) {
        self.beat_ns = now + BEAT_NS;
        for at in 0..self.workers.len() {
            for port in 0..self.workers[at].next.len() {
                let port = PortId(port as u8);
                if let Some(next) = self.workers[at].next[port.index()] {
                    self.tell(at, port, next);
                }
            }
        }
        self.publish_stats(now);
    }

    fn publish_stats(&mut self, now: u64) {
        let Watch { publisher, workers, topics, stats, .. } = self;
        let wanted = |number: &usize| matches!(topics[*number].of, Of::Stats) && publisher.is_wanted(*number);
        let numbers: Vec<usize> = (0..topics.len()).filter(wanted).collect();
        if numbers.is_empty() || !stats.are_due(now) {
            return;
        }
        stats.look(now);
        for number in numbers {
            let worker = &workers[topics[number].worker];
            let Some((seq, body)) = stats.of(worker.id) else { continue };
            let message = publisher.message(number, &worker.head(seq, 1).write(), body.as_bytes());
            publisher.publish(number, &message);
            topics[number].last = Some(message);
        }
    }
}
