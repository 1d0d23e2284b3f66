//! Live progress of a run on a terminal; plain lines elsewhere.

use crate::table;
use sluicebox::runtime::books::Books;
use sluicebox::supervisor::launch::Event;
use std::io::Write;
use std::time::Instant;

/// What the run shows while it runs: on standard error, always.
pub struct Progress {
    live: bool,
    /// Lines of the picture that stands on the terminal now.
    drawn: usize,
    before: Option<(Books, Instant)>,
}

impl Progress {
    pub fn new(live: bool) -> Progress {
        Progress { live, drawn: 0, before: None }
    }

    pub fn tell(&mut self, event: &Event<'_>) {
        match event {
            Event::Said { stage, line } => self.line(&format!("{stage} | {line}")),
            Event::Restart { stage, how, after } => {
                self.line(&format!(
                    "stage \"{stage}\" {how}; it is started again in {} ms",
                    after.as_millis()
                ));
            }
            Event::Failed { sentence } => self.line(sentence),
            Event::Stopping { times: 1 } => {
                self.line("stopping: sources stop, the rest is drained (again to leave at once)")
            }
            Event::Stopping { .. } => self.line("leaving at once; what is not drained is counted as lost"),
            Event::Books { plan, books } if self.live => {
                let now = Instant::now();
                let before = self.before.as_ref().map(|(books, at)| (books, (now - *at).as_secs_f64()));
                let mut picture = table::stages(plan, books, before);
                if let Some(line) = table::bottleneck(plan, books, before) {
                    picture += &format!("{line}\n");
                }
                self.draw(&picture);
                self.before = Some(((*books).clone(), now));
            }
            Event::Books { .. } => {}
        }
    }

    /// Takes the picture away: the account follows.
    pub fn clear(&mut self) {
        self.draw("");
    }

    fn line(&mut self, line: &str) {
        self.draw("");
        // Nobody may be there to read it.
        let _ = writeln!(std::io::stderr(), "{line}");
    }

    /// Puts a new picture where the last one stands.
    fn draw(&mut self, picture: &str) {
        let up = if self.drawn > 0 { format!("\x1b[{}A\x1b[J", self.drawn) } else { String::new() };
        let _ = write!(std::io::stderr(), "{up}{picture}");
        self.drawn = picture.lines().count();
    }
}
