//! Lets a program in any language work on the records: it reads them on its standard input and answers on its output.
//!
//! ```toml
//! operator = "exec"
//! command = ["sed", "-u", 's/}$/,"seen":true}/']   # a program and its arguments; no shell reads them
//! types = { seen = "bool" }                        # what it adds or replaces, by name and type
//! ```
//!
//! | x i64 (in) | city str (in) | x i64 (out) | city str (out) | seen bool (out) |
//! |---|---|---|---|---|
//! | 1 NULL 3 | "a b" Köln NULL | 1 NULL 3 | "a b" Köln NULL | true true true |
//!
//! The program is started once for each worker, and gets an object a line: `{"id":7,"x":1,"city":"Köln"}`. It answers
//! with a line of the same `id`, in any order: `{"id":7,"seen":true}`. The columns of `types` are taken from the answer
//! (NULL where it does not name one); all others go on as they came, whatever it says, in the order in which they came.
//! It must write an answer when it has one, and not keep it for a full buffer: `print(…, flush=True)`, `sed -u`,
//! `stdbuf -oL`.
//!
//! | an answer | means |
//! |---|---|
//! | `{"id":7,"seen":true}` | the record goes on with this |
//! | `{"id":7,"drop":true}` | it is filtered |
//! | `{"id":7,"reject":"why"}` | it is rejected for this reason |
//! | one with a value that is not of its type | it is rejected: `type:COLUMN` |
//!
//! | `reply` | means |
//! |---|---|
//! | `"one"` | each record is answered by its id |
//! | `"any"` | the program answers what and when it likes: each line is a new record with the columns of `types`; the records that it gets have no id, and end there |
//! | `"ack"` | a sink: a record is stored when its id is answered |
//! | `"none"` | a sink: a record is stored when it is written to the program; what that says is passed over |
//!
//! Up to `batch.records_max` records are with the program at a time (of `"one"` and `"ack"`): more throughput the more
//! it takes at once, while it may answer each as it comes. Where records have a column `id`, say what its own is to be
//! called: `id_as = "_id"`; where they have one called `drop` or `reject`, this word means nothing.
//!
//! A program that ends, closes a stream, answers what it was not asked, answers twice, writes what is no JSON or a line
//! longer than `line_max`, or leaves a record for `time_max` is ended, with all that it has started, and begun anew,
//! after a pause that grows from 0.1 s to 5 s; at more than `restarts_max` times within a minute the stage fails. The
//! time of a record begins when those before it are answered (of `"any"` and `"none"`: when it last took some of its
//! input), so one that is slow, and goes on, may be. The records that it had read are lost, and counted so, or asked
//! once more (`retry = 1`), then one at a time, so that one that kills it takes no others along; what it had not read
//! the next one gets. What a program with `"any"` or `"none"` had read when it ended nobody can know; what was written
//! to it counts as taken. Its memory is its own: a snapshot does not have it.
//!
//! ```toml
//! operator = "exec"
//! command = ["cat"]
//! format = "msgpack"        # maps of MessagePack, one behind the other, both ways; no lines
//! types = { x = "f64" }
//! ```
//!
//! | x i64 (in) | city str (in) | x f64 (out) | city str (out) |
//! |---|---|---|---|
//! | 1 NULL 3 | "a b" Köln NULL | 1 NULL 3 | "a b" Köln NULL |
//!
//! Maps hold what the objects would; times are RFC 3339 texts, and a timestamp of MessagePack is read as one. In Python
//! (`pip install msgpack`), with pipes that keep nothing back:
//!
//! ```python
//! out = open(1, "wb", 0)
//! for record in msgpack.Unpacker(open(0, "rb", 0)):
//!     out.write(msgpack.packb({"id": record["id"], "seen": True}))
//! ```
//!
//! Behind bytes that are no map nobody knows where the next one begins: such a program is begun anew, as above. So is
//! one whose map is longer than `line_max`, or nested more than 127 deep.
//!
//! What it says on its standard error stands in `sluicebox logs`, a hundred lines a second at most. At the end its
//! standard input is closed, and it has 10 s (or `time_max`, if that is less) to answer and to end; then it gets
//! SIGTERM, and 2 s later SIGKILL. `sluicebox check-exec -- PROGRAM` tries a program against all this (`--format
//! msgpack`).
//!
//! `env` adds variables to its environment, `cwd` is its folder; a path in `command` is taken from there.

use crate::data::{Batch, Schema};
use crate::error::Result;
use crate::operator::{Cx, Input, Next, Operator, Passes, PlanResult, Planned, Spec, only};
use crate::params;
use given::{Given, Reply};
use std::os::fd::BorrowedFd;
use work::Work;

mod asks;
mod flight;
mod given;
mod talk;
mod trial;
mod work;
mod written;

pub use trial::{Answer, Trial};

pub(super) const OPERATOR: Spec =
    Spec::new("exec", "lets a program in any language work on the records", include_str!("exec.rs"), plan)
        .parameters::<given::All>()
        .outside()
        .stores(|params| params.get("reply").and_then(toml::Value::as_str).is_some_and(Reply::stores))
        .called(&[
            "python",
            "script",
            "program",
            "command",
            "process",
            "subprocess",
            "shell",
            "pipe",
            "udf",
            "lua",
            "wasm",
            "node",
            "external",
            "custom",
        ]);

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let given: Given = given::check(params, only(inputs))?;
    let program = given.program.clone();
    let (output, passes) = (given.output.clone(), given.passes());
    let (sink, makes) = (given.reply.is_sink(), given.reply == Reply::Any);
    let planned =
        Planned::new(output.clone(), move || Exec { work: Work::new(&given), output: output.clone(), sink });
    let planned = Planned {
        passes: Passes::These(passes),
        absorbs: makes,
        // Another program answers: what, and when, is its affair.
        deterministic: false,
        ..planned
    };
    Ok(planned.looks(move || program.check()))
}

struct Exec {
    work: Work,
    output: Schema,
    sink: bool,
}

impl Operator for Exec {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.work.take(batch);
        if self.sink {
            return self.work.go_on(&mut Batch::default(), cx);
        }
        batch.reset(&self.output);
        self.work.go_on(batch, cx)
    }

    fn finish(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        if self.sink {
            return self.work.end(&mut Batch::default(), cx);
        }
        batch.reset(&self.output);
        self.work.end(batch, cx)
    }

    fn wait_on(&self) -> Option<BorrowedFd<'_>> {
        self.work.wait_on()
    }
}
