//! The house rules, held by reading the source as text. What breaks one is told as `path:line: what and what to do`.

mod circles;
mod doors;
mod readme;
mod rules;
mod source;

use std::collections::BTreeSet;
use std::path::Path;

/// Who may use whom: a module uses those of lower layers, itself, and what stands in `BESIDE`.
const LAYERS: &[&[&str]] = &[
    &[
        "error",
        "files",
        "printable",
        "stop",
        "surroundings",
        "units",
        "clock",
        "identity",
        "whose",
        "offspring",
        "processors",
        "wild",
    ],
    &["data", "params", "latency"],
    &["operator", "expr", "numeric", "format", "net"],
    &["ingest", "preprocess", "mining", "storage"],
    &["registry", "wire"],
    &["topology"],
    &["run", "stage"],
    &["supervisor"],
    &["measure", "live", "trial", "starter"],
];

/// Uses inside a layer: who, whom.
const BESIDE: &[(&str, &str)] = &[
    ("error", "printable"),
    ("stop", "clock"),
    ("stop", "error"),
    ("surroundings", "stop"),
    ("surroundings", "error"),
    ("offspring", "stop"),
    ("stage", "run"),
];

/// Packages that any place may name.
const OPEN: &[&str] = &["nix", "proptest", "serde", "serde_json", "tempfile", "toml", "xxhash_rust"];

/// The places that may hold unsafe code, each with its reason beside it.
const UNSAFE: &[&str] = &[
    "zmq-sys/",
    "src/wire/ledger/map.rs",
    "src/offspring.rs",
    "src/net/zmq/farewell.rs",
    "tests/it/hermetic.rs",
    "tests/it/allocations.rs",
];

/// What several programs have as a module of their own, each using its part: what none of them uses, no compiler tells.
const SHARED: &[&str] = &["benches/common.rs"];

/// Who must not know an operator or a parameter by name.
const STRANGERS: &[&str] = &[
    "src/topology.rs",
    "src/topology/",
    "src/measure.rs",
    "src/measure/",
    "src/supervisor.rs",
    "src/supervisor/",
    "src/run.rs",
    "src/run/",
    "src/stage.rs",
    "src/stage/",
    "bin/",
];

/// How many lines a file may have.
const LINES_MAX: &[(&str, usize)] =
    &[("src/", 300), ("bin/", 300), ("zmq-sys/", 300), ("tests/", 400), ("benches/", 500)];

/// How many lines a function may have.
const FUNCTION_LINES_MAX: usize = 60;

/// How many characters a line may have.
const LINE_MAX: usize = 120;

/// Files that use each other since the data they work on holds itself: an expression is made of expressions.
const RECURSION: &[&[&str]] = &[
    &["src/expr/choose.rs", "src/expr/elements.rs", "src/expr/membership.rs", "src/expr/node.rs"],
    &[
        "src/expr/functions.rs",
        "src/expr/functions/choices.rs",
        "src/expr/functions/lists.rs",
        "src/expr/functions/numbers.rs",
        "src/expr/functions/patterns.rs",
        "src/expr/functions/texts.rs",
        "src/expr/functions/times.rs",
        "src/expr/plan.rs",
    ],
];

/// Every rule over every source file.
#[test]
fn the_house_is_tidy() {
    let mut failures: Vec<String> = files().iter().flat_map(|(path, text)| rules::all(path, text)).collect();
    failures.extend(rooms());
    failures.extend(rules::offers(&files()));
    failures.extend(circles::all(&files(), RECURSION));
    failures.extend(rules::packages(&std::fs::read_to_string(root().join("Cargo.toml")).unwrap()));
    tell(&failures);
}

/// The table of operators is what the registry says; `SLUICEBOX_BLESS=1` writes it anew.
#[test]
fn the_readme_lists_the_operators() {
    let readme = root().join("README.md");
    let text = std::fs::read_to_string(&readme).unwrap();
    let table = readme::table(sluicebox::registry::all().map(|(room, spec)| (spec.name, room, spec.about)));
    if std::env::var_os("SLUICEBOX_BLESS").is_some() {
        std::fs::write(&readme, readme::bless(&text, &table).unwrap()).unwrap();
        return;
    }
    tell(&readme::compare(&text, &table));
}

/// The table of benches has a row for each of them, and no other.
#[test]
fn the_benches_are_told() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let (_, table) = text.split_once("\n| bench |").expect("there is a table of benches");
    let told: BTreeSet<&str> =
        table.lines().skip(2).map_while(|row| Some(row.strip_prefix("| `")?.split_once('`')?.0)).collect();
    let files = files();
    let benches = files.iter().filter(|(path, _)| !SHARED.contains(&path.as_str()));
    let there: BTreeSet<&str> = benches
        .filter_map(|(path, _)| path.strip_prefix("benches/")?.strip_suffix(".rs"))
        .filter(|name| !name.contains('/'))
        .collect();
    assert_eq!(told, there);
}

fn tell(failures: &[String]) {
    assert!(failures.is_empty(), "{} things are not tidy\n{}", failures.len(), failures.join("\n"));
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every source file, by its path from the root.
fn files() -> Vec<(String, String)> {
    let mut folders: Vec<String> =
        LINES_MAX.iter().map(|(folder, _)| folder.trim_end_matches('/').to_string()).collect();
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                folders.extend((entry.file_name() != "target").then_some(path));
            } else if path.ends_with(".rs") {
                let text = std::fs::read_to_string(entry.path()).unwrap();
                files.push((path, text));
            }
        }
    }
    assert!(files.len() > 100, "only {} source files were found", files.len());
    files.sort();
    files
}

/// Every room: its files against its list.
fn rooms() -> Vec<String> {
    let mut failures = Vec::new();
    for (room, specs) in sluicebox::registry::ROOMS {
        let folder = format!("src/{room}/");
        let files = files();
        let here = |(path, text): &(String, String)| {
            let name = path.strip_prefix(&folder)?.strip_suffix(".rs").filter(|name| !name.contains('/'))?;
            Some((name.to_string(), text.clone()))
        };
        let cards: Vec<(String, String)> = files.iter().filter_map(here).collect();
        let list = files.iter().find(|(path, _)| *path == format!("src/{room}.rs"));
        let (_, list) = list.expect("a room has its list");
        let registered: Vec<(&str, &str)> = specs.iter().map(|spec| (spec.name, spec.source)).collect();
        failures.extend(rules::room(room, list, &cards, &registered));
    }
    failures
}

/// What the rules say of a sample: each must bite.
#[test]
fn every_rule_bites() {
    let samples: &[(&str, &str, &str)] = &[
        (
            "src/wire/a.rs",
            "//! a\nuse crate::stage::b;",
            "src/wire/a.rs:2: `wire` (layer 4) uses `stage` (layer 6)",
        ),
        (
            "src/mining/a.rs",
            "//! a\nuse crate::{data, storage::b};",
            "src/mining/a.rs:2: `mining` (layer 3) uses `storage` (layer 3)",
        ),
        (
            "src/ingest/a.rs",
            "//! a\nfn a() {\n    crate::wire::b() }",
            "src/ingest/a.rs:3: `ingest` (layer 3) uses `wire` (layer 4)",
        ),
        (
            "src/units.rs",
            "//! a\nmod m {\n use super::super::data; }",
            "src/units.rs:3: `units` (layer 0) uses `data` (layer 1)",
        ),
        (
            "src/data/a.rs",
            "//! a\nuse super::super::params;",
            "src/data/a.rs:2: `data` (layer 1) uses `params` (layer 1)",
        ),
        ("src/data/a.rs", "//! a\nuse crate::*;", "src/data/a.rs:2: the whole crate is used"),
        ("src/data/a.rs", "//! a\nuse crate::attic;", "src/data/a.rs:2: `attic` is in no layer"),
        ("src/attic.rs", "//! a", "src/attic.rs:1: `attic` is in no layer"),
        ("src/stage/a.rs", "//! a\nuse zmq::Socket;", "src/stage/a.rs:2: `zmq` is named"),
        ("src/ingest/a.rs", "//! a\nuse {std::io, bincode};", "src/ingest/a.rs:2: `bincode` is named"),
        ("src/mining/a.rs", "//! a\n#[derive(clap::Args)]", "src/mining/a.rs:2: `clap` is named"),
        ("src/topology/a.rs", "//! a\nfn f() { ::tokio::spawn(); }", "src/topology/a.rs:2: `tokio` is named"),
        ("src/data/a.rs", "//! a\nfn f() { unsafe { g() } }", "src/data/a.rs:2: unsafe code"),
        ("bin/a.rs", "//! a\n#![allow(unsafe_code)]", "bin/a.rs:2: unsafe code is allowed"),
        ("bin/a.rs", "use std::io;", "bin/a.rs:1: no `//!`"),
        ("src/data/mod.rs", "//! a", "src/data/mod.rs:1: a `mod.rs`"),
        ("bin/a.rs", "//! a\nfn f() { todo!() }", "bin/a.rs:2: `todo!`"),
        ("bin/a.rs", "//! a\nfn f() { dbg!(1) }", "bin/a.rs:2: `dbg!`"),
        ("bin/a.rs", "//! a\n#[ignore]", "bin/a.rs:2: an ignored test"),
        ("bin/a.rs", "//! a\n#[allow(unused, dead_code)]", "bin/a.rs:2: dead code"),
        ("bin/a.rs", concat!("//! a\n// TO", "DO: more"), concat!("bin/a.rs:2: a `TO", "DO`")),
        (
            "src/topology/a.rs",
            "//! a\nfn f() { g(\"kmeans\") }",
            "src/topology/a.rs:2: \"kmeans\" is an operator",
        ),
        ("bin/a.rs", "//! a\nfn f() { g[\"rate\"] }", "bin/a.rs:2: \"rate\" is a parameter"),
        ("bin/a.rs", concat!("//! a\n/* b\n FIX", "ME */"), concat!("bin/a.rs:2: a `FIX", "ME`")),
    ];
    samples.iter().for_each(|(path, text, told)| bites(path, text, told));
}

#[test]
fn every_measure_bites() {
    let lines = "//! x\n".repeat(301);
    bites("src/data/a.rs", &lines, "src/data/a.rs:301: 301 lines");
    let function = format!("//! a\n\nfn f() {{\n{}}}\n", "    g();\n".repeat(59));
    bites("tests/a.rs", &function, "tests/a.rs:3: `f` has 61 lines");
    let line = format!("//! a\n// {}\n", "é".repeat(118));
    bites("benches/a.rs", &line, "benches/a.rs:2: 121 characters");
    let row = format!("//! a\n//! | {} |\n", "é".repeat(118));
    assert_eq!(rules::all("src/data/a.rs", &row), [""; 0]);
}

fn bites(path: &str, text: &str, told: &str) {
    let failures = rules::all(path, text);
    assert_eq!(failures.len(), 1, "{path}: {text:?}: {failures:#?}");
    assert!(failures[0].starts_with(told), "{} for {told}", failures[0]);
    assert!(failures[0].contains(": ") && failures[0].len() > told.len(), "it says what to do: {told}");
}

#[test]
fn what_is_offered_and_not_taken_is_told() {
    let library = "//! a\npub(crate) fn a() {}\npub const fn b() {}\npub const C: u8 = 1;\n\npub fn e() {}";
    let files = |program: &str| {
        [("src/a.rs", library), ("bin/a.rs", program)]
            .map(|(path, text)| (path.to_string(), text.to_string()))
    };
    assert_eq!(rules::offers(&files("//! a\nuse sluicebox::a::{C, b}; fn f() { a::e() }")), [""; 0]);
    let told = rules::offers(&files("//! a, b, e\nuse sluicebox::a::C; fn f() { \"e\"; }"));
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].starts_with("src/a.rs:3: `b` is `pub`") && told[1].starts_with("src/a.rs:6: `e` is `pub`"),
        "{told:?}"
    );
}

#[test]
fn every_package_has_a_door() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let more = manifest.replace("[dependencies]\n", "[dependencies]\nback-door = \"1\"\n");
    let line = more.lines().position(|line| line.starts_with("back-door")).unwrap() + 1;
    let told = rules::packages(&more);
    assert!(
        told.len() == 1 && told[0].starts_with(&format!("Cargo.toml:{line}: `back-door` has no door")),
        "{told:?}"
    );
    let told = rules::packages(&manifest.replace("\nbytemuck = \"1\"\n", "\n"));
    assert!(told.len() == 1 && told[0].contains("`bytemuck` is no dependency any more"), "{told:?}");
}

#[test]
fn what_is_allowed_passes() {
    let samples = [
        ("src/wire/a.rs", "//! a\nuse crate::{data::Batch, operator, wire::b};\nuse super::super::error;"),
        ("src/stop.rs", "//! a\nuse crate::error::Error;\nmod tests { use super::*; }"),
        ("src/ingest.rs", "//! a\nmod zmq;\nfn f() { zmq::g(); a.config.b(); bincode_like::h() }"),
        (
            "src/data/state.rs",
            "//! bincode, unsafe\nfn f() { bincode::config::legacy(); g(\"todo!() unsafe zmq::A\") }",
        ),
        ("src/lib.rs", "//! a\npub mod wire;\npub fn f() { crate::wire::g() }"),
        ("zmq-sys/src/a.rs", "//! a\nunsafe fn f() {}"),
        (
            "src/measure/a.rs",
            "//! a\n#[arg(not = [\"rate\"])]\nfn f() { g(\"rate\": 1) }\n#[cfg(test)]\nconst A: B = \"csv\";",
        ),
    ];
    for (path, text) in samples {
        assert_eq!(rules::all(path, text), [""; 0], "{path}: {text:?}");
    }
}

#[test]
fn the_rules_of_rooms_bite() {
    let card = |name: &str| format!("//! a\n\npub const OPERATOR: Spec =\n    Spec::new(\"{name}\");\n");
    let list = "//! a\nmod a;\nmod b;\nconst OPERATORS: &[&Spec] = &[&a::OPERATOR, &b::OPERATOR];";
    let (a, b) = (card("a"), card("b"));
    let files =
        [("a".to_string(), a.clone()), ("b".to_string(), b.clone()), ("common".into(), "//! h".into())];
    assert_eq!(rules::room("mining", list, &files, &[("a", &a), ("b", &b)]), [""; 0]);

    let one = |list, registered: &[(&str, &str)]| {
        let failures = rules::room("mining", list, &files, registered);
        assert_eq!(failures.len(), 1, "{failures:#?}");
        failures[0].clone()
    };
    let less = "//! a\nmod a;\nmod b;\nconst OPERATORS: &[&Spec] = &[&a::OPERATOR];";
    assert!(one(less, &[("a", &a)]).starts_with("src/mining/b.rs:3: the operator \"b\" is not in the list"));
    let other = card("c");
    assert!(one(list, &[("a", &a), ("c", &other)]).starts_with("src/mining.rs:4: \"c\" is registered"));
    assert!(
        one(list, &[("a", &b), ("b", &b)]).starts_with("src/mining/a.rs:3: its page is that of another file")
    );
    let files = [("a".to_string(), a.clone()), ("b".to_string(), card("d"))];
    let failures = rules::room("mining", list, &files, &[("a", &a)]);
    assert!(failures[0].starts_with("src/mining/b.rs:4: the operator is called \"d\""), "{failures:#?}");
    let files = [("a".to_string(), a.clone()), ("helper".to_string(), "//! h".to_string())];
    let failures = rules::room("mining", list, &files, &[("a", &a)]);
    assert!(failures[0].starts_with("src/mining/helper.rs:1: it is no operator"), "{failures:#?}");
}

#[test]
fn a_stale_readme_is_told_and_written_anew() {
    let table = readme::table([("a", "mining", "x | y"), ("b", "storage", "z")]);
    let empty = format!("# s\n{}\n{}\nmore\n", readme::OPEN, readme::CLOSE);
    let told = readme::compare(&empty, &table);
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with("README.md:3: the table of operators is stale"), "{}", told[0]);
    let blessed = readme::bless(&empty, &table).unwrap();
    assert_eq!(readme::compare(&blessed, &table), [""; 0]);
    assert!(
        blessed.contains("| `a` | mining | x \\| y |\n") && blessed.ends_with("-->\nmore\n"),
        "{blessed}"
    );
    let stale = blessed.replace("| z |", "| y |");
    let told = readme::compare(&stale, &table);
    assert!(told[0].starts_with("README.md:6: "), "{told:?}");
    assert!(readme::compare("# s\n", &table)[0].starts_with("README.md:1: "));
    assert!(readme::bless("# s\n", &table).is_none());
}
