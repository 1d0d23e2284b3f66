//! How fast and how often files are read, and the file of what is rejected.

use super::{folder, params};
use crate::run::Sandbox;
use crate::source::{Source, problems};
use sluicebox::operator::{Account, Next};
use std::fs;

const SECOND: u64 = 1_000_000_000;

#[test]
fn records_come_as_they_were_made_so_many_times_as_fast() {
    let room = folder(&[]);
    let time = "2026-01-01T00:0";
    let text = format!("ts,n\n{time}0:00Z,1\n{time}1:00Z,2\n{time}0:30Z,3\n,4\n{time}2:00Z,5\n");
    fs::write(room.path().join("a.csv"), text).unwrap();
    let given = params(&room, &["a.csv"]) + "time = \"ts\"\nrate = \"recorded x60\"\n";
    let mut source = Source::new("csv", &given);
    let at = |source: &mut Source, now_ns: u64| {
        source.desk.cx().now_ns = now_ns;
        let before = source.rows.len();
        let next = source.step().unwrap();
        let rows: Vec<String> = source.rows[before..].iter().map(|row| row[1].clone()).collect();
        (rows.join(" "), next)
    };
    assert_eq!(at(&mut source, 7), (String::new(), Next::Again), "the file is opened");
    assert_eq!(at(&mut source, 7), ("1".into(), Next::At(7 + SECOND)));
    assert_eq!(source.desk.cx().done(), 1, "what is not due is not read yet");
    let account = source.desk.account_mut().clone();
    assert_eq!(at(&mut source, 7 + SECOND / 2), (String::new(), Next::At(7 + SECOND)));
    let late = 7 + SECOND + 5;
    assert_eq!(
        at(&mut source, late),
        ("2 3 4".into(), Next::At(7 + 2 * SECOND)),
        "disorder waits for nobody"
    );
    assert_eq!(source.batch.born_ns, [7 + SECOND, late.min(7 + SECOND / 2), late], "a stall counts");
    assert_eq!(at(&mut source, 7 + 2 * SECOND), ("5".into(), Next::Again));
    assert_eq!(at(&mut source, 7 + 2 * SECOND), (String::new(), Next::End));
    let mut again = Source::resumed("csv", &given, account);
    at(&mut again, 1);
    at(&mut again, 1);
    assert_eq!(at(&mut again, 1), ("2 3 4".into(), Next::At(1 + SECOND)), "a kill loses none");
}

#[test]
fn files_are_read_so_many_times_over_kills_too() {
    let room = folder(&[("1.csv", 0, 30), ("2.csv", 30, 50)]);
    let given = params(&room, &["*.csv"]) + "repeat = 3\n";
    let (mut rows, mut account) = (Vec::new(), Account::default());
    for crash in 0..1000 {
        let mut source = Source::resumed("csv", &given, account.clone());
        source.desk.cx().records_max = 7;
        let ended = (0..4 + crash % 5).any(|_| source.step().unwrap() == Next::End);
        rows.extend(source.rows.drain(..).map(|row| row[0].parse::<usize>().unwrap()));
        account = source.desk.account_mut().clone();
        if ended {
            break;
        }
    }
    assert_eq!(rows, (0..3).flat_map(|_| 0..50).collect::<Vec<_>>());
    let none = folder(&[("1.csv", 0, 0)]);
    let forever = Source::new("csv", &(params(&none, &["1.csv"]) + "repeat = \"forever\"\n"));
    assert_eq!(forever.run().unwrap().rows.len(), 0, "what has no record is not read for ever");
    let mut forever = Source::new("csv", &(params(&room, &["2.csv"]) + "repeat = \"forever\"\n"));
    while forever.rows.len() < 1000 {
        assert_ne!(forever.step().unwrap(), Next::End);
    }
}

#[test]
fn what_has_no_meaning_together_is_told() {
    let room = folder(&[("a.csv", 0, 3)]);
    fs::write(room.path().join("t.csv"), "ts\n2026-01-01T00:00:00Z\n").unwrap();
    let of = |path: &str, more: &str| problems("csv", &(params(&room, &[path]) + more));
    assert!(of("a.csv", "rate = \"recorded\"")[0].contains("name it with time = "));
    assert!(of("t.csv", "time = \"ts\"\nrepeat = 2")[0].starts_with("repeat: a second time round all times"));
    assert!(
        of("t.csv", "time = \"ts\"\nrate = \"recorded\"\nfollow = true")[0]
            .starts_with("rate: what is read as")
    );
    assert!(
        of("a.csv", "follow = true\nrepeat = 2")[0]
            .starts_with("repeat: only files that are read to their end")
    );
    let times = "repeat: \"repeat\" must be a whole number from 1 to 1000000, not 0";
    assert_eq!(of("a.csv", "repeat = 0"), [times]);
    assert!(of("a.csv", "rejects = \"-\"")[0].starts_with("rejects: it must be a file"));
    assert!(problems("shop", "rate = \"recorded x2\"")[0].contains("only records that lie in files"));
}

#[test]
fn what_is_rejected_is_kept_with_its_reason_and_its_place_and_bounded() {
    let room = folder(&[("a.csv", 0, 3)]);
    let at = |name: &str| room.path().join(name);
    fs::write(at("b.csv"), "n,x\n3,1\nx,\"a \"\"b\"\"\"\n5\n6,1\n").unwrap();
    let types = "types = { n = \"i64\" }\n";
    let given = |more: &str| {
        params(&room, &["a.csv", "b.csv"])
            + types
            + &format!("rejects = \"{}\"\n{more}", at("bad.csv").display())
    };
    drop(Source::new("csv", &given("")).run().unwrap());
    let path = at("b.csv").display().to_string();
    let first = format!("type:n,5,{path},\"x,\"\"a \"\"\"\"b\"\"\"\"\"\"\"\n");
    let whole = format!("reason,record,file,text\n{first}fields,6,{path},5\n");
    assert_eq!(fs::read_to_string(at("bad.csv")).unwrap(), whole);
    drop(Source::new("csv", &given("")).run().unwrap());
    assert_eq!(fs::read_to_string(at("bad.csv")).unwrap(), whole, "a run begins it anew");
    drop(Source::new("csv", &given(&format!("rejects_max = {}\n", first.len() + 27))).run().unwrap());
    assert_eq!(fs::read_to_string(at("bad.csv")).unwrap(), format!("reason,record,file,text\n{first}"));
    fs::remove_file(at("bad.csv")).unwrap();
    fs::create_dir(at("bad.csv")).unwrap();
    let mut source = Source::new("csv", &given("")).run().unwrap();
    assert_eq!(source.rejected().len(), 2, "that it can't be written stops nothing");
}

#[test]
fn the_file_of_rejects_is_nobody_elses() {
    let room = Sandbox::new();
    room.numbers("n.csv", 3);
    for (path, told) in [("n.csv", "which stage \"numbers\" reads"), ("t.toml", "the file of this topology")]
    {
        let topology = crate::run::three(&format!("rejects = \"{path}\""), "");
        let words = crate::run::text(&room.start(&topology, &[]).end().stderr);
        assert!(words.contains("it would write to ") && words.contains(told), "{words}");
    }
    let words = room.start(&crate::run::three("rejects = \"out.db\"", ""), &[]).end();
    assert_eq!(words.status.code(), Some(2), "{}", crate::run::text(&words.stderr));
}
