//! Numbers that look random and depend on a seed only: the same seed, the same draws, on every machine and in every
//! version.

/// SplitMix64 (Steele, Lea & Flood 2014, Fast splittable pseudorandom number generators, OOPSLA).
#[derive(Clone, Debug)]
pub struct SplitMix64(u64);

impl SplitMix64 {
    /// The sequence of a seed.
    #[inline]
    pub fn new(seed: u64) -> SplitMix64 {
        SplitMix64(seed)
    }

    /// The sequence of a seed and a counter, so that any point of a made-up stream can be made again.
    #[inline]
    pub fn at(seed: u64, counter: u64) -> SplitMix64 {
        SplitMix64(mix(mix(seed.wrapping_add(GOLDEN)) ^ counter))
    }

    #[inline]
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix(self.0)
    }

    /// From 0 to just below 1: the 53 bits that an f64 can hold.
    #[inline]
    pub(crate) fn unit(&mut self) -> f64 {
        (self.draw() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// One of `0..n`, evenly.
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.draw()) * u128::from(n)) >> 64) as u64
    }

    /// Whether something happens that happens in `share` of all cases.
    #[inline]
    pub(crate) fn happens(&mut self, share: f64) -> bool {
        // As many random bits as an f64 can hold, as a number from 0 to 1.
        ((self.draw() >> 11) as f64) < share * (1u64 << 53) as f64
    }

    /// How often something happens that happens so often on average, each time by itself (Knuth's way: `mean` is
    /// small).
    #[inline]
    pub(crate) fn poisson(&mut self, mean: f64) -> u32 {
        let least = (-mean).exp();
        let (mut times, mut product) = (0, self.unit());
        while product > least {
            times += 1;
            product *= self.unit();
        }
        times
    }

    /// An index, each as often as its weight says. `weights` add up to 100.
    #[inline]
    pub fn of<const N: usize>(&mut self, weights: &[u8; N]) -> usize {
        let mut left = self.below(100) as u8;
        for (at, weight) in weights.iter().enumerate() {
            if left < *weight {
                return at;
            }
            left -= weight;
        }
        N - 1
    }
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

#[inline]
fn mix(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_published_generator() {
        // The first numbers of the reference implementation for the state 1234567.
        let mut random = SplitMix64::new(1_234_567);
        let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!(expected.map(|_| random.draw()), expected);
    }

    #[test]
    fn draws_are_even_and_by_weight() {
        let mut random = SplitMix64::at(1, 1);
        let (mut evenly, mut weighed, mut happened) = ([0; 8], [0; 3], 0);
        for _ in 0..80_000 {
            evenly[random.below(8) as usize] += 1;
            weighed[random.of(&[70, 25, 5])] += 1;
            happened += usize::from(random.happens(0.02));
        }
        assert!(evenly.iter().all(|n| (9_700..10_300).contains(n)), "{evenly:?}");
        assert!(
            (55_300..56_700).contains(&weighed[0]) && (3_700..4_300).contains(&weighed[2]),
            "{weighed:?}"
        );
        assert!((1_450..1_750).contains(&happened), "{happened}");
        assert!(!random.happens(0.0) && random.happens(1.0));
        let times: Vec<f64> = (0..80_000).map(|_| f64::from(random.poisson(6.0))).collect();
        let mean = times.iter().sum::<f64>() / 80_000.0;
        let variance = times.iter().map(|n| (n - mean) * (n - mean)).sum::<f64>() / 80_000.0;
        assert!((mean - 6.0).abs() < 0.05 && (variance - 6.0).abs() < 0.2, "{mean}, {variance}");
        assert_ne!(SplitMix64::at(1, 2).draw(), SplitMix64::at(2, 1).draw());
        assert!((0..1000).all(|_| (0.0..1.0).contains(&random.unit())));
    }
}
