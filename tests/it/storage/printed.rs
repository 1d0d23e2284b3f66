//! Tables for people: what `print` shows on standard output.

use crate::run::{Sandbox, last_line, text};
use serde_json::json;

fn topology(print: &str) -> String {
    let parted = "[[stage]]\nname = \"parted\"\nfrom = \"numbers\"\noperator = \"route\"\n\
                  routes = { low = \"x < 2\" }\n";
    format!(
        "name = \"t\"\n[[stage]]\nname = \"numbers\"\noperator = \"csv\"\npath = \"n.csv\"\n{parted}[[stage]]\n\
         name = \"show\"\nfrom = [\"parted\", \"parted/low\"]\noperator = \"print\"\n{print}\n"
    )
}

#[test]
fn several_streams_are_shown_each_under_its_name() {
    let room = Sandbox::new();
    room.numbers("n.csv", 12);
    room.write("t.toml", &topology(""));
    let output = room.sluicebox(&["run", "t.toml"]);
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    for name in ["parted\n       n", "parted/low\n       n"] {
        assert!(shown.contains(name), "{shown}");
    }
    let rows = shown.lines().filter(|line| line.trim().starts_with(|c: char| c.is_ascii_digit()));
    assert_eq!(rows.count(), 12, "{shown}");
}

#[test]
fn what_is_left_out_is_counted_and_a_reader_that_goes_away_ends_the_run_well() {
    let room = Sandbox::new();
    room.numbers("n.csv", 1000);
    room.write("t.toml", &topology("path = \"seen.txt\"\nlimit = 20\none_in = 3"));
    let output = room.sluicebox(&["run", "t.toml", "--json"]);
    let records = &last_line(&output)["records"];
    assert_eq!((&records["stored"], &records["filtered"]), (&json!(20), &json!(980)), "{records}");
    let seen = std::fs::read_to_string(room.path("seen.txt")).unwrap();
    assert!(!seen.contains('\u{1b}'), "{seen}");
    // `head` takes a few lines and goes.
    room.numbers("n.csv", 200_000);
    room.write("t.toml", &topology(""));
    let output = room.behind("exec > >(head -3 > few.txt)", &["run", "t.toml"]).output().unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("stopped: the account balances"), "{said}");
    assert_eq!(std::fs::read_to_string(room.path("few.txt")).unwrap().lines().count(), 3);
}
