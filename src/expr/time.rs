//! Functions of times, in UTC or in a zone.

use super::view::{View, ints, map_some, strict};
use crate::data::time::TimeZone;
use crate::data::{Column, time};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    /// The hour of the day, 0 to 23.
    Hour,
}

const HOUR_NS: i64 = 3_600_000_000_000;

pub(super) fn apply(function: Function, a: View<'_>, zone: Option<&TimeZone>, rows: usize, out: &mut Column) {
    strict(&[a], rows, &mut out.valid);
    match (function, zone) {
        (Function::Hour, None) => {
            map_some(a.ints(), rows, ints(out), |ns| Some(ns.div_euclid(HOUR_NS).rem_euclid(24)))
        }
        (Function::Hour, Some(zone)) => {
            map_some(a.ints(), rows, ints(out), |ns| time::hour(ns, zone));
        }
    }
}
