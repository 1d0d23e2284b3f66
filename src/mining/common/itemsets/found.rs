//! Itemsets that were found, and how they are held to so many.

/// Itemsets, one behind the other, each with its items in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::mining) struct Found {
    items: Vec<u32>,
    /// Where each ends in `items`, and how many baskets hold it.
    sets: Vec<(usize, u64)>,
    /// What the least count was in the end, and how long an itemset might be.
    pub count_min: u64,
    pub len_max: usize,
    /// Beyond this it does not rise for want of room, as next to no item is so common.
    count_max: u64,
    /// How many itemsets were found and had to go for want of room.
    pub dropped: u64,
    /// How many ANDs of 64 baskets and looks at an item it took.
    pub steps: u64,
}

impl Found {
    /// Nothing yet.
    pub(super) fn of_at_least(count_min: u64, len_max: usize) -> Found {
        Found { count_min, count_max: u64::MAX, len_max, ..Found::default() }
    }

    pub(in crate::mining) fn len(&self) -> usize {
        self.sets.len()
    }

    pub(in crate::mining) fn get(&self, at: usize) -> (&[u32], u64) {
        let (end, count) = self.sets[at];
        let start = if at == 0 { 0 } else { self.sets[at - 1].0 };
        (&self.items[start..end], count)
    }

    pub(in crate::mining) fn iter(&self) -> impl Iterator<Item = (&[u32], u64)> {
        (0..self.len()).map(|at| self.get(at))
    }

    pub(super) fn push(&mut self, items: impl IntoIterator<Item = u32>, count: u64) {
        self.items.extend(items);
        self.sets.push((self.items.len(), count));
    }

    /// The same of items in any order.
    pub(super) fn push_sorted(&mut self, items: impl IntoIterator<Item = u32>, count: u64) {
        let start = self.items.len();
        self.push(items, count);
        self.items[start..].sort_unstable();
    }

    /// Gives items other numbers.
    pub(super) fn rename(&mut self, places: &[u32]) {
        self.items.iter_mut().for_each(|item| *item = places[*item as usize]);
        let mut start = 0;
        for (end, _) in &self.sets {
            self.items[start..*end].sort_unstable();
            start = *end;
        }
    }

    /// Says how common items are: some of them stay, however little room there is.
    pub(super) fn keep_items(&mut self, counts: impl Iterator<Item = u64>, sets_max: usize) {
        let mut counts: Vec<u64> = counts.collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        // Half as many as all whose itemsets would find room.
        counts.truncate((sets_max.max(2).ilog2() / 2) as usize + 1);
        self.count_max = counts.last().copied().unwrap_or(u64::MAX);
    }

    /// Raises the least count until there are at most so many.
    pub(super) fn cap(&mut self, sets_max: usize) {
        while self.len() > sets_max {
            self.shrink(sets_max);
        }
    }

    /// Raises the least count until there are at most half of `sets_max`: what is left is all that is as common. Where
    /// that would leave next to no item, as many are just as common, the longest itemsets go instead: what is left is
    /// all that is as short.
    fn shrink(&mut self, sets_max: usize) {
        let mut counts: Vec<u64> = self.sets.iter().map(|(_, count)| *count).collect();
        let at = counts.len() - 1 - sets_max / 2;
        let least = *counts.select_nth_unstable(at).1 + 1;
        let most = least.min(self.count_max);
        match self.shorter(sets_max / 2) {
            _ if counts.iter().any(|count| *count < most) => self.count_min = most,
            Some(len) => self.len_max = len,
            None => self.count_min = least,
        }
        let old = std::mem::take(self);
        (self.count_min, self.count_max) = (old.count_min, old.count_max);
        (self.len_max, self.steps) = (old.len_max, old.steps);
        let stays = |items: &[u32], count| count >= old.count_min && items.len() <= old.len_max;
        for (items, count) in old.iter().filter(|(items, count)| stays(items, *count)) {
            self.push(items.iter().copied(), count);
        }
        self.dropped = old.dropped + (old.len() - self.len()) as u64;
    }

    /// The greatest length that at most so many itemsets do not pass, shorter than the longest; one item at least.
    fn shorter(&self, most: usize) -> Option<usize> {
        let mut lens: Vec<usize> = self.iter().map(|(items, _)| items.len()).collect();
        lens.sort_unstable();
        let longest = *lens.last()?;
        let len = lens.get(most).map_or(longest, |len| len - 1).max(1);
        (longest > 1).then_some(len.min(longest - 1))
    }
}
