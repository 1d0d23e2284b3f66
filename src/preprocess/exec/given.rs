//! What a topology says to the step `exec`, and whether it can be.

use super::written::Written;
use crate::data::{Field, Schema, Type};
use crate::format::{Form, TypingParams};
use crate::net::child::Program;
use crate::params::{self, JsonSchema, Problem, With};
use crate::units::{Bytes, Span};
use serde::Deserialize;
use std::collections::BTreeMap;

/// All that can be said to it.
pub(super) type All = With<Params, TypingParams>;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// A program and its arguments; no shell reads them.
    command: Vec<String>,
    /// What it is to answer.
    #[serde(default)]
    reply: Reply,
    /// How records are written to it, and answers read.
    #[serde(default)]
    format: Written,
    /// What the number of a record is called, by which it is answered.
    #[serde(default = "id")]
    id_as: String,
    /// So long may a record be with it.
    #[serde(default = "half_a_minute")]
    time_max: Span,
    /// So often a record is given to it again that was with it when it ended.
    #[serde(default)]
    #[schemars(range(max = 10))]
    retry: u8,
    /// At more failures within a minute the stage fails too.
    #[serde(default = "five")]
    #[schemars(range(max = 1000))]
    restarts_max: u64,
    /// A longer line of it, or map, is a failure.
    #[serde(default = "mebibyte")]
    #[schemars(range(min = 64, max = LINE_MAX))]
    line_max: Bytes,
    /// The folder in which it runs; the current one, if absent.
    cwd: Option<String>,
    /// Variables of its environment, beside those that there are.
    #[serde(default)]
    env: BTreeMap<String, String>,
}

/// 1 GiB.
const LINE_MAX: u64 = 1 << 30;

fn id() -> String {
    "id".to_string()
}

fn half_a_minute() -> Span {
    Span::from_ms(30_000)
}

fn five() -> u64 {
    5
}

fn mebibyte() -> Bytes {
    Bytes(1 << 20)
}

/// What a program answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Reply {
    /// Each record by its id.
    #[default]
    One,
    /// What and when it likes.
    Any,
    /// The id of each record that it has stored.
    Ack,
    /// Nothing.
    None,
}

impl Reply {
    /// Whether a step that says so stores.
    pub(super) fn stores(word: &str) -> bool {
        ["ack", "none"].contains(&word)
    }

    pub(super) fn is_sink(self) -> bool {
        matches!(self, Reply::Ack | Reply::None)
    }

    /// Whether records have an id, by which they are answered.
    pub(super) fn by_id(self) -> bool {
        matches!(self, Reply::One | Reply::Ack)
    }
}

/// Where a column of the output comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    Record(usize),
    /// Among the columns of an answer.
    Answer(usize),
}

/// The parameters, checked against the columns that come in.
#[derive(Clone)]
pub(super) struct Given {
    pub program: Program,
    pub reply: Reply,
    pub id_as: String,
    pub time_max: Span,
    pub retry: u8,
    pub restarts_max: u64,
    pub written: Written,
    pub form: Form,
    pub input: Schema,
    /// The columns of one line of the program: its id, the words, what it gives.
    pub answer: Schema,
    /// Which columns of it are the words.
    pub words: Words,
    pub output: Schema,
    pub from: Vec<From>,
}

/// Columns of an answer that say what becomes of a record.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Words {
    pub drop: Option<usize>,
    pub reject: Option<usize>,
}

impl Given {
    /// One record of a program, as a person calls it.
    pub(super) fn unit(&self) -> &'static str {
        self.written.unit()
    }

    /// For each column of the output which one of the input it is.
    pub(super) fn passes(&self) -> Vec<Option<usize>> {
        let passed = |from: &From| match from {
            From::Record(at) if self.reply == Reply::One => Some(*at),
            _ => None,
        };
        self.from.iter().map(passed).collect()
    }
}

/// What the parameters say; `Err` has all that is wrong with them.
pub(super) fn check(given: params::Params, schema: &Schema) -> Result<Given, Vec<Problem>> {
    let With { own: params, shared: typing } = params::read::<All>(given)?;
    let mut problems = Vec::new();
    let usual = toml::from_str("").expect("all of it has a usual form");
    let typing = typing.check(usual, &mut problems);
    let program = program(&params, &mut problems);
    let types = typing.as_ref().map(|typing| typing.schema()).unwrap_or_default();
    let reply = params.reply;
    if reply == Reply::Any && types.is_empty() && problems.is_empty() {
        let what = "say what columns its answers have: types = { score = \"f64\" }";
        problems.push(Problem::at("types", what));
    }
    if reply.is_sink() && !types.is_empty() {
        let what = "nothing comes out of a sink: leave it out, or say reply = \"one\"";
        problems.push(Problem::at("types", what));
    }
    if params.retry > 0 && !reply.by_id() {
        let what =
            "nobody knows what it had read when it ended: only with reply = \"one\" or \"ack\" is that known";
        problems.push(Problem::at("retry", what));
    }
    if params.time_max.ns == 0 {
        problems.push(Problem::at("time_max", "that is no time at all: say a time such as \"30s\""));
    }
    name_of_id(&params, schema, &types, &mut problems);
    let (Some(typing), Some(program), true) = (typing, program, problems.is_empty()) else {
        return Err(problems);
    };
    // Of what nobody hears nothing is out of step: lines never are.
    let heard = if reply == Reply::None { Written::Json } else { params.format };
    let form = heard.form(params.line_max.0 as usize, typing);
    let (answer, words) = answer(&params, schema, &types);
    let (output, from) = output(reply, schema, &types, answer.len() - types.len());
    let Params { id_as, time_max, retry, restarts_max, format: written, .. } = params;
    let input = schema.clone();
    Ok(Given {
        program,
        reply,
        id_as,
        time_max,
        retry,
        restarts_max,
        written,
        form,
        input,
        answer,
        words,
        output,
        from,
    })
}

/// What the number of a record is called must be free, and no word.
fn name_of_id(params: &Params, schema: &Schema, types: &Schema, problems: &mut Vec<Problem>) {
    let reply = params.reply;
    let id_as = &params.id_as;
    for (key, of) in [("command", schema), ("types", types)] {
        if reply.by_id() && of.index(id_as).is_some() {
            let whose = if key == "types" { "an answer" } else { "the records" };
            let what = format!("{whose} would have two fields called \"{id_as}\": say id_as = \"_id\"");
            problems.push(Problem::at(if params.id_as == "id" { key } else { "id_as" }, what));
        }
    }
    if id_as.is_empty() || ["drop", "reject"].contains(&id_as.as_str()) {
        problems.push(Problem::at(
            "id_as",
            format!("{id_as:?} can't be its name: take another, such as \"_id\""),
        ));
    }
}

fn program(params: &Params, problems: &mut Vec<Problem>) -> Option<Program> {
    let before = problems.len();
    if params.command.first().is_none_or(String::is_empty) {
        problems.push(Problem::at("command", "name a program, as in [\"python3\", \"mine.py\"]"));
    }
    if params.command.iter().any(|part| part.contains('\0')) {
        problems.push(Problem::at("command", "no argument can hold a NUL character"));
    }
    if params.cwd.as_deref().is_some_and(|folder| folder.is_empty() || folder.contains('\0')) {
        problems.push(Problem::at("cwd", "name a folder, or leave it out"));
    }
    let odd = |(name, value): &(&String, &String)| {
        name.is_empty() || name.contains(['=', '\0']) || value.contains('\0')
    };
    if let Some((name, _)) = params.env.iter().find(odd) {
        problems.push(Problem::at("env", format!("{name:?} can't be a variable of an environment")));
    }
    let env = params.env.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    (problems.len() == before).then(|| Program::new(params.command.clone(), params.cwd.clone(), env))
}

/// The columns of one line of the program.
fn answer(params: &Params, schema: &Schema, types: &Schema) -> (Schema, Words) {
    let mut fields = Vec::new();
    let mut words = Words::default();
    if params.reply.by_id() {
        fields.push(Field::new(&params.id_as, Type::I64));
        let free = |word: &str| schema.index(word).is_none() && types.index(word).is_none();
        if free("drop") {
            words.drop = Some(fields.len());
            fields.push(Field::new("drop", Type::Bool));
        }
        if free("reject") {
            words.reject = Some(fields.len());
            fields.push(Field::new("reject", Type::Str));
        }
    }
    fields.extend(types.fields.iter().cloned());
    (Schema { fields }, words)
}

/// The columns that come out, and where each comes from; those of an answer begin at `first`.
fn output(reply: Reply, schema: &Schema, types: &Schema, first: usize) -> (Schema, Vec<From>) {
    let mut all: Vec<(Field, From)> = Vec::new();
    if reply == Reply::One {
        all.extend(schema.fields.iter().cloned().enumerate().map(|(at, field)| (field, From::Record(at))));
    }
    if !reply.is_sink() {
        for (at, field) in types.fields.iter().enumerate() {
            let new = (field.clone(), From::Answer(first + at));
            match all.iter_mut().find(|(old, _)| old.name == field.name) {
                Some(old) => *old = new,
                None => all.push(new),
            }
        }
    }
    let (fields, from) = all.into_iter().unzip();
    (Schema { fields }, from)
}
