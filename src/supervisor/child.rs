//! The actor of one process: starts it, hears what it says, and what became of it.

use super::messages::{Ended, How, Said, Tell};
use super::restart::{Ending, History, Verdict};
use super::spawn::spawn;
use super::stdin::handed_on;
use crate::clock::mono_ns;
use crate::error::{Exit, scarce};
use crate::run::logs::Keeper;
use actix::prelude::*;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::cell::{Cell, RefCell};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::process::Child;

/// A line longer than this is cut: a stage can't fill the launcher's memory.
const LINE_BYTES_MAX: u64 = 64 * 1024;
/// How long the pipe of a process that has ended is listened to.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// How often a process is asked for whose end another has not heard yet.
const TRACED: Duration = Duration::from_millis(10);

/// What an end that can't be understood counts as.
const BUG: i32 = Exit::Bug as i32;

/// One process of the plan, whichever it is just now.
pub(super) struct ChildActor {
    /// Which of the run's processes it is, and how sentences call it.
    pub of: usize,
    pub who: String,
    pub program: PathBuf,
    pub args: Vec<String>,
    pub run_dir: PathBuf,
    pub log: Rc<RefCell<Keeper>>,
    pub may_restart: bool,
    /// What the launcher gets on its standard input is for this one.
    pub reads_stdin: bool,
    /// Who hears what it says, and of its end.
    pub said: Recipient<Said>,
    pub over: Recipient<Ended>,
    /// Its number, until its end is known: from then on it may be a stranger's.
    pub pid: Rc<Cell<Option<u32>>>,
    pub history: History,
    /// The next start, while it is waited for.
    pub coming: Option<SpawnHandle>,
    /// Asked to stop: a process that is started only now is told at once.
    pub stopping: bool,
    /// Asked twice to stop: nothing is started again.
    pub leaving: bool,
}

impl Actor for ChildActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.start(ctx);
    }
}

impl ChildActor {
    fn start(&mut self, ctx: &mut Context<Self>) {
        let stdin = if self.reads_stdin { handed_on() } else { Ok(Stdio::null()) };
        let mut child = match stdin.and_then(|stdin| spawn(&self.program, &self.args, &self.run_dir, stdin)) {
            Ok(child) => child,
            Err(e) => {
                let (who, program, why) = (&self.who, self.program.display(), scarce(&e));
                let sentence = format!("{who}: cannot start {program}: {why}");
                return self.ended(Verdict::Failed, How::NotStarted(sentence), ctx);
            }
        };
        self.pid.set(child.id());
        if self.stopping {
            self.signal(if self.leaving { Signal::SIGQUIT } else { Signal::SIGTERM });
        }
        let stderr = child.stderr.take().expect("it was piped");
        let heard = actix::spawn(hear(stderr, self.of, self.said.clone(), self.log.clone()));
        let pid = self.pid.clone();
        let wait = async move {
            let status = reap(&mut child).await;
            pid.set(None);
            // Its last words belong before the verdict; a grandchild that keeps the pipe open doesn't hold it up.
            let _ = tokio::time::timeout(LAST_WORDS, heard).await;
            status
        };
        let done = wait.into_actor(self).map(|status, actor, ctx| actor.reaped(status, ctx));
        ctx.spawn(done);
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.pid.get() {
            // A process that has just ended needs no signal.
            let _ = kill(Pid::from_raw(pid as i32), signal);
        }
    }

    fn reaped(&mut self, status: std::io::Result<ExitStatus>, ctx: &mut Context<Self>) {
        let ending = match status {
            Ok(status) => {
                status.signal().map_or_else(|| Ending::Code(status.code().unwrap_or(BUG)), Ending::Signal)
            }
            Err(_) => Ending::Code(BUG),
        };
        let now = mono_ns();
        let jitter = (now / 1000 % 1000) as f64 / 1000.0;
        let verdict = match self.history.judge(ending, self.may_restart, now, jitter) {
            Verdict::Restart(_) | Verdict::GiveUp if self.leaving => Verdict::Left,
            verdict => verdict,
        };
        self.ended(verdict, How::Ended(ending), ctx);
    }

    fn ended(&mut self, verdict: Verdict, how: How, ctx: &mut Context<Self>) {
        self.over.do_send(Ended { of: self.of, verdict, how });
        if let Verdict::Restart(after) = verdict {
            self.coming = Some(ctx.run_later(after, |actor, ctx| {
                actor.coming = None;
                actor.start(ctx);
            }));
        }
    }
}

/// Waits until the process has ended, and tells how.
async fn reap(child: &mut Child) -> std::io::Result<ExitStatus> {
    if let Ok(status) = child.wait().await {
        return Ok(status);
    }
    // Who traces a process (a debugger, strace) hears of its end first.
    loop {
        match child.try_wait() {
            Ok(None) => tokio::time::sleep(TRACED).await,
            Ok(Some(status)) => return Ok(status),
            Err(e) => return Err(e),
        }
    }
}

/// Sends on each line that the process writes, and keeps it in the run's logs.
async fn hear(from: impl AsyncRead + Unpin, of: usize, said: Recipient<Said>, log: Rc<RefCell<Keeper>>) {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    loop {
        line.clear();
        match (&mut from).take(LINE_BYTES_MAX).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let line = String::from_utf8_lossy(&line).trim_end().to_string();
        log.borrow_mut().keep(&line);
        said.do_send(Said { of, line });
    }
}

impl Handler<Tell> for ChildActor {
    type Result = ();

    fn handle(&mut self, tell: Tell, ctx: &mut Self::Context) {
        self.stopping = true;
        self.leaving |= tell.leave;
        self.signal(tell.signal);
        if let Some(coming) = self.coming.take_if(|_| tell.leave) {
            ctx.cancel_future(coming);
            self.over.do_send(Ended { of: self.of, verdict: Verdict::Left, how: How::NotAgain });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gathers what is said.
    struct Ear(std::sync::mpsc::Sender<String>);

    impl Actor for Ear {
        type Context = Context<Self>;
    }

    impl Handler<Said> for Ear {
        type Result = ();

        fn handle(&mut self, said: Said, _: &mut Self::Context) {
            self.0.send(said.line).unwrap();
        }
    }

    #[test]
    fn lines_are_heard_and_kept_also_a_long_one_in_pieces_and_the_last_without_an_end() {
        let folder = tempfile::tempdir().unwrap();
        let (path, long) = (folder.path().join("log"), "x".repeat(LINE_BYTES_MAX as usize + 10));
        let (sender, said) = std::sync::mpsc::channel();
        let text = format!("a\n\nb\n{long}\nthe la");
        System::new().block_on(async {
            let ear = Ear(sender).start();
            hear(
                text.as_bytes(),
                0,
                ear.clone().recipient(),
                Rc::new(RefCell::new(Keeper::new(path.clone()))),
            )
            .await;
            // Behind all that was said.
            let last = Said { of: 0, line: "over".to_string() };
            ear.send(last).await.unwrap();
        });
        let (full, rest) = long.split_at(LINE_BYTES_MAX as usize);
        let heard: Vec<String> = said.try_iter().collect();
        assert_eq!(heard, ["a", "", "b", full, rest, "the la", "over"]);
        let kept = std::fs::read_to_string(path).unwrap();
        let texts: Vec<&str> = kept.lines().map(|line| &line[25..]).collect();
        assert_eq!(texts, heard[..6]);
    }

    /// Gathers ends.
    struct Over(std::sync::mpsc::Sender<How>);

    impl Actor for Over {
        type Context = Context<Self>;
    }

    impl Handler<Ended> for Over {
        type Result = ();

        fn handle(&mut self, ended: Ended, _: &mut Self::Context) {
            self.0.send(ended.how).unwrap();
        }
    }

    /// A number that was let go of may be a stranger's by the next signal.
    #[test]
    fn a_process_that_is_reaped_has_no_number_while_its_pipe_is_still_open() {
        let folder = tempfile::tempdir().unwrap();
        let (sender, over) = std::sync::mpsc::channel();
        let (said, _heard) = std::sync::mpsc::channel();
        let pid: Rc<Cell<Option<u32>>> = Default::default();
        System::new().block_on(async {
            ChildActor {
                of: 0,
                who: "stage \"a\"".to_string(),
                program: "/bin/sh".into(),
                args: ["-c", "sleep 1 & sleep 0.1"].map(String::from).to_vec(),
                run_dir: folder.path().to_path_buf(),
                log: Rc::new(RefCell::new(Keeper::new(folder.path().join("log")))),
                may_restart: false,
                reads_stdin: false,
                said: Ear(said).start().recipient(),
                over: Over(sender).start().recipient(),
                pid: pid.clone(),
                history: Default::default(),
                coming: None,
                stopping: false,
                leaving: false,
            }
            .start();
            let mut numbers = Vec::new();
            while over.try_recv().is_err() {
                let there = pid.get().map(|pid| std::path::Path::new(&format!("/proc/{pid}")).exists());
                assert_ne!(there, Some(false), "a signal would reach whoever has its number now");
                numbers.push(there);
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            assert!(numbers.contains(&Some(true)) && numbers.last() == Some(&None), "{numbers:?}");
        });
    }
}
