//! What several miners share.

pub(super) mod itemsets;
