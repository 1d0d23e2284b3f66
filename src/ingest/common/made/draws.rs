//! The generator of Java's `java.util.Random`: what MOA draws from, so that a seed means the same there and here.
//!
//! A linear congruence of 48 bits (Knuth, The art of computer programming, volume 2, 3.2.1); Gauss draws by the polar
//! method (3.4.1).

use crate::params::Problem;
use crate::units::Share;

const MULTIPLIER: u64 = 0x5_DEEC_E66D;
const MASK: u64 = (1 << 48) - 1;

#[derive(Clone, Debug, PartialEq)]
pub(in crate::ingest) struct Draws {
    state: u64,
    /// Gauss draws come in pairs.
    second: Option<f64>,
}

impl Draws {
    pub(in crate::ingest) fn new(seed: u64) -> Draws {
        Draws { state: (seed ^ MULTIPLIER) & MASK, second: None }
    }

    #[inline]
    fn bits(&mut self, bits: u32) -> u64 {
        self.state = self.state.wrapping_mul(MULTIPLIER).wrapping_add(0xB) & MASK;
        self.state >> (48 - bits)
    }

    /// From 0 to just below 1.
    #[inline]
    pub(in crate::ingest) fn unit(&mut self) -> f64 {
        let high = self.bits(26) << 27;
        (high + self.bits(27)) as f64 / (1u64 << 53) as f64
    }

    /// One of `0..n`, evenly.
    #[inline]
    pub(in crate::ingest) fn below(&mut self, n: u32) -> u32 {
        let n = u64::from(n);
        if n.is_power_of_two() {
            return ((n * self.bits(31)) >> 31) as u32;
        }
        loop {
            let bits = self.bits(31);
            let drawn = bits % n;
            // What lies in the last part of the numbers, which is no whole one, is drawn again.
            if bits - drawn + (n - 1) < 1 << 31 {
                return drawn as u32;
            }
        }
    }

    /// Whether something happens that happens in `share` of all cases, in whole percents.
    #[inline]
    pub(in crate::ingest) fn happens(&mut self, share: Share) -> bool {
        f64::from(1 + self.below(100)) <= 100.0 * share.0 + 1e-9
    }

    /// A draw of a normal distribution around 0, with the deviation 1.
    pub(in crate::ingest) fn gauss(&mut self) -> f64 {
        if let Some(second) = self.second.take() {
            return second;
        }
        loop {
            let (x, y) = (2.0 * self.unit() - 1.0, 2.0 * self.unit() - 1.0);
            let squared = x * x + y * y;
            if squared < 1.0 && squared > 0.0 {
                let factor = (-2.0 * squared.ln() / squared).sqrt();
                self.second = Some(y * factor);
                return x * factor;
            }
        }
    }

    pub(super) fn save(&self, out: &mut Vec<u8>) {
        out.extend(self.state.to_le_bytes());
        out.extend(self.second.unwrap_or(f64::NAN).to_le_bytes());
    }

    pub(super) fn load(&mut self, from: &mut &[u8]) -> Option<()> {
        self.state = u64::from_le_bytes(take(from)?) & MASK;
        self.second = Some(f64::from_le_bytes(take(from)?)).filter(|second| !second.is_nan());
        Some(())
    }
}

/// What is wrong with a share that draws are held against: they are drawn in whole percents.
pub(in crate::ingest) fn whole_percents(key: &str, share: Share) -> Option<Problem> {
    let percents = 100.0 * share.0;
    let is_whole = (percents - percents.round()).abs() < 1e-9;
    (!is_whole)
        .then(|| Problem::at(key, format!("it is drawn in whole percents, as MOA does: {share} can't be")))
}

/// The next eight bytes.
pub(in crate::ingest) fn take(from: &mut &[u8]) -> Option<[u8; 8]> {
    let (first, rest) = from.split_first_chunk()?;
    *from = rest;
    Some(*first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_generator_of_java() {
        // What Java 17 draws of new Random(42) by nextInt(10), nextDouble() and nextGaussian().
        let mut draws = Draws::new(42);
        assert_eq!([(); 5].map(|()| draws.below(10)), [0, 3, 8, 4, 0]);
        assert_eq!(Draws::new(42).unit(), 0.727_563_680_032_868_1);
        let mut draws = Draws::new(42);
        let told = [1.141_905_315_473_054_7, 0.919_407_948_982_787_9];
        assert!(told.iter().all(|told| (draws.gauss() - told).abs() < 1e-12));
    }

    #[test]
    fn a_share_is_one_of_whole_percents() {
        for (share, fits) in
            [(0.0, true), (0.07, true), (0.29, true), (1.0, true), (0.009, false), (0.019, false)]
        {
            assert_eq!(whole_percents("noise", Share(share)).is_none(), fits, "{share}");
        }
    }

    #[test]
    fn it_goes_on_where_it_was() {
        let mut draws = Draws::new(7);
        draws.gauss();
        let mut bytes = Vec::new();
        draws.save(&mut bytes);
        let mut other = Draws::new(1);
        other.load(&mut &bytes[..]).unwrap();
        assert_eq!(other, draws);
        assert_eq!((other.gauss(), other.below(1000)), (draws.gauss(), draws.below(1000)));
        assert!(other.load(&mut &bytes[..15]).is_none());
    }
}
