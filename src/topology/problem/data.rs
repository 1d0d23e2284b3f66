//! Problems for a program: an object each.

use super::{Finding, Place, Problems, Severity, line_of};
use crate::topology::Checked;
use serde_json::{Value, json};

impl Problems {
    /// `{"severity","stage","key","file","line","column","message","suggestion","set"}` each; null is what there is
    /// not.
    ///
    /// `key` is the way to it within its stage, with dots, or within the topology; `line` and `column` count from 1,
    /// the column in characters, of the file as the user named it. What an option set has that (`set`) instead.
    pub fn to_json(&self) -> Vec<Value> {
        self.findings.iter().map(|finding| self.one(finding)).collect()
    }

    fn one(&self, finding: &Finding) -> Value {
        let (stage, keys) = match finding.path.as_slice() {
            [stage, index, keys @ ..] if stage == "stage" => {
                let name =
                    index.parse::<usize>().ok().and_then(|index| self.source.stages.get(index)?.as_deref());
                (name, keys)
            }
            keys => (None, keys),
        };
        let severity = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let place = match &finding.place {
            Place::File(at) => {
                let (line, bytes, within) = line_of(&self.source.text, at);
                Some((line, self.source.text[bytes][..within.start].chars().count() + 1))
            }
            Place::Start => Some((1, 1)),
            Place::Set(..) | Place::Nowhere => None,
        };
        let set = match finding.place {
            Place::Set(option, _) => self.source.sets[option].strip_prefix("--set "),
            _ => None,
        };
        json!({
            "severity": severity,
            "stage": stage,
            "key": (!keys.is_empty()).then(|| keys.join(".")),
            "file": self.source.name,
            "line": place.map(|(line, _)| line),
            "column": place.map(|(_, column)| column),
            "message": finding.what,
            "suggestion": finding.nearest,
            "set": set,
        })
    }
}

impl Checked {
    /// Warnings and what stands in the way, as `Problems::to_json` has them.
    pub fn problems_json(&self) -> Vec<Value> {
        let mut problems = self.warnings.to_json();
        for (stage, error) in self.obstacles() {
            let told = self.warnings.one(&Finding::new(Place::Nowhere, error.sentence));
            problems.push(told);
            let last = problems.len() - 1;
            problems[last]["stage"] = stage.into();
        }
        problems
    }
}
