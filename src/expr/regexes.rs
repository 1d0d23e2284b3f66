//! What a regular expression takes out of a text, or puts into it.

use super::by_row::texts;
use super::operation::Kernel;
use super::text::{BYTES_MAX, put};
use super::view::{View, strict};
use crate::data::Column;
use regex::Regex;
use std::cell::RefCell;

/// What one group found; group 0 is the whole.
pub(super) struct Extract {
    pub regex: Regex,
    pub group: usize,
}

impl Kernel for Extract {
    fn apply(&self, operands: &[View<'_>], rows: usize, out: &mut Column) {
        strict(operands, rows, &mut out.valid);
        // Once a batch, not once a row.
        let places = RefCell::new(self.regex.capture_locations());
        texts(out, rows, |row, text| {
            let of = operands[0].text(row);
            let (from, to) = match self.group {
                0 => self.regex.find(of).map(|found| (found.start(), found.end()))?,
                group => {
                    let mut places = places.borrow_mut();
                    self.regex.captures_read(&mut places, of)?;
                    places.get(group)?
                }
            };
            put(text, &of[from..to])
        });
    }
}

/// All that is found, by a text with groups in it.
pub(super) struct Replace {
    pub regex: Regex,
    pub by: String,
}

impl Kernel for Replace {
    fn apply(&self, operands: &[View<'_>], rows: usize, out: &mut Column) {
        strict(operands, rows, &mut out.valid);
        texts(out, rows, |row, text| {
            let (of, start, mut last) = (operands[0].text(row), text.len(), 0);
            for found in self.regex.captures_iter(of) {
                let whole = found.get(0)?;
                put(text, &of[last..whole.start()])?;
                found.expand(&self.by, text);
                last = whole.end();
                if text.len() - start > BYTES_MAX {
                    return None;
                }
            }
            put(text, &of[last..])
        });
    }
}
