//! What came out of a path against what a test expects.

use super::align::{in_order, unordered};
use super::cells::{same, text};
use super::walk::Outcome;
use crate::data::Batch;
use crate::operator::{Account, PortId};
use crate::topology::Case;
use crate::topology::case::Wanted;

/// So many rows that differ are shown.
const SHOWN_MAX: usize = 20;
/// Of more columns than this only those are shown that differ somewhere.
const COLUMNS_MAX: usize = 6;
/// Where nothing is wanted, so many columns of what came are shown.
const STRANGE_MAX: usize = 6;

/// Something that is otherwise than expected.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// The test did not come to its end: why.
    Stopped(String),
    Rows(Differs),
    /// Rows that a step refused on the way, which the test does not speak of: often why others are missing.
    Rejected {
        reason: String,
        n: u64,
    },
    Count {
        name: String,
        got: u64,
        wanted: u64,
    },
}

/// Rows of one stream that differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Differs {
    /// As a person calls it: `clean`, `clean/rejected`.
    pub stream: String,
    /// How many came, and how many were wanted.
    pub got: usize,
    pub wanted: usize,
    /// The columns that are shown.
    pub columns: Vec<String>,
    /// The first of those that differ, and how many there are.
    pub pairs: Vec<Pair>,
    pub odd: usize,
}

/// A row that came beside the one that was wanted there.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// Which of the rows that came it is, counted from 1, with a text for each column.
    pub got: Option<(usize, Vec<String>)>,
    /// The same of those wanted; a column that is not named may be anything.
    pub wanted: Option<(usize, Vec<Option<String>>)>,
    /// By column, whether it differs.
    pub differs: Vec<bool>,
}

/// All that is otherwise.
pub(super) fn all(case: &Case, wanted: &[Wanted], outcome: &Outcome) -> Vec<Failure> {
    let rows = wanted.iter().filter_map(|wanted| {
        let got = &outcome.out[wanted.stage][wanted.port.index()];
        differs(case, wanted, got).map(Failure::Rows)
    });
    let mut failures: Vec<Failure> = rows.collect();
    let mut expect = |name: String, got: u64, wanted: u64| {
        if got != wanted {
            failures.push(Failure::Count { name, got, wanted });
        }
    };
    for (name, wanted) in &case.counts {
        expect(name.clone(), counted(&outcome.accounts, name), *wanted);
    }
    if let Some(reasons) = &case.reasons {
        let got = by_reason(&outcome.accounts);
        for (reason, wanted) in reasons {
            let got = got.iter().find(|(known, _)| known == reason).map_or(0, |(_, n)| *n);
            expect(format!("rejected as {reason}"), got, *wanted);
        }
        for (reason, n) in got.iter().filter(|(reason, _)| !reasons.iter().any(|(known, _)| known == reason))
        {
            expect(format!("rejected as {reason}"), *n, 0);
        }
    }
    let spoken = case.reasons.is_some() || case.counts.iter().any(|(name, _)| name == "rejected");
    if !failures.is_empty() && !spoken {
        // What a stage rejects is expected where the test names its port: what differs there is told already.
        let named = |at: usize| wanted.iter().any(|of| of.stage == at && of.port == PortId::REJECTED);
        let accounts = outcome.accounts.iter().enumerate();
        let refused = by_reason(accounts.filter(|(at, _)| !named(*at)).map(|(_, account)| account));
        failures.extend(refused.into_iter().map(|(reason, n)| Failure::Rejected { reason, n }));
    }
    failures
}

/// What a key of a test counts over all stages of a path.
fn counted(accounts: &[Account], name: &str) -> u64 {
    let sum = |of: fn(&Account) -> u64| accounts.iter().map(of).sum();
    match name {
        "in" => accounts.first().map_or(0, |first| first.done),
        "out" => accounts.last().map_or(0, Account::out),
        "filtered" => sum(|account| account.filtered),
        "rejected" => sum(Account::rejected_total),
        "absorbed" => sum(|account| account.absorbed),
        "made" => sum(|account| account.made),
        "moved" => sum(|account| account.moved),
        "keys_gone" => sum(|account| account.keys_gone),
        _ => unreachable!("the keys of a test are these"),
    }
}

fn by_reason<'a>(accounts: impl IntoIterator<Item = &'a Account>) -> Vec<(String, u64)> {
    let mut all: Vec<(String, u64)> = Vec::new();
    for (reason, n) in accounts.into_iter().flat_map(|account| &account.rejected) {
        match all.iter_mut().find(|(known, _)| known == reason) {
            Some((_, count)) => *count += n,
            None => all.push((reason.clone(), *n)),
        }
    }
    all
}

/// The rows of a stream that differ, if some do.
fn differs(case: &Case, wanted: &Wanted, got: &Batch) -> Option<Differs> {
    let same_cell = |g: usize, w: usize, column: usize| {
        same(&got.columns[column], g, &wanted.rows.columns[column], w, case.tolerance)
    };
    let same_row = |g: usize, w: usize| wanted.named[w].iter().all(|column| same_cell(g, w, *column));
    let (came, due) = (got.len(), wanted.rows.len());
    let odd = match case.unordered {
        true => unordered(came, due, same_row),
        false => in_order(came, due, same_row),
    };
    if odd.is_empty() {
        return None;
    }
    let differs = |pair: &(Option<usize>, Option<usize>), column: usize| match pair {
        (Some(g), Some(w)) => wanted.named[*w].contains(&column) && !same_cell(*g, *w, column),
        _ => false,
    };
    let shown = &odd[..odd.len().min(SHOWN_MAX)];
    let columns = columns(wanted, |column| shown.iter().any(|pair| differs(pair, column)));
    let pair = |pair: &(Option<usize>, Option<usize>)| Pair {
        got: pair.0.map(|g| (g + 1, columns.iter().map(|at| text(&got.columns[*at], g)).collect())),
        wanted: pair.1.map(|w| {
            let cell = |at: &usize| wanted.named[w].contains(at).then(|| text(&wanted.rows.columns[*at], w));
            (w + 1, columns.iter().map(cell).collect())
        }),
        differs: columns.iter().map(|at| differs(pair, *at)).collect(),
    };
    Some(Differs {
        stream: wanted.stream.clone(),
        got: came,
        wanted: due,
        columns: columns.iter().map(|at| wanted.schema.fields[*at].name.clone()).collect(),
        pairs: shown.iter().map(pair).collect(),
        odd: odd.len(),
    })
}

/// The columns that are shown: those that the test names, of many those that differ and the first.
fn columns(wanted: &Wanted, differs: impl Fn(usize) -> bool) -> Vec<usize> {
    let all = 0..wanted.schema.len();
    let named: Vec<usize> =
        all.clone().filter(|at| wanted.named.iter().any(|row| row.contains(at))).collect();
    if named.is_empty() {
        return all.take(STRANGE_MAX).collect();
    }
    if named.len() <= COLUMNS_MAX {
        return named;
    }
    let few: Vec<usize> = named.iter().copied().filter(|at| *at == named[0] || differs(*at)).collect();
    if few.len() > 1 { few } else { named }
}
