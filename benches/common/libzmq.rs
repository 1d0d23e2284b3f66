//! A bare socket of libzmq as an end of the benches: a message a record.

use super::bare::{RECORD_BYTES, Receives, Record, SILENCE, Sends, failed};
use sluicebox::error::Result;

pub struct Zmq(pub zmq::Socket);

/// In messages, as in a link of ours.
const HIGH_WATER_MARK: i32 = 8192;

impl Zmq {
    /// A socket of a kind, which `open` then binds or connects; `what` it is for, should that fail.
    pub fn open(
        context: &zmq::Context,
        kind: zmq::SocketType,
        what: &str,
        open: impl FnOnce(&zmq::Socket) -> zmq::Result<()>,
    ) -> Result<Zmq> {
        let make = || {
            let socket = context.socket(kind)?;
            socket.set_sndhwm(HIGH_WATER_MARK)?;
            socket.set_rcvhwm(HIGH_WATER_MARK)?;
            socket.set_rcvtimeo(SILENCE.as_millis() as i32)?;
            open(&socket)?;
            Ok(Zmq(socket))
        };
        make().map_err(|e: zmq::Error| failed(what, e))
    }
}

impl Sends for Zmq {
    fn send(&mut self, record: &Record) -> Result<()> {
        self.0.send(&record[..], 0).map_err(|e| failed("send", e))
    }
}

impl Receives for Zmq {
    fn receive(&mut self, into: &mut Record) -> Result<()> {
        match self.0.recv_into(into, 0) {
            Ok(RECORD_BYTES) => Ok(()),
            Ok(n) => Err(failed("receive", format!("a message has {n} bytes"))),
            Err(e) => Err(failed("receive", e)),
        }
    }
}
