//! The bounds of `window` hold: many keys, a watermark that stands still, fields that grow, time that jumps.

use super::world::{Row, Worker};

const KEYS: [&str; 6] = ["p", "q", "r", "s", "t", "u"];

fn row(n: i64, k: &'static str, ts: i64) -> Row {
    Row { n, source: 0, k: Some(k), ts, x: Some(n as f64), m: Some(n), s: Some("ant"), late: 0 }
}

/// Open and gone, as the report says; a call with nothing in between.
fn told(worker: &mut Worker) -> (i64, i64, usize) {
    worker.finish();
    (worker.out.report[0], worker.out.report[1], worker.out.rows.len())
}

/// Time never comes on, and there are ever more windows: what is open is bounded, and nothing is lost.
#[test]
fn a_watermark_that_stands_still_costs_no_more_than_is_said() {
    for kind in ["size = \"1s\"", "size = \"4s\"\nslide = \"1s\"", "gap = \"1s\""] {
        let params = format!("{kind}\nper = \"k\"\nkeys_max = 50\nfields = {{ n = \"count()\" }}");
        let mut worker = Worker::new("window", &params);
        let mut counted = 0;
        for n in 0..2000 {
            worker.push(&row(n, KEYS[n as usize % 6], n * 2));
            if n % 100 == 99 {
                worker.turn(i64::MIN);
                assert!(worker.open() <= 50, "{kind}: {} are open", worker.open());
            }
        }
        let (open, gone, _) = told(&mut worker);
        assert_eq!(open, 0);
        assert_eq!(gone, 1950, "{kind}");
        for cells in &worker.out.rows {
            counted += cells[3].parse::<i64>().unwrap();
        }
        let each = if kind.contains("slide") { 4 } else { 1 };
        assert_eq!(counted, 2000 * each, "{kind}: every record is in some row of each of its windows");
    }
}

#[test]
fn more_keys_than_may_be_go_out_as_they_are() {
    let mut worker =
        Worker::new("window", "count = 10\nper = \"m\"\nkeys_max = 7\nfields = { n = \"count()\" }");
    for n in 0..500 {
        worker.push(&row(n, "p", 0));
    }
    worker.turn(0);
    assert!(worker.open() <= 7);
    let (_, gone, rows) = told(&mut worker);
    assert_eq!((gone, rows), (493, 500));
}

/// What grows is bounded by bytes, whatever the number of windows.
#[test]
fn fields_that_grow_take_no_more_memory_than_is_said() {
    for kind in ["size = \"1s\"", "size = \"4s\"\nslide = \"2s\"", "gap = \"1s\"", "count = 100000"] {
        for field in ["median(x)", "distinct(x)", "collect(m)", "top(m, 5)", "max(s)"] {
            let per = if kind.starts_with("count") { "m" } else { "k" };
            let params = format!(
                "{kind}\nper = \"{per}\"\nmemory = \"64KiB\"\nfields = {{ n = \"count()\", f = \"{field}\" }}"
            );
            let mut worker = Worker::new("window", &params);
            for n in 0..3000 {
                worker.push(&row(n, KEYS[n as usize % 6], n * 2));
                if n % 500 == 499 {
                    worker.turn(i64::MIN);
                }
            }
            let open = worker.open();
            let least = match field {
                "max(s)" => 3,
                "median(x)" => 2048,
                _ => 8,
            };
            assert!(open * least <= 64 << 10, "{kind} {field}: {open} are open");
            let (_, gone, _) = told(&mut worker);
            assert!(gone > 0 || field == "max(s)", "{kind} {field}: {gone} had to go");
            let counted: i64 = worker.out.rows.iter().map(|cells| cells[3].parse::<i64>().unwrap()).sum();
            let each = if kind.contains("slide") { 2 } else { 1 };
            assert_eq!(counted, 3000 * each, "{kind} {field}: nothing is lost");
        }
    }
}

/// Time comes on by a year: a key has a thousand empty windows, and is forgotten.
#[test]
fn a_year_without_records_is_no_year_of_rows() {
    let params = "size = \"1s\"\nper = \"k\"\nempty = true\nfields = { n = \"count()\" }";
    let mut worker = Worker::new("window", params);
    for (n, k) in KEYS.into_iter().enumerate() {
        worker.push(&row(n as i64, k, n as i64));
    }
    worker.turn(365 * 86_400 * super::world::SECOND);
    worker.push(&row(9, "p", 365 * 86_400 + 5));
    let (open, gone, rows) = told(&mut worker);
    assert_eq!((open, gone, rows), (0, 0, 6 * 1001 + 1));
}
