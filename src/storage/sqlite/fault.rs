//! What SQLite refuses, as a sentence, and whether waiting may help.

use crate::error::Error;
use crate::operator::Refusal;
use crate::storage::common::place::{self, cannot, cannot_io, is_at_limit};
use rusqlite::ErrorCode;
use std::io;

/// What a database's files are called behind its name.
const FILES: [&str; 3] = ["", "-wal", "-journal"];

/// Whether a table has refused a row: another might be stored.
pub(super) fn is_of_row(error: &rusqlite::Error) -> bool {
    use ErrorCode::{ConstraintViolation, TooBig, TypeMismatch};
    // What a check, a trigger or a computed column fails with has no code of its own.
    let failed = matches!(error, rusqlite::Error::SqliteFailure(e, _) if e.extended_code == 1);
    matches!(error.sqlite_error_code(), Some(ConstraintViolation | TypeMismatch | TooBig)) || failed
}

/// Why something did not work: SQLite's reason, or a sentence of ours.
pub(super) enum Fault {
    Sqlite(rusqlite::Error),
    Told(Error),
    /// A row has ended the transaction, which is to begin anew without it.
    Anew,
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Fault {
        Fault::Sqlite(error)
    }
}

impl Fault {
    /// In words, where waiting is no use any more.
    pub(super) fn error(self, path: &str) -> Error {
        match self.refusal(path) {
            Refusal::NotNow(error) | Refusal::Never(error) => error,
        }
    }

    /// In words, and whether it may pass.
    pub(super) fn refusal(self, path: &str) -> Refusal {
        let error = match self {
            Fault::Told(error) => return Refusal::Never(error),
            Fault::Sqlite(error) => error,
            Fault::Anew => {
                return Refusal::NotNow(cannot(path, "a row has ended the transaction", "it is begun anew"));
            }
        };
        let why = match &error {
            rusqlite::Error::SqliteFailure(_, Some(why)) => why.clone(),
            other => other.to_string(),
        };
        match error.sqlite_error_code() {
            Some(
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed,
            ) => {
                let advice = "another program holds it: close that, or raise \"patience\"";
                Refusal::NotNow(cannot(path, &why, advice))
            }
            Some(ErrorCode::DiskFull) => {
                let advice = "free some space, or choose another path";
                Refusal::NotNow(cannot(path, "the disk is full", advice))
            }
            Some(ErrorCode::SystemIoFailure)
                if FILES.iter().any(|of| is_at_limit(&format!("{path}{of}"))) =>
            {
                Refusal::NotNow(cannot_io(path, &io::ErrorKind::FileTooLarge.into()))
            }
            Some(ErrorCode::SystemIoFailure) => {
                Refusal::NotNow(cannot(path, &why, "is the disk full, or does it fail?"))
            }
            Some(ErrorCode::NotADatabase) => {
                Refusal::Never(cannot(path, "it is not an SQLite database", "choose another path"))
            }
            // The place says more than SQLite does, if it is to blame.
            Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly) => Refusal::Never(
                place::inspect(path).err().unwrap_or_else(|| cannot(path, &why, "choose another path")),
            ),
            _ => Refusal::Never(cannot(path, &why, "mend the database, or choose another path")),
        }
    }
}
