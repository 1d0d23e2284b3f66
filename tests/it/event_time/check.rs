//! What `check` says of event time: where it may begin, and what needs it.

use sluicebox::registry;
use sluicebox::topology::load_from;

/// What is wrong with `shop` and the stages given behind it.
fn problems(source: &str, stages: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.toml");
    let text = format!(
        "name = \"t\"\n[[stage]]\nname = \"orders\"\noperator = \"shop\"\n{source}\n{stages}\n[[stage]]\n\
         name = \"store\"\noperator = \"null\"\nfrom = \"last\"\n"
    );
    std::fs::write(&file, text).unwrap();
    let told = load_from(&registry::ROOMS, &file, &[]).err().map(|problems| problems.to_string());
    told.into_iter().collect()
}

fn stage(name: &str, from: &str, rest: &str) -> String {
    format!("[[stage]]\nname = \"{name}\"\nfrom = {from}\n{rest}\n")
}

const BEGINS: &str = "operator = \"event_time\"\nfield = \"ts\"";
const PASS: &str = "operator = \"filter\"\nwhere = \"quantity > 0\"";
const HOURS: &str = "operator = \"window\"\nsize = \"1h\"\nfields = { n = \"count()\" }";

#[test]
fn event_time_begins_where_the_order_is_the_sources() {
    let two = format!("{PASS}\nworkers = 2");
    let sound = [
        stage("last", "\"orders\"", BEGINS),
        stage("one", "\"orders\"", PASS) + &stage("last", "\"one\"", BEGINS),
    ];
    for stages in sound {
        assert_eq!(problems("", &stages), [""; 0], "{stages}");
    }
    let told = [
        (stage("last", "\"orders\"", &format!("{BEGINS}\nworkers = 2")), "stage \"last\" has 2 workers"),
        (stage("one", "\"orders\"", &two) + &stage("last", "\"one\"", BEGINS), "stage \"one\" has 2 workers"),
        (
            stage("one", "\"orders\"", PASS) + &stage("last", "[\"one\", \"orders\"]", BEGINS),
            "stage \"last\" reads 2 streams",
        ),
    ];
    for (stages, what) in told {
        let problems = problems("", &stages);
        assert!(problems.len() == 1 && problems[0].contains(what), "{what}: {problems:?}");
        assert!(problems[0].contains("would depend on the scheduler"), "{problems:?}");
    }
}

#[test]
fn what_event_time_and_windows_cannot_be_is_told() {
    let timed = "time = \"ts\"";
    for (source, stages, what) in [
        (timed, stage("last", "\"orders\"", BEGINS), "has an event time already, \"ts\""),
        (
            "",
            stage("last", "\"orders\"", &BEGINS.replace("ts", "sku")),
            "column \"sku\" is str, a time is needed",
        ),
        ("time = \"sku\"", stage("last", "\"orders\"", PASS), "column \"sku\" is str, a time is needed"),
        ("ahead_max = \"24h\"", stage("last", "\"orders\"", PASS), "there is no event time"),
        ("", stage("last", "\"orders\"", HOURS), "the stream has no event time"),
        (
            timed,
            stage("one", "\"orders\"", "operator = \"select\"\ndrop = [\"ts\"]")
                + &stage("last", "\"one\"", HOURS),
            "the stream has no event time",
        ),
        (
            timed,
            stage("last", "\"orders\"", &format!("{HOURS}\nworkers = 2\nby = \"country\"")),
            "window works with one worker: without per there is one row for all records",
        ),
        (
            "",
            stage(
                "last",
                "\"orders\"",
                "steps = [\n{ operator = \"event_time\", field = \"ts\" },\n\
                 { operator = \"derive\", fields = { ts = \"ts\" } },\n\
                 { operator = \"event_time\", field = \"ts\" },\n]",
            ),
            "event time begins twice in this stage",
        ),
        (timed, stage("last", "\"orders\"", &HOURS.replace("1h", "0s")), "size"),
        (
            timed,
            stage("last", "\"orders\"", &format!("{HOURS}\ntime_zone = \"Europe/Bern\"")),
            "there is no time zone",
        ),
        (
            timed,
            stage("last", "\"orders\"", &HOURS.replace("n =", "window_end =")),
            "a column \"window_end\" already",
        ),
        (
            timed,
            stage("last", "\"orders\"", &HOURS.replace("count()", "avg(quantity)")),
            "no \"avg\" of a window",
        ),
    ] {
        let problems = problems(source, &stages);
        assert!(problems.len() == 1 && problems[0].contains(what), "{what}: {problems:?}");
    }
    assert_eq!(problems(timed, &stage("last", "\"orders\"", HOURS)), [""; 0]);
}
