//! A source without a stage around it: planned, driven call by call, and its rows collected.

use sluicebox::data::{Batch, Field, Schema, render};
use sluicebox::error::Result;
use sluicebox::operator::{
    Account, Cx, Desk, Input, Next, Operator, Planned, PortId, Reads, SOURCE_POSITION_BYTES_MAX, Sample,
};
use sluicebox::params::{Params, Problem};
use sluicebox::registry;

/// A planned source and what became of its records so far.
pub struct Source {
    pub schema: Schema,
    pub desk: Desk,
    pub operator: Box<dyn Operator>,
    pub batch: Batch,
    /// Every row, as its cells in CSV form.
    pub rows: Vec<Vec<String>>,
    pub ids: Vec<u64>,
    name: &'static str,
}

/// What `sample` says to these parameters.
pub fn sample(name: &str, params: &str) -> Result<Sample> {
    let (_, spec) = registry::find(name, true).expect("the source is registered");
    (spec.sample.expect("it samples"))(&params.parse().unwrap())
}

/// Plans a source as `check` does: sample, then plan.
pub fn plan(name: &str, params: &str) -> std::result::Result<Planned, Vec<Problem>> {
    let (_, spec) = registry::find(name, true).expect("the source is registered");
    let params: Params = params.parse().unwrap();
    let schema = spec.sample.map(|sample| sample(&params).unwrap().schema);
    let inputs: Vec<Input> = schema.into_iter().map(|schema| Input::new("sample", schema)).collect();
    (spec.plan)(params, &inputs)
}

/// The keys and words of what is wrong with parameters.
pub fn problems(name: &str, params: &str) -> Vec<String> {
    let Err(problems) = plan(name, params) else { return Vec::new() };
    let told = |problem: &Problem| {
        let nearest = problem.nearest.as_ref().map(|near| format!(" -> {near}")).unwrap_or_default();
        format!("{}: {}{nearest}", problem.path.join("."), problem.what)
    };
    problems.iter().map(told).collect()
}

impl Source {
    pub fn new(name: &str, params: &str) -> Source {
        Source::resumed(name, params, Account::default())
    }

    /// A source that goes on from an account, as after a restart.
    pub fn resumed(name: &str, params: &str, account: Account) -> Source {
        let planned = plan(name, params).unwrap_or_else(|problems| panic!("{problems:?}"));
        let (_, spec) = registry::find(name, true).expect("the source is registered");
        let mut cx = Cx::new("run", "stage", account);
        cx.position_bytes_max = SOURCE_POSITION_BYTES_MAX;
        let mut desk = Desk::new(cx);
        desk.keep([(PortId::REJECTED, Batch::new(&Cx::rejected_schema()))]);
        Source {
            desk,
            operator: (planned.make)(),
            batch: Batch::default(),
            schema: planned.output,
            rows: Vec::new(),
            ids: Vec::new(),
            name: spec.name,
        }
    }

    /// One call.
    pub fn step(&mut self) -> Result<Next> {
        self.batch.clear();
        self.desk.enter(0, &Reads::of(self.name, &Schema::default()));
        let next = self.operator.process(&mut self.batch, self.desk.cx())?;
        assert!(
            self.batch.columns.iter().map(|column| column.of()).eq(self.schema.fields.iter().map(|f| f.of))
        );
        assert!(self.batch.columns.iter().all(|column| column.len() == self.batch.len()));
        assert!(
            self.batch.len() <= self.desk.cx().records_max && self.batch.born_ns.len() == self.batch.len()
        );
        for row in 0..self.batch.len() {
            let cell = |column: &sluicebox::data::Column| {
                let mut text = Vec::new();
                render::text_value(&column.value(row), &mut text);
                String::from_utf8(text).unwrap()
            };
            self.rows.push(self.batch.columns.iter().map(cell).collect());
        }
        self.ids.extend(&self.batch.id);
        Ok(next)
    }

    /// Calls until the end, and checks that the account adds up.
    pub fn run(mut self) -> Result<Source> {
        while self.step()? != Next::End {}
        assert!(self.batch.is_empty(), "the end is told with an empty batch");
        let passed = self.desk.account_mut().out();
        assert!(self.desk.account_mut().positions.len() == 1 && passed >= self.rows.len() as u64);
        self.batch.clear();
        self.operator.finish(&mut self.batch, self.desk.cx())?;
        assert_eq!(self.batch.columns.len(), self.schema.len());
        Ok(self)
    }

    /// How many were rejected, by reason, in the order in which the reasons came up.
    pub fn rejected(&mut self) -> Vec<(String, u64)> {
        self.desk.account_mut().rejected.clone()
    }

    /// What was rejected, as it looked.
    pub fn raw(&mut self) -> Vec<String> {
        let sides = self.desk.parts().sides;
        let rejects = sides[PortId::REJECTED.index()].as_ref().expect("rejects are kept");
        let raw = |row| format!("{:?}", rejects.columns[2].value(row));
        (0..rejects.len()).map(raw).collect()
    }
}

/// The manual page at the top of an operator's file.
pub struct Page(Vec<&'static str>);

impl Page {
    pub fn of(source: &'static str) -> Page {
        let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
        Page(lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect())
    }

    /// The text of the first block with that tag, without the line that names the operator.
    pub fn block(&self, tag: &str) -> String {
        let begin = format!("```{tag}");
        let block =
            self.0.iter().skip_while(|line| **line != begin).skip(1).take_while(|line| **line != "```");
        block.filter(|line| !line.starts_with("operator = ")).map(|line| format!("{line}\n")).collect()
    }

    /// Compares the table with what a source gave.
    pub fn assert_holds(&self, source: &Source) {
        let table: Vec<&&str> = self.0.iter().filter(|line| line.starts_with('|')).collect();
        let fields = &source.schema.fields;
        let of = |field: &Field| if field.is_event_time() { "event_time" } else { field.of.name() };
        let heads: Vec<String> =
            fields.iter().map(|field| format!("{} {} (out)", field.name, of(field))).collect();
        let cell = |text: &String| match text.as_str() {
            "" => "NULL".to_string(),
            text if text.contains(' ') => format!("{text:?}"),
            text => text.to_string(),
        };
        let column = |at: usize| source.rows.iter().map(|row| cell(&row[at])).collect::<Vec<_>>().join(" ");
        let cells: Vec<String> = (0..heads.len()).map(column).collect();
        assert_eq!(*table[0], format!("| {} |", heads.join(" | ")));
        assert_eq!(*table[2], format!("| {} |", cells.join(" | ")));
    }
}
