//! What time lets go leaves in pieces: whatever piece a crash comes behind, none of it leaves twice, or is lost.

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
    reads: Arc<Reads>,
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
        let reads = Reads::by_role(spec.name, roles.then_some(ROLES[0]), &schema());
        Work { step: (planned.make)(), planned, desk, reads, out: Vec::new() }
    }

    /// One call with what is of the left.
    fn call(&mut self, rows: &[(i64, i64)], watermark: i64) -> Next {
        let mut batch = Batch::new(&schema());
        for (n, time) in rows {
            batch.id.push(*n as u64);
            batch.born_ns.push(1);
            batch.columns[0].push(Value::I64(*n));
            batch.columns[1].push(Value::Time(*time));
        }
        self.desk.enter(0, &self.reads);
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

    fn took(&mut self, batch: &Batch) {
        assert!(batch.len() <= 7);
        self.out.extend((0..batch.len()).map(|row| match batch.columns[0].value(row) {
            Value::I64(n) => n,
            other => panic!("{other:?}"),
        }));
    }
}

#[test]
fn a_crash_between_two_pieces_makes_nothing_twice() {
    let steps = [
        (sort::OPERATOR, "", false),
        (as_of::OPERATOR, "by = \"n\"\nprefix = \"r_\"", true),
        (join::OPERATOR, "by = \"n\"\nprefix = \"r_\"\nkind = \"left\"\nwithin = [\"-2ns\", \"3ns\"]", true),
    ];
    // Ten of each time: a piece ends among those of one.
    let rows: Vec<(i64, i64)> = (0..40).map(|n| (n, n / 10)).collect();
    for (spec, params, roles) in steps {
        for (pieces, stopped) in (0..7).flat_map(|pieces| [(pieces, false), (pieces, true)]) {
            let mut work = Work::new(&spec, params, roles);
            assert_eq!(work.call(&rows, -5), Next::Wait);
            let mut state = Vec::new();
            while work.step.save(&mut Saver::new(&mut state)).expect("it is saved") == Next::Again {}
            for piece in 0..pieces {
                let next = if stopped { work.end(Ending::Stopped) } else { work.call(&[], 100) };
                assert_eq!(next == Next::Again, piece < 5, "{}: piece {piece}", spec.name);
            }
            work.step = (work.planned.make)();
            work.step.load(&mut Loader::new(&state)).expect("it is loaded");
            while !stopped && work.call(&[], 100) == Next::Again {}
            while work.end(Ending::Drained) == Next::Again {}
            assert_eq!(work.out, (0..40).collect::<Vec<_>>(), "{}: {pieces}, {stopped}", spec.name);
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
