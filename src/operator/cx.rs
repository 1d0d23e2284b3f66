//! What an operator may know and must tell while it works on a batch.

use super::Account;
use crate::data::{Batch, Schema, Type, render};
use crate::error::{Error, Exit, Result};
use crate::stop;
use crate::units::Span;
use std::sync::Arc;

/// The account of a stage, in the hands of the operator that works just now.
///
/// Records still in the batch need no word. Of a record that leaves it say one: filtered, rejected, absorbed.
pub struct Cx {
    /// Which of the stage's inputs the batch came from (an index into `plan`'s inputs).
    pub inlet: usize,
    /// Monotonic time at which the batch was taken.
    pub now_ns: u64,
    /// A source puts at most so many records into one batch.
    pub records_max: usize,
    /// The text of a rejected record is cut to so many bytes.
    pub reject_bytes_max: usize,
    /// How long may be drained after a stop was asked for.
    pub drain: Span,
    run: String,
    stage: String,
    worker: u16,
    /// Its number within the run, for record ids.
    number: u16,
    account: Account,
    step: usize,
    reads: Arc<Reads>,
    held: bool,
    rejects: Option<Batch>,
}

/// A step, as rejected rows tell of it: its operator, and the columns it reads.
#[derive(Debug)]
pub struct Reads {
    pub operator: String,
    pub schema: Schema,
}

impl Reads {
    pub fn of(operator: &str, schema: &Schema) -> Arc<Reads> {
        Arc::new(Reads { operator: operator.to_string(), schema: schema.clone() })
    }
}

impl Cx {
    /// Columns of `STAGE/rejected`: why, by which operator, and the record (as JSON, or the raw line).
    pub fn rejected_schema() -> Schema {
        Schema::of(&[("reason", Type::Str), ("operator", Type::Str), ("record", Type::Str)])
    }

    /// A context for one worker that goes on from `account`. `keep_rejects`: somebody reads `STAGE/rejected`.
    pub fn new(run: &str, stage: &str, account: Account, keep_rejects: bool) -> Cx {
        Cx {
            inlet: 0,
            now_ns: 0,
            records_max: 1000,
            reject_bytes_max: 4096,
            drain: Span::from_ms(10_000),
            run: run.to_string(),
            stage: stage.to_string(),
            worker: 0,
            number: 0,
            account,
            step: 0,
            reads: Reads::of("", &Schema::default()),
            held: false,
            rejects: keep_rejects.then(|| Batch::new(&Cx::rejected_schema())),
        }
    }

    /// The run this process belongs to; differs from run to run.
    pub fn run(&self) -> &str {
        &self.run
    }

    pub fn stage(&self) -> &str {
        &self.stage
    }

    /// Which worker of its stage this is, counted from 0.
    pub fn worker(&self) -> u16 {
        self.worker
    }

    /// A fresh record id: the worker's number in the run << 48 | its own count. For records that are made, not passed
    /// on.
    pub fn new_id(&mut self) -> u64 {
        self.account.ids += 1;
        u64::from(self.number) << 48 | (self.account.ids - 1)
    }

    /// A source has read `n` records (those it rejects included).
    pub fn read(&mut self, n: u64) {
        self.account.done += n;
    }

    /// `n` records left the batch because the user asked for it.
    pub fn filtered(&mut self, n: u64) {
        self.account.filtered += n;
    }

    /// `n` records were taken in and are not passed on as such.
    pub fn absorbed(&mut self, n: u64) {
        self.account.absorbed += n;
    }

    /// `n` records in the batch are new: made of others, or of none.
    pub fn made(&mut self, n: u64) {
        self.account.made += n;
    }

    /// Row `row` of the batch (in the columns of this step's input) is refused. The caller takes it out of the
    /// batch, by `Batch::retain`.
    pub fn reject(&mut self, batch: &Batch, row: usize, reason: &str) {
        self.account.reject(reason, 1);
        if let Some(rejects) = &mut self.rejects {
            let mut record = Vec::new();
            render::json_row(&self.reads.schema, batch, row, &mut record);
            keep(
                rejects,
                (batch.id[row], batch.born_ns[row]),
                reason,
                &self.reads.operator,
                cut(&String::from_utf8_lossy(&record), self.reject_bytes_max),
            );
        }
    }

    /// A source refuses a record that never became a row; `raw` is what it looked like.
    pub fn reject_raw(&mut self, raw: &[u8], reason: &str) {
        self.account.reject(reason, 1);
        let id = self.new_id();
        if let Some(rejects) = &mut self.rejects {
            let raw = String::from_utf8_lossy(raw);
            let raw = cut(&raw, self.reject_bytes_max);
            keep(rejects, (id, self.now_ns), reason, &self.reads.operator, raw);
        }
    }

    /// Records rejected so far, by this worker, under all reasons.
    pub fn rejected_total(&self) -> u64 {
        self.account.rejected_total()
    }

    /// Records handled so far; of a source: records read.
    pub fn done(&self) -> u64 {
        self.account.done
    }

    /// Where this step stands, in its own unit (a byte offset, say); 0 before `set_position`. It comes back
    /// after a restart, in step with the counts. The first and the last step of a stage have one.
    pub fn position(&self) -> u64 {
        self.account.positions[self.step.min(1)]
    }

    pub fn set_position(&mut self, position: u64) {
        self.account.positions[self.step.min(1)] = position;
    }

    /// A sink holds records that are not stored yet (an open transaction): the account stays as it was until a
    /// call returns without `hold`.
    pub fn hold(&mut self) {
        self.held = true;
    }

    /// The account with everything told so far, to be stored in the same transaction as the records.
    pub fn account_bytes(&mut self) -> Vec<u8> {
        self.account.serial += 1;
        serde_json::to_vec(&self.account).expect("an account is plain data")
    }

    /// Takes over an account that was stored by `account_bytes` if it is newer than what is known here.
    pub fn take_over(&mut self, stored: &[u8]) -> Result<()> {
        let stored: Account = serde_json::from_slice(stored)
            .map_err(|e| Error::failed(format!("the stored account can't be read: {e}")))?;
        if stored.serial > self.account.serial {
            self.account = stored;
        }
        Ok(())
    }

    /// A sign of life from a step that waits for its store.
    ///
    /// # Errors
    /// When the process was asked twice to stop, or has drained for as long as it may: give up waiting.
    pub fn progress(&mut self) -> Result<()> {
        if stop::must_leave(self.drain.ns) {
            return Err(Error::new(Exit::Stopped, "stopped before everything was stored"));
        }
        Ok(())
    }

    // What follows is for who runs operators.

    /// Says which worker of the stage this is, and its number in the run.
    pub fn be_worker(&mut self, worker: u16, number: u16) {
        (self.worker, self.number) = (worker, number);
    }

    /// Says which step works next, and what it reads.
    pub fn enter(&mut self, step: usize, reads: &Arc<Reads>) {
        self.step = step;
        if !Arc::ptr_eq(&self.reads, reads) {
            self.reads = reads.clone();
        }
    }

    /// Whether a step has held records since the last look.
    pub fn was_held(&mut self) -> bool {
        std::mem::take(&mut self.held)
    }

    pub fn account_mut(&mut self) -> &mut Account {
        &mut self.account
    }

    /// The rejected rows since the last look, to be sent and cleared.
    pub fn rejects(&mut self) -> Option<&mut Batch> {
        self.rejects.as_mut()
    }
}

/// The beginning of a text that fits into so many bytes.
fn cut(text: &str, bytes_max: usize) -> &str {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn keep(rejects: &mut Batch, (id, born_ns): (u64, u64), reason: &str, operator: &str, record: &str) {
    rejects.id.push(id);
    rejects.born_ns.push(born_ns);
    for (column, text) in rejects.columns.iter_mut().zip([reason, operator, record]) {
        column.push(crate::data::Value::Str(text));
    }
}
