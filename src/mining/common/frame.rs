//! The stage around a classifier: it answers each record, then learns it where its label is known, at once or later.

mod saved;
mod tell;
#[cfg(test)]
mod tests;
mod work;

use super::Classifier;
use super::added::Added;
use super::late::Late;
use super::learner::{Desk, Learner};
use super::lesson::Given;
use super::lots::Lots;
use crate::data::Batch;
use crate::data::state::{Loader, Saver};
use crate::error::{Error, Result};
use crate::numeric::Features;
use crate::operator::{Advice, Cx, Ending, Next, Operator, Passes, Planned, PlannedPort, States};
use saved::Saving;

const NO_LABEL: &str = "no_label";
const NO_KEY: &str = "no_key";

/// A classifier as a step of a stage; `model` is what every key begins with.
pub(in crate::mining) fn planned<C: Classifier>(given: Given, model: C) -> Planned {
    let report = tell::report::<C>(&given);
    let output = given.output.clone();
    let key = given.keys.as_ref().map_or(Vec::new(), |keys| keys.columns.clone());
    let warnings = given.warnings.clone();
    let adds = |name, schema: &_| PlannedPort::adds(name, Clone::clone(schema));
    let ports = given.labels.as_ref().map_or(Vec::new(), |labels| {
        vec![adds("unlabelled", &labels.unlabelled), adds("late_labels", &labels.late)]
    });
    let came = given.records.len();
    let passes = (0..output.len()).map(|at| Some(at).filter(|at| *at < came)).collect();
    let absorbs = given.labels.is_some();
    let frame = Frame {
        states: States::new(given.keys.clone(), Learner::new(model.clone(), &given)),
        names: given.names(),
        fresh: model,
        features: Features::default(),
        desk: Desk::default(),
        added: Added::default(),
        late: given.labels.clone().map(|labels| Late::new(labels, &key)),
        saving: Saving::default(),
        told: 0,
        lots: Lots::default(),
        given,
    };
    Planned {
        stateful: true,
        per: key,
        report: Some(report),
        ports,
        passes: Passes::These(passes),
        absorbs,
        warnings,
        ..Planned::new(output, move || frame.clone())
    }
}

#[derive(Clone)]
struct Frame<C: Classifier> {
    given: Given,
    names: Vec<String>,
    /// A model that has learned nothing.
    fresh: C,
    states: States<Learner<C>>,
    features: Features,
    desk: Desk,
    added: Added,
    /// Where labels come later.
    late: Option<Late>,
    saving: Saving,
    /// How many rows of a long report were told.
    told: usize,
    lots: Lots,
}

impl<C: Classifier> Operator for Frame<C> {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        if let Some(late) = &mut self.late {
            late.begin(cx);
        }
        match cx.role() {
            Some("labels") => self.labels(batch, cx),
            _ => self.records(batch, cx),
        }
        if let Some(late) = &self.late {
            late.end(cx);
        }
        Ok(Next::Wait)
    }

    fn finish(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        batch.reset(&self.given.output);
        self.states.report_all();
        // After a stop they go on waiting in what was saved.
        let Some(late) = self.late.as_mut().filter(|_| cx.ending() == Ending::Drained) else {
            return Ok(Next::End);
        };
        late.begin(cx);
        let more = late.empty(cx.records_max, cx);
        late.end(cx);
        Ok(if more { Next::Again } else { Next::End })
    }

    fn report(&mut self, out: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let (given, late, told) = (&self.given, self.late.as_ref(), &mut self.told);
        match &mut self.states {
            States::One(learner) => {
                let rows = tell::tell(learner, (given, late), out, (&[], *told, cx.records_max));
                *told += cx.records_max;
                if *told < rows {
                    return Ok(Next::Again);
                }
                *told = 0;
            }
            States::Each(each) => {
                while let Some((key, learner)) = each.next_unreported() {
                    tell::tell(learner, (given, late), out, (key, 0, usize::MAX));
                    if out.columns[0].len() >= cx.records_max {
                        return Ok(Next::Again);
                    }
                }
            }
        }
        Ok(Next::End)
    }

    fn advice(&self, reason: &str) -> Option<Advice> {
        match reason {
            NO_LABEL => Some(Advice::to("filter labels that say nothing before")),
            NO_KEY => Some(Advice::to("filter labels without a key before")),
            _ => None,
        }
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        self.saving.save(&self.names, &mut self.states, self.late.as_mut(), out)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        let Frame { given, fresh, states, names, late, .. } = self;
        if saved::load((given, names, fresh), states, late, from)? {
            return Ok(());
        }
        Err(Error::failed(format!(
            "the state is of other columns, keys or parameters than the topology says, which learns from {} (start \
             without it)",
            names.join(", ")
        )))
    }
}
