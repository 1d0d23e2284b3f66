//! Values as dense numbers in order of first appearance, bounded: texts, truths and whole numbers alike.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// What comes beyond the bound shares this code.
pub(in crate::mining) const BEYOND: u32 = u32::MAX;
const NONE: u32 = u32::MAX;
const SLOTS_MIN: usize = 16;

/// A dictionary of byte strings: each has a code, and a code its bytes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Saved", into = "Saved")]
pub(in crate::mining) struct Codes {
    bytes: Vec<u8>,
    /// Where the bytes of each code end.
    ends: Vec<u32>,
    /// By hash, at most half full; a power of two.
    slots: Vec<u32>,
}

/// As it is saved: slots follow from the rest.
#[derive(Serialize, Deserialize)]
struct Saved {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl From<Codes> for Saved {
    fn from(Codes { bytes, ends, .. }: Codes) -> Saved {
        Saved { bytes, ends }
    }
}

impl From<Saved> for Codes {
    fn from(Saved { bytes, ends }: Saved) -> Codes {
        let mut codes = Codes { bytes, ends, slots: Vec::new() };
        codes.spread();
        codes
    }
}

impl Codes {
    pub(in crate::mining) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The bytes of a code.
    pub(in crate::mining) fn bytes(&self, code: u32) -> &[u8] {
        let start = (code as usize).checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start as usize..self.ends[code as usize] as usize]
    }

    /// The code of these bytes, a new one if they are new; `BEYOND` when there are `max` others.
    #[inline]
    pub(in crate::mining) fn code(&mut self, bytes: &[u8], max: usize) -> u32 {
        match self.find(bytes) {
            Ok(code) => code,
            Err(_) if self.len() >= max => BEYOND,
            Err(slot) => self.add(bytes, slot),
        }
    }

    /// The code of these bytes, if they have one.
    pub(in crate::mining) fn known(&self, bytes: &[u8]) -> Option<u32> {
        self.find(bytes).ok()
    }

    /// Whether it can be one of at most `max` codes, whole: what was read is held against this.
    pub(in crate::mining) fn fits(&self, max: usize) -> bool {
        let last = self.ends.last().map_or(0, |end| *end as usize);
        self.len() <= max && self.ends.is_sorted() && last == self.bytes.len()
    }

    /// The code, or the slot that it would take.
    #[inline]
    fn find(&self, bytes: &[u8]) -> Result<u32, usize> {
        if self.slots.is_empty() {
            return Err(0);
        }
        let mask = self.slots.len() - 1;
        let mut slot = xxh3_64(bytes) as usize & mask;
        loop {
            match self.slots[slot] {
                NONE => return Err(slot),
                code if self.bytes(code) == bytes => return Ok(code),
                _ => slot = (slot + 1) & mask,
            }
        }
    }

    #[cold]
    fn add(&mut self, bytes: &[u8], slot: usize) -> u32 {
        let code = self.ends.len() as u32;
        self.bytes.extend_from_slice(bytes);
        self.ends.push(self.bytes.len() as u32);
        if self.len() * 2 > self.slots.len() {
            self.spread();
        } else {
            self.slots[slot] = code;
        }
        code
    }

    /// Makes room for twice as many, and finds all a slot.
    fn spread(&mut self) {
        let sound = self.fits(usize::MAX);
        let codes = if sound { self.len() } else { 0 };
        self.slots.clear();
        self.slots.resize((codes * 4).next_power_of_two().max(SLOTS_MIN), NONE);
        for code in 0..codes as u32 {
            if let Err(slot) = self.find(self.bytes(code)) {
                self.slots[slot] = code;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::state::{Loader, Saver};

    #[test]
    fn codes_are_dense_and_bounded_and_come_back() {
        let mut codes = Codes::default();
        let texts: Vec<String> = (0..1000).map(|n| format!("value {n}")).collect();
        for _ in 0..2 {
            for (n, text) in texts.iter().enumerate() {
                let expected = if n < 900 { n as u32 } else { BEYOND };
                assert_eq!(codes.code(text.as_bytes(), 900), expected);
            }
        }
        assert_eq!((codes.len(), codes.bytes(7), codes.bytes(0)), (900, &b"value 7"[..], &b"value 0"[..]));
        assert!(codes.slots.len() <= 4096, "what is beyond takes no memory: {}", codes.slots.len());
        let mut saved = Vec::new();
        Saver::new(&mut saved).put(1, &codes).unwrap();
        let back: Codes = Loader::new(&saved).get(1).unwrap();
        assert!(texts.iter().all(|text| back.known(text.as_bytes()) == codes.known(text.as_bytes())));
        assert!(back.fits(900) && !back.fits(899));
    }

    #[test]
    fn an_empty_text_is_a_value() {
        let mut codes = Codes::default();
        assert_eq!((codes.known(b""), codes.code(b"", 2), codes.code(b"", 2)), (None, 0, 0));
    }
}
