//! Data that is shared between projects and is no part of this repository.

use std::path::{Path, PathBuf};

/// A file of the shared folder (`SLUICEBOX_SHARED`, else `../shared` beside the crate), or `None` after saying
/// aloud that a test skips it.
pub fn shared(path: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("SLUICEBOX_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let file = folder.join(path);
    if !file.is_file() {
        eprintln!("SKIPPED: there is no {} (set SLUICEBOX_SHARED to the folder that has it)", file.display());
        return None;
    }
    Some(file)
}
