//! The text of an alert: a template with columns in braces.

use crate::data::{Column, Schema, Value, render};
use crate::params::{Problem, nearest};
use std::fmt::Write;

/// A template whose columns are numbered among those that are kept of a record.
#[derive(Clone, Debug)]
pub(super) struct Message {
    parts: Vec<Part>,
    /// Which of the columns that are kept go along with the row.
    fields: Vec<usize>,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(String),
    Column(usize),
}

impl Message {
    /// Reads a template; without one it is the columns that are kept (those of the key), and the condition. Adds the
    /// columns that it needs, and `fields`, to those that are kept.
    pub(super) fn check(
        template: Option<&str>,
        condition: &str,
        schema: &Schema,
        (kept, fields): (&mut Vec<usize>, &[usize]),
    ) -> Result<Message, Problem> {
        let parts = match template {
            Some(template) => parse(template, schema, kept)?,
            None => {
                let text = |text: &str| Part::Text(text.to_string());
                let keys = (0..kept.len()).flat_map(|at| [Part::Column(at), text(": ")]);
                let keys: Vec<Part> = keys.collect();
                keys.into_iter().chain([text(condition)]).collect()
            }
        };
        let fields = fields.iter().map(|at| keep(kept, *at)).collect();
        Ok(Message { parts, fields })
    }

    /// The places of the columns that go along, among those that are kept.
    pub(super) fn fields(&self) -> &[usize] {
        &self.fields
    }

    /// Writes the text for one record.
    pub(super) fn write(&self, kept: &[Column], out: &mut String) {
        self.parts.iter().for_each(|part| match part {
            Part::Text(plain) => out.push_str(plain),
            Part::Column(at) => show(&kept[*at].value(0), out),
        });
    }
}

/// The place of a column among those that are kept.
fn keep(kept: &mut Vec<usize>, column: usize) -> usize {
    kept.iter().position(|known| *known == column).unwrap_or_else(|| {
        kept.push(column);
        kept.len() - 1
    })
}

fn parse(template: &str, schema: &Schema, kept: &mut Vec<usize>) -> Result<Vec<Part>, Problem> {
    let (mut parts, mut plain, mut rest) = (Vec::new(), String::new(), template);
    while let Some(at) = rest.find(['{', '}']) {
        let (before, brace) = rest.split_at(at);
        plain += before;
        if let Some(behind) = brace.strip_prefix("{{").or_else(|| brace.strip_prefix("}}")) {
            plain.push_str(&brace[..1]);
            rest = behind;
            continue;
        }
        let name = brace.strip_prefix('{').and_then(|name| name.split_once('}'));
        let Some((name, behind)) = name else {
            let what = format!("a brace in {template:?} has no other: write it twice if it is meant as one");
            return Err(Problem::at("message", what));
        };
        let Some(column) = schema.index(name.trim()) else {
            let what = format!("there is no column \"{name}\" (there are: {schema})");
            return Err(Problem { nearest: nearest(name, schema.names()), ..Problem::at("message", what) });
        };
        parts.extend((!plain.is_empty()).then(|| Part::Text(std::mem::take(&mut plain))));
        parts.push(Part::Column(keep(kept, column)));
        rest = behind;
    }
    plain += rest;
    parts.extend((!plain.is_empty()).then_some(Part::Text(plain)));
    Ok(parts)
}

/// A value as a person says it.
fn show(value: &Value<'_>, out: &mut String) {
    let written = match value {
        Value::Null => out.write_str("NULL"),
        Value::Bool(x) => write!(out, "{x}"),
        Value::F64(x) => write!(out, "{x}"),
        Value::I64(x) => write!(out, "{x}"),
        Value::Str(x) => out.write_str(x),
        other => {
            let mut text = Vec::new();
            render::text_value(other, &mut text);
            out.write_str(&String::from_utf8_lossy(&text))
        }
    };
    written.expect("a string takes all");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Type;

    fn read(template: Option<&str>) -> Result<(Message, Vec<usize>), Problem> {
        let schema =
            Schema::of(&[("a", Type::I64), ("host", Type::Str), ("x", Type::F64), ("ok", Type::Bool)]);
        let mut kept = vec![1];
        let message = Message::check(template, "x > 1", &schema, (&mut kept, &[2]))?;
        Ok((message, kept))
    }

    fn text(template: Option<&str>) -> String {
        let (message, kept) = read(template).unwrap();
        let values = [Value::I64(7), Value::Str("web"), Value::F64(97.0), Value::Null];
        let types = [Type::I64, Type::Str, Type::F64, Type::Bool];
        let column = |at: &usize| {
            let mut column = Column::new(types[*at]);
            column.push(values[*at].clone());
            column
        };
        let mut text = String::new();
        message.write(&kept.iter().map(column).collect::<Vec<_>>(), &mut text);
        text
    }

    #[test]
    fn columns_stand_in_braces_and_a_brace_is_written_twice() {
        assert_eq!(text(None), "web: x > 1");
        assert_eq!(text(Some("{host} at { x } % ({ok}), {{{a}}}")), "web at 97 % (NULL), {7}");
        assert_eq!((text(Some("")), text(Some("plain"))), (String::new(), "plain".to_string()));
        let (message, kept) = read(Some("{x}{a}{x}")).unwrap();
        assert_eq!((message.fields(), kept), (&[1][..], vec![1, 2, 0]));
        for (wrong, told) in
            [("{hst}", "no column"), ("{host", "a brace"), ("host}", "a brace"), ("{}", "no column")]
        {
            let problem = read(Some(wrong)).unwrap_err();
            assert!(problem.what.contains(told), "{wrong}: {problem:?}");
        }
    }
}
