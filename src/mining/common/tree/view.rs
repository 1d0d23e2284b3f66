//! A tree as it shows itself: its nodes, and the conditions that lead to them.

/// What a branch asks, as one of its ways answers. Features are numbered: numeric ones first, then the nominal ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::mining) struct Condition {
    pub(in crate::mining) feature: usize,
    pub(in crate::mining) holds: Holds,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::mining) enum Holds {
    AtMost(f64),
    Above(f64),
    /// The code of a value.
    Is(u32),
    IsNot(u32),
}

/// A node, as it is reported.
#[derive(Clone, Copy, Debug)]
pub(in crate::mining) struct NodeView<'a> {
    pub(in crate::mining) node: u32,
    pub(in crate::mining) parent: Option<u32>,
    pub(in crate::mining) depth: u32,
    /// What led here from the parent.
    pub(in crate::mining) condition: Option<Condition>,
    /// Of a branch the feature that it asks for, and where it cuts a numeric one.
    pub(in crate::mining) asks: Option<(usize, Option<f64>)>,
    /// The weight of each class: of a leaf now, of a branch when it was split.
    pub(in crate::mining) counts: &'a [f64],
    /// A leaf that still looks for a split.
    pub(in crate::mining) learns: bool,
}

impl NodeView<'_> {
    /// The class of most weight, the first of several.
    pub(in crate::mining) fn class(&self) -> Option<usize> {
        let most = self.counts.iter().copied().fold(0.0, f64::max);
        self.counts.iter().position(|count| *count == most && most > 0.0)
    }
}
