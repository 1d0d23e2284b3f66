//! Kinds of files that are no text to read records from, told by their first bytes.

/// So many of its first bytes tell what a file is.
pub(super) const HEAD: usize = 512;

/// The kind by the bytes at some place, and what a user can do.
type Kind = (usize, &'static [u8], &'static str, &'static str);

const DECOMPRESS: &str = "decompress it, or compress it with gzip or zstd instead";
const EXPORT: &str = "export it as CSV";
const UNPACK: &str = "unpack it and name the file that is in it";
const SHEET: &str = "save the sheet as CSV";

const KINDS: &[Kind] = &[
    (0, b"\xfd7zXZ\0", "compressed with xz", DECOMPRESS),
    (4, b"1AY&SY", "compressed with bzip2", DECOMPRESS),
    (4, b"\x17rE8P\x90", "compressed with bzip2", DECOMPRESS),
    (0, b"\x04\x22\x4d\x18", "compressed with lz4", DECOMPRESS),
    (0, b"LZIP\x01", "compressed with lzip", DECOMPRESS),
    (0, b"\x1f\x9d", "compressed with compress", DECOMPRESS),
    (0, b"\xff\x06\x00\x00sNaPpY", "compressed with snappy", DECOMPRESS),
    (30, b"[Content_Types].xml", "an Excel workbook", SHEET),
    (30, b"_rels/.rels", "an Excel workbook or another Office file", SHEET),
    (30, b"xl/", "an Excel workbook", SHEET),
    (30, b"mimetypeapplication/vnd.oasis.opendocument", "an OpenDocument file", SHEET),
    (0, b"PK\x03\x04", "a zip archive, as an Excel workbook is too", UNPACK),
    (0, b"PK\x05\x06", "an empty zip archive", UNPACK),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK),
    (0, b"Rar!\x1a\x07", "a RAR archive", UNPACK),
    (257, b"ustar", "a tar archive", UNPACK),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook or another Office file", SHEET),
    (0, b"PAR1", "a Parquet file", EXPORT),
    (0, b"PARE", "an encrypted Parquet file", EXPORT),
    (0, b"ARROW1\0\0", "an Arrow file", EXPORT),
    (0, b"FEA1", "a Feather file", EXPORT),
    (0, b"ORC", "an ORC file", EXPORT),
    (0, b"Obj\x01", "an Avro file", EXPORT),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file", EXPORT),
    (0, b"SQLite format 3\0", "an SQLite database", "export its table as CSV"),
    (8, b"DUCK", "a DuckDB database", "export its table as CSV"),
    (0, b"\x93NUMPY", "a NumPy array", EXPORT),
    (0, b"\x80\x04\x95", "a Python pickle", EXPORT),
    (0, b"\x89PNG\r\n", "a PNG picture", EXPORT),
    (0, b"\xff\xd8\xff", "a JPEG picture", EXPORT),
    (0, b"GIF8", "a GIF picture", EXPORT),
    (0, b"\x7fELF", "a program", EXPORT),
    (0, b"$FL2", "an SPSS file", EXPORT),
];

/// What other encodings begin with.
const MARKS: &[Kind] = &[
    (0, b"\xff\xfe\0\0", "UTF-32 text", "convert it: iconv -f UTF-32 -t UTF-8"),
    (0, b"\0\0\xfe\xff", "UTF-32 text", "convert it: iconv -f UTF-32 -t UTF-8"),
    (0, b"\xff\xfe", "UTF-16 text", UTF_16_LE),
    (0, b"\xfe\xff", "UTF-16 text", UTF_16_BE),
];

const UTF_16_LE: &str = "say encoding = \"utf-16le\"";
const UTF_16_BE: &str = "say encoding = \"utf-16be\"";

/// What a file is that begins so, and what to do, as clauses; `None` where it may be text. `decoded`: it was said what
/// encoding it has.
pub(super) fn of(head: &[u8], decoded: bool) -> Option<(&'static str, &'static str)> {
    let begins = |(at, magic, ..): &&Kind| head.get(*at..).is_some_and(|head| head.starts_with(magic));
    // Some are letters, and a text may begin with them.
    let text = head.iter().all(|byte| is_text(*byte));
    let sure = |(_, magic, ..): &&Kind| !(text && magic.iter().all(u8::is_ascii_graphic));
    let told = |(_, _, what, advice): &Kind| (*what, *advice);
    if let Some(kind) = KINDS.iter().filter(begins).find(sure) {
        return Some(told(kind));
    }
    if decoded {
        return None;
    }
    MARKS.iter().find(begins).map(told).or_else(|| without_mark(head))
}

fn is_text(byte: u8) -> bool {
    byte >= b' ' || matches!(byte, b'\t' | b'\n' | b'\r')
}

/// In UTF-16 every other byte of most letters is NUL.
fn without_mark(head: &[u8]) -> Option<(&'static str, &'static str)> {
    let nuls = |odd: usize| head.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    match (nuls(0), nuls(1)) {
        (0, 0) => None,
        (some, more) if some + more == head.len() => {
            Some(("no text: it begins with NUL bytes only", "was it cut, or not written yet? Copy it again"))
        }
        (0, some) if 4 * some >= head.len() => Some(("UTF-16 text without a mark", UTF_16_LE)),
        (some, 0) if 4 * some >= head.len() => Some(("UTF-16 text without a mark", UTF_16_BE)),
        _ => None,
    }
}

/// What a text is that begins so, where that is no table.
pub(super) fn markup(head: &[u8]) -> Option<(&'static str, &'static str)> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let begins =
        |word: &str| head.len() >= word.len() && head[..word.len()].eq_ignore_ascii_case(word.as_bytes());
    let behind = |open: u8| head.strip_prefix(&[open]).map(|rest| rest.trim_ascii_start().first().copied());
    if ["<!doctype html", "<html", "<head", "<body", "<table"].iter().any(|word| begins(word)) {
        return Some(("an HTML page", "was a page of the web saved instead of the file? Download it again"));
    }
    let documents = [("<?xml", "XML"), ("%PDF-", "a PDF document"), ("{\\rtf", "an RTF document")];
    if let Some((_, what)) = documents.iter().find(|(word, _)| begins(word)) {
        return Some((what, EXPORT));
    }
    let json =
        matches!(behind(b'{'), Some(Some(b'"' | b'}'))) || matches!(behind(b'['), Some(Some(b'{' | b'[')));
    json.then_some(("JSON", EXPORT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_by_what_they_begin_with() {
        for (head, what) in [
            (&b"BZh91AY&SY\x8a\x01"[..], "compressed with bzip2"),
            (b"\xfd7zXZ\0\0\x04", "compressed with xz"),
            (b"PK\x03\x04\x14\0\0\0\x08\0", "a zip archive, as an Excel workbook is too"),
            (b"PAR1\x15\0\x15", "a Parquet file"),
            (b"i\0d\0,\0n\0\n\0", "UTF-16 text without a mark"),
            (b"\0i\0d\0,\0n\0\n", "UTF-16 text without a mark"),
            (b"\xff\xfei\0d\0", "UTF-16 text"),
            (b"\xff\xfe\0\0i\0\0\0", "UTF-32 text"),
            (b"\0\0\0\0\0\0\0\0", "no text: it begins with NUL bytes only"),
        ] {
            assert_eq!(of(head, false).map(|(what, _)| what), Some(what), "{head:?}");
        }
        assert_eq!(of(b"\xff\xfei\0d\0", true), None, "its encoding was said");
    }

    #[test]
    fn a_text_is_taken_for_nothing_else() {
        for head in [
            "ORC,id\n1,2\n",
            "BZh91AY&SY,a\n",
            "GIF8,x\n",
            "PAR1,x\n",
            "id,name\n",
            "",
            "a\0,b\nx\0y,1\n",
            "FEA1\n",
        ] {
            assert_eq!(of(head.as_bytes(), false), None, "{head:?}");
            assert_eq!(markup(head.as_bytes()), None, "{head:?}");
        }
        for (head, what) in [
            ("  {\"id\":1}\n", "JSON"),
            ("[ {\"id\":1}]", "JSON"),
            ("\u{feff}<!DOCTYPE HTML><p>", "an HTML page"),
            ("<?xml version", "XML"),
            ("%PDF-1.7\n", "a PDF document"),
        ] {
            assert_eq!(markup(head.as_bytes()).map(|(what, _)| what), Some(what), "{head:?}");
        }
    }
}
