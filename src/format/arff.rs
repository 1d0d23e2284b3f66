//! ARFF, the files of Weka and MOA: a head that names the attributes and their types, then a record a line.
//!
//! Weka's own description: <https://waikato.github.io/weka-wiki/formats_and_processing/arff_stable/>. Records are
//! read as Weka reads them, and as MOA writes them: with a comma at the end, too.

mod head;
mod parted;
mod records;
mod words;

pub(crate) use head::Relation;
pub(super) use parted::Parted;
pub(crate) use records::Records;
