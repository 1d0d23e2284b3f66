//! What a step remembers: one state for all records, or one for each key of its `per` columns.

use super::keyed::Keyed;
use super::{Cx, Next, column};
use crate::data::key::{self, KeyOf};
use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Column, Field, Schema, Type};
use crate::error::{Result, say};
use crate::params::{Names, Problem};
use serde::{Serialize, de::DeserializeOwned};

/// How many keys a step remembers where nobody says another number.
pub const KEYS_MAX: u64 = 100_000;
/// Nobody may ask for more.
pub(crate) const KEYS_LIMIT: u64 = 1_000_000_000;

/// The parameters `per` and `keys_max`, checked against the columns that come in.
#[derive(Clone, Debug)]
pub struct Per {
    /// The columns of the key, as the step reads them.
    pub columns: Vec<usize>,
    pub fields: Vec<Field>,
    pub keys_max: usize,
}

impl Per {
    /// Checks what a topology says; `None` without `per`, or with problems.
    pub fn check(
        per: Option<&Names>,
        keys_max: Option<u64>,
        schema: &Schema,
        problems: &mut Vec<Problem>,
    ) -> Option<Per> {
        let Some(per) = per else {
            if keys_max.is_some() {
                let what = "there is no per whose keys it could bound: add per, or leave it out";
                problems.push(Problem::at("keys_max", what));
            }
            return None;
        };
        if per.all().is_empty() {
            problems.push(Problem::at("per", "no column is named"));
        }
        let mut columns = Vec::new();
        for (at, name) in per.all().iter().enumerate() {
            let found = column(schema, "per", name).and_then(|found| match columns.contains(&found) {
                true => Err(Problem::at("per", format!("\"{name}\" is named twice"))),
                false => Ok(found),
            });
            match found {
                Ok(found) => columns.push(found),
                Err(problem) => problems.push(Problem { path: per.path("per", at), ..problem }),
            }
        }
        let fields = columns.iter().map(|at| schema.fields[*at].clone()).collect();
        let keys_max = keys_max.unwrap_or(KEYS_MAX) as usize;
        Some(Per { columns, fields, keys_max })
    }
}

/// The state of a step.
#[derive(Clone)]
pub enum States<S: Serialize + Clone> {
    One(S),
    Each(Box<Each<S>>),
}

/// A state for each key.
#[derive(Clone)]
pub struct Each<S: Serialize + Clone> {
    per: Vec<(String, Type)>,
    keyed: Keyed<S>,
    /// How many keys all workers of the stage keep together.
    keys_max: usize,
    key: KeyOf,
}

impl<S: Serialize + Clone> States<S> {
    /// Every key, or all records, begin with a copy of `fresh`.
    pub fn new(per: Option<Per>, fresh: S) -> States<S> {
        match per {
            None => States::One(fresh),
            Some(Per { columns, fields, keys_max }) => States::Each(Box::new(Each {
                per: fields.into_iter().map(|field| (field.name, field.of)).collect(),
                keyed: Keyed::new(keys_max, fresh),
                keys_max,
                key: KeyOf::new(columns),
            })),
        }
    }

    /// The state of a row's key, or that of all records.
    #[inline]
    pub(crate) fn state(&mut self, batch: &Batch, row: usize) -> &mut S {
        match self {
            States::One(state) => state,
            States::Each(each) => each.state(batch, row),
        }
    }

    /// Begins a call: there is room for as many keys as fall to this worker. Answers how many had to go so far.
    #[inline]
    pub(crate) fn begin(&mut self, cx: &Cx) -> u64 {
        match self {
            States::One(_) => 0,
            States::Each(each) => each.begin(cx),
        }
    }

    /// Ends a call: tells how many keys had to go in it, `before` being what `begin` answered.
    pub(crate) fn tell_gone(&self, before: u64, cx: &mut Cx) {
        if let States::Each(each) = self {
            each.tell_gone(before, cx);
        }
    }

    /// From here on every key is to be reported: call it in `finish`.
    pub(crate) fn report_all(&mut self) {
        if let States::Each(each) = self {
            each.keyed.report_all();
        }
    }

    /// Reports what was touched since it was reported, in pieces of about a batch: `tell` gets a state, the columns
    /// behind those of its key, and what fills these, to be called for each row.
    pub(crate) fn report(
        &mut self,
        out: &mut Batch,
        cx: &Cx,
        mut tell: impl FnMut(&S, &mut [Column], &mut dyn FnMut()),
    ) -> Next {
        match self {
            States::One(state) => tell(state, &mut out.columns, &mut || {}),
            States::Each(each) => {
                while let Some((key, state)) = each.keyed.next_unreported() {
                    let (keys, rest) = out.columns.split_at_mut(each.per.len());
                    tell(state, rest, &mut || {
                        key::read(key, keys).expect("the key was made of these columns");
                    });
                    if out.columns[0].len() >= cx.records_max {
                        return Next::Again;
                    }
                }
            }
        }
        Next::End
    }

    /// Whether a piece was written and there is more.
    pub(crate) fn is_saving(&self) -> bool {
        matches!(self, States::Each(each) if each.keyed.is_saving())
    }

    /// Writes the next piece, or begins: `names` are columns that the states are about, in their order.
    ///
    /// # Errors
    /// As `Saver::put`.
    pub fn save(&mut self, version: u16, names: &[String], out: &mut Saver<'_>) -> Result<Next> {
        match self {
            States::One(state) => {
                out.put(version, &(names, None::<&[(String, Type)]>))?;
                out.put(version, state)?;
                Ok(Next::End)
            }
            States::Each(each) => {
                if !each.keyed.is_saving() {
                    out.put(version, &(names, Some(&each.per)))?;
                }
                each.keyed.save(version, out)
            }
        }
    }
}

impl<S: Serialize + DeserializeOwned + Clone> States<S> {
    /// Goes on from what was saved; `fits` says whether a state can be this step's. False when one can't, or names or
    /// keys are others: the states are then as they were.
    ///
    /// # Errors
    /// As `Loader::get`; the states are then as they were.
    pub fn load(
        &mut self,
        version: u16,
        names: &[String],
        from: &mut Loader<'_>,
        fits: impl Fn(&S) -> bool,
    ) -> Result<bool> {
        let (saved, per): (Vec<String>, Option<Vec<(String, Type)>>) = from.get(version)?;
        match self {
            _ if saved != names => Ok(false),
            States::One(state) if per.is_none() => {
                let saved = from.get(version)?;
                let fits = fits(&saved);
                if fits {
                    *state = saved;
                }
                Ok(fits)
            }
            States::Each(each) if per.as_ref() == Some(&each.per) => {
                let mut columns: Vec<Column> = each.per.iter().map(|(_, of)| Column::new(*of)).collect();
                let mut reads = |key: &[u8]| {
                    columns.iter_mut().for_each(Column::clear);
                    key::read(key, &mut columns).is_some_and(<[u8]>::is_empty)
                };
                each.keyed.load(version, from, |key, state| reads(key) && fits(state))
            }
            _ => Ok(false),
        }
    }
}

impl<S: Serialize + Clone> Each<S> {
    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        self.keyed.len()
    }

    /// The state of a row's key.
    #[inline]
    pub fn state(&mut self, batch: &Batch, row: usize) -> &mut S {
        self.keyed.touch(self.key.of(batch, row), |_, _| {})
    }

    /// The state of a key that is there, by its bytes.
    pub(crate) fn known(&mut self, key: &[u8]) -> Option<&mut S> {
        self.keyed.touch_known(key)
    }

    /// As `States::begin`.
    pub(crate) fn begin(&mut self, cx: &Cx) -> u64 {
        self.keyed.set_keys_max(cx.share(self.keys_max));
        self.keyed.gone()
    }

    /// As `States::tell_gone`.
    pub(crate) fn tell_gone(&self, before: u64, cx: &mut Cx) {
        cx.keys_gone(self.keyed.gone() - before, self.keys_max);
    }

    /// The next key that was touched since it was reported, and its state.
    pub(crate) fn next_unreported(&mut self) -> Option<(&[u8], &S)> {
        self.keyed.next_unreported()
    }

    /// Gives each key that was touched since it was reported, and its state, to be told and remembered as told.
    pub(crate) fn each_unreported(&mut self, tell: impl FnMut(&[u8], &mut S)) {
        self.keyed.each_unreported(tell);
    }
}

impl Cx {
    /// What one worker may keep where all workers of the stage together may keep `max`; at least one thing.
    pub(crate) fn share(&self, max: usize) -> usize {
        (max / usize::from(self.workers)).max(1)
    }

    /// `n` keys had to go, because a step keeps the state of `keys_max` at most, its workers together. The first time
    /// it is told.
    pub fn keys_gone(&mut self, n: u64, keys_max: usize) {
        if n > 0 && !self.keys_told {
            self.keys_told = true;
            let share = match self.workers {
                1 => String::new(),
                n => format!(", {} in each of its {n} workers,", self.share(keys_max)),
            };
            say(&format!(
                "warning: stage \"{}\": {} keeps {keys_max} keys{share} and there are more: the one least recently \
                 touched goes, and begins anew when it comes back (keys_max says how many are kept)",
                self.stage, self.reads.operator
            ));
        }
        self.account.keys_gone += n;
    }
}
