//! The windows of `window`, and what `lag`, `change` and `rank` say, are what one query of SQLite says of the same
//! rows: for any number of workers, any cutting into batches, disorder within and beyond the bound, and stops.

mod bounds;
mod judge;
mod kinds;
mod marks;
mod row_by_row;
mod world;
