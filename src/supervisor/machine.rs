//! What the machine can be asked for while a topology runs.

use crate::error::reason;
use std::fs::File;
use std::io::Write;

/// The kernel's list of those who can't wait for a processor to wake up: a number of microseconds, for as long as the
/// file is held open (Linux, Documentation/power/pm_qos_interface).
const LATENCY: &str = "/dev/cpu_dma_latency";

/// Asks that no idle processor sleeps deeply, until the file is closed.
///
/// # Errors
/// A sentence, where that is not permitted or not possible.
pub(crate) fn keep_shallow() -> Result<File, String> {
    let hold = || {
        let mut file = File::options().write(true).open(LATENCY)?;
        file.write_all(&0i32.to_ne_bytes())?;
        Ok(file)
    };
    hold().map_err(|e: std::io::Error| {
        format!(
            "idle = \"shallow\" can't be had here, processors sleep as deeply as they like: cannot hold {LATENCY}: {} \
             (it needs root, or write permission for that file)",
            reason(&e)
        )
    })
}
