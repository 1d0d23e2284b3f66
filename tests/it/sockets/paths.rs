//! What lies at a socket's path before it is bound, and who may come.

use super::{Ground, PAIRS, number, take};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// A socket on which nobody listens any more SHALL be replaced.
#[test]
fn a_stale_socket_is_replaced() {
    for pair in PAIRS {
        let ground = Ground::new(pair);
        drop(UnixListener::bind(ground.path()).unwrap());
        assert!(ground.path().exists(), "the fault bites: it is still there");
        let (mut inbox, mut sender) = (ground.bind(), ground.connect());
        sender.send(1);
        assert_eq!(number(&take(&mut inbox, &mut [&mut sender])), 1);
    }
}

/// A file that is no socket, a folder, a link and a socket on which somebody listens SHALL be refused and left alone.
#[test]
fn what_is_not_ours_is_left_alone() {
    for pair in PAIRS {
        let ground = Ground::new(pair);
        let path = ground.path();
        let refused = |why: &str| {
            let told = ground.try_bind().err().expect(why).sentence;
            assert!(told.contains("1.0") && told.contains(why), "{told}");
        };
        std::fs::write(&path, "dear diary").unwrap();
        refused("a file that is no socket lies there");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "dear diary");
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", &path).unwrap();
        refused("a file that is no socket lies there");
        assert!(path.is_symlink());
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        refused("a file that is no socket lies there");
        std::fs::remove_dir(&path).unwrap();
        let listener = UnixListener::bind(&path).unwrap();
        refused("another process listens there");
        UnixStream::connect(&path).unwrap();
        drop(listener);
    }
}

/// A process of another user SHALL be cut off without a word, even where the file modes would let it in.
#[test]
fn peers_of_another_user_are_cut_off() {
    const NOBODY: u32 = 65534;
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: only root can be another user");
        return;
    }
    let ground = Ground::new(PAIRS[0]);
    let mut inbox = ground.bind();
    std::fs::set_permissions(ground.folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::set_permissions(ground.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let script = "import socket, sys\n\
                  s = socket.socket(socket.AF_UNIX)\n\
                  s.connect(sys.argv[1])\n\
                  sys.exit(len(s.recv(1)))";
    let ask = |uid: u32| {
        let mut command = Command::new("python3");
        command.args(["-c", script]).arg(ground.path()).uid(uid);
        command.spawn()
    };
    for (uid, bytes) in [(NOBODY, 0), (0, 1)] {
        let Ok(mut child) = ask(uid) else {
            eprintln!("skipped: there is no python3");
            return;
        };
        let status = loop {
            inbox.wait(None, [None; 2], 1_000_000).unwrap();
            assert!(inbox.take().unwrap().is_none());
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
        };
        assert_eq!(status.code(), Some(bytes), "user {uid}");
    }
}
