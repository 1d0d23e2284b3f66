//! An operator as its page plans it, made ready as a stage would.

use crate::page::Example;
use sluicebox::data::Batch;
use sluicebox::operator::{Account, Cx, Desk, Input, Planned, PortId, Spec};
use sluicebox::stage::{Made, Place, Steps};
use std::path::Path;

pub fn place(room: &str) -> Place {
    match room {
        "ingest" => Place::Source,
        "storage" => Place::Sink,
        _ => Place::Middle,
    }
}

/// A planned example with its own folder.
pub struct Case {
    pub place: Place,
    pub name: &'static str,
    pub params: toml::Table,
    /// As it was planned; of a source they are no inlets.
    pub inputs: Vec<Input>,
    pub planned: Planned,
    /// Where its files lie, as long as it lives.
    _folder: tempfile::TempDir,
}

/// The ports that every stage has: main and rejected.
pub const OURS: usize = 2;

impl Case {
    /// Plans an example. A `path` is led into a fresh folder, where a source finds the file of its page.
    pub fn plan(room: &str, spec: &Spec, example: &Example) -> Result<Case, String> {
        let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
        let (place, mut params) = (place(room), example.params.clone());
        if let Some(toml::Value::String(path)) = params.get_mut("path") {
            let name = Path::new(path.as_str()).file_name().ok_or("the path names no file")?;
            let moved = folder.path().join(name);
            if let Some(file) = &example.file {
                std::fs::write(&moved, format!("{}\n", file.text)).map_err(|e| e.to_string())?;
            }
            *path = moved.display().to_string();
        }
        let inputs = match (place, spec.sample) {
            (Place::Source, None) => Vec::new(),
            (Place::Source, Some(sample)) => {
                let sample = sample(&params).map_err(|e| format!("sample fails: {e}"))?;
                vec![Input::new("sample", sample.schema)]
            }
            _ => example
                .inputs
                .iter()
                .map(|feed| {
                    let name = feed.role.as_deref().unwrap_or("input");
                    Input { role: feed.role.clone(), ..Input::new(name, feed.rows.schema.clone()) }
                })
                .collect(),
        };
        if place != Place::Source && inputs.is_empty() {
            return Err("its table has no column (in)".to_string());
        }
        let planned = (spec.plan)(params.clone(), &inputs)
            .map_err(|problems| format!("plan finds problems: {problems:#?}"))?;
        if let Some(preflight) = &planned.preflight {
            preflight().map_err(|e| format!("its preflight fails: {e}"))?;
        }
        Ok(Case { place, name: spec.name, params, inputs, planned, _folder: folder })
    }

    /// The account of one that has done nothing yet.
    pub fn account(&self) -> Account {
        Account::new(OURS + self.planned.ports.len(), 0, 1)
    }

    /// A row of this operator alone.
    pub fn steps(&self) -> Steps {
        Steps::of(vec![Made::new(self.name, &self.planned, &self.inputs, self.place)])
    }

    /// A desk at which every port is read.
    pub fn desk(&self, account: &Account) -> Desk {
        let mut desk = Desk::new(Cx::new("run", "stage", account.clone()));
        desk.keep((1..).map(PortId).zip(self.sides()));
        desk.set_ports(vec![(OURS..).map(|at| PortId(at as u8)).take(self.planned.ports.len()).collect()]);
        desk
    }

    /// Empty batches for what leaves by other ports than the main one.
    pub fn sides(&self) -> Vec<Batch> {
        let schemas = self.planned.ports.iter().map(|port| port.schema.clone());
        std::iter::once(Cx::rejected_schema()).chain(schemas).map(|schema| Batch::new(&schema)).collect()
    }
}
