//! The operator around models of baskets: which it gets, when their itemsets are told, and what is counted.

use super::given::{Given, Mining};
use super::model::{Memory, Model};
use super::reported::OURS;
use super::tells::{Rows, Tells};
use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Column, Field, Schema, Type, Value, Values};
use crate::error::{Error, Result, say};
use crate::operator::{Advice, Cx, Ending, NO_TIME, Next, Operator, Passes, PlanResult, Planned, States};
use crate::params::Problem;
use serde::{Deserialize, Serialize};

const STATE_VERSION: u16 = 1;
/// Plans an operator that tells of frequent itemsets.
pub(in crate::mining) fn planned<T: Tells>(
    name: &str,
    mining: &Mining,
    tells: T,
    schema: &Schema,
    mut problems: Vec<Problem>,
) -> PlanResult {
    let given = mining.check(schema, &mut problems);
    let keys = given.as_ref().and_then(|given| given.per.clone());
    let told: Vec<(&str, Type)> = tells.columns().into_iter().chain(OURS).collect();
    for field in keys.iter().flat_map(|keys| &keys.fields) {
        if told.iter().any(|(name, _)| *name == field.name) {
            let what =
                format!("{name} has a column \"{}\" of its own (rename that of the records)", field.name);
            problems.push(Problem::at("per", what));
        }
    }
    let (Some(given), true) = (given, problems.is_empty()) else { return Err(problems) };
    // What becomes known of a key is of no one time.
    let fields = keys.iter().flat_map(|keys| &keys.fields).map(|field| Field::new(&field.name, field.of));
    let output = Schema { fields: fields.collect() };
    let output = told.iter().fold(output, |output, (name, of)| output.with(name, *of));
    let report = given.reported.schema(&output);
    let columns = keys.as_ref().map_or(Vec::new(), |keys| keys.columns.clone());
    let passed = columns.iter().copied().map(Some).chain(told.iter().map(|_| None)).collect();
    let fresh = State { model: Model::new(given.memory), told: T::Memory::default() };
    let miner = Miner {
        name: name.to_string(),
        identity: format!(
            "{} {:?} {} {output} {}",
            tells.identity(),
            given.memory,
            mining.seed,
            schema.fields[given.items]
        ),
        output: output.clone(),
        width: columns.len(),
        states: States::new(keys, fresh),
        tells,
        totals: Totals::default(),
        warned: false,
        out: Batch::default(),
        newest: Batch::default(),
        given,
    };
    Ok(Planned {
        alone: columns.is_empty().then_some("without per there is one set for all baskets"),
        report: Some(report),
        stateful: true,
        per: columns,
        absorbs: true,
        passes: Passes::These(passed),
        deterministic: !miner.given.every.goes_by_clock(),
        ..Planned::new(output, move || miner.clone())
    })
}

#[derive(Clone, Serialize, Deserialize)]
struct State<M> {
    model: Model,
    told: M,
}

/// What was counted over all keys.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
struct Totals {
    baskets: u64,
    /// Records without a basket.
    skipped: u64,
    late: u64,
    sets: u64,
    rows: u64,
    left_out: u64,
    evicted: u64,
    /// Baskets since a set was told last.
    since: u64,
    /// The rows of the set that was told last, and whether keys were not in it.
    last: u64,
    lacks: bool,
}

#[derive(Clone)]
struct Miner<T: Tells> {
    name: String,
    identity: String,
    output: Schema,
    /// How many columns a key has.
    width: usize,
    given: Given,
    tells: T,
    states: States<State<T::Memory>>,
    totals: Totals,
    warned: bool,
    out: Batch,
    /// The best rows of the newest set, where the report tells them.
    newest: Batch,
}

impl<T: Tells> Miner<T> {
    fn add(&mut self, batch: &Batch, cx: &mut Cx) {
        let gone = self.states.begin(cx);
        let column = &batch.columns[self.given.items];
        let Values::List(lists) = &column.values else { panic!("baskets are lists: plan sees to that") };
        let mut absorbed = 0;
        for row in 0..batch.len() {
            let mut time = 0;
            if let Some(at) = self.given.time {
                let Values::Time(times) = &batch.columns[at].values else {
                    panic!("an event time is a time")
                };
                if !batch.columns[at].valid.get(row) {
                    cx.reject(batch, row, NO_TIME);
                    continue;
                }
                time = times[row];
            }
            absorbed += 1;
            if !column.valid.get(row) {
                self.totals.skipped += 1;
                continue;
            }
            let State { model, .. } = self.states.state(batch, row);
            let before = model.evicted;
            match model.add(lists.get(row), time, &self.given.bounds) {
                true => self.totals.baskets += 1,
                false => self.totals.late += 1,
            }
            self.totals.evicted += model.evicted - before;
            self.totals.since += 1;
            if self.given.every.records().is_some_and(|n| self.totals.since >= n) {
                self.tell(batch.born_ns[row], cx);
            }
        }
        cx.absorbed(absorbed);
        self.states.tell_gone(gone, cx);
        self.warn(cx);
    }

    /// Tells a set of all keys that baskets came of since the last one.
    fn tell(&mut self, born_ns: u64, cx: &mut Cx) {
        let Miner { width, given, tells, states, out, totals, .. } = self;
        let start = out.len();
        let mut told = 0;
        let mut one = |key: &[u8], state: &mut State<T::Memory>| {
            told += 1;
            let Some(sets) = state.model.frequent(&given.bounds) else { return };
            let mut rows = Rows { out, key, width: *width, cx, born_ns };
            totals.left_out += sets.found().dropped + tells.tell(&sets, &mut state.told, &mut rows);
        };
        match states {
            States::One(state) => one(&[], state),
            States::Each(each) => each.each_unreported(one),
        }
        totals.lacks = matches!(states, States::Each(each) if each.len() > told);
        let rows = self.out.len() - start;
        for (column, value) in self.out.columns.iter_mut().rev().zip([rows as u64, self.totals.sets]) {
            (0..rows).for_each(|_| column.push(Value::I64(value as i64)));
        }
        self.given.reported.keep(&mut self.newest, &self.out, start);
        if rows == 0 && self.totals.last > 0 && self.width == 0 && self.tells.tells_none() {
            self.out.id.push(cx.new_id());
            self.out.born_ns.push(born_ns);
            let (own, ours) = self.out.columns.split_at_mut(self.output.len() - OURS.len());
            own.iter_mut().for_each(Column::push_null);
            ours.iter_mut()
                .zip([self.totals.sets, 0])
                .for_each(|(column, n)| column.push(Value::I64(n as i64)));
        }
        self.totals.last = rows as u64;
        self.totals.rows += rows as u64;
        self.totals.sets += 1;
        self.totals.since = 0;
    }

    /// Says once that something had to go, so that nobody takes what is told for all there is.
    fn warn(&mut self, cx: &Cx) {
        let Totals { evicted, left_out, .. } = self.totals;
        if self.warned || evicted + left_out == 0 {
            return;
        }
        self.warned = true;
        let what = match self.given.memory {
            _ if evicted == 0 => {
                "more is to be told than is let out: what is left out is counted in the report (max_sets says how many \
                 itemsets there may be)"
            }
            Memory::Whole | Memory::Lossy(_) => {
                "more is to be remembered than finds room: the rarest goes, counted in the report (max_items and \
                 memory say how much that is)"
            }
            Memory::Last(_) | Memory::Span(_) => {
                "the window finds no room: the oldest baskets go before their time, counted in the report (max_items \
                 and memory say how much that is)"
            }
        };
        say(&format!("warning: stage \"{}\": {}: {what}", cx.stage(), self.name));
    }

    fn let_out(&mut self, batch: &mut Batch, cx: &mut Cx) {
        cx.made(self.out.len() as u64);
        std::mem::swap(batch, &mut self.out);
    }
}

impl<T: Tells> Operator for Miner<T> {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.out.reset(&self.output);
        self.add(batch, cx);
        if self.given.every.is_due(cx.now_ns) && self.totals.since > 0 {
            self.tell(cx.now_ns, cx);
        }
        self.let_out(batch, cx);
        Ok(self.given.every.next())
    }

    fn finish(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.out.reset(&self.output);
        // What is kept in a snapshot is told when it goes on.
        if cx.ending() != Ending::Kept
            && (self.totals.since > 0 || self.totals.sets == 0 || self.totals.lacks)
        {
            self.states.report_all();
            self.tell(cx.now_ns, cx);
            self.warn(cx);
        }
        self.let_out(batch, cx);
        Ok(Next::End)
    }

    fn report(&mut self, out: &mut Batch, _: &mut Cx) -> Result<Next> {
        let Totals { baskets, skipped, late, sets, rows, left_out, evicted, .. } = self.totals;
        let counts = [baskets, skipped, late, sets, rows, left_out, evicted];
        self.given.reported.write(&self.newest, counts, out);
        Ok(Next::End)
    }

    /// A record without a time is all that it rejects.
    fn advice(&self, reason: &str) -> Option<Advice> {
        Advice::of_no_time(reason)
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        if !self.states.is_saving() {
            out.put(STATE_VERSION, &self.totals)?;
        }
        self.states.save(STATE_VERSION, std::slice::from_ref(&self.identity), out)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        let totals = from.get(STATE_VERSION)?;
        let memory = self.given.memory;
        let fits = |state: &State<T::Memory>| state.model.fits(memory);
        if !self.states.load(STATE_VERSION, std::slice::from_ref(&self.identity), from, fits)? {
            return Err(Error::failed(
                "the state is of other baskets, keys or modes than the topology asks for (start without it)",
            ));
        }
        self.totals = totals;
        Ok(())
    }
}
