//! Which keys are remembered, and for how long.

use super::super::rule::Least;
use super::super::{FIRING, RESOLVED};
use super::*;
use crate::units::Span;

const MINUTE: i64 = 60_000_000_000;

fn record(keys: &mut Keys, key: &str, time: i64, holds: bool) -> Vec<&'static str> {
    let (moment, mut all) = (Moment { time, known: true, holds, over: !holds, born_ns: 0 }, Vec::new());
    keys.record(key.as_bytes(), &moment, || &[], |told| all.push(told.state));
    all
}

#[test]
fn a_key_is_forgotten_when_its_cooldown_is_over() {
    let cooldowns = [Least::Time(Span { ns: MINUTE as u64 }), Least::Records(2)];
    for cooldown in cooldowns {
        // For ever so many keys there is room, if one after the other is over.
        let mut keys = Keys::new(Rule { r#for: None, cooldown: Some(cooldown) }, 4);
        assert_eq!(record(&mut keys, "it lasts", 0, true), [FIRING]);
        for n in 0..1000 {
            let (key, time) = (n.to_string(), n * 2 * MINUTE);
            assert_eq!(record(&mut keys, &key, time, true), [FIRING], "{cooldown:?}");
            assert_eq!(record(&mut keys, &key, time + 1, false), [RESOLVED]);
            assert_eq!(keys.states.len(), 2, "its cooldown runs");
            assert_eq!(record(&mut keys, &key, time + 2, false), [""; 0]);
            keys.due(time + MINUTE, |told| panic!("nothing fires: {told:?}"));
            assert_eq!((keys.states.len(), keys.timers.len()), (1, 0), "it is over: {cooldown:?}");
        }
        assert_eq!(keys.gone(), 0);
        assert_eq!(record(&mut keys, "it lasts", 2000 * MINUTE, false), [RESOLVED]);
    }
}

#[test]
fn a_record_behind_the_cooldown_ends_it_too() {
    let cooldown = Some(Least::Time(Span { ns: MINUTE as u64 }));
    let mut keys = Keys::new(Rule { r#for: Some(Least::Records(2)), cooldown }, 4);
    let mut told = |time: i64, holds: bool| record(&mut keys, "a", time, holds);
    assert_eq!((told(0, true), told(1, true), told(2, false)), (vec![], vec![FIRING], vec![RESOLVED]));
    assert_eq!(told(MINUTE + 1, false), [""; 0]);
    assert_eq!((keys.states.len(), keys.timers.len()), (0, 0));
}
