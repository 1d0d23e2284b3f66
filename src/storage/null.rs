//! Stores nothing: counts the records that arrive and forgets them.
//!
//! For topologies whose results are only watched live, and for measuring what comes before it.
//!
//! ```toml
//! operator = "null"
//! ```
//!
//! | x f64 (in) |
//! |---|
//! | 1 2.5 NULL |

use crate::data::{Batch, Schema};
use crate::error::Result;
use crate::operator::{Cx, Input, Inputs, Next, Operator, PlanResult, Planned, Spec};
use crate::params::{self, JsonSchema};

pub(super) const OPERATOR: Spec =
    Spec::new("null", "counts records and forgets them", include_str!("null.rs"), plan)
        .parameters::<Params>()
        .called(&["blackhole", "devnull", "discard", "none", "noop", "drop_all", "sink"])
        .reads(Inputs::Any);

#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {}

fn plan(params: params::Params, _: &[Input]) -> PlanResult {
    let Params {} = params::read(params)?;
    Ok(Planned::new(Schema::default(), || Null))
}

struct Null;

impl Operator for Null {
    fn process(&mut self, _: &mut Batch, _: &mut Cx) -> Result<Next> {
        Ok(Next::Wait)
    }
}
