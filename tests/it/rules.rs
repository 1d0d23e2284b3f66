//! Frequent itemsets and association rules against other people's results on real baskets, and against what a reader
//! would count by hand.
//!
//! The itemsets are mlxtend's fpgrowth, the rules its association_rules: any consequent. What arules tells are those of
//! them with one item in the consequent.

mod bounds;
mod modes;
mod references;

use crate::shared::shared;
use sluicebox::data::state::Saver;
use sluicebox::data::{Batch, Schema, Type, Value};
use sluicebox::operator::{Account, Cx, Desk, Input, Next, Operator};
use sluicebox::registry;
use std::collections::{BTreeMap, BTreeSet};

/// An operator that reads baskets.
pub struct Miner {
    operator: Box<dyn Operator>,
    input: Schema,
    output: Schema,
    report: Schema,
    desk: Desk,
}

/// A row: texts of a list joined by `|`, other values as they print.
pub type Row = BTreeMap<String, String>;

impl Miner {
    pub fn new(operator: &str, params: &str) -> Miner {
        let (_, spec) = registry::find(operator, false).unwrap();
        let input = Schema::of(&[("basket", Type::List), ("at", Type::Time)]).with_time(1);
        let params = format!("items = \"basket\"\n{params}").parse().unwrap();
        let planned = (spec.plan)(params, &[Input::new("input", input.clone())]);
        let planned = planned.map_err(|problems| format!("{problems:?}")).ok().unwrap();
        let desk = Desk::new(Cx::new("run", "stage", Account::default()));
        let (output, report) = (planned.output.clone(), planned.report.clone().unwrap());
        Miner { operator: (planned.make)(), input, output, report, desk }
    }

    /// Feeds baskets, each with its time in seconds; what comes out.
    pub fn feed<'a>(&mut self, baskets: impl IntoIterator<Item = (Vec<&'a str>, i64)>) -> Vec<Row> {
        let mut batch = Batch::new(&self.input);
        for (basket, at) in baskets {
            batch.id.push(0);
            batch.born_ns.push(0);
            batch.columns[0].push(Value::List(basket));
            batch.columns[1].push(Value::Time(at * 1_000_000_000));
        }
        self.operator.process(&mut batch, self.desk.cx()).unwrap();
        self.rows(&batch)
    }

    pub fn finish(&mut self) -> Vec<Row> {
        let mut batch = Batch::new(&self.output);
        self.operator.finish(&mut batch, self.desk.cx()).unwrap();
        self.rows(&batch)
    }

    /// How many bytes its state has.
    pub fn saved(&mut self) -> usize {
        let mut state = Vec::new();
        while self.operator.save(&mut Saver::new(&mut state)).unwrap() == Next::Again {}
        state.len()
    }

    fn rows(&self, batch: &Batch) -> Vec<Row> {
        let row = |row| {
            let cells = self.output.names().zip(&batch.columns);
            cells.map(|(name, column)| (name.to_string(), text(&column.value(row)))).collect()
        };
        (0..batch.len()).map(row).collect()
    }

    /// A number of the report.
    pub fn told(&mut self, name: &str) -> i64 {
        let mut batch = Batch::new(&self.report);
        self.operator.report(&mut batch, self.desk.cx()).unwrap();
        match batch.columns[self.report.index(name).unwrap()].value(0) {
            Value::I64(n) => n,
            other => panic!("{other:?}"),
        }
    }
}

fn text(value: &Value<'_>) -> String {
    match value {
        Value::List(items) => items.join("|"),
        Value::I64(n) => n.to_string(),
        Value::F64(x) => x.to_string(),
        Value::Time(ns) => (ns / 1_000_000_000).to_string(),
        Value::Str(text) => (*text).to_string(),
        Value::Null => "NULL".to_string(),
        other => panic!("{other:?}"),
    }
}

/// Baskets of a file of lines, `tid,item`, in the order of their first lines.
pub fn baskets(lines: impl Iterator<Item = (String, String)>) -> Vec<BTreeSet<String>> {
    let (mut all, mut places) = (Vec::new(), BTreeMap::new());
    for (tid, item) in lines {
        let at = *places.entry(tid).or_insert_with(|| {
            all.push(BTreeSet::new());
            all.len() - 1
        });
        all[at].insert(item);
    }
    all
}

/// The baskets of a data set of the shared folder, with items renamed by `rename`.
pub fn read(name: &str, rename: impl Fn(&str) -> String) -> Option<Vec<BTreeSet<String>>> {
    if name == "online_retail_h1" {
        let file = std::fs::File::open(shared("data/online_retail_to_2011-05.csv.gz")?).unwrap();
        let mut reader = csv::Reader::from_reader(flate2::read::MultiGzDecoder::new(file));
        let sold = |row: &csv::StringRecord| {
            !row[0].starts_with('C')
                && row[1].starts_with(|c: char| c.is_ascii_digit())
                && !row[3].starts_with(['-', '0'])
        };
        let rows = reader.records().map(Result::unwrap).filter(sold);
        return Some(baskets(rows.map(|row| (row[0].to_string(), rename(&row[1])))));
    }
    let mut reader = csv::Reader::from_path(shared(&format!("data/{name}.csv"))?).unwrap();
    Some(baskets(reader.records().map(Result::unwrap).map(|row| (row[0].to_string(), rename(&row[1])))))
}

/// The same, as an operator gets them.
pub fn given(baskets: &[BTreeSet<String>]) -> impl Iterator<Item = (Vec<&str>, i64)> {
    baskets.iter().map(|basket| (basket.iter().map(String::as_str).collect(), 0))
}
