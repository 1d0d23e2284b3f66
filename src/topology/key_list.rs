//! Every key of a topology and of a stage: what a user reads of them, what they are checked by, and the editor's
//! schema come of these two lists.

use super::key::{Key, Kind, key};
use super::test_keys::TEST;
use crate::units::Span;

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
const HOUR: Span = Span::from_ms(3_600_000);
const DAY: Span = Span::from_ms(24 * 3_600_000);
const MS: Span = Span::from_ms(1);
const ENGINES: Kind = Kind::Choice(&["direct", "libzmq"]);
const ENGINE: &str = "Whose sockets carry its frames; absent: the topology's. Who is no sender of this run may connect \
                      by 32 at most. With \"libzmq\" one that says nothing is not counted: each takes a descriptor for \
                      2 s, and when none is left the process ends and is started again.";
const EVERY: Kind = Kind::Either(&[Kind::Time(MS, DAY), Kind::Whole(1, 1 << 53)]);
const SNAPSHOT_EVERY: Kind =
    Kind::Either(&[Kind::Time(MS, DAY), Kind::Whole(1, 1 << 53), Kind::Choice(&["never"])]);
const PROMISE: Kind = Kind::Time(Span { ns: 1 }, HOUR);

/// Keys of a topology.
pub const TOPOLOGY: &[Key] = &[
    key("what", "name", Kind::Name, "What a run of it is found by."),
    key("what", "stage", Kind::Stages, "The stages; `sluicebox list stage` shows their keys."),
    key(
        "what",
        "test",
        Kind::Tests(TEST),
        "Tests of its stages, for `sluicebox test`; a run leaves them alone.",
    ),
    key("limits", "max_message", Kind::Size(1 << 10, 256 * MIB), "The longest record.").usually("\"1MiB\""),
    key("limits", "memory_limit", Kind::Size(MIB, 1 << 50), "How much memory all processes may take.")
        .later(),
    key("place", "engine", ENGINES, "Whose sockets carry frames, where a stage does not say.")
        .usually("\"direct\""),
    key("place", "cpus", Kind::Processors, "The processors that stages may run on, where one does not say."),
    key("place", "machine", Kind::Table(MACHINE), "What the machine does while the topology runs."),
    key(
        "upkeep",
        "drain_timeout",
        Kind::Time(MS, DAY),
        "How long a stop may take until records are given up.",
    )
    .usually("\"10s\""),
    key("promise", "slo", Kind::Table(SLO), "How old records may be at the end; `bench --assert` holds it."),
];

const MACHINE: &[Key] = &[key(
    "place",
    "idle",
    Kind::Choice(&["deep", "shallow"]),
    "\"shallow\" keeps idle processors from deep sleep, where that is permitted.",
)
.usually("\"deep\"")];

const SLO: &[Key] = &[
    key("promise", "p50", PROMISE, "Half of the records are no older."),
    key("promise", "p99", PROMISE, "99 of 100 records are no older."),
    key("promise", "p999", PROMISE, "999 of 1,000 records are no older."),
    key("promise", "max", PROMISE, "No record is older."),
    key("promise", "at", Kind::Rate, "Records a second that each source sends meanwhile."),
];

/// Whether a key of this name is the operator's beside `operator =`: how a stage waits is a word, and what an operator
/// waits for a table.
pub(super) fn is_operators(key: &str, value: &toml::Value) -> bool {
    key == "wait" && value.is_table()
}

/// Keys of a stage. With `operator =` every other key belongs to the operator.
pub const STAGE: &[Key] = &[
    key("what", "name", Kind::Name, "What other stages read it by."),
    key("what", "operator", Kind::Operator, "What it does; the operator's keys stand beside it."),
    key("what", "steps", Kind::Steps, "A row of operators in one process, instead of `operator`."),
    key(
        "what",
        "from",
        Kind::Streams,
        "What it reads: STAGE or STAGE/PORT (report, rejected, late, a branch), or so under the name of each role; \
        absent: it is a source.",
    ),
    key(
        "what",
        "watch",
        Kind::Streams,
        "Streams that it gets copies of, named as in `from`: who is watched never waits for it, and what it misses is \
        counted.",
    ),
    key("workers", "workers", Kind::Whole(1, 64), "How many processes run it.").usually("1"),
    key(
        "workers",
        "by",
        Kind::Columns,
        "Records of one value go to one worker; absent: by the keys of its steps, else to the least loaded one. Each \
        role may have its own; a step that joins them does it by these.",
    ),
    key(
        "limits",
        "credit",
        Kind::Either(&[Kind::Whole(1, 1 << 24), Kind::Size(1 << 10, GIB), Kind::Table(CREDIT)]),
        "How far a sender may be ahead of it, on one link: records, bytes, or both by name.",
    ),
    key("limits", "batch", Kind::Table(BATCH), "How large a batch may grow."),
    key(
        "limits",
        "on_full",
        Kind::Choice(&["block", "drop_newest", "drop_oldest"]),
        "What who sends to it does when it is full: wait, or shed what comes last or what has waited longest; as \
        much as its credit may wait then. What is shed is counted.",
    )
    .usually("\"block\""),
    key("limits", "max_age", Kind::Time(MS, DAY), "Records that are older are not sent to it, but shed and counted."),
    key(
        "limits",
        "max_rejects",
        Kind::Share,
        "It fails when more of any 10,000 of its records in a row, or of all at its end, are rejected; each worker \
        judges its own. \"100%\": never.",
    )
    .usually("\"1%\""),
    key("place", "process", Kind::Name, "Stages that name the same process are threads of it."),
    key("place", "cpus", Kind::Processors, "The processors it may run on; absent: those of the topology."),
    key(
        "place",
        "wait",
        Kind::Choice(&["park", "adaptive", "spin"]),
        "What it does while there is nothing to do: sleep, \
        look for up to 50 us first, never sleep.",
    )
    .usually("\"park\""),
    key("place", "engine", ENGINES, ENGINE),
    key("promise", "delivery", Kind::Choice(&["at_most_once", "at_least_once"]), "What a crash may cost.")
        .later(),
    key("promise", "ack", Kind::Choice(&["received", "stored"]), "When a record counts as delivered.")
        .later(),
    key(
        "upkeep",
        "every",
        EVERY,
        "When its report is made: so often, or after so many records, when the batch that they come in is done; \
        absent: at the end.",
    ),
    key(
        "upkeep",
        "snapshot_every",
        SNAPSHOT_EVERY,
        "How often its state is saved: so often, or after so many records; absent: every 10 s. Where it is said, \
        windows that a stop finds open stay open, for `run --resume`.",
    ),
    key("upkeep", "restart", Kind::Flag, "It is started again after a crash.").usually("true"),
    key(
        "upkeep",
        "hang_timeout",
        Kind::Time(MS, DAY),
        "It is started again when it has not moved for so long.",
    )
    .later(),
    key("upkeep", "summary", Kind::Flag, "Its newest report is shown at the end of the run, 20 rows of it at most.")
        .usually("false"),
];

const CREDIT: &[Key] = &[
    key("limits", "records", Kind::Whole(1, 1 << 24), "So many records.").usually("8192"),
    key("limits", "bytes", Kind::Size(1 << 10, GIB), "So many bytes.").usually("\"1MiB\""),
];

const BATCH: &[Key] = &[
    key("limits", "records_max", Kind::Whole(1, 1 << 20), "So many records at most.").usually("1000"),
    key(
        "limits",
        "bytes_max",
        Kind::Size(1, 256 * MIB),
        "So many bytes at most, never more than `max_message`.",
    )
    .usually("\"64KiB\""),
];
