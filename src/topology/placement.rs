//! The keys that say where a stage runs, how it waits, and who carries its frames.

use super::key_list::is_operators;
use super::plan::{Placement, Wait};
use super::reader::Reader;
use crate::params::is_name;
use crate::wire::endpoint::Engine;
use nix::sched::sched_getaffinity;
use nix::unistd::Pid;
use toml::Value;

const ENGINES: [&str; 2] = ["direct", "libzmq"];

/// What stages have that say nothing of their own.
#[derive(Clone, Default)]
pub(super) struct Usual {
    pub engine: Engine,
    pub cpus: Vec<usize>,
}

/// Reads a topology's `engine` and `cpus`.
pub(super) fn usual(reader: &mut Reader<'_>) -> Usual {
    Usual { engine: engine(reader).unwrap_or_default(), cpus: cpus(reader).unwrap_or_default() }
}

/// Reads a stage's keys.
pub(super) fn placement(reader: &mut Reader<'_>, usual: &Usual) -> Placement {
    Placement {
        engine: engine(reader).unwrap_or(usual.engine),
        wait: wait(reader).unwrap_or_default(),
        process: process(reader),
        cpus: cpus(reader).unwrap_or_else(|| usual.cpus.clone()),
    }
}

/// `[machine] idle = "shallow"`: whether idle processors are kept from deep sleep while the topology runs.
pub(super) fn shallow(reader: &mut Reader<'_>) -> bool {
    let Some(value) = reader.table.get("machine") else { return false };
    let Some(table) = value.as_table() else {
        reader.wrong("machine", "a table such as { idle = \"shallow\" }");
        return false;
    };
    reader.inside("machine", table, |inner| {
        inner.deny_unknown("");
        inner.choice("idle") == Some(1)
    })
}

/// The engine that a name means; `None` for any other name.
pub(super) fn engine_named(name: &str) -> Option<Engine> {
    ENGINES.iter().position(|known| *known == name).map(|at| [Engine::Direct, Engine::Libzmq][at])
}

fn engine(reader: &mut Reader<'_>) -> Option<Engine> {
    reader.choice("engine").map(|at| [Engine::Direct, Engine::Libzmq][at])
}

fn wait(reader: &mut Reader<'_>) -> Option<Wait> {
    let table = reader.table;
    if table.contains_key("operator") && table.get("wait").is_some_and(|value| is_operators("wait", value)) {
        return None;
    }
    reader.choice("wait").map(|at| [Wait::Park, Wait::Adaptive, Wait::Spin][at])
}

fn process(reader: &mut Reader<'_>) -> Option<String> {
    let name = reader.text("process", "a name")?;
    if !is_name(&name) {
        let what = "a process has a name as stages have: a letter of a-z, then at most 40 of a-z, 0-9, \"_\" and \"-\"";
        reader.tell("process", what.to_string());
        return None;
    }
    Some(name)
}

/// `1`, or a list of them; each must be a processor that this machine lets us use.
fn cpus(reader: &mut Reader<'_>) -> Option<Vec<usize>> {
    const MUST: &str = "a processor's number such as 0, or a list of them";
    let value = reader.table.get("cpus")?;
    let entries = match value {
        Value::Array(entries) if !entries.is_empty() => entries.as_slice(),
        Value::Integer(_) => std::slice::from_ref(value),
        _ => {
            reader.wrong("cpus", MUST);
            return None;
        }
    };
    let number = |entry: &Value| entry.as_integer().and_then(|number| usize::try_from(number).ok());
    let Some(cpus) = entries.iter().map(number).collect::<Option<Vec<usize>>>() else {
        reader.wrong("cpus", MUST);
        return None;
    };
    if let Some(allowed) = allowed()
        && let Some(cpu) = cpus.iter().find(|cpu| !allowed.contains(cpu))
    {
        let listed = allowed.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
        reader.tell("cpus", format!("there is no processor {cpu} to run on here (there is {listed})"));
        return None;
    }
    Some(cpus)
}

/// The processors that this process may run on.
fn allowed() -> Option<Vec<usize>> {
    let set = sched_getaffinity(Pid::from_raw(0)).ok()?;
    Some((0..nix::sched::CpuSet::count()).filter(|cpu| set.is_set(*cpu).unwrap_or(false)).collect())
}
