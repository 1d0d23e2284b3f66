//! What a topology is made of beside its file: standard input and variables of the environment.

use super::{keys, room};
use crate::run::{Running, Sandbox, last_line, text, three};
use std::io::Write;
use std::process::{Output, Stdio};

/// Runs a command with a text on standard input.
fn with_stdin(room: &Sandbox, args: &[&str], topology: &[u8]) -> Output {
    let mut child = room.command(args).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A program that has seen enough need not read all.
    let _ = stdin.write_all(topology);
    drop(stdin);
    Running::of(child).end()
}

/// Runs a command with variables.
fn with_variables(room: &Sandbox, args: &[&str], variables: &[(&str, &str)]) -> Output {
    Running::of(room.command(args).envs(variables.iter().copied()).spawn().unwrap()).end()
}

#[test]
fn a_topology_is_read_from_standard_input() {
    let room = room(10, "");
    let account = last_line(&with_stdin(&room, &["run", "-", "--json"], three("", "").as_bytes()));
    assert_eq!((&account["name"], &account["end"]), (&"t".into(), &"drained".into()));
    assert!(room.path("out.db").exists(), "paths are those of the current directory");
    let status = text(&room.sluicebox(&["status", "t"]).stdout);
    assert!(status.starts_with("topology t: drained, from standard input\n"), "{status}");
    assert_eq!(room.audit()["balances"], true);

    let broken = three("", "").replace("where", "wher");
    let told = with_stdin(&room, &["check", "-"], broken.as_bytes());
    assert!(text(&told.stderr).contains("\n  --> standard input:12:1\n"), "{}", text(&told.stderr));
    let told = last_line(&with_stdin(&room, &["check", "-", "--json"], broken.as_bytes()));
    assert_eq!(
        (keys(&told).as_str(), &told["problems"][0]["file"]),
        ("ok problems", &"standard input".into())
    );
    for (topology, what) in [
        (&b""[..], "the file is empty"),
        (&b"\0"[..], "standard input is not a text file"),
        (&vec![b'#'; (1 << 20) + 1][..], "standard input is larger than 1 MiB"),
    ] {
        let output = with_stdin(&room, &["run", "-"], topology);
        assert_eq!(output.status.code(), Some(2), "{what}");
        assert!(text(&output.stderr).contains(what), "{}", text(&output.stderr));
    }
    let bench = with_stdin(&room, &["bench", "-"], b"");
    assert!(text(&bench.stderr).contains("give it a file"), "{}", text(&bench.stderr));
}

#[test]
fn variables_are_filled_in_where_strings_are() {
    let topology = three("", "if_exists = \"${IF:-append}\"")
        .replace("\"t\"", "\"${NAME}-run\"")
        .replace("\"even\"", "\"${EVEN:-even}\"")
        .replace("x % 2 = 0", "x % ${DIVISOR} = 0 OR '$${DIVISOR}' = ''")
        .replace("out.db", "${OUT}/out.db");
    let room = room(10, &topology);
    let variables = [("NAME", "some"), ("DIVISOR", "5"), ("OUT", "${HOME}"), ("IF", "")];
    std::fs::create_dir(room.path("${HOME}")).unwrap();
    let account = last_line(&with_variables(&room, &["run", "t.toml", "--json"], &variables));
    assert_eq!((&account["name"], &account["records"]["stored"]), (&"some-run".into(), &2.into()));
    assert!(room.path("${HOME}/out.db").exists(), "a variable is not looked for in a variable");
    let status = with_variables(&room, &["status", "t.toml", "--json"], &variables);
    assert_eq!(last_line(&status)["name"], "some-run", "its file is enough to find it");

    let set = ["check", "t.toml", "--json", "--set", "store.path=${ELSEWHERE}.db"];
    let described =
        last_line(&with_variables(&room, &set, &[&variables[..], &[("ELSEWHERE", "b")]].concat()));
    assert_eq!(described["stages"][2]["results"], serde_json::json!(["b.db"]));
    let told = last_line(&with_variables(&room, &set, &variables));
    let [one] = told["problems"].as_array().unwrap().as_slice() else { panic!("{told}") };
    assert!(one["message"].as_str().unwrap().contains("ELSEWHERE is not set"), "{one}");
    assert_eq!(one["set"], "store.path=${ELSEWHERE}.db");
}

#[test]
fn a_variable_that_cannot_be_is_told_at_its_place_and_nothing_that_follows() {
    let topology = three("", "").replace("x % 2 = 0", "x % ${DIVISOR} = 0 AND y > ${LEAST}");
    let room = room(10, &topology.replace("out.db", "${OUT}.db"));
    let told = text(&with_variables(&room, &["check", "t.toml"], &[("DIVISOR", "2\n")]).stderr);
    assert_eq!(told.matches("error: ").count(), 3, "{told}");
    let place =
        "where = \"x % ${DIVISOR} = 0 AND y > ${LEAST}\"\n   |                                       ^^^^^\n";
    assert!(told.contains(place), "{told}");
    assert!(told.contains("LEAST is not set: set it, or write ${LEAST:-default}\n"), "{told}");
    assert!(told.contains("DIVISOR holds a line break") && told.contains("OUT is not set"), "{told}");

    let variables = [("DIVISOR", "2222"), ("LEAST", "1"), ("OUT", "x")];
    let told = last_line(&with_variables(&room, &["check", "t.toml", "--json"], &variables));
    let [one] = told["problems"].as_array().unwrap().as_slice() else { panic!("{told}") };
    let line = topology.lines().nth(one["line"].as_u64().unwrap() as usize - 1).unwrap();
    let column = one["column"].as_u64().unwrap() as usize - 1;
    assert!(
        line[column..].starts_with("y > ${LEAST}"),
        "what was filled in moves no place: {line}, {column}"
    );
}
