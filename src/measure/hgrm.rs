//! A latency distribution as HdrHistogram's percentile file, in milliseconds: its plotter opens it.

use crate::latency::Latency;
use std::fmt::Write;

/// Lines for each halving of the distance to 100 %.
const TICKS: u32 = 5;
const NS_PER_MS: f64 = 1e6;

/// The text of the file.
///
/// ```text
///        Value     Percentile TotalCount 1/(1-Percentile)
///
///        0.104 0.000000000000          1           1.00
///        0.355 1.000000000000       1000
/// #[Mean    =        0.201, StdDeviation   =        0.044]
/// #[Max     =        0.355, Total count    =         1000]
/// #[Buckets =           32, SubBuckets     =         2048]
/// ```
pub fn text(latency: &Latency) -> String {
    let mut text = "       Value     Percentile TotalCount 1/(1-Percentile)\n\n".to_string();
    for step in latency.steps(TICKS) {
        let (ms, share, records) = (step.ns as f64 / NS_PER_MS, step.share, step.records);
        let _ = write!(text, "{ms:12.3} {share:2.12} {records:10}");
        let _ = match share < 1.0 {
            true => writeln!(text, " {:14.2}", 1.0 / (1.0 - share)),
            false => writeln!(text),
        };
    }
    let ms = |ns: Option<f64>| ns.unwrap_or(0.0) / NS_PER_MS;
    let (mean, deviation) = (ms(latency.mean_ns()), ms(latency.stdev_ns()));
    let (max, records) = (ms(latency.max_ns().map(|ns| ns as f64)), latency.len());
    let (buckets, parts) = latency.buckets();
    let _ = writeln!(text, "#[Mean    = {mean:12.3}, StdDeviation   = {deviation:12.3}]");
    let _ = writeln!(text, "#[Max     = {max:12.3}, Total count    = {records:12}]");
    let _ = writeln!(text, "#[Buckets = {buckets:12}, SubBuckets     = {parts:12}]");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_as_the_plotter_wants_it() {
        let mut latency = Latency::default();
        (1..=1000).for_each(|us| latency.record(us * 1000));
        let text = text(&latency);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "       Value     Percentile TotalCount 1/(1-Percentile)");
        assert_eq!((lines[1], lines[2]), ("", "       0.001 0.000000000000          1           1.00"));
        let rows: Vec<Vec<f64>> = lines[2..lines.len() - 3]
            .iter()
            .map(|line| line.split_whitespace().map(|word| word.parse().unwrap()).collect())
            .collect();
        let grows = |at: usize| rows.windows(2).all(|two| two[0][at] <= two[1][at]);
        assert!(grows(0) && grows(1) && grows(2), "{text}");
        assert!(rows.iter().rev().skip(1).all(|row| row.len() == 4));
        assert_eq!(rows.last().unwrap()[1..], [1.0, 1000.0], "the last line has no fourth column");
        let half = rows.iter().find(|row| row[1] == 0.5).unwrap();
        assert!((half[0] - 0.5).abs() < 0.001 && half[3] == 2.0, "{half:?}");
        // The true mean is 0.5005: a slot of the histogram stands for its middle.
        assert_eq!(lines[lines.len() - 3], "#[Mean    =        0.501, StdDeviation   =        0.289]");
        assert_eq!(lines[lines.len() - 1], "#[Buckets =           32, SubBuckets     =         2048]");
    }

    #[test]
    fn of_nothing_there_is_only_head_and_foot() {
        assert_eq!(text(&Latency::default()).lines().count(), 5);
    }
}
