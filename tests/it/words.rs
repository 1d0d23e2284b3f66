//! What is told to a user is told in a user's words: whatever is wrong, no word of Rust, of a parser or of a library
//! gets out. Each table is of things that people write.

mod advice;
mod line;
mod newcomers;

use crate::case::Case;
use crate::page;
use serde_json::Value;
use sluicebox::registry;
use sluicebox::topology::key::{Key, pages};
use sluicebox::topology::key_list::{STAGE, TOPOLOGY};
use sluicebox::topology::{self, Problems};
use std::path::Path;

/// Words that only a programmer knows.
const FORBIDDEN: &[&str] = &[
    "usize",
    "u8,",
    "u16",
    "u32",
    "u64",
    "i32",
    "expected struct",
    "expected i64",
    "expected f64",
    "expected a ",
    "expected one of",
    "expected inf",
    "invalid type",
    "invalid value:",
    "invalid length",
    "invalid digit",
    "token ",
    "Os {",
    "os error",
    "variant",
    "newtype",
    "missing field",
    "serde",
    "deserial",
    "did not match any",
    "untagged",
    "unwrap",
    "panicked",
    "Some(",
    "None)",
    "Ok(",
    "Err(",
    "infix",
    "Span {",
    "Spanned",
    "DeValue",
    "line 1 column",
];

/// The forbidden words of a text.
pub fn forbidden(text: &str) -> Vec<&'static str> {
    FORBIDDEN.iter().copied().filter(|word| text.contains(word)).collect()
}

/// Whatever a value is not.
const BAD: &[&str] = &[
    "-1",
    "0",
    "1.5",
    "99999999999999",
    "-0.0",
    "\"\"",
    "\"x\"",
    "\"-1\"",
    "\"5\"",
    "\"1e999\"",
    "true",
    "[]",
    "[1]",
    "[[1]]",
    "[\"x\", \"x\"]",
    "[{ a = 1 }]",
    "{}",
    "{ a = 1 }",
    "{ a = \"x\" }",
    "{ a = { b = 1 } }",
    "{ a = [1] }",
    "1979-05-27",
    "1979-05-27T07:32:00Z",
    "\"\\u0000\"",
    "\"a\\nb\"",
    "\"\\u001b[31m\"",
];

fn load(text: &str) -> Result<topology::Checked, Problems> {
    // Too short a name to hold a word that is looked for.
    let folder = tempfile::Builder::new().rand_bytes(2).tempdir().unwrap();
    let file = folder.path().join("t.toml");
    std::fs::write(&file, text).unwrap();
    topology::load(&file, &[])
}

/// What is told of a text; empty where nothing is wrong.
fn told(text: &str) -> String {
    load(text).err().map(|problems| problems.render(false)).unwrap_or_default()
}

fn assert_plain(tried: &[(String, String)]) {
    let failed: Vec<String> = tried
        .iter()
        .filter(|(_, told)| !forbidden(told).is_empty())
        .map(|(what, told)| format!("{what}: {:?} in\n{told}", forbidden(told)))
        .collect();
    assert!(failed.is_empty(), "{} of {}:\n{}", failed.len(), tried.len(), failed.join("\n"));
}

#[test]
fn a_forbidden_word_is_found() {
    assert_eq!(forbidden("\"k\": invalid value: integer `-1`, expected usize"), ["usize", "invalid value:"]);
    assert_eq!(forbidden("no infix parser for token Overlap"), ["token ", "infix"]);
    assert_eq!(forbidden("\"k\" must be a whole number from 1 to 1000, not -1"), [""; 0]);
}

#[test]
fn broken_topologies_are_told_in_plain_words() {
    let files = std::fs::read_dir("topologies/broken").unwrap().map(|entry| entry.unwrap().path());
    let render =
        |file: &Path| topology::load(file, &[]).err().map(|told| told.render(false)).unwrap_or_default();
    let tried: Vec<(String, String)> =
        files.map(|file| (file.display().to_string(), render(&file))).collect();
    assert!(tried.len() >= 8 && tried.iter().all(|(_, told)| told.starts_with("error: ")));
    assert_plain(&tried);
}

/// Every parameter of every operator, and those of tables within, with every bad value.
#[test]
fn parameters_are_told_in_plain_words() {
    let mut tried = Vec::new();
    for (room, card) in registry::all() {
        let example = &page::examples(card).unwrap()[0];
        let case = Case::plan(room, card, example).unwrap();
        let mut paths = vec![vec!["colour".to_string()]];
        gather(&(card.parameters)(), &[], &mut paths);
        for (path, bad) in paths.iter().flat_map(|path| BAD.iter().map(move |bad| (path, *bad))) {
            let value: toml::Table = format!("x = {bad}").parse().unwrap();
            let mut params = case.params.clone();
            let (last, above) = path.split_last().unwrap();
            let table = above.iter().try_fold(&mut params, |table, key| {
                table.entry(key.clone()).or_insert_with(|| toml::Table::new().into()).as_table_mut()
            });
            let Some(table) = table else { continue };
            table.insert(last.clone(), value["x"].clone());
            let problems = (card.plan)(params, &case.inputs).err().unwrap_or_default();
            let told: Vec<String> = problems.into_iter().map(|problem| problem.what).collect();
            tried.push((format!("{} {} = {bad}", card.name, path.join(".")), told.join("\n")));
        }
    }
    assert!(tried.iter().filter(|(_, told)| !told.is_empty()).count() > 500, "{} were tried", tried.len());
    assert_plain(&tried);
}

fn gather(schema: &Value, path: &[String], found: &mut Vec<Vec<String>>) {
    for (key, of) in schema["properties"].as_object().into_iter().flatten() {
        let path: Vec<String> = path.iter().cloned().chain([key.clone()]).collect();
        gather(of, &path, found);
        found.push(path);
    }
}

/// Every key of a stage and of a topology with every bad value.
#[test]
fn keys_are_told_in_plain_words() {
    let text = |top: &str, stage: &str| {
        let source = "[[stage]]\nname = \"orders\"\noperator = \"shop\"\n";
        let end = "[[stage]]\nname = \"end\"\noperator = \"null\"\nfrom = \"orders\"\n";
        format!("name = \"t\"\n{top}\n{source}{end}{stage}\n")
    };
    let line = |(name, _): &(String, &Key), bad: &str| match name.split_once('.') {
        Some((table @ "test", key)) => format!("{table} = [{{ {key} = {bad} }}]"),
        Some((table, key)) => format!("{table} = {{ {key} = {bad} }}"),
        None => format!("{name} = {bad}"),
    };
    for (name, key) in pages(STAGE).into_iter().chain(pages(TOPOLOGY)) {
        let words = key.kind.words();
        assert!(words != "any value" && forbidden(&words).is_empty(), "{name}: {words}");
    }
    let mut tried = Vec::new();
    for bad in BAD {
        for key in pages(STAGE) {
            let line = line(&key, bad);
            // A key that stands there already gives way.
            let whole = match key.0.as_str() {
                "name" => text("", "").replace("name = \"end\"", &line),
                "operator" => text("", "").replace("operator = \"null\"", &line),
                "from" => text("", "").replace("from = \"orders\"", &line),
                _ => text("", &line),
            };
            tried.push((line, told(&whole)));
        }
        for key in pages(TOPOLOGY) {
            let line = line(&key, bad);
            let whole = match key.0.as_str() {
                "name" => text("", "").replace("name = \"t\"", &line),
                "stage" => format!("name = \"t\"\n{line}\n"),
                _ => text(&line, ""),
            };
            tried.push((line, told(&whole)));
        }
    }
    assert!(tried.iter().filter(|(_, told)| !told.is_empty()).count() > 500, "{} were tried", tried.len());
    assert_plain(&tried);
}

/// Texts that are no TOML, each with a part of what is told.
const TEXTS: &[(&str, &str)] = &[
    ("name: t\nstages:\n  - name: in\n", "this looks like YAML"),
    ("---\nname: t\n", "this looks like YAML"),
    ("{ \"name\": \"t\" }", "this looks like JSON"),
    ("<topology name=\"t\"/>", "this looks like XML"),
    ("name = \"t\"\n[[stage]]\nname = in\n", "a text stands in quotes"),
    ("name = t\n", "a text stands in quotes"),
    ("name = \"t\"\nx = True\n", "a text stands in quotes"),
    ("name = \"t\"\nx = None\n", "a text stands in quotes"),
    ("name = \"t\"\nx = 20k/s\n", "a text stands in quotes"),
    ("name = \"t\"\nx = \n", "a text stands in quotes"),
    ("name = \"t\n", "no closing quote"),
    ("name = 't\n", "no closing quote"),
    ("name = \"t\"\npath = \"C:\\data\\in.csv\"\n", "put the text in ' quotes"),
    ("name = \"t\"\n[[stage]\n", "in double brackets on both sides"),
    ("name = \"t\"\n[slo\n", "has no closing ]"),
    ("name = \"t\"\nx = [1, 2", "has no closing ]"),
    ("name = \"t\"\nx = [\"a\" \"b\"]\n", "a comma is missing here"),
    ("name = \"t\"\nsteps = [{ operator = \"filter\"\n where = \"x\" }]\n", "a comma is missing here"),
    ("name = \"t\",\nx = 1\n", "each key has a line of its own"),
    ("name = \"t\"\noperator \"csv\"\n", "a key stands before \"=\""),
    ("name = \"t\"\n= 5\n", "a key is missing before the \"=\""),
    ("name = \"t\"\nx:y = 5\n", "a key is of letters, digits, _ and -"),
    ("name = \"t\"\nx = 05\n", "no leading zeros"),
    ("name = \u{201c}t\u{201d}\n", "typographic quotes"),
    ("name = \"t\"\nx = 2024-13-45\n", "invalid date"),
    ("stage \"in\" {\n operator = \"csv\"\n}\n", "a key stands before \"=\""),
];

#[test]
fn texts_that_are_no_toml_are_told_in_plain_words() {
    let mut tried = Vec::new();
    for (text, part) in TEXTS {
        let said = told(text);
        assert!(said.contains(part), "{text}\n{said}");
        tried.push((text.to_string(), said));
    }
    assert_plain(&tried);
}

#[test]
fn what_can_be_read_past_hides_nothing() {
    let text = "name = \"t\"\nname = \"u\"\ndrain_timeout = nan\nmax_message = 99999999999999999999\n[[stage]]\n\
        name = \"a\"\noperator = \"shopp\"\nwrkers = 2\n";
    let told = load(text).unwrap_err();
    let what: Vec<&str> = told.findings.iter().map(|finding| finding.what.as_str()).collect();
    assert_eq!(what.len(), 5, "{what:#?}");
    let parts =
        ["set twice", "must be finite", "a whole number goes from", "no operator \"shopp\"", "\"wrkers\""];
    for part in parts {
        assert!(what.iter().any(|what| what.contains(part)), "{part}: {what:#?}");
    }
}
