//! The decimal digits of an f64 as SQLite finds them: `round(x, n)` and `CAST(x AS str)` depend on the last of
//! them.
//!
//! Rewritten from SQLite 3.54 (`sqlite3FpDecode`, `sqlite3Fp2Convert10`, `powerOfTen`; public domain), which
//! follows Russ Cox's fpfmt: a 64-bit mantissa times the leading 64 bits of a power of ten gives 18 digits.

use std::fmt::Write;

/// As many digits as a u64 has, and one that rounding up may add in front.
const DIGITS: usize = 21;

/// The digits of a positive, finite f64: `0.d₁d₂d₃… × 10^point`, without zeros at the end.
pub(super) struct Digits {
    pub digits: [u8; DIGITS],
    pub len: usize,
    pub point: i32,
}

/// `x` rounded half up to `places` decimals, as SQLite's `round`.
pub(super) fn round(x: f64, places: i64) -> f64 {
    const WHOLE: f64 = 4_503_599_627_370_496.0;
    let places = places.clamp(0, 30) as i32;
    if !(-WHOLE..=WHOLE).contains(&x) {
        return x;
    }
    if places == 0 {
        return (x + if x < 0.0 { -0.5 } else { 0.5 }) as i64 as f64;
    }
    if x == 0.0 {
        return 0.0;
    }
    let Digits { digits, len, point } = Digits::of(x.abs(), -places);
    let whole = digits[..len].iter().fold(0, |v, digit| v * 10 + u64::from(digit - b'0'));
    let size = if point + places <= 0 { 0.0 } else { value(whole, point - len as i32) };
    if x < 0.0 { -size } else { size }
}

/// Appends `x` as SQLite turns it into text: the fewest of up to 17 digits, always with a point.
pub(super) fn render(x: f64, out: &mut String) {
    if x < 0.0 {
        out.push('-');
    }
    if x.is_infinite() {
        return out.push_str("Inf");
    }
    if x == 0.0 {
        return out.push_str("0.0");
    }
    let found = Digits::of(x.abs(), 17);
    let digits = std::str::from_utf8(&found.digits[..found.len]).expect("digits are ASCII");
    let point = match found.point {
        point @ -3..=17 => point,
        _ => 1,
    };
    let (whole, behind) = digits.split_at(digits.len().min(point.max(0) as usize));
    let zeros = |n: i32, out: &mut String| (0..n).for_each(|_| out.push('0'));
    out.push_str(if whole.is_empty() { "0" } else { whole });
    zeros(point - whole.len().max(1) as i32, out);
    out.push('.');
    zeros(-point, out);
    out.push_str(if behind.is_empty() { "0" } else { behind });
    if point != found.point {
        let exp = found.point - 1;
        let sign = if exp < 0 { '-' } else { '+' };
        write!(out, "e{sign}{:02}", exp.abs()).expect("a String takes all that is written to it");
    }
}

/// v × 10^p, correctly rounded.
fn value(v: u64, p: i32) -> f64 {
    // Both are exact, so that the one operation rounds once (Clinger 1990).
    if v < 1 << 53 && p.abs() <= 22 {
        let power = 10u128.pow(p.unsigned_abs()) as f64;
        return if p < 0 { v as f64 / power } else { v as f64 * power };
    }
    let mut text = Short::default();
    write!(text, "{v}e{p}").expect("27 bytes take a u64 and an exponent");
    text.as_str().parse().expect("digits and an exponent are a number")
}

/// 10^(27·i) for i from -13 to 12, except that -27·0 has its place taken by 10^-1: the leading 64 bits, and the
/// 32 behind them.
const SCALE: [(u64, u32); 26] = [
    (0x8049_a4ac_0c58_11ae, 0x205b_896d),
    (0xcf42_894a_5dce_35ea, 0x5206_4cad),
    (0xa76c_5823_38ed_2621, 0xaf2a_f2b8),
    (0x873e_4f75_e222_4e68, 0x5a77_44a7),
    (0xda7f_5bf5_9096_6848, 0xaf39_a475),
    (0xb080_392c_c434_9dec, 0xbd8d_794e),
    (0x8e93_8662_882a_f53e, 0x547e_b47b),
    (0xe658_29b3_046b_0afa, 0x0cb4_a5a3),
    (0xba12_1a46_50e4_ddeb, 0x92f3_4d62),
    (0x964e_858c_91ba_2655, 0x3a6a_07f9),
    (0xf2d5_6790_ab41_c2a2, 0xfae2_7299),
    (0xc428_d05a_a475_1e4c, 0xaa97_e14c),
    (0x9e74_d1b7_91e0_7e48, 0x775e_a265),
    (0xcccc_cccc_cccc_cccc, 0xcccc_cccc),
    (0xcecb_8f27_f420_0f3a, 0x0000_0000),
    (0xa70c_3c40_a64e_6c51, 0x9990_90b6),
    (0x86f0_ac99_b4e8_dafd, 0x69a0_28bb),
    (0xda01_ee64_1a70_8de9, 0xe80e_6f48),
    (0xb01a_e745_b101_e9e4, 0x5ec0_5dd0),
    (0x8e41_ade9_fbeb_c27d, 0x1458_8f14),
    (0xe5d3_ef28_2a24_2e81, 0x8f16_68c9),
    (0xb9a7_4a06_37ce_2ee1, 0x6d95_3e2c),
    (0x95f8_3d0a_1fb6_9cd9, 0x4abd_af10),
    (0xf24a_01a7_3cf2_dccf, 0xbc63_3b39),
    (0xc3b8_3581_09e8_4f07, 0x0a86_2f81),
    (0x9e19_db92_b4e3_1ba9, 0x6c07_a2c2),
];

/// The leading 64 bits of 10^p.
fn power_of_ten(p: i32) -> u64 {
    if p == -1 {
        return SCALE[13].0;
    }
    let (group, rest) = (p.div_euclid(27), p.rem_euclid(27));
    // 10^26 has 61 significant bits, so these powers are exact.
    let base = 10u128.pow(rest.unsigned_abs());
    let base = (base << base.leading_zeros() >> 64) as u64;
    if group == 0 {
        return base;
    }
    let (scale, low) = SCALE[(group + 13) as usize];
    if rest == 0 {
        return scale;
    }
    let product = u128::from(scale) * u128::from(base) + ((u128::from(low) * u128::from(base)) >> 32);
    (product << product.leading_zeros() >> 64) as u64
}

/// `n` (at most 18) or more significant digits of m × 2^e, as an integer and its power of ten. The highest bit
/// of `m` is set.
fn decimal(m: u64, e: i32, n: i32) -> (u64, i32) {
    let p = n - 1 - (((e + 63) * 78_913) >> 18);
    let high = ((u128::from(m) * u128::from(power_of_ten(p))) >> 64) as u64;
    let shift = -(e + ((p * 108_853) >> 15) + 1);
    if n < 18 {
        return (high >> shift, -p);
    }
    let high = high >> (shift - 1);
    ((high + (high << 1 & 2)) >> 1, -p)
}

impl Digits {
    /// None at all.
    pub(super) const NONE: Digits = Digits { digits: [b'0'; DIGITS], len: 0, point: 0 };

    /// Digits of `x`, rounded half up: to `round` significant ones, or, when it is not positive, to so many
    /// behind the point.
    fn of(x: f64, round: i32) -> Digits {
        Digits::at_most(x, round, 20)
    }

    /// The same, of at most so many digits that are more than zeros.
    pub(super) fn at_most(x: f64, round: i32, most: usize) -> Digits {
        let bits = x.to_bits();
        let (m, e) = (bits & ((1 << 52) - 1), (bits >> 52) as i32);
        let (m, e) = match e {
            0 => (m << m.leading_zeros(), -1074 - m.leading_zeros() as i32),
            _ => ((m << 11) | (1 << 63), e - 1086),
        };
        let (mut v, exp) = decimal(m, e, if (1..18).contains(&round) { round + 1 } else { 18 });
        let mut digits = [b'0'; DIGITS];
        let mut first = DIGITS;
        while v > 0 {
            first -= 1;
            digits[first] = b'0' + (v % 10) as u8;
            v /= 10;
        }
        let len = DIGITS - first;
        let mut found = Digits { digits: [b'0'; DIGITS], len, point: len as i32 + exp };
        found.digits[..len].copy_from_slice(&digits[first..]);
        let keep = if round > 0 { round } else { found.point - round };
        if (0..len as i32).contains(&keep) {
            found.cut(if round == 17 && most > 16 { found.shortest(x) } else { most.min(keep as usize) });
        } else if keep >= len as i32 && len > most {
            found.cut(most);
        }
        while found.len > 1 && found.digits[found.len - 1] == b'0' {
            found.len -= 1;
        }
        found
    }

    /// Keeps `keep` digits, rounded half up.
    fn cut(&mut self, keep: usize) {
        let up = self.digits[keep] >= b'5';
        self.len = keep;
        if !up {
            return;
        }
        let nines = self.digits[..keep].iter().rev().take_while(|digit| **digit == b'9').count();
        if nines == keep {
            (self.digits[0], self.len, self.point) = (b'1', 1, self.point + 1);
        } else {
            self.digits[keep - nines - 1] += 1;
            self.len = keep - nines;
        }
    }

    /// How many of 17 digits to keep: fewer when they end in nines or zeros and still say the same f64, so that
    /// 49.47 is not 49.469999999999999.
    fn shortest(&self, x: f64) -> usize {
        let all = &self.digits;
        let nines = all[14..16] == *b"99";
        if !nines && self.point < self.len as i32 && all[13..16] != *b"000" {
            return 17;
        }
        let (tail, end) = if nines { (b'9', 14) } else { (b'0', 13) };
        let keep = end - all[..end].iter().rev().take_while(|digit| **digit == tail).count();
        let v = all[..keep].iter().fold(0, |v, digit| v * 10 + u64::from(digit - b'0')) + u64::from(nines);
        if value(v, self.point - keep as i32) == x { keep + 1 } else { 17 }
    }
}

/// Room for a number's text on the stack.
#[derive(Default)]
struct Short {
    bytes: [u8; 27],
    len: usize,
}

impl Short {
    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).expect("whole strings were written")
    }
}

impl Write for Short {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let room = self.bytes.get_mut(self.len..self.len + text.len()).ok_or(std::fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len += text.len();
        Ok(())
    }
}
