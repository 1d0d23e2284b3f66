//! Live progress of a run on a terminal; plain lines elsewhere.

use crate::terminal::size;
use crate::{grid, table, voice};
use sluicebox::printable::one_line;
use sluicebox::run::activity::Activity;
use sluicebox::run::books::Books;
use sluicebox::supervisor::event::{Event, Observer, Running};
use sluicebox::topology::plan::Plan;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Instant;

/// What the run shows while it runs: on standard error, always.
pub struct Progress {
    live: bool,
    /// How wide the lines are of the picture that stands on the terminal now.
    drawn: Vec<usize>,
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
        Progress { live, drawn: Vec::new(), before: None, plan: None }
    }

    fn tell(&mut self, event: &Event<'_>) {
        match event {
            Event::Said { stage, line } => self.line(&format!("{stage} | {line}")),
            Event::Restart { who, how, after } => {
                self.line(&format!("{who} {how}; it is started again in {} ms", after.as_millis()));
            }
            Event::Failed { sentence } | Event::Note { sentence } => self.line(sentence),
            Event::Stopping { why, at_once: false, hurry } => {
                self.line(&format!("{why}: sources stop, the rest is drained ({hurry} leaves at once)"))
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
        let (columns, rows) = size(std::io::stderr()).unwrap_or_default();
        let table = table::stages(&plan, activity, Some(columns));
        // The cursor stands below the picture, and a line may tell the bottleneck.
        let mut picture = cut(&table, &plan.name, rows.saturating_sub(2));
        if let Some(line) = table::bottleneck(&plan, activity) {
            picture += &format!("{line}\n");
        }
        self.draw(&picture, columns);
        self.before = Some((Rc::clone(books), now));
    }

    /// Takes the picture away: the account follows.
    pub fn clear(&mut self) {
        self.draw("", 0);
    }

    fn line(&mut self, line: &str) {
        self.draw("", 0);
        // The terminal may have echoed a ^C where the cursor stands.
        let clean = if self.live { "\r\x1b[K" } else { "" };
        let limit = size(std::io::stderr()).map(|(columns, _)| columns);
        voice::say(format!("{clean}{}", grid::fit(&one_line(line), limit)));
    }

    /// Puts a new picture where the last one stands, on a terminal of so many columns.
    fn draw(&mut self, picture: &str, columns: usize) {
        // A terminal that has become narrower since has broken the long lines of the last one.
        let now = size(std::io::stderr()).map_or(usize::MAX, |(columns, _)| columns.max(1));
        let up: usize = self.drawn.iter().map(|width| width.div_ceil(now).max(1)).sum();
        let up = if up > 0 { format!("\r\x1b[{up}A\x1b[J") } else { String::new() };
        // Without wrapping the terminal cuts long lines itself, and a line of the picture is a line on it.
        let drawing = if picture.is_empty() { up } else { format!("{up}\x1b[?7l{picture}\x1b[?7h") };
        if voice::draw(drawing, picture.is_empty()) {
            self.drawn = picture.lines().map(|line| line.chars().count().min(columns)).collect();
        }
    }
}

/// As many lines as the terminal shows: what has scrolled away can't be drawn anew.
fn cut(table: &str, name: &str, rows: usize) -> String {
    let lines: Vec<&str> = table.lines().collect();
    let shown = rows.max(2) - 1;
    if lines.len() <= shown + 1 {
        return table.to_string();
    }
    let (more, shown) = (lines.len() - shown, lines[..shown].join("\n"));
    format!("{shown}\n... and {more} more workers: `sluicebox status {name}` shows all\n")
}
