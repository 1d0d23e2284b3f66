//! The tree learners: against other people's results on real data, and what they say of themselves.

mod data;
mod made;

use crate::shared::shared;
use data::Data;
use sluicebox::data::state::{Loader, Saver};
use sluicebox::data::{Batch, Value};
use sluicebox::operator::{Account, Cx, Input, Next, Operator, Planned};
use sluicebox::registry;
use std::collections::HashMap;

const ALL: [&str; 3] = ["hoeffding_tree", "adaptive_hoeffding_tree", "adaptive_random_forest"];

fn planned(operator: &str, data: &Data, params: &str) -> Result<Planned, Vec<String>> {
    let (_, spec) = registry::find(operator, false).unwrap();
    let params = format!("label = \"class\"\n{params}").parse().unwrap();
    let told = (spec.plan)(params, &[Input::new("input", data.schema.clone())]);
    told.map_err(|problems| {
        problems.into_iter().map(|problem| format!("{}: {}", problem.path.join("."), problem.what)).collect()
    })
}

/// A learner at work.
struct Running {
    planned: Planned,
    operator: Box<dyn Operator>,
    cx: Cx,
}

impl Running {
    fn new(operator: &str, data: &Data, params: &str) -> Running {
        let planned = planned(operator, data, params).unwrap();
        let cx = Cx::new("run", "stage", Account::default());
        Running { operator: (planned.make)(), planned, cx }
    }

    fn learn(&mut self, data: &Data, from: usize, to: usize) -> Batch {
        let mut batch = data.batch(from, to);
        self.operator.process(&mut batch, &mut self.cx).unwrap();
        batch
    }

    fn learn_all(&mut self, data: &Data) {
        for from in (0..data.len()).step_by(1000) {
            self.learn(data, from, (from + 1000).min(data.len()));
        }
    }

    /// All rows of its report, by column.
    fn report(&mut self) -> HashMap<String, Vec<Value<'static>>> {
        let schema = self.planned.report.clone().unwrap();
        let mut all: HashMap<String, Vec<Value<'static>>> = HashMap::new();
        loop {
            let mut piece = Batch::new(&schema);
            let next = self.operator.report(&mut piece, &mut self.cx).unwrap();
            for (field, column) in schema.fields.iter().zip(&piece.columns) {
                let values = (0..column.len()).map(|row| owned(column.value(row)));
                all.entry(field.name.clone()).or_default().extend(values);
            }
            if next == Next::End {
                return all;
            }
        }
    }

    fn score(&mut self, name: &str) -> f64 {
        number(&self.report()[name][0])
    }

    fn saved(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while self.operator.save(&mut Saver::new(&mut bytes)).unwrap() == Next::Again {}
        bytes
    }
}

fn owned(value: Value<'_>) -> Value<'static> {
    match value {
        Value::Str(text) => Value::Str(text.to_string().leak()),
        Value::F64(x) => Value::F64(x),
        Value::I64(n) => Value::I64(n),
        Value::Bool(b) => Value::Bool(b),
        _ => Value::Null,
    }
}

fn number(value: &Value<'_>) -> f64 {
    match value {
        Value::F64(x) => *x,
        Value::I64(n) => *n as f64,
        other => panic!("{other:?} is no number"),
    }
}

fn text<'a>(value: &Value<'a>) -> &'a str {
    match value {
        Value::Str(text) => text,
        other => panic!("{other:?} is no text"),
    }
}

/// The worse of River's and MOA's accuracy and Kappa.
fn bar(model: &str, data: &str) -> Option<(f64, f64)> {
    let mut reader = csv::Reader::from_path(shared("references/classification_dev.csv")?).unwrap();
    let head = reader.headers().unwrap().clone();
    let at = |column: &str| head.iter().position(|name| name == column).unwrap();
    let (mut accuracy, mut kappa) = (f64::INFINITY, f64::INFINITY);
    for row in reader.records().map(Result::unwrap) {
        if row[at("model")] == *model && row[at("dataset")] == *data {
            accuracy = accuracy.min(row[at("accuracy")].parse().unwrap());
            kappa = kappa.min(row[at("kappa")].parse().unwrap());
        }
    }
    assert!(accuracy.is_finite() && kappa.is_finite(), "others have results of {model} on {data}");
    Some((accuracy, kappa))
}

/// Learns a data set once for each seed; the mean accuracy and Kappa must be near those of others.
fn compare(operator: &str, model: &str, name: &str, seeds: u64, least: (f64, f64)) {
    let (Some(data), Some((accuracy, kappa))) = (data::read(name), bar(model, name)) else { return };
    let (mut ours, mut our_kappa) = (0.0, 0.0);
    for seed in 1..=seeds {
        let mut running = Running::new(operator, &data, &format!("seed = {seed}"));
        running.learn_all(&data);
        ours += running.score("accuracy") / seeds as f64;
        our_kappa += running.score("kappa") / seeds as f64;
    }
    println!("{operator} on {name}: {ours:.4} / {our_kappa:.4}, others {accuracy:.4} / {kappa:.4}");
    assert!(ours >= accuracy - least.0, "{operator} on {name}: accuracy {ours}, others {accuracy}");
    assert!(our_kappa >= kappa - least.1, "{operator} on {name}: Kappa {our_kappa}, others {kappa}");
}

#[test]
fn a_hoeffding_tree_is_as_good_as_those_of_others() {
    for name in ["elec2", "sea40k", "phishing", "covtype100k", "flights100k"] {
        compare("hoeffding_tree", "HT", name, 1, (0.010, 0.02));
    }
}

#[test]
fn an_adaptive_tree_is_as_good_as_those_of_others() {
    for name in ["elec2", "sea40k", "phishing", "covtype100k", "flights100k"] {
        compare("adaptive_hoeffding_tree", "HAT", name, 2, (0.015, 0.04));
    }
}

/// The mean of five seeds.
#[test]
fn a_forest_is_as_good_as_those_of_others_on_prices_of_electricity() {
    compare("adaptive_random_forest", "ARF10", "elec2", 5, (0.015, 0.04));
}

#[test]
fn a_forest_is_as_good_as_those_of_others_on_what_was_made() {
    compare("adaptive_random_forest", "ARF10", "sea40k", 5, (0.015, 0.04));
}

#[test]
fn a_forest_is_as_good_as_those_of_others_on_few_records() {
    compare("adaptive_random_forest", "ARF10", "phishing", 5, (0.015, 0.04));
}

#[test]
fn a_forest_is_as_good_as_those_of_others_on_seven_classes() {
    compare("adaptive_random_forest", "ARF10", "covtype100k", 1, (0.015, 0.04));
}

#[test]
fn a_forest_is_as_good_as_those_of_others_on_many_names() {
    compare("adaptive_random_forest", "ARF10", "flights100k", 1, (0.015, 0.04));
}

/// The first split of River 0.26.1's `HoeffdingTreeClassifier` on the first 1,000 records: made of the first 200.
#[test]
fn the_tree_is_told_and_begins_as_that_of_river() {
    let Some(data) = data::read("elec2") else { return };
    let mut running = Running::new("hoeffding_tree", &data, "explain = \"tree\"");
    running.learn(&data, 0, 1000);
    let report = running.report();
    assert_eq!(text(&report["feature"][0]), "nswprice");
    assert!((number(&report["cut"][0]) - 0.068_681_363_636_363_64).abs() < 1e-12);
    let conditions = ["nswprice <= 0.0686813636363636", "nswprice > 0.0686813636363636"];
    for (condition, expected) in report["condition"][1..].iter().zip(conditions) {
        assert!(text(condition).starts_with(expected), "{condition:?}");
    }
    running.learn_all(&data);
    let report = running.report();
    let nodes = report["node"].len();
    let depths: Vec<f64> = report["depth"].iter().map(number).collect();
    for row in 1..nodes {
        // A node's parent is the last one before it that is one level higher.
        let parent = (0..row).rev().find(|above| depths[*above] == depths[row] - 1.0).unwrap();
        assert_eq!(report["parent"][row], report["node"][parent], "row {row}");
        let line = text(&report["text"][row]);
        assert!(line.trim_start().starts_with(text(&report["condition"][row])), "{line}");
        assert_eq!(line.len() - line.trim_start().len(), 2 * depths[row] as usize);
    }
    assert!(nodes > 20 && depths.iter().any(|depth| *depth > 3.0));
}

#[test]
fn importance_is_of_the_features_that_decide_and_the_way_of_a_record_is_told() {
    let data = made::turning(20_000, 1);
    for operator in ALL {
        let mut running = Running::new(operator, &data, "explain = \"importance\"\npath = true");
        running.learn(&data, 0, 9000);
        let out = running.learn(&data, 9000, 9001);
        let Value::List(path) = out.columns.last().unwrap().value(0) else { panic!("no path") };
        assert!(!path.is_empty(), "{operator}");
        assert_eq!(path[0].starts_with("tree 0: "), operator == "adaptive_random_forest", "{path:?}");
        let report = running.report();
        let all: Vec<(&str, f64)> =
            report["feature"].iter().map(text).zip(report["importance"].iter().map(number)).collect();
        assert!((all.iter().map(|(_, share)| share).sum::<f64>() - 1.0).abs() < 1e-9);
        assert!(all.is_sorted_by(|a, b| a.1 >= b.1));
        let of = |name: &str| all.iter().find(|(feature, _)| *feature == name).unwrap().1;
        assert!(of("a").min(of("b")) > 2.0 * of("noise"), "{operator}: {all:?}");
    }
}

#[test]
fn a_rule_that_turns_is_learned_anew_by_those_that_adapt() {
    let data = made::turning(20_000, 2);
    let late = |operator: &str| {
        let mut running = Running::new(operator, &data, "window = 2000");
        running.learn_all(&data);
        running.score("window_accuracy")
    };
    let [plain, adaptive, forest] = ALL.map(late);
    println!("after the turn: {plain} {adaptive} {forest}");
    assert!(adaptive > plain + 0.02 && forest > plain + 0.02);
}

#[test]
fn what_was_saved_goes_on_as_if_nothing_had_been() {
    let data = made::turning(16_000, 3);
    for operator in ALL {
        let mut whole = Running::new(operator, &data, "");
        let mut first = Running::new(operator, &data, "");
        whole.learn(&data, 0, 9_500);
        for from in (0..9_500).step_by(500) {
            first.learn(&data, from, from + 500);
        }
        let bytes = first.saved();
        assert_eq!(whole.saved(), bytes, "{operator}: however batches are cut");
        let mut second = Running::new(operator, &data, "");
        second.operator.load(&mut Loader::new(&bytes)).unwrap();
        assert_eq!(second.saved(), bytes, "{operator}");
        assert_eq!(whole.learn(&data, 9_500, 16_000), second.learn(&data, 9_500, 16_000), "{operator}");
        assert_eq!(whole.saved(), second.saved(), "{operator}");
        let mut other = Running::new(operator, &data, "grace_period = 77");
        let told = other.operator.load(&mut Loader::new(&bytes)).unwrap_err();
        assert!(told.sentence.contains("start without it"), "{}", told.sentence);
    }
}

#[test]
fn several_threads_answer_and_learn_as_one_does() {
    let data = made::turning(16_000, 4);
    let forest = |threads: usize| {
        Running::new("adaptive_random_forest", &data, &format!("threads = {threads}\nlearn_max = 15500"))
    };
    let (mut one, mut three) = (forest(1), forest(3));
    // The first batches are small, and new classes come in the first.
    let cuts = [0, 7, 40, 1000, 3000, 9000, 16_000];
    for cut in cuts.windows(2) {
        assert_eq!(one.learn(&data, cut[0], cut[1]), three.learn(&data, cut[0], cut[1]), "{cut:?}");
    }
    assert_eq!(one.report(), three.report());
    assert!(number(&one.report()["drifts"][0]) > 0.0, "trees were replaced meanwhile");
    let bytes = one.saved();
    assert!(bytes == three.saved());
    let mut more = forest(2);
    more.operator.load(&mut Loader::new(&bytes)).unwrap();
    assert_eq!(one.learn(&data, 0, 2000), more.learn(&data, 0, 2000));
    assert!(one.saved() == more.saved());
}

#[test]
fn what_is_wrong_is_told() {
    let data = made::turning(10, 1);
    let told = |operator: &str, params: &str| planned(operator, &data, params).err().unwrap().join("\n");
    assert!(told("hoeffding_tree", "memory_max = \"1KiB\"").contains("\"64KiB\" to \"512MiB\""));
    let both = told("hoeffding_tree", "explain = \"tree\"\nreport = \"classes\"");
    assert!(both.contains("leave one out"), "{both}");
    assert!(told("hoeffding_tree", "leaf_prediction = \"nba\"").contains("adaptive"));
}
