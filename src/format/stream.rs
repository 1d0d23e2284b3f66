//! Texts that come from somewhere else than a file: nothing can be looked at before they come, so a topology says what
//! their records are.

use super::csv::DialectParams;
use super::form::Form;
use super::typing::TypingParams;
use super::wording::WordingParams;
use crate::data::Schema;
use crate::params::{JsonSchema, Params, Problem, With};
use crate::units::Bytes;
use serde::Deserialize;

/// All that a topology says of them, but for which format they are of.
pub(crate) type StreamParams =
    With<LineParams, With<ColumnsParams, With<DialectParams, With<TypingParams, WordingParams>>>>;

/// How long a record may be.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LineParams {
    /// A longer record is rejected, and never held in memory.
    #[serde(default = "mebibyte")]
    #[schemars(range(min = 1, max = LINE_MAX))]
    line_max: Bytes,
}

impl LineParams {
    /// In bytes.
    pub(crate) fn max(&self) -> usize {
        self.line_max.0 as usize
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ColumnsParams {
    /// Of CSV: the columns in order, where types does not name all of them so.
    names: Option<Vec<String>>,
    /// Of CSV: the first line names the columns.
    #[serde(default)]
    header: bool,
    /// Of JSON: the column for all that no other names, as the text of an object; left out, if absent.
    rest: Option<String>,
}

/// 1 GiB.
const LINE_MAX: u64 = 1 << 30;

fn mebibyte() -> Bytes {
    Bytes(1 << 20)
}

/// Which format such texts are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An object a line.
    Json,
    /// Messages of objects: one, several, one a line, or an array of them.
    JsonWhole,
    /// Messages of maps.
    Msgpack,
    Csv,
}

/// Keys that say something of CSV alone, and one of JSON.
const OF_CSV_AND_JSON: [&str; 15] = [
    "rest",
    "names",
    "header",
    "delimiter",
    "quote",
    "escape",
    "comment",
    "trim",
    "lenient_quotes",
    "quoted_null",
    "ragged",
    "decimal",
    "thousands",
    "true",
    "false",
];
const OF_CSV: &[&str] = OF_CSV_AND_JSON.split_at(1).1;

impl Kind {
    /// Keys that a table has and that say something of another format.
    pub(crate) fn strangers(self, given: &Params, problems: &mut Vec<Problem>) {
        let (keys, of) = match self {
            Kind::Json | Kind::JsonWhole => (OF_CSV, "CSV, and the format is JSON"),
            Kind::Msgpack => (&OF_CSV_AND_JSON[..], "other formats than MessagePack"),
            Kind::Csv => (&["rest"][..], "JSON, and the format is CSV"),
        };
        let there = keys.iter().filter(|key| given.contains_key(**key));
        problems.extend(there.map(|key| Problem::at(key, format!("\"{key}\" is about {of}"))));
    }

    /// How the texts are written, and their columns; `None` with problems.
    pub(crate) fn form(self, params: StreamParams, problems: &mut Vec<Problem>) -> Option<(Form, Schema)> {
        let With { own: line, shared: With { own: columns, shared: With { own: dialect, shared } } } = params;
        let With { own: typing, shared: wording } = shared;
        let ColumnsParams { names, header, rest } = columns;
        let before = problems.len();
        let dialect = dialect.check(problems);
        let typing = typing.check(wording, problems)?;
        let mut schema = typing.schema();
        if let Some(names) = &names {
            schema = named(names, &schema, problems);
            problems.extend(typing.unknown(&schema));
        }
        if schema.is_empty() && names.is_none() {
            let what = "nothing can be looked at before it comes, so types says what is read, in its order: types = { \
                        id = \"i64\", … }";
            problems.push(Problem::at("types", what));
        }
        if let Some(rest) = &rest {
            if schema.index(rest).is_some() {
                problems.push(Problem::at(
                    "rest",
                    format!("there is a column \"{rest}\" already: choose another name"),
                ));
            }
            schema = schema.with(rest, crate::data::Type::Str);
        }
        let line_max = line.max();
        let form = match self {
            Kind::Json => Form::json_lines(rest, line_max, typing),
            Kind::JsonWhole => Form::json(rest, line_max, typing),
            Kind::Msgpack => Form::msgpack(line_max, typing),
            Kind::Csv => Form::csv(dialect, header, line_max, typing),
        };
        (problems.len() == before).then_some((form, schema))
    }
}

/// The columns of these names, each with its type.
fn named(names: &[String], types: &Schema, problems: &mut Vec<Problem>) -> Schema {
    let mut schema = Schema::default();
    for name in names {
        if schema.index(name).is_some() {
            problems.push(Problem::at("names", format!("the list names column \"{name}\" twice")));
        } else if let Some(at) = types.index(name) {
            schema.fields.push(types.fields[at].clone());
        } else {
            let what = format!(
                "nothing can be looked at before it comes: say what \"{name}\" is, such as types = {{ {name:?} = \
                 \"str\" }}"
            );
            problems.push(Problem::at("names", what));
            schema = schema.with(name, crate::data::Type::Str);
        }
    }
    schema
}
