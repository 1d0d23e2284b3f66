//! What lies beside a file that is followed: copies of it, files that were put aside while nobody looked, and things
//! that are no files.

use super::{Room, more};
use crate::run::wait_for;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use std::fs::{self, File};
use std::sync::mpsc::channel;
use std::time::{Duration, SystemTime};

const WATCHDOG: Duration = Duration::from_secs(60);

/// Waits until what comes into being now is told from what has by the clock of the file system.
fn tick() {
    let then = SystemTime::now();
    wait_for("the clock", || {
        then.elapsed().is_ok_and(|since| since > Duration::from_millis(20)).then_some(())
    });
}

/// Copies by which a log was rotated (`copytruncate`) SHALL not be read when another file takes its name.
#[test]
fn copies_of_earlier_days_are_not_read_when_the_log_is_replaced() {
    let room = Room::new("a.csv");
    room.append("a.csv", "n,t\n1,x\n2,x\n");
    let mut source = room.source();
    assert_eq!(more(&mut source), ["1", "2"]);
    for n in 3..6 {
        fs::copy(room.at("a.csv"), room.at(&format!("a.csv.{n}"))).unwrap();
        File::options().write(true).open(room.at("a.csv")).unwrap().set_len(0).unwrap();
        room.append("a.csv", &format!("n,t\n{n},x\n"));
        assert_eq!(more(&mut source), [n.to_string()]);
    }
    tick();
    // Names are looked at once more: all copies are older than that.
    room.append("other", "");
    assert_eq!(more(&mut source), [""; 0]);
    fs::remove_file(room.at("a.csv")).unwrap();
    room.append("a.csv", "n,t\n6,x\n");
    assert_eq!(more(&mut source), ["6"]);
    let mut next = room.again(source.desk.account_mut());
    fs::remove_file(room.at("a.csv")).unwrap();
    room.append("a.csv", "n,t\n7,x\n");
    assert_eq!(more(&mut next), ["7"], "nor by the next process");
}

/// A copy that is made in the moment in which its file is replaced SHALL not be read either; one that was put aside is.
#[test]
fn a_copy_is_told_from_a_file_that_was_put_aside() {
    for while_nobody_reads in [false, true] {
        let room = Room::new("a.csv");
        room.append("a.csv", "n,t\n1,x\n2,x\n");
        let mut source = room.source();
        assert_eq!(more(&mut source), ["1", "2"]);
        fs::copy(room.at("a.csv"), room.at("a-20260131.csv")).unwrap();
        room.append("new", "n,t\n3,x\n");
        room.rename("new", "a.csv");
        room.rename("a.csv", "a.csv.1");
        room.append("a.csv", "n,t\n4,x\n");
        if while_nobody_reads {
            source = room.again(source.desk.account_mut());
        }
        assert_eq!(more(&mut source), ["3", "4"], "{while_nobody_reads}");
    }
}

/// Files that came and were put aside while nobody read SHALL be read, also when the one that was read is gone.
#[test]
fn more_rotations_than_are_kept_lose_only_what_is_gone() {
    let room = Room::new("a.csv");
    room.append("a.csv", "n,t\n1,x\n");
    let mut first = room.source();
    assert_eq!(more(&mut first), ["1"]);
    tick();
    for n in 2..6 {
        let _ = fs::remove_file(room.at("a.csv.3"));
        for older in (1..3).rev() {
            let _ = fs::rename(room.at(&format!("a.csv.{older}")), room.at(&format!("a.csv.{}", older + 1)));
        }
        room.rename("a.csv", "a.csv.1");
        room.append("a.csv", &format!("n,t\n{n},x\n"));
    }
    assert_eq!(more(&mut room.again(first.desk.account_mut())), ["2", "3", "4", "5"]);
    // And when there was none at all.
    let room = Room::new("a.csv");
    let mut first = room.source();
    assert_eq!(more(&mut first), [""; 0]);
    room.append("a.csv", "n,t\n1,x\n");
    room.rename("a.csv", "a.csv.1");
    room.append("a.csv", "n,t\n2,x\n");
    assert_eq!(more(&mut room.again(first.desk.account_mut())), ["1", "2"]);
}

/// A look that comes while the name leads nowhere SHALL hide nothing from the next: what had the name is read.
#[test]
fn a_file_that_was_put_aside_just_before_a_look_is_found() {
    for killed in [false, true] {
        let room = Room::new("a.csv");
        room.append("a.csv", "n,t\n1,x\n");
        let mut source = room.source();
        assert_eq!(more(&mut source), ["1"]);
        room.rename("a.csv", "a.csv.2");
        room.append("a.csv", "n,t\n2,x\n");
        tick();
        room.rename("a.csv", "a.csv.1");
        assert_eq!(more(&mut source), [""; 0], "there is no name to look at");
        if killed {
            source = room.again(source.desk.account_mut());
        }
        room.append("a.csv", "n,t\n3,x\n");
        assert_eq!(more(&mut source), ["2", "3"], "{killed}");
    }
}

/// Another file that has got the number of one that is gone SHALL not be taken for it.
#[test]
fn a_file_of_another_name_that_begins_otherwise_is_another() {
    let room = Room::new("a.csv");
    room.append("a.csv", "n,t\n1,x\n");
    let mut first = room.source();
    assert_eq!(more(&mut first), ["1"]);
    room.rename("a.csv", "kept");
    room.append("kept", "2,x\n");
    assert_eq!(more(&mut room.again(first.desk.account_mut())), ["2"], "it is the same under any name");
    fs::write(room.at("kept"), "another file\n9,x\n10,x\n").unwrap();
    assert_eq!(more(&mut room.again(first.desk.account_mut())), [""; 0]);
}

/// What is no file SHALL be waited for by nobody.
#[test]
fn a_fifo_that_takes_the_name_of_a_log_holds_nobody_up() {
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let room = Room::new("a.csv");
        let mut source = room.source();
        assert_eq!(more(&mut source), [""; 0]);
        mkfifo(&room.at("a.csv"), Mode::S_IRWXU).unwrap();
        mkfifo(&room.at("a.csv.1"), Mode::S_IRWXU).unwrap();
        assert_eq!(more(&mut source), [""; 0]);
        fs::remove_file(room.at("a.csv")).unwrap();
        room.append("a.csv", "n,t\n1,x\n");
        tell.send(more(&mut source)).unwrap();
    });
    assert_eq!(told.recv_timeout(WATCHDOG).unwrap(), ["1"]);
}
