//! Shows records as a table for people: on the terminal, or in a file to be read.
//!
//! ```toml
//! operator = "print"
//! path = "out/seen.txt"   # absent: standard output
//! limit = 3               # at most so many records are shown, all if absent
//! one_in = 2              # of so many records one is shown; 1, if absent
//! ```
//!
//! | id i64 (in) | city str (in) | x f64 (in) | at time (in) | ok bool (in) |
//! |---|---|---|---|---|
//! | 1 2 3 4 5 6 7 8 | Bonn Köln NULL Ulm "a\tb" Jena Hof Kiel | 0.5 1 NULL 2 -3 4 5 6 | 2013-01-01T05:15:00Z NULL NULL NULL 2013-01-02T00:00:00.5Z NULL NULL NULL | true false NULL NULL true true true true |
//!
//! ```txt
//!       id  city                 x  at                      ok
//! --------  ------------  --------  ----------------------  -----
//!        1  Bonn               0.5  2013-01-01T05:15:00Z    true
//!        3  NULL              NULL  NULL                    NULL
//!        5  a\tb              -3.0  2013-01-02T00:00:00.5Z  true
//! ```
//!
//! On a terminal the table fits the screen: long texts are cut (`…`), columns that find no room are left out from the
//! right (`+3` says how many), and the header comes again with each screenful, or when columns had to move. In a pipe
//! or a file nothing is cut or left out, and there is one header. Characters that would act on a terminal are written
//! out (`\u{1b}`), so what stands in the data can't do anything.
//!
//! It reads several stages, each with columns of its own: `from = ["clean", "rules/alert"]`. Where another one goes on
//! than before, its name stands above a header of its own.
//!
//! What is not shown, by `limit` or `one_in`, is counted as filtered. Both count from the start of the process. A pipe
//! whose reader goes away (`| head`) ends the run well. For other programs there are `jsonl` and `csv`, with
//! `path = "-"` on standard output too; what was said there of `if_exists` and `patience` holds here.

use super::IfExists;
use super::common::file::{Format, Target};
use crate::data::Batch;
use crate::format::table::{Screen, Table};
use crate::operator::{Cx, Input, Inputs, PlanResult, Spec};
use crate::params::{self, JsonSchema};
use crate::surroundings;
use crate::units::Span;
use std::io::Read;

pub(super) const OPERATOR: Spec =
    Spec::new("print", "shows records as a table on the terminal", include_str!("print.rs"), plan)
        .parameters::<Params>()
        .called(&["console", "terminal", "screen", "show", "display", "table", "debug"])
        .reads(Inputs::Any)
        .alone(super::ALONE)
        .place("path")
        .stdout();

#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The file; "-" is standard output.
    #[serde(default = "stdout")]
    path: String,
    /// At most so many records are shown; all, if absent.
    #[schemars(range(min = 1))]
    limit: Option<u64>,
    /// Of so many records one is shown.
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    one_in: u64,
    /// What to do with a file that holds something.
    #[serde(default)]
    if_exists: IfExists,
    /// How long to wait for a full disk, or for the reader of a FIFO, before failing.
    #[serde(default = "super::patience")]
    patience: Span,
}

fn stdout() -> String {
    "-".to_string()
}

fn one() -> u64 {
    1
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { path, limit, one_in, if_exists, patience } = params::read(params)?;
    let on_stdout = path == "-";
    let target = Target::new(path, if_exists, patience).map_err(|problem| vec![problem])?;
    let tables = inputs.iter().map(|input| (input.name.clone(), Table::new(&input.schema))).collect();
    let left = limit.unwrap_or(u64::MAX);
    Ok(target.planned(Print {
        tables,
        on_stdout,
        left,
        one_in,
        came: 0,
        last: None,
        shown: Batch::default(),
    }))
}

#[derive(Clone)]
struct Print {
    /// By inlet: its name, and what is shown of it.
    tables: Vec<(String, Table)>,
    on_stdout: bool,
    /// So many records may still be shown.
    left: u64,
    one_in: u64,
    /// Records that have come.
    came: u64,
    /// The inlet that was shown last.
    last: Option<usize>,
    shown: Batch,
}

impl Print {
    /// The rows of a batch that are to be seen.
    fn choose(&mut self, batch: &Batch) {
        self.shown.reset_like(batch);
        if self.one_in == 1 {
            let rows = batch.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
            self.shown.extend(batch, 0, rows);
            return;
        }
        // The first of all, and then each `one_in`th.
        let skip = (self.one_in - self.came % self.one_in) % self.one_in;
        let first = usize::try_from(skip).unwrap_or(usize::MAX);
        let step = usize::try_from(self.one_in).unwrap_or(usize::MAX);
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        for row in (first..batch.len()).step_by(step).take(most) {
            self.shown.extend(batch, row, row + 1);
        }
    }
}

impl Format for Print {
    fn head(&self) -> &[u8] {
        &[]
    }

    fn rows(&mut self, batch: &Batch, cx: &mut Cx, out: &mut Vec<u8>) {
        self.choose(batch);
        let shown = self.shown.len() as u64;
        self.came += batch.len() as u64;
        self.left -= shown;
        cx.filtered(batch.len() as u64 - shown);
        if shown == 0 {
            return;
        }
        let several = self.tables.len() > 1;
        let (name, table) = &mut self.tables[cx.inlet];
        if several && self.last.replace(cx.inlet) != Some(cx.inlet) {
            table.head_again();
            out.extend_from_slice(if self.came > batch.len() as u64 { b"\n" } else { b"" });
            out.extend_from_slice(format!("{name}\n").as_bytes());
        }
        let screen = self.on_stdout.then(|| surroundings::size(std::io::stdout())).flatten();
        table.rows(&self.shown, screen.map(|(columns, lines)| Screen { columns, lines }), out);
    }

    fn differs(&self, _: &mut dyn Read) -> Option<String> {
        None
    }
}
