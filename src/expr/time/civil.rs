//! What clocks and calendars show: days and nanoseconds of a day, as numbers.

use crate::data::time::{self, TimeZone};

pub(super) const SECOND_NS: i64 = 1_000_000_000;
pub(super) const DAY_NS: i64 = 86_400 * SECOND_NS;

/// A local date and time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Civil {
    /// Since 1970-01-01.
    pub days: i64,
    /// Since midnight, as the clock shows it.
    pub ns: i64,
}

impl Civil {
    pub(super) fn of(ns: i64, zone: Option<&TimeZone>) -> Civil {
        let (mut days, mut of_day) = (ns.div_euclid(DAY_NS), ns.rem_euclid(DAY_NS));
        if let Some(zone) = zone {
            of_day += time::offset_seconds(ns, zone) * SECOND_NS;
            days += of_day.div_euclid(DAY_NS);
            of_day = of_day.rem_euclid(DAY_NS);
        }
        Civil { days, ns: of_day }
    }

    /// The instant; of a time that clocks were put forward over, the one as long after the gap began; of one that is
    /// there twice, the first. `None` beyond the years of i64 nanoseconds.
    pub(super) fn instant(self, zone: Option<&TimeZone>) -> Option<i64> {
        match zone {
            Some(zone) => time::instant_there(self.days, self.ns, zone),
            None => time::instant(self.days, self.ns),
        }
    }

    pub(super) fn date(self) -> Date {
        Date::of(self.days)
    }

    pub(super) fn second_of_day(self) -> i64 {
        self.ns / SECOND_NS
    }

    /// 0 is Sunday.
    pub(super) fn weekday(self) -> i64 {
        (self.days + 4).rem_euclid(7)
    }

    /// 1 is the first.
    pub(super) fn day_of_year(self) -> i64 {
        self.days - Date { year: self.date().year, month: 1, day: 1 }.days() + 1
    }

    /// Year and week of ISO 8601: a week belongs to the year that its Thursday is in.
    pub(super) fn iso(self) -> (i64, i64) {
        let monday = (self.days + 3).rem_euclid(7);
        let thursday = Civil { days: self.days - monday + 3, ns: 0 };
        (thursday.date().year, (thursday.day_of_year() - 1) / 7 + 1)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Date {
    pub year: i64,
    pub month: i64,
    pub day: i64,
}

impl Date {
    /// Counted in years that begin in March (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    pub(super) fn of(days: i64) -> Date {
        let (era, day_of_era) = ((days + 719_468).div_euclid(146_097), (days + 719_468).rem_euclid(146_097));
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_year + 2) / 153;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        let day = day_of_year - (153 * march_month + 2) / 5 + 1;
        Date { year: era * 400 + year_of_era + i64::from(month <= 2), month, day }
    }

    /// Since 1970-01-01; of a date that there is.
    pub(super) fn days(self) -> i64 {
        time::days_since_1970(self.year, self.month, self.day).expect("it is a date of the calendar")
    }

    /// Months later: the same day, or the last of a month that is too short.
    pub(super) fn after_months(self, months: i64) -> Option<Date> {
        let all = (self.year * 12 + self.month - 1).checked_add(months)?;
        let (year, month) = (all.div_euclid(12), all.rem_euclid(12) + 1);
        // Far beyond what i64 nanoseconds can say.
        if !(-100_000..100_000).contains(&year) {
            return None;
        }
        let fits = |day: &i64| time::days_since_1970(year, month, *day).is_some();
        let day = (1..=self.day).rev().find(fits)?;
        Some(Date { year, month, day })
    }
}
