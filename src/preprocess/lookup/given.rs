//! What a topology says to the step `lookup`, and whether it can be.

use super::source::{Kind, Source};
use super::table::Plan;
use crate::data::{Field, Schema, Type};
use crate::format::csv::DialectParams;
use crate::format::{TypingParams, WordingParams};
use crate::operator::column;
use crate::params::{self, JsonSchema, Names, Problem, With};
use crate::units::Span;
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Own {
    /// The file: CSV, JSON lines (both also as gzip or zstd), or an SQLite database.
    path: String,
    /// What the file is; by its name, if absent.
    format: Option<Kind>,
    /// The table of an SQLite database.
    table: Option<String>,
    /// The columns by which a record finds its row: of one name in both, or said for each.
    key: Key,
    /// The columns of the table that are added; all but those of the key and the version, if absent.
    fields: Option<Names>,
    /// What is put before the names of the columns that are added.
    #[serde(default)]
    prefix: String,
    /// What becomes of a record whose key has no row: NULLs are added, it is rejected, or leaves by port `missing`.
    #[serde(default)]
    on_missing: Missing,
    /// A column of both, or one of each: a record gets the row of its key with the greatest version not above its own.
    version: Option<Key>,
    /// How often it is looked whether the file has changed.
    #[serde(default = "second")]
    look_every: Span,
    /// More rows the table may not have.
    #[serde(default = "million")]
    #[schemars(range(min = 1, max = 100_000_000))]
    rows_max: usize,
}

pub(super) type Params = With<Own, With<DialectParams, With<TypingParams, WordingParams>>>;

/// Columns of records, and of the table.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum Key {
    /// Of each.
    Each(Each),
    /// Of both.
    Both(Names),
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Each {
    /// Columns of the records.
    records: Names,
    /// As many of the table.
    table: Names,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Missing {
    #[default]
    Null,
    Reject,
    Route,
}

/// A file is not looked at more often than this: a stage would do nothing else.
const LOOK_EVERY_MIN: Span = Span::from_ms(10);

fn second() -> Span {
    Span::from_ms(1000)
}

fn million() -> usize {
    1_000_000
}

impl Key {
    /// Names of the records' columns, and of the table's.
    fn names(&self) -> [&[String]; 2] {
        match self {
            Key::Both(names) => [names.all(); 2],
            Key::Each(Each { records, table }) => [records.all(), table.all()],
        }
    }
}

/// The parameters, checked against the columns that come in and against the file.
pub(super) struct Given {
    pub source: Source,
    pub plan: Plan,
    pub missing: Missing,
    pub look_every_ns: u64,
    pub output: Schema,
}

/// What the parameters say; `Err` has all that is wrong with them.
pub(super) fn check(given: params::Params, schema: &Schema) -> Result<Given, Vec<Problem>> {
    let With { own, shared: With { own: dialect, shared: With { own: typing, shared: wording } } }: Params =
        params::read(given)?;
    let mut problems = Vec::new();
    let dialect = dialect.check(&mut problems);
    let typing = typing.check(wording, &mut problems);
    let (kind, table) = file(&own, &mut problems);
    if own.look_every.ns < LOOK_EVERY_MIN.ns {
        let what = "that is too often: every 10ms is the most (1s is the usual)";
        problems.push(Problem::at("look_every", what));
    }
    let keys = pairs("key", &own.key, schema, &mut problems);
    let version = own.version.as_ref().map(|key| pairs("version", key, schema, &mut problems));
    let (Some(typing), true) = (typing, problems.is_empty()) else { return Err(problems) };
    let named = keys.iter().chain(version.iter().flatten());
    let wanted: Vec<(String, Type)> = named.map(|(at, name)| (name.clone(), schema.fields[*at].of)).collect();
    let source = Source { path: own.path.clone(), kind, table, dialect, typing, rows_max: own.rows_max };
    let columns = source.columns(&wanted).map_err(|e| vec![Problem::at("path", e.sentence)])?;
    let mut plan = Plan::default();
    problems.extend(source.typing.unknown(&columns));
    for (at, name) in &keys {
        plan.record_key.push(*at);
        plan.key.extend(of_table("key", &columns, (name, schema.fields[*at].of), &mut problems));
    }
    if let Some([(at, name)]) = version.as_deref() {
        let found = of_table("version", &columns, (name, schema.fields[*at].of), &mut problems);
        plan.version = found.map(|found| (*at, found));
        if let Type::Bool | Type::List = schema.fields[*at].of {
            let what = format!(
                "\"{}\" has no order: a version is a number, a time or a text",
                schema.fields[*at].name
            );
            problems.push(Problem::at("version", what));
        }
    } else if version.is_some() {
        problems.push(Problem::at("version", "a version is one column"));
    }
    plan.added = added(&own, &columns, &plan, &mut problems);
    let output = output(&own.prefix, schema, &columns, &plan.added, &mut problems);
    plan.keep_only(&columns);
    match problems.is_empty() {
        true => Ok(Given { source, plan, missing: own.on_missing, look_every_ns: own.look_every.ns, output }),
        false => Err(problems),
    }
}

/// What the file is, and which table of it is meant.
fn file(own: &Own, problems: &mut Vec<Problem>) -> (Kind, Option<String>) {
    let kind = own.format.unwrap_or_else(|| Kind::of(&own.path, own.table.is_some()));
    let table = match (kind, &own.table) {
        (Kind::Sqlite, Some(table)) => Some(table.clone()),
        (Kind::Sqlite, None) => {
            problems.push(Problem::whole(
                "\"table\" is missing: it says which table of the database is looked up",
            ));
            None
        }
        (_, None) => None,
        (_, Some(_)) => {
            problems.push(Problem::at(
                "table",
                "the file is no SQLite database: leave it out, or say format = \"sqlite\"",
            ));
            None
        }
    };
    (kind, table)
}

/// Each column of the records with the name of the table's.
fn pairs(key: &str, said: &Key, schema: &Schema, problems: &mut Vec<Problem>) -> Vec<(usize, String)> {
    let [records, table] = said.names();
    if records.is_empty() || records.len() != table.len() {
        let what = format!(
            "it needs as many columns of the records as of the table, and one at least: {} and {} are said",
            records.len(),
            table.len()
        );
        problems.push(Problem::at(key, what));
        return Vec::new();
    }
    let mut found = Vec::new();
    for (name, of_table) in records.iter().zip(table) {
        match column(schema, key, name) {
            Ok(at) => found.push((at, of_table.clone())),
            Err(problem) => problems.push(problem),
        }
    }
    found
}

/// The column of the table, which must be of the type of the records'.
fn of_table(
    key: &str,
    columns: &Schema,
    (name, of): (&str, Type),
    problems: &mut Vec<Problem>,
) -> Option<usize> {
    let Some(at) = columns.index(name) else {
        let what = format!("the table has no column \"{name}\" (there are: {columns})");
        problems.push(Problem::at(key, what).suggest(name, columns.names()));
        return None;
    };
    let is = columns.fields[at].of;
    if is != of {
        problems.push(Problem::at(
            key,
            format!("\"{name}\" is {is} in the table and {of} in the records: cast one, or say it in types"),
        ));
    }
    Some(at)
}

/// The columns of the records, and those that are added.
fn output(
    prefix: &str,
    schema: &Schema,
    columns: &Schema,
    added: &[usize],
    problems: &mut Vec<Problem>,
) -> Schema {
    let mut output = schema.clone();
    for at in added {
        let name = format!("{}{}", prefix, columns.fields[*at].name);
        if output.index(&name).is_some() {
            let what = format!(
                "there is a column \"{name}\" already: say another prefix, which stands before what is added"
            );
            problems.push(Problem::at("prefix", what));
        }
        output.fields.push(Field::renamed(&columns.fields[*at], &name));
    }
    output
}

fn added(own: &Own, columns: &Schema, plan: &Plan, problems: &mut Vec<Problem>) -> Vec<usize> {
    let Some(fields) = &own.fields else {
        let known =
            |at: &usize| plan.key.contains(at) || plan.version.is_some_and(|(_, version)| version == *at);
        return (0..columns.len()).filter(|at| !known(at)).collect();
    };
    let mut found = Vec::new();
    for (at, name) in fields.all().iter().enumerate() {
        match columns.index(name) {
            Some(at) => found.push(at),
            None => {
                let what = format!("the table has no column \"{name}\" (there are: {columns})");
                let problem = Problem::at("fields", what).suggest(name, columns.names());
                problems.push(Problem { path: fields.path("fields", at), ..problem });
            }
        }
    }
    found
}
