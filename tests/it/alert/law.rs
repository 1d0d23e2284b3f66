//! Random rules over random records, cut anyhow and saved in between: what is told is what a plain look back over all
//! records of a key says.

use sluicebox::data::state::{Loader, Saver};
use sluicebox::data::{Batch, Schema, Type, Value};
use sluicebox::numeric::SplitMix64;
use sluicebox::operator::{Account, Cx, Desk, Input, Next, Operator, PortId};
use sluicebox::registry;

const SECOND: i64 = 1_000_000_000;
/// So many records a case, of so many keys at the most.
const RECORDS: usize = 80;
const KEYS: u64 = 3;

#[derive(Clone, Copy, Debug)]
enum Least {
    Records(usize),
    Time(i64),
}

#[derive(Clone, Copy, Debug)]
struct Rule {
    lasts: Option<Least>,
    cooldown: Option<Least>,
    until: bool,
}

/// A record: its key, its time, and x.
type Record = (i64, i64, Option<i64>);

/// What is told of a key: whether it fires, at what time, since when, and the x that goes along.
type Told = (bool, i64, i64, Option<i64>);

fn least(random: &mut SplitMix64, most: u64) -> Option<Least> {
    let n = 1 + random.below(most);
    [None, Some(Least::Records(n as usize)), Some(Least::Time(n as i64 * SECOND))][random.below(3) as usize]
}

impl Rule {
    fn of(random: &mut SplitMix64) -> Rule {
        Rule { lasts: least(random, 4), cooldown: least(random, 8), until: random.below(2) == 0 }
    }

    fn parameters(&self) -> String {
        let said = |key: &str, least: Option<Least>| match least {
            None => String::new(),
            Some(Least::Records(n)) => format!("{key} = {n}\n"),
            Some(Least::Time(ns)) => format!("{key} = \"{}s\"\n", ns / SECOND),
        };
        let until = if self.until { "until = \"x < 3\"\n" } else { "" };
        let lengths = said("for", self.lasts) + &said("cooldown", self.cooldown);
        format!("where = \"x > 5\"\n{until}{lengths}per = \"key\"\nfields = [\"x\"]")
    }

    /// Whether so many records are enough; `None`: there is nothing to count from.
    fn enough(least: Option<Least>, records: Option<usize>) -> bool {
        !matches!((least, records), (Some(Least::Records(n)), Some(records)) if records < n)
    }

    /// When a time that began then is over.
    fn over(least: Option<Least>, from: Option<i64>) -> Option<i64> {
        if let Some(Least::Time(ns)) = least { Some(from? + ns) } else { None }
    }

    /// What is to be told of the records of one key, and of the end of time behind them.
    fn told(&self, records: &[(i64, Option<i64>)]) -> Vec<Told> {
        let holds = |at: usize| records[at].1.is_some_and(|x| x > 5);
        let resolves = |at: usize| if self.until { records[at].1.is_some_and(|x| x < 3) } else { !holds(at) };
        let mut told: Vec<Told> = Vec::new();
        // From here on it may begin to hold; when it fired last, and how many records had come then.
        let (mut floor, mut fired): (usize, Option<(i64, usize)>) = (0, None);
        let mut firing = false;
        for at in 0..=records.len() {
            let now = records.get(at).map_or(i64::MAX, |record| record.0);
            // What time alone does before the record, and then what the record does.
            for end in [at, at + 1] {
                if end > records.len() {
                    break;
                }
                if firing {
                    if end > at && resolves(at) {
                        told.push((false, now, told.last().unwrap().2, records[at].1));
                        (firing, floor) = (false, at + 1);
                    }
                    continue;
                }
                let Some(first) = (floor..end).rev().take_while(|before| holds(*before)).last() else {
                    continue;
                };
                let since = records[first].0;
                let due = Rule::over(self.lasts, Some(since));
                let due = due.max(Rule::over(self.cooldown, fired.map(|(time, _)| time)));
                let enough = Rule::enough(self.lasts, Some(end - first))
                    && Rule::enough(self.cooldown, fired.map(|(_, came)| end - came));
                let time = if end > at { due.is_none_or(|due| due <= now).then_some(now) } else { due };
                if let Some(time) = time.filter(|time| enough && *time <= now) {
                    told.push((true, time, since, records[end - 1].1));
                    (firing, fired) = (true, Some((time, end)));
                }
            }
        }
        told
    }
}

struct Work {
    alert: Box<dyn Operator>,
    desk: Desk,
    schema: Schema,
}

impl Work {
    fn new(rule: &Rule) -> Work {
        let schema = Schema::of(&[("key", Type::I64), ("at", Type::Time), ("x", Type::I64)]).with_time(1);
        let (_, spec) = registry::find("alert", false).unwrap();
        let params = rule.parameters().parse().unwrap();
        let planned = (spec.plan)(params, &[Input::new("input", schema.clone())])
            .unwrap_or_else(|problems| panic!("{problems:?}"));
        let mut desk = Desk::new(Cx::new("run", "stage", Account::new(3, 0, 1)));
        desk.keep([(PortId(2), Batch::new(&planned.ports[0].schema))]);
        desk.set_ports(vec![vec![PortId(2)]]);
        Work { alert: (planned.make)(), desk, schema }
    }

    fn take(&mut self, records: &[Record], watermark: i64) {
        let mut batch = Batch::new(&self.schema);
        for (key, time, x) in records {
            batch.id.push(0);
            batch.born_ns.push(0);
            let x = x.map_or(Value::Null, Value::I64);
            let row = [Value::I64(*key), Value::Time(*time), x];
            batch.columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        }
        self.desk.set_watermark(watermark);
        self.alert.process(&mut batch, self.desk.cx()).unwrap();
        assert_eq!(batch.len(), records.len(), "all pass");
    }

    /// Goes on as another that has its state.
    fn restart(self, rule: &Rule) -> Work {
        let mut state = Vec::new();
        let (mut old, mut new) = (self, Work::new(rule));
        while old.alert.save(&mut Saver::new(&mut state)).unwrap() == Next::Again {}
        new.alert.load(&mut Loader::new(&state)).unwrap();
        Work { alert: new.alert, ..old }
    }

    fn told(&mut self, key: i64) -> Vec<Told> {
        let rows = self.desk.parts().sides[2].as_ref().unwrap();
        let number = |column: usize, row: usize| match rows.columns[column].value(row) {
            Value::I64(n) | Value::Time(n) => Some(n),
            _ => None,
        };
        let of_key = (0..rows.len()).filter(|row| number(3, *row) == Some(key));
        let told = of_key.map(|row| {
            let fires = rows.columns[1].value(row) == Value::Str("firing");
            (fires, number(0, row).unwrap(), number(2, row).unwrap(), number(5, row))
        });
        told.collect()
    }
}

/// What is told SHALL be what a look back over all records of the key says, in whatever batches they come, and over a
/// restart with the state.
#[test]
fn what_is_told_is_what_a_plain_look_back_says() {
    let (mut fired, mut resolved) = (0, 0);
    for seed in 0..600 {
        let mut random = SplitMix64::new(seed);
        let rule = Rule::of(&mut random);
        let mut time = 0;
        let all: Vec<Record> = (0..RECORDS)
            .map(|_| {
                time += random.below(3) as i64 * SECOND;
                let x = random.below(11) as i64;
                (random.below(KEYS) as i64, time, (x < 10).then_some(x))
            })
            .collect();
        let mut work = Work::new(&rule);
        let mut rest = &all[..];
        while !rest.is_empty() {
            let (now, later) = rest.split_at((random.below(9) as usize).min(rest.len()));
            let came = all[..RECORDS - later.len()].last().map_or(i64::MIN, |record| record.1);
            work.take(now, came);
            rest = later;
            if random.below(8) == 0 {
                work = work.restart(&rule);
            }
        }
        work.alert.finish(&mut Batch::default(), work.desk.cx()).unwrap();
        for key in 0..KEYS as i64 {
            let of_key = all.iter().filter(|record| record.0 == key);
            let records: Vec<_> = of_key.map(|(_, time, x)| (*time, *x)).collect();
            let expected = rule.told(&records);
            assert_eq!(work.told(key), expected, "seed {seed}, key {key}: {rule:?}\n{records:?}");
            fired += expected.iter().filter(|told| told.0).count();
            resolved += expected.iter().filter(|told| !told.0).count();
        }
    }
    assert!(fired > 2000 && resolved > 1500, "there was something to tell: {fired}, {resolved}");
}
