//! Functions of times. Where a zone can be named it is the last argument; else it is that of the source.

use super::{Call, Function, ready};
use crate::data::Type;
use crate::data::time::TimeZone;
use crate::expr::node::Node;
use crate::expr::operation::{Kernel, Operation};
use crate::expr::plan::Planner;
use crate::expr::time::{self, AtZone, Codes, Diff, Part, Read, Trunc, Unit, Written};
use crate::params::Problem;

use Type::{I64, Str, Time};

macro_rules! part {
    ($name:literal, $about:literal, $example:expr) => {
        Function {
            name: $name,
            also: &[],
            usage: concat!($name, "(t), ", $name, "(t, zone)"),
            about: $about,
            example: $example,
            takes: 1..=2,
            plan: |planner, call| part(planner, call, $name, 0),
        }
    };
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "date",
        also: &["to_date"],
        usage: "date(t), date(t, zone)",
        about: "the date as text",
        example: ("date('2013-01-31T23:30:00Z', 'Europe/Paris')", "2013-02-01"),
        takes: 1..=2,
        plan: |planner, call| plain(planner, call, time::Function::Date, Str),
    },
    Function {
        name: "hour",
        also: &[],
        usage: "hour(t), hour(t, zone)",
        about: "the hour, 0 to 23",
        example: ("hour('2013-01-31T05:15:00Z')", "5"),
        takes: 1..=2,
        plan: |planner, call| plain(planner, call, time::Function::Hour, I64),
    },
    part!("year", "the year", ("year('2013-01-31')", "2013")),
    part!("month", "the month, 1 to 12", ("month('2013-01-31')", "1")),
    part!("day", "the day of the month, 1 to 31", ("day('2013-01-31')", "31")),
    part!("minute", "the minute, 0 to 59", ("minute('2013-01-31T05:15:00Z')", "15")),
    part!("second", "the second, 0 to 59", ("second('2013-01-31T05:15:06Z')", "6")),
    Function {
        name: "date_part",
        also: &["datepart", "extract"],
        usage: "date_part(part, t), date_part(part, t, zone)",
        about: "a number that clock or calendar shows: `nanosecond`, `microsecond` and `millisecond` (of the \
                minute), `second`, `minute`, `hour`, `day`, `dow` (0 is Sunday), `isodow` (1 is Monday, 7 \
                Sunday), `doy`, `week` and `isoyear` (ISO 8601), `month`, `quarter`, `year`, `epoch` (whole \
                seconds since 1970). `EXTRACT(year FROM t)` is the same",
        example: ("date_part('week', '2013-01-31')", "5"),
        takes: 2..=3,
        plan: |planner, call| {
            let part_of = call.literal(planner, 0, "the part")?;
            part(planner, call, &part_of, 1)
        },
    },
    Function {
        name: "date_trunc",
        also: &["datetrunc"],
        usage: "date_trunc(unit, t), date_trunc(unit, t, zone)",
        about: "when the unit began that a time is in: `nanosecond` … `hour`, `day`, `week` (Monday), \
                `month`, `quarter`, `year`",
        example: ("date_trunc('month', '2013-01-31T05:15:00Z')", "2013-01-01T00:00:00Z"),
        takes: 2..=3,
        plan: |planner, call| {
            let unit = unit(planner, call)?;
            of_time(planner, call, 1, Time, |zone| Trunc { unit, zone })
        },
    },
    Function {
        name: "date_diff",
        also: &["datediff", "timestampdiff"],
        usage: "date_diff(unit, from, to), date_diff(unit, from, to, zone)",
        about: "how often a unit begins between two times; negative where the second is the earlier",
        example: ("date_diff('day', '2013-01-31T23:00:00Z', '2013-02-01T01:00:00Z')", "1"),
        takes: 3..=4,
        plan: |planner, call| {
            let unit = unit(planner, call)?;
            let operands =
                vec![planner.time(call.name, call.args[1])?, planner.time(call.name, call.args[2])?];
            let zone = zone(planner, call, 3, 1)?;
            Ok(ready(I64, Diff { unit, zone }, operands))
        },
    },
    Function {
        name: "strftime",
        also: &["date_format", "to_char"],
        usage: "strftime(format, t), strftime(format, t, zone)",
        about: "a time as text, by SQLite's codes: `%Y %m %d %e %j %F %H %k %I %l %p %P %M %R %T %S %f` \
                (seconds with three decimals) `%s %J %u %w %U %W %V %G %g %%`; and `%a %A %b %B %y %z`",
        example: ("strftime('%d.%m.%Y %H:%M', '2013-01-31T05:15:00Z')", "31.01.2013 05:15"),
        takes: 2..=3,
        plan: |planner, call| {
            let format = call.literal(planner, 0, "the format")?;
            let codes = Codes::to_write(&format).map_err(|what| call.problem(planner, 0, what))?;
            of_time(planner, call, 1, Str, |zone| Written { codes, zone })
        },
    },
    Function {
        name: "strptime",
        also: &["to_timestamp", "parse_datetime"],
        usage: "strptime(s, format), strptime(s, format, zone)",
        about: "a text as a time, by the same codes but weeks and weekdays' numbers; `%f` are seconds with \
                decimals, or behind a point the decimals; NULL where the text is another",
        example: ("strptime('31/Jan/2013:05:15:00 +0100', '%d/%b/%Y:%T %z')", "2013-01-31T04:15:00Z"),
        takes: 2..=3,
        plan: |planner, call| {
            let format = call.literal(planner, 1, "the format")?;
            let codes = Codes::to_read(&format).map_err(|what| call.problem(planner, 1, what))?;
            let zone = zone(planner, call, 2, 0)?;
            Ok(ready(Time, Read { codes, zone }, vec![planner.typed(call.name, call.args[0], Str)?]))
        },
    },
    Function {
        name: "at_zone",
        also: &["convert_tz"],
        usage: "at_zone(t, zone)",
        about: "the local time of a zone as text, with its offset",
        example: ("at_zone('2013-01-31T05:15:00Z', 'Europe/Paris')", "2013-01-31T06:15:00+01:00"),
        takes: 2..=2,
        plan: |planner, call| {
            let zone = planner.zone(call.args[1])?;
            Ok(ready(Str, AtZone { zone }, vec![planner.time(call.name, call.args[0])?]))
        },
    },
    Function {
        name: "unixepoch",
        also: &["unix_timestamp", "epoch"],
        usage: "unixepoch(t)",
        about: "whole seconds since 1970",
        example: ("unixepoch('1970-01-01T00:01:00Z')", "60"),
        takes: 1..=1,
        plan: |planner, call| part(planner, call, "epoch", 0),
    },
];

/// The zone that the argument `at` names, or else that of the columns.
fn zone(planner: &Planner<'_>, call: &Call<'_>, at: usize, of: usize) -> Result<Option<TimeZone>, Problem> {
    match call.args.get(at) {
        Some(zone) => planner.zone(zone).map(Some),
        None => planner.source.zone(call.args[of]),
    }
}

/// A function of the time at a place, in the zone that may stand behind it.
fn of_time<K: Kernel + 'static>(
    planner: &Planner<'_>,
    call: &Call<'_>,
    at: usize,
    gives: Type,
    kernel: impl FnOnce(Option<TimeZone>) -> K,
) -> Result<Node, Problem> {
    let time = planner.time(call.name, call.args[at])?;
    let zone = zone(planner, call, at + 1, at)?;
    Ok(ready(gives, kernel(zone), vec![time]))
}

fn plain(
    planner: &Planner<'_>,
    call: &Call<'_>,
    function: time::Function,
    gives: Type,
) -> Result<Node, Problem> {
    let of = planner.time(call.name, call.args[0])?;
    let zone = zone(planner, call, 1, 0)?;
    Ok(Node::operation(gives, Operation::Time(function, zone), vec![of]))
}

fn part(planner: &Planner<'_>, call: &Call<'_>, word: &str, at: usize) -> Result<Node, Problem> {
    let Some(shown) = Part::named(word) else {
        let names = Part::names().collect::<Vec<_>>().join(", ");
        let what = format!("{} knows no \"{word}\" (choose from {names})", call.name);
        return Err(call.problem(planner, 0, what).suggest(&word.to_ascii_lowercase(), Part::names()));
    };
    of_time(planner, call, at, I64, |zone| Part { shown, zone })
}

fn unit(planner: &Planner<'_>, call: &Call<'_>) -> Result<Unit, Problem> {
    let word = call.literal(planner, 0, "the unit")?;
    Unit::named(&word).ok_or_else(|| {
        let names = Unit::names().collect::<Vec<_>>().join(", ");
        let what = format!("{} knows no unit \"{word}\" (choose from {names})", call.name);
        call.problem(planner, 0, what).suggest(&word.to_ascii_lowercase(), Unit::names())
    })
}
