//! The highest rate that holds: bracketed by doubling, then bisected. The search knows nothing of what it measures.

use crate::error::Result;
use serde::Serialize;

/// Bisection ends when the bracket is no wider than this.
const NARROW: f64 = 1.05;
/// Where doubling and halving end.
const RATE_MAX: f64 = 1e9;
const RATE_MIN: f64 = 1.0;

/// One rate that was tried.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// Records a second from each source.
    pub rate: f64,
    pub holds: bool,
    pub p50: Option<f64>,
    pub p99: Option<f64>,
    /// Why it does not hold.
    pub why: Option<String>,
}

/// All steps in the order they were tried.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Sweep {
    /// The highest rate that held; `None`: none did.
    pub knee: Option<f64>,
    pub steps: Vec<Step>,
}

/// Searches from `first` on. `measure` says of a rate whether it holds; `None` ends the search where it is.
pub(super) fn search(first: f64, mut measure: impl FnMut(f64) -> Result<Option<Step>>) -> Result<Sweep> {
    let mut sweep = Sweep::default();
    let (mut low, mut high): (Option<f64>, Option<f64>) = (None, None);
    let mut rate = first;
    loop {
        let Some(step) = measure(rate)? else { return Ok(sweep) };
        if step.holds {
            low = Some(low.map_or(rate, |low| low.max(rate)));
        } else {
            high = Some(high.map_or(rate, |high| high.min(rate)));
        }
        sweep.steps.push(step);
        sweep.knee = low;
        rate = match (low, high) {
            (Some(low), None) if low * 2.0 <= RATE_MAX => low * 2.0,
            (None, Some(high)) if high / 2.0 >= RATE_MIN => high / 2.0,
            (Some(low), Some(high)) if high / low > NARROW => round((low * high).sqrt()),
            _ => return Ok(sweep),
        };
        if sweep.steps.iter().any(|step| step.rate == rate) {
            return Ok(sweep);
        }
    }
}

/// To three digits, so that one can say it.
fn round(rate: f64) -> f64 {
    let unit = 10_f64.powf((rate.log10().floor() - 2.0).max(0.0));
    (rate / unit).round() * unit
}

const WIDTH: usize = 60;
const HEIGHT: usize = 12;

/// A drawing: rate to the right, p99 upwards, both by powers; `o` held, `x` did not, and the knee is marked below.
pub(super) fn plot(sweep: &Sweep) -> String {
    let points: Vec<(f64, f64, bool)> =
        sweep.steps.iter().filter_map(|step| Some((step.rate, step.p99?, step.holds))).collect();
    if points.len() < 2 {
        return String::new();
    }
    let range = |value: fn(&(f64, f64, bool)) -> f64| {
        let logs = points.iter().map(|point| value(point).max(1e-3).log10());
        logs.fold((f64::MAX, f64::MIN), |(least, most), log| (least.min(log), most.max(log)))
    };
    let place = |value: f64, (least, most): (f64, f64), size: usize| {
        let part = (value.max(1e-3).log10() - least) / (most - least).max(1e-9);
        (part * (size - 1) as f64).round() as usize
    };
    let (across, up) = (range(|point| point.0), range(|point| point.1));
    let mut canvas = vec![[' '; WIDTH]; HEIGHT];
    for (rate, p99, holds) in &points {
        canvas[HEIGHT - 1 - place(*p99, up, HEIGHT)][place(*rate, across, WIDTH)] =
            if *holds { 'o' } else { 'x' };
    }
    let mut text = String::new();
    for (row, line) in canvas.iter().enumerate() {
        let label = match row {
            0 => super::verdict::time(10_f64.powf(up.1)),
            row if row == HEIGHT - 1 => super::verdict::time(10_f64.powf(up.0)),
            _ => String::new(),
        };
        text += &format!("{label:>10} |{}\n", line.iter().collect::<String>().trim_end());
    }
    text += &format!("{:>10} +{}\n", "p99", "-".repeat(WIDTH));
    if let Some(knee) = sweep.knee {
        let at = place(knee, across, WIDTH);
        text += &format!("{:>12}{}^ knee\n", "", " ".repeat(at));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine that holds up to `knee`.
    fn steps(first: f64, knee: f64) -> (Sweep, usize) {
        let mut asked = 0;
        let sweep = search(first, |rate| {
            asked += 1;
            let p99 = Some(100.0 + rate);
            let holds = rate <= knee;
            Ok(Some(Step { rate, holds, p50: None, p99, why: (!holds).then(String::new) }))
        });
        (sweep.unwrap(), asked)
    }

    #[test]
    fn a_planted_knee_is_found_to_five_percent() {
        for knee in [1000.0, 1003.0, 12_345.0, 777_777.0, 150.0, 31.0] {
            let (sweep, asked) = steps(1000.0, knee);
            let found = sweep.knee.unwrap();
            assert!(found <= knee && found * NARROW * 1.01 >= knee, "{found} for {knee}");
            assert!(asked < 25, "{asked} steps for {knee}");
            assert!(sweep.steps.iter().any(|step| step.rate == found && step.holds));
        }
    }

    #[test]
    fn what_never_holds_has_no_knee_and_what_always_does_has_the_last_rate() {
        assert_eq!(steps(1000.0, 0.0).0.knee, None);
        assert_eq!(steps(1000.0, f64::MAX).0.knee, Some(524_288_000.0));
    }

    #[test]
    fn a_search_that_is_ended_keeps_what_it_has() {
        let mut left = 2;
        let sweep = search(8.0, |rate| {
            left -= 1;
            Ok((left >= 0).then_some(Step { rate, holds: true, p50: None, p99: None, why: None }))
        });
        let sweep = sweep.unwrap();
        assert_eq!((sweep.knee, sweep.steps.len()), (Some(16.0), 2));
        assert_eq!(plot(&sweep), "", "nothing to draw without a p99");
    }

    #[test]
    fn the_plot_marks_the_knee_below_its_point() {
        let (sweep, _) = steps(1000.0, 12_345.0);
        let plot = plot(&sweep);
        let lines: Vec<&str> = plot.lines().collect();
        assert_eq!(lines.len(), HEIGHT + 2);
        let mark = lines[HEIGHT + 1].find('^').unwrap();
        let held = lines[..HEIGHT].iter().filter_map(|line| line.rfind('o')).max();
        assert_eq!(held, Some(mark), "{plot}");
        assert!(lines.iter().all(|line| line.chars().count() <= 100) && plot.contains('x'), "{plot}");
    }
}
