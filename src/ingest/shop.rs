//! Makes up the orders of an online shop: a stream to try things on, with something in it to be found.
//!
//! ```toml
//! operator = "shop"
//! seed = 7             # other orders for another seed; 1 if absent
//! count = 5            # ends after so many records; absent: never
//! customers = 10000    # how many there are
//! dirty = "2%"         # of the records have a NULL quantity or a negative price
//! ```
//!
//! | order_id i64 (out) | ts time (out) | customer_id i64 (out) | sku str (out) | category str (out) | quantity i64 (out) | unit_price f64 (out) | country str (out) | channel str (out) |
//! |---|---|---|---|---|---|---|---|---|
//! | 0 0 1 1 1 | 2024-01-01T00:00:00.061Z 2024-01-01T00:00:00.061Z 2024-01-01T00:00:01.058Z 2024-01-01T00:00:01.058Z 2024-01-01T00:00:01.058Z | 8359 8359 933 933 933 | coffee-001 biscuits-001 sauce-041 pasta-001 sauce-001 | coffee biscuits sauce pasta sauce | 2 2 8 16 15 | 9.39 3.19 4.59 2.09 3.89 | FR FR GB GB GB | app app web web web |
//!
//! `time = "ts"` makes `ts` the event time, for windows and lateness; `ahead_max` and `idle_after` are as at `csv`.
//!
//! A record is a line of an order. `rate = "20k/s"` paces them; absent, they come as fast as they can be made.
//!
//! What can be found: about 1,000 goods in 12 categories sell by Zipf's law; with the n-th pasta the n-th sauce
//! is bought in 60 of 100 baskets, and likewise with coffee biscuits (45), with wine cheese (40), with bread
//! butter (50), with tea honey (30). Six of 100 customers are in trade and buy 6 to 24 of a thing, the others 1
//! to 4. A customer orders from one country, but for 3 of 100 orders. One line in ten is sold at 20 % off.
//!
//! More is planted where it is asked for:
//!
//! ```toml
//! operator = "shop"
//! seed = 7
//! count = 5
//! dirty = "0%"
//! segments = true      # of those not in trade 30 of 100 are families, 20 hunt bargains
//! outliers = "20%"     # of the lines have a price that is 10 to 20 times what it should be
//! drift_at = 2         # orders that begin at this record or behind it are different
//! truth = true         # columns that say what is planted
//! ```
//!
//! | order_id i64 (out) | ts time (out) | customer_id i64 (out) | sku str (out) | category str (out) | quantity i64 (out) | unit_price f64 (out) | country str (out) | channel str (out) | segment str (out) | outlier bool (out) | drifted bool (out) |
//! |---|---|---|---|---|---|---|---|---|---|---|---|
//! | 0 1 1 2 2 | 2024-01-01T00:00:00.061Z 2024-01-01T00:00:01.058Z 2024-01-01T00:00:01.058Z 2024-01-01T00:00:02.535Z 2024-01-01T00:00:02.535Z | 8359 933 933 2291 2291 | coffee-001 sauce-041 cheese-001 cheese-010 biscuits-003 | coffee sauce cheese cheese biscuits | 2 8 6 1 2 | 9.39 73.44 11.27 12.43 6.88 | FR GB GB IT IT | app web web web web | usual trade trade usual usual | false true false false false | false false false true true |
//!
//! A family has three lines more in a basket. A hunter of bargains buys one of a thing, and 60 of 100 lines at 20 %
//! off. After the drift all prices are half as high again, and what is bought with a good is the good two behind the
//! one before: with the n-th pasta the n-th biscuits.
//!
//! ```toml
//! operator = "shop"
//! seed = 7
//! count = 3
//! dirty = "0%"
//! interval = "10ms"                                      # an order each 10 ms of its time; one a second, if absent
//! fall = { at = 1, country = "GB", share = "100%" }      # from order 1 on so many of those from there stay away
//! ```
//!
//! | order_id i64 (out) | ts time (out) | customer_id i64 (out) | sku str (out) | category str (out) | quantity i64 (out) | unit_price f64 (out) | country str (out) | channel str (out) |
//! |---|---|---|---|---|---|---|---|---|
//! | 0 0 1 | 2024-01-01T00:00:00.00061Z 2024-01-01T00:00:00.00061Z 2024-01-01T00:00:00.01058Z | 8359 8359 933 | coffee-001 biscuits-001 sauce-041 | coffee biscuits sauce | 2 2 8 | 9.39 3.19 4.59 | FR FR DE | app app web |
//!
//! Who stays away is the customer, so it is the same ones each time; the others' orders come from elsewhere in their
//! place, so that there are as many as before.
//!
//! Order k depends on the seed, on k, and on whether it comes after the drift or the fall, and is placed in the k-th
//! `interval` from 2024-01-01 on; so a restart goes on exactly. It is a source of one worker: more would make the same
//! orders.

mod goods;
mod order;

use super::common::flow::{self, Flow};
use super::common::pace::Pace;
use crate::data::{Batch, Schema, Type, Value};
use crate::error::Result;
use crate::operator::{Cx, EventTime, Input, Inputs, Next, Operator, PlanResult, Planned, Spec};
use crate::params::{self, JsonSchema, Problem, With};
use crate::units::{Share, Span};
use goods::Goods;
use order::{Order, Planted};
use serde::{Deserialize, Serialize};

pub(super) const OPERATOR: Spec =
    Spec::new("shop", "makes up the orders of an online shop, from a seed", include_str!("shop.rs"), plan)
        .parameters::<With<Params, Flow>>()
        .called(&["generate", "generator", "datagen", "demo", "demo_logs", "faker", "random", "synthetic"])
        .reads(Inputs::None)
        .alone("several would make the same orders")
        .paced("rate")
        .endless(|params| !params.contains_key("count"))
        .seeded("seed")
        .leaves(|params, _| left(params));

#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// Other orders for another seed.
    seed: u64,
    /// Ends after so many records; absent: never.
    count: Option<u64>,
    /// How many customers there are.
    #[schemars(range(min = 1, max = CUSTOMERS_MAX))]
    customers: u64,
    /// So many of the records have a NULL quantity or a negative price.
    dirty: Share,
    /// So many of the other records have a price that is ten to twenty times what it should be.
    outliers: Share,
    /// Customers are of four kinds, not of two.
    segments: bool,
    /// The first order that begins at this record or behind it, and all later ones, are different: 0 is all of them.
    drift_at: Option<u64>,
    /// So much time lies between two orders.
    interval: Span,
    /// From an order on customers of one country stay away.
    fall: Option<Fall>,
    /// Adds columns that say what is planted in a record: `segment`, `outlier`, `drifted`.
    truth: bool,
}

impl Default for Params {
    fn default() -> Params {
        Params {
            seed: 1,
            count: None,
            customers: 10_000,
            dirty: Share(0.02),
            outliers: Share(0.0),
            segments: false,
            drift_at: None,
            interval: Span::from_ms(1000),
            fall: None,
            truth: false,
        }
    }
}

/// Customers of one country stay away.
#[derive(Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Fall {
    /// From this order on.
    at: u64,
    /// As the column `country` names it.
    country: String,
    /// So many of them.
    #[serde(default = "most")]
    share: Share,
}

fn most() -> Share {
    Share(0.8)
}

const CUSTOMERS_MAX: u64 = 1 << 48;

fn plan(given: params::Params, _: &[Input]) -> PlanResult {
    let mut problems = Vec::new();
    let all = flow::read::<With<Params, Flow>>(given, &mut problems);
    let schema = schema(all.as_ref().is_some_and(|all| all.own.truth));
    let time = all.as_ref().and_then(|all| all.shared.event_time(&schema, &mut problems));
    let fall = all.as_ref().and_then(|all| all.own.fall.as_ref());
    if let Some(Fall { country, .. }) = fall.filter(|fall| order::country(&fall.country).is_none()) {
        let what = format!("nobody orders from \"{country}\" (there is {})", order::countries());
        problems
            .push(Problem { path: vec!["fall".to_string(), "country".to_string()], ..Problem::whole(what) });
    }
    if all.as_ref().is_some_and(|all| all.own.interval.ns == 0) {
        problems.push(Problem::at("interval", "orders that all come at once are no stream: say 1us or more"));
    }
    let (Some(With { own: params, shared: flow }), true) = (all, problems.is_empty()) else {
        return Err(problems);
    };
    let fallen = params.fall.as_ref().and_then(|fall| Some((order::country(&fall.country)?, fall.share.0)));
    let schema = time.map_or(schema.clone(), |time| schema.with_time(time.column));
    let planned = Planned::new(schema.clone(), move || Shop {
        schema: schema.clone(),
        params: params.clone(),
        fallen,
        pace: Pace::new(flow.rate),
        goods: Goods::new(),
        order: Order::default(),
        line: 0,
        open: false,
    });
    Ok(Planned { time, ..planned })
}

/// Its columns, of which one may be the event time, whatever else its parameters say.
fn left(params: &params::Params) -> Option<Schema> {
    let schema = schema(params.get("truth").and_then(toml::Value::as_bool).unwrap_or(false));
    let Some(time) = params.get("time") else { return Some(schema) };
    let column = EventTime::column(&schema, "time", time.as_str()?).ok()?;
    Some(schema.with_time(column))
}

fn schema(truth: bool) -> Schema {
    let schema = Schema::of(&[
        ("order_id", Type::I64),
        ("ts", Type::Time),
        ("customer_id", Type::I64),
        ("sku", Type::Str),
        ("category", Type::Str),
        ("quantity", Type::I64),
        ("unit_price", Type::F64),
        ("country", Type::Str),
        ("channel", Type::Str),
    ]);
    match truth {
        true => schema.with("segment", Type::Str).with("outlier", Type::Bool).with("drifted", Type::Bool),
        false => schema,
    }
}

struct Shop {
    schema: Schema,
    params: Params,
    /// Whose customers stay away from the fall on: the country's place among all, and their share.
    fallen: Option<(usize, f64)>,
    pace: Pace,
    goods: Goods,
    /// The order being told, and the line of it that is next.
    order: Order,
    line: usize,
    open: bool,
}

impl Shop {
    /// Order `k`, of which the first line is the `first` record in all.
    fn begin(&mut self, k: u64, first: u64, line: usize) {
        let Params { seed, customers, dirty, outliers, segments, drift_at, interval, ref fall, .. } =
            self.params;
        let fallen = self.fallen.filter(|_| fall.as_ref().is_some_and(|fall| k >= fall.at));
        let planted = Planted { dirty: dirty.0, outliers: outliers.0, segments, fallen };
        let drifted = drift_at.is_some_and(|at| first >= at);
        self.order = Order::new((k, interval.ns), (seed, customers), drifted, planted, &self.goods);
        self.line = line;
    }

    fn push_line(&self, batch: &mut Batch) {
        let line = self.order.lines[self.line];
        let good = &self.goods.all[line.good];
        let values = [
            Value::I64(self.order.k as i64),
            Value::Time(self.order.ts),
            Value::I64(self.order.customer as i64),
            Value::Str(&good.sku),
            Value::Str(good.category),
            line.quantity.map_or(Value::Null, Value::I64),
            Value::F64(line.cents as f64 / 100.0),
            Value::Str(self.order.country),
            Value::Str(self.order.channel),
            Value::Str(self.order.segment.name()),
            Value::Bool(line.outlier),
            Value::Bool(self.order.drifted),
        ];
        for (column, value) in batch.columns.iter_mut().zip(values) {
            column.push(value);
        }
    }
}

impl Operator for Shop {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        batch.reset(&self.schema);
        if !self.open {
            // The position is the order and, in the last 8 bits, its line.
            let (k, line) = (cx.offset() >> 8, cx.offset() & 0xff);
            self.begin(k, cx.done().saturating_sub(line), line as usize);
            self.open = true;
            return Ok(Next::Again);
        }
        let left = self.params.count.unwrap_or(u64::MAX).saturating_sub(cx.done());
        if left == 0 {
            return Ok(Next::End);
        }
        let max = usize::try_from(left).unwrap_or(usize::MAX).min(cx.records_max);
        let made = self.pace.allowed(cx.now_ns, max);
        for at in 0..made {
            if self.line >= self.order.len {
                self.begin(self.order.k + 1, cx.done() + at as u64, 0);
            }
            self.push_line(batch);
            batch.id.push(cx.new_id());
            batch.born_ns.push(self.pace.take(cx.now_ns));
            self.line += 1;
        }
        cx.read(made as u64);
        cx.set_offset(self.order.k << 8 | self.line as u64);
        Ok(if made as u64 == left { Next::Again } else { self.pace.next(cx.now_ns) })
    }

    fn finish(&mut self, batch: &mut Batch, _: &mut Cx) -> Result<Next> {
        batch.reset(&self.schema);
        Ok(Next::End)
    }
}
