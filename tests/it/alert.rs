//! Alerts by the clock of arrival, and in whole topologies.

mod law;

use crate::run::{Sandbox, text};
use serde_json::json;
use sluicebox::data::{Batch, Schema, Type, Value};
use sluicebox::operator::{Account, Cx, Desk, Input, Next, PortId};
use sluicebox::registry;

/// Without an event time it fires when its time has come, though no record does.
#[test]
fn by_the_clock_of_arrival_it_fires_when_its_time_has_come() {
    let schema = Schema::of(&[("host", Type::Str), ("x", Type::I64)]);
    let (_, spec) = registry::find("alert", false).unwrap();
    let params = "where = \"x > 5\"\nfor = \"10s\"\nper = \"host\"\nfields = [\"x\"]".parse().unwrap();
    let planned = (spec.plan)(params, &[Input::new("input", schema.clone())]).unwrap();
    let mut desk = Desk::new(Cx::new("run", "stage", Account::new(3, 0, 1)));
    desk.keep([(PortId(2), Batch::new(&planned.ports[0].schema))]);
    desk.set_ports(vec![vec![PortId(2)]]);
    let mut alert = (planned.make)();
    let second = 1_000_000_000;
    let mut turn = |now: u64, rows: &[(&str, i64)]| {
        let mut batch = Batch::new(&schema);
        for (host, x) in rows {
            batch.id.push(0);
            batch.born_ns.push(now * second);
            batch.columns[0].push(Value::Str(host));
            batch.columns[1].push(Value::I64(*x));
        }
        desk.cx().now_ns = now * second;
        let next = alert.process(&mut batch, desk.cx()).unwrap();
        assert_eq!(batch.len(), rows.len(), "all pass");
        let side = desk.parts().sides[2].as_mut().unwrap();
        let told: Vec<String> = (0..side.len())
            .map(|row| [1, 3, 5].map(|at| format!("{:?}", side.columns[at].value(row))).join(" "))
            .collect();
        side.clear();
        (next, told)
    };
    assert_eq!(turn(1, &[]), (Next::Wait, vec![]));
    assert_eq!(turn(2, &[("a", 9), ("b", 1)]), (Next::At(12 * second), vec![]));
    assert_eq!(turn(5, &[("b", 7), ("a", 8)]), (Next::At(12 * second), vec![]));
    let fires = |host: &str, x: i64| format!("Str(\"firing\") Str(\"{host}\") I64({x})");
    assert_eq!(turn(12, &[]), (Next::At(15 * second), vec![fires("a", 8)]));
    assert_eq!(turn(13, &[("b", 0)]), (Next::Wait, vec![]));
    let over = "Str(\"resolved\") Str(\"a\") I64(1)".to_string();
    assert_eq!(turn(14, &[("a", 1)]), (Next::Wait, vec![over]));
}

#[test]
fn its_port_goes_to_any_sink_and_all_records_pass() {
    let room = Sandbox::new();
    room.numbers("n.csv", 10_000);
    let account = room.run(
        r#"
name = "t"
[[stage]]
name = "numbers"
operator = "csv"
path = "n.csv"
[[stage]]
name = "rules"
operator = "alert"
from = "numbers"
where = "x >= 7"
for = 2
per = "x"
cooldown = 500
message = "{x} at {n}"
fields = ["n"]
keys_max = 100
[[stage]]
name = "all"
operator = "sqlite"
from = "rules"
path = "all.db"
[[stage]]
name = "page"
operator = "jsonl"
from = "rules/alert"
path = "alerts.jsonl"
"#,
    );
    assert_eq!(room.query("all.db", "SELECT count(*) FROM rules"), 10_000);
    let alerts = std::fs::read_to_string(room.path("alerts.jsonl")).unwrap();
    let alerts: Vec<serde_json::Value> =
        alerts.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    // Within a key the condition holds for ever, so each fires once, with its second record.
    let told: Vec<_> = alerts.iter().map(|row| (&row["state"], &row["message"], &row["n"])).collect();
    let expected = [
        json!(["firing", "7 at 17", 17]),
        json!(["firing", "8 at 18", 18]),
        json!(["firing", "9 at 19", 19]),
    ];
    assert_eq!(told.len(), 3, "{alerts:#?}");
    for (told, expected) in told.iter().zip(&expected) {
        assert_eq!((told.0, told.1, told.2), (&expected[0], &expected[1], &expected[2]));
    }
    let rules = account["stages"].as_array().unwrap().iter().find(|stage| stage["name"] == "rules").unwrap();
    assert_eq!((&rules["ports"]["alert"], &rules["out"]), (&json!(3), &json!(10_000)));
    assert_eq!(account["balances"], true);
}

#[test]
fn what_can_not_be_is_told() {
    let room = Sandbox::new();
    room.write("n.csv", "time,x,state\n1,2,a\n");
    let told = |parameters: &str| {
        room.write(
            "t.toml",
            &format!(
                "name = \"t\"\n[[stage]]\nname = \"n\"\noperator = \"csv\"\npath = \"n.csv\"\n[[stage]]\nname = \"a\"\n\
                 from = \"n\"\noperator = \"alert\"\n{parameters}\n[[stage]]\nname = \"s\"\noperator = \"null\"\n\
                 from = [\"a\", \"a/alert\"]\n"
            ),
        );
        let output = room.sluicebox(&["check", "t.toml"]);
        (output.status.code(), text(&output.stderr))
    };
    assert_eq!(told("where = \"x > 1\"").0, Some(0));
    for (parameters, said) in [
        ("where = \"x\"", "a condition is needed (bool), this is i64"),
        ("where = \"x > 1\"\nfor = 0", "\"for\" must be"),
        ("where = \"x > 1\"\nfor = \"0s\"", "that is no time at all"),
        (
            "where = \"x > 1\"\nper = \"state\"",
            "a row has a column \"state\" of its own: rename that of the records",
        ),
        ("where = \"x > 1\"\nfields = [\"time\"]", "a row has a column \"time\" of its own"),
        ("where = \"x > 1\"\nfields = [\"x\", \"x\"]", "a row has a column \"x\" already"),
        ("where = \"x > 1\"\nmessage = \"{y}\"", "there is no column \"y\""),
        ("where = \"x > 1\"\nmessage = \"{x\"", "has no other: write it twice"),
        ("where = \"x > 1\"\nkeys_max = 7", "there is no per"),
    ] {
        let (code, found) = told(parameters);
        assert!(code == Some(2) && found.contains(said), "{parameters}: {said}\n{found}");
    }
}
