//! What is remembered of baskets, and what is frequent among them.

use super::found::Found;
use super::lossy::Lossy;
use super::mine::{Wanted, mine};
use super::names::Items;
use super::store::Baskets;
use serde::{Deserialize, Serialize};

/// How baskets are remembered.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Memory {
    /// All of them.
    Whole,
    /// The last ones.
    Last(u64),
    /// Those of the last nanoseconds of event time.
    Span(u64),
    /// All, each itemset counted too low by at most this part of them.
    Lossy(f64),
}

/// What a model is held to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub support_min: f64,
    pub len_max: usize,
    pub sets_max: usize,
    pub items_max: usize,
    pub bytes_max: usize,
}

/// Baskets of one key.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Model {
    memory: Memory,
    items: Items,
    baskets: Baskets,
    lossy: Lossy,
    /// The greatest time so far.
    latest: i64,
    /// How often an item, or in a window a basket, had to go for want of room.
    pub evicted: u64,
    #[serde(skip)]
    basket: Vec<u32>,
}

/// Itemsets that are frequent, with the items in the order of their texts.
pub(in crate::mining) struct Sets<'a> {
    items: &'a Items,
    /// The number of each item, by the place of its text among those of all frequent items.
    codes: Vec<u32>,
    found: Found,
    /// How many baskets there are.
    pub baskets: u64,
}

impl Sets<'_> {
    pub(in crate::mining) fn found(&self) -> &Found {
        &self.found
    }

    /// The text of an item of an itemset.
    pub(in crate::mining) fn text(&self, item: u32) -> &str {
        self.items.text(self.codes[item as usize])
    }
}

/// A full batch of the lossy way has so many baskets that an itemset must be in so many of them to be known: with less
/// than a few, all parts of a basket would be.
const SEEN_MIN: f64 = 20.0;
const BATCH_MIN: f64 = 10_000.0;
/// What an itemset takes at least, with its items.
const SET_BYTES: usize = 32;

impl Model {
    pub(super) fn new(memory: Memory) -> Model {
        let baskets = Baskets::new(memory == Memory::Whole);
        let (items, lossy, basket) = (Items::default(), Lossy::default(), Vec::new());
        Model { memory, items, baskets, lossy, latest: i64::MIN, evicted: 0, basket }
    }

    /// Takes a basket. False: it is older than the window.
    pub(super) fn add<'a>(
        &mut self,
        basket: impl Iterator<Item = &'a str>,
        time: i64,
        bounds: &Bounds,
    ) -> bool {
        if let Memory::Span(_) = self.memory
            && time < self.begins()
        {
            return false;
        }
        let Model { items, basket: codes, .. } = self;
        codes.clear();
        for text in basket {
            let code = items.code(text);
            // The first look at an item counts it, so that its number is its own.
            items.enter(code);
            codes.push(code);
        }
        let given = codes.len();
        codes.sort_unstable();
        codes.dedup_by(|a, b| {
            let twice = a == b;
            if twice {
                items.leave(*a, 1);
            }
            twice
        });
        debug_assert!(codes.len() <= given, "a basket has an item once");
        self.latest = self.latest.max(time);
        self.baskets.push(&self.basket, time, 1);
        match self.memory {
            Memory::Whole => {}
            Memory::Last(n) => {
                while self.baskets.count() > n {
                    self.pop();
                }
            }
            Memory::Span(_) => {
                while self.baskets.oldest().is_some_and(|time| time < self.begins()) {
                    self.pop();
                }
            }
            Memory::Lossy(epsilon) => {
                let full = (SEEN_MIN / epsilon).max(BATCH_MIN);
                if self.baskets.count() as f64 >= full {
                    self.take_batch(epsilon, bounds);
                }
            }
        }
        self.hold(bounds);
        true
    }

    /// The earliest time that is in the window.
    fn begins(&self) -> i64 {
        match self.memory {
            Memory::Span(ns) => self.latest.saturating_sub_unsigned(ns).saturating_add(1),
            _ => i64::MIN,
        }
    }

    fn pop(&mut self) -> bool {
        let items = &mut self.items;
        self.baskets.pop(|code| items.leave(code, 1))
    }

    fn take_batch(&mut self, epsilon: f64, bounds: &Bounds) {
        // More would find no room.
        let sets_max = bounds.sets_max.min(bounds.bytes_max / SET_BYTES);
        let wanted = Wanted { count_min: 1, len_max: bounds.len_max, sets_max };
        self.evicted += self.lossy.take(&mut self.baskets, self.items.end(), epsilon, wanted);
        self.baskets.clear();
        self.recount();
    }

    /// The items of what is known stay, counted once for each itemset; there is no basket then.
    fn recount(&mut self) {
        let mut counts = vec![0u64; self.items.end()];
        self.lossy.items().for_each(|code| counts[code as usize] += 1);
        self.items.recount(&counts);
    }

    /// How many bytes are held.
    pub(super) fn bytes(&self) -> usize {
        self.items.bytes() + self.baskets.bytes() + self.lossy.bytes()
    }

    fn is_full(&self, bounds: &Bounds) -> bool {
        self.items.len() > bounds.items_max || self.bytes() > bounds.bytes_max
    }

    /// Makes room where there is none.
    #[inline]
    fn hold(&mut self, bounds: &Bounds) {
        if self.is_full(bounds) {
            self.make_room(bounds);
        }
    }

    #[cold]
    fn make_room(&mut self, bounds: &Bounds) {
        match self.memory {
            Memory::Last(_) | Memory::Span(_) => {
                while self.is_full(bounds) && self.pop() {
                    self.evicted += 1;
                }
            }
            Memory::Lossy(epsilon) => {
                self.take_batch(epsilon, bounds);
                while self.is_full(bounds) && self.lossy.bytes() > 0 {
                    self.evicted += self.lossy.halve() as u64;
                    self.recount();
                }
            }
            Memory::Whole => {
                let less = |n: usize| n - n / 4;
                let lower = Bounds {
                    items_max: less(bounds.items_max),
                    bytes_max: less(bounds.bytes_max),
                    ..*bounds
                };
                while self.is_full(&lower) && self.items.len() > 0 {
                    self.drop_rarest(&lower);
                }
            }
        }
    }

    /// Takes the rarest items out of all baskets: an eighth of them at least.
    fn drop_rarest(&mut self, lower: &Bounds) {
        let mut order: Vec<u32> =
            (0..self.items.end() as u32).filter(|code| self.items.count(*code) > 0).collect();
        order.sort_unstable_by_key(|code| (self.items.count(*code), *code));
        let over = order.len().saturating_sub(lower.items_max);
        order.truncate(over.max(order.len() / 8).max(1));
        let mut goes = vec![false; self.items.end()];
        for code in &order {
            goes[*code as usize] = true;
            self.items.leave(*code, self.items.count(*code));
        }
        self.evicted += order.len() as u64;
        self.baskets.keep(|code| !goes[code as usize]);
    }

    /// The itemsets that are frequent now. `None`: there is no basket.
    pub(super) fn frequent(&mut self, bounds: &Bounds) -> Option<Sets<'_>> {
        let begins = self.begins();
        let baskets = self.lossy.taken + self.baskets.count_since(begins);
        if baskets == 0 {
            return None;
        }
        let count_min = least(bounds.support_min, baskets);
        let wanted = Wanted { count_min, len_max: bounds.len_max, sets_max: bounds.sets_max };
        let end = self.items.end();
        let mut found = match self.memory {
            Memory::Lossy(_) => {
                let count_min = count_min.saturating_sub(self.lossy.missed).max(1);
                self.lossy.found(&mut self.baskets, end, Wanted { count_min, ..wanted })
            }
            _ => mine(self.baskets.since(begins), end, wanted),
        };
        let mut codes: Vec<u32> = Vec::new();
        let mut places = vec![u32::MAX; end];
        for code in found.iter().flat_map(|(items, _)| items) {
            if places[*code as usize] == u32::MAX {
                places[*code as usize] = 0;
                codes.push(*code);
            }
        }
        codes.sort_unstable_by_key(|code| self.items.text(*code));
        codes.iter().enumerate().for_each(|(at, code)| places[*code as usize] = at as u32);
        found.rename(&places);
        Some(Sets { items: &self.items, codes, found, baskets })
    }

    /// Whether what was loaded can be a model of this kind.
    pub(super) fn fits(&self, memory: Memory) -> bool {
        let end = self.items.end();
        self.memory == memory
            && self.items.is_sound()
            && self.baskets.is_sound()
            && self.baskets.codes().all(|code| (code as usize) < end && self.items.count(code) > 0)
            && self.lossy.is_sound(end)
    }
}

/// The least whole number of baskets that is this part of all; what is a whole number but for the last bits of a float
/// is one.
fn least(part: f64, all: u64) -> u64 {
    let exact = part * all as f64;
    let near = exact.round();
    let whole = if (exact - near).abs() <= 1e-9 * near.max(1.0) { near } else { exact.ceil() };
    (whole as u64).max(1)
}
