//! What is built in may be: every package's licence, source and name against deny.toml, as cargo-deny would say it.

use serde_json::Value;
use std::path::Path;
use std::process::Command;

#[test]
fn every_package_may_be_built_in() {
    let Some(metadata) = metadata() else { return };
    let rules = Rules::read(&std::fs::read_to_string(root().join("deny.toml")).unwrap());
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 50, "only {} packages", packages.len());
    let failures: Vec<String> = packages.iter().flat_map(|package| rules.against(package)).collect();
    assert!(failures.is_empty(), "{} packages may not be built in\n{}", failures.len(), failures.join("\n"));
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What cargo knows of all packages, or of those for this machine where it has no others; `None` after saying
/// aloud that there is no cargo.
fn metadata() -> Option<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let host = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let mut why = String::new();
    for platform in [&[][..], &["--filter-platform", &host]] {
        let command = Command::new(&cargo)
            .args(["metadata", "--format-version", "1", "--locked", "--offline"])
            .args(platform)
            .current_dir(root())
            .output();
        match command {
            Err(e) => {
                eprintln!("SKIPPED: cannot run cargo ({e}), which knows the licences of packages");
                return None;
            }
            Ok(output) if output.status.success() => {
                return Some(serde_json::from_slice(&output.stdout).unwrap());
            }
            Ok(output) => why = String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
    panic!("cargo metadata failed: {why}");
}

/// What deny.toml says.
struct Rules {
    licences: Vec<String>,
    registries: Vec<String>,
    banned: Vec<String>,
}

impl Rules {
    fn read(text: &str) -> Rules {
        let rules: toml::Table = text.parse().unwrap();
        let texts = |of: &toml::Value, key: &str| -> Vec<String> {
            let text = |value: &toml::Value| {
                value.get("crate").unwrap_or(value).as_str().expect("a name stands here").to_string()
            };
            of[key].as_array().unwrap().iter().map(text).collect()
        };
        let rules = Rules {
            licences: texts(&rules["licenses"], "allow"),
            registries: texts(&rules["sources"], "allow-registry"),
            banned: texts(&rules["bans"], "deny"),
        };
        assert!(!rules.licences.is_empty() && !rules.registries.is_empty() && !rules.banned.is_empty());
        rules
    }

    /// What is wrong with a package.
    fn against(&self, package: &Value) -> Vec<String> {
        let name = format!("{} {}", text(package, "name"), text(package, "version"));
        let mut failures = Vec::new();
        let licence = text(package, "license");
        if !satisfied(licence, &self.licences) {
            failures.push(format!(
                "{name}: its licence \"{licence}\" is not among those of deny.toml: use another package, or allow it"
            ));
        }
        let source = package["source"].as_str();
        let registry = source.map(|source| source.strip_prefix("registry+").unwrap_or(source));
        if registry.is_some_and(|registry| !self.registries.iter().any(|allowed| allowed == registry)) {
            failures.push(format!(
                "{name}: it comes from {}, deny.toml allows crates.io and paths: take it from there",
                source.unwrap_or_default()
            ));
        }
        if self.banned.iter().any(|banned| banned == text(package, "name")) {
            failures.push(format!("{name}: deny.toml bans it, and says why"));
        }
        failures
    }
}

fn text<'a>(package: &'a Value, key: &str) -> &'a str {
    package[key].as_str().unwrap_or_default()
}

/// Whether an SPDX expression can be kept with these licences alone; `/` is an old way to write OR.
fn satisfied(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    let kept = either(&mut words, allowed);
    kept == Some(true) && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn either(words: &mut Words<'_>, allowed: &[String]) -> Option<bool> {
    let mut kept = both(words, allowed)?;
    while words.next_if_eq(&"OR").is_some() {
        kept |= both(words, allowed)?;
    }
    Some(kept)
}

fn both(words: &mut Words<'_>, allowed: &[String]) -> Option<bool> {
    let mut kept = one(words, allowed)?;
    while words.next_if_eq(&"AND").is_some() {
        kept &= one(words, allowed)?;
    }
    Some(kept)
}

/// A licence with its exception, or an expression in brackets; `None` when neither stands here.
fn one(words: &mut Words<'_>, allowed: &[String]) -> Option<bool> {
    let mut licence = words.next()?.to_string();
    if licence == "(" {
        let kept = either(words, allowed)?;
        return words.next_if_eq(&")").map(|_| kept);
    }
    if matches!(licence.as_str(), "OR" | "AND" | "WITH" | ")") {
        return None;
    }
    if words.next_if_eq(&"WITH").is_some() {
        licence = format!("{licence} WITH {}", words.next()?);
    }
    Some(allowed.contains(&licence))
}

#[test]
fn licences_are_read_as_spdx_means_them() {
    let allowed = ["MIT", "Apache-2.0", "Unicode-3.0"].map(str::to_string);
    let yes =
        ["MIT", "GPL-3.0 OR MIT", "(MIT OR GPL-3.0) AND Unicode-3.0", "GPL-3.0/MIT", "ISC AND ISC OR MIT"];
    let no = [
        "",
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "Apache-2.0 WITH LLVM-exception",
        "(MIT",
        "MIT OR",
        "MIT MIT",
        "OR",
    ];
    yes.iter().for_each(|expression| assert!(satisfied(expression, &allowed), "{expression}"));
    no.iter().for_each(|expression| assert!(!satisfied(expression, &allowed), "{expression}"));
}

#[test]
fn a_package_that_may_not_be_built_in_is_told() {
    let rules = Rules {
        licences: vec!["MIT".to_string()],
        registries: vec!["https://crates".to_string()],
        banned: vec!["evalexpr".to_string()],
    };
    let told = |name: &str, licence: &str, source: Option<&str>| {
        let package =
            serde_json::json!({"name": name, "version": "1.0.0", "license": licence, "source": source});
        rules.against(&package).len()
    };
    assert_eq!(told("a", "MIT", None), 0);
    assert_eq!(told("a", "MIT", Some("registry+https://crates")), 0);
    assert_eq!(told("a", "MIT", Some("git+https://elsewhere")), 1);
    assert_eq!(told("a", "AGPL-3.0", None), 1);
    assert_eq!(told("evalexpr", "MIT", None), 1);
    assert_eq!(told("evalexpr", "AGPL-3.0", Some("git+x")), 3);
}
