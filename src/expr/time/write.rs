//! Times as texts: `strftime`, and `at_zone`.

use super::civil::{Civil, Date, SECOND_NS};
use super::codes::{Codes, MONTHS, Piece, WEEKDAYS};
use crate::data::Column;
use crate::data::time::{self, TimeZone};
use crate::expr::by_row::texts;
use crate::expr::operation::Kernel;
use crate::expr::printf;
use crate::expr::view::{View, strict};
use std::fmt::Write;

/// `strftime`.
pub(in crate::expr) struct Written {
    pub codes: Codes,
    pub zone: Option<TimeZone>,
}

impl Kernel for Written {
    fn apply(&self, operands: &[View<'_>], rows: usize, out: &mut Column) {
        strict(operands, rows, &mut out.valid);
        let times = operands[0].ints();
        texts(out, rows, |row, text| {
            let ns = times.get(row);
            let civil = Civil::of(ns, self.zone.as_ref());
            for piece in &self.codes.pieces {
                match piece {
                    Piece::Text(piece) => text.push_str(piece),
                    Piece::Code('z') => offset(ns, self.zone.as_ref(), false, text),
                    Piece::Code('s') => number(text, ns.div_euclid(SECOND_NS), 1, '0'),
                    Piece::Code('J') => {
                        let ms = civil.days * 86_400_000 + civil.ns / 1_000_000 + 210_866_760_000_000;
                        printf::general(ms as f64 / 86_400_000.0, 16, text);
                    }
                    Piece::Code(code) => write(*code, civil, text),
                }
            }
            Some(())
        });
    }
}

/// A number of at least so many characters.
fn number(out: &mut String, n: i64, width: usize, fill: char) {
    let digits = n.unsigned_abs().checked_ilog10().unwrap_or(0) as usize + 1;
    if n < 0 {
        out.push('-');
    }
    out.extend(std::iter::repeat_n(fill, width.saturating_sub(digits)));
    write!(out, "{}", n.unsigned_abs()).expect("a String takes all that is written to it");
}

fn write(code: char, civil: Civil, out: &mut String) {
    let Date { year, month, day } = civil.date();
    let seconds = civil.second_of_day();
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let twelve = (hour + 11) % 12 + 1;
    match code {
        'a' => out.push_str(&WEEKDAYS[civil.weekday() as usize][..3]),
        'A' => out.push_str(WEEKDAYS[civil.weekday() as usize]),
        'b' => out.push_str(&MONTHS[month as usize - 1][..3]),
        'B' => out.push_str(MONTHS[month as usize - 1]),
        'd' => number(out, day, 2, '0'),
        'e' => number(out, day, 2, ' '),
        'f' => {
            number(out, second, 2, '0');
            out.push('.');
            number(out, civil.ns % SECOND_NS / 1_000_000, 3, '0');
        }
        'F' => {
            number(out, year, 4, '0');
            out.push('-');
            number(out, month, 2, '0');
            out.push('-');
            number(out, day, 2, '0');
        }
        'g' => number(out, civil.iso().0 % 100, 2, '0'),
        'G' => number(out, civil.iso().0, 4, '0'),
        'H' => number(out, hour, 2, '0'),
        'k' => number(out, hour, 2, ' '),
        'I' => number(out, twelve, 2, '0'),
        'l' => number(out, twelve, 2, ' '),
        'j' => number(out, civil.day_of_year(), 3, '0'),
        'm' => number(out, month, 2, '0'),
        'M' => number(out, minute, 2, '0'),
        'p' => out.push_str(if hour < 12 { "AM" } else { "PM" }),
        'P' => out.push_str(if hour < 12 { "am" } else { "pm" }),
        'R' => clock(&[hour, minute], out),
        'T' => clock(&[hour, minute, second], out),
        'S' => number(out, second, 2, '0'),
        'u' => number(out, (civil.weekday() + 6) % 7 + 1, 1, '0'),
        'w' => number(out, civil.weekday(), 1, '0'),
        'U' => number(out, (civil.day_of_year() - 1 - civil.weekday() + 7) / 7, 2, '0'),
        'W' => number(out, (civil.day_of_year() - 1 - (civil.weekday() + 6) % 7 + 7) / 7, 2, '0'),
        'V' => number(out, civil.iso().1, 2, '0'),
        'y' => number(out, year % 100, 2, '0'),
        'Y' => number(out, year, 4, '0'),
        _ => unreachable!("only codes that are known are read"),
    }
}

fn clock(numbers: &[i64], out: &mut String) {
    for (i, n) in numbers.iter().enumerate() {
        if i > 0 {
            out.push(':');
        }
        number(out, *n, 2, '0');
    }
}

/// `+0100`, or with a colon `+01:00`; of zones before their standard time with seconds too.
fn offset(ns: i64, zone: Option<&TimeZone>, colon: bool, out: &mut String) {
    let seconds = zone.map_or(0, |zone| time::offset_seconds(ns, zone));
    out.push(if seconds < 0 { '-' } else { '+' });
    let seconds = seconds.abs();
    let parts = [seconds / 3_600, seconds / 60 % 60, seconds % 60];
    let shown = if parts[2] == 0 { 2 } else { 3 };
    for (at, part) in parts[..shown].iter().enumerate() {
        out.push_str(if colon && at > 0 { ":" } else { "" });
        number(out, *part, 2, '0');
    }
}

/// `at_zone`: the local time with its offset.
pub(in crate::expr) struct AtZone {
    pub zone: TimeZone,
}

impl Kernel for AtZone {
    fn apply(&self, operands: &[View<'_>], rows: usize, out: &mut Column) {
        strict(operands, rows, &mut out.valid);
        let times = operands[0].ints();
        texts(out, rows, |row, text| {
            let ns = times.get(row);
            let civil = Civil::of(ns, Some(&self.zone));
            write('F', civil, text);
            text.push('T');
            write('T', civil, text);
            let behind = civil.ns % SECOND_NS;
            if behind != 0 {
                write!(text, ".{behind:09}").expect("a String takes all that is written to it");
                text.truncate(text.trim_end_matches('0').len());
            }
            offset(ns, Some(&self.zone), true, text);
            Some(())
        });
    }
}
