//! Runs that reject too much: each record read has its end in the account, the rejected ones are at their port, and the
//! sentence says what to do.

use super::{Sandbox, last_line, text, three};
use serde_json::{Value, json};

/// A run that fails: its account, and the last line of what it said.
fn failed(room: &Sandbox, topology: &str, more: &[&str]) -> (Value, String) {
    let output = room.start(topology, more).end();
    let words = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{words}");
    let account = last_line(&output);
    assert_eq!(account["balances"], true, "{account}");
    room.audit();
    (account, words.lines().last().unwrap_or_default().to_string())
}

/// A source with its rejects, stored; `source` says more of the first, and `rows` is its file.
fn stored(room: &Sandbox, source: &str, rows: &str) -> String {
    room.write("n.csv", rows);
    format!(
        "name = \"t\"\n[[stage]]\nname = \"in\"\noperator = \"csv\"\npath = \"n.csv\"\n{source}\n[[stage]]\n\
         name = \"out\"\noperator = \"sqlite\"\nfrom = [\"in\", \"in/rejected\"]\npath = \"out.db\"\n"
    )
}

fn total(rejected: &Value) -> u64 {
    rejected.as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum()
}

/// What the source has read is stored or rejected, and all of the rejected lie in their table.
fn all_told(room: &Sandbox, account: &Value) -> (u64, u64) {
    let (read, stored) =
        (account["stages"][0]["in"].as_u64().unwrap(), account["stages"][0]["out"].as_u64().unwrap());
    let rejected = total(&account["stages"][0]["rejected"]);
    assert_eq!(read, stored + rejected, "{account}");
    assert_eq!(account["records"]["lost"], 0, "{account}");
    assert_eq!(room.query("out.db", "SELECT count(*) FROM \"in\""), stored as i64);
    assert_eq!(room.query("out.db", "SELECT count(*) FROM in_rejected"), rejected as i64);
    (read, rejected)
}

#[test]
fn all_that_was_rejected_is_counted_and_stored_also_where_nothing_was_sound() {
    for bad in [2, 500, 30_000] {
        for good in [0, 1] {
            let rows: String = (0..bad).map(|n| format!("{n},bad\n")).collect();
            let room = Sandbox::new();
            let sound = if good == 1 { "1,1\n" } else { "" };
            let topology = stored(&room, "types = { x = \"i64\" }", &format!("a,x\n{sound}{rows}"));
            let (account, last) = failed(&room, &topology, &[]);
            let (read, rejected) = all_told(&room, &account);
            assert_eq!(read - rejected, good);
            if bad < 10_000 {
                assert_eq!(rejected, bad, "{last}");
            }
            let words =
                format!("stage \"in\": {rejected} of {read} records were rejected ({rejected} type:x; ");
            assert!(last.starts_with(&words), "{last}");
            assert!(
                last.contains("has \"bad\" for i64), more than the 1 % that max_rejects allows: add types"),
                "{last}"
            );
        }
    }
}

#[test]
fn sound_records_of_the_call_that_is_given_up_are_kept() {
    let good: String = (0..3000).map(|n| format!("{n},a\n")).collect();
    let late = format!("id,s\n{good}{}", "bad\n".repeat(500));
    let turns: String = (0..20_000).map(|n| format!("{n},a\nbad\n")).collect();
    for (rows, read_at_least) in [(late, 3000), (format!("id,s\n{turns}"), 200)] {
        let room = Sandbox::new();
        let (account, last) = failed(&room, &stored(&room, "", &rows), &[]);
        let (read, rejected) = all_told(&room, &account);
        assert!(read >= read_at_least && rejected > 100, "{account}");
        assert!(last.contains("check \"delimiter\" and \"quote\", or raise max_rejects"), "{last}");
    }
}

#[test]
fn a_type_that_changes_late_ends_the_run_there() {
    let room = Sandbox::new();
    let whole: String = (0..12_000).map(|n| format!("{n},{n}\n")).collect();
    let broken: String = (12_000..200_000).map(|n| format!("{n},{n}.5\n")).collect();
    let (account, last) = failed(&room, &stored(&room, "", &format!("i,x\n{whole}{broken}")), &[]);
    let (read, _) = all_told(&room, &account);
    assert!(read < 15_000, "it did not go on to the end: {account}");
    assert!(last.contains("; record 12001 has \"12000.5\" for i64), more than the 1 % "), "{last}");
    assert!(last.ends_with("add types = { x = \"f64\" }, or raise max_rejects"), "{last}");
}

/// Whose limit it is, is named; and a run that is to lose nothing fails by it, whatever may be rejected.
#[test]
fn a_limit_of_ours_is_judged_like_any_reason_and_named() {
    let long = "x".repeat(100_000);
    let rows: String = (0..20).map(|n| format!("{n},{long}\n")).collect();
    let room = Sandbox::new();
    let topology = stored(&room, "line_max = \"64MiB\"", &format!("id,t\n{rows}"));
    let small = topology.replacen('\n', "\nmax_message = \"64KiB\"\n", 1);
    let (account, last) = failed(&room, &small, &[]);
    assert_eq!(account["stages"][0]["rejected"], json!({ "too_large": 20 }));
    let words = "20 of 20 records were rejected (20 too_large), more than the 1 % that max_rejects allows: raise \
                 max_message = \"64KiB\" of the topology, or raise max_rejects";
    assert!(last.ends_with(words), "{last}");

    let (_, last) = failed(&room, &topology.replace("64MiB", "64KiB"), &["--set", "out.if_exists=replace"]);
    assert!(last.contains("(20 too_long)") && last.contains("raise line_max = \"64KiB\""), "{last}");

    let never = ["--set", "in.max_rejects=100%", "--set", "out.if_exists=replace"];
    let account = room.start(&small, &never).account();
    assert_eq!(account["records"]["rejected"], 20, "nothing is judged");
    let (_, last) = failed(&room, &small, &[&never[..], &["--fail-on-loss"]].concat());
    assert!(last.starts_with("20 records were rejected because a limit is too small for them"), "{last}");
    let faulty = stored(&room, "max_rejects = \"100%\"", "id,t\n1,a\nbad\n");
    let account = room.start(&faulty, &["--fail-on-loss", "--set", "out.if_exists=replace"]).account();
    assert_eq!(account["records"]["rejected"], 1, "that is a fault of the data");
}

/// Not only sources: what a step behind them makes too large, or has no use for.
#[test]
fn every_stage_judges_what_it_rejects() {
    let room = Sandbox::new();
    room.numbers("n.csv", 5000);
    let grown = "operator = \"derive\"\nfields = { big = \"CASE WHEN n % 2 = 0 THEN '{}' ELSE '' END\" }";
    let grown = grown.replace("{}", &"z".repeat(2000));
    let topology =
        three("", "").replace("operator = \"filter\"", &grown).replace("where = \"x % 2 = 0\"", "");
    let topology = topology.replacen('\n', "\nmax_message = \"1KiB\"\n", 1);
    let (account, last) = failed(&room, &topology, &[]);
    assert!(total(&account["stages"][1]["rejected"]) > 50, "{account}");
    assert!(last.starts_with("stage \"even\": ") && last.contains("too_large), more than the 1 %"), "{last}");
    let allowed = topology.replace("operator = \"derive\"", "max_rejects = 0.5\noperator = \"derive\"");
    let account = room.start(&allowed, &["--set", "store.if_exists=replace"]).account();
    assert_eq!(account["stages"][1]["rejected"], json!({ "too_large": 2500 }));
}

#[test]
fn a_step_says_what_to_do_about_a_reason_of_its_own() {
    let room = Sandbox::new();
    room.write("n.csv", "n,ts\n1,2013-01-01 00:00:00\n2,\n3,\n");
    let windows = "operator = \"window\"\nsize = \"1h\"\nfields = { n = \"count()\" }";
    let topology = three("types = { ts = \"time\" }\ntime = \"ts\"", "")
        .replace("operator = \"filter\"", windows)
        .replace("where = \"x % 2 = 0\"", "");
    let (account, last) = failed(&room, &topology, &[]);
    assert_eq!(account["stages"][1]["rejected"], json!({ "no_time": 2 }));
    let words = "stage \"even\": 2 of 3 records were rejected (2 no_time), more than the 1 % that max_rejects allows: \
                 filter records without a time before, or raise max_rejects";
    assert_eq!(last, words);
    assert_eq!(room.query("out.db", "SELECT n FROM even"), 1, "what was sound is stored");
}

#[test]
fn the_share_is_the_stages_own() {
    let room = Sandbox::new();
    let rows: String = (0..100).map(|n| format!("{n},{}\n", if n % 2 == 0 { "x" } else { "1" })).collect();
    for (share, code) in [("49%", 1), ("0.5", 0), ("100%", 0), ("0%", 1)] {
        let topology = stored(
            &room,
            &format!("types = {{ x = \"i64\" }}\nmax_rejects = \"{share}\""),
            &format!("a,x\n{rows}"),
        );
        let output = room.start(&topology, &["--set", "out.if_exists=replace"]).end();
        assert_eq!(output.status.code(), Some(code), "{share}: {}", text(&output.stderr));
    }
}

/// Of a stage with several steps it is told which of them kept records from going on, while it runs and at its end.
#[test]
fn what_is_filtered_and_rejected_is_told_by_step() {
    let room = Sandbox::new();
    let steps = "[{ operator = \"filter\", where = \"n < 50\" },\n{ operator = \"filter\", where = \"n < 40\" },\n\
                 { operator = \"derive\", fields = { big = \"CASE WHEN n < 3 THEN '{}' ELSE '' END\" } }]";
    let steps = steps.replace("{}", &"z".repeat(2000));
    room.numbers("n.csv", 100);
    let topology = three("", "")
        .replace("operator = \"filter\"", &format!("workers = 2\nmax_rejects = \"100%\"\nsteps = {steps}"))
        .replace("where = \"x % 2 = 0\"", "")
        .replacen('\n', "\nmax_message = \"1KiB\"\n", 1);
    let account = room.start(&topology, &[]).account();
    let by_step = json!([
        { "operator": "filter", "filtered": 50, "rejected": 0 },
        { "operator": "filter", "filtered": 10, "rejected": 0 },
        { "operator": "derive", "filtered": 0, "rejected": 3 },
    ]);
    assert_eq!(account["stages"][1]["steps"], by_step);
    assert_eq!(account["stages"][1]["rejected"], json!({ "too_large": 3 }));
    let status = room.status().unwrap();
    let workers = status["stages"][1]["workers"].as_array().unwrap();
    let sum = |step: usize, key: &str| -> u64 {
        workers.iter().map(|worker| worker["steps"][step][key].as_u64().unwrap()).sum()
    };
    assert_eq!((sum(0, "filtered"), sum(1, "filtered"), sum(2, "rejected")), (50, 10, 3));
    let rejected: u64 = workers.iter().map(|worker| total(&worker["rejected"])).sum();
    assert_eq!(rejected, 3, "{status}");
}

/// What was rejected is wanted just where a run fails by it: it is to be seen, though the records stay as they were.
#[test]
fn a_failed_run_that_was_to_replace_shows_what_it_rejected() {
    let room = Sandbox::new();
    let replace = ["--set", "out.if_exists=replace", "--set", "far.if_exists=replace"];
    let file =
        "[[stage]]\nname = \"far\"\noperator = \"csv\"\nfrom = \"in/rejected\"\npath = \"rejected.csv\"\n";
    let topology = stored(&room, "", "id,s\n1,a\n2,b\nyesterday\n") + file;
    let yesterday =
        room.start(&topology, &[&replace[..], &["--set", "in.max_rejects=50%"]].concat()).account();
    assert_eq!(yesterday["records"]["rejected"], 1);
    stored(&room, "", "id,s\n3,c\ntoday\ntoday\n");
    let (account, _) = failed(&room, &topology, &replace);
    assert_eq!(total(&account["stages"][0]["rejected"]), 2);
    assert_eq!(room.query("out.db", "SELECT count(*) FROM \"in\""), 2, "yesterday's");
    assert_eq!(room.query("out.db", "SELECT count(*) FROM in_rejected WHERE record = 'today'"), 2);
    let told = std::fs::read_to_string(room.path("rejected.csv")).unwrap();
    assert_eq!(told.matches("today").count(), 2, "{told}");
}
