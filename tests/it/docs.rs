//! Pages for users are true: every command in the README and in docs/ is run, and prints what stands behind it; what
//! can be made from the program is made from it; every link leads somewhere.
//!
//! A page is one session in a folder of its own, with the project's `data/` and `topologies/` in it:
//!
//! | block | is |
//! |---|---|
//! | ```` ```toml rooms.toml ````, any tag with a name | a file, written before what follows |
//! | ```` ```console ```` | commands behind `$ `, each with what it prints; `...` stands for any lines; ends well |
//! | ```` ```console fails ```` | the same, but its last command ends with an error |
//! | ```` ```sh ```` | commands that end well, whatever they print |
//! | ```` ```sh briefly ```` | measurements: run for a moment, whatever they find |
//! | ```` ```sh elsewhere ```` | commands that change a machine or take minutes: what they name is looked for |
//!
//! `cargo run --release --` is the program. Times, processes and widths of columns vary. `SLUICEBOX_BLESS=1` writes
//! what is printed into the pages, and the generated parts; look at the difference before you commit it.

mod blocks;
mod generated;
mod links;
mod session;

use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The README and all pages of docs/.
fn pages() -> Vec<PathBuf> {
    let docs = std::fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut pages: Vec<PathBuf> = docs.filter(|path| path.extension().is_some_and(|of| of == "md")).collect();
    pages.push(root().join("README.md"));
    pages.sort();
    pages
}

/// Runs a page; what differs is told, or written into it.
fn holds(name: &str) {
    let path = root().join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    let filled = generated::fill(&text);
    let told = session::run(name, &filled);
    if std::env::var_os("SLUICEBOX_BLESS").is_some() {
        std::fs::write(&path, told.text).unwrap();
        return;
    }
    let stale = text.lines().zip(filled.lines()).position(|(old, new)| old != new);
    if let Some(at) = stale.filter(|_| text != filled) {
        panic!("{name}:{}: a generated part is stale: run this test once with SLUICEBOX_BLESS=1", at + 1);
    }
    assert_eq!(text.len(), filled.len(), "{name}: a generated part is stale at its end");
    assert!(told.differ.is_empty(), "{}", told.differ.join("\n\n"));
}

macro_rules! pages {
    ($($test:ident: $page:literal,)*) => {
        $(#[test]
        fn $test() {
            holds($page);
        })*

        #[test]
        fn every_page_is_run() {
            let named = [$($page),*];
            for page in pages() {
                let name = page.strip_prefix(root()).unwrap().to_str().unwrap();
                assert!(named.contains(&name), "{name} has no test: add a line to `pages!`");
            }
        }
    };
}

pages! {
    the_readme: "README.md",
    attach: "docs/attach.md",
    bench: "docs/bench.md",
    coming_from: "docs/coming-from.md",
    concepts: "docs/concepts.md",
    cookbook: "docs/cookbook.md",
    expressions: "docs/expressions.md",
    keys: "docs/keys.md",
    mining: "docs/mining.md",
    operators: "docs/operators.md",
    start: "docs/start.md",
    testing: "docs/testing.md",
    troubleshooting: "docs/troubleshooting.md",
}
