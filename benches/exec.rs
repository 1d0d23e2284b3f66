//! What a stage in Python costs: records a second through a program that answers each as it comes, with many of them at
//! a time, beside one record a message.
//!
//! ```text
//!   one      batch of 1    > exec ══ pipe ══> for line in sys.stdin: answer it ══ pipe ══> exec
//!   each     batch of 1000 > exec ══ pipe ══> the same                         ══ pipe ══> exec
//!   blocks   batch of 1000 > exec ══ pipe ══> answers all it got at once       ══ pipe ══> exec
//!   run      shop > select > derive ═ link ═ exec, as in blocks ═ link ═ null: the program itself, at work
//! ```
//!
//! The first three are the operator alone, called as a stage calls it; `run` are three processes and the one in Python,
//! as fast as they can, for `--for`, behind the warm-up.
//!
//! `cargo bench --bench exec -- [--records 400k] [--for 3s] [--repeat 5] [--sides one,each,blocks,run] [--smoke]`

mod common;

use common::args::{self, Args, Opt};
use common::report::{self, Side, Value as Told};
use common::run::{self, Load};
use common::{abba, compare, ours};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use sluicebox::data::{Batch, Schema, Type, Value};
use sluicebox::error::Result;
use sluicebox::operator::{Account, Cx, Desk, Input, Next, Operator};
use sluicebox::registry;
use sluicebox::units::Rate;
use std::process::ExitCode;
use std::time::Instant;

/// As short as a program can be: it reads what is there and answers it.
const CAT: &str = "import sys\nfor line in sys.stdin:\n    sys.stdout.write(line)\n    sys.stdout.flush()\n";
/// The same, which answers as many at once as it got.
const BLOCKS: &str =
    "import os\nwhile True:\n    b = os.read(0, 1 << 20)\n    if not b: break\n    os.write(1, b)\n";

const BATCH: usize = 1000;

fn topology(pace: &str) -> String {
    let script = toml::Value::from(BLOCKS);
    format!(
        "name = \"{}\"\n\n[[stage]]\nname = \"source\"\nsteps = [{}]\n\
         \n[[stage]]\nname = \"python\"\nfrom = \"source\"\noperator = \"exec\"\n\
         command = [\"python3\", \"-c\", {script}]\n\
         \n[[stage]]\nname = \"null\"\nfrom = \"python\"\noperator = \"null\"\n",
        ours::NAME,
        compare::source(pace)
    )
}

const VALUES: [Told<f64>; 2] = [("records/s", |rate| *rate), ("us a record", |rate| 1e6 / rate)];
const SIDES: [Side; 4] = [
    Side { name: "one", ours: false },
    Side { name: "each", ours: true },
    Side { name: "blocks", ours: true },
    Side { name: "run", ours: true },
];

/// Records a second.
fn measure(side: &Side, records: usize, ns: u64) -> Result<f64> {
    let (script, batch, records) = match side.name {
        // It is slow.
        "one" => (CAT, 1, records / 20),
        "each" => (CAT, BATCH, records),
        "blocks" => (BLOCKS, BATCH, records),
        _ => return Ok(run::ours(Load { rate: f64::INFINITY, ns }, topology, 1)?.records_per_s),
    };
    Ok(records as f64 / pass(script, batch, records))
}

fn compare(args: &Args) -> Result<()> {
    let (ns, repeat) = (compare::span_ns(args)?, compare::repeat(args)?);
    let Rate(records) =
        args.get("--records", |text| Rate::parse(text).filter(|records| records.0 >= 100.0))?;
    let sides = args.get("--sides", |text| report::chosen(&SIDES, text))?;
    println!("{records:.0} records through a program in Python; {repeat} rounds in ABBA order");
    let runs = abba::rounds(&sides, repeat, |side| {
        let rate = measure(side, records as usize, ns)?;
        report::line(&VALUES, side, &rate);
        Ok(rate)
    })?;
    report::tell(&VALUES, &sides, &runs);
    Ok(())
}

const OPTIONS: &[Opt] = &[
    Opt { name: "--records", usual: "400k", smoke: "2k", about: "how many; a twentieth of it one a message" },
    Opt { usual: "3s", ..compare::FOR },
    Opt { usual: "5", ..compare::REPEAT },
    Opt {
        name: "--sides",
        usual: "one,each,blocks,run",
        smoke: "one,each,blocks,run",
        about: "which to run, of one, each, blocks and run",
    },
];

fn main() -> ExitCode {
    args::begin(OPTIONS, compare)
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
