//! The sides: how each is told of the job, and whether it is there at all.

use crate::common::flink::Flink;
use sluicebox::error::{Error, Result};
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// From where to where a run goes: two files, or two ports of this host.
#[derive(Clone, Copy)]
pub enum Way<'a> {
    Files(&'a Path, &'a Path),
    Ports(u16, u16),
}

pub struct Sides {
    /// Topologies, the classes of the jobs, the files.
    pub home: TempDir,
    flink: Option<Flink>,
    python: String,
    bytewax: bool,
    duckdb: bool,
}

/// One side, by the name that is told.
#[derive(Clone, Copy, PartialEq)]
pub enum Side {
    Stages,
    OneStage,
    Flink,
    FlinkEager,
    Bytewax,
    DuckDb,
}

impl Side {
    pub fn name(self) -> &'static str {
        match self {
            Side::Stages => "sluicebox, three stages",
            Side::OneStage => "sluicebox, one stage",
            Side::Flink => "Flink, one slot",
            Side::FlinkEager => "Flink, one slot, eager",
            Side::Bytewax => "bytewax, one worker",
            Side::DuckDb => "DuckDB, one thread",
        }
    }
}

impl Sides {
    /// Looks who is there; the jobs of Flink are compiled.
    ///
    /// # Errors
    /// When they can't be compiled, or there is no place for files.
    pub fn new(flink: Option<&str>, python: &str) -> Result<Sides> {
        // In memory: what is measured is no disk.
        let home = tempfile::Builder::new().prefix("sb").tempdir_in("/dev/shm");
        let home = home.map_err(|e| Error::failed(format!("cannot make a folder in /dev/shm: {e}")))?;
        let has = |what: &str| {
            let tried = Command::new(python).args(["-c", what]).stderr(Stdio::null()).status();
            tried.is_ok_and(|status| status.success())
        };
        let (bytewax, duckdb) = (has("import bytewax"), has("import duckdb"));
        let flink = flink.map(|jars| Flink::compile(Path::new(jars), home.path())).transpose()?;
        Ok(Sides { home, flink, python: python.to_string(), bytewax, duckdb })
    }

    /// A run of a side; `None` where it is not there.
    ///
    /// # Errors
    /// When its topology can't be written.
    pub fn command(&self, side: Side, way: Way) -> Result<Option<Command>> {
        let words = match way {
            Way::Files(from, to) => {
                ["file".to_string(), from.display().to_string(), to.display().to_string()]
            }
            Way::Ports(from, to) => ["tcp".to_string(), from.to_string(), to.to_string()],
        };
        let script = |there: bool, name: &str| {
            let mut command = Command::new(&self.python);
            command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers").join(name)).args(&words);
            there.then_some(command)
        };
        let flink = |pace: &str| {
            let mut command = self.flink.as_ref()?.command("Windows");
            command.args(&words).arg(pace);
            Some(command)
        };
        Ok(match side {
            Side::Stages | Side::OneStage => Some(self.ours(side == Side::OneStage, way)?),
            Side::Flink => flink("usual"),
            Side::FlinkEager => flink("eager"),
            Side::Bytewax => script(self.bytewax, "flow.py"),
            Side::DuckDb => script(self.duckdb, "query.py"),
        })
    }

    fn ours(&self, one: bool, way: Way) -> Result<Command> {
        let record = "types = { k = \"i64\", at = \"time\", x = \"f64\" }, time = \"at\"";
        let fields = "fields = { n = \"count()\", total = \"sum(x)\", most = \"max(x)\" }";
        let (from, size, to) = match way {
            Way::Files(from, to) => (
                format!("operator = \"csv\", path = {from:?}, {record}"),
                "1h",
                format!("operator = \"csv\", path = {to:?}"),
            ),
            Way::Ports(from, to) => (
                format!(
                    "operator = \"tcp\", connect = \"127.0.0.1:{from}\", reconnect = false, format = \"csv\", \
                     {record}"
                ),
                "1s",
                format!("operator = \"tcp\", connect = \"127.0.0.1:{to}\", format = \"csv\""),
            ),
        };
        let window =
            format!("operator = \"window\", size = \"{size}\", per = \"k\", keys_max = 4000000, {fields}");
        let topology = if one {
            format!(
                "name = \"peers\"\n[[stage]]\nname = \"all\"\nsteps = [{{ {from} }}, {{ {window} }}, {{ {to} }}]\n"
            )
        } else {
            let stages = [("in", from), ("sums", window), ("out", to)];
            let mut text = "name = \"peers\"\n".to_string();
            let mut before = None;
            for (name, step) in stages {
                text += &format!("[[stage]]\nname = \"{name}\"\nsteps = [{{ {step} }}]\n");
                text += &before.map_or(String::new(), |before| format!("from = \"{before}\"\n"));
                before = Some(name);
            }
            text
        };
        let file = self.home.path().join("peers.toml");
        std::fs::write(&file, topology).map_err(|e| Error::failed(format!("cannot write {file:?}: {e}")))?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_sluicebox"));
        command.arg("run").arg(&file).env_remove("SLUICEBOX_ENGINE");
        command.env("XDG_RUNTIME_DIR", self.home.path());
        Ok(command)
    }
}
