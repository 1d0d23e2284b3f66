//! The layers of a topology, lowest first: defaults, the file, `--set KEY=VALUE`. `config` puts them together.
//!
//! What `config` sees is a map: `topology` holds the topology's own keys, `stage` holds the stages by name, so
//! that an option need not know at which place of the file its stage stands. A stage whose name is missing, wrong
//! or taken goes by `#N`, which no option can say; all of them are told later, and the others still checked.
//!
//! `config` has its own path syntax, `stage.clean.steps[1].where`, in which a key is of letters, digits, `_` and
//! `-`; an index behind the end makes a list longer, a key in a string makes a table of it. So an option is walked
//! through the layers below it first: its numbers become indexes, what does not fit is a problem, and the first
//! key that the syntax can't say, and all behind it, go in as a table around the value (tables are merged key by
//! key, by their raw names). With its `preserve_order` feature fields keep their order; keys keep their case.

use super::key::{self, Key};
use super::key_list::{STAGE, TOPOLOGY};
use super::options::Opt;
use super::places::{Findings, Set};
use super::problem::Place;
use super::spans::{Path, Span, read_value, to_table, under};
use crate::params::is_name;
use config::{Config, ConfigError, Map, Source, Value, ValueKind};

/// All layers put together; nothing is checked yet.
pub(super) struct Written {
    pub topology: toml::Table,
    /// Path and keys of each stage, in the order of the file.
    pub stages: Vec<(Path, toml::Table)>,
    /// The same of each test. No option changes one.
    pub tests: Vec<(Path, toml::Table)>,
}

/// One layer, as `config` asks for it.
#[derive(Clone, Debug)]
struct Layer(Map<String, Value>);

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        Ok(self.0.clone())
    }
}

/// Lays the options over the file, and the file over the defaults.
pub(super) fn lay(mut file: Map<String, Value>, options: &[Opt], findings: &mut Findings) -> Written {
    let entries = tables_of("stage", file.shift_remove("stage"), findings);
    let tests = tables_of("test", file.shift_remove(TEST), findings);
    let mut stages: Map<String, Value> = Map::new();
    let mut keys = Vec::new();
    for (index, table) in entries {
        let name = match table.get("name").map(|name| &name.kind) {
            Some(ValueKind::String(name)) if is_name(name) && !stages.contains_key(name) => name.clone(),
            _ => format!("#{index}"),
        };
        stages.insert(name.clone(), table.into());
        keys.push((name, under(&[], &["stage", &index.to_string()])));
    }
    let built = build(file, stages, &keys, options, findings);
    let mut root = tables(built);
    let mut stages = root.shift_remove("stage").map(tables).unwrap_or_default();
    let stage = |(key, path): (String, Path)| {
        let table = stages.shift_remove(&key).map(tables).unwrap_or_default();
        (path, to_table(table))
    };
    let test = |(index, table): (usize, Map<String, Value>)| {
        (under(&[], &[TEST, &index.to_string()]), to_table(table))
    };
    Written {
        tests: tests.into_iter().map(test).collect(),
        stages: keys.into_iter().map(stage).collect(),
        topology: to_table(root.shift_remove("topology").map(tables).unwrap_or_default()),
    }
}

fn build(
    topology: Map<String, Value>,
    stages: Map<String, Value>,
    keys: &[(String, Path)],
    options: &[Opt],
    findings: &mut Findings,
) -> Value {
    let defaults = |keys: &'static [Key]| -> Map<String, Value> {
        let read = |text| read_value(text).expect("a default is TOML");
        key::defaults(keys).map(|(key, text)| (key.to_string(), read(text))).collect()
    };
    let stage_defaults: Map<String, Value> =
        stages.keys().map(|name| (name.clone(), defaults(STAGE).into())).collect();
    let layer = |topology: Map<String, Value>, stages: Map<String, Value>| {
        Layer(Map::from_iter([
            ("topology".to_string(), Value::from(topology)),
            ("stage".to_string(), Value::from(stages)),
        ]))
    };
    let mut layers = Config::builder()
        .add_source(layer(defaults(TOPOLOGY), stage_defaults))
        .add_source(layer(topology, stages))
        .build()
        .expect("maps in memory can be read");
    for option in options {
        match aim(option, &layers.cache, keys) {
            Ok(aim) => {
                findings.places.sets.extend(sets(option, &aim.path));
                layers = Config::builder()
                    .add_source(layers)
                    .set_override(&aim.expression, aim.value)
                    .and_then(|builder| builder.build())
                    .expect("an expression is made of keys that config can say");
            }
            Err(Miss { what, given, choices }) => {
                let place = Place::Set(option.index, option.key.clone());
                findings
                    .add(&[], place, format!("--set {}: {what}", option.said()))
                    .suggest(&given, choices.iter().map(String::as_str));
            }
        }
    }
    layers.cache
}

/// An option that fits: where `config` is to set what, and the path that problems know it by.
struct Aim {
    expression: String,
    value: Value,
    path: Path,
}

/// An option that does not.
struct Miss {
    what: String,
    given: String,
    choices: Vec<String>,
}

impl Miss {
    fn new(what: impl Into<String>) -> Miss {
        Miss { what: what.into(), given: String::new(), choices: Vec::new() }
    }
}

fn aim(option: &Opt, below: &Value, keys: &[(String, Path)]) -> Result<Aim, Miss> {
    let (root, mut path) = start(option, keys)?;
    let (mut expression, mut at) = (root.to_string(), child(below, root));
    // Keys that the expression can't say; once there is one, all behind it.
    let mut unsayable: Vec<&String> = Vec::new();
    for key in &option.keys {
        match at.map(|value| &value.kind) {
            Some(ValueKind::Array(_)) if !unsayable.is_empty() => {
                return Err(Miss::new("a list below a key in quotes can only be set as a whole"));
            }
            Some(ValueKind::Array(entries)) => {
                let index = entry(key, entries.len())?;
                expression.push_str(&format!("[{index}]"));
                path.push(index.to_string());
                at = entries.get(index);
            }
            Some(ValueKind::Table(_)) | None => {
                if unsayable.is_empty() && sayable(key) {
                    expression.push_str(&format!(".{key}"));
                } else {
                    unsayable.push(key);
                }
                at = at.and_then(|value| child(value, key));
                path.push(key.clone());
            }
            Some(_) => {
                let what = format!("what it would set \"{key}\" in is neither a table nor a list");
                return Err(Miss::new(what));
            }
        }
    }
    let wrap = |value: Value, key: &&String| Value::from(Map::from_iter([(key.to_string(), value)]));
    let value = unsayable.iter().rev().fold(option.value.clone(), wrap);
    if root == "stage" {
        // The path of a stage is by its number already, not by its name.
        path.remove(STAGE_DEPTH);
    }
    Ok(Aim { expression, value, path })
}

/// Whether an option's first key is a stage or one of the topology's, and the path of that.
fn start(option: &Opt, keys: &[(String, Path)]) -> Result<(&'static str, Path), Miss> {
    let [first, rest @ ..] = option.keys.as_slice() else { return Err(Miss::new("no key is named")) };
    match keys.iter().find(|(name, _)| name == first && is_name(name)) {
        Some(_) if rest.is_empty() => {
            Err(Miss::new(format!("\"{first}\" is a stage: say which key of it, as in {first}.workers=2")))
        }
        Some(_) if rest[0] == "name" => Err(Miss::new("a stage is named in the file")),
        Some((_, path)) => Ok(("stage", path.clone())),
        None if first == TEST => Err(Miss::new("tests are changed in the file")),
        None if first == "stage" => Err(Miss::new("stages go by their names, as in clean.workers=2")),
        None if rest.is_empty() || key::has(TOPOLOGY, first) => Ok(("topology", Path::new())),
        None => {
            let what = format!("there is no stage \"{first}\"");
            let choices = keys.iter().map(|(name, _)| name.clone()).filter(|name| is_name(name)).collect();
            Err(Miss { what, given: first.clone(), choices })
        }
    }
}

/// The entry of a list that a key names.
fn entry(key: &str, entries: usize) -> Result<usize, Miss> {
    key.parse::<usize>().ok().filter(|index| *index < entries).ok_or_else(|| {
        Miss::new(match entries {
            0 => "the list is empty: set it as a whole".to_string(),
            n => format!("the list has entries 0 to {}, not \"{key}\"", n - 1),
        })
    })
}

/// Whether `config`'s path syntax has words for a key.
fn sayable(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// The key that tests stand under.
const TEST: &str = "test";
/// Keys in the path of a stage: `stage` and its number.
const STAGE_DEPTH: usize = 2;

/// What an option sets, table by table: all of it stands where the option's value stands.
fn sets(option: &Opt, path: &[String]) -> Vec<Set> {
    let span = Span { key: option.key.clone(), value: option.at.clone() };
    let mut found = Vec::new();
    let mut open = vec![(path.to_vec(), &option.value)];
    while let Some((path, value)) = open.pop() {
        let table = if let ValueKind::Table(table) = &value.kind {
            open.extend(table.iter().map(|(key, value)| (under(&path, &[key]), value)));
            true
        } else {
            false
        };
        found.push(Set { option: option.index, path, span: span.clone(), table });
    }
    found
}

/// The `[[stage]]` or `[[test]]` tables with their numbers.
fn tables_of(what: &str, value: Option<Value>, findings: &mut Findings) -> Vec<(usize, Map<String, Value>)> {
    let at = under(&[], &[what]);
    let entries = match value.map(|value| value.kind) {
        None => Vec::new(),
        Some(ValueKind::Array(entries)) => entries,
        Some(_) => {
            findings
                .value(&at, format!("{what}s are a list: begin each with [[{what}]], in double brackets"));
            return Vec::new();
        }
    };
    if entries.is_empty() && what != TEST {
        findings.value(&at, format!("the topology has no {what}: begin one with [[{what}]]"));
    }
    let mut tables = Vec::new();
    for (index, entry) in entries.into_iter().enumerate() {
        match entry.kind {
            ValueKind::Table(table) => tables.push((index, table)),
            _ => {
                let what = format!("a {what} is a table: begin it with [[{what}]]");
                findings.value(&under(&at, &[&index.to_string()]), what);
            }
        }
    }
    tables
}

fn child<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    match &value.kind {
        ValueKind::Table(table) => table.get(key),
        _ => None,
    }
}

fn tables(value: Value) -> Map<String, Value> {
    match value.kind {
        ValueKind::Table(table) => table,
        _ => Map::new(),
    }
}
