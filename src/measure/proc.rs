//! What the kernel tells about processes and the machine, read from `/proc`.

use std::fs;
use std::path::Path;

/// Nanoseconds of CPU that a process has used, all its threads together; `None` when it is gone.
///
/// From each thread's schedstat, in nanoseconds; where the kernel keeps none, in clock ticks from its stat.
pub(super) fn cpu_ns(pid: u32) -> Option<u64> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).ok()?;
    let mut sum = 0;
    for task in tasks.flatten() {
        // A thread may have ended since.
        sum += schedstat(&task.path()).or_else(|| stat(&task.path())).unwrap_or(0);
    }
    Some(sum)
}

fn schedstat(task: &Path) -> Option<u64> {
    fs::read_to_string(task.join("schedstat")).ok()?.split_whitespace().next()?.parse().ok()
}

fn stat(task: &Path) -> Option<u64> {
    let text = fs::read_to_string(task.join("stat")).ok()?;
    // Behind the name, which may hold anything: state is field 3, utime and stime are 14 and 15.
    let mut fields = text.rsplit_once(')')?.1.split_whitespace().skip(11);
    let ticks: u64 = fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?;
    let hertz = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK).ok()??;
    Some(ticks * 1_000_000_000 / hertz as u64)
}

/// The most memory that a process has ever had in use, in bytes; `None` when it is gone.
pub(super) fn peak_bytes(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let kib = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    kib.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

/// How many runnable processes there were, on average of 1, 5 and 15 minutes.
pub(super) fn load() -> Option<[f64; 3]> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    let loads: Vec<f64> = text.split(' ').take(3).map_while(|load| load.parse().ok()).collect();
    loads.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_tells_of_this_process() {
        let me = std::process::id();
        let before = cpu_ns(me).unwrap();
        let mut x = 0_u64;
        // Until it shows: the kernel need not count each nanosecond at once.
        while cpu_ns(me).unwrap() == before {
            x = std::hint::black_box(x + 1);
        }
        assert!(peak_bytes(me).unwrap() > 100_000);
        assert!(load().is_some());
        assert_eq!((cpu_ns(u32::MAX), peak_bytes(u32::MAX)), (None, None));
        let task = format!("/proc/{me}/task/{me}");
        assert!(stat(Path::new(&task)).is_some(), "the way for kernels without schedstat");
    }
}
