//! How printf writes numbers: the digits of SQLite's own decoding, put together as its `sqlite3_str_vappendf` does
//! (public domain).

use super::Place;
use crate::expr::decimal::Digits;

pub(super) fn whole(place: &Place, n: i64, width: usize, precision: Option<usize>, out: &mut String) {
    let signed = matches!(place.letter, 'd' | 'i' | 'r');
    let (sign, mut left) = match signed {
        true if n < 0 => (Some('-'), n.unsigned_abs()),
        true => (place.sign, n.unsigned_abs()),
        false => (None, n as u64),
    };
    let zero = left == 0;
    let base = match place.letter {
        'x' | 'X' => 16,
        'o' => 8,
        _ => 10,
    };
    let ordinal = if place.letter == 'r' { ordinal(left) } else { "" };
    // From the last digit to the first.
    let mut digits = Vec::with_capacity(24);
    loop {
        let digit = char::from_digit((left % base) as u32, base as u32).expect("it is below the base");
        digits.push(if place.letter == 'X' { digit.to_ascii_uppercase() } else { digit });
        left /= base;
        if left == 0 {
            break;
        }
    }
    let mut least = precision.unwrap_or(0);
    if place.zeros {
        least = least.max(width.saturating_sub(usize::from(sign.is_some())));
    }
    let least = least.saturating_sub(ordinal.len());
    digits.resize(digits.len().max(least), '0');
    out.extend(sign);
    if place.other && !zero {
        out.push_str(match place.letter {
            'x' => "0x",
            'X' => "0X",
            'o' => "0",
            _ => "",
        });
    }
    let count = digits.len();
    for (i, digit) in digits.into_iter().rev().enumerate() {
        let behind = count - i;
        if place.thousands && matches!(place.letter, 'd' | 'i' | 'u') && i > 0 && behind % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out.push_str(ordinal);
}

fn ordinal(n: u64) -> &'static str {
    match (n % 10, n / 10 % 10) {
        (1, tens) if tens != 1 => "st",
        (2, tens) if tens != 1 => "nd",
        (3, tens) if tens != 1 => "rd",
        _ => "th",
    }
}

/// SQLite writes no more of them.
const PRECISION_MAX: usize = 100_000_000;

pub(super) fn float(
    place: &Place,
    x: f64,
    width: usize,
    left: bool,
    precision: Option<usize>,
    out: &mut String,
) {
    let mut precision = precision.unwrap_or(6).min(PRECISION_MAX) as i32;
    let generic = matches!(place.letter, 'g' | 'G');
    let mut power = matches!(place.letter, 'e' | 'E');
    if generic {
        precision = precision.max(1);
    }
    let round = match (generic, power) {
        (true, _) => precision,
        (_, true) => precision + 1,
        _ => -precision,
    };
    let start = out.len();
    if x.is_infinite() && !place.zeros {
        out.extend(if x < 0.0 { Some('-') } else { place.sign });
        return out.push_str("Inf");
    }
    let found = digits(x.abs(), round, if place.exact { 20 } else { 16 });
    let hidden = place.other && place.sign.is_none() && place.letter == 'f' && found.point <= round;
    let sign = if x < 0.0 { Some('-').filter(|_| !hidden) } else { place.sign };
    let exponent = found.point - 1;
    let mut cut_zeros = place.exact;
    if generic {
        precision -= 1;
        cut_zeros = !place.other;
        power = exponent < -4 || exponent > precision;
        if !power {
            precision -= exponent;
        }
    }
    out.extend(sign);
    let point = precision > 0 || place.other || place.exact;
    places(place, &found, if power { 1 } else { found.point }, precision.max(0) as usize, cut_zeros, out);
    if cut_zeros && point {
        out.truncate(out.trim_end_matches('0').len());
        if out.ends_with('.') {
            match place.exact {
                true => out.push('0'),
                false => out.truncate(out.len() - 1),
            }
        }
    }
    if power {
        out.push(if place.letter.is_ascii_uppercase() { 'E' } else { 'e' });
        exponential(exponent, out);
    }
    let has = out.len() - start;
    if place.zeros && !left && has < width {
        out.insert_str(start + usize::from(sign.is_some()), &"0".repeat(width - has));
    }
}

/// `+05`, `-123`.
fn exponential(exponent: i32, out: &mut String) {
    out.push(if exponent < 0 { '-' } else { '+' });
    let exponent = exponent.unsigned_abs();
    out.push_str(if exponent < 10 { "0" } else { "" });
    out.push_str(&exponent.to_string());
}

/// The digits before the point and so many behind it.
fn places(place: &Place, found: &Digits, before: i32, precision: usize, cut: bool, out: &mut String) {
    let mut digits = found.digits[..found.len].iter().map(|digit| char::from(*digit));
    if before <= 0 {
        out.push('0');
    }
    for left in (0..before.max(0)).rev() {
        out.push(digits.next().unwrap_or('0'));
        if place.thousands && left % 3 == 0 && left > 1 {
            out.push(',');
        }
    }
    if precision > 0 || place.other || place.exact {
        out.push('.');
    }
    let zeros = usize::try_from(-before).unwrap_or(0).min(precision);
    out.extend(std::iter::repeat_n('0', zeros));
    let mut behind = precision - zeros;
    for digit in digits.take(behind) {
        out.push(digit);
        behind -= 1;
    }
    if !cut {
        out.extend(std::iter::repeat_n('0', behind));
    }
}

/// The digits of a number that is not negative; of infinity a nine, very far to the left, as SQLite takes it.
fn digits(x: f64, round: i32, most: usize) -> Digits {
    let mut found = Digits::NONE;
    if x == 0.0 {
        found.point = 1;
        found.len = 1;
    } else if x.is_infinite() {
        (found.digits[0], found.len, found.point) = (b'9', 1, 1000);
    } else {
        found = Digits::at_most(x, round, most);
    }
    found
}
