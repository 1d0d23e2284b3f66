//! Records a source could not read: counted by reason, and judged against `max_rejects`.

use crate::data::{Schema, Type};
use crate::error::{Error, Result};
use crate::format::float;
use crate::operator::Cx;
use crate::units::Share;

/// `max_rejects` is judged at this record, and at the end.
pub(crate) const JUDGED_AT: u64 = 10_000;
/// So much of a wrong text is shown, in characters.
const SHOWN: usize = 40;
/// So much of a rejected record is passed on, in bytes.
const RAW: usize = 64 << 10;

/// Rejected records under one reason.
struct Reason {
    reason: String,
    count: u64,
    /// What to do about it.
    remedy: String,
}

/// Counts of one source, and what a message about them needs.
pub(crate) struct Rejects {
    /// The columns' first, in order.
    reasons: Vec<Reason>,
    columns: Vec<Broken>,
}

/// What was wrong in one column.
struct Broken {
    name: String,
    of: Type,
    /// All that broke an i64 were numbers.
    numbers: bool,
    /// The first that broke it: its record and its text.
    first: Option<(u64, String)>,
}

impl Rejects {
    /// Reasons that a record of this schema can be rejected for: `type:COLUMN`, and `others` with their remedy.
    pub(crate) fn new(schema: &Schema, others: &[(&str, String)]) -> Rejects {
        let broken = |name: &str, of| Broken { name: name.to_string(), of, numbers: true, first: None };
        let columns: Vec<Broken> = schema.fields.iter().map(|field| broken(&field.name, field.of)).collect();
        let types = columns.iter().map(|column| (format!("type:{}", column.name), String::new()));
        let others = others.iter().map(|(reason, remedy)| (reason.to_string(), remedy.clone()));
        let reason = |(reason, remedy)| Reason { reason, count: 0, remedy };
        Rejects { reasons: types.chain(others).map(reason).collect(), columns }
    }

    /// Goes on from the account, after a restart.
    pub(crate) fn take_over(&mut self, cx: &mut Cx) {
        for (reason, count) in cx.rejected() {
            if let Some(known) = self.reasons.iter_mut().find(|known| known.reason == *reason) {
                known.count = *count;
            }
        }
    }

    /// Rejects a record for one of the reasons given to `new`.
    pub(crate) fn refuse(&mut self, cx: &mut Cx, raw: &[u8], reason: &str) {
        let at = self.reasons[self.columns.len()..].iter().position(|known| known.reason == reason);
        let at = self.columns.len() + at.expect("a reason is declared before it is given");
        self.reasons[at].count += 1;
        cx.reject_raw(&raw[..raw.len().min(RAW)], reason);
    }

    /// Rejects record number `record`, because `text` is no value of a column's type.
    pub(crate) fn refuse_type(&mut self, cx: &mut Cx, raw: &[u8], column: usize, text: &str, record: u64) {
        let broken = &mut self.columns[column];
        broken.numbers &= float(text.trim_ascii(), false).is_some();
        broken.first.get_or_insert_with(|| (record, text.chars().take(SHOWN).collect()));
        self.reasons[column].count += 1;
        cx.reject_raw(&raw[..raw.len().min(RAW)], &self.reasons[column].reason);
    }

    /// Whether too many of `read` records were rejected.
    ///
    /// # Errors
    /// A sentence with the counts and what to do, by the commonest reason.
    pub(crate) fn judge(&self, path: &str, max: Share, read: u64) -> Result<()> {
        let total: u64 = self.reasons.iter().map(|reason| reason.count).sum();
        if total as f64 <= max.0 * read as f64 {
            return Ok(());
        }
        let mut counts: Vec<usize> =
            (0..self.reasons.len()).filter(|at| self.reasons[*at].count > 0).collect();
        counts.sort_by_key(|at| std::cmp::Reverse(self.reasons[*at].count));
        let told: Vec<String> = counts
            .iter()
            .map(|at| format!("{} {}", self.reasons[*at].count, self.reasons[*at].reason))
            .take(5)
            .chain((counts.len() > 5).then(|| "and others".to_string()))
            .collect();
        let worst = counts[0];
        let (example, remedy) = match self.columns.get(worst) {
            Some(column) => (column.example(), column.remedy()),
            None => (String::new(), self.reasons[worst].remedy.clone()),
        };
        Err(Error::failed(format!(
            "{total} of {read} records of {path} were rejected ({}{example}), more than the {} % that \
             max_rejects allows: {remedy}, or raise max_rejects",
            told.join(", "),
            (max.0 * 1e6).round() / 1e4
        )))
    }
}

impl Broken {
    fn example(&self) -> String {
        let tell = |(record, text): &(u64, String)| format!("; record {record} has {text:?} for {}", self.of);
        self.first.as_ref().map(tell).unwrap_or_default()
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

    fn sentence(texts: &[&str], of: Type, odd: u64) -> String {
        let schema = Schema::of(&[("id", Type::I64), ("dep delay", of)]);
        let mut rejects = Rejects::new(&schema, &[("fields", "check \"delimiter\"".to_string())]);
        let mut cx = Cx::new("run", "stage", Account::default());
        for (record, text) in texts.iter().enumerate() {
            rejects.refuse_type(&mut cx, b"raw", 1, text, record as u64 + 1);
        }
        (0..odd).for_each(|_| rejects.refuse(&mut cx, b"raw", "fields"));
        assert_eq!(rejects.judge("a.csv", Share(1.0), texts.len() as u64 + odd), Ok(()));
        let mut again = Rejects::new(&schema, &[("fields", "check \"delimiter\"".to_string())]);
        again.take_over(&mut cx);
        assert!(again.judge("a.csv", Share(0.01), 100).is_err(), "the counts come back after a restart");
        rejects.judge("a.csv", Share(0.01), 100).unwrap_err().sentence
    }

    #[test]
    fn the_sentence_names_the_column_and_the_line_to_add() {
        assert_eq!(
            sentence(&["n/a", "1.5"], Type::I64, 1),
            "3 of 100 records of a.csv were rejected (2 type:dep delay, 1 fields; record 1 has \"n/a\" for i64), \
             more than the 1 % that max_rejects allows: add types = { \"dep delay\" = \"str\" }, or raise \
             max_rejects"
        );
        let told = sentence(&["2.5", "1e3"], Type::I64, 0);
        assert!(told.contains("add types = { \"dep delay\" = \"f64\" }"), "{told}");
        assert!(sentence(&["x"], Type::F64, 2).ends_with(": check \"delimiter\", or raise max_rejects"));
    }
}
