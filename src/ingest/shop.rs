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
//! Order k depends on the seed and on k only, and is placed in second k from 2024-01-01 on; so a restart goes
//! on exactly. It is a source of one worker: more would make the same orders.

mod goods;

use super::common::flow::{self, Flow};
use super::common::pace::Pace;
use crate::data::{Batch, Schema, Type, Value};
use crate::error::Result;
use crate::numeric::SplitMix64;
use crate::operator::{Cx, EventTime, Input, Inputs, Next, Operator, PlanResult, Planned, Spec};
use crate::params::{self, JsonSchema, With};
use crate::units::Share;
use goods::Goods;
use serde::Deserialize;

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
}

impl Default for Params {
    fn default() -> Params {
        Params { seed: 1, count: None, customers: 10_000, dirty: Share(0.02) }
    }
}

/// 2024-01-01T00:00:00Z.
const OPENED_NS: i64 = 1_704_067_200_000_000_000;
const CUSTOMERS_MAX: u64 = 1 << 48;
const LINES_MAX: usize = 8;
const LINES: [u8; LINES_MAX] = [25, 25, 20, 12, 8, 5, 3, 2];
const COUNTRIES: [&str; 8] = ["DE", "FR", "GB", "NL", "ES", "IT", "PL", "AT"];
const COUNTRY: [u8; 8] = [28, 18, 16, 10, 9, 8, 6, 5];
const CHANNELS: [&str; 3] = ["web", "app", "store"];
const CHANNEL: [u8; 3] = [55, 30, 15];
const QUANTITY: [u8; 4] = [60, 25, 10, 5];
const TRADE: f64 = 0.06;
const ABROAD: f64 = 0.03;
const REDUCED: f64 = 0.1;

fn plan(given: params::Params, _: &[Input]) -> PlanResult {
    let mut problems = Vec::new();
    let all = flow::read::<With<Params, Flow>>(given, &mut problems);
    let time = all.as_ref().and_then(|all| all.shared.event_time(&schema(), &mut problems));
    let (Some(With { own: params, shared: flow }), true) = (all, problems.is_empty()) else {
        return Err(problems);
    };
    let schema = time.map_or(schema(), |time| schema().with_time(time.column));
    let planned = Planned::new(schema.clone(), move || Shop {
        schema: schema.clone(),
        params: params.clone(),
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
    let Some(time) = params.get("time") else { return Some(schema()) };
    let column = EventTime::column(&schema(), "time", time.as_str()?).ok()?;
    Some(schema().with_time(column))
}

fn schema() -> Schema {
    Schema::of(&[
        ("order_id", Type::I64),
        ("ts", Type::Time),
        ("customer_id", Type::I64),
        ("sku", Type::Str),
        ("category", Type::Str),
        ("quantity", Type::I64),
        ("unit_price", Type::F64),
        ("country", Type::Str),
        ("channel", Type::Str),
    ])
}

/// One order; its lines are the first `len` of `lines`.
#[derive(Default)]
struct Order {
    k: u64,
    ts: i64,
    customer: u64,
    country: &'static str,
    channel: &'static str,
    lines: [Line; LINES_MAX],
    len: usize,
}

#[derive(Clone, Copy, Default)]
struct Line {
    good: usize,
    quantity: Option<i64>,
    cents: i64,
}

impl Order {
    /// Makes order `k`.
    fn new(k: u64, params: &Params, goods: &Goods) -> Order {
        let mut random = SplitMix64::at(params.seed, k);
        // Customers with small numbers order more often.
        let customer = random.below(params.customers);
        let customer = 1 + random.below(customer + 1);
        // What is always so of a customer comes of a sequence of his own.
        let mut person = SplitMix64::at(!params.seed, customer);
        let (home, trade) = (person.of(&COUNTRY), person.happens(TRADE));
        let country = if random.happens(ABROAD) { random.of(&COUNTRY) } else { home };
        let second = i64::try_from(k).unwrap_or(i64::MAX).saturating_mul(1_000_000_000);
        let mut order = Order {
            k,
            ts: OPENED_NS.saturating_add(second).saturating_add(random.below(1000) as i64 * 1_000_000),
            customer,
            country: COUNTRIES[country],
            channel: CHANNELS[random.of(&CHANNEL)],
            ..Order::default()
        };
        let wanted = 1 + random.of(&LINES);
        while order.len < wanted {
            let good = goods.draw(&mut random);
            if !order.add(good, trade, params.dirty, &mut random, goods) {
                continue;
            }
            if let Some((partner, together)) = goods.all[good].partner
                && random.below(100) < together
                && order.len < LINES_MAX
            {
                order.add(partner, trade, params.dirty, &mut random, goods);
            }
        }
        order
    }

    /// Adds a line; `false` if the good is in the basket already.
    fn add(
        &mut self,
        good: usize,
        trade: bool,
        dirty: Share,
        random: &mut SplitMix64,
        goods: &Goods,
    ) -> bool {
        if self.lines[..self.len].iter().any(|line| line.good == good) {
            return false;
        }
        let quantity = if trade { 6 + random.below(19) } else { 1 + random.of(&QUANTITY) as u64 };
        let full = goods.all[good].cents;
        let cents = if random.happens(REDUCED) { full * 8 / 10 } else { full };
        let mut line = Line { good, quantity: Some(quantity as i64), cents };
        if random.happens(dirty.0) {
            if random.below(2) == 0 {
                line.quantity = None;
            } else {
                line.cents = -line.cents;
            }
        }
        self.lines[self.len] = line;
        self.len += 1;
        true
    }
}

struct Shop {
    schema: Schema,
    params: Params,
    pace: Pace,
    goods: Goods,
    /// The order being told, and the line of it that is next.
    order: Order,
    line: usize,
    open: bool,
}

impl Shop {
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
            self.order = Order::new(cx.offset() >> 8, &self.params, &self.goods);
            self.line = (cx.offset() & 0xff) as usize;
            self.open = true;
            return Ok(Next::Again);
        }
        let left = self.params.count.unwrap_or(u64::MAX).saturating_sub(cx.done());
        if left == 0 {
            return Ok(Next::End);
        }
        let max = usize::try_from(left).unwrap_or(usize::MAX).min(cx.records_max);
        let made = self.pace.allowed(cx.now_ns, max);
        for _ in 0..made {
            if self.line >= self.order.len {
                self.order = Order::new(self.order.k + 1, &self.params, &self.goods);
                self.line = 0;
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
