//! Sources whose files can't be looked at, in a topology that is drawn or tested and not run: their columns are those
//! that its parameters name.

use super::rooms::Cast;
use super::{Draft, Findings};
use crate::data::Schema;
use crate::error::reason;
use crate::operator::Spec;
use crate::params::Params;
use crate::topology::spans::under;
use std::path::Path;

/// Says of such sources what is known of them without a look at their data.
pub(super) fn settle(drafts: &mut [Draft], casts: &[Cast], findings: &mut Findings) {
    for (draft, cast) in drafts.iter_mut().zip(casts) {
        let Draft { steps, who, .. } = draft;
        let (Some(step), Some(Some((_, spec)))) = (steps.first_mut(), cast.specs.first()) else { continue };
        let (Some(place), Some((away, columns))) = (spec.place, columns(spec, &step.params)) else {
            continue;
        };
        let at = under(&step.at, &[place]);
        step.unseen = Some(columns.map_err(|files| {
            let types = spec.typed.map_or(String::new(), |key| {
                format!(" ({key} = {{ id = \"i64\", … }} that names all its columns does)")
            });
            format!("{files} {away}, and nothing says which columns it has{types}")
        }));
        // Where another problem comes of it, this says why.
        if let Some(Ok(columns)) = &step.unseen {
            let name = spec.name;
            let what = format!("{who}: {name}: the file {away}, so its columns are taken to be {columns}");
            findings.warn(&at, what);
        }
    }
}

/// Why a source can't look at its files, and the columns that it says, or those files; `None` where it can look at one,
/// or where something else is wrong with it.
fn columns(spec: &Spec, params: &Params) -> Option<(String, Result<Schema, String>)> {
    let (files, unseen, sample) = ((spec.finds?)(params), spec.unseen?, spec.sample?);
    let away = away(&files)?;
    if sample(params).is_ok() {
        return None;
    }
    match sample(&unseen(params)) {
        Ok(found) if found.schema.is_empty() => None,
        Ok(found) => Some((away, Ok(found.schema))),
        Err(_) if files.is_empty() => None,
        Err(_) => Some((away, Err(files.join(", ")))),
    }
}

/// Why none of these files can be looked at; `None` where one is there.
fn away(files: &[String]) -> Option<String> {
    let mut why = "is not there".to_string();
    for file in files {
        match Path::new(file).try_exists() {
            Ok(true) => return None,
            Ok(false) => {}
            // Nobody knows whether it is there: its folder can't be read, say.
            Err(error) => why = format!("can't be looked at ({})", reason(&error)),
        }
    }
    Some(why)
}
