//! The table of operators in the README, between two marks, made from the registry.

pub const OPEN: &str = "<!-- operators -->";
pub const CLOSE: &str = "<!-- /operators -->";

/// The table of operators: name, kind (its room), about.
pub fn table<'a>(operators: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>) -> String {
    let head = "| operator | kind | what it does |\n|---|---|---|\n".to_string();
    operators.into_iter().fold(head, |table, (name, room, about)| {
        table + &format!("| `{name}` | {room} | {} |\n", about.replace('|', "\\|"))
    })
}

/// What stands before the table, the table, and what stands behind it.
fn parts(text: &str) -> Option<(&str, &str, &str)> {
    let from = text.find(&format!("{OPEN}\n"))? + OPEN.len() + 1;
    let to = from + text[from..].find(CLOSE)?;
    Some((&text[..from], &text[from..to], &text[to..]))
}

/// What is stale in a README.
pub fn compare(text: &str, table: &str) -> Vec<String> {
    let Some((before, found, _)) = parts(text) else {
        return vec![format!(
            "README.md:1: no lines {OPEN} and {CLOSE}: put them where the operators are listed"
        )];
    };
    if found == table {
        return Vec::new();
    }
    let same = found.lines().zip(table.lines()).take_while(|(a, b)| a == b).count();
    let line = before.lines().count() + same + 1;
    vec![format!(
        "README.md:{line}: the table of operators is stale: run the tests once with SLUICEBOX_BLESS=1 and look at \
         what changed"
    )]
}

/// A README with the table in its place; `None` when it has no place.
pub fn bless(text: &str, table: &str) -> Option<String> {
    parts(text).map(|(before, _, after)| format!("{before}{table}{after}"))
}
