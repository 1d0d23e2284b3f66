//! Which columns a learner takes as numbers: those it is told, or all that are numeric.

use crate::data::Schema;
use crate::operator::numeric;
use crate::params::{Names, Problem};

/// The features of a learner.
pub(in crate::mining) struct Chosen {
    pub names: Vec<String>,
    /// Where they are.
    pub columns: Vec<usize>,
    /// Nobody named them: what was taken.
    pub warning: Option<Problem>,
}

/// Checks the parameter `features`; `reserved` are columns of the report, which features and keys can't be called.
pub(in crate::mining) fn choose(
    given: Option<Vec<String>>,
    per: Option<&Names>,
    schema: &Schema,
    reserved: &[&str],
    problems: &mut Vec<Problem>,
) -> Chosen {
    let per = per.map_or(&[][..], Names::all);
    let warning = given.is_none().then(|| Problem::whole(taken(&numeric_names(schema, per))));
    let names = given.unwrap_or_else(|| numeric_names(schema, per));
    let columns = columns(&names, per, schema, reserved, problems);
    Chosen { names, columns, warning }
}

/// Which columns are taken where nobody named them: distances mix them all, and that of two ids means nothing.
fn taken(features: &[String]) -> String {
    let is_id = |name: &&String| {
        let name = name.to_ascii_lowercase();
        ["id", "key", "nr", "no", "number"]
            .iter()
            .any(|word| name == *word || name.ends_with(&format!("_{word}")))
    };
    let ids: Vec<&str> = features.iter().filter(is_id).map(String::as_str).collect();
    let ids = match ids.as_slice() {
        [] => String::new(),
        ids => format!(", among them {}, by the name no measure", ids.join(" and ")),
    };
    format!(
        "without \"features\" all numeric columns are taken: {}{ids} (say features = [\"…\"])",
        features.join(", ")
    )
}

fn numeric_names(schema: &Schema, per: &[String]) -> Vec<String> {
    let numbers = schema.fields.iter().filter(|field| field.of.is_numeric() && !per.contains(&field.name));
    numbers.map(|field| field.name.clone()).collect()
}

/// The columns of the features. What the report names must be different things.
fn columns(
    features: &[String],
    per: &[String],
    schema: &Schema,
    reserved: &[&str],
    problems: &mut Vec<Problem>,
) -> Vec<usize> {
    let taken = |name: &str| reserved.contains(&name) || ["set", "worker"].contains(&name);
    let mut columns = Vec::new();
    for (i, name) in features.iter().enumerate() {
        let found = numeric(schema, "features", name).and_then(|at| {
            let why = match () {
                () if features[..i].contains(name) => "is named twice",
                () if per.contains(name) => "is a column of per, which no record of a key differs in",
                () if taken(name) => "is a column of the report (rename it)",
                () => return Ok(at),
            };
            Err(Problem::at("features", format!("\"{name}\" {why}")))
        });
        match found {
            Ok(at) => columns.push(at),
            Err(mut problem) => {
                problem.path.push(i.to_string());
                problems.push(problem);
            }
        }
    }
    if features.is_empty() {
        let what = format!("there is no feature: name numeric columns (there are: {schema})");
        problems.push(Problem::at("features", what));
    }
    for name in per.iter().filter(|name| taken(name)) {
        problems.push(Problem::at("per", format!("\"{name}\" is a column of the report (rename it)")));
    }
    columns
}
