//! A run on a real terminal: the picture is drawn anew in place, and nothing of it reaches anything else.

use super::room;
use crate::run::{Sandbox, text, three};
use std::process::{Command, Stdio};

/// All that a terminal of this kind gets to see of a run.
fn on_terminal(room: &Sandbox, term: &str, more: &str) -> String {
    let run = format!("{} run t.toml --for 1200ms {more}", env!("CARGO_BIN_EXE_sluicebox"));
    let mut script = Command::new("script");
    script.args(["-qec", &run, "/dev/null"]).current_dir(room.path("."));
    script.env("XDG_RUNTIME_DIR", room.path(".")).env("TERM", term).stdin(Stdio::null());
    let output = script.output().expect("script, of util-linux, is there");
    assert_eq!(output.status.code(), Some(0));
    text(&output.stdout).replace('\r', "")
}

#[test]
fn progress_is_drawn_in_place_and_the_account_stays() {
    let room = room(100_000, &three("rate = \"10k/s\"", "if_exists = \"replace\""));
    let seen = on_terminal(&room, "xterm", "");
    let pictures: Vec<&str> = seen.split("\u{1b}[?7l").skip(1).collect();
    assert!(pictures.len() >= 2, "{seen}");
    for picture in pictures {
        let (picture, after) = picture.split_once("\u{1b}[?7h").unwrap();
        let lines = picture.lines().count();
        assert!(lines >= 4 && picture.contains("numbers") && picture.contains("store"), "{picture}");
        assert!(picture.lines().next().unwrap().ends_with("age p50      p99"), "{picture}");
        assert!(after.starts_with(&format!("\u{1b}[{lines}A\u{1b}[J")), "just what was drawn goes: {seen}");
    }
    let account = seen.rsplit("\u{1b}[J").next().unwrap();
    assert!(
        account.contains("the time is up: ") && account.contains("drained: the account balances"),
        "{seen}"
    );
    assert!(account.ends_with("results: out.db\n"), "{seen}");
}

#[test]
fn a_dumb_terminal_gets_plain_lines() {
    let room = room(100_000, &three("rate = \"10k/s\"", "if_exists = \"replace\""));
    for term in ["dumb", "xterm"] {
        // Of what goes into a pipe nothing is drawn, whatever the terminal.
        let seen = on_terminal(&room, term, if term == "dumb" { "" } else { "2>err | cat" });
        let err = std::fs::read_to_string(room.path("err")).unwrap_or_default();
        assert!(seen.contains("drained: the account balances"), "{seen}");
        assert!(!seen.contains('\u{1b}') && !err.contains('\u{1b}'), "{seen}{err}");
    }
}

#[test]
fn who_types_a_topology_is_told_that_it_is_awaited() {
    let room = room(1, "");
    let check = format!("{} check -", env!("CARGO_BIN_EXE_sluicebox"));
    let mut script = Command::new("script");
    // Its end of the terminal is closed at once, as by Ctrl-D.
    script.args(["-qec", &check, "/dev/null"]).current_dir(room.path(".")).stdin(Stdio::null());
    let output = script.output().expect("script, of util-linux, is there");
    assert_eq!(output.status.code(), Some(2));
    let seen = text(&output.stdout);
    let asked = seen.find("reading a topology from standard input: end it with Ctrl-D").expect(&seen);
    assert!(seen[asked..].contains("the file is empty"), "{seen}");
}

#[test]
fn long_names_widen_the_table() {
    let long = "a-stage-with-a-name-as-long-as-names-can-b";
    let name = &long[..41];
    let room = room(10, &three("", "").replace("\"even\"", &format!("\"{name}\"")));
    let said = text(&room.sluicebox(&["run", "t.toml"]).stdout);
    let widths: Vec<usize> = said.lines().take(4).map(|line| line.len()).collect();
    assert!(widths.windows(2).all(|pair| pair[0] == pair[1]), "{said}");
}
