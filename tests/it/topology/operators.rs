//! Operators that do nothing but have cards: what the checks of a topology need of them.

use sluicebox::data::{Batch, Schema, Type};
use sluicebox::error::{Error, Result};
use sluicebox::operator::{self, Cx, Input, Inputs, Next, Operator, PlanResult, Planned, Spec};
use sluicebox::params::{self, JsonSchema, Params, Problem};
use sluicebox::topology::Rooms;

pub const ROOMS: &Rooms = &[
    ("ingest", &[&SHOP, &CSV_SOURCE]),
    ("preprocess", &[&FILTER, &DERIVE]),
    ("mining", &[&KMEANS]),
    ("storage", &[&SQLITE, &CSV_SINK, &NULL]),
];

struct Nothing;

impl Operator for Nothing {
    fn process(&mut self, _: &mut Batch, _: &mut Cx) -> Result<Next> {
        Ok(Next::Wait)
    }
}

const fn card(name: &'static str, plan: fn(Params, &[Input]) -> PlanResult) -> Spec {
    Spec::new(name, "", "", plan)
}

const SHOP: Spec = card("shop", |params, inputs| {
    #[derive(serde::Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Shop {
        seed: Option<u64>,
        count: Option<u64>,
        rate: Option<sluicebox::units::Rate>,
    }
    assert!(inputs.is_empty(), "a source without a sample has no input");
    let Shop { seed: _seed, count: _count, rate: _rate } = params::read(params)?;
    let columns = [
        ("order_id", Type::I64),
        ("ts", Type::Time),
        ("customer_id", Type::I64),
        ("sku", Type::Str),
        ("quantity", Type::I64),
        ("unit_price", Type::F64),
    ];
    Ok(Planned::new(Schema::of(&columns), || Nothing))
})
.reads(Inputs::None)
.paced("rate");

#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct File {
    path: String,
    #[schemars(with = "Option<std::collections::BTreeMap<String, Type>>")]
    types: Option<Params>,
}

/// Finds the columns that its path names.
const CSV_SOURCE: Spec = card("csv", |params, inputs| {
    params::read::<File>(params)?;
    assert_eq!(inputs[0].name, "sample");
    Ok(Planned::new(inputs[0].schema.clone(), || Nothing))
})
.reads(Inputs::None)
.place("path")
.typed("types")
.sample(|params| {
    let File { path, types: _types } =
        params::read(params.clone()).map_err(|problems| Error::usage(problems[0].what.clone()))?;
    if path == "missing.csv" {
        return Err(Error::failed("cannot open missing.csv: no such file or directory"));
    }
    Ok(path.split(' ').fold(Schema::default(), |schema, name| schema.with(name, Type::I64)).into())
});

/// `where = "COLUMN > …"`.
const FILTER: Spec = card("filter", |params, inputs| {
    #[derive(serde::Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Filter {
        r#where: String,
    }
    let Filter { r#where: text } = params::read(params)?;
    let schema = &inputs[0].schema;
    let offset = text.len() - text.trim_start().len();
    let name = text.trim_start().split(' ').next().unwrap_or_default();
    operator::column(schema, "where", name)
        .map_err(|problem| vec![Problem { offset: Some(offset), ..problem }])?;
    Ok(Planned::new(schema.clone(), || Nothing))
});

/// `fields = { NAME = "COLUMN" }`: a column of another name.
const DERIVE: Spec = card("derive", |params, inputs| {
    #[derive(serde::Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Derive {
        #[schemars(with = "std::collections::BTreeMap<String, String>")]
        fields: Params,
    }
    let Derive { fields } = params::read(params)?;
    let mut schema = inputs[0].schema.clone();
    let mut problems = Vec::new();
    for (name, of) in &fields {
        match operator::column(&schema, name, of.as_str().unwrap_or_default()) {
            Ok(at) => schema = schema.clone().with(name, schema.fields[at].of),
            Err(problem) => {
                problems.push(Problem { path: vec!["fields".to_string(), name.clone()], ..problem })
            }
        }
    }
    if problems.is_empty() { Ok(Planned::new(schema, || Nothing)) } else { Err(problems) }
});

const KMEANS: Spec = card("kmeans", |params, inputs| {
    #[derive(serde::Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Kmeans {
        k: i64,
        features: Vec<String>,
    }
    let Kmeans { k, features } = params::read(params)?;
    let schema = &inputs[0].schema;
    let mut report = Schema::of(&[("cluster", Type::I64)]);
    for (index, name) in features.iter().enumerate() {
        let at = operator::numeric(schema, "features", name).map_err(|problem| {
            vec![Problem { path: vec!["features".to_string(), format!("[{index}]")], ..problem }]
        })?;
        report = report.with(name, schema.fields[at].of);
    }
    if k < 1 {
        return Err(vec![Problem::at("k", "k must be at least 1")]);
    }
    let output = schema.clone().with("cluster", Type::I64);
    Ok(Planned { report: Some(report), stateful: true, ..Planned::new(output, || Nothing) })
});

const WHY: &str = "several would write over each other";
const SQLITE: Spec = card("sqlite", store).reads(Inputs::Any).alone(WHY).place("path");
const CSV_SINK: Spec = card("csv", store).alone(WHY).place("path");
const NULL: Spec = card("null", |_, _| Ok(Planned::new(Schema::default(), || Nothing))).reads(Inputs::Any);

fn store(params: Params, _: &[Input]) -> PlanResult {
    let File { path, .. } = params::read(params)?;
    let full = path == "full.db";
    let look = move || if full { Err(Error::usage("full.db holds rows already")) } else { Ok(()) };
    let planned = Planned::new(Schema::default(), || Nothing);
    Ok(Planned { results: vec![path], preflight: Some(Box::new(look)), ..planned })
}
