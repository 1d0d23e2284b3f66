//! What each entry of `from` is to an operator that reads by role, and by which columns its records are shared out.

use super::graph::Edge;
use super::rooms::Cast;
use super::{Draft, Findings, Inlet};
use crate::data::Type;
use crate::operator::{Inputs, Role, Spec};
use crate::topology::keys::Named;
use crate::topology::spans::{Path, under};

/// The role of each entry of `from`; `None`: something is wrong with them, and told.
pub(super) fn of_stage(
    draft: &Draft,
    cast: &Cast,
    edges: &[Edge],
    findings: &mut Findings,
) -> Option<Vec<Option<String>>> {
    let later =
        cast.specs.iter().skip(1).enumerate().filter_map(|(at, spec)| Some((at + 1, spec.as_ref()?.1)));
    let mut sound = true;
    for (at, spec) in later.filter(|(_, spec)| spec.inputs.needs_roles()) {
        let what = format!("{}: {} reads by role, so it can only be the first step", draft.who, spec.name);
        findings.value(&under(&draft.steps[at].at, &["operator"]), what);
        sound = false;
    }
    let Some((_, first)) = cast.specs.first().copied().flatten().filter(|_| draft.from.is_some()) else {
        return sound.then(|| vec![None; edges.len()]);
    };
    let roles = match first.inputs {
        Inputs::Roles(roles) => by_role(draft, first, roles, edges, findings),
        _ => without(draft, first, edges, findings),
    };
    roles.filter(|_| sound)
}

/// An operator that has no roles gets none.
fn without(
    draft: &Draft,
    spec: &Spec,
    edges: &[Edge],
    findings: &mut Findings,
) -> Option<Vec<Option<String>>> {
    let tables = [("from", edges.iter().any(|edge| edge.role.is_some()))];
    let tables = tables.into_iter().chain([("by", draft.by.iter().any(|by| by.role.is_some()))]);
    let mut sound = true;
    for (key, _) in tables.filter(|(_, table)| *table) {
        let what = format!(
            "{}: {} has no roles: \"{key}\" is a name in quotes, or a list of them",
            draft.who, spec.name
        );
        findings.value(&under(&draft.at, &[key]), what);
        sound = false;
    }
    sound.then(|| vec![None; edges.len()])
}

fn by_role(
    draft: &Draft,
    spec: &Spec,
    roles: &[Role],
    edges: &[Edge],
    findings: &mut Findings,
) -> Option<Vec<Option<String>>> {
    let names: Vec<&str> = roles.iter().map(|role| role.name).collect();
    let told = findings.list.len();
    for key in ["from", "by"] {
        let mut said: Vec<&str> = match key {
            "from" => edges.iter().filter_map(|edge| edge.role.as_deref()).collect(),
            _ => draft.by.iter().filter_map(|by| by.role.as_deref()).collect(),
        };
        said.dedup();
        for role in said.into_iter().filter(|role| !names.contains(role)) {
            let what = format!(
                "{}: {} has no role \"{role}\" (there are: {})",
                draft.who,
                spec.name,
                names.join(", ")
            );
            findings.key(&under(&draft.at, &[key, role]), what).suggest(role, names.iter().copied());
        }
    }
    // A role that is misspelt is not missing too.
    let misspelt =
        findings.list.len() > told && findings.list[told..].iter().any(|told| told.nearest.is_some());
    let plain = spec.inputs.plain();
    let from = under(&draft.at, &["from"]);
    if edges.iter().any(|edge| edge.role.is_none()) && plain.is_none() {
        let each: Vec<String> = roles.iter().map(|role| format!("{} = \"STAGE\"", role.name)).collect();
        let what = format!(
            "{}: {} reads by role: say which is what, as in from = {{ {} }}",
            draft.who,
            spec.name,
            each.join(", ")
        );
        findings.value(&from, what);
    } else if !misspelt {
        let absent =
            |role: &&Role| !edges.iter().any(|edge| edge.role.as_deref().or(plain) == Some(role.name));
        for role in roles.iter().filter(|role| role.needed).filter(absent).filter(|_| !edges.is_empty()) {
            let what = format!("{}: {} needs the role \"{}\" in \"from\"", draft.who, spec.name, role.name);
            findings.value(&from, what);
        }
    }
    let role = |edge: &Edge| edge.role.clone().or(plain.map(str::to_string));
    (findings.list.len() == told).then(|| edges.iter().map(role).collect())
}

/// `by` names columns of all that it is said for, and a key is made of the same types whatever its role.
pub(super) fn share(draft: &Draft, edges: &[Edge], inlets: &mut [Option<Inlet>], findings: &mut Findings) {
    let mut first: Option<(&Edge, Vec<Type>)> = None;
    let mut lacking: Vec<&Path> = Vec::new();
    for (edge, inlet) in edges.iter().zip(inlets) {
        let Some(inlet) = inlet else { continue };
        let by: Vec<&Named> =
            draft.by.iter().filter(|by| by.role.is_none() || by.role == inlet.role).collect();
        inlet.by = by.iter().map(|by| by.name.clone()).collect();
        let mut types = Vec::new();
        for Named { name, at, .. } in &by {
            if let Some(column) = inlet.schema.index(name) {
                types.push(inlet.schema.fields[column].of);
            } else if !lacking.contains(&at) {
                let (who, said, schema) = (&draft.who, &edge.said, &inlet.schema);
                let what = format!("{who}: \"{said}\" has no column \"{name}\" (there are: {schema})");
                findings.value(at, what).suggest(name, schema.names());
                lacking.push(at);
            }
        }
        let Some(role) = inlet.role.as_deref().filter(|_| types.len() == by.len()) else { continue };
        let Some((other, of)) = &first else {
            first = Some((edge, types));
            continue;
        };
        if *of != types {
            let what = format!(
                "{}: equal keys of all roles go to one worker, so \"by\" needs as many columns of the same types for \
                 each: {} of \"{}\" as {role}, {} of \"{}\" (cast one)",
                draft.who,
                shown(&types),
                edge.said,
                shown(of),
                other.said
            );
            findings.value(&by.last().map_or(under(&draft.at, &["by"]), |by| by.at.clone()), what);
            return;
        }
    }
}

/// A key that follows from the steps is that of all inlets, whatever their roles.
pub(super) fn follow(
    draft: &Draft,
    edges: &[Edge],
    by: &[String],
    inlets: &mut [Inlet],
    findings: &mut Findings,
) -> bool {
    if !draft.by.is_empty() {
        return true;
    }
    for (edge, inlet) in edges.iter().zip(inlets.iter_mut()) {
        if let Some(column) = by.iter().find(|column| inlet.schema.index(column).is_none()) {
            let what = format!(
                "{}: records go by \"{column}\", and \"{}\" has no such column (there are: {}): say \"by\" for each \
                 role",
                draft.who, edge.said, inlet.schema
            );
            findings.value(&edge.at, what);
            return false;
        }
        inlet.by = by.to_vec();
    }
    true
}

fn shown(types: &[Type]) -> String {
    if types.is_empty() {
        return "none".to_string();
    }
    types.iter().map(Type::to_string).collect::<Vec<_>>().join(", ")
}
