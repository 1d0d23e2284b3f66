//! What k-means has learned of one stream: its centres, and the first records until they are reseeded.

use super::centres::Centres;
use super::lloyd;
use crate::data::{Column, Value};
use serde::{Deserialize, Serialize};

/// After so many records the centres are reseeded.
pub(super) const COPIES: usize = 1000;

/// What it has learned, all of it.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Model {
    centres: Centres,
    /// The first records, until the centres have been reseeded from them.
    copies: Vec<f64>,
    reseeded: bool,
}

impl Model {
    pub(super) fn new(k: usize, dims: usize) -> Model {
        Model { centres: Centres::new(k, dims), copies: Vec::new(), reseeded: false }
    }

    /// Whether a state that was read is one of `k` centres in `dims` dimensions.
    pub(super) fn fits(&self, k: usize, dims: usize) -> bool {
        let copies = self.copies.len();
        self.centres.fits(k, dims) && copies.is_multiple_of(dims) && copies < COPIES * dims
    }

    /// Answers with the cluster and the squared distance, then learns.
    #[inline]
    pub(super) fn learn(&mut self, point: &[f64], seed: u64) -> (usize, f64) {
        let answer = match self.centres.nearest(point) {
            Some((cluster, squared)) if squared == 0.0 || self.centres.is_full() => {
                self.centres.learn(cluster, point, squared);
                (cluster, squared)
            }
            _ => (self.centres.add(point), 0.0),
        };
        if !self.reseeded {
            self.copies.extend_from_slice(point);
            if self.copies.len() == COPIES * point.len() {
                self.reseed(point.len(), seed);
            }
        }
        answer
    }

    #[cold]
    fn reseed(&mut self, dims: usize, seed: u64) {
        let copies = std::mem::take(&mut self.copies);
        self.reseeded = true;
        if !self.centres.is_full() {
            // There are fewer distinct records than centres, and each is a centre: nothing is better.
            return;
        }
        if let Some(mut found) = lloyd::centres(&copies, dims, self.centres.len(), seed) {
            found.number_like(&self.centres);
            self.centres = found;
        }
    }

    /// Adds a row for each centre: its number, its records, how far they are, where it is. `first` is called for each.
    pub(super) fn report(&self, columns: &mut [Column], mut first: impl FnMut()) {
        for centre in 0..self.centres.len() {
            first();
            let head = [
                Value::I64(centre as i64),
                Value::I64(self.centres.count(centre) as i64),
                Value::F64(self.centres.ssq(centre)),
            ];
            let place =
                (0..columns.len() - head.len()).map(|dim| Value::F64(self.centres.coordinate(centre, dim)));
            let row = head.into_iter().chain(place);
            columns.iter_mut().zip(row).for_each(|(column, x)| column.push(x));
        }
    }
}
