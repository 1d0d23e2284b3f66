//! An expression tried by hand: what it is of some records, or what is wrong with it and where.

use super::problem::{Finding, Place, Problems, Severity, Source};
use crate::data::{Batch, Column, Schema, Type, Value, render, time};
use crate::error::{Error, Result};
use crate::expr::Expr;
use crate::format::{Form, Found, Misfit, Typing, json};
use crate::params::Problem;

/// What an expression is of each record.
pub struct Answers {
    /// `None`: NULL, which has no type of its own.
    pub of: Option<Type>,
    values: Column,
    /// What is likely not meant.
    pub warnings: Problems,
}

/// So long may one record be.
const RECORD_MAX: usize = 16 << 20;

/// Tries an expression on records that are JSON objects: one, several, or an array of them. Their columns have these
/// types (`x=i64,at=time`), or those that are guessed. Without records there is one that has no columns.
///
/// # Errors
/// What is wrong with the expression, drawn with its place; or with the records or their types.
pub fn eval(
    text: &str,
    records: Option<&[u8]>,
    types: &[String],
    zone: Option<&str>,
    colour: bool,
) -> Result<Answers> {
    let typing = typing(types, zone)?;
    let batch;
    let schema;
    match records {
        None => {
            schema = typing.schema();
            batch = one_of(&schema);
        }
        Some(records) => (schema, batch) = read(records, &typing)?,
    }
    let found = |mut problems: Vec<Problem>, severity| {
        if schema.is_empty() {
            problems.iter_mut().for_each(say_how_to_give_one);
        }
        drawn(text, problems, severity)
    };
    let mut expr = Expr::parse(text, &schema)
        .map_err(|problems| Error::drawn(found(problems, Severity::Error).render(colour)))?;
    let of = expr.of();
    let mut values = Column::new(of.unwrap_or(Type::Bool));
    expr.eval(&batch, &mut values)?;
    Ok(Answers { of, values, warnings: found(expr.warnings().to_vec(), Severity::Warning) })
}

impl Answers {
    /// The values as people read them: texts as they are, NULL by that word.
    pub fn texts(&self) -> impl Iterator<Item = String> {
        (0..self.values.len()).map(|row| {
            if !self.values.valid.get(row) {
                return "NULL".to_string();
            }
            match self.values.value(row) {
                Value::Bool(_) => self.json(row),
                Value::F64(x) if x.is_infinite() => x.to_string(),
                _ => {
                    let mut text = Vec::new();
                    render::text_value(&self.values.value(row), &mut text);
                    String::from_utf8_lossy(&text).into_owned()
                }
            }
        })
    }

    /// One object: `type` and `values`.
    pub fn to_json(&self) -> String {
        let values: Vec<String> = (0..self.values.len()).map(|row| self.json(row)).collect();
        let of = serde_json::Value::from(self.of.map(Type::name));
        format!("{{\"type\":{of},\"values\":[{}]}}", values.join(","))
    }

    fn json(&self, row: usize) -> String {
        let mut text = Vec::new();
        render::json_value(&self.values.value(row), &mut text);
        String::from_utf8_lossy(&text).into_owned()
    }
}

/// Of a column that is unknown since there is no record: how one is given.
fn say_how_to_give_one(problem: &mut Problem) {
    if let Some(what) = problem.what.strip_suffix(NO_COLUMNS) {
        problem.what = format!("{what}: a record with it is given by --with '{{\"x\": 1}}'");
    }
}

/// How it is told that there are no columns at all.
const NO_COLUMNS: &str = " (there are: )";

/// A record in which nothing is said.
fn one_of(schema: &Schema) -> Batch {
    let mut batch = Batch::new(schema);
    batch.id.push(0);
    batch.born_ns.push(0);
    batch.columns.iter_mut().for_each(Column::push_null);
    batch
}

/// The problems as pictures of the expression.
fn drawn(text: &str, problems: Vec<Problem>, severity: Severity) -> Problems {
    let finding = |problem: Problem| {
        let start = problem.offset.unwrap_or(0).min(text.len());
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let rest = &text[start..];
        let len = match rest.find(|c| !word(c)).unwrap_or(rest.len()) {
            0 => rest.chars().next().map_or(0, char::len_utf8),
            len => len,
        };
        Finding {
            severity,
            nearest: problem.nearest,
            ..Finding::new(Place::Set(0, start..start + len), problem.what)
        }
    };
    let source = Source { sets: vec![text.to_string()], ..Source::default() };
    Problems::new(source, problems.into_iter().map(finding).collect())
}

/// `x=i64,at=time`, as a topology's `types`.
fn typing(types: &[String], zone: Option<&str>) -> Result<Typing> {
    let mut table = Vec::new();
    for pair in types.iter().flat_map(|types| types.split(',')).map(str::trim).filter(|pair| !pair.is_empty())
    {
        let (name, of) = pair.rsplit_once(['=', ':']).unwrap_or((pair, ""));
        let Some(of) = Type::parse(of.trim()) else {
            let names = Type::ALL.map(Type::name).join(", ");
            let what = format!("\"{pair}\" says no type: write name=type, the type being one of {names}");
            return Err(Error::usage(what));
        };
        table.push((name.trim().to_string(), of));
    }
    let known = |name| {
        let what =
            || format!("there is no time zone \"{name}\" (IANA names are known, such as \"Europe/Paris\")");
        time::zone(name).ok_or_else(|| Error::usage(what()))
    };
    Ok(Typing::of(table, Vec::new(), zone.map(known).transpose()?))
}

/// The records as rows of columns.
fn read(text: &[u8], typing: &Typing) -> Result<(Schema, Batch)> {
    let lines = lines(text, typing)?;
    let look = json::look(&mut json::Lines::new(&lines[..], RECORD_MAX, 0), typing);
    let mut schema = look.columns;
    for field in typing.schema().fields {
        match schema.index(&field.name) {
            Some(at) => schema.fields[at] = field,
            None => schema.fields.push(field),
        }
    }
    let schema = typing.in_zone(schema);
    let form = Form::json_lines(None, RECORD_MAX, typing.clone());
    let (mut records, mut reader) = (form.records(&lines[..], 0, &schema), form.reader(&schema));
    let mut batch = Batch::new(&schema);
    reader.begin();
    let mut number = 0;
    loop {
        match records.next().map_err(|e| Error::failed(e.to_string()))? {
            Found::End => break,
            Found::Nothing => continue,
            Found::Bad(reason) => return Err(wrong(number + 1, reason)),
            Found::Record => {}
        }
        number += 1;
        match reader.add(&records, &mut batch.columns) {
            Ok(()) => {}
            Err(Misfit::Record(reason)) => {
                return Err(wrong(number, reader.why().unwrap_or(reason)));
            }
            Err(Misfit::Field(at)) => {
                let field = &schema.fields[at];
                let what = format!(
                    "column \"{}\" is no {} there: write it so, or say another type by --types",
                    field.name, field.of
                );
                return Err(wrong(number, &what));
            }
        }
        batch.id.push(0);
        batch.born_ns.push(0);
    }
    reader.end(&mut batch);
    Ok((schema, batch))
}

fn wrong(number: usize, what: &str) -> Error {
    Error::usage(format!("record {number} is no JSON object that can be read: {what}"))
}

/// The objects of a text, a line each.
fn lines(text: &[u8], typing: &Typing) -> Result<Vec<u8>> {
    let form = Form::json(None, RECORD_MAX, typing.clone());
    let mut records = form.records(text, 0, &Schema::default());
    let (mut lines, mut number) = (Vec::new(), 0);
    loop {
        match records.next().map_err(|e| Error::failed(e.to_string()))? {
            Found::End if number > 0 => return Ok(lines),
            Found::End => return Err(Error::usage("there is no record: write one as '{\"x\": 1}'")),
            Found::Nothing => {}
            Found::Bad(reason) => return Err(wrong(number + 1, reason)),
            Found::Record => {
                number += 1;
                // No line ends within a text of JSON, so each is a space between signs.
                lines.extend(
                    records
                        .record()
                        .iter()
                        .map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }),
                );
                lines.push(b'\n');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str, records: &str) -> std::result::Result<(String, Vec<String>), String> {
        let answers =
            eval(text, Some(records.as_bytes()), &[], None, false).map_err(|error| error.sentence)?;
        Ok((answers.to_json(), answers.texts().collect()))
    }

    #[test]
    fn records_of_every_shape_are_read_with_guessed_types() {
        for records in ["{\"x\":1,\"s\":\"a\"}\n{\"x\":2.5}", "[{\"x\":1,\"s\":\"a\"},{\"x\":2.5}]"] {
            let (json, texts) = said("x * 2", records).unwrap();
            assert_eq!(json, "{\"type\":\"f64\",\"values\":[2.0,5.0]}");
            assert_eq!(texts, ["2.0", "5.0"]);
            assert_eq!(said("s || '!'", records).unwrap().1, ["a!", "NULL"]);
        }
        let (json, _) = said("at + INTERVAL '1' DAY", "{\n \"at\": \"2013-01-31T00:00:00Z\"\n}").unwrap();
        assert_eq!(json, "{\"type\":\"time\",\"values\":[\"2013-02-01T00:00:00Z\"]}");
        assert_eq!(said("len(l)", "{\"l\": [\"a\", \"b\"]}").unwrap().1, ["2"]);
        let none = eval("1 + 1", None, &[], None, false).unwrap();
        assert_eq!(none.to_json(), "{\"type\":\"i64\",\"values\":[2]}");
        assert_eq!(
            eval("NULL", None, &[], None, false).unwrap().to_json(),
            "{\"type\":null,\"values\":[null]}"
        );
    }

    #[test]
    fn what_is_wrong_is_drawn_with_its_place() {
        let told = said("1 + amunt", "{\"amount\": 1}").unwrap_err();
        assert!(
            told.contains("there is no column \"amunt\"") && told.contains("    ^^^^^ did you mean"),
            "{told}"
        );
        for (records, says) in [
            ("{\"x\": 1", "record 1 is no JSON object"),
            ("", "there is no record"),
            ("[1]", "is no JSON object"),
            ("{\"x\": 1}\n{\"x\": \"a\"}\n{\"x\": 2}", "column \"x\" is no i64"),
        ] {
            let told = said("1", records).unwrap_err();
            assert!(told.contains(says), "{records}: {told}");
        }
        let types = |types: &str| eval("x", Some(b"{\"x\": \"1\"}"), &[types.to_string()], None, false);
        assert_eq!(types("x=str").unwrap().of, Some(Type::Str));
        assert!(types("x=int").err().unwrap().sentence.contains("says no type"));
        assert!(
            eval("1", None, &[], Some("Mars"), false)
                .err()
                .unwrap()
                .sentence
                .contains("no time zone \"Mars\"")
        );
        let hour =
            eval("hour(t)", Some(b"{\"t\":\"2013-01-01T05:00:00Z\"}"), &[], Some("Europe/Paris"), false);
        assert_eq!(hour.unwrap().texts().collect::<Vec<_>>(), ["6"]);
    }

    #[test]
    fn an_infinite_number_is_shown() {
        let texts = |text: &str| -> Vec<String> {
            eval(text, None, &[], None, false).unwrap_or_else(|e| panic!("{}", e.sentence)).texts().collect()
        };
        assert_eq!(texts("1e308 * 10"), ["inf"]);
        assert_eq!(texts("-1e308 * 10"), ["-inf"]);
        assert_eq!(texts("1 = 1"), ["true"]);
    }
}
