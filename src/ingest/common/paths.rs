//! Which files a source reads, as a topology names them: one, several, patterns, or a stream that is read once.

use super::pattern::{self, is_pattern};
use crate::error::{Error, Result, reason};
use crate::format::Encoding;
use crate::identity::Inode;
use crate::params::{JsonSchema, Params, Problem};
use crate::units::Repeat;
use serde::Deserialize;
use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

/// Of so many files the headers are compared before anything starts.
const LOOKED_AT: usize = 100;

/// The place that is standard input.
pub(crate) const STDIN: &str = "-";

/// What stands under `path`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Paths {
    One(String),
    Several(Vec<String>),
}

/// All that a topology says of the files of a source, whatever stands in them.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlaceParams {
    /// The file, from the current directory; a list of files and of patterns such as "logs/**/*.gz"; "-" is standard
    /// input.
    path: Paths,
    /// What encoding its text has, as the web names it: "windows-1252", "utf-16le"; UTF-8, if absent.
    encoding: Option<String>,
    /// It never ends: what is written to the files is read, and files that come.
    #[serde(default)]
    follow: bool,
    /// So many times are the files read, one time after the other, or "forever"; absent: once.
    repeat: Option<Repeat>,
}

/// The same, checked; nothing was looked for yet.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub places: Places,
    pub encoding: Option<Encoding>,
    pub follow: bool,
    pub repeat: Option<Repeat>,
}

impl PlaceParams {
    /// What the parameters say; `None` with problems.
    pub(crate) fn check(self, problems: &mut Vec<Problem>) -> Option<Place> {
        let encoding = self.encoding.map_or(Ok(None), |name| Encoding::named(&name)).unwrap_or_else(|what| {
            problems.push(Problem::at("encoding", what));
            None
        });
        let places = self.path.check(problems)?;
        if self.follow && places.stream() == Some(STDIN) {
            let what = "standard input ends when who writes to it does: take \"follow\" away, or name a file";
            problems.push(Problem::at("follow", what));
        }
        if self.repeat.is_some() && (self.follow || places.stream().is_some()) {
            let what = "only files that are read to their end can be read again: take \"repeat\" away";
            problems.push(Problem::at("repeat", what));
        }
        Some(Place { places, encoding, follow: self.follow, repeat: self.repeat })
    }
}

impl Place {
    /// Other files whose header can be looked at before anything starts: not all, where there are very many.
    pub(crate) fn others(&self, first: &Path) -> Result<Vec<PathBuf>> {
        let full = |path: &PathBuf| fs::metadata(path).is_ok_and(|there| there.len() > 0);
        let others = self.places.look()?.files.into_iter().filter(|path| path != first && full(path));
        Ok(others.take(LOOKED_AT).collect())
    }

    /// What can't be with records that have a time, and what pace can't be kept.
    pub(crate) fn timed(&self, timed: bool, recorded: bool, problems: &mut Vec<Problem>) {
        if timed && self.repeat.is_some() {
            let what = "a second time round all times would be late: take \"repeat\" or \"time\" away";
            problems.push(Problem::at("repeat", what));
        }
        if recorded && (self.follow || self.places.stream().is_some()) {
            let what = "what is read as it is written has its pace already: say records a second, or none";
            problems.push(Problem::at("rate", what));
        }
    }

    /// The file that is looked at before anything starts: the first that is not empty. `None` where nothing can be: it
    /// is read once, or waited for.
    ///
    /// # Errors
    /// When a place has no file, and none is waited for.
    pub(crate) fn first(&self) -> Result<Option<PathBuf>> {
        if self.places.stream().is_some() {
            return Ok(None);
        }
        let full = |path: &&PathBuf| fs::metadata(path).map_or(!self.follow, |there| there.len() > 0);
        let files = if self.follow { self.places.look()?.files } else { self.places.files()? };
        let found = files.iter().find(full).cloned();
        Ok(found.or_else(|| files.into_iter().next().filter(|_| !self.follow)))
    }
}

/// Whether a source with these parameters never ends by itself.
pub(crate) fn is_endless(params: &Params) -> bool {
    let forever = params.get("repeat").and_then(toml::Value::as_str) == Some("forever");
    forever || params.get("follow").and_then(toml::Value::as_bool) == Some(true)
}

/// The same, checked; nothing was looked for yet.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    said: Vec<String>,
}

/// What was found where it was said.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Each file once, in the order in which they are read.
    pub files: Vec<PathBuf>,
    /// In which folders more may come.
    pub folders: BTreeSet<PathBuf>,
}

impl Paths {
    /// What the parameter says; `None` with problems.
    pub(crate) fn check(self, problems: &mut Vec<Problem>) -> Option<Places> {
        let said = match self {
            Paths::One(said) => vec![said],
            Paths::Several(said) => said,
        };
        let places = Places { said };
        let what = match places.said.as_slice() {
            [] => "the list names no file",
            said if said.iter().any(String::is_empty) => "an empty text names no file",
            [_] => return Some(places),
            _ if places.said.iter().any(|said| is_stream(said)) => {
                "standard input, a FIFO or a device is read alone: give it a stage of its own"
            }
            _ => return Some(places),
        };
        problems.push(Problem::at("path", what));
        None
    }
}

/// Whether what lies there is no file but a stream, whose bytes come once.
fn is_stream(said: &str) -> bool {
    let flows = |of: fs::FileType| of.is_fifo() || of.is_char_device();
    said == STDIN || fs::metadata(said).is_ok_and(|there| flows(there.file_type()))
}

impl Places {
    /// The one stream, where that is what is read.
    pub(crate) fn stream(&self) -> Option<&str> {
        self.said.first().map(String::as_str).filter(|said| is_stream(said))
    }

    /// How a person calls them all.
    pub(crate) fn called(&self) -> String {
        match self.said.as_slice() {
            [said] if said == STDIN => "standard input".to_string(),
            said => said.join(", "),
        }
    }

    /// What is there now. Where nothing is, the list has nothing of it.
    ///
    /// # Errors
    /// When a folder can't be read.
    pub(crate) fn look(&self) -> Result<Found> {
        let mut found = Found::default();
        let mut known = HashSet::new();
        for said in &self.said {
            let mut files = BTreeSet::new();
            if is_pattern(said) {
                let walked = pattern::walk(said);
                let walked =
                    walked.map_err(|e| Error::failed(format!("cannot look for {said}: {}", reason(&e))))?;
                // Of a pattern only files are meant: what lies in the same folder may be anything.
                files.extend(walked.files.into_iter().filter(|path| !is_other(path)));
                found.folders.extend(walked.folders);
            } else {
                files.insert(PathBuf::from(said));
                found.folders.extend(Path::new(said).parent().map(
                    |folder| match folder.as_os_str().is_empty() {
                        true => PathBuf::from("."),
                        false => folder.to_path_buf(),
                    },
                ));
            }
            found
                .files
                .extend(files.into_iter().filter(|path| Inode::at(path).is_none_or(|at| known.insert(at))));
        }
        Ok(found)
    }

    /// The files to read, of which each place must have one.
    ///
    /// # Errors
    /// A sentence that names the place where none is.
    pub(crate) fn files(&self) -> Result<Vec<PathBuf>> {
        for said in &self.said {
            if !is_pattern(said) {
                let why =
                    |e| Error::failed(format!("cannot read {said}: {} (is \"path\" right?)", reason(&e)));
                fs::metadata(said).map_err(why)?;
                continue;
            }
            let alone = Places { said: vec![said.clone()] };
            if alone.look()?.files.is_empty() {
                let here = std::env::current_dir().map_or(String::new(), |here| here.display().to_string());
                return Err(Error::failed(format!(
                    "no file fits {said} (looked in {here}; is \"path\" right? follow = true waits for one)"
                )));
            }
        }
        Ok(self.look()?.files)
    }
}

/// The files that are meant by what is written under `path`; what can't be looked for is none.
pub(crate) fn found(said: Option<&toml::Value>) -> Vec<String> {
    let paths = said.and_then(|said| said.clone().try_into::<Paths>().ok());
    let Some(places) = paths.and_then(|paths| paths.check(&mut Vec::new())) else { return Vec::new() };
    if let Some(said) = places.stream() {
        return vec![said.to_string()];
    }
    places.look().unwrap_or_default().files.iter().map(|path| path.display().to_string()).collect()
}

/// Whether something is there that is no file to read: a FIFO, a socket, a device.
fn is_other(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|there| !there.is_file())
}
