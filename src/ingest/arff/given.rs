//! What a topology says to the source `arff`, and how its files are read.

use crate::data::{Field, Schema};
use crate::error::{Error, Result};
use crate::format::arff::Relation;
use crate::format::{Form, LineParams, Records, TypingParams, WordingParams};
use crate::ingest::common::files::given::{Given, Texts, Told};
use crate::ingest::common::flow::{self, OfTexts};
use crate::ingest::common::input::Input;
use crate::ingest::common::paths::PlaceParams;
use crate::ingest::common::shape::{Document, Names, Shape, agree};
use crate::operator::Sample;
use crate::params::{self, Problem, With};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

/// All that can be said to it.
pub(super) type All = With<PlaceParams, With<LineParams, With<TypingParams, With<WordingParams, OfTexts>>>>;

/// How files are to be read.
#[derive(Clone)]
pub(super) struct Relations {
    texts: Texts,
}

/// The same, of columns that are known.
pub(super) struct Columns {
    told: Relations,
    schema: Schema,
}

/// What the parameters say; `Err` has all that is wrong with them.
pub(super) fn check(given: params::Params) -> std::result::Result<Given<Relations>, Vec<Problem>> {
    let mut problems = Vec::new();
    let Some(all) = flow::read_recorded::<All>(given, &mut problems) else { return Err(problems) };
    let With { own: place, shared: With { own: line, shared: With { own: typing, shared } } } = all;
    let With { own: wording, shared: With { own: rejects, shared: flow } } = shared;
    let place = place.check(&mut problems);
    let rejects = rejects.check(&mut problems);
    let typing = typing.check(wording, &mut problems);
    let (Some(place), Some(typing), true) = (place, typing, problems.is_empty()) else {
        return Err(problems);
    };
    let texts = Texts::new(place, Form::arff(line.max(), typing));
    Ok(Given { told: Relations { texts }, flow, rejects })
}

impl Relations {
    /// What stands above the records of a file.
    fn head(&self, path: &Path) -> Result<Relation> {
        let input = self.texts.look(path, Input::markup)?;
        let called = input.called().to_string();
        let mut records = self.texts.form.records(input, 0, &Schema::default());
        let Records::Arff(records) = &mut records else { panic!("the form is that of ARFF") };
        let head = records.head().map_err(|error| Input::failure(&called, &error))?;
        match head {
            Ok(relation) => Ok(relation.clone()),
            Err(why) => Err(Error::failed(format!("{called} {why}"))),
        }
    }
}

impl Told for Relations {
    type Shape = Columns;

    fn texts(&self) -> &Texts {
        &self.texts
    }

    fn of(&self, schema: &Schema) -> Columns {
        Columns { told: self.clone(), schema: schema.clone() }
    }

    /// The columns that the head of the first file names; where nothing can be looked at, those of `types`.
    fn sample(&self) -> Result<Sample> {
        let Texts { place, form } = &self.texts;
        let Some(first) = place.first()? else {
            let types = form.typing().schema();
            if types.is_empty() {
                return Err(Error::failed(format!(
                    "nothing of {} can be looked at before it is read, so types says what its columns are, in their \
                     order: types = {{ id = \"i64\", … }}",
                    place.places.called()
                )));
            }
            return Ok(types.into());
        };
        let head = self.head(&first)?;
        for other in place.others(&first)? {
            let names = self.head(&other)?.names();
            agree(&head.names(), &names, &other.display().to_string(), &first.display().to_string())?;
        }
        let typed = |field: Field| match form.typing().given(&field.name) {
            Some(of) => Field::new(&field.name, of),
            None => field,
        };
        Ok(Schema { fields: head.schema().fields.into_iter().map(typed).collect() }.into())
    }

    fn problems(&self, schema: &Schema) -> Vec<Problem> {
        self.texts.form.typing().unknown(schema)
    }
}

impl Shape for Columns {
    /// Behind the start of a file its head is read first, from the file as it is now.
    fn records(&self, input: Input, offset: u64) -> Records<Input> {
        let known = (offset > 0).then(|| self.told.head(Path::new(input.called())));
        let mut records = self.told.texts.form.records(input, offset, &self.schema);
        if let (Records::Arff(records), Some(Ok(relation))) = (&mut records, known) {
            records.know(Arc::new(relation));
        }
        records
    }

    fn head(&self, called: &str, records: &mut Records<Input>) -> Result<Option<Names>> {
        let Records::Arff(records) = records else { return Ok(Some(None)) };
        match records.head() {
            Ok(Ok(relation)) => {
                let wanted: Vec<String> = self.schema.names().map(str::to_string).collect();
                let names = relation.names();
                agree(&wanted, &names, called, "the topology")?;
                Ok(Some(Some(names)))
            }
            Ok(Err(why)) => Err(Error::failed(format!("{called} {why}"))),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(Input::failure(called, &error)),
        }
    }

    fn document(&self, input: &Input) -> Document {
        input.markup()
    }
}
