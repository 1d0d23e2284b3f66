//! Makes a record of each item of a list, or of each part of a text.
//!
//! ```toml
//! operator = "explode"
//! field = "items"
//! into = "item"          # what the column is called then; absent: as before
//! position = "at"        # a column more: which item it is, from 1 on; absent: none
//! ```
//!
//! | order i64 (in) | items list<str> (in) | order i64 (out) | item str (out) | at i64 (out) |
//! |---|---|---|---|---|
//! | 1 2 3 4 | ["tea","milk"] [] ["jam"] NULL | 1 1 3 | tea milk jam | 1 2 1 |
//!
//! The other columns are the same in every record of a list. A record without an item (an empty list, or NULL) is
//! filtered, and counted; with `keep_empty = true` it stays, and its item is NULL:
//!
//! ```toml
//! operator = "explode"
//! field = "tags"
//! separator = ","        # of a text: what lies between two parts; absent: white space
//! trim = true            # without the spaces around each part
//! keep_empty = true
//! ```
//!
//! | tags str (in) | at event_time (in) | tags str (out) | at event_time (out) |
//! |---|---|---|---|
//! | "a, b" c NULL "d,," | 2013-01-01T10:00:00Z 2013-01-01T10:00:01Z 2013-01-01T10:00:02Z 2013-01-01T10:00:03Z | a b c NULL d "" "" | 2013-01-01T10:00:00Z 2013-01-01T10:00:00Z 2013-01-01T10:00:01Z 2013-01-01T10:00:02Z 2013-01-01T10:00:03Z 2013-01-01T10:00:03Z 2013-01-01T10:00:03Z |
//!
//! Nothing between two separators is an empty part. A text without a separator is one part, an empty one too; of white
//! space alone there is none.
//!
//! The first record of a list keeps the id of the one it was, those behind it are new ones. Event time stays as it is,
//! and so does how late they are. However long lists are, no more than 10,000 records or 16 MiB come out at once; what
//! is left waits, and nothing more is taken before it has gone on.

use crate::data::{Batch, Column, Schema, Type, Values};
use crate::error::Result;
use crate::operator::{Cx, Input, Next, Operator, Passes, PlanResult, Planned, Spec, column, only};
use crate::params::{self, JsonSchema, Problem};
use crate::preprocess::common::{Separator, remade};
use serde::Deserialize;

pub(super) const OPERATOR: Spec = Spec::new(
    "explode",
    "a record of each item of a list or part of a text",
    include_str!("explode.rs"),
    plan,
)
.parameters::<Params>()
.called(&[
    "flatten",
    "unnest",
    "flat_map",
    "lateral_view",
    "posexplode",
    "explode_outer",
    "unwind",
    "expand",
    "mv_expand",
]);

/// So many records come out at once.
const ROWS_MAX: usize = 10_000;
/// So many bytes of texts.
const BYTES_MAX: usize = 16 << 20;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The column with lists or texts.
    field: String,
    /// What the column is called then; as before, if absent.
    into: Option<String>,
    /// The name of a column that says which item it is, from 1 on; none, if absent.
    position: Option<String>,
    /// What lies between two parts of a text; white space, if absent.
    separator: Option<String>,
    /// Whether the spaces around a part are cut off.
    trim: Option<bool>,
    /// Whether a record without an item stays, with NULL.
    #[serde(default)]
    keep_empty: bool,
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { field, into, position, separator, trim, keep_empty } = params::read(params)?;
    let schema = only(inputs);
    let mut problems = Vec::new();
    let at = column(schema, "field", &field).and_then(|at| match schema.fields[at].of {
        Type::List | Type::Str => Ok(at),
        of => Err(Problem::at("field", format!("column \"{field}\" is {of}: a list or a text is needed"))),
    });
    let at = at.map_err(|problem| problems.push(problem)).ok();
    let is_list = at.is_some_and(|at| schema.fields[at].of == Type::List);
    let of_texts = [("separator", separator.is_some()), ("trim", trim.is_some())];
    for (key, _) in of_texts.into_iter().filter(|(_, given)| *given && is_list) {
        problems.push(Problem::at(key, format!("\"{field}\" is a list already: leave it out")));
    }
    let separator = Separator::check(separator).map_err(|problem| problems.push(problem)).ok();
    let name = into.as_ref().unwrap_or(&field);
    let taken = |name: &String| schema.index(name).is_some_and(|found| Some(found) != at);
    for (key, name) in
        into.iter().map(|name| ("into", name)).chain(position.iter().map(|name| ("position", name)))
    {
        if taken(name) {
            problems.push(Problem::at(key, format!("there is a column \"{name}\" already")));
        }
    }
    if position.as_ref() == Some(name) {
        problems
            .push(Problem::at("position", format!("the items are called \"{name}\": choose another name")));
    }
    let (Some(at), Some(separator), true) = (at, separator, problems.is_empty()) else {
        return Err(problems);
    };
    let mut output = schema.clone();
    output.fields[at] = remade(schema, name, Type::Str);
    if let Some(position) = &position {
        output = output.with(position, Type::I64);
    }
    let passes =
        (0..output.len()).map(|column| Some(column).filter(|column| *column != at && *column < schema.len()));
    let passes = Passes::These(passes.collect());
    let others = schema.fields.iter().enumerate().filter(|(column, _)| *column != at);
    let others = Schema { fields: others.map(|(_, field)| field.clone()).collect() };
    let explode = Explode {
        at,
        time: schema.time().map(|time| time - usize::from(time > at)),
        separator,
        trimmed: trim.unwrap_or(false),
        keep_empty,
        numbered: position.is_some(),
        held: Batch::new(&others),
        items: Column::new(schema.fields[at].of),
        next: (0, 0),
        rows: Vec::new(),
        positions: Vec::new(),
        out: Batch::default(),
    };
    // More records come out than go in.
    Ok(Planned { passes, absorbs: true, ..Planned::new(output, move || explode.clone()) })
}

#[derive(Clone)]
struct Explode {
    at: usize,
    /// The event time among the other columns.
    time: Option<usize>,
    separator: Separator,
    trimmed: bool,
    keep_empty: bool,
    numbered: bool,
    /// The other columns of the records at hand, and their lists or texts.
    held: Batch,
    items: Column,
    /// The record that is next, and how many of its items are out.
    next: (usize, usize),
    /// Of which record a row is, and which item.
    rows: Vec<u32>,
    positions: Vec<i64>,
    out: Batch,
}

impl Explode {
    /// Takes the records of a batch; there are none at hand.
    fn take(&mut self, batch: &mut Batch) {
        self.next = (0, 0);
        std::mem::swap(batch, &mut self.held);
        let old = std::mem::replace(&mut self.items, self.held.columns.remove(self.at));
        self.held.put_aside(old);
    }

    /// Writes the next items of the records at hand: as many as may come out at once. Answers how many records had
    /// none.
    fn write(&mut self, to: &mut Column) -> u64 {
        let Explode { separator, trimmed, keep_empty, held, items, next, rows, positions, .. } = self;
        let (mut empty, mut bytes) = (0, 0);
        while next.0 < held.len() && rows.len() < ROWS_MAX && bytes < BYTES_MAX {
            let (row, done) = *next;
            let beside = width(held, row);
            let (mut at, before) = (0, rows.len());
            let mut item = |text: &str| {
                at += 1;
                if at > done && rows.len() < ROWS_MAX && bytes < BYTES_MAX {
                    let Values::Str(texts) = &mut to.values else { panic!("an item is a text") };
                    texts.push(text);
                    to.valid.push(true);
                    rows.push(row as u32);
                    positions.push(at as i64);
                    bytes += beside + text.len();
                }
            };
            match &items.values {
                _ if !items.valid.get(row) => {}
                Values::List(lists) => lists.get(row).for_each(item),
                Values::Str(texts) => separator.each(texts.get(row), *trimmed, &mut item),
                _ => panic!("plan takes lists and texts only"),
            }
            if at == 0 && *keep_empty {
                to.push_null();
                rows.push(row as u32);
                positions.push(0);
            } else if at == 0 {
                empty += 1;
            }
            let out = done + rows.len() - before;
            *next = if out >= at { (row + 1, 0) } else { (row, out) };
        }
        empty
    }
}

/// How many bytes the texts of a record take.
fn width(batch: &Batch, row: usize) -> usize {
    let of = |column: &Column| match &column.values {
        Values::Str(texts) => texts.bytes_of(row),
        Values::List(lists) => {
            let (ends, items) = lists.parts();
            let (offsets, _) = items.parts();
            (offsets[ends[row + 1] as usize] - offsets[ends[row] as usize]) as usize
        }
        _ => 0,
    };
    batch.columns.iter().map(of).sum()
}

impl Operator for Explode {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        if !batch.is_empty() {
            self.take(batch);
        }
        self.rows.clear();
        self.positions.clear();
        let mut items = self.out.new_column(Type::Str);
        let continues = self.next.1 > 0;
        let empty = self.write(&mut items);
        let Explode { at, held, rows, positions, out, numbered, next, time, .. } = self;
        out.reset_like(held);
        out.gather(held, rows);
        let mut made = 0;
        for (place, id) in out.id.iter_mut().enumerate() {
            // The first row of a record is that record.
            if place.checked_sub(1).map_or(continues, |before| rows[before] == rows[place]) {
                *id = cx.new_id();
                made += 1;
            }
        }
        out.columns.insert(*at, items);
        if *numbered {
            let mut numbers = out.new_column(Type::I64);
            let Values::I64(values) = &mut numbers.values else { panic!("a place is a number") };
            for place in positions.iter() {
                values.push(*place);
                numbers.valid.push(*place > 0);
            }
            out.columns.push(numbers);
        }
        cx.made(made);
        cx.filtered(empty);
        std::mem::swap(batch, out);
        let left = held.len() - next.0;
        // A record whose first row is out is done: what it still has are new records.
        cx.under_way((left - usize::from(next.1 > 0)) as u64);
        if let Some(Column { values: Values::Time(times), valid }) = time.map(|at| &held.columns[at]) {
            let waits = (next.0..held.len()).filter(|row| valid.get(*row)).map(|row| times[row]);
            cx.hold_back(waits.min().unwrap_or(i64::MAX), left);
        }
        if left > 0 {
            return Ok(Next::Again);
        }
        held.clear();
        *next = (0, 0);
        Ok(Next::Wait)
    }
}
