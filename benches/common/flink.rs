//! Flink's side: jobs in Java (`benches/flink/`), compiled here, each run in one JVM and one slot.
//!
//! It needs a JDK and the folder of Flink's jars: `pip download --no-deps apache-flink-libraries`, an archive with
//! `pyflink/lib`.

use sluicebox::error::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

pub struct Flink {
    class_path: String,
}

impl Flink {
    /// Compiles all jobs into a folder.
    ///
    /// # Errors
    /// When they can't be.
    pub fn compile(jars: &Path, into: &Path) -> Result<Flink> {
        // A run may be in another folder.
        let jars = std::fs::canonicalize(jars)
            .map_err(|e| Error::failed(format!("there are no jars of Flink at {jars:?}: {e}")))?;
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/flink");
        let found = std::fs::read_dir(&from).and_then(|found| {
            found.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<PathBuf>>>()
        });
        let jobs = found.map_err(|e| Error::failed(format!("{from:?} can't be read: {e}")))?;
        let mut compile = Command::new("javac");
        compile.arg("-cp").arg(jars.join("*")).args(["-nowarn", "-d"]).arg(into).args(jobs);
        let compiled = compile.output();
        let compiled = compiled.map_err(|e| Error::failed(format!("javac can't be started: {e}")))?;
        if !compiled.status.success() {
            let said = String::from_utf8_lossy(&compiled.stderr);
            return Err(Error::failed(format!("Flink's jobs are not compiled with {jars:?}: {said}")));
        }
        Ok(Flink { class_path: format!("{}:{}", into.display(), jars.join("*").display()) })
    }

    /// A run of a job.
    pub fn command(&self, job: &str) -> Command {
        let mut command = Command::new("java");
        command.args(["-cp", &self.class_path, job]);
        command
    }
}
