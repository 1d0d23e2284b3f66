//! How k-means learns, the same for every stream of a step.

/// After so many records the centres are reseeded.
pub(super) const COPIES: usize = 1000;

/// After how many records, or how long, what was learned counts half.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Half {
    Never,
    /// What each record weighs more than the one before it.
    Records(f64),
    /// Nanoseconds.
    Time(f64),
}

/// Whose weight falls below this share of the heaviest's is dead, where weights fade.
pub(super) const DEAD: f64 = 1e-4;

#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub seed: u64,
    pub half_life: Half,
    /// A centre with less than this share of the weight of the heaviest is put anew; 0: none is.
    pub dead: f64,
    /// Distances are in deviations of the features.
    pub scaled: bool,
    /// So many records are kept for the silhouette.
    pub sample: usize,
    /// Memory for a point.
    pub scratch: Vec<f64>,
}
