//! Some numeric columns of a batch as points, record by record: what a learner begins with.

use crate::data::{Batch, Values};

/// The square of a larger number need not be finite, and would spoil a sum for ever.
const VALUE_MAX: f64 = 1e150;

/// Whether a number can be learned from: it is finite, and so is its square.
#[inline]
pub(crate) fn is_known(x: f64) -> bool {
    // False for NaN too.
    x.abs() <= VALUE_MAX
}

/// The features of a batch, in memory that is used again.
#[derive(Clone, Debug, Default)]
pub struct Features {
    points: Vec<f64>,
    known: Vec<bool>,
    dims: usize,
}

impl Features {
    /// Brings these columns of a batch together, column by column. Without a column all points are empty.
    ///
    /// # Panics
    /// When one is not numeric: `plan` sees to that.
    #[inline]
    pub(crate) fn gather(&mut self, batch: &Batch, columns: &[usize]) {
        self.dims = columns.len();
        self.known.clear();
        self.known.resize(batch.len(), true);
        self.points.clear();
        self.points.resize(batch.len() * self.dims, 0.0);
        for (dim, at) in columns.iter().enumerate() {
            let column = &batch.columns[*at];
            let slots = self.points.chunks_exact_mut(self.dims).map(|point| &mut point[dim]);
            match &column.values {
                Values::F64(v) => slots.zip(v).for_each(|(slot, x)| *slot = *x),
                Values::I64(v) => slots.zip(v).for_each(|(slot, x)| *slot = *x as f64),
                _ => panic!("plan takes numbers only, not {}", column.of()),
            }
            if column.valid.nulls() > 0 {
                self.known.iter_mut().enumerate().for_each(|(row, known)| *known &= column.valid.get(row));
            }
        }
        for (known, point) in self.known.iter_mut().zip(self.points.chunks_exact(self.dims.max(1))) {
            *known &= point.iter().all(|x| is_known(*x));
        }
    }

    /// The point of each record; `None` where a feature is NULL or can't be learned from.
    #[inline]
    pub fn points(&self) -> impl Iterator<Item = Option<&[f64]>> {
        let point = |row: usize| &self.points[row * self.dims..(row + 1) * self.dims];
        self.known.iter().enumerate().map(move |(row, known)| known.then(|| point(row)))
    }

    /// Which records have a point.
    pub fn known(&self) -> &[bool] {
        &self.known
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Schema, Type, Value};

    #[test]
    fn a_record_is_known_when_all_its_features_are() {
        let mut batch = Batch::new(&Schema::of(&[("x", Type::F64), ("name", Type::Str), ("n", Type::I64)]));
        let rows = [
            (Value::F64(0.5), Value::I64(2)),
            (Value::F64(f64::NAN), Value::I64(2)),
            (Value::F64(-2e150), Value::I64(2)),
            (Value::F64(1e150), Value::I64(i64::MIN)),
            (Value::F64(1.0), Value::Null),
        ];
        for (row, (x, n)) in rows.into_iter().enumerate() {
            batch.id.push(row as u64);
            batch.born_ns.push(0);
            for (column, value) in batch.columns.iter_mut().zip([x, Value::Str("a"), n]) {
                column.push(value);
            }
        }
        let mut features = Features::default();
        assert_eq!(features.points().count(), 0);
        features.gather(&batch, &[2, 0]);
        assert_eq!(features.known(), [true, false, false, true, false]);
        let points: Vec<_> = features.points().collect();
        assert_eq!(points, [Some(&[2.0, 0.5][..]), None, None, Some(&[i64::MIN as f64, 1e150]), None]);
        features.gather(&batch, &[]);
        assert!(features.points().eq([Some(&[][..]); 5]), "without a feature nothing is unknown");
        batch.clear();
        features.gather(&batch, &[0]);
        assert_eq!(features.points().count(), 0);
    }
}
