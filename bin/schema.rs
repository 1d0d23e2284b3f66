//! `schema`: topology files as a JSON Schema.

use crate::print;
use sluicebox::error::Result;
use sluicebox::registry::ROOMS;
use sluicebox::topology::schema;

pub fn schema() -> Result<()> {
    print(&format!("{:#}\n", schema::schema(&ROOMS)))
}
