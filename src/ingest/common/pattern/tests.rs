//! What fits a pattern, and what does not.

use super::*;
use std::os::unix::fs::symlink;

#[test]
fn names_fit_as_in_a_shell() {
    for (pattern, name) in [
        ("*", "a"),
        ("*.csv", "a.b.csv"),
        ("a*b*c", "a--b-b-c"),
        ("?", "é"),
        ("a?c", "abc"),
        ("[a-c]x", "bx"),
        ("[!a-c]x", "dx"),
        ("[]]x", "]x"),
        ("[a-]", "-"),
        ("x[", "x["),
        (".*", ".a"),
        ("*", "a\nb"),
        ("**", "ab"),
    ] {
        assert!(fits(pattern.as_bytes(), name.as_bytes()), "{pattern} {name:?}");
    }
    for (pattern, name) in [
        ("*", ".a"),
        ("*.csv", "a.csv.gz"),
        ("?", "ab"),
        ("?", ""),
        ("[a-c]", "d"),
        ("[!a]", "a"),
        ("a*b", "a"),
        ("A", "a"),
    ] {
        assert!(!fits(pattern.as_bytes(), name.as_bytes()), "{pattern} {name:?}");
    }
    let stars = "*a".repeat(30) + "b";
    assert!(!fits(stars.as_bytes(), "a".repeat(3000).as_bytes()), "and it takes no time");
}

#[test]
fn files_are_found_in_order_and_circles_are_none() {
    let room = tempfile::tempdir().unwrap();
    let at = |name: &str| room.path().join(name);
    for folder in ["a/b/c", "d", ".hidden"] {
        fs::create_dir_all(at(folder)).unwrap();
    }
    for file in
        ["2.csv", "10.csv", "a/1.csv", "a/b/c/x.csv", "d/y.csv", "d/z.txt", ".hidden/h.csv", "a/[1].csv"]
    {
        fs::write(at(file), "").unwrap();
    }
    symlink(room.path(), at("a/circle")).unwrap();
    symlink("nothing", at("a/dead.csv")).unwrap();
    let found = |pattern: &str| {
        let walked = walk(at(pattern).to_str().unwrap()).unwrap();
        let name = |path: &PathBuf| path.strip_prefix(room.path()).unwrap().display().to_string();
        walked.files.iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(found("*.csv"), ["10.csv", "2.csv"]);
    assert_eq!(found("*/*.csv"), ["a/1.csv", "a/[1].csv", "a/dead.csv", "d/y.csv"]);
    let all = ["10.csv", "2.csv", "a/1.csv", "a/[1].csv", "a/b/c/x.csv", "a/dead.csv", "d/y.csv"];
    assert_eq!(found("**/*.csv"), all);
    assert_eq!(found("**/x.csv"), ["a/b/c/x.csv"]);
    assert_eq!(found("d/**"), ["d/y.csv", "d/z.txt"]);
    assert_eq!(found("none/*"), [""; 0]);
    assert_eq!(found("*"), ["10.csv", "2.csv"], "a folder is no file");
    assert!(!is_pattern(at("a/[1].csv").to_str().unwrap()), "a file is called so");
    assert!(is_pattern(at("a/[2].csv").to_str().unwrap()));
    let none = walk(at("none/*.csv").to_str().unwrap()).unwrap();
    assert!(
        none.folders.contains(room.path()),
        "who waits looks where the folder would be: {:?}",
        none.folders
    );
}
