//! Windows put together: the counts are those of a walk, what each holds is the same to the last bit however many go
//! out at a time, and none costs as many steps as it has panes.

use super::*;
use crate::preprocess::window::aggregate::Aggregate;
use crate::preprocess::window::rows::MERGES;
use proptest::prelude::*;
use std::collections::BTreeMap;

type Panes = BTreeMap<(u8, (i64, u32)), State>;

/// Start, key and records of each window, and all that it holds.
fn told(panes: &Panes, slides: Slides, (from, to): (i64, i64)) -> Vec<((i64, u8), u64, String)> {
    let keys: Vec<u8> = (0..=u8::MAX).collect();
    let of = panes.iter().filter_map(|((key, place), state)| {
        let first = place.0 - slides.slide * (i64::from(place.1) - 1);
        let (from, to) = (first.max(from), place.0.min(to));
        let key = &keys[usize::from(*key)..][..1];
        (from <= to).then(|| Pane::new((from, to), key, *place, state))
    });
    let (mut told, mut whole) = (Vec::new(), State::default());
    sweep(
        of.collect(),
        slides,
        &mut whole,
        |start| start + slides.slide,
        |start, key, state| told.push(((start, key[0]), state.records, format!("{:?}", state.held))),
    );
    told
}

/// A record of x, whose moments show in which order they were put together.
fn add(panes: &mut Panes, key: u8, place: (i64, u32), x: f64) {
    let fresh = || State::new(vec![Aggregate::Spread(Default::default())]);
    let state = panes.entry((key, place)).or_insert_with(fresh);
    state.records += 1;
    if let Aggregate::Spread(moments) = &mut state.held[0] {
        moments.learn(x);
    }
}

proptest! {
    #[test]
    fn a_window_is_the_same_however_many_go_out_at_a_time(
        (slide, size) in (1..4i64, 1..40i64).prop_map(|(slide, size)| (slide, size.max(slide))),
        records in prop::collection::vec((0..3u8, -20..60i64, 0..4u32, 0..1000u32), 0..150),
        cuts in prop::collection::vec(0..12i64, 1..40),
    ) {
        let slides = Slides { slide, size };
        let (mut panes, mut due) = (Panes::new(), BTreeMap::new());
        for (key, time, late, x) in records {
            let last = time.div_euclid(slide) * slide;
            let n = ((size - 1 - (time - last)) / slide) as u32 + 1;
            // Of some that come late the first windows have gone out.
            let n = if late == 0 { x % n + 1 } else { n };
            add(&mut panes, key, (last, n), f64::from(x) / 7.0);
            (0..i64::from(n)).for_each(|back| *due.entry((last - back * slide, key)).or_insert(0) += 1);
        }
        let whole = told(&panes, slides, (-1000, 1000));
        let counts: Vec<_> = whole.iter().map(|(of, n, _)| (*of, *n)).collect();
        prop_assert_eq!(counts, due.into_iter().collect::<Vec<_>>());
        let (mut parts, mut at) = (Vec::new(), -100 * slide);
        for cut in cuts {
            parts.extend(told(&panes, slides, (at, at + cut * slide)));
            at += (cut + 1) * slide;
        }
        parts.extend(told(&panes, slides, (at, 1000)));
        prop_assert_eq!(whole, parts);
    }
}

/// 7,999 windows of one key, each of up to 4,000 panes.
#[test]
fn many_windows_of_many_panes_cost_a_few_steps_each() {
    let (slides, mut panes) = (Slides { slide: 1, size: 4000 }, Panes::new());
    (0..4000).for_each(|time| add(&mut panes, 1, (time, 4000), 1.0));
    let before = MERGES.get();
    assert_eq!(told(&panes, slides, (i64::MIN / 2, i64::MAX / 2)).len(), 7999);
    let merges = MERGES.get() - before;
    assert!(merges < 4 * 7999, "{merges} were merged");
}
