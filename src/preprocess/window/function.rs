//! What may be asked of a window's records.

use crate::numeric::{Moments, Quantiles, quantile};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Function {
    Count,
    Sum,
    Mean,
    Min,
    Max,
    Stddev,
    StddevPop,
    Variance,
    VariancePop,
    First,
    Last,
    Quantile(f64),
    Distinct,
    Top(u32),
    Collect(u32),
}

/// Their names, as the page lists them.
pub(super) const NAMES: [&str; 16] = [
    "count",
    "sum",
    "mean",
    "min",
    "max",
    "stddev",
    "stddev_pop",
    "variance",
    "variance_pop",
    "first",
    "last",
    "median",
    "quantile",
    "distinct",
    "top",
    "collect",
];

/// What other tools call them.
const CALLED: [(&str, &str); 18] = [
    ("avg", "mean(x)"),
    ("average", "mean(x)"),
    ("total", "sum(x)"),
    ("std", "stddev(x)"),
    ("stddev_samp", "stddev(x)"),
    ("var", "variance(x)"),
    ("var_samp", "variance(x)"),
    ("var_pop", "variance_pop(x)"),
    ("first_value", "first(x)"),
    ("last_value", "last(x)"),
    ("percentile", "quantile(x, 0.95)"),
    ("approx_quantile", "quantile(x, 0.95)"),
    ("quantile_cont", "quantile(x, 0.95)"),
    ("count_distinct", "distinct(x)"),
    ("approx_count_distinct", "distinct(x)"),
    ("approx_top_k", "top(x, 3)"),
    ("array_agg", "collect(x)"),
    ("list", "collect(x)"),
];

/// `collect(x)` lists so many where nobody says another number, and nobody may say more than `COLLECT_LIMIT`.
const COLLECT_MAX: u32 = 1_000;
const COLLECT_LIMIT: u32 = 10_000;
const TOP_LIMIT: u32 = 1_000;

impl Function {
    /// The function of a name, and of the number that it takes behind its column.
    pub(super) fn read(name: &str, number: Option<&str>) -> Result<Function, String> {
        let share = |text: &str| text.parse::<f64>().ok().filter(|share| (0.0..=1.0).contains(share));
        let whole = |text: &str, most: u32| text.parse::<u32>().ok().filter(|n| (1..=most).contains(n));
        let function = match name {
            "quantile" => {
                let share = number.and_then(share);
                return share.map(Function::Quantile).ok_or_else(|| {
                    "quantile needs a share from 0 to 1 behind its column, as in quantile(x, 0.95)"
                        .to_string()
                });
            }
            "top" => {
                let k = number.and_then(|number| whole(number, TOP_LIMIT));
                return k.map(Function::Top).ok_or_else(|| {
                    format!("top needs how many (1 to {TOP_LIMIT}) behind its column, as in top(x, 3)")
                });
            }
            "collect" => {
                let most = number.map_or(Some(COLLECT_MAX), |number| whole(number, COLLECT_LIMIT));
                return most.map(Function::Collect).ok_or_else(|| {
                    format!("collect lists 1 to {COLLECT_LIMIT} different values, as in collect(x, 100)")
                });
            }
            "count" => Function::Count,
            "sum" => Function::Sum,
            "mean" => Function::Mean,
            "min" => Function::Min,
            "max" => Function::Max,
            "stddev" => Function::Stddev,
            "stddev_pop" => Function::StddevPop,
            "variance" => Function::Variance,
            "variance_pop" => Function::VariancePop,
            "first" => Function::First,
            "last" => Function::Last,
            "median" => Function::Quantile(0.5),
            "distinct" => Function::Distinct,
            _ => {
                let ours = CALLED.iter().find(|(other, _)| *other == name);
                let ours = ours.map_or(String::new(), |(_, ours)| format!("write {ours}; "));
                return Err(format!(
                    "there is no \"{name}\" of a window ({ours}there is {})",
                    NAMES.join(", ")
                ));
            }
        };
        match number {
            None => Ok(function),
            Some(_) => Err(format!("{name} takes one column, as in {name}(x)")),
        }
    }

    /// What its values have to be.
    pub(super) fn needs(self) -> &'static str {
        match self {
            Function::Min | Function::Max | Function::First | Function::Last => {
                "a number, a time, a bool or a text is needed"
            }
            Function::Top(_) | Function::Collect(_) => {
                "a text or a whole number is needed (write CAST(… AS TEXT))"
            }
            Function::Distinct => "anything but a list is needed",
            _ => "a number is needed",
        }
    }

    pub(super) fn spread(self, moments: &Moments) -> Option<f64> {
        match self {
            Function::Variance => moments.variance(1),
            Function::VariancePop => moments.variance(0),
            Function::StddevPop => moments.variance(0).map(f64::sqrt),
            _ => moments.variance(1).map(f64::sqrt),
        }
    }

    pub(super) fn quantile(self, sketch: &Quantiles) -> Option<f64> {
        let Function::Quantile(share) = self else { return None };
        let mut values = Vec::new();
        sketch.give(&mut values);
        values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        quantile(&values, share)
    }
}
