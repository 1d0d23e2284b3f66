//! Different texts in an order of their own, in one piece of memory: what a basket or a list holds.

use serde::{Deserialize, Serialize};

/// Texts, each there once.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::preprocess) struct Things {
    texts: String,
    /// Where each ends in `texts`.
    ends: Vec<u32>,
}

impl Things {
    pub(in crate::preprocess) fn len(&self) -> usize {
        self.ends.len()
    }

    #[inline]
    pub(in crate::preprocess) fn get(&self, at: usize) -> &str {
        let start = if at == 0 { 0 } else { self.ends[at - 1] as usize };
        &self.texts[start..self.ends[at] as usize]
    }

    pub(in crate::preprocess) fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.ends.len()).map(|at| self.get(at))
    }

    /// Where a text lies, if it is there.
    pub(in crate::preprocess) fn find(&self, text: &str) -> Option<usize> {
        self.iter().position(|other| other == text)
    }

    /// Adds a text that is not there, at the end.
    pub(in crate::preprocess) fn push(&mut self, text: &str) {
        self.texts.push_str(text);
        self.ends.push(self.texts.len() as u32);
    }

    pub(in crate::preprocess) fn remove(&mut self, at: usize) {
        let (end, len) = (self.ends[at] as usize, self.get(at).len());
        self.texts.replace_range(end - len..end, "");
        self.ends.remove(at);
        self.ends[at..].iter_mut().for_each(|end| *end -= len as u32);
    }

    /// Puts a text that is not there where another lies, which goes.
    pub(in crate::preprocess) fn replace(&mut self, at: usize, text: &str) {
        let (end, len) = (self.ends[at] as usize, self.get(at).len());
        self.texts.replace_range(end - len..end, text);
        if text.len() != len {
            self.ends[at..].iter_mut().for_each(|end| *end = *end - len as u32 + text.len() as u32);
        }
    }

    /// Bytes of what is in it.
    pub(in crate::preprocess) fn bytes(&self) -> usize {
        self.texts.len() + size_of::<u32>() * self.ends.len()
    }

    /// How much memory it has, full or not.
    pub(in crate::preprocess) fn capacity(&self) -> usize {
        self.texts.capacity() + size_of::<u32>() * self.ends.capacity()
    }

    /// Takes all texts out; the memory stays.
    pub(in crate::preprocess) fn clear(&mut self) {
        self.texts.clear();
        self.ends.clear();
    }

    /// Whether what was loaded can be: every end is one of a text, and they are in order.
    pub(in crate::preprocess) fn is_sound(&self) -> bool {
        let mut last = 0;
        let ordered = self.ends.iter().all(|end| {
            let (before, end) = (std::mem::replace(&mut last, *end), *end);
            before <= end && self.texts.is_char_boundary(end as usize)
        });
        ordered && last as usize == self.texts.len()
    }
}
