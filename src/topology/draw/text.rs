//! The drawing for a terminal: each stage, and below it who reads it.

use super::{operators, port, readers, workers};
use crate::printable::one_line;
use crate::topology::plan::Plan;

/// A way that a record goes is drawn through, one of copies is dashed.
pub(super) fn draw(plan: &Plan) -> String {
    let wide = plan.stages.iter().map(|stage| stage.name.len()).max().unwrap_or(0);
    let mut text = format!("{}\n", plan.name);
    for (at, stage) in plan.stages.iter().enumerate() {
        let steps: Vec<&str> = operators(stage).collect();
        let mut line = format!("\n{:<wide$}  {}", stage.name, steps.join(" + "));
        line += &workers(stage).map_or(String::new(), |workers| format!(", {workers}"));
        if stage.sink && !stage.results.is_empty() {
            line += &format!(" into {}", stage.results.join(", "));
        }
        text += &one_line_each(&line);
        let ways: Vec<String> = readers(plan, at)
            .map(|(reader, inlet)| {
                let stroke = if inlet.watch { '╌' } else { '─' };
                let name = port(plan, inlet).map_or(String::new(), |port| format!("{port} {stroke}"));
                let role = inlet.role.as_ref().map_or(String::new(), |role| format!(" as {role}"));
                let by = match inlet.by.is_empty() {
                    true => String::new(),
                    false => format!(", by {}", inlet.by.join(", ")),
                };
                let pad = if name.is_empty() { String::new() } else { format!(" {name}") };
                format!("{stroke}{pad}> {}{role}{by}", plan.stages[reader].name)
            })
            .collect();
        for (number, way) in ways.iter().enumerate() {
            let corner = if number + 1 == ways.len() { '└' } else { '├' };
            text += &format!("  {corner}{}\n", one_line(way));
        }
    }
    text
}

/// A stage's line, with the empty one before it.
fn one_line_each(line: &str) -> String {
    format!("\n{}\n", one_line(line.trim_start_matches('\n')))
}
