//! What the made-up shop sells: 1,000 goods in 12 categories, a few of them bought often, some bought together.

use crate::numeric::SplitMix64;

const COUNT: usize = 1000;

/// Name, cheapest and dearest price in cents, and in how many of 100 baskets with such a good the good of the
/// same number of the next category lies as well.
const CATEGORIES: [(&str, u64, u64, u64); 12] = [
    ("pasta", 99, 399, 60),
    ("sauce", 149, 599, 0),
    ("coffee", 399, 1899, 45),
    ("biscuits", 99, 499, 0),
    ("wine", 499, 2999, 40),
    ("cheese", 249, 1499, 0),
    ("bread", 149, 549, 50),
    ("butter", 199, 499, 0),
    ("tea", 199, 999, 30),
    ("honey", 349, 1299, 0),
    ("fruit", 59, 699, 0),
    ("household", 129, 2499, 0),
];

/// One article.
pub(super) struct Good {
    /// Category and number: `pasta-001`.
    pub sku: String,
    pub category: &'static str,
    pub cents: i64,
    /// What is bought with it, in how many of 100 baskets.
    pub partner: Option<(usize, u64)>,
}

/// The catalogue, the most popular good first.
pub(super) struct Goods {
    pub all: Vec<Good>,
    /// A uniform draw from it is a draw by popularity.
    slots: Vec<u16>,
}

impl Goods {
    pub(super) fn new() -> Goods {
        let all = (0..COUNT).map(Good::new).collect();
        // Zipf's law: the n-th is bought 1/n times as often as the first.
        let weight = |rank: usize| 1.0 / (rank + 1) as f64;
        let total: f64 = (0..COUNT).map(weight).sum();
        let (mut slots, mut sum) = (Vec::with_capacity(1 << 16), 0.0);
        for rank in 0..COUNT {
            sum += weight(rank) / total;
            slots.resize((sum * 65_536.0).round() as usize, rank as u16);
        }
        Goods { all, slots }
    }

    /// What is bought with a good, in how many of 100 baskets: after a drift the next but one instead of the next.
    #[inline]
    pub(super) fn partner(&self, good: usize, drifted: bool) -> Option<(usize, u64)> {
        let (partner, together) = self.all[good].partner?;
        Some((if drifted { (partner + 2) % COUNT } else { partner }, together))
    }

    /// A good, the popular ones more often.
    #[inline]
    pub(super) fn draw(&self, random: &mut SplitMix64) -> usize {
        usize::from(self.slots[random.below(self.slots.len() as u64) as usize])
    }
}

impl Good {
    fn new(rank: usize) -> Good {
        let (category, cheapest, dearest, together) = CATEGORIES[rank % CATEGORIES.len()];
        let cents = cheapest + SplitMix64::at(0, rank as u64).below(dearest - cheapest + 1);
        Good {
            sku: format!("{category}-{:03}", rank / CATEGORIES.len() + 1),
            category,
            // Prices end in 9.
            cents: (cents / 10 * 10 + 9) as i64,
            partner: (together > 0 && rank + 1 < COUNT).then_some((rank + 1, together)),
        }
    }
}
