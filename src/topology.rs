//! From a TOML file to a checked plan. A plan is data: nothing here starts anything.
//!
//! | step | module |
//! |---|---|
//! | the text as values, and where each of them stands | `spans`, `syntax`, `foreign`, `quoted`, `places` |
//! | variables of the environment in it | `variables` |
//! | defaults, file and `--set` put together | `layers`, `options` |
//! | the keys of topology and stages read | `key`, `key_list`, `keys`, `test_keys`, `limits`, `placement`, `upkeep`, `slo`, `reader` |
//! | names, graph, operators, columns checked | `check` |
//! | what is wrong, all at once, with a picture | `problem` |
//! | the plan, frozen for every process of the run | `plan`, `freeze` |
//! | the tests that it carries | `case` |
//! | the plan, for a person or a program | `describe` |
//! | the plan as a drawing | `draw` |
//! | an expression, tried by hand | `eval` |
//! | the file as a JSON Schema, for editors | `schema` |

pub mod case;
mod check;
pub mod describe;
pub mod draw;
pub mod eval;
mod foreign;
pub mod freeze;
pub mod key;
pub mod key_list;
mod keys;
mod layers;
mod limits;
mod load;
mod options;
mod placement;
mod places;
pub mod plan;
pub mod problem;
mod quoted;
mod reader;
pub mod schema;
pub mod slo;
mod spans;
mod syntax;
mod test_keys;
mod upkeep;
pub mod variables;

pub use case::Case;
pub use describe::{describe, describe_json};
pub(crate) use load::load_changed;
pub use load::{load, load_from, load_unseen};
pub use problem::{Finding, Place, Problems, Severity};

use crate::data::Schema;
use crate::error::{Error, Result};
use crate::operator::Planned;
use crate::registry::find_in;
use plan::{Plan, Step};

pub use crate::registry::Rooms;

/// A look at the world before anything starts.
pub type Preflight = Box<dyn Fn() -> Result<()>>;

/// A topology in which nothing is wrong.
pub struct Checked {
    pub plan: Plan,
    /// To be called before anything starts, each with the name of its stage.
    pub preflights: Vec<(String, Preflight)>,
    /// What is allowed but hardly meant; often none.
    pub warnings: Problems,
    /// The columns of every source that looked at its data to find the type of one, by stage.
    pub sampled: Vec<(String, Schema)>,
    /// The tests that it carries.
    pub cases: Vec<Case>,
}

impl Checked {
    /// Looks at the world before anything starts: a table that holds rows already, a file that can't be written.
    ///
    /// # Errors
    /// All that stands in the way.
    pub fn preflight(&self) -> Result<()> {
        let errors = self.obstacles().into_iter().map(|(_, error)| error);
        errors
            .reduce(|first, next| Error::new(first.exit, first.sentence + "\n" + &next.sentence))
            .map_or(Ok(()), Err)
    }

    /// What stands in the way of each stage.
    pub(crate) fn obstacles(&self) -> Vec<(&str, Error)> {
        let look =
            |(stage, look): &(String, Preflight)| look().err().map(|e| e.by(format!("stage \"{stage}\"")));
        self.preflights.iter().filter_map(|at| Some((at.0.as_str(), look(at)?))).collect()
    }
}

/// As `describe`, so that a test that fails shows what was found.
impl std::fmt::Debug for Checked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\n{}", describe(self))
    }
}

/// Plans a step of a frozen plan again, in the process that will run it. `source`: its stage reads nothing, and it
/// is the first step.
///
/// # Errors
/// When the plan was made by a program that knew other operators.
pub fn plan_step(rooms: &Rooms, step: &Step, source: bool) -> Result<Planned> {
    let other = |why: String| {
        let name = &step.operator;
        Error::usage(format!(
            "{name}: {why} (the plan was made by another version of sluicebox: run it anew)"
        ))
    };
    let (_, spec) = find_in(rooms, &step.operator, source)
        .ok_or_else(|| other("there is no such operator".to_string()))?;
    (spec.plan)(step.params.clone(), &step.inputs).map_err(|problems| {
        other(problems.into_iter().next().map_or("its plan is refused".to_string(), |problem| problem.what))
    })
}
