//! A mapped file as the atomic words that several processes share: the one place here that needs unsafe code.

use crate::error::Result;
use memmap2::{MmapOptions, MmapRaw};
use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use std::fs::File;
use std::path::Path;
use std::sync::Once;
use std::sync::atomic::AtomicU64;

/// A file in memory, seen as words; what is no whole word at its end is not seen.
pub(super) struct Map(MmapRaw);

impl Map {
    pub(super) fn of(file: &File, path: &Path) -> Result<Map> {
        settle_cuts();
        let map = MmapOptions::new()
            .map_raw(file)
            .map_err(|e| super::cannot("map", path, &crate::error::reason(&e)))?;
        Ok(Map(map))
    }

    /// How long the file was when it was mapped.
    pub(super) fn bytes(&self) -> usize {
        self.0.len()
    }

    #[allow(unsafe_code, reason = "a mapped file is seen as the atomic words that several processes share")]
    pub(super) fn words(&self) -> &[AtomicU64] {
        // Safety: the map lives as long as the slice, begins on a page and so on a word, and every access to it, here
        // and in the other processes, is an atomic one. Where the file is made shorter meanwhile the process ends.
        unsafe { std::slice::from_raw_parts(self.0.as_ptr().cast(), self.0.len() / 8) }
    }
}

/// Who reads words of a file that was made shorter since it was mapped gets SIGBUS, and there is no way to go on. The
/// process ends with a sentence then, as one that has failed: another try would find the same file.
fn settle_cuts() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let action = SigAction::new(SigHandler::Handler(tell_cut), SaFlags::empty(), SigSet::empty());
        #[allow(unsafe_code, reason = "a handler of signals is set")]
        // Safety: what the handler calls is async-signal-safe. That it could not be set is no worse than before.
        let _ = unsafe { sigaction(Signal::SIGBUS, &action) };
    });
}

const CUT: &[u8] =
    b"a file that this process works with in memory was made shorter by another: a ledger of the run \
directory, or the -shm file of a database (`sluicebox run FILE` makes the ledgers anew)\n";

extern "C" fn tell_cut(_: libc::c_int) {
    #[allow(unsafe_code, reason = "the process must end here, without a word to the rest of it")]
    // Safety: `write` and `_exit` are async-signal-safe, and the bytes are a constant.
    unsafe {
        libc::write(2, CUT.as_ptr().cast(), CUT.len());
        libc::_exit(crate::error::Exit::Failed as i32);
    }
}
