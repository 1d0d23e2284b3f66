//! How an operator is planned that learns by trees.

use super::settings::{Growth, Pace, Settings};
use crate::mining::common::lesson::{Given, Lesson};
use crate::mining::common::{Classifier, Explain, planned};
use crate::operator::{Input, PlanResult};
use crate::params::With;

/// The parameters that all of them have.
pub(in crate::mining) type Grown = With<Growth, With<Explain, Lesson>>;

/// Checks these and plans the operator; `model` makes what it learns.
pub(in crate::mining) fn plan_trees<C: Classifier>(
    operator: &str,
    pace: Pace,
    With { own: growth, shared: With { own: explain, shared: lesson } }: Grown,
    inputs: &[Input],
    model: impl FnOnce(Settings, &mut Given) -> C,
) -> PlanResult {
    let mut problems = Vec::new();
    let given = lesson.check::<C>(operator, inputs, &mut problems);
    let Some(mut given) = given else { return Err(problems) };
    explain.check(&mut given, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let settings = Settings::new(&growth, pace, given.features());
    let model = model(settings, &mut given);
    Ok(planned(given, model))
}
