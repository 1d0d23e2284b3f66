//! Units of time: what of a time lies in them, what begins with them, how many of them lie between two times.

use super::civil::{Civil, DAY_NS, Date, SECOND_NS};
use crate::data::Column;
use crate::data::time::TimeZone;
use crate::expr::by_row::values;
use crate::expr::operation::Kernel;
use crate::expr::view::{View, ints, strict};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::expr) enum Unit {
    Nanosecond,
    Microsecond,
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    /// From Monday on.
    Week,
    Month,
    Quarter,
    Year,
}

/// Every unit by its name; its plural and a few short forms are read too.
const UNITS: &[(&str, Unit, &[&str])] = &[
    ("nanosecond", Unit::Nanosecond, &["ns"]),
    ("microsecond", Unit::Microsecond, &["us"]),
    ("millisecond", Unit::Millisecond, &["ms"]),
    ("second", Unit::Second, &["s", "sec", "secs"]),
    ("minute", Unit::Minute, &["min", "mins"]),
    ("hour", Unit::Hour, &["h", "hr", "hrs"]),
    ("day", Unit::Day, &["d"]),
    ("week", Unit::Week, &["w"]),
    ("month", Unit::Month, &["mon"]),
    ("quarter", Unit::Quarter, &[]),
    ("year", Unit::Year, &["y"]),
];

impl Unit {
    pub(in crate::expr) fn named(word: &str) -> Option<Unit> {
        let word = word.to_ascii_lowercase();
        let singular = word.strip_suffix('s').unwrap_or(&word);
        let found = UNITS.iter().find(|(name, _, short)| *name == singular || short.contains(&&*word));
        found.map(|(_, unit, _)| *unit)
    }

    pub(in crate::expr) fn names() -> impl Iterator<Item = &'static str> {
        UNITS.iter().map(|(name, _, _)| *name)
    }

    /// Of a unit that is always as long: so many nanoseconds.
    pub(in crate::expr) fn ns(self) -> Option<i64> {
        match self {
            Unit::Nanosecond => Some(1),
            Unit::Microsecond => Some(1_000),
            Unit::Millisecond => Some(1_000_000),
            Unit::Second => Some(SECOND_NS),
            Unit::Minute => Some(60 * SECOND_NS),
            Unit::Hour => Some(3_600 * SECOND_NS),
            _ => None,
        }
    }

    /// So many days and months, of a longer one.
    pub(super) fn days_and_months(self) -> (i64, i64) {
        match self {
            Unit::Day => (1, 0),
            Unit::Week => (7, 0),
            Unit::Month => (0, 1),
            Unit::Quarter => (0, 3),
            Unit::Year => (0, 12),
            _ => (0, 0),
        }
    }

    /// How many of them have begun since some moment long ago.
    fn number(self, civil: Civil) -> i64 {
        let Date { year, month, .. } = civil.date();
        match self {
            Unit::Day => civil.days,
            Unit::Week => (civil.days + 3).div_euclid(7),
            Unit::Month => year * 12 + month,
            Unit::Quarter => year * 4 + (month - 1) / 3,
            Unit::Year => year,
            _ => {
                let ns = self.ns().unwrap_or(1);
                civil.days * (DAY_NS / ns) + civil.ns / ns
            }
        }
    }

    fn begin(self, ns: i64, zone: Option<&TimeZone>) -> Option<i64> {
        let civil = Civil::of(ns, zone);
        if let Some(of) = self.ns() {
            return ns.checked_sub(civil.ns % of);
        }
        let Date { year, month, .. } = civil.date();
        let first = |month| Date { year, month, day: 1 }.days();
        let days = match self {
            Unit::Week => civil.days - (civil.days + 3).rem_euclid(7),
            Unit::Month => first(month),
            Unit::Quarter => first(month - (month - 1) % 3),
            Unit::Year => first(1),
            _ => civil.days,
        };
        Civil { days, ns: 0 }.instant(zone)
    }
}

/// `date_trunc`: when the unit began that a time is in.
pub(in crate::expr) struct Trunc {
    pub unit: Unit,
    pub zone: Option<TimeZone>,
}

impl Kernel for Trunc {
    fn apply(&self, operands: &[View<'_>], rows: usize, out: &mut Column) {
        strict(operands, rows, &mut out.valid);
        let times = operands[0].ints();
        values(ints(out), rows, |row| self.unit.begin(times.get(row), self.zone.as_ref()));
    }
}

/// `date_diff`: how often a unit begins between two times.
pub(in crate::expr) struct Diff {
    pub unit: Unit,
    pub zone: Option<TimeZone>,
}

impl Kernel for Diff {
    fn apply(&self, operands: &[View<'_>], rows: usize, out: &mut Column) {
        strict(operands, rows, &mut out.valid);
        let (from, to) = (operands[0].ints(), operands[1].ints());
        let number = |ns| self.unit.number(Civil::of(ns, self.zone.as_ref()));
        values(ints(out), rows, |row| number(to.get(row)).checked_sub(number(from.get(row))));
    }
}

/// A number that clocks and calendars show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::expr) enum Shown {
    Nanosecond,
    Microsecond,
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    WeekdayOfSunday,
    WeekdayOfMonday,
    DayOfYear,
    IsoWeek,
    IsoYear,
    Month,
    Quarter,
    Year,
    Epoch,
}

/// Every part by its name and others of it.
const PARTS: &[(&str, Shown, &[&str])] = &[
    ("nanosecond", Shown::Nanosecond, &["nanoseconds", "ns"]),
    ("microsecond", Shown::Microsecond, &["microseconds", "us"]),
    ("millisecond", Shown::Millisecond, &["milliseconds", "ms"]),
    ("second", Shown::Second, &["seconds"]),
    ("minute", Shown::Minute, &["minutes"]),
    ("hour", Shown::Hour, &["hours"]),
    ("day", Shown::Day, &["days", "dayofmonth"]),
    ("dow", Shown::WeekdayOfSunday, &["dayofweek", "weekday"]),
    ("isodow", Shown::WeekdayOfMonday, &[]),
    ("doy", Shown::DayOfYear, &["dayofyear"]),
    ("week", Shown::IsoWeek, &["weeks", "isoweek", "weekofyear"]),
    ("isoyear", Shown::IsoYear, &[]),
    ("month", Shown::Month, &["months"]),
    ("quarter", Shown::Quarter, &["quarters"]),
    ("year", Shown::Year, &["years"]),
    ("epoch", Shown::Epoch, &[]),
];

/// `date_part`.
pub(in crate::expr) struct Part {
    pub shown: Shown,
    pub zone: Option<TimeZone>,
}

impl Part {
    pub(in crate::expr) fn named(word: &str) -> Option<Shown> {
        let word = word.to_ascii_lowercase();
        let found = PARTS.iter().find(|(name, _, also)| *name == word || also.contains(&&*word));
        found.map(|(_, shown, _)| *shown)
    }

    pub(in crate::expr) fn names() -> impl Iterator<Item = &'static str> {
        PARTS.iter().map(|(name, _, _)| *name)
    }

    fn of(&self, ns: i64) -> i64 {
        let civil = Civil::of(ns, self.zone.as_ref());
        let of_minute = civil.ns % (60 * SECOND_NS);
        match self.shown {
            Shown::Nanosecond => of_minute,
            Shown::Microsecond => of_minute / 1_000,
            Shown::Millisecond => of_minute / 1_000_000,
            Shown::Second => of_minute / SECOND_NS,
            Shown::Minute => civil.second_of_day() / 60 % 60,
            Shown::Hour => civil.second_of_day() / 3_600,
            Shown::Day => civil.date().day,
            Shown::WeekdayOfSunday => civil.weekday(),
            Shown::WeekdayOfMonday => (civil.weekday() + 6) % 7 + 1,
            Shown::DayOfYear => civil.day_of_year(),
            Shown::IsoWeek => civil.iso().1,
            Shown::IsoYear => civil.iso().0,
            Shown::Month => civil.date().month,
            Shown::Quarter => (civil.date().month - 1) / 3 + 1,
            Shown::Year => civil.date().year,
            Shown::Epoch => ns.div_euclid(SECOND_NS),
        }
    }
}

impl Kernel for Part {
    fn apply(&self, operands: &[View<'_>], rows: usize, out: &mut Column) {
        strict(operands, rows, &mut out.valid);
        let times = operands[0].ints();
        values(ints(out), rows, |row| Some(self.of(times.get(row))));
    }
}
