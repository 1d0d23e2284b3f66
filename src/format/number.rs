//! Numbers as text: what stands in CSV files most, read by hand; the rest as the standard library reads it.

/// A whole number that an i64 can hold. `strict`: `007` and `+49` are none, for a number would lose something
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
    Some(if digits.len() < text.len() { -number } else { number })
}

#[cold]
fn integer_slowly(text: &str, strict: bool) -> Option<i64> {
    let is_code = strict && (text.starts_with('+') || has_leading_zero(text));
    text.parse().ok().filter(|_| !is_code)
}

/// A finite number. `strict`: digits with a leading zero are none.
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
    (number.is_finite() && !(strict && has_leading_zero(text))).then_some(number)
}

fn has_leading_zero(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text).as_bytes();
    digits.len() > 1 && digits[0] == b'0' && digits[1].is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
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
