//! Columns in which a source saw no value: they take the type that the other streams of a stage have.

use crate::data::{Field, Type};
use crate::topology::plan::Inlet;
use std::collections::{BTreeMap, HashSet};

/// The types that columns of sources must have, by stage and name.
pub(super) type Wanted = BTreeMap<(usize, String), Type>;

/// The types that are wanted of one stage's columns.
pub(super) fn of(wanted: &Wanted, stage: usize) -> Vec<(String, Type)> {
    let ours = wanted.iter().filter(|((of, _), _)| *of == stage);
    ours.map(|((_, name), of)| (name.clone(), *of)).collect()
}

/// What is wanted so that all that comes by one role has the same columns. `inlets_of`: what a stage reads; nothing,
/// where it is a source.
pub(super) fn settle<'a>(inlets: &[Inlet], inlets_of: impl Fn(usize) -> &'a [Inlet], wanted: &mut Wanted) {
    for inlet in inlets {
        let others = || inlets.iter().filter(|other| other.role == inlet.role);
        for (at, field) in inlet.schema.fields.iter().enumerate().filter(|(_, field)| field.is_open()) {
            let there = others().filter_map(|other| other.schema.fields.get(at));
            let mut known = there.filter(|there| there.name == field.name && !there.is_open());
            let of = known.next().map(|there| there.of);
            // Where the others do not agree, that is told.
            if let Some(of) = of.filter(|of| *of != field.of && known.all(|there| there.of == *of)) {
                follow(inlet.stage, (&field.name, of), &inlets_of, &mut HashSet::new(), wanted);
            }
        }
    }
}

/// Goes back to the sources that an open column comes from.
fn follow<'a>(
    stage: usize,
    (name, of): (&str, Type),
    inlets_of: &impl Fn(usize) -> &'a [Inlet],
    seen: &mut HashSet<usize>,
    wanted: &mut Wanted,
) {
    if !seen.insert(stage) {
        return;
    }
    if inlets_of(stage).is_empty() {
        wanted.insert((stage, name.to_string()), of);
    }
    let is_it = |field: &&Field| field.name == name && field.is_open();
    for inlet in inlets_of(stage).iter().filter(|inlet| inlet.schema.fields.iter().any(|field| is_it(&field)))
    {
        follow(inlet.stage, (name, of), inlets_of, seen, wanted);
    }
}
