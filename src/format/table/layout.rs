//! How wide the columns of a table are.

/// A text is not cut below this.
const TEXT_MIN: usize = 8;
/// A text gets no more, however wide the screen is: what stands behind it is wanted too.
const TEXT_MAX: usize = 60;
const GAP: usize = 2;
/// What says how many columns were left out takes so much.
const MARK: usize = 6;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Layout {
    /// Of the columns that are shown, from the first on.
    pub widths: Vec<usize>,
    /// So many find no room.
    pub left_out: usize,
    /// What is longer than its column is cut.
    pub cuts: bool,
}

impl Layout {
    /// Nothing is left out or cut; no column is padded beyond `pad_max`.
    pub(super) fn free(wants: &[usize], pad_max: usize) -> Layout {
        let widths = wants.iter().map(|want| (*want).min(pad_max)).collect();
        Layout { widths, left_out: 0, cuts: false }
    }

    /// In lines of `limit` columns: texts give way first, then the last columns go.
    pub(super) fn within(wants: &[usize], texts: &[bool], limit: usize) -> Layout {
        // Columns grow by steps, so that they seldom move.
        let want = |(want, text): (&usize, &bool)| match text {
            true => want.next_multiple_of(4).min(TEXT_MAX),
            false => want.next_multiple_of(2),
        };
        let wants: Vec<usize> = wants.iter().zip(texts).map(want).collect();
        let least = |at: usize| if texts[at] { wants[at].min(TEXT_MIN) } else { wants[at] };
        let total = |n: usize| (0..n).map(least).sum::<usize>() + GAP * n.saturating_sub(1);
        let all = wants.len();
        let fits = |n: usize| total(n) + if n < all { MARK } else { 0 } <= limit;
        let shown = (1..=all).rev().find(|n| fits(*n)).unwrap_or(1);
        let mut widths: Vec<usize> = (0..shown).map(least).collect();
        let used = total(shown) + if shown < all { MARK } else { 0 };
        let mut spare = limit.saturating_sub(used);
        // What is left goes to the texts, to the narrowest first.
        while spare > 0
            && let Some(at) =
                (0..shown).filter(|at| widths[*at] < wants[*at]).min_by_key(|at| (widths[*at], *at))
        {
            widths[at] += 1;
            spare -= 1;
        }
        if let [only] = widths.as_mut_slice() {
            *only = (*only).min(limit.saturating_sub(if all > 1 { MARK } else { 0 }).max(1));
        }
        Layout { widths, left_out: all - shown, cuts: true }
    }
}
