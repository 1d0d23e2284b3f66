//! A sink that hands lines to who is at the other end of a connection: what `tcp` and `unix` share.
//!
//! A record is stored when the socket has all of its line. What the kernel still held when a connection broke, nobody
//! can know. The first line that the socket did not have whole goes first on the next connection, so a reader may see
//! the beginning of it on the one before.

use super::lines::{Lines, LinesParams};
use crate::data::{Batch, Schema};
use crate::error::{Error, Result, reason, say};
use crate::net::{Dialer, Socket, Target};
use crate::operator::{Cx, Input, Next, Operator, PlanResult, Planned, only};
use crate::params::{self, JsonSchema, Params, Problem, With};
use crate::units::Span;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

/// How long to wait before the next sign of life.
const SLICE_MS: u16 = 100;
/// Who was told that no more comes gets so long to say that all was read.
const GOODBYE: Duration = Duration::from_secs(1);
/// What a peer says is read, so that it can say it, and forgotten: at most so many pieces a call.
const HEARD_MAX: usize = 16;

/// All that can be said to such a sink: `Own` says where the reader is.
pub(crate) type AllOf<Own> = With<Own, With<PatienceParams, LinesParams>>;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PatienceParams {
    /// How long to wait for who listens there, before failing.
    #[serde(default = "crate::storage::patience")]
    patience: Span,
}

/// Plans a sink that connects to where its own parameters say, under `connect`.
pub(crate) fn plan<Own: DeserializeOwned + JsonSchema>(
    given: Params,
    inputs: &[Input],
    target: impl FnOnce(&Own) -> std::result::Result<Target, String>,
) -> PlanResult {
    let With { own, shared: With { own: PatienceParams { patience }, shared } } =
        params::read::<AllOf<Own>>(given)?;
    let mut problems = Vec::new();
    let lines = shared.check(only(inputs), &mut problems);
    let target = target(&own).map_err(|what| problems.push(Problem::at("connect", what)));
    let (Ok(target), true) = (target, problems.is_empty()) else { return Err(problems) };
    Ok(Planned::new(Schema::default(), move || Sink {
        target: target.clone(),
        lines: lines.clone(),
        patience,
        dialer: None,
        socket: None,
        connected: None,
        trouble: None,
        buffer: Vec::new(),
    }))
}

struct Sink {
    target: Target,
    lines: Lines,
    patience: Span,
    dialer: Option<Dialer>,
    socket: Option<Socket>,
    /// Since when the socket is there.
    connected: Option<Instant>,
    /// Since when nothing has come to its end; while there was a connection this clock stood still.
    trouble: Option<Instant>,
    buffer: Vec<u8>,
}

impl Sink {
    /// Sees that there is a connection.
    fn connect(&mut self, cx: &mut Cx) -> Result<()> {
        if self.socket.is_some() {
            return Ok(());
        }
        let Sink { target, patience, .. } = self;
        let dialer = match &mut self.dialer {
            Some(dialer) => dialer,
            none => none.insert(Dialer::new(target.clone())?),
        };
        let start = *self.trouble.get_or_insert_with(Instant::now);
        if start.elapsed() > patience.duration() {
            // It is there, and takes nothing.
            let advice = "see why it closes each connection, or raise \"patience\"";
            return Err(Error::failed(format!("cannot keep a connection to {target} ({advice})")));
        }
        let mut why = "it does not answer".to_string();
        loop {
            dialer.dial();
            wait(dialer.as_fd(), PollFlags::POLLIN);
            match dialer.answer() {
                Some(Ok(socket)) => break self.socket = Some(socket),
                Some(Err(new)) => why = new,
                None => {}
            }
            cx.wait(start, || format!("{target}, no longer than {patience}: {why}"))?;
            if start.elapsed() > patience.duration() {
                let advice = "start what listens there, or raise \"patience\"";
                return Err(Error::failed(format!("cannot connect to {target}: {why} ({advice})")));
            }
        }
        self.connected = Some(Instant::now());
        let head = self.lines.head().to_vec();
        self.send(&head, cx).map(|_| ())
    }

    /// Writes as much of it as goes over this connection; less than all means that it broke.
    fn send(&mut self, bytes: &[u8], cx: &mut Cx) -> Result<usize> {
        let (mut sent, start) = (0, Instant::now());
        while let Some(socket) = self.socket.as_mut().filter(|_| sent < bytes.len()) {
            let broken = match socket.write(&bytes[sent..]) {
                Ok(0) => "it takes no more".to_string(),
                Ok(n) => {
                    sent += n;
                    continue;
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                Err(e) if e.kind() == ErrorKind::WouldBlock => {
                    wait(socket.as_fd(), PollFlags::POLLIN | PollFlags::POLLOUT);
                    // One that says back what it reads takes no more until it is heard.
                    self.hear();
                    cx.wait(start, || {
                        format!("the reader at {}, which takes no more just now", self.target)
                    })?;
                    continue;
                }
                Err(e) => reason(&e),
            };
            self.lose(&broken);
        }
        Ok(sent)
    }

    /// The connection is of no more use.
    fn lose(&mut self, why: &str) {
        self.socket = None;
        let lasted = self.connected.take().map_or(Duration::ZERO, |at| at.elapsed());
        match &mut self.trouble {
            // A reader that takes its time is no trouble.
            Some(since) => *since += lasted,
            none => {
                say(&format!("the connection to {} broke ({why}): it is made anew", self.target));
                *none = Some(Instant::now());
            }
        }
    }

    /// Reads what the peer says: one that has closed would take lines that nobody reads.
    fn hear(&mut self) {
        let Some(socket) = &mut self.socket else { return };
        let mut said = [0; 4096];
        for _ in 0..HEARD_MAX {
            match socket.read(&mut said) {
                Ok(0) => return self.lose("it was closed at the other end"),
                Ok(_) => {}
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => return,
                Err(e) => return self.lose(&reason(&e)),
            }
        }
    }

    fn write(&mut self, batch: &Batch, cx: &mut Cx) -> Result<()> {
        self.hear();
        let mut bytes = std::mem::take(&mut self.buffer);
        bytes.clear();
        self.lines.rows(batch, &mut bytes);
        let mut done = 0;
        while done < bytes.len() {
            if self.socket.is_none() {
                // A line of which a part has gone goes again, whole.
                done = self.lines.row_start(batch, done);
                self.connect(cx)?;
            }
            done += self.send(&bytes[done..], cx)?;
        }
        self.buffer = bytes;
        self.all_is_well();
        Ok(())
    }

    fn all_is_well(&mut self) {
        self.trouble = None;
        if let Some(dialer) = &mut self.dialer {
            dialer.met();
        }
    }
}

/// Waits until a descriptor is ready, or a slice of time has gone by. Whatever is wrong with it, who uses it is told
/// better.
fn wait(fd: BorrowedFd<'_>, what: PollFlags) {
    let _: std::result::Result<_, Errno> = poll(&mut [PollFd::new(fd, what)], PollTimeout::from(SLICE_MS));
}

impl Operator for Sink {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        if batch.is_empty() {
            self.connect(cx)?;
            self.all_is_well();
        } else {
            self.write(batch, cx)?;
        }
        Ok(Next::Wait)
    }

    /// Says that no more comes, and hears that this was read: a socket that is closed with something unread in it takes
    /// back what its peer has not got yet.
    fn finish(&mut self, _: &mut Batch, _: &mut Cx) -> Result<Next> {
        let start = Instant::now();
        if let Some(socket) = &self.socket {
            socket.say_end();
        }
        self.trouble = Some(start);
        while let Some(socket) = self.socket.as_ref().filter(|_| start.elapsed() < GOODBYE) {
            wait(socket.as_fd(), PollFlags::POLLIN);
            self.hear();
        }
        Ok(Next::End)
    }
}
