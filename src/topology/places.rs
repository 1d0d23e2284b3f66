//! Finds the place of a key or value, in the file or in the option that set it, and gathers what is wrong there.

use super::problem::{Finding, Place, Problems, Severity, Source};
use super::quoted;
use super::spans::{Path, Span, Spans, under};
use super::variables::{Piece, before};
use std::collections::HashMap;

/// Every place of a topology.
#[derive(Debug, Default)]
pub(super) struct Places {
    pub source: Source,
    pub spans: Spans,
    /// Everything that options set, in their order.
    pub sets: Vec<Set>,
    /// The strings of the file that variables were filled in.
    pub filled: HashMap<Path, Vec<Piece>>,
}

/// One value that an option set, and where in the option's text it stands.
#[derive(Debug)]
pub(super) struct Set {
    pub option: usize,
    pub path: Path,
    pub span: Span,
    /// A table is laid over what lies below; anything else takes its place as a whole.
    pub table: bool,
}

/// Where the key and the value of a path stand.
struct Found {
    key: Place,
    value: Place,
}

impl Places {
    /// The value under a path; of one that is missing, what stands for the thing it is missing from.
    pub(super) fn value(&self, path: &[String]) -> Place {
        if let Some(found) = self.exactly(path) {
            return found.value;
        }
        for end in (0..path.len()).rev() {
            let above = &path[..end];
            let speaks = ["operator", "name"].iter().find_map(|key| self.exactly(&under(above, &[key])));
            if let Some(found) = speaks.or_else(|| self.exactly(above)) {
                return found.value;
            }
        }
        Place::Start
    }

    /// The key of a path; else the same as `value`.
    pub(super) fn key(&self, path: &[String]) -> Place {
        self.exactly(path).map_or_else(|| self.value(path), |found| found.key)
    }

    /// A stage or step itself: its header.
    pub(super) fn header(&self, path: &[String]) -> Place {
        self.exactly(path).map_or(Place::Start, |found| found.value)
    }

    /// A word inside the string under a path, by its byte offset in the string.
    pub(super) fn inside(&self, path: &[String], offset: usize) -> Place {
        let pieces = self.filled.get(path).map_or(&[][..], Vec::as_slice);
        let offset = before(pieces, offset);
        let word = |text: &str, at: std::ops::Range<usize>| {
            let word = text.get(at.clone()).map(|raw| quoted::word_at(raw, offset));
            word.map_or(at.clone(), |word| at.start + word.start..at.start + word.end)
        };
        match self.exactly(path).map(|found| found.value) {
            Some(Place::File(at)) => Place::File(word(&self.source.text, at)),
            // What was filled in stands elsewhere in the value than in the text.
            Some(Place::Set(option, at)) if self.source.sets[option].contains("${") => Place::Set(option, at),
            Some(Place::Set(option, at)) => Place::Set(option, word(&self.source.sets[option], at)),
            _ => self.value(path),
        }
    }

    /// What is written under one path is meant under the other.
    pub(super) fn stands_for(&mut self, written: &[String], meant: &[String]) {
        if let Some(span) = self.spans.get(written).cloned() {
            self.spans.insert(meant.to_vec(), span);
        }
    }

    /// Whether somebody has written this value, or something in it: it is not a default.
    pub(super) fn written(&self, path: &[String]) -> bool {
        self.exactly(path).is_some()
    }

    fn exactly(&self, path: &[String]) -> Option<Found> {
        let covers = |set: &&Set| set.path == path || (!set.table && path.starts_with(&set.path));
        let inside = |set: &&Set| set.path.starts_with(path);
        let set = |set: &Set| Found {
            key: Place::Set(set.option, set.span.key.clone()),
            value: Place::Set(set.option, set.span.value.clone()),
        };
        let file = |span: &Span| Found {
            key: Place::File(span.key.clone()),
            value: Place::File(span.value.clone()),
        };
        self.sets
            .iter()
            .rfind(covers)
            .map(set)
            .or_else(|| self.spans.get(path).map(file))
            .or_else(|| self.sets.iter().rfind(inside).map(set))
    }
}

/// What has been found so far.
pub(super) struct Findings {
    pub places: Places,
    pub list: Vec<Finding>,
    /// Variables that could not be filled in. Else nothing is told of what they stand in.
    pub unfilled: Vec<Finding>,
}

impl Findings {
    pub(super) fn new(places: Places) -> Findings {
        Findings { places, list: Vec::new(), unfilled: Vec::new() }
    }

    /// Whether something is an error, or may hide one.
    pub(super) fn has_errors(&self) -> bool {
        !self.unfilled.is_empty() || self.list.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// All of them.
    pub(super) fn told(self) -> Problems {
        let Findings { places, mut list, unfilled } = self;
        list.retain(|finding| !unfilled.iter().any(|at| finding.path.starts_with(&at.path)));
        list.extend(unfilled);
        Problems::new(places.source, list)
    }

    /// Something is wrong with the value under a path.
    pub(super) fn value(&mut self, path: &[String], what: impl Into<String>) -> &mut Finding {
        self.add(path, self.places.value(path), what)
    }

    /// A key should not be there, or not be called so.
    pub(super) fn key(&mut self, path: &[String], what: impl Into<String>) -> &mut Finding {
        self.add(path, self.places.key(path), what)
    }

    pub(super) fn warn(&mut self, path: &[String], what: impl Into<String>) {
        self.value(path, what).severity = Severity::Warning;
    }

    /// The same, where it is known where that stands; nothing with a key has an empty path.
    pub(super) fn add(&mut self, path: &[String], place: Place, what: impl Into<String>) -> &mut Finding {
        self.list.push(Finding { path: path.to_vec(), ..Finding::new(place, what) });
        self.list.last_mut().expect("one was just added")
    }
}
