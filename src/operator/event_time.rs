//! Event time: the column that says when a record happened, as the step that names it plans it.

use super::column;
use crate::data::{Schema, Type};
use crate::params::Problem;
use crate::units::Span;

/// The event time that begins behind a step. The step only names the column: its runner measures how late records are,
/// and rejects what is too far ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventTime {
    /// A column of the step's output.
    pub column: usize,
    /// A time further beyond the greatest before it is rejected.
    pub ahead_max: Option<Span>,
    /// A source that has read nothing for so long says that nobody need wait for it.
    pub idle_after: Option<Span>,
}

impl EventTime {
    /// The column of that name, or why it can't be the event time.
    pub fn column(schema: &Schema, key: &str, name: &str) -> std::result::Result<usize, Problem> {
        let at = column(schema, key, name)?;
        match schema.fields[at].of {
            Type::Time => Ok(at),
            of => Err(Problem::at(key, format!("column \"{name}\" is {of}, a time is needed"))),
        }
    }

    /// What a source says of its time; `None` without one, or with problems. `of` are the keys `ahead_max` and
    /// `idle_after`, which mean nothing without it.
    pub fn check(
        schema: &Schema,
        name: Option<&str>,
        of: [Option<Span>; 2],
        problems: &mut Vec<Problem>,
    ) -> Option<EventTime> {
        let [ahead_max, idle_after] = of;
        let Some(name) = name else {
            let given = [("ahead_max", ahead_max), ("idle_after", idle_after)];
            for (key, _) in given.into_iter().filter(|(_, given)| given.is_some()) {
                problems.push(Problem::at(key, "there is no event time: name its column with time = \"…\""));
            }
            return None;
        };
        match EventTime::column(schema, "time", name) {
            Ok(column) => Some(EventTime { column, ahead_max, idle_after }),
            Err(problem) => {
                problems.push(problem);
                None
            }
        }
    }
}

/// Why `finish` is called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// All sources have come to their end: nothing comes any more.
    #[default]
    Drained,
    /// The run was stopped: more may come when it is resumed. What is open goes out as it is.
    Stopped,
    /// The run was stopped, and what is open stays so, in the last snapshot.
    Kept,
}

/// What a step holds back of event time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holds {
    /// The watermark behind it is not beyond this.
    pub to: i64,
    /// So many things are still to come of it whose time is known.
    pub open: usize,
}

impl Default for Holds {
    fn default() -> Holds {
        Holds { to: i64::MAX, open: 0 }
    }
}
