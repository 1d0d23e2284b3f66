//! Files that can't be read are told with what to do, those that are no CSV for what they are.

use super::{file, gzip, named};
use crate::source::sample;
use sluicebox::error::Exit;

fn told(bytes: &[u8], more: &str) -> String {
    let (_folder, path) = file(bytes);
    let error = sample("csv", &format!("{path}{more}")).unwrap_err();
    let (_, told) = error.sentence.split_once("a.csv").unwrap();
    told.to_string()
}

#[test]
fn a_file_that_cannot_be_read_is_told_in_a_sentence() {
    let told = |params: &str| {
        let error = sample("csv", params).unwrap_err();
        assert_eq!(error.exit, Exit::Usage);
        error.sentence
    };
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| named(&folder.path().join(name));
    assert!(told(&at("none.csv")).ends_with("none.csv: no such file or directory (is \"path\" right?)"));
    assert!(
        told(&named(folder.path()))
            .ends_with("it is a directory: name a file in it, or a pattern such as \"logs/*.csv\"")
    );
    nix::unistd::mkfifo(&folder.path().join("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    for stream in [at("fifo"), "path = \"/dev/zero\"\n".to_string(), "path = \"-\"\n".to_string()] {
        assert!(told(&stream).contains("can be looked at before it is read, so types says"), "{stream}");
    }
    let socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
    assert!(told(&at("socket")).contains("it is no file, and nothing that can be read as one"));
    drop(socket);
    for (text, sentence) in [
        (
            &b""[..],
            "a.csv has no header line: it is empty (header = false and names = [\"…\"] read a file without one)",
        ),
        (
            b"\n\n",
            "a.csv has no header line: it is empty (header = false and names = [\"…\"] read a file without one)",
        ),
        (
            b"a,b,a\n",
            "a.csv names column \"a\" twice (say unique_names = true for \"a_2\", or names = [\"…\"] for names of \
             your own)",
        ),
        (
            b"a,,c\n",
            "a.csv has no name for column 2 (say unique_names = true for the name \"column2\", or names = [\"…\"] for \
             names of your own)",
        ),
        (b"caf\xe9\n", "a.csv is not in the encoding of the file: say what it is in \"encoding\""),
        (
            b"\"a,b\n",
            "a.csv has a quote that is never closed, or text behind one that is (say quote = \"\" for none)",
        ),
        (b"\x1f\x8b", "a.csv: unexpected end of file (its gzip data end too early: copy the file again)"),
        (b"\x1f\x8bnonsense..", "(its gzip data are damaged: copy the file again)"),
    ] {
        let (_folder, path) = file(text);
        let told = told(&path);
        assert!(told.ends_with(sentence), "{told}");
    }
    let (_folder, path) = file(",".repeat(1_000_000).as_bytes());
    assert!(told(&path).contains("has 1000001 fields, more than the 10000 allowed"));
    assert!(told(&format!("{path}line_max = 1000")).ends_with("is longer than line_max = 1000 bytes"));
}

#[test]
fn a_file_of_another_kind_is_named_with_what_to_do() {
    let mut tar = vec![b'a'; 600];
    tar[100..108].copy_from_slice(b"0000644\0");
    tar[257..263].copy_from_slice(b"ustar\0");
    let padded = |at: usize, magic: &[u8]| [&vec![1; at], magic].concat();
    for (bytes, what) in [
        (
            b"\xfd7zXZ\0\0\x04".to_vec(),
            "it is compressed with xz (decompress it, or compress it with gzip or zstd instead)",
        ),
        (b"BZh91AY&SY\x8a\0".to_vec(), "it is compressed with bzip2 (decompress"),
        (b"\x04\x22\x4d\x18\x64".to_vec(), "it is compressed with lz4 (decompress"),
        (b"PK\x03\x04\x14\0\x06\0".to_vec(), "it is a zip archive, as an Excel workbook is too (unpack it"),
        (
            [&b"PK\x03\x04"[..], &[0; 26], b"[Content_Types].xml"].concat(),
            "it is an Excel workbook (save the sheet",
        ),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0".to_vec(), "it is an old Excel workbook"),
        (b"PAR1\x15\0".to_vec(), "it is a Parquet file (export it as CSV)"),
        (b"ORC\x08\x03".to_vec(), "it is an ORC file"),
        (b"Obj\x01\x04".to_vec(), "it is an Avro file"),
        (b"SQLite format 3\0\x10".to_vec(), "it is an SQLite database (export its table as CSV)"),
        (padded(8, b"DUCK"), "it is a DuckDB database"),
        (tar.clone(), "it is a tar archive (unpack it"),
        (gzip(&tar), "it is a tar archive (unpack it"),
        (gzip(b"PK\x03\x04\x14\0\x06\0"), "it is a zip archive"),
        (b"%PDF-1.7\n".to_vec(), "it is a PDF document"),
        (b"<!DOCTYPE html>\n<html>".to_vec(), "it is an HTML page (was a page of the web saved"),
        (b"<?xml version=\"1.0\"?>\n".to_vec(), "it is XML"),
        (b"{\"id\": 1}\n{\"id\": 2}\n".to_vec(), "it is JSON"),
        (b"[\n {\"id\": 1}]\n".to_vec(), "it is JSON"),
        (gzip(b"{\"id\": 1}\n"), "it is JSON"),
        (vec![0; 4096], "it is no text: it begins with NUL bytes only"),
    ] {
        let sentence = told(&bytes, "");
        assert!(sentence.starts_with(&format!(": {what}")), "{sentence} for {what}");
    }
}

#[test]
fn text_of_another_width_is_named_with_the_key_that_reads_it() {
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    for (bytes, what) in [
        (utf16("\u{feff}id,name\n1,a\n"), "it is UTF-16 text (say encoding = \"utf-16le\")"),
        (utf16("id,name\n1,a\n"), "it is UTF-16 text without a mark (say encoding = \"utf-16le\")"),
        (gzip(&utf16("id,name\n1,a\n")), "it is UTF-16 text without a mark (say encoding = \"utf-16le\")"),
        (b"\0i\0d\0,\0n\0\n".to_vec(), "it is UTF-16 text without a mark (say encoding = \"utf-16be\")"),
        (b"\xff\xfe\0\0i\0\0\0".to_vec(), "it is UTF-32 text (convert it: iconv -f UTF-32 -t UTF-8)"),
    ] {
        assert_eq!(told(&bytes, ""), format!(": {what}"));
        assert_eq!(told(&bytes, "quote = \"\""), format!(": {what}"));
    }
    let (_folder, path) = file(&utf16("id,name\n1,a\n"));
    let found = sample("csv", &format!("{path}encoding = \"utf-16le\"")).unwrap();
    assert_eq!(found.schema.to_string(), "id i64, name str");
}

#[test]
fn a_nul_in_a_header_line_is_refused_where_it_is_read() {
    let sentence = told(b"id\0,name\n1,a\n", "");
    assert!(sentence.contains("has a NUL character in the name of column 1"), "{sentence}");
    let (_folder, path) = file(b"id,name\n1,a\0b\n");
    assert!(sample("csv", &path).is_ok(), "in a field it is a character like others");
}

#[test]
fn a_text_that_begins_like_something_else_is_read_all_the_same() {
    for header in ["ORC,id", "PAR1", "BZh,x", "GIF8,id", "Rar!,id", "{a},b", "[a],b", "<a>,b"] {
        let (_folder, path) = file(format!("{header}\n1,2\n").as_bytes());
        assert!(sample("csv", &path).is_ok(), "{header}");
    }
    let (_folder, path) = file(b"{\"id\"},b\n1,2\n");
    let named = "header = false\nnames = [\"a\", \"b\"]";
    assert!(sample("csv", &format!("{path}{named}")).is_ok(), "records are not judged by how they begin");
}

#[test]
fn a_file_that_the_kernel_makes_up_is_refused() {
    for path in ["/proc/cpuinfo", "/sys/kernel/mm/transparent_hugepage/enabled"] {
        if !std::path::Path::new(path).exists() {
            eprintln!("SKIPPED: there is no {path} here");
            continue;
        }
        let sentence = sample("csv", &named(path.as_ref())).unwrap_err().sentence;
        assert!(sentence.contains("it is no file on a disk but a view of the kernel's ("), "{sentence}");
    }
    let kmsg = sample("csv", &named("/proc/kmsg".as_ref())).unwrap_err().sentence;
    assert!(kmsg.starts_with("cannot read /proc/kmsg: "), "{kmsg}");
    let (_folder, path) = file(b"a\n1\n");
    assert!(sample("csv", &path).is_ok());
}
