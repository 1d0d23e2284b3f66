//! Ledgers, plans and accounts that are cut, changed, another's, or do not fit each other: told, and nothing worse.

use super::{Running, Sandbox, text, three, wait_for};
use nix::sys::signal::Signal;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Output;

const LOOKS: [&[&str]; 3] = [&["status", "t"], &["audit", "t"], &["audit", "t", "--json"]];

fn room(rate: &str) -> Sandbox {
    let room = Sandbox::new();
    room.numbers("n.csv", 20_000);
    room.write("t.toml", &three(rate, "if_exists = \"replace\""));
    room
}

/// A run that is over.
fn over() -> Sandbox {
    let room = room("");
    room.run(&three("", "if_exists = \"replace\""));
    room
}

fn of_run(room: &Sandbox, name: &str) -> PathBuf {
    room.path("sluicebox/t").join(name)
}

/// It failed with one sentence of its own.
fn sentence(output: &Output, what: &str) -> String {
    let said = text(&output.stderr);
    let code = output.status.code();
    assert!(matches!(code, Some(1 | 2 | 5)), "{what}: {code:?}: {said}");
    assert_eq!(said.lines().count(), 1, "{what}: {said}");
    said
}

/// Whatever happened to a file of a run that is over, who looks is told, and a new run begins.
#[test]
fn a_damaged_file_of_a_run_is_told_and_the_next_run_replaces_it() {
    let room = over();
    let other = over();
    let halves = |bytes: &[u8]| bytes[..bytes.len() / 2].to_vec();
    let change = |at: usize| {
        move |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            let at = at % bytes.len();
            bytes[at] ^= 4;
            bytes
        }
    };
    type Harm<'a> = (&'a str, Box<dyn Fn(&[u8]) -> Vec<u8>>);
    for file in ["0.0.ledger", "1.0.ledger", "2.0.ledger", "plan.json"] {
        let path = of_run(&room, file);
        let sound = fs::read(&path).unwrap();
        let (another, neighbour) =
            (fs::read(of_run(&other, file)).unwrap(), fs::read(of_run(&room, "1.0.ledger")).unwrap());
        let harms: Vec<Harm<'_>> = vec![
            ("cut", Box::new(halves)),
            ("empty", Box::new(|_| Vec::new())),
            ("a byte more", Box::new(|bytes| [bytes, b" "].concat())),
            ("a first byte", Box::new(change(0))),
            ("a byte", Box::new(change(100))),
            ("a byte of the account", Box::new(change(1500))),
            ("a last byte", Box::new(change(sound.len() - 1))),
            ("text", Box::new(|_| b"n,x\n1,2\n".repeat(1000))),
            ("of another run", Box::new(move |_| another.clone())),
            ("of a neighbour", Box::new(move |_| neighbour.clone())),
        ];
        for (name, harm) in harms {
            let harmed = harm(&sound);
            if harmed == sound || file == "plan.json" && name == "of another run" {
                // A plan is the same in each run but for its name, and its ledgers are told then.
                continue;
            }
            fs::write(&path, harmed).unwrap();
            for args in LOOKS.into_iter().chain([&["run", "t.toml", "--resume"][..]]) {
                let said = sentence(&room.sluicebox(args), &format!("{file}, {name}, {args:?}"));
                assert!(said.contains(file) || said.contains("ledger of "), "{file}, {name}: {said}");
            }
            sentence(&room.sluicebox(&["stop", "t"]), &format!("{file}, {name}"));
            fs::write(&path, &sound).unwrap();
        }
        room.audit();
        fs::write(&path, "x").unwrap();
        assert_eq!(room.sluicebox(&["run", "t.toml"]).status.code(), Some(0), "{file} is replaced");
    }
}

/// The end and the account that a launcher has left are told when they are damaged.
#[test]
fn a_damaged_end_or_account_is_told() {
    let room = over();
    let end = of_run(&room, "end.json");
    let sound = fs::read(&end).unwrap();
    for harmed in [&sound[..sound.len() / 2], b"", b"[]", br#"{"word":"drained","exit":99,"sentence":""}"#] {
        fs::write(&end, harmed).unwrap();
        for args in LOOKS {
            let said = sentence(&room.sluicebox(args), "end.json");
            assert!(said.contains("end.json does not say how a run ended"), "{said}");
        }
    }
    fs::write(&end, &sound).unwrap();
    let account = of_run(&room, "account.json");
    let sound = fs::read_to_string(&account).unwrap();
    for harmed in [&sound[..sound.len() / 2], "", &sound.replace("\"lost\":0", "\"lost\":1")] {
        fs::write(&account, harmed).unwrap();
        let said = sentence(&room.sluicebox(&["audit", "t"]), "account.json");
        assert!(said.contains("account.json, which the launcher has left"), "{said}");
    }
    // It may never have found room.
    fs::remove_file(&account).unwrap();
    room.audit();
}

/// Plans and ledgers of another topology SHALL NOT be taken for those of this one.
#[test]
fn the_run_of_another_topology_is_told() {
    let room = over();
    fs::rename(room.path("sluicebox/t"), room.path("sluicebox/u")).unwrap();
    for args in [["status", "u"], ["audit", "u"], ["stop", "u"], ["logs", "u"]] {
        let said = sentence(&room.sluicebox(&args), args[0]);
        assert!(said.contains("is one of topology \"t\""), "{said}");
    }
}

/// A ledger that is cut while processes work with it ends them with a sentence, and the run with them.
#[test]
fn a_ledger_that_is_cut_under_a_run_ends_it_with_a_sentence() {
    for stage in 0..3 {
        let room = room("");
        let running = room.start(&three("rate = \"5k/s\"", ""), &[]);
        room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 100);
        let ledger = of_run(&room, &format!("{stage}.0.ledger"));
        File::options().write(true).open(&ledger).unwrap().set_len(0).unwrap();
        let output = running.end();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("was made shorter by another"), "{said}");
        let gone = || {
            let output = room.sluicebox(&["status", "t"]);
            (output.status.code() == Some(1)).then(|| sentence(&output, "status"))
        };
        let said = wait_for("status to tell of it", gone);
        assert!(said.contains(&format!("{stage}.0.ledger: it is no ledger")), "{said}");
    }
}

/// A stage SHALL NOT work beside a neighbour whose ledger is another's, nor clear away what others work with.
#[test]
fn a_stage_by_hand_is_told_of_ledgers_that_do_not_fit() {
    let room = room("");
    let store = Running::of(room.command(&["stage", "t.toml", "--name", "store"]).spawn().unwrap());
    room.wait_worker("store", "runs", |worker| worker["state"] == "running");
    let ledger = of_run(&room, "1.0.ledger");
    let sound = fs::read(&ledger).unwrap();
    fs::copy(of_run(&room, "0.0.ledger"), &ledger).unwrap();
    let said = sentence(&room.sluicebox(&["stage", "t.toml", "--name", "numbers"]), "stage");
    assert!(said.contains("is running, and nobody can join it: ") && said.contains("1.0.ledger"), "{said}");
    fs::write(of_run(&room, "plan.json"), "{}").unwrap();
    let said = sentence(&room.sluicebox(&["stage", "t.toml", "--name", "numbers"]), "stage");
    assert!(said.contains("is running, and nobody can join it: ") && said.contains("plan.json"), "{said}");
    let said = sentence(&room.sluicebox(&["run", "t.toml"]), "run");
    assert!(said.contains("is running already: stage \"2.0\" was started by hand"), "{said}");
    assert_eq!(fs::read(of_run(&room, "plan.json")).unwrap(), b"{}", "nothing was touched");
    drop(sound);
    store.signal(Signal::SIGTERM);
    drop(store);
}

/// Who runs SHALL be stopped, whatever became of the plan and the ledgers beside it.
#[test]
fn a_run_whose_files_are_damaged_can_be_stopped() {
    for (file, by_hand) in
        [("plan.json", false), ("1.0.ledger", false), ("plan.json", true), ("1.0.ledger", true)]
    {
        let room = room("");
        room.write("t.toml", &three("rate = \"5k/s\"", "if_exists = \"replace\""));
        let stages: &[&str] = if by_hand { &["numbers", "even", "store"] } else { &[] };
        let start = |args: &[&str]| Running::of(room.command(args).spawn().unwrap());
        let mut running: Vec<Running> =
            stages.iter().map(|name| start(&["stage", "t.toml", "--name", name])).collect();
        if !by_hand {
            running.push(start(&["run", "t.toml"]));
        }
        room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 100);
        // Another file takes its place, so nobody's memory is cut.
        room.write("other", "{}");
        fs::rename(room.path("other"), of_run(&room, file)).unwrap();
        let stop = room.sluicebox(&["stop", "t"]);
        let said = text(&stop.stderr);
        let lost_sight = by_hand && file == "1.0.ledger";
        assert_eq!(stop.status.code(), Some(1), "{file}: {said}");
        assert!(said.contains(file) || lost_sight, "{file}: {said}");
        if lost_sight {
            // The lock went with the file: its process ends since those at its links do.
            continue;
        }
        for running in running {
            assert_eq!(running.end().status.code(), Some(0), "{file}: {said}");
        }
    }
}

/// A snapshot at rest is told by `audit` when a byte of it has changed.
#[test]
fn a_changed_snapshot_is_told() {
    let room = room("");
    let steps = "operator = \"standardize\"\nfields = [\"x\"]\nprefix = \"z_\"\n";
    room.run(&three("", "").replace("operator = \"filter\"\n", steps).replace("where = \"x % 2 = 0\"\n", ""));
    room.audit();
    let path = of_run(&room, "1.0.snapshot");
    let sound = fs::read(&path).unwrap();
    for at in (0..sound.len()).step_by(sound.len().div_ceil(12)).chain([sound.len() - 1]) {
        let mut bytes = sound.clone();
        bytes[at] ^= 16;
        fs::write(&path, bytes).unwrap();
        let said = sentence(&room.sluicebox(&["audit", "t"]), "audit");
        assert!(said.contains("1.0.snapshot can't be used: "), "byte {at}: {said}");
    }
    fs::write(&path, &sound).unwrap();
    room.audit();
}

/// An account that an earlier version has kept, with less in it and in other bytes, is the same account; one that says
/// another number is not.
#[test]
fn an_account_of_an_earlier_version_is_compared_by_what_it_says() {
    let room = over();
    let path = of_run(&room, "account.json");
    let sound: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let mut earlier = sound.clone();
    for stage in earlier["stages"].as_array_mut().unwrap() {
        let stage = stage.as_object_mut().unwrap();
        assert!(stage.remove("steps").is_some() && stage.remove("latency_us").is_some());
    }
    fs::write(&path, serde_json::to_vec_pretty(&earlier).unwrap()).unwrap();
    room.audit();
    for (key, at) in [("in", 0), ("out", 2), ("lost", 1)] {
        let mut harmed = earlier.clone();
        harmed["stages"][at][key] = (harmed["stages"][at][key].as_u64().unwrap() + 1).into();
        fs::write(&path, harmed.to_string()).unwrap();
        let output = room.sluicebox(&["audit", "t"]);
        assert_eq!(output.status.code(), Some(5), "{key}");
        assert!(sentence(&output, key).contains("account.json, which the launcher has left"));
    }
    for harmed in ["{}", "null", "[]"] {
        fs::write(&path, harmed).unwrap();
        assert_eq!(room.sluicebox(&["audit", "t"]).status.code(), Some(5), "{harmed}");
    }
}
