//! A million records, each with a key, a name and things that nobody has seen before: what the miners remember stays
//! within its bounds, and the last records cost no more memory than the first.

use sluicebox::data::state::Saver;
use sluicebox::data::{Batch, Schema, Type, Value};
use sluicebox::numeric::SplitMix64;
use sluicebox::operator::{Account, Cx, Desk, Input, Next, Operator};
use sluicebox::registry;

const RECORDS: usize = 1_000_000;
const BATCH: usize = 1000;
/// Where it is looked at first: by then all that is bounded is full.
const FIRST: usize = 200_000;

/// What is saved of a tree with `memory_max = "1MiB"`, at most.
const TREE: usize = 5 << 18;

/// Operators of one stream, each with bounds that the first records reach.
const MINERS: &[(&str, &str)] = &[
    (
        "adaptive_hoeffding_tree",
        "label = \"label\"\nfeatures = [\"x\", \"y\"]\nnominal = [\"kind\"]\nmemory_max = \"1MiB\"",
    ),
    ("adwin", "field = \"x\"\nper = \"key\"\nkeys_max = 1000"),
    (
        "association_rules",
        "items = \"things\"\nmode = \"window\"\nwindow = 10000\nmin_support = 0.1\nmin_confidence = 0.5",
    ),
    ("ddm", "field = \"ok\"\nper = \"key\"\nkeys_max = 1000"),
    ("evaluate", "label = \"label\"\nprediction = \"guess\"\nper = \"key\"\nkeys_max = 1000"),
    ("frequent_itemsets", "items = \"things\"\nmode = \"lossy\"\nmin_support = 0.1\nepsilon = 0.01"),
    ("half_space_trees", "features = [\"x\", \"y\"]\nper = \"key\"\nkeys_max = 100"),
    ("heavy_hitters", "items = \"kind\""),
    (
        "hoeffding_tree",
        "label = \"label\"\nfeatures = [\"x\", \"y\"]\nnominal = [\"kind\"]\nmemory_max = \"1MiB\"",
    ),
    ("kmeans", "k = 3\nfeatures = [\"x\", \"y\"]\nper = \"key\"\nkeys_max = 1000"),
    ("logistic_regression", "label = \"label\"\nfeatures = [\"x\", \"y\"]\nnominal = [\"kind\"]"),
    ("naive_bayes", "label = \"label\"\nfeatures = [\"x\", \"y\"]\nnominal = [\"kind\"]"),
    ("page_hinkley", "field = \"x\"\nper = \"key\"\nkeys_max = 1000"),
    ("robust_zscore", "features = [\"x\"]\nper = \"key\"\nkeys_max = 1000"),
];

fn schema() -> Schema {
    Schema::of(&[
        ("key", Type::Str),
        ("kind", Type::Str),
        ("x", Type::F64),
        ("y", Type::F64),
        ("label", Type::Str),
        ("guess", Type::Str),
        ("ok", Type::Bool),
        ("things", Type::List),
    ])
}

/// Records `from` to `from + BATCH`: every key, kind and thing is new; of labels there are fifty.
fn batch(schema: &Schema, from: usize, random: &mut SplitMix64) -> Batch {
    let mut batch = Batch::new(schema);
    for n in from..from + BATCH {
        batch.id.push(n as u64);
        batch.born_ns.push(1);
        let (key, kind, label) = (format!("k{n}"), format!("v{n}"), format!("c{}", random.below(50)));
        let guess = format!("c{}", random.below(50));
        let things = [key.as_str(), "often", kind.as_str()];
        let values = [
            Value::Str(&key),
            Value::Str(&kind),
            Value::F64(random.below(1000) as f64),
            Value::F64(random.below(7) as f64),
            Value::Str(&label),
            Value::Str(&guess),
            Value::Bool(random.below(3) > 0),
            Value::List(things.to_vec()),
        ];
        batch.columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
    }
    batch
}

/// Bytes of all that an operator remembers.
fn remembered(operator: &mut Box<dyn Operator>) -> usize {
    let mut state = Vec::new();
    while operator.save(&mut Saver::new(&mut state)).unwrap() == Next::Again {}
    state.len()
}

fn soak(name: &str, params: &str) -> [usize; 2] {
    let (_, spec) = registry::find(name, false).unwrap_or_else(|| panic!("there is no {name}"));
    let schema = schema();
    let planned = (spec.plan)(params.parse().unwrap(), &[Input::new("input", schema.clone())]);
    let planned = planned.unwrap_or_else(|problems| panic!("{name}: {problems:?}"));
    let mut desk = Desk::new(Cx::new("run", "stage", Account::default()));
    let (mut operator, mut random) = ((planned.make)(), SplitMix64::new(7));
    let mut first = 0;
    for from in (0..RECORDS).step_by(BATCH) {
        if from == FIRST {
            first = remembered(&mut operator);
        }
        let mut batch = batch(&schema, from, &mut random);
        operator.process(&mut batch, desk.cx()).unwrap();
    }
    [first, remembered(&mut operator)]
}

#[test]
fn what_miners_remember_does_not_grow_with_the_stream() {
    let mut wrong = Vec::new();
    for (name, params) in MINERS {
        let [first, last] = soak(name, params);
        println!("{name}: {first} bytes, {last} at the end");
        // Of a tree the bound is its memory, which it may fill at any time.
        let most = if params.contains("memory_max") { TREE } else { first + first / 5 };
        if last > most || last == 0 {
            wrong.push(format!("{name}: {first} bytes after {FIRST} records, {last} after {RECORDS}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_miner_is_left_out() {
    let own = registry::ROOMS.iter().find(|(room, _)| *room == "mining").unwrap().1;
    // It has two inlets, and a law of its own.
    let missing = own
        .iter()
        .map(|spec| spec.name)
        .filter(|name| *name != "recommend" && *name != "adaptive_random_forest");
    let missing: Vec<&str> = missing.filter(|name| !MINERS.iter().any(|(own, _)| own == name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
