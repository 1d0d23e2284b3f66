//! Verdicts as JUnit's XML, which build servers read.

use super::Verdict;
use crate::topology::Case;
use std::fmt::Write;

/// A file, and what came of it.
pub struct Suite<'a> {
    pub file: &'a str,
    /// Its tests, each with the path of its stages.
    pub tests: Vec<(&'a Case, &'a str, &'a Verdict)>,
    /// Why there is no topology in it to test.
    pub problems: Option<String>,
}

/// One suite a file. Of each test the path of its stages is its class. A file with problems has one test, an error.
pub fn junit(suites: &[Suite<'_>]) -> String {
    let sum = |of: fn(&Suite<'_>) -> usize| suites.iter().map(of).sum::<usize>();
    let (tests, failures, errors) = (sum(tests), sum(failed), sum(errors));
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        text,
        "<testsuites name=\"sluicebox\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\">"
    );
    suites.iter().for_each(|one| suite(one, &mut text));
    text + "</testsuites>\n"
}

fn suite(suite: &Suite<'_>, text: &mut String) {
    let time: f64 = suite.tests.iter().map(|(_, _, verdict)| verdict.took.as_secs_f64()).sum();
    let name = escaped(suite.file);
    let _ = writeln!(
        text,
        "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"0\" \
         time=\"{time:.6}\">",
        tests(suite),
        failed(suite),
        errors(suite)
    );
    if let Some(problems) = &suite.problems {
        let _ =
            writeln!(text, "    <testcase name=\"check\" classname=\"{name}\" file=\"{name}\" time=\"0\">");
        told("error", problems, text);
    }
    for (case, path, verdict) in &suite.tests {
        let (test, class, time) = (escaped(&case.name), escaped(path), verdict.took.as_secs_f64());
        let _ = write!(
            text,
            "    <testcase name=\"{test}\" classname=\"{class}\" file=\"{name}\" line=\"{}\" time=\"{time:.6}\"",
            case.line
        );
        if verdict.holds() {
            *text += "/>\n";
            continue;
        }
        *text += ">\n";
        let failures: Vec<String> = verdict.failures.iter().map(ToString::to_string).collect();
        told("failure", &failures.concat(), text);
    }
    *text += "  </testsuite>\n";
}

/// What is wrong in a test, which ends with it.
fn told(kind: &str, what: &str, text: &mut String) {
    let first = escaped(what.lines().next().unwrap_or_default());
    let _ = writeln!(text, "      <{kind} message=\"{first}\">{}</{kind}>", escaped(what));
    *text += "    </testcase>\n";
}

fn tests(suite: &Suite<'_>) -> usize {
    suite.tests.len() + errors(suite)
}

fn failed(suite: &Suite<'_>) -> usize {
    suite.tests.iter().filter(|(_, _, verdict)| !verdict.holds()).count()
}

fn errors(suite: &Suite<'_>) -> usize {
    usize::from(suite.problems.is_some())
}

/// A text that may stand in XML 1.0: characters that have a meaning are escaped, those that it can't hold are replaced.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\n' | '\t' => out.push(c),
            c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_xml_can_not_hold_gets_out() {
        assert_eq!(escaped("a < \"b\" & c\u{1b}[J>"), "a &lt; &quot;b&quot; &amp; c\u{fffd}[J&gt;");
    }

    #[test]
    fn a_file_with_problems_is_an_error() {
        let problems = Some("error: there is no \"x\"\n  --> b.toml:1:1".to_string());
        let text = junit(&[
            Suite { file: "a.toml", tests: Vec::new(), problems: None },
            Suite { file: "b.toml", tests: Vec::new(), problems },
        ]);
        for line in [
            "<testsuites name=\"sluicebox\" tests=\"1\" failures=\"0\" errors=\"1\">",
            "<testsuite name=\"a.toml\" tests=\"0\" failures=\"0\" errors=\"0\"",
            "<testsuite name=\"b.toml\" tests=\"1\" failures=\"0\" errors=\"1\"",
            "<error message=\"error: there is no &quot;x&quot;\">",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }
}
