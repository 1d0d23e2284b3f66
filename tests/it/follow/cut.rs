//! Files that are cut, or written anew in place, while they are read and while nobody reads them.

use super::{Room, more};
use sluicebox::operator::Next;
use std::fs::{self, File};
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

fn cut(room: &Room, name: &str) {
    File::options().write(true).open(room.at(name)).unwrap().set_len(0).unwrap();
}

/// What was read of a file SHALL be given before it is begun anew, and its new text be read from its start, also when
/// another file had its turn between.
#[test]
fn a_file_that_is_written_anew_out_of_its_turn_loses_nothing_that_was_read() {
    let room = Room::new("*.csv");
    room.append("a.csv", "n,t\n1,a\n2,a\n3,a\n4");
    room.append("b.csv", "n,t\n11,b\n12,b\n13,b\n");
    let mut source = room.source();
    source.desk.cx().records_max = 1;
    while source.rows.is_empty() {
        source.step().unwrap();
    }
    assert_eq!(source.rows[0][0], "1");
    // It is longer, and begins with the same header: only what stands behind tells.
    fs::write(room.at("a.csv"), "n,t\n21,new\n22,new\n23,new\n24,new\n").unwrap();
    let mut found = more(&mut source);
    found.sort();
    assert_eq!(found, ["11", "12", "13", "2", "21", "22", "23", "24", "3"], "half a line of the old is none");
    assert_eq!(source.rejected(), []);
}

/// The same SHALL hold of one that was cut in full sight, again and again, while it was read.
#[test]
fn a_log_that_is_cut_under_load_gives_none_twice_and_no_half_line() {
    let room = Room::new("a.csv");
    room.append("a.csv", "n,t\n");
    let over = AtomicBool::new(false);
    let (rows, rejected) = std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut file = File::options().append(true).open(room.at("a.csv")).unwrap();
            for round in 0..2_000 {
                for n in 0..20 {
                    let n = round * 20 + n;
                    file.write_all(format!("{n},line {n} of them\n").as_bytes()).unwrap();
                }
                file.set_len(0).unwrap();
            }
            file.write_all(b"40000,line 40000 of them\n").unwrap();
            over.store(true, Ordering::Release);
        });
        let mut source = room.source();
        loop {
            let was_over = over.load(Ordering::Acquire);
            if source.step().unwrap() == Next::Wait && was_over {
                break;
            }
        }
        let rejected = source.rejected();
        (source.rows, rejected)
    });
    let numbers: Vec<u32> = rows.iter().map(|row| row[0].parse().unwrap()).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "in their order, and none twice");
    assert!(rows.iter().all(|row| row[1] == format!("line {} of them", row[0])));
    assert_eq!((numbers.last(), rejected), (Some(&40_000), Vec::new()));
}

/// A restart SHALL find a cut also where it comes before the first read.
#[test]
fn files_that_are_cut_before_their_turn_are_begun_anew() {
    let room = Room::new("*.csv");
    for name in ["a.csv", "b.csv", "c.csv"] {
        room.append(name, &format!("n,t\n1,{name}\n2,{name}\n"));
    }
    let mut first = room.source();
    assert_eq!(more(&mut first).len(), 6);
    let mut second = room.again(first.desk.account_mut());
    second.step().unwrap();
    // All are known to the second by now, and none was read.
    for name in ["a.csv", "b.csv", "c.csv"] {
        cut(&room, name);
    }
    room.append("b.csv", "3,b\n");
    room.append("c.csv", "4,and this is longer than all that was read before\n");
    let mut found = more(&mut second);
    found.sort();
    assert_eq!(found, ["3", "4"]);
    room.append("a.csv", "5,a\n");
    assert_eq!(more(&mut second), ["5"]);
    assert_eq!(second.rejected(), []);
}

/// A file that was cut, and is empty when its reader is killed, SHALL need no header for the next either.
#[test]
fn a_kill_between_a_cut_and_the_next_line_changes_nothing() {
    let room = Room::new("a.csv");
    room.append("a.csv", "n,t\n1,x\n");
    let mut first = room.source();
    assert_eq!(more(&mut first), ["1"]);
    cut(&room, "a.csv");
    assert_eq!(more(&mut first), [""; 0]);
    let mut second = room.again(first.desk.account_mut());
    assert_eq!(more(&mut second), [""; 0]);
    let mut third = room.again(second.desk.account_mut());
    room.append("a.csv", "2,x\n");
    assert_eq!(more(&mut third), ["2"]);
}
