//! What a stream has left in the half-spaces: how many records of the last window and of this one fell to each node.

use super::space::Space;
use serde::{Deserialize, Serialize};

/// The masses of one stream. A window ends for each node when it is touched next, so no record pays for all of them.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Masses {
    /// Of each feature the least and the greatest value so far.
    limits: Vec<(f64, f64)>,
    /// Of each node: of the last window, of this one, and the window in which it was touched, as one number. Empty
    /// before the first record.
    nodes: Vec<u64>,
    window: u32,
    /// Records of this window.
    filled: u32,
    pub(super) scores: Scores,
}

/// The scores so far.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct Scores {
    pub n: u64,
    pub sum: f64,
    pub max: f64,
}

/// How trees learn.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub space: Space,
    pub window: u32,
    /// Whether features are brought to 0 to 1 by their limits.
    pub scaled: bool,
}

/// Of a node: how many records of the last window and of this one.
#[derive(Clone, Copy)]
struct Mass {
    last: u32,
    now: u32,
}

#[inline]
fn read(node: u64, window: u32) -> Mass {
    let (last, now) = ((node & 0xffff) as u32, (node >> 16 & 0xffff) as u32);
    match window.wrapping_sub((node >> 32) as u32) {
        0 => Mass { last, now },
        1 => Mass { last: now, now: 0 },
        _ => Mass { last: 0, now: 0 },
    }
}

#[inline]
fn write(mass: Mass, window: u32) -> u64 {
    u64::from(mass.last) | u64::from(mass.now) << 16 | u64::from(window) << 32
}

impl Masses {
    pub(super) fn new(dims: usize) -> Masses {
        let limits = vec![(f64::INFINITY, f64::NEG_INFINITY); dims];
        Masses { limits, nodes: Vec::new(), window: 0, filled: 0, scores: Scores::default() }
    }

    /// Whether a state that was read is one of these trees and of so many features.
    pub(super) fn is_of(&self, rule: &Rule, dims: usize) -> bool {
        let nodes = self.nodes.len();
        (nodes == 0 || nodes == rule.space.nodes()) && self.limits.len() == dims && self.filled < rule.window
    }

    /// Scores a point by what came before it, then learns it. `seen` is memory.
    #[inline]
    pub(super) fn score(&mut self, point: &[f64], rule: &Rule, seen: &mut Seen) -> f64 {
        if self.nodes.is_empty() {
            self.nodes.resize(rule.space.nodes(), 0);
        }
        self.bring(point, rule, seen);
        let grown = rule.scaled && self.grow(point);
        let mass = if grown {
            // What it is measured by has changed with it: it is learned where it lies now.
            let mass = self.walk::<true, false>(rule, seen);
            self.bring(point, rule, seen);
            self.walk::<false, true>(rule, seen);
            mass
        } else {
            self.walk::<true, true>(rule, seen)
        };
        let first = self.window == 0;
        self.filled += 1;
        if self.filled == rule.window {
            (self.window, self.filled) = (self.window.wrapping_add(1).max(1), 0);
        }
        let most =
            rule.space.trees as f64 * f64::from(rule.window) * ((2u64 << rule.space.height) - 1) as f64;
        let score = if first { 0.0 } else { 1.0 - mass / most };
        let scores = &mut self.scores;
        scores.n += 1;
        scores.sum += score;
        scores.max = scores.max.max(score);
        score
    }

    /// The point by the limits so far.
    #[inline]
    fn bring(&self, point: &[f64], rule: &Rule, seen: &mut Seen) {
        seen.scaled.clear();
        if !rule.scaled {
            return seen.scaled.extend(point.iter().map(|x| *x as f32));
        }
        seen.scaled.extend(point.iter().zip(&self.limits).map(|(x, (low, high))| {
            let span = high - low;
            if span > 0.0 { ((x - low) / span) as f32 } else { 0.0 }
        }));
    }

    /// Takes a point into the limits; whether they have changed.
    #[inline]
    fn grow(&mut self, point: &[f64]) -> bool {
        let mut grown = false;
        for (x, (low, high)) in point.iter().zip(&mut self.limits) {
            grown |= x < low || x > high;
            (*low, *high) = (low.min(*x), high.max(*x));
        }
        grown
    }

    /// Goes down all trees side by side, so that none waits for the memory of another; the mass of the last window
    /// along the way, each node's by the size of its half-space.
    #[inline]
    fn walk<const SCORES: bool, const LEARNS: bool>(&mut self, rule: &Rule, seen: &mut Seen) -> f64 {
        let (space, window) = (&rule.space, self.window);
        // Below so many records of the last window nothing more is to be learned of deeper nodes.
        let few = rule.window as f32 * 0.1;
        let (mut total, mut size) = (0.0, 1.0);
        seen.places.clear();
        seen.places.resize(space.trees, Place { node: 1, share: 1.0 });
        for depth in 0..=space.height {
            let (mut level, mut first, mut first_cut) = (0.0, 0, 0);
            for place in &mut seen.places {
                let at = first + place.node as usize;
                let mass = read(self.nodes[at], window);
                if LEARNS {
                    self.nodes[at] = write(Mass { now: mass.now + 1, ..mass }, window);
                }
                if SCORES {
                    level += mass.last as f32 * place.share;
                    place.share = if (mass.last as f32) < few { 0.0 } else { place.share };
                }
                if depth < space.height {
                    let cut = space.cuts[first_cut + place.node as usize];
                    let right = seen.scaled[cut.feature as usize] >= cut.threshold;
                    place.node = 2 * place.node + u32::from(right);
                }
                first += 2 << space.height;
                first_cut += 1 << space.height;
            }
            total += f64::from(level) * size;
            size *= 2.0;
        }
        total
    }
}

/// Memory for a point: as trees see it, and where it is in each.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    scaled: Vec<f32>,
    places: Vec<Place>,
}

/// A node of a tree, and whether the mass below it counts still (1) or not (0).
#[derive(Clone, Copy, Debug)]
struct Place {
    node: u32,
    share: f32,
}

/// The widest window: masses are counted in 16 bits.
pub(super) const WINDOW_MAX: u32 = 65_535;
