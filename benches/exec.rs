//! What a stage in Python costs: records a second through a program that answers each as it comes, with many of them at
//! a time, beside one record a message.
//!
//! `cargo bench --bench exec`, or `-- --smoke` for a short look.

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use sluicebox::data::{Batch, Schema, Type, Value};
use sluicebox::operator::{Account, Cx, Desk, Input, Next, Operator};
use sluicebox::registry;
use std::time::Instant;

/// As short as a program can be: it reads what is there and answers it.
const CAT: &str = "import sys\nfor line in sys.stdin:\n    sys.stdout.write(line)\n    sys.stdout.flush()\n";
/// The same, which answers as many at once as it got.
const BLOCKS: &str =
    "import os\nwhile True:\n    b = os.read(0, 1 << 20)\n    if not b: break\n    os.write(1, b)\n";

fn main() {
    let smoke = std::env::args().any(|arg| arg == "--smoke");
    let records = if smoke { 2_000 } else { 400_000 };
    println!("{:<34} {:>14} {:>12}", "a program in Python", "records/s", "us a record");
    for (name, script, batch, records) in [
        ("answers what it got, 1000 at a time", BLOCKS, 1000, records),
        ("answers each, 1000 at a time", CAT, 1000, records),
        ("answers each, one a message", CAT, 1, records / 20),
    ] {
        let seconds = pass(script, batch, records);
        println!("{name:<34} {:>14.0} {:>12.2}", records as f64 / seconds, 1e6 * seconds / records as f64);
    }
}

/// Passes records through a program, at most `batch` at a time; how many seconds that took.
fn pass(script: &str, batch: usize, records: usize) -> f64 {
    let schema = Schema::of(&[("n", Type::I64), ("x", Type::F64), ("city", Type::Str)]);
    let (_, spec) = registry::find("exec", false).expect("it is registered");
    let mut params = toml::Table::new();
    params.insert("command".to_string(), vec!["python3", "-c", script].into());
    let planned = (spec.plan)(params, &[Input::new("input", schema.clone())]).expect("it can be");
    let mut desk = Desk::new(Cx::new("run", "stage", Account::default()));
    desk.cx().records_max = batch;
    let mut operator = (planned.make)();
    let mut rows = Batch::new(&schema);
    operator.process(&mut rows, desk.cx()).expect("it starts");
    let start = Instant::now();
    let (mut given, mut back, mut full) = (0, 0, false);
    while back < records {
        rows.reset(&schema);
        while !full && given < records && rows.len() < batch {
            rows.id.push(given as u64);
            rows.born_ns.push(0);
            let values = [Value::I64(given as i64), Value::F64(given as f64 / 7.0), Value::Str("Köln")];
            rows.columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
            given += 1;
        }
        let idle = rows.is_empty();
        if idle {
            wait(operator.as_ref());
        }
        let next = operator.process(&mut rows, desk.cx()).expect("it goes on");
        full = matches!(next, Next::Full(_));
        back += rows.len();
    }
    let seconds = start.elapsed().as_secs_f64();
    while operator.finish(&mut rows, desk.cx()).expect("it ends") == Next::Again {}
    seconds
}

fn wait(operator: &dyn Operator) {
    let Some(fd) = operator.wait_on() else { return };
    poll(&mut [PollFd::new(fd, PollFlags::POLLIN)], PollTimeout::from(100u16)).expect("it can be waited for");
}
