//! The laws of a link, held over twenty thousand histories of crashes and resets; each law finds its seeded bug.

mod dice;
pub use dice::Dice;
mod faults;
mod parts;
mod sending;
mod tally;
mod world;

use parts::Broken;
use sluicebox::operator::{Amount, Shed};
use sluicebox::wire::header::{Header, Kind};
use sluicebox::wire::link::{BEAT_NS, LinkSender, Load, OnFull, Received, Step, Terms, Verdict};
use std::sync::LazyLock;
use tally::Tally;
use world::World;

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
    let each = [
        [all.lost, all.full, all.too_old, all.late],
        [all.duplicates, all.sender_crashes, all.receiver_crashes, all.refused],
    ];
    let each = each.concat();
    assert!(each.iter().all(|n| *n > SEEDS / 20), "{all:?}");
}

/// At rest, what was offered SHALL be what was received, shed and lost; nothing else is ever received.
#[test]
fn at_rest_offered_is_received_shed_and_lost() {
    let words = "the account speaks of other records than there are";
    law(&[Broken::CountsDamaged, Broken::ShedUncounted], words);
}

/// What was shed SHALL NOT be received.
#[test]
fn what_is_shed_never_comes() {
    law(&[Broken::ShedIsSent], "was shed and received");
}

/// Nothing SHALL be written before the account that speaks of it is public.
#[test]
fn what_is_written_is_public() {
    law(&[Broken::PublishLate], "is public");
}

/// Credit SHALL bound what is in flight and nothing else: numbers of shed and lost records cost none.
#[test]
fn what_is_shed_eats_no_credit() {
    law(&[Broken::ShedEatsCredit], "in flight, credit");
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
    Header { count, body_len: 10 * count, seq, bytes, ..Header::new(kind, 0, epoch) }
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

/// A sender with such a credit for which `loads` wait, each of so many records and bytes.
fn sender(on_full: OnFull, credit: Amount, loads: &[(u32, u32)]) -> LinkSender {
    let terms = Terms { credit, on_full, max_age_ns: None };
    let begun = Amount { records: 1 << 62, bytes: 1 << 62 };
    let mut sender = LinkSender::new(Header::new(Kind::Data, 0, 1), terms, begun, Shed::default());
    for (body, (count, len)) in loads.iter().enumerate() {
        sender.offer(Load { body, count: *count, len: *len, flags: 0, youngest_ns: 0 }, true);
    }
    sender.published();
    sender
}

/// How many of the loads go out before the receiver says a word.
fn go_out(sender: &mut LinkSender) -> usize {
    std::iter::from_fn(|| {
        let step = sender.next(0)?;
        assert!(matches!(step, Step::Write(..)), "{step:?}");
        sender.handed_over(0)
    })
    .count()
}

/// A link without a record on its way SHALL admit any one frame; both records and bytes bound the next.
#[test]
fn an_empty_link_admits_any_frame() {
    let credit = |records, bytes| Amount { records, bytes };
    for (credit, loads, admitted) in [
        (credit(1, 1), &[(u32::MAX, u32::MAX), (1, 1)][..], 1),
        (credit(2, 100), &[(1, 1), (1, 99), (1, 1)], 2),
        (credit(1000, 99), &[(1, 1), (1, 99)], 1),
    ] {
        assert_eq!(go_out(&mut sender(OnFull::Block, credit, loads)), admitted, "{credit:?}");
    }
}

/// A link that sheds SHALL keep the oldest or the newest, no more than as much again as its credit, and one at least.
#[test]
fn one_more_credit_may_wait() {
    let credit = Amount { records: 10, bytes: 1000 };
    for (on_full, loads, shed) in [
        (OnFull::DropNewest, &[(5, 1); 5][..], &[4][..]),
        (OnFull::DropOldest, &[(5, 1); 5], &[0]),
        (OnFull::DropNewest, &[(1, 900), (1, 900), (1, 900), (1, 200)], &[3, 2]),
        (OnFull::DropOldest, &[(1, 900), (1, 900), (1, 900), (1, 200)], &[0]),
        (OnFull::DropOldest, &[(1, 1), (21, 1)], &[0]),
        (OnFull::DropNewest, &[(21, 1)], &[]),
        (OnFull::Block, &[(21, 1), (21, 1)], &[]),
    ] {
        let mut sender = sender(on_full, credit, loads);
        let gone: Vec<usize> = std::iter::from_fn(|| sender.shed_full()).collect();
        assert_eq!(gone, shed, "{on_full:?} {loads:?}");
    }
}

/// What was shed SHALL be public before End is said, and nothing SHALL be said that is not public.
#[test]
fn end_waits_for_the_account() {
    let mut sender = sender(OnFull::Block, Amount { records: 1, bytes: 1 }, &[]);
    sender.offer_too_old(3);
    let told = sender.tell(Some(0), false, 2 * BEAT_NS).unwrap();
    assert_eq!((told.kind, told.seq), (Kind::Beat, 1 << 62));
    sender.published();
    assert_eq!(sender.tell(None, false, 2 * BEAT_NS), None, "it has just spoken");
    // The first End goes at once, and is repeated as a Beat is.
    let told = sender.tell(Some(0), false, 2 * BEAT_NS).unwrap();
    assert_eq!((told.kind, told.flags, told.seq), (Kind::End, 0, (1 << 62) + 3));
    assert_eq!(sender.tell(Some(0), false, 3 * BEAT_NS - 1), None);
    assert_eq!(sender.tell(Some(0), false, 3 * BEAT_NS).map(|told| told.kind), Some(Kind::End));
}

/// The watermark of a frame that was shed SHALL be told by what comes behind it.
#[test]
fn a_shed_watermark_is_told_by_the_next() {
    let credit = Amount { records: 1, bytes: 1 };
    for (on_full, told) in [(OnFull::DropNewest, [i64::MIN, 7, 9]), (OnFull::DropOldest, [i64::MIN, 9, 9])] {
        let mut sender = sender(on_full, credit, &[(1, 1)]);
        assert_eq!(go_out(&mut sender), 1);
        for (body, watermark) in [(1, 7), (2, 9)] {
            sender.advance(watermark);
            sender.offer(Load { body, count: 1, len: 1, flags: 0, youngest_ns: 0 }, true);
        }
        assert!(sender.shed_full().is_some() && sender.shed_full().is_none());
        sender.published();
        let waiting = sender.tell(None, false, BEAT_NS).unwrap().watermark;
        sender.heard(&Received { next: (1 << 62) + 1, ..Received::default() });
        let Some(Step::Write(head, _)) = sender.next(0) else { panic!("one is left") };
        sender.handed_over(0);
        let beat = sender.tell(None, false, BEAT_NS).unwrap().watermark;
        assert_eq!([waiting, head.watermark, beat], told, "{on_full:?}");
    }
}
