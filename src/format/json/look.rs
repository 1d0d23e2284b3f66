//! What the first objects of a text tell: which fields they have, and of what type each is.

use super::lines::Lines;
use crate::data::{Field, Schema, Type};
use crate::format::found::Found;
use crate::format::guess::{self, Look};
use crate::format::typing::Typing;
use crate::format::value::ValueParser;
use crate::params::Problem;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::io::{self, Read};

/// So many fields become columns, those that come first.
const COLUMNS_MAX: usize = 1_000;

/// Looks at the lines that a text begins with. Columns come in the order in which their fields do first, those of an
/// object in its place, called by their path. A field that is of several types is of that which most of its values
/// have: nothing becomes what it is not.
pub(crate) fn look<R: Read>(lines: &mut Lines<R>, typing: &Typing) -> Look {
    let mut seen =
        Seen { values: typing.values(), columns: Vec::new(), numbers: HashMap::new(), more: false };
    // An error comes again where the text is read.
    _ = seen.look(lines);
    let mut notes = Vec::new();
    if seen.more {
        let what = format!(
            "it has more than {COLUMNS_MAX} fields, of which the first are read: say which in \"types\""
        );
        notes.push(Problem::at("types", what));
    }
    let fields = seen.columns.iter().filter_map(|column| column.field(&mut notes)).collect();
    Look { columns: Schema { fields }, notes }
}

struct Seen {
    values: ValueParser,
    columns: Vec<Column>,
    /// Where each stands among them.
    numbers: HashMap<String, usize>,
    /// There were more than are kept.
    more: bool,
}

/// How often what was seen under one path.
struct Column {
    name: String,
    bools: usize,
    whole: usize,
    decimals: usize,
    texts: usize,
    /// All texts are times.
    times: bool,
    lists: usize,
    /// What no column holds.
    others: usize,
}

impl Seen {
    fn look<R: Read>(&mut self, lines: &mut Lines<R>) -> io::Result<()> {
        let (mut seen, mut path) = (0, String::new());
        while seen < guess::RECORDS && lines.position() < guess::BYTES {
            match lines.next()? {
                Found::End => break,
                Found::Record => {
                    if let Ok(Value::Object(object)) = serde_json::from_slice(lines.record()) {
                        self.object(&object, &mut path);
                    }
                    seen += 1;
                }
                Found::Bad(_) => seen += 1,
                // A line too long to hold: what can be seen of the text is behind us.
                Found::Nothing if lines.work() > guess::BYTES => break,
                Found::Nothing => {}
            }
        }
        Ok(())
    }

    fn object(&mut self, object: &Map<String, Value>, path: &mut String) {
        let len = path.len();
        for (key, value) in object {
            path.push_str(if len > 0 { "." } else { "" });
            path.push_str(key);
            match value {
                Value::Object(inner) => self.object(inner, path),
                value => self.value(value, path),
            }
            path.truncate(len);
        }
    }

    fn value(&mut self, value: &Value, path: &str) {
        let at = match self.numbers.get(path) {
            Some(at) => *at,
            None if self.columns.len() == COLUMNS_MAX => {
                self.more = true;
                return;
            }
            None => {
                self.columns.push(Column::new(path));
                self.numbers.insert(path.to_string(), self.columns.len() - 1);
                self.columns.len() - 1
            }
        };
        self.columns[at].see(value, &self.values);
    }
}

impl Column {
    fn new(name: &str) -> Column {
        let name = name.to_string();
        Column { name, bools: 0, whole: 0, decimals: 0, texts: 0, times: true, lists: 0, others: 0 }
    }

    fn see(&mut self, value: &Value, values: &ValueParser) {
        match value {
            Value::Null => {}
            Value::Bool(_) => self.bools += 1,
            Value::Number(number) if number.is_i64() => self.whole += 1,
            Value::Number(_) => self.decimals += 1,
            Value::String(text) if values.is_said_null(text) => {}
            Value::String(text) => {
                self.texts += 1;
                self.times = self.times && values.is_instant(text.trim_ascii());
            }
            Value::Array(items) if items.iter().all(Value::is_string) => self.lists += 1,
            Value::Array(_) | Value::Object(_) => self.others += 1,
        }
    }

    /// The column that it becomes, if it is one.
    fn field(&self, notes: &mut Vec<Problem>) -> Option<Field> {
        let number = if self.decimals > 0 { Type::F64 } else { Type::I64 };
        let text = if self.times { Type::Time } else { Type::Str };
        let kinds = [
            (self.whole + self.decimals, number),
            (self.texts, text),
            (self.bools, Type::Bool),
            (self.lists, Type::List),
        ];
        let seen: usize = kinds.iter().map(|(n, _)| n).sum();
        let Column { name, others, .. } = self;
        let mut note = |what: String| {
            let path = vec!["types".to_string(), name.clone()];
            notes.push(Problem { path, ..Problem::whole(what) });
        };
        if seen == 0 && *others > 0 {
            note(format!("its field \"{name}\" holds lists that no column can, and is left out"));
            return None;
        }
        if seen == 0 {
            return Some(Field::new(name, Type::Str).open());
        }
        // Of several that are as many the first counts.
        let (most, of) = kinds.into_iter().rev().max_by_key(|(n, _)| *n)?;
        if most < seen + others {
            let wrong = seen + others - most;
            note(format!(
                "its field \"{name}\" is {of} in {most} of the first records and something else in {wrong}: these are \
                 rejected (leave it out of \"types\", or say another type there)"
            ));
        }
        Some(Field::new(name, of))
    }
}
