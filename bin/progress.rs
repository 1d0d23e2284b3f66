//! Live progress of a run on a terminal; plain lines elsewhere.

use crate::table;
use sluicebox::run::activity::Activity;
use sluicebox::run::books::Books;
use sluicebox::supervisor::event::{Event, Observer, Running};
use sluicebox::topology::plan::Plan;
use std::cell::RefCell;
use std::io::Write;
use std::rc::Rc;
use std::time::Instant;

/// Lines of the table of stages; one more may tell the bottleneck.
const LINES_MAX: usize = 21;

/// What the run shows while it runs: on standard error, always.
pub struct Progress {
    live: bool,
    /// Lines of the picture that stands on the terminal now.
    drawn: usize,
    before: Option<(Rc<Books>, Instant)>,
    plan: Option<Rc<Plan>>,
}

/// The same as an observer; who made it takes the picture away at the end.
pub struct Shown(pub Rc<RefCell<Progress>>);

impl Observer for Shown {
    fn started(&mut self, running: &Running) {
        self.0.borrow_mut().plan = Some(running.plan.clone());
    }

    fn event(&mut self, event: &Event<'_>) {
        self.0.borrow_mut().tell(event);
    }
}

impl Progress {
    pub fn new(live: bool) -> Progress {
        Progress { live, drawn: 0, before: None, plan: None }
    }

    fn tell(&mut self, event: &Event<'_>) {
        match event {
            Event::Said { stage, line } => self.line(&format!("{stage} | {line}")),
            Event::Restart { who, how, after } => {
                self.line(&format!("{who} {how}; it is started again in {} ms", after.as_millis()));
            }
            Event::Failed { sentence } | Event::Note { sentence } => self.line(sentence),
            Event::Stopping { why, at_once: false } => {
                self.line(&format!("{why}: sources stop, the rest is drained (Ctrl-C leaves at once)"))
            }
            Event::Stopping { why, .. } => {
                self.line(&format!("{why}: leaving at once, what is not drained is counted as lost"))
            }
            Event::Books(books) if self.live => self.picture(books),
            Event::Books(_) => {}
        }
    }

    fn picture(&mut self, books: &Rc<Books>) {
        let Some(plan) = self.plan.clone() else { return };
        let now = Instant::now();
        let before = self.before.as_ref().map(|(books, at)| (&**books, (now - *at).as_secs_f64()));
        let activity = Activity::new(books, before);
        let mut picture = cut(&table::stages(&plan, activity), &plan.name);
        if let Some(line) = table::bottleneck(&plan, activity) {
            picture += &format!("{line}\n");
        }
        self.draw(&picture);
        self.before = Some((Rc::clone(books), now));
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
        // Without wrapping the terminal cuts long lines itself, and a line of the picture is a line on it.
        let drawing = if picture.is_empty() { up } else { format!("{up}\x1b[?7l{picture}\x1b[?7h") };
        let _ = std::io::stderr().write_all(drawing.as_bytes());
        self.drawn = picture.lines().count();
    }
}

/// As many lines as the smallest usual terminal shows: what has scrolled away can't be drawn anew.
fn cut(table: &str, name: &str) -> String {
    let lines: Vec<&str> = table.lines().collect();
    if lines.len() <= LINES_MAX {
        return table.to_string();
    }
    let more = lines.len() - (LINES_MAX - 1);
    let shown = lines[..LINES_MAX - 1].join("\n");
    format!("{shown}\n... and {more} more workers: `sluicebox status {name}` shows all\n")
}
