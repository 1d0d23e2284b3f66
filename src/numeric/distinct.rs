//! How many different values there are, in bounded memory: exact while they are few, then HyperLogLog.
//!
//! Flajolet, Fusy, Gandouet & Meunier 2007, HyperLogLog: the analysis of a near-optimal cardinality estimation
//! algorithm; the estimate is the improved one of Ertl 2017, New cardinality estimation algorithms for HyperLogLog
//! sketches (arXiv 1702.01284). With 4,096 registers it is within 1.6 % in two of three cases, and within 5 % in 998
//! of 1,000. Whatever comes in whatever order, and in however many parts, the answer is the same.

use serde::{Deserialize, Serialize};

/// So many are counted exactly.
const FEW: usize = 256;
/// A hash's first bits choose a register.
const BITS: u32 = 12;
const REGISTERS: usize = 1 << BITS;
/// The other bits of a hash.
const REST: usize = 64 - BITS as usize;

/// Hashes of values: themselves, in their order, or the registers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Distinct {
    Few(Vec<u64>),
    Many(Vec<u8>),
}

impl Default for Distinct {
    fn default() -> Distinct {
        Distinct::Few(Vec::new())
    }
}

impl Distinct {
    /// Takes the hash of a value: equal values have equal ones, and all its bits must be good.
    #[inline]
    pub(crate) fn add(&mut self, hash: u64) {
        match self {
            Distinct::Many(registers) => raise(registers, hash),
            Distinct::Few(hashes) => {
                let Err(at) = hashes.binary_search(&hash) else { return };
                if hashes.len() < FEW {
                    hashes.insert(at, hash);
                    return;
                }
                let mut registers = vec![0; REGISTERS];
                hashes.iter().for_each(|hash| raise(&mut registers, *hash));
                raise(&mut registers, hash);
                *self = Distinct::Many(registers);
            }
        }
    }

    /// Takes what another has taken.
    pub(crate) fn merge(&mut self, other: &Distinct) {
        match (&mut *self, other) {
            (_, Distinct::Few(hashes)) => hashes.iter().for_each(|hash| self.add(*hash)),
            (Distinct::Many(ours), Distinct::Many(theirs)) => {
                ours.iter_mut().zip(theirs).for_each(|(a, b)| *a = (*a).max(*b));
            }
            (Distinct::Few(hashes), Distinct::Many(theirs)) => {
                let mut registers = theirs.clone();
                hashes.iter().for_each(|hash| raise(&mut registers, *hash));
                *self = Distinct::Many(registers);
            }
        }
    }

    /// How many different ones it has taken.
    pub(crate) fn count(&self) -> u64 {
        let registers = match self {
            Distinct::Few(hashes) => return hashes.len() as u64,
            Distinct::Many(registers) => registers,
        };
        let mut of = [0u32; REST + 2];
        registers.iter().for_each(|rank| of[usize::from(*rank)] += 1);
        let m = REGISTERS as f64;
        let mut z = m * tau(1.0 - f64::from(of[REST + 1]) / m);
        for count in of[1..=REST].iter().rev() {
            z = 0.5 * (z + f64::from(*count));
        }
        z += m * sigma(f64::from(of[0]) / m);
        (m / (2.0 * std::f64::consts::LN_2) * m / z).round() as u64
    }

    /// How many bytes it takes.
    pub(crate) fn held(&self) -> usize {
        match self {
            Distinct::Few(hashes) => 8 * hashes.capacity(),
            Distinct::Many(registers) => registers.capacity(),
        }
    }

    /// Whether a state that was read is a whole one.
    pub(crate) fn is_sound(&self) -> bool {
        match self {
            Distinct::Few(hashes) => hashes.len() <= FEW && hashes.is_sorted_by(|a, b| a < b),
            Distinct::Many(registers) => {
                registers.len() == REGISTERS && registers.iter().all(|rank| usize::from(*rank) <= REST + 1)
            }
        }
    }
}

/// A register keeps the greatest place of a first bit that is set.
#[inline]
fn raise(registers: &mut [u8], hash: u64) {
    let register = &mut registers[(hash >> REST) as usize];
    // A bit behind the last one ends the search.
    let rank = ((hash << BITS) | (1 << (BITS - 1))).leading_zeros() as u8 + 1;
    *register = (*register).max(rank);
}

fn sigma(mut x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z == before {
            return z;
        }
    }
}

fn tau(mut x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x).powi(2) * y;
        if z == before {
            return z / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::SplitMix64;

    #[test]
    fn counts_are_near_and_exact_while_few() {
        let (mut far, mut looks) = (0, 0);
        for seed in 0..60 {
            let (mut draws, mut distinct) = (SplitMix64::new(seed), Distinct::default());
            let mut n = 0u64;
            for goal in [1, 100, 256, 300, 1_000, 5_000, 20_000, 100_000] {
                while n < goal {
                    let hash = draws.draw();
                    distinct.add(hash);
                    distinct.add(hash);
                    n += 1;
                }
                let off = (distinct.count() as f64 - n as f64).abs() / n as f64;
                assert!(n > FEW as u64 || off == 0.0, "{n} of few");
                assert!(off < 0.065, "{n}, seed {seed}: {off}");
                if n > FEW as u64 {
                    far += usize::from(off > 0.033);
                    looks += 1;
                }
                assert!(distinct.is_sound() && distinct.held() <= REGISTERS);
            }
        }
        assert!(far * 20 <= looks, "{far} of {looks} are off by more than twice what is said");
    }

    #[test]
    fn neither_order_nor_parting_changes_it() {
        for n in [100usize, 256, 257, 3000] {
            let mut draws = SplitMix64::new(9);
            let hashes: Vec<u64> = (0..n).map(|_| draws.draw()).collect();
            let of = |hashes: &mut dyn Iterator<Item = &u64>| {
                let mut distinct = Distinct::default();
                hashes.for_each(|hash| distinct.add(*hash));
                distinct
            };
            let whole = of(&mut hashes.iter());
            assert_eq!(of(&mut hashes.iter().rev()).count(), whole.count());
            for cut in [0, 10, n / 2, n] {
                let (mut first, then) = (of(&mut hashes[..cut].iter()), of(&mut hashes[cut..].iter()));
                first.merge(&then);
                assert_eq!(first.count(), whole.count(), "{n} cut at {cut}");
            }
        }
    }
}
