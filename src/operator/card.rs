//! The card by which an operator is registered: all that others need to know of it.
//!
//! Nobody but its own file knows an operator's name or parameters. Who checks, plans, measures or shows a topology
//! asks the card.

use super::{Input, Planned};
use crate::data::Schema;
use crate::error::Result;
use crate::params::schema::describe;
use crate::params::{JsonSchema, Params, Problem};
use serde_json::Value;
use std::collections::BTreeMap;

/// A step that can be made, or all that is wrong with its parameters.
pub type PlanResult = std::result::Result<Planned, Vec<Problem>>;

/// Says which columns are left by a step with these parameters and inputs, as far as that is sure.
pub(super) type Leaves = fn(&Params, &[Input]) -> Option<Schema>;

/// What an operator is, in a few words for those who must not know it by name.
pub struct Spec {
    pub name: &'static str,
    /// One line for `list`.
    pub about: &'static str,
    /// What other tools call it, or a part of what it does.
    pub called: &'static [&'static str],
    /// Its own file: the `//!` page is its manual, and a test.
    pub source: &'static str,
    /// Checks parameters against the inputs. There are as many as the card says; a source gets one: what `sample`
    /// found (named `sample`), or none where it has no `sample`.
    pub plan: fn(Params, &[Input]) -> PlanResult,
    pub inputs: Inputs,
    /// The streams it may let out beside its main one, its report and its rejects.
    pub ports: &'static [Port],
    /// It must be the only worker of its stage; why, as a clause.
    pub alone: Option<&'static str>,
    /// The parameter that says where in the world its records lie.
    pub place: Option<&'static str>,
    /// Of a source whose place is a list or a pattern: the files that are meant, as they are now.
    pub(crate) finds: Option<fn(&Params) -> Vec<String>>,
    /// Of a source that looks at its data: the parameters with which it goes by what they say of its columns instead.
    pub(crate) unseen: Option<fn(&Params) -> Params>,
    /// The place `-` is standard output.
    pub stdout: bool,
    /// The parameter that says how many records a second a source makes.
    pub paced: Option<&'static str>,
    /// Of a source: whether with these parameters it never ends by itself.
    pub endless: Option<fn(&Params) -> bool>,
    /// The parameter that declares types of a source's columns.
    pub typed: Option<&'static str>,
    /// The parameter that decides all that is random in it.
    pub seeded: Option<&'static str>,
    /// The parameter that names the columns whose values have a state each.
    pub keyed: Option<&'static str>,
    /// Of a step: whether with these parameters it stores, and nothing comes out of it.
    pub stores: Option<fn(&Params) -> bool>,
    /// It works with what is outside: what comes of a record depends on more than what came before it.
    pub outside: bool,
    /// It talks to a server of this kind, which must be there.
    pub server: Option<&'static str>,
    /// What its report shows.
    pub shows: Option<Shown>,
    /// The parameters of a step that adds a column of this name which holds this text.
    pub adds: Option<fn(&str, &str) -> Params>,
    /// The columns of its main stream, as long as no parameter that may be wrong could change them: what stands behind
    /// a step that is wrong can still be checked.
    pub leaves: Option<Leaves>,
    /// A source without declared types looks at its data to find a schema.
    pub sample: Option<fn(&Params) -> Result<Sample>>,
    /// The JSON Schema of its parameters, as they describe themselves.
    pub parameters: fn() -> Value,
}

/// What a source found when it looked at its data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    pub schema: Schema,
    /// What seems to be wrong with the data as they are to be read, by key: worth a warning.
    pub notes: Vec<Problem>,
}

impl From<Schema> for Sample {
    fn from(schema: Schema) -> Sample {
        Sample { schema, notes: Vec::new() }
    }
}

/// What an operator reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inputs {
    /// Nothing: a source.
    None,
    /// One stream, maybe from several stages, all with the same columns.
    One,
    /// Any streams, each with columns of its own (a table each).
    Any,
    /// A stream for each role.
    Roles(&'static [Role]),
}

/// One of several things that an operator reads, by what it is to the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Role {
    pub name: &'static str,
    /// Without it there is nothing to do.
    pub needed: bool,
}

/// A stream beside the main one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port {
    pub name: &'static str,
    pub about: &'static str,
}

/// What kind of thing a report tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    Clusters,
    Rules,
    Quality,
    Changes,
    Scores,
    Series,
    Tree,
}

/// What a report shows, and in which of its columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    pub what: Shows,
    pub columns: &'static [&'static str],
}

impl Inputs {
    /// The role that a plain `from` means: the first, where the others are not needed.
    pub(crate) fn plain(&self) -> Option<&'static str> {
        let Inputs::Roles([first, others @ ..]) = self else { return None };
        others.iter().all(|role| !role.needed).then_some(first.name)
    }

    /// Whether it must be said which stream is what.
    pub(crate) fn needs_roles(&self) -> bool {
        matches!(self, Inputs::Roles(_)) && self.plain().is_none()
    }
}

impl Spec {
    /// The card of an operator that reads one stream and has nothing special about it.
    pub const fn new(
        name: &'static str,
        about: &'static str,
        source: &'static str,
        plan: fn(Params, &[Input]) -> PlanResult,
    ) -> Spec {
        Spec {
            name,
            about,
            called: &[],
            source,
            plan,
            inputs: Inputs::One,
            ports: &[],
            alone: None,
            place: None,
            finds: None,
            unseen: None,
            stdout: false,
            paced: None,
            endless: None,
            typed: None,
            seeded: None,
            keyed: None,
            stores: None,
            outside: false,
            server: None,
            shows: None,
            adds: None,
            leaves: None,
            sample: None,
            parameters: describe::<BTreeMap<String, Value>>,
        }
    }

    pub const fn reads(self, inputs: Inputs) -> Spec {
        Spec { inputs, ..self }
    }

    pub const fn called(self, words: &'static [&'static str]) -> Spec {
        Spec { called: words, ..self }
    }

    pub const fn ports(self, ports: &'static [Port]) -> Spec {
        Spec { ports, ..self }
    }

    /// `why` ends a sentence: "several would write over each other".
    pub const fn alone(self, why: &'static str) -> Spec {
        Spec { alone: Some(why), ..self }
    }

    pub const fn place(self, parameter: &'static str) -> Spec {
        Spec { place: Some(parameter), ..self }
    }

    pub(crate) const fn finds(self, files: fn(&Params) -> Vec<String>) -> Spec {
        Spec { finds: Some(files), ..self }
    }

    pub(crate) const fn unseen(self, params: fn(&Params) -> Params) -> Spec {
        Spec { unseen: Some(params), ..self }
    }

    pub const fn stdout(self) -> Spec {
        Spec { stdout: true, ..self }
    }

    pub const fn paced(self, parameter: &'static str) -> Spec {
        Spec { paced: Some(parameter), ..self }
    }

    pub const fn endless(self, unless: fn(&Params) -> bool) -> Spec {
        Spec { endless: Some(unless), ..self }
    }

    pub const fn typed(self, parameter: &'static str) -> Spec {
        Spec { typed: Some(parameter), ..self }
    }

    pub const fn seeded(self, parameter: &'static str) -> Spec {
        Spec { seeded: Some(parameter), ..self }
    }

    pub const fn keyed(self, parameter: &'static str) -> Spec {
        Spec { keyed: Some(parameter), ..self }
    }

    pub(crate) const fn stores(self, whether: fn(&Params) -> bool) -> Spec {
        Spec { stores: Some(whether), ..self }
    }

    pub const fn outside(self) -> Spec {
        Spec { outside: true, ..self }
    }

    pub const fn server(self, kind: &'static str) -> Spec {
        Spec { server: Some(kind), ..self }
    }

    pub const fn shows(self, what: Shows, columns: &'static [&'static str]) -> Spec {
        Spec { shows: Some(Shown { what, columns }), ..self }
    }

    pub(crate) const fn adds(self, step: fn(&str, &str) -> Params) -> Spec {
        Spec { adds: Some(step), ..self }
    }

    pub const fn leaves(self, columns: Leaves) -> Spec {
        Spec { leaves: Some(columns), ..self }
    }

    pub const fn sample(self, sample: fn(&Params) -> Result<Sample>) -> Spec {
        Spec { sample: Some(sample), ..self }
    }

    pub const fn parameters<P: JsonSchema>(self) -> Spec {
        Spec { parameters: describe::<P>, ..self }
    }

    /// It reads no stage, so it can only stand first.
    pub fn is_source(&self) -> bool {
        self.inputs == Inputs::None
    }

    /// The operator's manual: the `//!` page of its file.
    pub fn page(&self) -> String {
        let lines = self.source.lines().map_while(|line| line.strip_prefix("//!"));
        lines
            .map(|line| line.strip_prefix(' ').unwrap_or(line))
            .fold(String::new(), |page, line| page + line + "\n")
    }
}

/// The columns of the one stream that an operator of `Inputs::One` reads; whoever plans gives it one at least.
pub fn only(inputs: &[Input]) -> &Schema {
    &inputs.first().expect("an operator that reads a stream is planned with it").schema
}

/// The columns of all that comes by a role; `None` where nothing does.
pub fn of_role<'a>(inputs: &'a [Input], role: &str) -> Option<&'a Schema> {
    inputs.iter().find(|input| input.role.as_deref() == Some(role)).map(|input| &input.schema)
}
