//! What a window holds of a field, value by value; two that hold parts of it become one.
//!
//! What has a fixed size lies in it. What grows lies in a box of its own, made with the first value.

use super::function::Function;
use crate::data::key::hash;
use crate::data::{Column, Type, Value, Values};
use crate::numeric::{Distinct, Moments, Quantiles, Summary};
use serde::{Deserialize, Serialize};

mod fresh;
mod listed;
mod pick;
mod sum;

use listed::Listed;
use pick::{Pick, PickText};
use sum::{Sum, Wide};

/// A sketch of quantiles throws coins: here they are the same in each window.
const SEED: u64 = 1;

/// When a record was, and which it is: its place among others, whatever the order in which they came.
pub(super) type Place = (i64, u64);

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Aggregate {
    Count(u64),
    Whole(Wide),
    Sum(Sum),
    Least(Option<i64>),
    Greatest(Option<i64>),
    LeastReal(Option<f64>),
    GreatestReal(Option<f64>),
    LeastText(Option<Box<str>>),
    GreatestText(Option<Box<str>>),
    Spread(Moments),
    First(Pick),
    Last(Pick),
    FirstText(Option<Box<PickText>>),
    LastText(Option<Box<PickText>>),
    Quantiles(Option<Box<Quantiles>>),
    Distinct(Option<Box<Distinct>>),
    Top(u32, Option<Box<Summary>>),
    Listed(u32, Option<Box<Listed>>),
}

impl Aggregate {
    /// Whether it takes more memory with more values.
    pub(super) fn grows(&self) -> bool {
        use Aggregate as A;
        matches!(
            self,
            A::LeastText(_)
                | A::GreatestText(_)
                | A::FirstText(_)
                | A::LastText(_)
                | A::Quantiles(_)
                | A::Distinct(_)
                | A::Top(..)
                | A::Listed(..)
        )
    }

    /// How much memory it takes beside its own.
    pub(super) fn held(&self) -> usize {
        use Aggregate as A;
        match self {
            A::LeastText(text) | A::GreatestText(text) => text.as_ref().map_or(0, |text| text.len()),
            A::FirstText(pick) | A::LastText(pick) => pick.as_ref().map_or(0, |pick| pick.held()),
            A::Quantiles(sketch) => sketch.as_ref().map_or(0, |sketch| BOX + sketch.held()),
            A::Distinct(sketch) => sketch.as_ref().map_or(0, |sketch| BOX + sketch.held()),
            A::Top(_, summary) => summary.as_ref().map_or(0, |summary| 3 * BOX + summary.held()),
            A::Listed(_, listed) => listed.as_ref().map_or(0, |listed| BOX + listed.held()),
            _ => 0,
        }
    }

    /// Takes the record itself: only counts do.
    #[inline]
    pub(super) fn take_record(&mut self) {
        if let Aggregate::Count(n) = self {
            *n += 1;
        }
    }

    /// Takes the value of a row. NULL and NaN are no values.
    #[inline]
    pub(super) fn take(&mut self, column: &Column, row: usize, place: Place) {
        if !column.valid.get(row) {
            return;
        }
        match (&mut *self, &column.values) {
            (Aggregate::Count(n), Values::F64(v)) => *n += u64::from(!v[row].is_nan()),
            (Aggregate::Count(n), _) => *n += 1,
            (_, Values::F64(v)) if v[row].is_nan() => {}
            (_, Values::F64(v)) => self.take_real(v[row], place),
            (_, Values::I64(v) | Values::Time(v)) => self.take_whole(v[row], place),
            (_, Values::Bool(v)) => self.take_whole(i64::from(v[row]), place),
            (_, Values::Str(v)) => self.take_text(v.get(row), place),
            (_, Values::List(_)) => {}
        }
    }

    #[inline]
    fn take_whole(&mut self, x: i64, place: Place) {
        match self {
            Aggregate::Whole(sum) => sum.add(x),
            Aggregate::Sum(sum) => sum.add(x as f64),
            Aggregate::Least(least) => *least = Some(least.map_or(x, |y| y.min(x))),
            Aggregate::Greatest(greatest) => *greatest = Some(greatest.map_or(x, |y| y.max(x))),
            Aggregate::First(pick) => pick.take(x as u64, place, true),
            Aggregate::Last(pick) => pick.take(x as u64, place, false),
            Aggregate::Spread(moments) => moments.learn(x as f64),
            Aggregate::Quantiles(sketch) => sketch.get_or_insert_default().add(x as f64, SEED),
            Aggregate::Distinct(sketch) => sketch.get_or_insert_default().add(hash(&x.to_le_bytes())),
            Aggregate::Top(..) | Aggregate::Listed(..) => self.take_digits(x, place),
            _ => {}
        }
    }

    #[inline]
    fn take_real(&mut self, x: f64, place: Place) {
        match self {
            Aggregate::Sum(sum) => sum.add(x),
            // Both zeros have their order, so that the answer does not depend on that of arrival.
            Aggregate::LeastReal(least) if least.is_none_or(|y| x.total_cmp(&y).is_lt()) => *least = Some(x),
            Aggregate::GreatestReal(most) if most.is_none_or(|y| x.total_cmp(&y).is_gt()) => *most = Some(x),
            Aggregate::First(pick) => pick.take(x.to_bits(), place, true),
            Aggregate::Last(pick) => pick.take(x.to_bits(), place, false),
            Aggregate::Spread(moments) => moments.learn(x),
            Aggregate::Quantiles(sketch) => sketch.get_or_insert_default().add(x, SEED),
            // Both zeros are one value.
            Aggregate::Distinct(sketch) => sketch.get_or_insert_default().add(hash(&(x + 0.0).to_le_bytes())),
            _ => {}
        }
    }

    fn take_text(&mut self, text: &str, place: Place) {
        match self {
            Aggregate::LeastText(least) if least.as_ref().is_none_or(|other| text < &**other) => {
                *least = Some(text.into());
            }
            Aggregate::GreatestText(most) if most.as_ref().is_none_or(|other| text > &**other) => {
                *most = Some(text.into());
            }
            Aggregate::FirstText(pick) => PickText::take(pick, text, place, true),
            Aggregate::LastText(pick) => PickText::take(pick, text, place, false),
            Aggregate::Distinct(sketch) => sketch.get_or_insert_default().add(hash(text.as_bytes())),
            Aggregate::Top(k, summary) => {
                summary.get_or_insert_with(|| counters(*k)).add(text);
            }
            Aggregate::Listed(most, listed) => {
                listed.get_or_insert_default().take(text, place, *most as usize)
            }
            _ => {}
        }
    }

    /// A whole number as a text: the commonest are texts, and so is what is listed.
    fn take_digits(&mut self, x: i64, place: Place) {
        self.take_text(&x.to_string(), place);
    }

    /// Takes what another has taken, which is of the same kind.
    pub(super) fn merge(&mut self, other: &Aggregate) {
        use Aggregate as A;
        match (&mut *self, other) {
            (A::Count(a), A::Count(b)) => *a += b,
            (A::Whole(a), A::Whole(b)) => a.merge(b),
            (A::Sum(a), A::Sum(b)) => a.merge(b),
            (A::Spread(a), A::Spread(b)) => a.merge(b),
            (A::Least(_), A::Least(b)) | (A::Greatest(_), A::Greatest(b)) => {
                b.iter().for_each(|x| self.take_whole(*x, (0, 0)));
            }
            (A::LeastReal(_), A::LeastReal(b)) | (A::GreatestReal(_), A::GreatestReal(b)) => {
                b.iter().for_each(|x| self.take_real(*x, (0, 0)));
            }
            (A::LeastText(_), A::LeastText(b)) | (A::GreatestText(_), A::GreatestText(b)) => {
                b.iter().for_each(|text| self.take_text(text, (0, 0)));
            }
            (A::First(a), A::First(b)) => a.merge(b, true),
            (A::Last(a), A::Last(b)) => a.merge(b, false),
            (A::FirstText(a), A::FirstText(Some(b))) => PickText::take(a, &b.text, b.place, true),
            (A::LastText(a), A::LastText(Some(b))) => PickText::take(a, &b.text, b.place, false),
            (A::Quantiles(a), A::Quantiles(Some(b))) => a.get_or_insert_default().merge(b, SEED),
            (A::Distinct(a), A::Distinct(Some(b))) => a.get_or_insert_default().merge(b),
            (A::Top(k, a), A::Top(_, Some(b))) => a.get_or_insert_with(|| counters(*k)).merge(b),
            (A::Listed(most, a), A::Listed(_, Some(b))) => a.get_or_insert_default().merge(b, *most as usize),
            _ => {}
        }
    }

    /// Adds its answer to a column of its type.
    pub(super) fn write(&self, function: Function, column: &mut Column) {
        use Aggregate as A;
        let of = column.of();
        let real = |x: Option<f64>| x.filter(|x| !x.is_nan()).map_or(Value::Null, Value::F64);
        column.push(match self {
            A::Count(n) => Value::I64(*n as i64),
            A::Whole(sum) => sum.get().map_or(Value::Null, Value::I64),
            A::Sum(sum) if function == Function::Mean => real(sum.mean()),
            A::Sum(sum) => real(sum.get()),
            A::Least(x) | A::Greatest(x) => x.map_or(Value::Null, |x| typed(of, x as u64)),
            A::LeastReal(x) | A::GreatestReal(x) => real(*x),
            A::LeastText(text) | A::GreatestText(text) => {
                text.as_ref().map_or(Value::Null, |text| Value::Str(text))
            }
            A::Spread(moments) => real(function.spread(moments)),
            A::First(pick) | A::Last(pick) => pick.bits().map_or(Value::Null, |bits| typed(of, bits)),
            A::FirstText(pick) | A::LastText(pick) => {
                pick.as_ref().map_or(Value::Null, |pick| Value::Str(&pick.text))
            }
            A::Quantiles(sketch) => real(sketch.as_ref().and_then(|sketch| function.quantile(sketch))),
            A::Distinct(sketch) => Value::I64(sketch.as_ref().map_or(0, |sketch| sketch.count()) as i64),
            A::Top(k, summary) => {
                let top = summary.as_ref().map_or(Vec::new(), |summary| summary.top_by_text(*k as usize));
                Value::List(top.iter().map(|counter| &*counter.text).collect())
            }
            A::Listed(_, listed) => {
                Value::List(listed.as_ref().map_or(Vec::new(), |listed| listed.in_order()))
            }
        });
    }

    /// Whether what was loaded can be.
    fn is_sound(&self) -> bool {
        match self {
            Aggregate::Quantiles(Some(sketch)) => sketch.is_sound(),
            Aggregate::Distinct(Some(sketch)) => sketch.is_sound(),
            Aggregate::Top(_, Some(summary)) => summary.is_sound(),
            Aggregate::Listed(_, Some(listed)) => listed.is_sound(),
            _ => true,
        }
    }
}

/// A value of fixed size from its bits.
fn typed(of: Type, bits: u64) -> Value<'static> {
    match of {
        Type::Bool => Value::Bool(bits != 0),
        Type::Time => Value::Time(bits as i64),
        Type::F64 => Value::F64(f64::from_bits(bits)),
        _ => Value::I64(bits as i64),
    }
}

/// Counters for the k commonest: enough of them that the last one of a flat crowd is still near.
fn counters(k: u32) -> Box<Summary> {
    Box::new(Summary::new((10 * k as usize).max(100)))
}

/// What a box costs beside what is in it.
const BOX: usize = 64;

/// Whether two rows of aggregates are of the same kinds, and the first is whole.
pub(super) fn alike(a: &[Aggregate], b: &[Aggregate]) -> bool {
    let kind = std::mem::discriminant::<Aggregate>;
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| kind(a) == kind(b) && a.is_sound())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_fixed_size_is_small() {
        assert!(size_of::<Aggregate>() <= 32, "{}", size_of::<Aggregate>());
    }
}
