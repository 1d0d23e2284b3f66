//! The programs of `examples/`, and what `check-exec` says of programs.

use super::program;
use crate::run::{Sandbox, text};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Stdio};

fn examples() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").display().to_string()
}

/// An example with its paths led to where it lies.
pub fn topology(name: &str) -> String {
    let text = std::fs::read_to_string(format!("{}/{name}.toml", examples())).unwrap();
    text.replace("\"examples/", &format!("\"{}/", examples()))
}

/// Whether Python has a module; that it has not is said aloud.
pub fn has(module: &str) -> bool {
    let import = format!("import {module}");
    let known = Command::new("python3").args(["-c", &import]).stderr(Stdio::null()).status();
    let has = known.is_ok_and(|status| status.success());
    if !has {
        eprintln!("skipped: python3 has no module {module} (pip install {module})");
    }
    has
}

#[test]
fn the_stage_in_shell_marks_each_order() {
    let room = Sandbox::new();
    let account = room.run(&topology("home"));
    assert_eq!((&account["records"]["stored"], &account["records"]["lost"]), (&json!(2000), &json!(0)));
    let rows = std::fs::read_to_string(room.path("out/home.csv")).unwrap();
    assert!(rows.lines().next().unwrap().ends_with(",home"), "{rows}");
    let home = |line: &&str| line.contains(",DE,");
    assert!(rows.lines().filter(home).count() > 10);
    assert!(rows.lines().skip(1).all(|line| line.ends_with(if home(&line) { ",1" } else { ",0" })));
    let tried = room.sluicebox(&["check-exec", "--", &format!("{}/home.sh", examples())]);
    assert_eq!(tried.status.code(), Some(0), "{}{}", text(&tried.stdout), text(&tried.stderr));
}

#[test]
fn the_stage_in_python_scores_each_order_by_a_model_of_river() {
    if !has("river") {
        return;
    }
    let room = Sandbox::new();
    let account = room.run(&topology("odd_orders").replace("rate = \"1k/s\"", "count = 2000"));
    let records = &account["records"];
    assert_eq!(
        (&records["in"], &records["lost"], &account["balances"]),
        (&json!(2000), &json!(0), &json!(true))
    );
    assert_eq!(room.query("out/odd_orders.db", "SELECT count(*) FROM odd WHERE oddness IS NOT NULL"), 2000);
    assert!(room.query("out/odd_orders.db", "SELECT count(DISTINCT oddness) FROM odd") > 10);
}

/// What is sound may take its time on a busy machine.
pub const PATIENT: [&str; 2] = ["--time-max", "60s"];

pub fn tried(script: &str, more: &[&str]) -> (Option<i32>, Vec<(String, Option<String>)>) {
    let room = Sandbox::new();
    room.write("mine.py", script);
    let mut args = vec!["check-exec", "--json"];
    args.extend(more);
    if !more.contains(&PATIENT[0]) {
        args.extend(["--time-max", "2s"]);
    }
    args.extend(["--", "python3", "mine.py"]);
    let output = room.sluicebox(&args);
    let told: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"));
    assert_eq!(told["ok"] == true, output.status.code() == Some(0), "{told}");
    let checks = told["checks"].as_array().unwrap().iter().map(|check| {
        (check["name"].as_str().unwrap().to_string(), check["wrong"].as_str().map(str::to_string))
    });
    (output.status.code(), checks.collect())
}

#[test]
fn a_sound_program_passes_and_each_fault_is_told_with_what_to_do() {
    let sound = program("", "say(id=r[\"id\"], y=1)");
    let (code, checks) = tried(&sound, &[&["--types", "y=i64"][..], &PATIENT].concat());
    assert!(code == Some(0) && checks.len() == 7, "{checks:?}");
    let buffered =
        sound.replace(", flush=True", "").replace("def say", "sys.stdout = open(1, \"w\", 8192)\ndef say");
    for (script, more, said) in [
        (buffered, &[][..], "it answers only when its input has ended: let it write each answer at once"),
        (sound.clone(), &["--types", "y=str"][..], "\"y\" is 1, no str"),
        (program("", "say(id=r[\"id\"]); say(id=r[\"id\"])"), &[][..], "it has answered that already"),
        (program("", "say(y=1)"), &[][..], "its answer has no number as \"id\""),
        (
            program("", "say(id=r[\"id\"], y=r[\"x\"] * 2)"),
            &[][..],
            "exited with code 1 with records unanswered",
        ),
        (
            program("print(\"ready\", flush=True)", "say(id=r[\"id\"])"),
            &[][..],
            "it wrote a line, and was asked nothing",
        ),
        (program("", "say(id=r[\"id\"])") + "sys.exit(3)\n", &[][..], "it exited with code 3"),
        (program("", "say(id=r[\"id\"])") + "time.sleep(1000)\n", &[][..], "did not end within 2s"),
    ] {
        let (code, checks) = tried(&script, more);
        assert_eq!(code, Some(1), "{script}");
        let wrong: Vec<&String> = checks.iter().filter_map(|(_, wrong)| wrong.as_ref()).collect();
        assert!(wrong.iter().any(|wrong| wrong.contains(said)), "{said}\n{wrong:#?}");
    }
    let (code, checks) =
        tried(&program("", "print(json.dumps({\"n\": 1}))"), &[&["--reply", "any"][..], &PATIENT].concat());
    assert!(code == Some(0) && checks.len() == 2, "{checks:?}");
    // What nobody hears may be anything.
    let (code, checks) =
        tried(&program("print(\"ready\")", "print(\"{\")"), &[&["--reply", "none"][..], &PATIENT].concat());
    assert!(code == Some(0) && checks.len() == 2, "{checks:?}");
}

/// What it says is judged line by line, and never gathered.
#[test]
fn a_program_that_never_stops_speaking_is_told() {
    let room = Sandbox::new();
    for (more, command, said) in [
        (&[][..], &["yes"][..], "it wrote a line, and was asked nothing: y"),
        (&["--reply", "any"], &["yes"], "its output did not end within 1s of its input's end"),
        (&["--reply", "none"], &["yes"], "its output did not end within 1s of its input's end"),
        (&["--reply", "any"], &["cat", "/dev/zero"], "it wrote a line longer than 1048576 bytes"),
        (&[], &["yes", ""], "no answer to 1 within 1s"),
    ] {
        let args = [&["check-exec", "--time-max", "1s"], more, &["--"], command].concat();
        let output = room.sluicebox(&args);
        let found = text(&output.stdout);
        assert!(output.status.code() == Some(1) && found.contains(said), "{args:?}: {said}\n{found}");
    }
}

#[test]
fn what_can_not_be_tried_is_told() {
    let room = Sandbox::new();
    room.write("bad.jsonl", "{\"a\":1}\nno json\n");
    room.write("none.jsonl", "\n");
    for (args, said) in [
        (&["--", "surely-no-program"][..], "there is no such program in PATH"),
        (&["--sample", "bad.jsonl", "--", "cat"][..], "line 2 is no JSON object"),
        (&["--sample", "none.jsonl", "--", "cat"][..], "it has none"),
        (&["--types", "x=float", "--", "cat"][..], "is no name and type"),
        (&["--sample", "surely-not-there", "--", "cat"][..], "no such file"),
    ] {
        let output = room.sluicebox(&[&["check-exec"], args].concat());
        let found = text(&output.stderr);
        assert!(output.status.code() == Some(2) && found.contains(said), "{args:?}: {said}\n{found}");
    }
}
