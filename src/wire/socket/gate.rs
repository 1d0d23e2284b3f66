//! Who may connect to sockets of libzmq: a ZAP handler (RFC 27), asked once a peer has greeted.
//!
//! Senders of a worker come in always. Others a few at first and one a minute after, since libzmq does not tell when
//! one of them has gone. Who has not greeted is not asked about: libzmq gives it `HANDSHAKE_MS` and holds a descriptor
//! for it as long, and it aborts when there is none left. The direct engine has no such gap.

use crate::clock::mono_ns;
use crate::error::{Result, say};
use crate::wire::peer::Expects;
use std::sync::{Arc, Mutex, PoisonError};

const HANDLER: &str = "inproc://zeromq.zap.01";
/// So many others at first.
const STRANGERS_MAX: u64 = 32;
/// And one more after each of these.
const MORE_NS: u64 = 60_000_000_000;

/// What ends the thread that answers: one part, and libzmq's questions have six at least.
const CLOSE: &str = "close";
const CLOSED_MS: i32 = 1000;

/// All gates of a context, by domain.
#[derive(Clone, Default)]
pub(super) struct Gates(Arc<Mutex<Vec<Gate>>>);

struct Gate {
    domain: String,
    expects: Expects,
    since_ns: u64,
    strangers: u64,
    told: bool,
}

impl Gates {
    /// Has who connects to sockets of a domain judged, from now on.
    pub(super) fn open(&self, context: &zmq::Context, domain: &str, expects: Expects) -> Result<()> {
        let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if gates.is_empty() {
            let socket = context.socket(zmq::REP).map_err(super::failed)?;
            socket.bind(HANDLER).map_err(super::failed)?;
            let all = self.clone();
            let thread = std::thread::Builder::new().name("gate".to_string());
            thread.spawn(move || all.answer(&socket)).map_err(|e| {
                let why = crate::error::reason(&e);
                crate::error::Error::failed(format!("cannot start a thread: {why}"))
            })?;
        }
        let domain = domain.to_string();
        gates.push(Gate { domain, expects, since_ns: mono_ns(), strangers: 0, told: false });
        Ok(())
    }

    /// Ends the thread that answers: its socket would keep the context from ending.
    pub(super) fn close(&self, context: &zmq::Context) {
        if self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
            return;
        }
        let close = || {
            let socket = context.socket(zmq::REQ)?;
            socket.set_linger(0)?;
            socket.set_rcvtimeo(CLOSED_MS)?;
            socket.connect(HANDLER)?;
            socket.send(CLOSE, 0)?;
            socket.recv_bytes(0)
        };
        // A thread that does not answer has ended already.
        let _: zmq::Result<Vec<u8>> = close();
    }

    /// Answers until it is told to end.
    fn answer(&self, socket: &zmq::Socket) {
        loop {
            let asked = match socket.recv_multipart(0) {
                Ok(asked) => asked,
                Err(zmq::Error::EINTR) => continue,
                Err(_) => return,
            };
            if asked.len() == 1 {
                // The context ends: nobody asks any more.
                let _ = socket.send(CLOSE, 0);
                return;
            }
            // Version, number, domain, address, and more that the NULL mechanism does not fill.
            let text = |part: usize| asked.get(part).map_or("".into(), |part| String::from_utf8_lossy(part));
            let [version, number] = [0, 1].map(|part| asked.get(part).cloned().unwrap_or_default());
            let code: &[u8] = if self.lets_in(&text(2), &text(3)) { b"200" } else { b"400" };
            let answer = [version, number, code.to_vec(), Vec::new(), Vec::new(), Vec::new()];
            if socket.send_multipart(answer, 0).is_err() {
                return;
            }
        }
    }

    /// `address` ends in the peer's user, group and process: `localhost:0:0:4711`.
    fn lets_in(&self, domain: &str, address: &str) -> bool {
        let pid = address.rsplit(':').next().and_then(|pid| pid.parse().ok()).unwrap_or(0);
        let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(gate) = gates.iter_mut().find(|gate| gate.domain == domain) else { return false };
        if (gate.expects)(pid) {
            return true;
        }
        let may_come = STRANGERS_MAX + mono_ns().saturating_sub(gate.since_ns) / MORE_NS;
        if gate.strangers < may_come {
            gate.strangers += 1;
            return true;
        }
        if !std::mem::replace(&mut gate.told, true) {
            say(&format!(
                "more than {STRANGERS_MAX} processes that don't belong to this run have connected: they are refused \
                 (further ones are not told)"
            ));
        }
        false
    }
}
