//! Who is answered before its time is answered by what is there.

use super::*;
use crate::data::{Type, Value};

#[test]
fn who_makes_room_finds_what_waits_beside_it() {
    let schema = Schema::of(&[("k", Type::I64)]);
    let mut newest =
        Newest::new(&[schema.clone(), schema.clone()], &[vec![0], vec![0]], (true, None), (2, 1 << 20));
    let mut comes = |side: usize, time: i64| {
        let mut batch = Batch::new(&schema);
        batch.id.push(time as u64);
        batch.born_ns.push(1);
        batch.columns[0].push(Value::I64(1));
        newest.come(side, &batch, &[0], &[time]);
        assert!(newest.look(1, 9));
        (newest.counts.found, newest.counts.unmatched)
    };
    assert_eq!(comes(RIGHT, 5), (0, 0));
    assert_eq!(comes(LEFT, 10), (0, 0));
    assert_eq!(comes(LEFT, 11), (1, 0), "the right of 5 waits, and is known to the left of 10");
}
