//! Reads a topology file and takes it through all checks.

use super::check::check;
use super::key::has;
use super::key_list::STAGE;
use super::layers::{self, Written};
use super::options::{self, Opt};
use super::placement::engine_named;
use super::places::{Findings, Places};
use super::plan::{self, STDIN};
use super::problem::{Finding, Place, Problems, Source};
use super::spans::under;
use super::syntax::Fault;
use super::{Checked, Rooms, foreign, spans, variables};
use crate::error::reason;
use crate::files::{PAGES_MAX, read_pages};
use crate::wire::endpoint::Engine;
use config::{Map, Value, ValueKind};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// How the names of variables begin that will change a topology.
const ENVIRONMENT: &str = "SLUICEBOX__";
/// The variable that takes every stage back to libzmq, or to the direct engine.
const ENGINE: &str = "SLUICEBOX_ENGINE";

/// Loads a topology: the file (`-`: standard input) with `sets` (each `KEY=VALUE`) laid over it, checked as a whole.
///
/// Sources without declared types look at their data; nothing else outside the file is touched.
///
/// # Errors
/// Everything that is wrong, at once.
pub fn load(file: &Path, sets: &[String]) -> Result<Checked, Problems> {
    load_from(&crate::registry::ROOMS, file, sets)
}

/// As `load`, for who runs nothing: a source whose files are not there has the columns that its parameters name.
///
/// # Errors
/// Everything that is wrong, at once.
pub fn load_unseen(file: &Path, sets: &[String]) -> Result<Checked, Problems> {
    Layered { unseen: true, ..Layered::read(file, sets)? }.check(&crate::registry::ROOMS)
}

/// As `load`, with operators of one's own.
pub fn load_from(rooms: &Rooms, file: &Path, sets: &[String]) -> Result<Checked, Problems> {
    Layered::read(file, sets)?.check(rooms)
}

/// As `load`, with the stages changed before they are checked: `change` gets the table of each, in the order of the
/// file, its operators always in `steps`. For who measures a topology that is the user's but for a detail.
pub(crate) fn load_changed(
    file: &Path,
    sets: &[String],
    change: impl FnOnce(Vec<&mut toml::Table>),
) -> Result<Checked, Problems> {
    let mut layered = Layered::read(file, sets)?;
    layered.written.stages.iter_mut().for_each(|(_, stage)| spell_out(stage));
    // What is tested is the file's own.
    layered.written.tests.clear();
    change(layered.written.stages.iter_mut().map(|(_, stage)| stage).collect());
    layered.check(&crate::registry::ROOMS)
}

/// All layers of a file put together; nothing is checked yet.
struct Layered {
    /// Where the file is.
    absolute: PathBuf,
    written: Written,
    findings: Findings,
    /// What the environment says.
    engine: Option<Engine>,
    /// Sources may do without their files.
    unseen: bool,
}

impl Layered {
    fn read(file: &Path, sets: &[String]) -> Result<Layered, Problems> {
        let mut source = Source { name: plan::origin(file), ..Source::default() };
        source.sets = sets.iter().map(|set| options::shown(set)).collect();
        let absolute = match read(file, &mut source).and_then(|()| absolute(file)) {
            Ok(absolute) => absolute,
            Err((place, what)) => return Err(Problems::new(source, vec![Finding::new(place, what)])),
        };
        let told = |fault: Fault| Finding::new(Place::File(fault.at), fault.what);
        let spans::Read { table: mut root, mut spans, faults } = match spans::read(&source.text) {
            Ok(read) => read,
            Err(faults) => return Err(Problems::new(source, faults.into_iter().map(told).collect())),
        };
        let foreign = foreign::adopt(&mut root, &mut spans);
        let mut findings = Findings::new(Places { source, spans, ..Places::default() });
        findings.list.extend(foreign);
        for fault in faults {
            match fault.value.clone() {
                Some(path) => findings.unfilled.push(Finding { path, ..told(fault) }),
                None => findings.list.push(told(fault)),
            }
        }
        root.iter_mut().for_each(|(key, value)| fill(value, &under(&[], &[key]), &mut findings));
        findings.places.source.stages = names(&root);
        for name in std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()) {
            if name.starts_with(ENVIRONMENT) {
                let what =
                    format!("{name} is set, and the environment layer is not built yet: unset it, use --set");
                findings.add(&[], Place::Nowhere, what);
            }
        }
        let mut readable = Vec::new();
        for (index, set) in sets.iter().enumerate() {
            let option = Opt::read(index, set).and_then(|mut option| {
                let faults = variables::fill_all(&mut option.value, &[])
                    .into_iter()
                    .filter_map(|(_, told)| told.err());
                match faults.flatten().next() {
                    None => Ok(option),
                    Some((_, what)) => Err((option.at, what)),
                }
            });
            match option {
                Ok(option) => readable.push(option),
                Err((at, what)) => {
                    findings.add(&[], Place::Set(index, at), what);
                }
            }
        }
        let engine = engine(&mut findings);
        let written = layers::lay(root, &readable, &mut findings);
        Ok(Layered { absolute, written, findings, engine, unseen: false })
    }

    fn check(self, rooms: &Rooms) -> Result<Checked, Problems> {
        let mut checked = check(rooms, self.absolute, &self.written, self.unseen, self.findings)?;
        if let Some(engine) = self.engine {
            checked.plan.stages.iter_mut().for_each(|stage| stage.placement.engine = engine);
        }
        Ok(checked)
    }
}

/// Fills in the variables below a path of the file.
fn fill(value: &mut Value, path: &[String], findings: &mut Findings) {
    for (path, told) in variables::fill_all(value, path) {
        match told {
            Ok(pieces) => _ = findings.places.filled.insert(path, pieces),
            Err(faults) => {
                for (offset, what) in faults {
                    let place = findings.places.inside(&path, offset);
                    findings.unfilled.push(Finding { path: path.clone(), ..Finding::new(place, what) });
                }
            }
        }
    }
}

/// What the stages are called, as far as they are.
fn names(root: &Map<String, Value>) -> Vec<Option<String>> {
    let Some(ValueKind::Array(stages)) = root.get("stage").map(|stage| &stage.kind) else {
        return Vec::new();
    };
    let name = |stage: &Value| match &stage.kind {
        ValueKind::Table(table) => table.get("name")?.clone().into_string().ok(),
        _ => None,
    };
    stages.iter().map(name).collect()
}

/// Writes what `operator =` is short for.
fn spell_out(stage: &mut toml::Table) {
    if !stage.contains_key("operator") {
        return;
    }
    let (mut own, mut step) = (toml::Table::new(), toml::Table::new());
    for (key, value) in std::mem::take(stage) {
        let theirs = key == "operator" || !has(STAGE, &key);
        if theirs { &mut step } else { &mut own }.insert(key, value);
    }
    own.insert("steps".to_string(), toml::Value::Array(vec![step.into()]));
    *stage = own;
}

/// What the variable says of the engine: it counts for every stage, whatever the file says.
fn engine(findings: &mut Findings) -> Option<Engine> {
    let said = std::env::var_os(ENGINE).filter(|said| !said.is_empty())?;
    let engine = said.to_str().and_then(engine_named);
    if engine.is_none() {
        let what = format!("{ENGINE} is {said:?}: it may be \"direct\" or \"libzmq\"");
        findings.add(&[], Place::Nowhere, what);
    }
    engine
}

/// What keeps a file from being read.
type Unreadable = (Place, String);

/// Fills in the text.
fn read(file: &Path, source: &mut Source) -> Result<(), Unreadable> {
    let name = source.name.clone();
    let nowhere = |what: String| (Place::Nowhere, what);
    let mut bytes = Vec::new();
    let read = match file == Path::new(STDIN) {
        true => io::stdin().take(PAGES_MAX + 1).read_to_end(&mut bytes).map(|_| bytes),
        false => read_pages(file),
    };
    let bytes = read.map_err(|error| nowhere(format!("cannot read {name}: {}", reason(&error))))?;
    if bytes.len() as u64 > PAGES_MAX {
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

/// The file's absolute path, for the plan: that is JSON, so it must be text. Standard input has none.
fn absolute(file: &Path) -> Result<PathBuf, Unreadable> {
    if file == Path::new(STDIN) {
        return Ok(file.to_path_buf());
    }
    let nowhere = |what: String| (Place::Nowhere, what);
    let path = std::path::absolute(file)
        .map_err(|error| nowhere(format!("cannot find where {} is: {}", file.display(), reason(&error))))?;
    if path.to_str().is_none() {
        return Err(nowhere(format!("the path {} is not UTF-8: rename it", path.display())));
    }
    Ok(path)
}
