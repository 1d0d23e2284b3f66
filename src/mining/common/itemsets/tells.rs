//! What is made of frequent itemsets: rows for each set of them.

use super::model::Sets;
use crate::data::{Batch, Type, Value, key};
use crate::operator::Cx;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What is told of frequent itemsets, and what has to be remembered for that.
pub(in crate::mining) trait Tells: Clone + Send + 'static {
    type Memory: Clone + Default + Serialize + DeserializeOwned + Send;

    /// The columns of a row, behind those of the key.
    fn columns(&self) -> Vec<(&'static str, Type)>;

    /// Writes rows. Answers how many were left out for want of room.
    fn tell(&self, sets: &Sets<'_>, memory: &mut Self::Memory, rows: &mut Rows<'_>) -> u64;

    /// Whether a set without rows behind one that has some is told by a row of NULL, so that who has the rows of the
    /// one before knows that they don't hold any more.
    fn tells_none(&self) -> bool {
        false
    }

    /// What must be the same for a state to fit.
    fn identity(&self) -> String;
}

/// Rows that are being told: each gets key and number by itself.
pub(in crate::mining) struct Rows<'a> {
    pub(super) out: &'a mut Batch,
    /// The bytes of the key, and how many columns they fill.
    pub(super) key: &'a [u8],
    pub(super) width: usize,
    pub(super) cx: &'a mut Cx,
    pub(super) born_ns: u64,
}

impl Rows<'_> {
    pub(in crate::mining) fn push<'v>(&mut self, values: impl IntoIterator<Item = Value<'v>>) {
        self.out.id.push(self.cx.new_id());
        self.out.born_ns.push(self.born_ns);
        let (keys, columns) = self.out.columns.split_at_mut(self.width);
        key::read(self.key, keys).expect("the key was made of these columns");
        columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
    }
}
