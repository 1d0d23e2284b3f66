//! What is wrong with a topology, and the picture in which it is told.
//!
//! All problems are told at once, in the order of the file, those of `--set` options after them, an empty line
//! between two. One picture is
//!
//! ```text
//! error: stage "clean": filter: there is no column "amunt" (there are: amount f64)
//!   --> topologies/orders.toml:14:35
//!    |
//! 14 |   { operator = "filter", where = "amunt > 0" },
//!    |                                   ^^^^^ did you mean "amount"?
//! ```
//!
//! `error` (or `warning`), who and what; `FILE:LINE:COL`, both from 1, the column in characters, the file as the
//! user named it; the line, with what is wrong underlined; behind it the nearest valid choice if one is near. A
//! second place that belongs to it (the first of two stages of one name) follows under `:::`, underlined with
//! `---`. What has several lines is underlined on its first. A value that came from an option shows that:
//!
//! ```text
//! error: stage "clean": filter: there is no column "amunt" (there are: amount f64)
//!  |
//!  | --set clean.steps.1.where=amunt > 0
//!  |                           ^^^^^ did you mean "amount"?
//! ```
//!
//! What lies nowhere in a text (the file is missing) is its first line alone. After `SHOWN_MAX` problems the
//! rest is a number.

mod data;

use crate::error::Error;
use crate::params;
use crate::printable::one_line;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use std::fmt;
use std::ops::Range;

/// So many problems are drawn.
const SHOWN_MAX: usize = 100;

/// Where something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Bytes of the file.
    File(Range<usize>),
    /// Bytes of the option with this number, written as `--set KEY=VALUE`.
    Set(usize, Range<usize>),
    /// The file as a whole.
    Start,
    /// Not in any text.
    Nowhere,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Error,
    Warning,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub severity: Severity,
    /// Keys from the root to what is wrong; empty where it has none.
    pub path: Vec<String>,
    pub place: Place,
    /// Who and what, as one sentence.
    pub what: String,
    /// The nearest valid choice.
    pub nearest: Option<String>,
    /// A second place that belongs to it, and what that is.
    pub also: Option<(Place, String)>,
}

impl Finding {
    pub(super) fn new(place: Place, what: impl Into<String>) -> Finding {
        Finding {
            severity: Severity::Error,
            path: Vec::new(),
            place,
            what: one_line(&what.into()).into_owned(),
            nearest: None,
            also: None,
        }
    }

    /// Adds the nearest of `choices` to `given`, unless there is one already.
    pub(super) fn suggest<'a>(&mut self, given: &str, choices: impl IntoIterator<Item = &'a str>) {
        self.nearest = self.nearest.take().or_else(|| params::nearest(given, choices));
    }

    /// The same where the choices are words of ours.
    pub(super) fn meant<'a>(&mut self, given: &str, choices: impl IntoIterator<Item = &'a str>) {
        self.nearest = self.nearest.take().or_else(|| params::meant(given, choices));
    }
}

/// The texts that places point into.
#[derive(Clone, Debug, Default)]
pub(super) struct Source {
    /// The file as the user named it.
    pub name: String,
    pub text: String,
    /// Each option, as `--set KEY=VALUE`.
    pub sets: Vec<String>,
    /// What stages are called, as far as they are, in the order of the file.
    pub stages: Vec<Option<String>>,
}

/// Everything that is wrong with a topology, or worth a warning.
pub struct Problems {
    pub findings: Vec<Finding>,
    pub(super) source: Source,
}

impl Problems {
    pub(super) fn new(source: Source, mut findings: Vec<Finding>) -> Problems {
        findings.sort_by_key(|finding| match &finding.place {
            Place::Nowhere | Place::Start => (0, 0, 0),
            Place::File(at) => (1, at.start, 0),
            Place::Set(option, at) => (2, *option, at.start),
        });
        findings.dedup();
        Problems { findings, source }
    }

    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// All pictures. With `colour` they hold the escape codes of a terminal.
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let shown = &self.findings[..self.findings.len().min(SHOWN_MAX)];
        let mut pictures: Vec<String> =
            shown.iter().map(|finding| renderer.render(&[self.group(finding)])).collect();
        if self.findings.len() > SHOWN_MAX {
            pictures.push(format!("and {} problems more", self.findings.len() - SHOWN_MAX));
        }
        pictures.join("\n\n")
    }

    fn group<'a>(&'a self, finding: &'a Finding) -> Group<'a> {
        let level = match finding.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let label = finding.nearest.as_ref().map(|nearest| format!("did you mean \"{nearest}\"?"));
        let title = level.primary_title(&finding.what);
        let Some(snippet) = self.snippet(&finding.place) else {
            return match finding.place {
                Place::Start => title.element(Origin::path(&self.source.name).line(1).char_column(1)),
                _ => Group::with_title(title),
            };
        };
        let primary = snippet.annotate(AnnotationKind::Primary, label);
        let also = finding.also.as_ref().filter(|(also, _)| *also != finding.place);
        let second = also.and_then(|(also, label)| Some((self.snippet(also)?, label)));
        let Some((second, label)) = second else { return title.element(primary) };
        if second.line == snippet.line && second.text == snippet.text {
            let within = AnnotationKind::Context.span(second.within).label(label);
            return title.element(primary.annotation(within));
        }
        title.element(primary).element(second.annotate(AnnotationKind::Context, Some(label.clone())))
    }

    /// The line of a place.
    fn snippet<'a>(&'a self, place: &Place) -> Option<Line<'a>> {
        let (text, at, path) = match place {
            Place::File(at) => (&self.source.text, at, Some(self.source.name.as_str())),
            Place::Set(option, at) => (&self.source.sets[*option], at, None),
            Place::Start | Place::Nowhere => return None,
        };
        let (line, bytes, within) = line_of(text, at);
        Some(Line { line, text: &text[bytes], within, path })
    }
}

/// A line, and what of it is to be underlined.
struct Line<'a> {
    line: usize,
    text: &'a str,
    within: Range<usize>,
    /// Only a file's lines have a number.
    path: Option<&'a str>,
}

impl<'a> Line<'a> {
    fn annotate(&self, kind: AnnotationKind, label: Option<String>) -> Snippet<'a, Annotation<'a>> {
        let snippet = Snippet::source(self.text).annotation(kind.span(self.within.clone()).label(label));
        match self.path {
            Some(path) => snippet.line_start(self.line).path(path),
            None => snippet.line_numbering(false),
        }
    }
}

/// The number of the line where `at` begins, its bytes, and what of `at` lies in it, counted from its start.
fn line_of(text: &str, at: &Range<usize>) -> (usize, Range<usize>, Range<usize>) {
    // The end of a file that ends in a newline belongs to the line before.
    let start = if at.start >= text.len() { text.trim_end().len() } else { at.start };
    let from = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[from..].lines().next().unwrap_or_default();
    let number = text[..from].matches('\n').count() + 1;
    let begin = (start - from).min(line.len());
    let end = (at.end.saturating_sub(from)).clamp(begin, line.len());
    (number, from..from + line.len(), begin..end)
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

/// As the picture, so that a test that fails shows what a user would see.
impl fmt::Debug for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{self}\n")
    }
}

impl From<Problems> for Error {
    fn from(problems: Problems) -> Error {
        Error::drawn(problems.render(false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_cut_to_its_first_line() {
        let text = "a = 1\r\nb = [\n 2,\n]\n";
        assert_eq!(line_of(text, &(0..1)), (1, 0..5, 0..1));
        assert_eq!(line_of(text, &(11..17)), (2, 7..12, 4..5));
        assert_eq!(line_of(text, &(18..18)), (4, 17..18, 1..1), "the end of the file");
        assert_eq!(line_of("", &(0..0)), (1, 0..0, 0..0));
        assert_eq!(line_of("\n\n", &(2..2)), (1, 0..0, 0..0));
    }

    #[test]
    fn no_byte_of_a_text_can_break_the_picture() {
        let text = "größe = \"日本\"\r\n\t# \u{1b}[31m\n\n";
        let starts = (0..=text.len()).filter(|at| text.is_char_boundary(*at));
        for start in starts.clone() {
            for end in starts.clone().filter(|end| *end >= start) {
                let source =
                    Source { name: "x.toml".to_string(), text: text.to_string(), ..Source::default() };
                let finding = Finding::new(Place::File(start..end), "wrong");
                let picture = Problems::new(source, vec![finding]).render(false);
                assert!(picture.contains(" x.toml:") && !picture.contains('\u{1b}'), "{picture}");
            }
        }
    }
}
