//! The three kinds of windows: of time, of a lull, of a number of records.

use super::fields::Fields;
use super::gone::Gone;
use super::numbered::Numbered;
use super::panes::Panes;
use super::rows::{Record, Rows, State, Taken};
use super::sessions::Sessions;
use crate::data::key::KeyOf;
use crate::data::state::{Loader, Saver};
use crate::error::Result;
use crate::operator::Next;

#[derive(Clone)]
pub(super) enum Kind {
    Time(Box<Panes>),
    Session(Box<Sessions>),
    Count(Box<Numbered>),
}

/// What a kind saves before its keys: how far it has gone out, and what had to go.
pub(super) type Head = (Gone, u64);

impl Kind {
    #[inline]
    pub(super) fn add(
        &mut self,
        record: Record<'_>,
        key: &mut KeyOf,
        fields: &Fields,
        rows: &mut Rows<'_>,
    ) -> Taken {
        match self {
            Kind::Time(panes) => panes.add(record, key, fields, rows),
            Kind::Session(sessions) => sessions.add(record, key, fields, rows),
            Kind::Count(numbered) => {
                numbered.add(record, key, fields, rows);
                Taken::In
            }
        }
    }

    /// What closes at a watermark goes out. False: call it again, there is more.
    pub(super) fn close(&mut self, watermark: i64, rows: &mut Rows<'_>) -> bool {
        match self {
            Kind::Time(panes) => panes.close(watermark, Some(rows)),
            Kind::Session(sessions) => sessions.close(watermark, rows),
            Kind::Count(numbered) => watermark < i64::MAX || numbered.empty(rows),
        }
    }

    /// All goes out as it is, because of a stop. False: call it again, there is more.
    pub(super) fn empty(&mut self, rows: &mut Rows<'_>) -> bool {
        match self {
            Kind::Time(panes) => panes.empty(rows),
            Kind::Session(sessions) => sessions.empty(rows),
            Kind::Count(numbered) => numbered.empty(rows),
        }
    }

    /// Forgets what had gone out when the step was `at`: a state may be older than that. What may not have gone out
    /// goes out.
    pub(super) fn catch_up(&mut self, at: &Gone, rows: &mut Rows<'_>) {
        match self {
            Kind::Time(panes) => panes.catch_up(at),
            Kind::Session(sessions) => sessions.catch_up(at, rows),
            Kind::Count(_) => {}
        }
    }

    /// What was given records since goes out as it is. False: call it again, there is more.
    pub(super) fn tell_early(&mut self, rows: &mut Rows<'_>) -> bool {
        match self {
            Kind::Time(panes) => panes.tell_early(rows),
            Kind::Session(sessions) => sessions.tell_early(rows),
            Kind::Count(numbered) => numbered.tell_early(rows),
        }
    }

    pub(super) fn tell_again(&mut self, rows: &mut Rows<'_>) {
        if let Kind::Time(panes) = self {
            panes.tell_again(rows);
        }
    }

    /// The earliest start of what can still be written, at a watermark.
    pub(super) fn earliest(&mut self, watermark: i64) -> i64 {
        match self {
            Kind::Time(panes) => panes.earliest(watermark),
            Kind::Session(sessions) => sessions.earliest(watermark),
            Kind::Count(_) => i64::MAX,
        }
    }

    /// When something may close next, behind a time.
    pub(super) fn next_end(&mut self, time: i64) -> i64 {
        match self {
            Kind::Time(panes) => panes.next_end(time),
            Kind::Session(sessions) => sessions.next_end(),
            Kind::Count(_) => i64::MAX,
        }
    }

    pub(super) fn set_keys_max(&mut self, keys_max: usize) {
        match self {
            Kind::Time(panes) => {
                panes.open.set_keys_max(keys_max);
                panes.quiet.iter_mut().for_each(|quiet| quiet.set_keys_max(keys_max));
            }
            Kind::Session(sessions) => sessions.set_most(keys_max),
            Kind::Count(numbered) => numbered.keys.set_keys_max(keys_max),
        }
    }

    /// How far it has gone out; windows of records have no such order.
    pub(super) fn gone(&mut self) -> Option<&mut Gone> {
        match self {
            Kind::Time(panes) => Some(&mut panes.gone),
            Kind::Session(sessions) => Some(&mut sessions.gone),
            Kind::Count(_) => None,
        }
    }

    /// How many windows that had gone out wait to go out again.
    pub(super) fn again(&self) -> usize {
        if let Kind::Time(panes) = self { panes.again.len() } else { 0 }
    }

    /// How many had to go for others.
    pub(super) fn made_room(&self) -> u64 {
        match self {
            Kind::Time(panes) => panes.open.gone(),
            Kind::Session(sessions) => sessions.made_room,
            Kind::Count(numbered) => numbered.keys.gone(),
        }
    }

    /// How many had to go because all took too much memory.
    pub(super) fn crowded(&self) -> u64 {
        match self {
            Kind::Time(panes) => panes.crowded,
            Kind::Session(_) => 0,
            Kind::Count(numbered) => numbered.crowded,
        }
    }

    /// How many windows, or parts of them, are open.
    pub(super) fn open(&self) -> u64 {
        match self {
            Kind::Time(panes) => panes.open.len() as u64,
            Kind::Session(sessions) => sessions.open as u64,
            Kind::Count(numbered) => numbered.open,
        }
    }

    /// Whether something closes by the clock, though no record comes.
    pub(super) fn waits_for_the_clock(&self) -> bool {
        let knows = |panes: &Panes| panes.quiet.as_ref().is_some_and(|quiet| !quiet.is_empty());
        self.open() > 0 || matches!(self, Kind::Time(panes) if knows(panes))
    }

    /// How many records wait in what has not gone out.
    pub(super) fn waiting(&mut self) -> u64 {
        match self {
            Kind::Time(panes) => panes.waiting(),
            Kind::Session(sessions) => sessions.waiting(),
            Kind::Count(numbered) => numbered.waiting(),
        }
    }

    /// What must be the same for a state to fit.
    pub(super) fn identity(&self) -> String {
        match self {
            Kind::Time(panes) => panes.identity(),
            Kind::Session(sessions) => format!("session {}", sessions.identity()),
            Kind::Count(numbered) => format!("count {}", numbered.identity()),
        }
    }

    /// Whether a piece was written and there is more.
    pub(super) fn is_saving(&self) -> bool {
        match self {
            Kind::Time(panes) => panes.is_saving(),
            Kind::Session(sessions) => sessions.keys.is_saving(),
            Kind::Count(numbered) => numbered.keys.is_saving(),
        }
    }

    pub(super) fn head(&mut self) -> Head {
        let had_to_go = match self {
            Kind::Session(sessions) => sessions.made_room,
            _ => self.crowded(),
        };
        (self.gone().map_or(Gone::NOTHING, |gone| gone.clone()), had_to_go)
    }

    pub(super) fn save(&mut self, version: u16, out: &mut Saver<'_>) -> Result<Next> {
        match self {
            Kind::Time(panes) => panes.save(version, out),
            Kind::Session(sessions) => sessions.keys.save(version, out),
            Kind::Count(numbered) => numbered.keys.save(version, out),
        }
    }

    /// Goes on from what was saved. `reads` takes the columns of a key, and answers what is left behind them; false:
    /// it is of another step.
    pub(super) fn load(
        &mut self,
        version: u16,
        from: &mut Loader<'_>,
        (gone, had_to_go): Head,
        fresh: &State,
        mut reads: impl FnMut(&[u8]) -> Option<usize>,
    ) -> Result<bool> {
        match self {
            Kind::Time(panes) => {
                if !panes.load(version, from, fresh, reads)? {
                    return Ok(false);
                }
                (panes.gone, panes.crowded) = (gone, had_to_go);
            }
            Kind::Session(sessions) => {
                if !sessions
                    .keys
                    .load(version, from, |key, of| reads(key) == Some(0) && of.is_sound(fresh))?
                {
                    return Ok(false);
                }
                (sessions.gone, sessions.made_room) = (gone, had_to_go);
                sessions.count();
            }
            Kind::Count(numbered) => {
                if !numbered
                    .keys
                    .load(version, from, |key, of| reads(key) == Some(0) && of.is_sound(fresh))?
                {
                    return Ok(false);
                }
                numbered.crowded = had_to_go;
                numbered.count();
            }
        }
        Ok(true)
    }
}
