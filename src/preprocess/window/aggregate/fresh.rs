//! What a window begins with, by what is asked and of which values.

use super::super::function::Function;
use super::Aggregate;
use crate::data::Type;
use crate::numeric::Moments;

impl Aggregate {
    /// The type of its answer for values of a type, and what a window begins with; `None` where there is no answer.
    pub(in crate::preprocess::window) fn fresh(function: Function, of: Type) -> Option<(Type, Aggregate)> {
        use Aggregate as A;
        let fixed = matches!(of, Type::I64 | Type::Time | Type::Bool);
        let number = of == Type::I64 || of == Type::F64;
        let thing = of == Type::I64 || of == Type::Str;
        Some(match function {
            Function::Count => (Type::I64, A::Count(0)),
            Function::Sum if of == Type::I64 => (of, A::Whole(Default::default())),
            Function::Sum if number => (of, A::Sum(Default::default())),
            Function::Mean if number => (Type::F64, A::Sum(Default::default())),
            Function::Min if fixed => (of, A::Least(None)),
            Function::Max if fixed => (of, A::Greatest(None)),
            Function::Min if of == Type::F64 => (of, A::LeastReal(None)),
            Function::Max if of == Type::F64 => (of, A::GreatestReal(None)),
            Function::Min if of == Type::Str => (of, A::LeastText(None)),
            Function::Max if of == Type::Str => (of, A::GreatestText(None)),
            Function::Stddev | Function::StddevPop | Function::Variance | Function::VariancePop if number => {
                (Type::F64, A::Spread(Moments::default()))
            }
            Function::First if fixed || of == Type::F64 => (of, A::First(Default::default())),
            Function::Last if fixed || of == Type::F64 => (of, A::Last(Default::default())),
            Function::First if of == Type::Str => (of, A::FirstText(None)),
            Function::Last if of == Type::Str => (of, A::LastText(None)),
            Function::Quantile(_) if number => (Type::F64, A::Quantiles(None)),
            Function::Distinct if of != Type::List => (Type::I64, A::Distinct(None)),
            Function::Top(k) if thing => (Type::List, A::Top(k, None)),
            Function::Collect(most) if thing => (Type::List, A::Listed(most, None)),
            _ => return None,
        })
    }
}
