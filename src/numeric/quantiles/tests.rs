//! Ranks are near, few values exact, and memory is bounded.

use super::*;

fn sorted(sketch: &Quantiles) -> Weighed {
    let mut values = Weighed::new();
    sketch.give(&mut values);
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    values
}

/// What a value's rank is off, of all `n` values that are their own ranks.
fn off(sketch: &Quantiles, share: f64, n: u64) -> f64 {
    let (mut passed, wanted) = (0, (share * n as f64) as u64);
    let at = sorted(sketch).into_iter().find(|(_, weight)| {
        passed += weight;
        passed > wanted
    });
    (at.unwrap().0 - wanted as f64).abs() / n as f64
}

#[test]
fn ranks_are_near_whatever_the_order() {
    const N: u64 = 100_000;
    type Order = (&'static str, fn(u64) -> u64);
    let orders: [Order; 4] = [
        ("rising", |i| i),
        ("falling", |i| N - 1 - i),
        ("mixed", |i| i * 61_357 % N),
        ("from both ends", |i| if i % 2 == 0 { i / 2 } else { N - 1 - i / 2 }),
    ];
    let (mut far, mut looks) = (0, 0);
    for (name, order) in orders {
        for seed in 0..20 {
            let mut sketch = Quantiles::default();
            (0..N).for_each(|i| sketch.add(order(i) as f64, seed));
            assert!(sketch.kept() <= 3 * HIGHEST + 20 * LEAST && sketch.is_sound(), "{}", sketch.kept());
            let worst = (1..20).map(|at| off(&sketch, f64::from(at) / 20.0, N)).fold(0.0, f64::max);
            assert!(worst < 0.03, "{name}, seed {seed}: {worst}");
            far += usize::from(worst > 0.013);
            looks += 1;
        }
    }
    assert!(far * 20 <= looks, "{far} of {looks} are farther than is said");
}

#[test]
fn parts_together_are_as_near_as_the_whole() {
    const N: u64 = 100_000;
    for parts in [2u64, 7, 60] {
        let mut sketches = vec![Quantiles::default(); parts as usize];
        (0..N).for_each(|i| sketches[(i * 61_357 % N * parts / N) as usize].add((i * 61_357 % N) as f64, i));
        let mut sketch = Quantiles::default();
        sketches.iter().for_each(|part| sketch.merge(part, 3));
        assert!(sketch.is_sound() && sketch.len() == N && sketch.held() <= 12 << 10, "{}", sketch.held());
        let worst = (1..20).map(|at| off(&sketch, f64::from(at) / 20.0, N)).fold(0.0, f64::max);
        assert!(worst < 0.03, "{parts} parts: {worst}");
    }
}

#[test]
fn quantiles_lie_between_two_as_far_as_the_share_is() {
    let values: Weighed = vec![(1.0, 1), (2.0, 2), (4.0, 1)];
    let at = |share| quantile(&values, share);
    assert_eq!((at(0.0), at(1.0), at(0.5)), (Some(1.0), Some(4.0), Some(2.0)));
    assert_eq!((at(0.25), at(0.75)), (Some(1.75), Some(2.5)));
    assert_eq!(quantile(&[], 0.5), None);
    assert_eq!(quantile(&[(f64::INFINITY, 2)], 0.5), Some(f64::INFINITY));
}

#[test]
fn it_holds_little_more_than_what_it_keeps() {
    let mut sketch = Quantiles::default();
    let mut most = 0;
    for n in 0..1_000_000u32 {
        sketch.add(f64::from(n.wrapping_mul(2_654_435_761)), 1);
        most = most.max(sketch.held());
    }
    assert!(sketch.levels.len() > 10 && most <= 12 << 10, "{most} bytes, {} levels", sketch.levels.len());
    // Each further level takes what the least of them does: as for a billion.
    let more = 12 * ((LEAST + LEAST / 2 + 2) * 8 + size_of::<Vec<f64>>());
    assert!(sketch.held() + more <= 12 << 10, "{} bytes", sketch.held() + more);
}

#[test]
fn few_values_are_exact() {
    let mut sketch = Quantiles::default();
    assert_eq!(median(&sorted(&sketch)), None);
    for x in [9.0, 1.0, 4.0, 2.0] {
        sketch.add(x, 1);
    }
    let values = sorted(&sketch);
    assert_eq!((median(&values), median_distance(&values, 3.0)), (Some(3.0), Some(1.5)));
    sketch.add(3.0, 1);
    let values = sorted(&sketch);
    assert_eq!((median(&values), median_distance(&values, 3.0)), (Some(3.0), Some(1.0)));
    assert_eq!(median_distance(&[(5.0, 7)], 5.0), Some(0.0));
}
