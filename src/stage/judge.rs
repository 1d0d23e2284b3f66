//! Whether a worker rejects too many of its records: judged while it runs, and at its end.
//!
//! A run of hours must not end with most of its records rejected, so what counts is any row of 10,000 records, however
//! many were sound before. A short row is held to the same number: what is too much of 10,000 stays so, whatever
//! comes. At its end a worker is judged by all that it has seen.

use crate::operator::{Account, Advice, REASONS_MAX};
use crate::units::Share;
use std::collections::VecDeque;
use std::fmt::Write;

/// So many records in a row are judged.
const ROW: u64 = 10_000;
/// After so many records the counts are noted.
const STEP: u64 = 100;
/// Reasons told; there may be more.
const TOLD: usize = 5;

/// Counts at one moment: records seen (those that came, or those that were made, whichever are more), and those
/// rejected by reason, in the order of the account.
#[derive(Clone, Copy, Default)]
struct Note {
    seen: u64,
    rejected: [u64; REASONS_MAX],
}

impl Note {
    fn of(account: &Account) -> Note {
        let mut note = Note { seen: account.done.max(account.made), ..Note::default() };
        note.rejected.iter_mut().zip(&account.rejected).for_each(|(to, (_, n))| *to = *n);
        note
    }

    /// What has come since another.
    fn since(&self, before: &Note) -> Note {
        let rejected = std::array::from_fn(|at| self.rejected[at].saturating_sub(before.rejected[at]));
        Note { seen: self.seen.saturating_sub(before.seen), rejected }
    }

    fn total(&self) -> u64 {
        self.rejected.iter().sum()
    }
}

/// Watches the counts of one worker.
pub(super) struct Judge {
    max: Share,
    /// The first is the last one that lies a whole row back, or where this process began.
    notes: VecDeque<Note>,
}

/// Too many were rejected.
pub(super) struct Verdict {
    max: Share,
    counts: Note,
    /// They are not all that the worker has seen.
    of_last: bool,
}

impl Judge {
    /// Begins where the account stands.
    pub(super) fn new(max: Share, account: &Account) -> Judge {
        let mut notes = VecDeque::with_capacity((ROW / STEP) as usize + 2);
        notes.push_back(Note::of(account));
        Judge { max, notes }
    }

    /// Judges the last row of records, once for a batch.
    pub(super) fn row(&mut self, account: &Account) -> Option<Verdict> {
        let now = Note::of(account);
        while self.notes.get(1).is_some_and(|second| now.seen.saturating_sub(second.seen) >= ROW) {
            self.notes.pop_front();
        }
        if now.seen >= self.notes.back()?.seen + STEP {
            self.notes.push_back(now);
        }
        let first = self.notes.front()?;
        self.judge(now.since(first), first.seen > 0, ROW)
    }

    /// Judges all records.
    pub(super) fn all(&self, account: &Account) -> Option<Verdict> {
        self.judge(Note::of(account), false, 0)
    }

    fn judge(&self, counts: Note, of_last: bool, least: u64) -> Option<Verdict> {
        let too_many = self.max.is_passed(counts.total(), counts.seen.max(least));
        too_many.then_some(Verdict { max: self.max, counts, of_last })
    }
}

impl Verdict {
    /// The sentence: counts by reason, and by the commonest one an example and what to do.
    pub(super) fn sentence(&self, account: &Account, advice: impl Fn(&str) -> Option<Advice>) -> String {
        let reasons = account.rejected.iter().map(|(reason, _)| reason.as_str());
        let counted = reasons.zip(self.counts.rejected).filter(|(_, n)| *n > 0);
        let mut counted: Vec<(&str, u64)> = counted.collect();
        counted.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        let told: Vec<String> =
            counted.iter().take(TOLD).map(|(reason, n)| format!("{n} {reason}")).collect();
        let mut told = told.join(", ");
        if counted.len() > TOLD {
            told += ", and others";
        }
        let advice = counted.first().and_then(|(reason, _)| advice(reason));
        let Advice { example, remedy } = advice.unwrap_or_else(|| Advice {
            example: None,
            remedy: "see them at its port \"rejected\"".to_string(),
        });
        if let Some(example) = example {
            let _ = write!(told, "; {example}");
        }
        format!(
            "{} of {}{} records were rejected ({told}), more than the {} % that max_rejects allows: {remedy}, or raise \
             max_rejects",
            self.counts.total(),
            if self.of_last { "its last " } else { "" },
            self.counts.seen,
            self.max.to_string().trim_end_matches('%'),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream of records, each with the reason for which it is rejected, if it is, in batches: at which record it is
    /// too many, and what is told.
    fn judged(max: f64, batch: usize, records: &[Option<&str>]) -> Option<(u64, String)> {
        let mut account = Account::default();
        let mut judge = Judge::new(Share(max), &account);
        let sentence = |verdict: Verdict, account: &Account| verdict.sentence(account, |_| None);
        for records in records.chunks(batch) {
            account.done += records.len() as u64;
            records.iter().flatten().for_each(|reason| account.reject(reason, 1));
            if let Some(verdict) = judge.row(&account) {
                return Some((account.done, sentence(verdict, &account)));
            }
        }
        judge.all(&account).map(|verdict| (account.done, sentence(verdict, &account)))
    }

    #[test]
    fn what_comes_late_is_judged_at_once() {
        let mut records = vec![None; 200_000];
        records[..90].fill(Some("fields"));
        records[150_000..].fill(Some("type:x"));
        for batch in [1, 7, 100, 1000] {
            let (at, told) = judged(0.01, batch, &records).unwrap();
            assert!((150_101..150_101 + batch as u64).contains(&at), "batches of {batch}: {at}");
            assert!(
                told.contains(" of its last 10") && told.contains(" type:x), more than the 1 %"),
                "{told}"
            );
            assert!(!told.contains("fields"), "{told}");
        }
        records[150_000..].fill(None);
        assert_eq!(judged(0.01, 1000, &records), None, "90 are few");
    }

    #[test]
    fn at_the_end_all_that_was_seen_is_judged() {
        let bad = Some("fields");
        assert!(
            judged(0.01, 10, &[bad, bad, None])
                .unwrap()
                .1
                .starts_with("2 of 3 records were rejected (2 fields)")
        );
        let mut spread = vec![None; 15_000];
        (0..15_000).step_by(75).for_each(|at| spread[at] = bad);
        assert!(judged(0.02, 10, &spread).is_none());
        assert!(judged(0.0133, 10, &spread).is_some());
        assert!(judged(0.0, 10, &spread).unwrap().0 <= 10, "none is allowed");
        assert!(judged(1.0, 10, &[bad; 20]).is_none(), "all are");
    }

    #[test]
    fn another_process_judges_what_comes_since_it_began() {
        let mut account = Account { done: 50_000, ..Account::default() };
        account.reject("fields", 400);
        let mut judge = Judge::new(Share(0.01), &account);
        account.done += 1;
        assert!(judge.row(&account).is_none());
        account.done += 200;
        account.reject("fields", 101);
        let told = judge.row(&account).unwrap().sentence(&account, |_| None);
        assert!(told.starts_with("101 of its last 201 records"), "{told}");
    }
}
