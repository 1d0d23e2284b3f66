//! What is saved of a table, piece by piece, and what a table takes of that.

use super::*;

/// A state that fills half a piece, so that a table of a few keys is saved in many.
fn half_a_piece() -> Vec<u64> {
    vec![7; pieces::PIECE_BYTES / 16]
}

proptest! {
    /// Whatever is done to a table between the pieces, they tell of the moment of the first.
    #[test]
    fn pieces_are_of_the_moment_at_which_saving_began(
        before in steps(),
        meanwhile in prop::collection::vec(prop::collection::vec((0..14u8, 0..8u8), 0..4), 0..12),
        keys_max in 1..14usize,
    ) {
        let mut keyed = Keyed::new(keys_max, half_a_piece());
        for (at, step) in before.into_iter().enumerate() {
            match step {
                Step::Touch(key) => keyed.touch(&bytes(key), |_, _| {})[1] = at as u64,
                Step::Remove(key) => drop(keyed.remove(&bytes(key))),
                Step::Report(n) => (0..n).for_each(|_| assert!(keyed.next_unreported().is_none_or(|at| at.1[0] == 7))),
                Step::ReportAll => keyed.report_all(),
                Step::SaveAndLoad | Step::Bound(_) => {}
            }
        }
        let begun = shown(&keyed);
        let mut out = Vec::new();
        let mut next = keyed.save(1, &mut Saver::new(&mut out)).unwrap();
        for touches in meanwhile {
            for (key, what) in touches {
                match what {
                    0 => drop(keyed.remove(&bytes(key))),
                    1 => assert!(keyed.next_unreported().is_none_or(|at| at.1[0] == 7)),
                    2 => keyed.report_all(),
                    3 => drop(keyed.get_mut(&bytes(key)).map(|state| state[2] += 1)),
                    _ => keyed.touch(&bytes(key), |_, _| {})[2] += 1,
                }
            }
            if next == Next::Again {
                next = keyed.save(1, &mut Saver::new(&mut out)).unwrap();
            }
        }
        let now = shown(&keyed);
        while next == Next::Again {
            next = keyed.save(1, &mut Saver::new(&mut out)).unwrap();
        }
        let mut loaded = Keyed::new(100, half_a_piece());
        let mut from = Loader::new(&out);
        prop_assert!(loaded.load(1, &mut from, |_, _| true).unwrap());
        prop_assert!(from.end().is_ok() && shown(&loaded) == begun, "not of the moment at which saving began");
        prop_assert!(shown(&keyed) == now && !keyed.is_saving(), "saving changes nothing");
        // The next save is of its own moment.
        prop_assert!(shown(&saved(&mut keyed, Vec::new()).0) == now);
    }
}

/// What the test above is for: a key that changes unseen before its turn is not in the pieces as it was.
#[test]
fn a_key_that_is_not_written_before_it_changes_is_missed() {
    for unseen in [false, true] {
        let mut keyed = Keyed::new(14, half_a_piece());
        (0..9).for_each(|key| keyed.touch(&bytes(key), |_, _| {})[1] = 5);
        let begun = shown(&keyed);
        let mut out = Vec::new();
        assert_eq!(keyed.save(1, &mut Saver::new(&mut out)).unwrap(), Next::Again);
        let unsaved = keyed.pieces.unsaved.clone();
        if unseen {
            keyed.pieces.unsaved = 0..0;
        }
        keyed.touch(&bytes(7), |_, _| {})[1] = 6;
        keyed.pieces.unsaved = unsaved;
        while keyed.save(1, &mut Saver::new(&mut out)).unwrap() == Next::Again {}
        let mut loaded = Keyed::new(14, half_a_piece());
        let whole = loaded.load(1, &mut Loader::new(&out), |_, _| true).is_ok_and(|fits| fits);
        assert_eq!(whole && shown(&loaded) == begun, !unseen);
    }
}

/// A million keys are hundreds of pieces, each little more than its bound, also when half of them go at once.
#[test]
fn a_piece_is_bounded_however_many_keys_there_are() {
    let mut keyed = Keyed::new(1_000_000, 0u64);
    for key in 0..1_000_000u64 {
        *keyed.touch(&key.to_le_bytes(), |_, _| {}) = key;
    }
    let (mut out, mut pieces, mut next) = (Vec::new(), 0, Next::Again);
    let (mut from, mut sum) = (Keyed::new(1_000_000, 0u64), 0u64);
    while next == Next::Again {
        let before = out.len();
        next = keyed.save(1, &mut Saver::new(&mut out)).unwrap();
        // A batch of a thousand records changes keys all over the table between two pieces.
        for n in 0..1000u64 {
            *keyed.touch(&((pieces * 7919 + n * 104_729) % 1_000_000).to_le_bytes(), |_, _| {}) += 1;
        }
        if pieces == 50 {
            (0..1_000_000u64).step_by(2).for_each(|key| assert!(keyed.remove(&key.to_le_bytes()).is_some()));
        }
        let most = pieces::PIECE_BYTES + 200;
        assert!(out.len() - before <= most, "piece {pieces} has {} bytes", out.len() - before);
        pieces += 1;
    }
    assert!(pieces > 300, "{pieces} pieces");
    assert!(from.load(1, &mut Loader::new(&out), |_, _| true).unwrap());
    from.iter().for_each(|(key, state)| {
        assert_eq!(key, state.to_le_bytes());
        sum += 1;
    });
    assert_eq!(sum, 1_000_000);
}

/// A save that can't be written is over: the next one is whole, and of its own moment.
#[test]
fn a_save_that_fails_leaves_nothing_to_the_next() {
    let mut keyed = Keyed::new(14, half_a_piece());
    (0..9).for_each(|key| keyed.touch(&bytes(key), |_, _| {})[1] = 5);
    let mut out = Vec::new();
    assert_eq!(keyed.save(1, &mut Saver::new(&mut out)).unwrap(), Next::Again);
    keyed.touch(&bytes(7), |_, _| {})[1] = 6;
    assert!(keyed.save(1, &mut Saver::of_at_most(100, &mut out)).is_err());
    assert!(!keyed.is_saving());
    let now = shown(&keyed);
    assert!(shown(&saved(&mut keyed, Vec::new()).0) == now);
}

#[test]
fn what_was_saved_of_another_table_is_refused() {
    let mut keyed = Keyed::new(3, 0u64);
    for key in [b"a", b"b", b"c"] {
        *keyed.touch(key, |_, _| {}) = u64::from(key[0]);
    }
    let saved = |touches: u64, said: u64, keys: &[(u64, &[u8])]| {
        let (mut bytes, mut entries) = (Vec::new(), Vec::new());
        let mut saver = Saver::new(&mut bytes);
        saver.put(1, &(9u64, touches, said, 1u64)).unwrap();
        keys.iter().for_each(|(at, key)| state::append(&(at, state::Bytes(key), 5u64), &mut entries));
        saver.put(1, &(true, state::Bytes(&entries))).unwrap();
        bytes
    };
    let shown =
        |keyed: &Keyed<u64>| -> Vec<_> { keyed.iter().map(|(key, state)| (key.to_vec(), *state)).collect() };
    let before = shown(&keyed);
    for (wrong, why) in [
        (saved(9, 4, &[(1, b"a"), (2, b"b"), (3, b"c"), (4, b"d")]), "more than may be"),
        (saved(9, 3, &[(1, b"a"), (2, b"b"), (3, b"a")]), "a key twice"),
        (saved(9, 2, &[(1, b"a"), (1, b"b")]), "a touch twice"),
        (saved(2, 2, &[(1, b"a"), (2, b"b")]), "a touch that is still to come"),
        (saved(9, 3, &[(1, b"a"), (2, b"b")]), "fewer than it says"),
        (saved(9, 2, &[(1, b"a"), (2, b"?")]), "a key that does not fit"),
        (saved(9, 2, &[(1, b"a"), (2, b"b")])[..70].to_vec(), "cut short"),
    ] {
        let loaded = keyed.load(1, &mut Loader::new(&wrong), |key, _| key != b"?");
        assert!(!loaded.unwrap_or(false), "{why}");
        assert_eq!(shown(&keyed), before, "{why}");
    }
    let right = saved(9, 2, &[(2, b"y"), (0, b"x")]);
    assert!(keyed.load(1, &mut Loader::new(&right), |_, _| true).unwrap());
    assert_eq!((keyed.gone(), keyed.len()), (9, 2));
    assert_eq!(keyed.next_unreported(), Some((&b"y"[..], &5)));
}
