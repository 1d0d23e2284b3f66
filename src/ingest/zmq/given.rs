//! What a topology says to the source `zmq`, and whether it can be.

use crate::data::{Schema, Type};
use crate::format::MessageFormat;
use crate::ingest::common::stream::{self, Stream};
use crate::net::zmq::{Bounds, Kind, Way};
use crate::params::{self, JsonSchema, Names, Problem};
use crate::units::Bytes;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// What it takes: what is pushed, each message once, or copies of what is published.
    #[serde(default)]
    socket: SocketKind,
    /// The endpoint at which others connect: "ipc://FILE", or "tcp://127.0.0.1:PORT".
    bind: Option<String>,
    /// The endpoint, or the list of them, at which others bind.
    #[serde(default)]
    connect: Names,
    /// What a message holds.
    #[serde(default)]
    format: MessageFormat,
    /// Of "sub": what the topics wanted begin with, one or a list; all, if absent.
    #[serde(default)]
    topic: Names,
    /// Of "sub": the column for the topic of a record's message; left out, if absent.
    topic_as: Option<String>,
    /// A longer message cuts off who sends it.
    #[serde(default = "message_max")]
    #[schemars(range(min = 1, max = MESSAGE_MAX))]
    message_max: Bytes,
    /// So many messages of each peer wait here before it has to.
    #[serde(default = "queue_max")]
    #[schemars(range(min = 1, max = 1_000_000))]
    queue_max: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum SocketKind {
    /// What is pushed.
    #[default]
    Pull,
    /// What is published.
    Sub,
}

/// 1 GiB.
const MESSAGE_MAX: u64 = 1 << 30;

fn message_max() -> Bytes {
    Bytes(16 << 20)
}

fn queue_max() -> u32 {
    1_000
}

/// The parameters, checked.
#[derive(Clone)]
pub(super) struct Given {
    pub kind: Kind,
    pub way: Way,
    pub bounds: Bounds,
    /// Of the columns that messages tell.
    pub stream: Stream,
    /// These, and that of the topic.
    pub schema: Schema,
    /// The column of the topic, which is the last.
    pub topic: Option<usize>,
}

impl Given {
    /// What the parameters say; `Err` has all that is wrong with them.
    pub(super) fn check(given: params::Params) -> Result<Given, Vec<Problem>> {
        let mut problems = Vec::new();
        let both = stream::read::<Params>(given, |own| own.format.kind(), &mut problems);
        let Some((own, stream)) = both else { return Err(problems) };
        let Params { socket, bind, connect, topic, topic_as, message_max, queue_max, .. } = own;
        let way = Way::check(bind.as_deref(), &connect, &mut problems);
        let mut of_sub = |key: &str, said: bool| {
            if said && socket == SocketKind::Pull {
                let what = format!("\"{key}\" is of socket = \"sub\": what is pushed has no topic");
                problems.push(Problem::at(key, what));
            }
        };
        of_sub("topic", !topic.all().is_empty());
        of_sub("topic_as", topic_as.is_some());
        let (Some(way), Some(stream)) = (way, stream) else { return Err(problems) };
        let mut schema = stream.schema.clone();
        if let Some(name) = &topic_as {
            if schema.index(name).is_some() {
                let what = format!("there is a column \"{name}\" already: choose another name");
                problems.push(Problem::at("topic_as", what));
            }
            schema = schema.with(name, Type::Str);
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let kind = match socket {
            SocketKind::Pull => Kind::Pull,
            SocketKind::Sub if topic.all().is_empty() => Kind::Sub(vec![String::new()]),
            SocketKind::Sub => Kind::Sub(topic.all().to_vec()),
        };
        let bounds = Bounds { queue_max: queue_max as i32, message_max: message_max.0 as i64 };
        let topic = topic_as.map(|_| schema.len() - 1);
        Ok(Given { kind, way, bounds, stream, schema, topic })
    }

    /// So many messages wait at least when those who have sent wait for room; of those who connect, from each.
    pub(super) fn waiting_max(&self) -> usize {
        let peers = match &self.way {
            Way::Bind(_) => 1,
            Way::Connect(ends) => ends.len(),
        };
        (self.bounds.queue_max as usize + 1) * peers
    }

    /// Why it must be the only worker of its stage.
    pub(super) fn alone(&self) -> Option<&'static str> {
        let binds = matches!(self.way, Way::Bind(_)).then_some("several can't bind one endpoint");
        binds.or(self.stream.rejects.is_some().then_some("several can't fill one file of rejects"))
    }
}
