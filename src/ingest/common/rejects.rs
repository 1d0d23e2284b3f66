//! Records a source could not read: what a person would want to know of them when there are too many.

use crate::data::{Schema, Type};
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
    /// The first that broke it: its record and its text.
    first: Option<(u64, String)>,
}

impl Rejects {
    /// Reasons that a record of this schema can be rejected for: `type:COLUMN`, and `others` with their remedy.
    pub(crate) fn new(schema: &Schema, others: &[(&str, String)]) -> Rejects {
        let broken = |name: &str, of| {
            let reason = format!("type:{name}");
            Broken { name: name.to_string(), reason, of, numbers: true, first: None }
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
        broken.numbers &= float(text.trim_ascii(), false).is_some();
        broken.first.get_or_insert_with(|| (record, text.chars().take(SHOWN).collect()));
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

impl Broken {
    fn example(&self) -> Option<String> {
        let (record, text) = self.first.as_ref()?;
        Some(format!("record {record} has {text:?} for {}", self.of))
    }

    /// The `types` line to add.
    fn remedy(&self) -> String {
        let fits =
            if self.of == Type::I64 && self.numbers && self.first.is_some() { Type::F64 } else { Type::Str };
        let mut line = toml::Table::new();
        line.insert(self.name.clone(), fits.name().into());
        format!("add types = {{ {} }}", line.to_string().trim())
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
        let numbers = told(&["2.5", "1e3"], Type::I64, "type:dep delay").unwrap();
        assert_eq!(numbers.remedy, "add types = { \"dep delay\" = \"f64\" }");
        let other = told(&["x"], Type::F64, "fields").unwrap();
        assert_eq!((other.example, other.remedy.as_str()), (None, "check \"delimiter\""));
        assert_eq!(told(&["x"], Type::F64, "too_large"), None, "a reason of another");
    }
}
