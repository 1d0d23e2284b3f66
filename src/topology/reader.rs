//! Takes typed values out of a table, and tells of each that is not what it must be.

use super::key::{Key, Kind, has, names};
use super::places::Findings;
use super::problem::Finding;
use super::spans::{Path, under};
use crate::params::{in_our_units, meant, shown};
use crate::units::{Bytes, Rate, Share, Span};
use serde::Deserialize;
use toml::{Table, Value};

pub(super) struct Reader<'a> {
    pub table: &'a Table,
    /// The keys that there are.
    keys: &'static [Key],
    pub at: &'a [String],
    who: &'a str,
    pub findings: &'a mut Findings,
}

impl<'a> Reader<'a> {
    /// `who` begins every sentence; empty for the topology itself.
    pub(super) fn new(
        table: &'a Table,
        keys: &'static [Key],
        at: &'a [String],
        who: &'a str,
        findings: &'a mut Findings,
    ) -> Reader<'a> {
        Reader { table, keys, at, who, findings }
    }

    /// What a key may hold.
    fn kind(&self, key: &str) -> Kind {
        self.keys.iter().find(|known| known.name == key).expect("only keys of the list are read").kind
    }

    /// Reads a table under a key.
    pub(super) fn inside<T>(
        &mut self,
        key: &str,
        table: &Table,
        read: impl FnOnce(&mut Reader<'_>) -> T,
    ) -> T {
        let at = under(self.at, &[key]);
        let who = self.sentence(&format!("\"{key}\""));
        let keys = self.kind(key).inner();
        read(&mut Reader { table, keys, at: &at, who: &who, findings: self.findings })
    }

    pub(super) fn sentence(&self, what: &str) -> String {
        if self.who.is_empty() { what.to_string() } else { format!("{}: {what}", self.who) }
    }

    /// Something is wrong with the value of a key.
    pub(super) fn tell(&mut self, key: &str, what: String) {
        self.findings.value(&under(self.at, &[key]), self.sentence(&what));
    }

    /// The same, where there are choices.
    pub(super) fn tell_choice(&mut self, key: &str, what: String, given: &str, choices: &[&str]) {
        let what = self.sentence(&what);
        self.findings.value(&under(self.at, &[key]), what).meant(given, choices.iter().copied());
    }

    /// A key should not be here.
    pub(super) fn tell_key(&mut self, key: &str, what: &str) -> &mut Finding {
        let what = self.sentence(what);
        self.findings.key(&under(self.at, &[key]), what)
    }

    /// The table lacks something.
    pub(super) fn tell_header(&mut self, what: String) {
        let place = self.findings.places.header(self.at);
        self.findings.add(self.at, place, self.sentence(&what));
    }

    /// A value is not of the kind it must be.
    pub(super) fn wrong(&mut self, key: &str, must: &str) {
        let given = self.table.get(key).map(shown).unwrap_or_default();
        let what = self.sentence(&format!("\"{key}\" must be {must}, not {given}"));
        let text = self.table.get(key).and_then(Value::as_str).unwrap_or_default();
        // Under a table of roles stand names that no list has.
        let known = self.keys.iter().find(|known| known.name == key);
        let nearest = known.and_then(|known| in_our_units(known.kind.schema()["format"].as_str()?, text));
        self.findings.value(&under(self.at, &[key]), what).nearest = nearest;
    }

    /// Tells of every key that is not built yet.
    pub(super) fn deny_not_built(&mut self) {
        for key in self.keys.iter().filter(|key| !key.built && self.table.contains_key(key.name)) {
            self.tell_key(key.name, &format!("\"{}\" is not built yet", key.name));
        }
    }

    /// Tells of every key that there is not; `hint` helps where none is near.
    pub(super) fn deny_unknown(&mut self, hint: &str) {
        for key in self.table.keys().filter(|key| !has(self.keys, key)) {
            if let Some(now) = renamed(key).filter(|now| has(self.keys, now)) {
                self.tell_key(key, &format!("\"{key}\" was renamed \"{now}\""));
                continue;
            }
            let near = meant(key, names(self.keys));
            let hint = if near.is_none() { points_on(key).unwrap_or(hint) } else { "" };
            let what = self.sentence(&format!("unknown key {}{hint}", shown(&Value::String(key.clone()))));
            self.findings.key(&under(self.at, &[key]), what).nearest = near;
        }
    }

    pub(super) fn text(&mut self, key: &str, must: &str) -> Option<String> {
        match self.table.get(key)? {
            Value::String(text) => Some(text.clone()),
            _ => {
                self.wrong(key, &format!("{must} in quotes"));
                None
            }
        }
    }

    pub(super) fn flag(&mut self, key: &str) -> Option<bool> {
        let value = self.table.get(key)?;
        if value.as_bool().is_none() {
            self.wrong(key, "true or false");
        }
        value.as_bool()
    }

    /// A whole number within a range.
    pub(super) fn whole(&mut self, key: &str) -> Option<u64> {
        let bounds =
            |kind: &Kind| if let Kind::Whole(least, most) = kind { Some((*least, *most)) } else { None };
        let (least, most) = self.kind(key).find(bounds)?;
        let number = self.table.get(key)?.as_integer().and_then(|number| u64::try_from(number).ok());
        let number = number.filter(|number| (least..=most).contains(number));
        if number.is_none() {
            self.wrong(key, &Kind::Whole(least, most).words());
        }
        number
    }

    pub(super) fn bytes(&mut self, key: &str) -> Option<Bytes> {
        let bounds =
            |kind: &Kind| if let Kind::Size(least, most) = kind { Some((*least, *most)) } else { None };
        let (least, most) = self.kind(key).find(bounds)?;
        let bytes = Bytes::deserialize(self.table.get(key)?.clone()).ok();
        let bytes = bytes.filter(|bytes| (least..=most).contains(&bytes.0));
        if bytes.is_none() {
            self.wrong(key, &Kind::Size(least, most).words());
        }
        bytes
    }

    pub(super) fn span(&mut self, key: &str) -> Option<Span> {
        let bounds =
            |kind: &Kind| if let Kind::Time(least, most) = kind { Some((*least, *most)) } else { None };
        let (least, most) = self.kind(key).find(bounds)?;
        let span = Span::deserialize(self.table.get(key)?.clone()).ok();
        let span = span.filter(|span| (least..=most).contains(span));
        if span.is_none() {
            self.wrong(key, &Kind::Time(least, most).words());
        }
        span
    }

    /// Which of a few words a key holds.
    pub(super) fn choice(&mut self, key: &str) -> Option<usize> {
        let choices = self
            .kind(key)
            .find(|kind| if let Kind::Choice(choices) = kind { Some(*choices) } else { None })?;
        let quoted: Vec<String> = choices.iter().map(|choice| format!("\"{choice}\"")).collect();
        let listed = quoted.join(" or ");
        let given = self.text(key, &listed)?;
        let at = choices.iter().position(|choice| *choice == given);
        if at.is_none() {
            let what = format!("unknown choice \"{given}\" for \"{key}\" (there is {listed})");
            self.tell_choice(key, what, &given, choices);
        }
        at
    }

    pub(super) fn share(&mut self, key: &str) -> Option<Share> {
        let share = Share::deserialize(self.table.get(key)?.clone()).ok();
        if share.is_none() {
            self.wrong(key, &Kind::Share.words());
        }
        share
    }

    pub(super) fn rate(&mut self, key: &str) -> Option<Rate> {
        let rate = Rate::deserialize(self.table.get(key)?.clone()).ok();
        if rate.is_none() {
            self.wrong(key, &Kind::Rate.words());
        }
        rate
    }

    /// One string or a list of them, each with its path. A list that is wrong is empty.
    pub(super) fn names(&mut self, key: &str) -> Option<Vec<(String, Path)>> {
        let at = under(self.at, &[key]);
        let entries = match self.table.get(key)? {
            Value::String(name) => return Some(vec![(name.clone(), at)]),
            Value::Array(entries) if !entries.is_empty() => entries,
            _ => {
                self.wrong(key, "a name in quotes, or a list of them");
                return Some(Vec::new());
            }
        };
        let mut names: Vec<(String, Path)> = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let at = under(&at, &[&index.to_string()]);
            match entry.as_str() {
                None => {
                    let what = format!("\"{key}\" holds names in quotes, not {}", shown(entry));
                    self.findings.value(&at, self.sentence(&what));
                }
                Some(name) if names.iter().any(|(earlier, _)| earlier == name) => {
                    let name = shown(entry);
                    self.findings.value(&at, self.sentence(&format!("\"{key}\" holds {name} twice")));
                }
                Some(name) => names.push((name.to_string(), at)),
            }
        }
        Some(names)
    }
}

/// What to say of a key that names who reads the stage, as other tools have it.
pub(super) fn points_on(key: &str) -> Option<&'static str> {
    let says = ["to", "output", "outputs", "sink", "sinks", "next", "downstream", "targets", "publish"]
        .contains(&key);
    says.then_some(" (a stage says what it reads, with \"from\"; who reads it says so there)")
}

/// Keys of a stage that were called otherwise once: as they were written then, and their names now.
const RENAMED: [(&str, &str); 1] = [("window =", "credit")];

/// What a key of a stage is called now that was called otherwise.
pub(super) fn renamed(key: &str) -> Option<&'static str> {
    RENAMED.iter().find(|(was, _)| was.trim_end_matches(" =") == key).map(|(_, now)| *now)
}
