//! Several threads that share the trees of a forest: each has some of them to itself for a whole lot of records.

use super::member::Member;
use super::replacing::Replacing;
use crate::mining::common::tree::Settings;
use crate::mining::common::{Lot, NO_CLASS};

/// A thread that is begun costs some tens of microseconds, so a smaller lot is worked on by one.
pub(super) const RECORDS_MIN: usize = 32;

/// Answers and learns a lot with so many threads. Votes come as from one thread, bit by bit: each tree has draws of its
/// own, and votes are added up in the order of the trees.
pub(super) fn work(
    members: &mut [Member],
    (settings, replacing): (&Settings, Replacing),
    lot: &Lot<'_>,
    threads: usize,
    votes: &mut [f64],
    room: &mut Vec<f64>,
) {
    let each = lot.len() * lot.width;
    room.clear();
    room.resize(members.len() * each, 0.0);
    let share = members.len().div_ceil(threads.max(1));
    std::thread::scope(|scope| {
        let shares = members.chunks_mut(share).zip(room.chunks_mut((share * each).max(1)));
        let mut shares: Vec<_> = shares.collect();
        let own = shares.pop();
        for (members, room) in shares {
            scope.spawn(move || go_through(members, (settings, replacing), lot, room));
        }
        if let Some((members, room)) = own {
            go_through(members, (settings, replacing), lot, room);
        }
    });
    votes.fill(0.0);
    for of_one in room.chunks_exact(each.max(1)) {
        votes.iter_mut().zip(of_one).for_each(|(all, vote)| *all += vote);
    }
}

/// One thread's part: tree by tree, each through the whole lot.
fn go_through(
    members: &mut [Member],
    (settings, replacing): (&Settings, Replacing),
    lot: &Lot<'_>,
    room: &mut [f64],
) {
    for (member, room) in members.iter_mut().zip(room.chunks_exact_mut((lot.len() * lot.width).max(1))) {
        for (at, votes) in room.chunks_exact_mut(lot.width.max(1)).enumerate() {
            let votes = &mut votes[..lot.known[at] as usize];
            let row = lot.row(at);
            let weight = member.vote(settings, row, votes);
            votes.iter_mut().for_each(|vote| *vote *= weight);
            if lot.classes[at] != NO_CLASS {
                member.learn(settings, replacing, row, lot.classes[at] as usize, 1.0);
            }
        }
    }
}
