//! The fenced blocks of a page.

/// One block: where it begins, what stands behind its fence, and its lines.
pub struct Block<'a> {
    /// The number of its first line, counted from 0.
    pub first: usize,
    pub tag: &'a str,
    /// What stands behind the tag: a file's name, or how it is to be run.
    pub note: &'a str,
    pub lines: Vec<&'a str>,
}

/// A command, and what is said to come of it.
pub struct Command {
    pub text: String,
    /// The lines it prints: of the page, counted from 0, without the end.
    pub prints: std::ops::Range<usize>,
}

pub fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut open = false;
    for (at, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), open) {
            (Some(_), true) => open = false,
            (Some(fence), false) => {
                let (tag, note) = fence.split_once(' ').unwrap_or((fence, ""));
                blocks.push(Block { first: at + 1, tag, note: note.trim(), lines: Vec::new() });
                open = true;
            }
            (None, true) => blocks.last_mut().expect("one is open").lines.push(line),
            (None, false) => {}
        }
    }
    assert!(!open, "a block is not closed");
    blocks
}

impl Block<'_> {
    /// Its commands: of a session those behind `$ `, with lines that go on behind `> `; else a line each.
    pub fn commands(&self) -> Vec<Command> {
        let mut commands: Vec<Command> = Vec::new();
        for (at, line) in self.lines.iter().enumerate() {
            let after = self.first + at + 1;
            let session = self.tag == "console";
            let begins = if session { line.strip_prefix("$ ") } else { Some(*line) };
            match (begins, commands.last_mut()) {
                (_, Some(last)) if !session && last.text.ends_with('\\') => {
                    last.text.push_str(&format!("\n{line}"));
                }
                (Some(text), _) if !text.is_empty() && !text.starts_with('#') => {
                    commands.push(Command { text: text.to_string(), prints: after..after });
                }
                (None, Some(last)) if last.prints.is_empty() && line.starts_with("> ") => {
                    last.text.push_str(&format!("\n{}", &line[2..]));
                    last.prints = after..after;
                }
                (None, Some(last)) => last.prints.end = after,
                _ => {}
            }
        }
        // An empty line before the next command is no output.
        for command in &mut commands {
            while !command.prints.is_empty() && self.lines[command.prints.end - 1 - self.first].is_empty() {
                command.prints.end -= 1;
            }
        }
        commands
    }
}

#[test]
fn a_session_is_commands_and_what_they_print() {
    let page = "a\n```console fails\n$ one 'x\n> y'\nA\nB\n$ two\n```\n```toml t.toml\nx = 1\n```\n\
        ```sh\na \\\n  b\nc\n```\n";
    let all = blocks(page);
    assert_eq!(
        all.iter().map(|block| (block.tag, block.note)).collect::<Vec<_>>(),
        [("console", "fails"), ("toml", "t.toml"), ("sh", "")]
    );
    let commands = all[0].commands();
    assert_eq!((commands[0].text.as_str(), commands[0].prints.clone()), ("one 'x\ny'", 4..6));
    assert_eq!((commands[1].text.as_str(), commands[1].prints.clone()), ("two", 7..7));
    let texts: Vec<String> = all[2].commands().into_iter().map(|command| command.text).collect();
    assert_eq!(texts, ["a \\\n  b", "c"]);
}
