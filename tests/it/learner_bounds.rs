//! What learners hold stays bounded, however many records and keys come: counted in bytes of saved state, which is all
//! that they hold of records.

use sluicebox::data::state::Saver;
use sluicebox::data::{Batch, Schema, Type, Value};
use sluicebox::numeric::SplitMix64;
use sluicebox::operator::{Account, Cx, Input, Next, Operator};
use sluicebox::registry;

const RECORDS: u64 = 1_000_000;
const KEYS: u64 = 200_000;

/// Operator, parameters, and how many times as large it may be at the end as after a tenth: a window that finds changes
/// grows with the logarithm of its width.
const LEARNERS: [(&str, &str, f64); 6] = [
    ("adwin", "field = \"x\"", 1.3),
    ("page_hinkley", "field = \"x\"", 1.0),
    ("ddm", "field = \"x\"", 1.0),
    ("half_space_trees", "features = [\"x\"]", 1.0),
    ("robust_zscore", "features = [\"x\"]", 1.3),
    ("kmeans", "features = [\"x\"]\nk = 5\nhalf_life = 1000\nscale = true", 1.0),
];

/// Detectors keep the newest 20 changes they found, of 48 bytes each at most.
const CHANGES: f64 = 20.0 * 48.0;

struct Learner {
    operator: Box<dyn Operator>,
    schema: Schema,
    cx: Cx,
    random: SplitMix64,
}

impl Learner {
    fn new(operator: &str, params: &str) -> Learner {
        let (_, spec) = registry::find(operator, false).unwrap();
        let schema = Schema::of(&[("key", Type::I64), ("x", Type::F64)]);
        let inputs = [Input::new("input", schema.clone())];
        let planned = (spec.plan)(params.parse().unwrap(), &inputs).ok().unwrap();
        let cx = Cx::new("run", "stage", Account::default());
        Learner { operator: (planned.make)(), schema, cx, random: SplitMix64::new(1) }
    }

    /// Records of these keys, whose values are drawn from 0 to 1.
    fn learn(&mut self, keys: std::ops::Range<u64>) {
        let mut batch = Batch::new(&self.schema);
        let mut next = keys.start;
        while next < keys.end {
            batch.reset(&self.schema);
            for key in next..keys.end.min(next + 1000) {
                batch.id.push(key);
                batch.born_ns.push(0);
                let x = (self.random.draw() >> 11) as f64 / (1u64 << 53) as f64;
                batch.columns[0].push(Value::I64(key as i64));
                batch.columns[1].push(Value::F64(x));
            }
            next += 1000;
            self.operator.process(&mut batch, &mut self.cx).unwrap();
        }
    }

    fn bytes(&mut self) -> f64 {
        let mut bytes = Vec::new();
        while self.operator.save(&mut Saver::new(&mut bytes)).unwrap() == Next::Again {}
        bytes.len() as f64
    }
}

#[test]
fn a_million_records_take_no_more_memory_than_a_tenth_of_them() {
    for (operator, params, times) in LEARNERS {
        let mut learner = Learner::new(operator, params);
        learner.learn(0..RECORDS / 10);
        let tenth = learner.bytes();
        learner.learn(RECORDS / 10..RECORDS);
        let all = learner.bytes();
        println!("{operator}: {tenth} bytes after a tenth, {all} at the end");
        assert!(all <= times * tenth + CHANGES && all < 100_000.0, "{operator}: {tenth} bytes became {all}");
    }
}

#[test]
fn a_flood_of_keys_takes_the_memory_of_those_that_are_kept() {
    for (operator, params, _) in LEARNERS {
        let small = if operator == "half_space_trees" { "\ntrees = 2\nheight = 3" } else { "" };
        let mut learner = Learner::new(operator, &format!("{params}{small}\nper = \"key\"\nkeys_max = 500"));
        learner.learn(0..KEYS / 10);
        let tenth = learner.bytes();
        learner.learn(KEYS / 10..KEYS);
        let all = learner.bytes();
        println!("{operator}: {tenth} bytes of 500 keys, then {all}");
        assert!(all <= 1.1 * tenth, "{operator}: {tenth} bytes became {all}");
    }
}
