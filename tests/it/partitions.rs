//! A source of partitions, killed anywhere: it goes on in each of them where its account says, and event time is the
//! least over them.

mod parts;

use crate::link_laws::Dice;
use parts::{PARTITIONS, RECORDS, SOURCE};
use sluicebox::data::{Batch, Value};
use sluicebox::operator::{Account, Cx, Desk, Next, PARTITIONS_MAX, POSITION_BYTES_MAX, Planned};
use sluicebox::registry;
use sluicebox::run::books::Books;
use sluicebox::run::dir::RunDir;
use sluicebox::stage::{self, Made, Place, Steps};
use sluicebox::topology::{Rooms, load_from};
use sluicebox::wire::endpoint::Context;
use sluicebox::wire::ledger::{Ledger, Shape};
use std::path::Path;

const ROOMS: &Rooms = &[("ingest", &[&SOURCE]), registry::ROOMS[1], registry::ROOMS[2], registry::ROOMS[3]];

const ALL: usize = PARTITIONS * RECORDS;

/// What a process dies between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kill {
    /// The source has read, and the account is not public yet.
    BeforePublish,
    /// The account is public, and nothing is sent yet.
    BeforeSend,
    AfterSend,
}

/// A record as it was sent: its partition, its number in it, and how late it is.
type Sent = (i64, i64, u64);

/// One worker and its ledger, over any number of lives.
struct Worker<'a> {
    ledger: &'a Path,
    sent: Vec<Sent>,
    /// Records that were counted and never sent.
    lost: usize,
    /// The watermark told last.
    told: i64,
}

impl Worker<'_> {
    /// Lives until it is killed, or until the source has ended: true then. `call` counts over all lives.
    fn live(&mut self, call: &mut usize, kills: &mut dyn FnMut(usize) -> Option<Kill>) -> bool {
        let ledger = Ledger::claim(self.ledger).unwrap();
        let mut desk = Desk::new(Cx::new("run", "parts", ledger.account()));
        desk.cx().records_max = 7;
        let planned = planned("");
        let mut steps = Steps::of(vec![Made::new("parts", &planned, &[], Place::Source)]);
        let mut batch = Batch::default();
        loop {
            steps.reset(&mut batch, 0);
            steps.process(0, &mut batch, &mut desk).unwrap();
            *call += 1;
            let kill = kills(*call);
            if kill == Some(Kill::BeforePublish) {
                return false;
            }
            desk.account_mut().serial += 1;
            ledger.publish(desk.account());
            assert_eq!(ledger.account(), *desk.account(), "what is public is what is meant");
            if kill == Some(Kill::BeforeSend) {
                self.lost += batch.len();
                return false;
            }
            self.send(&batch, desk.account());
            if kill.is_some() {
                return false;
            }
            if steps.wish(0) == Next::End {
                return true;
            }
        }
    }

    fn send(&mut self, batch: &Batch, account: &Account) {
        let number = |at: usize, row: usize| match batch.columns[at].value(row) {
            Value::I64(number) => number,
            other => panic!("{other:?}"),
        };
        for row in 0..batch.len() {
            let time = parts::time(number(0, row), number(1, row));
            let late = batch.late(row);
            assert!(late > 0 || time >= self.told, "a record that is not late lies behind the watermark");
            self.sent.push((number(0, row), number(1, row), late));
        }
        let least = account.partition_times.iter().copied().min().unwrap_or(i64::MIN);
        assert!(least >= self.told, "a watermark never goes back");
        self.told = least;
    }
}

fn planned(params: &str) -> Planned {
    (SOURCE.plan)(params.parse().unwrap(), &[]).unwrap_or_else(|told| panic!("{told:?}"))
}

/// Runs the source to its end, over as many lives as it takes.
fn run(mut kills: impl FnMut(usize) -> Option<Kill>) -> (Vec<Sent>, usize) {
    let folder = tempfile::tempdir_in("/dev/shm").unwrap();
    let ledger = folder.path().join("0.0.ledger");
    Ledger::create(&ledger, Shape { inlets: 0, outlets: 0, ports: 2, steps: 1 }, 0).unwrap();
    let mut worker = Worker { ledger: &ledger, sent: Vec::new(), lost: 0, told: i64::MIN };
    let mut call = 0;
    while !worker.live(&mut call, &mut kills) {}
    let account = Ledger::open(&ledger).unwrap().account();
    assert_eq!(account.done as usize, ALL, "each record is counted once");
    assert_eq!(worker.sent.len() + worker.lost, ALL);
    assert_eq!(worker.told, parts::GREATEST.into_iter().min().unwrap());
    let mut sent = worker.sent;
    // Of each partition in the order in which it was sent.
    sent.sort_by_key(|(partition, _, _)| *partition);
    (sent, worker.lost)
}

/// What a source sends that nobody kills, checked against what the partitions hold.
fn whole() -> Vec<Sent> {
    let (sent, lost) = run(|_| None);
    assert_eq!(lost, 0);
    let expected: Vec<Sent> = (0..PARTITIONS as i64)
        .flat_map(|partition| {
            let mut greatest = i64::MIN;
            (0..RECORDS as i64).map(move |n| {
                let time = parts::time(partition, n);
                greatest = greatest.max(time);
                (partition, n, greatest.abs_diff(time))
            })
        })
        .collect();
    assert_eq!(sent, expected);
    assert!(sent.iter().any(|(_, _, late)| *late > 0) && sent.iter().any(|(_, _, late)| *late == 0));
    sent
}

#[test]
fn killed_at_any_call_it_goes_on_in_each_partition() {
    let whole = whole();
    let calls = {
        let mut calls = 0;
        run(|call| {
            calls = call;
            None
        });
        calls
    };
    assert!(calls > PARTITIONS * 3);
    for at in 1..=calls {
        for kill in [Kill::BeforePublish, Kill::BeforeSend, Kill::AfterSend] {
            let (sent, lost) = run(|call| (call == at).then_some(kill));
            assert!(lost == 0 || kill == Kill::BeforeSend, "{kill:?} at {at}");
            let mut left = whole.clone();
            left.retain(|record| sent.binary_search_by_key(&(record.0, record.1), |s| (s.0, s.1)).is_ok());
            assert_eq!(sent, left, "{kill:?} at {at}: all that is sent is sent once, in order, and as late");
        }
    }
}

#[test]
fn killed_again_and_again_it_comes_to_its_end() {
    let whole = whole();
    for seed in 0..200 {
        let mut dice = Dice(seed);
        let (sent, lost) = run(|_| match dice.below(9) {
            0 => Some(Kill::BeforePublish),
            1 => Some(Kill::AfterSend),
            _ => None,
        });
        assert_eq!((lost, sent == whole), (0, true), "seed {seed}");
    }
}

#[test]
fn what_can_not_be_kept_is_told() {
    let told = |params: &str| {
        let mut steps = Steps::of(vec![Made::new("parts", &planned(params), &[], Place::Source)]);
        let mut desk = Desk::new(Cx::new("run", "parts", Account::default()));
        let mut batch = Batch::default();
        (0..2).find_map(|_| steps.process(0, &mut batch, &mut desk).err()).unwrap().error.sentence
    };
    assert_eq!(
        told(&format!("partitions = {}", PARTITIONS_MAX + 1)),
        "operator \"parts\": it reads 513 partitions, and the times of 512 are kept: let more workers share them"
    );
    assert_eq!(
        told(&format!("bytes = {}", POSITION_BYTES_MAX + 1)),
        "operator \"parts\": how far it has come takes 4097 bytes, and 4096 are kept: let more workers share what it \
         reads"
    );
}

/// Records of one partition are not late for what another has passed, and windows wait for the one furthest behind.
#[test]
fn windows_wait_for_the_partition_that_is_furthest_behind() {
    let folder = tempfile::tempdir_in("/dev/shm").unwrap();
    let out = folder.path().join("out.csv");
    let text = format!(
        "name = \"t\"\n[[stage]]\nname = \"parts\"\noperator = \"parts\"\nbatch = {{ records_max = 3 }}\n\
         [[stage]]\nname = \"counts\"\noperator = \"window\"\nfrom = \"parts\"\nsize = \"1us\"\n\
         fields = {{ n = \"count()\" }}\n\
         [[stage]]\nname = \"out\"\noperator = \"csv\"\nfrom = \"counts\"\npath = \"{}\"\n",
        out.display()
    );
    let file = folder.path().join("t.toml");
    std::fs::write(&file, text).unwrap();
    let plan = load_from(ROOMS, &file, &[]).unwrap().plan.begin();
    let dir = RunDir::at(folder.path().join("runs/t"));
    dir.make(&plan).unwrap();
    dir.freeze(&plan).unwrap();
    let context = Context::default();
    std::thread::scope(|scope| {
        let (plan, dir, context) = (&plan, &dir, &context);
        let run = |at| scope.spawn(move || stage::run(ROOMS, plan, dir, at, context));
        let threads: Vec<_> = plan.workers().map(run).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap().unwrap());
    });
    assert_eq!(Books::read(&plan, &dir).unwrap().wrong(&plan), [""; 0]);
    let stored = std::fs::read_to_string(out).unwrap();
    let counts: Vec<&str> = stored.lines().skip(1).map(|line| line.rsplit(',').next().unwrap()).collect();
    assert_eq!(counts, vec![RECORDS.to_string(); PARTITIONS], "{stored}");
}
