//! One thing has one role: within a topology, and between runs that know nothing of each other.

use crate::run::{Running, Sandbox, text, three, wait_for};
use std::fs;
use std::os::unix::fs::symlink;

/// A source of `n.csv` and two sinks.
fn two(sinks: [(&str, &str); 2]) -> String {
    let sink = |(name, (operator, path)): (&str, &(&str, &str))| {
        let more = if *operator == "null" {
            String::new()
        } else {
            format!("path = \"{path}\"\nif_exists = \"append\"\n")
        };
        format!("[[stage]]\nname = \"{name}\"\noperator = \"{operator}\"\nfrom = \"numbers\"\n{more}")
    };
    let source = "name = \"t\"\n[[stage]]\nname = \"numbers\"\noperator = \"csv\"\npath = \"n.csv\"\n";
    source.to_string() + &["one", "other"].into_iter().zip(&sinks).map(sink).collect::<String>()
}

/// What `check` and `run` say of a topology that both refuse.
fn refused(room: &Sandbox, topology: &str) -> String {
    room.write("t.toml", topology);
    let said = |command: &str| {
        let output = room.sluicebox(&[command, "t.toml"]);
        let words = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{command}: {topology}\n{words}");
        words
    };
    let words = said("check");
    assert_eq!(words, said("run"));
    words
}

#[test]
fn what_is_read_is_not_written_to_by_whatever_name() {
    let room = Sandbox::new();
    room.numbers("n.csv", 100);
    fs::create_dir(room.path("sub")).unwrap();
    symlink("n.csv", room.path("soft")).unwrap();
    symlink("..", room.path("sub/up")).unwrap();
    fs::hard_link(room.path("n.csv"), room.path("hard")).unwrap();
    symlink("t.toml", room.path("topology")).unwrap();
    let before = fs::read(room.path("n.csv")).unwrap();
    let whole = room.path("n.csv").display().to_string();
    for path in ["n.csv", "./n.csv", "sub/../n.csv", "sub/up/n.csv", "soft", "hard", &whole] {
        for operator in ["csv", "jsonl", "sqlite"] {
            let words = refused(&room, &two([(operator, path), ("null", "")]));
            assert!(
                words.contains("stage \"one\": it would write to ")
                    && words.contains("which stage \"numbers\" reads"),
                "{words}"
            );
        }
    }
    for path in ["t.toml", "./t.toml", "topology"] {
        let words = refused(&room, &two([("jsonl", path), ("null", "")]));
        assert!(words.contains("which is the file of this topology"), "{words}");
    }
    let mut from_stdin = room.command(&["run", "-"]);
    from_stdin.stdin(fs::File::open(room.path("t.toml")).unwrap());
    let words = text(&Running::of(from_stdin.spawn().unwrap()).end().stderr);
    assert!(words.contains("which is the file of this topology"), "{words}");
    room.numbers("x.db-wal", 3);
    let words = refused(&room, &two([("sqlite", "x.db"), ("null", "")]).replace("n.csv", "x.db-wal"));
    assert!(words.contains("x.db-wal, which stage \"numbers\" reads"), "{words}");
    let words = refused(&room, &two([("jsonl", "sluicebox/t/plan.json"), ("null", "")]));
    assert!(words.contains("where runs keep their own files"), "{words}");
    assert_eq!(fs::read(room.path("n.csv")).unwrap(), before);
}

#[test]
fn two_sinks_fill_two_things() {
    let room = Sandbox::new();
    room.numbers("n.csv", 10);
    symlink("new", room.path("link")).unwrap();
    fs::create_dir(room.path("sub")).unwrap();
    for [one, other] in [
        [("csv", "new"), ("jsonl", "./new")],
        [("jsonl", "sub/../new"), ("jsonl", "link")],
        [("sqlite", "new"), ("csv", "link")],
        [("sqlite", "new"), ("sqlite", "sub/../link")],
        [("sqlite", "x.db"), ("jsonl", "./x.db-journal")],
        [("jsonl", "/dev/stdout"), ("csv", "-")],
    ] {
        let words = refused(&room, &two([one, other]));
        assert!(words.contains("stage \"other\": stage \"one\" writes to "), "{words}");
    }
    let apart = two([("sqlite", "x.db"), ("sqlite", "./x.db")]) + "table = \"b\"\n";
    room.run(&apart);
    assert_eq!(room.query("x.db", "SELECT (SELECT count(*) FROM numbers) + (SELECT count(*) FROM b)"), 20);
    assert_eq!(
        room.query("x.db", "SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'delete'"),
        1
    );
}

#[test]
fn standard_output_is_one_thing_by_all_its_names() {
    let room = Sandbox::new();
    room.numbers("n.csv", 20_000);
    symlink("/dev/stdout", room.path("link")).unwrap();
    let lines = |path: &str| {
        room.write("t.toml", &two([("jsonl", path), ("null", "")]));
        // Of the shell too: it shares its output with the program.
        let script =
            format!("exec > o.txt; {} run t.toml --set one.path={path}", env!("CARGO_BIN_EXE_sluicebox"));
        let mut shell = room.command(&[]);
        let mut of_shell = std::process::Command::new("sh");
        of_shell.args(["-c", &script]).current_dir(shell.get_current_dir().unwrap());
        of_shell.env("XDG_RUNTIME_DIR", shell.get_current_dir().unwrap());
        of_shell.stderr(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        shell = of_shell;
        let output = Running::of(shell.spawn().unwrap()).end();
        assert_eq!(output.status.code(), Some(0), "{path}: {}", text(&output.stderr));
        let all = fs::read_to_string(room.path("o.txt")).unwrap();
        (all.lines().count(), all.lines().filter(|line| line.starts_with("{\"n\":")).count())
    };
    for path in ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "/proc/$$/fd/1", "link"] {
        assert_eq!(lines(path), (20_000, 20_000), "{path}");
    }
    for (operator, path, told) in [
        ("jsonl", "/dev/stderr", "/dev/stderr is standard error, where the program speaks itself"),
        ("csv", "/proc/self/fd/2", "/proc/self/fd/2 is standard error"),
        ("csv", "/dev/stdin", "/dev/stdin is standard input"),
        ("sqlite", "/dev/stdout", "a database is a file: name one"),
    ] {
        let words = refused(&room, &two([(operator, path), ("null", "")]));
        assert!(words.contains(told), "{words}");
    }
    // What the shell has led there already.
    room.write("t.toml", &two([("jsonl", "o.txt"), ("null", "")]));
    let output = room
        .command(&["run", "t.toml"])
        .stdout(fs::File::create(room.path("o.txt")).unwrap())
        .output()
        .unwrap();
    let words = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{words}");
    assert!(words.contains("o.txt is the file that standard output leads into"), "{words}");
    room.run(&two([("jsonl", "/dev/null"), ("csv", "/dev/null")]));
}

#[test]
fn what_a_run_fills_no_other_run_fills_whatever_its_run_directory() {
    for (operator, file, what) in
        [("sqlite", "out.db", "table \"even\" of "), ("jsonl", "out.jsonl", ""), ("csv", "out.csv", "")]
    {
        let room = Sandbox::new();
        room.numbers("n.csv", 1_000_000);
        fs::write(room.path(file), "").unwrap();
        fs::create_dir(room.path("elsewhere")).unwrap();
        let topology = |name: &str, if_exists: &str| {
            let topology = three("rate = \"1k/s\"", &format!("if_exists = \"{if_exists}\""));
            let topology = topology.replace("name = \"t\"", &format!("name = \"{name}\""));
            topology
                .replace("operator = \"sqlite\"", &format!("operator = \"{operator}\""))
                .replace("out.db", file)
        };
        let first = room.start(&topology("t", "append"), &[]);
        room.wait_worker("store", "to store", |store| store["in"].as_u64() > Some(100));
        let refused = |command: &str, if_exists: &str| {
            room.write("u.toml", &topology("u", if_exists));
            let mut second = room.command(&[command, "u.toml"]);
            second.env("XDG_RUNTIME_DIR", room.path("elsewhere"));
            let output = Running::of(second.spawn().unwrap()).end();
            let words = text(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{words}");
            let expected = format!("{what}./{file} is being filled by run \"t\" (pid {})", first.pid());
            assert!(words.contains(&expected.replace("./", "")), "{words}");
        };
        refused("run", "replace");
        refused("run", "append");
        refused("check", "replace");
        // The same one, by its name: that it runs says more.
        let output = room.sluicebox(&["run", "t.toml"]);
        assert!(
            text(&output.stderr).contains("topology \"t\" is running already"),
            "{}",
            text(&output.stderr)
        );
        first.signal(nix::sys::signal::Signal::SIGINT);
        let account = first.account();
        let stored = account["records"]["stored"].as_u64().unwrap();
        let there = match operator {
            "sqlite" => room.query(file, "SELECT count(*) FROM even") as u64,
            _ => fs::read_to_string(room.path(file)).unwrap().lines().filter(|line| *line != "n,x").count()
                as u64,
        };
        assert_eq!((stored > 0, there), (true, stored), "{operator}");
    }
}

#[test]
fn a_replacing_sink_that_is_killed_goes_on_beside_and_a_failed_run_leaves_what_was() {
    let room = Sandbox::new();
    room.numbers("n.csv", 60_000);
    let fill = "CREATE TABLE even(n INTEGER, x INTEGER); INSERT INTO even VALUES (-1, -1)";
    rusqlite::Connection::open(room.path("out.db")).unwrap().execute_batch(fill).unwrap();
    let first = room.start(&three("rate = \"30k/s\"", "if_exists = \"replace\""), &[]);
    room.wait_worker("store", "to store", |store| {
        store["done"].as_u64().or(store["in"].as_u64()) > Some(5000)
    });
    room.signal("store", nix::sys::signal::Signal::SIGKILL);
    assert_eq!(room.query("out.db", "SELECT max(n) FROM even"), -1, "what was is there until all is");
    let account = first.account();
    let (stored, lost) =
        (account["records"]["stored"].as_i64().unwrap(), account["records"]["lost"].as_i64().unwrap());
    assert_eq!((stored + lost, room.query("out.db", "SELECT count(*) FROM even")), (30_000, stored));
    // Half of the next day's records are none.
    room.write("n.csv", &("n,x\n1,2\n".to_string() + &"oops\n".repeat(50)));
    room.write("t.toml", &three("", "if_exists = \"replace\""));
    let output = room.sluicebox(&["run", "t.toml"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("\"even\" of out.db stays as it was"), "{}", text(&output.stderr));
    assert_eq!(room.query("out.db", "SELECT count(*) FROM even"), stored);
    wait_for("the log to be gone", || (!room.path("out.db-wal").exists()).then_some(()));
}
