//! The columns that a topology names to a learner, or leaves to be found: measures, names, the label.

use crate::data::{Schema, Type};
use crate::operator::{Per, column, numeric};
use crate::params::Problem;

/// Whether a value of this type may be a class, or a name.
fn may_name(of: Type) -> bool {
    matches!(of, Type::Str | Type::Bool | Type::I64)
}

/// The column of the label, or why it can't be one.
pub(in crate::mining) fn label(schema: &Schema, key: &str, name: &str) -> Result<usize, Problem> {
    let at = column(schema, key, name)?;
    let of = schema.fields[at].of;
    if may_name(of) {
        return Ok(at);
    }
    Err(Problem::at(
        key,
        format!("column \"{name}\" is {of}, and a class is a str, a bool or an i64 (cast it)"),
    ))
}

/// The column by which a detector says that something has changed; `None` without one, or with problems.
pub(super) fn drift(
    name: Option<&str>,
    reacts: bool,
    schema: &Schema,
    problems: &mut Vec<Problem>,
) -> Option<usize> {
    let found = column(schema, "drift", name?).and_then(|at| match (schema.fields[at].of, reacts) {
        (Type::Bool, true) => Ok(at),
        (Type::Bool, false) => {
            let what = "nothing is done about it: say on_drift = \"reset\" or \"report\"";
            Err(Problem::at("drift", what))
        }
        (of, _) => Err(Problem::at(
            "drift",
            format!("column \"{}\" is {of}, and a detector says true or false", schema.fields[at].name),
        )),
    });
    found.map_err(|problem| problems.push(problem)).ok()
}

/// Tells keys whose column a report has already.
pub(in crate::mining) fn told_twice(
    keys: Option<&Per>,
    is_told: fn(&str) -> bool,
    problems: &mut Vec<Problem>,
) {
    for field in keys.iter().flat_map(|keys| &keys.fields).filter(|field| is_told(&field.name)) {
        let what = format!("\"{}\" is a column of the report (rename it)", field.name);
        problems.push(Problem::at("per", what));
    }
}

/// Classes as a topology writes them, as the bytes of a label of this type.
pub(super) fn classes(given: &[String], of: Type, problems: &mut Vec<Problem>) -> Vec<Vec<u8>> {
    let mut classes: Vec<Vec<u8>> = Vec::new();
    for (at, text) in given.iter().enumerate() {
        let bytes = match of {
            Type::I64 => text.parse::<i64>().ok().map(|n| n.to_le_bytes().to_vec()),
            Type::Bool => text.parse::<bool>().ok().map(|truth| vec![u8::from(truth)]),
            _ => Some(text.as_bytes().to_vec()),
        };
        let what = match &bytes {
            Some(bytes) if classes.contains(bytes) => format!("\"{text}\" is named twice"),
            Some(_) => String::new(),
            None => format!("\"{text}\" is no class: the label is {of}"),
        };
        if !what.is_empty() {
            let path = vec!["probabilities".to_string(), at.to_string()];
            problems.push(Problem { path, ..Problem::whole(what) });
        }
        classes.extend(bytes);
    }
    classes
}

/// What may be learned from.
pub(super) struct Wants<'a> {
    pub(super) schema: &'a Schema,
    pub(super) label: &'a str,
    pub(super) per: &'a [String],
    /// What a record is known by, which says nothing of what it is.
    pub(super) key: &'a [String],
}

impl Wants<'_> {
    pub(super) fn features(&self, given: Option<&[String]>, problems: &mut Vec<Problem>) -> Vec<usize> {
        match given {
            None => self.all(Type::is_numeric),
            Some(names) => self.columns("features", names, &[], numeric, problems),
        }
    }

    pub(super) fn nominal(
        &self,
        given: Option<&[String]>,
        features: &[usize],
        problems: &mut Vec<Problem>,
    ) -> Vec<usize> {
        let nominal = |schema: &Schema, key: &str, name: &str| {
            let at = column(schema, key, name)?;
            let of = schema.fields[at].of;
            match may_name(of) {
                true => Ok(at),
                false => {
                    Err(Problem::at(key, format!("column \"{name}\" is {of}, a str, bool or i64 is needed")))
                }
            }
        };
        let columns = match given {
            None => self.all(|of| of == Type::Str),
            Some(names) => self.columns("nominal", names, features, nominal, problems),
        };
        if features.is_empty() && columns.is_empty() && problems.is_empty() {
            let what = format!(
                "there is nothing to learn from: name columns as \"features\" or \"nominal\" (there are: {})",
                self.schema
            );
            problems.push(Problem::whole(what));
        }
        columns
    }

    /// Which columns are taken where nobody named them: an id that is one of them foretells nothing, and fills memory.
    pub(super) fn taken(
        &self,
        features: bool,
        numbers: &[usize],
        nominal: bool,
        names: &[usize],
    ) -> Option<Problem> {
        let absent = [(features, "features", numbers), (nominal, "nominal", names)];
        let absent: Vec<_> = absent.into_iter().filter(|(absent, _, at)| *absent && !at.is_empty()).collect();
        let keys: Vec<String> = absent.iter().map(|(_, key, _)| format!("\"{key}\"")).collect();
        let columns: Vec<&str> =
            absent.iter().flat_map(|(.., at)| at.iter().map(|at| &*self.schema.fields[*at].name)).collect();
        let what = format!(
            "without {} it learns from: {} (name those that are known before the label is)",
            keys.join(" and "),
            columns.join(", ")
        );
        (!absent.is_empty()).then(|| Problem::whole(what))
    }

    fn all(&self, is: impl Fn(Type) -> bool) -> Vec<usize> {
        let others = [self.per, self.key];
        let other = |name: &String| name == self.label || others.iter().any(|names| names.contains(name));
        let fields = self.schema.fields.iter().enumerate();
        fields.filter(|(_, field)| is(field.of) && !other(&field.name)).map(|(at, _)| at).collect()
    }

    fn columns(
        &self,
        key: &str,
        names: &[String],
        others: &[usize],
        find: impl Fn(&Schema, &str, &str) -> Result<usize, Problem>,
        problems: &mut Vec<Problem>,
    ) -> Vec<usize> {
        let mut columns = Vec::new();
        for (i, name) in names.iter().enumerate() {
            let found = find(self.schema, key, name).and_then(|at| {
                let why = match () {
                    () if columns.contains(&at) => "is named twice",
                    () if others.contains(&at) => "is one of the features already",
                    () if name == self.label => "is the label, which is what is to be foretold",
                    () if self.per.contains(name) => {
                        "is a column of per, which no record of a key differs in"
                    }
                    () => return Ok(at),
                };
                Err(Problem::at(key, format!("\"{name}\" {why}")))
            });
            match found {
                Ok(at) => columns.push(at),
                Err(mut problem) => {
                    problem.path.push(i.to_string());
                    problems.push(problem);
                }
            }
        }
        columns
    }
}
