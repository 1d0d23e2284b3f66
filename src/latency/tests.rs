//! Counts and times of histograms: what goes in comes out, also as bytes, and bytes of anything else are refused.

use super::*;
use proptest::prelude::*;

fn of(times: &[(u64, u64)]) -> Latency {
    let mut latency = Latency::default();
    times.iter().for_each(|(ns, n)| latency.record_n(*ns, *n));
    latency
}

fn recorded(latency: &Latency) -> Vec<(u64, u64)> {
    latency.recorded().collect()
}

fn bytes(timings: &Timings) -> Vec<u8> {
    let mut bytes = Vec::new();
    timings.write(&mut Encoder::default(), &mut bytes);
    bytes
}

#[test]
fn a_time_for_many_records_is_the_same_time_recorded_often() {
    let mut often = Latency::default();
    (0..50).for_each(|_| often.record(123_456));
    let once = of(&[(123_456, 50), (77, 0)]);
    assert_eq!(recorded(&once), recorded(&often));
    assert_eq!((once.len(), once.max_ns()), (50, often.max_ns()), "a time for no record leaves no trace");
}

#[test]
fn times_out_of_range_count_as_the_nearest_in_it() {
    let latency = of(&[(0, 1), (u64::MAX, 2), (NS_MAX, 3)]);
    let [(least, 1), (most, 5)] = recorded(&latency)[..] else { panic!("{latency:?}") };
    assert!(least == 1 && (NS_MAX..NS_MAX + NS_MAX / 1000).contains(&most), "{least} {most}");
}

#[test]
fn nothing_is_told_of_no_record() {
    let none = Latency::default();
    assert!(none.is_empty() && Timings::default().is_empty());
    assert_eq!((none.max_ns(), none.mean_ns(), none.stdev_ns()), (None, None, None));
    assert_eq!((none.percentile_ns(0.0), none.percentile_ns(0.5)), (None, None));
    assert_eq!((none.recorded().count(), none.steps(5).count()), (0, 0));
}

/// A percentile SHALL be told only when ten records at least lie beyond it.
#[test]
fn a_percentile_needs_ten_records_beyond_it() {
    for (share, least) in [(0.0, 10), (0.5, 20), (0.9, 100), (0.99, 1000), (0.999, 10_000), (0.9999, 100_000)]
    {
        assert!(supports(least, share) && !supports(least - 1, share), "{share} of {least}");
        assert_eq!(of(&[(1000, least)]).percentile_ns(share), Some(1000));
        assert_eq!(of(&[(1000, least - 1)]).percentile_ns(share), None);
    }
    assert!(!supports(u64::MAX, 1.0), "the longest of all is `max_ns`");
}

#[test]
fn mean_and_deviation_are_those_of_the_times() {
    let latency = of(&[(1000, 3), (2000, 1)]);
    assert_eq!((latency.mean_ns(), latency.max_ns()), (Some(1250.0), Some(2000)));
    assert!((latency.stdev_ns().unwrap() - 187_500f64.sqrt()).abs() < 1e-9);
}

/// A line of a percentile file needs: the time, the share, and the records up to there.
#[test]
fn steps_go_through_all_records_to_the_longest_time() {
    let latency = of(&[(100, 500), (200, 400), (300, 99), (1_000_000, 1)]);
    let steps: Vec<Step> = latency.steps(5).collect();
    assert_eq!((steps[0].ns, steps[0].share, steps[0].records), (100, 0.0, 500));
    let last = steps.last().unwrap();
    assert_eq!((last.share, last.records), (1.0, 1000));
    assert_eq!(Some(last.ns), latency.max_ns().map(|max| latency.recorded().last().unwrap().0.max(max)));
    for pair in steps.windows(2) {
        assert!(pair[0].share < pair[1].share && pair[0].records <= pair[1].records, "{pair:?}");
        assert!(pair[1].records as f64 >= 1000.0 * pair[1].share - 1e-6, "{pair:?}");
    }
    assert_eq!(latency.buckets(), (32, 2048));
}

#[test]
fn timings_add_and_come_apart_again() {
    let mut early = Timings::default();
    early.link.record_n(1000, 7);
    early.age.record(5);
    let mut late = early.clone();
    late.link.record_n(1000, 2);
    late.service.record_n(30, 4);
    late.subtract(&early);
    assert_eq!(
        (recorded(&late.link), recorded(&late.service), late.age.len()),
        (vec![(1000, 2)], vec![(30, 4)], 0)
    );
    late.add(&early);
    assert_eq!((late.link.len(), late.len()), (9, 14));
}

#[test]
fn a_batch_that_is_sent_is_as_old_as_its_oldest_record() {
    let mut timings = Timings::default();
    timings.sent(&[900, 600, 990], 1000);
    timings.sent(&[], 1000);
    timings.sent(&[2000], 1000);
    timings.stored(&[900, 600, 600, 900], 1000);
    assert_eq!(recorded(&timings.age), [(1, 1), (100, 2), (400, 5)], "a birth that lies ahead is no age");
    timings.taken(600, 1000, 3);
    timings.served(900, 1000, 2);
    assert_eq!((recorded(&timings.link), recorded(&timings.service)), (vec![(400, 3)], vec![(100, 2)]));
}

/// Of a histogram told in two digits an earlier one told in three can be taken out, and the other way round.
#[test]
fn coarse_and_fine_come_apart_to_the_record() {
    let mut early = Timings::default();
    (1..2000u64).for_each(|n| early.age.record(n * n));
    let (mut late, mut rest) = (early.clone(), Timings::default());
    (1..500u64).for_each(|n| [&mut late, &mut rest].iter_mut().for_each(|of| of.age.record(n * 1234)));
    let rest = recorded(&rest.coarse().age);
    let coarse = late.coarse();
    assert!(coarse.age.recorded().count() < late.age.recorded().count() / 2, "it is coarser");
    for (late, early) in [(&coarse, &early), (&late, &early.coarse()), (&coarse, &early.coarse())] {
        let left = late.without(early).age;
        assert_eq!((left.len(), recorded(&left)), (499, rest.clone()));
    }
}

#[test]
fn what_was_written_is_read_and_nothing_else() {
    let mut timings = Timings { age: of(&[(5, 1), (123_456_789, 1_000_000)]), ..Timings::default() };
    timings.link.record_n(1 << 40, 1 << 40);
    for timings in [&timings, &timings.coarse(), &Timings::default()] {
        let whole = bytes(timings);
        let read = Timings::read(&whole).unwrap();
        for (read, written) in
            [(&read.link, &timings.link), (&read.service, &timings.service), (&read.age, &timings.age)]
        {
            assert_eq!((read.len(), recorded(read)), (written.len(), recorded(written)));
        }
        assert!((0..whole.len()).all(|len| Timings::read(&whole[..len]).is_none()), "cut short");
        assert!(Timings::read(&[&whole[..], &[0]].concat()).is_none(), "a byte too many");
    }
    // A head that asks for another histogram, and so for other memory, is refused.
    let whole = bytes(&timings);
    for at in (0..4 + HEAD).filter(|at| !(4 + HEAD_LEN.start..4 + HEAD_LEN.end).contains(at)) {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        assert!(Timings::read(&damaged).is_none(), "byte {at}");
    }
}

#[test]
fn told_timings_are_those_since_the_ones_before() {
    let mut timings = Timings::default();
    timings.age.record_n(1000, 3);
    let before = bytes(&timings);
    timings.age.record_n(2000, 2);
    let now = bytes(&timings);
    assert_eq!(Told::of(now.clone(), Vec::new()).age.len(), 5);
    assert_eq!(recorded(&Told::of(now, before).age), [(2000, 2)]);
    assert!(Told::of(vec![1, 2, 3], Vec::new()).is_empty() && Told::default().is_empty());
}

/// What `wire::ledger` has room for, and says that it has: a flat spread over all that is usual in three digits, and
/// any spread in two.
#[test]
fn histograms_take_as_many_bytes_as_their_room_was_made_for() {
    const ROOM: usize = 160 * 1024;
    let all = |latency: Latency| Timings { link: latency.clone(), service: latency.clone(), age: latency };
    let flat = |from: u64, to: u64, records: u64| {
        let (mut latency, mut ns) = (Latency::default(), from);
        while ns <= to {
            latency.record_n(ns, records);
            ns = latency.histogram.next_non_equivalent(ns);
        }
        all(latency)
    };
    let usual = flat(1000, 100_000_000, 1_000_000);
    assert!(usual.age.len() > 16_000_000_000 && bytes(&usual).len() < ROOM, "{}", bytes(&usual).len());
    let any = flat(1, NS_MAX, i64::MAX as u64 / 100_000);
    assert!(bytes(&any).len() > ROOM && bytes(&any.coarse()).len() < ROOM, "{}", bytes(&any.coarse()).len());
}

proptest! {
    #[test]
    fn what_is_taken_out_leaves_just_the_rest(
        early in prop::collection::vec((any::<u64>(), 0..1000u64), 0..20),
        late in prop::collection::vec((any::<u64>(), 0..1000u64), 0..20),
        shift in 0..60u32,
    ) {
        let cut = |times: &[(u64, u64)]| times.iter().map(|(ns, n)| (ns >> shift, *n)).collect::<Vec<_>>();
        let (early, late) = (of(&cut(&early)), of(&cut(&late)));
        let mut both = early.clone();
        both.add(&late);
        both.subtract(&early);
        prop_assert_eq!(recorded(&both), recorded(&late));
        prop_assert_eq!((both.len(), both.is_empty()), (late.len(), late.is_empty()));
    }

    #[test]
    fn times_recorded_together_are_those_recorded_one_by_one(
        times in prop::collection::vec(any::<u64>(), 0..50), shift in 0..64u32, step in 0..1000u64,
    ) {
        // Neighbours, as the ages of a batch are, and a jump now and then.
        let near = |ns: &u64| (0..20).map(|n| (*ns >> shift).saturating_add(n * step)).collect::<Vec<_>>();
        let times: Vec<u64> = times.iter().flat_map(near).collect();
        let mut together = Latency::default();
        together.record_all(times.iter().copied());
        let mut apart = Latency::default();
        times.iter().for_each(|ns| apart.record(*ns));
        prop_assert_eq!(recorded(&together), recorded(&apart));
        prop_assert_eq!((together.len(), together.max_ns()), (apart.len(), apart.max_ns()));
    }

    #[test]
    fn damaged_bytes_are_refused_or_read_but_never_a_panic(
        at in any::<prop::sample::Index>(), to in any::<u8>(), len in any::<prop::sample::Index>(),
    ) {
        let mut timings = Timings::default();
        (1..300u64).for_each(|n| timings.age.record_n(n * n, n));
        let mut bytes = bytes(&timings);
        let at = at.index(bytes.len());
        bytes[at] = to;
        if let Some(read) = Timings::read(&bytes) {
            prop_assert!(read.age.recorded().count() < 10_000);
        }
        bytes.truncate(len.index(bytes.len()));
        prop_assert!(Timings::read(&bytes).is_none());
    }
}
