//! Functions of times, in UTC or in a zone.

mod civil;
mod codes;
mod interval;
mod read;
mod unit;
mod write;

pub(super) use codes::Codes;
pub(super) use interval::{Add, Span};
pub(super) use read::{Read, read as read_text};
pub(super) use unit::{Diff, Part, Trunc, Unit};
pub(super) use write::{AtZone, Written};

use super::text::ROOM;
use super::view::{View, ints, map_some, strict};
use crate::data::time::TimeZone;
use crate::data::{Column, Values, time};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    /// The hour of the day, 0 to 23.
    Hour,
    /// The date: `2013-01-31`.
    Date,
}

const HOUR_NS: i64 = 3_600_000_000_000;

pub(super) fn apply(function: Function, a: View<'_>, zone: Option<&TimeZone>, rows: usize, out: &mut Column) {
    strict(&[a], rows, &mut out.valid);
    match (function, zone) {
        (Function::Date, zone) => dates(a, zone, rows, out),
        (Function::Hour, None) => {
            map_some(a.ints(), rows, ints(out), |ns| Some(ns.div_euclid(HOUR_NS).rem_euclid(24)))
        }
        (Function::Hour, Some(zone)) => {
            map_some(a.ints(), rows, ints(out), |ns| Some(time::hour(ns, zone)));
        }
    }
}

fn dates(a: View<'_>, zone: Option<&TimeZone>, rows: usize, out: &mut Column) {
    let Values::Str(dates) = &mut out.values else { unreachable!("it fills strings") };
    let times = a.ints();
    for row in 0..rows {
        dates.push_within(ROOM, |text| {
            if out.valid.get(row) {
                time::write_date(times.get(row), zone, text);
            }
        });
    }
}
