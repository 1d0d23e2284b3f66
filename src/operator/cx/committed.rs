//! What a sink stores beside its records: the account, with what a transaction makes of each of them.

use super::{Cx, Ending, PortId};
use crate::data::{Batch, Schema};
use crate::error::{Error, Result};
use crate::operator::Account;

/// What becomes of records that a sink held, as soon as their transaction is closed. Nothing is said of them before: it
/// may have to be written again.
#[derive(Debug, Default)]
pub(crate) struct Committed<'a> {
    /// So many were left out, as the user or the store's own rules wanted it.
    pub filtered: u64,
    /// These were refused.
    pub rejected: Vec<Refused<'a>>,
}

/// A row that the store refuses, of a batch with these columns.
#[derive(Debug)]
pub(crate) struct Refused<'a> {
    pub schema: &'a Schema,
    pub batch: &'a Batch,
    pub row: usize,
    pub reason: &'a str,
}

/// How a worker ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    /// All that was to come has come, and is stored or lawfully not.
    Well,
    /// Not all has come.
    Early,
    /// It fails, since it rejects too many.
    Rejecting,
}

impl Account {
    /// Counts what becomes of the records of a transaction of this step.
    fn take(&mut self, committed: &Committed<'_>, step: usize) {
        let rejected = committed.rejected.len() as u64;
        self.filtered += committed.filtered;
        committed.rejected.iter().for_each(|refused| self.reject(refused.reason, 1));
        self.ports[PortId::REJECTED.index()] += rejected;
        self.steps[step].filtered += committed.filtered;
        self.steps[step].rejected += rejected;
    }
}

impl Cx {
    /// The account as it will be when a transaction is closed, to be stored by it.
    pub(crate) fn account_bytes(&mut self, committed: &Committed<'_>) -> Vec<u8> {
        self.account.serial += 1;
        let mut account = self.account.clone();
        account.take(committed, self.step);
        serde_json::to_vec(&account).expect("an account is plain data")
    }

    /// How the worker ends with a transaction, when nothing comes behind it.
    pub(crate) fn ends(&self, committed: &Committed<'_>) -> Ends {
        let mut account = self.account.clone();
        account.take(committed, self.step);
        match self.ending {
            Ending::Drained if account.rejects_more_than(self.max_rejects) => Ends::Rejecting,
            Ending::Drained => Ends::Well,
            _ => Ends::Early,
        }
    }

    /// The transaction is closed.
    pub(crate) fn commit(&mut self, committed: &Committed<'_>) {
        self.filtered(committed.filtered);
        for Refused { schema, batch, row, reason } in &committed.rejected {
            self.reject_row(schema, batch, *row, reason);
        }
    }

    /// Takes over an account that was stored by `account_bytes` if it is newer than what is known here.
    pub(crate) fn take_over(&mut self, stored: &[u8]) -> Result<()> {
        let stored: Account = serde_json::from_slice(stored)
            .map_err(|_| Error::failed("the stored account can't be read: another program has written it"))?;
        if stored.serial > self.account.serial {
            let before = std::mem::replace(&mut self.account, stored);
            for (position, before) in self.account.positions.iter_mut().zip(&before.positions) {
                position.replace(before);
            }
        }
        Ok(())
    }
}
