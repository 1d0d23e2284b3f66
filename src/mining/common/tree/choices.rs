//! Which of several ways a tree takes: how a leaf answers, and what a good split reduces.

use crate::params::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a leaf answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub(in crate::mining) enum LeafPrediction {
    /// The class that it has seen most of.
    #[serde(rename = "majority")]
    Majority,
    /// Naive Bayes of what it has seen.
    #[serde(rename = "naive_bayes")]
    NaiveBayes,
    /// The one of these two that was right about more of its records.
    #[default]
    #[serde(rename = "adaptive")]
    Adaptive,
}

/// How impure a leaf is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub(in crate::mining) enum Criterion {
    /// By the entropy of its classes.
    #[default]
    #[serde(rename = "info_gain")]
    InfoGain,
    /// By how often two draws from it differ.
    #[serde(rename = "gini")]
    Gini,
}
