//! The keys of a test that a topology carries.

use super::key::{Key, Kind, key};

/// More than any test counts.
const MANY: u64 = 1 << 53;
const COUNT: Kind = Kind::Whole(0, MANY);

/// Keys of a test.
pub(super) const TEST: &[Key] = &[
    key("test", "name", Kind::Text, "What is expected, in a few words; each test has its own."),
    key("test", "stage", Kind::Name, "The stage that is tested."),
    key(
        "test",
        "stages",
        Kind::Names,
        "Instead: a path of stages, in the order of the stream; each reads one that stands before it.",
    ),
    key(
        "test",
        "rows",
        Kind::Rows,
        "What the first stage reads, in this order; a column that is not named is NULL, a time is a text. Of a source: \
         what it leaves. Of a stage with roles: a list for each role, one role after the other, or a list of { ROLE = \
         { … } } in the order in which they come.",
    ),
    key(
        "test",
        "rows_from",
        Kind::Files,
        "Instead of rows, or for another role: a file of them, whose ending says what it is (.csv, .jsonl.gz).",
    ),
    key(
        "test",
        "expect",
        Kind::Records,
        "What comes out of the last stage, in this order; of a row only the columns that it names are compared.",
    ),
    key(
        "test",
        "expect_ports",
        Kind::RowsByPort,
        "What comes out beside it: PORT of the last stage (report, rejected, late, a branch), STAGE or STAGE/PORT of \
         another one in the path.",
    ),
    key(
        "test",
        "expect_from",
        Kind::Files,
        "Instead of expect, or for a port as expect_ports names it: a file of rows, whose ending says what it is. Of \
         each row all columns are compared that the file has.",
    ),
    key(
        "test",
        "expect_account",
        Kind::Table(ACCOUNT),
        "What is counted over the whole path; what is not named is not compared.",
    ),
    key("test", "unordered", Kind::Flag, "Rows may come out in another order than they are expected in.")
        .usually("false"),
    key(
        "test",
        "tolerance",
        Kind::Tolerance,
        "So far may an f64 be from what is expected, as a share of it where it is beyond 1.",
    )
    .usually("1e-9"),
    key("test", "null", Kind::Text, "The text that means NULL, in rows and in what is expected.")
        .usually("\"NULL\""),
];

/// What may be expected of an account.
pub(super) const ACCOUNT: &[Key] = &[
    key("test", "in", COUNT, "Rows that the first stage got."),
    key("test", "out", COUNT, "Records that left the last stage by its main stream."),
    key("test", "filtered", COUNT, "Records that a step left out because it was told to."),
    key(
        "test",
        "rejected",
        Kind::Either(&[COUNT, Kind::Counts]),
        "Records that were refused: how many, or how many for each reason.",
    ),
    key("test", "absorbed", COUNT, "Records that were taken in and not passed on."),
    key("test", "made", COUNT, "Records that were made of others, or of none."),
    key("test", "moved", COUNT, "Records that left by a port instead of the main stream."),
    key("test", "keys_gone", COUNT, "Keys that went because a step keeps so many at most."),
];
