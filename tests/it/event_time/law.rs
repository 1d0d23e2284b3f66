//! The law of event time: the rows of windows are what one query over the files says, whatever happens on the way.

use super::world::{Orders, World};

/// Engine, workers of the windows, of a stage before them, and the most records a frame of each stage has.
const WAYS: [(&str, usize, usize, [usize; 2]); 5] = [
    ("direct", 1, 1, [1000, 1000]),
    ("direct", 4, 2, [3, 1000]),
    ("libzmq", 2, 3, [7, 3]),
    ("direct", 3, 1, [1, 1]),
    ("libzmq", 1, 1, [3, 3]),
];

/// Two disordered files, one of them by way of a stage whose workers mix it.
fn topology((engine, windows, workers, [read, cut]): (&str, usize, usize, [usize; 2])) -> String {
    let source = |name: &str| {
        format!(
            r#"
[[stage]]
name = "{name}"
operator = "csv"
path = "{name}.csv"
types = {{ n = "i64", k = "str", ts = "time", x = "f64" }}
time = "ts"
batch = {{ records_max = {read} }}
"#
        )
    };
    format!(
        r#"
name = "t"
engine = "{engine}"
{}{}
[[stage]]
name = "mixed"
operator = "filter"
from = "a"
where = "n >= 0"
workers = {workers}
batch = {{ records_max = {cut} }}

[[stage]]
name = "hourly"
from = ["mixed", "b"]
operator = "window"
size = "1h"
offset = "25min"
max_rejects = "100%"
allowed_lateness = "10min"
per = "k"
by = "k"
workers = {windows}
batch = {{ records_max = {cut} }}

[stage.fields]
orders = "count()"
xs = "count(x)"
total = "sum(x)"
mean = "mean(x)"
least = "min(x)"
most = "max(n)"
first = "min(ts)"

[[stage]]
name = "store"
from = ["hourly", "hourly/late", "hourly/report"]
operator = "sqlite"
path = "out.db"
"#,
        source("a"),
        source("b"),
    )
}

#[test]
fn windows_are_what_one_query_says() {
    let world = World::new();
    world.write("a", &Orders { rows: 3000, begin: -72_000, step: 40, jitter: 9_000, seed: 1 }.make());
    world.write("b", &Orders { rows: 2000, begin: -20_000, step: 55, jitter: 5_000, seed: 2 }.make());
    let due = world.due(3600, 25 * 60, 600);
    let late = world.late(3600, 25 * 60, 600);
    assert!(due.len() > 150 && late.len() > 200, "{} windows, {} late", due.len(), late.len());
    for way in WAYS {
        let account = world.room.run(&topology(way));
        assert_eq!(account["balances"], true, "{way:?}: {account}");
        assert_eq!(account["records"]["lost"], 0);
        let windows = account["stages"].as_array().unwrap().iter().find(|of| of["name"] == "hourly").unwrap();
        assert_eq!(windows["ports"]["late"], late.len(), "{way:?}");
        assert_eq!(windows["rejected"]["no_time"], world.nulls(), "{way:?}");
        world.compare(&due, &world.stored("hourly"), &format!("{way:?}"));
        assert_eq!(world.stored_late("hourly_late"), late, "{way:?}");
        assert_eq!(world.room.query("out.db", "SELECT sum(closed) FROM hourly_report"), 0, "{way:?}");
        std::fs::remove_file(world.room.path("out.db")).unwrap();
    }
}

/// Windows of windows: minutes that are counted into hours are the hours, since nothing is late for either.
#[test]
fn minutes_into_hours_are_the_hours() {
    let world = World::new();
    world.write("a", &Orders { rows: 4000, begin: -9_000, step: 7, jitter: 500, seed: 3 }.make());
    let window = |name: &str, from: &str, size: &str, more: &str| {
        format!(
            "[[stage]]\nname = \"{name}\"\nfrom = \"{from}\"\noperator = \"window\"\nsize = \"{size}\"\nper = \"k\"\n\
             max_rejects = \"100%\"\nbatch = {{ records_max = 3 }}\n{more}\n"
        )
    };
    let fields = r#"fields = { orders = "count()", total = "sum(x)", least = "min(x)", first = "min(ts)" }"#;
    let again = [("orders", "sum"), ("total", "sum"), ("least", "min"), ("first", "min")];
    let again = again.map(|(name, function)| format!("{name} = \"{function}({name})\"")).join(", ");
    let again = format!("fields = {{ {again} }}");
    let topology = format!(
        "name = \"t\"\n[[stage]]\nname = \"a\"\noperator = \"csv\"\npath = \"a.csv\"\n\
         types = {{ n = \"i64\", k = \"str\", ts = \"time\", x = \"f64\" }}\ntime = \"ts\"\n{}{}{}\
         [[stage]]\nname = \"store\"\noperator = \"sqlite\"\nfrom = [\"hours\", \"direct\", \"hours/late\", \
         \"minutes/late\"]\npath = \"out.db\"\n",
        window(
            "minutes",
            "a",
            "1min",
            &format!("allowed_lateness = \"10min\"\nby = \"k\"\nworkers = 3\n{fields}")
        ),
        window("hours", "minutes", "1h", &again),
        window("direct", "a", "1h", &format!("allowed_lateness = \"10min\"\n{fields}")),
    );
    let account = world.room.run(&topology);
    assert_eq!(account["records"]["lost"], 0);
    assert_eq!(world.room.query("out.db", "SELECT count(*) FROM hours_late"), 0);
    assert_eq!(world.room.query("out.db", "SELECT count(*) FROM minutes_late"), 0);
    assert!(world.room.query("out.db", "SELECT count(*) FROM direct") > 30);
    let columns = "window_start, window_end, k, orders, least, first";
    for (one, other) in [("hours", "direct"), ("direct", "hours")] {
        let sql = format!(
            "SELECT count(*) FROM (SELECT {columns} FROM {one} EXCEPT SELECT {columns} FROM {other})"
        );
        assert_eq!(world.room.query("out.db", &sql), 0, "every row of {one} is in {other}");
    }
    let sql = "SELECT count(*) FROM hours h JOIN direct d ON h.window_start = d.window_start AND h.k IS d.k \
               WHERE abs(h.total - d.total) > 1e-9 * max(1.0, abs(d.total))";
    assert_eq!(world.room.query("out.db", sql), 0);
}
