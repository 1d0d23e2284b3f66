//! Runs an operator as a stage would, and watches that it keeps its contract at every call.

use crate::page::{Example, Rows};
use sluicebox::data::{Batch, Column, Schema, Values};
use sluicebox::operator::{Account, Cx, Desk, Input, Next, Operator, Planned, PortId, Reads, Spec};
use std::path::{Path, PathBuf};

/// What an operator is in its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Source,
    Step,
    Sink,
}

pub fn part(room: &str) -> Part {
    match room {
        "ingest" => Part::Source,
        "storage" => Part::Sink,
        _ => Part::Step,
    }
}

/// A planned example with its own folder.
pub struct Case {
    pub part: Part,
    pub name: &'static str,
    pub params: toml::Table,
    pub inputs: Vec<Input>,
    /// Columns of the batch that each call begins with: none for a source.
    pub input: Schema,
    pub planned: Planned,
    /// Where its files lie, as long as it lives.
    _folder: tempfile::TempDir,
}

/// More calls than any example needs.
const CALLS_MAX: usize = 100_000;

impl Case {
    /// Plans an example. A `path` is led into a fresh folder, where a source finds the file of its page.
    pub fn plan(room: &str, spec: &Spec, example: &Example) -> Result<Case, String> {
        let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
        let (part, mut params) = (part(room), example.params.clone());
        if let Some(toml::Value::String(path)) = params.get_mut("path") {
            let name = Path::new(path.as_str()).file_name().ok_or("the path names no file")?;
            let moved = folder.path().join(name);
            if let Some(file) = &example.file {
                std::fs::write(&moved, format!("{}\n", file.text)).map_err(|e| e.to_string())?;
            }
            *path = moved.display().to_string();
        }
        let inputs = match (part, spec.sample) {
            (Part::Source, None) => Vec::new(),
            (Part::Source, Some(sample)) => {
                let schema = sample(&params).map_err(|e| format!("sample fails: {e}"))?;
                vec![Input::new("sample", schema)]
            }
            _ => vec![Input::new("input", example.input.schema.clone())],
        };
        let planned = (spec.plan)(params.clone(), &inputs)
            .map_err(|problems| format!("plan finds problems: {problems:#?}"))?;
        if let Some(preflight) = &planned.preflight {
            preflight().map_err(|e| format!("its preflight fails: {e}"))?;
        }
        let input = if part == Part::Source { Schema::default() } else { example.input.schema.clone() };
        Ok(Case { part, name: spec.name, params, inputs, input, planned, _folder: folder })
    }

    /// The file a sink writes.
    pub fn path(&self) -> Option<PathBuf> {
        self.params.get("path").and_then(toml::Value::as_str).map(PathBuf::from)
    }

    pub fn start(&self) -> Result<Run<'_>, String> {
        self.go_on(&Account::default(), None)
    }

    /// Starts where an account, and a state if there is one, left off.
    pub fn go_on(&self, account: &Account, state: Option<&[u8]>) -> Result<Run<'_>, String> {
        let mut operator = (self.planned.make)();
        if let Some(state) = state {
            operator.load(state).map_err(|e| format!("load refuses what save gave: {e}"))?;
        }
        let mut desk = Desk::new(Cx::new("run", "stage", account.clone()));
        desk.keep([(PortId::REJECTED, Batch::new(&Cx::rejected_schema()))]);
        desk.cx().now_ns = 1_000_000_000;
        desk.enter(0, &Reads::of(self.name, &self.input));
        let mut run = Run {
            case: self,
            operator,
            desk,
            batch: Batch::default(),
            out: Batch::new(&self.planned.output),
            next: Next::Wait,
        };
        if self.part != Part::Source {
            run.feed(&Batch::new(&self.input), 0, 0)?;
        }
        Ok(run)
    }
}

/// An operator at work.
pub struct Run<'a> {
    case: &'a Case,
    pub operator: Box<dyn Operator>,
    pub desk: Desk,
    batch: Batch,
    /// All that has come out so far.
    pub out: Batch,
    next: Next,
}

impl Run<'_> {
    /// One call of `process` with rows `from..to`, and more, empty ones, while it wants them at once.
    pub fn feed(&mut self, rows: &Batch, from: usize, to: usize) -> Result<(), String> {
        self.batch.reset(&self.case.input);
        self.batch.extend(rows, from, to);
        self.desk.account_mut().done += (to - from) as u64;
        self.call(false)?;
        for _ in 0..CALLS_MAX {
            if self.next != Next::Again {
                return Ok(());
            }
            self.batch.reset(&self.case.input);
            self.call(false)?;
        }
        Err(format!("it still says Again after {CALLS_MAX} calls"))
    }

    /// Calls a source until it ends, or `calls` times; the clock goes where it wants it to. Whether it ended.
    pub fn drain(&mut self, records_max: usize, calls: usize) -> Result<bool, String> {
        self.desk.cx().records_max = records_max;
        for _ in 0..calls {
            self.batch.reset(&self.case.input);
            self.call(false)?;
            if self.batch.len() > records_max {
                return Err(format!("it gave {} records, {records_max} are allowed", self.batch.len()));
            }
            match self.next {
                Next::End => return Ok(true),
                Next::At(ns) => self.desk.cx().now_ns = self.desk.cx().now_ns.max(ns),
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

    /// As a stage calls it: the batch comes with the columns of the output; a sink has none, its batch is the input's.
    pub fn finish(&mut self) -> Result<(), String> {
        let sink = self.case.part == Part::Sink;
        for _ in 0..CALLS_MAX {
            self.batch.reset(if sink { &self.case.input } else { &self.case.planned.output });
            self.call(true)?;
            if self.next != Next::Again {
                return Ok(());
            }
        }
        Err(format!("finish still says Again after {CALLS_MAX} calls"))
    }

    fn call(&mut self, finish: bool) -> Result<(), String> {
        let (what, before) = if finish { ("finish", None) } else { ("process", Some(self.batch.clone())) };
        let next = if finish {
            self.operator.finish(&mut self.batch, self.desk.cx())
        } else {
            self.operator.process(&mut self.batch, self.desk.cx())
        };
        self.next = next.map_err(|e| format!("{what} fails: {e}"))?;
        match (self.case.part, before) {
            (Part::Sink, None) => {}
            (Part::Sink, Some(before)) => {
                if bytes(&before) != bytes(&self.batch) {
                    return Err("a sink has changed the batch".to_string());
                }
            }
            _ => {
                sound(&self.batch, &self.case.planned.output, &format!("after {what}"))?;
                self.out.extend(&self.batch, 0, self.batch.len());
            }
        }
        Ok(())
    }

    /// What it says about itself, as rows; empty where it has no report.
    pub fn report(&mut self) -> Result<Rows, String> {
        let Some(schema) = self.case.planned.report.clone() else { return Ok(Rows::default()) };
        let mut batch = Batch::new(&schema);
        self.operator.report(&mut batch, self.desk.cx()).map_err(|e| format!("report fails: {e}"))?;
        let n = batch.columns.first().map_or(0, Column::len);
        batch.id = vec![0; n];
        batch.born_ns = vec![0; n];
        sound(&batch, &schema, "in the report")?;
        Ok(Rows { schema, batch })
    }

    pub fn saved(&self) -> Result<Vec<u8>, String> {
        let mut state = Vec::new();
        self.operator.save(&mut state).map_err(|e| format!("save fails: {e}"))?;
        Ok(state)
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
