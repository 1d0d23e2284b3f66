//! The window against River's, and what it must stand.
//!
//! The tables are what `river.drift.ADWIN` of River 0.26.1 says of the same values: the value that finds a change,
//! from 0 on, and how wide its window is then; at the end width, mean and sum of squares.

use super::*;
use crate::numeric::SplitMix64;

const USUAL: AdwinSettings =
    AdwinSettings { delta: 0.002, clock: 32, max_buckets: 5, min_window: 5, grace: 10 };
const ODD: AdwinSettings = AdwinSettings { delta: 0.1, clock: 7, max_buckets: 3, min_window: 2, grace: 1 };
const EACH: AdwinSettings =
    AdwinSettings { delta: 0.001, clock: 1, max_buckets: 5, min_window: 5, grace: 10 };

/// 3,000 flips each of three coins.
fn coins(random: &mut SplitMix64, i: usize) -> f64 {
    f64::from(u8::from(random.unit() < [0.2, 0.4, 0.1][i / 3000]))
}

/// A mean that rises all the time.
fn ramp(random: &mut SplitMix64, i: usize) -> f64 {
    i as f64 / 9000.0 + 0.3 * (random.unit() - 0.5)
}

/// Far from 0 to 1, with a step at 4,000.
fn wild(random: &mut SplitMix64, i: usize) -> f64 {
    1e6 * (if i < 4000 { 1.0 } else { 1.01 }) + 5e4 * (random.unit() - 0.5)
}

type Stream = fn(&mut SplitMix64, usize) -> f64;

/// What it finds in a stream, and the window at the end.
fn found(of: Stream, settings: AdwinSettings) -> (Vec<(usize, u64)>, Adwin) {
    let (mut random, mut adwin) = (SplitMix64::new(42), Adwin::new(settings));
    let mut found = Vec::new();
    for i in 0..9000 {
        if adwin.add(of(&mut random, i)) {
            found.push((i, adwin.width()));
        }
    }
    (found, adwin)
}

#[test]
fn it_finds_the_changes_that_river_finds_at_the_same_values() {
    // Stream, settings, detections, and of the window at the end width, mean and sum of squares.
    type Told<'a> = (Stream, AdwinSettings, &'a [(usize, u64)], (u64, f64, f64));
    let told: [Told<'_>; 9] = [
        (coins, USUAL, &[(3167, 608), (6079, 1376)], (2920, 0.09383561643835617, 248.28904109589013)),
        (coins, ODD, &[(3114, 555), (6054, 636)], (2945, 0.0933786078098472, 249.32088285229187)),
        (coins, EACH, &[(3147, 2636), (6086, 2427)], (2913, 0.09406110538963268, 248.2272571232403)),
        (ramp, USUAL, &RAMP_USUAL, (520, 0.9762877726495369, 3.8802252604273577)),
        (ramp, ODD, &RAMP_ODD, (103, 0.9992926682355852, 0.741355695096322)),
        (ramp, EACH, &RAMP_EACH, (366, 0.9833225228233367, 2.7522727598208436)),
        (wild, USUAL, &[(4031, 224)], (4968, 1010088.2433016431, 1011069600189.4598)),
        (wild, ODD, &WILD_ODD, (4296, 1010277.5766648012, 872812342211.9385)),
        (wild, EACH, &[(4025, 1210)], (4974, 1010092.451092394, 1012451487478.5839)),
    ];
    for (at, (of, settings, changes, (width, mean, squares))) in told.into_iter().enumerate() {
        let (found, adwin) = found(of, settings);
        assert_eq!(found, changes, "stream {at}");
        assert_eq!((adwin.width(), adwin.mean()), (width, mean), "stream {at}");
        let ours = adwin.variance() * width as f64;
        assert!((ours - squares).abs() <= 1e-12 * squares, "stream {at}: {ours} is not {squares}");
        let other = Adwin::new(AdwinSettings { delta: 0.3, ..settings });
        assert!(adwin.is_like(&Adwin::new(settings)) && !adwin.is_like(&other));
    }
}

const RAMP_USUAL: [(usize, u64); 9] = [
    (1055, 928),
    (1983, 800),
    (2943, 832),
    (3871, 800),
    (4831, 832),
    (5727, 768),
    (6591, 736),
    (7519, 800),
    (8479, 832),
];
const RAMP_ODD: [(usize, u64); 13] = [
    (846, 591),
    (1469, 495),
    (2232, 635),
    (2953, 593),
    (3611, 530),
    (4311, 572),
    (4927, 488),
    (5578, 523),
    (6257, 551),
    (6908, 523),
    (7559, 523),
    (8273, 586),
    (8896, 495),
];
const RAMP_EACH: [(usize, u64); 9] = [
    (1040, 913),
    (1982, 814),
    (2948, 838),
    (3872, 796),
    (4827, 827),
    (5778, 823),
    (6715, 809),
    (7665, 822),
    (8633, 840),
];
const WILD_ODD: [(usize, u64); 4] = [(3149, 846), (4017, 164), (4472, 327), (4703, 167)];

#[test]
fn a_change_is_told_where_it_is_with_both_means() {
    let (mut random, mut adwin) = (SplitMix64::new(7), Adwin::new(USUAL));
    let mut changes = Vec::new();
    for i in 0..9000 {
        if adwin.add(coins(&mut random, i)) {
            changes.push((i, adwin.change().unwrap()));
        }
    }
    assert_eq!(changes.len(), 2, "{changes:?}");
    for ((i, change), (at, before, after)) in changes.into_iter().zip([(3000, 0.2, 0.4), (6000, 0.4, 0.1)]) {
        let began = (i + 1) as i64 - change.since as i64;
        assert!((began - at).abs() <= 128, "{began} is not {at}");
        assert!((change.before - before).abs() < 0.05 && (change.after - after).abs() < 0.1, "{change:?}");
    }
}

#[test]
fn its_memory_grows_with_the_logarithm_of_the_width() {
    let mut adwin = Adwin::new(USUAL);
    let mut random = SplitMix64::new(1);
    for _ in 0..1_000_000 {
        adwin.add(f64::from(u8::from(random.happens(0.3))));
    }
    assert_eq!(adwin.width(), 1_000_000, "nothing has changed");
    assert!(adwin.buckets.len() <= 6 * 20, "{} buckets", adwin.buckets.len());
    adwin.reset();
    assert_eq!((adwin.width(), adwin.mean(), adwin.variance()), (0, 0.0, 0.0));
}

#[test]
fn with_few_buckets_of_a_size_it_forgets_what_is_before_a_change() {
    for max_buckets in 1..=3 {
        let (mut random, mut adwin) =
            (SplitMix64::new(3), Adwin::new(AdwinSettings { max_buckets, ..USUAL }));
        let mut found = Vec::new();
        for i in 0..9000 {
            if adwin.add(f64::from(u8::from(random.happens([0.1, 0.9, 0.1][i / 3000])))) {
                found.push(i);
                let width: u64 = adwin.lens.iter().enumerate().map(|(row, len)| u64::from(*len) << row).sum();
                assert_eq!(adwin.width(), width);
                assert!(adwin.is_like(&Adwin::new(adwin.settings)), "{max_buckets}: {:?}", adwin.lens);
            }
        }
        let near = |step: usize| found.iter().any(|at| (step..step + 200).contains(at));
        assert!(near(3000) && near(6000), "{max_buckets}: {found:?}");
    }
}
