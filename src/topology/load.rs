//! Reads a topology file and takes it through all checks.

use super::check::check;
use super::layers::{self, Written};
use super::options::{self, Opt};
use super::places::{Findings, Places};
use super::problem::{Finding, Place, Problems, Source};
use super::{Checked, Rooms, keys, spans};
use crate::error::reason;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A topology is a page or two.
const BYTES_MAX: u64 = 1 << 20;

/// How the names of variables begin that will change a topology.
const ENVIRONMENT: &str = "SLUICEBOX__";

/// Loads a topology: the file with `sets` (each `KEY=VALUE`) laid over it, checked as a whole.
///
/// Sources without declared types look at their data; nothing else outside the file is touched.
///
/// # Errors
/// Everything that is wrong, at once.
pub fn load(file: &Path, sets: &[String]) -> Result<Checked, Problems> {
    load_from(&crate::registry::ROOMS, file, sets)
}

/// As `load`, with operators of one's own.
pub fn load_from(rooms: &Rooms, file: &Path, sets: &[String]) -> Result<Checked, Problems> {
    layered(file, sets).and_then(|(absolute, written, findings)| check(rooms, absolute, &written, findings))
}

/// As `load`, with the stages changed before they are checked: `change` gets the table of each, in the order of the
/// file, its operators always in `steps`. For who measures a topology that is the user's but for a detail.
pub fn load_changed(
    file: &Path,
    sets: &[String],
    change: impl FnOnce(Vec<&mut toml::Table>),
) -> Result<Checked, Problems> {
    let (absolute, mut written, findings) = layered(file, sets)?;
    written.stages.iter_mut().for_each(|(_, stage)| spell_out(stage));
    change(written.stages.iter_mut().map(|(_, stage)| stage).collect());
    check(&crate::registry::ROOMS, absolute, &written, findings)
}

/// All layers of a file, and the file's absolute path.
fn layered(file: &Path, sets: &[String]) -> Result<(PathBuf, Written, Findings), Problems> {
    let mut source = Source { name: file.display().to_string(), ..Source::default() };
    source.sets = sets.iter().map(|set| options::shown(set)).collect();
    let absolute = match read(file, &mut source).and_then(|()| absolute(file)) {
        Ok(absolute) => absolute,
        Err((place, what)) => return Err(Problems::new(source, vec![Finding::new(place, what)])),
    };
    let (root, spans) = match spans::read(&source.text) {
        Ok(read) => read,
        Err(faults) => {
            let findings = faults.into_iter().map(|(at, what)| Finding::new(Place::File(at), what)).collect();
            return Err(Problems::new(source, findings));
        }
    };
    let places = Places { source, spans, sets: Vec::new() };
    let mut findings = Findings { places, list: Vec::new() };
    for name in std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()) {
        if name.starts_with(ENVIRONMENT) {
            let what =
                format!("{name} is set, and the environment layer is not built yet: unset it, use --set");
            findings.add(Place::Nowhere, what);
        }
    }
    let mut readable = Vec::new();
    for (index, set) in sets.iter().enumerate() {
        match Opt::read(index, set) {
            Ok(option) => readable.push(option),
            Err((at, what)) => {
                findings.add(Place::Set(index, at), what);
            }
        }
    }
    let written = layers::lay(root, &readable, &mut findings);
    Ok((absolute, written, findings))
}

/// Writes what `operator =` is short for.
fn spell_out(stage: &mut toml::Table) {
    if !stage.contains_key("operator") {
        return;
    }
    let (mut own, mut step) = (toml::Table::new(), toml::Table::new());
    for (key, value) in std::mem::take(stage) {
        let theirs = key == "operator" || !keys::STAGE.contains(&key.as_str());
        if theirs { &mut step } else { &mut own }.insert(key, value);
    }
    own.insert("steps".to_string(), toml::Value::Array(vec![step.into()]));
    *stage = own;
}

/// What keeps a file from being read.
type Fault = (Place, String);

/// Fills in the text.
fn read(file: &Path, source: &mut Source) -> Result<(), Fault> {
    let name = source.name.clone();
    let nowhere = |what: String| (Place::Nowhere, what);
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|file| file.take(BYTES_MAX + 1).read_to_end(&mut bytes))
        .map_err(|error| nowhere(format!("cannot read {name}: {}", reason(&error))))?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(nowhere(format!("{name} is larger than 1 MiB: a topology is a page or two of TOML")));
    }
    if bytes.contains(&0) {
        return Err(nowhere(format!("{name} is not a text file: a topology is written in TOML")));
    }
    match String::from_utf8(bytes) {
        Ok(text) => source.text = text,
        Err(error) => {
            // Up to the first wrong byte both texts are the same; there stands a character of three bytes now.
            let at = error.utf8_error().valid_up_to();
            source.text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            return Err((Place::File(at..at + 3), "the file is not UTF-8 from here on".to_string()));
        }
    }
    if source.text.trim().is_empty() {
        return Err((Place::Start, "the file is empty: a topology has a name and stages".to_string()));
    }
    Ok(())
}

/// The file's absolute path, for the plan: that is JSON, so it must be text.
fn absolute(file: &Path) -> Result<PathBuf, Fault> {
    let nowhere = |what: String| (Place::Nowhere, what);
    let path = std::path::absolute(file)
        .map_err(|error| nowhere(format!("cannot find where {} is: {}", file.display(), reason(&error))))?;
    if path.to_str().is_none() {
        return Err(nowhere(format!("the path {} is not UTF-8: rename it", path.display())));
    }
    Ok(path)
}
