//! A stage at work allocates nothing: every allocation of its thread is counted.

use sluicebox::operator::Keyed;
use sluicebox::registry::ROOMS;
use sluicebox::run::dir::RunDir;
use sluicebox::stage;
use sluicebox::topology::load;
use sluicebox::topology::plan::WorkerId;
use sluicebox::wire::endpoint::Context;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

thread_local! {
    /// Which of `COUNTS` the thread's allocations go to; 0: they are not counted.
    static COUNTED: Cell<usize> = const { Cell::new(0) };
}

static COUNTS: [AtomicU64; 16] = [const { AtomicU64::new(0) }; 16];

fn count() {
    let at = COUNTED.try_with(Cell::get).unwrap_or(0);
    if at > 0 {
        COUNTS[at].fetch_add(1, Ordering::SeqCst);
    }
}

#[allow(unsafe_code, reason = "an allocator is unsafe by its nature; this one only counts and hands on")]
// Safety: every call is the system allocator's own, with the caller's arguments.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // Safety: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // Safety: as the caller promised.
        unsafe { System.realloc(old, layout, size) }
    }

    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        // Safety: as the caller promised.
        unsafe { System.dealloc(old, layout) }
    }
}

/// Orders made up, cleaned, grouped and let go; `source` says how many and how fast.
fn topology(source: &str) -> String {
    format!(
        r#"
name = "t"
[[stage]]
name = "orders"
operator = "shop"
{source}
[[stage]]
name = "clean"
from = "orders"
steps = [
  {{ operator = "filter", where = "quantity > 0 AND unit_price > 0 AND country <> 'XX'" }},
  {{ operator = "derive", fields = {{ amount = "quantity * unit_price" }} }},
  {{ operator = "select", drop = ["channel"] }},
]
[[stage]]
name = "segments"
from = "clean"
steps = [
  {{ operator = "standardize", fields = ["amount", "quantity"], prefix = "z_" }},
  {{ operator = "kmeans", k = 8, features = ["z_amount", "z_quantity"] }},
]
[[stage]]
name = "out"
operator = "null"
from = "segments"
"#
    )
}

/// Runs a topology of four stages as threads, and answers what each has allocated while it handled the records from
/// `from` to `to`.
fn allocated(source: &str, (from, to): (u64, u64)) -> Vec<(String, u64)> {
    // One at a time: the counters are few.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(|broken| broken.into_inner());
    let folder = tempfile::tempdir_in("/dev/shm").unwrap();
    std::fs::write(folder.path().join("t.toml"), topology(source)).unwrap();
    let plan = load(&folder.path().join("t.toml"), &[]).unwrap().plan.begin();
    let dir = RunDir::at(folder.path().join("runs/t"));
    dir.make(&plan).unwrap();
    dir.freeze(&plan).unwrap();
    let context = Context::default();
    let (plan, start) = (Arc::new(plan), Instant::now());
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|stage| {
                let (plan, dir, context) = (plan.clone(), dir.clone(), &context);
                scope.spawn(move || {
                    COUNTED.set(stage + 1);
                    stage::run(&ROOMS, &plan, &dir, WorkerId { stage, worker: 0 }, context)
                })
            })
            .collect();
        let all_are_at = |records: u64| loop {
            let done = |stage| dir.ledger(WorkerId { stage, worker: 0 }).unwrap().done();
            if (0..4).map(done).min() >= Some(records) {
                return (1..5).map(|at| COUNTS[at].load(Ordering::SeqCst)).collect::<Vec<_>>();
            }
            assert!(start.elapsed() < Duration::from_secs(60), "it does not get there");
            std::thread::yield_now();
        };
        let (before, after) = (all_are_at(from), all_are_at(to));
        threads.into_iter().for_each(|thread| thread.join().unwrap().unwrap());
        let names = plan.stages.iter().map(|stage| stage.name.clone());
        names.zip(before.iter().zip(&after).map(|(before, after)| after - before)).collect()
    })
}

/// An allocation for each batch would be hundreds here, and thousands there. A few are not: timings are told once a
/// second, and a new longest one, as a batch that is larger than any before, may make a buffer grow.
#[test]
fn a_stage_under_full_load_allocates_nothing() {
    let found = allocated("count = 900_000", (400_000, 600_000));
    assert!(found.iter().all(|(_, n)| *n < 20), "{found:?}");
}

#[test]
fn a_stage_that_handles_record_by_record_allocates_nothing() {
    let found = allocated("count = 24_000\nrate = \"10k/s\"", (12_000, 20_000));
    assert!(found.iter().all(|(_, n)| *n < 80), "{found:?}");
}

/// What a piece of work allocates on a thread of its own.
fn counted(work: impl FnOnce() + Send + 'static) -> u64 {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(|broken| broken.into_inner());
    std::thread::spawn(|| {
        COUNTED.set(15);
        let before = COUNTS[15].load(Ordering::SeqCst);
        work();
        COUNTS[15].load(Ordering::SeqCst) - before
    })
    .join()
    .unwrap()
}

/// A key that is known, and one that takes the place of another, cost no memory.
#[test]
fn key_state_allocates_for_keys_that_add_to_it_only() {
    let touch = |keyed: &mut Keyed<u64>, keys: std::ops::Range<u32>| {
        keys.for_each(|key| *keyed.touch(&key.to_le_bytes(), |_, _| {}) += 1);
    };
    let mut keyed = Keyed::new(1000, 0u64);
    touch(&mut keyed, 0..1001);
    assert_eq!(counted(move || touch(&mut keyed, 500..100_000)), 0);
    let mut keyed = Keyed::new(100_000, 0u64);
    let found = counted(move || touch(&mut keyed, 0..1000));
    assert!((1000..1040).contains(&found), "one a key, and growing now and then: {found}");
}

/// The count bites.
#[test]
fn an_allocation_is_counted() {
    assert_eq!(counted(|| drop(std::hint::black_box(vec![1u8; 100]))), 1);
}
