//! A source that makes up labelled records of a known truth, one concept after the other.
//!
//! What is drawn is what MOA draws from the same seed, so its streams and ours are the same, but for rounding.

mod draws;
mod shifts;

pub(in crate::ingest) use draws::{Draws, take, whole_percents};
pub(in crate::ingest) use shifts::DriftParams;

use super::flow;
use super::pace::Pace;
use crate::data::{Batch, Column, Schema, Type, Value};
use crate::error::{Error, Result};
use crate::operator::{Cx, Inputs, Next, Operator, PlanResult, Planned, SOURCE_POSITION_BYTES_MAX, Spec};
use crate::params::{self, JsonSchema, Problem, With};
use crate::units::Pacing;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use shifts::{Shift, shifts};

/// The column of the label.
pub(in crate::ingest) const CLASS: &str = "class";
const CONCEPT: &str = "concept";

/// What can be said to all of them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::ingest) struct MadeParams {
    /// Other records for another seed.
    pub seed: u64,
    /// Ends after so many records; absent: never.
    count: Option<u64>,
    /// Records a second; absent: as fast as they can be made.
    rate: Option<Pacing>,
    /// Adds a column `concept`: by which of them a record was made, from 0 on.
    concept: bool,
}

impl Default for MadeParams {
    fn default() -> MadeParams {
        MadeParams { seed: 1, count: None, rate: None, concept: false }
    }
}

/// The parameters of such a source.
pub(in crate::ingest) type All<Own> = With<Own, With<DriftParams, MadeParams>>;

/// What makes the records of one concept.
pub(in crate::ingest) trait Concept: Clone + Send + 'static {
    /// Draws a record and pushes its values, the class as the last.
    fn make(&mut self, draws: &mut Draws, columns: &mut [Column]);

    /// What it remembers of the records it has made, beside the draws.
    fn save(&self, _out: &mut Vec<u8>) {}

    /// Takes that from the beginning of some bytes.
    fn load(&mut self, _from: &mut &[u8]) -> Option<()> {
        Some(())
    }
}

/// The card of such a source.
pub(in crate::ingest) const fn card(spec: Spec) -> Spec {
    spec.reads(Inputs::None)
        .alone("several would make the same records")
        .paced("rate")
        .endless(|params| !params.contains_key("count"))
        .seeded("seed")
}

/// Reads the parameters; all that is wrong by their schema is told at once.
pub(in crate::ingest) fn read<Own: DeserializeOwned + JsonSchema>(
    given: params::Params,
) -> std::result::Result<All<Own>, Vec<Problem>> {
    let mut problems = Vec::new();
    flow::read::<All<Own>>(given, &mut problems).filter(|_| problems.is_empty()).ok_or(problems)
}

/// Plans a source of these columns; `concept` makes what the number of a concept means, with draws of its own.
pub(in crate::ingest) fn planned<C: Concept>(
    schema: Schema,
    (drift, made): (&DriftParams, MadeParams),
    first: u64,
    numbers: std::ops::RangeInclusive<u64>,
    concept: impl Fn(u64) -> (C, Draws),
    mut problems: Vec<Problem>,
) -> PlanResult {
    let order = drift.order(first, numbers, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let schema = if made.concept { schema.with(CONCEPT, Type::I64) } else { schema };
    let source = Made {
        schema: schema.clone(),
        concepts: order.into_iter().map(concept).collect(),
        shifts: shifts(drift, made.seed),
        made,
        open: false,
        position: Vec::new(),
    };
    let bytes = source.told().len();
    if bytes > SOURCE_POSITION_BYTES_MAX {
        let what = format!(
            "where it is takes {bytes} bytes, and {SOURCE_POSITION_BYTES_MAX} are kept: take fewer drifts or attributes"
        );
        return Err(vec![Problem::whole(what)]);
    }
    let rate = source.made.rate;
    Ok(Planned::new(schema, move || Paced { pace: Pace::new(rate), source: source.clone() }))
}

/// The columns that are left, as far as they depend on what all can be told.
pub(in crate::ingest) fn left(schema: Schema, params: &params::Params) -> Option<Schema> {
    match params.get(CONCEPT) {
        None => Some(schema),
        Some(toml::Value::Boolean(adds)) if *adds => Some(schema.with(CONCEPT, Type::I64)),
        Some(toml::Value::Boolean(_)) => Some(schema),
        Some(_) => None,
    }
}

#[derive(Clone)]
struct Made<C> {
    schema: Schema,
    made: MadeParams,
    concepts: Vec<(C, Draws)>,
    /// From each concept to the next.
    shifts: Vec<Shift>,
    open: bool,
    /// Where it is, as bytes.
    position: Vec<u8>,
}

struct Paced<C> {
    source: Made<C>,
    pace: Pace,
}

impl<C: Concept> Made<C> {
    fn told(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.tell(&mut out);
        out
    }

    /// Writes where it is.
    fn tell(&self, out: &mut Vec<u8>) {
        self.shifts.iter().for_each(|shift| shift.save(out));
        for (concept, draws) in &self.concepts {
            draws.save(out);
            concept.save(out);
        }
    }

    /// Goes on from there.
    fn go_on(&mut self, mut from: &[u8]) -> Option<()> {
        for shift in &mut self.shifts {
            shift.load(&mut from)?;
        }
        for (concept, draws) in &mut self.concepts {
            draws.load(&mut from)?;
            concept.load(&mut from)?;
        }
        from.is_empty().then_some(())
    }

    /// Makes one record.
    #[inline]
    fn make(&mut self, columns: &mut [Column]) {
        // The last drift decides first, as streams of drifts within drifts do.
        let drifted = self
            .shifts
            .iter_mut()
            .enumerate()
            .rev()
            .find_map(|(at, shift)| shift.is_over().then_some(at + 1));
        let at = drifted.unwrap_or(0);
        let (concept, draws) = &mut self.concepts[at];
        match columns.split_last_mut() {
            Some((truth, columns)) if self.made.concept => {
                concept.make(draws, columns);
                truth.push(Value::I64(at as i64));
            }
            _ => concept.make(draws, columns),
        }
    }
}

impl<C: Concept> Operator for Paced<C> {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let Paced { source, pace } = self;
        batch.reset(&source.schema);
        if !source.open {
            if !cx.position().is_empty() && source.go_on(cx.position()).is_none() {
                return Err(Error::failed(
                    "where the last process was can't be read: it made other records (start without it)",
                ));
            }
            source.open = true;
            return Ok(Next::Again);
        }
        let left = source.made.count.unwrap_or(u64::MAX).saturating_sub(cx.done());
        if left == 0 {
            return Ok(Next::End);
        }
        let max = usize::try_from(left).unwrap_or(usize::MAX).min(cx.records_max);
        let made = pace.allowed(cx.now_ns, max);
        for _ in 0..made {
            source.make(&mut batch.columns);
            batch.id.push(cx.new_id());
            batch.born_ns.push(pace.take(cx.now_ns));
        }
        cx.read(made as u64);
        let mut position = std::mem::take(&mut source.position);
        position.clear();
        source.tell(&mut position);
        cx.set_position(&position)?;
        source.position = position;
        Ok(if made as u64 == left { Next::Again } else { pace.next(cx.now_ns) })
    }

    fn finish(&mut self, batch: &mut Batch, _: &mut Cx) -> Result<Next> {
        batch.reset(&self.source.schema);
        Ok(Next::End)
    }
}
