//! Names: what one may look like, and a parameter that holds one or a list of them.

use crate::units::describes;
use serde::de::{Deserializer, SeqAccess, Visitor};
use std::fmt;

/// What a name is, as the end of a sentence.
pub(crate) const NAMED: &str = "a letter of a-z, then at most 40 of a-z, 0-9, \"_\" and \"-\"";

/// Names of topologies, stages, processes and branches: `[a-z][a-z0-9_-]{0,40}`, so that they are safe in paths, tables
/// and topics.
pub(crate) fn is_name(name: &str) -> bool {
    name.len() <= 41
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-')
}

/// One name, or a list of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    all: Vec<String>,
    listed: bool,
}

impl Names {
    pub fn all(&self) -> &[String] {
        &self.all
    }

    /// Where the name `at` stands that was given under `key`.
    pub fn path(&self, key: &str, at: usize) -> Vec<String> {
        let place = self.listed.then(|| at.to_string());
        std::iter::once(key.to_string()).chain(place).collect()
    }
}

impl<'de> serde::Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Names, D::Error> {
        from.deserialize_any(ReadNames)
    }
}

struct ReadNames;

impl<'de> Visitor<'de> for ReadNames {
    type Value = Names;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name in quotes, or a list of them")
    }

    fn visit_str<E>(self, name: &str) -> Result<Names, E> {
        Ok(Names { all: vec![name.to_string()], listed: false })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Names, A::Error> {
        let mut names = Names { all: Vec::new(), listed: true };
        while let Some(name) = list.next_element()? {
            names.all.push(name);
        }
        Ok(names)
    }
}

describes!(Names, "names", {
    "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }],
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::{JsonSchema, read};

    #[test]
    fn names_are_one_or_a_list() {
        #[derive(Debug, serde::Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        struct Sample {
            per: Names,
        }
        let read = |text: &str| read::<Sample>(text.parse().unwrap()).map(|sample| sample.per);
        let (one, list) = (read("per = \"a\"").unwrap(), read("per = [\"a\", \"b\"]").unwrap());
        assert_eq!((one.all(), one.path("per", 0)), (&["a".to_string()][..], vec!["per".to_string()]));
        assert_eq!((list.all().len(), list.path("per", 1)), (2, vec!["per".to_string(), "1".to_string()]));
        let told = read("per = 3").unwrap_err().remove(0);
        assert!(told.path == ["per"] && told.what.contains("a text or a list of texts"), "{told:?}");
        assert!(read("per = [3]").unwrap_err()[0].path.starts_with(&["per".to_string()]));
    }
}
