//! What a test expects of the account.

use crate::params::shown;
use crate::topology::reader::Reader;
use crate::topology::spans::under;
use crate::topology::test_keys::ACCOUNT;
use toml::{Table, Value};

const KEY: &str = "expect_account";
const REJECTED: &str = "rejected";

/// Counts by their names.
type Counts = Vec<(String, u64)>;

/// Counts by the keys of a test, and what is rejected by reason where that is said.
pub(super) fn read(reader: &mut Reader<'_>) -> (Counts, Option<Counts>) {
    let table = match reader.table.get(KEY) {
        None => return (Vec::new(), None),
        Some(Value::Table(table)) => table,
        Some(_) => {
            reader.wrong(KEY, "a table such as { filtered = 1 }");
            return (Vec::new(), None);
        }
    };
    reader.inside(KEY, table, |inner| {
        let names: Vec<&str> = ACCOUNT.iter().map(|key| key.name).collect();
        inner.deny_unknown(&format!(" (choose from {})", names.join(", ")));
        let reasons = table.get(REJECTED).and_then(Value::as_table);
        let mut counts = Vec::new();
        for key in ACCOUNT.iter().filter(|key| key.name != REJECTED || reasons.is_none()) {
            counts.extend(inner.whole(key.name).map(|count| (key.name.to_string(), count)));
        }
        (counts, reasons.map(|reasons| by_reason(inner, reasons)))
    })
}

fn by_reason(reader: &mut Reader<'_>, reasons: &Table) -> Counts {
    let mut counts = Vec::new();
    for (reason, count) in reasons {
        match count.as_integer().and_then(|count| u64::try_from(count).ok()) {
            Some(count) => counts.push((reason.clone(), count)),
            None => {
                let quoted = shown(&Value::String(reason.clone()));
                let what = format!("{quoted} must be a whole number, not {}", shown(count));
                let what = reader.sentence(&what);
                reader.findings.value(&under(reader.at, &[REJECTED, reason]), what);
            }
        }
    }
    counts
}
