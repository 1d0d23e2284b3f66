//! What time lets go leaves in pieces: whatever piece a crash comes behind, none of it leaves twice, or is lost.

use super::{LEFT, RIGHT};
use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Schema, Type, Value};
use crate::operator::{Account, Cx, Desk, Ending, Input, Next, Operator, Planned, PortId, Reads, Spec};
use crate::preprocess::{as_of, join, sort};
use std::sync::Arc;

const ROLES: [&str; 2] = ["left", "right"];

fn schema() -> Schema {
    Schema::of(&[("n", Type::I64), ("ts", Type::Time)]).with_time(1)
}

struct Work {
    planned: Planned,
    step: Box<dyn Operator>,
    desk: Desk,
    reads: [Arc<Reads>; 2],
    out: Vec<i64>,
}

impl Work {
    fn new(spec: &Spec, params: &str, roles: bool) -> Work {
        let input = |role: &str| Input { role: Some(role.to_string()), ..Input::new(role, schema()) };
        let inputs = if roles { ROLES.map(input).to_vec() } else { vec![Input::new("input", schema())] };
        let planned = (spec.plan)(params.parse().expect("TOML"), &inputs);
        let planned = planned.unwrap_or_else(|problems| panic!("{problems:?}"));
        let mut desk = Desk::new(Cx::new("run", "stage", Account::new(2 + planned.ports.len(), 0, 1)));
        let ports: Vec<PortId> = (2..).map(PortId).take(planned.ports.len()).collect();
        desk.keep(ports.iter().map(|port| (*port, Batch::new(&schema()))));
        desk.set_ports(vec![ports]);
        desk.cx().records_max = 7;
        let reads = ROLES.map(|role| Reads::by_role(spec.name, roles.then_some(role), &schema()));
        Work { step: (planned.make)(), planned, desk, reads, out: Vec::new() }
    }

    /// One call with what is of the left.
    fn call(&mut self, rows: &[(i64, i64)], watermark: i64) -> Next {
        self.call_of(LEFT, rows, watermark)
    }

    fn call_of(&mut self, side: usize, rows: &[(i64, i64)], watermark: i64) -> Next {
        let mut batch = Batch::new(&schema());
        for (n, time) in rows {
            batch.id.push(*n as u64);
            batch.born_ns.push(1);
            batch.columns[0].push(Value::I64(*n));
            batch.columns[1].push(Value::Time(*time));
        }
        self.desk.enter(0, &self.reads[side]);
        self.desk.set_watermark(watermark);
        let next = self.step.process(&mut batch, self.desk.cx()).expect("it works");
        self.took(&batch);
        next
    }

    fn end(&mut self, ending: Ending) -> Next {
        self.desk.set_ending(ending);
        let mut batch = Batch::default();
        let next = self.step.finish(&mut batch, self.desk.cx()).expect("it ends");
        self.took(&batch);
        next
    }

    fn save(&mut self) -> Vec<u8> {
        let mut state = Vec::new();
        while self.step.save(&mut Saver::new(&mut state)).expect("it is saved") == Next::Again {}
        state
    }

    /// A new process has the older state, and how far the step has come.
    fn crash(&mut self, state: &[u8]) {
        self.step = (self.planned.make)();
        self.step.load(&mut Loader::new(state)).expect("it is loaded");
    }

    /// How often each of some went on.
    fn times_out(&self, of: &[(i64, i64)]) -> Vec<usize> {
        of.iter().map(|(n, _)| self.out.iter().filter(|out| *out == n).count()).collect()
    }

    /// What goes on alone of the right has its number behind the columns of the left.
    fn took(&mut self, batch: &Batch) {
        assert!(batch.len() <= 7);
        self.out.extend((0..batch.len()).map(|row| {
            match (batch.columns[0].value(row), batch.columns.get(2)) {
                (Value::I64(n), _) => n,
                (_, Some(right)) => match right.value(row) {
                    Value::I64(n) => n,
                    other => panic!("{other:?}"),
                },
                (other, None) => panic!("{other:?}"),
            }
        }));
    }
}

/// Each with its parameters, and whether it reads by role.
const STEPS: [(Spec, &str, bool); 3] = [
    (sort::OPERATOR, "", false),
    (as_of::OPERATOR, "by = \"n\"\nprefix = \"r_\"", true),
    (join::OPERATOR, "by = \"n\"\nprefix = \"r_\"\nkind = \"left\"\nwithin = [\"-2ns\", \"3ns\"]", true),
];

#[test]
fn a_crash_between_two_pieces_makes_nothing_twice() {
    // Ten of each time: a piece ends among those of one.
    let rows: Vec<(i64, i64)> = (0..40).map(|n| (n, n / 10)).collect();
    for (spec, params, roles) in STEPS {
        for (pieces, stopped) in (0..7).flat_map(|pieces| [(pieces, false), (pieces, true)]) {
            let mut work = Work::new(&spec, params, roles);
            assert_eq!(work.call(&rows, -5), Next::Wait);
            let state = work.save();
            for piece in 0..pieces {
                let next = if stopped { work.end(Ending::Stopped) } else { work.call(&[], 100) };
                assert_eq!(next == Next::Again, piece < 5, "{}: piece {piece}", spec.name);
            }
            work.crash(&state);
            while !stopped && work.call(&[], 100) == Next::Again {}
            while work.end(Ending::Drained) == Next::Again {}
            assert_eq!(work.out, (0..40).collect::<Vec<_>>(), "{}: {pieces}, {stopped}", spec.name);
        }
    }
}

/// What came since the state was saved goes before what is in it: by smaller ids in a sort, as the left's in a join.
#[test]
fn what_comes_after_the_state_takes_nobodys_place_in_it() {
    let steps = [
        (sort::OPERATOR, "", LEFT, false),
        (as_of::OPERATOR, "by = \"n\"\nprefix = \"r_\"", LEFT, true),
        (join::OPERATOR, "by = \"n\"\nprefix = \"r_\"\nkind = \"full\"\nwithin = \"0s\"", RIGHT, true),
        (join::OPERATOR, "by = \"n\"\nprefix = \"r_\"\nkind = \"full\"\nwithin = \"0s\"", LEFT, true),
    ];
    let saved: Vec<(i64, i64)> = (0..20).map(|n| (100 + n, n / 10)).collect();
    let newcomers: Vec<(i64, i64)> = (0..20).map(|n| (n, n / 10)).collect();
    for (spec, params, side, roles) in steps {
        for (pieces, stopped) in (0..7).flat_map(|pieces| [(pieces, false), (pieces, true)]) {
            let told = format!("{} of side {side}: {pieces}, {stopped}", spec.name);
            let mut work = Work::new(&spec, params, roles);
            assert_eq!(work.call_of(side, &saved, -5), Next::Wait);
            let state = work.save();
            assert_eq!(work.call(&newcomers, -5), Next::Wait);
            for piece in 0..pieces {
                let next = if stopped { work.end(Ending::Stopped) } else { work.call(&[], 100) };
                assert_eq!(next == Next::Again, piece < 5, "{told}");
            }
            let before = work.times_out(&newcomers);
            work.crash(&state);
            while !stopped && work.call(&[], 100) == Next::Again {}
            while work.end(Ending::Drained) == Next::Again {}
            assert_eq!(work.times_out(&saved), [1; 20], "{told}");
            assert_eq!(work.times_out(&newcomers), before, "{told}: what came since is not known");
        }
    }
}

/// What comes into a time that is going out is too late, as it is when all of that has gone.
#[test]
fn a_time_of_which_a_part_has_gone_has_closed() {
    let mut work = Work::new(&sort::OPERATOR, "", false);
    work.call(&(100..120).map(|n| (n, 0)).collect::<Vec<_>>(), -5);
    let state = work.save();
    assert_eq!(work.call(&[], 100), Next::Again);
    work.crash(&state);
    assert_eq!(work.call(&[(1, 0)], 100), Next::Again);
    while work.end(Ending::Drained) == Next::Again {}
    assert_eq!(work.out, (100..120).collect::<Vec<_>>());
}

/// A crash in the midst of a stop: no time has closed by it.
#[test]
fn what_comes_after_half_a_stop_is_not_late_by_it() {
    let mut work = Work::new(&sort::OPERATOR, "", false);
    work.call(&(0..40).map(|n| (n, n)).collect::<Vec<_>>(), 3);
    let state = work.save();
    for _ in 0..2 {
        assert_eq!(work.end(Ending::Stopped), Next::Again);
    }
    work.crash(&state);
    work.call(&[(99, 5)], 3);
    // It waits in the next state, and goes on out of that.
    let state = work.save();
    work.crash(&state);
    while work.end(Ending::Drained) == Next::Again {}
    let expected: Vec<i64> = (0..17).chain([99]).chain(17..40).collect();
    assert_eq!(work.out, expected);
}

/// A crash in the midst of a stop, and in the midst of the next one, which has not come as far: what came between lies
/// before what went out with the first, and is in a state of its own.
#[test]
fn a_second_half_stop_makes_nothing_twice() {
    let rows: Vec<(i64, i64)> = (0..40).map(|n| (n, n)).collect();
    let newcomers: Vec<(i64, i64)> = (0..20).map(|n| (100 + n, n)).collect();
    let half_stop = |work: &mut Work, pieces: usize, state: &[u8]| {
        (0..pieces).for_each(|_| _ = work.end(Ending::Stopped));
        work.crash(state);
    };
    for (spec, params, roles) in STEPS {
        for (first, second) in (0..6).flat_map(|first| (0..3).map(move |second| (first, second))) {
            let mut work = Work::new(&spec, params, roles);
            assert_eq!(work.call(&rows, -5), Next::Wait);
            let state = work.save();
            half_stop(&mut work, first, &state);
            assert_eq!(work.call(&newcomers, -5), Next::Wait);
            let state = work.save();
            // The third goes on behind the second, of which the state does not know.
            half_stop(&mut work, second, &state);
            half_stop(&mut work, 1, &state);
            while work.end(Ending::Drained) == Next::Again {}
            let told = format!("{}: {first}, then {second}", spec.name);
            assert_eq!(work.times_out(&rows), [1; 40], "{told}");
            assert_eq!(work.times_out(&newcomers), [1; 20], "{told}");
        }
    }
}

/// The same, where no state of between was kept: that of a stop takes its place only when all has gone.
#[test]
fn a_second_half_stop_finds_the_state_of_before_the_first() {
    let rows: Vec<(i64, i64)> = (0..40).map(|n| (n, n)).collect();
    let newcomers: Vec<(i64, i64)> = (0..20).map(|n| (100 + n, n)).collect();
    for (spec, params, roles) in STEPS {
        for (first, second) in (1..5).flat_map(|first| (1..4).map(move |second| (first, second))) {
            let mut work = Work::new(&spec, params, roles);
            assert_eq!(work.call(&rows, -5), Next::Wait);
            let state = work.save();
            for pieces in [first, second] {
                _ = work.save();
                (0..pieces).for_each(|_| _ = work.end(Ending::Stopped));
                work.crash(&state);
                assert_eq!(work.call(&newcomers, -5), Next::Wait);
            }
            while work.end(Ending::Drained) == Next::Again {}
            assert_eq!(work.times_out(&rows), [1; 40], "{}: {first}, then {second}", spec.name);
        }
    }
}

/// A stop lets all go, and time goes on from where it was.
#[test]
fn what_comes_after_a_stop_is_not_late_by_it() {
    let mut work = Work::new(&sort::OPERATOR, "", false);
    work.call(&(0..40).map(|n| (n, n)).collect::<Vec<_>>(), 3);
    while work.end(Ending::Stopped) == Next::Again {}
    work.call(&[(99, 5)], 3);
    while work.end(Ending::Drained) == Next::Again {}
    assert_eq!(work.out.last(), Some(&99));
}
