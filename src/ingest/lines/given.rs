//! What a topology says to the source `lines`, and how its files are read.

use crate::data::Schema;
use crate::error::Result;
use crate::format::{Form, LineParams, Typing};
use crate::ingest::common::files::given::{Given, Texts, Told};
use crate::ingest::common::flow::{self, OfTexts};
use crate::ingest::common::paths::PlaceParams;
use crate::ingest::common::shape::Headless;
use crate::operator::Sample;
use crate::params::{self, JsonSchema, Problem, With};
use serde::Deserialize;

/// All that can be said to it.
pub(super) type All = With<PlaceParams, With<LineParams, With<Params, OfTexts>>>;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// What the column of the text is called.
    #[serde(default = "line")]
    column: String,
}

fn line() -> String {
    "line".to_string()
}

/// How files are to be read.
#[derive(Clone)]
pub(super) struct Plain {
    texts: Texts,
}

/// What the parameters say; `Err` has all that is wrong with them.
pub(super) fn check(given: params::Params) -> std::result::Result<Given<Plain>, Vec<Problem>> {
    let mut problems = Vec::new();
    let Some(all) = flow::read_recorded::<All>(given, &mut problems) else { return Err(problems) };
    let With { own: place, shared: With { own: line, shared: With { own: Params { column }, shared } } } =
        all;
    let With { own: rejects, shared: flow } = shared;
    let place = place.check(&mut problems);
    let rejects = rejects.check(&mut problems);
    if column.is_empty() {
        problems.push(Problem::at("column", "a column needs a name"));
    }
    let (Some(place), true) = (place, problems.is_empty()) else { return Err(problems) };
    let texts = Texts::new(place, Form::text(line.max(), Typing::of_text(&column)));
    Ok(Given { told: Plain { texts }, flow, rejects })
}

impl Told for Plain {
    type Shape = Headless;

    fn texts(&self) -> &Texts {
        &self.texts
    }

    /// Whatever is text is lines.
    fn of(&self, schema: &Schema) -> Headless {
        Headless { form: self.texts.form.clone(), schema: schema.clone(), document: |_| None }
    }

    /// The one column. A file that is not there, or no text, is told all the same.
    fn sample(&self) -> Result<Sample> {
        if let Some(path) = self.texts.place.first()? {
            self.texts.look(&path, |_| None)?;
        }
        Ok(self.texts.form.typing().schema().into())
    }
}
