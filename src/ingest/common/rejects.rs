//! Records a source could not read: what a person would want to know of them when there are too many.

mod broken;
mod kept;

pub(crate) use kept::{RejectsFile, RejectsParams};

use crate::data::Schema;
use crate::format::Field;
use crate::operator::{Advice, Cx};
use broken::Broken;
use kept::Kept;

/// So much of a rejected record is passed on, in bytes.
const RAW: usize = 64 << 10;

/// The reasons for which one source rejects records.
pub(crate) struct Rejects {
    columns: Vec<Broken>,
    /// Reasons that are of no column, and what to do about each.
    others: Vec<Other>,
    file: Option<RejectsFile>,
    kept: Option<Kept>,
    /// Of which file, or peer, records are read, and which one is rejected.
    from: String,
    number: u64,
    /// Which of them was given last: of a column, or another.
    last: Option<(bool, usize)>,
}

/// A reason that is of no column.
struct Other {
    reason: String,
    remedy: String,
    /// The first record that was rejected for it, where there is something to say of it.
    first: Option<String>,
}

impl Rejects {
    /// Reasons that a record of this schema can be rejected for: `type:COLUMN`, and `others` with their remedy.
    pub(crate) fn new(schema: &Schema, others: &[(&str, String)]) -> Rejects {
        let others = others.iter().map(|(reason, remedy)| Other {
            reason: reason.to_string(),
            remedy: remedy.clone(),
            first: None,
        });
        Rejects {
            columns: schema.fields.iter().map(|field| Broken::new(&field.name, field.of)).collect(),
            others: others.collect(),
            file: None,
            kept: None,
            from: String::new(),
            number: 0,
            last: None,
        }
    }

    pub(crate) fn kept_in(self, file: Option<RejectsFile>) -> Rejects {
        Rejects { file, ..self }
    }

    /// A call of the source begins. With the first one the file is opened: then it is known whether an earlier process
    /// has begun it.
    pub(crate) fn begin(&mut self, cx: &Cx) {
        if let Some(file) = self.file.take() {
            self.kept = Some(Kept::open(&file, cx.done() == 0));
        }
    }

    /// Records are read of this file, or peer, from now on; asked only where that is kept.
    pub(crate) fn now_in<S: AsRef<str>>(&mut self, from: impl FnOnce() -> S) {
        if self.kept.is_some() {
            let from = from();
            if self.from != from.as_ref() {
                from.as_ref().clone_into(&mut self.from);
            }
        }
    }

    /// Which record is rejected next.
    pub(crate) fn number(&mut self, record: u64) {
        self.number = record;
    }

    /// Rejects a record for one of the reasons given to `new`.
    pub(crate) fn refuse(&mut self, cx: &mut Cx, raw: &[u8], reason: &str) {
        let known = self.others.iter().position(|known| known.reason == reason);
        assert!(known.is_some(), "a reason is declared before it is given");
        self.last = known.map(|at| (false, at));
        if let Some(kept) = &mut self.kept {
            kept.keep(reason, self.number, &self.from, &raw[..raw.len().min(RAW)]);
        }
        cx.reject_raw(&raw[..raw.len().min(RAW)], reason);
    }

    /// Says what is wrong with record number `record`, which is rejected for this reason.
    pub(crate) fn explain(&mut self, reason: &str, record: u64, why: &str) {
        if let Some(other) = self.others.iter_mut().find(|known| known.reason == reason) {
            other.first.get_or_insert_with(|| format!("record {record}: {why}"));
        }
    }

    /// Rejects record number `record`, because `field` is no value of a column's type.
    pub(crate) fn refuse_type(
        &mut self,
        cx: &mut Cx,
        raw: &[u8],
        column: usize,
        field: Field<'_>,
        record: u64,
    ) {
        self.last = Some((true, column));
        let broken = &mut self.columns[column];
        broken.see(field, record);
        if let Some(kept) = &mut self.kept {
            kept.keep(&broken.reason, record, &self.from, &raw[..raw.len().min(RAW)]);
        }
        cx.reject_raw(&raw[..raw.len().min(RAW)], &broken.reason);
    }

    /// The reason that was given last.
    pub(crate) fn last(&self) -> Option<&str> {
        let (of_column, at) = self.last?;
        Some(if of_column { &self.columns[at].reason } else { &self.others[at].reason })
    }

    /// What to do about a reason, and the first record that was rejected for it.
    pub(crate) fn advice(&self, reason: &str) -> Option<Advice> {
        if let Some(broken) = self.columns.iter().find(|broken| broken.reason == reason) {
            return Some(Advice { example: broken.example(), remedy: broken.remedy() });
        }
        let other = self.others.iter().find(|known| known.reason == reason)?;
        Some(Advice { example: other.first.clone(), remedy: other.remedy.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Type;
    use crate::operator::Account;

    fn told(texts: &[&str], of: Type, reason: &str) -> Option<Advice> {
        let schema = Schema::of(&[("id", Type::I64), ("dep delay", of)]);
        let mut rejects = Rejects::new(&schema, &[("fields", "check \"delimiter\"".to_string())]);
        let mut cx = Cx::new("run", "stage", Account::default());
        for (record, text) in texts.iter().enumerate() {
            rejects.refuse_type(&mut cx, b"raw", 1, Field::Text(text), record as u64 + 1);
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
