//! Limits of a parent: the size of files, descriptors, processes, memory. Each is told by its name, in one sentence.

use super::{ENDLESS, at_home, balanced, end_of, has, in_shell, is_root, run};
use crate::run::{Sandbox, text, three};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

const ROWS: usize = 200_000;

fn sink(operator: &str, path: &str) -> String {
    three("", "patience = \"50ms\"").replace("\"sqlite\"", operator).replace("\"out.db\"", path)
}

/// A sink whose file may not grow SHALL say so, as of a full disk, and SHALL NOT be killed again and again.
#[test]
fn a_file_that_may_not_grow_is_told_by_the_sink() {
    for (operator, path) in [
        ("\"jsonl\"", "\"o.jsonl\""),
        ("\"csv\"", "\"o.csv\""),
        ("\"sqlite\"", "\"o.db\""),
        ("\"jsonl\"", "\"-\""),
    ] {
        let room = Sandbox::new();
        room.numbers("n.csv", ROWS);
        room.write("t.toml", &sink(operator, path));
        let to_stdout = path == "\"-\"";
        let (limit, json, out) = if to_stdout { (700, "", "> o") } else { (700, "--json", "") };
        // The limit is one of the launcher too: what it makes itself is shorter.
        let output = run(in_shell(&room, &format!("ulimit -f {limit}; exec $0 run t.toml {json} {out}")));
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{operator} {path}: {said}");
        let last = said.lines().last().unwrap();
        let sentence = "file too large (raise the limit of a file's size, or choose another path)";
        assert!(
            last.starts_with("stage \"store\": ") && last.contains(sentence),
            "{operator} {path}: {said}"
        );
        assert!(!said.contains("signal"), "{said}");
        if !to_stdout {
            let (_, account, _) = end_of(&output);
            let stored = balanced(&account)["stored"].as_u64().unwrap();
            assert!(stored > 0 && stored < ROWS as u64 / 2, "the limit bit in its middle: {account}");
        }
    }
}

#[test]
fn a_limit_that_is_too_low_for_the_run_itself_is_told_at_the_start() {
    let room = Sandbox::new();
    room.numbers("n.csv", 10);
    room.write("t.toml", &three("", "if_exists = \"replace\""));
    for kib in [0, 1, 100] {
        for line in ["exec $0 run t.toml", "exec $0 stage t.toml --name even"] {
            let output = run(in_shell(&room, &format!("ulimit -f {kib}; {line}")));
            let said = text(&output.stderr);
            assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{kib} {line}: {said}");
            assert!(
                said.contains("file too large (raise the limit of a file's size: `ulimit -f`)"),
                "{said}"
            );
        }
    }
    assert!(!room.path("out.db").exists(), "nothing was started");
}

#[test]
fn too_few_descriptors_are_told_and_a_soft_limit_is_raised() {
    let room = Sandbox::new();
    room.numbers("n.csv", 10);
    room.write("t.toml", &three("", "if_exists = \"replace\""));
    let stage = |rest: &str| format!("[[stage]]\n{rest}\n");
    let many: String = (0..12)
        .map(|n| stage(&format!("name = \"s{n}\"\nfrom = \"numbers\"\noperator = \"null\"")))
        .collect();
    room.write("many.toml", &(three("", "if_exists = \"replace\"") + &many));
    let libzmq = three("engine = \"libzmq\"", "if_exists = \"replace\"");
    room.write("z.toml", &libzmq);
    for n in [6, 8, 12] {
        let output = run(in_shell(&room, &format!("ulimit -n {n}; exec $0 stage t.toml --name even")));
        let said = text(&output.stderr);
        assert!(output.status.code() == Some(1) && said.lines().count() == 1, "{n}: {said}");
        assert!(said.contains("too many open files") && said.contains("`ulimit -n`"), "{n}: {said}");
    }
    let few = [(6, "t.toml"), (8, "t.toml"), (12, "t.toml"), (20, "z.toml"), (40, "many.toml")];
    for (n, file) in few {
        let output = run(in_shell(&room, &format!("ulimit -n {n}; exec $0 run {file}")));
        let said = text(&output.stderr);
        assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{n} {file}: {said}");
        let limit = format!("the limit is {n}: too many open files (raise it: `ulimit -n`");
        assert!(said.contains(&limit), "{n} {file}: {said}");
        // Where only the soft limit is low there is no trouble.
        let output = run(in_shell(&room, &format!("ulimit -S -n {n}; exec $0 run {file}")));
        assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""), "{n} {file}");
    }
}

/// A user of his own, who has started nothing else, in a folder of his own.
fn as_another(room: &Sandbox, line: &str) -> Command {
    let all = std::fs::Permissions::from_mode(0o777);
    let run_dir = room.path("his");
    if !run_dir.exists() {
        std::fs::create_dir(&run_dir).unwrap();
        std::os::unix::fs::chown(&run_dir, Some(NOBODY), Some(NOBODY)).unwrap();
        std::fs::set_permissions(room.path("."), all).unwrap();
        let program = room.path("sluicebox");
        std::fs::copy(env!("CARGO_BIN_EXE_sluicebox"), program).unwrap();
    }
    let id = NOBODY.to_string();
    let mut command = Command::new("setpriv");
    command.args(["--reuid", &id, "--regid", &id, "--clear-groups", "bash", "-c", line, "./sluicebox"]);
    let mut command = at_home(room, command);
    command.env("XDG_RUNTIME_DIR", run_dir);
    command
}

/// It has no processes but those of these tests.
const NOBODY: u32 = 64_321;

#[test]
fn too_few_processes_are_told_and_never_a_panic() {
    if !is_root() || !has("setpriv") {
        return;
    }
    let room = Sandbox::new();
    room.numbers("n.csv", 10);
    let topology = three("", "if_exists = \"replace\"");
    room.write("t.toml", &topology);
    room.write(
        "z.toml",
        &topology.replace("operator = \"filter\"", "engine = \"libzmq\"\noperator = \"filter\""),
    );
    room.write("p.toml", &topology.replace("operator =", "process = \"p\"\noperator ="));
    let mut good = 0;
    for (n, file) in (1..=6).chain([30]).flat_map(|n| ["t.toml", "z.toml", "p.toml"].map(|file| (n, file))) {
        let output = run(as_another(&room, &format!("ulimit -u {n}; exec $0 run {file}")));
        let said = text(&output.stderr);
        match output.status.code() {
            Some(0) => good += 1,
            Some(1) => {
                let last = said.lines().last().unwrap();
                assert!(last.contains("raise the limit of processes, `ulimit -u`"), "{n} {file}: {said}");
            }
            code => panic!("{n} {file}: {code:?} {said}"),
        }
    }
    assert!((3..=6).contains(&good), "the limit bit, and 30 are enough: {good}");
}

#[test]
fn too_little_memory_is_told() {
    let room = Sandbox::new();
    room.numbers("n.csv", 10);
    room.write("t.toml", &three("", "if_exists = \"replace\""));
    let mut told = 0;
    // With less than the program itself takes, not even it is there to tell.
    let program = std::fs::metadata(env!("CARGO_BIN_EXE_sluicebox")).unwrap().len() >> 20;
    for mib in [8, 12, 16, 24, 32, 96].map(|more| program + more) {
        let output = run(in_shell(&room, &format!("ulimit -v {}; exec $0 run t.toml", mib << 10)));
        let said = text(&output.stderr);
        match output.status.code() {
            Some(0) => {}
            Some(1 | 4) => {
                let last = said.lines().last().unwrap();
                assert!(last.contains("`ulimit -v`"), "{mib}: {said}");
                told += 1;
            }
            code => panic!("{mib}: {code:?} {said}"),
        }
    }
    assert!((1..6).contains(&told), "the limit bit, and 96 MiB more are enough: {told}");
}

/// A limit of processor time ends a stage again and again: what it is SHALL be told.
#[test]
fn too_little_processor_time_is_told() {
    let room = Sandbox::new();
    room.write(
        "t.toml",
        &ENDLESS.replace("rate = \"5k/s\"", "").replace("operator =", "restart = false\noperator ="),
    );
    let output = run(in_shell(&room, "ulimit -S -t 1; exec $0 run t.toml --json"));
    let (code, account, last) = end_of(&output);
    assert_eq!(code, Some(4), "{}", text(&output.stderr));
    let sentence =
        "was ended by signal 24 (restart = false) and is given up (its limit of processor time is used up";
    assert!(last.contains(sentence), "{last}");
    assert_eq!(account["end"], "failed");
}

/// A start that a limit refuses SHALL leave the run before as it is: what is told of it, and what it can be resumed by.
#[test]
fn a_start_that_a_limit_refuses_leaves_the_run_before_as_it_is() {
    let room = Sandbox::new();
    room.numbers("n.csv", 10);
    room.write("t.toml", &three("", "if_exists = \"replace\""));
    assert_eq!(room.sluicebox(&["run", "t.toml"]).status.code(), Some(0));
    let before = room.audit();
    let refused = [
        ("ulimit -n 36; exec $0 run t.toml", "must be open at a time"),
        ("ulimit -n 36; exec $0 run t.toml --resume", "must be open at a time"),
        ("ulimit -f 1; exec $0 run t.toml --resume", "file too large"),
    ];
    for (line, why) in refused {
        let output = run(in_shell(&room, line));
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{line}: {said}");
        assert!(said.contains(why), "{line}: {said}");
        assert_eq!(room.status().unwrap()["state"], "drained", "{line}");
        assert_eq!(room.audit(), before, "{line}");
    }
    assert_eq!(room.sluicebox(&["run", "t.toml", "--resume"]).status.code(), Some(0));
}
