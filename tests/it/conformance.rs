//! What every operator must keep, whatever it does: laws over the registry, on the rows of its own page.

use crate::case::{self, Case};
use crate::drive::bytes;
use crate::page::{self, Example, Feed};
use crate::pages::read_back;
use sluicebox::data::state::Loader;
use sluicebox::data::{Batch, Column, Schema, Values};
use sluicebox::operator::Spec;
use sluicebox::registry;
use sluicebox::stage::Place;

#[test]
fn every_operator_keeps_the_laws() {
    let failures: Vec<String> = registry::all()
        .filter(|(_, spec)| spec.server.is_none())
        .filter_map(|(room, spec)| {
            laws(room, spec).err().map(|e| format!("src/{room}, \"{}\": {e}", spec.name))
        })
        .collect();
    assert!(failures.is_empty(), "{} operators break a law\n{}", failures.len(), failures.join("\n"));
}

/// Runs every law on every example of the operator's page.
pub fn laws(room: &str, spec: &Spec) -> Result<(), String> {
    for (i, example) in page::examples(spec)?.iter().enumerate() {
        let case = || Case::plan(room, spec, example);
        what_is_left_is_known(spec, &case()?)?;
        let kept = a_misspelt_parameter_is_told(spec, &case()?).and_then(|()| match case::place(room) {
            Place::Source => source_laws(&case),
            Place::Middle => step_laws(&case()?, example),
            Place::Sink => sink_laws(&case, example),
        });
        kept.map_err(|e| format!("table {}: {e}", i + 1))?;
    }
    Ok(())
}

/// Where the card says which columns are left whatever the parameters, they are.
fn what_is_left_is_known(spec: &Spec, case: &Case) -> Result<(), String> {
    match spec.leaves.and_then(|leaves| leaves(&case.params, &case.inputs)) {
        Some(known) if known != case.planned.output => {
            Err(format!("its card says it leaves {known}, and it leaves {}", case.planned.output))
        }
        _ => Ok(()),
    }
}

/// Each key with a letter too many is refused, and the right one is suggested.
fn a_misspelt_parameter_is_told(spec: &Spec, case: &Case) -> Result<(), String> {
    for key in case.params.keys() {
        let mut misspelt = key.clone();
        misspelt.insert(key.chars().next().map_or(0, char::len_utf8), 'q');
        let rename = |(k, v): (String, toml::Value)| (if k == *key { misspelt.clone() } else { k }, v);
        let params: toml::Table = case.params.clone().into_iter().map(rename).collect();
        let Err(problems) = (spec.plan)(params, &case.inputs) else {
            return Err(format!("\"{misspelt}\" for \"{key}\" is not told"));
        };
        if !problems.iter().any(|problem| problem.nearest.as_deref() == Some(key)) {
            return Err(format!("\"{misspelt}\" is told without \"{key}\" as the nearest: {problems:#?}"));
        }
    }
    Ok(())
}

fn step_laws(case: &Case, example: &Example) -> Result<(), String> {
    let rows = Stream::of(&example.inputs);
    what_passes_stays_as_it_was(case, &rows)?;
    let once = all(case, &rows, 1000, false)?;
    if case.planned.deterministic {
        if once != all(case, &rows, 1000, false)? {
            return Err("the same input twice gives another output".to_string());
        }
        for size in [1, 7] {
            if once != all(case, &rows, size, false)? {
                return Err(format!("batches of {size} give another output than batches of 1000"));
            }
        }
        if once != all(case, &rows, 7, true)? {
            return Err("empty batches in between change the output".to_string());
        }
        for cut in [0, 1, 500, 999, 1000, 2345] {
            if once != interrupted(case, &rows, cut)? {
                return Err(format!("save and load after {cut} records change the output"));
            }
        }
    }
    a_damaged_state_is_refused(case, &rows)
}

/// Rows of each inlet, and in which order they come: inlet and rows of each run.
struct Stream {
    rows: Vec<Batch>,
    order: Vec<(usize, usize, usize)>,
}

impl Stream {
    /// Many rows like those of a page; inlets take turns.
    fn of(feeds: &[Feed]) -> Stream {
        let mut dice = Dice(7);
        let mut rows: Vec<Batch> =
            feeds.iter().map(|feed| many(&feed.rows.batch, &feed.rows.schema)).collect();
        for (inlet, rows) in rows.iter_mut().enumerate() {
            rows.id.iter_mut().for_each(|id| *id += (inlet * ROWS) as u64);
        }
        let mut at = vec![0; rows.len()];
        let mut order = Vec::new();
        while let Some(left) = rows.iter().zip(&at).position(|(rows, at)| *at < rows.len()) {
            let inlet = dice.below(rows.len());
            let inlet = if at[inlet] < rows[inlet].len() { inlet } else { left };
            let end = if rows.len() == 1 { ROWS } else { at[inlet] + 1 + dice.below(40) };
            let end = end.min(rows[inlet].len());
            order.push((inlet, at[inlet], end));
            at[inlet] = end;
        }
        Stream { rows, order }
    }

    /// Batches of at most so many rows, but for the first `skip` rows.
    fn cut(&self, size: usize, mut skip: usize) -> Vec<(usize, usize, usize)> {
        let mut cut = Vec::new();
        for &(inlet, from, to) in &self.order {
            let begin = from + skip.min(to - from);
            skip -= begin - from;
            cut.extend((begin..to).step_by(size).map(|from| (inlet, from, to.min(from + size))));
        }
        cut
    }

    /// The first rows, as they come.
    fn first(&self, n: usize) -> Vec<(usize, usize, usize)> {
        let mut left = n;
        let take = |(inlet, from, to): &(usize, usize, usize)| {
            let n = left.min(to - from);
            left -= n;
            (*inlet, *from, from + n)
        };
        self.order.iter().map(take).filter(|(_, from, to)| from < to).collect()
    }
}

/// Where the plan says that a column is one that came in, a record that stays has in it what it came with.
fn what_passes_stays_as_it_was(case: &Case, stream: &Stream) -> Result<(), String> {
    let (planned, input, rows) = (&case.planned, &case.inputs[0].schema, &stream.rows[0]);
    let passed = planned.passed(input);
    if passed.len() != planned.output.len() {
        return Err(format!(
            "it says of {} columns what they are, {} come out",
            passed.len(),
            planned.output
        ));
    }
    let ours = FIRST_ID..FIRST_ID + ROWS as u64;
    for size in [7, 1000] {
        let mut run = case.start()?;
        for (inlet, from, to) in stream.cut(size, 0) {
            run.feed(inlet, &stream.rows[inlet], from, to)?;
        }
        run.finish()?;
        for (at, from) in passed.iter().enumerate().filter_map(|(at, from)| Some((at, (*from)?))) {
            let cell = |batch: &Batch, at: usize, row: usize| format!("{:?}", batch.columns[at].value(row));
            for (row, id) in run.out.id.iter().enumerate().filter(|(_, id)| ours.contains(*id)) {
                let (was, is) = (cell(rows, from, (id - FIRST_ID) as usize), cell(&run.out, at, row));
                if was != is {
                    let (old, new) = (&input.fields[from].name, &planned.output.fields[at].name);
                    return Err(format!(
                        "\"{new}\" is said to be \"{old}\" as it came, and {was} became {is}"
                    ));
                }
            }
        }
    }
    Ok(())
}

/// All that comes of the rows, by every port, its report included.
fn all(case: &Case, stream: &Stream, size: usize, empties: bool) -> Result<Vec<u8>, String> {
    let mut run = case.start()?;
    run.report()?;
    for (inlet, from, to) in stream.cut(size, 0) {
        run.feed(inlet, &stream.rows[inlet], from, to)?;
        if empties {
            run.feed(0, &stream.rows[0], 0, 0)?;
        }
    }
    run.finish()?;
    run.adds_up()?;
    let report = bytes(&run.report()?.batch);
    Ok([run.outcome(), report].concat())
}

/// Stops after `cut` records, and goes on in a fresh operator from what the old one saved.
fn interrupted(case: &Case, stream: &Stream, cut: usize) -> Result<Vec<u8>, String> {
    let mut first = case.start()?;
    first.report()?;
    for (inlet, from, to) in stream.first(cut) {
        first.feed(inlet, &stream.rows[inlet], from, to)?;
    }
    let state = first.saved()?;
    let mut run = case.go_on(first.desk.account(), Some(&state))?;
    for (inlet, from, to) in stream.cut(100, cut) {
        run.feed(inlet, &stream.rows[inlet], from, to)?;
    }
    run.finish()?;
    let behind = |first: &mut Batch, then: &Batch| first.extend(then, 0, then.len());
    behind(&mut first.out, &run.out);
    first.sides.iter_mut().zip(&run.sides).for_each(|(first, then)| behind(first, then));
    let report = bytes(&run.report()?.batch);
    Ok([first.outcome(), report].concat())
}

/// Whichever byte of a state is changed, or missing, `load` says so in a sentence.
fn a_damaged_state_is_refused(case: &Case, stream: &Stream) -> Result<(), String> {
    let mut run = case.start()?;
    for (inlet, from, to) in stream.first(50) {
        run.feed(inlet, &stream.rows[inlet], from, to)?;
    }
    let state = run.saved()?;
    for at in (0..state.len()).step_by(state.len() / 50 + 1) {
        let mut damaged = state.clone();
        damaged[at] ^= 0x10;
        let taken = |state: &[u8]| (case.planned.make)().load(&mut Loader::new(state)).is_ok();
        if taken(&damaged) || taken(&state[..at]) {
            return Err(format!("a state that is damaged at byte {at} of {} is taken", state.len()));
        }
    }
    Ok(())
}

fn source_laws(case: &dyn Fn() -> Result<Case, String>) -> Result<(), String> {
    let once = drained(&case()?, 1000)?;
    if once != drained(&case()?, 1000)? {
        return Err("the same source twice gives other rows".to_string());
    }
    for records_max in [1, 7] {
        if once != drained(&case()?, records_max)? {
            return Err(format!("batches of at most {records_max} give other rows than those of 1000"));
        }
    }
    for calls in [1, 2, 5] {
        if once != resumed(&case()?, calls)? {
            return Err(format!("a restart from the account after {calls} calls changes the rows"));
        }
    }
    Ok(())
}

/// The rows of a source, without their births: those are the clock's.
fn drained(case: &Case, records_max: usize) -> Result<Vec<u8>, String> {
    let mut run = case.start()?;
    run.drain_all(records_max)?;
    run.finish()?;
    run.adds_up()?;
    run.out.born_ns.fill(0);
    Ok(bytes(&run.out))
}

/// Stops a source after some calls and starts another from its account.
fn resumed(case: &Case, calls: usize) -> Result<Vec<u8>, String> {
    let mut first = case.start()?;
    let ended = first.drain(2, calls)?;
    let state = first.saved()?;
    let account = first.desk.account().clone();
    let mut out = first.out;
    if !ended {
        let mut run = case.go_on(&account, Some(&state))?;
        run.drain_all(2)?;
        out.extend(&run.out, 0, run.out.len());
    }
    out.born_ns.fill(0);
    Ok(bytes(&out))
}

fn sink_laws(case: &dyn Fn() -> Result<Case, String>, example: &Example) -> Result<(), String> {
    let stored = || -> Result<String, String> {
        let case = case()?;
        let stream = Stream::of(&example.inputs);
        let mut run = case.start()?;
        for (inlet, from, to) in stream.cut(100, 0) {
            run.feed(inlet, &stream.rows[inlet], from, to)?;
            run.feed(inlet, &stream.rows[inlet], 0, 0)?;
        }
        run.finish()?;
        match (&example.stored, case.path()) {
            (Some(block), Some(path)) => read_back(&block.tag, &path),
            _ => Ok(String::new()),
        }
    };
    if stored()? != stored()? {
        return Err("the same input twice is stored otherwise".to_string());
    }
    Ok(())
}

/// A linear congruential generator is random enough to shuffle with.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % n as u64) as usize
    }
}

/// Rows enough for a learner to change its mind.
const ROWS: usize = 3000;
/// No record that an operator makes has such an id.
const FIRST_ID: u64 = 1 << 32;

/// The rows of a page again and again, in any order; numbers jitter, or are odd; some values are NULL.
fn many(page: &Batch, schema: &Schema) -> Batch {
    let mut rows = Batch::new(schema);
    let mut dice = Dice(42);
    let mut below = |n: usize| dice.below(n);
    for row in 0..if page.is_empty() { 0 } else { ROWS } {
        let from = below(page.len());
        rows.extend(page, from, from + 1);
        rows.id[row] = FIRST_ID + row as u64;
        rows.born_ns[row] = row as u64 + 1;
        for column in &mut rows.columns {
            if below(20) == 0 {
                let keep: Vec<bool> = (0..=row).map(|r| r < row).collect();
                column.retain(&keep);
                column.push_null();
            }
            jitter(column, row, &mut below);
        }
    }
    rows
}

fn jitter(column: &mut Column, row: usize, below: &mut impl FnMut(usize) -> usize) {
    const ODD: [f64; 6] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 1e300, 1e-300];
    let (true, Values::F64(v)) = (column.valid.get(row), &mut column.values) else { return };
    match below(100) {
        0 => v[row] = ODD[below(ODD.len())],
        1..50 => v[row] *= 0.5 + below(1000) as f64 / 1000.0,
        _ => {}
    }
}
