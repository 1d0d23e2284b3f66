//! Which of the rows that came are those that were wanted: what is left differs.

/// Larger tables of answers than this are not made: rows are then held against each other one by one.
const CELLS_MAX: usize = 4_000_000;
/// How far a row that was taken may be moved to another place, so that one more finds its own.
const MOVES_MAX: usize = 1_000;

/// A row that came and one that was wanted in its place, by their numbers.
pub(super) type Odd = (Option<usize>, Option<usize>);

/// The rows that differ, where their order counts: the longest row of equal ones is left out, and what stands between
/// these is held against each other in turn.
pub(super) fn in_order(got: usize, wanted: usize, same: impl Fn(usize, usize) -> bool) -> Vec<Odd> {
    let least = got.min(wanted);
    let begin = (0..least).take_while(|row| same(*row, *row)).count();
    let end = (0..least - begin).take_while(|back| same(got - 1 - back, wanted - 1 - back)).count();
    let (rows, columns) = (got - begin - end, wanted - begin - end);
    let mut odd = Vec::new();
    if rows.saturating_mul(columns) > CELLS_MAX {
        between((begin, got - end), (begin, wanted - end), &mut odd);
        return odd;
    }
    // By row and column how many equal ones there are from there on.
    let width = columns + 1;
    let mut table = vec![0u32; (rows + 1) * width];
    for row in (0..rows).rev() {
        for column in (0..columns).rev() {
            table[row * width + column] = match same(begin + row, begin + column) {
                true => table[(row + 1) * width + column + 1] + 1,
                false => table[(row + 1) * width + column].max(table[row * width + column + 1]),
            };
        }
    }
    let (mut row, mut column, mut from) = (0, 0, (0, 0));
    while row < rows && column < columns {
        if same(begin + row, begin + column)
            && table[row * width + column] == table[(row + 1) * width + column + 1] + 1
        {
            between((begin + from.0, begin + row), (begin + from.1, begin + column), &mut odd);
            (row, column) = (row + 1, column + 1);
            from = (row, column);
        } else if table[(row + 1) * width + column] >= table[row * width + column + 1] {
            row += 1;
        } else {
            column += 1;
        }
    }
    between((begin + from.0, begin + rows), (begin + from.1, begin + columns), &mut odd);
    odd
}

/// Rows `from..to` of both, in turn.
fn between(got: (usize, usize), wanted: (usize, usize), odd: &mut Vec<Odd>) {
    let (came, due) = (got.1 - got.0, wanted.1 - wanted.0);
    let at = |n: usize, from: usize, of: usize| (n < of).then_some(from + n);
    odd.extend((0..came.max(due)).map(|n| (at(n, got.0, came), at(n, wanted.0, due))));
}

/// The same where their order does not count: as many as possible find one of their own.
pub(super) fn unordered(got: usize, wanted: usize, same: impl Fn(usize, usize) -> bool) -> Vec<Odd> {
    let mut search = Search { same, got, of_got: vec![None; got], seen: vec![usize::MAX; got] };
    let mut missing: Vec<usize> = Vec::new();
    for row in 0..wanted {
        if !search.find(row, row, MOVES_MAX) {
            missing.push(row);
        }
    }
    let over: Vec<usize> = (0..got).filter(|row| search.of_got[*row].is_none()).collect();
    let pair = |n: usize| (over.get(n).copied(), missing.get(n).copied());
    (0..over.len().max(missing.len())).map(pair).collect()
}

struct Search<F> {
    same: F,
    got: usize,
    /// By row that came, the one wanted that it is.
    of_got: Vec<Option<usize>>,
    /// By row that came, in which round it was looked at.
    seen: Vec<usize>,
}

impl<F: Fn(usize, usize) -> bool> Search<F> {
    /// Finds a row for one that is wanted: a free one, else one whose own can move (augmenting paths, Kuhn 1955).
    fn find(&mut self, wanted: usize, round: usize, moves: usize) -> bool {
        let free = |search: &Self, row: &usize| search.of_got[*row].is_none() && (search.same)(*row, wanted);
        if let Some(row) = (0..self.got).find(|row| free(self, row)) {
            self.of_got[row] = Some(wanted);
            return true;
        }
        for row in 0..self.got {
            let Some(own) = self.of_got[row].filter(|_| moves > 0 && self.seen[row] != round) else {
                continue;
            };
            if !(self.same)(row, wanted) {
                continue;
            }
            self.seen[row] = round;
            if self.find(own, round, moves - 1) {
                self.of_got[row] = Some(wanted);
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn odd(got: &str, wanted: &str, ordered: bool) -> Vec<Odd> {
        let (got, wanted): (Vec<char>, Vec<char>) = (got.chars().collect(), wanted.chars().collect());
        // A wanted row that names no column is any row.
        let same = |g: usize, w: usize| wanted[w] == '?' || got[g] == wanted[w];
        match ordered {
            true => in_order(got.len(), wanted.len(), same),
            false => unordered(got.len(), wanted.len(), same),
        }
    }

    #[test]
    fn what_is_equal_in_order_is_left_out() {
        assert_eq!(odd("abc", "abc", true), []);
        assert_eq!(odd("axc", "abc", true), [(Some(1), Some(1))]);
        assert_eq!(odd("bcd", "abcd", true), [(None, Some(0))]);
        assert_eq!(odd("abcd", "bcde", true), [(Some(0), None), (None, Some(3))]);
        assert_eq!(odd("", "ab", true), [(None, Some(0)), (None, Some(1))]);
        assert_eq!(odd("ba", "ab", true).len(), 2);
        assert_eq!(odd("", "", true), []);
    }

    #[test]
    fn in_any_order_a_row_gives_way_to_one_that_has_no_other() {
        assert_eq!(odd("cab", "abc", false), []);
        assert_eq!(odd("ab", "?a", false), [], "the row that may be any takes the other one");
        assert_eq!(odd("ab", "?c", false), [(Some(1), Some(1))]);
        assert_eq!(odd("aab", "ab", false), [(Some(1), None)]);
        assert_eq!(odd("ab", "aab", false), [(None, Some(1))]);
    }

    #[test]
    fn more_rows_than_a_table_can_hold_are_held_against_each_other() {
        let found = in_order(3_000, 3_001, |got, wanted| got == wanted && got < 10);
        assert_eq!(found.len(), 2_991);
        assert_eq!(found[0], (Some(10), Some(10)));
    }
}
