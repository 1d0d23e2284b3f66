//! `t + INTERVAL '1' HOUR`: what is shorter than a day is exact; days, months and years are the calendar's.

use super::civil::Civil;
use super::unit::Unit;
use crate::data::time::TimeZone;
use crate::data::{Column, Type};
use crate::expr::by_row::values;
use crate::expr::operation::Kernel;
use crate::expr::view::{View, ints, strict};

/// Of each of these as many as the other operand says; as literals, one of all together.
#[derive(Clone, Copy, Default, Debug, PartialEq)]
pub(in crate::expr) struct Span {
    months: i64,
    days: i64,
    ns: i64,
}

impl Span {
    pub(in crate::expr) fn of(unit: Unit) -> Span {
        let (days, months) = unit.days_and_months();
        Span { months, days, ns: unit.ns().unwrap_or(0) }
    }

    /// So many of a unit; parts of one only where it is always as long.
    pub(in crate::expr) fn many(count: f64, unit: Unit) -> Option<Span> {
        let of = Span::of(unit);
        let exact = of.ns as f64 * count;
        let whole = count.trunc() == count && count.abs() < 1e9;
        match unit.ns() {
            Some(_) if exact.abs() < 9e18 => Some(Span { ns: exact.round() as i64, ..Span::default() }),
            None if whole => {
                let count = count as i64;
                Some(Span { months: of.months * count, days: of.days * count, ns: 0 })
            }
            _ => None,
        }
    }

    fn plus(self, other: Span) -> Option<Span> {
        Some(Span {
            months: self.months.checked_add(other.months)?,
            days: self.days.checked_add(other.days)?,
            ns: self.ns.checked_add(other.ns)?,
        })
    }

    /// `1 day 2 hours`, `-90min`.
    pub(in crate::expr) fn read(text: &str) -> Option<Span> {
        let mut sum = None;
        let mut rest = text.trim();
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit() && !"+-.".contains(c))?;
            let count: f64 = rest[..digits].parse().ok()?;
            rest = rest[digits..].trim_start();
            let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
            let span = Span::many(count, Unit::named(&rest[..letters])?)?;
            sum = Some(sum.map_or(Some(span), |sum: Span| sum.plus(span))?);
            rest = rest[letters..].trim_start_matches([' ', ',']);
        }
        sum
    }

    fn after(self, ns: i64, count: i64, zone: Option<&TimeZone>) -> Option<i64> {
        let mut ns = ns;
        if (self.days, self.months) != (0, 0) {
            let civil = Civil::of(ns, zone);
            let date = civil.date().after_months(self.months.checked_mul(count)?)?;
            let days = date.days().checked_add(self.days.checked_mul(count)?)?;
            if days.abs() > 40_000_000 {
                return None;
            }
            ns = Civil { days, ..civil }.instant(zone)?;
        }
        ns.checked_add(self.ns.checked_mul(count)?)
    }
}

/// Adds a span to a time, or takes it `back`.
pub(in crate::expr) struct Add {
    pub span: Span,
    pub back: bool,
    pub zone: Option<TimeZone>,
}

impl Kernel for Add {
    fn apply(&self, operands: &[View<'_>], rows: usize, out: &mut Column) {
        strict(operands, rows, &mut out.valid);
        let (times, zone) = (operands[0].ints(), self.zone.as_ref());
        let sign = if self.back { -1 } else { 1 };
        match operands.get(1) {
            None => values(ints(out), rows, |row| self.span.after(times.get(row), sign, zone)),
            Some(count) if count.column.of() == Type::F64 => {
                let counts = count.floats();
                values(ints(out), rows, |row| {
                    let ns = counts.get(row) * self.span.ns as f64;
                    let ns = (ns.abs() < 9e18).then(|| ns.round() as i64 * sign)?;
                    times.get(row).checked_add(ns)
                });
            }
            Some(count) => {
                let counts = count.ints();
                values(ints(out), rows, |row| {
                    self.span.after(times.get(row), counts.get(row).checked_mul(sign)?, zone)
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read() {
        let hour = 3_600_000_000_000;
        assert_eq!(Span::read("1 day 2 hours"), Some(Span { days: 1, ns: 2 * hour, months: 0 }));
        assert_eq!(Span::read("-1.5h"), Some(Span { ns: -hour * 3 / 2, ..Span::default() }));
        assert_eq!(Span::read("1 year, 2 months"), Some(Span { months: 14, ..Span::default() }));
        for wrong in ["", "1", "day", "1.5 days", "1 dey", "1 day two", "1e9 days", "99999999999999 hours"] {
            assert_eq!(Span::read(wrong), None, "{wrong}");
        }
    }
}
