//! A terminal of a given size, as far as the program uses one: what a person would have before their eyes.

/// What has been written to it.
pub struct Screen {
    columns: usize,
    rows: usize,
    /// All lines ever, the ones that have scrolled away too.
    lines: Vec<Vec<char>>,
    /// Where the cursor is; its line counts from the first one ever.
    line: usize,
    column: usize,
    wraps: bool,
    /// Characters that were written over the last cell of a line because nothing may wrap.
    pub clipped: usize,
    /// Lines that the terminal itself has broken.
    pub broken: usize,
}

impl Screen {
    pub fn new(columns: usize, rows: usize) -> Screen {
        Screen {
            columns,
            rows,
            lines: vec![Vec::new()],
            line: 0,
            column: 0,
            wraps: true,
            clipped: 0,
            broken: 0,
        }
    }

    /// All that stands there, and what has scrolled away above it.
    pub fn text(&self) -> String {
        let line = |line: &Vec<char>| line.iter().collect::<String>().trim_end().to_string() + "\n";
        self.lines.iter().map(line).collect()
    }

    pub fn write(&mut self, text: &str) {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if let Some(sequence) = rest.strip_prefix("\u{1b}[") {
                let end = sequence.find(|c: char| c.is_ascii_alphabetic()).expect("a whole sequence");
                self.obey(&sequence[..end], &sequence[end..=end]);
                rest = &sequence[end + 1..];
                continue;
            }
            rest = &rest[c.len_utf8()..];
            match c {
                '\r' => self.column = 0,
                '\n' => self.down(),
                c => self.put(c),
            }
        }
    }

    fn obey(&mut self, number: &str, what: &str) {
        match what {
            // It stops at the top of the screen: what has scrolled away is out of reach.
            "A" => self.line = self.line.saturating_sub(number.parse().unwrap_or(1)).max(self.top()),
            "J" => {
                self.lines.truncate(self.line + 1);
                self.lines[self.line].truncate(self.column);
            }
            "K" => self.lines[self.line].truncate(self.column),
            "h" | "l" if number == "?7" => self.wraps = what == "h",
            "m" => {}
            _ => panic!("the program is not known to say {number}{what}"),
        }
    }

    fn top(&self) -> usize {
        self.lines.len().saturating_sub(self.rows)
    }

    fn down(&mut self) {
        self.line += 1;
        if self.line == self.lines.len() {
            self.lines.push(Vec::new());
        }
    }

    fn put(&mut self, c: char) {
        assert!(!c.is_control(), "{c:?} reached the terminal");
        if self.column == self.columns && self.wraps {
            self.broken += 1;
            self.down();
            self.column = 0;
        } else if self.column == self.columns {
            self.clipped += 1;
            self.column -= 1;
        }
        let line = &mut self.lines[self.line];
        line.resize(line.len().max(self.column + 1), ' ');
        line[self.column] = c;
        self.column += 1;
    }
}
