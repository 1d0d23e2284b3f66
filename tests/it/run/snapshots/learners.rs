//! Every learner over stops, `--resume` and kills: the same answers and the same scores.

use super::killed::{ROWS, killed, undisturbed};
use super::{SOURCE, rows, write};
use crate::run::{Sandbox, text};
use nix::sys::signal::Signal;

/// What each learner is told, and what its answers are.
const LEARNERS: [(&str, &str, &str); 9] = [
    ("naive_bayes", "label = \"k\", features = [\"x\"]", "predicted, probability"),
    ("logistic_regression", "label = \"k\", features = [\"x\"]", "predicted, probability"),
    ("hoeffding_tree", "label = \"k\", features = [\"x\"]", "predicted, probability"),
    ("adaptive_hoeffding_tree", "label = \"k\", features = [\"x\"], seed = 3", "predicted, probability"),
    (
        "adaptive_random_forest",
        "label = \"k\", features = [\"x\"], trees = 3, seed = 3",
        "predicted, probability",
    ),
    ("half_space_trees", "features = [\"x\"], seed = 3", "score"),
    ("robust_zscore", "features = [\"x\"], window = 1000", "score"),
    ("adwin", "field = \"x\", range = [0, 10007]", "drift"),
    ("page_hinkley", "field = \"x\", threshold = 9000", "drift"),
];

fn seen(part: &[(&str, &str, &str)]) {
    for (operator, params, answers) in part {
        let step = format!("operator = \"{operator}\", {params}");
        let found = killed(&step, 3);
        assert_eq!(found.forgotten, (ROWS - found.kept.len()) as u64, "{step}");
        let sql = format!("SELECT n, {answers} FROM out WHERE n >= {} ORDER BY n", found.last);
        let (told, due) = (rows(&found.room, &sql), rows(&undisturbed(&step, &found.kept), &sql));
        assert_eq!(told.len(), ROWS - found.last, "{step}");
        assert!(told == due, "{step}: not the state of what it says it has seen");
    }
}

#[test]
fn those_that_count_are_a_run_over_what_they_say_they_have_seen() {
    seen(&LEARNERS[..3]);
}

#[test]
fn those_that_draw_are_a_run_over_what_they_say_they_have_seen() {
    seen(&LEARNERS[3..6]);
}

#[test]
fn those_that_watch_are_a_run_over_what_they_say_they_have_seen() {
    seen(&LEARNERS[6..]);
}

/// What is told at the end is told of the records in the state.
#[test]
fn itemsets_are_those_of_what_they_say_they_have_seen() {
    let step = "operator = \"items_of\", columns = [\"k\", \"x\"], bins = { x = [3000, 6000] } }, \
                { operator = \"frequent_itemsets\", items = \"items\", min_support = \"1%\"";
    let found = killed(step, 5);
    let sql = "SELECT items, count FROM out ORDER BY 1";
    let (told, due) = (rows(&found.room, sql), rows(&undisturbed(step, &found.kept), sql));
    assert!(told.len() > 16 && told == due, "not the state of what it says it has seen: {told:?} {due:?}");
}

/// All learners side by side, each a stage of its own.
fn topology(rate: &str) -> String {
    let stages = LEARNERS.iter().map(|(operator, params, _)| {
        let params = params.replace(", ", "\n").replace("0\n1", "0, 1");
        format!(
            "[[stage]]\nname = \"{operator}\"\nfrom = \"numbers\"\nsnapshot_every = 900\noperator = \"{operator}\"\n\
             {params}\n"
        )
    });
    let from: Vec<String> =
        LEARNERS.iter().map(|(operator, ..)| format!("\"{operator}\", \"{operator}/report\"")).collect();
    format!(
        "name = \"t\"\n[[stage]]\nname = \"numbers\"\nsteps = [{{ {SOURCE}{rate} }}]\n{}\
         [[stage]]\nname = \"out\"\noperator = \"sqlite\"\nfrom = [{}]\npath = \"out.db\"\nif_exists = \"replace\"\n",
        stages.collect::<String>(),
        from.join(", ")
    )
}

#[test]
fn a_run_that_was_stopped_and_resumed_has_the_answers_and_scores_of_one_that_was_not() {
    let (room, sound) = (Sandbox::new(), Sandbox::new());
    [&room, &sound].iter().for_each(|room| write(room, 0..8_000));
    sound.run(&topology(""));
    let slow = topology(", rate = \"4k/s\"");
    let mut more: &[&str] = &[];
    for done in [1_500, 4_500] {
        let running = room.start(&slow, more);
        room.wait_worker("out", "has records", |worker| worker["in"].as_u64().unwrap() > 9 * done);
        running.signal(Signal::SIGINT);
        let output = running.end();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        more = &["--resume"];
    }
    let output = room.start(&slow, more).end();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    for (operator, _, answers) in LEARNERS {
        let sql = format!("SELECT n, {answers} FROM {operator} ORDER BY n");
        assert!(rows(&room, &sql) == rows(&sound, &sql), "{operator}: other answers");
        // The parts have reports of their own; the last one is of all.
        let last = format!("(SELECT max(\"set\") FROM {operator}_report)");
        let columns = "SELECT group_concat('\"' || name || '\"', ', ') FROM pragma_table_info";
        let columns = rows(&room, &format!("{columns}('{operator}_report') WHERE name <> 'set'"));
        let rusqlite::types::Value::Text(columns) = &columns[0][0] else { panic!("{columns:?}") };
        let sql = format!("SELECT {columns} FROM {operator}_report WHERE \"set\" = {last} ORDER BY rowid");
        let (told, due) = (rows(&room, &sql), rows(&sound, &sql));
        assert!(told == due, "{operator}: other scores: {told:?} {due:?}");
    }
}
