//! Every stage says how long its records waited, were worked on and had lived, record for record, over a restart too.

use super::{Sandbox, three, wait_for};
use nix::sys::signal::Signal;
use serde_json::Value;
use sluicebox::latency::Told;
use sluicebox::wire::ledger::Ledger;

/// The ledger of a stage's first worker.
fn ledger(room: &Sandbox, stage: usize) -> Ledger {
    Ledger::open(&room.path(&format!("sluicebox/t/{stage}.0.ledger"))).unwrap()
}

/// Records in the histograms of link, service and age.
fn counts(timings: &Told) -> [u64; 3] {
    [timings.link.len(), timings.service.len(), timings.age.len()]
}

fn percentiles(latency: &Value) -> [f64; 4] {
    ["p50", "p99", "p999", "max"]
        .map(|key| latency[key].as_f64().unwrap_or_else(|| panic!("{key}: {latency}")))
}

#[test]
fn every_stage_times_each_of_its_records() {
    const ROWS: u64 = 40_000;
    let room = Sandbox::new();
    room.numbers("n.csv", ROWS as usize);
    let account = room.run(&three("", ""));
    // All are read and sent on; half of them is filtered out in the middle, but was waited for and worked on.
    let expected = [[0, ROWS, ROWS], [ROWS, ROWS, ROWS / 2], [ROWS / 2; 3]];
    for (stage, expected) in expected.into_iter().enumerate() {
        let ledger = ledger(&room, stage);
        assert_eq!(counts(&ledger.timings().0), expected, "stage {stage}");
        assert_eq!(ledger.received_total(), expected[0]);
        let told = &account["stages"][stage]["latency_us"];
        let age = percentiles(&told["age"]);
        let service = percentiles(&told["service"]);
        assert!(age.is_sorted() && service.is_sorted(), "{told}");
        match stage {
            0 => assert!(told["link"].is_null(), "nothing is sent to a source: {told}"),
            _ => assert!(percentiles(&told["link"]).is_sorted(), "{told}"),
        }
        if stage == 2 {
            assert_eq!(account["latency_us"], told["age"], "the ages of the whole run are those at its sink");
            assert_eq!(account["records"]["stored"], ROWS / 2);
        }
    }
}

#[test]
fn a_killed_worker_goes_on_with_the_timings_it_had_told() {
    const ROWS: usize = 150_000;
    let room = Sandbox::new();
    room.numbers("n.csv", ROWS);
    let running = room.start(&three(r#"rate = "30k/s""#, ""), &[]);
    room.wait_worker("even", "tells its last interval", |worker| {
        worker["latency_us"]["link"]["p99"].is_number() && worker["latency_us"]["age"]["p50"].is_number()
    });
    // Stopped, so that nothing is received or told between the look and the kill.
    room.signal("even", Signal::SIGSTOP);
    let pid = room.worker("even").unwrap()["pid"].clone();
    wait_for("even to stand still", || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        stat.rsplit(')').next().unwrap().trim_start().starts_with('T').then_some(())
    });
    let (told, received) = {
        let ledger = ledger(&room, 1);
        (counts(&ledger.timings().0), ledger.received_total())
    };
    assert!(told.iter().all(|count| *count > 0) && told[0] <= received, "{told:?} of {received}");
    room.signal("even", Signal::SIGKILL);
    running.account();
    let ledger = ledger(&room, 1);
    let (after, all) = (counts(&ledger.timings().0), ledger.received_total());
    assert!(ledger.epoch() == 2 && all > received, "the kill bites, and more comes after it");
    assert_eq!(after[0], told[0] + all - received, "what was told, and all that came after the kill");
    assert!(after[1] > told[1] && after[2] > told[2], "{told:?}, then {after:?}");
}
