//! The laws of a link, held over twenty thousand histories of crashes and resets; each law finds its seeded bug.

mod dice;
pub use dice::Dice;
mod faults;
mod tally;
mod world;

use sluicebox::operator::Amount;
use sluicebox::wire::header::{Header, Kind};
use sluicebox::wire::link::{Received, Verdict};
use std::sync::LazyLock;
use tally::Tally;
use world::{Broken, World};

const SEEDS: u64 = 20_000;

/// What twenty thousand histories of the product as it is came to: breaches by seed, and what happened in all.
static HISTORIES: LazyLock<(Vec<String>, Tally)> = LazyLock::new(|| {
    let (mut breaches, mut all) = (Vec::new(), Tally::default());
    for seed in 0..SEEDS {
        match World::new(seed, Broken::Nothing).run() {
            Ok(tally) => all.add(&tally),
            Err(breach) => breaches.push(format!("seed {seed}: {breach}")),
        }
    }
    (breaches, all)
});

/// No history breaks a law, and with a seeded bug some history breaks it in the words given.
fn law(broken: &[Broken], words: &str) {
    let breaches = &HISTORIES.0;
    assert!(breaches.is_empty(), "{} breaches, such as {}", breaches.len(), breaches[0]);
    for broken in broken {
        let bites = |seed| World::new(seed, *broken).run().is_err_and(|breach| breach.contains(words));
        assert!((0..SEEDS).any(bites), "{broken:?} goes unnoticed: no history says \"{words}\"");
    }
}

#[test]
fn the_faults_bite() {
    let all = HISTORIES.1;
    let each = [all.lost, all.late, all.duplicates, all.sender_crashes, all.receiver_crashes, all.refused];
    assert!(each.iter().all(|n| *n > SEEDS / 20), "{all:?}");
}

/// At rest, what was offered SHALL be what was received and what was lost; nothing else is ever received.
#[test]
fn at_rest_offered_is_received_and_lost() {
    law(&[Broken::CountsDamaged], "the account speaks of other records than there are");
}

/// A sequence number SHALL be used for one record only, over all lives of a sender: the account is made public
/// before what it speaks of is sent.
#[test]
fn a_sequence_number_is_never_used_again() {
    law(&[Broken::PublishLate], "stands for two records");
}

/// A receiver SHALL take each record at most once.
#[test]
fn no_record_is_received_twice() {
    law(&[Broken::TakesAll], "was received twice");
}

/// The records of one life of a sender SHALL be taken in the order of sending.
#[test]
fn the_order_within_a_life_is_kept() {
    law(&[Broken::TakesAll], "of the same life");
}

/// A gap or a Beat SHALL move what the receiver waits for, so that lost records can't block for ever.
#[test]
fn lost_records_give_their_credit_back() {
    law(&[Broken::NoBeat, Broken::GapStays], "blocked for ever");
}

/// An End SHALL be repeated until it is heard, SHALL be heard once, and SHALL stay heard over restarts.
#[test]
fn it_ends_exactly_once() {
    law(&[Broken::EndOnce, Broken::EndForgotten], "blocked for ever");
}

/// What is in flight in one life of a sender SHALL be no more than its credit, or else one frame.
#[test]
fn the_credit_bounds_what_is_in_flight() {
    law(&[Broken::NoWindow], "in flight");
}

fn frame(kind: Kind, epoch: u32, seq: u64, count: u32) -> Header {
    let bytes = 10 * (seq + u64::from(count));
    let (link, body_len, session, schema) = (0, 10 * count, 0, 0);
    Header {
        kind,
        flags: 0,
        link,
        count,
        body_len,
        epoch,
        session,
        seq,
        schema,
        sent_ns: 0,
        watermark: 0,
        bytes,
    }
}

/// A frame of the life before SHALL be taken when it comes late, once, and SHALL NOT disturb the new life.
#[test]
fn late_frames_of_the_life_before_are_taken_once() {
    let mut received = Received::default();
    assert_eq!(received.judge(&frame(Kind::Data, 1, 0, 5)), Verdict::Take);
    assert_eq!(received.judge(&frame(Kind::Data, 2, 20, 5)), Verdict::Take);
    for (verdict, seq) in [(Verdict::Take, 5), (Verdict::Pass, 5), (Verdict::Take, 12), (Verdict::Pass, 0)] {
        assert_eq!(received.judge(&frame(Kind::Data, 1, seq, 5)), verdict, "seq {seq}");
    }
    assert_eq!(received.judge(&frame(Kind::End, 1, 17, 0)), Verdict::Pass);
    assert!(!received.ended, "the End of a life that is over says nothing of the new one");
    assert_eq!((received.next, received.records, received.duplicates), (25, 20, 10));
}

/// A link without a record on its way SHALL admit any one frame; nothing SHALL overflow.
#[test]
fn an_empty_link_admits_any_frame_and_nothing_overflows() {
    let (huge, one) = ((u64::MAX - 10, 10), Amount { records: 1, bytes: 1 });
    let received = Received { next: u64::MAX - 10, bytes: u64::MAX - 5, ..Received::default() };
    assert!(received.admits(huge, u64::MAX, one));
    assert!(!Received::default().admits(huge, u64::MAX, one));
    assert!(!Received::default().admits((1, 1), 100, Amount { records: 1000, bytes: 99 }), "bytes bound too");
    assert!(Received::default().admits((1, 1), 100, Amount { records: 1000, bytes: 100 }));
}
