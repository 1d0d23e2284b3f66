//! What a topology says of files, whatever their format, and how their source is planned.

use super::{CUT, Files};
use crate::data::Schema;
use crate::error::{Error, Exit, Result};
use crate::format::Form;
use crate::ingest::common::flow::Flow;
use crate::ingest::common::input::{Input as Text, Reading};
use crate::ingest::common::lines::Lines;
use crate::ingest::common::pace::Pace;
use crate::ingest::common::paths::{self, Place, STDIN};
use crate::ingest::common::rejects::RejectsFile;
use crate::ingest::common::shape::{Document, Shape, readable};
use crate::operator::{Input, Inputs, PlanResult, Planned, Sample, Spec};
use crate::params::{Params, Problem};
use std::path::Path;

/// Files of one form, and where they lie; checked, but not opened.
#[derive(Clone)]
pub(crate) struct Texts {
    pub place: Place,
    pub form: Form,
}

impl Texts {
    pub(crate) fn new(place: Place, form: Form) -> Texts {
        let form = if place.encoding.is_some() { form.encoded() } else { form };
        Texts { place, form }
    }

    /// Opens one of them for a look.
    ///
    /// # Errors
    /// A sentence when it can't be read, or is a document.
    pub(crate) fn look(&self, path: &Path, document: impl Fn(&Text) -> Document) -> Result<Text> {
        let text = Text::open(path, self.place.encoding, &Reading::Look)?;
        readable(text.called(), document(&text))?;
        Ok(text)
    }
}

/// How files of one format are to be read.
pub(crate) trait Told: Clone + 'static {
    type Shape: Shape + 'static;

    fn texts(&self) -> &Texts;

    /// The same, of columns that are known.
    fn of(&self, schema: &Schema) -> Self::Shape;

    /// The columns, as far as a look at the first file tells them.
    ///
    /// # Errors
    /// A sentence when they can't be known.
    fn sample(&self) -> Result<Sample>;

    /// What does not fit the columns, which are those of `sample`.
    fn problems(&self, _: &Schema) -> Vec<Problem> {
        Vec::new()
    }
}

/// All parameters of such a source, checked.
pub(crate) struct Given<T> {
    pub told: T,
    pub flow: Flow,
    pub rejects: Option<RejectsFile>,
}

/// What the cards of such sources say alike.
pub(crate) const fn card(spec: Spec) -> Spec {
    untyped_card(spec).typed("types")
}

/// The same of a source whose columns have the same types always.
pub(crate) const fn untyped_card(spec: Spec) -> Spec {
    spec.reads(Inputs::None)
        .place("path")
        .finds(finds)
        .unseen(unseen)
        .paced("rate")
        .endless(paths::is_endless)
}

/// At a stream nobody can look.
fn unseen(params: &Params) -> Params {
    let mut params = params.clone();
    params.insert("path".to_string(), STDIN.into());
    params.remove("follow");
    params.remove("repeat");
    params
}

fn finds(params: &Params) -> Vec<String> {
    paths::found(params.get("path"))
}

/// Looks at the columns before anything is planned.
///
/// # Errors
/// A sentence when they can't be known.
pub(crate) fn sample<T: Told>(given: std::result::Result<Given<T>, Vec<Problem>>) -> Result<Sample> {
    // What is wrong with the parameters, `plan` says better: by key.
    let Ok(Given { told, .. }) = given else { return Ok(Sample::default()) };
    told.sample().map_err(|error| Error { exit: Exit::Usage, ..error })
}

/// Plans the source; `inputs` are what `sample` has found, or nothing.
pub(crate) fn plan<T: Told>(given: Given<T>, inputs: &[Input]) -> PlanResult {
    let Given { told, flow, rejects } = given;
    let found = inputs.first().map(|input| input.schema.clone()).unwrap_or_default();
    let Texts { place, form } = told.texts();
    let schema = form.typing().in_zone(found);
    let (mut problems, mut time) = (Vec::new(), None);
    if !inputs.is_empty() {
        problems = told.problems(&schema);
        time = flow.event_time(&schema, &mut problems);
    }
    let recorded = flow.recorded(time.as_ref(), &mut problems);
    place.timed(time.is_some(), recorded.is_some(), &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let schema = time.map_or(schema.clone(), |time| schema.with_time(time.column));
    let fills = RejectsFile::fills(&rejects);
    let others = [(CUT, "a line has an end: the source was stopped in the middle of it".to_string())];
    let planned = Planned::new(schema.clone(), move || {
        let Texts { place, form } = told.texts();
        let lines = Lines::new(form, &schema, &others).keep_rejects(rejects.clone());
        Files::new(told.of(&schema), place, &schema, lines, (Pace::new(flow.rate), recorded))
    });
    Ok(Planned { time, fills, ..planned })
}
