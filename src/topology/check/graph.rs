//! Who reads whom: every entry of `from` as an edge, circles, and an order in which columns become known.

use super::rooms::Cast;
use super::{Draft, Finding, Findings};
use crate::params::shown;
use crate::topology::keys::Named;
use crate::topology::spans::{Path, under};
use std::collections::{HashMap, HashSet};

/// One entry of `from`.
pub(super) struct Edge {
    /// As `from` says it, and where.
    pub said: String,
    pub at: Path,
    /// The role that it is said under.
    pub role: Option<String>,
    /// It brings copies only.
    pub watch: bool,
    /// The stage it leads to, and the port as it is said behind the slash; `None` when there is no such stage.
    pub to: Option<(usize, String)>,
}

/// Resolves every `from`.
pub(super) fn edges(drafts: &[Draft], casts: &[Cast], findings: &mut Findings) -> Vec<Vec<Edge>> {
    let mut stages: HashMap<&str, usize> = HashMap::new();
    for (index, draft) in drafts.iter().enumerate() {
        stages.entry(draft.name.as_deref().unwrap_or_default()).or_insert(index);
    }
    let edge = |reader: usize, Named { name: said, at, role, watch }: &Named, findings: &mut Findings| {
        let to = resolve(said, &stages, casts);
        let to = to.and_then(|(to, port)| match to == reader {
            true => Err(Wrong { what: "a stage can't read itself".to_string(), choices: Vec::new() }),
            false => Ok((to, port)),
        });
        if let Err(Wrong { what, choices }) = &to {
            let told: &mut Finding = findings.value(at, format!("{}: {what}", drafts[reader].who));
            told.suggest(said, choices.iter().map(String::as_str));
        }
        Edge { said: said.clone(), at: at.clone(), role: role.clone(), watch: *watch, to: to.ok() }
    };
    drafts
        .iter()
        .enumerate()
        .map(|(reader, draft)| draft.from.iter().flatten().map(|from| edge(reader, from, findings)).collect())
        .collect()
}

struct Wrong {
    what: String,
    choices: Vec<String>,
}

fn resolve(said: &str, stages: &HashMap<&str, usize>, casts: &[Cast]) -> Result<(usize, String), Wrong> {
    let (name, port) = said.split_once('/').unwrap_or((said, ""));
    let Some(&stage) = stages.get(name).filter(|_| !name.is_empty()) else {
        let suffix = |name: &&str| said.replacen(said.split('/').next().unwrap_or_default(), name, 1);
        let mut choices: Vec<String> = stages.keys().filter(|name| !name.is_empty()).map(suffix).collect();
        choices.sort();
        return Err(Wrong {
            what: format!("there is no stage {}", shown(&toml::Value::String(name.to_string()))),
            choices,
        });
    };
    if port.is_empty() && casts[stage].sink() == Some(true) {
        let what = format!("\"{name}\" stores its records, nothing comes out of it");
        return Err(Wrong { what, choices: Vec::new() });
    }
    Ok((stage, port.to_string()))
}

/// Stages in an order in which each comes after all it reads. Those in a circle, which is told, and all behind
/// them are left out.
pub(super) fn order(drafts: &[Draft], edges: &[Vec<Edge>], findings: &mut Findings) -> Vec<usize> {
    let mut walk =
        Walk { edges, state: vec![State::New; drafts.len()], way: Vec::new(), circles: Vec::new() };
    let mut order = Vec::new();
    for stage in 0..drafts.len() {
        walk.visit(stage, &mut order);
    }
    for circle in &walk.circles {
        tell(drafts, edges, circle, findings);
    }
    order
}

/// Tells of a circle where a stage reads one behind it in the file: elsewhere the stream runs down the page.
fn tell(drafts: &[Draft], edges: &[Vec<Edge>], circle: &[usize], findings: &mut Findings) {
    let read = |at: usize| circle[(at + 1) % circle.len()];
    let up = (0..circle.len()).find(|at| read(*at) > circle[*at]).expect("a circle goes down and up again");
    let name = |stage: &usize| drafts[*stage].name.as_deref().unwrap_or("?");
    // The circle follows `from`; records flow against it.
    let (before, from_here) = circle.split_at(up + 1);
    let names: Vec<&str> = from_here.iter().chain(before).rev().map(name).collect();
    let way = format!("{} -> {}", name(&read(up)), names.join(" -> "));
    let reader = circle[up];
    let leads_up = |edge: &&Edge| edge.to.as_ref().is_some_and(|(to, _)| *to == read(up));
    let edge = edges[reader].iter().find(leads_up).expect("the walk came along it");
    let what = format!("{}: stages read each other in a circle: {way}", drafts[reader].who);
    findings.value(&edge.at, what);
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    /// On the way from the stage where the walk began.
    Open,
    Sound,
    /// In a circle, or behind one.
    Broken,
}

struct Walk<'a> {
    edges: &'a [Vec<Edge>],
    state: Vec<State>,
    way: Vec<usize>,
    /// Each stage reads the next, the last one the first.
    circles: Vec<Vec<usize>>,
}

impl Walk<'_> {
    /// Goes against the stream, depth first: as deep as there are stages, which are few enough.
    fn visit(&mut self, stage: usize, order: &mut Vec<usize>) -> State {
        if self.state[stage] != State::New {
            return self.state[stage];
        }
        self.state[stage] = State::Open;
        self.way.push(stage);
        let mut sound = true;
        for edge in &self.edges[stage] {
            let Some((to, _)) = &edge.to else { continue };
            match self.visit(*to, order) {
                State::Open => {
                    let start = self.way.iter().position(|on| on == to).expect("an open stage is on the way");
                    self.circles.push(self.way[start..].to_vec());
                    sound = false;
                }
                State::Broken => sound = false,
                _ => {}
            }
        }
        self.way.pop();
        self.state[stage] = if sound { State::Sound } else { State::Broken };
        if sound {
            order.push(stage);
        }
        self.state[stage]
    }
}

/// Warns of stages whose records go nowhere.
pub(super) fn warn_of_dead_ends(
    drafts: &[Draft],
    casts: &[Cast],
    edges: &[Vec<Edge>],
    findings: &mut Findings,
) {
    let read: HashSet<usize> = edges
        .iter()
        .flatten()
        .filter_map(|edge| edge.to.as_ref())
        .filter(|(_, port)| port != "rejected")
        .map(|(stage, _)| *stage)
        .collect();
    for (stage, draft) in drafts.iter().enumerate() {
        if casts[stage].sink() != Some(true) && !read.contains(&stage) {
            let what =
                format!("{}: no stage reads it and it stores nothing: its records go nowhere", draft.who);
            findings.warn(&under(&draft.at, &["name"]), what);
        }
    }
}
