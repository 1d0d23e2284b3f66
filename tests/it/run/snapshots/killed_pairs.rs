//! A kill at any record, of steps that put two streams together: no pair is there twice, and no more is missing than
//! was lost on the way or forgotten.

use super::{SOURCE, Sql, fall, line, record, restarts, rows, write_as};
use crate::link_laws::Dice;
use crate::run::{Sandbox, text};
use std::collections::BTreeSet;

const ROWS: usize = 16_000;

/// What a run came to: the rows by number of the left and of the right, and how many records are missing in them.
struct Met {
    rows: Vec<[Option<usize>; 2]>,
    missing: usize,
}

/// Each record of the right comes three seconds before that of the left.
fn before(n: usize) -> String {
    record(n, n.saturating_sub(3))
}

fn met(step: &str, seed: u64) -> Met {
    let room = Sandbox::new();
    write_as(&room, "n.csv", 0..ROWS, line);
    write_as(&room, "m.csv", 0..ROWS, before);
    let right = SOURCE.replace("n.csv", "m.csv");
    let topology = format!(
        r#"
name = "t"
[[stage]]
name = "left"
steps = [{{ {SOURCE}, rate = "4k/s" }}]
[[stage]]
name = "right"
steps = [{{ {right}, rate = "4k/s" }}]
[[stage]]
name = "pairs"
from = {{ left = "left", right = "right" }}
snapshot_every = 900
steps = [
  {{ {step}, prefix = "r_" }},
  {{ operator = "sqlite", path = "out.db", table = "out", commit = {{ records = 400, age = "15ms" }} }},
]
"#
    );
    let running = room.start(&topology, &[]);
    let mut dice = Dice(seed);
    for part in 1..=2 {
        fall(&room, 2, (part * ROWS / 2 + dice.below(ROWS / 4)) as u64);
    }
    let output = running.end();
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    let account = crate::run::last_line(&output);
    assert_eq!(
        (&account["balances"], &account["records"]["in"]),
        (&true.into(), &(2 * ROWS).into()),
        "{told}"
    );
    let restarts = restarts(&told);
    assert!(restarts.iter().any(|(as_of, since)| *as_of > 0 && *since > 0), "a kill costs something: {told}");
    let forgotten = account["stages"][2]["forgotten"].as_u64().unwrap_or(0) as usize;
    assert_eq!(
        forgotten,
        restarts.iter().map(|(_, since)| since).sum::<usize>(),
        "what is forgotten is a number: {told}"
    );
    let number = |value: &Sql| match value {
        Sql::Integer(n) => Some(*n as usize),
        _ => None,
    };
    let found = rows(&room, "SELECT n, r_n FROM out");
    let missing = forgotten + account["records"]["lost"].as_u64().unwrap() as usize;
    assert!(missing < ROWS / 2, "{missing} are missing");
    Met { rows: found.iter().map(|row| [0, 1].map(|side| number(&row[side]))).collect(), missing }
}

#[test]
fn a_pair_is_there_once_and_no_more_are_missing_than_is_said() {
    for kind in ["inner", "full"] {
        let step = format!(r#"operator = "join", by = "n", within = "10s", kind = "{kind}""#);
        let Met { rows, missing } = met(&step, 21);
        let pairs: Vec<usize> = rows.iter().filter_map(|row| row[0].filter(|_| row[1].is_some())).collect();
        assert!(rows.iter().all(|row| row[0].is_none() || row[1].is_none() || row[0] == row[1]));
        let paired: BTreeSet<usize> = pairs.iter().copied().collect();
        assert_eq!(paired.len(), pairs.len(), "{kind}: no pair is there twice");
        assert!(ROWS - paired.len() <= missing, "{kind}: {} pairs, {missing} are missing", paired.len());
        for side in [0, 1] {
            let alone: Vec<usize> =
                rows.iter().filter_map(|row| row[side].filter(|_| row[1 - side].is_none())).collect();
            let different: BTreeSet<usize> = alone.iter().copied().collect();
            assert_eq!(different.len(), alone.len(), "{kind}: nobody goes alone twice");
            assert!(
                alone.len() <= missing && (kind == "full" || alone.is_empty()),
                "{kind}: {}",
                alone.len()
            );
            let there = (0..ROWS).filter(|n| paired.contains(n) || different.contains(n)).count();
            assert!(ROWS - there <= missing, "{kind}: {there} are there");
        }
    }
}

#[test]
fn each_is_answered_once_and_by_what_was_known() {
    let Met { rows, missing } = met(r#"operator = "as_of", by = "k""#, 22);
    let there: BTreeSet<usize> = rows.iter().map(|row| row[0].expect("the left")).collect();
    assert_eq!(there.len(), rows.len(), "none goes on twice");
    assert!(ROWS - there.len() <= missing, "{} are there, {missing} are missing", there.len());
    let mut older = 0;
    for row in &rows {
        let [Some(n), answer] = *row else { panic!("{row:?}") };
        // The right's of the same number was there; else the one of its key before that.
        assert!(answer.is_none_or(|of| of <= n && (n - of) % 13 == 0), "{row:?}");
        older += usize::from(answer != Some(n));
    }
    assert!(older <= missing, "{older} have an older answer, {missing} are missing");
}
