//! What a history is made of: the two processes of a link, what lies between them, and what can be wrong.

use sluicebox::operator::{Amount, Shed};
use sluicebox::wire::header::{Header, Kind};
use sluicebox::wire::link::{LinkSender, Received, Terms};
use std::collections::{BTreeMap, VecDeque};

/// What can be wrong with a product, to see that the laws notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    Nothing,
    /// Silent links never say what comes next.
    NoBeat,
    /// The account is made public after sending.
    PublishLate,
    /// What was shed is in no account.
    ShedUncounted,
    /// The numbers of what was shed count as in flight.
    ShedEatsCredit,
    /// What found no room at once is shed, and sent later all the same.
    ShedIsSent,
    /// A gap does not move what the receiver waits for.
    GapStays,
    /// A frame counts as received before its body was looked at.
    CountsDamaged,
    /// The receiver takes whatever comes.
    TakesAll,
    /// The sender sends whatever it has.
    NoWindow,
    /// The End is said once.
    EndOnce,
    /// A restarted receiver does not know that the End was heard.
    EndForgotten,
}

/// A frame on its way: its head, and the names of its records, which no header carries.
#[derive(Clone)]
pub struct Frame {
    pub head: Header,
    pub first: usize,
    pub damaged: bool,
}

/// The receiver: what its ledger keeps, and below what a crash takes.
#[derive(Default)]
pub struct Receiver {
    pub received: Received,
    pub done: u64,
    pub lost_inside: u64,
    pub finished: bool,
    pub inside: u64,
}

/// What became of one record.
#[derive(Clone, Copy, Default)]
pub struct Fate {
    pub offered: bool,
    pub shed: bool,
    pub taken: bool,
}

/// The sender: what its ledger keeps, and below what a crash takes.
pub struct Sender {
    pub epoch: u32,
    pub public: (Amount, Shed),
    pub finished: bool,
    pub link: LinkSender,
    /// What waits: the amount of each frame by its first record, which is the name of its body.
    pub bodies: BTreeMap<usize, Amount>,
    /// Where each frame ends that was handed over, and its amount.
    pub handed: VecDeque<(u64, Amount)>,
    /// Records shed, and not in the public account.
    pub shed: Vec<usize>,
    pub said_end: bool,
    pub unpublished: bool,
}

impl Sender {
    pub fn new(broken: Broken, terms: Terms) -> Sender {
        Sender::begin(1, (Amount::default(), Shed::default()), broken, terms)
    }

    /// A process begins where the ledger stands.
    pub fn begin(epoch: u32, public: (Amount, Shed), broken: Broken, mut terms: Terms) -> Sender {
        if broken == Broken::NoWindow {
            terms.credit = Amount { records: 1 << 40, bytes: 1 << 40 };
        }
        let head = Header::new(Kind::Data, 0, epoch);
        Sender {
            epoch,
            public,
            finished: false,
            link: LinkSender::new(head, terms, public.0, public.1),
            bodies: BTreeMap::new(),
            handed: VecDeque::new(),
            shed: Vec::new(),
            said_end: false,
            unpublished: false,
        }
    }
}
