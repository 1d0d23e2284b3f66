//! The tables that a sink alone fills, held for as long as it lives.

use super::tables::{Table, Tables};
use crate::error::Result;
use crate::identity::Inode;
use crate::storage::common::{lock, place};
use std::fs::File;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(super) struct Hold {
    /// `None` once it is closed.
    file: Option<File>,
    id: Inode,
    parts: Vec<String>,
}

/// What this process holds. Whichever descriptor of a database it closes, SQLite's own locks on it are gone (fcntl(2)):
/// so none is closed while another sink may have that database open.
static HELD: Mutex<Vec<Inode>> = Mutex::new(Vec::new());

fn held() -> MutexGuard<'static, Vec<Inode>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How a person calls a table, and its lock; SQLite's names of tables differ in more than their case.
pub(super) fn part(table: &Table) -> String {
    format!("table \"{}\"", table.name.to_ascii_lowercase())
}

impl Hold {
    /// Makes an empty file where there is no database yet.
    pub(super) fn take(path: &str, tables: &Tables) -> Result<Hold> {
        let told = |e| place::cannot_io(path, &e);
        let mut held = held();
        let file =
            File::options().read(true).write(true).create(true).truncate(false).open(path).map_err(told)?;
        let id = file.metadata().map(|there| Inode::of(&there)).map_err(told)?;
        held.push(id);
        drop(held);
        let mut hold = Hold { file: None, id, parts: Vec::new() };
        let file = hold.file.insert(file);
        for table in &tables.all {
            let part = part(table);
            lock::take(file, Some(&part)).map_err(|holder| holder.refuses(&format!("{part} of {path}")))?;
            hold.parts.push(part);
        }
        Ok(hold)
    }

    /// Whether another sink could take them now; called where no connection is open.
    pub(super) fn check(path: &str, tables: &Tables) -> Result<()> {
        let file = File::open(path).map_err(|e| place::cannot_io(path, &e))?;
        for part in tables.all.iter().map(part) {
            lock::is_free(&file, Some(&part))
                .map_err(|holder| holder.refuses(&format!("{part} of {path}")))?;
        }
        Ok(())
    }

    /// Lets go, and says whether no other sink fills any table of the database.
    pub(super) fn release(&mut self) -> bool {
        let Some(file) = &self.file else { return true };
        self.parts.drain(..).for_each(|part| lock::release(file, Some(&part)));
        lock::holder(file, None).is_none()
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.release();
        let mut held = held();
        if let Some(at) = held.iter().position(|id| *id == self.id) {
            held.swap_remove(at);
        }
        if held.contains(&self.id) {
            std::mem::forget(self.file.take());
        }
        self.file = None;
    }
}
