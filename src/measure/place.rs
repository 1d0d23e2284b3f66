//! The private folders of a measurement: a run directory in memory, and a folder for what sinks write. A topology of
//! the same name may run meanwhile, and the user's results are left alone.

use crate::error::{Error, Result, reason};
use crate::run::dir::RunDir;
use nix::unistd::geteuid;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// Both folders; they go when this does.
pub struct Place {
    base: PathBuf,
    results: PathBuf,
    /// Held as long as the folders are in use: one that nobody holds is what a killed measurement left.
    _locks: [File; 2],
}

const LOCK: &str = "lock";

impl Place {
    /// Makes the folders, and clears away what measurements left that were killed.
    pub fn make() -> Result<Place> {
        let memory = Path::new("/dev/shm");
        let memory = if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() };
        let (base, base_lock) = make(&memory, "bench")?;
        match make(&std::env::temp_dir(), "results") {
            Ok((results, lock)) => Ok(Place { base, results, _locks: [base_lock, lock] }),
            Err(e) => {
                let _ = fs::remove_dir_all(&base);
                Err(e)
            }
        }
    }

    /// For the run directory, and what else the processes of a run share.
    pub fn base(&self) -> &Path {
        &self.base
    }

    /// Where sinks write.
    pub fn results(&self) -> PathBuf {
        self.results.join("out")
    }

    pub(crate) fn run_dir(&self) -> RunDir {
        RunDir::at(self.base.join("run"))
    }

    /// Empties the folders before a run.
    pub fn clear(&self) -> Result<()> {
        for folder in [self.results(), self.base.join("run"), self.base.join("bare")] {
            match fs::remove_dir_all(&folder) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(cannot("clear", &folder, &e)),
                _ => {}
            }
        }
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.base);
        let _ = fs::remove_dir_all(&self.results);
    }
}

fn make(above: &Path, what: &str) -> Result<(PathBuf, File)> {
    let prefix = format!("sluicebox-{what}-{}-", geteuid());
    sweep(above, &prefix);
    let folder = above.join(format!("{prefix}{}", std::process::id()));
    let made = DirBuilder::new().mode(0o700).create(&folder);
    let locked = made.and_then(|()| File::create(folder.join(LOCK))).and_then(|lock| {
        lock.try_lock().map_err(io::Error::other)?;
        Ok(lock)
    });
    locked.map(|lock| (folder.clone(), lock)).map_err(|e| cannot("make", &folder, &e))
}

/// Removes our own folders whose lock nobody holds.
fn sweep(above: &Path, prefix: &str) {
    let ours = |entry: &fs::DirEntry| {
        entry.file_name().to_string_lossy().starts_with(prefix)
            && entry.metadata().is_ok_and(|meta| meta.uid() == geteuid().as_raw())
    };
    for entry in fs::read_dir(above).into_iter().flatten().flatten().filter(ours) {
        let lock = File::open(entry.path().join(LOCK));
        if lock.is_ok_and(|lock| lock.try_lock().is_ok()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn cannot(what: &str, folder: &Path, e: &io::Error) -> Error {
    Error::failed(format!("cannot {what} the private folder {}: {}", folder.display(), reason(e)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_measurement_left_is_cleared_and_what_another_uses_is_not() {
        let above = tempfile::tempdir().unwrap();
        let leave = |name: &str| {
            let folder = above.path().join(name);
            fs::create_dir(&folder).unwrap();
            File::create(folder.join(LOCK)).unwrap()
        };
        let used = leave("sluicebox-x-1");
        used.try_lock().unwrap();
        drop(leave("sluicebox-x-2"));
        drop(leave("other-2"));
        sweep(above.path(), "sluicebox-x-");
        let left = |name: &str| above.path().join(name).exists();
        assert_eq!([left("sluicebox-x-1"), left("sluicebox-x-2"), left("other-2")], [true, false, true]);
    }

    #[test]
    fn the_folders_go_with_the_measurement() {
        let place = Place::make().unwrap();
        fs::create_dir_all(place.results()).unwrap();
        let (base, results) = (place.base().to_path_buf(), place.results());
        place.clear().unwrap();
        assert!(base.exists() && !results.exists());
        drop(place);
        assert!(!base.exists() && !results.parent().unwrap().exists());
    }
}
