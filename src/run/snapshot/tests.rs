//! Snapshots as files: what is wrong with one is always found.

use super::*;
use crate::topology;

const TOPOLOGY: &str = r#"
name = "t"
[[stage]]
name = "orders"
operator = "shop"
count = 5
[[stage]]
name = "learn"
from = "orders"
operator = "standardize"
fields = ["quantity"]
[[stage]]
name = "out"
from = "learn"
operator = "null"
"#;

const ME: WorkerId = WorkerId { stage: 1, worker: 0 };

fn plan(text: &str) -> Plan {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.toml");
    fs::write(&file, text).unwrap();
    Plan { run: "first".to_string(), ..topology::load(&file, &[]).unwrap().plan }
}

/// A folder with a snapshot of three pieces.
fn written(plan: &Plan) -> (tempfile::TempDir, RunDir) {
    let folder = tempfile::tempdir().unwrap();
    let dir = RunDir::at(folder.path().join("runs/t"));
    dir.create().unwrap();
    let head = Head::of(plan, ME, Account { done: 7, ..Account::default() }, vec![Received::default()]);
    let mut draft = Draft::begin(&dir, ME, &head).unwrap();
    [b"ab", b"ab", b"cd"].iter().for_each(|state| draft.add(0, &state[..]).unwrap());
    draft.end().unwrap();
    assert!(draft.replace().unwrap().is_none(), "there was none before");
    (folder, dir)
}

#[test]
fn a_snapshot_comes_back_and_whatever_is_wrong_with_it_is_refused() {
    let plan = plan(TOPOLOGY);
    let (_folder, dir) = written(&plan);
    let path = dir.snapshot_path(ME);
    assert!(!path.with_extension("draft").exists());
    let again = Draft::begin(&dir, ME, &Head::of(&plan, ME, Account::default(), Vec::new())).unwrap();
    assert!(
        Snapshot::read(&plan, &dir, ME).unwrap().is_some(),
        "the one before stays until the new one is whole"
    );
    drop(again);
    assert!(!path.with_extension("draft").exists(), "what was not ended goes");
    let again = Draft::begin(&dir, ME, &Head::of(&plan, ME, Account::default(), Vec::new())).unwrap();
    assert!(
        Snapshot::read(&plan, &dir, ME).unwrap().is_some(),
        "the one before stays until the new one is whole"
    );
    drop(again);
    assert!(!path.with_extension("draft").exists(), "what was not ended goes");
    let snapshot = Snapshot::read(&plan, &dir, ME).unwrap().unwrap();
    assert_eq!((snapshot.head.account.done, snapshot.states), (7, vec![b"ababcd".to_vec()]));
    let whole = fs::read(&path).unwrap();
    let refused = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        Snapshot::read(&plan, &dir, ME).err().map(|e| e.sentence)
    };
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        assert!(refused(&damaged).is_some(), "byte {at} was changed");
        assert!(refused(&whole[..at]).is_some(), "cut at {at}");
    }
    assert!(refused(&[&whole[..], b"x"].concat()).is_some(), "bytes behind the end");
    // Each piece is sound, but one is missing: of the three the first two are alike, so it is known by the sum
    // alone.
    let piece = whole.windows(2).position(|bytes| bytes == b"ab").unwrap();
    let next = piece + 2 + whole[piece + 2..].windows(2).position(|bytes| bytes == b"ab").unwrap();
    let missing = [&whole[..piece + 2], &whole[next + 2..]].concat();
    assert!(refused(&missing).unwrap().contains("its pieces are not its own"));
    assert_eq!(refused(&whole), None);
}

#[test]
fn the_snapshot_of_another_is_refused_by_what_it_is_of() {
    let mine = plan(TOPOLOGY);
    let (_folder, dir) = written(&mine);
    for (other, why) in [
        (Plan { run: "second".to_string(), ..mine.clone() }, "of another run"),
        (plan(&TOPOLOGY.replace("\"quantity\"", "\"unit_price\"")), "of other steps, parameters or columns"),
        (
            plan(&TOPOLOGY.replace("[\"quantity\"]", "[\"quantity\"]\nworkers = 2\nby = \"quantity\"")),
            "of other steps",
        ),
    ] {
        let told = Snapshot::read(&other, &dir, ME).err().unwrap().sentence;
        assert!(told.contains(why) && told.contains("1.0.snapshot can't be used: "), "{told}");
    }
    fs::rename(dir.snapshot_path(ME), dir.snapshot_path(WorkerId { stage: 2, worker: 0 })).unwrap();
    let other = Snapshot::read(&mine, &dir, WorkerId { stage: 2, worker: 0 });
    assert!(other.err().unwrap().sentence.contains("of another run or worker"));
    assert!(Snapshot::read(&mine, &dir, ME).unwrap().is_none(), "there is none");
}

#[test]
fn the_memory_of_the_one_before_is_given_back_bit_by_bit() {
    let plan = plan(TOPOLOGY);
    let (_folder, dir) = written(&plan);
    let head = Head::of(&plan, ME, Account::default(), Vec::new());
    let mut draft = Draft::begin(&dir, ME, &head).unwrap();
    (0..40).for_each(|_| draft.add(0, &[7; 64 * 1024]).unwrap());
    draft.end().unwrap();
    assert!(draft.replace().unwrap().unwrap().give_back().is_none(), "it was small");
    let mut draft = Draft::begin(&dir, ME, &head).unwrap();
    draft.end().unwrap();
    let mut before = draft.replace().unwrap();
    let mut times = 0;
    while let Some(replaced) = before {
        before = replaced.give_back();
        times += 1;
    }
    assert_eq!(times, 3, "two megabytes and a half");
}

#[test]
fn a_directory_that_takes_nothing_is_told() {
    let plan = plan(TOPOLOGY);
    let head = Head::of(&plan, ME, Account::default(), Vec::new());
    let told = Draft::begin(&RunDir::at("/nowhere/at/all"), ME, &head).err().unwrap().sentence;
    assert_eq!(told, "cannot make /nowhere/at/all/1.0.draft: no such file or directory");
}
