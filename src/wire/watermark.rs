//! The watermarks of links: which one a frame or a Beat carries, and how far time has come over several links.
//!
//! - A watermark SHALL hold behind the records of its frame: no earlier record that is not late comes after it.
//! - So it SHALL NOT run ahead of frames that lie behind it in its link's queue.
//! - It SHALL be told at rest, whether records flow on the link or not.

use super::link::Received;

/// What one outgoing link has told of time, and what it may tell next.
#[derive(Clone, Copy, Debug)]
pub struct Telling {
    /// What the frames that were handed over have told.
    told: i64,
    /// What holds behind all that is planned.
    newest: i64,
}

impl Default for Telling {
    /// Of a link over which nothing was told.
    fn default() -> Telling {
        Telling { told: i64::MIN, newest: i64::MIN }
    }
}

impl Telling {
    /// Time has come so far behind the frames that are planned next; the end of time is told by End alone.
    pub fn advance(&mut self, watermark: i64) {
        if watermark < i64::MAX {
            self.newest = self.newest.max(watermark);
        }
    }

    /// What a frame carries: of a batch that was cut the last one alone what holds behind all of it.
    #[inline]
    pub fn of_frame(&self, last: bool) -> i64 {
        if last { self.newest } else { self.told }
    }

    /// A frame that carries this was handed over.
    #[inline]
    pub fn handed_over(&mut self, watermark: i64) {
        self.told = self.told.max(watermark);
    }

    /// What a Beat carries: while frames wait on its link it may not run ahead of them.
    pub fn of_beat(&self, waiting: bool) -> i64 {
        if waiting { self.told } else { self.newest }
    }
}

/// How far time has come over several links: the least of those that are open and not idle, and of those that have
/// ended because of a stop: their sources had more. Where all that are open are idle, nothing earlier is promised by
/// them than the least they have told, and an ended one has nothing more to come: time is where the later of both is.
/// `None` when that says nothing new: there are no links, or one has not spoken yet.
pub fn least<'a>(links: impl IntoIterator<Item = &'a Received>) -> Option<i64> {
    let (mut any, mut least, mut ended) = (false, i64::MAX, i64::MIN);
    let mut idle: Option<i64> = None;
    for link in links {
        any = true;
        if link.stopped || !(link.ended || link.idle) {
            least = least.min(link.watermark);
        } else if link.ended {
            ended = ended.max(link.watermark);
        } else {
            idle = Some(idle.map_or(link.watermark, |idle| idle.min(link.watermark)));
        }
    }
    let come = match idle {
        Some(idle) if least == i64::MAX => idle.max(ended),
        _ => least,
    };
    (any && come > i64::MIN).then_some(come)
}

/// Whether nothing is to be expected of several links for now: some are open, and all of those are idle.
pub(crate) fn all_idle<'a>(links: impl IntoIterator<Item = &'a Received> + Clone) -> bool {
    let mut open = links.into_iter().filter(|link| !link.ended).peekable();
    open.peek().is_some() && open.all(|link| link.idle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(watermark: i64) -> Received {
        Received { watermark, ..Received::default() }
    }

    #[test]
    fn the_least_of_the_links_that_take_part() {
        let idle = |watermark| Received { idle: true, ..link(watermark) };
        let ended = |watermark| Received { ended: true, ..link(watermark) };
        let stopped = |watermark| Received { stopped: true, ..ended(watermark) };
        let table: [(&[Received], Option<i64>); 16] = [
            (&[], None),
            (&[link(5), link(-7)], Some(-7)),
            (&[link(5), link(i64::MIN)], None),
            (&[link(5), idle(3)], Some(5)),
            (&[link(5), idle(i64::MIN)], Some(5)),
            (&[idle(5), idle(3)], Some(3)),
            (&[idle(5), idle(i64::MIN)], None),
            (&[link(5), ended(3)], Some(5)),
            (&[idle(5), ended(3)], Some(5)),
            (&[idle(5), ended(60), ended(80)], Some(80)),
            (&[idle(5), ended(i64::MIN)], Some(5)),
            (&[idle(i64::MIN), ended(3)], Some(3)),
            (&[link(5), stopped(3)], Some(3)),
            (&[idle(5), stopped(3)], Some(3)),
            (&[idle(5), stopped(3), ended(80)], Some(3)),
            (&[ended(5), ended(i64::MIN)], Some(i64::MAX)),
        ];
        for (links, expected) in table {
            assert_eq!(least(links), expected, "{links:?}");
        }
        assert!(all_idle(&[idle(1), ended(2)]) && !all_idle(&[idle(1), link(2)]));
        assert!(!all_idle(&[ended(1)]) && !all_idle(&[]));
    }

    #[test]
    fn the_end_of_time_waits_for_every_link() {
        let open = |idle, watermark| Received { idle, ..link(watermark) };
        let ended = |stopped, watermark| Received { ended: true, stopped, ..link(watermark) };
        for (idle, stopped) in [(false, false), (false, true), (true, false), (true, true)] {
            let come = least(&[open(idle, 5), ended(stopped, 9), ended(false, 80)]);
            assert!(come.is_some_and(|come| come < i64::MAX), "idle {idle}, stopped {stopped}: {come:?}");
        }
        assert_eq!(least(&[ended(true, 9), ended(false, 80)]), Some(9), "a stop leaves time where it is");
    }

    #[test]
    fn only_the_last_frame_of_a_batch_and_a_beat_of_an_empty_link_tell_the_newest() {
        let mut telling = Telling::default();
        telling.advance(5);
        assert_eq!((telling.of_beat(false), telling.of_beat(true)), (5, i64::MIN));
        telling.handed_over(telling.of_frame(true));
        telling.advance(9);
        assert_eq!((telling.of_frame(false), telling.of_beat(true), telling.of_frame(true)), (5, 5, 9));
        telling.advance(7);
        telling.advance(i64::MAX);
        assert_eq!(telling.of_frame(true), 9, "it never goes back, and the end of time is for End to tell");
    }
}
