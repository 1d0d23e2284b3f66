//! One topology with all that can be drawn, in each form.

use super::{Form, draw};
use crate::topology;

const TOPOLOGY: &str = r#"
name = "t"
[[stage]]
name = "lines"
operator = "shop"
[[stage]]
name = "clean"
from = "lines"
workers = 2
by = "country"
steps = [ { operator = "filter", where = "quantity > 0" }, { operator = "derive", fields = { "a \"b\" <c>" = "1" } } ]
[[stage]]
name = "known"
from = "clean"
workers = 2
operator = "standardize"
fields = ["quantity"]
per = 'a "b" <c>'
[[stage]]
name = "seen"
watch = "clean"
operator = "null"
[[stage]]
name = "score"
from = { records = "known" }
operator = "naive_bayes"
label = "channel"
features = ["quantity"]
[[stage]]
name = "out"
from = ["score", "clean/rejected", "score/report"]
operator = "null"
"#;

fn drawn(form: Form) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.toml");
    std::fs::write(&file, TOPOLOGY).unwrap();
    let checked = topology::load(&file, &[]).unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    draw(&checked.plan, form)
}

#[test]
fn lines_of_a_terminal_say_who_reads_whom() {
    let text = drawn(Form::Text);
    for line in [
        "lines  shop",
        "  └─> clean, by country",
        "clean  filter + derive, 2 workers",
        "  ├─> known, by a \"b\" <c>",
        "  ├╌> seen",
        "  └─ rejected ─> out",
        "  └─> score as records",
        "  └─ report ─> out",
    ] {
        assert!(text.lines().any(|drawn| drawn == line), "{line}\n{text}");
    }
}

#[test]
fn mermaid_gets_no_character_that_it_would_read_otherwise() {
    let text = drawn(Form::Mermaid);
    for line in [
        "  s0([\"<b>lines</b><br/>shop\"])",
        "  s1[\"<b>clean</b><br/>filter<br/>derive<br/>2 workers\"]",
        "  s1 -->|\"by a #34;b#34; #60;c#62;\"| s2",
        "  s1 -.-> s3",
        "  s1 -->|\"rejected\"| s5",
        "  s2 -->|\"as records\"| s4",
        "  s5[(\"<b>out</b><br/>null\")]",
    ] {
        assert!(text.lines().any(|drawn| drawn == line), "{line}\n{text}");
    }
}

#[test]
fn dot_has_its_quotes_escaped() {
    let text = drawn(Form::Dot);
    for line in [
        "digraph \"t\" {",
        "  \"clean\" [label=\"clean\\nfilter\\nderive\\n2 workers\"];",
        "  \"clean\" -> \"known\" [label=\"by a \\\"b\\\" <c>\"];",
        "  \"clean\" -> \"seen\" [style=dashed];",
        "  \"known\" -> \"score\" [label=\"as records\"];",
        "  \"out\" [label=\"out\\nnull\", shape=cylinder];",
    ] {
        assert!(text.lines().any(|drawn| drawn == line), "{line}\n{text}");
    }
    assert!(text.ends_with("}\n"));
}
