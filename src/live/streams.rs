//! What of a topology can be watched, and by which names.

use super::glob::{fits, is_pattern};
use super::stats;
use crate::data::Schema;
use crate::error::{Error, Result};
use crate::operator::PortId;
use crate::params::nearest;
use crate::run::books::Books;
use crate::run::dir::RunDir;
use crate::topology::plan::{Plan, WorkerId};
use crate::wire::ledger::State;
use crate::wire::tap::Form;

/// A stream of one stage: what leaves it by a port, what a sink gets, or how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// `clean`, `clean/rejected`, `clean/stats`.
    pub name: String,
    pub(super) stage: usize,
    pub(super) of: Of,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Port(PortId),
    Stats,
}

impl Stream {
    /// Where programs attach to it: the endpoints of the processes that let it out.
    pub fn endpoints(&self, plan: &Plan, dir: &RunDir) -> Vec<String> {
        let mut all: Vec<String> = self.workers(plan).map(|at| dir.watch_endpoint(plan, at)).collect();
        all.dedup();
        all
    }

    /// The topic that it is published as.
    pub(super) fn topic(&self) -> String {
        let form = match self.of {
            Of::Port(_) => Form::Bincode,
            Of::Stats => Form::Json,
        };
        format!("{}/{}", self.name, form.name())
    }

    /// Its columns; of a sink those of what comes over one of its inlets.
    pub(super) fn schema(&self, plan: &Plan, inlet: usize) -> Schema {
        match self.of {
            Of::Port(port) => plan.stages[self.stage].shown(port, inlet).clone(),
            Of::Stats => stats::schema(),
        }
    }

    /// How many kinds of records it has: a sink's may differ by inlet.
    pub(super) fn kinds(&self, plan: &Plan) -> usize {
        let stage = &plan.stages[self.stage];
        let sink = stage.sink && self.of == Of::Port(PortId::MAIN);
        let inlets = stage.steps.last().map_or(1, |step| step.inputs.len());
        if sink { inlets.max(1) } else { 1 }
    }

    /// Whether more of it is to come, by what ledgers say.
    pub fn is_to_come(&self, books: &Books) -> bool {
        books.of_stage(self.stage).any(|worker| worker.state < State::Finished)
    }

    /// Who lets it out.
    pub(super) fn workers(&self, plan: &Plan) -> impl Iterator<Item = WorkerId> + use<> {
        plan.workers_of(self.stage)
    }
}

/// The streams that were asked for, by name or by pattern (`*/report`), in the order of the file and each once.
///
/// # Errors
/// When nothing goes by such a name, or nothing was asked for.
pub fn choose(plan: &Plan, asked: &[String]) -> Result<Vec<Stream>> {
    let all = all(plan);
    let names = || all.iter().map(|stream| stream.name.as_str());
    if asked.is_empty() {
        let names: Vec<&str> = names().filter(|name| !name.ends_with("/stats")).collect();
        return Err(Error::usage(format!(
            "say what to watch of topology \"{}\": {} (a pattern such as '*' is all that fit it; STAGE/stats: how a \
             stage stands)",
            plan.name,
            names.join(", ")
        )));
    }
    if let Some(unknown) = asked.iter().find(|asked| !names().any(|name| fits(asked, name))) {
        let near = nearest(unknown, names()).map(|near| format!(": did you mean \"{near}\"?"));
        let what = if is_pattern(unknown) { "nothing that fits" } else { "no stream" };
        let known = names().filter(|name| !name.contains('/')).collect::<Vec<_>>().join(", ");
        let near = near.unwrap_or_else(|| format!(" (its stages are {known})"));
        return Err(Error::usage(format!("topology \"{}\" has {what} \"{unknown}\"{near}", plan.name)));
    }
    let wanted = |stream: &Stream| asked.iter().any(|asked| fits(asked, &stream.name));
    Ok(all.iter().filter(|stream| wanted(stream)).cloned().collect())
}

fn all(plan: &Plan) -> Vec<Stream> {
    let mut all = Vec::new();
    for (at, stage) in plan.stages.iter().enumerate() {
        for (port, _) in stage.all_ports() {
            let name = format!("{}{}", stage.name, stage.port_suffix(port));
            all.push(Stream { name, stage: at, of: Of::Port(port) });
        }
        all.push(Stream { name: format!("{}/stats", stage.name), stage: at, of: Of::Stats });
    }
    all
}
