//! What a step reads, as others must tell of it.

use crate::data::Schema;
use std::sync::Arc;

/// A step, as rejected rows tell of it: its operator, and the columns it reads.
#[derive(Debug)]
pub struct Reads {
    pub operator: String,
    /// What the batch is to an operator that reads by role.
    pub role: Option<String>,
    pub schema: Schema,
}

impl Reads {
    pub fn of(operator: &str, schema: &Schema) -> Arc<Reads> {
        Reads::by_role(operator, None, schema)
    }

    pub(crate) fn by_role(operator: &str, role: Option<&str>, schema: &Schema) -> Arc<Reads> {
        let role = role.map(str::to_string);
        Arc::new(Reads { operator: operator.to_string(), role, schema: schema.clone() })
    }
}
