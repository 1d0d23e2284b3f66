//! Lets the first record of each key through, and drops those that come again.
//!
//! ```toml
//! operator = "dedupe"
//! per = ["user", "page"]       # records alike in these are the same; absent: alike in all columns
//! within = "10min"             # only so long after the one that passed; absent: as long as it is remembered
//! ```
//!
//! | ts event_time (in) | user str (in) | page str (in) | n i64 (in) | ts event_time (out) | user str (out) | page str (out) | n i64 (out) |
//! |---|---|---|---|---|---|---|---|
//! | 2013-01-01T10:00:00Z 2013-01-01T10:05:00Z 2013-01-01T10:05:00Z 2013-01-01T10:10:00Z 2013-01-01T10:10:01Z 2013-01-01T10:00:01Z NULL | a a b a a a a | x x x x x x x | 1 2 3 4 5 6 7 | 2013-01-01T10:00:00Z 2013-01-01T10:05:00Z 2013-01-01T10:10:01Z NULL | a b a a | x x x x | 1 3 5 7 |
//!
//! A record passes if its key is not known, or, with `within`, if it lies further from the one of its key that passed
//! last than that: before it or behind it, ends included. What comes first counts, so behind several workers the answer
//! is the scheduler's where records of one key come by several of them. What is dropped counts as filtered. NULL is a
//! value as any other.
//!
//! ```toml
//! operator = "dedupe"
//! keys_max = 1000
//! ```
//!
//! | a i64 (in) | b f64 (in) | a i64 (out) | b f64 (out) |
//! |---|---|---|---|
//! | 1 1 1 NULL NULL 2 | 0.5 0.5 0.25 NULL NULL 0.5 | 1 1 NULL 2 | 0.5 0.25 NULL 0.5 |
//!
//! `within` needs an event time: `time = "ts"` at the source. A record without one passes then, and is not remembered.
//!
//! `keys_max` (100000) bounds the keys that are remembered, all workers together; the one least recently seen goes, and
//! passes anew when it comes back. A key costs its bytes and about 100 more; without `per` it is the whole record, so
//! of long ones name what tells them apart. After a crash a key that came since the last snapshot passes again. The
//! report tells how many `keys` are remembered, and how many records were `dropped`. To keep the last record of each
//! key instead, see `window`.

use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Schema, Type, Value, Values};
use crate::error::{Error, Result};
use crate::operator::{
    Cx, Input, KEYS_LIMIT, Next, Operator, Per, PlanResult, Planned, Shows, Spec, States, only,
};
use crate::params::{self, JsonSchema, Names, Problem};
use crate::units::Span;
use serde::{Deserialize, Serialize};

pub(super) const OPERATOR: Spec = Spec::new(
    "dedupe",
    "the first record of each key; those that come again are dropped",
    include_str!("dedupe.rs"),
    plan,
)
.parameters::<Params>()
.called(&["dedup", "distinct", "unique", "drop_duplicates", "deduplicate", "dedupe_by"])
.keyed("per")
.leaves(|_, inputs| Some(only(inputs).clone()))
.shows(Shows::Quality, &["keys", "dropped"]);

const STATE_VERSION: u16 = 1;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// Records that are alike in these columns are the same; alike in all, if absent.
    per: Option<Names>,
    /// One that comes so much later in event time than the one that passed, or earlier, is dropped; what is further off
    /// passes. As long as the key is remembered, if absent.
    within: Option<Span>,
    /// How many keys are remembered (100000, if absent); the one least recently seen goes.
    #[schemars(range(min = 1, max = KEYS_LIMIT))]
    keys_max: Option<u64>,
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { per, within, keys_max } = params::read(params)?;
    let schema = only(inputs);
    let mut problems = Vec::new();
    let alike = match &per {
        Some(_) => Per::check(per.as_ref(), keys_max, schema, &mut problems),
        None => Some(Per {
            columns: (0..schema.len()).collect(),
            fields: schema.fields.clone(),
            keys_max: keys_max.unwrap_or(crate::operator::KEYS_MAX) as usize,
        }),
    };
    let time = within.and_then(|_| schema.time());
    if within.is_some() && time.is_none() {
        let what = format!(
            "how long ago is told by event time: say time = \"…\" at the source, or put the step event_time before it \
             (there is: {schema})"
        );
        problems.push(Problem::at("within", what));
    }
    let Some(alike) = alike.filter(|_| problems.is_empty()) else { return Err(problems) };
    let columns = alike.columns.clone();
    let name = format!("{:?} {:?}", within.map(|span| span.ns), time);
    let dedupe = Dedupe {
        output: schema.clone(),
        time,
        within: within.map_or(u64::MAX, |span| span.ns),
        name: vec![name],
        seen: States::new(Some(alike), Seen::default()),
        dropped: 0,
        keep: Vec::new(),
    };
    let report = Schema::of(&[("keys", Type::I64), ("dropped", Type::I64)]);
    let planned = Planned::new(schema.clone(), move || dedupe.clone());
    Ok(Planned { report: Some(report), stateful: true, per: columns, ..planned })
}

/// What is known of a key.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Seen {
    passed: bool,
    /// The time of the one that passed last.
    time: i64,
}

#[derive(Clone)]
struct Dedupe {
    output: Schema,
    /// The column of the event time, where that matters.
    time: Option<usize>,
    within: u64,
    name: Vec<String>,
    seen: States<Seen>,
    dropped: u64,
    keep: Vec<bool>,
}

impl Operator for Dedupe {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let Dedupe { time, within, seen, keep, .. } = self;
        let States::Each(each) = seen else { panic!("there is a state a key") };
        if batch.is_empty() {
            return Ok(Next::Wait);
        }
        let gone = each.begin(cx);
        let times = time.map(|at| &batch.columns[at]);
        keep.clear();
        for row in 0..batch.len() {
            let now = match times.map(|column| (&column.values, column.valid.get(row))) {
                Some((_, false)) => {
                    keep.push(true);
                    continue;
                }
                Some((Values::Time(times), true)) => times[row],
                _ => 0,
            };
            let seen = each.state(batch, row);
            let passes = !seen.passed || now.abs_diff(seen.time) > *within;
            if passes {
                *seen = Seen { passed: true, time: now };
            }
            keep.push(passes);
        }
        each.tell_gone(gone, cx);
        let dropped = keep.iter().filter(|keep| !**keep).count() as u64;
        cx.filtered(dropped);
        self.dropped += dropped;
        batch.retain(keep);
        Ok(Next::Wait)
    }

    fn finish(&mut self, batch: &mut Batch, _cx: &mut Cx) -> Result<Next> {
        batch.reset(&self.output);
        Ok(Next::End)
    }

    fn report(&mut self, out: &mut Batch, _cx: &mut Cx) -> Result<Next> {
        let keys = match &self.seen {
            States::Each(each) => each.len() as i64,
            States::One(_) => 0,
        };
        let numbers = [keys, self.dropped as i64];
        out.columns.iter_mut().zip(numbers).for_each(|(column, n)| column.push(Value::I64(n)));
        Ok(Next::End)
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        if !self.seen.is_saving() {
            out.put(STATE_VERSION, &self.dropped)?;
        }
        self.seen.save(STATE_VERSION, &self.name, out)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        let dropped = from.get(STATE_VERSION)?;
        if self.seen.load(STATE_VERSION, &self.name, from, |_| true)? {
            self.dropped = dropped;
            return Ok(());
        }
        Err(Error::failed("the state is of other keys or times than the topology says (start without it)"))
    }
}
