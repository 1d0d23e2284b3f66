//! The sending end of a link: numbers for what is offered, a queue of what waits, and credit for what is in flight.
//!
//! It moves no bytes: a `Load` names a body that the caller keeps until it is named again, by a `Step` or by what hands
//! over or sheds. Frames are written only when what speaks of them was `published`.

use super::received::Received;
use crate::operator::{Amount, Shed};
use crate::wire::header::{Header, Kind};
use crate::wire::watermark::Telling;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// An idle link says its next sequence number, and an unheard End is repeated, this often.
pub const BEAT_NS: u64 = 100_000_000;
/// So many frames may be in flight before the receiver's word is asked for, though there is credit.
const UNHEARD_MAX: usize = 64;

/// What a sender does when a link takes no more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFull {
    /// It waits.
    #[default]
    Block,
    /// It sheds what it has last.
    DropNewest,
    /// It sheds what has waited longest.
    DropOldest,
}

/// What the receiving stage asks of who sends to it.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Of what may be in flight; a link that sheds may have as much again waiting.
    pub credit: Amount,
    pub on_full: OnFull,
    /// What is older is shed.
    pub max_age_ns: Option<u64>,
}

/// Records that go out as one frame.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// The caller's name for the bytes.
    pub body: usize,
    pub count: u32,
    pub len: u32,
    /// What the header says of the body.
    pub flags: u8,
    /// When its youngest record was born.
    pub youngest_ns: u64,
}

/// What is to be done next on a link.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// Hand this head and body over, and say so when it was taken.
    Write(Header, usize),
    /// This body was shed.
    Shed(usize),
}

/// An offered frame that was not handed over.
struct Waiting {
    load: Load,
    seq: u64,
    /// Body bytes offered on the link up to and with this frame.
    offered_bytes: u64,
    watermark: i64,
}

/// A link as its sender has it.
pub struct LinkSender {
    /// A head with what is the same in all.
    head: Header,
    terms: Terms,
    offered: Amount,
    shed: Shed,
    /// Both as the account says that was published last.
    public: (Amount, Shed),
    waiting: VecDeque<Waiting>,
    waiting_sum: Amount,
    /// Where each frame ends that was handed over in this life and not heard of, and what it holds.
    flying: VecDeque<(u64, Amount)>,
    flying_sum: Amount,
    time: Telling,
    said_ns: u64,
    said_end: bool,
}

impl LinkSender {
    /// Begins where the account stands. `head` says link, epoch and schema.
    pub fn new(head: Header, terms: Terms, offered: Amount, shed: Shed) -> LinkSender {
        LinkSender {
            head,
            terms,
            offered,
            shed,
            public: (offered, shed),
            waiting: VecDeque::new(),
            waiting_sum: Amount::default(),
            flying: VecDeque::new(),
            flying_sum: Amount::default(),
            time: Telling::default(),
            said_ns: 0,
            said_end: false,
        }
    }

    /// What the account is to say of the link.
    pub fn account(&self) -> (Amount, Shed) {
        (self.offered, self.shed)
    }

    /// Whether the account that is public says less than happened.
    pub fn is_unpublished(&self) -> bool {
        self.public != self.account()
    }

    /// An account was made public that says what `account` answers: what it speaks of may be written.
    pub fn published(&mut self) {
        self.public = self.account();
    }

    /// Whether a call may end while frames wait.
    pub fn sheds(&self) -> bool {
        self.terms.on_full != OnFull::Block
    }

    pub fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Records that wait or are in flight, as far as it was heard.
    pub fn load(&self) -> u64 {
        self.waiting_sum.records + self.flying_sum.records
    }

    /// Event time has come so far behind all that is offered next.
    pub fn advance(&mut self, watermark: i64) {
        self.time.advance(watermark);
    }

    /// Offers a frame; `last`: of a batch that was cut it is the last. It may be too much: see `shed_full`.
    pub fn offer(&mut self, load: Load, last: bool) {
        let amount = load.amount();
        let seq = self.offered.records;
        self.offered.add(amount);
        self.waiting_sum.add(amount);
        let (offered_bytes, watermark) = (self.offered.bytes, self.time.of_frame(last));
        self.waiting.push_back(Waiting { load, seq, offered_bytes, watermark });
    }

    /// Offers records that no frame will ever carry: they count as lost.
    pub(crate) fn offer_lost(&mut self, records: u64) {
        self.offered.records += records;
    }

    /// Offers records that are too old already.
    pub fn offer_too_old(&mut self, records: u64) {
        self.offered.records += records;
        self.shed.too_old += records;
    }

    /// Sheds a frame if more wait than may, and names its body. One may always wait.
    pub fn shed_full(&mut self) -> Option<usize> {
        let Terms { credit, on_full, .. } = self.terms;
        let twice = Amount { records: 2 * credit.records, bytes: 2 * credit.bytes };
        if self.waiting.len() < 2 || self.flying_sum.plus(self.waiting_sum).is_within(twice) {
            return None;
        }
        let waiting = match on_full {
            OnFull::Block => return None,
            OnFull::DropNewest => self.waiting.pop_back(),
            OnFull::DropOldest => self.waiting.pop_front(),
        }?;
        self.waiting_sum.take(waiting.load.amount());
        self.shed.full += u64::from(waiting.load.count);
        Some(waiting.load.body)
    }

    /// Forgets a frame that waits for a receiver which takes nothing any more, and names its body. It counts as lost.
    pub fn give_up(&mut self) -> Option<usize> {
        let waiting = self.waiting.pop_front()?;
        self.waiting_sum.take(waiting.load.amount());
        Some(waiting.load.body)
    }

    /// Whether `next` should hear first how far the receiver is.
    pub fn wants_word(&self) -> bool {
        let free = self.waiting.front().is_none_or(|first| self.has_credit(first));
        !self.flying.is_empty() && (!free || self.flying.len() >= UNHEARD_MAX)
    }

    /// The receiver's word: what it is past is no longer in flight.
    pub fn heard(&mut self, received: &Received) {
        while let Some((end, amount)) = self.flying.front().copied()
            && end <= received.next
        {
            self.flying.pop_front();
            self.flying_sum.take(amount);
        }
    }

    /// A link without a frame in flight admits any one.
    fn has_credit(&self, frame: &Waiting) -> bool {
        self.flying.is_empty() || self.flying_sum.plus(frame.load.amount()).is_within(self.terms.credit)
    }

    /// What to do next with what waits; `None` when nothing waits, is public, or has credit.
    pub fn next(&mut self, now: u64) -> Option<Step> {
        let first = self.waiting.front()?;
        if self.terms.max_age_ns.is_some_and(|age| now.saturating_sub(first.load.youngest_ns) > age) {
            let Load { body, count, .. } = first.load;
            self.shed.too_old += u64::from(count);
            self.give_up();
            return Some(Step::Shed(body));
        }
        let end = first.seq + u64::from(first.load.count);
        if end > self.public.0.records || !self.has_credit(first) {
            return None;
        }
        let head = Header {
            kind: Kind::Data,
            flags: first.load.flags,
            count: first.load.count,
            body_len: first.load.len,
            seq: first.seq,
            sent_ns: now,
            watermark: first.watermark,
            bytes: first.offered_bytes,
            ..self.head
        };
        Some(Step::Write(head, first.load.body))
    }

    /// What `next` said to write was handed over; names the body.
    pub fn handed_over(&mut self, now: u64) -> Option<usize> {
        let frame = self.waiting.pop_front()?;
        let amount = frame.load.amount();
        self.waiting_sum.take(amount);
        self.flying_sum.add(amount);
        self.flying.push_back((frame.seq + amount.records, amount));
        self.time.handed_over(frame.watermark);
        self.said_ns = now;
        Some(frame.load.body)
    }

    /// What a link that has been silent says: what comes next, or with `end` (the flags of it) that nothing does.
    pub fn tell(&mut self, end: Option<u8>, idle: bool, now: u64) -> Option<Header> {
        // What waits is not to be skipped, and an End says that the account is whole.
        let first = self.waiting.front();
        let next = first.map_or(self.public.0, Waiting::before);
        let (kind, flags) = match end.filter(|_| first.is_none() && !self.is_unpublished()) {
            Some(flags) => (Kind::End, flags),
            None => (Kind::Beat, 0),
        };
        // The first End need not wait for its turn.
        let at_once = kind == Kind::End && !self.said_end;
        if !at_once && now.saturating_sub(self.said_ns) < BEAT_NS {
            return None;
        }
        self.said_ns = now;
        self.said_end |= kind == Kind::End;
        Some(Header {
            kind,
            flags: flags | if idle && first.is_none() { Header::IDLE } else { 0 },
            seq: next.records,
            sent_ns: now,
            watermark: self.time.of_beat(first.is_some()),
            bytes: next.bytes,
            ..self.head
        })
    }
}

impl Load {
    fn amount(&self) -> Amount {
        Amount { records: self.count.into(), bytes: self.len.into() }
    }
}

impl Waiting {
    /// What had been offered before it.
    fn before(&self) -> Amount {
        Amount { records: self.seq, bytes: self.offered_bytes - u64::from(self.load.len) }
    }
}
