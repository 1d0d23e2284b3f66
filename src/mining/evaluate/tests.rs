//! Records that come before two classes are known.

use super::*;
use crate::data::Column;

/// The area under the curve after these labels, predictions and probabilities.
fn auc(rows: &[(u8, u8, f64)]) -> Option<f64> {
    let scores = Scores::new(Scoring { window: 100, fading: 0.99 });
    let mut scored = Scored { classes: Codes::default(), scores, beyond: 0 };
    let mut shares = Vec::new();
    for (label, prediction, share) in rows {
        scored.learn(&[*label], Some(&[*prediction]), Some(*share), 10, &mut shares);
    }
    let mut columns: Vec<Column> = FIELDS.iter().map(|(_, of)| Column::new(*of)).collect();
    scored.scores.write(&mut columns);
    let at = FIELDS.iter().position(|(name, _)| *name == "auc").expect("there is such a score");
    match columns[at].value(0) {
        Value::F64(area) => Some(area),
        _ => None,
    }
}

/// By hand: of 0 and 1 as labels, 5 of 6 pairs are in order; of the first record class 1 had the rest.
#[test]
fn a_first_record_that_was_right_is_ranked() {
    let rows = [(0, 0, 0.9), (1, 1, 0.8), (0, 0, 0.6), (1, 0, 0.7), (0, 0, 0.95)];
    assert_eq!(auc(&rows), Some(5.0 / 6.0));
    let mut turned = rows;
    turned.reverse();
    turned.swap(0, 1);
    assert_eq!(auc(&turned), Some(5.0 / 6.0), "in whatever order they come");
    assert_eq!(auc(&rows[..1]), None, "one class has no area");
    assert_eq!(auc(&[rows[0], rows[1], (2, 2, 0.9)]), None, "of a third class nobody says how likely it was");
}
