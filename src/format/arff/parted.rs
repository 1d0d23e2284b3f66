//! A record parted into fields, dense or sparse.

use super::head::{Attribute, Kind, Relation};
use super::words::{Word, is_over, word};
use crate::format::field::{Field, Record};
use std::sync::Arc;

/// The fields of one record, in memory that is used again.
#[derive(Default)]
pub(in crate::format) struct Parted {
    relation: Arc<Relation>,
    text: String,
    /// By attribute, what a dense record says, or a sparse one, if it says something.
    words: Vec<Option<Word>>,
}

/// What a text is that is none of the values of its attribute.
const STRANGER: &str = "a text that its attribute does not name";

impl Parted {
    /// Parts a line.
    ///
    /// # Errors
    /// The reason for which it is no record.
    pub(in crate::format) fn read(&mut self, line: &[u8], of: &Arc<Relation>) -> Result<(), &'static str> {
        if !Arc::ptr_eq(&self.relation, of) {
            self.relation = of.clone();
        }
        let line = str::from_utf8(line).map_err(|_| "utf8")?;
        self.text.clear();
        self.words.clear();
        match line.trim_start().strip_prefix('{') {
            Some(sparse) => self.sparse(sparse),
            None => self.dense(line),
        }
    }

    fn dense(&mut self, mut rest: &str) -> Result<(), &'static str> {
        let wanted = self.relation.attributes.len();
        loop {
            if self.words.len() == wanted {
                // MOA ends records with a comma, Weka with the weight of the record.
                let weight = rest.trim_start();
                return match is_over(rest) || weight.starts_with('{') {
                    true => Ok(()),
                    false => Err("fields"),
                };
            }
            let (of, left) = word(rest, is_between, &mut self.text).ok_or("quote")?;
            self.words.push(Some(of));
            rest = match left.strip_prefix(is_between) {
                Some(left) => left,
                None if self.words.len() == wanted => left,
                None => return Err("fields"),
            };
        }
    }

    /// `{index value, …}`; what is not said is 0, or the first value.
    fn sparse(&mut self, mut rest: &str) -> Result<(), &'static str> {
        self.words.resize(self.relation.attributes.len(), None);
        loop {
            rest = rest.trim_start();
            if rest.starts_with('}') {
                return Ok(());
            }
            let end = rest.find(|c: char| !c.is_ascii_digit()).ok_or("fields")?;
            let at: usize = rest[..end].parse().map_err(|_| "fields")?;
            let slot = self.words.get(at).ok_or("fields")?;
            if slot.is_some() {
                return Err("duplicate");
            }
            let (of, left) = word(&rest[end..], |c| matches!(c, ',' | '}'), &mut self.text).ok_or("quote")?;
            self.words[at] = Some(of);
            rest = match left.as_bytes().first() {
                Some(b',') => &left[1..],
                Some(b'}') => left,
                _ => return Err("fields"),
            };
        }
    }
}

fn is_between(c: char) -> bool {
    matches!(c, ',' | '\t')
}

impl Record for Parted {
    fn field(&mut self, at: usize) -> Field<'_> {
        let Attribute { kind, .. } = &self.relation.attributes[at];
        let Some(word) = &self.words[at] else {
            return match kind {
                Kind::Real | Kind::Integer => Field::Text("0"),
                Kind::Nominal { first, .. } => Field::Quoted(first),
                Kind::Text | Kind::Date(_) => Field::Null,
            };
        };
        let text = &self.text[word.from..word.to];
        if !word.quoted && (text.is_empty() || text == "?") {
            return Field::Null;
        }
        match kind {
            Kind::Nominal { sorted, .. }
                if sorted.binary_search_by(|value| value.as_str().cmp(text)).is_err() =>
            {
                Field::Other(STRANGER)
            }
            _ if word.quoted => Field::Quoted(text),
            _ => Field::Text(text),
        }
    }
}
