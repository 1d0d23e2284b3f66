//! The watch thread, one a process: it publishes copies of records to who watches, in the forms that are asked for.
//!
//! It has the lowest priority, sleeps while nobody watches, and nothing that it does or can't do reaches a worker. Each
//! form is made once for all who want it.

mod beat;
mod bodies;
mod budget;
mod stats;

use super::tap::{BYTES_MAX, Bell, Copy, Tapped, bit};
use crate::clock::mono_ns;
use crate::data::Batch;
use crate::error::{Result, say};
use crate::operator::PortId;
use crate::run::dir::RunDir;
use crate::topology::plan::{Plan, Stage, WorkerId};
use crate::wire::codec;
use crate::wire::tap::{Form, Head, Message, Publisher};
use bodies::Bodies;
use budget::Budget;
use stats::Stats;
use std::sync::Arc;
use thread_priority::{
    NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy,
    thread_native_id,
};

/// A body tells of no more records than fit into so many bytes of columns.
const PIECE_BYTES: usize = 16 << 10;
/// When the workers have ended, what waits for watchers has so long to go.
const LINGER_NS: u64 = 200_000_000;

pub(super) struct Watch<'a> {
    publisher: Publisher,
    bell: Arc<Bell>,
    workers: Vec<Worker<'a>>,
    topics: Vec<Topic>,
    stats: Stats<'a>,
    budget: Budget,
    beat_ns: u64,
    joined: Batch,
    piece: Batch,
}

/// A worker of the process.
struct Worker<'a> {
    id: WorkerId,
    stage: &'a Stage,
    tapped: Tapped,
    epoch: u32,
    /// By port, the number behind what was published; `None` where nobody knows it yet.
    next: Vec<Option<u64>>,
    bodies: Bodies<'a>,
}

struct Topic {
    /// Its place among the workers of the process.
    worker: usize,
    of: Of,
    /// What was published last, for who comes later.
    last: Option<Message>,
}

#[derive(Clone, Copy)]
enum Of {
    Port(PortId, Form),
    Stats,
}

impl<'a> Watch<'a> {
    /// Binds the socket at which the workers of this process can be watched.
    pub(super) fn bind(
        plan: &'a Plan,
        dir: &'a RunDir,
        workers: Vec<(WorkerId, Tapped)>,
        bell: Arc<Bell>,
    ) -> Result<Watch<'a>> {
        let (mut topics, mut names) = (Vec::new(), Vec::new());
        for (worker, (id, _)) in workers.iter().enumerate() {
            let stage = &plan.stages[id.stage];
            for (port, _) in stage.all_ports() {
                for form in Form::ALL {
                    names.push(format!("{}{}/{}", stage.name, stage.port_suffix(port), form.name()));
                    topics.push(Topic { worker, of: Of::Port(port, form), last: None });
                }
            }
            names.push(format!("{}/stats/json", stage.name));
            topics.push(Topic { worker, of: Of::Stats, last: None });
        }
        let path = dir.watch_path(plan, workers[0].0)?;
        let publisher = Publisher::bind(&path, names, bell.fd())?;
        let worker = |(id, tapped): (WorkerId, Tapped)| {
            let stage = &plan.stages[id.stage];
            let next = vec![None; stage.ports.len()];
            Worker { id, stage, tapped, epoch: 0, next, bodies: Bodies::of(stage) }
        };
        let workers = workers.into_iter().map(worker).collect();
        let stats = Stats::new(plan, dir);
        let (budget, joined, piece) = (Budget::default(), Batch::default(), Batch::default());
        Ok(Watch { publisher, bell, workers, topics, stats, budget, beat_ns: 0, joined, piece })
    }

    /// Publishes until the workers have ended.
    pub(super) fn run(mut self) {
        // Whatever policy the process has: what it starts has the same. A thread that can't be made less important
        // still does its work.
        let policy = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
        let _ = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, policy);
        if let Err(error) = self.publish_all() {
            say(&format!("nobody can watch this process any more: {}", error.sentence));
        }
        self.workers.iter().for_each(|worker| worker.tapped.want(0));
    }

    fn publish_all(&mut self) -> Result<()> {
        loop {
            let over = self.bell.wake();
            self.hear();
            let now = mono_ns();
            let due = over || self.budget.wait_ns(now) == 0;
            let mut found = due && self.drain();
            while over && self.drain() {}
            if now >= self.beat_ns {
                self.beat(now);
            }
            if over {
                return self.flush(now);
            }
            let watched = self.publisher.is_watched();
            if watched && due && !found {
                self.bell.sleep();
                found = self.drain();
            }
            if due {
                self.budget.end_round(now, found, self.publisher.readers());
            }
            let ns = match self.budget.wait_ns(now) {
                0 => self.beat_ns.saturating_sub(now),
                nap => nap,
            };
            self.publisher.wait(watched.then_some(ns))?;
        }
    }

    /// Takes into account who wants what: who is new gets what was published last.
    fn hear(&mut self) {
        let Watch { publisher, workers, topics, .. } = self;
        while let Some((watcher, topic)) = publisher.news() {
            let Topic { worker, of, last } = &mut topics[topic];
            match (last, *of) {
                (Some(last), _) => publisher.give(watcher, last),
                (None, Of::Port(port, _)) => {
                    let worker = &workers[*worker];
                    if let Some(next) = worker.next[port.index()] {
                        let beat = publisher.message(topic, &worker.head(next, 0).write(), &[]);
                        publisher.give(watcher, &beat);
                    }
                }
                (None, Of::Stats) => {}
            }
        }
        let mut wanted = vec![0; workers.len()];
        for (at, topic) in topics.iter_mut().enumerate() {
            match topic.of {
                _ if !publisher.is_wanted(at) => topic.last = None,
                Of::Port(port, _) => wanted[topic.worker] |= bit(port),
                Of::Stats => {}
            }
        }
        for (worker, wanted) in workers.iter_mut().zip(wanted) {
            for (port, next) in worker.next.iter_mut().enumerate() {
                if wanted & bit(PortId(port as u8)) == 0 {
                    *next = None;
                }
            }
            worker.tapped.want(wanted);
        }
    }

    /// Publishes what has come, copies that follow each other as one; whether anything had. What comes meanwhile waits
    /// for the next round.
    fn drain(&mut self) -> bool {
        let (mut found, mut batch) = (false, std::mem::take(&mut self.joined));
        for at in 0..self.workers.len() {
            let (mut joined, mut bytes): (Option<Copy>, u64) = (None, 0);
            let dropped = self.workers[at].dropped();
            let came_to_the_end = loop {
                if bytes > BYTES_MAX {
                    break false;
                }
                let Some(copy) = self.workers[at].tapped.take() else { break true };
                found = true;
                match &mut joined {
                    Some(before) if goes_on(before, &batch, &copy) => before.rows += copy.rows,
                    _ => {
                        joined.replace(copy).iter().for_each(|before| self.publish(at, before, &batch));
                        batch.reset(self.workers[at].stage.shown(copy.port, copy.inlet));
                    }
                }
                let before = codec::batch_bytes(&batch);
                self.workers[at].tapped.add(&copy, &mut batch);
                bytes += (codec::batch_bytes(&batch) - before) as u64;
            };
            joined.iter().for_each(|last| self.publish(at, last, &batch));
            if came_to_the_end {
                // All that was there before those found no room has been published.
                self.workers[at].go_on_from(&dropped);
            }
        }
        self.joined = batch;
        found
    }

    /// Publishes the records of one copy, in pieces.
    fn publish(&mut self, at: usize, copy: &Copy, batch: &Batch) {
        self.workers[at].epoch = copy.epoch;
        if copy.rows == 0 {
            // It says which number comes next.
            self.tell(at, copy.port, copy.seq);
        }
        let most = (copy.rows * PIECE_BYTES / codec::batch_bytes(batch).max(1)).max(1);
        let mut piece = std::mem::take(&mut self.piece);
        for from in (0..copy.rows).step_by(most) {
            piece.reset_like(batch);
            piece.extend(batch, from, (from + most).min(copy.rows));
            self.publish_piece(at, copy, copy.seq + from as u64, &piece);
        }
        self.piece = piece;
        self.workers[at].next[copy.port.index()] = Some(copy.seq + copy.rows as u64);
    }

    fn publish_piece(&mut self, at: usize, copy: &Copy, seq: u64, piece: &Batch) {
        let Watch { publisher, workers, topics, .. } = self;
        let worker = &mut workers[at];
        let head = worker.head(seq, piece.len() as u64).write();
        let of_port = |topic: &Topic| match topic.of {
            Of::Port(port, form) if topic.worker == at && port == copy.port => Some(form),
            _ => None,
        };
        for (number, topic) in topics.iter_mut().enumerate() {
            let Some(form) = of_port(topic).filter(|_| publisher.is_wanted(number)) else { continue };
            let body = worker.bodies.write(form, copy.port, copy.inlet, piece);
            let message = publisher.message(number, &head, body);
            publisher.publish(number, &message);
            topic.last = Some(message);
        }
    }

    /// The workers have ended: what is left goes out, as far as watchers take it in time.
    fn flush(&mut self, now: u64) -> Result<()> {
        self.beat(now);
        let end = now + LINGER_NS;
        while self.publisher.has_waiting() {
            let left = end.saturating_sub(mono_ns());
            if left == 0 {
                break;
            }
            self.publisher.wait(Some(left))?;
        }
        Ok(())
    }
}

/// Whether the records of a copy follow those of another, and there is room for them in one message.
fn goes_on(before: &Copy, batch: &Batch, copy: &Copy) -> bool {
    let of = |copy: &Copy| (copy.port, copy.inlet, copy.epoch);
    let follows = of(before) == of(copy) && before.seq + before.rows as u64 == copy.seq;
    follows && before.rows > 0 && copy.rows > 0 && codec::batch_bytes(batch) < PIECE_BYTES
}

impl Worker<'_> {
    /// By port, the number behind the last records that found no room.
    fn dropped(&self) -> Vec<u64> {
        (0..self.next.len()).map(|port| self.tapped.dropped(PortId(port as u8))).collect()
    }

    fn go_on_from(&mut self, dropped: &[u64]) {
        for (next, dropped) in self.next.iter_mut().zip(dropped) {
            *next = next.map(|next| next.max(*dropped));
        }
    }

    fn head(&self, seq: u64, count: u64) -> Head {
        Head { worker: self.id.worker.into(), epoch: self.epoch, seq, count }
    }
}
