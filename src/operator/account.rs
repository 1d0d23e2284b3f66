//! What became of the records a worker has handled: the numbers that must add up (ARCHITECTURE.md says why they are
//! exact).

use super::Position;
use crate::units::Share;
use serde::{Deserialize, Serialize};

/// So many records, and the bytes of their bodies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    pub records: u64,
    pub bytes: u64,
}

impl Amount {
    pub fn add(&mut self, other: Amount) {
        *self = self.plus(other);
    }

    pub fn take(&mut self, other: Amount) {
        self.records -= other.records;
        self.bytes -= other.bytes;
    }

    pub fn plus(self, other: Amount) -> Amount {
        Amount { records: self.records + other.records, bytes: self.bytes + other.bytes }
    }

    /// Whether neither records nor bytes are more.
    pub fn is_within(self, most: Amount) -> bool {
        self.records <= most.records && self.bytes <= most.bytes
    }
}

/// Records that were shed on a link instead of waited for, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shed {
    /// The link took no more.
    pub full: u64,
    /// They were older than its reader wants them.
    pub too_old: u64,
}

impl Shed {
    pub fn total(self) -> u64 {
        self.full + self.too_old
    }

    /// Each reason by name.
    pub fn by_reason(self) -> [(&'static str, u64); 2] {
        [("full", self.full), ("too_old", self.too_old)]
    }
}

/// Records that an account does not speak of for now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Aside {
    /// They came to the stage.
    pub came: u64,
    /// It has made them.
    pub made: u64,
}

/// What one step kept from going on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepCounts {
    pub filtered: u64,
    pub rejected: u64,
}

/// Counts of one worker, from its first start on. They are made public as one, so no crash finds them half told.
///
/// `done + made = out + filtered + rejected + absorbed + moved`, where `out` is what went on by the main port, or what
/// a sink stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Grows by one each time the account is handed out or published: the larger one is the newer.
    pub serial: u64,
    /// Records handled; of a source: records read, rejected ones included.
    pub done: u64,
    pub filtered: u64,
    pub absorbed: u64,
    /// Records made of many others, or of none.
    pub made: u64,
    /// Records that left by a port which takes them out of the main stream.
    pub moved: u64,
    /// Records that a sink has got and that its store has not confirmed: not done yet. A process that goes loses them.
    #[serde(default)]
    pub held: u64,
    /// Of a source: records that it has read and lost, since what was to become of them failed. What others lose is
    /// seen from what they had received.
    #[serde(default)]
    pub lost: u64,
    /// Of a source: what it did not let in, and was no record yet: connections, datagrams, requests.
    #[serde(default)]
    pub refused: u64,
    /// Of a source: what went by before it could be read: records that were published, datagrams without room.
    #[serde(default)]
    pub missed: u64,
    /// Keys that had to go, because a step keeps the state of so many at most.
    pub keys_gone: u64,
    /// Records handled that are not in the state of its steps, because crashes took what was not in a snapshot.
    #[serde(default)]
    pub forgotten: u64,
    /// Records that wait in what the last stop has left open.
    #[serde(default)]
    pub waiting: u64,
    /// Reports made.
    pub sets: u64,
    /// Ids given out.
    pub ids: u64,
    /// The greatest event time read, in nanoseconds since 1970; `i64::MIN` before the first.
    pub time_max: i64,
    /// The same of each partition, where a source has them; at most `PARTITIONS_MAX`.
    pub partition_times: Vec<i64>,
    /// What left by each port of the stage, read by anybody or not. Of a sink's main port nothing is counted here.
    pub ports: Vec<u64>,
    /// Records rejected by reason; at most `REASONS_MAX`, the rest under `other`.
    pub rejected: Vec<(String, u64)>,
    /// What was offered to each outgoing link.
    pub offered: Vec<Amount>,
    /// What was shed of that, by outgoing link.
    pub shed: Vec<Shed>,
    /// How far each step has come in the world outside.
    pub positions: Vec<Position>,
    /// Of what was filtered and rejected, how much was by each step.
    pub steps: Vec<StepCounts>,
}

/// A reason that begins so is a limit of ours, which the record was beyond: it may be as sound as any.
pub(crate) const BEYOND_LIMIT: &str = "too_";
/// No frame may carry the record.
pub(crate) const TOO_LARGE: &str = "too_large";
/// A time lies further beyond the greatest before it than it may.
pub(crate) const TIME_AHEAD: &str = "time_ahead";
/// Reasons are kept in a table of fixed size.
pub(crate) const REASONS_MAX: usize = 24;
/// A longer reason is cut.
pub(crate) const REASON_BYTES_MAX: usize = 56;
/// So many partitions may a worker of a source read.
pub const PARTITIONS_MAX: usize = 512;

impl Account {
    /// The account of a worker that has done nothing yet.
    pub fn new(ports: usize, outlets: usize, steps: usize) -> Account {
        Account {
            serial: 0,
            done: 0,
            filtered: 0,
            absorbed: 0,
            made: 0,
            moved: 0,
            held: 0,
            lost: 0,
            refused: 0,
            missed: 0,
            keys_gone: 0,
            forgotten: 0,
            waiting: 0,
            sets: 0,
            ids: 0,
            time_max: i64::MIN,
            partition_times: Vec::new(),
            ports: vec![0; ports],
            rejected: Vec::new(),
            offered: vec![Amount::default(); outlets],
            shed: vec![Shed::default(); outlets],
            positions: vec![Position::default(); steps],
            steps: vec![StepCounts::default(); steps],
        }
    }

    pub fn rejected_total(&self) -> u64 {
        self.rejected.iter().map(|(_, n)| n).sum()
    }

    /// Whether more were rejected than may be, of all the records that came, or were made, whichever are more.
    pub(crate) fn rejects_more_than(&self, max: Share) -> bool {
        max.is_passed(self.rejected_total(), self.done.max(self.made))
    }

    /// Records that left in any other way than by the main port, or into a sink's store.
    pub fn left(&self) -> u64 {
        self.filtered + self.absorbed + self.moved + self.rejected_total()
    }

    /// Records that went on by the main port, or that a sink stored. What one step made another may have taken in, so
    /// what was made is no part of its own.
    pub fn out(&self) -> u64 {
        (self.done + self.made).saturating_sub(self.left())
    }

    /// Takes `n` records back that are held: they are not done yet, or, if this stage has made them, not made.
    pub(crate) fn set_aside(&mut self, n: u64) -> Aside {
        let came = n.min(self.done.saturating_sub(self.left()));
        let made = (n - came).min(self.made);
        (self.done, self.made, self.held) = (self.done - came, self.made - made, self.held + came + made);
        Aside { came, made }
    }

    /// They are there again.
    pub(crate) fn put_back(&mut self, Aside { came, made }: Aside) {
        (self.done, self.made, self.held) = (self.done + came, self.made + made, self.held - came - made);
    }

    /// How far the event time of a source has come: what it reads next may be as early as this, and not be late.
    pub(crate) fn time_read(&self) -> i64 {
        self.partition_times.iter().copied().min().unwrap_or(self.time_max)
    }

    /// Puts the positions of the steps from `first` on back to where they were: what moved them came to nothing.
    pub(crate) fn put_back_positions(&mut self, first: usize, before: &Account) {
        let positions = self.positions.iter_mut().zip(&before.positions).skip(first);
        positions.for_each(|(position, before)| position.set(before.bytes()));
    }

    pub fn reject(&mut self, reason: &str, n: u64) {
        let mut end = reason.len().min(REASON_BYTES_MAX);
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        let reason = &reason[..end];
        if let Some((_, count)) = self.rejected.iter_mut().find(|(known, _)| known == reason) {
            *count += n;
        } else if self.rejected.len() < REASONS_MAX - 1 || reason == "other" {
            self.rejected.push((reason.to_string(), n));
        } else {
            self.reject("other", n);
        }
    }
}

/// Of a stage with one step and its two ports that every stage has: main and rejected.
impl Default for Account {
    fn default() -> Account {
        Account::new(2, 0, 1)
    }
}
