//! No two stages of one name.

use super::Draft;
use super::Findings;
use crate::topology::spans::under;
use std::collections::HashMap;

pub(super) fn unique(drafts: &[Draft], findings: &mut Findings) {
    let mut first: HashMap<&str, &Draft> = HashMap::new();
    for draft in drafts {
        let Some(name) = draft.name.as_deref() else { continue };
        let Some(earlier) = first.get(name) else {
            first.insert(name, draft);
            continue;
        };
        let also = findings.places.value(&under(&earlier.at, &["name"]));
        let what = format!("{}: another stage has that name", draft.who);
        findings.value(&under(&draft.at, &["name"]), what).also = Some((also, "the first one".to_string()));
    }
}
