//! How a CSV text is written: what parts its fields, what stands around them, and which lines are no records.

use crate::params::{JsonSchema, Problem};
use serde::Deserialize;

/// What a topology says of it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DialectParams {
    /// One ASCII character between fields.
    #[serde(default = "comma")]
    delimiter: String,
    /// One ASCII character around fields; "" for none.
    #[serde(default = "double_quote")]
    quote: String,
    /// Before a quote, a delimiter, a line end or itself this character takes their meaning away; none, if absent.
    escape: Option<String>,
    /// A line that begins with this character is no record; none, if absent.
    comment: Option<String>,
    /// Blanks and tabs around a field are no part of it.
    #[serde(default)]
    trim: bool,
    /// Text behind a closing quote is taken as it is; else its record is rejected.
    #[serde(default)]
    lenient_quotes: bool,
    /// A field in quotes can mean NULL too; if false, "" in quotes is an empty text.
    #[serde(default = "yes")]
    quoted_null: bool,
    /// A record may have fewer fields than columns, the rest is NULL, or empty ones too many, which are left out.
    #[serde(default)]
    ragged: bool,
}

/// The same, checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dialect {
    pub(super) delimiter: u8,
    pub(super) quote: Option<u8>,
    pub(super) escape: Option<u8>,
    pub(super) comment: Option<u8>,
    pub(super) trim: bool,
    pub(super) lenient_quotes: bool,
    pub(super) quoted_null: bool,
    pub(crate) ragged: bool,
}

fn comma() -> String {
    ",".to_string()
}

fn double_quote() -> String {
    "\"".to_string()
}

fn yes() -> bool {
    true
}

impl DialectParams {
    /// The characters; those that can't be are told.
    pub(crate) fn check(self, problems: &mut Vec<Problem>) -> Dialect {
        let DialectParams { delimiter, quote, escape, comment, trim, lenient_quotes, quoted_null, ragged } =
            self;
        let mut one = |key: &str, text: &str, or: &str| match *text.as_bytes() {
            [byte] if byte.is_ascii() && !matches!(byte, b'\n' | b'\r') => Some(byte),
            _ => {
                problems.push(Problem::at(key, format!("{text:?} is not one ASCII character{or}")));
                None
            }
        };
        let delimiter = one("delimiter", &delimiter, "");
        let quote = if quote.is_empty() { None } else { one("quote", &quote, ", or none (\"\")") };
        let escape = escape.and_then(|escape| one("escape", &escape, ""));
        let comment = comment.and_then(|comment| one("comment", &comment, ""));
        let named = [("delimiter", delimiter), ("quote", quote), ("escape", escape), ("comment", comment)];
        for (at, (key, byte)) in named.iter().enumerate().filter(|(_, (_, byte))| byte.is_some()) {
            // Who names the quote as the escape says that it is doubled, and so it is.
            let same =
                |(other, of): &&(&str, Option<u8>)| of == byte && (*key, *other) != ("escape", "quote");
            if let Some((other, _)) = named[..at].iter().find(same) {
                problems.push(Problem::at(key, format!("the {key} and the {other} can't be the same")));
            }
        }
        Dialect {
            delimiter: delimiter.unwrap_or(b','),
            escape: escape.filter(|_| escape != quote),
            quote,
            comment,
            trim,
            lenient_quotes,
            quoted_null,
            ragged,
        }
    }
}

impl Dialect {
    /// The usual one, with another delimiter.
    #[cfg(test)]
    pub(super) fn with(delimiter: u8) -> Dialect {
        let usual: DialectParams = toml::Table::new().try_into().expect("every key has a default");
        Dialect { delimiter, ..usual.check(&mut Vec::new()) }
    }

    /// Whether it takes more than looking for delimiters, line ends and quotes to read it.
    pub(super) fn is_odd(&self) -> bool {
        self.escape.is_some() || self.trim
    }
}
