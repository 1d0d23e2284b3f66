//! What is saved, and what a process goes on from that was killed: of a moment before, or between two pieces of what
//! went out.

use super::*;

/// Keys whose windows may be empty come piece by piece, as of the moment at which saving began, though all goes on.
#[test]
fn known_keys_are_saved_in_pieces() {
    let params = "size = \"1s\"\nempty = true";
    let keys: Vec<String> = (0..6000).map(|n| format!("a key that is longer than most {n}")).collect();
    let mut work = Work::new(params);
    work.call(&keys.iter().map(|k| (&k[..], 0, 1, 0)).collect::<Vec<_>>(), 2);
    work.call(&keys[..2000].iter().map(|k| (&k[..], 2, 1, 0)).collect::<Vec<_>>(), 2);
    assert_eq!(work.told()[0], 2000);
    work.rows.clear();
    let since = |work: &mut Work, n: i64| {
        let new = format!("new {n}");
        work.call(&[(&keys[n as usize], n, 1, 0), (&keys[3000 + n as usize], n, 1, 0), (&new, n, 1, 0)], n);
    };
    let (mut state, mut n) = (Vec::new(), 3);
    loop {
        let before = state.len();
        let next = work.step.save(&mut Saver::new(&mut state)).expect("it is saved");
        assert!(state.len() - before < 2 * (64 << 10), "a piece of {} bytes", state.len() - before);
        if next != Next::Again {
            break;
        }
        since(&mut work, n);
        n += 1;
    }
    assert!(n > 3 + 4, "the state came in {} pieces", n - 2);
    let mut other = Work::new(params);
    other.killed(&state);
    (3..n).for_each(|n| since(&mut other, n));
    for work in [&mut work, &mut other] {
        work.call(&[(&keys[77], 40, 1, 0)], 41);
        work.finish(Ending::Drained);
    }
    assert!(
        work.rows.len() > 6000 && work.rows == other.rows,
        "{} rows, {}",
        work.rows.len(),
        other.rows.len()
    );
}

/// A write that fails is as if saving had not begun: the next one writes all.
#[test]
fn saving_that_failed_begins_anew() {
    let mut work = Work::new("size = \"1s\"\nempty = true");
    let keys: Vec<String> = (0..6000).map(|n| format!("a key that is longer than most {n}")).collect();
    work.call(&keys.iter().map(|k| (&k[..], 0, 1, 0)).collect::<Vec<_>>(), 2);
    let whole = work.saved();
    for pieces in 0..12 {
        let mut state = Vec::new();
        let saved = |work: &mut Work, saver: &mut Saver<'_>| work.step.save(saver);
        let more = (0..pieces)
            .all(|_| saved(&mut work, &mut Saver::new(&mut state)).is_ok_and(|next| next == Next::Again));
        assert!(!more || saved(&mut work, &mut Saver::of_at_most(9, &mut state)).is_err());
        assert!(work.saved() == whole, "behind {pieces} pieces");
    }
}

/// Of an older state no window goes out again that had, and a late record makes the rows new of what is known of it.
#[test]
fn an_older_state_restates_what_it_has() {
    let mut work = Work::new("size = \"10s\"\nallowed_lateness = \"100s\"\nlate = \"restate\"");
    work.call(&[("a", 1, 1, 0), ("b", 21, 2, 0)], 21);
    let state = work.saved();
    work.call(&[("a", 2, 4, 19), ("c", 35, 8, 0)], 35);
    assert_eq!(work.rows, ["0 10 a 1 1 false", "0 10 a 2 5 true", "20 30 b 1 2 false"]);
    work.killed(&state);
    work.rows.clear();
    work.call(&[], 35);
    assert!(work.rows.is_empty(), "all that closed had gone out: {:?}", work.rows);
    work.call(&[("a", 3, 16, 32), ("b", 22, 32, 13)], 35);
    assert_eq!(work.rows, ["0 10 a 2 17 true", "20 30 b 2 34 true"], "without what came since the snapshot");
    work.finish(Ending::Drained);
    assert_eq!(work.rows.len(), 2, "that of c is forgotten: {:?}", work.rows);
}

/// Of an older state the empty windows that had gone out do not go out again, and those behind them do once.
#[test]
fn an_older_state_has_each_empty_window_once() {
    for kind in ["size = \"10s\"", "size = \"20s\"\nslide = \"10s\""] {
        let mut work = Work::new(&format!("{kind}\nempty = true"));
        work.call(&[("a", 1, 1, 0), ("b", 12, 1, 0)], 25);
        let state = work.saved();
        work.call(&[], 65);
        work.killed(&state);
        work.call(&[], 65);
        work.call(&[], 85);
        let mut starts: Vec<(String, i64)> = Vec::new();
        for row in &work.rows {
            let cells: Vec<&str> = row.split(' ').collect();
            starts.push((cells[2].to_string(), cells[0].parse().expect("a start")));
        }
        starts.sort_unstable();
        for of_key in starts.chunk_by(|a, b| a.0 == b.0) {
            assert!(of_key.len() >= 6, "{of_key:?}");
            assert!(of_key.windows(2).all(|two| two[1].1 - two[0].1 == 10), "{kind}: {of_key:?}");
        }
    }
}
