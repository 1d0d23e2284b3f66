//! Rust source as tidy reads it: words with their lines, comments, and the paths that are named. What stands in
//! strings is neither.

/// A word, a `::` or one other character; or a whole comment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Token<'a> {
    pub text: &'a str,
    pub line: usize,
}

/// A path as it is written, `use` trees taken apart: `use crate::{a, b::c}` names `crate::a` and `crate::b::c`.
#[derive(Clone, Debug, PartialEq)]
pub struct Named<'a> {
    pub parts: Vec<&'a str>,
    pub line: usize,
    /// It begins with `::`, so a module of the same name beside is not meant.
    pub absolute: bool,
    /// How many modules written out in the file it stands in.
    pub depth: usize,
}

#[derive(Default)]
pub struct Source<'a> {
    pub tokens: Vec<Token<'a>>,
    pub comments: Vec<Token<'a>>,
    /// Texts in quotes, each with how many tokens stand before it.
    pub strings: Vec<(Token<'a>, usize)>,
}

impl<'a> Source<'a> {
    pub fn read(text: &'a str) -> Source<'a> {
        let mut source = Source::default();
        let (mut at, mut line) = (0, 1);
        while at < text.len() {
            let rest = &text[at..];
            let (len, into) = next(rest);
            let token = Token { text: &rest[..len], line };
            match into {
                Into::Tokens => source.tokens.push(token),
                Into::Comments => source.comments.push(token),
                Into::Strings => source.strings.push((token, source.tokens.len())),
                Into::Nothing => {}
            }
            line += token.text.matches('\n').count();
            at += len;
        }
        source
    }

    fn text(&self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |token| token.text)
    }

    /// Whether these words stand at `at`.
    pub fn stands(&self, at: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(i, word)| self.text(at + i) == *word)
    }

    /// The lines at which these words stand.
    pub fn lines_of(&self, words: &[&str]) -> Vec<usize> {
        let found = (0..self.tokens.len()).filter(|at| self.stands(*at, words));
        found.map(|at| self.tokens[at].line).collect()
    }

    /// Whether a place is inside an attribute: `#[…]`.
    pub fn in_attribute(&self, mut at: usize) -> bool {
        let mut closed = 0;
        while at > 0 {
            at -= 1;
            match self.text(at) {
                "]" | ")" | "}" => closed += 1,
                "[" | "(" | "{" if closed > 0 => closed -= 1,
                "[" if at > 0 && self.text(at - 1) == "#" => return true,
                "{" => return false,
                _ => {}
            }
        }
        false
    }

    /// The modules that this file declares.
    pub fn modules(&self) -> Vec<&'a str> {
        let found =
            (0..self.tokens.len()).filter(|at| self.stands(*at, &["mod"]) && self.text(at + 2) == ";");
        found.map(|at| self.text(at + 1)).collect()
    }

    /// Every function that has a body: its name, and its first and last line.
    pub fn functions(&self) -> Vec<(&'a str, usize, usize)> {
        let named = (0..self.tokens.len()).filter(|at| self.text(*at) == "fn" && is_word(self.text(at + 1)));
        let whole = |at: usize| Some((self.text(at + 1), self.tokens[at].line, self.body_end(at)?));
        named.filter_map(whole).collect()
    }

    /// The names of functions and constants that are `pub` to all.
    pub fn offered(&self) -> Vec<Token<'a>> {
        let open = (0..self.tokens.len()).filter(|at| self.text(*at) == "pub");
        let name = |at: usize| {
            let rest = self.tokens[at + 1..].iter();
            let mut words =
                rest.skip_while(|token| matches!(token.text, "const" | "static" | "unsafe" | "fn"));
            words.next().copied().filter(|name| is_word(name.text) && name.text != self.text(at + 1))
        };
        open.filter_map(name).collect()
    }

    /// The line of the brace that closes the body of the function at `at`.
    fn body_end(&self, at: usize) -> Option<usize> {
        let (mut open, mut body) = (0, false);
        for token in &self.tokens[at..] {
            match token.text {
                ";" if open == 0 => return None,
                "{" | "(" | "[" => open += 1,
                "}" | ")" | "]" => open -= 1,
                _ => {}
            }
            body |= open == 1 && token.text == "{";
            if body && open == 0 {
                return Some(token.line);
            }
        }
        None
    }

    /// Every path of two parts and more, and every name that is used (`use zmq;`).
    pub fn paths(&self) -> Vec<Named<'a>> {
        let mut paths = Vec::new();
        // For each open brace, whether it is a module's.
        let mut braces: Vec<bool> = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            let depth = braces.iter().filter(|module| **module).count();
            let first = paths.len();
            match self.text(at) {
                "{" => braces.push(at >= 2 && self.text(at - 2) == "mod"),
                "}" => drop(braces.pop()),
                "use" if self.text(at + 1) != "<" => at = self.tree(at + 1, &[], true, &mut paths) - 1,
                "extern" if self.text(at + 1) == "crate" => at = self.tree(at + 2, &[], true, &mut paths) - 1,
                word if is_word(word) && self.text(at + 1) == "::" && self.begins(at) => {
                    let absolute = at > 0 && self.text(at - 1) == "::";
                    at = self.tree(at, &[], false, &mut paths) - 1;
                    paths[first..].iter_mut().for_each(|path| path.absolute = absolute);
                }
                _ => {}
            }
            paths[first..].iter_mut().for_each(|path| path.depth = depth);
            at += 1;
        }
        paths
    }

    /// Whether a path begins here: what stands before is no part of it.
    fn begins(&self, at: usize) -> bool {
        let before = |n: usize| at.checked_sub(n).map_or("", |at| self.text(at));
        before(1) != "." && (before(1) != "::" || !(is_word(before(2)) || before(2) == ">"))
    }

    /// Reads a path, or a tree of them where `group`; answers what stands behind it.
    fn tree(&self, mut at: usize, prefix: &[&'a str], group: bool, paths: &mut Vec<Named<'a>>) -> usize {
        let absolute = prefix.is_empty() && self.text(at) == "::";
        let line = self.tokens.get(at).map_or(0, |token| token.line);
        let mut parts = prefix.to_vec();
        at += usize::from(absolute);
        loop {
            match self.text(at) {
                "{" if group => {
                    at += 1;
                    while !matches!(self.text(at), "}" | "" | ";") {
                        at = self.tree(at, &parts, true, paths);
                        at += usize::from(self.text(at) == ",");
                    }
                    return at + 1;
                }
                word if is_word(word) || (group && word == "*") => parts.push(word),
                // No path: what stands here is stepped over.
                _ if parts.len() == prefix.len() => return at + 1,
                _ => break,
            }
            at += 1;
            if self.text(at) != "::" || !(is_word(self.text(at + 1)) || (group && self.text(at + 1) != "<")) {
                break;
            }
            at += 1;
        }
        paths.push(Named { parts, line, absolute, depth: 0 });
        if group && self.text(at) == "as" { at + 2 } else { at }
    }
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

enum Into {
    Tokens,
    Comments,
    Strings,
    Nothing,
}

/// Length of what comes first, and where it belongs.
fn next(rest: &str) -> (usize, Into) {
    let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    let behind = &rest[word..];
    if rest.starts_with("//") {
        return (rest.find('\n').unwrap_or(rest.len()), Into::Comments);
    }
    if rest.starts_with("/*") {
        return (comment(rest), Into::Comments);
    }
    if matches!(&rest[..word], "" | "b" | "c") && behind.starts_with('"') {
        return (word + quoted(behind, '"'), Into::Strings);
    }
    if matches!(&rest[..word], "r" | "br" | "cr")
        && let Some(hashes) = behind.find('"').filter(|n| behind[..*n].bytes().all(|b| b == b'#'))
    {
        let end = format!("\"{}", "#".repeat(hashes));
        let close = behind[hashes + 1..].find(&end).map_or(behind.len(), |n| hashes + 1 + n + end.len());
        return (word + close, Into::Strings);
    }
    if matches!(&rest[..word], "" | "b") && is_letter(behind) {
        return (word + quoted(behind, '\''), Into::Nothing);
    }
    if word > 0 {
        return (word, Into::Tokens);
    }
    if rest.starts_with("::") {
        return (2, Into::Tokens);
    }
    let one = rest.chars().next().map_or(0, char::len_utf8);
    (one, if rest.starts_with(char::is_whitespace) { Into::Nothing } else { Into::Tokens })
}

/// A character in quotes, and not the name of a lifetime.
fn is_letter(rest: &str) -> bool {
    let mut letters = rest.chars();
    letters.next() == Some('\'')
        && letters.next().is_some_and(|letter| letter == '\\' || letters.next() == Some('\''))
}

/// Length of a text in quotes, with its escapes.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, letter) in rest.char_indices().skip(1) {
        if letter == quote && !escaped {
            return at + 1;
        }
        escaped = letter == '\\' && !escaped;
    }
    rest.len()
}

/// Length of a `/* … */`, which may hold others.
fn comment(rest: &str) -> usize {
    let (mut open, mut at) = (0, 0);
    while at < rest.len() {
        let (step, more) = match &rest.as_bytes()[at..] {
            [b'/', b'*', ..] => (2, 1),
            [b'*', b'/', ..] => (2, -1),
            _ => (1, 0),
        };
        (at, open) = (at + step, open + more);
        if open == 0 {
            break;
        }
    }
    at
}

#[test]
fn strings_and_comments_are_told_from_code() {
    let text = "a /* b /* c */ d */ \"e \\\" f\" r#\"g \" h\"# 'i' '\\'' '\"' 'j: b'k' b\"l\" m // n\no";
    let source = Source::read(text);
    let words: Vec<&str> = source.tokens.iter().map(|token| token.text).collect();
    assert_eq!(words, ["a", "'", "j", ":", "m", "o"]);
    assert_eq!(source.comments.iter().map(|c| c.text).collect::<Vec<_>>(), ["/* b /* c */ d */", "// n"]);
    assert_eq!(source.tokens[5].line, 2);
}

#[test]
fn functions_have_a_first_and_a_last_line() {
    let text = "trait A { fn a(&self) -> [u8; 2]; fn b() {} }\nfn c(d: [u8; 3],\n f: fn(u8)) where E: F {\n { g() }\n}";
    assert_eq!(Source::read(text).functions(), [("b", 1, 1), ("c", 2, 5)]);
}

#[test]
fn paths_are_found_in_trees_and_inline() {
    let text = "use a::{self, b::{c, d as e}, f::*};\nuse ::g;\nmod m { fn x() { n::o::<p::Q>::r(); } }\n\
                x.s(crate::t::u); ::v::w(); <A as B>::y();";
    let source = Source::read(text);
    let found: Vec<(String, usize, usize)> =
        source.paths().iter().map(|path| (path.parts.join("::"), path.line, path.depth)).collect();
    let expected = [
        ("a::self", 1, 0),
        ("a::b::c", 1, 0),
        ("a::b::d", 1, 0),
        ("a::f::*", 1, 0),
        ("g", 2, 0),
        ("n::o", 3, 1),
        ("p::Q", 3, 1),
        ("crate::t::u", 4, 0),
        ("v::w", 4, 0),
    ];
    assert_eq!(found, expected.map(|(path, line, depth)| (path.to_string(), line, depth)));
    let absolute: Vec<&str> = source.paths().iter().filter(|p| p.absolute).map(|p| p.parts[0]).collect();
    assert_eq!(absolute, ["g", "v"]);
}
