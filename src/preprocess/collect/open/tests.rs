//! What is in a basket, when it goes out, and what it leaves behind.

use super::super::basket::{SPARE, SPARE_BYTES};
use super::*;

#[test]
fn a_thing_is_there_as_long_as_a_row_that_brought_it_was_not_taken_back() {
    let mut basket = Basket::default();
    ["ab", "", "c", "ab"].iter().for_each(|thing| assert!(basket.change(thing, 0, false)));
    let take = |basket: &mut Basket, thing: &str| basket.change(thing, 0, true);
    let things = |basket: &Basket| basket.things().map(str::to_string).collect::<Vec<_>>();
    assert_eq!(things(&basket), ["ab", "", "c"]);
    assert!(take(&mut basket, "ab") && basket.is_sound());
    assert_eq!(things(&basket), ["ab", "", "c"]);
    assert!(take(&mut basket, "ab") && take(&mut basket, ""));
    assert!(!take(&mut basket, "ab") && basket.is_sound());
    assert_eq!(things(&basket), ["c"]);
    assert!(take(&mut basket, "c") && basket.len() == 0 && basket.is_sound());
}

fn told(out: &mut Vec<String>) -> impl FnMut(Closed<'_>) {
    |closed| out.push(closed.basket.things().collect::<Vec<_>>().join(" "))
}

#[test]
fn a_row_without_a_thing_ends_its_basket_too() {
    let mut open = Open::new(None, 10, 1 << 20);
    open.set_max_open(10);
    let mut out = Vec::new();
    for thing in ["tea", "milk"] {
        open.add((b"1", thing), (0, 0), (false, false), told(&mut out));
    }
    open.skip(b"1", false, told(&mut out));
    open.skip(b"1", true, told(&mut out));
    // Nothing is open then: there is no empty basket.
    open.skip(b"1", true, told(&mut out));
    open.add((b"1", "bread"), (0, 0), (false, false), told(&mut out));
    open.empty(told(&mut out));
    assert_eq!(out, ["tea milk", "bread"]);
    assert_eq!((open.skipped, open.closed, open.empty), (3, 2, 0));
}

#[test]
fn what_is_over_goes_before_what_is_open_and_is_not_early() {
    let mut open = Open::new(Some(10), 10, 1 << 20);
    open.set_max_open(2);
    let mut out = Vec::new();
    // The basket of b was touched after that of a, by a row that came late: it is over, and a is not.
    open.add((b"a", "x"), (15, 15), (false, false), told(&mut out));
    open.add((b"b", "y"), (7, 15), (false, false), told(&mut out));
    open.add((b"c", "z"), (20, 20), (false, false), told(&mut out));
    assert_eq!((out.join(" "), open.early), ("y".to_string(), 0));
    open.add((b"d", "w"), (20, 20), (false, false), told(&mut out));
    assert_eq!((out.join(" "), open.early), ("y x".to_string(), 1));
}

#[test]
fn a_basket_that_has_gone_out_holds_no_memory() {
    let mut open = Open::new(None, 10, 1 << 30);
    open.set_max_open(100);
    let long = "x".repeat(1 << 20);
    for key in 0..8u8 {
        open.add((&[key], "first"), (0, 0), (false, false), |_| {});
    }
    for key in 0..8u8 {
        open.add((&[key], &long), (0, 0), (true, false), |_| {});
    }
    let held: usize = open.baskets.states().map(|basket| basket.things.capacity()).sum();
    assert_eq!((open.len(), open.bytes, held), (0, 0, 0));
}

/// What is kept of baskets that have gone out, for those to come, is little however many they were.
#[test]
fn the_next_basket_takes_the_memory_of_one_that_has_gone_out() {
    let mut open = Open::new(None, 10, 1 << 30);
    open.set_max_open(1_000_000);
    for key in 0..4 * SPARE as u32 {
        let thing = if key % 2 == 0 { "a".repeat(SPARE_BYTES) } else { "a".to_string() };
        open.add((&key.to_le_bytes(), &thing), (0, 0), (false, false), |_| {});
    }
    open.empty(|_| {});
    assert_eq!(open.emptied.baskets.len(), SPARE);
    assert!(open.emptied.baskets.iter().all(|basket| basket.len() == 0 && basket.held() <= SPARE_BYTES));
    let held: usize = open.baskets.states().map(Basket::held).sum();
    assert_eq!(held, 0, "the others are gone");
    let (mut out, rows) = (Vec::new(), [("tea", false), ("milk", true)]);
    rows.iter().for_each(|(thing, ends)| open.add((b"k", thing), (0, 0), (*ends, false), told(&mut out)));
    assert_eq!(
        (out.join(""), open.emptied.baskets.len()),
        ("tea milk".to_string(), SPARE),
        "one was taken, and came back"
    );
}
