//! Bodies of frames: what is encoded comes back, and no bytes whatever do harm.

use proptest::prelude::*;
use sluicebox::data::{Batch, Column, Late, Type, Value};
use sluicebox::wire::codec;
use sluicebox::wire::header::LEN;
use std::ops::Range;

/// Rows of every type, some NULL, given as plain numbers that proptest can shrink.
fn batches() -> impl Strategy<Value = (Vec<Type>, Batch, Batch)> {
    let columns = prop::collection::vec(0..Type::ALL.len(), 0..7);
    let row = (any::<u64>(), any::<u64>(), prop::collection::vec((any::<u64>(), ".{0,6}"), 7));
    let rows = prop::collection::vec(row, 0..20);
    // One batch in two has late records, and of its records one in two.
    let late = (any::<bool>(), any::<bool>());
    (columns, rows, 0..20usize, late).prop_map(|(columns, rows, cut, late)| {
        let types: Vec<Type> = columns.into_iter().map(|at| Type::ALL[at]).collect();
        let (mut first, mut second) = (empty(&types), empty(&types));
        for (at, (id, born, cells)) in rows.iter().enumerate() {
            let (batch, late) = if at < cut { (&mut first, late.0) } else { (&mut second, late.1) };
            batch.late_ns.set(batch.len(), if late && id % 2 == 0 { *born } else { 0 });
            batch.id.push(*id);
            batch.born_ns.push(*born);
            for (column, (number, text)) in batch.columns.iter_mut().zip(cells) {
                push(column, *number, text);
            }
        }
        (types, first, second)
    })
}

fn empty(types: &[Type]) -> Batch {
    let mut batch = Batch::default();
    batch.columns.extend(types.iter().map(|of| Column::new(*of)));
    batch
}

fn push(column: &mut Column, number: u64, text: &str) {
    let items = ["", text, "é", text];
    column.push(match column.of() {
        _ if number.is_multiple_of(3) => Value::Null,
        Type::Bool => Value::Bool(number.is_multiple_of(2)),
        Type::I64 => Value::I64(number as i64),
        Type::F64 if number.is_multiple_of(7) => Value::F64(f64::NEG_INFINITY),
        Type::F64 => Value::F64(number as f64 * -0.5),
        Type::Str => Value::Str(text),
        Type::Time => Value::Time(number as i64),
        Type::List => Value::List(items[..number as usize % 5].to_vec()),
    });
}

fn body(batch: &Batch) -> Vec<u8> {
    let mut out = Vec::new();
    assert_eq!(codec::encode(batch, &mut out), is_late(batch));
    out
}

fn is_late(batch: &Batch) -> bool {
    !batch.late_ns.is_empty()
}

/// Two batches as one.
fn joined(first: &Batch, second: &Batch) -> Batch {
    let mut all = first.clone();
    all.extend(second, 0, second.len());
    all
}

/// A body that is refused SHALL leave the batch as it was; one that is taken adds just its rows.
fn harmless(bytes: &[u8], count: usize, late: bool, before: &Batch) {
    let mut batch = before.clone();
    let done = codec::decode(bytes, count, late, &mut batch);
    if done.is_none() {
        assert_eq!(batch, *before);
    }
    let rows = before.len() + done.map_or(0, |()| count);
    assert!(batch.len() == rows && batch.born_ns.len() == rows && batch.late_ns.as_slice().len() <= rows);
    // Every cell can be read.
    for column in &batch.columns {
        assert_eq!((column.len(), column.valid.len()), (rows, rows));
        (0..rows).for_each(|row| drop(column.value(row)));
    }
    batch.retain(&(0..rows).map(|row| row < before.len()).collect::<Vec<_>>());
    assert_eq!(batch, *before);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// What is encoded SHALL come back as it was, behind the rows that were there.
    #[test]
    fn a_batch_comes_back((types, first, second) in batches()) {
        let mut batch = empty(&types);
        codec::decode(&body(&first), first.len(), is_late(&first), &mut batch).unwrap();
        prop_assert_eq!(&batch, &first);
        codec::decode(&body(&second), second.len(), is_late(&second), &mut batch).unwrap();
        prop_assert_eq!(&batch, &joined(&first, &second));
        let parts = second.len().div_ceil(8) * second.columns.len();
        let sum: usize = (0..second.len()).map(|row| codec::row_bytes(&second, row)).sum();
        prop_assert_eq!(codec::batch_bytes(&second), sum);
        let late = if is_late(&second) { 8 } else { 0 };
        prop_assert!(body(&second).len() <= sum + overhead(types.len()) + parts + late);
    }

    /// No bytes SHALL make the decoder panic.
    #[test]
    fn random_bytes_do_no_harm((_, before, _) in batches(), bytes: Vec<u8>, count in 0..30usize, late: bool) {
        harmless(&bytes, count, late, &before);
    }

    #[test]
    fn a_changed_body_does_no_harm(
        (_, before, sent) in batches(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
        more in -1..=1i64,
        lies: bool,
    ) {
        let mut bytes = body(&sent);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        harmless(&bytes, (sent.len() as i64 + more).max(0) as usize, is_late(&sent) != lies, &before);
    }

    /// A length beyond the buffer SHALL be refused before anything is made room for.
    #[test]
    fn lengths_beyond_the_buffer_are_refused((types, before, sent) in batches(), power in 8..64u32) {
        let good = body(&sent);
        for at in lengths(&good, &types, is_late(&sent)) {
            let bytes = [&good[..at.start], &length(1 << power), &good[at.end..]].concat();
            let mut batch = before.clone();
            if (1 << power) > good.len() as u64 {
                prop_assert!(codec::decode(&bytes, sent.len(), is_late(&sent), &mut batch).is_none());
                prop_assert!(batch.id.capacity() <= 2 * joined(&before, &sent).len() + 8);
                prop_assert_eq!(&batch, &before);
            }
        }
    }

    /// Lateness SHALL be carried by who has it alone: without it the body is as if there were no such thing.
    #[test]
    fn lateness_is_carried_behind_a_body_that_does_not_know_it((_, _, sent) in batches()) {
        let mut in_order = sent.clone();
        in_order.late_ns = Late::default();
        let (whole, plain) = (body(&sent), body(&in_order));
        prop_assert_eq!(&whole[..plain.len()], &plain[..]);
        let late = sent.late_ns.as_slice();
        let part = [&length(8 * late.len() as u64)[..], bytemuck::cast_slice(late)].concat();
        prop_assert_eq!(&whole[plain.len()..], if late.is_empty() { &[][..] } else { &part });
        prop_assert_eq!(codec::batch_bytes(&sent), codec::batch_bytes(&in_order) + 8 * late.len());
    }
}

/// Lateness that is none, ends in none, is of more records than there are, or is cut SHALL be refused.
#[test]
fn odd_lateness_is_refused() {
    let mut sent = empty(&[Type::I64]);
    for row in 0..3 {
        sent.id.push(row);
        sent.born_ns.push(row);
        sent.columns[0].push(Value::I64(row as i64));
    }
    let plain = body(&sent);
    let late = |late: &[u64], cut: usize| {
        let bytes: Vec<u8> = late.iter().flat_map(|late| late.to_le_bytes()).collect();
        let bytes = &bytes[..bytes.len() - cut];
        let body = [&plain[..], &length(bytes.len() as u64), bytes].concat();
        let mut batch = sent.clone();
        let done = codec::decode(&body, 3, true, &mut batch);
        assert!(done.is_some() || batch == sent);
        assert!(codec::decode(&body, 3, false, &mut sent.clone()).is_none(), "nobody said that it comes");
        done.map(|()| batch.late_ns.as_slice().to_vec())
    };
    assert_eq!(late(&[7], 0), Some(vec![0, 0, 0, 7]));
    assert_eq!(late(&[0, 0, u64::MAX], 0), Some(vec![0, 0, 0, 0, 0, u64::MAX]));
    for (words, cut) in [(&[][..], 0), (&[0], 0), (&[7, 0], 0), (&[1, 2, 3, 4], 0), (&[1, 2], 3)] {
        assert_eq!(late(words, cut), None, "{words:?} without {cut} bytes");
    }
    assert!(codec::decode(&plain, 3, true, &mut sent.clone()).is_none(), "it does not come");
}

/// A length as a body says it: one byte below 251, else a mark and as many as it needs.
fn length(n: u64) -> Vec<u8> {
    let (mark, bytes) = match n {
        0..251 => return vec![n as u8],
        251..0x1_0000 => (251, 2),
        0x1_0000..0x1_0000_0000 => (252, 4),
        _ => (253, 8),
    };
    [&[mark], &n.to_le_bytes()[..bytes]].concat()
}

/// Where the lengths of a body's parts are.
fn lengths(body: &[u8], types: &[Type], late: bool) -> Vec<Range<usize>> {
    let mut at = 0;
    let mut found = Vec::new();
    let parts = |of: &Type| match of {
        Type::Str => 3,
        Type::List => 4,
        _ => 2,
    };
    let columns = types.iter().map(|of| (1, parts(of)));
    for (head, parts) in std::iter::once((0, 2)).chain(columns).chain(late.then_some((0, 1))) {
        at += head;
        for _ in 0..parts {
            let size = match body[at] {
                0..251 => 1,
                251 => 3,
                252 => 5,
                _ => panic!("no part of a test is so long"),
            };
            let value = &body[at + usize::from(size > 1)..at + size];
            let len = value.iter().rev().fold(0, |len, byte| len << 8 | usize::from(*byte));
            found.push(at..at + size);
            at += size + len;
        }
    }
    assert_eq!(at, body.len(), "this is how a body is laid out");
    found
}

/// One order of the shop, with its nine columns, as it goes over a link.
#[test]
fn a_frame_of_one_record_is_small() {
    let numbers = [Type::I64, Type::Time, Type::I64, Type::I64, Type::F64];
    let texts = ["tea-0042", "confectionery", "GB", "online"];
    let mut order = empty(&[&numbers[..], &[Type::Str; 4]].concat());
    order.id.push(u64::MAX);
    order.born_ns.push(u64::MAX);
    order.columns.iter_mut().take(5).for_each(|column| push(column, 1_700_000_000_000_000_003, ""));
    order.columns.iter_mut().skip(5).zip(texts).for_each(|(column, text)| column.push(Value::Str(text)));
    let frame = LEN + body(&order).len();
    // Two words of a record, five numbers, 29 letters; the rest are 36 bytes.
    assert_eq!(frame, LEN + 2 * 9 + 5 * (3 + 8) + 4 * 4 + 29);
    let mut back = empty(&numbers);
    back.columns.extend((0..4).map(|_| Column::new(Type::Str)));
    codec::decode(&body(&order), 1, false, &mut back).unwrap();
    assert_eq!(back, order);
}

/// What one record does not say, and what it says of itself otherwise, SHALL be refused.
#[test]
fn offsets_of_one_record_are_refused() {
    for (of, parts, good) in [
        (Type::Str, &[&b""[..], b"abc"][..], true),
        (Type::Str, &[&[0, 0, 0, 0, 3, 0, 0, 0][..], b"abc"], false),
        (Type::List, &[&b""[..], b"", b"abc"], false),
        (Type::List, &[&b""[..], &[0, 0, 0, 0, 3, 0, 0, 0], b"abc"], true),
        (Type::List, &[&[0, 0, 0, 0, 1, 0, 0, 0][..], &[0, 0, 0, 0, 3, 0, 0, 0], b"abc"], false),
        (Type::List, &[&b""[..], &[0, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0], b"abc"], true),
        (Type::List, &[&b""[..], &[0, 0, 0, 0], b""], true),
        (Type::List, &[&b""[..], &[0, 0, 0, 0], b"a"], false),
        (Type::List, &[&b""[..], &[0, 0, 0], b""], false),
    ] {
        let word = [&[8][..], &[0; 8]].concat();
        let mut bytes = [&word[..], &word, &[of as u8, 0]].concat();
        parts.iter().for_each(|part| bytes.extend([&length(part.len() as u64)[..], part].concat()));
        let mut batch = empty(&[of]);
        assert_eq!(codec::decode(&bytes, 1, false, &mut batch).is_some(), good, "{of:?} {parts:?}");
        assert_eq!(batch.len(), usize::from(good));
    }
}

/// A count that the body does not hold SHALL be refused, however large it is.
#[test]
fn a_count_that_is_not_there_is_refused() {
    let types = Type::ALL.to_vec();
    for count in [1, 1 << 16, u32::MAX as usize] {
        let mut batch = empty(&types);
        assert!(codec::decode(&body(&empty(&types)), count, false, &mut batch).is_none());
        assert_eq!(batch, empty(&types));
        assert!(batch.id.capacity() == 0 && batch.born_ns.capacity() == 0);
    }
}

/// Bytes that the parts of a batch without rows take, at most.
fn overhead(columns: usize) -> usize {
    2 * 3 + columns * (1 + 4 * 3 + 2 * 4)
}
