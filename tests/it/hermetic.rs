//! The libzmq inside is the one we build: 4.3.5, with CURVE, eventfd and the XPUB options of a last-value cache.

use std::ffi::c_int;

const DEADLINE_MS: i32 = 10_000;

/// A socket that gives up instead of hanging the test.
fn socket(context: &zmq::Context, kind: zmq::SocketType) -> zmq::Socket {
    let socket = context.socket(kind).unwrap();
    socket.set_rcvtimeo(DEADLINE_MS).unwrap();
    socket.set_sndtimeo(DEADLINE_MS).unwrap();
    socket.set_linger(0).unwrap();
    socket
}

/// Sets an option that the `zmq` crate does not know.
#[allow(unsafe_code, reason = "the raw declarations are what is tested")]
fn set_option(socket: &mut zmq::Socket, option: u32, value: c_int) {
    // Safety: the pointer is that of a live socket, and libzmq reads `size_of_val(&value)` bytes of `value`.
    let answer = unsafe {
        zmq_sys::zmq_setsockopt(
            socket.as_mut_ptr(),
            option as c_int,
            (&raw const value).cast(),
            size_of_val(&value),
        )
    };
    assert_eq!(answer, 0, "option {option} = {value}");
}

#[test]
fn libzmq_is_ours() {
    assert_eq!(zmq::version(), (4, 3, 5));
    assert_eq!(zmq::has("curve"), Some(true));
}

/// Without `ZMQ_HAVE_EVENTFD` a mailbox is a pair of sockets, and this link reads `socket:[…]`.
#[test]
fn a_mailbox_is_one_eventfd() {
    let socket = socket(&zmq::Context::new(), zmq::PULL);
    let link = std::fs::read_link(format!("/proc/self/fd/{}", socket.get_fd().unwrap())).unwrap();
    assert_eq!(link.to_str(), Some("anon_inode:[eventfd]"));
}

#[test]
fn curve_carries_a_message() {
    let (server, client) = (zmq::CurveKeyPair::new().unwrap(), zmq::CurveKeyPair::new().unwrap());
    let context = zmq::Context::new();

    let pull = socket(&context, zmq::PULL);
    pull.set_curve_server(true).unwrap();
    pull.set_curve_secretkey(&server.secret_key).unwrap();
    pull.bind("tcp://127.0.0.1:0").unwrap();
    assert_eq!(pull.get_mechanism(), Ok(zmq::Mechanism::ZMQ_CURVE));

    let push = socket(&context, zmq::PUSH);
    push.set_curve_serverkey(&server.public_key).unwrap();
    push.set_curve_publickey(&client.public_key).unwrap();
    push.set_curve_secretkey(&client.secret_key).unwrap();
    push.connect(&pull.get_last_endpoint().unwrap().unwrap()).unwrap();

    push.send("sealed", 0).unwrap();
    assert_eq!(pull.recv_bytes(0).unwrap(), b"sealed");
}

/// zmq.h calls the option draft. It must work all the same: a newcomer alone gets the first message after its
/// subscription.
#[test]
fn xpub_answers_a_newcomer_alone() {
    let context = zmq::Context::new();
    let mut publisher = socket(&context, zmq::XPUB);
    set_option(&mut publisher, zmq_sys::ZMQ_XPUB_MANUAL_LAST_VALUE, 1);
    publisher.bind("inproc://last-value").unwrap();

    let newcomer = || {
        let subscriber = socket(&context, zmq::SUB);
        subscriber.connect("inproc://last-value").unwrap();
        subscriber.set_subscribe(b"k").unwrap();
        assert_eq!(publisher.recv_bytes(0).unwrap(), b"\x01k");
        publisher.set_subscribe(b"k").unwrap();
        subscriber
    };
    let first = newcomer();
    publisher.send("k to the first", 0).unwrap();
    let second = newcomer();
    publisher.send("k to the second", 0).unwrap();
    publisher.send("k to both", 0).unwrap();

    for (subscriber, own) in [(first, "k to the first"), (second, "k to the second")] {
        assert_eq!(subscriber.recv_bytes(0).unwrap(), own.as_bytes());
        assert_eq!(subscriber.recv_bytes(0).unwrap(), b"k to both");
    }
}

/// The other options that the `zmq` crate lacks and libzmq takes.
#[test]
fn further_options_are_compiled_in() {
    let mut publisher = socket(&zmq::Context::new(), zmq::XPUB);
    set_option(&mut publisher, zmq_sys::ZMQ_XPUB_MANUAL, 1);
    set_option(&mut publisher, zmq_sys::ZMQ_XPUB_NODROP, 1);
    set_option(&mut publisher, zmq_sys::ZMQ_ZAP_ENFORCE_DOMAIN, 1);
    set_option(&mut publisher, zmq_sys::ZMQ_TCP_MAXRT, 1000);
}
