//! `stage`: one worker, as `run` starts it and as a person may.

use crate::args::Stage;
use crate::tell;
use crate::terminal::await_stdin;
use sluicebox::error::{Error, Result};
use sluicebox::params::nearest;
use sluicebox::run::apart;
use sluicebox::run::books::Books;
use sluicebox::run::dir::{RUN_DIR, RunDir};
use sluicebox::run::end;
use sluicebox::topology::plan::{Plan, WorkerId};
use sluicebox::{stage::process, stop, surroundings, topology};
use std::path::Path;

pub fn stage(args: &Stage) -> Result<()> {
    let named = |e: Error| e.by(format!("stage \"{}\"", args.name));
    surroundings::least().map_err(named)?;
    let listen = || stop::listen(|_| {}).map_err(named);
    let (dir, plan) = match std::env::var_os(RUN_DIR) {
        Some(path) => {
            listen()?;
            let dir = RunDir::lent(Path::new(&path))?;
            if dir.get("plan.json").is_none() {
                let gone = dir.path().display().to_string();
                return Err(Error::failed(format!(
                    "stage \"{}\" can't come back: the run directory {} is gone (a logout clears it: `loginctl \
                    enable-linger` keeps it, or set XDG_RUNTIME_DIR to a folder that stays)",
                    args.name,
                    gone.trim_end_matches(" (deleted)")
                )));
            }
            let plan = dir.plan()?;
            (dir, plan)
        }
        None => {
            let joined = by_hand(args)?;
            // Not before: until it works nothing looks at what is heard, and a signal ends it as any program.
            listen()?;
            joined
        }
    };
    let Some(stage) = plan.stage(&args.name) else {
        let names = plan.stages.iter().map(|stage| stage.name.as_str());
        let near =
            nearest(&args.name, names).map(|name| format!(": did you mean \"{name}\"?")).unwrap_or_default();
        return Err(Error::usage(format!("topology \"{}\" has no stage \"{}\"{near}", plan.name, args.name)));
    };
    let workers = plan.stages[stage].workers;
    if args.worker >= workers {
        let last = workers - 1;
        return Err(Error::usage(format!(
            "stage \"{}\" has workers 0 to {last}, not {}",
            args.name, args.worker
        )));
    }
    process::run(&plan, &dir, WorkerId { stage, worker: args.worker })
}

/// Joins the run that other stages began by hand, or begins one: the first freezes the plan.
fn by_hand(args: &Stage) -> Result<(RunDir, Plan)> {
    await_stdin(&args.file);
    let checked = topology::load(&args.file, &[]).map_err(|problems| Error::drawn(problems.render(false)))?;
    let dir = RunDir::of(&checked.plan.name)?;
    dir.make(&checked.plan)?;
    let _lock = dir.lock_to_freeze(&mut tell)?;
    let runs = dir.outlast(&mut tell).is_some();
    if dir.is_locked() {
        let name = &checked.plan.name;
        return Err(Error::usage(format!(
            "topology \"{name}\" was started by `sluicebox run`, which starts its stages itself"
        )));
    }
    let there = dir.plan();
    // Ledgers that can't be read are of another version, and nobody runs by them; or they are damaged.
    let books = there.as_ref().map_err(Error::clone).and_then(|there| Books::read(there, &dir));
    // A run whose launcher has told its end has ended, however far its stages came.
    let open = end::word(&dir).is_none() && books.as_ref().is_ok_and(Books::wants);
    match there {
        Ok(there) if open && there.same_as(&checked.plan) => {
            dir.forget_launcher();
            return Ok((dir, there));
        }
        _ if runs => {
            let name = &checked.plan.name;
            let what = match books {
                Ok(_) => " with another plan".to_string(),
                Err(e) => format!(", and nobody can join it: {}", e.sentence),
            };
            return Err(Error::usage(format!(
                "topology \"{name}\" is running{what}: end it with `sluicebox stop {name}`"
            )));
        }
        _ => {}
    }
    apart::check(&checked.plan)?;
    checked.preflight()?;
    let plan = checked.plan.begin();
    dir.freeze(&plan)?;
    Ok((dir, plan))
}
