//! The ledger file: what is published is read by others and by the next process; other files are refused.

use sluicebox::error::{Error, Exit};
use sluicebox::latency::{Encoder, Timings};
use sluicebox::operator::{Account, Amount, PARTITIONS_MAX, POSITION_BYTES_MAX, Position, Shed, StepCounts};
use sluicebox::wire::ledger::{Ledger, Phase, Shape, State, Times};
use sluicebox::wire::link::Received;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use tempfile::TempDir;

const SHAPE: Shape = Shape { inlets: 3, outlets: 2, ports: 3, steps: 2 };

fn made() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("1.0.ledger");
    Ledger::create(&path, SHAPE, 7).unwrap();
    (folder, path)
}

fn account(reasons: usize) -> Account {
    let mut account = Account {
        serial: 1,
        done: u64::MAX,
        filtered: 3,
        absorbed: 4,
        made: 5,
        moved: 6,
        keys_gone: 12,
        sets: 7,
        ids: 8,
        time_max: -7,
        ports: vec![9, 10, u64::MAX],
        partition_times: (0..PARTITIONS_MAX as i64).map(|at| if at == 0 { i64::MIN } else { at }).collect(),
        positions: vec![
            Position::restore(b"0123456789".to_vec(), 1 << 47),
            Position::restore(vec![255; POSITION_BYTES_MAX], reasons as u64),
        ],
        steps: vec![
            StepCounts { filtered: 16, rejected: u64::MAX },
            StepCounts { filtered: 17, rejected: 18 },
        ],
        offered: vec![Amount { records: 11, bytes: 12 }, Amount { records: 13, bytes: u64::MAX }],
        shed: vec![Shed { full: 14, too_old: 15 }, Shed { full: u64::MAX, too_old: 0 }],
        ..Account::default()
    };
    for n in 0..reasons {
        account.reject(&format!("type:column {n} {}", "ü".repeat(n)), n as u64 + 1);
    }
    account
}

#[test]
fn what_is_published_is_read_as_it_was() {
    let (_folder, path) = made();
    let (mine, reader) = (Ledger::claim(&path).unwrap(), Ledger::open(&path).unwrap());
    for reasons in [0, 1, 22, 23, 24, 25, 100] {
        let account = account(reasons);
        mine.publish(&account);
        assert_eq!(reader.account(), account);
        assert_eq!(
            (reader.done(), reader.offered(0), reader.offered(1)),
            (account.done, account.offered[0], account.offered[1])
        );
        let all = (reasons * (reasons + 1) / 2) as u64;
        assert_eq!(reader.account().rejected_total(), all, "no rejected record is forgotten");
    }
    let received = |n: u64| Received {
        next: n,
        records: n + 1,
        bytes: n + 2,
        duplicates: n + 3,
        epoch: u32::MAX,
        ended: n == 20,
        old: (7, u64::MAX),
        watermark: n as i64 - 11,
        idle: n == 10,
        stopped: n == 20,
        missed: n,
    };
    for inlet in 0..3 {
        mine.set_received(inlet, &received(10 * inlet as u64));
    }
    for inlet in 0..3 {
        assert_eq!(reader.received(inlet), received(10 * inlet as u64));
    }
    assert_eq!(reader.received_total(), 1 + 11 + 21);
    mine.set_times(Times { busy: 1, blocked: 2, idle: 3 }, Phase::Blocked, 100);
    assert_eq!(reader.times(Some(150)), Times { busy: 1, blocked: 52, idle: 3 });
    assert_eq!(reader.times(None), Times { busy: 1, blocked: 2, idle: 3 });
}

#[test]
fn timings_are_read_as_a_whole_and_since_the_telling_before() {
    let (_folder, path) = made();
    let (mine, reader) = (Ledger::claim(&path).unwrap(), Ledger::open(&path).unwrap());
    let counts = || {
        let (total, recent) = reader.timings();
        [total.link.len(), total.service.len(), total.age.len(), recent.link.len(), recent.age.len()]
    };
    assert_eq!(counts(), [0; 5], "nothing was told yet");
    let (mut timings, mut bytes) = (Timings::default(), Vec::new());
    for n in 1..=10 {
        timings.link.record_n(1000 * n, n);
        timings.service.record(n);
        timings.age.record_n(1_000_000, 2);
        timings.write(&mut Encoder::default(), &mut bytes);
        assert!(mine.set_timings(&bytes));
        assert_eq!(counts(), [n * (n + 1) / 2, n, 2 * n, n, 2], "telling {n}");
        assert_eq!(reader.timings().1.age.max_ns(), timings.age.max_ns());
    }
    assert!(!mine.set_timings(&vec![0; 1 << 20]), "there is no room for a megabyte");
    assert_eq!(counts()[2], 20, "and what was told before stands");
    assert!(mine.set_timings(b"nonsense"));
    assert_eq!(counts(), [0; 5], "bytes of anything else are no timings");
}

/// A second process SHALL NOT be the same worker while the first lives.
#[test]
fn a_second_claim_is_refused_while_the_first_lives() {
    let (_folder, path) = made();
    let first = Ledger::claim(&path).unwrap();
    let refused = Ledger::claim(&path).err().unwrap().to_string();
    assert!(refused.ends_with("1.0.ledger: another process is this worker already"), "{refused}");
    assert_eq!(first.epoch(), 1, "a refused claim leaves no trace");
    drop(first);
    assert_eq!(Ledger::claim(&path).unwrap().epoch(), 2);
}

#[test]
fn the_next_process_goes_on_where_the_last_one_was() {
    let (_folder, path) = made();
    for epoch in 1..=5 {
        let mine = Ledger::claim(&path).unwrap();
        assert_eq!(mine.epoch(), epoch);
        assert_eq!(mine.pid(), std::process::id());
        if epoch > 1 {
            assert_eq!(mine.account(), account(epoch as usize - 1));
            assert_eq!((mine.refused(), mine.lost_inside()), (u64::from(epoch) - 1, u64::from(epoch) - 1));
            assert_eq!(mine.state(), State::Ready);
        }
        mine.publish(&account(epoch as usize));
        mine.add_refused();
        mine.set_lost_inside(u64::from(epoch));
        mine.set_state(State::Ready);
        // No farewell: as after kill -9, the lock is all that goes.
    }
}

#[test]
fn a_file_that_is_no_ledger_is_refused_with_a_sentence() {
    let (folder, path) = made();
    let whole = std::fs::read(&path).unwrap();
    let mut foreign = whole.clone();
    foreign[0] ^= 1;
    let mut huge = whole.clone();
    huge[8..16].copy_from_slice(&u64::MAX.to_le_bytes());
    let longer = [&whole[..], &[0]].concat();
    let cases: [(&str, &[u8]); 8] = [
        ("a byte more", &longer),
        ("empty", &[]),
        ("short", &whole[..7]),
        ("head only", &whole[..512]),
        ("a word less", &whole[..whole.len() - 8]),
        ("foreign", &foreign),
        ("huge", &huge),
        ("text", &b"n,x\n1,2\n".repeat(1000)),
    ];
    for (name, bytes) in cases {
        let other = folder.path().join(name);
        std::fs::write(&other, bytes).unwrap();
        for open in [Ledger::open, Ledger::claim] {
            let said = open(&other).err().expect(name).to_string();
            let expected =
                format!("cannot read the ledger {}: it is no ledger of this version", other.display());
            assert_eq!(said, expected);
        }
        assert_eq!(std::fs::read(&other).unwrap(), bytes, "a refused file is not touched");
    }
    let said = Ledger::open(&folder.path().join("none")).err().unwrap().to_string();
    assert!(said.ends_with("none: no such file or directory"), "{said}");
    let said = Ledger::create(&path, SHAPE, 7).unwrap_err().to_string();
    assert!(said.starts_with("cannot make the ledger"), "a ledger is never overwritten: {said}");
}

#[test]
fn a_failures_sentence_is_told_cut_between_letters_and_forgotten_by_the_next_process() {
    let (_folder, path) = made();
    let (mine, reader) = (Ledger::claim(&path).unwrap(), Ledger::open(&path).unwrap());
    assert_eq!(reader.failure(), None);
    mine.publish(&account(3));
    for error in
        [Error::failed("a"), Error::usage("stage \"ü\": no"), Error::new(Exit::Closed, "x".repeat(504))]
    {
        mine.set_failure(&error);
        assert_eq!(reader.failure(), Some(error));
    }
    for before in 0..3 {
        let long = "x".repeat(before) + &"ü".repeat(300);
        mine.set_failure(&Error::failed(&*long));
        let told = reader.failure().unwrap().sentence;
        let begin = told.strip_suffix("…").expect("it says that there is more");
        assert!(long.starts_with(begin) && told.len() > 500, "{told}");
    }
    assert_eq!(reader.account(), account(3), "and nothing else is touched");
    drop(mine);
    assert!(reader.failure().is_some(), "it outlives its process");
    reader.set_state(State::GivenUp);
    drop(Ledger::claim(&path).unwrap());
    assert!(reader.failure().is_some(), "one that was given up has no next process");
    reader.set_state(State::Ready);
    let _next = Ledger::claim(&path).unwrap();
    assert_eq!(reader.failure(), None);
}

const WHOSE: u64 = 7;

/// One changed byte, wherever it is, SHALL be found in a ledger at rest.
#[test]
fn a_ledger_at_rest_is_sealed_byte_by_byte() {
    let (_folder, path) = made();
    let mine = Ledger::claim(&path).unwrap();
    mine.publish(&account(24));
    assert!(mine.set_timings(&[7; 1000]));
    drop(mine);
    let file = std::fs::File::options().read(true).write(true).open(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let told =
        || Ledger::open(&path).map_or(true, |ledger| ledger.is_broken() || !ledger.is_of(SHAPE, WHOSE));
    assert!(!told(), "nothing is wrong with it");
    let open = Ledger::open(&path).unwrap();
    // The histograms are half a megabyte of the same.
    let (head, rest) = (1024, 80_000);
    let places = (0..rest).chain((rest..bytes.len()).step_by(499)).chain(bytes.len() - 8..bytes.len());
    for at in places {
        file.write_all_at(&[bytes[at] ^ 1 << (at % 8)], at as u64).unwrap();
        assert!(if at < head { told() } else { open.is_broken() }, "byte {at}");
        file.write_all_at(&bytes[at..=at], at as u64).unwrap();
    }
    assert!(!told() && !open.is_broken());
    file.write_all_at(&[bytes[2000] ^ 1], 2000).unwrap();
    let refused = Ledger::claim(&path).err().unwrap().to_string();
    assert!(refused.ends_with("1.0.ledger: it was changed since its worker came to rest"), "{refused}");
}

/// A seal SHALL go before a ledger changes, and come back when its worker lets go.
#[test]
fn a_seal_never_lies() {
    let (_folder, path) = made();
    let reader = Ledger::open(&path).unwrap();
    for n in 0..3 {
        let mine = Ledger::claim(&path).unwrap();
        mine.publish(&account(n));
        mine.set_state(State::Ready);
        assert!(!reader.is_broken(), "it is worked on");
        drop(mine);
        assert!(!reader.is_broken(), "it is sealed as it is");
        // As a launcher does that gives it up.
        reader.set_state(State::GivenUp);
        assert!(!reader.is_broken());
    }
}

/// What is no account SHALL be read without harm, however it looks.
#[test]
fn any_words_are_read() {
    let (_folder, path) = made();
    let file = std::fs::File::options().read(true).write(true).open(&path).unwrap();
    let len = file.metadata().unwrap().len() as usize;
    let mut state = 1u64;
    for round in 0..40u32 {
        let mut random = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            state >> (round % 4 * 20)
        };
        let words: Vec<u8> = (0..len / 8).flat_map(|_| random().to_ne_bytes()).collect();
        file.write_all_at(&words[64..], 64).unwrap();
        let ledger = Ledger::open(&path).unwrap();
        assert_eq!(ledger.account().ports.len(), SHAPE.ports);
        let _ = (ledger.timings(), ledger.failure(), ledger.state(), ledger.times(Some(u64::MAX)));
        let _ = (ledger.received(0), ledger.done(), ledger.offered(1), ledger.is_broken());
    }
}
