//! Files that are no topologies at all, and those that are far too much of one.

use super::{load_file, only, problems};
use std::fmt::Write;

fn said(text: impl AsRef<[u8]>) -> String {
    let told = problems(text, &[]);
    assert!(!told.is_empty());
    let said = told.render(false);
    assert!(!said.contains('\u{1b}') && !said.contains('\0'), "nothing of it reaches the terminal as it is");
    said
}

#[test]
fn files_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let told = |name: &str| {
        let file = folder.path().join(name);
        load_file(&file, &[]).unwrap_err().render(false).replace(folder.path().to_str().unwrap(), "DIR")
    };
    assert_eq!(told("missing.toml"), "error: cannot read DIR/missing.toml: no such file or directory");
    assert_eq!(told("."), "error: cannot read DIR/.: is a directory");
    let error: sluicebox::error::Error = load_file(folder.path(), &[]).unwrap_err().into();
    assert_eq!(error.exit, sluicebox::error::Exit::Usage);
}

#[test]
fn files_that_are_no_text() {
    assert!(said("").contains("the file is empty") && said(" \n\t\n").contains("t.toml:1:1"));
    assert!(said(b"\x7fELF\x02\0\0\0").contains("is not a text file"));
    let wrong = said(b"name = \"x\"\nb = \"caf\xe9\"\n");
    assert!(wrong.contains("the file is not UTF-8 from here on") && wrong.contains("t.toml:2:9"), "{wrong}");
    assert!(said("#".repeat((1 << 20) + 1)).contains("is larger than 1 MiB"));
    assert!(said("#".repeat(1 << 20)).contains("the topology has no stage"), "just small enough");
}

#[test]
fn text_that_is_no_toml() {
    let text = "name = \"x\"\n[[stage]\nname = 5\n";
    let told = problems(text, &[]);
    let (_, what, _) = only(&told, text).unwrap_or_else(|| panic!("{told:?}"));
    assert_eq!(what, "not valid TOML: a stage begins with [[stage]], in double brackets on both sides");
    let twice = said("name = \"x\"\nname = \"y\"\n[[stage]]\nname = \"a\"\nname = \"b\"\n");
    assert_eq!(twice.matches("name is set twice in one table").count(), 2, "{twice}");
    assert!(said("name = \"x\"\nstages = [[[").contains("not valid TOML"));
    assert!(said(format!("x={}", "[".repeat(20_000))).contains("nested too deeply"));
    assert!(said("name = 99999999999999999999").contains("a whole number goes from"));
    assert!(said("name = inf").contains("must be finite"));
}

#[test]
fn text_that_is_toml_but_no_topology() {
    let cases = [
        ("name = \"x\"", "the topology has no stage"),
        ("name = \"x\"\nstage = []", "the topology has no stage"),
        ("name = \"x\"\n[stage]\nname = \"a\"", "begin each with [[stage]], in double brackets"),
        ("name = \"x\"\nstage = 5", "begin each with [[stage]]"),
        ("name = \"x\"\nstage = [5]", "a stage is a table"),
    ];
    for (text, what) in cases {
        let told = problems(text, &[]);
        assert!(only(&told, text).is_some_and(|(_, said, _)| said.contains(what)), "{text}: {told:?}");
    }
    let said = said("[[stage]]");
    assert!(
        said.contains("no name: a run is found by it") && said.contains("stage 1: the stage has no name")
    );
    assert!(said.contains("neither \"operator\" nor \"steps\""), "{said}");
    let marked = "\u{feff}name = \"x\"\r\n[[stage]]\r\nname = \"a\"\r\noperator = \"shopp\"\r\n";
    let (at, ..) = only(&problems(marked, &[]), marked).unwrap();
    assert_eq!(at, "\"shopp\"", "a byte order mark and CRLF move nothing");
}

#[test]
fn far_too_much() {
    let mut stages = "name = \"x\"\n".to_string();
    for index in 0..1001 {
        let _ = write!(stages, "[[stage]]\nname = \"s{index}\"\noperator = \"shop\"\n");
    }
    let told = problems(&stages, &[]);
    assert!(told.render(false).contains("at most 1000 stages"), "{told:?}");
    let wide = "[[stage]]\nname = \"w\"\nfrom = \"s0\"\noperator = \"null\"\nworkers = 64\n";
    let wide: String = (0..16).map(|index| wide.replace("\"w\"", &format!("\"w{index}\""))).collect();
    let told = problems(format!("name = \"x\"\n[[stage]]\nname = \"s0\"\noperator = \"shop\"\n{wide}"), &[]);
    assert!(told.render(false).contains("there are 1025, at most 1000"), "{told:?}");

    // A circle as long as there may be stages, and a long line of text.
    let mut circle = "name = \"x\"\n".to_string();
    for index in 0..1000 {
        let before = (index + 999) % 1000;
        let _ =
            write!(circle, "[[stage]]\nname = \"s{index}\"\nfrom = \"s{before}\"\noperator = \"filter\"\n");
    }
    let told = problems(&circle, &[]);
    assert_eq!(told.findings.len(), 1);
    let many: String = (0..60_000).map(|index| format!("k{index}=1\n")).collect();
    let said = said(many);
    assert!(said.ends_with("problems more") && said.len() < 100_000, "{}", said.len());
}
