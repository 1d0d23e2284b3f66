//! A text that is no table: lines, and, where a web server has written them, what becomes of its requests.

use crate::data::{Batch, Schema, Type, Value};
use crate::operator::{Account, Cx, Desk, Input};
use crate::params::Params;
use crate::registry::find;
use crate::stage::{Made, Place, Steps};

/// What a line is called.
const LINE: &str = "line";

/// Whether each of these lines is a request, as a web server's access log has them.
pub(super) fn is_of_requests(lines: &[String]) -> bool {
    let schema = Schema::of(&[(LINE, Type::Str)]);
    let inputs = [Input::new("rows", schema.clone())];
    let params = [("field", LINE), ("as", "access_log")];
    let params = Params::from_iter(params.map(|(key, value)| (key.to_string(), value.into())));
    let Some((_, spec)) = find("parse", false) else { return false };
    let Ok(planned) = (spec.plan)(params, &inputs) else { return false };
    let mut batch = Batch::new(&schema);
    for line in lines {
        batch.id.push(0);
        batch.born_ns.push(0);
        batch.columns[0].push(Value::Str(line));
    }
    let mut steps = Steps::of(vec![Made::new(spec.name, &planned, &inputs, Place::Middle)]);
    let mut desk = Desk::new(Cx::new("new", "requests", Account::default()));
    !lines.is_empty() && steps.process(0, &mut batch, &mut desk).is_ok() && batch.len() == lines.len()
}

/// The stages that make requests of lines, and count them.
pub(super) const REQUESTS: &str = r#"
[[stage]]
name = "requests"
from = "rows"
steps = [
  # host, user, time, method, path, status, bytes and more; what is no such line is rejected, and counted
  { operator = "parse", field = "line", as = "access_log", keep = false },
  { operator = "event_time", field = "time" },
]

[[stage]]
name = "minutes"
from = "requests"
operator = "window"
size = "1min"
fields = { requests = "count()", failed = "count() WHERE status >= 500", bytes = "sum(bytes)", most = "top(path, 5)" }
"#;

/// What is stored of them.
pub(super) const STORED: [&str; 4] = ["requests", "requests/rejected", "minutes", "minutes/late"];
