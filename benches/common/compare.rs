//! The sides of a bench under one load, measured in turn and told.

use super::abba;
use super::args::{Args, Opt};
use super::bare::RECORD_BYTES;
use super::ours;
use super::report::{self, Side};
use super::run::{Load, Run};
use sluicebox::error::Result;
use sluicebox::units::{Rate, Span};

pub const RATE: Opt = Opt { name: "--rate", usual: "10k", smoke: "10k", about: "records a second" };
pub const FOR: Opt = Opt { name: "--for", usual: "5s", smoke: "200ms", about: "the length of a run" };
pub const REPEAT: Opt = Opt { name: "--repeat", usual: "10", smoke: "1", about: "the number of rounds" };

/// How often: what `--repeat` says.
pub fn repeat(args: &Args) -> Result<usize> {
    args.get("--repeat", |text| text.parse().ok().filter(|n| *n > 0))
}

/// The load that `--rate` and `--for` say.
pub fn load(args: &Args) -> Result<Load> {
    let Rate(rate) = args.get("--rate", Rate::parse)?;
    Ok(Load { rate, ns: span_ns(args)? })
}

/// How long a run is: what `--for` says.
pub fn span_ns(args: &Args) -> Result<u64> {
    let span = args.get("--for", |text| Span::parse(text).filter(|span| span.ns >= 1_000_000));
    span.map(|span| span.ns)
}

/// Runs the chosen of `all` sides under a load; `busy` threads of each want a core.
pub fn compare(
    args: &Args,
    all: &[Side],
    load: Load,
    (what, busy): (&str, usize),
    run: impl Fn(&Side, Load) -> Result<Run>,
) -> Result<()> {
    let (repeat, sides) = (repeat(args)?, args.get("--sides", |text| report::chosen(all, text))?);
    println!("{what}, {RECORD_BYTES}-byte records, {load}; {repeat} rounds in ABBA order");
    report::warn_of_cores(busy);
    let runs = abba::rounds(&sides, repeat, |side| {
        let run = run(side, load)?;
        report::line(load.values(), side, &run);
        Ok(run)
    })?;
    report::tell(load.values(), &sides, &runs);
    Ok(())
}

/// The steps of a source of ours: with its id, its birth and its order a record has RECORD_BYTES. `pace` is how fast
/// and how long.
pub fn source(pace: &str) -> String {
    format!(
        "{{ operator = \"shop\", {pace} }}, {{ operator = \"select\", keep = [\"order_id\"] }}, \
         {{ operator = \"derive\", fields = {{ text = \"'{}'\" }} }}",
        "x".repeat(RECORD_BYTES - 24)
    )
}

/// A topology of ours with a stage between its source and its sink: two links.
pub fn pipeline(pace: &str) -> String {
    format!(
        "name = \"{}\"\n\n[[stage]]\nname = \"source\"\nsteps = [{}]\n\
         \n[[stage]]\nname = \"pass\"\nfrom = \"source\"\noperator = \"filter\"\nwhere = \"order_id >= 0\"\n\
         \n[[stage]]\nname = \"null\"\nfrom = \"pass\"\noperator = \"null\"\n",
        ours::NAME,
        source(pace)
    )
}
