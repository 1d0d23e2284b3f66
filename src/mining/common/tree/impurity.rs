//! How mixed the classes of a distribution are, times its weight.

use super::choices::Criterion;

#[cfg(test)]
thread_local! {
    /// How many terms have been worked out.
    pub(super) static WORKED_OUT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// What a class adds to the sum that the impurity is made of.
#[inline]
pub(super) fn term(criterion: Criterion, count: f64) -> f64 {
    #[cfg(test)]
    WORKED_OUT.with(|terms| terms.set(terms.get() + 1));
    match criterion {
        Criterion::InfoGain => count * count.log2(),
        Criterion::Gini => count * count,
    }
}

/// The impurity of a distribution times its weight, of this sum.
#[inline]
fn settled(criterion: Criterion, sum: f64, total: f64) -> f64 {
    match criterion {
        _ if total <= 0.0 => 0.0,
        Criterion::InfoGain => total * total.log2() - sum,
        Criterion::Gini => total - sum / total,
    }
}

/// The impurity of a class distribution times its weight, and the weight.
#[inline]
pub(super) fn impurity(criterion: Criterion, counts: impl Iterator<Item = f64>) -> (f64, f64) {
    let (mut sum, mut total) = (0.0, 0.0);
    for count in counts.filter(|count| *count > 0.0) {
        total += count;
        sum += term(criterion, count);
    }
    (settled(criterion, sum, total), total)
}

/// The same of all values but one, whose `terms` are those of all where the one has nothing.
pub(super) fn impurity_of_rest(criterion: Criterion, of: &[f64], all: &[f64], terms: &[f64]) -> (f64, f64) {
    let (mut sum, mut total) = (0.0, 0.0);
    for ((of, all), of_all) in of.iter().zip(all).zip(terms) {
        let count = all - of;
        if count > 0.0 {
            total += count;
            sum += if *of == 0.0 { *of_all } else { term(criterion, count) };
        }
    }
    (settled(criterion, sum, total), total)
}
