//! What a step says of records that are neither in its batch nor done, and of rows of its own.

use super::Cx;
use crate::data::Batch;

impl Cx {
    /// Takes back `n` of those that it has read in this call: it reads them again later.
    pub(crate) fn unread(&mut self, n: u64) {
        self.account.done -= n;
    }

    /// Rows that this step has made leave by a port of its own, which adds to the main stream and takes nothing out.
    pub(crate) fn side_rows(&mut self, port: usize, rows: &Batch) {
        let port = self.ports[self.step][port].index();
        self.account.ports[port] += rows.len() as u64;
        if let Some(side) = &mut self.sides[port] {
            side.extend(rows, 0, rows.len());
        }
    }

    /// Something outside has `n` of the records that this step got; they come back into a batch, or something is said
    /// of each. It holds until it is said anew. These records are not done: should the process go, they are lost.
    pub(crate) fn under_way(&mut self, n: u64) {
        if self.under_way.len() <= self.step {
            self.under_way.resize(self.step + 1, 0);
        }
        self.under_way[self.step] = n;
    }

    /// A source did not let in what was no record yet: `n` connections, datagrams or requests.
    pub(crate) fn refused(&mut self, n: u64) {
        self.account.refused += n;
    }

    /// `n` records, or datagrams, went by before this source could read them.
    pub(crate) fn missed(&mut self, n: u64) {
        self.account.missed = self.account.missed.saturating_add(n);
    }

    /// `n` records that something outside had do not come back.
    pub(crate) fn lose(&mut self, n: u64) {
        self.lost += n;
    }
}
