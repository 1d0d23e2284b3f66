//! Compressed files, by what stands in them and not by what they are called.

use crate::csv::gzip;
use crate::source::Source;
use std::fs;

fn zstd(text: &[u8]) -> Vec<u8> {
    zstd::encode_all(text, 3).unwrap()
}

#[test]
fn plain_gzip_and_zstd_are_told_by_their_content() {
    let room = tempfile::tempdir().unwrap();
    let at = |name: &str| room.path().join(name);
    fs::write(at("a.gz"), "n\n1\n").unwrap();
    fs::write(at("b.csv"), gzip(b"n\n2\n")).unwrap();
    fs::write(at("c.gz"), zstd(b"n\n3\n")).unwrap();
    fs::write(at("d.zst"), [zstd(b"n\n4\n"), zstd(b"5\n"), vec![0; 99]].concat()).unwrap();
    let params = format!("path = \"{}\"\n", at("*").display());
    let source = Source::new("csv", &params).run().unwrap();
    assert_eq!(source.rows.concat(), ["1", "2", "3", "4", "5"]);
}

#[test]
fn of_a_zstd_file_that_was_cut_or_damaged_every_whole_line_arrives() {
    let room = tempfile::tempdir().unwrap();
    let text =
        (0..100_000).fold("n,t\n".to_string(), |text, n| text + &format!("{n},row{}\n", n * 7919 % 100_003));
    let whole = zstd(text.as_bytes());
    let path = room.path().join("a.zst");
    let params = format!("path = \"{}\"\n", path.display());
    let read = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        let mut source = Source::new("csv", &params);
        let told = loop {
            match source.step() {
                Ok(sluicebox::operator::Next::End) => break None,
                Ok(_) => {}
                Err(e) => break Some(e.sentence),
            }
        };
        (source.rows.len(), told)
    };
    assert_eq!(read(&whole), (100_000, None));
    let (rows, told) = read(&whole[..whole.len() - 100]);
    assert!(told.unwrap().contains("(its zstd data end too early: copy the file again)"));
    assert!(rows > 10_000 && rows < 100_000, "{rows}");
    let mut damaged = whole.clone();
    let half = damaged.len() / 2;
    damaged[half..half + 50].fill(0xaa);
    let (rows, told) = read(&damaged);
    assert!(told.unwrap().contains("(its zstd data are damaged: copy the file again)"));
    assert!(rows < 100_000);
    assert_eq!(read(&[&whole[..], b"tail"].concat()), (100_000, None));
}
