//! Whether the first line of a file names its columns, or is a record.

use super::look::{Look, texts};
use crate::data::{Batch, Field, Type, Value as Cell};
use crate::error::Result;
use crate::operator::Sample;
use crate::params::Params;
use toml::Value;

/// Fewer columns than this count up by chance.
const COUNT_MIN: usize = 3;
/// Fewer values tell nothing of their kind.
const ROWS_MIN: usize = 2;

impl Look<'_> {
    /// Names of our own where the first line is a record: its fields are values such as those below them. Where it is
    /// numbers alone that are of another kind, they are names, and that is said.
    pub(super) fn headless(&self, params: &mut Params, sample: Sample) -> Result<Sample> {
        let names = (1..=sample.schema.len()).map(|n| Value::String(format!("c{n}"))).collect();
        let mut other = params.clone();
        other.remove("unique_names");
        other.insert("header".to_string(), Value::Boolean(false));
        other.insert("names".to_string(), Value::Array(names));
        let Ok(found) = self.sample(&other) else { return Ok(sample) };
        let found = self.nulls(&mut other, found);
        let pairs = || sample.schema.fields.iter().zip(&found.schema.fields);
        // A text fits any name, so at least one column has to be none.
        let fits = |(with, without): (&Field, &Field)| {
            with.of == without.of || (with.of.is_numeric() && without.of.is_numeric())
        };
        if !found.notes.is_empty() || texts(&found.schema) == found.schema.len() || !pairs().all(fits) {
            return Ok(sample);
        }
        let (named, ..) = self.values(params, &sample.schema)?;
        let (all, ..) = self.values(&other, &found.schema)?;
        let known = named.iter().zip(&all).map(|(named, all)| named.has_all_of(all));
        if !pairs().zip(known).all(|((field, _), known)| known || field.of != Type::Str) {
            return Ok(sample);
        }
        let mut first = First::default();
        self.each(&other, &found.schema, |batch| (0..batch.len()).for_each(|row| first.look(batch, row)))?;
        if first.is_of_names() {
            params.insert("header".to_string(), Value::Boolean(true));
            return Ok(sample);
        }
        *params = other;
        Ok(found)
    }
}

/// What tells a first line of numbers from those below it.
#[derive(Default)]
struct First {
    numbers: Vec<f64>,
    /// By column, whether there is another number that is whole where the first is, or is not where that is not.
    alike: Vec<bool>,
    /// Another line counts up too.
    counts_up: bool,
    others: usize,
}

impl First {
    fn look(&mut self, batch: &Batch, row: usize) {
        let number = |cell: Cell<'_>| match cell {
            Cell::I64(n) => n as f64,
            Cell::F64(x) => x,
            _ => f64::NAN,
        };
        let numbers: Vec<f64> = batch.columns.iter().map(|column| number(column.value(row))).collect();
        if self.numbers.is_empty() {
            self.alike = vec![false; numbers.len()];
            self.numbers = numbers;
            return;
        }
        self.others += 1;
        self.counts_up |= counts_up(&numbers);
        for ((alike, first), other) in self.alike.iter_mut().zip(&self.numbers).zip(numbers) {
            *alike |= (first.fract() == 0.0) == (other.fract() == 0.0) && !other.is_nan();
        }
    }

    /// It alone counts up, as years do: 2019, 2020, 2021. Or its numbers rise, and in no column are others of their
    /// kind: 10, 20 above 0.7, 1.5.
    fn is_of_names(&self) -> bool {
        let numbers = &self.numbers;
        let rises = numbers.len() > 1 && numbers.is_sorted_by(|a, b| a < b);
        let strange = self.others >= ROWS_MIN && !self.alike.contains(&true);
        rises && (strange || (self.others > 0 && counts_up(numbers) && !self.counts_up))
    }
}

/// Whether whole numbers rise in equal steps.
fn counts_up(numbers: &[f64]) -> bool {
    let step = |pair: &[f64]| pair[1] - pair[0];
    let mut steps = numbers.windows(2).map(step);
    let first = steps.next().filter(|step| *step > 0.0);
    let whole = numbers.iter().all(|number| number.fract() == 0.0);
    numbers.len() >= COUNT_MIN && whole && first.is_some_and(|first| steps.all(|step| step == first))
}
