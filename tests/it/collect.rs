//! Baskets of rows: what is in them depends on the rows alone, and what is open is bounded.

use crate::shared::shared;
use sluicebox::data::state::{Loader, Saver};
use sluicebox::data::{Batch, Schema, Type, Value};
use sluicebox::operator::{Account, Cx, Desk, Input, Next, Operator};
use sluicebox::registry;
use std::collections::{BTreeMap, BTreeSet};

struct Collect {
    operator: Box<dyn Operator>,
    input: Schema,
    report: Schema,
    desk: Desk,
}

type Row<'a> = (&'a str, &'a str, i64);

impl Collect {
    fn new(params: &str) -> Collect {
        let (_, spec) = registry::find("collect", false).unwrap();
        let input = Schema::of(&[("key", Type::Str), ("sku", Type::Str), ("quantity", Type::I64)]);
        let params = format!("per = \"key\"\nitems = \"sku\"\n{params}").parse().unwrap();
        let planned = (spec.plan)(params, &[Input::new("input", input.clone())]).ok().unwrap();
        let desk = Desk::new(Cx::new("run", "stage", Account::default()));
        Collect { operator: (planned.make)(), input, report: planned.report.unwrap(), desk }
    }

    /// Feeds rows; the baskets that come out, as `key: things`.
    fn feed<'a>(&mut self, rows: impl IntoIterator<Item = Row<'a>>) -> Vec<String> {
        let mut batch = Batch::new(&self.input);
        for (key, sku, quantity) in rows {
            batch.id.push(0);
            batch.born_ns.push(0);
            let row = [Value::Str(key), Value::Str(sku), Value::I64(quantity)];
            batch.columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        }
        self.operator.process(&mut batch, self.desk.cx()).unwrap();
        told(&batch)
    }

    fn finish(&mut self) -> Vec<String> {
        let mut batch = Batch::default();
        self.operator.finish(&mut batch, self.desk.cx()).unwrap();
        told(&batch)
    }

    fn number(&mut self, name: &str) -> i64 {
        let mut batch = Batch::new(&self.report);
        self.operator.report(&mut batch, self.desk.cx()).unwrap();
        match batch.columns[self.report.index(name).unwrap()].value(0) {
            Value::I64(n) => n,
            other => panic!("{other:?}"),
        }
    }

    fn saved(&mut self) -> Vec<u8> {
        let mut state = Vec::new();
        while self.operator.save(&mut Saver::new(&mut state)).unwrap() == Next::Again {}
        state
    }
}

fn told(batch: &Batch) -> Vec<String> {
    let row = |row| match [0, 1, 2].map(|at: usize| batch.columns[at].value(row)) {
        [Value::Str(key), Value::List(things), Value::I64(count)] => {
            assert_eq!(count as usize, things.len());
            format!("{key}: {}", things.join(" "))
        }
        other => panic!("{other:?}"),
    };
    (0..batch.len()).map(row).collect()
}

#[test]
fn a_basket_closes_with_its_count_and_begins_anew() {
    let mut collect = Collect::new("max_count = 2");
    let out = collect.feed([("a", "x", 1), ("a", "x", 1), ("a", "y", 1), ("a", "z", 1), ("b", "x", 1)]);
    assert_eq!(out, ["a: x y"]);
    assert_eq!(collect.finish(), ["a: z", "b: x"]);
}

#[test]
fn the_basket_least_recently_touched_goes_first_and_is_counted() {
    let mut collect = Collect::new("max_open = 2");
    let out = collect.feed([("a", "x", 1), ("b", "x", 1), ("a", "y", 1), ("c", "x", 1), ("d", "x", 1)]);
    assert_eq!(out, ["b: x", "a: x y"]);
    assert_eq!((collect.number("early"), collect.number("open"), collect.number("closed")), (2, 2, 2));
}

#[test]
fn what_is_taken_back_is_out_of_the_basket_and_what_can_not_be_is_counted() {
    let mut collect = Collect::new("retract = \"quantity < 0\"");
    let rows = [
        ("a", "x", 2),
        ("a", "y", 1),
        ("a", "x", -2),
        ("a", "z", -1),
        ("b", "x", 1),
        ("b", "x", -1),
        ("c", "x", -1),
    ];
    assert!(collect.feed(rows).is_empty());
    assert_eq!(collect.finish(), ["a: y"]);
    assert_eq!((collect.number("unmatched"), collect.number("empty")), (2, 1));
}

#[test]
fn a_flood_of_keys_and_one_endless_basket_take_no_more_memory_than_is_allowed() {
    let keys: Vec<String> = (0..50_000).map(|i| format!("k{i}")).collect();
    let mut collect = Collect::new("memory = \"1MiB\"");
    let mut out = 0;
    for some in keys.chunks(1000) {
        out += collect.feed(some.iter().map(|key| (key.as_str(), "thing", 1))).len();
        assert!(collect.saved().len() < 1 << 20);
    }
    assert_eq!(out as i64, collect.number("early"));
    for some in keys.chunks(1000) {
        out += collect.feed(some.iter().map(|thing| ("one", thing.as_str(), 1))).len();
        assert!(collect.saved().len() < 1 << 20);
    }
    out += collect.finish().len();
    assert_eq!(out, 50_000 + 5, "each basket went out once, the endless one in pieces of 10,000 things");
}

/// The invoices of a shop, of which some are cancelled by lines of the same customer.
#[test]
fn real_invoices_are_the_baskets_of_their_lines_and_cancelled_lines_are_taken_back() {
    let Some(path) = shared("data/online_retail_to_2011-05.csv.gz") else { return };
    let file = std::fs::File::open(path).unwrap();
    let mut reader = csv::Reader::from_reader(flate2::read::MultiGzDecoder::new(file));
    let lines: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).take(60_000).collect();
    for (key, retract) in [(0, false), (6, true)] {
        let mut collect = Collect::new(if retract { "retract = \"quantity < 0\"" } else { "" });
        let mut expected: BTreeMap<&str, BTreeMap<&str, i64>> = BTreeMap::new();
        let mut rows = Vec::new();
        for line in &lines {
            let quantity: i64 = line[3].parse().unwrap();
            rows.push((&line[key], &line[1], quantity));
            let there = expected.entry(&line[key]).or_default().entry(&line[1]).or_default();
            *there = if retract && quantity < 0 { (*there - 1).max(0) } else { *there + 1 };
        }
        let mut out: Vec<String> = Vec::new();
        for (at, some) in rows.chunks(777).enumerate() {
            out.extend(collect.feed(some.iter().copied()));
            if at == 40 {
                let state = collect.saved();
                collect = Collect::new(if retract { "retract = \"quantity < 0\"" } else { "" });
                collect.operator.load(&mut Loader::new(&state)).unwrap();
            }
        }
        out.extend(collect.finish());
        let ours: BTreeSet<(String, BTreeSet<String>)> = out
            .iter()
            .map(|row| {
                let (key, things) = row.split_once(": ").unwrap();
                (key.to_string(), things.split(' ').map(str::to_string).collect())
            })
            .collect();
        let theirs: BTreeSet<(String, BTreeSet<String>)> = expected
            .iter()
            .map(|(key, things)| {
                let there = things.iter().filter(|(_, rows)| **rows > 0);
                (key.to_string(), there.flat_map(|(thing, _)| thing.split(' ')).map(str::to_string).collect())
            })
            .filter(|(_, things): &(String, BTreeSet<String>)| !things.is_empty())
            .collect();
        assert!(
            out.len() > 100 && ours == theirs,
            "column {key}: {} baskets, {} expected",
            ours.len(),
            theirs.len()
        );
    }
}
