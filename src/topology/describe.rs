//! A checked topology in words: what `check` prints when nothing is wrong.

use super::Checked;
use super::limits::MAX_REJECTS;
use super::plan::{Inlet, Placement, Plan, Stage, Wait};
use crate::data::Schema;
use crate::wire::endpoint::Engine;
use serde_json::{Value, json};
use std::fmt::Write;

/// For a person: the stages in the order of the file, the columns of each edge, and the types that sources found,
/// as lines to paste.
///
/// ```text
/// orders: 3 stages, 4 workers
///
/// orders = shop
///   out: order_id i64, ts time
/// clean = filter + derive, 2 workers, from orders
///   out: order_id i64, ts time, amount f64
/// store = sqlite, from clean
///   results: out/orders.db
///
/// types found by looking at the data; say them in the file and they can't change:
///   orders: types = { order_id = "i64", ts = "time" }
/// ```
pub fn describe(checked: &Checked) -> String {
    let plan = &checked.plan;
    let workers = plan.workers().count();
    let count = |n: usize, noun: &str| format!("{n} {noun}{}", if n == 1 { "" } else { "s" });
    let mut text =
        format!("{}: {}, {}\n\n", plan.name, count(plan.stages.len(), "stage"), count(workers, "worker"));
    for stage in &plan.stages {
        line(&mut text, format_args!("{}", head(plan, stage)));
        if !stage.sink {
            line(&mut text, format_args!("  out: {}", stage.output()));
        }
        for (id, port) in stage.all_ports().filter(|(_, port)| port.of.is_some()) {
            let name = stage.port_suffix(id);
            line(&mut text, format_args!("  {}: {}", name.trim_start_matches('/'), port.schema));
        }
        if !stage.results.is_empty() {
            line(&mut text, format_args!("  results: {}", stage.results.join(", ")));
        }
    }
    if !checked.sampled.is_empty() {
        text.push_str("\ntypes found by looking at the data; say them in the file and they can't change:\n");
    }
    for (name, schema) in &checked.sampled {
        line(&mut text, format_args!("  {name}: {}", types(schema)));
    }
    text
}

/// For a program: `{"name","stages":[…],"types"}`, a stage as
/// `{"name","operators","from","roles","workers","by","limits","placement","upkeep","out","report","ports","results"}`,
/// its keys by groups, columns as `{"name","type"}` in order, absent ones null; `roles` says `{"role","by"}` of each
/// entry of `from`.
pub fn describe_json(checked: &Checked) -> Value {
    let plan = &checked.plan;
    let columns = |schema: &Schema| -> Value {
        schema.fields.iter().map(|field| json!({ "name": field.name, "type": field.of.name() })).collect()
    };
    let ports = |stage: &Stage| -> Value {
        let own = stage.all_ports().filter(|(_, port)| port.of.is_some());
        let named = own.map(|(id, port)| {
            (stage.port_suffix(id).trim_start_matches('/').to_string(), columns(&port.schema))
        });
        Value::Object(named.collect())
    };
    let stage = |stage: &Stage| {
        json!({
            "name": stage.name,
            "operators": operators(stage),
            "from": from(plan, stage),
            "roles": roles(stage),
            "workers": stage.workers,
            "by": stage.inlets.first().map_or(&[][..], |inlet| &inlet.by),
            "limits": stage.limits,
            "placement": stage.placement,
            "upkeep": stage.upkeep,
            "out": (!stage.sink).then(|| columns(stage.output())),
            "report": stage.port("report").map(|port| columns(&stage.ports[port.index()].schema)),
            "ports": ports(stage),
            "results": stage.results,
        })
    };
    let types: serde_json::Map<String, Value> =
        checked.sampled.iter().map(|(name, schema)| (name.clone(), types(schema).into())).collect();
    json!({
        "name": plan.name,
        "stages": plan.stages.iter().map(stage).collect::<Value>(),
        "types": types,
    })
}

/// The `types` line of a source that has these columns.
pub fn types(schema: &Schema) -> String {
    let types = schema.fields.iter().map(|field| format!("{} = \"{}\"", key(&field.name), field.of));
    format!("types = {{ {} }}", types.collect::<Vec<_>>().join(", "))
}

/// A name as a key, in quotes where it needs them.
pub(crate) fn key(name: &str) -> String {
    let line = toml::Table::from_iter([(name.to_string(), toml::Value::Boolean(true))]).to_string();
    line.trim_end().trim_end_matches(" = true").to_string()
}

fn head(plan: &Plan, stage: &Stage) -> String {
    let mut head = format!("{} = {}", stage.name, operators(stage).join(" + "));
    if stage.workers > 1 {
        let _ = write!(head, ", {} workers", stage.workers);
    }
    let by: Vec<String> = by(stage).iter().map(|(role, by)| as_role(&by.join(", "), *role)).collect();
    if !by.is_empty() {
        let _ = write!(head, " by {}", by.join(", "));
    }
    if !stage.inlets.is_empty() {
        let from = from(plan, stage).into_iter().zip(&stage.inlets);
        let from: Vec<String> = from.map(|(name, inlet)| as_role(&name, inlet.role.as_deref())).collect();
        let (watched, read): (Vec<_>, Vec<_>) =
            from.iter().zip(&stage.inlets).partition(|(_, inlet)| inlet.watch);
        for (word, all) in [("from", read), ("watching", watched)] {
            let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
            if !names.is_empty() {
                let _ = write!(head, ", {word} {}", names.join(", "));
            }
        }
    }
    if stage.limits.max_rejects != MAX_REJECTS {
        let _ = write!(head, ", max_rejects {}", stage.limits.max_rejects);
    }
    head + &placed(&stage.placement)
}

/// What is said of a stage's place that is not the usual.
fn placed(placement: &Placement) -> String {
    let Placement { engine, wait, process, cpus } = placement;
    let mut text = process.as_ref().map_or(String::new(), |name| format!(", in process {name}"));
    if *engine == Engine::Libzmq {
        text += ", over libzmq";
    }
    text += match wait {
        Wait::Park => "",
        Wait::Adaptive => ", waits adaptively",
        Wait::Spin => ", spins",
    };
    if !cpus.is_empty() {
        text +=
            &format!(", on processors {}", cpus.iter().map(usize::to_string).collect::<Vec<_>>().join(", "));
    }
    text
}

/// What each entry of `from` is, where it is read by role.
fn roles(stage: &Stage) -> Option<Value> {
    let role = |inlet: &Inlet| Some(json!({ "role": inlet.role.as_ref()?, "by": inlet.by }));
    let roles: Vec<Value> = stage.inlets.iter().filter_map(role).collect();
    (!roles.is_empty()).then(|| roles.into())
}

/// The columns that choose a worker, once for all or once a role.
fn by(stage: &Stage) -> Vec<(Option<&str>, &[String])> {
    let all = stage.inlets.iter().map(|inlet| (inlet.role.as_deref(), inlet.by.as_slice()));
    let mut by: Vec<_> = Vec::new();
    for one in all.filter(|(_, by)| !by.is_empty()) {
        if !by.contains(&one) {
            by.push(one);
        }
    }
    by
}

/// A stream or a column as what it is read: `refunds as labels`.
fn as_role(name: &str, role: Option<&str>) -> String {
    role.map_or(name.to_string(), |role| format!("{name} as {role}"))
}

fn operators(stage: &Stage) -> Vec<&str> {
    stage.steps.iter().map(|step| step.operator.as_str()).collect()
}

fn from(plan: &Plan, stage: &Stage) -> Vec<String> {
    let said = |inlet: &Inlet| {
        let stage = &plan.stages[inlet.stage];
        format!("{}{}", stage.name, stage.port_suffix(inlet.port))
    };
    stage.inlets.iter().map(said).collect()
}

/// A line of text; writing to a string can't fail.
fn line(text: &mut String, words: std::fmt::Arguments<'_>) {
    let _ = writeln!(text, "{words}");
}
