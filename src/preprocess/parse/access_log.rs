//! A line of an access log, in the common or the combined format.

use super::parted::Parted;
use super::piece::Piece;
use super::quotes::quoted;
use crate::data::Type;
use crate::expr::TimeFormat;

/// Its columns; the last two are those of the combined format.
pub(super) const COLUMNS: [(&str, Type); 11] = [
    ("host", Type::Str),
    ("ident", Type::Str),
    ("user", Type::Str),
    ("time", Type::Time),
    ("method", Type::Str),
    ("path", Type::Str),
    ("protocol", Type::Str),
    ("status", Type::I64),
    ("bytes", Type::I64),
    ("referer", Type::Str),
    ("user_agent", Type::Str),
];
const TIME: usize = 3;
const METHOD: usize = 4;

/// What a line is read by.
#[derive(Clone)]
pub(super) struct AccessLog {
    time: TimeFormat,
    /// The last time that was read, and its text: there are many of one second.
    last: (String, Option<i64>),
}

impl AccessLog {
    pub(super) fn new() -> AccessLog {
        let time = TimeFormat::read("%d/%b/%Y:%H:%M:%S %z").expect("it is a format of times");
        AccessLog { time, last: (String::new(), None) }
    }

    pub(super) fn part(&mut self, text: &str, parted: &mut Parted) -> Option<()> {
        let mut at = 0;
        for column in 0..TIME {
            let len = text[at..].find(' ')?;
            value(text, at..at + len, column, parted);
            at += len + 1;
        }
        let rest = text[at..].strip_prefix('[')?;
        let len = rest.find(']')?;
        parted.pieces[TIME] = Piece::Time(self.time(&rest[..len])?);
        at += 1 + len + 1;
        at += word(text, at, " \"")? - 1;
        let (piece, behind) = quoted(text, at, true, &mut parted.beside)?;
        request(piece, text, parted);
        at = behind;
        for column in METHOD + 3..METHOD + 5 {
            at += word(text, at, " ")?;
            let rest = &text[at..];
            let len = rest.find(' ').unwrap_or(rest.len());
            value(text, at..at + len, column, parted);
            at += len;
        }
        for column in METHOD + 5..COLUMNS.len() {
            if at == text.len() {
                return Some(());
            }
            at += word(text, at, " \"")? - 1;
            let (piece, behind) = quoted(text, at, true, &mut parted.beside)?;
            if parted.text(piece, text) != "-" {
                parted.pieces[column] = piece;
            }
            at = behind;
        }
        // A server may write more behind it.
        Some(())
    }

    fn time(&mut self, text: &str) -> Option<i64> {
        if self.last.0 != text {
            self.last.0.clear();
            self.last.0.push_str(text);
            self.last.1 = self.time.time(text);
        }
        self.last.1
    }
}

/// `GET /a HTTP/1.1`; what is no such request is a path alone.
fn request(of: Piece, text: &str, parted: &mut Parted) {
    let request = parted.text(of, text);
    let mut blanks = request.match_indices(' ').map(|(at, _)| at);
    match [blanks.next(), blanks.next(), blanks.next()] {
        [Some(first), Some(second), None] if request[second + 1..].starts_with("HTTP/") => {
            let ends = [(0, first), (first + 1, second), (second + 1, request.len())];
            for (column, (from, to)) in ends.into_iter().enumerate() {
                parted.pieces[METHOD + column] = of.within(from, to);
            }
        }
        _ if request == "-" => {}
        _ => parted.pieces[METHOD + 1] = of,
    }
}

/// What stands there, unless it is `-`.
fn value(text: &str, at: std::ops::Range<usize>, column: usize, parted: &mut Parted) {
    if &text[at.clone()] != "-" {
        parted.set(column, at);
    }
}

/// How many bytes the signs have that must stand there.
fn word(text: &str, at: usize, signs: &str) -> Option<usize> {
    text[at..].starts_with(signs).then_some(signs.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::time;
    use crate::format::Field;

    fn fields(text: &str) -> Option<Vec<String>> {
        let mut parted = Parted::default();
        parted.begin(COLUMNS.len());
        AccessLog::new().part(text, &mut parted)?;
        let field = |at| match parted.field(at, text) {
            Field::Text(text) => text.to_string(),
            Field::Time(ns) => time::to_text(ns),
            _ => "NULL".to_string(),
        };
        Some((0..COLUMNS.len()).map(field).collect())
    }

    #[test]
    fn lines_of_both_formats_are_read() {
        let common =
            r#"127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326"#;
        assert_eq!(
            fields(common).unwrap().join("|"),
            "127.0.0.1|NULL|frank|2000-10-10T20:55:36Z|GET|/apache_pb.gif|HTTP/1.0|200|2326|NULL|NULL"
        );
        let combined = format!(r#"{common} "http://a/ \"b\"" "Mozilla/5.0 (X11)" "-" 0.003"#);
        assert!(fields(&combined).unwrap().join("|").ends_with(r#"|http://a/ "b"|Mozilla/5.0 (X11)"#));
        let scan = r#"::1 - - [10/Oct/2000:13:55:36 +0000] "\x16\x03" 400 - "-" "-""#;
        assert_eq!(
            fields(scan).unwrap().join("|"),
            r"::1|NULL|NULL|2000-10-10T13:55:36Z|NULL|\x16\x03|NULL|400|NULL|NULL|NULL"
        );
        for wrong in
            ["", "a b c", "a - - [x] \"GET / HTTP/1.1\" 200 1", "a - - [10/Oct/2000:13:55:36 +0000] \"GET /"]
        {
            assert_eq!(fields(wrong), None, "{wrong}");
        }
    }

    /// What was read of the line before is no answer to this one.
    #[test]
    fn each_line_has_its_own_time() {
        let (mut log, mut parted) = (AccessLog::new(), Parted::default());
        let mut time = |at: &str| {
            parted.begin(COLUMNS.len());
            log.part(&format!("a - - [{at}] \"GET / HTTP/1.1\" 200 1"), &mut parted)?;
            Some(parted.pieces[TIME])
        };
        let [first, second] = ["10/Oct/2000:13:55:36 +0000", "10/Oct/2000:13:55:37 +0000"];
        let at = |seconds: i64| Some(Piece::Time((971_186_136 + seconds) * 1_000_000_000));
        assert_eq!((time(""), time(first), time(first)), (None, at(0), at(0)));
        assert_eq!((time(second), time("x"), time("x"), time("")), (at(1), None, None, None));
        assert_eq!((time(first), time(second)), (at(0), at(1)));
    }
}
