//! What a crash, or a stop that was cut short, leaves where rows go out in pieces.

use super::*;

/// A step as it is called once, so that it can be killed between two pieces.
fn piece(work: &mut Work, watermark: i64) -> Next {
    work.desk.set_watermark(watermark * SECOND);
    let mut batch = Batch::new(&schema());
    let next = work.step.process(&mut batch, work.desk.cx()).expect("it works");
    work.took(&batch);
    next
}

/// Rows that close together go out some at a time: behind whichever of these it is killed, no row is there twice, or
/// missing.
#[test]
fn a_crash_between_two_pieces_makes_no_row_twice() {
    let mut most = 0;
    for (kind, keys) in [
        ("size = \"3000s\"\nslide = \"1s\"", 60),
        ("size = \"1s\"\nempty = true", 60),
        ("size = \"9s\"\nslide = \"3s\"\nempty = true", 60),
        ("size = \"1h\"\nkeys_max = 1000000", 110_000),
        ("size = \"1d\"\ntime_zone = \"Asia/Tokyo\"\nkeys_max = 1000000", 60_000),
        ("gap = \"1s\"\nkeys_max = 1000000", 110_000),
    ] {
        let keys = Keys::new(keys);
        let came = keys.came();
        let due = {
            let mut work = Work::new(kind);
            work.call(&came, 3);
            work.call(&[], 1_000_000);
            work.rows
        };
        for pieces in 1.. {
            let mut work = Work::new(kind);
            work.call(&came, 3);
            let state = work.saved();
            let more = (0..pieces).all(|_| piece(&mut work, 1_000_000) == Next::Again);
            most = most.max(pieces);
            work.killed(&state);
            work.call(&[], 1_000_000);
            assert!(
                work.rows == due,
                "{kind}: {} rows, {} are due, {pieces} pieces",
                work.rows.len(),
                due.len()
            );
            if !more {
                break;
            }
        }
    }
    assert!(most > 2, "all came in {most} pieces");
}

/// All that is open goes out some at a time at a stop too: killed behind whichever piece, and stopped again, no row is
/// there twice, or missing. When all has gone, time goes on from where it was.
#[test]
fn a_stop_lets_all_go_in_pieces() {
    let keys: Vec<String> = (0..60).map(|n| format!("k{n}")).collect();
    let came: Vec<Came<'_>> = keys.iter().map(|k| (&k[..], 5, 1, 0)).collect();
    let stopping = || {
        let mut work = Work::new("size = \"3000s\"\nslide = \"1s\"");
        work.call(&came, 3);
        work
    };
    let mut work = stopping();
    let state = work.saved();
    work.finish(Ending::Stopped);
    let due = std::mem::take(&mut work.rows);
    assert_eq!(due.len(), 60 * 3000);
    assert!(work.most <= 50_000, "{} rows in one batch", work.most);
    let pieces = work.calls - 1;
    work.killed(&state);
    assert_eq!(work.told()[0], 60);
    work.call(&[("k0", 4, 1, 0)], 3);
    assert_eq!((work.told(), work.rows.len()), ([1, 0], 0), "open and closed");
    for n in 1..pieces {
        let mut work = stopping();
        work.desk.set_ending(Ending::Stopped);
        for _ in 0..n {
            let mut batch = Batch::default();
            assert_eq!(work.step.finish(&mut batch, work.desk.cx()).expect("it ends"), Next::Again);
            work.took(&batch);
        }
        work.killed(&state);
        work.finish(Ending::Stopped);
        assert!(work.rows == due, "{} rows, {} are due, {n} pieces", work.rows.len(), due.len());
    }
}

/// A stop that was cut short lets time be where it was: what comes then is in all its windows, and what had gone is
/// there once.
#[test]
fn what_comes_after_half_a_stop_is_in_its_windows() {
    for (kind, keys, each) in [
        ("size = \"3000s\"\nslide = \"1s\"", 60, 3000),
        ("size = \"3000s\"\nslide = \"1s\"\nempty = true", 60, 3000),
        ("size = \"1h\"\nkeys_max = 1000000", 110_000, 1),
        ("gap = \"3000s\"\nkeys_max = 1000000", 110_000, 1),
    ] {
        let keys = Keys::new(keys);
        for n in 1.. {
            let mut work = Work::new(kind);
            work.call(&keys.came(), 3);
            let state = work.saved();
            work.desk.set_ending(Ending::Stopped);
            let mut more = true;
            for _ in 0..n {
                let mut batch = Batch::default();
                more = work.step.finish(&mut batch, work.desk.cx()).expect("it ends") == Next::Again;
                work.took(&batch);
            }
            work.killed(&state);
            work.call(&[("k0", 5, 1, 0)], 3);
            work.call(&[], 1_000_000);
            let due = (keys.0.len() + 1) as i64 * each;
            assert_eq!((work.counted(), work.told()[1]), (due, 0), "{kind}, {n} pieces");
            if !more {
                break;
            }
        }
    }
}

/// Two stops in a row are cut short, the second before it has come as far: of a state that is older than both each row
/// goes out once.
#[test]
fn what_two_half_stops_let_go_is_there_once() {
    for (kind, keys, each) in [
        ("size = \"3000s\"\nslide = \"1s\"", 60, 3000),
        ("size = \"1h\"\nkeys_max = 1000000", 160_000, 1),
        ("gap = \"1s\"\nkeys_max = 1000000", 160_000, 1),
    ] {
        let keys = Keys::new(keys);
        for (first, second) in [(2, 1), (1, 2), (1, 1)] {
            let mut work = Work::new(kind);
            work.call(&keys.came(), 3);
            let state = work.saved();
            for pieces in [first, second] {
                // That goes before all that waits, and no state has it.
                work.call(&[("new", 4, 1, 0)], 3);
                work.desk.set_ending(Ending::Stopped);
                for _ in 0..pieces {
                    let mut batch = Batch::default();
                    assert_eq!(work.step.finish(&mut batch, work.desk.cx()).expect("it ends"), Next::Again);
                    work.took(&batch);
                }
                work.killed(&state);
            }
            work.call(&[], 1_000_000);
            work.rows.retain(|row| row.split(' ').nth(2) != Some("new"));
            let windows: std::collections::BTreeSet<&String> = work.rows.iter().collect();
            let due = keys.0.len() * each;
            assert_eq!((work.rows.len(), windows.len()), (due, due), "{kind}: {first}, then {second} pieces");
        }
    }
}

/// An empty window that a half stop let out, or that had records then, has no other empty row.
#[test]
fn a_window_behind_half_a_stop_is_empty_once() {
    let keys = Keys::new(60);
    let came: Vec<Came<'_>> =
        [0, 990].iter().flat_map(|at| keys.0.iter().map(move |k| (&k[..], *at, 1, 0))).collect();
    let mut work = Work::new("size = \"1s\"\nallowed_lateness = \"1h\"\nempty = true");
    work.call(&came, 990);
    let state = work.saved();
    work.desk.set_ending(Ending::Stopped);
    let mut batch = Batch::default();
    assert_eq!(work.step.finish(&mut batch, work.desk.cx()).expect("it ends"), Next::Again);
    work.took(&batch);
    work.killed(&state);
    work.call(&[("k0", 500, 1, 0)], 990);
    work.call(&[], 1_000_000);
    let mut windows = std::collections::BTreeSet::new();
    for row in &work.rows {
        let (window, n) =
            row.rsplitn(3, ' ').nth(2).and_then(|row| row.rsplit_once(' ')).unwrap_or((row, ""));
        assert!(windows.insert(window.to_string()) || n != "0", "{row}");
    }
    assert_eq!(work.counted(), 121);
}

/// After a restart time may begin before where a crash found it: what had gone does not come again.
#[test]
fn a_place_stays_while_time_is_before_it() {
    let keys = Keys::new(110_000);
    let mut work = Work::new("size = \"1h\"\nkeys_max = 1000000");
    work.call(&keys.came(), 3);
    let state = work.saved();
    assert_eq!(piece(&mut work, 1_000_000), Next::Again);
    work.killed(&state);
    work.call(&[], 5);
    work.call(&[("k0", 6, 1, 0)], 5);
    assert_eq!(work.told()[1], 1, "its window has gone");
    work.killed(&state);
    work.call(&[], 1_000_000);
    assert_eq!((work.rows.len(), work.counted()), (110_000, 110_000));
}
