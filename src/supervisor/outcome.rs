//! How a run ended, gathered from what became of its processes.

use crate::error::{Error, Exit};
use crate::run::summary::Summary;
use crate::topology::plan::Plan;

/// How a run ended.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    asked: bool,
    left: bool,
    /// Nobody read standard output any more.
    closed: bool,
    failure: Option<Error>,
}

impl Outcome {
    /// The first failure is the cause of others, so it stays; gives any other back.
    pub(super) fn fail(&mut self, error: Error) -> Option<Error> {
        match self.failure {
            Some(_) => Some(error),
            None => {
                self.failure = Some(error);
                None
            }
        }
    }

    pub(super) fn closed(&mut self) {
        self.closed = true;
    }

    pub(super) fn stopped(&mut self) {
        self.asked = true;
    }

    /// It drains because nobody reads standard output any more, and for no other reason.
    pub(super) fn is_unheard(&self) -> bool {
        self.closed && !self.asked && self.failure.is_none()
    }

    pub(super) fn left(&mut self) {
        self.left = true;
    }

    /// `drained`, `stopped` or `failed`.
    pub fn word(&self) -> &'static str {
        match self {
            Outcome { failure: Some(_), .. } => "failed",
            Outcome { left: true, .. } | Outcome { closed: true, .. } => "stopped",
            _ => "drained",
        }
    }

    /// The error that the run ends with, if it does.
    pub(super) fn error(&self, plan: &Plan, summary: &Summary) -> Option<Error> {
        if self.failure.is_some() {
            return self.failure.clone();
        }
        let why = if self.asked { "stopped" } else { "a stage left" };
        let what = match summary.records.lost {
            0 => "nothing was lost".to_string(),
            n => format!(
                "{n} records are lost (drain_timeout = \"{}\" is how long a stop waits)",
                plan.drain_timeout
            ),
        };
        self.left.then(|| Error::new(Exit::Stopped, format!("{why} before everything was drained: {what}")))
    }
}
