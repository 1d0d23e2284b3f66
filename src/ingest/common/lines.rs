//! Records of texts as rows of a batch, whatever their format and wherever they come from; those that don't fit are
//! rejected.

use super::pace::Pace;
use super::rejects::{Rejects, RejectsFile};
use crate::data::{Batch, Schema};
use crate::format::{Form, Found, Misfit, Reader, Records};
use crate::operator::{Advice, Cx};
use std::io::{self, ErrorKind, Read};

/// A call looks at about so many bytes of a text, then others get their turn.
const BYTES: u64 = 64 << 10;

/// Reads rows of one schema, of one text or of many.
pub(crate) struct Lines {
    /// One for each form, and which of them reads now.
    readers: Vec<Reader>,
    now: usize,
    rejects: Rejects,
    /// So many columns of the batch are told by the texts; the source adds what others there are.
    columns: usize,
}

/// Why no more was read of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filled {
    /// It was enough for once: there may be more.
    Enough,
    /// It has no more just now.
    Nothing,
    End,
}

impl Lines {
    /// For texts of this form. `others`: reasons for which the source itself rejects records, and what to do about
    /// each; what it says of a reason of ours holds.
    pub(crate) fn new(form: &Form, schema: &Schema, others: &[(&str, String)]) -> Lines {
        Lines::of_forms(std::slice::from_ref(form), schema, others)
    }

    /// The same for texts of several forms: `read_as` says which comes next, the first unless it was said.
    pub(crate) fn of_forms(forms: &[Form], schema: &Schema, others: &[(&str, String)]) -> Lines {
        let mut remedies = others.to_vec();
        for (reason, remedy) in forms.iter().flat_map(|form| form.remedies(schema.len())) {
            if remedies.iter().all(|(known, _)| *known != reason) {
                remedies.push((reason, remedy));
            }
        }
        Lines {
            readers: forms.iter().map(|form| form.reader(schema)).collect(),
            now: 0,
            rejects: Rejects::new(schema, &remedies),
            columns: schema.len(),
        }
    }

    /// The texts that come are of this one of its forms. To be said before a batch begins.
    pub(crate) fn read_as(&mut self, form: usize) {
        self.now = form;
    }

    /// What is rejected is kept in a file too.
    pub(crate) fn keep_rejects(self, file: Option<RejectsFile>) -> Lines {
        Lines { rejects: self.rejects.kept_in(file), ..self }
    }

    /// Records are read of this file, or peer, from now on; asked only where what is rejected is kept.
    pub(crate) fn now_in<S: AsRef<str>>(&mut self, from: impl FnOnce() -> S) {
        self.rejects.now_in(from);
    }

    /// A batch begins, without rows.
    pub(crate) fn begin(&mut self, cx: &Cx) {
        self.rejects.begin(cx);
        self.readers[self.now].begin();
    }

    /// Reads up to `max` records of one text more, counts them, and adds them to the batch.
    ///
    /// # Errors
    /// When the text can't be read any further. What was read before is counted and in the batch all the same.
    pub(crate) fn fill<R: Read>(
        &mut self,
        records: &mut Records<R>,
        pace: &mut Pace,
        max: usize,
        batch: &mut Batch,
        cx: &mut Cx,
    ) -> io::Result<Filled> {
        let (mut read, mut end) = (0, None);
        let enough = records.work() + BYTES;
        while read < max && records.work() < enough && end.is_none() {
            match records.next() {
                Ok(Found::Nothing) => continue,
                Ok(Found::End) => {
                    end = Some(Ok(Filled::End));
                    continue;
                }
                Err(e) => {
                    end = Some(if e.kind() == ErrorKind::WouldBlock { Ok(Filled::Nothing) } else { Err(e) });
                    continue;
                }
                Ok(Found::Bad(reason)) => {
                    self.rejects.number(cx.done() + read as u64 + 1);
                    pace.take(cx.now_ns);
                    self.rejects.refuse(cx, records.record(), reason);
                }
                Ok(Found::Record) => {
                    let born_ns = pace.take(cx.now_ns);
                    self.add(records, (cx.done() + read as u64 + 1, born_ns), batch, cx);
                }
            }
            read += 1;
        }
        cx.read(read as u64);
        end.unwrap_or(Ok(Filled::Enough))
    }

    /// Adds one record as a row. One with a field that does not fit is rejected.
    #[inline]
    fn add<R: Read>(
        &mut self,
        records: &Records<R>,
        (number, born_ns): (u64, u64),
        batch: &mut Batch,
        cx: &mut Cx,
    ) {
        let reader = &mut self.readers[self.now];
        let id = match reader.add(records, &mut batch.columns[..self.columns]) {
            Ok(()) => cx.new_id(),
            Err(Misfit::Record(reason)) => {
                self.rejects.number(number);
                if let Some(why) = reader.why() {
                    self.rejects.explain(reason, number, why);
                }
                return self.rejects.refuse(cx, records.record(), reason);
            }
            Err(Misfit::Field(at)) => {
                self.rejects.refuse_type(cx, records.record(), at, reader.wrong(at), number);
                0
            }
        };
        batch.id.push(id);
        batch.born_ns.push(born_ns);
    }

    /// The batch ends: its rows are those that fit.
    pub(crate) fn end(&mut self, batch: &mut Batch) {
        self.readers[self.now].end(batch);
    }

    /// Rejects a record for a reason of the source's own, or of the form. The caller has counted it as read.
    pub(crate) fn refuse(&mut self, cx: &mut Cx, raw: &[u8], reason: &str) {
        self.rejects.number(cx.done());
        self.rejects.refuse(cx, raw, reason);
    }

    /// The reason for which a record was rejected last.
    pub(crate) fn last_reason(&self) -> &str {
        self.rejects.last().unwrap_or_default()
    }

    /// What to do about a reason, and the first record that was rejected for it.
    pub(crate) fn advice(&self, reason: &str) -> Option<Advice> {
        self.rejects.advice(reason)
    }
}
