//! Finds out how data are to be read: which source reads them, with which parameters, and what their columns hold.

use super::column::Seen;
use super::peek::Peeked;
use super::times;
use crate::data::{Batch, Schema, Type};
use crate::error::{Error, Result};
use crate::operator::{Account, Cx, Desk, Input, Next, Sample, Spec};
use crate::params::Params;
use crate::printable::is_hidden;
use crate::registry::find;
use crate::stage::{Made, Place, Steps};
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
#[derive(Clone)]
pub(super) struct Found {
    pub operator: &'static str,
    /// Without its place and its types.
    pub params: Params,
    pub schema: Schema,
    /// By column.
    pub seen: Vec<Seen>,
    /// How many records were looked at.
    pub rows: usize,
    /// Fields that are not read.
    pub left_out: Vec<String>,
    /// It is an access log, of which lines are read.
    pub requests: bool,
    /// So many were no text in their encoding.
    pub unreadable: u64,
}

/// Looks at it with one source.
pub(super) fn with(operator: &'static str, peeked: &Peeked, mut params: Params) -> Result<Found> {
    let Some((_, spec)) = find(operator, true) else {
        return Err(Error::usage(format!("there is no {operator}")));
    };
    let path = peeked.path().to_str().ok_or_else(|| Error::usage("its path is not UTF-8: rename it"))?;
    let look = Look { spec, path, cut: peeked.cut };
    let mut sample = look.named(&mut params)?;
    let mut left_out = Vec::new();
    match operator {
        "csv" => {
            sample = look.dialect(&mut params, sample);
            sample = look.nulls(&mut params, sample);
            sample = times::format(&mut params, sample, |params| look.sample(params));
            sample = look.headless(&mut params, sample)?;
            sample = look.visible(&mut params, sample);
        }
        "jsonl" => left_out = mixed(&mut sample),
        _ => {}
    }
    if let Some(note) = sample.notes.first() {
        return Err(Error::usage(note.what.clone()));
    }
    if sample.schema.is_empty() {
        let fields = left_out.join(", ");
        return Err(Error::usage(format!("each of its fields has values of several kinds: {fields}")));
    }
    let mut typed = params.clone();
    if !left_out.is_empty() {
        let types =
            sample.schema.fields.iter().map(|field| (field.name.clone(), field.of.to_string().into()));
        typed.insert("types".to_string(), Value::Table(types.collect()));
    }
    let (seen, rows, unreadable) = look.values(&typed, &sample.schema)?;
    Ok(Found { operator, params, schema: sample.schema, seen, rows, left_out, requests: false, unreadable })
}

/// Takes out the fields that are told to have values of several kinds, of which a column holds but one.
fn mixed(sample: &mut Sample) -> Vec<String> {
    let mut left_out = Vec::new();
    sample.notes.retain(|note| match note.path.as_slice() {
        [_, name] => {
            left_out.push(name.clone());
            false
        }
        // That there are more fields than are read is no mistake.
        _ => false,
    });
    sample.schema.fields.retain(|field| !left_out.contains(&field.name));
    left_out
}

pub(super) struct Look<'a> {
    spec: &'static Spec,
    path: &'a str,
    /// The data go on behind what is there.
    cut: bool,
}

impl Look<'_> {
    fn all(&self, params: &Params) -> Params {
        let mut all = params.clone();
        all.insert(self.spec.place.unwrap_or("path").to_string(), Value::String(self.path.to_string()));
        all
    }

    pub(super) fn sample(&self, params: &Params) -> Result<Sample> {
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
    pub(super) fn nulls(&self, params: &mut Params, sample: Sample) -> Sample {
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

    /// Names of our own for columns whose names have characters that can't be seen.
    fn visible(&self, params: &mut Params, sample: Sample) -> Sample {
        let mut names: Vec<String> = Vec::new();
        for (at, name) in sample.schema.names().enumerate() {
            let shown: String = name.chars().map(|c| if is_hidden(c) { ' ' } else { c }).collect();
            let mut shown = shown.trim().to_string();
            if shown.is_empty() {
                shown = format!("column{}", at + 1);
            }
            while names.iter().any(|of| of.eq_ignore_ascii_case(&shown)) {
                shown.push('_');
            }
            names.push(shown);
        }
        if !sample.schema.names().any(|name| name.contains(is_hidden)) {
            return sample;
        }
        let mut other = params.clone();
        other.remove("unique_names");
        other.insert("names".to_string(), Value::Array(names.into_iter().map(Value::String).collect()));
        match self.sample(&other) {
            Ok(found) if found.notes.is_empty() => {
                *params = other;
                found
            }
            _ => sample,
        }
    }

    /// Reads the first records as a stage would. Answers how many there are, and how many are not in the encoding.
    pub(super) fn values(&self, params: &Params, schema: &Schema) -> Result<(Vec<Seen>, usize, u64)> {
        let mut seen = vec![Seen::new(); schema.len()];
        let (rows, unreadable) = self.each(params, schema, |batch| {
            seen.iter_mut().zip(&batch.columns).for_each(|(seen, column)| seen.look(column));
        })?;
        Ok((seen, rows, unreadable))
    }

    /// The same, batch by batch.
    pub(super) fn each(
        &self,
        params: &Params,
        schema: &Schema,
        mut look: impl FnMut(&Batch),
    ) -> Result<(usize, u64)> {
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
            match steps.process(0, &mut batch, &mut desk) {
                // They end in the middle of something.
                Err(_) if self.cut => break,
                done => done?,
            };
            rows += batch.len();
            look(&batch);
            if rows >= ROWS_MAX || steps.wish(0) == Next::End {
                break;
            }
        }
        let refused = desk.account().rejected.iter().filter(|(reason, _)| reason == "utf8");
        Ok((rows, refused.map(|(_, n)| n).sum()))
    }
}

/// How many columns are texts.
pub(super) fn texts(schema: &Schema) -> usize {
    schema.fields.iter().filter(|field| field.of == Type::Str).count()
}
