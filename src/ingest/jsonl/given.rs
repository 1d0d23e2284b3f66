//! What a topology says to the source `jsonl`, and how its files are read.

use crate::data::{Schema, Type};
use crate::error::{Error, Result};
use crate::format::json::{Lines, look};
use crate::format::{Form, Kind, LineParams, Look, TypingParams, WordingParams};
use crate::ingest::common::files::given::{Given, Texts, Told};
use crate::ingest::common::flow::{self, OfTexts};
use crate::ingest::common::input::Input;
use crate::ingest::common::paths::PlaceParams;
use crate::ingest::common::shape::{Document, Headless};
use crate::operator::Sample;
use crate::params::{self, JsonSchema, Problem, With};
use serde::Deserialize;

/// All that can be said to it.
pub(super) type All =
    With<PlaceParams, With<LineParams, With<Params, With<TypingParams, With<WordingParams, OfTexts>>>>>;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// The column for all that no other names, as the text of an object; left out, if absent.
    rest: Option<String>,
}

/// How files are to be read.
#[derive(Clone)]
pub(super) struct Objects {
    texts: Texts,
    rest: Option<String>,
}

/// What the parameters say; `Err` has all that is wrong with them.
pub(super) fn check(given: params::Params) -> std::result::Result<Given<Objects>, Vec<Problem>> {
    let mut problems = Vec::new();
    let Some(all) = flow::read_recorded::<All>(given.clone(), &mut problems) else { return Err(problems) };
    let With { own: place, shared: With { own: line, shared: With { own: Params { rest }, shared } } } = all;
    let With { own: typing, shared: With { own: wording, shared } } = shared;
    let With { own: rejects, shared: flow } = shared;
    Kind::Json.strangers(&given, &mut problems);
    let place = place.check(&mut problems);
    let rejects = rejects.check(&mut problems);
    let typing = typing.check(wording, &mut problems);
    let (Some(place), Some(typing)) = (place, typing) else { return Err(problems) };
    if let Some(rest) = rest.as_deref().filter(|rest| typing.given(rest).is_some()) {
        let what = format!("there is a column \"{rest}\" already: choose another name");
        problems.push(Problem::at("rest", what));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let texts = Texts::new(place, Form::json_lines(rest.clone(), line.max(), typing));
    Ok(Given { told: Objects { texts, rest }, flow, rejects })
}

impl Told for Objects {
    type Shape = Headless;

    fn texts(&self) -> &Texts {
        &self.texts
    }

    fn of(&self, schema: &Schema) -> Headless {
        Headless { form: self.texts.form.clone(), schema: schema.clone(), document }
    }

    /// The columns: those that `types` names, or, where it names none, those that the first file begins with.
    fn sample(&self) -> Result<Sample> {
        let Texts { place, form } = &self.texts;
        let (mut schema, mut notes) = (form.typing().schema(), Vec::new());
        // A file that is not there is told whatever is known of its columns.
        let first = place.first()?;
        if let Some(path) = &first {
            let input = self.texts.look(path, document)?;
            if schema.is_empty() {
                let Look { columns, notes: told } =
                    look(&mut Lines::new(input, form.line_max(), 0), form.typing());
                (schema, notes) = (columns, told);
                notes.iter_mut().for_each(|note| note.what = format!("{}: {}", path.display(), note.what));
            }
        }
        if schema.is_empty() {
            let called = first.map_or_else(|| place.places.called(), |path| path.display().to_string());
            return Err(Error::failed(format!(
                "no objects of {called} can be looked at before they are read, so types says what is read, in its \
                 order: types = {{ id = \"i64\", … }}"
            )));
        }
        let rest = self.rest.iter().filter(|rest| schema.index(rest).is_none()).cloned().collect::<Vec<_>>();
        Ok(Sample { schema: rest.iter().fold(schema, |schema, rest| schema.with(rest, Type::Str)), notes })
    }
}

/// What a file is that has no lines of JSON.
fn document(input: &Input) -> Document {
    if input.begins_with(b'[') {
        return Some(("a JSON array", "one object a line is read: jq -c '.[]' makes lines of it"));
    }
    input.markup().filter(|(what, _)| *what != "JSON")
}
