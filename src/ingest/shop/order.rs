//! One order of the made-up shop, and what is planted in it.

use super::goods::Goods;
use crate::numeric::SplitMix64;

/// 2024-01-01T00:00:00Z.
const OPENED_NS: i64 = 1_704_067_200_000_000_000;
const LINES_MAX: usize = 8;
const LINES: [u8; LINES_MAX] = [25, 25, 20, 12, 8, 5, 3, 2];
const COUNTRIES: [&str; 8] = ["DE", "FR", "GB", "NL", "ES", "IT", "PL", "AT"];
const COUNTRY: [u8; 8] = [28, 18, 16, 10, 9, 8, 6, 5];
const CHANNELS: [&str; 3] = ["web", "app", "store"];
const CHANNEL: [u8; 3] = [55, 30, 15];
const QUANTITY: [u8; 4] = [60, 25, 10, 5];
const TRADE: f64 = 0.06;
const ABROAD: f64 = 0.03;
const REDUCED: f64 = 0.1;
/// Of those who are not in trade, where segments are planted.
const SEGMENTS: [Segment; 3] = [Segment::Usual, Segment::Family, Segment::Bargain];
const SEGMENT: [u8; 3] = [50, 30, 20];
/// How much is reduced of what a hunter of bargains buys.
const HUNTED: f64 = 0.6;
/// What prices are multiplied with after a drift.
const DEARER: (i64, i64) = (3, 2);
/// An outlier's price is so many times the price, or one more, up to twice as many.
const OUTLIER: u64 = 10;

/// What there is to be found besides what always is.
#[derive(Clone, Copy)]
pub(super) struct Planted {
    /// The share of records with a NULL quantity or a negative price.
    pub dirty: f64,
    /// The share of lines whose price is ten to twenty times what it should be.
    pub outliers: f64,
    /// Customers are of four kinds, not of two.
    pub segments: bool,
    /// The country whose customers stay away, and how many of them do: its place among all, and their share.
    pub fallen: Option<(usize, f64)>,
}

/// The place of a country among all from which customers order.
pub(super) fn country(name: &str) -> Option<usize> {
    COUNTRIES.iter().position(|country| *country == name)
}

/// All of them, for people.
pub(super) fn countries() -> String {
    COUNTRIES.join(", ")
}

/// What kind of customer somebody is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Segment {
    #[default]
    Usual,
    /// Buys 6 to 24 of a thing.
    Trade,
    /// Buys many things at a time.
    Family,
    /// Buys what is reduced, one of a thing.
    Bargain,
}

impl Segment {
    pub(super) fn name(self) -> &'static str {
        match self {
            Segment::Usual => "usual",
            Segment::Trade => "trade",
            Segment::Family => "family",
            Segment::Bargain => "bargain",
        }
    }
}

/// One order; its lines are the first `len` of `lines`.
#[derive(Default)]
pub(super) struct Order {
    pub k: u64,
    pub ts: i64,
    pub customer: u64,
    pub segment: Segment,
    pub country: &'static str,
    pub channel: &'static str,
    /// It comes after the drift.
    pub drifted: bool,
    pub lines: [Line; LINES_MAX],
    pub len: usize,
}

#[derive(Clone, Copy, Default)]
pub(super) struct Line {
    pub good: usize,
    pub quantity: Option<i64>,
    pub cents: i64,
    pub outlier: bool,
}

impl Order {
    /// Makes order `k` of a seed.
    pub(super) fn new(
        (k, interval_ns): (u64, u64),
        (seed, customers): (u64, u64),
        drifted: bool,
        planted: Planted,
        goods: &Goods,
    ) -> Order {
        let mut random = SplitMix64::at(seed, k);
        // Customers with small numbers order more often.
        let customer = random.below(customers);
        let customer = 1 + random.below(customer + 1);
        // What is always so of a customer comes of a sequence of his own.
        let mut person = SplitMix64::at(!seed, customer);
        let (home, trade) = (person.of(&COUNTRY), person.happens(TRADE));
        let segment = match planted.segments {
            _ if trade => Segment::Trade,
            true => SEGMENTS[person.of(&SEGMENT)],
            false => Segment::Usual,
        };
        let mut country = if random.happens(ABROAD) { random.of(&COUNTRY) } else { home };
        if let Some((fallen, share)) = planted.fallen
            && fallen == country
            && person.happens(share)
        {
            // One who would have ordered from there stays away; who orders instead does so from elsewhere.
            country = (country + 1 + person.below(COUNTRIES.len() as u64 - 1) as usize) % COUNTRIES.len();
        }
        let begins = i64::try_from(k.saturating_mul(interval_ns)).unwrap_or(i64::MAX);
        let later = random.below(1000) as i64 * (interval_ns / 1000) as i64;
        let mut order = Order {
            k,
            ts: OPENED_NS.saturating_add(begins).saturating_add(later),
            customer,
            segment,
            country: COUNTRIES[country],
            channel: CHANNELS[random.of(&CHANNEL)],
            drifted,
            ..Order::default()
        };
        let wanted = 1 + random.of(&LINES);
        let wanted = if segment == Segment::Family { (wanted + 3).min(LINES_MAX) } else { wanted };
        while order.len < wanted {
            let good = goods.draw(&mut random);
            if !order.add(good, planted, &mut random, goods) {
                continue;
            }
            if let Some((partner, together)) = goods.partner(good, drifted)
                && random.below(100) < together
                && order.len < LINES_MAX
            {
                order.add(partner, planted, &mut random, goods);
            }
        }
        order
    }

    /// Adds a line; `false` if the good is in the basket already.
    fn add(&mut self, good: usize, planted: Planted, random: &mut SplitMix64, goods: &Goods) -> bool {
        if self.lines[..self.len].iter().any(|line| line.good == good) {
            return false;
        }
        let quantity = match self.segment {
            Segment::Trade => 6 + random.below(19),
            Segment::Bargain => 1,
            Segment::Usual | Segment::Family => 1 + random.of(&QUANTITY) as u64,
        };
        let full = goods.all[good].cents;
        let full = if self.drifted { full * DEARER.0 / DEARER.1 } else { full };
        let reduced = if self.segment == Segment::Bargain { HUNTED } else { REDUCED };
        let cents = if random.happens(reduced) { full * 8 / 10 } else { full };
        let mut line = Line { good, quantity: Some(quantity as i64), cents, outlier: false };
        if random.happens(planted.dirty) {
            if random.below(2) == 0 {
                line.quantity = None;
            } else {
                line.cents = -line.cents;
            }
        } else if planted.outliers > 0.0 && random.happens(planted.outliers) {
            line.cents *= (OUTLIER + random.below(OUTLIER + 1)) as i64;
            line.outlier = true;
        }
        self.lines[self.len] = line;
        self.len += 1;
        true
    }
}
