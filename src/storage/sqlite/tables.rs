//! The tables a sink fills: their names, checked against the inputs, and their columns as SQLite has them.

use crate::data::{Schema, Type};
use crate::operator::Input;
use crate::params::{JsonSchema, Problem};
use std::collections::BTreeMap;

/// The names of tables, as the user gives them.
#[derive(serde::Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Named {
    /// The only one.
    One(String),
    /// One for each input.
    Each(BTreeMap<String, String>),
}

/// One table and the records that go to it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Table {
    pub name: String,
    pub schema: Schema,
}

/// All tables, and which of them each inlet fills.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tables {
    pub all: Vec<Table>,
    pub of_inlet: Vec<usize>,
}

/// SQLite takes no more (SQLITE_MAX_COLUMN).
const COLUMNS_MAX: usize = 2000;

/// An identifier that means itself, whatever is in it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The declared type of a column, which is its affinity too.
pub(super) fn declared(of: Type) -> &'static str {
    match of {
        Type::I64 | Type::Bool => "INTEGER",
        Type::F64 => "REAL",
        Type::Str | Type::Time | Type::List => "TEXT",
    }
}

/// What SQLite makes of a declared type (SQLite, "Datatypes", 3.1), in the words of `declared`.
pub(super) fn affinity(declared: &str) -> &'static str {
    let upper = declared.to_ascii_uppercase();
    let has = |words: &[&str]| words.iter().any(|word| upper.contains(word));
    if has(&["INT"]) {
        "INTEGER"
    } else if has(&["CHAR", "CLOB", "TEXT"]) {
        "TEXT"
    } else if has(&["BLOB"]) || upper.is_empty() {
        "BLOB"
    } else if has(&["REAL", "FLOA", "DOUB"]) {
        "REAL"
    } else {
        "NUMERIC"
    }
}

impl Tables {
    /// Gives each input its table: by its name, or as `table` says.
    pub(super) fn plan(table: Option<&Named>, inputs: &[Input]) -> Result<Tables, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut tables = Tables { all: Vec::new(), of_inlet: Vec::new() };
        let named = names(table, inputs, &mut problems);
        for (input, (name, key)) in inputs.iter().zip(named) {
            check_name(&name, &key, &mut problems);
            check_columns(input, &mut problems);
            match tables.all.iter().position(|table| table.name.eq_ignore_ascii_case(&name)) {
                None => {
                    tables.of_inlet.push(tables.all.len());
                    tables.all.push(Table { name, schema: input.schema.clone() });
                }
                Some(at) if tables.all[at].schema == input.schema => tables.of_inlet.push(at),
                Some(at) => {
                    let other = &tables.all[at];
                    let what = format!(
                        "\"{}\" can't go to table \"{name}\": another input of other columns goes to \"{}\" ({} \
                        against {}); name a table for each, as in table = {{ {} = \"…\" }}",
                        input.name,
                        other.name,
                        input.schema,
                        other.schema,
                        key_of(&input.name)
                    );
                    problems.push(Problem { path: key, what, ..Problem::default() });
                }
            }
        }
        if problems.is_empty() { Ok(tables) } else { Err(problems) }
    }
}

fn key_of(input: &str) -> String {
    if input.contains('/') { format!("{input:?}") } else { input.to_string() }
}

/// The table of each input, and the path of the parameter that says so.
fn names(table: Option<&Named>, inputs: &[Input], problems: &mut Vec<Problem>) -> Vec<(String, Vec<String>)> {
    let key = || vec!["table".to_string()];
    let mut named: Vec<_> = inputs.iter().map(|input| (input.name.replace('/', "_"), key())).collect();
    match table {
        None => {}
        Some(Named::One(name)) if inputs.len() == 1 => named[0].0.clone_from(name),
        Some(Named::One(_)) => {
            let listed: Vec<_> =
                inputs.iter().map(|input| format!("{} = \"…\"", key_of(&input.name))).collect();
            let what = format!(
                "one name for {} inputs: name a table for each, as in table = {{ {} }}",
                inputs.len(),
                listed.join(", ")
            );
            problems.push(Problem::at("table", what));
        }
        Some(Named::Each(by_input)) => {
            for (input, name) in by_input {
                let path = vec!["table".to_string(), input.clone()];
                let choices = || inputs.iter().map(|input| input.name.as_str());
                match inputs.iter().position(|of| of.name == *input) {
                    Some(at) => named[at] = (name.clone(), path),
                    None => {
                        let listed = choices().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
                        let what = format!("this stage does not read \"{input}\" (choose from {listed})");
                        let problem = Problem { path, what, ..Problem::default() };
                        problems.push(problem.suggest(input, choices()));
                    }
                }
            }
        }
    }
    named
}

fn check_name(name: &str, key: &[String], problems: &mut Vec<Problem>) {
    let lower = name.to_ascii_lowercase();
    let what = if name.is_empty() {
        "a table needs a name".to_string()
    } else if name.contains('\0') {
        "the name of a table can't hold a NUL character".to_string()
    } else if lower.starts_with("sqlite_") || lower.starts_with("_sluicebox") {
        format!(
            "a table can't be named \"{name}\": names that begin with \"sqlite_\" or \"_sluicebox\" are taken; name \
            another with \"table\""
        )
    } else {
        return;
    };
    problems.push(Problem { path: key.to_vec(), what, ..Problem::default() });
}

fn check_columns(input: &Input, problems: &mut Vec<Problem>) {
    let (name, fields) = (&input.name, &input.schema.fields);
    if fields.is_empty() {
        problems.push(Problem::whole(format!("\"{name}\" has no columns, and a table needs one")));
    }
    if fields.len() > COLUMNS_MAX {
        let what = format!(
            "\"{name}\" has {} columns, and a table holds at most {COLUMNS_MAX}: select fewer before",
            fields.len()
        );
        problems.push(Problem::whole(what));
        return;
    }
    for (at, field) in fields.iter().enumerate() {
        if field.name.contains('\0') {
            problems.push(Problem::whole(format!(
                "column {} of \"{name}\" has a NUL character in its name: rename it before",
                at + 1
            )));
        }
        let same = fields[..at].iter().find(|other| other.name.eq_ignore_ascii_case(&field.name));
        if let Some(other) = same {
            problems.push(Problem::whole(format!(
                "columns \"{}\" and \"{}\" of \"{name}\" are one to SQLite, which ignores case: rename one before",
                other.name, field.name
            )));
        }
    }
}
