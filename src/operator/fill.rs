//! What a sink fills and nothing else may touch meanwhile.

/// A file, or a part of one that other sinks may fill other parts of.
#[derive(Clone, Debug, PartialEq)]
pub struct Fill {
    /// As the user gives it; `-` is standard output.
    pub(crate) path: String,
    /// Which part of it, among which others; `None`: all.
    pub(crate) part: Option<(&'static str, String)>,
    /// How a person calls it.
    pub(crate) called: String,
}

impl Fill {
    /// A whole file, or standard output.
    pub fn whole(path: &str) -> Fill {
        let called = if path == "-" { "standard output".to_string() } else { absolute(path) };
        Fill { path: path.to_string(), part: None, called }
    }

    /// A part of a file, `table "orders"`, beside `others` of its kind.
    pub(crate) fn part(path: &str, others: &'static str, part: &str) -> Fill {
        let called = format!("{part} of {}", absolute(path));
        Fill { path: path.to_string(), part: Some((others, part.to_string())), called }
    }

    /// Whether two of one file can be filled by two: they are different parts of one kind.
    pub(crate) fn is_apart(&self, other: &Fill) -> bool {
        let parts = self.part.as_ref().zip(other.part.as_ref());
        parts.is_some_and(|((kind, part), (other_kind, other))| kind == other_kind && part != other)
    }
}

/// The path from the root, without `.` and doubled `/`.
fn absolute(path: &str) -> String {
    std::path::absolute(path).map_or_else(|_| path.to_string(), |path| path.display().to_string())
}
