//! What a sentence advises helps: who does as it says has what was wanted.

use super::forbidden;
use crate::run::{Sandbox, text};

const TOPOLOGY: &str = r#"name = "t"
[[stage]]
name = "in"
operator = "csv"
path = "in.csv"
KEYS
[[stage]]
name = "more"
from = "in"
operator = "derive"
fields = { y = "MORE" }
[[stage]]
name = "out"
from = "more"
operator = "sqlite"
path = "out.db"
if_exists = "replace"
"#;

fn topology(keys: &str, more: &str) -> String {
    TOPOLOGY.replace("KEYS", keys).replace("MORE", more)
}

/// Runs a file that is refused; then, with what is advised, one that is not.
fn helps(csv: &str, keys: &str, advice: &str, mended: (&str, &str), sql: &str, expected: i64) {
    let room = Sandbox::new();
    room.write("in.csv", csv);
    room.write("t.toml", &topology(keys, "1"));
    let output = room.sluicebox(&["run", "t.toml"]);
    let words = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert!(words.contains(advice), "{advice}\n{words}");
    assert_eq!(forbidden(&words), [""; 0], "{words}");
    room.run(&topology(mended.0, mended.1));
    assert_eq!(room.query("out.db", sql), expected, "{advice}");
}

/// 12,000 sound records, then 200 that are not: behind what a source looks at to find types.
fn behind_the_sample(sound: &str, odd: &str) -> String {
    let row = |n: usize| format!("{n}{sound},1\n");
    let rows: String = (0..12_000).map(row).collect();
    format!("x,z\n{rows}{}", format!("{odd},1\n").repeat(200))
}

#[test]
fn texts_that_mean_no_value_are_advised_as_null() {
    for (sound, odd) in [(".5", "NaN"), ("", "NA"), ("", "N/A"), (".5", "-")] {
        let advice = format!("if that means \"no value\", add null = [\"{odd}\"]");
        let keys = format!("null = [\"{odd}\"]");
        let csv = behind_the_sample(sound, odd);
        helps(&csv, "", &advice, (&keys, "1"), "SELECT count(*) FROM more WHERE x IS NULL", 200);
    }
}

#[test]
fn numbers_since_1970_are_advised_as_such() {
    for (number, unit, times) in [
        ("1357017300", "seconds", " * 1000000000"),
        ("1357017300000", "milliseconds", " * 1000000"),
        ("1357017300000000", "microseconds", " * 1000"),
    ] {
        let formula = format!("CAST(ts{times} AS time)");
        let advice =
            format!("if these are {unit} since 1970, read them as they are (types = {{ ts = \"i64\" }})");
        let csv = format!("ts,z\n{number},1\n");
        let sql = "SELECT count(*) FROM more WHERE y = '2013-01-01T05:15:00Z'";
        helps(&csv, "types = { ts = \"time\" }", &advice, ("types = { ts = \"i64\" }", &formula), sql, 1);
    }
}

#[test]
fn decimals_behind_whole_numbers_are_advised_as_f64() {
    let csv = behind_the_sample("", "2.5");
    let advice = "add types = { x = \"f64\" }";
    helps(&csv, "", advice, ("types = { x = \"f64\" }", "1"), "SELECT count(*) FROM more WHERE x = 2.5", 200);
}

#[test]
fn decimal_commas_and_other_dates_are_advised_as_such() {
    let csv = "x;z\n1,5;1\n2,5;1\n";
    let keys = "delimiter = \";\"\ntypes = { x = \"f64\" }";
    let mended = format!("{keys}\ndecimal = \",\"");
    let advice = "if that is a decimal comma, add decimal = \",\"";
    helps(csv, keys, advice, (&mended, "1"), "SELECT count(*) FROM more WHERE x = 2.5", 1);
    let csv = "ts,z\n31.12.2024,1\n";
    let keys = "types = { ts = \"time\" }";
    let mended = format!("{keys}\ntime_format = \"%d.%m.%Y\"");
    let advice = "say how times are written there, such as time_format = \"%d.%m.%Y\"";
    helps(
        csv,
        keys,
        advice,
        (&mended, "1"),
        "SELECT count(*) FROM more WHERE ts = '2024-12-31T00:00:00Z'",
        1,
    );
}

/// Every limit that too many records were beyond is told by its key.
#[test]
fn a_limit_is_told_by_its_key() {
    let timed = |more: &str| {
        let window = "[[stage]]\nname = \"w\"\nfrom = \"in\"\noperator = \"window\"\nsize = \"1h\"\n\
            fields = { n = \"count()\" }";
        let source = "[[stage]]\nname = \"in\"\noperator = \"csv\"\npath = \"in.csv\"\ntime = \"ts\"";
        let end = "[[stage]]\nname = \"end\"\nfrom = [\"w\", \"w/late\"]\noperator = \"null\"";
        format!("name = \"t\"\n{source}\n{more}\n{window}\n{end}\n")
    };
    let long = format!("x\n{}\n", "a".repeat(3000));
    let plain = |keys: &str, top: &str| format!("{top}{}", topology(keys, "1"));
    for (csv, topology, advice) in [
        (long.as_str(), plain("line_max = \"2KiB\"", ""), "raise line_max = \"2KiB\""),
        (
            long.as_str(),
            plain("", "max_message = \"2KiB\"\n"),
            "raise max_message = \"2KiB\" of the topology",
        ),
        (
            "ts,x\n2024-01-01T00:00:00Z,1\n2034-01-01T00:00:00Z,1\n",
            timed("ahead_max = \"1h\""),
            "raise ahead_max",
        ),
        ("ts,x\n2024-01-01T00:00:00Z,1\n,1\n", timed(""), "filter records without a time before"),
    ] {
        let room = Sandbox::new();
        room.write("in.csv", csv);
        room.write("t.toml", &topology);
        let output = room.sluicebox(&["run", "t.toml"]);
        let words = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{words}");
        assert!(words.contains(advice) && words.contains("or raise max_rejects"), "{advice}\n{words}");
    }
}
