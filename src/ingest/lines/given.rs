//! What a topology says to the source `lines`, and how its files are read.

use crate::data::Schema;
use crate::error::Result;
use crate::format::{Form, LineParams, Records, Typing};
use crate::ingest::common::files::given::{Given, Told};
use crate::ingest::common::flow::{self, OfTexts};
use crate::ingest::common::input::{Input, Reading};
use crate::ingest::common::paths::{Place, PlaceParams};
use crate::ingest::common::shape::{Names, Shape};
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

/// How files are to be read; checked, but not opened.
#[derive(Clone)]
pub(super) struct Texts {
    place: Place,
    typing: Typing,
    line_max: usize,
}

/// The same, of a column that is known.
pub(super) struct Columns {
    form: Form,
    schema: Schema,
}

/// What the parameters say; `Err` has all that is wrong with them.
pub(super) fn check(given: params::Params) -> std::result::Result<Given<Texts>, Vec<Problem>> {
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
    let told = Texts { place, typing: Typing::of_text(&column), line_max: line.max() };
    Ok(Given { told, flow, rejects })
}

impl Told for Texts {
    type Shape = Columns;

    fn place(&self) -> &Place {
        &self.place
    }

    fn typing(&self) -> &Typing {
        &self.typing
    }

    fn form(&self) -> Form {
        let form = Form::text(self.line_max, self.typing.clone());
        if self.place.encoding.is_some() { form.encoded() } else { form }
    }

    fn of(&self, schema: &Schema) -> Columns {
        Columns { form: self.form(), schema: schema.clone() }
    }

    /// The one column. A file that is not there, or no text, is told all the same.
    fn sample(&self) -> Result<Sample> {
        if let Some(path) = self.place.first()? {
            Input::open(&path, self.place.encoding, &Reading::Look)?;
        }
        Ok(Sample { schema: self.typing.schema(), notes: Vec::new() })
    }
}

impl Shape for Columns {
    fn records(&self, input: Input, offset: u64) -> Records<Input> {
        self.form.records(input, offset, &self.schema)
    }

    fn head(&self, _: &str, _: &mut Records<Input>) -> Result<Option<Names>> {
        Ok(Some(None))
    }

    /// Whatever is text is lines.
    fn document(&self, _: &Input) -> Option<(&'static str, &'static str)> {
        None
    }
}
