//! What the loop saves of a step, and what becomes of a save that fails.

use super::errors::{cut, time, timed};
use super::operators::{numbers, of, shared};
use super::outside::wait_until;
use super::{NUMBERS, Trial, out};
use sluicebox::data::Batch;
use sluicebox::data::state::{Loader, Saver};
use sluicebox::error::{Error, Result};
use sluicebox::operator::{Cx, Input, Next, Operator, PlanResult, Planned, Spec};
use sluicebox::params::{self, JsonSchema};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Remembers how many records it has seen, and filters number 0.
pub const REMEMBERS: Spec = Spec::new("remembers", "remembers how many", "", plan).parameters::<Params>();

#[derive(Clone, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// Under which name it tells how many it has seen, how many it had when it was saved last, and how often it was.
    shared: String,
    /// Its first save fails.
    #[serde(default)]
    fails: bool,
}

fn seen(name: &str) -> Arc<AtomicU64> {
    shared(&format!("seen by {name}"))
}

fn saved(name: &str) -> Arc<AtomicU64> {
    shared(&format!("saved by {name}"))
}

fn saves(name: &str) -> Arc<AtomicU64> {
    shared(&format!("saves of {name}"))
}

fn plan(params: params::Params, _: &[Input]) -> PlanResult {
    let params: Params = params::read(params)?;
    let make = move || Remembers { seen: 0, params: params.clone() };
    Ok(Planned { stateful: true, ..Planned::new(numbers(), make) })
}

struct Remembers {
    seen: u64,
    params: Params,
}

impl Operator for Remembers {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.seen += of(batch).len() as u64;
        seen(&self.params.shared).store(self.seen, Ordering::SeqCst);
        let keep: Vec<bool> = of(batch).iter().map(|n| *n != 0).collect();
        cx.filtered(keep.iter().filter(|keep| !**keep).count() as u64);
        batch.retain(&keep);
        Ok(Next::Wait)
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        let first = saves(&self.params.shared).fetch_add(1, Ordering::SeqCst) == 0;
        if first && self.params.fails {
            return Err(Error::failed("it is too much to be saved"));
        }
        out.put(1, &self.seen)?;
        saved(&self.params.shared).store(self.seen, Ordering::SeqCst);
        Ok(Next::End)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        self.seen = from.get(1)?;
        Ok(())
    }
}

/// While a sink holds records nothing is public of what has come; the last snapshot SHALL have it all the same.
#[test]
fn the_last_snapshot_has_what_a_sink_held() {
    let (name, go) = ("a sink that holds", "go, a sink that holds");
    // The source fails, so for those behind it this is a stop.
    let stages = format!(
        "[[stage]]\nname = \"n\"\noperator = \"fed\"\ncount = 6\nfail_at = 5\nfollows = \"{go}\"\n\
         [[stage]]\nname = \"out\"\nfrom = \"n\"\nsnapshot_every = \"1ms\"\nsteps = [\
         {{ operator = \"remembers\", shared = \"{name}\" }}, {{ operator = \"sqlite\", \
         path = \"DIR/out.db\", table = \"out\", commit = {{ records = 1000, age = \"1h\" }} }}]\n"
    );
    let trial = Trial::new("direct", 0, &stages);
    let over = trial.run(|_| {
        // Nothing is held of number 0, which is filtered; what comes after this snapshot is held to the end.
        wait_until(&saved(name), 1);
        shared(go).store(5, Ordering::SeqCst);
    });
    assert_eq!(over.failed("the world has ended").totals.stored, 4);
    let again = trial.again("out");
    assert_eq!((again.done, again.forgotten), (5, 0));
    assert_eq!(seen(name).load(Ordering::SeqCst), 5, "it goes on with all that has come");
}

/// A save that fails costs the snapshot: it SHALL NOT be tried again before the next one is due.
#[test]
fn a_save_that_fails_is_over() {
    let name = "a save that fails";
    let stage = format!(
        "[[stage]]\nname = \"m\"\nfrom = \"n\"\nsnapshot_every = \"1h\"\n\
         operator = \"remembers\"\nshared = \"{name}\"\nfails = true\n"
    );
    let trial = Trial::new("direct", 1000, &(NUMBERS.to_string() + &stage + &out("out", "m")));
    assert_eq!(trial.run(|_| ()).drained().totals.stored, 999);
    assert_eq!(saves(name).load(Ordering::SeqCst), 1, "only the last one was due");
    assert!(!trial.snapshot("m").exists());
}

/// What stays open SHALL be forgotten when its snapshot can't take its place: nobody has it.
#[test]
fn what_stays_open_in_no_snapshot_is_forgotten() {
    let window = "[[stage]]\nname = \"w\"\nfrom = \"n\"\noperator = \"window\"\nsize = \"1h\"\n\
                  fields = { n = \"count()\" }\nsnapshot_every = \"1h\"\n";
    for fails in [false, true] {
        let gz = cut("n,ts", (0..200_000).map(|n| format!("{n},{}", time(n))));
        let stages = timed("n.csv.gz", "") + window + &out("out", "w");
        let trial = Trial::of_file("direct", ("n.csv.gz", &gz), &stages);
        if fails {
            // No file takes the place of a folder.
            std::fs::create_dir(trial.snapshot("w")).unwrap();
        }
        // The source fails, so for those behind it this is a stop.
        let over = trial.run(|_| ()).failed("n.csv.gz");
        let account = &over.worker(&trial, "w").account;
        let closed: i64 = trial
            .read("out.csv")
            .lines()
            .skip(1)
            .map(|row| row.rsplit(',').next().unwrap().parse::<i64>().unwrap())
            .sum();
        let open = account.done - closed as u64;
        assert!(open > 0 && closed > 0, "{open} {closed}");
        let due = if fails { (account.done, 0) } else { (0, open) };
        assert_eq!((account.forgotten, account.waiting), due);
    }
}
