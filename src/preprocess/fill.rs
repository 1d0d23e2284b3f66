//! Fills what is missing: with a value, with the last one that was there, or with the mean so far.
//!
//! ```toml
//! operator = "fill"
//! fields = { price = "mean", country = "unknown", returned = false }
//! ```
//!
//! | price f64 (in) | country str (in) | returned bool (in) | price f64 (out) | country str (out) | returned bool (out) | column str (report) | filled i64 (report) | missing i64 (report) |
//! |---|---|---|---|---|---|---|---|---|
//! | NULL 2 NULL 4 NULL nan | DE NULL FR "" DE NULL | true NULL false true NULL true | NULL 2 2 4 3 3 | DE unknown FR "" DE unknown | true false false true false true | country price returned | 2 3 2 | 0 1 0 |
//!
//! | a column is filled with | when it says |
//! |---|---|
//! | the value of the record before that had one | `"last"` |
//! | the mean of all values before, those that were filled in aside; of an i64 rounded to a whole number | `"mean"` |
//! | always the same | that value: a number, true or false, a text, a list of texts; of a time its text |
//!
//! `{ value = "last" }` is that text itself. What is missing is NULL, or a number that is none (NaN); an empty text is
//! a text. What can't be filled, because nothing came before, goes on as NULL. The report counts by column how many
//! values were filled, and how many are still missing.
//!
//! ```toml
//! operator = "fill"
//! fields = { level = "last" }
//! per = "sensor"       # each key by itself: what came last of one says nothing of another
//! keys_max = 1000      # so many keys are remembered (default 100000)
//! ```
//!
//! | sensor str (in) | level i64 (in) | sensor str (out) | level i64 (out) | column str (report) | filled i64 (report) | missing i64 (report) |
//! |---|---|---|---|---|---|---|
//! | a b a b b NULL NULL | 5 NULL NULL 7 NULL 1 NULL | a b a b b NULL NULL | 5 NULL 5 7 7 1 1 | level | 3 | 1 |
//!
//! Records are taken in the order in which they come. NULL is a key too. When there are `keys_max` keys and one more
//! comes, the one least recently touched goes, and has nothing to fill with if it comes back. Several workers own their
//! keys; without `per` each of them has one memory for all that falls to it.
//!
//! A mean is learned from numbers that are finite, and whose squares are (below 1e150). A text or list of more than 64
//! KiB is not remembered: what is missing behind it stays so until a shorter one comes. So the state is 24 bytes a
//! column, and with `"last"` that text besides; with `per` so much for each key.
//!
//! Who fills the event time ends it there: a time that was made up tells nothing of lateness.

use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Column, Schema, Type};
use crate::error::{Error, Result};
use crate::operator::{Cx, Input, Next, Operator, Passes, PlanResult, Planned, Shows, Spec, States, only};
use crate::params;
use crate::preprocess::common::Counts;
use given::{Given, Params, Part};
use memory::{Known, place};

mod given;
mod memory;

pub(super) const OPERATOR: Spec = Spec::new(
    "fill",
    "fills what is missing: a value, the last one, the mean so far",
    include_str!("fill.rs"),
    plan,
)
.parameters::<Params>()
.called(&[
    "fillna",
    "fill_null",
    "fill_nan",
    "ffill",
    "forward_fill",
    "impute",
    "imputer",
    "stat_imputer",
    "simple_imputer",
    "previous_imputer",
    "coalesce",
    "locf",
    "default_values",
])
.keyed("per")
.shows(Shows::Quality, &["filled", "missing"]);

const STATE_VERSION: u16 = 1;

fn plan(given: params::Params, inputs: &[Input]) -> PlanResult {
    let schema = only(inputs);
    let Given { parts, per, output, warnings } = given::check(given, schema)?;
    let filled = |at: &usize| parts.iter().any(|part| part.column == *at);
    let passes = Passes::These((0..schema.len()).map(|at| Some(at).filter(|at| !filled(at))).collect());
    let key = per.as_ref().map_or(Vec::new(), |per| per.columns.clone());
    let names = parts.iter().map(|part| schema.fields[part.column].name.as_str());
    let fill = Fill {
        counts: Counts::new(names, 2),
        identity: parts
            .iter()
            .map(|part| format!("{} {:?}", schema.fields[part.column], part.method))
            .collect(),
        states: States::new(per, parts.iter().map(Part::fresh).collect()),
        parts,
        texts: Vec::new(),
    };
    let stateful = fill.parts.iter().any(|part| part.method.learns());
    let report = Schema::of(&[("column", Type::Str), ("filled", Type::I64), ("missing", Type::I64)]);
    let report = Some(report);
    Ok(Planned { stateful, per: key, passes, report, warnings, ..Planned::new(output, move || fill.clone()) })
}

#[derive(Clone)]
struct Fill {
    parts: Vec<Part>,
    /// What must be the same for a state to fit.
    identity: Vec<String>,
    states: States<Vec<Known>>,
    counts: Counts,
    /// By part, the texts of a batch while they are filled record by record.
    texts: Vec<Option<Column>>,
}

impl Fill {
    /// Takes records one by one, each with the memory of its key.
    fn fill_each(&mut self, batch: &mut Batch, cx: &mut Cx) {
        let Fill { parts, states: States::Each(each), counts, texts, .. } = self else { return };
        let gone = each.begin(cx);
        for part in &*parts {
            let column = part.is_rewritten(&batch.columns[part.column]).then(|| batch.new_column(part.of));
            texts.push(column);
        }
        for row in 0..batch.len() {
            let known = each.state(batch, row);
            for (at, ((part, known), texts)) in parts.iter().zip(known).zip(&mut *texts).enumerate() {
                part.step(known, (&mut batch.columns[part.column], row), texts.as_mut(), counts.at(at));
            }
        }
        each.tell_gone(gone, cx);
        parts.iter().zip(texts.drain(..)).for_each(|(part, column)| place(batch, part.column, column));
    }
}

impl Operator for Fill {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let States::One(known) = &mut self.states else {
            self.fill_each(batch, cx);
            return Ok(Next::Wait);
        };
        for (at, (part, known)) in self.parts.iter().zip(known).enumerate() {
            part.run(known, batch, self.counts.at(at));
        }
        Ok(Next::Wait)
    }

    fn report(&mut self, out: &mut Batch, _: &mut Cx) -> Result<Next> {
        self.counts.report(out);
        Ok(Next::End)
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        if !self.states.is_saving() {
            self.counts.save(STATE_VERSION, out)?;
        }
        self.states.save(STATE_VERSION, &self.identity, out)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        let counts = self.counts.load(STATE_VERSION, from)?;
        let parts = &self.parts;
        let fits = |known: &Vec<Known>| {
            known.len() == parts.len() && parts.iter().zip(known).all(|(part, known)| part.fits(known))
        };
        if !self.states.load(STATE_VERSION, &self.identity, from, fits)? {
            let what = "the state is of other columns, ways to fill or keys than the topology says (start without it)";
            return Err(Error::failed(what));
        }
        self.counts = counts;
        Ok(())
    }
}
