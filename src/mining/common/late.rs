//! Records that wait for their label, and labels that wait for their record: whoever comes first waits under the key,
//! each kind in a table of its own, so that labels of other records push none out.
//!
//! How long is judged by the records alone, in the order in which they come: so many may wait, and so long in event
//! time. Who waits in vain is let go by a port, the oldest first, and counted.

mod given;
mod waits;

use super::added::push_class;
use crate::data::key::{self, KeyOf};
use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Column, Values};
use crate::error::Result;
use crate::operator::{Cx, Keyed, Next};
pub(in crate::mining) use given::Wait;
pub(super) use given::{Asked, Labels};
use serde::{Deserialize, Serialize};
pub(super) use waits::Waits;

/// Who waits, and the places in the plan of the ports by which they leave who wait in vain.
pub(super) const RECORDS: usize = 0;
pub(super) const LABELS: usize = 1;

/// All that waits, and what became of who waited in vain.
#[derive(Clone)]
pub(super) struct Late {
    labels: Labels,
    record_key: KeyOf,
    label_key: KeyOf,
    /// The key of the model that answers a record.
    model_key: KeyOf,
    /// Records, and labels.
    waits: [Keyed<Waits>; 2],
    gone: Gone,
    /// Who was found under a key; and who is about to wait.
    pub(super) found: Waits,
    key: Vec<u8>,
    /// The memory of another key.
    oldest: Vec<u8>,
}

/// Who is let go.
#[derive(Clone)]
struct Gone {
    counts: Counts,
    /// Rows of both ports.
    rows: [Batch; 2],
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Counts {
    /// The greatest event time of the records so far.
    newest: i64,
    /// Records without a label, and labels without a record.
    pub(super) in_vain: [u64; 2],
    /// How many models there have been.
    pub(super) births: u64,
}

impl Gone {
    fn let_go(&mut self, kind: usize, key: &[u8], waits: &Waits, cx: &mut Cx) {
        self.counts.in_vain[kind] += 1;
        let rows = &mut self.rows[kind];
        rows.id.push(cx.new_id());
        rows.born_ns.push(cx.now_ns);
        let (class, keys) = rows.columns.split_last_mut().expect("a row has a class");
        key::read(key, keys).expect("the key was made of these columns");
        match waits.class() {
            Some(bytes) => push_class(class, bytes),
            None => class.push_null(),
        }
    }
}

/// Whether a row has all of its key: NULL is equal to nothing.
fn is_whole(batch: &Batch, row: usize, key: &[usize]) -> bool {
    key.iter().all(|at| batch.columns[*at].valid.get(row))
}

fn time_of(batch: &Batch, row: usize, column: Option<usize>) -> Option<i64> {
    let Column { values: Values::Time(times), valid } = &batch.columns[column?] else {
        panic!("an event time is a time");
    };
    valid.get(row).then(|| times[row])
}

impl Late {
    /// `per` are the columns of the key that models are kept by.
    pub(super) fn new(labels: Labels, per: &[usize]) -> Late {
        let rows = [Batch::new(&labels.unlabelled), Batch::new(&labels.late)];
        Late {
            record_key: KeyOf::new(labels.record_key.clone()),
            label_key: KeyOf::new(labels.label_key.clone()),
            model_key: KeyOf::new(per.to_vec()),
            waits: [(); 2].map(|()| Keyed::new(labels.records_max, Waits::default())),
            gone: Gone { counts: Counts { newest: i64::MIN, ..Counts::default() }, rows },
            found: Waits::default(),
            key: Vec::new(),
            oldest: Vec::new(),
            labels,
        }
    }

    pub(super) fn label(&self) -> usize {
        self.labels.label
    }

    pub(super) fn counts(&self) -> Counts {
        self.gone.counts
    }

    /// How many records wait.
    pub(super) fn waiting(&self) -> usize {
        self.waits[RECORDS].len()
    }

    pub(super) fn new_born(&mut self) -> u64 {
        self.gone.counts.births += 1;
        self.gone.counts.births
    }

    /// Begins a call.
    pub(super) fn begin(&mut self, cx: &Cx) {
        let most = cx.share(self.labels.records_max);
        self.waits.iter_mut().for_each(|waits| waits.set_keys_max(most));
        self.gone.rows.iter_mut().for_each(Batch::clear);
    }

    /// Ends a call: who was let go leaves.
    pub(super) fn end(&self, cx: &mut Cx) {
        for (port, rows) in self.gone.rows.iter().enumerate().filter(|(_, rows)| !rows.is_empty()) {
            cx.side_rows(port, rows);
        }
    }

    /// A record has come. Whether its label was there before it, in `found` then.
    pub(super) fn record(&mut self, batch: &Batch, row: usize, cx: &mut Cx) -> bool {
        let time = time_of(batch, row, self.labels.record_time);
        self.gone.counts.newest = self.gone.counts.newest.max(time.unwrap_or(i64::MIN));
        self.expire(cx);
        self.key.clear();
        if is_whole(batch, row, &self.labels.record_key) {
            self.key.extend_from_slice(self.record_key.of(batch, row));
            if self.take(LABELS) {
                if !self.is_past(self.found.time, self.gone.counts.newest) {
                    return true;
                }
                self.gone.let_go(LABELS, &self.key, &self.found, cx);
            }
            if self.take(RECORDS) {
                // Another record of that key: the label is the newer one's.
                self.gone.let_go(RECORDS, &self.key, &self.found, cx);
            }
        }
        self.found.clone_from(&Waits::default());
        self.found.of.extend_from_slice(self.model_key.of(batch, row));
        self.found.time = time.unwrap_or(self.gone.counts.newest);
        false
    }

    /// The record that has come, which is written in `found`, waits for its label. One without a key waits in vain.
    pub(super) fn wait(&mut self, batch: &Batch, row: usize, cx: &mut Cx) {
        if self.key.is_empty() {
            let key = self.record_key.of(batch, row);
            return self.gone.let_go(RECORDS, key, &self.found, cx);
        }
        self.put(RECORDS, cx);
    }

    /// A label has come. Whether its record waits, in `found` then; if not, the label waits itself.
    pub(super) fn label_for(&mut self, batch: &Batch, row: usize, class: &[u8], cx: &mut Cx) -> bool {
        let newest = self.gone.counts.newest;
        let time = time_of(batch, row, self.labels.label_time).unwrap_or(newest);
        self.key.clear();
        self.key.extend_from_slice(self.label_key.of(batch, row));
        if self.take(RECORDS) {
            if !self.is_past(self.found.time, time.max(newest)) {
                return true;
            }
            self.gone.let_go(RECORDS, &self.key, &self.found, cx);
        }
        if self.take(LABELS) {
            // Another label of that key: the newer one counts.
            self.gone.let_go(LABELS, &self.key, &self.found, cx);
        }
        self.found.clone_from(&Waits::default());
        self.found.set_class(class);
        self.found.time = time;
        self.put(LABELS, cx);
        false
    }

    /// Who is written in `found` waits under the key; the one that waits longest goes for it, if all places are taken.
    fn put(&mut self, kind: usize, cx: &mut Cx) {
        let Late { waits, gone, found, key, .. } = self;
        let place = waits[kind].touch(key, |key, going| gone.let_go(kind, key, going, cx));
        std::mem::swap(place, found);
    }

    /// Whether a row of labels has all of its key.
    pub(super) fn has_key(&self, batch: &Batch, row: usize) -> bool {
        is_whole(batch, row, &self.labels.label_key)
    }

    /// The model that answered the record in `found` is there no more: both are of no use.
    pub(super) fn in_vain(&mut self, class: &[u8], cx: &mut Cx) {
        self.gone.let_go(RECORDS, &self.key, &self.found, cx);
        self.found.set_class(class);
        self.gone.let_go(LABELS, &self.key, &self.found, cx);
    }

    /// Takes who waits under the key out, into `found`.
    fn take(&mut self, kind: usize) -> bool {
        let Late { waits, found, key, .. } = self;
        let waiting = waits[kind].remove(key);
        waiting.map(|waits| std::mem::swap(waits, found)).is_some()
    }

    /// Lets go of the one that waits longest, if there is one and it is to go.
    fn let_oldest_go(&mut self, kind: usize, goes: impl Fn(&Late, &Waits) -> bool, cx: &mut Cx) -> bool {
        let oldest = self.waits[kind].iter().next();
        let Some(key) = oldest.filter(|(_, waits)| goes(self, waits)).map(|(key, _)| key) else {
            return false;
        };
        // The memory of the key is that of the one before.
        let mut own = std::mem::take(&mut self.oldest);
        own.clear();
        own.extend_from_slice(key);
        std::mem::swap(&mut self.key, &mut own);
        self.oldest = own;
        self.take(kind);
        self.gone.let_go(kind, &self.key, &self.found, cx);
        true
    }

    fn is_past(&self, since: i64, now: i64) -> bool {
        since > i64::MIN && since.saturating_add_unsigned(self.labels.time_max) < now
    }

    /// Lets go who has waited for too long.
    fn expire(&mut self, cx: &mut Cx) {
        let past = |late: &Late, waits: &Waits| late.is_past(waits.time, late.gone.counts.newest);
        for kind in [RECORDS, LABELS] {
            while self.let_oldest_go(kind, past, cx) {}
        }
    }

    /// Nothing comes any more: lets go of so many, the oldest first. Whether there are more.
    pub(super) fn empty(&mut self, most: usize, cx: &mut Cx) -> bool {
        let mut left = most;
        for kind in [RECORDS, LABELS] {
            while left > 0 && self.let_oldest_go(kind, |_, _| true, cx) {
                left -= 1;
            }
        }
        left == 0
    }

    /// Saves the next piece of one kind. The counts come before the records.
    pub(super) fn save(&mut self, kind: usize, version: u16, out: &mut Saver<'_>) -> Result<Next> {
        if kind == RECORDS && !self.waits[RECORDS].is_saving() {
            out.put(version, &self.gone.counts)?;
        }
        self.waits[kind].save(version, out)
    }

    /// Goes on from what was saved, kind by kind; `None` where that can't be this one's.
    pub(super) fn loaded(
        &self,
        version: u16,
        from: &mut [Loader<'_>; 2],
        fits: impl Fn(&Waits) -> bool,
    ) -> Result<Option<Late>> {
        let mut late = Late { waits: Late::new(self.labels.clone(), &[]).waits, ..self.clone() };
        late.gone.counts = from[RECORDS].get(version)?;
        let mut columns = Batch::new(&self.labels.unlabelled).columns;
        let width = columns.len() - 1;
        for (waits, from) in late.waits.iter_mut().zip(from) {
            let mut reads = |key: &[u8]| {
                columns.iter_mut().for_each(Column::clear);
                key::read(key, &mut columns[..width]).is_some_and(<[u8]>::is_empty)
            };
            if !waits.load(version, from, |key, waits| reads(key) && fits(waits))? {
                return Ok(None);
            }
        }
        Ok(Some(late))
    }
}
