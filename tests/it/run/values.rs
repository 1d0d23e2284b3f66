//! Values go from a file to a store as they are: no digit, no letter and no hour is changed without a word.

use super::{Sandbox, last_line, text};

/// A file, what is said of its source, and steps between it and a table `out`, on lines of their own.
fn through(room: &Sandbox, rows: &str, source: &str, steps: &str) -> String {
    room.write("n.csv", rows);
    let middle = if steps.is_empty() {
        String::new()
    } else {
        format!("[[stage]]\nname = \"mid\"\nfrom = \"in\"\nsteps = [{steps}]\n")
    };
    let from = if steps.is_empty() { "in" } else { "mid" };
    format!(
        "name = \"t\"\n[[stage]]\nname = \"in\"\noperator = \"csv\"\npath = \"n.csv\"\n{source}\n{middle}[[stage]]\n\
         name = \"store\"\noperator = \"sqlite\"\nfrom = \"{from}\"\npath = \"out.db\"\n\
         table = \"out\"\nif_exists = \"replace\"\n"
    )
}

/// All rows of the table, a line each.
fn rows(room: &Sandbox, columns: &str) -> String {
    let connection = rusqlite::Connection::open(room.path("out.db")).unwrap();
    let mut all = connection.prepare(&format!("SELECT {columns} FROM out")).unwrap();
    let width = all.column_count();
    let cell = |row: &rusqlite::Row<'_>, at: usize| match row.get_unwrap::<_, rusqlite::types::Value>(at) {
        rusqlite::types::Value::Text(text) => text,
        rusqlite::types::Value::Integer(n) => n.to_string(),
        rusqlite::types::Value::Real(x) => format!("{x:?}"),
        _ => "NULL".to_string(),
    };
    let line = |row: &rusqlite::Row<'_>| Ok((0..width).map(|at| cell(row, at)).collect::<Vec<_>>().join("|"));
    let lines: Vec<String> = all.query_map([], line).unwrap().map(Result::unwrap).collect();
    lines.join("\n")
}

#[test]
fn codes_long_numbers_and_dates_are_stored_as_they_were_written() {
    let room = Sandbox::new();
    let file = "code,sha,version,id,born,coordinate,phone,precise\n\
                1234,7e10,1.10,9007199254740993,2013-01-01,-73.98765432109876,+4930123,0.12345678901234567890\n\
                12E4,1e99,1.2,9007199254740995,2013-07-01,5.9e-05,+49,1.5\n\
                5E0,123e4,3.0,1.5,2014-01-31,1e+16,0,0.1\n";
    room.run(&through(&room, file, "time_zone = \"Europe/Paris\"", ""));
    assert_eq!(
        rows(&room, "code, sha, version, id, born, coordinate, phone, precise"),
        "1234|7e10|1.1|9007199254740993|2013-01-01|-73.98765432109876|+4930123|0.12345678901234567890\n\
         12E4|1e99|1.2|9007199254740995|2013-07-01|5.9e-5|+49|1.5\n\
         5E0|123e4|3.0|1.5|2014-01-31|1e16|0|0.1"
    );
}

/// What a guess would change behind the sample is rejected: it is told, and nothing is stored as another value.
#[test]
fn what_comes_behind_the_sample_is_not_changed_either() {
    let room = Sandbox::new();
    let sample: String = (0..10_000).map(|n| format!("{n}.5\n")).collect();
    room.run(&through(&room, &format!("x\n{sample}12E4\n9007199254740993\n007\n1e-3\n"), "", ""));
    assert_eq!(rows(&room, "count(*), max(x), min(x)"), "10001|9999.5|0.001");
    let status = last_line(&room.sluicebox(&["audit", "t", "--json"]));
    assert_eq!(status["balances"], true, "{status}");
}

/// In New York half past midnight is 05:30 UTC.
const NEW_YORK: &str = "i,ts\n1,2013-01-01 00:30:00\n2,2012-12-31 23:30:00\n3,2013-07-01 00:30:00\n";
const IN_NEW_YORK: &str = "types = { ts = \"time\" }\ntime_zone = \"America/New_York\"";

#[test]
fn a_time_zone_holds_in_expressions_as_in_the_source() {
    let room = Sandbox::new();
    let steps = "{ operator = \"filter\", where = \"ts >= '2013-01-01'\" },\n\
                 { operator = \"select\", rename = { ts = \"at\" } },\n\
                 { operator = \"derive\", fields = { h = \"hour(at)\", utc = \"hour(at, 'UTC')\", \n\
                 paris = \"hour(at, 'Europe/Paris')\",\n\
                 t = \"CAST('2013-01-01 00:30:00' AS time)\",\n\
                 s = \"CAST(CAST(i AS str) || '013-07-01 00:30' AS time)\",\n\
                 o = \"CAST('2013-01-01 00:30:00+05:30' AS time)\",\n\
                 b = \"at BETWEEN '2013-01-01 00:30:00' AND '2013-01-01T05:30:00Z'\",\n\
                 c = \"CASE at WHEN '2013-01-01 00:30:00' THEN 1 ELSE 0 END\",\n\
                 n = \"at IN ('2013-01-01 00:30', NULL)\" } }";
    let steps = &steps.replace(
        "h = \"hour(at)\",",
        "h = \"hour(at)\", d = \"date(at)\", k = \"date(at, 'Asia/Kolkata')\",",
    );
    // A step in the stage, and one stage further on.
    let topology = through(&room, NEW_YORK, IN_NEW_YORK, steps);
    let split = topology.replace("] \n", "]\n").replacen(
        "{ operator = \"derive\"",
        "]\n[[stage]]\nname = \"far\"\nfrom = \"mid\"\nsteps = [{ operator = \"derive\"",
        1,
    );
    for topology in [topology.clone(), split.replace("from = \"mid\"\npath", "from = \"far\"\npath")] {
        room.run(&topology);
        assert_eq!(
            rows(&room, "i, at, d, k, h, utc, paris, t, o, b, c, n"),
            "1|2013-01-01T05:30:00Z|2013-01-01|2013-01-01|0|5|6|2013-01-01T05:30:00Z|2012-12-31T19:00:00Z|1|1|1\n\
             3|2013-07-01T04:30:00Z|2013-07-01|2013-07-01|0|4|6|2013-01-01T05:30:00Z|2012-12-31T19:00:00Z|0|0|NULL"
        );
    }
}

#[test]
fn windows_derived_times_and_casts_of_select_keep_the_zone() {
    let room = Sandbox::new();
    let steps = "{ operator = \"window\", size = \"1h\", fields = { first = \"min(ts)\" } },\n\
                 { operator = \"derive\", fields = { made = \"coalesce(first, '2013-01-01 00:30:00')\" } },\n\
                 { operator = \"derive\", fields = { s = \"hour(window_start)\", f = \"hour(first)\",\n\
                 m = \"hour(made)\" } }";
    let later = "i,ts\n2,2012-12-31 23:30:00\n1,2013-01-01 00:30:00\n3,2013-07-01 00:30:00\n";
    room.run(&through(&room, later, &format!("{IN_NEW_YORK}\ntime = \"ts\""), steps));
    assert_eq!(rows(&room, "s, f, m"), "23|23|23\n0|0|0\n0|0|0");
    let file = "i,ts,text\n1,2013-01-01 00:30:00,x 2013-07-01 00:30\n";
    let steps = "{ operator = \"derive\", fields = { text = \"substr(text, 3)\" } },\n\
                 { operator = \"select\", keep = [\"ts\", \"text\"], cast = { text = \"time\" } }";
    room.run(&through(&room, file, IN_NEW_YORK, steps));
    assert_eq!(rows(&room, "text"), "2013-07-01T04:30:00Z");
}

/// The zone or the offset that a text names is heard, or the record is rejected; so is a local time that is not there
/// once.
#[test]
fn what_a_text_says_of_its_zone_is_heard_or_rejected() {
    let room = Sandbox::new();
    let times = [
        ("2013-01-01T00:30:00+05:30", Some("2012-12-31T19:00:00Z")),
        ("2013-01-01 00:30[Europe/Paris]", Some("2012-12-31T23:30:00Z")),
        ("2013-01-01 00:30Z", Some("2013-01-01T00:30:00Z")),
        ("2013-01-01 00:30", Some("2013-01-01T05:30:00Z")),
        ("2013-01-01 00:30 EST", None),
        ("2013-01-01 00:30 Europe/Paris", None),
        ("2013-01-01T00:30+02:00[Europe/Paris]", None),
        ("2013-03-10 02:30:00", None),
        ("2013-11-03 01:30:00", None),
        ("2013-11-03 01:30:00-05:00", Some("2013-11-03T06:30:00Z")),
    ];
    let file: String = times.iter().map(|(text, _)| format!("{text}\n")).collect();
    let account = room.run(&through(
        &room,
        &format!("ts\n{file}"),
        &format!("{IN_NEW_YORK}\nmax_rejects = \"90%\""),
        "",
    ));
    let read: Vec<&str> = times.iter().filter_map(|(_, read)| *read).collect();
    assert_eq!(rows(&room, "ts"), read.join("\n"));
    assert_eq!(account["stages"][0]["rejected"], serde_json::json!({ "type:ts": 5 }));
    let failed = room.start(&through(&room, "ts\n2013-03-10 02:30:00\n", IN_NEW_YORK, ""), &[]).end();
    let words = text(&failed.stderr);
    assert!(
        words
            .contains("time_zone has that time not once: give it an offset, or add types = { ts = \"str\" }"),
        "{words}"
    );
}

#[test]
fn streams_of_two_zones_may_meet_and_nobody_guesses_whose_a_literal_is() {
    let room = Sandbox::new();
    room.write("b.csv", "i,ts\n7,2013-01-01 00:30:00\n");
    let topology = through(&room, NEW_YORK, IN_NEW_YORK, "{ operator = \"filter\", where = \"WHERE\" }");
    let other = "[[stage]]\nname = \"b\"\noperator = \"csv\"\npath = \"b.csv\"\ntypes = { ts = \"time\" }\n\
                 time_zone = \"Europe/Paris\"\n";
    let both = format!("{topology}{other}").replace("from = \"in\"", "from = [\"in\", \"b\"]");
    let output = room.start(&both.replace("WHERE", "ts > '2013-01-01 00:00:00'"), &[]).end();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("times of several zones come in"), "{}", text(&output.stderr));
    let clear = "hour(ts, 'Europe/Paris') < 6 AND ts > '2012-12-31T00:00:00Z'";
    room.run(&both.replace("WHERE", clear));
    assert_eq!(
        rows(&room, "min(i), max(i), count(*)"),
        "2|7|2",
        "half past five in New York is half past eleven in Paris"
    );
}

/// What an expression says of a record does not depend on those beside it.
#[test]
fn texts_that_find_no_room_together_are_made_one_by_one() {
    let room = Sandbox::new();
    let file: String = (0..60).map(|n| format!("{},{n}\n", "a".repeat(100))).collect();
    let grow = format!("length(replace(s, 'a', '{}'))", "b".repeat(30_000));
    let steps = format!(
        "{{ operator = \"derive\", fields = {{ len = \"{grow}\" }} }},\n\
         {{ operator = \"filter\", where = \"replace(s, 'a', '{}') LIKE 'b%'\" }},\n\
         {{ operator = \"select\", keep = [\"n\", \"len\"] }}",
        "b".repeat(30_000)
    );
    for batch in ["", "batch = { records_max = 7 }"] {
        room.run(&through(&room, &format!("s,n\n{file}"), batch, &steps));
        assert_eq!(rows(&room, "count(*), min(len), max(len)"), "60|3000000|3000000", "180 MB of text");
    }
}

#[test]
fn a_score_of_rounding_noise_is_none() {
    let room = Sandbox::new();
    let file: String = (0..400).map(|n| format!("{}\n", if n % 2 == 0 { "0.1" } else { "0.2" })).collect();
    let steps = "{ operator = \"derive\", fields = { y = \"CASE WHEN x < 0.15 THEN x + 0.2 ELSE 0.3 END\" } },\n\
                 { operator = \"standardize\", fields = [\"y\"], prefix = \"z_\" }";
    room.run(&through(&room, &format!("x\n{file}"), "", steps));
    assert_eq!(
        rows(&room, "count(DISTINCT y), max(abs(z_y))"),
        "2|0.0",
        "they differ in their last digit only"
    );
}
