//! The real program at work on a topology, in a run directory of its own.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sluicebox::error::{Error, Result};
use sluicebox::run::dir::RunDir;
use sluicebox::run::summary::Summary;
use sluicebox::topology::plan::Plan;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A run of `sluicebox`; it does not outlive this value.
pub struct Ours {
    /// `None` once it has ended.
    child: Option<Child>,
    pub dir: RunDir,
    _home: TempDir,
}

impl Ours {
    /// Starts `run` on a topology; relative paths in it are below `at`.
    pub fn start(topology: &str, at: &Path, more: &[&str]) -> Result<Ours> {
        let failed = |what: &str, e: std::io::Error| Error::failed(format!("cannot {what}: {e}"));
        // In memory, and short: a socket's path takes no more than 107 bytes.
        let home = tempfile::Builder::new().prefix("sb").tempdir_in("/dev/shm");
        let home = home.map_err(|e| failed("make a folder in /dev/shm", e))?;
        let file = home.path().join("t.toml");
        std::fs::write(&file, topology).map_err(|e| failed("write the topology", e))?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_sluicebox"));
        command.arg("run").arg(&file).arg("--json").args(more).current_dir(at);
        // What is not said in the topology is as it is for a newcomer.
        command.env_remove("SLUICEBOX_ENGINE");
        command.env("XDG_RUNTIME_DIR", home.path()).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().map_err(|e| failed("start sluicebox", e))?;
        let dir = RunDir::at(home.path().join("sluicebox").join(NAME));
        Ok(Ours { child: Some(child), dir, _home: home })
    }

    /// The plan of the run, once it has begun.
    ///
    /// # Errors
    /// When it ended before.
    pub fn plan(&mut self) -> Result<Option<Plan>> {
        if let Ok(plan) = self.dir.plan() {
            return Ok(Some(plan));
        }
        let ended =
            self.child.as_mut().is_none_or(|child| child.try_wait().is_ok_and(|ended| ended.is_some()));
        if ended {
            self.finish()?;
        }
        Ok(None)
    }

    /// Stops a run that has no end of its own, and answers with its account.
    ///
    /// # Errors
    /// As `finish`.
    pub fn stop(&mut self) -> Result<Summary> {
        if let Some(child) = &self.child {
            // One that is gone has said why.
            _ = kill(Pid::from_raw(child.id() as i32), Signal::SIGINT);
        }
        self.finish()
    }

    /// Waits for its end and answers with its account.
    ///
    /// # Errors
    /// When it failed, or lost a record.
    pub fn finish(&mut self) -> Result<Summary> {
        let child = self.child.take().expect("a run is finished once");
        let output = child.wait_with_output();
        let output = output.map_err(|e| Error::failed(format!("cannot wait for sluicebox: {e}")))?;
        let line = String::from_utf8_lossy(&output.stdout);
        let summary: Option<Summary> = serde_json::from_str(&line).ok();
        match summary.filter(|_| output.status.success()) {
            Some(summary) if summary.balances && summary.records.lost == 0 => Ok(summary),
            Some(_) => Err(Error::failed(format!("sluicebox lost records: {}", line.trim()))),
            None => {
                let said = String::from_utf8_lossy(&output.stderr);
                Err(Error::failed(format!("sluicebox failed ({}): {}", output.status, said.trim())))
            }
        }
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// What every topology of a bench is called.
pub const NAME: &str = "bench";
