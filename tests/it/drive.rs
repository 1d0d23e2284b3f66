//! Runs an operator as a stage does, by the product's own row of steps, and watches that it keeps its contract at every
//! call.

use crate::case::{Case, OURS};
use crate::page::Rows;
use sluicebox::data::state::{Loader, Saver};
use sluicebox::data::{Batch, Column, Schema, Values};
use sluicebox::operator::{Account, Desk, Next, PlannedPort, PortKind};
use sluicebox::stage::{Place, Steps};
use std::path::PathBuf;

/// More calls than any example needs.
const CALLS_MAX: usize = 100_000;
impl Case {
    /// The file a sink writes.
    pub fn path(&self) -> Option<PathBuf> {
        self.params.get("path").and_then(toml::Value::as_str).map(PathBuf::from)
    }

    pub fn start(&self) -> Result<Run<'_>, String> {
        self.go_on(&self.account(), None)
    }

    /// Starts where an account, and a state if there is one, left off.
    pub fn go_on(&self, account: &Account, state: Option<&[u8]>) -> Result<Run<'_>, String> {
        let mut steps = self.steps();
        if let Some(state) = state {
            let mut from = Loader::new(state);
            let loaded = steps.operator(0).load(&mut from).and_then(|()| from.end());
            loaded.map_err(|e| format!("load refuses what save gave: {e}"))?;
        }
        let mut desk = self.desk(account);
        desk.cx().now_ns = 1_000_000_000;
        let batch = Batch::default();
        let out = Batch::new(&self.planned.output);
        let mut run = Run { case: self, steps, desk, batch, out, sides: self.sides(), next: Next::Wait };
        if self.place != Place::Source {
            run.turn(0)?;
        }
        Ok(run)
    }
}

/// An operator at work.
pub struct Run<'a> {
    case: &'a Case,
    pub steps: Steps,
    pub desk: Desk,
    batch: Batch,
    /// All that has come out so far.
    pub out: Batch,
    /// All that has left by other ports: first what was rejected, then by the ports of the plan.
    pub sides: Vec<Batch>,
    next: Next,
}

impl Run<'_> {
    /// One turn with rows `from..to` of an inlet, and more, empty ones, while it wants them at once.
    pub fn feed(&mut self, inlet: usize, rows: &Batch, from: usize, to: usize) -> Result<(), String> {
        self.steps.reset(&mut self.batch, inlet);
        self.batch.extend(rows, from, to);
        self.desk.cx().inlet = inlet;
        self.desk.account_mut().done += (to - from) as u64;
        self.process()?;
        for _ in 0..CALLS_MAX {
            if self.next != Next::Again {
                return Ok(());
            }
            self.turn(0)?;
        }
        Err(format!("it still says Again after {CALLS_MAX} calls"))
    }

    /// One turn without records.
    pub fn turn(&mut self, inlet: usize) -> Result<(), String> {
        self.steps.reset(&mut self.batch, inlet);
        self.desk.cx().inlet = inlet;
        self.process()
    }

    /// Calls a source until it ends, or `calls` times; the clock goes where it wants it to. Whether it ended.
    pub fn drain(&mut self, records_max: usize, calls: usize) -> Result<bool, String> {
        self.desk.cx().records_max = records_max;
        for _ in 0..calls {
            self.turn(0)?;
            if self.batch.len() > records_max {
                return Err(format!("it gave {} records, {records_max} are allowed", self.batch.len()));
            }
            match self.next {
                Next::End => return Ok(true),
                Next::At(ns) | Next::Full(ns) => self.desk.cx().now_ns = self.desk.cx().now_ns.max(ns),
                Next::Wait => self.desk.cx().now_ns += 1_000_000,
                Next::Again => {}
            }
        }
        Ok(false)
    }

    pub fn drain_all(&mut self, records_max: usize) -> Result<(), String> {
        if self.drain(records_max, CALLS_MAX)? {
            return Ok(());
        }
        Err(format!("the source of the page does not end in {CALLS_MAX} calls"))
    }

    pub fn finish(&mut self) -> Result<(), String> {
        self.desk.cx().inlet = 0;
        for _ in 0..CALLS_MAX {
            if !self
                .steps
                .finish(&mut self.batch, &mut self.desk)
                .map_err(|failed| failed.error.to_string())?
            {
                return Ok(());
            }
            if self.case.place != Place::Sink {
                self.take("finish")?;
            }
        }
        Err(format!("finish still says Again after {CALLS_MAX} calls"))
    }

    fn process(&mut self) -> Result<(), String> {
        let before = (self.case.place == Place::Sink).then(|| bytes(&self.batch));
        let done = self.steps.process(0, &mut self.batch, &mut self.desk);
        done.map_err(|failed| format!("process fails: {}", failed.error))?;
        self.next = self.steps.wish(0);
        match before {
            Some(before) if before != bytes(&self.batch) => Err("a sink has changed the batch".to_string()),
            Some(_) => Ok(()),
            None => self.take("process"),
        }
    }

    /// Takes what has come out of a call, by all ports.
    fn take(&mut self, what: &str) -> Result<(), String> {
        let when = format!("after {what}");
        sound(&self.batch, &self.case.planned.output, &when)?;
        self.out.extend(&self.batch, 0, self.batch.len());
        let parts = self.desk.parts();
        for (all, side) in self.sides.iter_mut().zip(parts.sides.iter_mut().skip(1).flatten()) {
            all.extend(side, 0, side.len());
            side.clear();
        }
        for (port, rows) in self.case.planned.ports.iter().zip(&self.sides[1..]) {
            sound(rows, &port.schema, &format!("{when}, at the port \"{}\",", port.name))?;
        }
        Ok(())
    }

    /// What has left by a port of the plan.
    pub fn side(&mut self, name: &str) -> Option<Rows> {
        let at = self.case.planned.ports.iter().position(|port| port.name == name)?;
        let schema = self.case.planned.ports[at].schema.clone();
        Some(Rows { schema, batch: self.sides[at + 1].clone() })
    }

    /// What it says about itself, in as many pieces as it likes, as rows; empty where it has no report.
    pub fn report(&mut self) -> Result<Rows, String> {
        let Some(schema) = self.case.planned.report.clone() else { return Ok(Rows::default()) };
        let (mut all, mut piece) = (Batch::new(&schema), Batch::default());
        for _ in 0..CALLS_MAX {
            piece.reset(&schema);
            let next = self.steps.report(0, &mut piece, &mut self.desk);
            let next = next.map_err(|e| format!("report fails: {e}"))?;
            let n = piece.columns.first().map_or(0, Column::len);
            piece.id = vec![0; n];
            piece.born_ns = vec![0; n];
            sound(&piece, &schema, "in the report")?;
            all.extend(&piece, 0, n);
            if next != Next::Again {
                return Ok(Rows { schema, batch: all });
            }
        }
        Err(format!("its report still says Again after {CALLS_MAX} pieces"))
    }

    /// All that came of the records so far, by every port.
    pub fn outcome(&self) -> Vec<u8> {
        std::iter::once(&self.out).chain(&self.sides).flat_map(bytes).collect()
    }

    /// `rows in = rows out - made + filtered + rejected + absorbed + moved`, and what left by a port is counted there.
    pub fn adds_up(&self) -> Result<(), String> {
        let (out, account) = (self.out.len() as u64, self.desk.account());
        let left = account.filtered + account.rejected_total() + account.absorbed + account.moved;
        if account.done + account.made != out + left {
            return Err(format!("the account does not add up: {out} rows came out, and it says {account:?}"));
        }
        let (made, absorbed) = (account.made, account.absorbed);
        if made + absorbed > 0 && !self.case.planned.absorbs && self.case.place == Place::Middle {
            return Err(format!(
                "it has made {made} records and absorbed {absorbed}, and its plan does not say absorbs: true"
            ));
        }
        let moves = |port: &&PlannedPort| port.kind == PortKind::Moves;
        for (at, port) in self.case.planned.ports.iter().enumerate().filter(|(_, port)| moves(port)) {
            let (rows, counted) = (self.sides[at + 1].len() as u64, account.ports[at + OURS]);
            if rows != counted {
                return Err(format!("port \"{}\": {rows} rows left by it, {counted} are counted", port.name));
            }
        }
        Ok(())
    }

    pub fn saved(&mut self) -> Result<Vec<u8>, String> {
        let mut state = Vec::new();
        for _ in 0..CALLS_MAX {
            let saved = self.steps.operator(0).save(&mut Saver::new(&mut state));
            if saved.map_err(|e| format!("save fails: {e}"))? != Next::Again {
                return Ok(state);
            }
        }
        Err(format!("save still says Again after {CALLS_MAX} pieces"))
    }
}

/// Whether a batch has the columns of its schema, equally long, and zeros where it is NULL.
fn sound(batch: &Batch, schema: &Schema, when: &str) -> Result<(), String> {
    let types: Vec<_> = batch.columns.iter().map(Column::of).collect();
    if types != schema.fields.iter().map(|field| field.of).collect::<Vec<_>>() {
        return Err(format!("{when} the batch has columns {types:?}, planned were: {schema}"));
    }
    let n = batch.len();
    for (field, column) in schema.fields.iter().zip(&batch.columns) {
        let lengths = [column.len(), column.valid.len(), batch.born_ns.len()];
        if lengths != [n; 3] {
            return Err(format!(
                "{when} column \"{}\" has {lengths:?} values, flags and births for {n} ids",
                field.name
            ));
        }
        if let Some(row) = (0..n).find(|row| !column.valid.get(*row) && !is_zero(column, *row)) {
            return Err(format!(
                "{when} column \"{}\" is NULL in row {row}, its slot is not zero",
                field.name
            ));
        }
    }
    Ok(())
}

fn is_zero(column: &Column, row: usize) -> bool {
    match &column.values {
        Values::Bool(v) => !v[row],
        Values::I64(v) | Values::Time(v) => v[row] == 0,
        Values::F64(v) => v[row].to_bits() == 0,
        Values::Str(v) => v.get(row).is_empty(),
        Values::List(v) => v.get(row).len() == 0,
    }
}

/// A batch as bytes, so that NaN equals itself and 0 is not -0.
pub fn bytes(batch: &Batch) -> Vec<u8> {
    let mut out: Vec<u8> = batch.id.iter().chain(&batch.born_ns).flat_map(|x| x.to_le_bytes()).collect();
    for column in &batch.columns {
        out.push(column.of() as u8);
        out.extend((column.len() as u64).to_le_bytes());
        out.extend(column.valid.as_bytes());
        match &column.values {
            Values::Bool(v) => out.extend(v.iter().map(|x| u8::from(*x))),
            Values::I64(v) | Values::Time(v) => out.extend(v.iter().flat_map(|x| x.to_le_bytes())),
            Values::F64(v) => out.extend(v.iter().flat_map(|x| x.to_bits().to_le_bytes())),
            Values::Str(v) => out.extend(format!("{v:?}").bytes()),
            Values::List(v) => out.extend(format!("{v:?}").bytes()),
        }
    }
    out
}
