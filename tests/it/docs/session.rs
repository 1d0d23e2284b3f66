//! A page as a session: its files are written, its commands run, what they print compared.

use super::blocks::{Block, blocks};
use super::root;
use crate::run::{Running, Sandbox, text};
use regex::Regex;
use std::os::unix::fs::DirBuilderExt;
use std::process::{Command, Output, Stdio};

/// What came of a page.
pub struct Told {
    /// The page with what is printed now.
    pub text: String,
    pub differ: Vec<String>,
}

/// How a home is called in pages.
const HOME: &str = "/home/you";
/// What a machine may lack, and what finds that out: commands that need it are left out, aloud.
const MAY_LACK: [(&str, &str); 4] = [
    ("sqlite3", "command -v sqlite3"),
    ("python3", "python3 -c 'import zmq'"),
    ("node", "node -e 'require(\"zeromq\")'"),
    ("cc ", "echo '#include <zmq.h>' | cc -E -"),
];

pub fn run(name: &str, page: &str) -> Told {
    let room = Sandbox::new();
    for folder in ["data", "topologies"] {
        std::os::unix::fs::symlink(root().join(folder), room.path(folder)).unwrap();
    }
    std::fs::DirBuilder::new().mode(0o700).create(room.path(".run")).unwrap();
    let mut lines: Vec<String> = page.lines().map(str::to_string).collect();
    let mut differ = Vec::new();
    // From behind, so that the numbers of lines before stay true.
    let mut printed: Vec<(std::ops::Range<usize>, Vec<String>)> = Vec::new();
    for block in blocks(page) {
        match (block.tag, block.note) {
            ("console", _) => {
                let all = block.commands();
                for (at, command) in all.iter().enumerate() {
                    let Some(output) = shell(&room, &command.text) else { continue };
                    let said = said(&room, &output);
                    let fails = block.note == "fails" && at + 1 == all.len();
                    if output.status.success() == fails {
                        differ.push(format!(
                            "{name}: $ {} ends with {}\n{}",
                            command.text,
                            output.status,
                            said.join("\n")
                        ));
                    }
                    let expected = &lines[command.prints.clone()];
                    if !same(expected, &said) {
                        let (at, said_now) = (command.prints.start + 1, said.join("\n"));
                        let text = &command.text;
                        differ.push(format!(
                            "{name}:{at}: $ {text}\nprints\n{said_now}\nand not\n{}",
                            expected.join("\n")
                        ));
                        printed.push((command.prints.clone(), kept(expected, said)));
                    }
                }
            }
            ("sh", how) => differ.extend(lines_of_sh(name, &room, &block, how)),
            (_, "") => {}
            (_, file) => {
                let path = room.path(file);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, block.lines.join("\n") + "\n").unwrap();
            }
        }
    }
    stop_all(&room);
    for (at, said) in printed.into_iter().rev() {
        lines.splice(at, said);
    }
    Told { text: lines.join("\n") + "\n", differ }
}

/// Commands whose output is not shown.
fn lines_of_sh(name: &str, room: &Sandbox, block: &Block<'_>, how: &str) -> Vec<String> {
    let mut differ = Vec::new();
    for command in block.commands() {
        let text = command.text.split(" #").next().unwrap_or_default().trim_end().to_string();
        if how == "elsewhere" {
            differ.extend(named(&text).map(|what| format!("{name}: {text}: {what}")));
            continue;
        }
        let Some(output) = shell(room, &if how == "briefly" { brief(&text) } else { text.clone() }) else {
            continue;
        };
        // A measurement on a busy machine may be no good one; a usage error is none at all.
        let fine = output.status.success() || (how == "briefly" && output.status.code() == Some(1));
        if !fine {
            differ.push(format!(
                "{name}: {text} ends with {}\n{}",
                output.status,
                said(room, &output).join("\n")
            ));
        }
    }
    differ
}

/// What a command that is not run names, and is not there.
fn named(command: &str) -> Option<String> {
    let words: Vec<&str> = command.split_whitespace().collect();
    let known = ["cargo", "apt-get", "sudo", "git", "install", "cp"];
    if !known.contains(&words[0]) {
        return Some(format!("only {} may stand in a block that is not run", known.join(", ")));
    }
    let bench = words.iter().position(|word| *word == "--bench").and_then(|at| words.get(at + 1));
    let lacks = bench.filter(|bench| !root().join("benches").join(format!("{bench}.rs")).is_file());
    lacks.map(|bench| format!("there is no bench {bench}"))
}

/// A measurement for a moment.
fn brief(command: &str) -> String {
    let spans = Regex::new(r" --(for|repeat|warmup) \S+").unwrap();
    format!("{} --for 300ms --warmup 100ms --repeat 1", spans.replace_all(command, ""))
}

/// Runs a command of a page in its room, standard error with the rest; `None` where the machine lacks a program.
fn shell(room: &Sandbox, command: &str) -> Option<Output> {
    let command = command.replace("cargo run --release -- ", "sluicebox ");
    if command.starts_with("cargo test") {
        return None;
    }
    if let Some((lacks, _)) = MAY_LACK.iter().find(|(word, probe)| command.contains(word) && !works(probe)) {
        eprintln!("SKIPPED: {lacks} is not installed, or what it needs for ZeroMQ: {command}");
        return None;
    }
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_sluicebox")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
    let child = Command::new("sh")
        .args(["-c", &format!("exec 2>&1\n{command}")])
        .current_dir(room.path(""))
        .env("PATH", path)
        .env("HOME", room.path(""))
        .env("XDG_RUNTIME_DIR", room.path(".run"))
        .env("TMPDIR", room.path(""))
        .env_remove("SLUICEBOX_ENGINE")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    Some(Running::of(child.unwrap()).end())
}

fn works(probe: &str) -> bool {
    Command::new("sh").args(["-c", probe]).output().is_ok_and(|output| output.status.success())
}

/// Ends the runs that a page has begun and left.
fn stop_all(room: &Sandbox) {
    let runs = std::fs::read_dir(room.path(".run/sluicebox")).into_iter().flatten().flatten();
    for name in runs.filter_map(|run| run.file_name().into_string().ok()) {
        shell(room, &format!("sluicebox stop {name}"));
    }
}

fn said(room: &Sandbox, output: &Output) -> Vec<String> {
    let here = room.path("").display().to_string();
    let said = text(&output.stdout).replace(here.trim_end_matches('/'), HOME);
    said.trim_end().lines().map(|line| line.trim_end().to_string()).collect()
}

/// Whether what is printed is what stands on the page, but for what varies.
fn same(expected: &[String], said: &[String]) -> bool {
    let expected: Vec<String> = expected.iter().map(|line| masked(line)).collect();
    let said: Vec<String> = said.iter().map(|line| masked(line)).collect();
    let mut parts = expected.split(|line| line == "...");
    let Some(first) = parts.next() else { return said.is_empty() };
    let Some(mut rest) = said.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.windows(part.len().max(1)).position(|lines| lines == part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty()
}

/// What is printed, with the lines of the page where they differ by what varies only.
fn kept(expected: &[String], said: Vec<String>) -> Vec<String> {
    let as_it_was =
        |line: String| expected.iter().find(|old| masked(old) == masked(&line)).cloned().unwrap_or(line);
    said.into_iter().map(as_it_was).collect()
}

/// A line without what varies from run to run.
fn masked(line: &str) -> String {
    let mut line = line.to_string();
    for (what, by) in [
        (r"\d+(\.\d+)? (ns|us|ms|s)\b", "T"),
        (r"^\d{4}-\d\d-\d\dT[0-9:.]+Z ", "T "),
        (r"\bpid \d+", "pid N"),
        (r"\b\d+%", "P"),
        (r"\s+", " "),
        ("[─-]+", "-"),
    ] {
        line = Regex::new(what).unwrap().replace_all(&line, by).into_owned();
    }
    // What the sample can't tell is a dash where it else is a time.
    let word = |word: &str| match word {
        "-" => "T".to_string(),
        "-," => "T,".to_string(),
        other => other.to_string(),
    };
    line.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn what_varies_is_no_difference_and_all_else_is() {
    let lines = |text: &str| text.lines().map(str::to_string).collect::<Vec<_>>();
    let page = lines("stage   in\nage p50 4.8 ms, max 7 us\nresults: a.db");
    assert!(same(&page, &lines("stage  in\nage p50 -, max 1.1 s\nresults: a.db")));
    assert!(!same(&page, &lines("stage  in\nage p50 120 us, max 1.1 s\nresults: b.db")));
    assert!(!same(&page, &page[..2]) && !same(&page[..2], &page));
    let cut = lines("a\n...\nd");
    assert!(same(&cut, &lines("a\nb\nc\nd")) && same(&cut, &lines("a\nd")) && !same(&cut, &lines("a\nb")));
    assert_eq!(
        brief("sluicebox bench a.toml --repeat 10 --json -"),
        "sluicebox bench a.toml --json - --for 300ms --warmup 100ms --repeat 1"
    );
    assert!(named("cargo bench --bench nothing").is_some() && named("rm -rf x").is_some());
}
