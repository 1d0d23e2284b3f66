//! What a tree must stand: values that never came, floods of them, a long stream, and being saved in the middle of it.

use super::hoeffding::Tree;
use super::node::Node;
use super::settings::{Growth, Pace, Settings};
use super::view::{Condition, Holds};
use crate::mining::common::{BEYOND, Row};
use crate::numeric::SplitMix64;

fn settings(features: (usize, usize)) -> Settings {
    let pace = Pace { grace_period: 200, delta: 1e-7, binary_splits: false };
    Settings::new(&Growth::usual(), pace, features)
}

/// Learns records of two numbers and a name; the class depends on the first number and the name.
fn taught(tree: &mut Tree, settings: &Settings, random: &mut SplitMix64, records: usize) {
    for _ in 0..records {
        let (x, name) = (random.unit(), random.below(3) as u32);
        let class = usize::from((x > 0.6) != (name == 2));
        let numeric = [x, random.unit()];
        tree.learn(settings, Row { numeric: &numeric, nominal: &[name] }, class, 1.0);
    }
}

fn votes(tree: &mut Tree, settings: &Settings, numeric: &[f64], nominal: &[u32]) -> [f64; 2] {
    let mut votes = [0.0; 2];
    tree.predict(settings, Row { numeric, nominal }, &mut votes);
    votes
}

fn held(tree: &Tree, settings: &Settings) -> usize {
    let used = tree.nodes.iter().filter(|node| !matches!(node, Node::Free));
    used.map(|node| node.bytes() + settings.beside).sum()
}

#[test]
fn it_finds_what_the_class_depends_on() {
    let settings = settings((2, 1));
    let (mut tree, mut random) = (Tree::new(&settings, 1), SplitMix64::new(1));
    assert_eq!(votes(&mut tree, &settings, &[0.5, 0.5], &[0]), [0.0, 0.0], "nothing was learned");
    taught(&mut tree, &settings, &mut random, 20_000);
    let mut right = 0;
    for at in 0..1000 {
        let (x, name) = (f64::from(at) / 1000.0, random.below(3) as u32);
        let votes = votes(&mut tree, &settings, &[x, random.unit()], &[name]);
        assert!((votes[0] + votes[1] - 1.0).abs() < 1e-12);
        right += usize::from((votes[1] > votes[0]) == ((x > 0.6) != (name == 2)));
    }
    assert!(right > 980, "{right} of 1000 are right");
    let mut gains = [0.0; 3];
    tree.add_gains(&mut gains);
    assert!(gains[0] > 20.0 * gains[1] && gains[2] > 20.0 * gains[1], "{gains:?}");
}

#[test]
fn the_way_of_a_record_leads_to_the_leaf_that_answers_it() {
    let settings = settings((2, 1));
    let (mut tree, mut random) = (Tree::new(&settings, 1), SplitMix64::new(2));
    taught(&mut tree, &settings, &mut random, 20_000);
    let row = Row { numeric: &[0.7, 0.2], nominal: &[1] };
    let mut path = Vec::new();
    tree.path(row, |condition| path.push(condition));
    assert!(!path.is_empty());
    for Condition { feature, holds } in &path {
        match holds {
            Holds::AtMost(cut) => assert!(row.numeric[*feature] <= *cut),
            Holds::Above(cut) => assert!(row.numeric[*feature] > *cut),
            Holds::Is(code) => assert_eq!(row.nominal[feature - 2], *code),
            Holds::IsNot(code) => assert_ne!(row.nominal[feature - 2], *code),
        }
    }
    let place = tree.find(Tree::ROOT, row);
    let (mut depth, mut shown) = (None, 0);
    tree.each_node(|view| {
        shown += 1;
        if view.node == place.leaf {
            depth = Some(view.depth as usize);
        }
    });
    assert_eq!((depth, shown), (Some(path.len()), tree.shape().nodes));
}

#[test]
fn a_value_without_a_branch_goes_where_most_went_and_gets_its_own_when_it_is_learned() {
    let mut settings = settings((0, 1));
    settings.judge.branch_share_min = 0.0;
    let mut tree = Tree::new(&settings, 1);
    let learn = |tree: &mut Tree, code: u32, class: usize| {
        tree.learn(&settings, Row { numeric: &[], nominal: &[code] }, class, 1.0);
    };
    for n in 0..1000 {
        // Three of four records have the value 0.
        let code = u32::from(n % 4 == 0);
        learn(&mut tree, code, code as usize);
    }
    assert_eq!(tree.shape().leaves, 2);
    let zero = votes(&mut tree, &settings, &[], &[0]);
    assert!(zero[0] > 0.9 && votes(&mut tree, &settings, &[], &[1])[1] > 0.9);
    for strange in [7, BEYOND] {
        assert_eq!(votes(&mut tree, &settings, &[], &[strange]), zero);
    }
    learn(&mut tree, 7, 1);
    learn(&mut tree, BEYOND, 1);
    assert_eq!(tree.shape().leaves, 4);
    for strange in [7, BEYOND] {
        assert_eq!(votes(&mut tree, &settings, &[], &[strange]), [0.0, 1.0]);
    }
    assert_eq!(tree.bytes, held(&tree, &settings));
}

#[test]
fn a_flood_of_values_and_classes_stays_within_its_memory() {
    let mut settings = settings((3, 2));
    settings.memory_max = 200_000;
    settings.class_share_max = 1.0;
    let (mut tree, mut random) = (Tree::new(&settings, 1), SplitMix64::new(3));
    let mut most = 0;
    for n in 0..60_000u32 {
        let numeric = [random.unit(), random.unit() * 1e9, f64::from(n)];
        let nominal = [random.below(50_000) as u32, random.below(40) as u32];
        let class = (numeric[0] * 4.0) as usize + usize::from(nominal[1] > 20) * 4;
        tree.learn(&settings, Row { numeric: &numeric, nominal: &nominal }, class, 1.0);
        most = most.max(tree.bytes);
    }
    assert_eq!(tree.bytes, held(&tree, &settings), "it counts what it holds");
    assert!(most < settings.memory_max + 50_000, "{most} bytes at most");
    assert!(tree.deactivated > 0 && tree.is_sound(&settings, [Tree::ROOT].into_iter()));
    let shape = tree.shape();
    assert!(shape.learning < shape.leaves, "{shape:?}");
}

#[test]
fn the_millionth_record_costs_what_the_first_did() {
    let mut settings = settings((2, 1));
    settings.memory_max = 64 << 10;
    let (mut tree, mut random) = (Tree::new(&settings, 1), SplitMix64::new(4));
    let mut visited = Vec::new();
    for _ in 0..10 {
        let before = tree.visited();
        taught(&mut tree, &settings, &mut random, 100_000);
        visited.push(tree.visited() - before);
    }
    // The first tenth is the warm-up: the tree is one leaf then.
    assert!(visited[9] as f64 <= 1.2 * visited[1] as f64, "{visited:?}");
    assert!(tree.bytes <= settings.memory_max);
}

#[test]
fn a_leaf_that_was_stopped_learns_again_where_memory_becomes_free() {
    let mut settings = settings((2, 1));
    settings.memory_max = 64 << 10;
    let (mut tree, mut random) = (Tree::new(&settings, 1), SplitMix64::new(6));
    taught(&mut tree, &settings, &mut random, 20_000);
    let of_pruned = tree.new_leaf(&settings, vec![1.0, 2.0], 0);
    let other = tree.new_leaf(&settings, vec![1.0, 2.0], 0);
    let learns = |tree: &Tree, at: u32| match &tree.nodes[at as usize] {
        Node::Leaf(leaf) => leaf.observers.is_some(),
        _ => false,
    };
    tree.set_active(other as usize, None);
    tree.remove(&settings, of_pruned, &mut Vec::new());
    assert!(learns(&tree, other), "another went");
    tree.set_active(other as usize, None);
    tree.supersede(&settings, Tree::ROOT, other, &mut Vec::new());
    assert!(learns(&tree, Tree::ROOT), "the tree went");
    assert_eq!(tree.bytes, held(&tree, &settings));
}

#[test]
fn a_leaf_too_large_for_all_memory_begins_anew() {
    let mut settings = settings((2, 1));
    settings.memory_max = 64 << 10;
    let (mut tree, mut random) = (Tree::new(&settings, 1), SplitMix64::new(7));
    for n in 0..100_000 {
        // Each record has a name of its own, which says nothing.
        let numeric = [random.unit(), random.unit()];
        let class = usize::from((numeric[0] > 0.5) != (numeric[1] > 0.3));
        tree.learn(&settings, Row { numeric: &numeric, nominal: &[n] }, class, 1.0);
        assert!(tree.shape().learning > 0, "none learns from record {n} on");
    }
    assert!(tree.deactivated > 0 && tree.bytes == held(&tree, &settings));
}

#[test]
fn leaves_that_look_at_some_features_draw_them_from_the_seed() {
    let mut settings = settings((4, 2));
    settings.sample = Some(3);
    let drawn = |seed: u64| {
        let mut tree = Tree::new(&settings, seed);
        let all: Vec<Vec<u32>> = (0..50)
            .map(|_| {
                let observers = tree.observers(&settings);
                let nominal = observers.nominal.iter().map(|nominal| nominal.feature + 4);
                observers.numeric.iter().copied().chain(nominal).collect()
            })
            .collect();
        all
    };
    let all = drawn(1);
    assert!(all.iter().all(|some| some.len() == 3 && some.is_sorted_by(|a, b| a < b)));
    assert!((0..6).all(|feature| all.iter().filter(|some| some.contains(&feature)).count() > 10));
    assert!(all == drawn(1) && all != drawn(2));
}

#[test]
fn a_subtree_that_goes_leaves_its_places_to_others() {
    let settings = settings((2, 1));
    let (mut tree, mut random) = (Tree::new(&settings, 1), SplitMix64::new(5));
    taught(&mut tree, &settings, &mut random, 20_000);
    let other = tree.new_leaf(&settings, vec![1.0, 2.0], 0);
    let (places, mut gone) = (tree.places(), Vec::new());
    tree.supersede(&settings, Tree::ROOT, other, &mut gone);
    assert_eq!(gone.len(), places - 1);
    assert_eq!(tree.shape().nodes, 1);
    assert!(tree.is_sound(&settings, [Tree::ROOT].into_iter()));
    assert_eq!(tree.bytes, held(&tree, &settings));
    taught(&mut tree, &settings, &mut random, 20_000);
    assert!(tree.places() <= places && tree.is_sound(&settings, [Tree::ROOT].into_iter()));
    let Node::Branch(branch) = &mut tree.nodes[0] else { panic!("it has grown") };
    branch.children[0] = 0;
    assert!(!tree.is_sound(&settings, [Tree::ROOT].into_iter()), "a circle");
}
