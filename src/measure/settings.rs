//! What a measurement is asked for, and what follows from it for a topology.

use super::rewrite::rate_of;
use super::run::Times;
use crate::error::{Error, Result};
use crate::topology::plan::{Plan, STDIN, Stage};
use crate::units::{Bytes, Rate, Span};
use std::path::PathBuf;

/// What the user asked for; what was not said is `None`.
#[derive(Clone, Debug)]
pub struct Settings {
    pub file: PathBuf,
    pub sets: Vec<String>,
    pub rate: Option<Rate>,
    pub span: Option<Span>,
    pub warmup: Option<Span>,
    pub repeat: Option<usize>,
    pub payload: Option<Bytes>,
    pub mode: Mode,
    /// Hold the topology to its `[slo]`.
    pub assert: bool,
    /// Problems of the topology may be told in colour.
    pub colour: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Plain,
    /// In turn with bare libzmq.
    Baseline,
    /// For the highest rate that holds.
    Sweep,
    /// At a few records a second.
    Sparse,
}

const REPEAT: usize = 3;
/// Fewer pairs than this can't tell small differences.
pub(super) const PAIRS_GOOD: usize = 10;
const SECOND: Span = Span::from_ms(1000);
/// Where a sweep begins.
pub(super) const SWEEP_FROM: Rate = Rate(1000.0);
/// Records a second, and how long it takes until there is something to say of them: a median, p90, p99.
const SPARSE: [(Rate, Span); 3] = [
    (Rate(1.0), Span::from_ms(21_000)),
    (Rate(10.0), Span::from_ms(12_000)),
    (Rate(100.0), Span::from_ms(11_000)),
];

impl Settings {
    /// How long a run is, without and with its warm-up: a second of it, or a tenth of the run if that is more.
    pub fn times(&self) -> Times {
        let usual = Span::from_ms(if self.mode == Mode::Sweep { 3000 } else { 10_000 });
        self.times_of(self.span.unwrap_or(usual))
    }

    fn times_of(&self, span: Span) -> Times {
        let warmup = self.warmup.unwrap_or(SECOND.max(Span { ns: span.ns / 10 }));
        Times { warmup, span }
    }

    pub fn repeat(&self) -> usize {
        let usual = if matches!(self.mode, Mode::Sweep | Mode::Sparse) { 1 } else { REPEAT };
        self.repeat.unwrap_or(usual)
    }

    /// The rates of a sparse measurement, each with its times.
    pub fn sparse(&self) -> [(Rate, Times); 3] {
        SPARSE.map(|(rate, span)| (rate, self.times_of(self.span.unwrap_or(span))))
    }

    /// The rate that sources are given: what was said; for `--assert` what `[slo]` says; else what the file says, and
    /// what `[slo]` says where the file says nothing.
    pub fn rate(&self, plan: &Plan) -> Option<Rate> {
        let at = plan.slo.and_then(|slo| slo.at);
        let silent = sources(plan).all(|stage| stage.says(0, |card| card.paced).is_none());
        self.rate.or(at.filter(|_| self.assert || silent))
    }

    /// What can't be done with this topology.
    pub fn check(&self, plan: &Plan) -> Result<()> {
        if self.span.is_some_and(|span| span.ns == 0) {
            return Err(Error::usage("--for must be longer than nothing, such as --for 10s"));
        }
        if self.assert && plan.slo.is_none() {
            return Err(Error::usage(format!(
                "--assert needs a promise to hold \"{}\" to: add [slo] with a line such as p99 = \"2ms\" to {}",
                plan.name,
                self.file.display()
            )));
        }
        let once =
            |stage: &&Stage| stage.says(0, |card| card.place).and_then(toml::Value::as_str) == Some(STDIN);
        if let Some(stage) = sources(plan).find(once) {
            return Err(Error::usage(format!(
                "a measurement runs a topology again and again, and what stage \"{}\" reads on standard input comes \
                 once: name a file, with --set if you like",
                stage.name
            )));
        }
        if let Some(Bytes(bytes)) = self.payload.filter(|payload| *payload >= plan.max_message) {
            return Err(Error::usage(format!(
                "--payload {bytes} does not fit into a record: max_message is {} bytes (raise it in {})",
                plan.max_message.0,
                self.file.display()
            )));
        }
        if self.mode == Mode::Baseline && plan.stages.iter().all(Stage::is_source) {
            return Err(Error::usage(format!(
                "--baseline compares links, and \"{}\" has none: all its work is in one stage",
                plan.name
            )));
        }
        Ok(())
    }
}

pub(super) fn sources(plan: &Plan) -> impl Iterator<Item = &Stage> {
    plan.stages.iter().filter(|stage| stage.is_source())
}

/// Whether every source is paced: if not, records queue, and their age says how long.
pub(super) fn is_paced(plan: &Plan) -> bool {
    sources(plan).all(|stage| rate_of(stage).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology;

    fn plan(rate: &str, slo: &str) -> Plan {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("t.toml");
        let text = format!(
            "name = \"t\"\n[[stage]]\nname = \"a\"\noperator = \"shop\"\n{rate}\n\
             [[stage]]\nname = \"b\"\noperator = \"null\"\nfrom = \"a\"\n{slo}"
        );
        std::fs::write(&file, text).unwrap();
        topology::load(&file, &[]).unwrap().plan
    }

    fn settings(rate: Option<&str>, assert: bool) -> Settings {
        Settings {
            file: "t.toml".into(),
            sets: Vec::new(),
            rate: rate.and_then(Rate::parse),
            span: None,
            warmup: None,
            repeat: None,
            payload: None,
            mode: Mode::Plain,
            assert,
            colour: false,
        }
    }

    #[test]
    fn a_rate_is_what_was_said_then_what_is_asserted_then_the_files_then_the_promises() {
        let (own, at) = ("rate = \"5/s\"", "[slo]\np99 = \"1s\"\nat = \"7/s\"");
        let rate = |said, assert, own, slo| settings(said, assert).rate(&plan(own, slo)).map(|rate| rate.0);
        assert_eq!(rate(Some("3/s"), true, own, at), Some(3.0));
        assert_eq!(rate(None, true, own, at), Some(7.0));
        assert_eq!(rate(None, false, own, at), None, "the file's own rate is left as it is");
        assert_eq!(rate(None, false, "", at), Some(7.0));
        assert_eq!(rate(None, false, "", ""), None);
        assert!(is_paced(&plan(own, "")) && !is_paced(&plan("", at)));
    }

    #[test]
    fn a_warm_up_is_a_second_or_a_tenth() {
        let of = |span| Settings { span: Span::parse(span), ..settings(None, false) }.times().warmup;
        assert_eq!([of("1s"), of("60s")], [SECOND, Span::from_ms(6000)]);
    }

    #[test]
    fn what_can_not_be_done_is_told_before_anything_runs() {
        let told = |settings: Settings| settings.check(&plan("", "")).unwrap_err().sentence;
        assert!(told(settings(None, true)).contains("add [slo] with a line such as p99"));
        let payload = Settings { payload: Some(Bytes(1 << 20)), ..settings(None, false) };
        assert!(told(payload).contains("max_message is 1048576 bytes"));
        let none = Settings { span: Some(Span { ns: 0 }), ..settings(None, false) };
        assert!(told(none).contains("--for must be longer"));
    }
}
