//! `list`: the operators, and each one's page.

use crate::args::List;
use crate::print;
use sluicebox::error::{Error, Result};
use sluicebox::operator::Spec;
use sluicebox::params::nearest;
use sluicebox::registry;
use std::fmt::Write;

pub fn list(args: &List) -> Result<()> {
    let Some(name) = &args.operator else { return print(&overview(args.json)) };
    let found: Vec<_> = registry::all().filter(|(_, spec)| spec.name == name).collect();
    if found.is_empty() {
        let near = nearest(name, registry::all().map(|(_, spec)| spec.name));
        let near = near.map(|near| format!(": did you mean \"{near}\"?")).unwrap_or_default();
        return Err(Error::usage(format!(
            "there is no operator \"{name}\"{near} (`sluicebox list` shows all)"
        )));
    }
    let mut text = String::new();
    for (room, spec) in found {
        if args.json {
            let _ = writeln!(text, "{}", json(room, spec, true));
        } else {
            let _ = writeln!(text, "{} ({room}): {}\n\n{}", spec.name, spec.about, spec.page());
        }
    }
    print(&text)
}

fn overview(as_json: bool) -> String {
    if as_json {
        let all: Vec<_> = registry::all().map(|(room, spec)| json(room, spec, false)).collect();
        return format!("{}\n", serde_json::Value::from(all));
    }
    let mut text = String::new();
    for (room, specs) in registry::ROOMS {
        let _ = writeln!(text, "{room}");
        for spec in specs {
            let _ = writeln!(text, "  {:<14}{}", spec.name, spec.about);
        }
    }
    text + "\n`sluicebox list OPERATOR` shows an operator's page.\n"
}

fn json(room: &str, spec: &Spec, page: bool) -> serde_json::Value {
    let mut value = serde_json::json!({ "name": spec.name, "room": room, "about": spec.about });
    if page {
        value["page"] = spec.page().into();
    }
    value
}
