//! What a step counts of its columns or conditions, for its report: a row of numbers for each.

use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Value};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// `N` counts for each of some names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::preprocess) struct Counts {
    names: Vec<String>,
    of: Vec<Vec<u64>>,
}

impl Counts {
    /// Nothing is counted yet.
    pub(in crate::preprocess) fn new<'a>(names: impl Iterator<Item = &'a str>, each: usize) -> Counts {
        let names: Vec<String> = names.map(str::to_string).collect();
        Counts { of: vec![vec![0; each]; names.len()], names }
    }

    /// The counts of the name at this place.
    #[inline]
    pub(in crate::preprocess) fn at(&mut self, place: usize) -> &mut [u64] {
        &mut self.of[place]
    }

    /// All names with their counts.
    pub(in crate::preprocess) fn iter(&self) -> impl Iterator<Item = (&str, &[u64])> {
        self.names.iter().map(String::as_str).zip(self.of.iter().map(Vec::as_slice))
    }

    /// A row for each name: itself, then its counts.
    pub(in crate::preprocess) fn report(&self, out: &mut Batch) {
        for (name, counts) in self.iter() {
            let row = counts.iter().map(|n| Value::I64(*n as i64));
            let row = std::iter::once(Value::Str(name)).chain(row);
            out.columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        }
    }

    /// # Errors
    /// As `Saver::put`.
    pub(in crate::preprocess) fn save(&self, version: u16, out: &mut Saver<'_>) -> Result<()> {
        out.put(version, self)
    }

    /// Reads what was saved of the same names.
    ///
    /// # Errors
    /// As `Loader::get`; when the names are others.
    pub(in crate::preprocess) fn load(&self, version: u16, from: &mut Loader<'_>) -> Result<Counts> {
        let saved: Counts = from.get(version)?;
        let each = |counts: &Counts| counts.of.iter().map(Vec::len).collect::<Vec<_>>();
        if saved.names == self.names && each(&saved) == each(self) {
            return Ok(saved);
        }
        Err(Error::failed(format!(
            "the state is of other names than the topology says, which are {:?} (start without it)",
            self.names
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_go_on_where_they_were_and_those_of_others_are_refused() {
        let mut counts = Counts::new(["a", "b"].into_iter(), 2);
        counts.at(1)[0] += 3;
        let mut state = Vec::new();
        counts.save(1, &mut Saver::new(&mut state)).unwrap();
        let fresh = Counts::new(["a", "b"].into_iter(), 2);
        assert_eq!(fresh.load(1, &mut Loader::new(&state)).unwrap(), counts);
        for other in [Counts::new(["a"].into_iter(), 2), Counts::new(["a", "b"].into_iter(), 3)] {
            let error = other.load(1, &mut Loader::new(&state)).unwrap_err();
            assert!(error.to_string().contains("the state is of other names"), "{error}");
        }
    }
}
