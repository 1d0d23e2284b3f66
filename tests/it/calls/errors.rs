//! An error is the end of a call, not of its records.

use super::{ENGINES, NUMBERS, Trial, out};
use crate::csv::gzip;

const ROWS: usize = 1000;

/// What a source read before it failed SHALL be handled as if it had ended there.
#[test]
fn what_a_source_has_read_before_it_fails_is_stored() {
    for engine in ENGINES {
        let source = "[[stage]]\nname = \"n\"\noperator = \"fed\"\ncount = 1000\nfail_at = 777\n";
        let trial = Trial::new(engine, 0, &(source.to_string() + &out("out", "n")));
        let over = trial.run(|_| ()).failed("the world has ended").in_one_line();
        assert_eq!(trial.first_column("out.csv"), (0..777).collect::<Vec<i64>>());
        assert_eq!((over.totals.read, over.totals.stored, over.totals.lost), (777, 777, 0));
    }
}

/// A compressed file of a header and lines, cut off in the middle.
pub fn cut(header: &str, lines: impl Iterator<Item = String>) -> Vec<u8> {
    let text: String = std::iter::once(header.to_string()).chain(lines).map(|line| line + "\n").collect();
    let gz = gzip(text.as_bytes());
    gz[..gz.len() / 2].to_vec()
}

/// A real one: a compressed file that is cut off. Also where steps behind it make many of one, and where it shares its
/// stage with its sink.
#[test]
fn rows_before_the_cut_of_a_file_are_stored() {
    const ALL: i64 = 300_000;
    let gz = cut("n", (0..ALL).map(|n| n.to_string()));
    let csv = "{ operator = \"csv\", path = \"DIR/n.csv.gz\", types = { n = \"i64\" } }";
    let many = "{ operator = \"many\", times = 3, at = 100 }";
    let sink = "{ operator = \"csv\", path = \"DIR/out.csv\" }";
    for (steps, times, alone) in [
        (csv.to_string(), 1, false),
        (format!("{csv}, {many}"), 3, false),
        (format!("{csv}, {many}, {sink}"), 3, true),
    ] {
        let stage = format!("[[stage]]\nname = \"n\"\nsteps = [{steps}]\n");
        let stages = if alone { stage } else { stage + &out("out", "n") };
        let trial = Trial::of_file("direct", ("n.csv.gz", &gz), &stages);
        let over = trial.run(|_| ()).failed("n.csv.gz").in_one_line();
        let stored = trial.first_column("out.csv");
        let read = over.totals.read as i64;
        assert!(read > 50_000 && read < ALL, "{read} rows of {ALL} lie before the cut");
        assert_eq!(stored, (0..read).flat_map(|n| std::iter::repeat_n(n, times)).collect::<Vec<_>>());
        assert_eq!((over.totals.stored, over.totals.lost), (stored.len() as u64, 0));
    }
}

/// Of the batch in which a step fails, what it had said SHALL count, and the rest SHALL be lost inside; what it had
/// rejected SHALL go out.
#[test]
fn of_a_batch_in_which_a_step_fails_what_was_said_counts() {
    for engine in ENGINES {
        let fails = "[[stage]]\nname = \"m\"\nfrom = \"n\"\noperator = \"fails\"\nat = 778\n\
                     batch.records_max = 10\n";
        let source = NUMBERS.to_string() + "batch.records_max = 100\n";
        let stages = source + fails + &out("out", "m") + &out("bad", "m/rejected");
        let trial = Trial::new(engine, ROWS, &stages);
        let over = trial.run(|_| ()).failed("it fails here");
        let stored = trial.first_column("out.csv");
        let m = over.worker(&trial, "m");
        // 778 itself and those of its batch that stayed in it were said nothing of.
        let [filtered, rejected] = [m.account.filtered, m.account.rejected_total()];
        assert_eq!((filtered, rejected), (389, 78), "{engine}: of the numbers before 778");
        assert_eq!(m.account.done, filtered + rejected + stored.len() as u64);
        assert!(stored.iter().all(|n| n % 2 == 0 && n % 10 != 4 && *n < 778), "{stored:?}");
        assert_eq!(m.lost_inside, m.received - m.account.done);
        assert!(m.lost_inside > 0, "the batch of 778 is lost with it");
        assert_eq!(trial.read("bad.csv").lines().count(), 1 + 78, "each rejected row has gone out");
        assert_eq!(over.totals.read, ROWS as u64);
    }
}

/// The same where nobody else knows how much was read.
#[test]
fn a_source_counts_what_is_lost_behind_it_in_its_own_stage() {
    let csv = "{ operator = \"csv\", path = \"DIR/n.csv\", types = { n = \"i64\" } }";
    for (before, times) in [("", 1), ("{ operator = \"many\", times = 2, at = 1000000 }, ", 2)] {
        let stage = format!(
            "[[stage]]\nname = \"n\"\nbatch.records_max = 10\nmax_rejects = \"100%\"\n\
             steps = [{csv}, {before}{{ operator = \"fails\", at = 778 }}]\n"
        );
        let trial = Trial::new("direct", ROWS, &(stage + &out("out", "n")));
        let over = trial.run(|_| ()).failed("it fails here").in_one_line();
        let stored = trial.first_column("out.csv");
        let n = over.worker(&trial, "n");
        assert_eq!(over.totals.read, 780, "ten at a time, and the last ten are those of 778");
        assert_eq!(n.account.filtered, 389 * times);
        assert_eq!(n.account.rejected_total(), 78 * times);
        assert_eq!(stored.len() as u64, over.totals.stored);
        assert!(stored.iter().all(|n| *n < 778));
        // Without copies: 770, 772, 776, 778 and 779 of the last ten; 774 was rejected.
        let lost = if times == 1 { 4 + 1 } else { 0 };
        assert_eq!(over.totals.lost, lost, "what was taken in by a step is not lost with what it made");
    }
}

/// So many seconds as a csv file says them.
pub fn time(s: i64) -> String {
    let (day, second) = (s / 86_400, s % 86_400);
    format!("1970-01-{:02}T{:02}:{:02}:{:02}Z", day + 1, second / 3600, second / 60 % 60, second % 60)
}

pub const S: i64 = 1_000_000_000;

/// A source of lines `n,ts`.
pub fn timed(file: &str, more: &str) -> String {
    format!(
        "[[stage]]\nname = \"n\"\noperator = \"csv\"\npath = \"DIR/{file}\"\ntime = \"ts\"\n\
         types = {{ n = \"i64\", ts = \"time\" }}\n{more}"
    )
}

/// What a source read before it failed SHALL have its event time as any other.
#[test]
fn rows_before_the_cut_of_a_file_have_their_event_time() {
    // Each tenth is an hour late.
    let at = |n: i64| 7200 + n - if n % 10 == 9 { 3600 } else { 0 };
    let gz = cut("n,ts", (0..300_000).map(|n| format!("{n},{}", time(at(n)))));
    let window = "[[stage]]\nname = \"w\"\nfrom = \"n\"\noperator = \"window\"\nsize = \"1min\"\n\
                  fields = { n = \"count()\" }\n";
    let source = timed("n.csv.gz", "batch.records_max = 200000\n");
    let stages = source + window + &out("out", "w") + &out("late", "w/late");
    let trial = Trial::of_file("direct", ("n.csv.gz", &gz), &stages);
    let over = trial.run(|_| ()).failed("n.csv.gz");
    let read = over.totals.read as i64;
    assert!(read > 50_000, "{read} rows lie before the cut");
    let greatest = (0..read).map(at).max().unwrap();
    assert_eq!(over.worker(&trial, "n").account.time_max, greatest * S);
    assert_eq!(trial.first_column("late.csv"), (0..read).filter(|n| n % 10 == 9).collect::<Vec<_>>());
}

/// Windows whose rows a later step failed with have not gone out, and their step SHALL not say that they have.
#[test]
fn windows_that_a_later_step_failed_with_have_not_closed() {
    // Window k has k records, at its first seconds.
    let lines = (1..=10).flat_map(|k| (0..k).map(move |s| format!("{k},{}\n", time(60 * k + s))));
    let file = "n,ts\n".to_string() + &lines.collect::<String>();
    let steps = "steps = [{ operator = \"window\", size = \"1min\", fields = { n = \"count()\" } }, \
                 { operator = \"select\", keep = [\"n\"] }, { operator = \"fails\", at = 6 }]\n";
    let w = "[[stage]]\nname = \"w\"\nfrom = \"n\"\nbatch.records_max = 1\n".to_string() + steps;
    let stages = timed("t.csv", "batch.records_max = 1\n") + &w + &out("out", "w");
    let trial = Trial::of_file("direct", ("t.csv", file.as_bytes()), &stages);
    let over = trial.run(|_| ()).failed("it fails here");
    assert_eq!(trial.first_column("out.csv"), [2], "odd ones are filtered, 4 is rejected");
    let account = &over.worker(&trial, "w").account;
    assert_eq!(account.made, 5);
    let closed_to = i64::from_le_bytes(account.positions[0].bytes()[..8].try_into().unwrap());
    assert_eq!(closed_to, (60 * 6 + 5) * S, "the last record of window 6 has not closed it");
}
