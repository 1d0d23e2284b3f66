//! What two peers say to each other before the first message: greeting and READY, by the NULL mechanism.
//!
//! RFC 23 (ZMTP 3.0) and RFC 37 (3.1). A peer of 3.0 or of any later version is taken, and both then speak the older
//! of the two: of what 3.1 adds we need nothing, and answer its PING. Earlier versions have no READY and are refused.

use super::frame;

/// Bytes of a greeting.
pub(super) const GREETING: usize = 64;
/// A command before messages flow is no longer than this: READY with an identity has some 300 bytes.
pub(super) const COMMAND_MAX: u64 = 4096;

const VERSION: (u8, u8) = (3, 1);
const MECHANISM: &[u8; 20] = b"NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// What we are on a connection, and so what the peer must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Push,
    Pull,
    /// It publishes, and hears who wants what.
    Publish,
    Subscribe,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Role::Push => "PUSH",
            Role::Pull => "PULL",
            Role::Publish => "XPUB",
            Role::Subscribe => "SUB",
        }
    }

    /// Socket types that may be at the other end, the usual one first.
    fn peers(self) -> &'static [&'static str] {
        match self {
            Role::Push => &["PULL"],
            Role::Pull => &["PUSH"],
            Role::Publish => &["SUB", "XSUB"],
            Role::Subscribe => &["PUB", "XPUB"],
        }
    }
}

/// Our greeting: signature, version, mechanism, as-server = 0, filler.
pub(super) fn greeting() -> [u8; GREETING] {
    let mut out = [0; GREETING];
    (out[0], out[9]) = (0xff, 0x7f);
    (out[10], out[11]) = VERSION;
    out[12..32].copy_from_slice(MECHANISM);
    out
}

/// Judges as much of a greeting as has come: what can't become one is told at its first wrong byte.
pub(super) fn judge_greeting(bytes: &[u8]) -> Result<(), &'static str> {
    let at = |i: usize| bytes.get(i).copied();
    if at(0).is_some_and(|byte| byte != 0xff) || at(9).is_some_and(|byte| byte != 0x7f) {
        return Err("it does not speak ZMTP");
    }
    if at(10).is_some_and(|major| major < VERSION.0) {
        return Err("it speaks a version of ZMTP before 3.0");
    }
    let mechanism = bytes.get(12..).unwrap_or_default();
    if mechanism.iter().zip(MECHANISM).any(|(said, ours)| said != ours) {
        return Err("its security mechanism is not NULL");
    }
    Ok(())
}

/// Our READY command.
pub(super) fn ready(role: Role) -> Vec<u8> {
    let mut said = Vec::new();
    for (name, value) in [("Socket-Type", role.name()), ("Identity", "")] {
        said.push(name.len() as u8);
        said.extend_from_slice(name.as_bytes());
        said.extend_from_slice(&(value.len() as u32).to_be_bytes());
        said.extend_from_slice(value.as_bytes());
    }
    frame::command("READY", &said)
}

/// Judges the peer's READY, or whatever it said instead.
pub(super) fn judge_ready(body: &[u8], role: Role) -> Result<(), &'static str> {
    let (name, mut said) = frame::read_command(body)?;
    match name {
        b"READY" => {}
        b"ERROR" => return Err("it refuses us"),
        _ => return Err("it says something else than READY"),
    }
    const CUT: &str = "its READY is cut short";
    let mut of_type = None;
    while let Some((len, rest)) = said.split_first() {
        let (name, rest) = rest.split_at_checked(usize::from(*len)).ok_or(CUT)?;
        let (len, rest) = rest.split_first_chunk::<4>().ok_or(CUT)?;
        let (value, rest) = rest.split_at_checked(u32::from_be_bytes(*len) as usize).ok_or(CUT)?;
        if name.eq_ignore_ascii_case(b"Socket-Type") {
            of_type = Some(value);
        }
        said = rest;
    }
    let fits = role.peers().iter().any(|peer| of_type == Some(peer.as_bytes()));
    if fits { Ok(()) } else { Err("its socket type does not fit") }
}

/// What a peer is told before it is cut off for something its program can mend.
pub(super) fn refusal(role: Role) -> Vec<u8> {
    let reason = format!("this is a {} socket: only {} may connect", role.name(), role.peers()[0]);
    frame::command("ERROR", &[&[reason.len() as u8], reason.as_bytes()].concat())
}

/// The answer to a PING: its context, which is what stands behind the time to live of two bytes.
pub(super) fn pong(said: &[u8]) -> Result<Vec<u8>, &'static str> {
    match said.get(2..) {
        Some(context) if context.len() <= 16 => Ok(frame::command("PONG", context)),
        _ => Err("a PING that is none"),
    }
}
