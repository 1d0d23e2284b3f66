//! A run on a real terminal: the picture is drawn anew in place, and nothing of it reaches anything else.

use super::room;
use super::screen::Screen;
use crate::run::{Sandbox, text, three};
use std::io::{Read, Write};
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
        // Its carriage returns are taken out above.
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

/// A run on a terminal of a size, watched until it has ended; `at` is asked at each new piece what to type.
fn watched(
    room: &Sandbox,
    size: (usize, usize),
    run: &str,
    mut typed: impl FnMut(&str) -> &'static str,
) -> Screen {
    let (columns, rows) = size;
    let command = format!("stty rows {rows} cols {columns}; {} {run}", env!("CARGO_BIN_EXE_sluicebox"));
    let mut script = Command::new("script");
    script.args(["-qec", &command, "/dev/null"]).current_dir(room.path("."));
    script.env("XDG_RUNTIME_DIR", room.path(".")).env("TERM", "xterm");
    let mut script = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("script is there");
    let (mut keys, mut from) = (script.stdin.take().unwrap(), script.stdout.take().unwrap());
    let (mut seen, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let n = from.read(&mut piece).unwrap();
        seen.extend_from_slice(&piece[..n]);
        if n == 0 {
            break;
        }
        keys.write_all(typed(&String::from_utf8_lossy(&seen)).as_bytes()).unwrap();
    }
    script.wait().unwrap();
    let mut screen = Screen::new(columns, rows);
    screen.write(&text(&seen));
    screen
}

/// Presses Ctrl-C once, when a second picture stands there.
fn ctrl_c() -> impl FnMut(&str) -> &'static str {
    let mut pressed = false;
    move |seen| {
        let now = !pressed && seen.matches("\u{1b}[?7h").count() >= 2;
        pressed |= now;
        if now { "\u{3}" } else { "" }
    }
}

#[test]
fn a_run_fits_its_terminal_and_leaves_it_clean_after_ctrl_c() {
    for size in [(80, 24), (60, 24), (40, 12), (100, 50)] {
        let room = room(3_000_000, &three("rate = \"20k/s\"", "if_exists = \"replace\""));
        let screen = watched(&room, size, "run t.toml", ctrl_c());
        let seen = screen.text();
        assert_eq!((screen.clipped, screen.broken), (0, 0), "{size:?}:\n{seen}");
        // Nothing is left of a picture, nor of what the terminal echoed.
        assert!(seen.starts_with("asked to stop: sources stop,"), "{size:?}:\n{seen}");
        assert!(!seen.contains("records/s") && !seen.contains("^C"), "{size:?}:\n{seen}");
        assert!(
            seen.contains("drained: the account") && seen.ends_with("results: out.db\n\n"),
            "{size:?}:\n{seen}"
        );
    }
}

#[test]
fn what_one_watches_stays_on_a_narrow_terminal() {
    let room = room(100_000, &three("rate = \"10k/s\"", "if_exists = \"replace\""));
    for columns in [80, 60, 40] {
        let mut heads = Vec::new();
        watched(&room, (columns, 24), "run t.toml --for 1200ms", |seen| {
            let pictures = seen.split("\u{1b}[?7l").skip(1);
            heads =
                pictures.filter_map(|picture| Some(picture.lines().next()?.trim_end().to_string())).collect();
            ""
        });
        assert!(heads.len() >= 2, "{columns}: {heads:?}");
        for head in heads {
            assert!(head.contains("records/s") && head.contains("age p50"), "{columns}: {head}");
            assert!(head.ends_with(" p99") && head.len() <= columns, "{columns}: {head}");
        }
    }
}

#[test]
fn more_stages_than_rows_never_scroll_the_picture_away() {
    let many: String = (0..30)
        .map(|n| {
            format!(
                "[[stage]]\nname = \"s{n}\"\nfrom = \"numbers\"\noperator = \"null\"\nprocess = \"one\"\n"
            )
        })
        .collect();
    let room = room(100_000, &(three("rate = \"10k/s\"", "if_exists = \"replace\"") + &many));
    let screen = watched(&room, (80, 10), "run t.toml", ctrl_c());
    let seen = screen.text();
    assert!(seen.starts_with("asked to stop: sources stop,"), "{seen}");
    assert!(!seen.contains("records/s") && !seen.contains("more workers"), "{seen}");
}

#[test]
fn text_from_outside_never_acts_on_the_terminal() {
    // A column, a value, a file's name: each would clear the screen or forge a line.
    let evil = "\u{1b}[2J\u{9b}2J\u{202e}\nforged";
    let room = room(10, "");
    room.write("e.csv", &format!("\"x{evil}\"\n1\n2\n"));
    let toml = |of: &str| {
        let (path, sink) = (format!("{:?}", "e.csv"), format!("{:?}", format!("o{evil}.jsonl")));
        format!(
            "name = \"t\"\n[[stage]]\nname = \"in\"\noperator = \"csv\"\npath = {path}\n{of}\n\
             [[stage]]\nname = \"out\"\nfrom = \"in\"\noperator = \"jsonl\"\npath = {sink}\n"
        )
    };
    room.write("t.toml", &toml(""));
    for command in ["check t.toml", "run t.toml", "run t.toml", "status t", "audit t", "logs t"] {
        let seen = watched(&room, (80, 24), command, |_| "").text();
        assert!(!seen.lines().any(|line| line.starts_with("forged")), "{command}:\n{seen}");
        assert!(!seen.contains('\u{202e}'), "{command}:\n{seen}");
    }
    room.write("t.toml", &toml(&format!("rate = {:?}", format!("9{evil}"))));
    let seen = watched(&room, (80, 24), "check t.toml", |_| "").text();
    assert!(seen.contains("error") && !seen.lines().any(|line| line.starts_with("forged")), "{seen}");
    let asked = format!("no{evil}.toml");
    let output = room.sluicebox(&["run", &asked]);
    assert!(text(&output.stderr).contains("no\\u{1b}[2J\\u{9b}2J\\u{202e}\\nforged.toml"), "{output:?}");
}
