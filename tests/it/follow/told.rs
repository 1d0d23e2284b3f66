//! What a source that follows says of what it can't do.

use super::{HEAD, Room, more};
use crate::source::{Source, sample};
use std::fs;

#[test]
fn a_new_file_with_another_header_is_told_with_both() {
    let room = Room::new("*.csv");
    room.append("a.csv", "n,t\n1,x\n");
    let mut source = room.source();
    assert_eq!(more(&mut source), ["1"]);
    room.append("b.csv", "t,n\nx,1\n");
    let told = loop {
        match source.step() {
            Ok(_) => {}
            Err(e) => break e.sentence,
        }
    };
    assert!(
        told.contains("b.csv are not those of ") && told.contains("column 1 is \"t\" here, \"n\" there"),
        "{told}"
    );
}

#[test]
fn without_a_file_its_columns_must_be_said() {
    let room = tempfile::tempdir().unwrap();
    let path = room.path().join("none.csv").display().to_string();
    let told = sample("csv", &format!("path = {path:?}\nfollow = true\n")).unwrap_err().sentence;
    assert!(
        told.contains("can be looked at before it is read, so types says what its columns are"),
        "{told}"
    );
}

#[test]
fn more_files_than_can_be_kept_are_told() {
    let room = Room::new("*.csv");
    (0..1537).for_each(|n| room.append(&format!("{n:04}.csv"), HEAD));
    let mut source = Source::new("csv", &room.params);
    let told = source.step().unwrap_err().sentence;
    assert!(told.contains("more than 1536 files are to be followed at a time"), "{told}");
    fs::remove_file(room.at("0000.csv")).unwrap();
    let mut source = Source::new("csv", &room.params);
    assert_eq!(more(&mut source), [""; 0]);
}
