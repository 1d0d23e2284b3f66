//! The table against the plainest one that keeps the same promises: a vector in the order of touch.

mod saved;

use super::*;
use crate::data::state::{self, Loader, Saver};
use crate::operator::Next;
use proptest::prelude::*;

/// Keys and states, the least recently touched first, and whether each is to be reported.
#[derive(Clone, Debug, Default)]
struct Model {
    keys: Vec<(Vec<u8>, Vec<u64>, bool)>,
    gone: Vec<(Vec<u8>, Vec<u64>)>,
}

impl Model {
    fn touch(&mut self, key: &[u8], keys_max: usize) -> &mut Vec<u64> {
        let old = match self.keys.iter().position(|(known, ..)| known == key) {
            Some(at) => self.keys.remove(at),
            None => {
                while self.keys.len() >= keys_max {
                    let (key, state, _) = self.keys.remove(0);
                    self.gone.push((key, state));
                }
                (key.to_vec(), vec![7], true)
            }
        };
        self.keys.push((old.0, old.1, true));
        &mut self.keys.last_mut().unwrap().1
    }

    fn next_unreported(&mut self) -> Option<(Vec<u8>, Vec<u64>)> {
        let (key, state, unreported) = self.keys.iter_mut().find(|(.., unreported)| *unreported)?;
        *unreported = false;
        Some((key.clone(), state.clone()))
    }
}

#[derive(Clone, Debug)]
enum Step {
    Touch(u8),
    Remove(u8),
    /// So many keys of a report.
    Report(usize),
    ReportAll,
    SaveAndLoad,
    /// There may be so many keys from here on.
    Bound(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        20 => any::<u8>().prop_map(Step::Touch),
        20 => (0..12u8).prop_map(Step::Touch),
        3 => (0..12u8).prop_map(Step::Remove),
        3 => (0..6usize).prop_map(Step::Report),
        1 => Just(Step::ReportAll),
        1 => Just(Step::SaveAndLoad),
        1 => (1..14usize).prop_map(Step::Bound),
    ];
    prop::collection::vec(step, 0..200)
}

/// Keys of different lengths, one within the other.
fn bytes(key: u8) -> Vec<u8> {
    vec![key / 3; usize::from(key % 3)]
}

type Table = Keyed<Vec<u64>>;
/// Keys and states in the order of touch, whether each is to be reported, and how many had to go.
type Shown = (Vec<(Vec<u8>, Vec<u64>)>, usize, u64);

fn shown(keyed: &Table) -> Shown {
    let keys = keyed.iter().map(|(key, state)| (key.to_vec(), state.clone())).collect();
    let newer = |slot: &u32| Some(keyed.slots[*slot as usize].newer).filter(|slot| *slot != NONE);
    let first = Some(keyed.unreported).filter(|slot| *slot != NONE);
    (keys, std::iter::successors(first, newer).count(), keyed.gone())
}

/// Saves all that is left of a table, and answers what a fresh one makes of the bytes.
fn saved(keyed: &mut Table, mut bytes: Vec<u8>) -> (Table, Vec<u8>) {
    while keyed.save(1, &mut Saver::new(&mut bytes)).unwrap() == Next::Again {}
    let mut other = Keyed::new(keyed.keys_max.max(100), vec![7]);
    let mut from = Loader::new(&bytes);
    assert!(other.load(1, &mut from, |_, state| state[0] == 7).unwrap());
    from.end().unwrap();
    other.set_keys_max(keyed.keys_max);
    (other, bytes)
}

fn saved_and_loaded(keyed: &mut Table) -> Table {
    let (mut other, bytes) = saved(keyed, Vec::new());
    assert_eq!(shown(keyed), shown(&other));
    assert_eq!(bytes, saved(&mut other, Vec::new()).1, "the same table is the same bytes");
    other.set_keys_max(keyed.keys_max);
    other
}

proptest! {
    #[test]
    fn it_keeps_what_the_plain_table_keeps(steps in steps(), mut keys_max in 1..14usize) {
        let (mut keyed, mut model) = (Keyed::new(keys_max, vec![7u64]), Model::default());
        let (mut gone, mut most) = (Vec::new(), keys_max);
        for (at, step) in steps.into_iter().enumerate() {
            match step {
                Step::Touch(key) => {
                    let key = bytes(key);
                    let state = keyed.touch(&key, |key, state| gone.push((key.to_vec(), state.clone())));
                    state.push(at as u64);
                    model.touch(&key, keys_max).push(at as u64);
                }
                Step::Remove(key) => {
                    let at = model.keys.iter().position(|(known, ..)| *known == bytes(key));
                    let known = at.map(|at| model.keys.remove(at).1);
                    prop_assert_eq!(keyed.remove(&bytes(key)).cloned(), known);
                }
                Step::Report(n) => {
                    for _ in 0..n {
                        let next = keyed.next_unreported().map(|(key, state)| (key.to_vec(), state.clone()));
                        prop_assert_eq!(next, model.next_unreported());
                    }
                }
                Step::ReportAll => {
                    keyed.report_all();
                    model.keys.iter_mut().for_each(|(.., unreported)| *unreported = true);
                }
                Step::SaveAndLoad => keyed = saved_and_loaded(&mut keyed),
                Step::Bound(bound) => {
                    keyed.set_keys_max(bound);
                    (keys_max, most) = (bound, most.max(bound));
                }
            }
            let keys: Vec<_> = keyed.iter().map(|(key, state)| (key, &state[..])).collect();
            let known: Vec<_> = model.keys.iter().map(|(key, state, _)| (&key[..], &state[..])).collect();
            prop_assert_eq!(keys, known);
            prop_assert_eq!((keyed.len(), keyed.gone()), (model.keys.len(), model.gone.len() as u64));
            prop_assert_eq!(keyed.slots.len() <= most, true);
        }
        prop_assert_eq!(gone, model.gone);
    }
}

#[test]
fn a_million_keys_take_the_memory_of_the_bound() {
    let mut keyed = Keyed::new(1000, vec![0u64; 3]);
    for key in 0..1_000_000u32 {
        let mut went = None;
        let state = keyed.touch(&key.to_le_bytes(), |key, state| went = Some((key.to_vec(), state[0])));
        assert_eq!(state[0], 0, "a new key begins anew");
        state[0] = u64::from(key);
        let oldest = key.checked_sub(1000);
        assert_eq!(went, oldest.map(|key| (key.to_le_bytes().to_vec(), u64::from(key))));
    }
    assert_eq!((keyed.len(), keyed.slots.len(), keyed.gone()), (1000, 1000, 999_000));
}
