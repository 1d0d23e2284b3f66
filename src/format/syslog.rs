//! Messages of syslog, as RFC 5424 has them and as they come (RFC 3164): text parted into what it says.

mod frames;

pub(crate) use frames::{Frames, Step};

use crate::data::time::{self, TimeZone};
use serde_json::{Map, Value};

/// What a message says; `None`, where it says that it has none, or nothing.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Message<'a> {
    /// 8 · facility + severity.
    priority: u8,
    pub(crate) time: Option<i64>,
    pub(crate) host: Option<&'a str>,
    pub(crate) app: Option<&'a str>,
    pub(crate) procid: Option<&'a str>,
    pub(crate) msgid: Option<&'a str>,
    /// Its structured data, as an object of JSON.
    pub(crate) data: Option<String>,
    pub(crate) text: &'a str,
}

/// By number (RFC 5424, 6.2.1), as syslog.h calls them.
const SEVERITIES: [&str; 8] = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];
const FACILITIES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
    "ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6",
    "local7",
];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// A word longer than this in front of a message is no tag.
const TAG_MAX: usize = 64;

impl Message<'_> {
    /// From 0 for the gravest to 7.
    pub(crate) fn level(&self) -> i64 {
        i64::from(self.priority % 8)
    }

    pub(crate) fn severity(&self) -> &'static str {
        SEVERITIES[usize::from(self.priority % 8)]
    }

    pub(crate) fn facility(&self) -> &'static str {
        FACILITIES[usize::from(self.priority / 8)]
    }
}

/// How times are read that do not say all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock {
    /// Of times without an offset; UTC, if absent.
    pub(crate) zone: Option<TimeZone>,
    /// Those without a year are of the year that is nearest to this.
    pub(crate) now_ns: i64,
}

/// Parts a message.
///
/// # Errors
/// The reason for which it is none: `pri` where it does not begin with `<NUMBER>`, `syslog` where it says that it is
/// one of RFC 5424 and is not.
pub(crate) fn parse<'a>(text: &'a str, clock: &Clock) -> Result<Message<'a>, &'static str> {
    let text = text.trim_end_matches(['\n', '\r', '\0']);
    let (number, rest) = text.strip_prefix('<').and_then(|rest| rest.split_once('>')).ok_or("pri")?;
    let plain = (1..=3).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    let priority = number.parse().ok().filter(|of: &u8| plain && *of < 192).ok_or("pri")?;
    match rest.strip_prefix("1 ") {
        Some(rest) => modern(rest).map(|message| Message { priority, ..message }).ok_or("syslog"),
        None => Ok(Message { priority, ..old(rest, clock) }),
    }
}

/// What stands behind the version of RFC 5424.
fn modern(text: &str) -> Option<Message<'_>> {
    let mut rest = text;
    let mut word = || {
        let (word, behind) = rest.split_once(' ')?;
        rest = behind;
        Some(word).filter(|word| !word.is_empty()).map(|word| Some(word).filter(|word| *word != "-"))
    };
    let (time, host, app, procid, msgid) = (word()?, word()?, word()?, word()?, word()?);
    let time = match time {
        // A leap second is one that no clock here has, and an offset must be there.
        Some(time) => Some(time::parse_named(time)?),
        None => None,
    };
    let (data, rest) = match rest.strip_prefix('-') {
        Some(rest) => (None, rest),
        None => structured(rest).map(|(data, rest)| (Some(data), rest))?,
    };
    let text = match rest.strip_prefix(' ') {
        Some(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        None => Some("").filter(|_| rest.is_empty())?,
    };
    Some(Message { priority: 0, time, host, app, procid, msgid, data, text })
}

/// `[id name="value" …]…` as JSON, and what stands behind it. Values of a name that stands there twice become an
/// array.
fn structured(text: &str) -> Option<(String, &str)> {
    let mut all = Map::new();
    let mut rest = text.strip_prefix('[')?;
    loop {
        let end = rest.find([' ', ']'])?;
        let (id, behind) = rest.split_at(end);
        rest = behind;
        let mut element = Map::new();
        while let Some(parameter) = rest.strip_prefix(' ') {
            let (name, behind) = parameter.split_once("=\"")?;
            if name.is_empty() || name.contains([' ', ']', '"']) {
                return None;
            }
            let (value, behind) = quoted(behind)?;
            put(&mut element, name, Value::String(value));
            rest = behind;
        }
        rest = rest.strip_prefix(']')?;
        Some(()).filter(|()| !id.is_empty())?;
        put(&mut all, id, Value::Object(element));
        match rest.strip_prefix('[') {
            Some(next) => rest = next,
            None => return Some((Value::Object(all).to_string(), rest)),
        }
    }
}

fn put(into: &mut Map<String, Value>, name: &str, value: Value) {
    match into.get_mut(name) {
        None => _ = into.insert(name.to_string(), value),
        Some(Value::Array(values)) => values.push(value),
        Some(first) => *first = Value::Array(vec![first.take(), value]),
    }
}

/// A value up to its closing quote, and what stands behind that; `\"`, `\\` and `\]` are these characters.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => match characters.next_if(|(_, next)| matches!(next, '"' | '\\' | ']')) {
                Some((_, escaped)) => value.push(escaped),
                None => value.push('\\'),
            },
            _ => value.push(character),
        }
    }
    None
}

/// What stands behind the priority of an older message: a time and a host, if they are there, a tag, if one is.
fn old<'a>(text: &'a str, clock: &Clock) -> Message<'a> {
    let text = text.trim_start_matches(' ');
    let (time, rest) = match dated(text, clock) {
        Some((time, rest)) => (Some(time), rest.trim_start_matches(' ')),
        None => (None, text),
    };
    // Only who says a time says a host, and programs on this host leave it out.
    let host =
        rest.split_once(' ').filter(|(word, _)| time.is_some() && tag(word).is_none() && !word.is_empty());
    let (host, rest) = host.map_or((None, rest), |(host, rest)| (Some(host), rest));
    let (app, procid, text) =
        tag(rest).map_or((None, None, rest), |(app, procid, text)| (Some(app), procid, text));
    Message { time, host, app, procid, text: text.strip_prefix(' ').unwrap_or(text), ..Message::default() }
}

/// `app[procid]:` or `app:`, and what stands behind it.
fn tag(text: &str) -> Option<(&str, Option<&str>, &str)> {
    let end = text
        .find(|c: char| matches!(c, '[' | ':' | ' ') || c.is_control())
        .filter(|end| (1..=TAG_MAX).contains(end))?;
    let (app, rest) = text.split_at(end);
    if let Some(rest) = rest.strip_prefix(':') {
        return Some((app, None, rest));
    }
    let (procid, rest) = rest.strip_prefix('[')?.split_once(']')?;
    let fits = (1..=TAG_MAX).contains(&procid.len()) && !procid.contains([' ', '[']);
    Some((app, Some(procid).filter(|_| fits), rest.strip_prefix(':').unwrap_or(rest))).filter(|_| fits)
}

/// `Nov 29 01:02:03`, with a year behind the day or without, or a time of RFC 3339; and what stands behind it.
fn dated<'a>(text: &'a str, clock: &Clock) -> Option<(i64, &'a str)> {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        let end = text.find(' ').unwrap_or(text.len());
        let time = time::parse(&text[..end], clock.zone.as_ref()).filter(|_| end > 10)?;
        return Some((time, &text[end..]));
    }
    let month = MONTHS.iter().position(|month| text.starts_with(month))? + 1;
    let rest = text[3..].strip_prefix(' ')?.trim_start_matches(' ');
    let (day, rest) = rest.split_once(' ')?;
    let day: u8 = day.parse().ok()?;
    let year = rest.split_once(' ').filter(|(year, _)| year.len() == 4 && !year.contains(':'));
    let year: Option<(i64, &str)> = year.and_then(|(year, rest)| Some((year.parse().ok()?, rest)));
    let rest = year.map_or(rest, |(_, rest)| rest);
    let end = rest.find(' ').unwrap_or(rest.len());
    let (hours, behind) = rest.split_at(end);
    // Some write a colon behind it.
    let hours = hours.strip_suffix(':').unwrap_or(hours);
    let at = |year: i64| time::parse(&format!("{year:04}-{month:02}-{day:02}T{hours}"), clock.zone.as_ref());
    let time = match year {
        Some((year, _)) => at(year)?,
        None => {
            let now: i64 = time::to_text(clock.now_ns).get(..4)?.parse().ok()?;
            let near = (now - 1..=now + 1).filter_map(at);
            near.min_by_key(|time| time.abs_diff(clock.now_ns))?
        }
    };
    Some((time, behind))
}

#[cfg(test)]
mod tests;
