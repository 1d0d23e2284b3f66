//! Batches on their way to a server: tried again, posted in halves, and in the end stored or rejected.

use crate::data::{Batch, Schema};
use crate::error::Result;
use crate::net::courier::{Courier, Errand, Outcome};
use crate::operator::{Advice, Committed, Cx, Refused};
use crate::storage::common::lines::Lines;
use crate::units::Span;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

/// How long to wait before the next sign of life.
const SLICE_MS: u16 = 100;
/// A pause before the next try grows from this
const PAUSE_MIN: Duration = Duration::from_millis(100);
/// to this.
const PAUSE_MAX: Duration = Duration::from_secs(5);
/// The server can't be reached.
const UNREACHED: &str = "unreached";
/// It takes no body of this size.
const TOO_LARGE: u16 = 413;

pub(super) struct Delivery {
    courier: Courier,
    url: String,
    lines: Lines,
    /// Records are an array.
    array: bool,
    patience: Span,
    part: Batch,
    /// By reason, what was first said of it.
    said: Vec<(String, String)>,
}

impl Delivery {
    pub(super) fn new(errand: Errand, lines: Lines, array: bool, patience: Span) -> Result<Delivery> {
        let url = errand.url.to_string();
        let (part, said) = (Batch::default(), Vec::new());
        Ok(Delivery { courier: Courier::new(errand)?, url, lines, array, patience, part, said })
    }

    /// Posts all rows of a batch, and says what has become of them.
    ///
    /// # Errors
    /// When the process must leave before that is known.
    pub(super) fn all(&mut self, schema: &Schema, batch: &Batch, cx: &mut Cx) -> Result<()> {
        let mut parts = vec![(0, batch.len())];
        let mut rejected: Vec<(usize, usize, String)> = Vec::new();
        while let Some((from, to)) = parts.pop().filter(|(from, to)| from < to) {
            match self.one(batch, from, to, cx)? {
                None => {}
                Some(reason) if reason == format!("http:{TOO_LARGE}") && to - from > 1 => {
                    let middle = from + (to - from) / 2;
                    parts.extend([(middle, to), (from, middle)]);
                }
                Some(reason) => rejected.push((from, to, reason)),
            }
        }
        let rows = rejected.iter().flat_map(|(from, to, reason)| (*from..*to).map(move |row| (row, reason)));
        let rejected = rows.map(|(row, reason)| Refused { schema, batch, row, reason }).collect();
        cx.commit(&Committed { filtered: 0, rejected });
        Ok(())
    }

    /// Posts rows in one body, again and again; why they are rejected, if they are.
    fn one(&mut self, batch: &Batch, from: usize, to: usize, cx: &mut Cx) -> Result<Option<String>> {
        let mut body = self.body(batch, from, to);
        let (start, mut pause) = (Instant::now(), PAUSE_MIN);
        loop {
            self.courier.post(body);
            let outcome;
            (body, outcome) = self.wait(start, cx)?;
            let (reason, says, again_after) = match outcome {
                Outcome::Taken => return Ok(None),
                Outcome::Unreached(why) => (UNREACHED.to_string(), why, Some(pause)),
                Outcome::Refused { status, again_after, says } => {
                    let again = matches!(status, 408 | 425 | 429 | 500..=599);
                    (format!("http:{status}"), says, again.then(|| again_after.unwrap_or(pause)))
                }
            };
            let left = self.patience.duration().saturating_sub(start.elapsed());
            let Some(again_after) = again_after.filter(|_| !left.is_zero()) else {
                if !self.said.iter().any(|(known, _)| *known == reason) {
                    self.said.push((reason.clone(), says));
                }
                return Ok(Some(reason));
            };
            let why =
                if reason == UNREACHED { says } else { format!("it answers {}", &reason["http:".len()..]) };
            self.pause(again_after.min(left), start, &why, cx)?;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    fn body(&mut self, batch: &Batch, from: usize, to: usize) -> Vec<u8> {
        let Delivery { lines, part, array, .. } = self;
        part.reset_like(batch);
        part.extend(batch, from, to);
        let mut body = if *array { b"[".to_vec() } else { lines.head().to_vec() };
        lines.rows(part, &mut body);
        if *array {
            // No line end stands within an object.
            body.iter_mut().filter(|byte| **byte == b'\n').for_each(|byte| *byte = b',');
            body.pop();
            body.push(b']');
        }
        body
    }

    /// Waits for the answer.
    fn wait(&mut self, start: Instant, cx: &mut Cx) -> Result<(Vec<u8>, Outcome)> {
        loop {
            let mut fds = [PollFd::new(self.courier.as_fd(), PollFlags::POLLIN)];
            // What could be wrong with it makes it come back, and the outcome is looked for in any case.
            let _ = poll(&mut fds, PollTimeout::from(SLICE_MS));
            if let Some(outcome) = self.courier.outcome() {
                return Ok(outcome);
            }
            cx.wait(start, || format!("the answer of {}", self.url))?;
        }
    }

    fn pause(&self, pause: Duration, start: Instant, why: &str, cx: &mut Cx) -> Result<()> {
        let end = Instant::now() + pause;
        loop {
            cx.wait(start, || format!("{}, no longer than {}: {why}", self.url, self.patience))?;
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(Duration::from_millis(u64::from(SLICE_MS))));
        }
    }

    /// What to do about a reason, and what the server said.
    pub(super) fn advice(&self, reason: &str) -> Option<Advice> {
        let (_, says) = self.said.iter().find(|(known, _)| known == reason)?;
        let remedy = match reason {
            UNREACHED => "start the server, or raise patience",
            "http:401" | "http:403" => "see what it wants in token_file or headers",
            "http:404" | "http:405" => "see whether url is right",
            "http:413" => "one record alone is too large for it",
            "http:415" => "see whether format is what it reads",
            reason if reason.starts_with("http:3") => "redirects are not followed: say the url that it names",
            reason if reason.starts_with("http:5") || reason == "http:429" => {
                "see what ails it, or raise patience"
            }
            _ => "see what it wants, and what it got at the port \"rejected\"",
        };
        let example = (!says.is_empty()).then(|| format!("{} says: {says}", self.url));
        Some(Advice { example, remedy: remedy.to_string() })
    }
}
