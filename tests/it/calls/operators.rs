//! Operators that do what no real one does.

use sluicebox::data::{Batch, Column, Schema, Type, Value, Values};
use sluicebox::error::{Error, Result};
use sluicebox::operator::{Cx, Input, Next, Operator, PlanResult, Planned, Spec};
use sluicebox::params::{self, JsonSchema, Problem};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

/// What a test and its operators share, by a name that the test chooses.
pub fn shared(name: &str) -> Arc<AtomicU64> {
    static ALL: LazyLock<Mutex<BTreeMap<String, Arc<AtomicU64>>>> = LazyLock::new(Mutex::default);
    ALL.lock().unwrap().entry(name.to_string()).or_default().clone()
}

/// `n i64` in, `n i64` out.
pub fn numbers() -> Schema {
    Schema::of(&[("n", Type::I64)])
}

pub fn of(batch: &Batch) -> &[i64] {
    let Values::I64(numbers) = &batch.columns[0].values else { panic!("n is i64") };
    numbers
}

pub fn push(batch: &mut Batch, (id, born_ns): (u64, u64), n: i64) {
    batch.id.push(id);
    batch.born_ns.push(born_ns);
    batch.columns[0].push(Value::I64(n));
}

#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// How many of one.
    #[serde(default)]
    times: usize,
    /// At which number it fails; or how many rows it lets out in one call.
    #[serde(default)]
    at: i64,
    /// Under which name it counts its calls.
    #[serde(default)]
    shared: String,
}

fn read(params: params::Params) -> std::result::Result<Params, Vec<Problem>> {
    params::read(params)
}

/// Makes `times` rows of each, `at` in a call: it has more, and then nothing else may come.
pub const MANY: Spec = Spec::new("many", "many of one", "", |params, _: &[Input]| -> PlanResult {
    let Params { times, at, .. } = read(params)?;
    let make = move || Many { times, piece: at as usize, waiting: Vec::new() };
    Ok(Planned { absorbs: true, ..Planned::new(numbers(), make) })
})
.parameters::<Params>();

struct Many {
    times: usize,
    piece: usize,
    /// Rows that are still to come out, the last first.
    waiting: Vec<i64>,
}

impl Operator for Many {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        if !self.waiting.is_empty() && !batch.is_empty() {
            return Err(Error::failed("records come though it has more"));
        }
        for n in of(batch).iter().rev() {
            self.waiting.extend(std::iter::repeat_n(*n, self.times));
        }
        cx.absorbed(batch.len() as u64);
        batch.reset(&numbers());
        let rest = self.waiting.len().saturating_sub(self.piece);
        for n in self.waiting.drain(rest..).rev() {
            push(batch, (cx.new_id(), cx.now_ns), n);
        }
        cx.made(batch.len() as u64);
        Ok(if rest > 0 { Next::Again } else { Next::Wait })
    }
}

/// Filters odd numbers, rejects those that end with 4, and fails at a number.
pub const FAILS: Spec = Spec::new("fails", "fails at a number", "", |params, _: &[Input]| -> PlanResult {
    let Params { at, .. } = read(params)?;
    Ok(Planned::new(numbers(), move || Fails(at)))
})
.parameters::<Params>();

struct Fails(i64);

impl Operator for Fails {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let numbers = of(batch).to_vec();
        let mut keep = vec![true; numbers.len()];
        for (row, n) in numbers.iter().enumerate() {
            match n {
                n if *n == self.0 => {
                    // Half changed, as a real one might leave it.
                    batch.columns[0] = Column::new(Type::Str);
                    return Err(Error::failed("it fails here"));
                }
                n if n % 2 == 1 => cx.filtered(1),
                n if n % 10 == 4 => cx.reject(batch, row, "ends with 4"),
                _ => continue,
            }
            keep[row] = false;
        }
        batch.retain(&keep);
        Ok(Next::Wait)
    }
}

/// Holds back all it gets, and lets it out at the end, one a piece.
pub const LAST: Spec =
    Spec::new("last", "lets all out at the end", "", |params, _: &[Input]| -> PlanResult {
        read(params)?;
        Ok(Planned { absorbs: true, ..Planned::new(numbers(), || Last(Vec::new())) })
    })
    .parameters::<Params>();

struct Last(Vec<i64>);

impl Operator for Last {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.0.extend(of(batch));
        cx.absorbed(batch.len() as u64);
        batch.reset(&numbers());
        Ok(Next::Wait)
    }

    fn finish(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        batch.reset(&numbers());
        if !self.0.is_empty() {
            push(batch, (cx.new_id(), cx.now_ns), self.0.remove(0));
            cx.made(1);
        }
        Ok(if self.0.is_empty() { Next::End } else { Next::Again })
    }
}

/// Lets each batch out a millisecond after it came, and counts how often it was woken for that.
pub const LATER: Spec = Spec::new("later", "lets all out later", "", |params, _: &[Input]| -> PlanResult {
    let Params { shared: name, .. } = read(params)?;
    let make = move || Later { rows: Vec::new(), due_ns: 0, woken: shared(&name) };
    Ok(Planned { absorbs: true, ..Planned::new(numbers(), make) })
})
.parameters::<Params>();

struct Later {
    rows: Vec<i64>,
    due_ns: u64,
    woken: Arc<AtomicU64>,
}

impl Operator for Later {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        if self.rows.is_empty() {
            self.due_ns = cx.now_ns + 1_000_000;
        }
        self.rows.extend(of(batch));
        cx.absorbed(batch.len() as u64);
        batch.reset(&numbers());
        if self.rows.is_empty() {
            return Ok(Next::Wait);
        }
        if cx.now_ns < self.due_ns {
            return Ok(Next::At(self.due_ns));
        }
        self.woken.fetch_add(1, Ordering::SeqCst);
        for n in self.rows.drain(..) {
            push(batch, (cx.new_id(), cx.now_ns), n);
        }
        cx.made(batch.len() as u64);
        Ok(Next::Wait)
    }

    fn finish(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        batch.reset(&numbers());
        for n in self.rows.drain(..) {
            push(batch, (cx.new_id(), cx.now_ns), n);
        }
        cx.made(batch.len() as u64);
        Ok(Next::End)
    }
}

/// Changes nothing, and counts how often it was called without records.
pub const CALLED: Spec = Spec::new("called", "counts empty calls", "", |params, _: &[Input]| -> PlanResult {
    let Params { shared: name, .. } = read(params)?;
    Ok(Planned::new(numbers(), move || Called(shared(&name))))
})
.parameters::<Params>();

struct Called(Arc<AtomicU64>);

impl Operator for Called {
    fn process(&mut self, batch: &mut Batch, _: &mut Cx) -> Result<Next> {
        self.0.fetch_add(u64::from(batch.is_empty()), Ordering::SeqCst);
        Ok(Next::Wait)
    }
}
