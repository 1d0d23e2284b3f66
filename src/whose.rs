//! Which run a process belongs to, as the system tells it: for who finds that another holds what he wants.

use std::fs;
use std::path::Path;

/// The environment variable by which a launcher tells its stages where the run is.
pub const RUN_DIR: &str = "SLUICEBOX_RUN_DIR";

/// How a person calls the run that a process belongs to: `run "orders" (pid 812)`.
pub(crate) fn called(pid: u32) -> String {
    if let (Some(name), Some(launcher)) = (run(pid), parent(pid)) {
        return format!("run \"{name}\" (pid {launcher})");
    }
    // Of other users' processes the command line can be read, the environment can't.
    let words = entries(pid, "cmdline");
    let behind = |key: &str| words.iter().skip_while(|word| *word != key).nth(1);
    match (behind("stage"), behind("--name")) {
        (Some(file), Some(stage)) => format!("stage {stage:?} of {file} (pid {pid})"),
        _ => format!("another process (pid {pid})"),
    }
}

/// Whether a process is about to go: it has gone already, or its launcher has, which takes it along.
pub(crate) fn is_leaving(pid: u32) -> bool {
    let program = |pid: u32| fs::read_link(format!("/proc/{pid}/exe")).ok();
    let Some(own) = program(pid) else { return !Path::new(&format!("/proc/{pid}")).exists() };
    run(pid).is_some() && parent(pid).and_then(program).is_some_and(|above| above != own)
}

/// The name of its run, if a launcher started it.
fn run(pid: u32) -> Option<String> {
    let key = format!("{RUN_DIR}=");
    let said = entries(pid, "environ");
    let folder = said.iter().find_map(|said| said.strip_prefix(&key))?;
    // A launcher lends it as a descriptor, which is the process's own.
    let lent =
        folder.strip_prefix("/proc/self/").and_then(|at| fs::read_link(format!("/proc/{pid}/{at}")).ok());
    lent.unwrap_or_else(|| folder.into()).file_name()?.to_str().map(str::to_string)
}

fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program, in front of the last bracket, may hold anything.
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// A file of texts that each end in NUL.
fn entries(pid: u32, name: &str) -> Vec<String> {
    let bytes = fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
    bytes.split(|byte| *byte == 0).map(|text| String::from_utf8_lossy(text).into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_called_by_what_can_be_seen_of_it() {
        let own = std::process::id();
        assert_eq!(called(own), format!("another process (pid {own})"));
        assert!(!is_leaving(own), "nobody launched it");
        assert!(is_leaving(u32::MAX), "there is no such process");
        let mut child =
            std::process::Command::new("sleep").arg("60").env(RUN_DIR, "/x/orders").spawn().unwrap();
        // Between fork and exec it still is this program.
        while entries(child.id(), "cmdline").first().is_none_or(|word| word != "sleep") {
            std::thread::yield_now();
        }
        assert_eq!(called(child.id()), format!("run \"orders\" (pid {own})"));
        assert!(is_leaving(child.id()), "who launched it is another program");
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
