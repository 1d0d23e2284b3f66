//! A table saved piece by piece while it is at work: all pieces tell of the moment at which saving began.
//!
//! Slots are written from the least recently touched on. One that is about to change, or to go, before its turn is
//! written at once into the bytes of the pieces to come; a key that came since is none of that moment. So nothing is
//! copied but what is written anyway, and a touch costs one comparison more. However many keys go at once, as windows
//! do when their hour has passed, each save takes one piece of them.

use super::{Keyed, NONE, Slot};
use crate::data::state::{Bytes, Entries, Loader, Saver, append};
use crate::error::{Error, Result};
use crate::operator::Next;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::{BTreeSet, VecDeque};
use std::ops::Range;

/// A piece ends with the key with which it has so many bytes.
pub(super) const PIECE_BYTES: usize = 64 * 1024;

/// What is still to be written of a table that is being saved.
#[derive(Clone, Default)]
pub(super) struct Pieces {
    under_way: bool,
    /// What is written before the first piece.
    head: Option<Head>,
    /// A slot that was touched last within this range is not written yet.
    pub(super) unsaved: Range<u64>,
    /// The least recently touched of those, if there is one.
    next: u32,
    /// The last touches of slots within that range which are written all the same, before they changed in their place.
    ahead: BTreeSet<u64>,
    /// Pieces that are full.
    full: VecDeque<Vec<u8>>,
    /// The piece behind those, as far as it is written.
    bytes: Vec<u8>,
}

impl Pieces {
    /// A slot leaves its place in the list.
    #[inline]
    pub(super) fn unlinked(&mut self, slot: u32, newer: u32) {
        if self.next == slot {
            self.next = newer;
        }
    }

    fn write<S: Serialize>(&mut self, slot: &Slot<S>) {
        append(&(slot.touched, Bytes(&slot.key), &slot.state), &mut self.bytes);
        if self.bytes.len() >= PIECE_BYTES {
            self.full.push_back(std::mem::take(&mut self.bytes));
        }
    }
}

/// What a table is besides its keys. It comes before them.
#[derive(Clone, Serialize, Deserialize)]
struct Head {
    gone: u64,
    touches: u64,
    keys: u64,
    /// The keys touched since this touch are to be reported.
    unreported: u64,
}

/// Keys, each with the number of its last touch and its state, in any order.
#[derive(Serialize)]
struct Piece<'a> {
    last: bool,
    entries: Bytes<'a>,
}

impl<S: Serialize + Clone> Keyed<S> {
    /// Whether a piece was written and there is more.
    pub(crate) fn is_saving(&self) -> bool {
        self.pieces.under_way
    }

    /// Begins to save, and writes nothing yet: the pieces that are asked for tell of this moment.
    pub(crate) fn begin_saving(&mut self) {
        let unreported = self.slots.get(self.unreported as usize).map_or(u64::MAX, |slot| slot.touched);
        let (gone, touches, keys) = (self.gone, self.touches, self.len() as u64);
        let head = Some(Head { gone, touches, keys, unreported });
        let (next, unsaved) = (self.oldest, 0..touches);
        self.pieces = Pieces { under_way: true, head, next, unsaved, ..Pieces::default() };
    }

    /// What was begun is left.
    pub(crate) fn stop_saving(&mut self) {
        self.pieces = Pieces::default();
    }

    /// Writes the next piece, or begins. `Next::End`: it was the last.
    ///
    /// # Errors
    /// As `Saver::put`; the next call begins anew then.
    pub fn save(&mut self, version: u16, out: &mut Saver<'_>) -> Result<Next> {
        let saved = self.save_piece(version, out);
        if !matches!(saved, Ok(Next::Again)) {
            self.stop_saving();
        }
        saved
    }

    fn save_piece(&mut self, version: u16, out: &mut Saver<'_>) -> Result<Next> {
        if !self.pieces.under_way {
            self.begin_saving();
        }
        if let Some(head) = self.pieces.head.take() {
            out.put(version, &head)?;
        }
        let Some(mut piece) = self.next_full() else {
            out.put(version, &Piece { last: true, entries: Bytes(&self.pieces.bytes) })?;
            return Ok(Next::End);
        };
        out.put(version, &Piece { last: false, entries: Bytes(&piece) })?;
        if self.pieces.bytes.is_empty() {
            // Its memory is that of the next one.
            piece.clear();
            self.pieces.bytes = piece;
        }
        Ok(Next::Again)
    }

    /// The next piece that is full; `None` when all keys together fill none.
    fn next_full(&mut self) -> Option<Vec<u8>> {
        let Keyed { slots, pieces, .. } = self;
        while pieces.full.is_empty() {
            let slot =
                slots.get(pieces.next as usize).filter(|slot| pieces.unsaved.contains(&slot.touched))?;
            if !pieces.ahead.remove(&slot.touched) {
                pieces.write(slot);
            }
            (pieces.unsaved.start, pieces.next) = (slot.touched + 1, slot.newer);
        }
        pieces.full.pop_front()
    }

    #[inline]
    pub(super) fn is_unsaved(&self, slot: u32) -> bool {
        let Slot { touched, .. } = &self.slots[slot as usize];
        self.pieces.unsaved.contains(touched) && !self.pieces.ahead.contains(touched)
    }

    /// Writes a slot that is about to change, and moves it to where those are that were touched.
    #[cold]
    pub(super) fn save_first(&mut self, slot: u32) {
        self.pieces.write(&self.slots[slot as usize]);
        self.unlink(slot);
        self.link_newest(slot);
    }

    /// Writes a slot that is about to change where it is, if it is not written yet.
    pub(super) fn save_in_place(&mut self, slot: u32) {
        if self.is_unsaved(slot) {
            self.pieces.write(&self.slots[slot as usize]);
            self.pieces.ahead.insert(self.slots[slot as usize].touched);
        }
    }

    /// Writes a slot that is about to go, if it is not written yet.
    pub(super) fn save_if_unsaved(&mut self, slot: u32) {
        if self.is_unsaved(slot) {
            self.pieces.write(&self.slots[slot as usize]);
        }
    }
}

impl<S: Serialize + DeserializeOwned + Clone> Keyed<S> {
    /// Goes on from what was saved; `fits` says whether a key and its state can be this table's. False when one
    /// can't, or there are more than may be: the table is then as it was.
    ///
    /// # Errors
    /// As `Loader::get`; the table is then as it was.
    pub fn load(
        &mut self,
        version: u16,
        from: &mut Loader<'_>,
        mut fits: impl FnMut(&[u8], &S) -> bool,
    ) -> Result<bool> {
        let Head { gone, touches, keys, unreported } = from.get(version)?;
        if keys > self.keys_max as u64 {
            return Ok(false);
        }
        let mut loaded = Keyed::new(self.keys_max, self.fresh.clone());
        (loaded.gone, loaded.touches) = (gone, touches);
        let mut last = false;
        while !last {
            let entries: Vec<u8>;
            (last, entries) = from.get(version)?;
            let mut entries = Entries::of(&entries);
            while let Some((touched, key, state)) = entries.next::<(u64, Vec<u8>, S)>()? {
                if !fits(&key, &state) {
                    return Ok(false);
                }
                loaded.put(touched, key, state)?;
            }
        }
        if loaded.len() as u64 != keys {
            return Err(not_whole());
        }
        loaded.link_all(unreported)?;
        *self = loaded;
        Ok(true)
    }

    /// Adds a key that was saved, not yet linked to the others.
    fn put(&mut self, touched: u64, key: Vec<u8>, state: S) -> Result<()> {
        let hash = super::hash(&key);
        if touched >= self.touches || self.find(hash, &key).is_some() {
            return Err(not_whole());
        }
        self.index.insert(hash, self.slots.len() as u32);
        self.slots.push(Slot { hash, touched, key, state, older: NONE, newer: NONE });
        Ok(())
    }

    /// Links all slots in the order of their last touches.
    fn link_all(&mut self, unreported: u64) -> Result<()> {
        let touched = |slot: &u32| self.slots[*slot as usize].touched;
        let mut order: Vec<u32> = (0..self.slots.len() as u32).collect();
        order.sort_unstable_by_key(touched);
        if !order.is_sorted_by(|a, b| touched(a) < touched(b)) {
            return Err(not_whole());
        }
        self.unreported = order.iter().copied().find(|slot| touched(slot) >= unreported).unwrap_or(NONE);
        for (at, slot) in order.iter().enumerate() {
            let older = at.checked_sub(1).map_or(NONE, |at| order[at]);
            let newer = order.get(at + 1).copied().unwrap_or(NONE);
            let slot = &mut self.slots[*slot as usize];
            (slot.older, slot.newer) = (older, newer);
        }
        self.oldest = order.first().copied().unwrap_or(NONE);
        self.newest = order.last().copied().unwrap_or(NONE);
        Ok(())
    }
}

fn not_whole() -> Error {
    Error::failed("the state does not hold the keys that it says it holds")
}
