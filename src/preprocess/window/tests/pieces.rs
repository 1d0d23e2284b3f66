//! Rows that go out together come some at a time.

use super::*;
use crate::preprocess::window::rows::MERGES;

/// A pane that has to go is a row of each of its windows: these are no more in one batch than it may have, and no
/// record is lost on the way.
#[test]
fn rows_of_what_has_to_go_come_in_pieces() {
    let keys: Vec<String> = (0..100).map(|n| format!("k{n}")).collect();
    let came: Vec<Came<'_>> = keys.iter().map(|k| (&k[..], 5, 1, 0)).collect();
    let mut work = Work::new("size = \"50s\"\nslide = \"1s\"\nkeys_max = 10");
    work.call(&came, 3);
    assert!(work.most <= 10 + 50, "{} rows in one batch", work.most);
    assert_eq!(work.desk.account().absorbed, 100);
    work.call(&[("k99", 6, 1, 0)], 6);
    work.finish(Ending::Drained);
    assert_eq!(work.counted(), 101 * 50);
}

/// At the end windows that overlap go out some at a time.
#[test]
fn windows_that_overlap_close_in_pieces() {
    let keys: Vec<String> = (0..60).map(|n| format!("k{n}")).collect();
    let came: Vec<Came<'_>> = keys.iter().map(|k| (&k[..], 5, 1, 0)).collect();
    for far in [true, false] {
        let mut work = Work::new("size = \"3000s\"\nslide = \"1s\"");
        work.call(&came, 3);
        if far {
            work.call(&[], 1_000_000);
        }
        work.finish(Ending::Drained);
        assert!(work.most <= 50_000, "{} rows in one batch", work.most);
        assert_eq!(work.counted(), 60 * 3000);
        let starts: Vec<i64> = work
            .rows
            .iter()
            .map(|row| row.split(' ').next().and_then(|n| n.parse().ok()).expect("a start"))
            .collect();
        assert!(starts.is_sorted());
    }
}

/// Rows that go out early are as many as there are windows: they come some at a time too.
#[test]
fn early_rows_come_in_pieces() {
    let keys: Vec<String> = (0..60).map(|n| format!("k{n}")).collect();
    let came: Vec<Came<'_>> = keys.iter().map(|k| (&k[..], 5, 1, 0)).collect();
    let mut work = Work::new("size = \"3000s\"\nslide = \"1s\"\nevery = 60");
    work.call(&came, 3);
    assert!(work.most <= 53_000, "{} rows in one batch", work.most);
    assert_eq!(work.counted(), 60 * 3000);
    assert!(work.rows.iter().all(|row| row.ends_with("true")));
}

/// Whatever goes out all at once, at its time, at the end or at a stop, comes some rows at a time, each window once.
#[test]
fn whatever_goes_out_comes_in_pieces() {
    for (kind, each, keys) in [
        ("size = \"1h\"\nkeys_max = 1000000", 1, 110_000),
        ("gap = \"1s\"\nkeys_max = 1000000", 1, 110_000),
        ("count = 100\nkeys_max = 1000000", 1, 110_000),
        ("size = \"9s\"\nslide = \"3s\"\nkeys_max = 1000000", 3, 40_000),
        ("size = \"1h\"\nallowed_lateness = \"1h\"\nlate = \"restate\"\nkeys_max = 1000000", 1, 60_000),
    ] {
        for ending in [None, Some(Ending::Drained), Some(Ending::Stopped)] {
            let keys = Keys::new(keys);
            let mut work = Work::new(kind);
            work.call(&keys.came(), 3);
            match ending {
                None => work.call(&[], 1_000_000),
                Some(ending) => work.finish(ending),
            }
            if ending.is_none() && kind.starts_with("count") {
                continue;
            }
            let due = keys.0.len() * each;
            assert!(work.most <= 50_000 + 100, "{kind}, {ending:?}: {} rows in one batch", work.most);
            assert_eq!((work.rows.len(), work.told()[0]), (due, 0), "{kind}, {ending:?}");
            let windows: std::collections::BTreeSet<&String> = work.rows.iter().collect();
            assert_eq!(windows.len(), due, "{kind}, {ending:?}: no row is there twice");
        }
    }
}

/// Windows that close one by one do so by start, those of one start in the same order in which they do all at once.
#[test]
fn pieces_do_not_change_the_order() {
    let keys = Keys::new(60_000);
    let mut work = Work::new("size = \"1h\"\nkeys_max = 1000000");
    work.call(&keys.came(), 3);
    work.call(&[], 1_000_000);
    assert!(work.calls > 2, "{} calls", work.calls);
    let of = |row: &String| {
        let mut cells = row.split(' ');
        let start: i64 = cells.next().and_then(|start| start.parse().ok()).expect("a start");
        // Keys lie as their bytes do, and these begin with how many they are.
        (start, cells.nth(1).map(|k| (k.len(), k.to_string())).expect("a key"))
    };
    let places: Vec<_> = work.rows.iter().map(of).collect();
    assert!(places.is_sorted(), "{:?}", &work.rows[..5]);
}

/// Of records that wait for the rest of their batch nothing is said yet: they are not done.
#[test]
fn what_waits_for_its_turn_is_not_done() {
    let keys = Keys::new(100);
    let mut work = Work::new("size = \"50s\"\nslide = \"1s\"\nkeys_max = 10");
    let mut batch = Batch::new(&schema());
    for k in &keys.0 {
        batch.id.push(1);
        batch.born_ns.push(1);
        batch.columns[0].push(Value::Str(k));
        batch.columns[1].push(Value::Time(5 * SECOND));
        batch.columns[2].push(Value::I64(1));
    }
    work.desk.account_mut().done = 100;
    let mut pieces = 0;
    loop {
        let next = work.step.process(&mut batch, work.desk.cx()).expect("it works");
        let aside = work.desk.set_aside();
        let account = work.desk.account();
        assert_eq!(account.done, account.absorbed, "behind {pieces} pieces");
        work.desk.put_back(aside);
        pieces += 1;
        batch = Batch::new(&schema());
        if next != Next::Again {
            break;
        }
    }
    assert!(pieces > 10, "{pieces} pieces");
    assert_eq!(work.desk.account().absorbed, 100);
}

/// Windows that share panes go out early once, however many panes of theirs were given records.
#[test]
fn an_early_window_is_told_once() {
    let keys = Keys::new(100);
    let mut work = Work::new("size = \"600s\"\nslide = \"1s\"\nevery = 6000");
    let came: Vec<Came<'_>> = (0..60).flat_map(|n| keys.0.iter().map(move |k| (&k[..], n, 1, 0))).collect();
    work.call(&came, -1000);
    let windows: std::collections::BTreeSet<&str> =
        work.rows.iter().filter_map(|row| row.rsplit_once(' ').map(|(row, _)| row)).collect();
    assert_eq!((work.rows.len(), windows.len()), (100 * 659, 100 * 659));
    assert!(work.calls > 1 && work.most <= 50_000 + 659, "{} rows in one batch", work.most);
    assert_eq!(work.counted(), 6000 * 600);
}

/// What is still to go out early does not, when its window has gone out meanwhile.
#[test]
fn no_early_row_comes_behind_the_last() {
    let keys = Keys::new(100);
    let mut work = Work::new("size = \"600s\"\nslide = \"1s\"\nevery = 6000");
    let came: Vec<Came<'_>> = (0..60).flat_map(|n| keys.0.iter().map(move |k| (&k[..], n, 1, 0))).collect();
    work.call(&came, 300);
    let mut closed = std::collections::BTreeSet::new();
    for row in &work.rows {
        let cells: Vec<&str> = row.split(' ').collect();
        match cells[5] {
            "false" => assert!(closed.insert((cells[0], cells[2])), "{row}"),
            _ => assert!(!closed.contains(&(cells[0], cells[2])), "{row}"),
        }
    }
    assert!(closed.len() > 10_000, "{} have gone out", closed.len());
}

/// One late record puts the windows of its own key together again, and no other.
#[test]
fn a_restated_window_costs_its_own_key() {
    let keys = Keys::new(60);
    let params = "size = \"60s\"\nslide = \"1s\"\nallowed_lateness = \"1h\"\nlate = \"restate\"";
    let mut work = Work::new(params);
    let came: Vec<Came<'_>> = (0..60).flat_map(|n| keys.0.iter().map(move |k| (&k[..], n, 1, 0))).collect();
    work.call(&came, 200);
    let before = (MERGES.get(), work.rows.len());
    work.call(&[("k7", 30, 1, 170)], 200);
    assert_eq!(work.rows.len() - before.1, 60);
    assert!(MERGES.get() - before.0 < 600, "{} merges", MERGES.get() - before.0);
}

/// Late records let out again no more windows at a time than any others.
#[test]
fn restated_windows_come_in_pieces() {
    let keys = Keys::new(30);
    let params = "size = \"5000s\"\nslide = \"1s\"\nallowed_lateness = \"5000s\"\nlate = \"restate\"";
    let mut work = Work::new(params);
    work.call(&[("k0", 5005, 1, 0)], 5005);
    (work.most, work.rows) = (0, Vec::new());
    let came: Vec<Came<'_>> = keys.0.iter().map(|k| (&k[..], 5, 1, 5000)).collect();
    work.call(&came, 5005);
    assert!(work.most <= 50_000 + 5000, "{} rows in one batch", work.most);
    assert_eq!((work.rows.len(), work.counted()), (30 * 5000, 30 * 5000));
}

/// At the end, and at a stop, empty windows before others that are not come in pieces too.
#[test]
fn empty_windows_at_the_end_come_in_pieces() {
    let keys = Keys::new(60);
    let came: Vec<Came<'_>> =
        [0, 990].iter().flat_map(|at| keys.0.iter().map(move |k| (&k[..], *at, 1, 0))).collect();
    for ending in [Ending::Drained, Ending::Stopped] {
        let mut work = Work::new("size = \"1s\"\nallowed_lateness = \"1h\"\nempty = true");
        work.call(&came, 990);
        work.finish(ending);
        assert!(work.most <= 50_000, "{} rows in one batch", work.most);
        assert_eq!((work.rows.len(), work.counted()), (60 * 991, 120));
        let windows: std::collections::BTreeSet<&String> = work.rows.iter().collect();
        assert_eq!(windows.len(), 60 * 991);
    }
}

/// Windows of records that are not full say what they hold, and cost no more than some merges each.
#[test]
fn windows_of_records_come_in_pieces_and_are_right() {
    let keys = Keys::new(600);
    let came: Vec<Came<'_>> = (0..99).flat_map(|n| keys.0.iter().map(move |k| (&k[..], n, n, 0))).collect();
    for ending in [Ending::Drained, Ending::Stopped] {
        let mut work = Work::new("count = 100\nslide = 1");
        work.call(&came, i64::MIN);
        let before = MERGES.get();
        work.finish(ending);
        assert!(work.most <= 50_000 + 99, "{} rows in one batch", work.most);
        let due = keys
            .0
            .iter()
            .flat_map(|k| (0..99i64).map(move |n| format!("{n} 99 {k} {} {}", 99 - n, (n..99).sum::<i64>())));
        assert!(work.rows.iter().eq(&due.collect::<Vec<_>>()), "{:?}", &work.rows[..3]);
        assert!(MERGES.get() - before < 600 * 99 * 8, "{} merges", MERGES.get() - before);
    }
}
