//! Weights of baskets, in the form in which those of a bitmap are summed fast.
//!
//! The weights of 64 baskets are kept bit by bit: word k says which of them have the bit k. Their sum over a bitmap is
//! that of popcounts, each shifted by its bit.

/// Weights of so many baskets.
#[derive(Clone, Debug, Default)]
pub(super) struct Weights {
    /// All are one: a sum is a count.
    plain: bool,
    planes: Vec<u64>,
    /// Where the planes of each word of a bitmap end.
    ends: Vec<u32>,
}

impl Weights {
    /// Forgets what was, and takes these.
    pub(super) fn fill(&mut self, mut weights: impl Iterator<Item = u64>) {
        self.planes.clear();
        self.ends.clear();
        self.plain = true;
        loop {
            let (start, mut n) = (self.planes.len(), 0);
            for (at, weight) in weights.by_ref().take(64).enumerate() {
                n += 1;
                self.plain &= weight == 1;
                let bits = (u64::BITS - weight.leading_zeros()) as usize;
                if self.planes.len() < start + bits {
                    self.planes.resize(start + bits, 0);
                }
                (0..bits).for_each(|bit| self.planes[start + bit] |= (weight >> bit & 1) << at);
            }
            if n == 0 {
                return;
            }
            self.ends.push(self.planes.len() as u32);
        }
    }

    /// The sum of the weights whose bit is set.
    #[inline]
    pub(super) fn sum(&self, bits: &[u64]) -> u64 {
        if self.plain {
            return bits.iter().map(|word| u64::from(word.count_ones())).sum();
        }
        let (mut sum, mut start) = (0, 0);
        for (word, end) in bits.iter().zip(&self.ends) {
            let planes = &self.planes[start..*end as usize];
            for (bit, plane) in planes.iter().enumerate() {
                sum += u64::from((word & plane).count_ones()) << bit;
            }
            start = *end as usize;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_is_that_of_the_weights_whose_bits_are_set() {
        for most in [1, 2, 1000, u64::from(u32::MAX)] {
            let all: Vec<u64> = (0..200u64).map(|i| 1 + i * 7919 % most).collect();
            let mut weights = Weights::default();
            weights.fill([9; 500].into_iter());
            weights.fill(all.iter().copied());
            let bits: Vec<u64> =
                (0..4u64).map(|i| 0x9e37_79b9_7f4a_7c15u64.rotate_left(i as u32 * 9)).collect();
            let bits: Vec<u64> =
                bits.iter().enumerate().map(|(i, b)| if i == 3 { b & 0xff } else { *b }).collect();
            let set = |at: usize| bits[at / 64] >> (at % 64) & 1 == 1;
            let expected: u64 = (0..200).filter(|at| set(*at)).map(|at| all[at]).sum();
            assert_eq!(weights.sum(&bits), expected, "up to {most}");
        }
    }
}
