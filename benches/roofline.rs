//! A whole job, from CSV lines to an SQLite table: how near does `run` come to a loop that is written by hand for it?
//!
//! ```text
//!   loop   lines > parse > drop the dirty > amount > z-scores > k-means > INSERT a row, COMMIT at 10,000
//!          └────────────────────────────── one thread ─────────────────────────────────────────────────┘
//!   one    csv > filter > derive > standardize > kmeans > select > sqlite                        one stage
//!   four   csv > select ═ link ═ filter > derive ═ link ═ standardize > kmeans > select ═ link ═ sqlite
//! ```
//!
//! The lines are orders that `shop` makes up and a `csv` sink writes: 9 columns, 2 in 100 dirty (no quantity, or a
//! negative price). All sides store the same four columns of the rest: order_id, cluster, distance, amount; that they
//! store as many rows, with the same sum of amounts, is checked after each run. (Clusters differ: `kmeans` reseeds its
//! centres, the loop keeps to the sequential rule.) The loop is what one would write with the `csv` crate and
//! rusqlite: it parses only the fields it needs, with a prepared INSERT a row; WAL and synchronous = NORMAL on all
//! sides. Wall time is from the start of the process to its end; memory is the sum of what each process held at most.
//!
//! `cargo bench --bench roofline -- [--lines 2M] [--repeat 5] [--sides loop,one,four] [--smoke]`

mod common;

use common::args::{self, Args, Opt};
use common::child::{self, Part};
use common::ours::{NAME, Ours};
use common::report::{self, Side, Value};
use common::{abba, compare, memory, usage};
use rusqlite::{Connection, params};
use sluicebox::error::{Error, Result};
use sluicebox::run::books::Books;
use sluicebox::units::Rate;
use sluicebox::wire::ledger::Times;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

const CENTRES: usize = 8;
const FEATURES: usize = 3;
const COMMIT: u64 = 10_000;
const LINES: &str = "lines.csv";
const DATABASE: &str = "out.db";

type Failure = Box<dyn std::error::Error>;

// The loop.

/// Running mean and variance (Welford 1962).
#[derive(Clone, Copy, Default)]
struct Moments {
    n: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn z(&mut self, x: f64) -> f64 {
        self.n += 1.0;
        let before = x - self.mean;
        self.mean += before / self.n;
        let after = x - self.mean;
        self.squares += before * after;
        let deviation = (self.squares / self.n).sqrt();
        if deviation > 0.0 { after / deviation } else { 0.0 }
    }
}

/// Sequential k-means (MacQueen 1967); the first distinct points are the first centres.
#[derive(Default)]
struct Centres {
    at: Vec<[f64; FEATURES]>,
    counts: Vec<f64>,
}

impl Centres {
    /// The nearest centre and its squared distance; it then moves towards the point.
    fn learn(&mut self, point: [f64; FEATURES]) -> (usize, f64) {
        let (mut nearest, mut least) = (0, f64::INFINITY);
        for (centre, at) in self.at.iter().enumerate() {
            let squared = at.iter().zip(point).map(|(at, x)| (x - at) * (x - at)).sum();
            if squared < least {
                (nearest, least) = (centre, squared);
            }
        }
        if least > 0.0 && self.at.len() < CENTRES {
            self.at.push(point);
            self.counts.push(1.0);
            return (self.at.len() - 1, 0.0);
        }
        self.counts[nearest] += 1.0;
        for (at, x) in self.at[nearest].iter_mut().zip(point) {
            *at += (x - *at) / self.counts[nearest];
        }
        (nearest, least)
    }
}

/// Does the whole job; how many lines were dirty.
fn whole_job(lines: &Path, database: &Path) -> std::result::Result<u64, Failure> {
    let mut reader = csv::Reader::from_path(lines)?;
    let names = reader.headers()?.clone();
    let column =
        |name: &str| names.iter().position(|other| other == name).ok_or(format!("there is no column {name}"));
    let (order_id, quantity, unit_price) = (column("order_id")?, column("quantity")?, column("unit_price")?);

    let db = Connection::open(database)?;
    db.pragma_update(None, "journal_mode", "wal")?;
    db.pragma_update(None, "synchronous", "normal")?;
    db.execute_batch(
        "CREATE TABLE stored(order_id INTEGER, cluster INTEGER, distance REAL, amount REAL); BEGIN",
    )?;
    let mut insert = db.prepare("INSERT INTO stored VALUES (?1, ?2, ?3, ?4)")?;

    let mut moments = [Moments::default(); FEATURES];
    let mut centres = Centres::default();
    let (mut dirty, mut stored) = (0, 0);
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record)? {
        let clean = (
            field::<i64>(&record, order_id),
            field::<i64>(&record, quantity).filter(|quantity| *quantity > 0),
            field::<f64>(&record, unit_price).filter(|price| *price > 0.0),
        );
        let (Some(order_id), Some(quantity), Some(unit_price)) = clean else {
            dirty += 1;
            continue;
        };
        let amount = quantity as f64 * unit_price;
        let features = [quantity as f64, unit_price, amount];
        let (cluster, squared) = centres.learn(std::array::from_fn(|i| moments[i].z(features[i])));
        insert.execute(params![order_id, cluster as i64, squared.sqrt(), amount])?;
        stored += 1;
        if stored % COMMIT == 0 {
            db.execute_batch("COMMIT; BEGIN")?;
        }
    }
    drop(insert);
    db.execute_batch("COMMIT")?;
    db.close().map_err(|(_, e)| e)?;
    Ok(dirty)
}

fn field<T: std::str::FromStr>(record: &csv::ByteRecord, at: usize) -> Option<T> {
    std::str::from_utf8(record.get(at)?).ok()?.parse().ok()
}

/// What `Part::start` starts: the loop, in a process of its own. PART FOLDER
fn part(words: &[String]) -> Result<()> {
    let [_, folder] = words else { return Err(Error::usage("--part is for this bench's own use")) };
    let folder = Path::new(folder);
    let dirty = whole_job(&folder.join(LINES), &folder.join(DATABASE));
    println!("{}", dirty.map_err(|e| Error::failed(format!("the loop failed: {e}")))?);
    Ok(())
}

// Ours.

/// The lines of the job.
fn shop(lines: u64) -> String {
    format!(
        "name = \"{NAME}\"\n\n[[stage]]\nname = \"shop\"\noperator = \"shop\"\ncount = {lines}\n\n\
         [[stage]]\nname = \"lines\"\nfrom = \"shop\"\noperator = \"csv\"\npath = \"{LINES}\"\n"
    )
}

const CSV: &str = "{ operator = \"csv\", path = \"lines.csv\" }";
const NEEDED: &str = "{ operator = \"select\", keep = [\"order_id\", \"quantity\", \"unit_price\"] }";
const CLEAN: &str = "{ operator = \"filter\", where = \"quantity > 0 AND unit_price > 0\" }, \
    { operator = \"derive\", fields = { amount = \"quantity * unit_price\" } }";
const GROUP: &str = "{ operator = \"standardize\", fields = [\"quantity\", \"unit_price\", \"amount\"], prefix = \
\"z_\" }, \
    { operator = \"kmeans\", k = 8, features = [\"z_quantity\", \"z_unit_price\", \"z_amount\"] }, \
    { operator = \"select\", keep = [\"order_id\", \"cluster\", \"distance\", \"amount\"] }";
const STORE: &str = "{ operator = \"sqlite\", path = \"out.db\", table = \"stored\" }";

fn job(stages: &[&[&str]]) -> String {
    let mut topology = format!("name = \"{NAME}\"\n");
    for (at, steps) in stages.iter().enumerate() {
        topology += &format!("\n[[stage]]\nname = \"s{at}\"\n");
        if let Some(before) = at.checked_sub(1) {
            topology += &format!("from = \"s{before}\"\n");
        }
        topology += &format!("steps = [{}]\n", steps.join(", "));
    }
    topology
}

// Both.

struct Run {
    wall_s: f64,
    cpu_s: f64,
    peak_mb: f64,
}

const VALUES: [Value<Run>; 3] =
    [("wall s", |run| run.wall_s), ("CPU s", |run| run.cpu_s), ("peak MB", |run| run.peak_mb)];

/// What a side has stored: rows, and the sum of their amounts.
fn stored(folder: &Path) -> Result<(i64, f64)> {
    let path = folder.join(DATABASE);
    let count = "SELECT count(*), total(amount) FROM stored";
    let found =
        Connection::open(&path).and_then(|db| db.query_row(count, [], |row| Ok((row.get(0)?, row.get(1)?))));
    let found = found.map_err(|e| Error::failed(format!("what was stored can't be read: {e}")))?;
    for left in [DATABASE.to_string(), format!("{DATABASE}-wal"), format!("{DATABASE}-shm")] {
        match std::fs::remove_file(folder.join(left)) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::failed(format!("cannot remove a database: {e}")));
            }
            _ => {}
        }
    }
    Ok(found)
}

fn work(side: &Side, folder: &Path) -> Result<()> {
    let stages: &[&[&str]] = match side.name {
        "loop" => {
            let mut part = Part::start(&["loop".to_string(), folder.display().to_string()])?;
            let [_] = part.says()?;
            return part.leave();
        }
        "one" => &[&[CSV, CLEAN, GROUP, STORE]],
        _ => &[&[CSV, NEEDED], &[CLEAN], &[GROUP], &[STORE]],
    };
    let mut run = Ours::start(&job(stages), folder, &[])?;
    run.finish()?;
    let Some(plan) = run.plan()? else { return Ok(()) };
    for worker in Books::read(&plan, &run.dir)?.workers {
        let (of, Times { busy, blocked, idle }) = (&plan.stages[worker.id.stage].name, worker.times);
        let s = |ns: u64| ns as f64 / 1e9;
        println!("  {of}: {:.2} s busy, {:.2} s blocked, {:.2} s idle", s(busy), s(blocked), s(idle));
    }
    Ok(())
}

fn measure(side: &Side, folder: &Path) -> Result<(Run, (i64, f64))> {
    let (cpu_before, start) = (usage::cpu_ns()?, Instant::now());
    let (done, bytes) = memory::peak(|| work(side, folder));
    done?;
    let run = Run {
        wall_s: start.elapsed().as_secs_f64(),
        cpu_s: (usage::cpu_ns()? - cpu_before) as f64 / 1e9,
        peak_mb: bytes as f64 / 1e6,
    };
    report::line(&VALUES, side, &run);
    Ok((run, stored(folder)?))
}

const SIDES: [Side; 3] =
    [Side { name: "loop", ours: false }, Side { name: "one", ours: true }, Side { name: "four", ours: true }];

fn compare(args: &Args) -> Result<()> {
    let lines = args.get("--lines", |text| Rate::parse(text).map(|Rate(n)| n as u64))?;
    let repeat = compare::repeat(args)?;
    let sides = args.get("--sides", |text| report::chosen(&SIDES, text))?;
    let folder = tempfile::tempdir().map_err(|e| Error::failed(format!("cannot make a folder: {e}")))?;
    let made = Ours::start(&shop(lines), folder.path(), &[])?.finish()?.records.stored;
    println!("{made} lines to rows of SQLite; {repeat} rounds in ABBA order");
    report::warn_of_cores(4);
    let mut first: Option<(i64, f64)> = None;
    let runs = abba::rounds(&sides, repeat, |side| {
        let (run, (rows, sum)) = measure(side, folder.path())?;
        let (same_rows, same_sum) = *first.get_or_insert((rows, sum));
        if rows != same_rows || (sum - same_sum).abs() > 1e-9 * same_sum.abs() {
            return Err(Error::failed(format!(
                "{} stored {rows} rows, amounting to {sum}; {} stored {same_rows}, amounting to {same_sum}",
                side.name, sides[0].name
            )));
        }
        Ok(run)
    })?;
    let (rows, sum) = first.unwrap_or_default();
    println!("{rows} rows are stored by each, amounting to {sum:.2}");
    report::tell(&VALUES, &sides, &runs);
    Ok(())
}

const OPTIONS: &[Opt] = &[
    Opt { name: "--lines", usual: "2M", smoke: "20k", about: "how many lines there are" },
    Opt { usual: "5", ..compare::REPEAT },
    Opt {
        name: "--sides",
        usual: "loop,one,four",
        smoke: "loop,one,four",
        about: "which to run, of loop, one and four",
    },
];

fn main() -> ExitCode {
    match child::part() {
        Some(words) => args::end(part(&words)),
        None => args::begin(OPTIONS, compare),
    }
}
