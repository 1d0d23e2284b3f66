//! The source `lines`: any text is a record, whatever stands in it, and what is no text is told.

use crate::csv::gzip;
use crate::source::{Source, problems, sample};
use tempfile::TempDir;

fn file(bytes: &[u8]) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    std::fs::write(&path, bytes).unwrap();
    let params = format!("path = '{}'\n", path.display());
    (folder, params)
}

#[test]
fn nothing_in_a_line_has_a_meaning() {
    let text = b"\xef\xbb\xbf\"a\",b\r\n\r\n   \nNULL\n  {\"x\": 1}\t\n\"never closed\nlast";
    for bytes in [text.to_vec(), gzip(text)] {
        let (_folder, path) = file(&bytes);
        let source = Source::new("lines", &path).run().unwrap();
        assert_eq!(source.schema.to_string(), "line str");
        let rows: Vec<String> = source.rows.iter().map(|row| row.join("|")).collect();
        assert_eq!(rows, ["\"a\",b", "NULL", "{\"x\": 1}", "\"never closed", "last"]);
    }
}

#[test]
fn what_is_no_text_or_too_long_is_rejected() {
    let (_folder, path) = file(b"one\n\xff\xfe\xff\ntwo, which is long\nthree\n");
    let mut source = Source::new("lines", &format!("{path}line_max = \"10B\"\ncolumn = \"message\""));
    while source.step().unwrap() != sluicebox::operator::Next::End {}
    assert_eq!(source.schema.to_string(), "message str");
    assert_eq!(source.rows, [["one"], ["three"]]);
    assert_eq!(source.rejected(), [("utf8".to_string(), 1), ("too_long".to_string(), 1)]);
}

#[test]
fn what_is_wrong_is_told() {
    let (_folder, path) = file(b"x\n");
    assert_eq!(problems("lines", &format!("{path}column = \"\"")), ["column: a column needs a name"]);
    assert!(
        problems("lines", &format!("{path}types = {{ line = \"i64\" }}"))[0]
            .contains("unknown key \"types\"")
    );
    let gone = sample("lines", "path = 'nowhere.log'").err().unwrap().sentence;
    assert!(gone.contains("cannot read nowhere.log"), "{gone}");
    let (_folder, path) = file(b"\x1f\x9dx");
    let packed = sample("lines", &path).err().unwrap().sentence;
    assert!(packed.contains("compressed with compress"), "{packed}");
}
