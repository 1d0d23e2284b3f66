//! In what order the records of a key come: behind several workers it is theirs only if each key has one of them.

use super::flow::Known;
use super::keyed::Remembers;
use super::{Draft, Findings};
use crate::operator::{PortId, PortKind};
use crate::topology::plan::Inlet;

/// Several workers through which a stream has come.
#[derive(Clone)]
struct Parting {
    stage: usize,
    /// The columns of the stream by which records were dealt to them; `None` when it was by none that is still there.
    columns: Option<Vec<usize>>,
}

/// Warns of each step whose answers depend on an order that is the scheduler's.
pub(super) fn warn(drafts: &[Draft], flow: &[Option<Known>], order: &[usize], findings: &mut Findings) {
    let mut behind: Vec<Vec<Parting>> = drafts.iter().map(|_| Vec::new()).collect();
    for &stage in order {
        let Some(known) = &flow[stage] else { continue };
        let mut partings: Vec<Parting> = Vec::new();
        for inlet in &known.inlets {
            let Some(from) = &flow[inlet.stage] else { continue };
            let through = behind[inlet.stage].iter().map(|parting| leave(parting, from, inlet));
            partings.extend(through);
        }
        for step in &known.keyed.steps {
            if let Some(parting) = partings.iter().find(|parting| mixes(parting, step)) {
                tell(&drafts[stage], step, &drafts[parting.stage], findings);
            }
        }
        if drafts[stage].workers > 1 {
            let column = |name: &String| known.inlets.first().and_then(|inlet| inlet.schema.index(name));
            let columns: Vec<usize> = known.by.iter().filter_map(column).collect();
            partings.push(Parting { stage, columns: Some(columns).filter(|columns| !columns.is_empty()) });
        }
        partings.sort_by_key(|parting| (parting.stage, parting.columns.clone()));
        partings.dedup_by_key(|parting| (parting.stage, parting.columns.clone()));
        behind[stage] = partings;
    }
}

/// The same parting in the columns of what leaves a stage.
fn leave(parting: &Parting, from: &Known, inlet: &Inlet) -> Parting {
    let port = &from.ports[inlet.port.index()];
    let columns = parting.columns.iter().flatten().map(|column| match inlet.port {
        PortId::MAIN => from.keyed.origins.iter().position(|origin| *origin == Some(*column)),
        // What moves to another port leaves as it came.
        _ if port.kind == PortKind::Moves => {
            let field = &from.inlets.first()?.schema.fields[*column];
            inlet.schema.index(&field.name).filter(|at| inlet.schema.fields[*at].of == field.of)
        }
        _ => None,
    });
    let columns: Option<Vec<usize>> = columns.collect();
    Parting { stage: parting.stage, columns: columns.filter(|columns| !columns.is_empty()) }
}

/// Whether records of one key can have come by several of the workers.
fn mixes(parting: &Parting, step: &Remembers) -> bool {
    let is_key = |column: &usize| step.per.iter().any(|read| read.origin == Some(*column));
    let kept = parting.columns.as_ref().is_some_and(|columns| columns.iter().all(is_key));
    !step.per.is_empty() && !step.any_order && !kept
}

fn tell(draft: &Draft, step: &Remembers, before: &Draft, findings: &mut Findings) {
    let names: Vec<&str> = step.per.iter().map(|read| read.name.as_str()).collect();
    let key = names.join(" and ");
    let what = format!(
        "{}: {} goes by the order in which the records of a {key} come, and behind the {} workers of {} that is the \
         scheduler's: results differ from run to run (let that have one worker, or a \"by\" within {key})",
        draft.who, step.operator, before.workers, before.who
    );
    findings.warn(&step.at, what);
}
