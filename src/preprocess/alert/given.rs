//! What a topology says to the step `alert`, and whether it can be.

use super::message::Message;
use super::rule::{Least, Rule};
use crate::data::{Field, Schema, Type};
use crate::expr::Predicate;
use crate::operator::{KEYS_LIMIT, KEYS_MAX, Per, column};
use crate::params::{self, EXPRESSION, JsonSchema, Names, Problem};
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// It fires while this is true.
    #[schemars(title = "an SQL expression", extend("format" = EXPRESSION))]
    r#where: String,
    /// It is over when this is true; when "where" is not true, if absent.
    #[schemars(title = "an SQL expression", extend("format" = EXPRESSION))]
    until: Option<String>,
    /// The condition must hold for so long, or for so many records in a row; the first record fires, if absent.
    r#for: Option<Least>,
    /// The same key does not fire again within this time, or within so many records of it.
    cooldown: Option<Least>,
    /// An alert for each value of these columns; one for all, if absent.
    per: Option<Names>,
    /// How many keys are remembered (100000, if absent); the one least recently touched goes.
    #[schemars(range(min = 1, max = KEYS_LIMIT))]
    keys_max: Option<u64>,
    /// What a row says, with columns in braces: "{host} runs at {cpu} %".
    message: Option<String>,
    /// Columns of the record that go along.
    #[serde(default)]
    fields: Names,
    /// Whether a row says that it is over.
    #[serde(default = "yes")]
    resolved: bool,
}

fn yes() -> bool {
    true
}

/// The parameters, checked against the columns that come in.
pub(super) struct Given {
    pub begins: Predicate,
    pub ends: Option<Predicate>,
    pub rule: Rule,
    pub per: Vec<usize>,
    pub keys_max: usize,
    /// The columns of which a row is made: first those of the key.
    pub kept: Vec<usize>,
    pub message: Message,
    /// The columns of a row.
    pub rows: Schema,
    pub resolved: bool,
    pub warnings: Vec<Problem>,
}

/// What the parameters say; `Err` has all that is wrong with them.
pub(super) fn check(given: params::Params, schema: &Schema) -> Result<Given, Vec<Problem>> {
    let params: Params = params::read(given)?;
    let mut problems = Vec::new();
    let mut warnings = Vec::new();
    let mut condition = |key: &str, text: &str| match Predicate::parse(text, schema) {
        Ok(condition) => {
            warnings.extend(params::under(&[key], condition.warnings().to_vec()));
            Some(condition)
        }
        Err(wrong) => {
            problems.extend(params::under(&[key], wrong));
            None
        }
    };
    let begins = condition("where", &params.r#where);
    let ends = params.until.as_ref().and_then(|text| condition("until", text));
    let lengths = [("for", params.r#for), ("cooldown", params.cooldown)];
    for (key, length) in lengths {
        problems.extend(length.and_then(Least::wrong).map(|what| Problem::at(key, what)));
    }
    let rule = Rule { r#for: params.r#for, cooldown: params.cooldown };
    let keys_max = params.keys_max.filter(|_| params.per.is_some());
    let per = Per::check(params.per.as_ref(), keys_max, schema, &mut problems);
    if params.per.is_none() && params.keys_max.is_some() {
        let what = "there is no per whose keys it could bound: add per, or leave it out";
        problems.push(Problem::at("keys_max", what));
    }
    let per = per.map_or(Vec::new(), |per| per.columns);
    let fields = fields(&params.fields, schema, &per, &mut problems);
    for at in &per {
        problems.extend(may_stand(schema, *at).err().map(|what| Problem::at("per", what)));
    }
    let mut kept = per.clone();
    let message = Message::check(params.message.as_deref(), &params.r#where, schema, (&mut kept, &fields));
    let message = message.map_err(|problem| problems.push(problem)).ok();
    let rows = rows(schema, &per, &fields);
    let (Some(begins), Some(message), true) = (begins, message, problems.is_empty()) else {
        return Err(problems);
    };
    let (keys_max, resolved) = (params.keys_max.unwrap_or(KEYS_MAX) as usize, params.resolved);
    Ok(Given { begins, ends, rule, per, keys_max, kept, message, rows, resolved, warnings })
}

/// The columns that go along.
fn fields(names: &Names, schema: &Schema, per: &[usize], problems: &mut Vec<Problem>) -> Vec<usize> {
    let mut fields = Vec::new();
    for (at, name) in names.all().iter().enumerate() {
        let path = names.path("fields", at);
        let found = column(schema, "fields", name).and_then(|found| {
            may_stand(schema, found).map_err(|what| Problem::at("fields", what))?;
            match per.contains(&found) || fields.contains(&found) {
                true => Err(Problem::at("fields", format!("a row has a column \"{name}\" already"))),
                false => Ok(found),
            }
        });
        match found {
            Ok(found) => fields.push(found),
            Err(problem) => problems.push(Problem { path, ..problem }),
        }
    }
    fields
}

/// The columns of a row. None is an event time: it tells of times that have gone by.
fn rows(schema: &Schema, per: &[usize], fields: &[usize]) -> Schema {
    let zone = schema.zone();
    let of = |at: &usize| Field::new(&schema.fields[*at].name, schema.fields[*at].of).in_zone(&zone);
    let own = |name: &str, of| Field::new(name, of).in_zone(&zone);
    let mut all = vec![own("time", Type::Time), own("state", Type::Str), own("since", Type::Time)];
    all.extend(per.iter().map(of));
    all.push(own("message", Type::Str));
    all.extend(fields.iter().map(of));
    Schema { fields: all }
}

/// Columns that every row has, besides its key's and those asked for.
fn is_ours(name: &str) -> bool {
    ["time", "state", "since", "message"].contains(&name)
}

/// What of a schema may stand in a row, and why not.
fn may_stand(schema: &Schema, at: usize) -> Result<(), String> {
    let name = &schema.fields[at].name;
    if is_ours(name) {
        return Err(format!(
            "a row has a column \"{name}\" of its own: rename that of the records (select) before"
        ));
    }
    Ok(())
}
