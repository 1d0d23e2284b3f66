//! What of too many itemsets stays.

use super::found::Found;
use super::mine::{Wanted, mine};

/// All itemsets of `n` items that are in all of the same baskets.
fn dense(n: u32, sets_max: usize) -> Found {
    let basket: Vec<u32> = (0..n).collect();
    let baskets = std::iter::repeat_n((&basket[..], 1), 100);
    mine(baskets, n as usize, Wanted { count_min: 50, len_max: usize::MAX, sets_max })
}

#[test]
fn of_itemsets_that_are_all_as_common_the_short_ones_stay() {
    let found = dense(12, 1000);
    let of_len = |len| found.iter().filter(|(items, _)| items.len() == len).count();
    assert_eq!((of_len(1), of_len(2)), (12, 66), "all that are as short");
    assert!(found.iter().all(|(items, count)| items.len() <= found.len_max && count == 100));
    assert!(found.len() <= 1000 && found.dropped > 0 && found.count_min == 50);
    let all = dense(9, 1000);
    assert_eq!((all.len(), all.dropped), (511, 0));
}

/// Depth first, what is looked at is no deeper than what may be found: baskets of thousands of items overflow no
/// stack, and bitmaps of all depths find room.
#[test]
fn a_long_basket_is_not_walked_through_to_its_end() {
    let found = dense(2000, 4000);
    assert_eq!((found.len(), found.len_max), (2000, 1));
}
