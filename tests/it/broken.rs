//! Topologies with mistakes: each file of `topologies/broken/` opens with the message it must give, as comments.
//!
//! `SLUICEBOX_BLESS=1 cargo test --release broken` writes what is given into the files; look at the difference
//! before you commit it.

use sluicebox::topology;
use std::path::{Path, PathBuf};

const FOLDER: &str = "topologies/broken";

/// A file as its message and what follows.
fn parts(text: &str) -> (String, String) {
    let is_comment = |line: &&str| line.starts_with('#');
    let message: Vec<&str> =
        text.lines().take_while(is_comment).map(|line| line[1..].strip_prefix(' ').unwrap_or("")).collect();
    let body: Vec<&str> = text.lines().skip_while(is_comment).collect();
    (message.join("\n"), body.join("\n").trim_start().to_string() + "\n")
}

/// The other way round.
fn whole(message: &str, body: &str) -> String {
    let comments: Vec<String> =
        message.lines().map(|line| format!("# {line}").trim_end().to_string()).collect();
    format!("{}\n\n{body}", comments.join("\n"))
}

fn message(file: &Path) -> String {
    let found = topology::load(file, &[]).err();
    found.map_or("nothing is wrong with it".to_string(), |problems| problems.render(false))
}

/// Writes the message into the file, until it is true of the file with the message in it: the lines move.
fn bless(file: &Path) {
    for _ in 0..5 {
        let text = std::fs::read_to_string(file).unwrap();
        let now = whole(&message(file), &parts(&text).1);
        if now == text {
            return;
        }
        std::fs::write(file, now).unwrap();
    }
    panic!("{} does not come to rest", file.display());
}

#[test]
fn broken_topologies_give_the_message_they_open_with() {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|of| of == "toml"));
    files.sort();
    assert!(files.len() >= 8, "{FOLDER} is read");
    let mut differ = Vec::new();
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        if std::env::var_os("SLUICEBOX_BLESS").is_some() {
            bless(file);
            continue;
        }
        let (expected, given) = (parts(&text).0, message(file));
        // A picture's empty gutter may end in a space, a comment does not.
        let given: Vec<&str> = given.lines().map(str::trim_end).collect();
        if given.join("\n") != expected {
            differ.push(format!("{} gives\n{}\nand not\n{expected}", file.display(), given.join("\n")));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n\n"));
}
