//! Which columns of its input a step hands on as they came.

use super::Planned;
use crate::data::Schema;

/// What a plan says of the columns that come out: whether a record that stays has in them what it came in with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Passes {
    /// A column that comes out under the name and of the type of one that came in is that one. A step that absorbs
    /// records makes new ones, and passes nothing.
    #[default]
    Named,
    /// For each column of the output the column of the input that it is, if it is one.
    These(Vec<Option<usize>>),
}

impl Planned {
    /// For each column of its output the column of `input` that it is, if it is one.
    pub fn passed(&self, input: &Schema) -> Vec<Option<usize>> {
        let named = |name: &str, of| input.index(name).filter(|at| input.fields[*at].of == of);
        match &self.passes {
            Passes::These(columns) => columns.clone(),
            Passes::Named if self.absorbs => vec![None; self.output.len()],
            Passes::Named => self.output.fields.iter().map(|field| named(&field.name, field.of)).collect(),
        }
    }
}
