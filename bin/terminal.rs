//! What is known of the terminals at standard output and standard error.

use crate::tell;
pub use sluicebox::surroundings::size;
use sluicebox::topology::plan::STDIN;
use std::io::IsTerminal;
use std::path::Path;

/// Who has typed `-` for a file waits for the program, and the program for who has typed it.
pub fn await_stdin(file: &Path) {
    if file == Path::new(STDIN) && std::io::stdin().is_terminal() {
        tell("reading a topology from standard input: end it with Ctrl-D");
    }
}

/// Standard error is a terminal on which lines can be drawn anew.
pub fn may_redraw() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("TERM").is_some_and(|term| term != "dumb")
}

/// Messages may be coloured: nobody said NO_COLOR (no-color.org).
pub fn may_colour() -> bool {
    may_redraw() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Columns and rows of what is printed on, if it is a terminal.
pub fn screen_of_stdout() -> Option<(usize, usize)> {
    size(std::io::stdout())
}

/// How wide what is printed may be.
pub fn width_of_stdout() -> Option<usize> {
    screen_of_stdout().map(|(columns, _)| columns)
}
