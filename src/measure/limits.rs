//! What a container lets its processes have: CPU time and memory, by cgroups of version 1 or 2.

use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};

/// `None`: no limit, or none that can be seen from inside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Limits {
    /// How many CPUs' worth of time.
    pub cpus: Option<f64>,
    pub memory_bytes: Option<u64>,
}

/// Version 1 writes "no limit" as the largest number of pages.
const NO_LIMIT: u64 = 1 << 60;

/// The limits of this process.
pub(super) fn limits() -> Limits {
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    read(Path::new("/sys/fs/cgroup"), &groups)
}

/// `groups`: the text of `/proc/PID/cgroup`, lines `ID:CONTROLLERS:PATH`. Each group above a process binds it too.
fn read(root: &Path, groups: &str) -> Limits {
    let mut limits = Limits::default();
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        for folder in folders(root, controllers, path) {
            let text = |name: &str| fs::read_to_string(folder.join(name)).ok();
            let number = |name: &str| text(name)?.trim().parse::<f64>().ok();
            let two = text("cpu.max").and_then(|text| {
                let (quota, period) = text.trim().split_once(' ')?;
                Some(quota.parse::<f64>().ok()? / period.parse::<f64>().ok()?)
            });
            let one = || Some(number("cpu.cfs_quota_us")? / number("cpu.cfs_period_us")?);
            let cpus = two.or_else(one).filter(|cpus| *cpus > 0.0);
            let memory = text("memory.max").or_else(|| text("memory.limit_in_bytes"));
            let memory = memory.and_then(|text| text.trim().parse().ok()).filter(|bytes| *bytes < NO_LIMIT);
            limits.cpus = least(limits.cpus, cpus, f64::min);
            limits.memory_bytes = least(limits.memory_bytes, memory, u64::min);
        }
    }
    limits
}

/// A group's folder and those above it. Inside a container the path may be one that only its host knows: then the
/// folders that do exist are the container's own.
fn folders(root: &Path, controllers: &str, path: &str) -> Vec<PathBuf> {
    let bases = match controllers {
        "" => vec![root.to_path_buf(), root.join("unified")],
        of => of.split(',').map(|of| root.join(of)).chain([root.join(of)]).collect(),
    };
    let relative = Path::new(path.trim_start_matches('/'));
    bases.iter().flat_map(|base| relative.ancestors().map(|above| base.join(above))).collect()
}

fn least<T>(a: Option<T>, b: Option<T>, min: fn(T, T) -> T) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(min(a, b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    #[test]
    fn version_2_binds_with_its_tightest_group() {
        let root = files(&[
            ("a/cpu.max", "200000 100000\n"),
            ("a/b/cpu.max", "max 100000\n"),
            ("a/b/memory.max", "max\n"),
            ("a/memory.max", "1073741824\n"),
        ]);
        let limits = read(root.path(), "0::/a/b\n");
        assert_eq!(limits, Limits { cpus: Some(2.0), memory_bytes: Some(1 << 30) });
        assert_eq!(read(root.path(), "0::/elsewhere\n"), Limits::default());
    }

    #[test]
    fn version_1_says_minus_one_and_a_huge_number_for_none() {
        let root = files(&[
            ("cpu,cpuacct/cpu.cfs_quota_us", "50000\n"),
            ("cpu,cpuacct/cpu.cfs_period_us", "100000\n"),
            ("memory/memory.limit_in_bytes", "9223372036854771712\n"),
        ]);
        // The paths are the host's: inside, the folders of the controllers are the container's own.
        let groups = "5:cpu,cpuacct:/docker/x\n4:memory:/docker/x\n";
        assert_eq!(read(root.path(), groups), Limits { cpus: Some(0.5), memory_bytes: None });
        let root = files(&[("cpu/cpu.cfs_quota_us", "-1\n"), ("cpu/cpu.cfs_period_us", "100000\n")]);
        assert_eq!(read(root.path(), "1:cpu:/\n"), Limits::default());
    }
}
