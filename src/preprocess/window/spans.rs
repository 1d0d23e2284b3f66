//! The bounds of windows of time: which ones a time falls into, and when each closes.
//!
//! A window is known by its start. Those that hold a time are a row: each begins one `slide` before the next. So what
//! a record belongs to is said by two numbers: the start of the last one, and how many there are. Records that belong
//! to the same windows lie together in one pane, so a record is added once, however many windows hold it.

use super::sweep::Slides;
use crate::data::time::{self, TimeZone, local_span};
use crate::params::Problem;
use crate::units::Span;

/// Longer spans than a quarter of what a time can say are no use.
const NS_MAX: u64 = 1 << 61;
/// A record belongs to so many windows at most.
const OVERLAP_MAX: u64 = 10_000;
const DAY: i64 = 86_400_000_000_000;

/// The bounds of windows, in nanoseconds.
#[derive(Clone, Debug)]
pub(super) struct Spans {
    size: i64,
    /// As the size, where windows do not overlap.
    slide: i64,
    /// Less than the slide.
    offset: i64,
    allowed: i64,
    local: Option<Local>,
}

/// Windows of a clock that people change, and those asked for last.
#[derive(Clone, Debug)]
struct Local {
    name: String,
    zone: TimeZone,
    known: [(i64, i64); 4],
    next: usize,
}

/// What a topology says of them.
pub(super) struct Said<'a> {
    pub size: Span,
    pub slide: Option<Span>,
    pub offset: Option<Span>,
    pub allowed: Option<Span>,
    pub zone: Option<&'a str>,
}

impl Spans {
    pub(super) fn check(said: &Said<'_>, problems: &mut Vec<Problem>) -> Option<Spans> {
        let before = problems.len();
        let spans = [
            ("size", Some(said.size)),
            ("slide", said.slide),
            ("offset", said.offset),
            ("allowed_lateness", said.allowed),
        ];
        let [size, slide, offset, allowed] = spans.map(|(key, span)| {
            let ns = span.map_or(0, |span| span.ns);
            if ns > NS_MAX {
                problems.push(Problem::at(key, "that is too long: 70 years are the most"));
            }
            ns.min(NS_MAX) as i64
        });
        if size == 0 {
            problems.push(Problem::at("size", "a window has a size, such as \"1h\""));
        }
        let slide = if said.slide.is_some() { slide } else { size };
        let wrong = match () {
            () if size == 0 => None,
            () if slide == 0 => Some("windows slide on by something, such as \"1min\""),
            () if slide > size => Some(
                "windows that begin farther apart than they are long leave records out: filter those before",
            ),
            () if size as u64 / slide as u64 > OVERLAP_MAX => {
                Some("a record would belong to more than 10,000 windows: let them slide on by more")
            }
            () => None,
        };
        problems.extend(wrong.map(|what| Problem::at("slide", what)));
        let local = said.zone.and_then(|name| Local::check(name, (size, said.slide), problems));
        let offset = if slide == 0 { 0 } else { offset % slide };
        (problems.len() == before).then_some(Spans { size, slide, offset, allowed, local })
    }

    /// Whether a time falls into several windows.
    pub(super) fn overlap(&self) -> bool {
        self.slide < self.size
    }

    pub(super) fn slide(&self) -> i64 {
        self.slide
    }

    /// How they lie behind each other.
    pub(super) fn slides(&self) -> Slides {
        Slides { slide: self.slide, size: self.size }
    }

    /// What must be the same for a state to fit.
    pub(super) fn identity(&self) -> String {
        let Spans { size, slide, offset, allowed, local } = self;
        format!("{size} {slide} {offset} {allowed} {:?}", local.as_ref().map(|local| &local.name))
    }

    /// Where the last window begins that holds a time.
    #[inline]
    pub(super) fn start(&mut self, time: i64) -> i64 {
        match &mut self.local {
            Some(local) => local.of(time, self.size, self.offset).0,
            None => time.saturating_sub(time.saturating_sub(self.offset).rem_euclid(self.slide)),
        }
    }

    #[inline]
    pub(super) fn end(&mut self, start: i64) -> i64 {
        match &mut self.local {
            Some(local) => local.of(start, self.size, self.offset).1,
            None => start.saturating_add(self.size),
        }
    }

    /// The watermark at which a window closes.
    #[inline]
    pub(super) fn closes(&mut self, start: i64) -> i64 {
        self.end(start).saturating_add(self.allowed)
    }

    /// Where the next window begins.
    pub(super) fn next(&mut self, start: i64) -> i64 {
        if self.overlap() { start.saturating_add(self.slide) } else { self.end(start) }
    }

    /// The first of `n` windows whose last one begins there.
    pub(super) fn first(&self, last: i64, n: u32) -> i64 {
        last.saturating_sub(self.slide.saturating_mul(i64::from(n) - 1))
    }

    /// Of `n` windows the last of which begins at `last`, how many end, and wait on, later than `bound`.
    #[inline]
    pub(super) fn open(&mut self, (last, n): (i64, u32), bound: i64, waits: bool) -> u32 {
        let end = if waits { self.closes(last) } else { self.end(last) };
        if end <= bound {
            return 0;
        }
        if n == 1 {
            return 1;
        }
        let left = i128::from(end) - i128::from(bound);
        let open = (left + i128::from(self.slide) - 1) / i128::from(self.slide);
        u32::try_from(open).map_or(n, |open| open.min(n))
    }

    /// The windows that hold a time and wait on later than `bound`: where the last begins, and how many.
    #[inline]
    pub(super) fn holding(&mut self, time: i64, bound: i64) -> Option<(i64, u32)> {
        let last = self.start(time);
        let n = self.count(time, last);
        let open = self.open((last, n), bound, true);
        (open > 0).then_some((last, open))
    }

    /// How many windows hold a time; the last of them begins at `last`.
    #[inline]
    fn count(&self, time: i64, last: i64) -> u32 {
        if !self.overlap() {
            return 1;
        }
        // The time lies less than a slide behind the last start.
        let into = time.saturating_sub(last);
        ((self.size - 1 - into) / self.slide) as u32 + 1
    }

    /// The first window that holds a time: no earlier one ends later.
    pub(super) fn earliest(&mut self, time: i64) -> i64 {
        let last = self.start(time);
        self.first(last, self.count(time, last))
    }

    /// The start of the earliest window that can still be written at a watermark: it has not closed.
    pub(super) fn still_open(&mut self, watermark: i64) -> i64 {
        self.earliest(watermark.saturating_sub(self.allowed))
    }
}

impl Local {
    /// A zone with windows that fit into its days.
    fn check(name: &str, (size, slide): (i64, Option<Span>), problems: &mut Vec<Problem>) -> Option<Local> {
        let Some(zone) = time::zone(name) else {
            let what =
                format!("there is no time zone \"{name}\" (IANA names are known, such as \"Europe/Paris\")");
            problems.push(Problem::at("time_zone", what));
            return None;
        };
        if slide.is_some() {
            let what = "local days and hours differ in length, so windows that slide are of UTC: leave out one of both";
            problems.push(Problem::at("time_zone", what));
        }
        if size > 0 && DAY % size != 0 && size % DAY != 0 {
            let what =
                "in a time zone a window is whole days, or a part of a day such as \"6h\" or \"15min\"";
            problems.push(Problem::at("size", what));
        }
        Some(Local { name: name.to_string(), zone, known: [(0, 0); 4], next: 0 })
    }

    #[inline]
    fn of(&mut self, time: i64, size: i64, offset: i64) -> (i64, i64) {
        if let Some(known) = self.known.iter().find(|(start, end)| (*start..*end).contains(&time)) {
            return *known;
        }
        let span = local_span(time, (size, offset), &self.zone);
        self.known[self.next] = span;
        self.next = (self.next + 1) % self.known.len();
        span
    }
}

#[cfg(test)]
mod tests;
