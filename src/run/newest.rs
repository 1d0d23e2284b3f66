//! The newest report of a stage, as it is shown at the end of its run: the first rows of it.

use super::dir::RunDir;
use crate::data::{Batch, Schema, Values};
use crate::error::Result;
use crate::format::jsonl::Writer;
use crate::format::table::{Screen, Table};
use crate::operator::PortId;
use crate::registry;
use crate::topology::plan::{Plan, Port, REPORT, Stage, WorkerId};
use crate::wire::codec;
use serde_json::Value;

/// So many rows are shown.
const ROWS_MAX: usize = 20;
/// Of a report with more columns than these, those that its operator means.
const COLUMNS_MAX: usize = 16;

/// Rows of a report that is being made, in pieces.
#[derive(Default)]
pub(crate) struct Newest {
    rows: Batch,
    /// How many there are in all.
    of: u64,
}

/// The report of a stage, over its workers.
pub struct Shown<'a> {
    pub stage: &'a str,
    schema: &'a Schema,
    meant: &'static [&'static str],
    /// The columns that say of which key and worker a row is.
    whose: Vec<usize>,
    rows: Batch,
    pub of: u64,
}

/// The port by which a stage's report leaves: that of its last step which has one.
pub(crate) fn port(stage: &Stage) -> Option<PortId> {
    stage.port(REPORT)
}

/// The columns of it that a person looks at, where it has too many.
fn meant(port: &Port, stage: &Stage) -> &'static [&'static str] {
    let step = port.of.and_then(|(step, _)| stage.steps.get(step));
    let card = step.and_then(|step| registry::find(&step.operator, false));
    card.and_then(|(_, spec)| spec.shows.as_ref()).map_or(&[], |shown| shown.columns)
}

/// The columns of it that say of which key and worker a row is.
fn whose(port: &Port, stage: &Stage) -> Vec<usize> {
    let step = port.of.and_then(|(step, _)| stage.steps.get(step));
    let keys: Vec<&str> = match step.and_then(|step| step.params.get("per")) {
        Some(toml::Value::String(key)) => vec![key],
        Some(toml::Value::Array(keys)) => keys.iter().filter_map(toml::Value::as_str).collect(),
        _ => Vec::new(),
    };
    let fields = port.schema.names().enumerate();
    fields.filter(|(_, name)| *name == "worker" || keys.contains(name)).map(|(at, _)| at).collect()
}

impl Newest {
    /// Another report begins.
    pub(crate) fn begin(&mut self) {
        self.rows = Batch::default();
        self.of = 0;
    }

    /// Adds a piece of it.
    pub(crate) fn add(&mut self, piece: &Batch) {
        self.of += piece.len() as u64;
        if self.rows.is_empty() {
            self.rows.reset_like(piece);
        }
        let room = ROWS_MAX - self.rows.len();
        self.rows.extend(piece, 0, room.min(piece.len()));
    }

    /// Leaves it in the run directory.
    pub(crate) fn keep(&self, dir: &RunDir, of: WorkerId) -> Result<()> {
        let mut bytes = [self.of, self.rows.len() as u64].map(u64::to_le_bytes).concat();
        codec::encode(&self.rows, &mut bytes);
        dir.put(&name(of), &bytes)
    }
}

fn name(WorkerId { stage, worker }: WorkerId) -> String {
    format!("{stage}.{worker}.report")
}

/// What the stages of a run have left that are to be shown; what can't be read is not.
pub fn all<'a>(plan: &'a Plan, dir: &RunDir) -> Vec<Shown<'a>> {
    let wanted = plan.stages.iter().enumerate().filter(|(_, stage)| stage.upkeep.summary);
    let shown = wanted.filter_map(|(at, stage)| {
        let port = &stage.ports[port(stage)?.index()];
        let (schema, meant, whose) = (&port.schema, meant(port, stage), whose(port, stage));
        let mut shown = Shown { stage: &stage.name, schema, meant, whose, rows: Batch::new(schema), of: 0 };
        let workers = plan.workers().filter(|id| id.stage == at);
        let found = workers.filter(|id| dir.get(&name(*id)).is_some_and(|kept| shown.add(&kept).is_some()));
        (found.count() > 0).then_some(shown)
    });
    shown.collect()
}

impl Shown<'_> {
    fn add(&mut self, kept: &[u8]) -> Option<()> {
        let (head, body) = kept.split_first_chunk::<16>()?;
        let (of, rows) = head.split_at(8);
        let [of, rows] =
            [of, rows].map(|bytes| bytes.iter().rev().fold(0, |n, byte| n << 8 | u64::from(*byte)));
        let mut found = Batch::new(self.schema);
        codec::decode(body, usize::try_from(rows).ok()?, false, &mut found)?;
        self.of += of;
        self.rows.extend(&found, 0, found.len().min(ROWS_MAX - self.rows.len()));
        Some(())
    }

    /// How many rows are shown.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Its rows as objects.
    pub fn json(&self) -> Vec<Value> {
        let mut lines = Vec::new();
        Writer::new(self.schema).rows(&self.rows, &mut lines);
        let lines = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.filter_map(|line| serde_json::from_slice(line).ok()).collect()
    }

    /// The columns that a person sees: all but the number of the report, or those that are meant, behind those that say
    /// whose a row is.
    fn columns(&self) -> Vec<usize> {
        let meant: Vec<usize> = self.meant.iter().filter_map(|name| self.schema.index(name)).collect();
        match self.schema.fields.len() > COLUMNS_MAX && !meant.is_empty() {
            true => self.whose.iter().copied().chain(meant).collect(),
            false => (1..self.schema.fields.len()).collect(),
        }
    }

    /// As a table for people, in so many columns of a screen: numbers with six digits that count.
    pub fn table(&self, columns: Option<usize>) -> String {
        let seen = self.columns();
        let schema = Schema { fields: seen.iter().map(|at| self.schema.fields[*at].clone()).collect() };
        let mut rows = self.rows.clone();
        rows.columns = seen.iter().map(|at| self.rows.columns[*at].clone()).collect();
        for column in &mut rows.columns {
            if let Values::F64(values) = &mut column.values {
                values.iter_mut().for_each(|value| *value = short(*value));
            }
        }
        let screen = columns.map(|columns| Screen { columns, lines: usize::MAX });
        let mut text = Vec::new();
        Table::new(&schema).rows(&rows, screen, &mut text);
        String::from_utf8_lossy(&text).into_owned()
    }
}

fn short(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Type;

    #[test]
    fn the_first_rows_are_kept_and_all_are_counted() {
        let schema = Schema::of(&[("set", Type::I64), ("share", Type::F64)]);
        let mut piece = Batch::new(&schema);
        for n in 0..15 {
            piece.id.push(n);
            piece.born_ns.push(0);
            piece.columns[0].push(crate::data::Value::I64(0));
            piece.columns[1].push(crate::data::Value::F64(n as f64 / 7.0));
        }
        let mut newest = Newest::default();
        for _ in 0..2 {
            newest.begin();
            (0..3).for_each(|_| newest.add(&piece));
        }
        let folder = tempfile::tempdir().unwrap();
        let dir = RunDir::at(folder.path().join("runs/t"));
        dir.create().unwrap();
        newest.keep(&dir, WorkerId { stage: 0, worker: 1 }).unwrap();
        let kept = dir.get("0.1.report").unwrap();
        let mut shown = Shown {
            stage: "s",
            schema: &schema,
            meant: &[],
            whose: Vec::new(),
            rows: Batch::new(&schema),
            of: 0,
        };
        assert_eq!((shown.add(&kept[..20]), shown.add(&kept), shown.add(&kept)), (None, Some(()), Some(())));
        assert_eq!((shown.len(), shown.of), (ROWS_MAX, 90));
        assert_eq!(shown.json()[1], serde_json::json!({"set": 0, "share": 1.0 / 7.0}));
        let table = shown.table(None);
        assert!(table.starts_with("   share\n") && table.contains("\n0.142857\n"), "{table}");
    }
}
