//! `bench`: how fast a topology is, on this machine, now.

use crate::args::Bench;
use crate::terminal::{may_colour, may_redraw};
use crate::{print, print_as_is, tell};
use sluicebox::error::{Error, Exit, Result, reason};
use sluicebox::measure::{self, Event, Mode, Settings, hgrm, table};
use sluicebox::topology::plan::STDIN;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

pub fn bench(args: &Bench) -> Result<()> {
    let settings = settings(args)?;
    let (json, hgrm) = (args.json.as_deref(), args.hgrm.as_deref());
    if json.is_some() && json == hgrm {
        return Err(Error::usage("--json and --hgrm name the same place: give each its own"));
    }
    let mut made = Vec::new();
    for file in [json, hgrm].into_iter().flatten() {
        made.extend(may_write(file)?.then_some(file));
    }
    let mut progress = Progress { live: may_redraw(), drawn: None };
    let outcome = measure::bench(&settings, &mut |event| progress.tell(&event));
    progress.clear();
    if outcome.is_err() {
        // Nothing was measured: an empty file would look as if something had been.
        made.iter().for_each(|file| drop(fs::remove_file(file)));
    }
    let measure::Outcome { report, ages } = outcome?;
    if ![json, hgrm].contains(&Some(Path::new("-"))) {
        print(&table(&report))?;
    }
    if let Some(file) = json {
        let text = serde_json::to_string(&report).expect("a report is plain data");
        write(file, &format!("{text}\n"))?;
    }
    if let Some(file) = hgrm {
        write(file, &hgrm::text(&ages))?;
    }
    if report.stopped {
        return Err(Error::new(Exit::Stopped, "stopped before all was measured; what was is above"));
    }
    if let Some(first) = report.reasons.first() {
        let more = report.reasons.len() - 1;
        let more = if more > 0 { format!(" (and {more} reasons more)") } else { String::new() };
        return Err(Error::failed(format!("the measurement is INVALID: {first}{more}")));
    }
    match report.slo.filter(|slo| args.assert && !slo.holds) {
        Some(slo) => Err(Error::failed(format!("[slo] is broken: {}", slo.broken.join("; ")))),
        None => Ok(()),
    }
}

fn settings(args: &Bench) -> Result<Settings> {
    if args.file == Path::new(STDIN) {
        return Err(Error::usage(
            "bench reads a topology more than once: give it a file, not standard input",
        ));
    }
    let mode = match args {
        Bench { sweep: true, .. } => Mode::Sweep,
        Bench { sparse: true, .. } => Mode::Sparse,
        Bench { baseline: true, .. } => Mode::Baseline,
        _ => Mode::Plain,
    };
    Ok(Settings {
        file: args.file.clone(),
        sets: args.sets.clone(),
        rate: args.rate,
        span: args.span,
        warmup: args.warmup,
        repeat: args.repeat.map(usize::from),
        payload: args.payload,
        mode,
        assert: args.assert,
        colour: may_colour(),
    })
}

/// Sees that a result can be written: better told before all is measured than after. True when the file is new.
fn may_write(file: &Path) -> Result<bool> {
    if file == Path::new("-") {
        return Ok(false);
    }
    let new = !file.exists();
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| OpenOptions::new().append(true).create(true).open(file).map(|_| new))
        .map_err(|e| Error::usage(format!("cannot write to {}: {}", file.display(), reason(&e))))
}

fn write(file: &Path, text: &str) -> Result<()> {
    if file == Path::new("-") {
        return print_as_is(text);
    }
    fs::write(file, text)
        .map_err(|e| Error::failed(format!("cannot write to {}: {}", file.display(), reason(&e))))
}

/// What a person sees who waits: one line on a terminal, drawn anew each second; elsewhere only what stages say.
struct Progress {
    live: bool,
    drawn: Option<String>,
}

impl Progress {
    fn tell(&mut self, event: &Event<'_>) {
        match event {
            Event::Step(_) if !self.live => {}
            Event::Line(line) | Event::Step(line) => {
                self.clear();
                tell(line);
            }
            Event::Left { what, ns } if self.live => {
                let left = ns.div_ceil(1_000_000_000);
                let line = if left > 0 { format!("{what}: {left} s left") } else { what.to_string() };
                if self.drawn.as_ref() != Some(&line) {
                    self.clear();
                    // Nobody may be there to see it.
                    let _ = write!(std::io::stderr(), "{line}");
                    self.drawn = Some(line);
                }
            }
            Event::Left { .. } => {}
        }
    }

    /// Takes the line away.
    fn clear(&mut self) {
        if self.drawn.take().is_some() {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
