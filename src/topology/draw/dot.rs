//! The drawing in the language of Graphviz.

use super::{operators, readers, words, workers};
use crate::printable::one_line;
use crate::topology::plan::Plan;

/// Sources are ellipses, sinks are cylinders, ways of copies are dashed.
pub(super) fn draw(plan: &Plan) -> String {
    let mut text = format!("digraph {} {{\n", quoted(&[&plan.name]));
    text += "  rankdir=LR;\n  node [shape=box];\n";
    for stage in &plan.stages {
        let name = std::iter::once(stage.name.clone());
        let lines: Vec<String> =
            name.chain(operators(stage).map(str::to_string)).chain(workers(stage)).collect();
        let shape = match (stage.is_source(), stage.sink) {
            (true, _) => ", shape=ellipse",
            (_, true) => ", shape=cylinder",
            _ => "",
        };
        text += &format!("  {} [label={}{shape}];\n", quoted(&[&stage.name]), quoted(&lines));
    }
    for (at, stage) in plan.stages.iter().enumerate() {
        for (reader, inlet) in readers(plan, at) {
            let words = words(plan, inlet);
            let label = (!words.is_empty()).then(|| format!("label={}", quoted(&words)));
            let style = inlet.watch.then(|| "style=dashed".to_string());
            let says: Vec<String> = [label, style].into_iter().flatten().collect();
            let says = if says.is_empty() { String::new() } else { format!(" [{}]", says.join(", ")) };
            let (from, to) = (&stage.name, &plan.stages[reader].name);
            text += &format!("  {} -> {}{says};\n", quoted(&[from]), quoted(&[to]));
        }
    }
    text + "}\n"
}

/// Lines as one text in quotes.
fn quoted<S: AsRef<str>>(lines: &[S]) -> String {
    let line = |line: &S| one_line(line.as_ref()).replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", lines.iter().map(line).collect::<Vec<_>>().join("\\n"))
}
