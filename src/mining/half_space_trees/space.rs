//! The half-spaces: trees that part the unit cube by chance, the same for every stream that is watched.
//!
//! Tan, Ting & Liu 2011, Fast anomaly detection for streaming data, IJCAI.

use crate::numeric::SplitMix64;

/// The part of a side at both ends in which it is not cut.
const PADDING: f64 = 0.15;

/// What stands at a node: values of this feature below the threshold go left.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cut {
    pub threshold: f32,
    pub feature: u32,
}

/// Trees of one height. Node n has the children 2n and 2n + 1, the root is 1; leaves have no cut.
#[derive(Clone, Debug)]
pub(super) struct Space {
    pub trees: usize,
    pub height: usize,
    /// Of each tree `2^height`, the first of which is not used.
    pub cuts: Vec<Cut>,
}

impl Space {
    pub(super) fn new(trees: usize, height: usize, dims: usize, seed: u64) -> Space {
        let mut random = SplitMix64::new(seed);
        let mut space = Space { trees, height, cuts: vec![Cut::default(); trees << height] };
        let mut sides = vec![(0.0, 1.0); dims];
        for tree in 0..trees {
            space.part(tree, 1, &mut sides, &mut random);
        }
        space
    }

    /// Cuts a cell of the cube, and then both parts of it. The longer a side, the more often it is cut.
    fn part(&mut self, tree: usize, node: usize, sides: &mut [(f64, f64)], random: &mut SplitMix64) {
        if node >> self.height > 0 {
            return;
        }
        let long: f64 = sides.iter().map(|(low, high)| high - low).sum();
        let mut left = random.unit() * long;
        let mut feature = 0;
        for (at, (low, high)) in sides.iter().enumerate() {
            feature = at;
            left -= high - low;
            if left < 0.0 {
                break;
            }
        }
        let (low, high) = sides[feature];
        let pad = PADDING * (high - low);
        let threshold = low + pad + random.unit() * (high - low - 2.0 * pad);
        self.cuts[(tree << self.height) + node] =
            Cut { threshold: threshold as f32, feature: feature as u32 };
        for (child, side) in [(2 * node, (low, threshold)), (2 * node + 1, (threshold, high))] {
            sides[feature] = side;
            self.part(tree, child, sides, random);
        }
        sides[feature] = (low, high);
    }

    /// How many nodes a stream has masses for.
    pub(super) fn nodes(&self) -> usize {
        self.trees << (self.height + 1)
    }
}
