//! A source that reads several partitions in turn, each with times and a disorder of its own.

use sluicebox::data::{Batch, Schema, Type, Value};
use sluicebox::error::Result;
use sluicebox::operator::{Cx, EventTime, Input, Inputs, Next, Operator, PlanResult, Planned, Spec};
use sluicebox::params::{self, JsonSchema};

pub const PARTITIONS: usize = 4;
pub const RECORDS: usize = 60;
/// The greatest time of each partition.
pub const GREATEST: [i64; PARTITIONS] = [59, 1059, 2059, 3059];

pub const SOURCE: Spec =
    Spec::new("parts", "reads partitions", "", plan).reads(Inputs::None).parameters::<Params>();

#[derive(Clone, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    partitions: usize,
    /// Of its position.
    bytes: usize,
}

impl Default for Params {
    fn default() -> Params {
        Params { partitions: PARTITIONS, bytes: PARTITIONS }
    }
}

fn plan(params: params::Params, _: &[Input]) -> PlanResult {
    let params: Params = params::read(params)?;
    let schema = Schema::of(&[("partition", Type::I64), ("n", Type::I64), ("ts", Type::Time)]).with_time(2);
    let time = EventTime { column: 2, ahead_max: None, idle_after: None };
    let made = schema.clone();
    let make = move || Parts { schema: made.clone(), params: params.clone(), read: None };
    Ok(Planned { time: Some(time), ..Planned::new(schema, make) })
}

/// One partition is far ahead of another, and each has records that are late in it.
pub fn time(partition: i64, n: i64) -> i64 {
    1000 * partition + if n % 5 == 3 { n - 3 } else { n }
}

struct Parts {
    schema: Schema,
    params: Params,
    /// How many records of each partition were read: a byte each, which is the position.
    read: Option<Vec<u8>>,
}

impl Operator for Parts {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        batch.reset(&self.schema);
        let Params { partitions, bytes } = self.params;
        let Some(read) = &mut self.read else {
            let mut read = cx.position().to_vec();
            read.resize(bytes, 0);
            self.read = Some(read);
            return Ok(Next::Again);
        };
        let open: Vec<usize> =
            (0..partitions.min(bytes)).filter(|at| usize::from(read[*at]) < RECORDS).collect();
        if open.is_empty() {
            return Ok(Next::End);
        }
        // Not in turn: whatever was read before decides.
        let draw = (cx.done() + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        let at = open[draw as usize % open.len()];
        cx.set_partition(at, partitions)?;
        let left = RECORDS - usize::from(read[at]);
        let count = left.min(cx.records_max).min(1 + draw as usize % 5);
        for _ in 0..count {
            let (partition, n) = (at as i64, i64::from(read[at]));
            for (column, value) in batch.columns.iter_mut().zip([
                Value::I64(partition),
                Value::I64(n),
                Value::Time(time(partition, n)),
            ]) {
                column.push(value);
            }
            batch.id.push(cx.new_id());
            batch.born_ns.push(cx.now_ns);
            read[at] += 1;
        }
        cx.read(count as u64);
        cx.set_position(read)?;
        Ok(Next::Again)
    }
}
