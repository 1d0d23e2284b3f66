//! A format of times, read once: texts, and codes behind `%`.

/// What a format is made of.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    Text(String),
    Code(char),
}

/// The codes of SQLite's strftime, and `%a %A %b %B %y %z`, which logs have.
const WRITTEN: &str = "aAbBdefFgGHIjJklmMpPRsSTuUVwWyYz";
/// What can be read back. The week and the weekday's number say no day by themselves.
const READ: &str = "aAbBdefFHIjklmMpPRsSTyYz";

#[derive(Clone, Debug, PartialEq)]
pub(in crate::expr) struct Codes {
    pub(super) pieces: Vec<Piece>,
}

impl Codes {
    pub(in crate::expr) fn to_write(format: &str) -> Result<Codes, String> {
        Codes::of(format, WRITTEN, "strftime")
    }

    pub(in crate::expr) fn to_read(format: &str) -> Result<Codes, String> {
        let codes = Codes::of(format, READ, "strptime")?;
        let has = |wanted: &str| {
            codes.pieces.iter().any(|piece| matches!(piece, Piece::Code(code) if wanted.contains(*code)))
        };
        match has("yYFs") {
            true => Ok(codes),
            false => Err("a time needs its year: write %Y, %F or %s into the format".to_string()),
        }
    }

    fn of(format: &str, known: &str, who: &str) -> Result<Codes, String> {
        let (mut pieces, mut text) = (Vec::new(), String::new());
        let mut letters = format.chars();
        while let Some(letter) = letters.next() {
            if letter != '%' {
                text.push(letter);
                continue;
            }
            match letters.next() {
                Some('%') => text.push('%'),
                Some(code) if known.contains(code) => {
                    if !text.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut text)));
                    }
                    pieces.push(Piece::Code(code));
                }
                Some(code) => {
                    let all: Vec<String> = known.chars().map(|code| format!("%{code}")).collect();
                    return Err(format!("{who} knows no %{code} (it knows {} %%)", all.join(" ")));
                }
                None => return Err("the format ends behind a %".to_string()),
            }
        }
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        Ok(Codes { pieces })
    }
}

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

pub(super) const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
