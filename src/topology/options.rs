//! One `--set KEY=VALUE`: a dotted key as TOML writes it, and a TOML value, else a string.

use super::spans;
use config::Value;
use std::ops::Range;

/// An option that could be read. Its text is `--set KEY=VALUE`; ranges are bytes of that.
pub(super) struct Opt {
    pub index: usize,
    pub keys: Vec<String>,
    pub key: Range<usize>,
    pub value: Value,
    pub at: Range<usize>,
    said: String,
}

const FLAG: &str = "--set ";

/// How an option is shown.
pub(super) fn shown(set: &str) -> String {
    format!("{FLAG}{set}")
}

impl Opt {
    /// Reads `KEY=VALUE`.
    ///
    /// # Errors
    /// What is wrong with it, and where in the text shown.
    pub(super) fn read(index: usize, set: &str) -> Result<Opt, (Range<usize>, String)> {
        let all = FLAG.len()..FLAG.len() + set.len();
        let Some((key, value)) = set.split_once('=') else {
            return Err((all, "an option is KEY=VALUE, as in --set clean.workers=2".to_string()));
        };
        let at = FLAG.len()..FLAG.len() + key.len();
        let Some(keys) = read_key(key) else {
            let what =
                "the key is not one: names with dots between, as in clean.steps.1.where (others in quotes)";
            return Err((at, what.to_string()));
        };
        let start = at.end + 1 + (value.len() - value.trim_start().len());
        let value = value.trim();
        Ok(Opt {
            index,
            keys,
            key: at,
            at: start..start + value.len(),
            value: spans::read_value(value).unwrap_or_else(|| Value::from(value.to_string())),
            said: key.to_string(),
        })
    }

    /// Its key, as it was given.
    pub(super) fn said(&self) -> &str {
        &self.said
    }
}

/// A dotted key, by TOML's own rules: what stands in front of one `=` makes tables in each other.
fn read_key(key: &str) -> Option<Vec<String>> {
    if key.contains(char::is_control) {
        return None;
    }
    let line = format!("{key}=0");
    let mut keys = Vec::new();
    let mut table: toml::Table = line.parse().ok()?;
    loop {
        let (key, value) = std::mem::take(&mut table).into_iter().next()?;
        keys.push(key);
        match value {
            toml::Value::Table(inner) => table = inner,
            _ => return Some(keys),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use config::ValueKind;

    #[test]
    fn values_are_toml_else_text() {
        let value = |set: &str| Opt::read(0, set).map(|option| option.value.kind).unwrap();
        assert_eq!(value("a.b=5"), ValueKind::I64(5));
        assert_eq!(value("a.b= true "), ValueKind::Boolean(true));
        assert_eq!(value("a.b=\"5\""), ValueKind::String("5".to_string()));
        for text in
            ["5s", "x > 1", "out/orders.db", "", "01", "nan", "9223372036854775808", "a = b", "[", "# 5"]
        {
            assert_eq!(value(&format!("a={text}")), ValueKind::String(text.to_string()));
        }
    }

    #[test]
    fn keys_are_toml_keys() {
        let keys = |set: &str| Opt::read(0, set).map(|option| option.keys).ok();
        assert_eq!(keys("clean.steps.1.where=x").unwrap(), ["clean", "steps", "1", "where"]);
        assert_eq!(keys("a-b.\"größe in m.\"=1").unwrap(), ["a-b", "größe in m."]);
        for wrong in ["", "a", "=1", "a.=1", "#a=1", "[a]\nb=1", "a\nb=1", "a b=1", "a..b=1"] {
            assert!(keys(wrong).is_none(), "{wrong}");
        }
        let option = Opt::read(0, "a.b= x").unwrap();
        let text = shown("a.b= x");
        assert_eq!((&text[option.key], &text[option.at]), ("a.b", "x"));
    }
}
