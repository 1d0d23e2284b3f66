//! Keeps a part of all records, or so many of them, chosen evenly.
//!
//! ```toml
//! operator = "sample"
//! rate = "50%"          # each record stays with this chance; the others are filtered, and counted
//! seed = 1              # decides the draws (default 1)
//! ```
//!
//! | x i64 (in) | x i64 (out) | seen i64 (report) | kept i64 (report) | early i64 (report) |
//! |---|---|---|---|---|
//! | 1 2 3 4 5 6 7 8 | 1 2 5 6 | 8 | 4 | 0 |
//!
//! Whether a record stays is decided by its id and the seed, so it is the same however many workers there are, and
//! again after a restart; but records that another step made (`explode`, `window`) get their ids from its worker. Two
//! steps `sample` with one seed decide alike, so that the second lets all through: give each a `seed` of its own. With
//! `together` it is decided by the values of some columns instead: the records of one order stay or go as one. Nothing
//! is remembered then, and event time goes on as it came.
//!
//! ```toml
//! operator = "sample"
//! rate = 0.5
//! together = "order"    # or a list of columns
//! ```
//!
//! | order i64 (in) | x i64 (in) | order i64 (out) | x i64 (out) | seen i64 (report) | kept i64 (report) | early i64 (report) |
//! |---|---|---|---|---|---|---|
//! | 1 2 3 1 2 3 4 1 | 1 2 3 4 5 6 7 8 | 2 3 2 3 4 | 2 3 5 6 7 | 8 | 5 | 0 |
//!
//! With `n` instead of `rate` so many records are kept, any of all with the same chance, and let out at the end, or
//! after each `every`:
//!
//! ```toml
//! operator = "sample"
//! n = 2
//! per = "who"           # so many of each key; absent: of all
//! every = 3             # after so many records of a key its sample goes out and another begins; or a time, "1min"
//! ```
//!
//! | who str (in) | x i64 (in) | who str (out) | x i64 (out) | seen i64 (report) | kept i64 (report) | early i64 (report) |
//! |---|---|---|---|---|---|---|
//! | a b a a a b | 1 2 3 4 5 6 | a a a b b | 3 4 5 2 6 | 6 | 5 | 0 |
//!
//! A sample goes out in the order in which its records came. They are new records by then, born when it goes out, and
//! have no event time: what one waits for would hold time up for all. `every` as a time is that of the clock; a stage's
//! own `every` is meant where the step says nothing; of `rate` it means nothing.
//!
//! Samples of more than `memory` (256 MiB) go out before their time, the key least recently touched first, and so do
//! those of more than `keys_max` keys (100,000); the report counts these as `early`. Where one sample alone is too
//! large, some record of it goes, any with the same chance, and it has fewer than `n`; a record that alone takes more
//! than `memory` is not kept, but counts among those that have come: where there are such, records that come later
//! have a smaller chance than those before them. One record more is in memory while it is looked at. NULL is a key too.
//! At the end the key least recently touched comes first. Several workers own their keys; without `per` one worker does
//! it.
//! Records in a sample are in the state, which is saved in pieces of some keys. When the run is stopped samples go out
//! as they are; where the stage says `snapshot_every` they stay in the last snapshot.
//!
//! Algorithm R (Vitter 1985, Random sampling with a reservoir, ACM Transactions on Mathematical Software 11:37).

use crate::data::key::{KeyOf, hash};
use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Schema, Type, Value};
use crate::error::{Error, Result};
use crate::numeric::SplitMix64;
use crate::operator::{
    Cx, Ending, Every, Input, Next, Operator, Passes, PlanResult, Planned, Shows, Spec, only,
};
use crate::params;
use crate::preprocess::common::Outgoing;
use given::{Given, Params, Way};
use reservoirs::{Out, Reservoirs};
use serde::{Deserialize, Serialize};

mod given;
mod reservoirs;

pub(super) const OPERATOR: Spec =
    Spec::new("sample", "a part of all records, or so many, chosen evenly", include_str!("sample.rs"), plan)
        .parameters::<Params>()
        .called(&[
            "sampler",
            "sampling",
            "reservoir",
            "random_sample",
            "subsample",
            "downsample",
            "tablesample",
            "bernoulli",
            "sample_by",
        ])
        .seeded("seed")
        .keyed("per")
        .shows(Shows::Quality, &["seen", "kept", "early"]);

const STATE_VERSION: u16 = 1;

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let schema = only(inputs);
    let Given { way, seed } = given::check(params, schema)?;
    let report = Some(Schema::of(&[("seen", Type::I64), ("kept", Type::I64), ("early", Type::I64)]));
    let identity = format!("{way:?} {seed} {schema}");
    match way {
        Way::Rate { rate, together } => {
            let thin = Thin {
                identity,
                rate,
                seed,
                key: together.map(KeyOf::new),
                totals: Totals::default(),
                keep: Vec::new(),
            };
            Ok(Planned { report, ..Planned::new(schema.clone(), move || thin.clone()) })
        }
        Way::Count { n, every, per, keys_max, bytes_max } => {
            // A sample waits for long: its records tell nothing of time.
            let output = schema.clone().untimed();
            let hold = Hold {
                identity,
                every: Every::new(every),
                samples: Reservoirs::new((n, seed), per.clone(), (keys_max, bytes_max), schema),
                totals: Totals::default(),
                out: Outgoing::new(&output),
                finished: false,
            };
            Ok(Planned {
                report,
                alone: per.is_empty().then_some("without per there is one sample of all"),
                stateful: true,
                per,
                absorbs: true,
                passes: Passes::These((0..output.len()).map(Some).collect()),
                deterministic: !hold.every.goes_by_clock(),
                ..Planned::new(output, move || hold.clone())
            })
        }
    }
}

/// What is counted for the report.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Totals {
    seen: u64,
    kept: u64,
    early: u64,
}

impl Totals {
    fn report(self, out: &mut Batch) {
        let numbers = [self.seen, self.kept, self.early];
        out.columns.iter_mut().zip(numbers).for_each(|(column, n)| column.push(Value::I64(n as i64)));
    }
}

fn other() -> Error {
    Error::failed("the state is of another sample than the topology asks for (start without it)")
}

/// Lets each record through with a chance.
#[derive(Clone)]
struct Thin {
    identity: String,
    rate: f64,
    seed: u64,
    /// The columns that decide; the record's id, if absent.
    key: Option<KeyOf>,
    totals: Totals,
    keep: Vec<bool>,
}

impl Operator for Thin {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let Thin { rate, seed, key, totals, keep, .. } = self;
        let stays = |of: u64| SplitMix64::at(*seed, of).happens(*rate);
        keep.clear();
        match key {
            None => keep.extend(batch.id.iter().map(|id| stays(*id))),
            Some(key) => keep.extend((0..batch.len()).map(|row| stays(hash(key.of(batch, row))))),
        }
        let before = batch.len();
        batch.retain(keep);
        totals.seen += before as u64;
        totals.kept += batch.len() as u64;
        cx.filtered((before - batch.len()) as u64);
        Ok(Next::Wait)
    }

    fn report(&mut self, out: &mut Batch, _: &mut Cx) -> Result<Next> {
        self.totals.report(out);
        Ok(Next::End)
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        out.put(STATE_VERSION, &(&self.identity, self.totals))?;
        Ok(Next::End)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        let (identity, totals): (String, Totals) = from.get(STATE_VERSION)?;
        if identity != self.identity {
            return Err(other());
        }
        self.totals = totals;
        Ok(())
    }
}

/// Holds samples until they go out.
#[derive(Clone)]
struct Hold {
    identity: String,
    /// When all samples go out, or that of a key.
    every: Every,
    samples: Reservoirs,
    totals: Totals,
    out: Outgoing,
    /// What is left has been brought out already.
    finished: bool,
}

impl Hold {
    fn take(&mut self, batch: &Batch, cx: &mut Cx) {
        let Hold { every, samples, totals, out, .. } = self;
        let gone = samples.begin(cx);
        for row in 0..batch.len() {
            let mut to = Out { rows: out.rows(), born_ns: batch.born_ns[row], totals, cx };
            samples.add(batch, row, every.records(), &mut to);
        }
        totals.seen += batch.len() as u64;
        samples.tell_gone(gone, cx);
        cx.absorbed(batch.len() as u64);
    }

    /// Brings all samples out.
    fn empty(&mut self, cx: &mut Cx) {
        let Hold { samples, totals, out, .. } = self;
        let born_ns = cx.now_ns;
        samples.empty(&mut Out { rows: out.rows(), born_ns, totals, cx });
    }
}

impl Operator for Hold {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.take(batch, cx);
        if self.every.is_due(cx.now_ns) {
            self.empty(cx);
        }
        Ok(match self.out.let_out(batch, cx) {
            Next::Again => Next::Again,
            _ => self.every.next(),
        })
    }

    fn finish(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        if !std::mem::replace(&mut self.finished, true) {
            match cx.ending() {
                Ending::Kept => cx.wait_open(self.samples.rows()),
                Ending::Drained | Ending::Stopped => self.empty(cx),
            }
        }
        Ok(match self.out.let_out(batch, cx) {
            Next::Again => Next::Again,
            _ => Next::End,
        })
    }

    fn report(&mut self, out: &mut Batch, _: &mut Cx) -> Result<Next> {
        self.totals.report(out);
        Ok(Next::End)
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        if !self.samples.is_saving() {
            out.put(STATE_VERSION, &(&self.identity, self.totals))?;
        }
        self.samples.save(STATE_VERSION, out)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        let (identity, totals): (String, Totals) = from.get(STATE_VERSION)?;
        if identity != self.identity || !self.samples.load(STATE_VERSION, from)? {
            return Err(other());
        }
        self.totals = totals;
        Ok(())
    }
}
