//! A rule, as it came.

use serde::{Deserialize, Serialize};

/// A rule as it came.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Rule {
    pub antecedent: Vec<String>,
    pub consequent: Vec<String>,
    pub confidence: f64,
    pub lift: f64,
}
