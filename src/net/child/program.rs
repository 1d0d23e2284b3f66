//! A program and its arguments, as a topology names it.

use crate::error::{Error, Result};
use crate::printable::word;
use nix::unistd::{AccessFlags, access};
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is to be started; nothing of it passes a shell.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    argv: Vec<String>,
    folder: Option<PathBuf>,
    env: Vec<(String, String)>,
}

impl Program {
    /// `argv` has one part at least.
    pub(crate) fn new(argv: Vec<String>, folder: Option<String>, env: Vec<(String, String)>) -> Program {
        assert!(!argv.is_empty(), "a program has a name");
        Program { argv, folder: folder.map(PathBuf::from), env }
    }

    /// As a person calls it, without the folder it lies in.
    pub(crate) fn name(&self) -> &str {
        let path = Path::new(&self.argv[0]);
        path.file_name().and_then(|name| name.to_str()).unwrap_or(&self.argv[0])
    }

    /// Sees that it can be started.
    ///
    /// # Errors
    /// Why it can't, in a sentence.
    pub(crate) fn check(&self) -> Result<()> {
        if let Some(folder) = &self.folder
            && !folder.is_dir()
        {
            return Err(self.cannot(&format!("its folder {} is not there", folder.display())));
        }
        self.path().map(|_| ())
    }

    /// Where it lies: beside its folder's path where a path is said, else in one of those of PATH.
    fn path(&self) -> Result<PathBuf> {
        let named = &self.argv[0];
        if named.contains('/') {
            let base = self.folder.as_deref().unwrap_or(Path::new("."));
            let path =
                std::path::absolute(base.join(named)).map_err(|e| self.cannot(&crate::error::reason(&e)))?;
            return match may_run(&path) {
                Ok(()) => Ok(path),
                Err(why) => Err(self.cannot(&format!("{} {why}", path.display()))),
            };
        }
        let own = self.env.iter().rev().find(|(name, _)| name == "PATH").map(|(_, path)| path.into());
        let folders = own.or_else(|| std::env::var_os("PATH")).unwrap_or_else(|| "/usr/bin:/bin".into());
        let found = std::env::split_paths(&folders).map(|folder| folder.join(named));
        let found =
            found.filter(|path| may_run(path).is_ok()).find_map(|path| std::path::absolute(path).ok());
        found.ok_or_else(|| {
            let here = Path::new(named).exists();
            let hint =
                if here { format!(" (for the one in this folder say \"./{named}\")") } else { String::new() };
            self.cannot(&format!("there is no such program in PATH{hint}"))
        })
    }

    /// `cannot run "mine.py": WHY`.
    pub(crate) fn cannot(&self, why: &str) -> Error {
        Error::failed(format!("cannot run {:?}: {why}", self.argv[0]))
    }

    /// Ready to be started. What can't be found is found missing then.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(self.path().unwrap_or_else(|_| PathBuf::from(&self.argv[0])));
        command.arg0(&self.argv[0]).args(&self.argv[1..]).env_remove(crate::surroundings::CHILD);
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        command
    }
}

/// Why a file is no program that we may run, as the end of a sentence.
fn may_run(path: &Path) -> std::result::Result<(), String> {
    match fs::metadata(path) {
        Err(e) => Err(format!("can't be found: {}", crate::error::reason(&e))),
        Ok(there) if !there.is_file() => Err("is no file".to_string()),
        Ok(_) => access(path, AccessFlags::X_OK).map_err(|_| {
            let path = path.to_string_lossy();
            format!("may not be run: make it executable (chmod +x {})", word(&path))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(argv: &str, folder: Option<&str>) -> String {
        let program = Program::new(vec![argv.to_string()], folder.map(str::to_string), Vec::new());
        program.check().map_or_else(|e| e.sentence, |()| program.path().unwrap().display().to_string())
    }

    #[test]
    fn a_program_is_found_or_it_is_told_why_not() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().to_str().unwrap();
        fs::write(folder.path().join("mine.sh"), "#!/bin/sh\n").unwrap();
        assert!(told("sh", None).ends_with("/sh"));
        assert!(told("surely-no-program", None).contains("there is no such program in PATH"));
        assert!(told("./mine.sh", Some(here)).contains("may not be run: make it executable"));
        assert!(told("./none.sh", Some(here)).contains("can't be found"));
        assert!(told("/", None).contains("is no file"));
        assert!(told("sh", Some("/surely/not/there")).contains("its folder /surely/not/there is not there"));
    }
}
