//! The last rows of a key, as far as some columns go: each new one takes the place of the oldest.

use super::{remade, taken};
use crate::data::key::{self, KeyOf};
use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Column, Field, Schema, Type};
use crate::error::{Error, Result};
use crate::operator::{Cx, Next, Per, States, column};
use crate::params::{Names, Problem};
use serde::{Deserialize, Serialize};

/// What a step knows of the rows before: of each key, or of all.
#[derive(Clone)]
pub(in crate::preprocess) struct RowsBefore {
    /// What must be the same for a state to fit.
    identity: Vec<String>,
    types: Vec<Type>,
    row: KeyOf,
    most: usize,
    states: States<Before>,
}

impl RowsBefore {
    /// `most` rows are kept, of these columns.
    pub(in crate::preprocess) fn new(
        schema: &Schema,
        columns: Vec<usize>,
        most: usize,
        per: Option<Per>,
    ) -> RowsBefore {
        let fields: Vec<&Field> = columns.iter().map(|at| &schema.fields[*at]).collect();
        RowsBefore {
            identity: fields.iter().map(|field| field.to_string()).chain([most.to_string()]).collect(),
            types: fields.iter().map(|field| field.of).collect(),
            row: KeyOf::new(columns),
            most,
            states: States::new(per, Before::default()),
        }
    }

    /// Gives each row of a batch: its place, what it says, and what the one `most` before it said, if there is one.
    #[inline]
    pub(in crate::preprocess) fn each(
        &mut self,
        batch: &Batch,
        cx: &mut Cx,
        mut with: impl FnMut(usize, &[u8], Option<&[u8]>),
    ) {
        let RowsBefore { row: of_row, most, states, .. } = self;
        let gone = states.begin(cx);
        for row in 0..batch.len() {
            let before = states.state(batch, row);
            let now = of_row.of(batch, row);
            with(row, now, before.oldest(*most));
            before.put(now, *most);
        }
        states.tell_gone(gone, cx);
    }

    /// # Errors
    /// As `Saver::put`.
    pub(in crate::preprocess) fn save(&mut self, version: u16, out: &mut Saver<'_>) -> Result<Next> {
        self.states.save(version, &self.identity, out)
    }

    /// # Errors
    /// As `Loader::get`; where the state is of other columns or keys.
    pub(in crate::preprocess) fn load(&mut self, version: u16, from: &mut Loader<'_>) -> Result<()> {
        let RowsBefore { identity, types, most, states, .. } = self;
        let reads = |row: &[u8]| {
            let mut columns: Vec<Column> = types.iter().map(|of| Column::new(*of)).collect();
            key::read(row, &mut columns).is_some_and(<[u8]>::is_empty)
        };
        if states.load(version, identity, from, |before| before.is_sound(*most, reads))? {
            return Ok(());
        }
        Err(Error::failed("the state is of other fields or keys than the topology says (start without it)"))
    }
}

/// Adds a column for each that `fields` names, called as that with `prefix` before, of the type that `made` says, if it
/// says one. The columns that come out, and where those lie that are named.
pub(in crate::preprocess) fn beside(
    schema: &Schema,
    fields: &Names,
    prefix: &str,
    made: impl Fn(&Field) -> std::result::Result<Option<Type>, String>,
    problems: &mut Vec<Problem>,
) -> (Schema, Vec<usize>) {
    let (mut output, mut columns) = (schema.clone(), Vec::new());
    for (i, name) in fields.all().iter().enumerate() {
        let found = column(schema, "fields", name).and_then(|at| {
            let made = made(&schema.fields[at]).map_err(|what| Problem::at("fields", what))?;
            Ok((at, made))
        });
        match found {
            Ok((at, made)) => {
                columns.push(at);
                let new = made.map(|of| remade(schema, &format!("{prefix}{name}"), of));
                if let Some(Field { name, .. }) = new.as_ref().filter(|new| output.index(&new.name).is_some())
                {
                    problems.push(taken(name));
                }
                output.fields.extend(new);
            }
            Err(problem) => problems.push(Problem { path: fields.path("fields", i), ..problem }),
        }
    }
    if fields.all().is_empty() {
        problems.push(Problem::at("fields", "no column is named"));
    }
    (output, columns)
}

/// Rows as canonical bytes (`data::key`), in memory that is used again.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Before {
    rows: Vec<Vec<u8>>,
    /// Where the oldest lies, once there are as many as are kept.
    oldest: u32,
}

impl Before {
    /// The row that came `most` rows before the one that comes now; `None` while there were not so many.
    #[inline]
    fn oldest(&self, most: usize) -> Option<&[u8]> {
        (self.rows.len() == most).then(|| &self.rows[self.oldest as usize][..])
    }

    /// Takes the row that comes now; `most` are kept.
    #[inline]
    fn put(&mut self, row: &[u8], most: usize) {
        if self.rows.len() < most {
            self.rows.push(row.to_vec());
            return;
        }
        let place = &mut self.rows[self.oldest as usize];
        place.clear();
        place.extend_from_slice(row);
        self.oldest = if self.oldest as usize + 1 == most { 0 } else { self.oldest + 1 };
    }

    /// Whether what was loaded can be; `reads` says whether bytes are a row.
    fn is_sound(&self, most: usize, reads: impl Fn(&[u8]) -> bool) -> bool {
        let full = self.rows.len() == most;
        self.rows.len() <= most
            && (self.oldest as usize) < if full { most } else { 1 }
            && self.rows.iter().all(|row| reads(row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_for_the_newest() {
        let mut before = Before::default();
        let mut seen = Vec::new();
        for row in [b"a", b"b", b"c", b"d", b"e"] {
            seen.push(before.oldest(2).map(<[u8]>::to_vec));
            before.put(row, 2);
        }
        let letters = |row: &Option<Vec<u8>>| row.as_ref().map(|row| row[0]);
        assert_eq!(
            seen.iter().map(letters).collect::<Vec<_>>(),
            [None, None, Some(b'a'), Some(b'b'), Some(b'c')]
        );
        assert!(before.is_sound(2, |row| row.len() == 1) && !before.is_sound(1, |_| true));
    }
}
