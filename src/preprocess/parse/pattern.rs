//! A regular expression that takes a text apart: tried from the text's start first, where most texts match.
//!
//! A match that may begin anywhere is looked for twice, once for where it begins and once for its groups. One that
//! begins with the text needs one look; where there is one it is the first of all, so that the answer is the same.

use super::parted::Parted;
use regex::{CaptureLocations, Regex};

#[derive(Clone)]
pub(super) struct Pattern {
    anywhere: Search,
    /// The same from the text's start on, unless it begins there anyway.
    at_start: Option<Search>,
    /// What is left of the trust that texts match from their start on: every one that does not costs some.
    trust: u32,
    /// The groups that are columns.
    groups: Vec<usize>,
}

/// So many texts more may miss than match, until it is tried no more.
const TRUST: u32 = 64;

#[derive(Clone)]
struct Search {
    regex: Regex,
    places: CaptureLocations,
}

impl Search {
    fn new(regex: Regex) -> Search {
        Search { places: regex.capture_locations(), regex }
    }

    #[inline]
    fn finds(&mut self, text: &str) -> bool {
        self.regex.captures_read(&mut self.places, text).is_some()
    }
}

impl Pattern {
    pub(super) fn new(regex: Regex, groups: Vec<usize>) -> Pattern {
        let pattern = regex.as_str();
        // A pattern that is whole by itself is so in brackets, or it is none: its last line may be a comment.
        let at_start = match pattern.starts_with('^') || pattern.starts_with(r"\A") {
            true => None,
            false => Regex::new(&format!(r"\A(?:{pattern})")).ok().map(Search::new),
        };
        Pattern { anywhere: Search::new(regex), at_start, trust: TRUST, groups }
    }

    /// Takes a text apart; `None`, where it does not match.
    pub(super) fn part(&mut self, text: &str, parted: &mut Parted) -> Option<()> {
        parted.begin(self.groups.len());
        let found = self.trust > 0 && self.at_start.as_mut().is_some_and(|search| search.finds(text));
        let places = match &self.at_start {
            Some(at_start) if found => {
                self.trust = (self.trust + 1).min(TRUST);
                &at_start.places
            }
            _ => {
                self.trust = self.trust.saturating_sub(1);
                self.anywhere.finds(text).then_some(&self.anywhere.places)?
            }
        };
        for (column, group) in self.groups.iter().enumerate() {
            if let Some((from, to)) = places.get(*group) {
                parted.set(column, from..to);
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Field;
    use proptest::prelude::*;

    const PATTERNS: [&str; 14] = [
        r"(?<a>[ab]+) (?<b>\d+)",
        r"(?<a>a|ab)(?<b>c?)",
        r"(?<a>a*?)(?<b>b*)",
        r"(?<a>)(?<b>b)?",
        r"^(?<a>a)|(?<b>b)",
        r"(?m)^(?<a>b+)(?<b>$)",
        r"(?<a>a)|(?<b>b)c",
        r"\b(?<a>\w+)\b(?<b> ?)",
        "(?x) (?<a> a+ ) # no ( more\n (?<b> b* ) # nor here",
        r"(?i)(?<a>A+)(?<b>é?)",
        r"(?s)(?<a>.)(?<b>.*)",
        r"\A(?<a>a)(?<b>b)?",
        r"(?<a>[^ ]*) (?<b>.*)$",
        r"(?<b>b)\z|(?<a>a)",
    ];

    fn fields(found: Option<()>, parted: &Parted, text: &str) -> Option<Vec<Option<String>>> {
        let field = |at| match parted.field(at, text) {
            Field::Text(text) => Some(text.to_string()),
            _ => None,
        };
        found.map(|()| (0..2).map(field).collect())
    }

    proptest! {
        /// Whatever is tried first, the groups are those that the expression finds.
        #[test]
        fn groups_are_those_of_the_first_match(
            pattern in prop::sample::select(&PATTERNS[..]),
            texts in prop::collection::vec("[ab c1é\n]{0,8}", 0..100),
        ) {
            let regex = Regex::new(pattern).unwrap();
            let groups = ["a", "b"].map(|name| regex.capture_names().position(|of| of == Some(name)).unwrap());
            let (mut ours, mut parted) = (Pattern::new(regex.clone(), groups.to_vec()), Parted::default());
            // Also with the trust all gone on the way.
            ours.trust = 3;
            for text in &texts {
                let found = ours.part(text, &mut parted);
                let group = |found: &regex::Captures<'_>, at| found.get(at).map(|of| of.as_str().to_string());
                let theirs = regex.captures(text).map(|found| groups.map(|at| group(&found, at)).to_vec());
                prop_assert_eq!(fields(found, &parted, text), theirs, "{} {:?}", pattern, text);
            }
        }
    }

    #[test]
    fn what_never_matches_from_the_start_is_not_tried_for_ever() {
        let (mut pattern, mut parted) =
            (Pattern::new(Regex::new("(?<n>[0-9])").unwrap(), vec![1]), Parted::default());
        (0..2 * TRUST).for_each(|_| assert_eq!(pattern.part("1x", &mut parted), Some(())));
        assert_eq!(pattern.trust, TRUST, "it pays");
        (0..2 * TRUST).for_each(|_| assert_eq!(pattern.part("x1", &mut parted), Some(())));
        assert_eq!(pattern.trust, 0);
        assert_eq!(pattern.part("1x", &mut parted), Some(()));
        assert_eq!(pattern.trust, 0, "that is not known, as it is not tried");
        assert!(
            ["^a", r"\Aa", "a"].map(|of| Pattern::new(Regex::new(of).unwrap(), vec![]).at_start.is_some())
                == [false, false, true]
        );
    }
}
