//! What an operator may know and must tell while it works on a batch.

mod committed;
mod outside;
mod time;
mod waiting;

pub(crate) use committed::{Committed, Ends, Refused};

use super::event_time::{Ending, Holds};
use super::{Account, POSITION_BYTES_MAX, PortId, Reads};
use crate::data::{Batch, Schema, Type, render};
use crate::error::{Error, Result};
use crate::units::{Share, Span};
use std::sync::Arc;
use std::time::Instant;

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
    /// The position of the first step may have so many bytes; those of others have `POSITION_BYTES_MAX`.
    pub position_bytes_max: usize,
    /// The text of a rejected record is cut to so many bytes.
    pub reject_bytes_max: usize,
    /// How long may be drained after a stop was asked for.
    pub drain: Span,
    run: String,
    pub(super) stage: String,
    pub(super) worker: u16,
    pub(super) workers: u16,
    /// Its number within the run, for record ids.
    pub(super) number: u16,
    pub(super) account: Account,
    pub(super) step: usize,
    pub(super) reads: Arc<Reads>,
    pub(super) held: bool,
    /// By inlet: how many records a sink has got, and how many of those it has said are stored.
    pub(super) stored: Vec<Stored>,
    /// It says so bit by bit.
    pub(super) bit_by_bit: bool,
    /// By step: records that something outside has, and that are to come back.
    pub(super) under_way: Vec<u64>,
    /// Records that something outside had and that do not come back, since the account was public.
    pub(super) lost: u64,
    /// How far event time has come behind what the batch holds; `i64::MIN` where there is none.
    pub(super) watermark: i64,
    pub(super) holds: Holds,
    /// Of which partition a source says that its rows are.
    pub(super) partition: Option<usize>,
    pub(super) ending: Ending,
    /// All that comes to this stage ends by itself.
    pub(super) ends: bool,
    /// More than this of its records the worker may not reject.
    pub(super) max_rejects: Share,
    /// It was said on standard error that keys had to go.
    pub(super) keys_told: bool,
    /// When it was said last for what the step waits.
    waited: Option<Instant>,
    /// By port, what waits to be sent; `None` where nobody reads it.
    pub(super) sides: Vec<SideBatch>,
    /// The ports of each step, in the order of its plan.
    pub(super) ports: Vec<Vec<PortId>>,
    /// Memory for a row as text, used again.
    row: Vec<u8>,
}

/// What a sink got of one inlet.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stored {
    pub given: u64,
    /// So many of them are stored, as the sink says.
    pub said: u64,
}

/// Rows that wait to leave by a port, if anybody reads it.
pub(super) type SideBatch = Option<Batch>;

impl Cx {
    /// Columns of `STAGE/rejected`: why, by which operator, and the record (as JSON, or the raw line).
    pub fn rejected_schema() -> Schema {
        Schema::of(&[("reason", Type::Str), ("operator", Type::Str), ("record", Type::Str)])
    }

    /// A context for one worker that goes on from `account`; nobody reads its side streams.
    pub fn new(run: &str, stage: &str, account: Account) -> Cx {
        Cx {
            inlet: 0,
            now_ns: 0,
            records_max: 1000,
            position_bytes_max: POSITION_BYTES_MAX,
            reject_bytes_max: 4096,
            drain: Span::from_ms(10_000),
            run: run.to_string(),
            stage: stage.to_string(),
            worker: 0,
            workers: 1,
            number: 0,
            sides: vec![None; account.ports.len()],
            ports: vec![Vec::new(); account.positions.len()],
            row: Vec::new(),
            account,
            step: 0,
            reads: Reads::of("", &Schema::default()),
            held: false,
            stored: Vec::new(),
            bit_by_bit: false,
            under_way: Vec::new(),
            lost: 0,
            watermark: i64::MIN,
            holds: Holds::default(),
            partition: None,
            ending: Ending::default(),
            ends: true,
            max_rejects: Share(1.0),
            keys_told: false,
            waited: None,
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

    /// What the batch is to an operator that reads by role: `labels`.
    pub fn role(&self) -> Option<&str> {
        self.reads.role.as_deref()
    }

    /// A fresh record id, for records that are made: the worker's number in the run << 48 | its own count.
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
        self.account.steps[self.step].filtered += n;
    }

    /// `n` records were taken in and are not passed on as such.
    pub fn absorbed(&mut self, n: u64) {
        self.account.absorbed += n;
    }

    /// `n` records in the batch are new: made of others, or of none.
    pub fn made(&mut self, n: u64) {
        self.account.made += n;
    }

    /// The rows of the batch that `rows` names leave by a port of this step, `port` being its place in the plan. The
    /// caller takes them out of the batch, by `Batch::retain`. Counted also where nobody reads the port.
    pub fn side(&mut self, port: usize, batch: &Batch, rows: &[u32]) {
        let port = self.ports[self.step][port].index();
        self.account.ports[port] += rows.len() as u64;
        self.account.moved += rows.len() as u64;
        if let Some(side) = &mut self.sides[port] {
            side.gather(batch, rows);
        }
    }

    /// Row `row` of the batch (in the columns of this step's input) is refused. The caller takes it out of the
    /// batch, by `Batch::retain`.
    pub fn reject(&mut self, batch: &Batch, row: usize, reason: &str) {
        let reads = self.reads.clone();
        self.reject_row(&reads.schema, batch, row, reason);
    }

    /// The same for a row of these columns.
    fn reject_row(&mut self, schema: &Schema, batch: &Batch, row: usize, reason: &str) {
        self.count_rejected(reason);
        if let Some(rejects) = &mut self.sides[PortId::REJECTED.index()] {
            self.row.clear();
            render::json_row(schema, batch, row, &mut self.row);
            let record = String::from_utf8_lossy(&self.row);
            let at = (batch.id[row], batch.born_ns[row]);
            keep(rejects, at, reason, &self.reads.operator, cut(&record, self.reject_bytes_max));
        }
    }

    /// A source refuses a record that never became a row; `raw` is what it looked like.
    pub fn reject_raw(&mut self, raw: &[u8], reason: &str) {
        self.count_rejected(reason);
        let id = self.new_id();
        if let Some(rejects) = &mut self.sides[PortId::REJECTED.index()] {
            let raw = String::from_utf8_lossy(raw);
            let raw = cut(&raw, self.reject_bytes_max);
            keep(rejects, (id, self.now_ns), reason, &self.reads.operator, raw);
        }
    }

    fn count_rejected(&mut self, reason: &str) {
        self.account.reject(reason, 1);
        self.account.steps[self.step].rejected += 1;
        self.account.ports[PortId::REJECTED.index()] += 1;
    }

    /// Reasons for which this worker has rejected records, and how many.
    pub fn rejected(&self) -> &[(String, u64)] {
        &self.account.rejected
    }

    /// Records rejected so far, by this worker, under all reasons.
    pub fn rejected_total(&self) -> u64 {
        self.account.rejected_total()
    }

    /// Records handled so far; of a source: records read.
    pub fn done(&self) -> u64 {
        self.account.done
    }

    /// How far this step has come in the world outside, in bytes of its own; empty before `set_position`. It comes
    /// back after a restart, in step with the counts.
    pub fn position(&self) -> &[u8] {
        self.account.positions[self.step].bytes()
    }

    /// # Errors
    /// When it has more bytes than are kept.
    pub fn set_position(&mut self, position: &[u8]) -> Result<()> {
        let most = if self.step == 0 { self.position_bytes_max } else { POSITION_BYTES_MAX };
        if position.len() > most {
            return Err(Error::failed(format!(
                "how far it has come takes {} bytes, and {most} are kept: let more workers share what it reads",
                position.len()
            )));
        }
        self.account.positions[self.step].set(position);
        Ok(())
    }

    /// The position of a step for which one number is enough (a byte offset, say); 0 before the first.
    pub fn offset(&self) -> u64 {
        self.position().try_into().map_or(0, u64::from_le_bytes)
    }

    pub fn set_offset(&mut self, offset: u64) {
        self.account.positions[self.step].set(&offset.to_le_bytes());
    }

    /// A sink holds records that are not stored yet (an open transaction): the account stays as it was until a
    /// call returns without `hold`.
    pub(crate) fn hold(&mut self) {
        self.held = true;
    }

    /// Of the records of an inlet that a sink got, counted since its process began, the first `n` are stored, and it
    /// holds others: for a store that answers bit by bit. To be said in each call that holds records. What is stored
    /// is accounted for; what is held when the process ends is lost inside.
    pub fn stored_up_to(&mut self, inlet: usize, n: u64) {
        (self.held, self.bit_by_bit) = (true, true);
        let stored = self.stored_of(inlet);
        stored.said = stored.said.max(n);
    }

    pub(super) fn stored_of(&mut self, inlet: usize) -> &mut Stored {
        if self.stored.len() <= inlet {
            self.stored.resize(inlet + 1, Stored::default());
        }
        &mut self.stored[inlet]
    }
}

/// The beginning of a text that fits into so many bytes.
fn cut(text: &str, bytes_max: usize) -> &str {
    let end = (0..=text.len().min(bytes_max)).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}

fn keep(rejects: &mut Batch, (id, born_ns): (u64, u64), reason: &str, operator: &str, record: &str) {
    rejects.id.push(id);
    rejects.born_ns.push(born_ns);
    for (column, text) in rejects.columns.iter_mut().zip([reason, operator, record]) {
        column.push(crate::data::Value::Str(text));
    }
}
