//! The newest report of a stage is shown at the end of its run.

use super::{Running, Sandbox, last_line, text};
use serde_json::json;

const CLUSTERS: &str = r#"
name = "clusters"

[[stage]]
name = "numbers"
operator = "csv"
path = "in.csv"

[[stage]]
name = "groups"
from = "numbers"
operator = "kmeans"
k = 2
features = ["n"]
EXTRA

[[stage]]
name = "out"
from = "groups"
operator = "null"
"#;

fn room(extra: &str) -> Sandbox {
    let room = Sandbox::new();
    room.write("in.csv", "n\n1\n3\n101\n103\n1\n");
    room.write("t.toml", &CLUSTERS.replace("EXTRA", extra));
    room
}

#[test]
fn a_report_that_nobody_reads_is_shown_at_the_end_as_a_table_and_in_json() {
    let room = room("summary = true\nevery = 2");
    let run = Running::of(room.command(&["run", "t.toml"]).spawn().unwrap()).end();
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    let said = text(&run.stdout);
    assert!(said.contains("\ngroups:\n cluster      size "), "{said}");
    assert!(!said.contains("unread"), "it is shown: {said}");
    let run = Running::of(room.command(&["run", "t.toml", "--json"]).spawn().unwrap()).end();
    let rows = &last_line(&run)["summaries"]["groups"];
    let sizes: Vec<_> = rows.as_array().unwrap().iter().map(|row| row["size"].clone()).collect();
    assert_eq!(sizes.iter().map(|size| size.as_i64().unwrap()).sum::<i64>(), 5, "it is the newest: {rows}");
    assert_eq!(rows[0]["cluster"], json!(0));
    let audit = room.sluicebox(&["audit", "clusters"]);
    assert_eq!(audit.status.code(), Some(0), "{}", text(&audit.stderr));
}

/// A report with many columns SHALL be shown in those that tell something, and say of which key each row is.
#[test]
fn of_a_wide_report_keys_and_scores_are_shown() {
    let room = Sandbox::new();
    room.write("in.csv", "site,n,good\na,1,1\nb,2,0\na,3,1\nb,4,0\na,1,1\n");
    let learner = CLUSTERS.replace(
        "operator = \"kmeans\"\nk = 2\nfeatures = [\"n\"]\nEXTRA",
        "summary = true\nsteps = [\n\
        { operator = \"items_of\", columns = [\"site\"] },\n\
        { operator = \"naive_bayes\", label = \"good\", features = [\"n\"], per = \"site\" }]",
    );
    room.write("t.toml", &learner);
    let run = Running::of(room.command(&["run", "t.toml"]).spawn().unwrap()).end();
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    let said = text(&run.stdout);
    let table = said.split_once("\ngroups:\n").unwrap().1;
    assert!(table.starts_with("site "), "{said}");
    let mut rows: Vec<&str> = table.lines().skip(2).map(|line| &line[..1]).collect();
    rows.sort_unstable();
    assert_eq!(rows, ["a", "b"], "{said}");
    assert!(table.contains("no_change_accuracy") && !table.contains("fading"), "{said}");
}

#[test]
fn who_makes_no_report_has_none_to_show() {
    let room = room("");
    let spoilt =
        CLUSTERS.replace("path = \"in.csv\"", "path = \"in.csv\"\nsummary = true").replace("EXTRA", "");
    room.write("t.toml", &spoilt);
    let check = room.sluicebox(&["check", "t.toml"]);
    assert_eq!(check.status.code(), Some(2));
    let said = text(&check.stderr) + &text(&check.stdout);
    assert!(
        said.contains("stage \"numbers\": none of its steps makes a report that could be shown"),
        "{said}"
    );
}
