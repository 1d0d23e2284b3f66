//! What a stage does when a drift, a stop or the going of a key comes between a record and its lesson.

use super::*;
use crate::data::{Schema, Type, Value};
use crate::mining::common::{Lesson, PORTS, Row};
use crate::operator::{Account, Desk as Worker, Input, PortId, Reads};
use crate::params::{self, Problem};
use serde::{Deserialize, Serialize};

/// Answers with the class that is commonest among what it has learned.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Commonest {
    counts: Vec<f64>,
}

impl Classifier for Commonest {
    fn predict(&mut self, _row: Row<'_>, votes: &mut [f64]) {
        votes.iter_mut().zip(&self.counts).for_each(|(vote, count)| *vote = *count);
    }

    fn learn(&mut self, _row: Row<'_>, class: usize, weight: f64) {
        self.counts.resize(self.counts.len().max(class + 1), 0.0);
        self.counts[class] += weight;
    }

    fn fits(&self, _planned: &Commonest) -> bool {
        true
    }

    const COUNTS: &'static [&'static str] = &["depth"];

    fn counts(&self) -> Vec<u64> {
        vec![self.counts.len() as u64]
    }
}

const RECORDS: &[(&str, Type)] =
    &[("id", Type::I64), ("x", Type::F64), ("depth", Type::I64), ("kind", Type::Str), ("late", Type::Bool)];
const LABELS: &[(&str, Type)] = &[("id", Type::I64), ("class", Type::Bool)];

/// The columns of the records: with their label, or without it but with event time.
fn records(later: bool) -> Schema {
    match later {
        true => Schema::of(&RECORDS[..4]).with("ts", Type::Time).with_time(4),
        false => Schema::of(RECORDS),
    }
}

fn checked(text: &str) -> std::result::Result<Given, Vec<Problem>> {
    let lesson: Lesson = params::read(text.parse().expect("parameters are TOML"))?;
    let later = lesson.key.is_some();
    let labels = Schema::of(LABELS).with("ts", Type::Time).with_time(2);
    let mut inputs = vec![Input { role: Some("records".to_string()), ..Input::new("r", records(later)) }];
    if later {
        inputs.push(Input { role: Some("labels".to_string()), ..Input::new("l", labels) });
    }
    let mut problems = Vec::new();
    let given = lesson.check::<Commonest>("commonest", &inputs, &mut problems);
    given.ok_or(problems)
}

/// A stage at work, and all that has left it by its ports.
struct Stage {
    step: Box<dyn Operator>,
    worker: Worker,
    report: Schema,
    out: Batch,
}

impl Stage {
    fn new(text: &str) -> Stage {
        let planned = planned(checked(text).expect("it can be planned"), Commonest::default());
        let ports: Vec<PortId> = (2..).map(PortId).take(planned.ports.len()).collect();
        let mut worker = Worker::new(Cx::new("run", "stage", Account::new(2 + ports.len(), 0, 1)));
        worker.keep(ports.iter().copied().zip(planned.ports.iter().map(|port| Batch::new(&port.schema))));
        worker.set_ports(vec![ports]);
        let report = planned.report.clone().expect("it has a report");
        Stage { step: (planned.make)(), worker, report, out: Batch::new(&planned.output) }
    }

    fn takes(&mut self, role: &str, schema: &Schema, values: &[Value<'_>]) {
        let mut batch = Batch::new(schema);
        batch.id.push(1);
        batch.born_ns.push(1);
        batch.columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value.clone()));
        self.worker.enter(0, &Reads::by_role("commonest", Some(role), schema));
        self.step.process(&mut batch, self.worker.cx()).expect("it works");
        self.out.extend(&batch, 0, batch.len());
    }

    /// A record that comes with its label.
    fn learns(&mut self, late: bool) {
        let record = [Value::I64(1), Value::F64(1.0), Value::I64(1), Value::Str("a"), Value::Bool(late)];
        self.takes("records", &records(false), &record);
    }

    fn record(&mut self, id: i64, hours: i64) {
        let ts = Value::Time(hours * 3_600_000_000_000);
        self.takes(
            "records",
            &records(true),
            &[Value::I64(id), Value::F64(1.0), Value::I64(id), Value::Str("a"), ts],
        );
    }

    fn label(&mut self, id: i64, hours: i64) {
        let schema = Schema::of(LABELS).with("ts", Type::Time).with_time(2);
        let ts = Value::Time(hours * 3_600_000_000_000);
        self.takes("labels", &schema, &[Value::I64(id), Value::Bool(true), ts]);
    }

    fn finish(&mut self, ending: Ending) {
        self.worker.set_ending(ending);
        let mut batch = Batch::default();
        while self.step.finish(&mut batch, self.worker.cx()).expect("it ends") == Next::Again {}
    }

    /// How many rows have left by a port.
    fn left(&mut self, port: &str) -> usize {
        let at = PORTS.iter().position(|of| of.name == port).expect("there is such a port");
        self.worker.parts().sides[2 + at].as_ref().expect("it is read").len()
    }

    /// The first row of the report.
    fn told(&mut self, names: [&str; 4]) -> [i64; 4] {
        let mut rows = Batch::new(&self.report);
        self.step.report(&mut rows, self.worker.cx()).expect("it reports");
        names.map(|name| {
            match rows.columns[self.report.index(name).expect("a column of the report")].value(0) {
                Value::I64(n) => n,
                other => panic!("{name} is {other:?}"),
            }
        })
    }
}

const LATE: &str = "label = \"class\"\nfeatures = [\"x\"]\nkey = \"id\"\n";

#[test]
fn a_model_that_was_reset_learns_again() {
    let mut stage = Stage::new("label = \"late\"\nfeatures = [\"x\"]\nlearn_max = 500\non_drift = \"reset\"");
    (0..1000).for_each(|_| stage.learns(true));
    assert_eq!(stage.told(["learned", "drifts", "n", "unanswered"]), [500, 0, 1000, 1]);
    (0..2000).for_each(|_| stage.learns(false));
    let [learned, drifts, n, unanswered] = stage.told(["learned", "drifts", "n", "unanswered"]);
    assert_eq!((learned, drifts, n, unanswered), (1000, 1, 3000, 1), "it learned as many once more");
}

/// A detector before the model says where a drift is: its column decides, whatever the answers are.
#[test]
fn a_detector_before_the_model_resets_it() {
    let lesson =
        "label = \"kind\"\nfeatures = [\"x\"]\nlearn_max = 500\non_drift = \"reset\"\ndrift = \"late\"";
    let mut stage = Stage::new(lesson);
    (0..1000).for_each(|_| stage.learns(false));
    assert_eq!(stage.told(["learned", "drifts", "n", "unanswered"]), [500, 0, 1000, 1]);
    stage.learns(true);
    (0..1000).for_each(|_| stage.learns(false));
    assert_eq!(stage.told(["learned", "drifts", "n", "drift_at"]), [1000, 1, 2001, 999]);
    for (text, told) in [
        (lesson.replace("\"late\"", "\"x\""), "column \"x\" is f64, and a detector says true or false"),
        (lesson.replace("\"late\"", "\"lat\""), "there is no column \"lat\""),
        (
            lesson.replace("on_drift = \"reset\"", ""),
            "nothing is done about it: say on_drift = \"reset\" or \"report\"",
        ),
    ] {
        let problems = checked(&text).err().expect("refused");
        assert!(problems[0].what.starts_with(told), "{}", problems[0].what);
    }
}

/// What the state has after a stop waits on, and so it may not leave: it would come twice.
#[test]
fn what_waits_at_a_stop_waits_on() {
    for (ending, gone) in [(Ending::Stopped, 0), (Ending::Kept, 0), (Ending::Drained, 1)] {
        let mut stage = Stage::new(LATE);
        stage.record(1, 0);
        stage.label(2, 0);
        stage.finish(ending);
        assert_eq!(["unlabelled", "late_labels"].map(|port| stage.left(port)), [gone; 2], "{ending:?}");
        let told = stage.told(["waiting", "unlabelled", "late_labels", "learned"]);
        let gone = gone as i64;
        assert_eq!(told, [1 - gone, gone, gone, 0], "{ending:?}");
    }
}

/// The model of a key is forgotten before the label comes: the record leaves too, and both are counted.
#[test]
fn a_record_whose_model_is_gone_is_counted() {
    let mut stage = Stage::new(&format!("{}per = \"kind\"\nkeys_max = 1", LATE));
    let kinds = ["a", "b", "a"];
    for (id, kind) in (0..).zip(kinds) {
        let record = [Value::I64(id), Value::F64(1.0), Value::I64(0), Value::Str(kind), Value::Time(0)];
        stage.takes("records", &records(true), &record);
    }
    (0..3).for_each(|id| stage.label(id, 0));
    assert_eq!(["unlabelled", "late_labels"].map(|port| stage.left(port)), [2, 2]);
    let told = stage.told(["waiting", "unlabelled", "late_labels", "learned"]);
    assert_eq!(told, [0, 2, 2, 1], "every record is learned, waits or has left");
}

/// The oldest to come is not the oldest by event time, and hides who has waited for too long.
#[test]
fn who_has_waited_too_long_is_not_found_behind_a_newer_one() {
    let mut stage = Stage::new(&format!("{LATE}wait = {{ time = \"7d\" }}"));
    stage.record(1, 1000);
    stage.label(7, 1000);
    stage.label(8, 1);
    stage.record(9, 1);
    stage.record(8, 1000);
    stage.label(9, 2);
    stage.record(7, 1001);
    let told = stage.told(["waiting", "unlabelled", "late_labels", "learned"]);
    assert_eq!(told, [2, 1, 1, 1], "7 is learned, 1 and 8 wait; of 9 the label waits, of 8 it has gone");
}

#[test]
fn a_column_that_the_report_has_twice_is_refused() {
    let problems = checked("label = \"late\"\nfeatures = [\"x\"]\nper = \"depth\"").err().expect("refused");
    assert_eq!(problems[0].what, "\"depth\" is a column of the report (rename it)");
    assert_eq!((problems.len(), &problems[0].path[0][..]), (1, "per"));
}

#[test]
fn the_label_is_no_key_of_labels() {
    let text =
        "label = \"class\"\nfeatures = [\"x\"]\nkey = [\"id\", \"depth\"]\nlabel_key = [\"id\", \"class\"]";
    let problems = checked(text).err().expect("refused");
    assert_eq!(problems[0].what, "\"class\" is the label, which is what is to be foretold");
    assert_eq!(problems[0].path, ["label_key", "1"]);
}

#[test]
fn a_state_is_of_what_the_topology_says() {
    let names = |text: &str| checked(text).expect("it can be planned").names();
    let all =
        "label = \"class\"\nfeatures = [\"x\"]\nnominal = [\"kind\"]\nkey = \"id\"\non_drift = \"reset\"";
    let ours = "class bool (seed 1, on_drift reset, key id i64 as id i64, wait 100000 or 168h)";
    assert_eq!(names(all), ["x", "kind str", ours]);
    assert_ne!(names(all), names(&all.replace("reset", "report")));
    assert_ne!(names(all), names(&format!("{all}\nwait = {{ records = 7 }}")));
}
