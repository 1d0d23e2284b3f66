//! One who watches streams of a run: connected to the workers that let them out, again when one was started again, and
//! exact about what it has missed.

use super::stats;
use super::streams::{Of, Stream};
use crate::clock::mono_ns;
use crate::data::{Batch, Schema};
use crate::error::{Error, Result};
use crate::operator::PortId;
use crate::run::dir::RunDir;
use crate::run::reader::Reader;
use crate::stop;
use crate::topology::plan::{Plan, WorkerId};
use crate::wire::codec;
use crate::wire::ledger::State;
use crate::wire::tap::{BEAT_NS, Head, Subscriber};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::time::TimeSpec;
use std::collections::HashMap;
use std::time::Duration;

/// Nobody lets out a longer message.
const MESSAGE_MAX: u64 = 512 << 20;
/// Who has ended, is still connected to, and has not told of all that there was, is waited for no longer.
const LAST_WORDS_NS: u64 = 50 * BEAT_NS;

pub struct Watch<'a> {
    plan: &'a Plan,
    streams: &'a [Stream],
    /// By stream and inlet.
    schemas: Vec<Vec<Schema>>,
    reader: Reader,
    sources: Vec<Source>,
    /// By stream and worker, its life and which number comes next.
    next: HashMap<(usize, u32), (u32, u64)>,
    batch: Batch,
    missed: u64,
    /// Whose turn it is.
    turn: usize,
}

/// One process that lets out some of the streams.
struct Source {
    subscriber: Subscriber,
    workers: Vec<WorkerId>,
    heard_ns: u64,
}

/// Records of one stream, from one worker.
pub struct Seen<'a> {
    /// Its place among the streams.
    pub stream: usize,
    /// Over which inlet of a sink they came.
    pub inlet: usize,
    pub batch: &'a Batch,
    /// When they were seen here, by the host's monotonic clock, as births are.
    pub now_ns: u64,
}

impl<'a> Watch<'a> {
    /// Attaches to a run that is there.
    pub fn open(plan: &'a Plan, dir: &RunDir, streams: &'a [Stream]) -> Result<Watch<'a>> {
        let mut sources: Vec<Source> = Vec::new();
        for process in plan.processes() {
            let lets_out = |stream: &&Stream| stream.workers(plan).any(|at| process.contains(&at));
            let topics: Vec<String> = streams.iter().filter(lets_out).map(Stream::topic).collect();
            if !topics.is_empty() {
                let path = dir.watch_path(plan, process[0])?;
                let subscriber = Subscriber::new(&path, topics, MESSAGE_MAX);
                sources.push(Source { subscriber, workers: process, heard_ns: mono_ns() });
            }
        }
        let schemas =
            |stream: &Stream| (0..stream.kinds(plan)).map(|inlet| stream.schema(plan, inlet)).collect();
        Ok(Watch {
            plan,
            streams,
            schemas: streams.iter().map(schemas).collect(),
            reader: Reader::open(plan, dir)?,
            sources,
            next: HashMap::new(),
            batch: Batch::default(),
            missed: 0,
            turn: 0,
        })
    }

    /// By stream, the columns of its records; of a sink by inlet.
    pub fn schemas(&self) -> &[Vec<Schema>] {
        &self.schemas
    }

    /// How many records went by unseen, as far as is known now; of a run that is over, all.
    pub fn missed(&self) -> u64 {
        // What its last messages would have told its ledgers tell.
        let untold = if self.is_over(mono_ns()) { self.untold() } else { 0 };
        self.missed + untold
    }

    /// How many records nothing was heard of, by what ledgers say now.
    fn untold(&self) -> u64 {
        let untold = self.next.iter().map(|((stream, worker), (_, next))| {
            let Stream { stage, of, .. } = self.streams[*stream];
            let at = WorkerId { stage, worker: *worker as u16 };
            let sink = self.plan.stages[stage].sink;
            match of {
                Of::Port(port) if !(sink && port == PortId::MAIN) => {
                    self.reader.ledger(at).account().ports[port.index()].saturating_sub(*next)
                }
                _ => 0,
            }
        });
        untold.sum()
    }

    /// The next records; `None` when none have come by `until_ns`, a stop was asked for, or nothing will come any more.
    ///
    /// # Errors
    /// When what comes can't be what the plan says.
    pub fn next(&mut self, until_ns: u64) -> Result<Option<Seen<'_>>> {
        loop {
            let now = mono_ns();
            if let Some((stream, inlet)) = self.take(now)? {
                return Ok(Some(Seen { stream, inlet, batch: &self.batch, now_ns: now }));
            }
            if now >= until_ns || stop::asked() > 0 || self.is_over(now) {
                return Ok(None);
            }
            self.wait((until_ns - now).min(BEAT_NS))?;
        }
    }

    /// What is there of any source, into the batch.
    fn take(&mut self, now: u64) -> Result<Option<(usize, usize)>> {
        let Watch { plan, streams, schemas, sources, next, batch, missed, turn, .. } = self;
        let all = sources.len();
        for _ in 0..all {
            let source = &mut sources[*turn];
            // One that never ends must not keep the others out.
            *turn = (*turn + 1) % all;
            while let Some(parts) = source.subscriber.take(now) {
                source.heard_ns = now;
                let [topic, head, body] = parts.as_slice() else { return Err(strange(plan)) };
                let (Some(at), Some(head)) =
                    (streams.iter().position(|of| of.topic().as_bytes() == *topic), Head::read(head))
                else {
                    continue;
                };
                if let Of::Port(_) = streams[at].of {
                    // What was seen last is told again to who comes back.
                    let Some(between) = count(next, (at, head.worker), &head) else { continue };
                    *missed += between;
                }
                if head.count == 0 {
                    continue;
                }
                let inlet =
                    read(&streams[at], &schemas[at], &head, body, batch).ok_or_else(|| strange(plan))?;
                return Ok(Some((at, inlet)));
            }
        }
        Ok(None)
    }

    /// Whether nothing will come any more.
    pub fn is_over(&self, now: u64) -> bool {
        let state = |at: &WorkerId| self.reader.ledger(*at).state();
        self.sources.iter().all(|source| {
            let silent = now.saturating_sub(source.heard_ns) > LAST_WORDS_NS;
            let ended = source.workers.iter().all(|at| state(at) >= State::Finished);
            match source.subscriber.is_connected() {
                true => ended && silent,
                false if ended => true,
                // A launcher starts a crashed worker again; without one nobody does.
                false => silent && !self.reader.is_held(),
            }
        })
    }

    fn wait(&self, ns: u64) -> Result<()> {
        let fds = self.sources.iter().filter_map(|source| source.subscriber.waits_for()).chain(stop::bell());
        let mut fds: Vec<PollFd<'_>> = fds.map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
        match ppoll(&mut fds, Some(TimeSpec::from_duration(Duration::from_nanos(ns))), None) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(e) => Err(Error::failed(format!("cannot wait: {}", e.desc().to_lowercase()))),
        }
    }
}

/// How many records lie between what was seen of a worker before and what a message tells of; `None` when all of it was
/// seen.
fn count(next: &mut HashMap<(usize, u32), (u32, u64)>, of: (usize, u32), head: &Head) -> Option<u64> {
    let end = head.end().unwrap_or(head.seq);
    let (life, expected) = *next.entry(of).or_insert((head.epoch, head.seq));
    let same = life == head.epoch;
    if same && head.count > 0 && end <= expected {
        return None;
    }
    next.insert(of, (head.epoch, if same { end.max(expected) } else { end }));
    Some(head.seq.saturating_sub(expected))
}

/// Reads a body into the batch: over which inlet its records came. `None` when it is none.
fn read(stream: &Stream, schemas: &[Schema], head: &Head, body: &[u8], batch: &mut Batch) -> Option<usize> {
    if stream.of == Of::Stats {
        batch.reset(&schemas[0]);
        return stats::read(body, batch).map(|()| 0);
    }
    let (inlet, rest) = body.split_first_chunk::<4>()?;
    let (late, rest) = rest.split_first()?;
    let inlet = u32::from_le_bytes(*inlet) as usize;
    batch.reset(schemas.get(inlet)?);
    codec::decode(rest, usize::try_from(head.count).ok()?, *late == 1, batch)?;
    Some(inlet)
}

fn strange(plan: &Plan) -> Error {
    let name = &plan.name;
    Error::failed(format!("what comes of topology \"{name}\" is not what its plan says: attach to it again"))
}
