//! Links of pages: the file is there, and the heading in it.

use super::{pages, root};
use std::path::Path;

/// The links of a page that lead within the project: line, file, heading.
fn links(text: &str) -> Vec<(usize, String, String)> {
    let link = regex::Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        for to in link.captures_iter(line).map(|captures| captures[1].to_string()) {
            let (file, heading) = to.split_once('#').unwrap_or((&to, ""));
            if !to.contains("://") {
                found.push((at + 1, file.to_string(), heading.to_string()));
            }
        }
    }
    found
}

/// A heading as a link names it.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().replace(' ', "-")
}

fn has_heading(text: &str, wanted: &str) -> bool {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#').trim())).any(|of| of == wanted)
}

#[test]
fn every_link_leads_somewhere() {
    let mut broken = Vec::new();
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for (line, file, heading) in links(&text) {
            let to = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(&file) };
            let inside =
                |to: &Path| std::fs::read_to_string(to).is_ok_and(|text| has_heading(&text, &heading));
            if !to.exists() || (!heading.is_empty() && !inside(&to)) {
                broken.push(format!(
                    "{}:{line}: {file}#{heading}",
                    page.strip_prefix(root()).unwrap().display()
                ));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn a_broken_link_is_found() {
    assert_eq!(links("a [b](c.md#d) [e](https://f)"), [(1, "c.md".to_string(), "d".to_string())]);
    assert!(has_heading("# A\n## `if_exists`, twice\n", "if_exists-twice") && !has_heading("# A\n", "b"));
}
