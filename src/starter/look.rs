//! Finds out how data are to be read: which source reads them, with which parameters, and what their columns hold.

use super::column::Seen;
use crate::data::{Batch, Schema, Type};
use crate::error::{Error, Result};
use crate::operator::{Account, Cx, Desk, Input, Next, Sample, Spec};
use crate::params::Params;
use crate::registry::find;
use crate::stage::{Made, Place, Steps};
use std::path::Path;
use toml::Value;

/// So many records are looked at.
const ROWS_MAX: usize = 20_000;
/// A source that gives nothing is called so often.
const CALLS_MAX: usize = 10_000;
/// Characters that part fields, besides the usual one.
const DELIMITERS: &[&str] = &[";", "\t", "|"];
/// What stands for a value that is missing, as other programs write it.
const NULLS: &[&str] = &["NA", "N/A", "n/a", "NULL", "null", "NaN", "nan", "None", "-", "?", "."];

/// How the data are read.
pub(super) struct Found {
    pub operator: &'static str,
    /// Without its place and its types.
    pub params: Params,
    pub schema: Schema,
    /// By column.
    pub seen: Vec<Seen>,
    /// How many records were looked at.
    pub rows: usize,
}

/// Looks at the data that a person calls `named` and that lie at `path`.
pub(super) fn at(named: &Path, path: &Path) -> Result<Found> {
    let mut told = None;
    for operator in operators(named) {
        match with(operator, path) {
            Ok(found) => return Ok(found),
            Err(error) => told = told.or(Some(error)),
        }
    }
    let error = told.unwrap_or_else(|| Error::usage("nothing reads it"));
    // What lies elsewhere is called as the person does.
    let sentence = error.sentence.replace(&path.display().to_string(), &named.display().to_string());
    Err(Error::usage(format!("no topology can be written for {}: {sentence}", named.display())))
}

/// The sources to try, by the endings of a name.
fn operators(named: &Path) -> Vec<&'static str> {
    let name = named.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_lowercase();
    let ends = |list: &[&str]| name.split('.').skip(1).any(|ending| list.contains(&ending));
    match () {
        () if ends(&["json", "jsonl", "ndjson"]) => vec!["jsonl", "csv"],
        () if ends(&["arff"]) => vec!["arff"],
        () => vec!["csv", "jsonl"],
    }
}

/// Looks at it with one source.
fn with(operator: &'static str, path: &Path) -> Result<Found> {
    let Some((_, spec)) = find(operator, true) else {
        return Err(Error::usage(format!("there is no {operator}")));
    };
    let path = path.to_str().ok_or_else(|| Error::usage("its path is not UTF-8: rename it"))?;
    let look = Look { spec, path };
    let mut params = Params::new();
    let mut sample = look.named(&mut params)?;
    if operator == "csv" {
        sample = look.dialect(&mut params, sample);
        sample = look.nulls(&mut params, sample);
    }
    if let Some(note) = sample.notes.first() {
        return Err(Error::usage(note.what.clone()));
    }
    let (seen, rows) = look.values(&params, &sample.schema)?;
    Ok(Found { operator, params, schema: sample.schema, seen, rows })
}

struct Look<'a> {
    spec: &'static Spec,
    path: &'a str,
}

impl Look<'_> {
    fn all(&self, params: &Params) -> Params {
        let mut all = params.clone();
        all.insert(self.spec.place.unwrap_or("path").to_string(), Value::String(self.path.to_string()));
        all
    }

    fn sample(&self, params: &Params) -> Result<Sample> {
        let sample = self.spec.sample.ok_or_else(|| Error::usage("it can't be looked at"))?;
        sample(&self.all(params))
    }

    /// The same. Where two columns have one name, or one has none, they get names of their own.
    fn named(&self, params: &mut Params) -> Result<Sample> {
        let first = self.sample(params);
        if first.is_ok() || self.spec.name != "csv" {
            return first;
        }
        let mut unique = params.clone();
        unique.insert("unique_names".to_string(), Value::Boolean(true));
        let found = self.sample(&unique);
        if found.is_ok() {
            *params = unique;
        }
        found.or(first)
    }

    /// Another delimiter, and a comma for a point, where that makes more of it.
    fn dialect(&self, params: &mut Params, sample: Sample) -> Sample {
        if !sample.notes.iter().any(|note| note.path.first().is_some_and(|key| key == "delimiter")) {
            return sample;
        }
        let tried = DELIMITERS.iter().filter_map(|delimiter| {
            let mut other = params.clone();
            other.insert("delimiter".to_string(), Value::String(delimiter.to_string()));
            let found = self.named(&mut other).ok().filter(|found| found.notes.is_empty())?;
            Some((other, found))
        });
        let Some((other, found)) = tried.max_by_key(|(_, found)| found.schema.len()) else { return sample };
        *params = other;
        let mut comma = params.clone();
        comma.insert("decimal".to_string(), Value::String(",".to_string()));
        match self.sample(&comma) {
            Ok(more) if more.notes.is_empty() && texts(&more.schema) < texts(&found.schema) => {
                *params = comma;
                more
            }
            _ => found,
        }
    }

    /// The words for a missing value that keep a column of numbers from being one.
    fn nulls(&self, params: &mut Params, sample: Sample) -> Sample {
        let with = |nulls: &[&str]| {
            let mut other = params.clone();
            let list = nulls.iter().map(|null| Value::String(null.to_string())).collect();
            other.insert("null".to_string(), Value::Array(list));
            (self.sample(&other), other)
        };
        let mut needed = NULLS.to_vec();
        let Ok(best) = with(&needed).0 else { return sample };
        if texts(&best.schema) >= texts(&sample.schema) {
            return sample;
        }
        for null in NULLS {
            let fewer: Vec<&str> = needed.iter().copied().filter(|kept| kept != null).collect();
            if with(&fewer).0.is_ok_and(|found| texts(&found.schema) == texts(&best.schema)) {
                needed = fewer;
            }
        }
        let (found, other) = with(&needed);
        match found {
            Ok(found) if found.notes.is_empty() => {
                *params = other;
                found
            }
            _ => sample,
        }
    }

    /// Reads the first records as a stage would.
    fn values(&self, params: &Params, schema: &Schema) -> Result<(Vec<Seen>, usize)> {
        let mut seen = vec![Seen::new(); schema.len()];
        let inputs = [Input::new("sample", schema.clone())];
        let planned = (self.spec.plan)(self.all(params), &inputs).map_err(|problems| {
            Error::usage(problems.into_iter().map(|problem| problem.what).collect::<Vec<_>>().join("; "))
        })?;
        let made = Made::new(self.spec.name, &planned, &inputs, Place::Source);
        let (mut steps, mut batch) = (Steps::of(vec![made]), Batch::default());
        let mut desk = Desk::new(Cx::new("new", "rows", Account::default()));
        let mut rows = 0;
        for _ in 0..CALLS_MAX {
            steps.reset(&mut batch, 0);
            steps.process(0, &mut batch, &mut desk)?;
            rows += batch.len();
            seen.iter_mut().zip(&batch.columns).for_each(|(seen, column)| seen.look(column));
            if rows >= ROWS_MAX || steps.wish(0) == Next::End {
                break;
            }
        }
        Ok((seen, rows))
    }
}

/// How many columns are texts.
fn texts(schema: &Schema) -> usize {
    schema.fields.iter().filter(|field| field.of == Type::Str).count()
}
