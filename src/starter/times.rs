//! How times are written that begin with no year: by the day or the month, as spreadsheets do.

use crate::data::{Schema, Type};
use crate::error::Result;
use crate::operator::Sample;
use crate::params::Params;
use toml::Value;

/// Ways of one look, of which one at most is meant.
const FORMATS: &[&[&str]] = &[
    &["%d.%m.%Y"],
    &["%d.%m.%Y %H:%M"],
    &["%d.%m.%Y %H:%M:%S"],
    &["%d/%m/%Y", "%m/%d/%Y"],
    &["%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"],
    &["%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S"],
    &["%d-%m-%Y", "%m-%d-%Y"],
    &["%d %b %Y"],
];

/// Says the way in which a column of texts is one of times, if one is. `look`: what a source finds by its parameters.
pub(super) fn format(
    params: &mut Params,
    sample: Sample,
    look: impl Fn(&Params) -> Result<Sample>,
) -> Sample {
    let times = |schema: &Schema| schema.fields.iter().filter(|field| field.of == Type::Time).count();
    if !sample.schema.fields.iter().any(|field| field.of == Type::Str) {
        return sample;
    }
    for ways in FORMATS {
        let fits = ways.iter().filter_map(|way| {
            let mut other = params.clone();
            other.insert("time_format".to_string(), Value::String(way.to_string()));
            let found = look(&other).ok().filter(|found| found.notes.is_empty());
            found.filter(|found| times(&found.schema) > times(&sample.schema)).map(|found| (other, found))
        });
        let mut fits: Vec<(Params, Sample)> = fits.collect();
        // Where the day may be the month too, nobody knows which is meant.
        if let (1, Some((other, found))) = (fits.len(), fits.pop()) {
            *params = other;
            return found;
        }
    }
    sample
}
