//! The stage that puts like records together: what its columns are called, and which columns it leaves.

use crate::data::{Field, Schema};
use crate::operator::{Input, Planned};
use crate::params::Params;
use crate::registry::find;
use toml::Value;

/// What `kmeans` adds to a record.
const ADDED: [&str; 2] = ["cluster", "distance"];
/// How many segments there are at first.
pub(super) const K: usize = 4;

pub(super) struct Segments {
    /// Columns that make room for those that are added: their names before and after.
    pub renamed: Vec<(String, String)>,
    /// The measures, as they are called then.
    pub measures: Vec<String>,
    /// Stands before the name of a measure where it is in units of its own spread.
    pub prefix: String,
    /// The columns of its records, and those of its report.
    pub leaves: [Schema; 2],
}

impl Segments {
    /// None where there are no measures, or such that the operators do not take.
    pub(super) fn of(schema: &Schema, measures: &[&Field]) -> Option<Segments> {
        if measures.is_empty() {
            return None;
        }
        let clash = ADDED.iter().flat_map(|added| {
            schema.names().filter(move |name| name.eq_ignore_ascii_case(added)).map(str::to_string)
        });
        let renamed: Vec<(String, String)> = clash
            .map(|name| {
                let after = free(schema, &format!("{name}_before"));
                (name, after)
            })
            .collect();
        let called = |name: &str| -> String {
            renamed.iter().find(|(before, _)| before == name).map_or(name, |(_, after)| after).to_string()
        };
        let measures: Vec<String> = measures.iter().map(|field| called(&field.name)).collect();
        let mut prefix = "z_".to_string();
        while measures.iter().any(|name| taken(schema, &format!("{prefix}{name}"))) {
            prefix.insert(0, 'z');
        }
        let mut before = schema.clone();
        before.fields.iter_mut().for_each(|field| field.name = called(&field.name));
        let params = [("fields", list(&measures)), ("prefix", Value::String(prefix.clone()))];
        let scaled = planned("standardize", params, before)?.output;
        let features: Vec<String> = measures.iter().map(|name| format!("{prefix}{name}")).collect();
        let params = [("k", Value::Integer(K as i64)), ("features", list(&features))];
        let Planned { output, report, .. } = planned("kmeans", params, scaled)?;
        Some(Segments { renamed, measures, prefix, leaves: [output, report?] })
    }
}

fn list(names: &[String]) -> Value {
    Value::Array(names.iter().cloned().map(Value::String).collect())
}

fn planned(operator: &str, params: [(&str, Value); 2], schema: Schema) -> Option<Planned> {
    let params = Params::from_iter(params.map(|(key, value)| (key.to_string(), value)));
    (find(operator, false)?.1.plan)(params, &[Input::new("rows", schema)]).ok()
}

/// Whether a column has that name; to a database it has it in any case.
fn taken(schema: &Schema, name: &str) -> bool {
    schema.names().any(|of| of.eq_ignore_ascii_case(name))
}

/// A name that no column has.
fn free(schema: &Schema, name: &str) -> String {
    let mut name = name.to_string();
    while taken(schema, &name) {
        name.push('_');
    }
    name
}
