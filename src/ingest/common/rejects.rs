//! Records a source could not read: what a person would want to know of them when there are too many.

use crate::data::{Schema, Type, time};
use crate::format::float;
use crate::operator::{Advice, Cx};

/// So much of a wrong text is shown, in characters.
const SHOWN: usize = 40;
/// So much of a rejected record is passed on, in bytes.
const RAW: usize = 64 << 10;

/// The reasons for which one source rejects records.
pub(crate) struct Rejects {
    columns: Vec<Broken>,
    /// Reasons that are of no column, and what to do about each.
    others: Vec<(String, String)>,
}

/// What was wrong in one column.
struct Broken {
    name: String,
    reason: String,
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
    /// The first that broke it: its record and its text.
    first: Option<(u64, String)>,
}

impl Rejects {
    /// Reasons that a record of this schema can be rejected for: `type:COLUMN`, and `others` with their remedy.
    pub(crate) fn new(schema: &Schema, others: &[(&str, String)]) -> Rejects {
        let broken = |name: &str, of| {
            let reason = format!("type:{name}");
            Broken { reason, of, ..Broken::new(name) }
        };
        let others = others.iter().map(|(reason, remedy)| (reason.to_string(), remedy.clone()));
        Rejects {
            columns: schema.fields.iter().map(|field| broken(&field.name, field.of)).collect(),
            others: others.collect(),
        }
    }

    /// Rejects a record for one of the reasons given to `new`.
    pub(crate) fn refuse(&mut self, cx: &mut Cx, raw: &[u8], reason: &str) {
        assert!(
            self.others.iter().any(|(known, _)| known == reason),
            "a reason is declared before it is given"
        );
        cx.reject_raw(&raw[..raw.len().min(RAW)], reason);
    }

    /// Rejects record number `record`, because `text` is no value of a column's type.
    pub(crate) fn refuse_type(&mut self, cx: &mut Cx, raw: &[u8], column: usize, text: &str, record: u64) {
        let broken = &mut self.columns[column];
        broken.see(text.trim_ascii(), record);
        cx.reject_raw(&raw[..raw.len().min(RAW)], &broken.reason);
    }

    /// What to do about a reason, and the first record that was rejected for it.
    pub(crate) fn advice(&self, reason: &str) -> Option<Advice> {
        if let Some(broken) = self.columns.iter().find(|broken| broken.reason == reason) {
            return Some(Advice { example: broken.example(), remedy: broken.remedy() });
        }
        let (_, remedy) = self.others.iter().find(|(known, _)| known == reason)?;
        Some(Advice { example: None, remedy: remedy.clone() })
    }
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
    "(null)",
    ".",
];
/// So many of them are told.
const ABSENT_MAX: usize = 5;

impl Broken {
    fn new(name: &str) -> Broken {
        Broken {
            name: name.to_string(),
            reason: String::new(),
            of: Type::Str,
            numbers: true,
            digits: 0,
            comma: true,
            absent: Some(Vec::new()),
            local: true,
            first: None,
        }
    }

    /// Takes one text more into account.
    fn see(&mut self, text: &str, record: u64) {
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
        self.first.get_or_insert_with(|| (record, text.chars().take(SHOWN).collect()));
    }

    fn example(&self) -> Option<String> {
        let (record, text) = self.first.as_ref()?;
        Some(format!("record {record} has {text:?} for {}", self.of))
    }

    /// The line to add.
    fn remedy(&self) -> String {
        if let Some(absent) = self.absent.as_ref().filter(|absent| !absent.is_empty()) {
            let nulls = toml::Value::try_from(absent).expect("texts are TOML");
            return format!("if that means \"no value\", add null = {nulls}");
        }
        if self.of == Type::Time && self.digits > 0 {
            return self.since_1970();
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
    /// Numbers where times should be count from 1970, in a unit that the number of digits tells.
    fn since_1970(&self) -> String {
        let (unit, times) = match self.digits {
            0..=11 => ("seconds", " * 1000000000"),
            12..=14 => ("milliseconds", " * 1000000"),
            15..=17 => ("microseconds", " * 1000"),
            _ => ("nanoseconds", ""),
        };
        let quoted = format!("\"{}\"", self.name.replace('"', "\"\""));
        let is_plain = self.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        let column = if is_plain { &self.name } else { &quoted };
        format!(
            "if these are {unit} since 1970, read them as they are (types = {}) and derive the time behind: \
             CAST({column}{times} AS time)",
            self.typed(Type::I64)
        )
    }

    /// The column with a type, as TOML.
    fn typed(&self, of: Type) -> String {
        let mut line = toml::Table::new();
        line.insert(self.name.clone(), of.name().into());
        format!("{{ {} }}", line.to_string().trim())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::Account;

    fn told(texts: &[&str], of: Type, reason: &str) -> Option<Advice> {
        let schema = Schema::of(&[("id", Type::I64), ("dep delay", of)]);
        let mut rejects = Rejects::new(&schema, &[("fields", "check \"delimiter\"".to_string())]);
        let mut cx = Cx::new("run", "stage", Account::default());
        for (record, text) in texts.iter().enumerate() {
            rejects.refuse_type(&mut cx, b"raw", 1, text, record as u64 + 1);
        }
        assert_eq!(cx.rejected_total(), texts.len() as u64);
        rejects.advice(reason)
    }

    #[test]
    fn the_advice_is_the_line_to_add_and_shows_the_first_record() {
        let advice = told(&["n/a", "1.5"], Type::I64, "type:dep delay").unwrap();
        assert_eq!(advice.example.as_deref(), Some("record 1 has \"n/a\" for i64"));
        assert_eq!(advice.remedy, "add types = { \"dep delay\" = \"str\" }");
        let numbers = told(&["2.5", "1e+3"], Type::I64, "type:dep delay").unwrap();
        assert_eq!(numbers.remedy, "add types = { \"dep delay\" = \"f64\" }");
        let absent = told(&["NaN", "NA", "NaN"], Type::F64, "type:dep delay").unwrap();
        assert_eq!(absent.remedy, "if that means \"no value\", add null = [\"NaN\", \"NA\"]");
        assert!(told(&["NA", "x"], Type::I64, "type:dep delay").unwrap().remedy.starts_with("add types"));
        assert!(told(&["x", "NA"], Type::I64, "type:dep delay").unwrap().remedy.starts_with("add types"));
        for (text, unit, times) in [
            ("1357017300", "seconds", " * 1000000000"),
            ("1357017300000", "milliseconds", " * 1000000"),
            ("1357017300000000", "microseconds", " * 1000"),
            ("1357017300000000000", "nanoseconds", ""),
        ] {
            let epoch = told(&[text], Type::Time, "type:dep delay").unwrap().remedy;
            assert!(epoch.starts_with(&format!("if these are {unit} since 1970")), "{epoch}");
            assert!(epoch.ends_with(&format!("CAST(\"dep delay\"{times} AS time)")), "{epoch}");
        }
        assert!(told(&["soon", "5"], Type::Time, "type:dep delay").unwrap().remedy.starts_with("add types"));
        let format = told(&["31.12.2024"], Type::Time, "type:dep delay").unwrap().remedy;
        assert!(format.starts_with("say how times are written there"), "{format}");
        let comma = told(&["1,5", "-2,25"], Type::F64, "type:dep delay").unwrap().remedy;
        assert!(comma.starts_with("if that is a decimal comma, add decimal"), "{comma}");
        let other = told(&["x"], Type::F64, "fields").unwrap();
        assert_eq!((other.example, other.remedy.as_str()), (None, "check \"delimiter\""));
        assert_eq!(told(&["x"], Type::F64, "too_large"), None, "a reason of another");
    }
}
