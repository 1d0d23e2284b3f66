//! The pages hold, with a peer at the other end.

use super::socket;
use crate::net::{case, examples};
use crate::run::wait_for;

#[test]
fn the_page_of_the_source_holds() {
    let folder = tempfile::tempdir().unwrap();
    for example in examples("ingest", "zmq") {
        let at = format!("ipc://{}", folder.path().join("page.ipc").display());
        let case = case("ingest", "zmq", &example, "bind", &at);
        let mut run = case.start().unwrap();
        run.drain(1000, 1).unwrap();
        let push = socket(zmq::PUSH);
        push.connect(&at).unwrap();
        let sent = &example.file.as_ref().unwrap().text;
        sent.lines().for_each(|line| push.send(line, 0).unwrap());
        let rows = example.output.batch.len();
        wait_for("the records of the page", || {
            run.drain(1000, 1).unwrap();
            (run.out.len() == rows && run.sides[0].len() == 1).then_some(())
        });
        run.finish().unwrap();
        assert_eq!(run.out.columns, example.output.batch.columns);
    }
}

#[test]
fn the_page_of_the_sink_holds() {
    let folder = tempfile::tempdir().unwrap();
    for example in examples("storage", "zmq") {
        let at = format!("ipc://{}", folder.path().join("page.ipc").display());
        let case = case("storage", "zmq", &example, "bind", &at);
        let mut run = case.start().unwrap();
        let pull = socket(zmq::PULL);
        pull.connect(&at).unwrap();
        for (inlet, from, to) in example.turns() {
            run.feed(inlet, &example.inputs[inlet].rows.batch, from, to).unwrap();
        }
        run.finish().unwrap();
        let [first, last] = [pull.recv_string(0).unwrap().unwrap(), pull.recv_string(0).unwrap().unwrap()];
        assert_eq!((first.lines().count(), last.lines().count()), (2, 1), "rows_max holds");
        assert_eq!((first + &last).trim_end(), example.stored.unwrap().text);
    }
}
