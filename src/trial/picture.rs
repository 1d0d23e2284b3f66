//! Failures for a person: what came beside what was wanted, the cells that differ between `>` and `<`.

use super::compare::{Differs, Failure, Pair};
use crate::printable::one_line;
use std::fmt;

/// A longer text is cut: of a list or a text the beginning tells enough.
const CELL_MAX: usize = 48;

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Stopped(why) => writeln!(f, "it did not come to its end: {why}"),
            Failure::Count { name, got, wanted } => {
                writeln!(f, "account: {} is {got}, wanted {wanted}", one_line(name))
            }
            Failure::Rejected { reason, n } => {
                writeln!(
                    f,
                    "on the way {n} row{} rejected as {reason}",
                    if *n == 1 { " was" } else { "s were" }
                )
            }
            Failure::Rows(differs) => write!(f, "{differs}"),
        }
    }
}

impl fmt::Display for Differs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Differs { stream, got, wanted, columns, pairs, odd } = self;
        let s = |n: &usize| if *n == 1 { "" } else { "s" };
        let differ = if *odd == 1 { "differs" } else { "differ" };
        writeln!(f, "{}: {got} row{} came, {wanted} wanted, {odd} {differ}", one_line(stream), s(got))?;
        let mut lines = vec![Line::head(columns)];
        lines.extend(pairs.iter().map(Line::of));
        let widths = |side: fn(&Line) -> &Vec<String>| -> Vec<usize> {
            let wide = |at: usize| lines.iter().filter_map(|line| Some(chars(side(line).get(at)?))).max();
            (0..=columns.len()).map(|at| wide(at).unwrap_or(0)).collect()
        };
        let (left, right) = (widths(|line| &line.got), widths(|line| &line.wanted));
        for line in &lines {
            let text = format!("  {} | {}", side(&line.got, &left), side(&line.wanted, &right));
            writeln!(f, "{}", text.trim_end())?;
        }
        match odd - pairs.len() {
            0 => Ok(()),
            more => writeln!(f, "  and {more} more"),
        }
    }
}

/// What came and what was wanted: a number, and a text for each column.
struct Line {
    got: Vec<String>,
    wanted: Vec<String>,
}

impl Line {
    fn head(columns: &[String]) -> Line {
        let side = |what: &str| -> Vec<String> {
            std::iter::once(what.to_string())
                .chain(columns.iter().map(|name| one_line(name).into_owned()))
                .collect()
        };
        Line { got: side("got"), wanted: side("wanted") }
    }

    fn of(pair: &Pair) -> Line {
        let mark = |at: usize, text: &str| {
            let text = cut(&one_line(text));
            if pair.differs[at] { format!(">{text}<") } else { text }
        };
        let none = |what: &str| vec![what.to_string()];
        let got = pair.got.as_ref().map_or(none("none"), |(row, cells)| {
            let cells = cells.iter().enumerate().map(|(at, text)| mark(at, text));
            std::iter::once(row.to_string()).chain(cells).collect()
        });
        let wanted = pair.wanted.as_ref().map_or(none("none"), |(row, cells)| {
            let cell = |(at, text): (usize, &Option<String>)| {
                text.as_ref().map_or(String::new(), |text| mark(at, text))
            };
            std::iter::once(row.to_string()).chain(cells.iter().enumerate().map(cell)).collect()
        });
        Line { got, wanted }
    }
}

fn side(cells: &[String], widths: &[usize]) -> String {
    let mut text = String::new();
    for (at, width) in widths.iter().enumerate() {
        let cell = cells.get(at).map_or("", String::as_str);
        text += if at == 0 { "" } else { "  " };
        text += cell;
        text += &" ".repeat(width - chars(cell));
    }
    text
}

fn chars(text: &str) -> usize {
    text.chars().count()
}

fn cut(text: &str) -> String {
    match text.chars().count() > CELL_MAX {
        true => text.chars().take(CELL_MAX - 1).chain(['…']).collect(),
        false => text.to_string(),
    }
}
