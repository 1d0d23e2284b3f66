//! What to do about records that were rejected, in the words of who rejected them.

/// The reason of a record that is needed with a time and has none.
pub(crate) const NO_TIME: &str = "no_time";

/// Parts of the sentence with which a stage fails that rejects too many records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// The first record that was rejected so: `record 7 has "x" for i64`.
    pub example: Option<String>,
    /// What to do, as a clause: `raise line_max = "1MiB"`.
    pub remedy: String,
}

impl Advice {
    /// What to do, where no record need be shown.
    pub(crate) fn to(remedy: impl Into<String>) -> Advice {
        Advice { example: None, remedy: remedy.into() }
    }

    /// Of a step that rejects records without a time, and no others.
    pub(crate) fn of_no_time(reason: &str) -> Option<Advice> {
        (reason == NO_TIME).then(|| Advice::to("filter records without a time before"))
    }
}
