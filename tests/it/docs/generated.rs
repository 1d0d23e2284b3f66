//! The parts of pages that are made from the program, between two marks: `<!-- generated: NAME -->` and
//! `<!-- /generated -->`.

use sluicebox::expr::GROUPS;
use sluicebox::operator::Inputs;
use sluicebox::params::schema;
use sluicebox::registry;
use sluicebox::topology::key::{Key, pages};
use sluicebox::topology::key_list::{STAGE, TOPOLOGY};

const OPEN: &str = "<!-- generated: ";
const CLOSE: &str = "<!-- /generated -->";

/// A page with its generated parts as they are now.
pub fn fill(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(OPEN) {
        let end = at + rest[at..].find('\n').expect("a mark has a line of its own") + 1;
        let name = rest[at + OPEN.len()..end].trim_end().trim_end_matches(" -->");
        let close = end + rest[end..].find(CLOSE).unwrap_or_else(|| panic!("\"{name}\" has no {CLOSE}"));
        out += &rest[..end];
        out += &part(name);
        rest = &rest[close..];
    }
    out + rest
}

fn part(name: &str) -> String {
    match name {
        "keys of a topology" => keys(TOPOLOGY),
        "keys of a stage" => keys(STAGE),
        "functions" => functions(),
        "sources" => operators(|room| room == "ingest"),
        "steps" => operators(|room| room != "ingest" && room != "storage"),
        "sinks" => operators(|room| room == "storage"),
        _ => panic!("nothing is made for \"{name}\""),
    }
}

/// A table for each kind of functions; a unit test runs the examples.
fn functions() -> String {
    let mut text = String::new();
    for group in GROUPS {
        text += &format!(
            "\n### {}\n\n| function | for example | is | what it gives |\n|---|---|---|---|\n",
            group.head
        );
        for of in group.functions {
            let also: Vec<String> = of.also.iter().map(|name| format!("`{name}`")).collect();
            let also = if also.is_empty() { String::new() } else { format!(" (also {})", also.join(", ")) };
            let usage: Vec<String> =
                of.usage.split("), ").map(|usage| format!("`{})`", usage.trim_end_matches(')'))).collect();
            let (example, answer) = of.example;
            let cells = [
                usage.join(" "),
                format!("`{example}`"),
                format!("`{answer}`"),
                format!("{}{also}", of.about),
            ];
            text += &row(&cells.each_ref().map(String::as_str));
        }
    }
    text + "\n"
}

/// A table for each group of keys.
fn keys(list: &'static [Key]) -> String {
    let pages = pages(list);
    let mut groups: Vec<&str> = Vec::new();
    for (_, key) in &pages {
        if !groups.contains(&key.group) {
            groups.push(key.group);
        }
    }
    let mut text = String::new();
    for group in groups {
        text +=
            &format!("\n### {group}\n\n| key | holds | if absent | what it is for |\n|---|---|---|---|\n");
        for (name, key) in pages.iter().filter(|(_, key)| key.group == group) {
            let usual = match key.default {
                _ if !key.built => "not built yet".to_string(),
                Some(default) => format!("`{default}`"),
                None => String::new(),
            };
            text += &row(&[&format!("`{name}`"), &key.kind.words(), &usual, key.about]);
        }
    }
    text + "\n"
}

/// A chapter for each operator: its page, its ports and its parameters.
fn operators(which: fn(&str) -> bool) -> String {
    let mut text = String::new();
    for (_, spec) in registry::all().filter(|(room, _)| which(room)) {
        text += &format!("\n### `{}`: {}\n\n{}\n", spec.name, spec.about, spec.page().trim_end());
        let keys = schema::keys(&(spec.parameters)());
        text += if keys.is_empty() {
            "\nIt has no parameters.\n"
        } else {
            "\n| parameter | holds | if absent | what it is for |\n|---|---|---|---|\n"
        };
        for key in &keys {
            let usual = match &key.default {
                Some(default) => format!("`{default}`"),
                None => if key.needed { "needed" } else { "" }.to_string(),
            };
            text += &row(&[&format!("`{}`", key.name), &key.what, &usual, &key.about]);
        }
        if let Inputs::Roles(roles) = spec.inputs {
            let names: Vec<String> = roles.iter().map(|role| format!("`{}`", role.name)).collect();
            text += &format!("\nIt reads by role: {}.\n", names.join(", "));
        }
        for port in spec.ports {
            text += &format!("\nPort `{}`: {}.\n", port.name, port.about);
        }
    }
    text + "\n"
}

fn row(cells: &[&str]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    format!("| {} |\n", cells.join(" | "))
}

#[test]
fn only_what_stands_between_the_marks_is_made() {
    let page = format!("a\n{OPEN}keys of a stage -->\nstale\n{CLOSE}\nb\n");
    let filled = fill(&page);
    assert!(
        filled.starts_with("a\n") && filled.ends_with(&format!("{CLOSE}\nb\n")) && !filled.contains("stale")
    );
    assert!(filled.contains("\n| `workers` | a whole number from 1 to 64 | `1` | "), "{filled}");
    assert_eq!(fill(&filled), filled);
    assert_eq!(fill("no mark\n"), "no mark\n");
}
