//! Branches: a stream is parted, and every record of every branch is accounted for, read or not.

use super::{Sandbox, text};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

const ROWS: usize = 20_000;

/// `n` and `x` (n modulo 10) go four ways: x of 0 to 2, of 8 and 9, odd ones of the rest, and the rest.
fn parted(rate: &str) -> String {
    format!(
        r#"
name = "t"
[[stage]]
name = "numbers"
operator = "csv"
path = "n.csv"
{rate}
[[stage]]
name = "parted"
operator = "route"
from = "numbers"
routes = {{ low = "x < 3", high = "x > 7", odd = "x % 2 = 1" }}
[[stage]]
name = "store"
operator = "sqlite"
from = ["parted", "parted/low"]
path = "out.db"
[[stage]]
name = "high"
operator = "sqlite"
from = "parted/high"
path = "high.db"
"#
    )
}

fn stage<'a>(account: &'a Value, name: &str) -> &'a Value {
    account["stages"].as_array().unwrap().iter().find(|stage| stage["name"] == name).unwrap()
}

#[test]
fn every_branch_is_counted_and_one_that_nobody_reads_ends_there() {
    let room = Sandbox::new();
    room.numbers("n.csv", ROWS);
    room.write("t.toml", &parted(""));
    let check = room.sluicebox(&["check", "t.toml"]);
    let warned = text(&check.stderr);
    assert_eq!(check.status.code(), Some(0));
    let what = "stage \"parted\": nobody reads its port \"odd\": what leaves by it ends there";
    assert!(warned.contains(what) && warned.contains("odd = \"x % 2 = 1\""), "{warned}");
    assert_eq!(warned.matches("warning").count(), 1, "{warned}");
    let account = room.run(&parted(""));
    let n = ROWS as i64 / 10;
    let ports = json!({ "low": 3 * n, "high": 2 * n, "odd": 3 * n });
    assert_eq!(stage(&account, "parted")["ports"], ports);
    assert_eq!(stage(&account, "parted")["out"], 2 * n, "the rest goes on");
    let records = &account["records"];
    assert_eq!(
        (&records["in"], &records["stored"], &records["filtered"]),
        (&json!(10 * n), &json!(7 * n), &json!(3 * n))
    );
    assert_eq!(room.query("out.db", "SELECT count(*) FROM parted WHERE x IN (4, 6)"), 2 * n);
    assert_eq!(room.query("out.db", "SELECT count(*) FROM parted_low WHERE x < 3"), 3 * n);
    assert_eq!(room.query("high.db", "SELECT count(*) FROM parted_high WHERE x > 7"), 2 * n);
    assert_eq!(stage(&room.audit(), "parted")["ports"], ports);
    assert_eq!(room.worker("parted").unwrap()["ports"], ports);
    let told = text(&room.sluicebox(&["status", "t.toml"]).stdout);
    assert!(told.contains("high 4,000, low 6,000, odd 6,000 (unread)"), "{told}");
    assert!(
        told.contains("in 20,000 = stored 14,000 + filtered 6,000 + rejected 0 + shed 0 + lost 0"),
        "{told}"
    );
}

#[test]
fn branches_are_accounted_for_when_the_stage_that_parts_is_killed() {
    let room = Sandbox::new();
    room.numbers("n.csv", ROWS);
    let running = room.start(&parted("rate = \"20k/s\""), &[]);
    room.wait_worker("parted", "has records", |worker| worker["in"].as_u64().unwrap() > 2000);
    room.signal("parted", Signal::SIGKILL);
    let account = running.account();
    let audit = room.audit();
    assert_eq!((&audit["wrong"], &account["balances"]), (&json!([]), &json!(true)));
    assert_eq!(room.worker("parted").unwrap()["restarts"], 1, "the kill bites");
    let number = |key: &str| account["records"][key].as_i64().unwrap();
    assert_eq!(number("in"), ROWS as i64);
    assert_eq!(number("in"), number("stored") + number("filtered") + number("lost"));
    let of = stage(&account, "parted");
    let port = |name: &str| of["ports"][name].as_i64().unwrap();
    assert_eq!(port("odd"), number("filtered"));
    let handled = of["out"].as_i64().unwrap() + port("low") + port("high") + port("odd");
    let lost_inside = ROWS as i64 - handled;
    assert!((0..=number("lost")).contains(&lost_inside), "{account}");
    let stored =
        ["SELECT count(*) FROM parted WHERE x IN (4, 6)", "SELECT count(*) FROM parted_low WHERE x < 3"];
    let stored: i64 = stored.iter().map(|sql| room.query("out.db", sql)).sum();
    assert_eq!(
        stored + room.query("high.db", "SELECT count(*) FROM parted_high WHERE x > 7"),
        number("stored")
    );
}

#[test]
fn steps_of_one_stage_may_have_ports_of_one_name() {
    let room = Sandbox::new();
    room.numbers("n.csv", 1000);
    let account = room.run(
        r#"
name = "t"
[[stage]]
name = "numbers"
operator = "csv"
path = "n.csv"
[[stage]]
name = "parted"
from = "numbers"
steps = [
  { operator = "route", routes = { some = "x < 3" } },
  { operator = "kmeans", k = 2, features = ["n"] },
  { operator = "select", drop = ["cluster", "distance"] },
  { operator = "route", routes = { some = "x > 7" }, default = "rest" },
  { operator = "kmeans", k = 3, features = ["n"] },
]
[[stage]]
name = "store"
operator = "sqlite"
from = ["parted/0/some", "parted/some", "parted/rest", "parted/1/report", "parted/report"]
path = "out.db"
"#,
    );
    let ports = json!({ "0/some": 300, "some": 200, "rest": 500, "1/report": 2, "report": 0 });
    assert_eq!(
        stage(&account, "parted")["ports"],
        ports,
        "nothing comes to the last step, so it has no clusters"
    );
    let count = |table: &str| room.query("out.db", &format!("SELECT count(*) FROM \"{table}\""));
    assert_eq!(
        ["parted_0_some", "parted_some", "parted_rest", "parted_1_report"].map(count),
        [300, 200, 500, 2]
    );
    assert_eq!(room.query("out.db", "SELECT count(*) FROM parted_0_some WHERE x < 3"), 300);
    assert_eq!(room.audit()["wrong"], json!([]));
}
