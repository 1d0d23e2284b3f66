//! The drawing as a flowchart of Mermaid, which pages of Markdown show.

use super::{operators, readers, words, workers};
use crate::topology::plan::Plan;

/// Sources are round, sinks are drums, ways of copies are dotted.
pub(super) fn draw(plan: &Plan) -> String {
    let mut text = format!("---\ntitle: {}\n---\nflowchart LR\n", plan.name);
    for (at, stage) in plan.stages.iter().enumerate() {
        let lines = std::iter::once(format!("<b>{}</b>", escaped(&stage.name)));
        let steps = operators(stage).map(escaped);
        let lines: Vec<String> = lines.chain(steps).chain(workers(stage)).collect();
        let (begin, end) = match (stage.is_source(), stage.sink) {
            (true, _) => ("([", "])"),
            (_, true) => ("[(", ")]"),
            _ => ("[", "]"),
        };
        text += &format!("  s{at}{begin}\"{}\"{end}\n", lines.join("<br/>"));
    }
    for stage in 0..plan.stages.len() {
        for (reader, inlet) in readers(plan, stage) {
            let way = if inlet.watch { "-.->" } else { "-->" };
            let label = words(plan, inlet).iter().map(|word| escaped(word)).collect::<Vec<_>>().join("<br/>");
            let label = if label.is_empty() { label } else { format!("|\"{label}\"|") };
            text += &format!("  s{stage} {way}{label} s{reader}\n");
        }
    }
    text
}

/// A text within quotes: whatever has a meaning there goes by its number.
fn escaped(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | ',' | '/' | ':' | '+');
    text.chars().map(|c| if plain(c) { c.to_string() } else { format!("#{};", u32::from(c)) }).collect()
}
