//! A topology that was named, by its name or by its file.

use sluicebox::error::{Error, Result, reason};
use sluicebox::files::read_pages;
use sluicebox::params::nearest;
use sluicebox::run::books::Books;
use sluicebox::run::dir::RunDir;
use sluicebox::run::end;
use sluicebox::run::reader::Reader;
use sluicebox::topology::plan::Plan;
use sluicebox::topology::variables::filled;
use sluicebox::wire::ledger::State;
use std::path::Path;

/// The topology that was named, or the only one that runs; `None` where none was and several may be meant, or none runs
/// and several have run.
pub fn named_or_alone(target: Option<&str>) -> Result<Option<String>> {
    if let Some(target) = target {
        return Ok(Some(target.to_string()));
    }
    let names = known()?;
    let running: Vec<&String> =
        names.iter().filter(|name| RunDir::of(name).is_ok_and(|dir| dir.is_held())).collect();
    match (running.as_slice(), names.as_slice()) {
        ([one], _) => Ok(Some(one.to_string())),
        ([], [one]) => Ok(Some(one.clone())),
        (_, []) => named(None).map(Some),
        _ => Ok(None),
    }
}

/// The topology that was named, or the only one there is: the only one that runs, or that has run.
pub fn named(target: Option<&str>) -> Result<String> {
    if let Some(target) = target {
        return Ok(target.to_string());
    }
    let names = known()?;
    let runs = |name: &&String| RunDir::of(name).is_ok_and(|dir| dir.is_locked());
    let running: Vec<String> = names.iter().filter(runs).cloned().collect();
    match if running.is_empty() { &names } else { &running }.as_slice() {
        [name] => Ok(name.clone()),
        [] => Err(Error::usage("no topology has run here yet (`sluicebox run FILE` starts one)")),
        [..] if running.is_empty() => Err(Error::usage(format!(
            "no topology runs here now; say which of these you mean: {}",
            names.join(", ")
        ))),
        [..] => Err(Error::usage(format!("several topologies run here, say which: {}", running.join(", ")))),
    }
}

/// Names of topologies that run or have run, in their order.
fn known() -> Result<Vec<String>> {
    let mut known = Vec::new();
    for name in RunDir::names()? {
        known.extend(RunDir::of(&name)?.get("plan.json").map(|_| name));
    }
    known.sort_unstable();
    Ok(known)
}

/// The run directory of NAME or FILE.
pub fn dir(target: &str) -> Result<RunDir> {
    if !is_file(target) {
        return RunDir::of(target);
    }
    let bytes = read_pages(Path::new(target)).map_err(|e| {
        Error::usage(format!("cannot read {target}: {} (give a topology's name or its file)", reason(&e)))
    })?;
    let table: Option<toml::Table> = str::from_utf8(&bytes).ok().and_then(|text| text.parse().ok());
    let table = table.ok_or_else(|| {
        Error::usage(format!("{target} is not valid TOML: `sluicebox check {target}` shows where, and why"))
    })?;
    let stem = Path::new(target).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let name = table.get("name").and_then(|name| name.as_str()).map(filled).transpose()?;
    RunDir::of(name.as_deref().unwrap_or(stem)).map_err(|e| e.by(target))
}

/// The plan of the run that is there, or was.
pub fn plan(target: &str, dir: &RunDir) -> Result<Plan> {
    if dir.get("plan.json").is_none() {
        let near = nearest(target, known()?.iter().map(String::as_str));
        let near = near.map(|near| format!(": did you mean \"{near}\"?")).unwrap_or_default();
        return Err(Error::failed(format!(
            "nothing is known of a run of {target}{near} (looked in {}; `sluicebox run FILE` starts one)",
            dir.path().display()
        )));
    }
    let plan = dir.plan().map_err(anew)?;
    if !dir.path().ends_with(&plan.name) {
        let (dir, name) = (dir.path().display(), &plan.name);
        return Err(anew(Error::failed(format!("the plan in {dir} is one of topology \"{name}\""))));
    }
    let real = |path: &Path| path.canonicalize().ok();
    // A file that has been moved away since can't be compared.
    if let (true, Some(here), Some(there)) = (is_file(target), real(Path::new(target)), real(&plan.file))
        && here != there
    {
        let (name, file) = (&plan.name, plan.file.display());
        return Err(Error::usage(format!(
            "the run of topology \"{name}\" is one of {file}, not of {target}: say \"{name}\" if you mean it"
        )));
    }
    Ok(plan)
}

/// The books of that run.
pub fn books(plan: &Plan, dir: &RunDir) -> Result<Books> {
    Ok(reader(plan, dir)?.read())
}

/// Its ledgers, for who reads them more than once.
pub fn reader(plan: &Plan, dir: &RunDir) -> Result<Reader> {
    let reader = Reader::open(plan, dir).map_err(anew)?;
    if !dir.is_locked() {
        reader.check_seals(plan).and_then(|()| end::check(dir)).map_err(anew)?;
    }
    Ok(reader)
}

fn anew(mut error: Error) -> Error {
    error.sentence +=
        " (what an earlier run left is damaged or of another version: `sluicebox run FILE` replaces it)";
    error
}

/// How the run ended, as it said itself; stages that were started by hand only leave their ledgers.
pub fn end(dir: &RunDir, books: &Books) -> String {
    match end::word(dir) {
        Some(word) => word,
        None if books.workers.iter().all(|worker| worker.state == State::Finished) => "drained".to_string(),
        None => "killed".to_string(),
    }
}

fn is_file(target: &str) -> bool {
    target.contains(['/', '.'])
}
