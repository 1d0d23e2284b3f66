//! Verdicts as JUnit's XML, which build servers read.

use super::Verdict;
use crate::topology::Case;
use std::fmt::Write;

/// A file's name, and its tests with what came of them.
pub type Suite<'a> = (&'a str, Vec<(&'a Case, &'a str, &'a Verdict)>);

/// One suite a file. Of each test the path of its stages is its class.
pub fn junit(suites: &[Suite<'_>]) -> String {
    let tests: usize = suites.iter().map(|(_, tests)| tests.len()).sum();
    let failures: usize = suites.iter().map(|(_, tests)| failed(tests)).sum();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(text, "<testsuites name=\"sluicebox\" tests=\"{tests}\" failures=\"{failures}\">");
    for (file, tests) in suites {
        let time: f64 = tests.iter().map(|(_, _, verdict)| verdict.took.as_secs_f64()).sum();
        let (name, n, failures) = (escaped(file), tests.len(), failed(tests));
        let _ = writeln!(
            text,
            "  <testsuite name=\"{name}\" tests=\"{n}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\" \
             time=\"{time:.6}\">"
        );
        for (case, path, verdict) in tests {
            let (test, class, time) = (escaped(&case.name), escaped(path), verdict.took.as_secs_f64());
            let _ = write!(
                text,
                "    <testcase name=\"{test}\" classname=\"{class}\" file=\"{name}\" line=\"{}\" time=\"{time:.6}\"",
                case.line
            );
            if verdict.holds() {
                text += "/>\n";
                continue;
            }
            let told: Vec<String> = verdict.failures.iter().map(ToString::to_string).collect();
            let told = told.concat();
            let first = escaped(told.lines().next().unwrap_or_default());
            let _ = writeln!(text, ">\n      <failure message=\"{first}\">{}</failure>", escaped(&told));
            text += "    </testcase>\n";
        }
        text += "  </testsuite>\n";
    }
    text + "</testsuites>\n"
}

fn failed(tests: &[(&Case, &str, &Verdict)]) -> usize {
    tests.iter().filter(|(_, _, verdict)| !verdict.holds()).count()
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
    use super::escaped;

    #[test]
    fn nothing_that_xml_can_not_hold_gets_out() {
        assert_eq!(escaped("a < \"b\" & c\u{1b}[J>"), "a &lt; &quot;b&quot; &amp; c\u{fffd}[J&gt;");
    }
}
