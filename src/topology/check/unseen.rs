//! Sources whose files are not there, in a topology that is drawn or tested and not run: their columns are those that
//! its parameters name.

use super::rooms::Cast;
use super::{Draft, Findings};
use crate::data::Schema;
use crate::operator::Spec;
use crate::params::Params;
use crate::topology::spans::under;
use std::path::Path;

/// Says of such sources what is known of them without a look at their data.
pub(super) fn settle(drafts: &mut [Draft], casts: &[Cast], findings: &mut Findings) {
    for (draft, cast) in drafts.iter_mut().zip(casts) {
        let Draft { steps, who, .. } = draft;
        let (Some(step), Some(Some((_, spec)))) = (steps.first_mut(), cast.specs.first()) else { continue };
        let (Some(place), Some(columns)) = (spec.place, columns(spec, &step.params)) else { continue };
        let at = under(&step.at, &[place]);
        step.unseen = Some(columns.map_err(|files| {
            let types = spec.typed.map_or(String::new(), |key| {
                format!(" ({key} = {{ id = \"i64\", … }} that names all its columns does)")
            });
            format!("{files} is not there, and nothing says which columns it has{types}")
        }));
        // Where another problem comes of it, this says why.
        if let Some(Ok(columns)) = &step.unseen {
            let what = format!(
                "{who}: {}: the file is not there, so its columns are taken to be {columns}",
                spec.name
            );
            findings.warn(&at, what);
        }
    }
}

/// The columns of a source that says them, or the files that it does not find; `None` where it can look at one, or
/// where something else is wrong with it.
fn columns(spec: &Spec, params: &Params) -> Option<Result<Schema, String>> {
    let (files, unseen, sample) = ((spec.finds?)(params), spec.unseen?, spec.sample?);
    if files.iter().any(|file| Path::new(file).exists()) || sample(params).is_ok() {
        return None;
    }
    match sample(&unseen(params)) {
        Ok(found) if found.schema.is_empty() => None,
        Ok(found) => Some(Ok(found.schema)),
        Err(_) if files.is_empty() => None,
        Err(_) => Some(Err(files.join(", "))),
    }
}
