//! One step of a stage: what an operator is, what it may ask, and how it is registered.
//!
//! An operator knows nothing of sockets. It gets a batch, changes it in place, and says on its `Cx` what became
//! of records that are not in the batch any more.

mod account;
mod advice;
mod card;
mod cx;
mod desk;
mod event_time;
mod every;
mod fill;
mod held;
mod keyed;
pub mod page;
mod passes;
mod patience;
mod per;
mod port;
mod position;
mod reads;

pub use account::{Account, Amount, PARTITIONS_MAX, Shed, StepCounts};
pub(crate) use account::{Aside, BEYOND_LIMIT, REASON_BYTES_MAX, REASONS_MAX, TIME_AHEAD, TOO_LARGE};

pub use advice::Advice;
pub(crate) use advice::NO_TIME;
pub use card::{Inputs, PlanResult, Port, Role, Sample, Shown, Shows, Spec, of_role, only};
pub use cx::Cx;
pub(crate) use cx::{Committed, Ends, Refused};
pub use desk::Desk;
pub use event_time::{Ending, EventTime};
pub(crate) use every::Every;
pub use fill::Fill;
pub(crate) use held::{Commit, Held};
pub use keyed::Keyed;
pub use passes::Passes;
pub(crate) use patience::{Refusal, insist};
pub(crate) use per::KEYS_LIMIT;
pub use per::{Each, KEYS_MAX, Per, States};
pub(crate) use port::PORTS_MAX;
pub(crate) use port::branch_name;
pub use port::{PlannedPort, PortId, PortKind};
pub use position::{POSITION_BYTES_MAX, Position, SOURCE_POSITION_BYTES_MAX};
pub use reads::Reads;

pub(crate) use crate::data::Index;
use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Field, Schema};
use crate::error::{Error, Result};
use crate::params::Problem;
use std::os::fd::BorrowedFd;

/// What an operator wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing until records come.
    Wait,
    /// To be called with an empty batch at this time of the monotonic clock, if nothing comes before.
    At(u64),
    /// It has all that it can hold, and is to get nothing more: to be called with an empty batch when what it waits for
    /// outside is there, or at this time of the monotonic clock.
    Full(u64),
    /// To be called again at once: there is more.
    Again,
    /// A source has come to its end; in `finish`: all is done.
    End,
}

/// A step of a stage.
///
/// The first call of `process` always comes with an empty batch, before anything flows: open the world there.
/// `process` and `finish` leave the batch with the columns of the output schema, always, even when it is empty
/// (a sink leaves the batch as it was).
pub trait Operator: Send {
    /// Changes the batch in place. An empty batch means that time has passed, or that the watermark moved: a source
    /// produces here. Never blocks; a sink may wait for its store, calling `Cx::progress` meanwhile.
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next>;

    /// Leaves what was held back and makes durable what was promised. The batch comes empty, with the columns of the
    /// output. Called again while it answers `Next::Again`.
    fn finish(&mut self, _batch: &mut Batch, _cx: &mut Cx) -> Result<Next> {
        Ok(Next::End)
    }

    /// What the operator would say about itself now; `out` comes empty, with the columns of the report schema.
    /// Fill the columns only: ids and births are the caller's. A long report comes in pieces of about
    /// `Cx::records_max` rows: called again while it answers `Next::Again`.
    fn report(&mut self, _out: &mut Batch, _cx: &mut Cx) -> Result<Next> {
        Ok(Next::End)
    }

    /// What it waits for outside, beside what it wants next: while the descriptor is readable it is
    /// called with an empty batch, and reads there what makes it so. Asked before each wait.
    fn wait_on(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    /// What a person would want to know when too many records are rejected for a reason of this operator. Asked only
    /// then.
    fn advice(&self, _reason: &str) -> Option<Advice> {
        None
    }

    /// Its state. An operator without state saves nothing. A large state comes in pieces, called again between batches
    /// while it answers `Next::Again`: all pieces are of the moment of the first call. An error costs the snapshot, and
    /// the next call begins a new one.
    fn save(&mut self, _out: &mut Saver<'_>) -> Result<Next> {
        Ok(Next::End)
    }

    /// Goes on from what `save` gave, all of it: called once, before the first call of `process`.
    ///
    /// # Errors
    /// When the state is damaged, of another version, or does not fit the parameters: the operator is then as it was.
    fn load(&mut self, _from: &mut Loader<'_>) -> Result<()> {
        Ok(())
    }
}

/// What an operator will read.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Input {
    /// The stage it comes from, as `from` says it: `clean`, `segments/report`.
    pub name: String,
    /// What it is to an operator that reads by role.
    pub role: Option<String>,
    pub schema: Schema,
}

impl Input {
    /// What comes to an operator without roles.
    pub fn new(name: &str, schema: Schema) -> Input {
        Input { name: name.to_string(), role: None, schema }
    }

    /// What a source is planned with that looks at its data first.
    pub(crate) fn sampled(schema: Schema) -> Input {
        Input::new("sample", schema)
    }
}

/// A step that has been checked against its inputs and can be made.
pub struct Planned {
    /// Columns of what it leaves in the batch; a sink's are of no interest.
    pub output: Schema,
    /// Columns of its report, if it has one.
    pub report: Option<Schema>,
    /// Which columns of its input (the first, of several) it hands on as they came: it is held to that.
    pub passes: Passes,
    /// The ports it lets records out by, numbered from 0 in `Cx::side`.
    pub ports: Vec<PlannedPort>,
    /// Event time begins with it: its output has that column marked.
    pub time: Option<EventTime>,
    /// It must be the only worker of its stage, as it is planned; why, as a clause.
    pub alone: Option<&'static str>,
    /// It remembers records, so the workers of a stage need a key each.
    pub stateful: bool,
    /// Columns of its input: it keeps a state for each of their values, and what it answers depends on no others.
    pub per: Vec<usize>,
    /// It remembers, and yet answers the same in whatever order records come.
    pub any_order: bool,
    /// It turns many records into few or none, and makes new ones: in and out need not add up.
    pub absorbs: bool,
    /// The same input gives the same bytes.
    pub deterministic: bool,
    /// It stores: the end of a path. Where the results lie, as a person would look for them.
    pub results: Vec<String>,
    /// What is likely not meant, though it can be done: `check` and `run` warn of it.
    pub warnings: Vec<Problem>,
    /// What it alone may touch: no other sink fills it, no source reads it.
    pub fills: Vec<Fill>,
    /// A look at the world before anything starts (a table that holds rows already); `run` and `check` call it.
    pub preflight: Option<Box<dyn Fn() -> Result<()>>>,
    /// Makes the operator. Touches nothing outside.
    pub make: Box<dyn Fn() -> Box<dyn Operator>>,
}

impl Planned {
    /// A stateless, deterministic step without a report: override what differs.
    pub fn new<O: Operator + 'static>(output: Schema, make: impl Fn() -> O + 'static) -> Planned {
        Planned {
            output,
            report: None,
            passes: Passes::Named,
            ports: Vec::new(),
            time: None,
            alone: None,
            stateful: false,
            per: Vec::new(),
            any_order: false,
            absorbs: false,
            deterministic: true,
            results: Vec::new(),
            warnings: Vec::new(),
            fills: Vec::new(),
            preflight: None,
            make: Box::new(move || Box::new(make())),
        }
    }

    /// Looks at the world before anything starts: what `look` finds in the way is for who wrote the topology to mend.
    pub(crate) fn looks(self, look: impl Fn() -> Result<()> + 'static) -> Planned {
        let preflight = move || look().map_err(|e| Error::usage(e.sentence));
        Planned { preflight: Some(Box::new(preflight)), ..self }
    }
}

/// The column a parameter names, or the problem with it.
pub fn column(schema: &Schema, key: &str, name: &str) -> std::result::Result<usize, Problem> {
    schema.index(name).ok_or_else(|| {
        Problem::at(key, format!("there is no column \"{name}\" (there are: {schema})"))
            .suggest(name, schema.names())
    })
}

/// The numeric column a parameter names, or the problem with it.
pub fn numeric(schema: &Schema, key: &str, name: &str) -> std::result::Result<usize, Problem> {
    let at = column(schema, key, name)?;
    let Field { of, .. } = schema.fields[at];
    if of.is_numeric() {
        return Ok(at);
    }
    Err(Problem::at(key, format!("column \"{name}\" is {of}, a number is needed")))
}
