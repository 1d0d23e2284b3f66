//! A connection's bytes, cut at every place and spoilt at every place.

use super::super::greeting::greeting;
use super::*;
use proptest::prelude::*;

const MESSAGE_MAX: u64 = 1000;

/// All that comes of a stream that arrives in pieces: messages, what was said to the peer, why it was cut off.
#[derive(Debug, Default, PartialEq, Eq)]
struct Heard {
    messages: Vec<Vec<u8>>,
    /// Of a part whether others follow, of a wish whether it is one.
    flags: Vec<bool>,
    said: Vec<Vec<u8>>,
    cut_off: Option<&'static str>,
}

fn hear<'a>(role: Role, pieces: impl Iterator<Item = &'a [u8]>) -> Heard {
    let (mut decoder, mut heard) = (Decoder::new(role, MESSAGE_MAX), Heard::default());
    let mut bytes: Vec<u8> = Vec::new();
    for piece in pieces {
        bytes.extend_from_slice(piece);
        loop {
            match decoder.step(&bytes) {
                Err(why) => {
                    heard.cut_off = Some(why);
                    return heard;
                }
                Ok(Step::More(wanted)) => {
                    assert!(wanted > bytes.len(), "it waits for what is there already");
                    break;
                }
                Ok(Step::Talk(used, said)) => {
                    bytes.drain(..used);
                    heard.said.extend((!said.is_empty()).then_some(said));
                }
                Ok(step @ (Step::Message(from, to) | Step::Part(from, to, _) | Step::Wish(_, from, to))) => {
                    heard.messages.push(bytes[from..to].to_vec());
                    heard.flags.extend(match step {
                        Step::Part(_, _, flag) | Step::Wish(flag, ..) => Some(flag),
                        _ => None,
                    });
                    bytes.drain(..to);
                }
            }
        }
    }
    heard
}

/// One thing that a peer may say once it is connected, and what must come of it.
#[derive(Clone, Debug)]
enum Word {
    Message(Vec<u8>),
    Parts(Vec<Vec<u8>>),
    Ping(Vec<u8>),
    Unknown,
}

impl Word {
    fn bytes(&self) -> Vec<u8> {
        let part = |body: &Vec<u8>, more: bool| {
            let mut head = [0; frame::HEAD_MAX];
            let size = frame::write(body.len(), &mut head);
            head[0] |= u8::from(more);
            [&head[..size], body].concat()
        };
        match self {
            Word::Message(body) => part(body, false),
            Word::Parts(parts) => {
                let last = parts.len() - 1;
                parts.iter().enumerate().flat_map(|(i, body)| part(body, i < last)).collect()
            }
            Word::Ping(context) => frame::command("PING", &[&[0, 10], &context[..]].concat()),
            Word::Unknown => frame::command("SUBSCRIBE", b"all"),
        }
    }
}

fn words() -> impl Strategy<Value = Vec<Word>> {
    let body = || prop::collection::vec(any::<u8>(), 0..600);
    let word = prop_oneof![
        4 => body().prop_map(Word::Message),
        1 => prop::collection::vec(body(), 2..5).prop_map(Word::Parts),
        1 => prop::collection::vec(any::<u8>(), 0..17).prop_map(Word::Ping),
        1 => Just(Word::Unknown),
    ];
    prop::collection::vec(word, 0..12)
}

/// What a libzmq PUSH says first.
fn opening() -> Vec<u8> {
    [&greeting()[..], &ready(Role::Push)].concat()
}

/// `bytes` in pieces of the lengths given, over and over.
fn pieces<'a>(mut bytes: &'a [u8], lengths: &'a [usize]) -> impl Iterator<Item = &'a [u8]> {
    let mut lengths = lengths.iter().cycle();
    std::iter::from_fn(move || {
        let len = bytes.len().min(*lengths.next()?);
        let (piece, rest) = bytes.split_at(len);
        bytes = rest;
        (len > 0).then_some(piece)
    })
}

proptest! {
    /// However a stream is cut, the same messages SHALL come of it, in order; a message of several parts SHALL be
    /// one empty one; each PING SHALL be answered by its context.
    #[test]
    fn any_cutting_gives_the_same(words in words(), lengths in prop::collection::vec(1..200usize, 1..20)) {
        let stream: Vec<u8> = opening().into_iter().chain(words.iter().flat_map(Word::bytes)).collect();
        let mut expected = Heard { said: vec![ready(Role::Pull)], ..Heard::default() };
        for word in &words {
            match word {
                Word::Message(body) => expected.messages.push(body.clone()),
                Word::Parts(_) => expected.messages.push(Vec::new()),
                Word::Ping(context) => expected.said.push(frame::command("PONG", context)),
                Word::Unknown => {}
            }
        }
        prop_assert_eq!(hear(Role::Pull, pieces(&stream, &lengths)), expected);
    }

    /// What a SUB asks for SHALL be heard in the words of ZMTP 3.1 and of 3.0 alike, and nothing else of it.
    #[test]
    fn wishes_are_heard_however_they_are_said(
        wishes in prop::collection::vec(
            (any::<bool>(), any::<bool>(), prop::collection::vec(any::<u8>(), 0..300)),
            0..12,
        ),
        lengths in prop::collection::vec(1..200usize, 1..20),
    ) {
        let mut stream = [&greeting()[..], &ready(Role::Subscribe)].concat();
        let mut expected = Heard { said: vec![ready(Role::Publish)], ..Heard::default() };
        for (on, new, topic) in &wishes {
            match new {
                true => stream.extend(frame::command(if *on { "SUBSCRIBE" } else { "CANCEL" }, topic)),
                false => stream.extend(Word::Message([&[u8::from(*on)], &topic[..]].concat()).bytes()),
            }
            stream.extend(Word::Parts(vec![b"\x01a".to_vec(), b"b".to_vec()]).bytes().split_off(4));
            expected.messages.push(topic.clone());
            expected.flags.push(*on);
        }
        prop_assert_eq!(hear(Role::Publish, pieces(&stream, &lengths)), expected);
    }

    /// A SUB SHALL get each part of a message, and be told which is the last.
    #[test]
    fn parts_come_one_by_one(parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..9)) {
        let stream = [&greeting()[..], &ready(Role::Publish), &Word::Parts(parts.clone()).bytes()].concat();
        let heard = hear(Role::Subscribe, pieces(&stream, &[7, 100]));
        let last: Vec<bool> = (1..=parts.len()).map(|n| n < parts.len()).collect();
        prop_assert_eq!((heard.messages, heard.flags, heard.cut_off), (parts, last, None));
    }

    /// No bytes SHALL make it panic, nor wait for more than a message may have.
    #[test]
    fn garbage_is_cut_off_or_waited_for(garbage in prop::collection::vec(any::<u8>(), 0..300), at in 0..400usize) {
        let mut stream = opening();
        let at = at.min(stream.len());
        stream.splice(at.., garbage);
        hear(Role::Pull, std::iter::once(&stream[..]));
    }
}

#[test]
fn who_does_not_speak_zmtp_is_cut_off_at_the_first_wrong_byte() {
    let cut = |bytes: &[u8]| hear(Role::Pull, std::iter::once(bytes)).cut_off;
    for stranger in [&b"GET / HTTP/1.1\r\n"[..], b"\x16\x03\x01", b"\0", b"\xff\0\0\0\0\0\0\0\x01\x7e"] {
        assert_eq!(cut(stranger), Some("it does not speak ZMTP"), "{stranger:?}");
    }
    let mut old = greeting();
    old[10] = 1;
    assert_eq!(cut(&old[..11]), Some("it speaks a version of ZMTP before 3.0"));
    let mut curve = greeting();
    curve[12..17].copy_from_slice(b"CURVE");
    assert_eq!(cut(&curve[..13]), Some("its security mechanism is not NULL"));
}

/// A peer of 3.0, and one of a version to come, SHALL be taken.
#[test]
fn versions_are_negotiated_down() {
    for version in [(3, 0), (3, 1), (3, 2), (4, 0), (255, 255)] {
        let mut stream = opening();
        (stream[10], stream[11]) = version;
        stream.extend(Word::Message(b"x".to_vec()).bytes());
        let heard = hear(Role::Pull, std::iter::once(&stream[..]));
        assert_eq!((heard.messages, heard.cut_off), (vec![b"x".to_vec()], None), "{version:?}");
    }
}

/// Only a PUSH SHALL talk to a PULL, only a PULL to a PUSH; and a PULL SHALL not send.
#[test]
fn socket_types_are_checked() {
    let after_greeting = |role, more: &[u8]| {
        let stream = [&greeting()[..], more].concat();
        hear(role, std::iter::once(&stream[..])).cut_off
    };
    let not_fit = Some("its socket type does not fit");
    assert_eq!(after_greeting(Role::Pull, &ready(Role::Pull)), not_fit);
    assert_eq!(after_greeting(Role::Push, &ready(Role::Push)), not_fit);
    assert_eq!(after_greeting(Role::Pull, &frame::command("READY", b"")), not_fit);
    assert_eq!(
        after_greeting(Role::Pull, &frame::command("READY", b"\x0bSocket-Type\0\0\0\x03SUB")),
        not_fit
    );
    assert_eq!(
        after_greeting(Role::Pull, &frame::command("READY", b"\x0bSocket")),
        Some("its READY is cut short")
    );
    assert_eq!(after_greeting(Role::Pull, &frame::command("ERROR", b"\x01x")), Some("it refuses us"));
    assert_eq!(after_greeting(Role::Pull, &[0, 1, b'x']), Some("a message before READY"));
    let sent = [&ready(Role::Pull)[..], &[0, 1, b'x']].concat();
    assert_eq!(after_greeting(Role::Push, &sent), Some("a message from a PULL socket"));
}

/// A length SHALL be judged before anything is waited for or allocated.
#[test]
fn lengths_are_bounded() {
    let longer = Some("a frame longer than it may be");
    let long = |flags: u8, len: u64| [&[flags][..], &len.to_be_bytes()].concat();
    let cut = |stream: &[u8], more: &[u8]| hear(Role::Pull, [stream, more].into_iter()).cut_off;
    for len in [MESSAGE_MAX + 1, 1 << 63, u64::MAX] {
        assert_eq!(cut(&opening(), &long(2, len)), longer, "{len}");
    }
    assert_eq!(cut(&opening(), &long(2, MESSAGE_MAX)), None);
    assert_eq!(cut(&opening(), &long(3, MESSAGE_MAX + 1)), longer, "a part");
    assert_eq!(cut(&greeting(), &long(6, COMMAND_MAX + 1)), longer, "a command before READY");
    assert_eq!(cut(&opening(), &frame::command("PING", &[0; 19])), Some("a PING that is none"));
    assert_eq!(cut(&opening(), &frame::command("PING", &[0; 1])), Some("a PING that is none"));
}
