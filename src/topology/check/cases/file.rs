//! A file of rows, as a step of the source that reads files of its ending.

use super::Stages;
use crate::data::Schema;
use crate::operator::{Input, Spec};
use crate::params::Params;
use crate::params::shown;
use crate::registry::find_in;
use crate::topology::Rooms;
use crate::topology::plan::Step;
use crate::topology::reader::Reader;
use crate::topology::spans::Path;
use toml::Value;

/// The step that reads a file as rows of these columns; `None` where it can't, and that is told.
pub(super) fn step(
    reader: &mut Reader<'_>,
    stages: Stages<'_>,
    (file, at): (&str, &Path),
    schema: &Schema,
) -> Option<Step> {
    let Some((spec, place, typed, sample)) = source(stages.rooms, file) else {
        let quoted = shown(&Value::String(file.to_string()));
        let what = format!(
            "nothing reads {quoted} by its ending: rows are in files such as rows.csv or rows.jsonl.gz"
        );
        reader.findings.value(at, reader.sentence(&what));
        return None;
    };
    let mut params = Params::from_iter([(place.to_string(), Value::String(file.to_string()))]);
    let told = |reader: &mut Reader<'_>, what: &str| {
        reader.findings.value(at, reader.sentence(what));
    };
    let found = match sample(&params) {
        Ok(found) => found.schema,
        Err(error) if !stages.testing && !std::path::Path::new(file).exists() => {
            let what = format!("{}: only `sluicebox test` needs it", error.sentence);
            reader.findings.warn(at, reader.sentence(&what));
            return None;
        }
        Err(error) => {
            told(reader, &error.sentence);
            return None;
        }
    };
    let strange: Vec<&str> = found.names().filter(|name| schema.index(name).is_none()).collect();
    for name in &strange {
        let quoted = shown(&Value::String(name.to_string()));
        let what = format!("its column {quoted} is none of the stage's (there are: {schema})");
        reader.findings.value(at, reader.sentence(&what)).suggest(name, schema.names());
    }
    let there = schema.fields.iter().filter(|field| found.index(&field.name).is_some());
    let types = there.map(|field| (field.name.clone(), Value::String(field.of.to_string())));
    params.insert(typed.to_string(), Value::Table(types.collect()));
    let typed = sample(&params).map_err(|error| vec![error.sentence]);
    let planned = typed.and_then(|found| {
        let inputs = vec![Input::sampled(found.schema)];
        let planned = (spec.plan)(params.clone(), &inputs);
        planned.map_err(|all| all.into_iter().map(|problem| problem.what).collect()).map(|_| inputs)
    });
    match planned {
        Ok(inputs) if strange.is_empty() => Some(Step { operator: spec.name.to_string(), params, inputs }),
        Ok(_) => None,
        Err(all) => {
            all.iter().for_each(|what| told(reader, what));
            None
        }
    }
}

/// How a source of files looks at one.
type Look = fn(&Params) -> crate::error::Result<crate::operator::Sample>;

/// The source that is called as an ending of the file, with its keys of place and of types.
fn source(rooms: &Rooms, file: &str) -> Option<(&'static Spec, &'static str, &'static str, Look)> {
    let name = std::path::Path::new(file).file_name()?.to_str()?;
    name.split('.').skip(1).find_map(|ending| {
        let (_, spec) = find_in(rooms, &ending.to_ascii_lowercase(), true)?;
        Some((spec, spec.place?, spec.typed?, spec.sample?))
    })
}
