//! An operator's manual page: the tables in it that show what goes in and what comes out.
//!
//! On the page a cell holds the values of successive records; a reader of a terminal gets a record a line.

/// Where a column of a page's table belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Side {
    /// It goes in, by this role if the operator has roles: `x i64 (in)`, `x i64 (in labels)`.
    In(Option<String>),
    /// It comes out, by this port if not the main one: `(out)`, `(out late)`; `(report)` is the port `report`.
    Out(Option<String>),
}

/// A head `x i64 (in)` as its column and its side; `None` where the table is one of prose.
pub fn head(head: &str) -> Option<(&str, Side)> {
    let (column, side) = head.strip_suffix(')')?.rsplit_once('(')?;
    let named = |name: &str| (!name.is_empty() && !name.contains(' ')).then(|| Some(name.to_string()));
    let side = match side.split_once(' ') {
        None if side == "in" => Side::In(None),
        None if side == "out" => Side::Out(None),
        None if side == "report" => Side::Out(named("report")?),
        Some(("in", role)) => Side::In(named(role)?),
        Some(("out", port)) => Side::Out(named(port)?),
        _ => return None,
    };
    Some((column.trim(), side))
}

/// Whether a line begins a table of what goes in and comes out.
pub fn begins_example(line: &str) -> bool {
    line.starts_with('|') && cells(line).iter().any(|cell| head(cell).is_some())
}

/// The cells of a table's line; `\|` is a bar inside a cell.
pub fn cells(line: &str) -> Vec<String> {
    let line = line.trim();
    let line = line.strip_prefix('|').unwrap_or(line).replace("\\|", "\u{0}");
    let line = line.strip_suffix('|').unwrap_or(&line);
    line.split('|').map(|cell| cell.trim().replace('\u{0}', "|")).collect()
}

/// The values of a cell: bare words, "quoted ones", and JSON arrays.
///
/// # Errors
/// Where a quote or a list has no end.
pub fn words(cell: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut rest = cell.trim_start();
    while !rest.is_empty() {
        let end = match rest.chars().next() {
            Some('"' | '[') => {
                let mut json = serde_json::Deserializer::from_str(rest).into_iter::<serde_json::Value>();
                match json.next() {
                    Some(Ok(_)) => json.byte_offset(),
                    _ => return Err(format!("no value can be read at {rest}")),
                }
            }
            _ => rest.find(' ').unwrap_or(rest.len()),
        };
        words.push(rest[..end].to_string());
        rest = rest[end..].trim_start();
    }
    Ok(words)
}

/// A page for a terminal: in its examples a record is a line.
pub fn for_terminal(page: &str) -> String {
    let mut text = String::new();
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        if !begins_example(line) {
            text += &format!("{line}\n");
            continue;
        }
        let mut rows = Vec::new();
        while let Some(row) = lines.next_if(|line| line.starts_with('|')) {
            rows.push(cells(row));
        }
        text += &small_table(&cells(line), &rows[1.min(rows.len())..]);
    }
    text
}

/// Columns below their heads, one value a line; a column's values end where there are no more.
fn small_table(heads: &[String], rows: &[Vec<String>]) -> String {
    let column = |(at, head): (usize, &String)| {
        let values = rows.iter().filter_map(|row| words(row.get(at)?).ok()).flatten();
        std::iter::once(head.clone()).chain(values).collect::<Vec<_>>()
    };
    let columns: Vec<Vec<String>> = heads.iter().enumerate().map(column).collect();
    let width = |column: &Vec<String>| column.iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = columns.iter().map(width).collect();
    let mut text = String::new();
    for line in 0..columns.iter().map(Vec::len).max().unwrap_or(0) {
        let cell = |(column, width): (&Vec<String>, &usize)| {
            let cell = column.get(line).map_or("", String::as_str);
            format!("  {cell:<width$}")
        };
        let whole: String = columns.iter().zip(&widths).map(cell).collect();
        text += &format!("{}\n", whole.trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_says_where_its_column_belongs() {
        let side = |text: &str| head(text).map(|(column, side)| (column.to_string(), side));
        let x = |side| Some(("x i64".to_string(), side));
        let named = |name: &str| Some(name.to_string());
        assert_eq!(side("x i64 (in)"), x(Side::In(None)));
        assert_eq!(side("x i64 (in labels)"), x(Side::In(named("labels"))));
        assert_eq!(side("x i64 (out)"), x(Side::Out(None)));
        assert_eq!(side("x i64 (out late)"), x(Side::Out(named("late"))));
        assert_eq!(side("x i64 (report)"), x(Side::Out(named("report"))));
        assert!(
            side("what").is_none() && side("time (of day)").is_none() && side("x (in the end)").is_none()
        );
    }

    #[test]
    fn an_example_is_a_record_a_line_and_prose_stays() {
        let prose = "| a | b |\n|---|---|\n";
        let page = "Says.\n\n| x i64 (in) | n str (out) |\n|---|---|\n| 1 23 | \"a b\" |\n| 4 | c |\n\n";
        let told = "Says.\n\n  x i64 (in)  n str (out)\n  1           \"a b\"\n  23          c\n  4\n\n";
        assert_eq!(for_terminal(&format!("{page}{prose}")), format!("{told}{prose}"));
    }
}
