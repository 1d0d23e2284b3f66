//! No circle of files: which file uses which, and whether a way leads back.
//!
//! A file may use the files below it (`a.rs` those of `a/`), which is how a module is parted. Those may use what `a.rs`
//! itself defines, but not by a way that leads back to them. What a file only hands on (`pub use`) is where it comes
//! from.

use super::source::{Named, Source};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A file by its crate and its place among the modules there; the root is no module.
type Module<'a> = (&'a str, Vec<&'a str>);

/// Whom a file uses, and on which line first.
type Uses<'f> = BTreeMap<&'f str, usize>;

const CRATES: &[&str] = &["src/", "bin/", "benches/", "tests/it/"];

struct House<'f> {
    files: BTreeMap<Module<'f>, (&'f str, Source<'f>)>,
}

/// Every circle that is in none of the lists of files that may be in one; and every list that has no circle any more.
pub fn all(files: &[(String, String)], excepted: &[&[&str]]) -> Vec<String> {
    let house = House::of(files);
    let uses: BTreeMap<&str, Uses<'_>> =
        house.files.iter().map(|(module, (path, source))| (*path, house.uses(module, source))).collect();
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        uses.keys().map(|path| (*path, reach(&uses, path))).collect();
    let circle = |path: &'_ str| -> BTreeSet<&str> {
        reached[path].iter().copied().filter(|other| reached[other].contains(path)).collect()
    };
    let circles: BTreeSet<BTreeSet<&str>> =
        uses.keys().map(|path| circle(path)).filter(|circle| !circle.is_empty()).collect();
    let is_of = |circle: &BTreeSet<&str>, list: &[&str]| circle.iter().all(|path| list.contains(path));
    let stale = excepted.iter().filter(|list| !circles.iter().any(|circle| is_of(circle, list)));
    let stale =
        stale.map(|list| format!("{}:1: it is in no circle any more: take it out of the list", list[0]));
    let new = circles.iter().filter(|circle| !excepted.iter().any(|list| is_of(circle, list)));
    new.filter_map(|circle| tell(&uses, circle.first()?)).chain(stale).collect()
}

impl<'f> House<'f> {
    fn of(files: &'f [(String, String)]) -> House<'f> {
        let known =
            files.iter().filter_map(|(path, text)| Some((module(path)?, (&**path, Source::read(text)))));
        House { files: known.collect() }
    }

    /// Whom a file uses, but for those below it.
    fn uses(&self, home: &Module<'f>, source: &Source<'f>) -> Uses<'f> {
        let mut uses = Uses::new();
        for named in source.paths() {
            let to = self.way(home, source, &named).and_then(|path| self.file(&path, 0));
            let Some(to) = to.filter(|to| to.0 != home.0 || !to.1.starts_with(&home.1)) else { continue };
            uses.entry(self.files[&to].0).or_insert(named.line);
        }
        uses
    }

    /// The whole path, from the root of the crate, of what a file names; `None` when it is a package's.
    fn way(&self, (root, home): &Module<'f>, source: &Source<'f>, named: &Named<'f>) -> Option<Module<'f>> {
        let parts = &named.parts;
        let inside = vec!["a module in the file"; named.depth];
        let (mut from, rest) = match parts[0] {
            "crate" => (Vec::new(), &parts[1..]),
            "self" => ([&home[..], &inside].concat(), &parts[1..]),
            "super" => ([&home[..], &inside].concat(), &parts[..]),
            child if source.modules().contains(&child) => (home.clone(), &parts[..]),
            _ => return None,
        };
        let up = rest.iter().take_while(|part| **part == "super").count();
        from.truncate(from.len().checked_sub(up)?);
        from.extend(&rest[up..]);
        Some((root, from))
    }

    /// The file where what stands at a path is defined.
    fn file(&self, (root, path): &Module<'f>, steps: usize) -> Option<Module<'f>> {
        let known = |len: &usize| self.files.contains_key(&(*root, path[..*len].to_vec()));
        let len = (0..=path.len()).rev().find(known)?;
        let here = (*root, path[..len].to_vec());
        let source = &self.files[&here].1;
        let Some(name) = path.get(len).filter(|name| steps < 8 && !defines(source, name)) else {
            return Some(here);
        };
        let from = source.paths().into_iter().filter(|named| named.parts.last() == Some(name));
        let handed = from.filter_map(|named| self.way(&here, source, &named)).find(|way| way.1 != *path);
        handed.and_then(|way| self.file(&way, steps + 1)).or(Some(here))
    }
}

/// The place of a file among the modules of its crate.
fn module(path: &str) -> Option<Module<'_>> {
    let root = CRATES.iter().find(|root| path.starts_with(**root))?;
    let mut parts: Vec<&str> = path.strip_prefix(root)?.strip_suffix(".rs")?.split('/').collect();
    if matches!(parts[..], ["lib" | "main"]) {
        parts.clear();
    }
    Some((root, parts))
}

fn defines(source: &Source<'_>, name: &str) -> bool {
    const KINDS: [&str; 9] = ["struct", "enum", "fn", "const", "static", "type", "trait", "union", "mod"];
    KINDS.iter().any(|kind| !source.lines_of(&[kind, name]).is_empty())
}

/// All files that a way leads to.
fn reach<'f>(uses: &BTreeMap<&'f str, Uses<'f>>, from: &'f str) -> BTreeSet<&'f str> {
    let (mut reached, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(path) = open.pop() {
        open.extend(uses[path].keys().copied().filter(|next| reached.insert(*next)));
    }
    reached
}

/// A circle in words: the shortest way from a file back to itself.
fn tell(uses: &BTreeMap<&str, Uses<'_>>, from: &str) -> Option<String> {
    let mut ways = VecDeque::from([vec![from]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for next in uses[way.last()?].keys() {
            if *next == from {
                let line = uses[from][way.get(1)?];
                let way = [&way[..], &[from]].concat().join(" -> ");
                return Some(format!(
                    "{from}:{line}: files use each other in a circle, {way}: give what they share a file of its own, \
                     or let the caller hand it over"
                ));
            }
            if seen.insert(*next) {
                ways.push_back([&way[..], &[*next]].concat());
            }
        }
    }
    None
}

#[cfg(test)]
fn told(files: &[(&str, &str)], excepted: &[&[&str]]) -> Vec<String> {
    let files: Vec<(String, String)> =
        files.iter().map(|(path, text)| (path.to_string(), text.to_string())).collect();
    all(&files, excepted)
}

#[test]
fn circles_are_told() {
    let two = [
        ("src/a.rs", "mod b; mod c;"),
        ("src/a/b.rs", "//! b\nuse super::c::C;\npub struct B(C);"),
        ("src/a/c.rs", "fn c(b: &crate::a::b::B) {}"),
    ];
    let found = told(&two, &[]);
    assert!(found.len() == 1 && found[0].starts_with("src/a/b.rs:2: files use each other"), "{found:?}");
    assert!(found[0].contains("src/a/b.rs -> src/a/c.rs -> src/a/b.rs"), "{found:?}");
    assert_eq!(told(&two, &[&["src/a/b.rs", "src/a/c.rs"]]), [""; 0]);
    let found = told(&two, &[&["src/a/b.rs", "src/a/c.rs"], &["src/a/d.rs"]]);
    assert!(
        found.len() == 1 && found[0].starts_with("src/a/d.rs:1: it is in no circle any more"),
        "{found:?}"
    );

    let handed_on = [
        ("src/a.rs", "mod b; mod c; pub use c::C;"),
        ("src/a/b.rs", "use super::C;"),
        ("src/a/c.rs", "use super::b::B; pub struct C;"),
    ];
    assert_eq!(told(&handed_on, &[]).len(), 1, "by a name that the parent hands on");
    let by_the_parent = [
        ("bin/a.rs", "mod b; pub struct A; fn f() { crate::c::g(); }"),
        ("bin/a/b.rs", "use super::A;"),
        ("bin/c.rs", "use crate::a::b::B;"),
    ];
    assert_eq!(told(&by_the_parent, &[]).len(), 1, "from below, up, aside and down again");
}

#[test]
fn a_parted_module_is_no_circle() {
    let parted = [
        ("src/a.rs", "mod b; mod c; use b::B; use c::C; pub struct A;"),
        ("src/a/b.rs", "use super::{A, c::C}; mod tests { use super::*; use super::super::c; }"),
        ("src/a/c.rs", "pub struct C; use zmq::b::B;"),
    ];
    assert_eq!(told(&parted, &[]), [""; 0]);
}
