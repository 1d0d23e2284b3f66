//! For ratios close to 1: while it lasts nothing else interrupts what a bench starts, and no processor sleeps deeply.
//!
//! It takes root: `/dev/cpu_dma_latency` is held at 0, and the bench has the policy SCHED_FIFO, as all that it starts
//! then. Both sides are measured so. It is not for work that never waits: that would take the machine for itself.

use super::args::{Args, Opt};
use sluicebox::error::{Error, Result};
use std::fs::{File, OpenOptions};
use std::io::Write;
use thread_priority::{
    NormalThreadSchedulePolicy, RealtimeThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy,
    set_thread_priority_and_policy, thread_native_id,
};

pub const CLOSE: Opt =
    Opt { name: "--close", usual: "off", smoke: "off", about: "for ratios close to 1; as root" };

/// Of 0 to 99: the nice value 0.
const USUAL: u8 = 49;
const LATENCY: &str = "/dev/cpu_dma_latency";

/// It lasts as long as this lives.
pub struct Close(File);

impl Close {
    /// Begins it, where it is asked for.
    ///
    /// # Errors
    /// When the kernel forbids it.
    pub fn begin(args: &Args) -> Result<Option<Close>> {
        if !args.get("--close", |text| Some(text == "on"))? {
            return Ok(None);
        }
        let cannot = |what: &str| Error::failed(format!("cannot {what}: run it as root, or without --close"));
        let mut latency = OpenOptions::new().write(true).open(LATENCY).map_err(|_| cannot(LATENCY))?;
        latency.write_all(&0_i32.to_ne_bytes()).map_err(|_| cannot(LATENCY))?;
        let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
        set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, policy)
            .map_err(|_| cannot("have SCHED_FIFO"))?;
        println!("close: SCHED_FIFO, {LATENCY} at 0");
        Ok(Some(Close(latency)))
    }
}

impl Drop for Close {
    fn drop(&mut self) {
        leave();
    }
}

/// This process is one of many again.
pub fn leave() {
    let policy = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Other);
    if let Ok(usual) = USUAL.try_into() {
        // It may always become less.
        let _ =
            set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Crossplatform(usual), policy);
    }
}
