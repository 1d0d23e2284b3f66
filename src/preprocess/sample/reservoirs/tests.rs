//! Samples are even, keep to their bound of memory, and lose nothing for a record that is too large.

use super::*;
use crate::data::{Type, Value};
use crate::operator::Account;

fn numbers(n: u64) -> (Schema, Batch) {
    let schema = Schema::of(&[("k", Type::I64), ("s", Type::Str)]);
    let mut batch = Batch::new(&schema);
    for at in 0..n {
        batch.id.push(at);
        batch.born_ns.push(1);
        batch.columns[0].push(Value::I64(at as i64));
        batch.columns[1].push(Value::Str(&"x".repeat(1000)));
    }
    (schema, batch)
}

/// Every record has the same chance to be in a sample.
#[test]
fn a_sample_is_even() {
    let (schema, batch) = numbers(100);
    let mut times = [0; 100];
    for seed in 0..2000 {
        let mut cx = Cx::new("run", "stage", Account::new(2, 0, 1));
        let (mut rows, mut totals) = (Batch::new(&schema), Totals::default());
        let mut samples = Reservoirs::new((10, seed), Vec::new(), (1, 1 << 20), &schema);
        let mut out = Out { rows: &mut rows, born_ns: 1, totals: &mut totals, cx: &mut cx };
        (0..batch.len()).for_each(|row| samples.add(&batch, row, None, &mut out));
        samples.empty(&mut out);
        assert_eq!(rows.len(), 10);
        for row in 0..10 {
            let Value::I64(at) = rows.columns[0].value(row) else { panic!() };
            times[at as usize] += 1;
        }
    }
    // 200 each; five deviations of a binomial are 67.
    assert!(times.iter().all(|n| (133..267).contains(n)), "{times:?}");
}

/// However many keys come, or however large one sample is, no more bytes are held than `memory` says.
#[test]
fn memory_is_what_is_said() {
    let (schema, batch) = numbers(1000);
    for per in [vec![0], Vec::new()] {
        let mut cx = Cx::new("run", "stage", Account::new(2, 0, 1));
        let (mut rows, mut totals) = (Batch::new(&schema), Totals::default());
        let mut samples = Reservoirs::new((500, 1), per.clone(), (100_000, 64 << 10), &schema);
        let mut out = Out { rows: &mut rows, born_ns: 1, totals: &mut totals, cx: &mut cx };
        for row in 0..batch.len() {
            samples.add(&batch, row, None, &mut out);
            assert!(samples.bytes <= 64 << 10);
            let held: usize = samples.keyed.iter().map(|(_, sample)| sample.bytes()).sum();
            assert_eq!(samples.bytes, held);
        }
        let held = samples.rows();
        assert!((55..=62).contains(&held), "{held}");
        samples.empty(&mut out);
        let all = if per.is_empty() { held } else { 1000 };
        assert_eq!(totals.kept, all, "of several keys nothing is lost");
        assert!(totals.early > 0);
    }
}

/// A record that is too large for all memory leaves the sample as it is.
#[test]
fn a_huge_record_is_not_kept_and_harms_no_other() {
    let (schema, mut batch) = numbers(0);
    for (at, len) in [(0, 100_000), (1, 1), (2, 100_000), (3, 1), (4, 1)] {
        batch.id.push(at);
        batch.born_ns.push(1);
        batch.columns[0].push(Value::I64(at as i64));
        batch.columns[1].push(Value::Str(&"x".repeat(len)));
    }
    let mut cx = Cx::new("run", "stage", Account::new(2, 0, 1));
    let (mut rows, mut totals) = (Batch::new(&schema), Totals::default());
    let mut samples = Reservoirs::new((10, 1), Vec::new(), (1, 64 << 10), &schema);
    let mut out = Out { rows: &mut rows, born_ns: 1, totals: &mut totals, cx: &mut cx };
    (0..batch.len()).for_each(|row| samples.add(&batch, row, None, &mut out));
    samples.empty(&mut out);
    assert_eq!((rows.len(), totals.early), (3, 2));
}

/// What is held is room, not only what is in it: neither a record that is not kept nor one that goes again leaves its
/// buffer to a small one.
#[test]
fn no_small_record_keeps_the_room_of_a_large_one() {
    let (schema, mut batch) = numbers(0);
    for at in 0..400 {
        batch.id.push(at);
        batch.born_ns.push(1);
        batch.columns[0].push(Value::I64(at as i64));
        let len = [100_000, 1, 20_000, 1][at as usize % 4];
        batch.columns[1].push(Value::Str(&"x".repeat(len)));
    }
    for (per, every) in [(vec![0], None), (Vec::new(), None), (Vec::new(), Some(10))] {
        let mut cx = Cx::new("run", "stage", Account::new(2, 0, 1));
        let (mut rows, mut totals) = (Batch::new(&schema), Totals::default());
        let mut samples = Reservoirs::new((20, 1), per, (1000, 64 << 10), &schema);
        let mut out = Out { rows: &mut rows, born_ns: 1, totals: &mut totals, cx: &mut cx };
        for row in 0..batch.len() {
            samples.add(&batch, row, every, &mut out);
            let kept = samples.keyed.iter().flat_map(|(_, sample)| &sample.rows);
            let held: usize = kept.map(|(_, row)| row.capacity()).sum();
            assert!(held <= 64 << 10, "{held} bytes");
            assert!(samples.packed.capacity() <= 64 << 10, "{} bytes", samples.packed.capacity());
        }
    }
}
