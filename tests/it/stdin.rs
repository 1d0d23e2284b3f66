//! What is read as it comes, and once: standard input, FIFOs, descriptors of the shell.

use crate::csv::gzip;
use crate::run::{Running, Sandbox, last_line, text};
use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::process::{Child, Output, Stdio};

const TYPES: &str = "types = { n = \"i64\", t = \"str\" }\n";

/// A source of this operator with this path, and its rows in a database.
fn topology(operator: &str, path: &str, more: &str) -> String {
    format!(
        "name = \"t\"\n[[stage]]\nname = \"in\"\noperator = \"{operator}\"\npath = \"{path}\"\n{more}\n\
         [[stage]]\nname = \"out\"\nfrom = \"in\"\noperator = \"sqlite\"\npath = \"out.db\"\nif_exists = \"replace\"\n"
    )
}

fn lines(from: usize, to: usize) -> String {
    (from..to).map(|n| format!("{n},word {n}\n")).collect()
}

/// Starts a run into whose standard input the test writes.
fn start(room: &Sandbox, topology: &str) -> Child {
    room.write("t.toml", topology);
    room.command(&["run", "t.toml", "--json"]).stdin(Stdio::piped()).spawn().unwrap()
}

/// Writes all of it, and closes it.
fn feed(room: &Sandbox, topology: &str, bytes: &[u8]) -> Output {
    let mut child = start(room, topology);
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    Running::of(child).end()
}

#[test]
fn standard_input_is_read_to_its_end_whatever_it_is() {
    let room = Sandbox::new();
    let csv = format!("n,t\n{}", lines(0, 50_000));
    let json: String = (0..50_000).map(|n| format!("{{\"n\":{n},\"t\":\"word {n}\"}}\n")).collect();
    let of = |operator: &str, path: &str| topology(operator, path, TYPES);
    for (topology, bytes) in [
        (of("csv", "-"), csv.clone().into_bytes()),
        (of("csv", "/dev/stdin"), gzip(csv.as_bytes())),
        (of("csv", "-"), zstd::encode_all(csv.as_bytes(), 1).unwrap()),
        (of("jsonl", "-").replace("\"-\"", "[\"-\"]"), json.clone().into_bytes()),
        (of("jsonl", "/proc/self/fd/0"), gzip(json.as_bytes())),
    ] {
        let output = feed(&room, &topology, &bytes);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let account = last_line(&output);
        assert_eq!((&account["end"], &account["records"]["stored"]), (&"drained".into(), &50_000.into()));
        let right = room.query("out.db", "SELECT count(DISTINCT n) FROM \"in\" WHERE t = 'word ' || n");
        assert_eq!(right, 50_000);
    }
    fs::write(room.path("in.csv"), csv).unwrap();
    room.write("t.toml", &of("csv", "-"));
    let file = File::open(room.path("in.csv")).unwrap();
    let output = Running::of(room.command(&["run", "t.toml", "--json"]).stdin(file).spawn().unwrap()).end();
    assert_eq!(
        last_line(&output)["records"]["stored"],
        50_000,
        "a file is one too: {}",
        text(&output.stderr)
    );
}

#[test]
fn a_line_arrives_when_it_is_written_and_a_stop_ends_it_while_nothing_comes() {
    let room = Sandbox::new();
    let mut child = start(&room, &topology("csv", "-", TYPES));
    let mut to = child.stdin.take().unwrap();
    room.wait_worker("in", "runs", |worker| worker["state"] == "running");
    to.write_all(b"n,").unwrap();
    to.write_all(b"t\n1,a\n2,").unwrap();
    room.wait_worker("in", "reads one", |worker| worker["in"] == 1);
    to.write_all(b"b\n").unwrap();
    room.wait_worker("in", "reads two", |worker| worker["in"] == 2);
    let running = Running::of(child);
    running.signal(Signal::SIGINT);
    let output = running.end();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let account = last_line(&output);
    assert_eq!((&account["records"]["in"], &account["records"]["stored"]), (&2.into(), &2.into()));
    drop(to);
}

/// What was read of a stream SHALL be given at a stop though it is not due yet: nobody can read it again.
#[test]
fn a_stop_gives_what_was_read_and_is_not_due() {
    let room = Sandbox::new();
    let said = format!("n,t\n{}9999,hal", lines(0, 2_000));
    for bytes in [said.clone().into_bytes(), gzip(said.as_bytes())] {
        let more = format!("{TYPES}rate = \"1/s\"\nrejects = \"bad.csv\"");
        let mut child = start(&room, &topology("csv", "-", &more));
        // The pipe holds all of it, so the first read takes all.
        let mut to = child.stdin.take().unwrap();
        to.write_all(&bytes).unwrap();
        room.wait_worker("in", "reads", |worker| worker["in"].as_u64() >= Some(1));
        let running = Running::of(child);
        running.signal(Signal::SIGINT);
        let output = running.end();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let records = &last_line(&output)["records"];
        let n = |key: &str| records[key].as_u64().unwrap();
        assert_eq!((n("in"), n("stored"), n("rejected"), n("lost")), (2001, 2000, 1, 0), "{records}");
        let rejected = fs::read_to_string(room.path("bad.csv")).unwrap();
        assert!(
            rejected.ends_with("\ncut,2001,standard input,\"9999,hal\"\n"),
            "half a line is none: {rejected}"
        );
        assert_eq!(room.query("out.db", "SELECT count(DISTINCT n) FROM \"in\" WHERE t = 'word ' || n"), 2000);
    }
}

#[test]
fn a_killed_reader_of_standard_input_ends_the_run_and_nothing_is_made_up() {
    let room = Sandbox::new();
    let mut child = start(&room, &topology("csv", "-", TYPES));
    let mut to = child.stdin.take().unwrap();
    to.write_all(format!("n,t\n{}", lines(0, 1000)).as_bytes()).unwrap();
    room.wait_worker("in", "reads all", |worker| worker["in"] == 1000);
    room.signal("in", Signal::SIGKILL);
    let output = Running::of(child).end();
    let words = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert!(words.contains("was ended by signal 9"), "the kill bites: {words}");
    assert!(
        words.contains("standard input can't be read again, and an earlier process had read of it"),
        "{words}"
    );
    let account = last_line(&output);
    let (stored, lost) = (&account["records"]["stored"], &account["records"]["lost"]);
    assert_eq!(account["records"]["in"], 1000, "{account}");
    assert_eq!(stored.as_i64().unwrap() + lost.as_i64().unwrap(), 1000, "{account}");
    drop(to);
}

#[test]
fn what_cannot_be_is_told_before_anything_starts() {
    let room = Sandbox::new();
    let told = |topology: &str| {
        let output = feed(&room, topology, b"");
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
        text(&output.stderr)
    };
    assert!(told(&topology("csv", "-", "")).contains("types says what its columns are, in their order"));
    assert!(told(&topology("jsonl", "-", "")).contains("so types says what is read, in its order"));
    let names = topology("csv", "-", "names = [\"n\", \"x\"]\ntypes = { n = \"i64\" }");
    assert!(told(&names).contains("([\"x\"] have none)"));
    assert!(
        told(&topology("csv", "-", &format!("{TYPES}follow = true"))).contains("standard input ends when")
    );
    assert!(told(&topology("csv", "-", &format!("{TYPES}skip = 1"))).contains("`tail -n +2` does that"));
    room.write("t.toml", &topology("csv", "-", TYPES));
    let words = text(&room.sluicebox(&["bench", "t.toml"]).stderr);
    assert!(words.contains("what stage \"in\" reads on standard input comes once"), "{words}");
    let second = "[[stage]]\nname = \"b\"\noperator = \"jsonl\"\npath = \"/dev/stdin\"\ntypes = { n = \"i64\" }\n\
                  [[stage]]\nname = \"end\"\nfrom = \"b\"\noperator = \"null\"\n";
    let two = topology("csv", "-", TYPES) + second;
    assert!(told(&two).contains("stage \"b\": stage \"in\" reads standard input already"));
    let mut own = room.command(&["run", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    own.stdin.take().unwrap().write_all(topology("csv", "-", TYPES).as_bytes()).unwrap();
    let words = text(&Running::of(own).end().stderr);
    assert!(words.contains("the topology itself is read from standard input"), "{words}");
}

#[test]
fn what_comes_wrong_is_told_when_it_comes() {
    let room = Sandbox::new();
    for (bytes, what) in [
        (&b"t,n\nx,1\n"[..], "the first line of standard input does not name the columns in the order of"),
        (b"", "standard input has no header line: it is empty"),
        (b"PK\x03\x04\x14\0\x06\0", "standard input: it is a zip archive"),
        (&gzip(b"n,t\n1,a\n")[..15], "(its gzip data end too early: copy the file again)"),
    ] {
        let output = feed(&room, &topology("csv", "-", TYPES), bytes);
        assert_eq!(output.status.code(), Some(1), "{what}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains(what), "{what}: {}", text(&output.stderr));
    }
    room.write("t.toml", &topology("csv", "-", TYPES));
    let closed = Running::of(room.behind("exec <&-", &["run", "t.toml"]).spawn().unwrap()).end();
    let words = text(&closed.stderr);
    assert!(
        closed.status.code() == Some(1) && words.contains("cannot read standard input: it is closed"),
        "{words}"
    );
    let output = feed(&room, &topology("jsonl", "-", TYPES), b"");
    assert_eq!(output.status.code(), Some(0), "no line is no record: {}", text(&output.stderr));
}

#[test]
fn a_fifo_ends_with_its_writer_and_with_follow_it_does_not() {
    let room = Sandbox::new();
    nix::unistd::mkfifo(&room.path("fifo"), Mode::S_IRWXU).unwrap();
    let open = || File::options().write(true).open(room.path("fifo")).unwrap();
    let running = room.start(&topology("csv", "fifo", TYPES), &[]);
    room.wait_worker("in", "waits for a writer", |worker| worker["state"] == "running");
    let mut to = open();
    to.write_all(format!("n,t\n{}", lines(0, 2_000)).as_bytes()).unwrap();
    drop(to);
    assert_eq!(running.account()["records"]["stored"], 2_000);

    let running = room.start(
        &topology("csv", "fifo", &format!("{TYPES}follow = true\nheader = false\nnames = [\"n\", \"t\"]")),
        &[],
    );
    room.wait_worker("in", "waits for a writer", |worker| worker["state"] == "running");
    for n in 0..3 {
        let mut to = open();
        to.write_all(lines(n, n + 1).as_bytes()).unwrap();
        drop(to);
        room.wait_worker("in", "reads it", |worker| worker["in"] == n + 1);
    }
    running.signal(Signal::SIGTERM);
    assert_eq!(running.account()["records"]["stored"], 3);
}

#[test]
fn what_a_shell_puts_together_is_read() {
    let room = Sandbox::new();
    fs::write(room.path("a.csv"), format!("n,t\n{}", lines(0, 5_000))).unwrap();
    room.write("t.toml", &topology("csv", "a.csv", TYPES));
    let program = env!("CARGO_BIN_EXE_sluicebox");
    for script in [
        format!("{program} run t.toml --json --set in.path=<(cat a.csv)"),
        format!("cat a.csv | {program} run t.toml --json --set in.path=-"),
        format!("exec 7<a.csv; {program} run t.toml --json --set in.path=/dev/fd/7"),
    ] {
        let mut shell = room.behind("", &[]);
        let folder = shell.get_current_dir().unwrap().to_path_buf();
        shell = std::process::Command::new("bash");
        shell.args(["-c", &script]).current_dir(&folder).env("XDG_RUNTIME_DIR", &folder);
        shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = Running::of(shell.spawn().unwrap()).end();
        assert_eq!(output.status.code(), Some(0), "{script}: {}", text(&output.stderr));
        assert_eq!(last_line(&output)["records"]["stored"], 5_000, "{script}");
    }
    nix::unistd::mkfifo(&room.path("fifo"), Mode::S_IRWXU).unwrap();
    let two = topology("csv", "fifo", TYPES)
        + "[[stage]]\nname = \"b\"\noperator = \"csv\"\npath = \"./fifo\"\ntypes = { n = \"i64\" }\n[[stage]]\nname = \
           \"end\"\nfrom = \"b\"\noperator = \"null\"\n";
    let words = text(&room.start(&two, &[]).end().stderr);
    assert!(words.contains("stage \"in\" reads") && words.contains("comes to one reader only"), "{words}");
}

#[test]
fn what_is_typed_on_a_terminal_is_read_until_ctrl_d() {
    let room = Sandbox::new();
    room.write("t.toml", &topology("csv", "-", TYPES));
    let run = format!("{} run t.toml", env!("CARGO_BIN_EXE_sluicebox"));
    let mut script = std::process::Command::new("script");
    script
        .args(["-qec", &run, "/dev/null"])
        .current_dir(room.path("."))
        .env("XDG_RUNTIME_DIR", room.path("."));
    let mut script = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("script is there");
    let (mut keys, mut from) = (script.stdin.take().unwrap(), script.stdout.take().unwrap());
    let (mut seen, mut piece, mut typed) = (String::new(), [0; 4096], false);
    loop {
        let n = from.read(&mut piece).unwrap();
        seen += &text(&piece[..n]);
        if n == 0 {
            break;
        }
        if !typed && seen.contains("end them with Ctrl-D") {
            typed = true;
            keys.write_all(b"n,t\n1,a\n2,b\n\x04").unwrap();
        }
    }
    script.wait().unwrap();
    assert!(seen.contains("drained: the account balances"), "{seen}");
    assert_eq!(room.query("out.db", "SELECT sum(n) FROM \"in\""), 3);
}
