//! Numbers as text: what stands in CSV files most, read by hand; the rest as the standard library reads it.

use std::io::Write;

/// A whole number that an i64 can hold. `strict`: `007`, `+49` and `-0` are none, for a number would lose something
/// of them: they are codes.
#[inline]
pub(super) fn integer(text: &str, strict: bool) -> Option<i64> {
    let bytes = text.as_bytes();
    let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
    if digits.is_empty() || digits.len() > 18 || (digits[0] == b'0' && digits.len() > 1) {
        return integer_slowly(text, strict);
    }
    let mut number = 0;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return integer_slowly(text, strict);
        }
        number = number * 10 + i64::from(digit);
    }
    let is_negative = digits.len() < text.len();
    if number == 0 && is_negative && strict {
        return None;
    }
    Some(if is_negative { -number } else { number })
}

#[cold]
fn integer_slowly(text: &str, strict: bool) -> Option<i64> {
    let is_code = strict && (text.starts_with('+') || has_leading_zero(text));
    text.parse().ok().filter(|_| !is_code)
}

/// A finite number. `strict`: only what an f64 keeps every digit of, and what can't be a code: digits with a leading
/// zero and `12E4` are none.
#[inline]
pub(crate) fn float(text: &str, strict: bool) -> Option<f64> {
    decimal(text.as_bytes()).or_else(|| float_slowly(text, strict))
}

/// Up to 15 digits, perhaps with a point between: an f64 holds them and the power of ten exactly, so one division
/// rounds the quotient as it should be.
#[inline]
fn decimal(text: &[u8]) -> Option<f64> {
    const POWERS: [f64; 16] =
        [1., 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let (mut number, mut behind) = (0_u64, None);
    if digits.len() > POWERS.len() || matches!(digits, [b'0', b'0'..=b'9', ..]) {
        return None;
    }
    for (at, byte) in digits.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 {
            number = number * 10 + u64::from(digit);
        } else if *byte == b'.' && behind.is_none() && at > 0 {
            behind = Some(digits.len() - 1 - at);
        } else {
            return None;
        }
    }
    let number = match behind {
        None if digits.is_empty() || digits.len() == POWERS.len() => return None,
        None => number as f64,
        Some(0) => return None,
        Some(behind) => number as f64 / POWERS[behind],
    };
    Some(if digits.len() < text.len() { -number } else { number })
}

#[cold]
fn float_slowly(text: &str, strict: bool) -> Option<f64> {
    let number: f64 = text.parse().ok()?;
    (number.is_finite() && !(strict && changes(text, number))).then_some(number)
}

/// Beyond this not every whole number is an f64.
const WHOLE_MAX: u64 = 1 << 53;

/// Whether an f64 keeps all of a whole number, and of those beside it.
pub(super) fn is_exact(whole: i64) -> bool {
    whole.unsigned_abs() <= WHOLE_MAX
}

/// Whether something of a text is lost when it becomes this number.
fn changes(text: &str, number: f64) -> bool {
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(m, e)| (m, Some(e)));
    let point = mantissa.contains('.');
    match exponent {
        // What a program writes has a sign there, or a point: else it may be a code of digits and an E.
        Some(exponent) if !point && !exponent.starts_with(['+', '-']) => return true,
        None if !point => return integer(text, true).is_none_or(|whole| !is_exact(whole)),
        _ => {}
    }
    let mut shortest = [0; 32];
    let mut room = &mut shortest[..];
    let fits = write!(room, "{number:e}").is_ok();
    let left = room.len();
    let shortest = shortest[..32 - left].split(|byte| *byte == b'e').next().unwrap_or_default();
    has_leading_zero(text) || !fits || !digits(mantissa.as_bytes()).eq(digits(shortest))
}

/// The digits that count: neither zeros before the first of them nor behind the last.
fn digits(mantissa: &[u8]) -> impl Iterator<Item = u8> {
    let counts = |byte: &u8| (b'1'..=b'9').contains(byte);
    let first = mantissa.iter().position(counts).unwrap_or(mantissa.len());
    let end = mantissa.iter().rposition(counts).map_or(first, |last| last + 1);
    mantissa[first..end].iter().copied().filter(u8::is_ascii_digit)
}

fn has_leading_zero(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text).as_bytes();
    digits.len() > 1 && digits[0] == b'0' && digits[1].is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_would_lose_a_digit_or_a_letter_is_no_number() {
        for text in [
            "12E4",
            "7e10",
            "1e99",
            "123e4",
            "5E0",
            "-1E5",
            "9007199254740993",
            "-9007199254740994",
            "99999999999999999999",
            "+49",
            "007",
            "00.5",
            "0.12345678901234567890",
            "0.1000000000000000055511151231257827",
            "1e-400",
            "123456789012345678.5",
            "inf",
            "nan",
        ] {
            assert_eq!(float(text, true), None, "{text}");
        }
        for text in [
            "5.9e-05",
            "6e-05",
            "1e+16",
            "1.5E3",
            "-0.0",
            "0",
            "0.0",
            "1.10",
            "-73.98765432109876",
            "0.30000000000000004",
            "1.7976931348623157e308",
            "5e-324",
            "9007199254740992",
            ".5",
            "5.",
            "100.000000000000000000000",
        ] {
            assert_eq!(float(text, true), text.parse().ok(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_f64_as_programs_write_it_is_kept(x: f64) {
            prop_assume!(x.is_finite());
            for text in [format!("{x:?}"), format!("{x:.17e}").replace("e", "e+").replace("e+-", "e-")] {
                // Of 18 digits the last may be more than the number has.
                if text.len() < 20 && (text.contains('.') || text.contains("e-")) {
                    prop_assert_eq!(float(&text, true), Some(x), "{}", text);
                }
            }
        }

        #[test]
        fn whole_numbers_are_read_as_the_standard_library_reads_them(text in "[-+]?[0-9]{0,20}x?", n: i64) {
            prop_assert_eq!(integer(&text, false), text.parse().ok());
            prop_assert_eq!(integer(&n.to_string(), true), Some(n));
        }

        #[test]
        fn decimals_are_read_as_the_standard_library_reads_them(text in "-?[0-9]{0,17}[.]?[0-9]{0,17}", x: f64) {
            let bits = |number: f64| number.to_bits();
            prop_assert_eq!(float(&text, false).map(bits), text.parse().ok().map(bits), "{}", text);
            if let Some(number) = decimal(text.as_bytes()) {
                prop_assert_eq!(Ok(bits(number)), text.parse().map(bits), "{}", text);
            }
            let (plain, short) = (x.to_string(), format!("{x:.2}"));
            prop_assert_eq!(float(&plain, false).map(bits), x.is_finite().then_some(bits(x)));
            let parsed = short.parse().ok().filter(|x: &f64| x.is_finite());
            prop_assert_eq!(float(&short, false).map(bits), parsed.map(bits));
        }
    }
}
