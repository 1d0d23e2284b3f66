//! What was wrong in one column, and what may be done about it.

use crate::data::{Type, time};
use crate::format::{Field, float};

/// So much of a wrong text is shown, in characters.
const SHOWN: usize = 40;

/// What was wrong in one column.
pub(super) struct Broken {
    name: String,
    pub(super) reason: String,
    of: Type,
    /// All that broke an i64 were numbers.
    numbers: bool,
    /// All were whole numbers, the longest of so many digits; 0: not all were.
    digits: usize,
    /// All were numbers with a decimal comma.
    comma: bool,
    /// Texts that mean "no value" elsewhere; none where something else broke it too.
    absent: Option<Vec<String>>,
    /// All that broke a time would be one in another zone.
    local: bool,
    /// What columns would hold what broke it, where the format says it.
    is: Option<Is>,
    /// The first that broke it: its record, and how it is shown.
    first: Option<(u64, String)>,
}

/// What others write where there is no value.
const ABSENT: &[&str] = &[
    "nan",
    "na",
    "n/a",
    "#n/a",
    "null",
    "none",
    "nil",
    "-",
    "--",
    "?",
    "\\n",
    "missing",
    "undefined",
    "",
    "(null)",
    ".",
];
/// So many of them are told.
const ABSENT_MAX: usize = 5;

/// What columns would hold some values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Is {
    One(Type),
    Several,
    None,
}

impl Is {
    /// What columns would hold others too.
    fn also(before: Option<Is>, is: Is) -> Is {
        match (before, is) {
            (None, is) => is,
            (Some(before), is) if before == is => is,
            (Some(Is::None), _) | (_, Is::None) => Is::None,
            (Some(Is::One(a)), Is::One(b)) if a.is_numeric() && b.is_numeric() => Is::One(Type::F64),
            _ => Is::Several,
        }
    }
}

impl Broken {
    pub(super) fn new(name: &str, of: Type) -> Broken {
        Broken {
            name: name.to_string(),
            reason: format!("type:{name}"),
            of,
            numbers: true,
            digits: 0,
            comma: true,
            absent: Some(Vec::new()),
            local: true,
            is: None,
            first: None,
        }
    }

    /// Takes one field more into account.
    pub(super) fn see(&mut self, field: Field<'_>, record: u64) {
        let (is, text) = match field {
            Field::Text(text) | Field::Quoted(text) => return self.see_text(text.trim_ascii(), record),
            Field::Str(text) => {
                self.is = Some(Is::also(self.is, Is::One(Type::Str)));
                return self.see_text(text, record);
            }
            Field::Null => return,
            Field::Bool(is) => (Is::One(Type::Bool), is.to_string()),
            Field::I64(number) => (Is::One(Type::I64), number.to_string()),
            Field::F64(number) | Field::Huge(number) => (Is::One(Type::F64), format!("{number:?}")),
            Field::Time(ns) => (Is::One(Type::Time), time::to_text(ns)),
            Field::List(_) => (Is::One(Type::List), "a list".to_string()),
            Field::Other(what) => (Is::None, what.to_string()),
        };
        self.is = Some(Is::also(self.is, is));
        let first = self.first.is_none();
        self.see_text(&text, record);
        if let Some((_, shown)) = self.first.as_mut().filter(|_| first) {
            *shown = text;
        }
    }

    /// Takes one text more into account.
    fn see_text(&mut self, text: &str, record: u64) {
        let whole = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let so_far = self.first.is_none() || self.digits > 0;
        self.digits = if whole && so_far { self.digits.max(text.len()) } else { 0 };
        self.numbers &= float(text, true).is_some();
        self.comma &= text.matches(',').count() == 1 && float(&text.replace(',', "."), true).is_some();
        self.local &= time::parse(text, None).is_some();
        let is_absent = ABSENT.contains(&text.to_ascii_lowercase().as_str());
        match self.absent.as_mut().filter(|_| is_absent) {
            Some(absent) if absent.len() < ABSENT_MAX && !absent.iter().any(|known| known == text) => {
                absent.push(text.to_string());
            }
            Some(_) => {}
            None => self.absent = None,
        }
        self.first.get_or_insert_with(|| {
            let text: String = text.chars().take(SHOWN).collect();
            (record, format!("{text:?}"))
        });
    }

    pub(super) fn example(&self) -> Option<String> {
        let (record, text) = self.first.as_ref()?;
        Some(format!("record {record} has {text} for {}", self.of))
    }

    /// The line to add.
    pub(super) fn remedy(&self) -> String {
        if let Some(absent) = self.absent.as_ref().filter(|absent| !absent.is_empty()) {
            let nulls = toml::Value::try_from(absent).expect("texts are TOML");
            return format!("if that means \"no value\", add null = {nulls}");
        }
        if self.of == Type::Time && self.digits > 0 {
            return self.since_1970();
        }
        if let Some(remedy) = self.is.and_then(|is| self.typed_remedy(is)) {
            return remedy;
        }
        let numbers = self.of == Type::I64 && self.numbers;
        let types = format!("add types = {}", self.typed(if numbers { Type::F64 } else { Type::Str }));
        match (self.of, &self.first) {
            (Type::Time, Some(_)) if self.local => format!(
                "clocks were changed then, and time_zone has that time not once: give it an offset, or {types}"
            ),
            (Type::Time, Some((_, text))) if text.bytes().any(|byte| byte.is_ascii_digit()) => format!(
                "say how times are written there, such as time_format = \"%d.%m.%Y\" (as for strptime), or {types}"
            ),
            (Type::I64 | Type::F64, Some(_)) if self.comma => {
                format!("if that is a decimal comma, add decimal = \",\", or {types}")
            }
            _ => types,
        }
    }
}

impl Broken {
    /// What to do where the format says of what type values are; `None` where more can be said of their texts.
    fn typed_remedy(&self, is: Is) -> Option<String> {
        let of = match is {
            Is::One(Type::Str) if self.of == Type::Time => return None,
            Is::One(Type::Str) if self.of.is_numeric() => {
                return Some(format!(
                    "a text is no number, whatever stands in it: add types = {}, and derive the number behind: \
                     CAST({} AS {})",
                    self.typed(Type::Str),
                    self.column(),
                    self.of
                ));
            }
            Is::One(of) => of,
            Is::Several => {
                return Some(format!(
                    "values of several types stand there: leave \"{}\" out of types",
                    self.name
                ));
            }
            Is::None => {
                return Some(format!(
                    "no column holds that: name a field in it (types = {{ \"{0}.FIELD\" = \"str\" }}), or leave \
                     \"{0}\" out of types",
                    self.name
                ));
            }
        };
        Some(format!("add types = {}", self.typed(of)))
    }

    /// Numbers where times should be count from 1970, in a unit that the number of digits tells.
    fn since_1970(&self) -> String {
        let (unit, times) = match self.digits {
            0..=11 => ("seconds", " * 1000000000"),
            12..=14 => ("milliseconds", " * 1000000"),
            15..=17 => ("microseconds", " * 1000"),
            _ => ("nanoseconds", ""),
        };
        let column = self.column();
        format!(
            "if these are {unit} since 1970, read them as they are (types = {}) and derive the time behind: \
             CAST({column}{times} AS time)",
            self.typed(Type::I64)
        )
    }

    /// The column as an expression names it.
    fn column(&self) -> String {
        let is_plain = self.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if is_plain { self.name.clone() } else { format!("\"{}\"", self.name.replace('"', "\"\"")) }
    }

    /// The column with a type, as TOML.
    fn typed(&self, of: Type) -> String {
        let mut line = toml::Table::new();
        line.insert(self.name.clone(), of.name().into());
        format!("{{ {} }}", line.to_string().trim())
    }
}
