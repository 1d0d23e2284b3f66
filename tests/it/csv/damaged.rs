//! Files that end in the middle, have something behind their end, or are not the file that they were.

use super::{file, gzip, named};
use crate::source::Source;
use sluicebox::operator::Account;
use std::path::Path;

fn lines(from: usize, to: usize) -> String {
    (from..to).map(|id| format!("{id},row{}\n", id * 7919 % 100_003)).collect()
}

/// How many rows are read, and what is told at the end.
fn read(bytes: &[u8]) -> (usize, Option<String>) {
    let (_folder, path) = file(bytes);
    let mut source = Source::new("csv", &path);
    loop {
        match source.step() {
            Ok(sluicebox::operator::Next::End) => return (source.rows.len(), None),
            Ok(_) => {}
            Err(error) => {
                // What a call leaves when it fails is in its batch.
                let rows = source.rows.len() + source.batch.len();
                assert_eq!(source.desk.cx().done(), rows as u64, "what was read is counted");
                return (rows, Some(error.sentence));
            }
        }
    }
}

#[test]
fn what_stands_behind_a_gzip_file_costs_no_record() {
    let text = format!("id,t\n{}", lines(0, 20_000));
    let whole = gzip(text.as_bytes());
    let more = gzip(lines(20_000, 20_100).as_bytes());
    for (behind, rows) in [
        (vec![0; 1024], 20_000),
        (vec![0; 200_000], 20_000),
        (b"\n".to_vec(), 20_000),
        (b"garbage that is no gzip".to_vec(), 20_000),
        ([&[0; 512], b"-----END".as_slice()].concat(), 20_000),
        (more.clone(), 20_100),
        ([&[0; 512], &more[..]].concat(), 20_100),
        ([&gzip(b""), &more[..], &gzip(b"")].concat(), 20_100),
    ] {
        assert_eq!(read(&[&whole[..], &behind].concat()), (rows, None), "{} bytes behind it", behind.len());
    }
}

#[test]
fn of_a_gzip_file_that_was_cut_every_whole_line_arrives() {
    for rows in [3, 300, 100_000] {
        let text = format!("id,t\n{}", lines(0, rows));
        let whole = gzip(text.as_bytes());
        for cut in [1, 5, 9] {
            let cut = &whole[..whole.len() - cut];
            let mut text = Vec::new();
            _ = std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(cut), &mut text);
            let held = text.iter().filter(|byte| **byte == b'\n').count().saturating_sub(1);
            let (found, told) = read(cut);
            assert_eq!(found, held, "of {rows}");
            assert!(told.unwrap().ends_with("(its gzip data end too early: copy the file again)"));
        }
    }
    let two = [gzip(format!("id,t\n{}", lines(0, 10)).as_bytes()), gzip(lines(10, 20).as_bytes())].concat();
    assert_eq!(read(&two[..two.len() - 4]).0, 20, "the second member is there up to its last line");
    assert!(read(&two[..two.len() - 4]).1.is_some());
}

#[test]
fn of_a_gzip_file_that_is_damaged_the_lines_before_arrive() {
    let whole = gzip(format!("id,t\n{}", lines(0, 100_000)).as_bytes());
    let mut damaged = whole.clone();
    let at = whole.len() - 6;
    damaged[at] ^= 0xff;
    let (rows, told) = read(&damaged);
    assert_eq!(rows, 100_000, "only its check sum is wrong");
    assert!(told.unwrap().ends_with("(its gzip data are damaged: copy the file again)"));
}

/// A source that has read some of a file, as the account that its next process begins with.
fn half(path: &str) -> Account {
    let mut source = Source::new("csv", path);
    while source.desk.cx().done() < 500 {
        source.step().unwrap();
    }
    source.desk.account_mut().clone()
}

/// What becomes of a source whose file changes between two lives.
fn changed(bytes: &[u8], change: impl Fn(&Path)) -> Result<usize, String> {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("a.csv");
    std::fs::write(&at, bytes).unwrap();
    let path = named(&at);
    let account = half(&path);
    change(&at);
    let done = account.done as usize;
    let rest = Source::resumed("csv", &path, account).run();
    rest.map(|source| done + source.rows.len()).map_err(|error| error.sentence)
}

#[test]
fn a_file_that_is_another_one_after_a_restart_is_told() {
    let text = format!("id,t\n{}", lines(0, 20_000));
    let other = text.replace("row", "new");
    for bytes in [text.clone().into_bytes(), gzip(text.as_bytes())] {
        let zipped = bytes.len() < text.len();
        let write = |to: &Path, text: &str| {
            std::fs::write(to, if zipped { gzip(text.as_bytes()) } else { text.as_bytes().to_vec() })
                .unwrap();
        };
        let replace = |at: &Path| {
            let beside = at.with_extension("new");
            write(&beside, &other);
            std::fs::rename(beside, at).unwrap();
        };
        let same_again = |at: &Path| {
            let beside = at.with_extension("new");
            write(&beside, &text);
            std::fs::rename(beside, at).unwrap();
        };
        let written_over = |at: &Path| write(at, &other);
        let cut = |at: &Path| {
            let len = std::fs::metadata(at).unwrap().len();
            std::fs::File::options().write(true).open(at).unwrap().set_len(len - 10).unwrap();
        };
        let changes: [&dyn Fn(&Path); 4] = [&replace, &same_again, &written_over, &cut];
        for (at, change) in changes.into_iter().enumerate() {
            let told = changed(&bytes, change).unwrap_err();
            assert!(told.contains("a.csv was changed since it was read before"), "{at}: {told}");
            assert!(told.ends_with(": start a new run"), "{at}: {told}");
        }
        assert_eq!(changed(&bytes, |_| {}), Ok(20_000));
    }
}

#[test]
fn a_file_may_grow_between_two_lives() {
    use std::io::Write;
    let append = |at: &Path| {
        std::fs::File::options().append(true).open(at).unwrap().write_all(lines(0, 7).as_bytes()).unwrap();
    };
    assert_eq!(changed(format!("id,t\n{}", lines(0, 20_000)).as_bytes(), append), Ok(20_007));
    let small = format!("id,t\n{}", lines(0, 600));
    assert_eq!(changed(small.as_bytes(), append), Ok(607), "also within what tells it from others");
}
