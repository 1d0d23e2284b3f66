//! `schema`: topology files as a JSON Schema.

use crate::print_as_is;
use sluicebox::error::Result;
use sluicebox::registry::ROOMS;
use sluicebox::topology::schema;

pub fn schema() -> Result<()> {
    print_as_is(&format!("{:#}\n", schema::schema(&ROOMS)))
}
