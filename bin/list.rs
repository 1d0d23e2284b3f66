//! `list`: the operators, each one's page and parameters, and the keys of stages and topologies.

use crate::args::List;
use crate::print;
use serde_json::{Value, json};
use sluicebox::error::{Error, Result};
use sluicebox::expr::{Function, GROUPS, Group};
use sluicebox::operator::page::for_terminal;
use sluicebox::operator::{Inputs, Port, Role, Spec};
use sluicebox::params::{nearest, schema};
use sluicebox::registry;
use sluicebox::topology::key::{Key, pages};
use sluicebox::topology::key_list::{STAGE, TOPOLOGY};
use std::fmt::Write;

pub fn list(args: &List) -> Result<()> {
    let text = match args.operator.as_deref() {
        None => overview(args.json),
        Some("stage") => keys("a stage", STAGE, args.json),
        Some("functions") => functions(args.json),
        Some("topology") => keys("a topology", TOPOLOGY, args.json),
        Some(name) => operators(name, args.json)?,
    };
    print(&text)
}

/// The functions of expressions: how each is written, an example, and what it is for.
fn functions(as_json: bool) -> String {
    if as_json {
        let json = |group: &Group, function: &Function| {
            json!({
                "name": function.name,
                "also": function.also,
                "group": group.head,
                "usage": function.usage,
                "about": function.about,
                "example": function.example.0,
                "answer": function.example.1,
            })
        };
        let all = GROUPS.iter().flat_map(|group| group.functions.iter().map(move |of| json(group, of)));
        return format!("{}\n", all.collect::<Value>());
    }
    let mut text = String::new();
    for group in GROUPS {
        let line = |function: &Function| Line {
            name: function.usage.to_string(),
            what: String::new(),
            usual: format!("{} is {}", function.example.0, function.example.1),
            about: function.about.to_string(),
        };
        text += &lines(group.head, &group.functions.iter().map(line).collect::<Vec<_>>());
        text.push('\n');
    }
    text + "`sluicebox eval EXPRESSION` tries one.\n"
}

fn operators(name: &str, as_json: bool) -> Result<String> {
    let found: Vec<_> = registry::all().filter(|(_, spec)| spec.name == name).collect();
    if found.is_empty() {
        let called = registry::all().find(|(_, spec)| spec.called.contains(&name));
        let near = called.map(|(_, spec)| spec.name.to_string());
        let near = near.or_else(|| nearest(name, registry::all().map(|(_, spec)| spec.name)));
        let near = near.map(|near| format!(": did you mean \"{near}\"?")).unwrap_or_default();
        return Err(Error::usage(format!(
            "there is no operator \"{name}\"{near} (`sluicebox list` shows all)"
        )));
    }
    let mut text = String::new();
    for (room, spec) in found {
        if as_json {
            let _ = writeln!(text, "{}", json(room, spec, true));
        } else {
            let _ = writeln!(
                text,
                "{} ({room}): {}\n\n{}\n{}",
                spec.name,
                spec.about,
                for_terminal(&spec.page()),
                table(spec)
            );
        }
    }
    Ok(text)
}

fn overview(as_json: bool) -> String {
    if as_json {
        let all: Vec<_> = registry::all().map(|(room, spec)| json(room, spec, false)).collect();
        return format!("{}\n", Value::from(all));
    }
    let mut text = String::new();
    let width = registry::all().map(|(_, spec)| spec.name.len() + 2).max().unwrap_or(0);
    for (room, specs) in registry::ROOMS {
        let _ = writeln!(text, "{room}");
        for spec in specs {
            let _ = writeln!(text, "  {:<width$}{}", spec.name, spec.about);
        }
    }
    text + "\n`sluicebox list OPERATOR` shows an operator's page and parameters, `list stage` and `list topology` the \
            keys that all stages and topologies have, `list functions` those of expressions.\n"
}

fn json(room: &str, spec: &Spec, page: bool) -> Value {
    let mut value = json!({ "name": spec.name, "room": room, "about": spec.about });
    if page {
        value["page"] = spec.page().into();
        value["parameters"] = json!(schema::keys(&(spec.parameters)()));
        if let Inputs::Roles(roles) = spec.inputs {
            let role = |role: &Role| json!({ "name": role.name, "needed": role.needed });
            value["roles"] = roles.iter().map(role).collect();
        }
        let port = |port: &Port| json!({ "name": port.name, "about": port.about });
        value["ports"] = spec.ports.iter().map(port).collect();
    }
    value
}

/// An operator's parameters: name, what it is, default, and below what it is for.
fn table(spec: &Spec) -> String {
    let mut text = streams(spec);
    let keys = schema::keys(&(spec.parameters)());
    if keys.is_empty() {
        return text + "It has no parameters.\n";
    }
    let line = |key: &schema::Key| Line {
        name: key.name.clone(),
        what: key.what.clone(),
        usual: match &key.default {
            Some(default) => format!("default {default}"),
            None => if key.needed { "needed" } else { "" }.to_string(),
        },
        about: key.about.clone(),
    };
    text += &lines("parameters", &keys.iter().map(line).collect::<Vec<_>>());
    text
}

/// The roles that an operator reads, and the ports beside the main one that are its own.
fn streams(spec: &Spec) -> String {
    let line = |name: &str, usual: &str, about: &str| Line {
        name: name.to_string(),
        what: usual.to_string(),
        usual: String::new(),
        about: about.to_string(),
    };
    let roles: Vec<Line> = match spec.inputs {
        Inputs::Roles(roles) => {
            roles.iter().map(|role| line(role.name, if role.needed { "needed" } else { "" }, "")).collect()
        }
        _ => Vec::new(),
    };
    let ports: Vec<Line> = spec.ports.iter().map(|port| line(port.name, "", port.about)).collect();
    let all = [("roles (from = { ROLE = \"STAGE\" })", roles), ("ports (from = \"STAGE/PORT\")", ports)];
    let all = all.iter().filter(|(_, of)| !of.is_empty());
    all.map(|(title, of)| lines(title, of) + "\n").collect()
}

/// The keys of a stage or of a topology, group by group.
fn keys(of: &str, list: &'static [Key], as_json: bool) -> String {
    let pages = pages(list);
    if as_json {
        let key = |(name, key): &(String, &Key)| {
            json!({
                "name": name,
                "group": key.group,
                "type": key.kind.words(),
                "default": key.default,
                "about": key.about,
                "built": key.built,
            })
        };
        return format!("{}\n", pages.iter().map(key).collect::<Value>());
    }
    let mut text = format!("The keys of {of}, by what they are about.\n");
    let mut groups: Vec<&str> = pages.iter().map(|(_, key)| key.group).collect();
    groups.dedup();
    for group in groups {
        let line = |(name, key): &(String, &Key)| Line {
            name: name.clone(),
            what: key.kind.words(),
            usual: match key.default {
                _ if !key.built => "not built yet".to_string(),
                Some(default) => format!("default {default}"),
                None => String::new(),
            },
            about: key.about.to_string(),
        };
        let here: Vec<Line> = pages.iter().filter(|(_, key)| key.group == group).map(line).collect();
        text += &format!("\n{}", lines(group, &here));
    }
    text
}

/// A key in two lines: name, what it is and its default in columns, below what it is for.
struct Line {
    name: String,
    what: String,
    usual: String,
    about: String,
}

fn lines(title: &str, lines: &[Line]) -> String {
    let widest =
        |of: fn(&Line) -> &String| lines.iter().map(|line| of(line).chars().count()).max().unwrap_or(0);
    let (name, what) = (widest(|line| &line.name), widest(|line| &line.what).min(WHAT));
    let mut text = format!("{title}\n");
    for line in lines {
        let head = format!("  {:<name$}  {:<what$}  {}", line.name, line.what, line.usual);
        let _ = writeln!(text, "{}", head.trim_end());
        if !line.about.is_empty() {
            let _ = writeln!(text, "      {}", line.about);
        }
    }
    text
}

/// A longer description moves its own default to the right, not those of others.
const WHAT: usize = 44;
