//! Words that newcomers try on the command line.

use super::forbidden;
use crate::run::{Sandbox, text, three};
use std::os::unix::fs::DirBuilderExt;

#[test]
fn commands_and_options_of_other_tools_are_answered_with_ours() {
    let room = Sandbox::new();
    room.numbers("n.csv", 10);
    room.write("t.toml", &three("", ""));
    let cases: &[(&[&str], &str)] = &[
        (&["validate", "t.toml"], "there is no command \"validate\": `sluicebox check FILE` tells"),
        (&["verify"], "`sluicebox check FILE` tells"),
        (&["start", "t.toml"], "there is no command \"start\": `sluicebox run FILE` launches"),
        (&["up"], "`sluicebox run FILE` launches"),
        (&["ps"], "there is no command \"ps\": `sluicebox status NAME` says"),
        (&["top"], "`sluicebox status NAME` says"),
        (&["kill", "t"], "`sluicebox stop NAME` drains"),
        (&["tap", "t"], "there is no command \"tap\": `sluicebox watch NAME STAGE` shows"),
        (&["watch", "t", "x", "--count", "0"], "say a whole number of at least 1"),
        (&["tail", "t"], "`sluicebox logs NAME --follow` shows"),
        (&["resume"], "`sluicebox run FILE --resume`"),
        (&["init"], "`sluicebox new` writes a first topology"),
        (&["draw", "t.toml"], "`sluicebox graph FILE` draws"),
        (&["version"], "`sluicebox --version`"),
        (&["t.toml"], "\"t.toml\" is a file, and what to do with it comes first: `sluicebox run t.toml`"),
        (&["run", "--config", "t.toml"], "there is no option \"--config\" here: the file stands alone"),
        (&["run", "-c", "t.toml"], "the file stands alone"),
        (&["run", "t.toml", "--dry-run"], "`sluicebox check FILE` tells what a run would refuse"),
        (&["run", "t.toml", "--verbose"], "`sluicebox logs NAME` shows"),
        (&["run", "t.toml", "--parallelism=2"], "--set STAGE.workers=2"),
        (&["run", "t.toml", "--duration", "5s"], "--for 30s"),
        (&["run", "t.toml", "--restore"], "--resume"),
        (&["stage", "t.toml", "--name", "numbers", "--worker", "x"], "say a worker's number"),
        (&["stage", "t.toml", "--name", "numbers", "--worker", "-1"], ""),
        (&["bench", "t.toml", "--repeat", "x"], "say a whole number from 1 to 1000"),
        (&["bench", "t.toml", "--repeat", "0"], "say a whole number from 1 to 1000"),
        (&["bench", "t.toml", "--rate", "fast"], "say a rate above zero"),
        (&["run", "t.toml", "--for", "soon"], "say a time with its unit"),
        (&["run", "t.toml", "--set", "store.if_exists=overwrite"], "did you mean \"replace\"?"),
        (&["list", "console"], "did you mean \"print\"?"),
    ];
    for (args, said) in cases {
        let output = room.sluicebox(args);
        let words = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {words}");
        assert!(words.contains(said), "{args:?}: {words}");
        assert_eq!(forbidden(&words), [""; 0], "{args:?}: {words}");
    }
}

/// A name that was asked for is no answer, also where something of it lies in the run directory.
#[test]
fn a_run_that_is_not_known_is_not_suggested() {
    let room = Sandbox::new();
    room.numbers("n.csv", 10);
    room.run(&three("", ""));
    std::fs::DirBuilder::new().mode(0o700).create(room.path("sluicebox/tt")).unwrap();
    for command in ["status", "audit", "logs", "stop"] {
        let output = room.sluicebox(&[command, "tt"]);
        let words = text(&output.stderr);
        assert!(!output.status.success(), "{command}: {words}");
        assert!(!words.contains("did you mean \"tt\"?"), "{command}: {words}");
        assert!(words.contains("did you mean \"t\"?"), "{command}: another that has run is: {words}");
    }
}
