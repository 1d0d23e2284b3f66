//! The area under the ROC curve of scored records, exactly: by their ranks.
//!
//! Hanley & McNeil 1982, The meaning and use of the area under a ROC curve, Radiology 143:29. Equal scores count half.

/// How likely a record that is one has a greater score than one that is none; `None` where there are not both.
pub(super) fn area(mut scored: Vec<(f32, bool)>) -> Option<f64> {
    scored.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let ones = scored.iter().filter(|(_, is)| *is).count() as f64;
    let others = scored.len() as f64 - ones;
    if ones == 0.0 || others == 0.0 {
        return None;
    }
    let (mut below, mut area) = (0.0, 0.0);
    for equal in scored.chunk_by(|a, b| a.0 == b.0) {
        let ones = equal.iter().filter(|(_, is)| *is).count() as f64;
        let others = equal.len() as f64 - ones;
        area += ones * (below + others / 2.0);
        below += others;
    }
    Some(area / (ones * others))
}
