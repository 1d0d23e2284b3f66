//! What a topology says of two streams that meet: their keys, and how long and how many of their records wait.

use crate::data::{Field, Schema};
use crate::operator::{Input, Port, Role, column, of_role};
use crate::params::{JsonSchema, Names, Problem};
use crate::units::{Bytes, Span};
use serde::Deserialize;

pub(in crate::preprocess) const ROLES: &[Role] =
    &[Role { name: "left", needed: true }, Role { name: "right", needed: true }];

/// In the order of the sides.
pub(in crate::preprocess) const PORTS: &[Port] = &[
    Port { name: "late", about: "records of the left that came too late, as they were" },
    Port { name: "late_right", about: "records of the right that came too late, as they were" },
];

/// Longer spans than a quarter of what a time can say are no use.
const NS_MAX: u64 = 1 << 61;

/// The parameters that both steps have.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::preprocess) struct Shared {
    /// The columns of the key, of each side; said once for the stage, whose workers share the records by them.
    pub by: Option<Keys>,
    /// What is put before the names of the right's columns; needed where both have one of a name.
    pub prefix: Option<String>,
    /// So far behind in event time a record may come; none, if absent.
    pub allowed_lateness: Option<Span>,
    /// So many records of both sides wait in a worker; what is over goes, counted.
    #[serde(default = "million")]
    #[schemars(range(min = 1, max = 100_000_000))]
    pub rows_max: usize,
    /// So many bytes of texts those may have; what is over goes, counted.
    #[serde(default = "half")]
    #[schemars(range(min = 65536, max = 1_073_741_824))]
    pub memory: Bytes,
}

fn million() -> usize {
    1_000_000
}

fn half() -> Bytes {
    Bytes(512 << 20)
}

/// The columns of a key, the same for both sides or by the name of each.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
pub(in crate::preprocess) enum Keys {
    /// Of each side.
    Each(Each),
    /// Of both.
    Both(Names),
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::preprocess) struct Each {
    /// Columns of the left.
    left: Names,
    /// As many of the right, of the same types.
    right: Names,
}

/// The parameters, checked against the columns that come in.
pub(in crate::preprocess) struct Given {
    /// By side.
    pub keys: [Vec<usize>; 2],
    pub schemas: [Schema; 2],
    /// The columns of the left, and those of the right; the left's event time is theirs.
    pub output: Schema,
    /// The right is what comes first among the inputs.
    right_first: bool,
    pub(super) allowed: u64,
    pub rows_max: usize,
    pub bytes_max: usize,
}

impl Given {
    /// `Err` has all that is wrong.
    pub(in crate::preprocess) fn check(
        shared: &Shared,
        inputs: &[Input],
        problems: &mut Vec<Problem>,
    ) -> Given {
        let schemas = ["left", "right"].map(|role| of_role(inputs, role).cloned().unwrap_or_default());
        let keys = shared.by.as_ref().map_or_else(Default::default, |by| keys(by, &schemas, problems));
        let output = output(&schemas, shared.prefix.as_deref(), problems);
        let allowed = shared.allowed_lateness.map_or(0, |span| span.ns);
        if allowed > NS_MAX {
            problems.push(Problem::at("allowed_lateness", "that is too long: 70 years are the most"));
        }
        Given {
            keys,
            schemas,
            output,
            right_first: inputs.first().is_some_and(|input| input.role.as_deref() == Some("right")),
            allowed,
            rows_max: shared.rows_max,
            bytes_max: shared.memory.0 as usize,
        }
    }

    /// The event time of both sides; what is wrong where one lacks.
    pub(in crate::preprocess) fn times(&self, key: &str, why: &str) -> Result<[usize; 2], Problem> {
        match [self.schemas[0].time(), self.schemas[1].time()] {
            [Some(left), Some(right)] => Ok([left, right]),
            [left, _] => {
                let side = if left.is_none() { 0 } else { 1 };
                let what = format!(
                    "{why}, and the {} has no event time: say time = \"…\" at its source, or put the step event_time \
                     before (there is: {})",
                    ROLES[side].name, self.schemas[side]
                );
                Err(Problem::at(key, what))
            }
        }
    }

    /// For each column of the output the column of the first input that it is, as far as its rows always have one.
    pub(super) fn passes(&self, always: [bool; 2]) -> Vec<Option<usize>> {
        let left = (0..self.schemas[0].len()).map(|at| Some(at).filter(|_| !self.right_first && always[0]));
        let right = (0..self.schemas[1].len()).map(|at| Some(at).filter(|_| self.right_first && always[1]));
        left.chain(right).collect()
    }

    /// The key of the first input.
    pub(super) fn first_key(&self) -> Vec<usize> {
        self.keys[usize::from(self.right_first)].clone()
    }
}

fn keys(by: &Keys, schemas: &[Schema; 2], problems: &mut Vec<Problem>) -> [Vec<usize>; 2] {
    let named = match by {
        Keys::Both(names) => [(names, vec!["by"]), (names, vec!["by"])],
        Keys::Each(Each { left, right }) => [(left, vec!["by", "left"]), (right, vec!["by", "right"])],
    };
    let before = problems.len();
    let mut found = [Vec::new(), Vec::new()];
    for (side, (names, path)) in named.iter().enumerate() {
        for name in names.all() {
            match column(&schemas[side], "by", name) {
                Ok(at) => found[side].push(at),
                Err(problem) => problems
                    .push(Problem { path: path.iter().map(|key| key.to_string()).collect(), ..problem }),
            }
        }
    }
    let types = [0, 1]
        .map(|side: usize| found[side].iter().map(|at| schemas[side].fields[*at].of).collect::<Vec<_>>());
    if problems.len() == before && types[0] != types[1] {
        let shown = |side: usize| match types[side].as_slice() {
            [] => "none".to_string(),
            of => of.iter().map(|of| of.to_string()).collect::<Vec<_>>().join(", "),
        };
        let what = format!(
            "equal keys of both sides meet, so \"by\" needs as many columns of the same types for each: {} of the \
             left, {} of the right (cast one)",
            shown(0),
            shown(1)
        );
        problems.push(Problem::at("by", what));
    }
    found
}

/// The columns of both, one behind the other; two of one name are told.
fn output(schemas: &[Schema; 2], prefix: Option<&str>, problems: &mut Vec<Problem>) -> Schema {
    let mut output = schemas[0].clone();
    let mut twice = Vec::new();
    for field in &schemas[1].clone().untimed().fields {
        let name = format!("{}{}", prefix.unwrap_or_default(), field.name);
        if output.index(&name).is_some() {
            twice.push(format!("\"{name}\""));
        }
        output.fields.push(Field::renamed(field, &name));
    }
    if !twice.is_empty() {
        let (s, twice) = (if twice.len() == 1 { "" } else { "s" }, twice.join(", "));
        let what = match prefix {
            None => format!(
                "both sides have column{s} {twice}: say prefix = \"right_\", or another, which is put before the names \
                 of the right's columns"
            ),
            Some(prefix) => format!(
                "with prefix = {prefix:?} there are two of column{s} {twice}: choose another, which is put before the \
                 names of the right's columns"
            ),
        };
        problems.push(Problem::at("prefix", what));
    }
    output
}
