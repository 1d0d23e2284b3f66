//! Records as columns: schema, column, batch, and the forms their values take outside.

mod batch;
mod bits;
mod column;
mod index;
pub mod key;
mod late;
pub mod render;
pub(crate) mod row;
mod runs;
mod schema;
pub mod state;
mod text;
pub mod time;

pub use batch::Batch;
pub use bits::Bits;
pub(crate) use column::NO_ROW;
pub use column::{Column, Value, Values};
pub(crate) use index::Index;
pub use late::Late;
pub(crate) use schema::Zone;
pub use schema::{Field, Schema, Type};
pub use text::{Lists, Text};
