//! A table that fits where it is shown.
//!
//! On a narrow terminal its spare columns go first; then the others move together, then those that tell least go, and
//! at last long names are cut. In a pipe or a file nothing is cut.

/// The rank of columns that go first, before others move together.
pub const SPARE: u8 = 0;
/// A name is not cut below this.
const NAME_MIN: usize = 8;

/// One line a thing: its name to the left, numbers to the right, and what there is to say behind them.
pub struct Grid {
    columns: Vec<Column>,
    rows: Vec<Row>,
}

/// A column of numbers.
pub struct Column {
    pub head: &'static str,
    /// How wide it is where there is room.
    pub width: usize,
    /// What is higher stays longer.
    pub rank: u8,
}

struct Row {
    name: String,
    cells: Vec<String>,
    behind: String,
}

impl Grid {
    /// A table of things that are called `what`.
    pub fn new<const N: usize>(what: &str, columns: [Column; N]) -> Grid {
        let cells = columns.iter().map(|column| column.head.to_string()).collect();
        let head = Row { name: what.to_string(), cells, behind: String::new() };
        Grid { columns: columns.into(), rows: vec![head] }
    }

    pub fn row<const N: usize>(&mut self, name: &str, cells: [String; N], behind: String) {
        assert_eq!(N, self.columns.len(), "a cell for each column");
        self.rows.push(Row { name: name.to_string(), cells: cells.into(), behind });
    }

    /// The table in at most `limit` columns of the screen.
    pub fn text(mut self, limit: Option<usize>) -> String {
        let names = self.rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0).max(12);
        let limit = limit.unwrap_or(usize::MAX);
        let mut widths: Vec<usize> = self.columns.iter().map(|column| column.width).collect();
        while names + total(&widths) > limit && self.columns.iter().any(|column| column.rank == SPARE) {
            self.drop_least(&mut widths);
        }
        if names + total(&widths) > limit {
            widths = (0..widths.len()).map(|at| self.least_width(at)).collect();
        }
        while NAME_MIN + total(&widths) > limit && widths.len() > 1 {
            self.drop_least(&mut widths);
        }
        let names = names.min(limit.saturating_sub(total(&widths))).max(NAME_MIN);
        self.rows.iter().map(|row| row.text(names, &widths, limit)).collect()
    }

    /// Takes the column away that tells least.
    fn drop_least(&mut self, widths: &mut Vec<usize>) {
        let ranks = self.columns.iter().map(|column| column.rank);
        let least = ranks.enumerate().min_by_key(|(_, rank)| *rank).map_or(0, |(at, _)| at);
        widths.remove(least);
        self.columns.remove(least);
        self.rows.iter_mut().for_each(|row| drop(row.cells.remove(least)));
    }

    /// As wide as its widest cell.
    fn least_width(&self, at: usize) -> usize {
        self.rows.iter().map(|row| row.cells[at].len()).max().unwrap_or(0)
    }
}

impl Row {
    fn text(&self, names: usize, widths: &[usize], limit: usize) -> String {
        let mut line = format!("{:<names$}", cut(&self.name, names));
        for (cell, width) in self.cells.iter().zip(widths) {
            line += &format!(" {cell:>width$}");
        }
        if !self.behind.is_empty() {
            line += &format!("  {}", self.behind);
        }
        wrapped(line.trim_end(), limit)
    }
}

/// What numbers take with a space before each.
fn total(widths: &[usize]) -> usize {
    widths.iter().map(|width| width + 1).sum()
}

/// A name in so many characters.
fn cut(name: &str, width: usize) -> String {
    match name.chars().count() > width {
        true => name.chars().take(width - 1).chain(['…']).collect(),
        false => name.to_string(),
    }
}

/// Lines that are parted between words where they are too long; what goes on stands further in.
pub fn fit(text: &str, limit: Option<usize>) -> String {
    text.lines().map(|line| wrapped(line, limit.unwrap_or(usize::MAX))).collect()
}

fn wrapped(line: &str, limit: usize) -> String {
    let (mut text, mut rest) = (String::new(), line.to_string());
    while let Some((end, _)) = rest.char_indices().nth(limit) {
        // The word that goes beyond the limit, unless there is nothing before it but the space further in.
        let begin = rest.len() - rest.trim_start().len();
        let behind = end + rest[end..].chars().next().map_or(0, char::len_utf8);
        let at = rest[..behind].rfind(' ').filter(|at| *at > begin).unwrap_or(end);
        text += rest[..at].trim_end();
        text.push('\n');
        rest = format!("    {}", rest[at..].trim_start());
        if limit <= 5 {
            break;
        }
    }
    text + &rest + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Grid {
        let column = |head, width, rank| Column { head, width, rank };
        let mut grid =
            Grid::new("stage", [column("in", 13, 1), column("busy", 13, 0), column("age p50", 13, 2)]);
        for name in ["clean", "a-stage-with-a-name-as-long-as-names-can-b"] {
            grid.row(name, ["1,000".into(), "5%".into(), "3 ms".into()], "late 3, rejected 20".into());
        }
        grid
    }

    #[test]
    fn no_line_is_wider_than_the_screen_and_what_is_watched_stays() {
        for limit in 20..130 {
            let text = grid().text(Some(limit));
            assert!(text.lines().all(|line| line.chars().count() <= limit), "{limit}\n{text}");
            assert!(text.lines().next().is_some_and(|head| head.ends_with("age p50")), "{limit}\n{text}");
            assert!(text.contains("clean") && text.contains("a-stage"), "{limit}\n{text}");
        }
        assert!(!grid().text(Some(24)).contains("busy"));
        assert!(grid().text(None).lines().nth(2).is_some_and(|line| {
            line.ends_with("-can-b         1,000            5%          3 ms  late 3, rejected 20")
        }));
    }

    #[test]
    fn a_line_is_parted_between_words() {
        let line = "in 80,789 = stored 77,917 + filtered 2,878";
        assert_eq!(fit(line, Some(25)), "in 80,789 = stored 77,917\n    + filtered 2,878\n");
        assert_eq!(fit("a\nb", None), "a\nb\n");
        assert_eq!(fit("aaaaaaaaaaaaaaaa", Some(12)), "aaaaaaaaaaaa\n    aaaa\n");
        for limit in 1..40 {
            let text = fit("results: out/ääääää ä äää/日本語日本語.db ääää", Some(limit));
            assert!(limit < 6 || text.lines().all(|line| line.chars().count() <= limit), "{limit}: {text}");
        }
    }
}
