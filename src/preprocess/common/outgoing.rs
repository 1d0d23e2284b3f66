//! Rows that a step has made and lets out piece by piece, so that no batch is larger than others are.

use crate::data::{Batch, Schema};
use crate::operator::{Cx, Next};

/// Rows that wait to go out.
#[derive(Clone)]
pub(in crate::preprocess) struct Outgoing {
    rows: Batch,
    /// So many of them are out.
    sent: usize,
}

impl Outgoing {
    /// None yet, of these columns.
    pub(in crate::preprocess) fn new(schema: &Schema) -> Outgoing {
        Outgoing { rows: Batch::new(schema), sent: 0 }
    }

    /// Where rows are added.
    pub(in crate::preprocess) fn rows(&mut self) -> &mut Batch {
        &mut self.rows
    }

    /// Fills a batch that is empty with the next rows and counts them as made. `Next::Again`: there are more.
    pub(in crate::preprocess) fn let_out(&mut self, batch: &mut Batch, cx: &mut Cx) -> Next {
        batch.reset_like(&self.rows);
        let to = self.rows.len().min(self.sent + cx.records_max.max(1));
        if self.sent == 0 && to == self.rows.len() {
            std::mem::swap(batch, &mut self.rows);
        } else {
            batch.extend(&self.rows, self.sent, to);
            self.sent = to;
        }
        cx.made(batch.len() as u64);
        if self.sent < self.rows.len() {
            return Next::Again;
        }
        self.rows.clear();
        self.sent = 0;
        Next::Wait
    }
}
