//! Other users of the machine, and what they may leave where a run is looked for: whose directory it is, and whose
//! process.

use super::{Running, Sandbox, text, three, wait_for};
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use nix::sys::signal::Signal;
use nix::unistd::{Uid, chown, geteuid};
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const NOBODY: Uid = Uid::from_raw(65534);

/// Each command that looks for a run.
const COMMANDS: [&[&str]; 9] = [
    &["run", "t.toml"],
    &["run", "t.toml", "--resume"],
    &["stage", "t.toml", "--name", "even"],
    &["status", "t"],
    &["audit", "t"],
    &["stop", "t"],
    &["logs", "t"],
    &["status"],
    &["stop", "t.toml"],
];

/// Whether things can be given to another user; says aloud when not.
fn may_give(what: &str) -> bool {
    let root = geteuid().is_root();
    if !root {
        eprintln!("SKIPPED: {what} (only root can give things to another user)");
    }
    root
}

fn room() -> Sandbox {
    let room = Sandbox::new();
    room.numbers("n.csv", 50_000);
    room.write("t.toml", &three("", "if_exists = \"replace\""));
    room
}

/// Every command is refused with a sentence that says `why`, and nothing is made in the folder.
fn refused(room: &Sandbox, xdg: &str, why: &str) {
    for args in COMMANDS {
        let output = room.command(args).env("XDG_RUNTIME_DIR", room.path(xdg)).output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains(why) && said.contains("XDG_RUNTIME_DIR"), "{args:?}: {said}");
        assert!(said.contains(xdg) && said.lines().count() == 1, "{args:?}: {said}");
    }
    assert!(!room.path("out.db").exists());
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// A process of the same user that has nothing to do with a run.
struct Bystander(Child);

impl Bystander {
    fn new() -> Bystander {
        Bystander(Command::new("sleep").arg("300").stdin(Stdio::null()).spawn().unwrap())
    }

    fn pid(&self) -> u32 {
        self.0.id()
    }

    fn lives(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A folder above the run directory that another user has, or may write to, SHALL NOT be used by any command.
#[test]
fn a_runtime_folder_that_others_can_change_is_refused_by_every_command() {
    let room = room();
    for (name, bits) in [("all", 0o777), ("group", 0o770)] {
        fs::create_dir(room.path(name)).unwrap();
        mode(&room.path(name), bits);
        refused(&room, name, "may be written to by others");
        assert!(room.path(name).read_dir().unwrap().next().is_none(), "nothing was made");
    }
    if may_give("a runtime folder of another user") {
        fs::create_dir(room.path("foreign")).unwrap();
        mode(&room.path("foreign"), 0o700);
        chown(&room.path("foreign"), Some(NOBODY), None).unwrap();
        refused(&room, "foreign", "belongs to another user");
        // Also where others can't rename what is there, since its owner can.
        mode(&room.path("foreign"), 0o1777);
        refused(&room, "foreign", "belongs to another user");
        assert!(room.path("foreign").read_dir().unwrap().next().is_none(), "nothing was made");
    }
    // As /tmp is.
    fs::create_dir(room.path("sticky")).unwrap();
    mode(&room.path("sticky"), 0o1777);
    let output =
        room.command(&["run", "t.toml"]).env("XDG_RUNTIME_DIR", room.path("sticky")).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

/// What lies where the run directory belongs and is not ours SHALL be refused by every command.
#[test]
fn a_run_directory_that_is_not_ours_is_refused_by_every_command() {
    let room = room();
    room.run(&three("", ""));
    fs::remove_file(room.path("out.db")).unwrap();
    let (base, run, away) = (room.path("sluicebox"), room.path("sluicebox/t"), room.path("away"));
    for path in [&run, &base] {
        mode(path, 0o755);
        refused(&room, "", "can be entered by others: remove it");
        mode(path, 0o700);
        fs::rename(path, &away).unwrap();
        symlink(&away, path).unwrap();
        refused(&room, "", "is no directory: remove it");
        fs::remove_file(path).unwrap();
        fs::rename(&away, path).unwrap();
        if may_give("a run directory of another user") {
            chown(path, Some(NOBODY), None).unwrap();
            refused(&room, "", "belongs to another user");
            let lent =
                room.command(&["stage", "t.toml", "--name", "even"]).env("SLUICEBOX_RUN_DIR", path).output();
            assert!(text(&lent.unwrap().stderr).contains("belongs to another user"));
            chown(path, Some(geteuid()), None).unwrap();
        }
    }
    room.audit();
}

/// Where no runtime folder is said, the one in memory that another user has made first SHALL be refused.
#[test]
fn a_directory_in_memory_that_another_user_made_first_is_refused() {
    if !may_give("a directory in memory of another user") {
        return;
    }
    let room = room();
    let mut bystander = Bystander::new();
    let script = format!(
        "mount -t tmpfs -o mode=1777 tmpfs /dev/shm && cd {} && D=/dev/shm/sluicebox-$(id -u) && mkdir -p $D/t && \
         echo {} > $D/t/pid && cp run/* $D/t && chown -R 65534 $D && unset XDG_RUNTIME_DIR && \
         for c in status audit stop logs; do $SB $c t; echo $?; done",
        room.path("inside").display(),
        bystander.pid()
    );
    // What the script needs lies outside of the memory that it puts another one over.
    let folder = tempfile::TempDir::new_in("/tmp").unwrap();
    room.run(&three("", ""));
    fs::create_dir(folder.path().join("run")).unwrap();
    for entry in fs::read_dir(room.path("sluicebox/t")).unwrap().flatten() {
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), folder.path().join("run").join(entry.file_name())).unwrap();
        }
    }
    let script =
        script.replace(&room.path("inside").display().to_string(), &folder.path().display().to_string());
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-c", &script]).env("SB", env!("CARGO_BIN_EXE_sluicebox"));
    let Ok(output) = command.output() else { return eprintln!("SKIPPED: there is no unshare") };
    if text(&output.stderr).contains("unshare failed") || text(&output.stderr).contains("mount: ") {
        return eprintln!("SKIPPED: no namespace of mounts can be had here");
    }
    let said = text(&output.stderr);
    assert_eq!(said.matches("belongs to another user").count(), 4, "{said}");
    assert_eq!(text(&output.stdout), "2\n2\n2\n2\n", "{said}");
    assert!(bystander.lives());
}

/// A name SHALL be one before it becomes a path, whether it was typed or stands in a file.
#[test]
fn a_name_from_a_file_leads_nowhere_else() {
    let room = room();
    room.run(&three("", ""));
    let mut bystander = Bystander::new();
    // A directory that would be taken for a run, were the name joined as it is.
    fs::create_dir(room.path("evil")).unwrap();
    for entry in fs::read_dir(room.path("sluicebox/t")).unwrap().flatten() {
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), room.path("evil").join(entry.file_name())).unwrap();
        }
    }
    fs::write(room.path("evil/pid"), bystander.pid().to_string()).unwrap();
    let names = [
        room.path("evil").display().to_string(),
        "../evil".to_string(),
        "t/../../evil".to_string(),
        String::new(),
        ".".to_string(),
        "..".to_string(),
        "t\\u001b[31m".to_string(),
        "t\\n".to_string(),
        "x".repeat(300),
    ];
    for name in names {
        room.write("gift.toml", &format!("name = \"{name}\"\n"));
        for command in ["status", "audit", "stop", "logs"] {
            let output = room.sluicebox(&[command, "gift.toml"]);
            let said = text(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{name:?}: {said}");
            assert!(said.starts_with("gift.toml: \"") && said.contains("is no topology's name"), "{said}");
            assert!(said.lines().count() == 1 && !said.contains('\u{1b}'), "{said:?}");
        }
    }
    for typed in ["T", "a b", "1", "-x y", "é"] {
        let output = room.sluicebox(&["status", "--", typed]);
        assert_eq!(output.status.code(), Some(2), "{typed}");
        assert!(text(&output.stderr).contains("is no topology's name"), "{}", text(&output.stderr));
    }
    assert!(bystander.lives());
}

const SLOW: &str = "rate = \"5k/s\"";

/// `stop` SHALL signal the process that holds the run's lock, whatever number stands in a file.
#[test]
fn stop_signals_who_holds_the_lock_and_nobody_else() {
    let mut bystander = Bystander::new();
    for said in
        [bystander.pid().to_string(), "4294967295".into(), "1".into(), "0".into(), "-1".into(), "x".into()]
    {
        let room = room();
        let running = room.start(&three(SLOW, ""), &[]);
        room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 100);
        room.write("sluicebox/t/pid", &said);
        assert_eq!(room.status().unwrap()["pid"], running.pid(), "{said}: status tells who holds it");
        let stop = room.sluicebox(&["stop", "t"]);
        let words = text(&stop.stderr);
        assert_eq!(stop.status.code(), Some(0), "{said}: {words}");
        let number = said.parse::<u32>().is_ok();
        assert_eq!(words.contains(&format!("says that process {said} leads")), number, "{said}: {words}");
        assert_eq!(running.end().status.code(), Some(0), "{said}");
        assert!(bystander.lives(), "{said}");
    }
}

/// The same for workers that were started by hand: their ledgers say numbers too.
#[test]
fn stop_signals_workers_by_their_locks() {
    const PID: usize = 8;
    let room = room();
    let mut bystander = Bystander::new();
    room.write("t.toml", &three(SLOW, "if_exists = \"replace\""));
    let start = |name| Running::of(room.command(&["stage", "t.toml", "--name", name]).spawn().unwrap());
    let stages = ["numbers", "even", "store"].map(start);
    room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 100);
    for stage in 0..3 {
        let ledger =
            File::options().write(true).open(room.path(&format!("sluicebox/t/{stage}.0.ledger"))).unwrap();
        let pid = u64::from(bystander.pid()).to_ne_bytes();
        std::os::unix::fs::FileExt::write_all_at(&ledger, &pid, 8 * PID as u64).unwrap();
    }
    assert_eq!(room.worker("even").unwrap()["pid"], bystander.pid(), "the fault bites");
    let stop = room.sluicebox(&["stop", "t"]);
    assert_eq!(stop.status.code(), Some(0), "{}", text(&stop.stderr));
    for stage in stages {
        assert_eq!(stage.end().status.code(), Some(0));
    }
    assert!(bystander.lives());
}

/// A run that is over SHALL NOT be stopped, whatever its files say.
#[test]
fn a_stale_number_stops_nobody() {
    let room = room();
    room.run(&three("", ""));
    let mut bystander = Bystander::new();
    room.write("sluicebox/t/pid", &bystander.pid().to_string());
    let stop = room.sluicebox(&["stop", "t"]);
    assert_eq!(stop.status.code(), Some(1));
    assert_eq!(text(&stop.stderr), "topology \"t\" is not running\n");
    assert!(bystander.lives());
}

/// What takes the name of the run directory meanwhile SHALL NOT be found by stages that are started again.
#[test]
fn a_stage_that_comes_back_finds_the_run_and_not_what_took_its_name() {
    let room = room();
    room.numbers("n.csv", 20_000);
    let running = room.start(&three("rate = \"10k/s\"", ""), &[]);
    let worker = room.wait_worker("even", "has records", |worker| worker["in"].as_u64().unwrap() > 1000);
    let (run, away) = (room.path("sluicebox/t"), room.path("sluicebox/away"));
    fs::rename(&run, &away).unwrap();
    // A run of another plan, as its stages would find it.
    let other = room.command(&["stage", "u.toml", "--name", "numbers"]);
    room.write("u.toml", &three("", "if_exists = \"replace\"").replace("out.db", "evil.db"));
    let other = { other }.spawn().unwrap();
    wait_for("the other plan", || run.join("plan.json").exists().then_some(()));
    drop(Running::of(other));
    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(worker["pid"].as_i64().unwrap() as i32),
        Signal::SIGKILL,
    )
    .unwrap();
    let account = running.account();
    assert_eq!((&account["end"], &account["balances"]), (&"drained".into(), &true.into()));
    assert!(!room.path("evil.db").exists(), "nobody ran the other plan");
    fs::remove_dir_all(&run).unwrap();
    fs::rename(&away, &run).unwrap();
    assert_eq!(room.worker("even").unwrap()["restarts"], 1, "the fault bites");
    room.audit();
}

/// Holds a file as a worker does.
pub fn hold(path: &Path) -> File {
    let file = File::options().read(true).write(true).open(path).unwrap();
    let whole = libc::flock {
        l_type: libc::F_WRLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    fcntl(&file, FcntlArg::F_OFD_SETLK(&whole)).unwrap();
    file
}

/// A run SHALL NOT be refused because the workers of one whose launcher was killed have not died yet: it waits.
#[test]
fn a_run_waits_for_what_a_killed_launcher_leaves_and_says_so() {
    let room = room();
    let running = room.start(&three(SLOW, "if_exists = \"replace\""), &[]);
    room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 100);
    running.signal(Signal::SIGKILL);
    running.end();
    let gone = || room.status().filter(|status| status["state"] != "running").map(|_| ());
    wait_for("its stages to die", gone);
    // One that takes its time.
    let dying = hold(&room.path("sluicebox/t/1.0.ledger"));
    let mut again = room.command(&["run", "t.toml", "--for", "20ms"]).spawn().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(again.stderr.take().unwrap()));
    let waits = lines.next().unwrap().unwrap();
    assert_eq!(waits, "waiting for stage \"even\" of the run before, whose launcher was killed, to end");
    drop(dying);
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    assert_eq!(Running::of(again).end().status.code(), Some(0), "{rest:?}");
    room.audit();
}

/// Many times over, with nothing in between.
#[test]
fn a_run_right_after_its_launcher_was_killed_begins() {
    let room = room();
    for n in 0..8 {
        let running = room.start(&three(SLOW, "if_exists = \"replace\""), &[]);
        room.wait_worker("store", "runs", |worker| worker["state"] == "running");
        running.signal(Signal::SIGKILL);
        running.end();
        let again = room.sluicebox(&["run", "t.toml", "--for", "20ms"]);
        assert_eq!(again.status.code(), Some(0), "{n}: {}", text(&again.stderr));
    }
}

/// Where the launcher can't be seen, as from another container, its number is another process's: nobody gets a signal.
#[test]
fn stop_from_another_namespace_of_processes_signals_nobody() {
    let room = room();
    let running = room.start(&three(SLOW, ""), &[]);
    room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 100);
    // A process in there, whose number the run directory then says.
    let script =
        "sleep 300 & echo $! > sluicebox/t/pid; $SB stop t; echo $?; kill -0 $! && echo lives; kill $!";
    let mut command = Command::new("unshare");
    command.args(["-m", "-p", "-f", "--mount-proc", "sh", "-c", script]);
    command.current_dir(room.path(".")).env("SB", env!("CARGO_BIN_EXE_sluicebox"));
    let output = command.env("XDG_RUNTIME_DIR", room.path(".")).output();
    let said =
        output.map_or("there is no unshare".into(), |output| text(&output.stderr) + &text(&output.stdout));
    if said.contains("unshare") || said.contains("mount: ") {
        return eprintln!("SKIPPED: no namespace of processes can be had here: {said}");
    }
    assert!(
        said.contains("cannot ask its launcher of topology \"t\" to stop: none of the processes"),
        "{said}"
    );
    assert!(said.ends_with("1\nlives\n"), "{said}");
    running.signal(Signal::SIGTERM);
    assert_eq!(running.end().status.code(), Some(0));
}
