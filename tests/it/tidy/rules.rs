//! The rules, each a function from a file to what breaks it.

use super::doors::DOORS;
use super::source::{Named, Source};
use super::{BESIDE, FUNCTION_LINES_MAX, LAYERS, LINE_MAX, LINES_MAX, OPEN, SHARED, STRANGERS, UNSAFE};
use sluicebox::topology::key::pages;
use sluicebox::topology::key_list::TOPOLOGY;
use std::collections::BTreeSet;

/// What is not tidy in a file.
pub fn all(path: &str, text: &str) -> Vec<String> {
    let source = Source::read(text);
    let mut told: Vec<(usize, String)> = Vec::new();
    layers(path, &source, &mut told);
    doors(path, &source, &mut told);
    no_unsafe(path, &source, &mut told);
    shape(path, text, &mut told);
    functions(&source, &mut told);
    marks(path, &source, &mut told);
    names(path, &source, &mut told);
    told.sort();
    told.into_iter().map(|(line, what)| format!("{path}:{line}: {what}")).collect()
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|modules| modules.contains(&module))
}

/// The modules of a file of the library, outermost first; `None` for other files and for `lib.rs`, which is free.
fn home(path: &str) -> Option<Vec<&str>> {
    let modules: Vec<&str> = path.strip_prefix("src/")?.strip_suffix(".rs")?.split('/').collect();
    (modules != ["lib"]).then_some(modules)
}

/// Imports go down.
fn layers(path: &str, source: &Source<'_>, told: &mut Vec<(usize, String)>) {
    let Some(home) = home(path) else { return };
    let me = home[0];
    let none = |module: &str| {
        format!("`{module}` is in no layer: give it its place in LAYERS (tests/it/tidy.rs) and in src/lib.rs")
    };
    let Some(mine) = layer(me) else { return told.push((1, none(me))) };
    for named in source.paths() {
        let Some(other) = module_of(&named, home.len()).filter(|other| *other != me) else { continue };
        let what = match layer(other) {
            _ if matches!(other, "*" | "self") => {
                "the whole crate is used: name the modules, so that one sees where imports go".to_string()
            }
            None => none(other),
            Some(layer) if layer < mine || BESIDE.contains(&(me, other)) => continue,
            Some(layer) => format!(
                "`{me}` (layer {mine}) uses `{other}` (layer {layer}): imports only go down; move what both need to a \
                 lower layer, or let the caller hand it over"
            ),
        };
        told.push((named.line, what));
    }
}

/// The module of the library that a path leads to, if it leaves the file's own.
fn module_of<'a>(named: &Named<'a>, deep: usize) -> Option<&'a str> {
    let parts = &named.parts;
    if parts[0] == "crate" {
        return Some(parts.get(1).copied().unwrap_or("self"));
    }
    let from = usize::from(parts[0] == "self");
    let up = parts[from..].iter().take_while(|part| **part == "super").count();
    // The module that stands where the path leaves the last one it can leave is one of the crate's.
    (up > 0 && up == deep + named.depth).then(|| parts.get(from + up).copied().unwrap_or("self"))
}

fn is_in(path: &str, places: &[&str]) -> bool {
    places.iter().any(|place| path == *place || (place.ends_with('/') && path.starts_with(place)))
}

/// A package is named behind its door only.
fn doors(path: &str, source: &Source<'_>, told: &mut Vec<(usize, String)>) {
    let modules = source.modules();
    for named in source.paths() {
        let package = named.parts[0];
        let door = DOORS.iter().find(|(name, _)| *name == package);
        let Some((_, places)) = door.filter(|(_, places)| !is_in(path, places)) else { continue };
        if !named.absolute && modules.contains(&package) {
            continue;
        }
        let places = places.join(", ");
        let what =
            format!("`{package}` is named outside its door: use what {places} offers, or add it there");
        told.push((named.line, what));
    }
}

fn no_unsafe(path: &str, source: &Source<'_>, told: &mut Vec<(usize, String)>) {
    if is_in(path, UNSAFE) {
        return;
    }
    let places = UNSAFE.join(", ");
    for (word, what) in [("unsafe", "unsafe code"), ("unsafe_code", "unsafe code is allowed")] {
        for line in source.lines_of(&[word]) {
            told.push((line, format!("{what} outside {places}: do without, or put it there")));
        }
    }
}

/// Every package that Cargo.toml names has its door, or is free; none else has.
pub fn packages(manifest: &str) -> Vec<String> {
    let table: toml::Table = toml::from_str(manifest).unwrap();
    let of =
        |kind: &str| table.get(kind).and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::keys);
    let packages: Vec<&String> = of("dependencies").chain(of("dev-dependencies")).collect();
    let listed: Vec<&str> = DOORS.iter().map(|(name, _)| *name).chain(OPEN.iter().copied()).collect();
    let line = |package: &str| {
        let key = |line: &str| line.split_once([' ', '=']).is_some_and(|(key, _)| key == package);
        manifest.lines().position(key).map_or(1, |at| at + 1)
    };
    let missing = packages.iter().filter(|package| !listed.contains(&package.replace('-', "_").as_str()));
    let missing = missing.map(|package| {
        format!(
            "Cargo.toml:{}: `{package}` has no door: say in DOORS (tests/it/tidy/doors.rs) which few places \
             may name it, or in OPEN that all may",
            line(package)
        )
    });
    let stale =
        listed.iter().filter(|name| !packages.iter().any(|package| package.replace('-', "_") == **name));
    missing
        .chain(
            stale.map(|name| format!("Cargo.toml:1: `{name}` is no dependency any more: take out its door")),
        )
        .collect()
}

/// A file says first what it is, and is short.
fn shape(path: &str, text: &str, told: &mut Vec<(usize, String)>) {
    if !text.starts_with("//!") {
        told.push((1, "no `//!` line at the top: say first what this file is".to_string()));
    }
    if path.ends_with("/mod.rs") {
        told.push((1, "a `mod.rs`: name it as its folder is named, beside that".to_string()));
    }
    let lines = text.lines().count();
    let most = LINES_MAX.iter().find(|(folder, _)| path.starts_with(folder)).map_or(0, |(_, most)| *most);
    if lines > most {
        told.push((most + 1, format!("{lines} lines, {most} at most: part it by what its pieces are")));
    }
    for (at, line) in text.lines().enumerate() {
        let characters = line.chars().count();
        // A row of a table can't be broken.
        if characters > LINE_MAX && !line.starts_with("//! |") && !line.starts_with("/// |") {
            told.push((at + 1, format!("{characters} characters, {LINE_MAX} at most: break the line")));
        }
    }
}

/// What the library offers to all, some program outside it takes: the command, a test or a bench.
pub fn offers(files: &[(String, String)]) -> Vec<String> {
    let sources: Vec<(&String, Source<'_>)> = files
        .iter()
        .filter(|(path, _)| !path.starts_with("zmq-sys/"))
        .map(|(path, text)| (path, Source::read(text)))
        .collect();
    let (library, programs): (Vec<_>, Vec<_>) =
        sources.iter().partition(|(path, _)| path.starts_with("src/"));
    let taken: BTreeSet<&str> =
        programs.iter().flat_map(|(_, source)| source.tokens.iter().map(|token| token.text)).collect();
    let mut told = Vec::new();
    for (path, source) in library {
        for offered in source.offered().iter().filter(|offered| !taken.contains(offered.text)) {
            told.push(format!(
                "{path}:{}: `{}` is `pub`, but only the library names it: make it `pub(crate)`",
                offered.line, offered.text
            ));
        }
    }
    told
}

/// A function is short.
fn functions(source: &Source<'_>, told: &mut Vec<(usize, String)>) {
    for (name, first, last) in source.functions() {
        let lines = last + 1 - first;
        if lines > FUNCTION_LINES_MAX {
            let what = format!(
                "`{name}` has {lines} lines, {FUNCTION_LINES_MAX} at most: give its steps functions of their own"
            );
            told.push((first, what));
        }
    }
}

/// Nothing is left half done.
fn marks(path: &str, source: &Source<'_>, told: &mut Vec<(usize, String)>) {
    let words: [(&[&str], &str); 5] = [
        (&["todo", "!"], "`todo!`: write it, or refuse with a sentence"),
        (&["unimplemented", "!"], "`unimplemented!`: write it, or refuse with a sentence"),
        (&["dbg", "!"], "`dbg!`: take it out"),
        (&["ignore"], "an ignored test: let it run, or remove it"),
        (&["dead_code"], "dead code is allowed: use it, or remove it"),
    ];
    for (words, what) in words {
        if words == ["dead_code"] && SHARED.contains(&path) {
            continue;
        }
        let attribute = words.len() > 1 || words == ["dead_code"];
        let found = if attribute { source.lines_of(words) } else { source.lines_of(&["#", "[", words[0]]) };
        told.extend(found.into_iter().map(|line| (line, what.to_string())));
    }
    for mark in [concat!("TO", "DO"), concat!("FIX", "ME")] {
        for comment in source.comments.iter().filter(|comment| comment.text.contains(mark)) {
            told.push((comment.line, format!("a `{mark}`: do it, or open an issue")));
        }
    }
}

/// Parameters that many operators have, and nobody else may know by name.
const PARAMETERS: [&str; 3] = ["path", "rate", "types"];

/// Who works with all operators knows none of them, and none of their parameters, by name.
fn names(path: &str, source: &Source<'_>, told: &mut Vec<(usize, String)>) {
    if !is_in(path, STRANGERS) {
        return;
    }
    let tests = source.lines_of(&["cfg", "(", "test", ")"]).first().copied().unwrap_or(usize::MAX);
    for (text, at) in source.strings.iter().filter(|(text, _)| text.line < tests) {
        let name = text.text.trim_matches('"');
        let operator = sluicebox::registry::all().any(|(_, card)| card.name == name) && !is_key(name);
        // `"rate": …` is a key of JSON that we write.
        let ours = source.stands(*at, &[":"]) || source.in_attribute(*at);
        if !ours && (operator || PARAMETERS.contains(&name)) {
            let what = if operator { "an operator's name" } else { "a parameter of operators" };
            told.push((
                text.line,
                format!("\"{name}\" is {what}: ask the card (src/operator/card.rs) for what it is"),
            ));
        }
    }
}

/// A key of a topology, or of a table in it, may be called as an operator is.
fn is_key(name: &str) -> bool {
    pages(TOPOLOGY).iter().any(|(key, _)| key.rsplit('.').next() == Some(name))
}

/// Where a room has what several of its operators need.
const COMMON: &str = "common";

/// A room: each file is an operator's and has its name, and all of them are in the list. `cards`: the files of the room
/// by name; `registered`: names and pages.
pub fn room(room: &str, list: &str, cards: &[(String, String)], registered: &[(&str, &str)]) -> Vec<String> {
    let mut told = Vec::new();
    let source = Source::read(list);
    let listed = |name: &str| source.paths().iter().any(|path| path.parts == [name, "OPERATOR"]);
    for (file, text) in cards {
        let Some(at) = Source::read(text).lines_of(&["const", "OPERATOR"]).first().copied() else {
            if file != COMMON {
                told.push(format!(
                    "src/{room}/{file}.rs:1: it is no operator: put it into the folder of the one that needs it, or \
                     into src/{room}/{COMMON}/ where several do"
                ));
            }
            continue;
        };
        // The first text in quotes behind the card's beginning is its name.
        let behind = text.lines().enumerate().skip(at - 1);
        let named = behind.map(|(n, line)| (n + 1, line)).find_map(|(n, line)| {
            let (_, rest) = line.split_once('"')?;
            Some((n, rest.split_once('"')?.0))
        });
        let Some((line, name)) = named else {
            told.push(format!(
                "src/{room}/{file}.rs:{at}: its card has no name: begin it with Spec::new(\"{file}\", …)"
            ));
            continue;
        };
        if name != file {
            told.push(format!(
                "src/{room}/{file}.rs:{line}: the operator is called \"{name}\", its file {file}.rs: give both one name"
            ));
        } else if !listed(file) {
            told.push(format!(
                "src/{room}/{file}.rs:{at}: the operator \"{file}\" is not in the list: add `mod {file};` and \
                 `&{file}::OPERATOR,` to src/{room}.rs"
            ));
        } else if registered.iter().any(|(name, page)| name == file && page != text) {
            told.push(format!(
                "src/{room}/{file}.rs:{at}: its page is that of another file: write \
                 include_str!(\"{file}.rs\")"
            ));
        }
    }
    let line = source.lines_of(&["const", "OPERATORS"]).first().copied().unwrap_or(1);
    for (name, _) in registered.iter().filter(|(name, _)| !cards.iter().any(|(file, _)| file == name)) {
        told.push(format!(
            "src/{room}.rs:{line}: \"{name}\" is registered, but there is no src/{room}/{name}.rs: name its file so"
        ));
    }
    told
}
