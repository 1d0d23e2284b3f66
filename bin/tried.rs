//! Words that newcomers try on the command line, and what does the thing here.

use std::path::Path;

/// Commands of other tools.
const COMMANDS: &[(&[&str], &str)] = &[
    (
        &["validate", "verify", "lint", "vet", "explain", "plan", "dry-run"],
        "`sluicebox check FILE` tells everything that is wrong with a topology",
    ),
    (
        &["start", "launch", "up", "execute", "submit", "deploy", "play", "begin", "spawn"],
        "`sluicebox run FILE` launches a topology",
    ),
    (
        &["ps", "top", "describe", "inspect", "show", "info", "metrics", "stats", "jobs", "state", "health"],
        "`sluicebox status NAME` says how a topology stands",
    ),
    (
        &["kill", "cancel", "down", "halt", "terminate", "quit", "shutdown", "drain", "delete", "rm"],
        "`sluicebox stop NAME` drains a topology and ends it",
    ),
    (
        &["tap", "attach", "subscribe", "peek", "sniff", "view"],
        "`sluicebox watch NAME STAGE` shows the records of a running topology as they pass",
    ),
    (&["tail", "journal", "output"], "`sluicebox logs NAME --follow` shows what stages say"),
    (
        &["resume", "restart", "restore", "continue", "recover"],
        "`sluicebox run FILE --resume` goes on with the last run",
    ),
    (
        &["operators", "ls", "plugins", "components", "connectors", "functions", "docs", "doc", "manual"],
        "`sluicebox list` shows the operators, and `sluicebox list OPERATOR` the page of one",
    ),
    (
        &["verify-account", "proof", "balance", "reconcile"],
        "`sluicebox audit NAME` proves the account of a run",
    ),
    (
        &["tests", "unittest", "spec", "assert"],
        "`sluicebox test FILE` runs the tests that a topology carries",
    ),
    (&["perf", "profile", "benchmark", "measure", "latency"], "`sluicebox bench FILE` measures a topology"),
    (
        &["draw", "dot", "viz", "visualize", "visualise", "diagram", "mermaid", "dag", "topology"],
        "`sluicebox graph FILE` draws a topology",
    ),
    (
        &["init", "create", "scaffold", "template", "generate", "example", "quickstart"],
        "`sluicebox new` writes a first topology, `sluicebox new my.csv` one for your data",
    ),
    (
        &["query", "sql", "repl", "shell", "expr", "calc", "vrl", "functions"],
        "`sluicebox eval EXPRESSION` tries an expression, `sluicebox list functions` shows what it may say",
    ),
    (&["version"], "`sluicebox --version` prints it"),
    (
        &["worker", "node", "agent", "process"],
        "`sluicebox stage FILE --name STAGE` runs one worker of one stage",
    ),
];

/// Options of other tools.
const OPTIONS: &[(&[&str], &str)] = &[
    (
        &["--config", "-c", "--file", "-f", "--topology", "--conf"],
        "the file stands alone, as in `sluicebox run FILE`",
    ),
    (&["--dry-run", "--validate", "-n", "--check"], "`sluicebox check FILE` tells what a run would refuse"),
    (
        &["--verbose", "-v", "-vv", "--debug", "--log-level", "--log", "--trace"],
        "`sluicebox logs NAME` shows what stages have said, `sluicebox status NAME --json` all counts",
    ),
    (
        &["--quiet", "-q", "--silent", "--no-progress"],
        "progress is shown on a terminal only: send standard error elsewhere",
    ),
    (
        &["--output", "-o", "--format", "--out"],
        "`--json` prints an object, and a sink's path is set by --set STAGE.path=FILE",
    ),
    (
        &["--workers", "--parallelism", "-j", "-p", "--threads", "--replicas"],
        "workers belong to a stage: --set STAGE.workers=2",
    ),
    (
        &["--duration", "--time", "--timeout", "-t", "--run-for", "--seconds"],
        "a run ends after a time by --for 30s",
    ),
    (
        &["--param", "-D", "--var", "--env", "-e", "--define", "--override"],
        "a value is changed by --set STAGE.KEY=VALUE, and ${NAME} in the file is a variable of the environment",
    ),
    (
        &["--detach", "-d", "--daemon", "--background"],
        "a run stays in front: begin it with & or by a process manager",
    ),
    (
        &["--restore", "--from-savepoint", "--continue", "--restart"],
        "`sluicebox run FILE --resume` goes on with the last run",
    ),
    (&["--strict-loss", "--exact", "--no-loss"], "`--fail-on-loss` ends with 1 where a record was lost"),
    (&["--all", "-a"], "without a name it is the topology that runs here"),
];

/// What to say of a command that there is not, where it is known.
pub fn command(given: &str) -> Option<String> {
    let known = COMMANDS.iter().find(|(words, _)| words.contains(&given.to_lowercase().as_str()));
    if let Some((_, here)) = known {
        return Some(format!("there is no command \"{given}\": {here}"));
    }
    let file = given.ends_with(".toml") || Path::new(given).is_file();
    file.then(|| {
        format!(
            "\"{given}\" is a file, and what to do with it comes first: `sluicebox run {given}` launches it, \
             `sluicebox check {given}` tells what is wrong with it"
        )
    })
}

/// The same of an option.
pub fn option(given: &str) -> Option<String> {
    let name = given.split_once('=').map_or(given, |(name, _)| name);
    let (_, here) = OPTIONS.iter().find(|(words, _)| words.contains(&name))?;
    Some(format!("there is no option \"{name}\" here: {here}"))
}
