//! A topology as a drawing: its stages with their steps, and who reads whom by which port and role.

mod dot;
mod mermaid;
mod text;

use super::plan::{Inlet, Plan, Stage};

/// In which way it is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Lines for a terminal.
    Text,
    /// For pages of Markdown.
    Mermaid,
    /// For Graphviz.
    Dot,
}

/// The drawing; it ends with a line end.
pub fn draw(plan: &Plan, form: Form) -> String {
    match form {
        Form::Text => text::draw(plan),
        Form::Mermaid => mermaid::draw(plan),
        Form::Dot => dot::draw(plan),
    }
}

/// Who reads a stage, in the order of the file: the reader's number, and the way between them.
fn readers(plan: &Plan, stage: usize) -> impl Iterator<Item = (usize, &Inlet)> {
    let all = plan.stages.iter().enumerate();
    all.flat_map(|(reader, of)| of.inlets.iter().map(move |inlet| (reader, inlet)))
        .filter(move |(_, inlet)| inlet.stage == stage)
}

/// The port that is read, where it is not the main one.
fn port(plan: &Plan, inlet: &Inlet) -> Option<String> {
    let suffix = plan.stages[inlet.stage].port_suffix(inlet.port);
    suffix.strip_prefix('/').map(str::to_string)
}

/// What there is to say of a way: its port, what it is to the reader, and the columns that choose the worker.
fn words(plan: &Plan, inlet: &Inlet) -> Vec<String> {
    let role = inlet.role.as_ref().map(|role| format!("as {role}"));
    let by = (!inlet.by.is_empty()).then(|| format!("by {}", inlet.by.join(", ")));
    [port(plan, inlet), role, by].into_iter().flatten().collect()
}

/// The operators of a stage, in their order.
fn operators(stage: &Stage) -> impl Iterator<Item = &str> {
    stage.steps.iter().map(|step| step.operator.as_str())
}

/// How many workers, where there are several.
fn workers(stage: &Stage) -> Option<String> {
    (stage.workers > 1).then(|| format!("{} workers", stage.workers))
}

#[cfg(test)]
mod tests;
