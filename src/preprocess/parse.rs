//! Takes a text apart into columns: log lines, `key=value`, JSON, CSV, URLs, durations, sizes, or what a pattern says.
//!
//! ```toml
//! operator = "parse"
//! field = "line"
//! as = "regex"
//! pattern = '(?<level>[A-Z]+) (?<ms>\d+)ms (?<what>.*)'   # a column for each named group
//! types.ms = "i64"                                       # str, where nothing else is said
//! keep = false                                           # the text itself stays, if it is not said
//! ```
//!
//! | line str (in) | level str (out) | ms i64 (out) | what str (out) |
//! |---|---|---|---|
//! | "INFO 12ms GET /a" "hello" "WARN 900ms POST /b" | INFO WARN | 12 900 | "GET /a" "POST /b" |
//!
//! What does not parse is rejected, and counted by its reason: that of the form (`regex`, `json`, …), or `type:ms`
//! where a column is no value of its type. `on_fail = "null"` lets the record through with NULL in its new columns (one
//! that is of another type is NULL alone), `on_fail = "route"` hands it to the port `unparsed` as it came. A text that
//! is NULL gives NULLs: it is nothing that could fail.
//!
//! | as | columns |
//! |---|---|
//! | `regex` | the named groups of `pattern`, in their order; one that took no part is NULL |
//! | `key_value` | `columns`: those keys of `a=1 b="x y"` (logfmt); `pair_sep` and `key_sep` are the signs between; what is not there is NULL |
//! | `json` | `columns`: those paths of an object, as `a.b`; a list of texts with the type `list<str>` |
//! | `csv` | `columns`: the fields in their order, between `delimiter`; in double quotes it is a letter, two quotes are one |
//! | `access_log` | host, ident, user, time, method, path, protocol, status, bytes, and of the combined format referer, user_agent: as Apache and nginx write them; `-` is NULL |
//! | `url` | scheme, host, port, path, query, fragment, or those of them in `columns`; and a column for each of `parameters`, decoded |
//! | `duration` | seconds: `1h30m`, `250ms`, `1.5 min`, as f64 |
//! | `size` | bytes: `12KiB`, `1.5 MB`, `300`, as i64; KB and MB count by thousands, KiB and MiB by 1,024 |
//!
//! ```toml
//! operator = "parse"
//! field = "line"
//! as = "access_log"
//! keep = false
//! prefix = "log_"       # before the names of all new columns
//! on_fail = "route"
//! ```
//!
//! | line str (in) | log_host str (out) | log_ident str (out) | log_user str (out) | log_time time (out) | log_method str (out) | log_path str (out) | log_protocol str (out) | log_status i64 (out) | log_bytes i64 (out) | log_referer str (out) | log_user_agent str (out) | line str (out unparsed) |
//! |---|---|---|---|---|---|---|---|---|---|---|---|---|
//! | "10.0.0.1 - ann [10/Oct/2000:13:55:36 -0700] \"GET /a?b=1 HTTP/1.1\" 200 2326 \"-\" \"curl/8\"" nonsense | 10.0.0.1 | NULL | ann | 2000-10-10T20:55:36Z | GET | /a?b=1 | HTTP/1.1 | 200 | 2326 | NULL | curl/8 | nonsense |
//!
//! ```toml
//! operator = "parse"
//! field = "took"
//! as = "duration"
//! into = "seconds"      # the usual name, as `bytes` is of a size
//! on_fail = "null"
//! ```
//!
//! | took str (in) | took str (out) | seconds f64 (out) |
//! |---|---|---|
//! | 1h30m 250ms soon NULL | 1h30m 250ms soon NULL | 5400 0.25 NULL NULL |
//!
//! New columns come behind the others. Nothing is remembered; memory is that of one batch, and of the longest text.
//! A line of an access log costs about 0.2 us.

mod access_log;
mod amounts;
mod given;
mod how;
mod parted;
mod pattern;
mod piece;
mod quotes;
mod url;

use crate::data::{Batch, Column, Schema, Values};
use crate::error::Result;
use crate::format::{Rows, Typing};
use crate::operator::{
    Cx, Input, Next, Operator, Passes, PlanResult, Planned, PlannedPort, Port, Spec, only,
};
use crate::params;
use given::{Checked, OnFail, Params};
use how::How;
use parted::One;

pub(super) const OPERATOR: Spec = Spec::new(
    "parse",
    "takes a text apart into columns: logs, key=value, JSON, CSV, URLs",
    include_str!("parse.rs"),
    plan,
)
.parameters::<Params>()
.ports(&[Port { name: "unparsed", about: "records whose text does not parse, with on_fail = \"route\"" }])
.called(&[
    "grok",
    "dissect",
    "kv",
    "parse_regex",
    "parse_json",
    "parse_key_value",
    "parse_logfmt",
    "logfmt",
    "parse_csv",
    "parse_url",
    "parse_apache_log",
    "parse_nginx_log",
    "regex_parser",
    "extract",
    "unpack",
    "decode",
]);

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let schema = only(inputs);
    let Checked { field, how, columns, typing, keep, on_fail } = given::check(params::read(params)?, schema)?;
    let mut output = schema.clone();
    let mut passes: Vec<Option<usize>> = (0..schema.len()).map(Some).collect();
    if !keep {
        output.fields.remove(field);
        passes.remove(field);
    }
    passes.resize(passes.len() + columns.len(), None);
    let typed = Schema { fields: columns };
    output.fields.extend(typing.in_zone(typed.clone()).fields);
    let ports = match on_fail {
        OnFail::Route => vec![PlannedPort::moves("unparsed", schema.clone())],
        OnFail::Reject | OnFail::Null => Vec::new(),
    };
    let make = move || Parse::new(field, how.clone(), &typed, &typing, keep, on_fail);
    Ok(Planned { passes: Passes::These(passes), ports, ..Planned::new(output, make) })
}

struct Parse {
    field: usize,
    how: How,
    /// The new columns, by name and how they are made.
    columns: Vec<Made>,
    keep: bool,
    on_fail: OnFail,
    stays: Vec<bool>,
    gone: Vec<u32>,
    made: Vec<Column>,
}

/// One new column.
struct Made {
    /// The reason of a value that is of another type.
    misfit: String,
    of: crate::data::Type,
    rows: Rows,
}

impl Parse {
    fn new(field: usize, how: How, columns: &Schema, typing: &Typing, keep: bool, on_fail: OnFail) -> Parse {
        let made = |of: &crate::data::Field| Made {
            misfit: format!("type:{}", of.name),
            of: of.of,
            rows: Rows::new(typing, &Schema { fields: vec![of.clone()] }),
        };
        let columns = columns.fields.iter().map(made).collect();
        Parse { field, how, columns, keep, on_fail, stays: Vec::new(), gone: Vec::new(), made: Vec::new() }
    }

    /// Takes one text apart into the new columns, a row in each in any case; a reason, where it does not parse.
    fn row(&mut self, text: Option<&str>) -> std::result::Result<(), &str> {
        let (columns, made, how) = (&mut self.columns, &mut self.made, &mut self.how);
        let parted = text.map(|text| how.part(text));
        let (Some(text), Some(Ok(()))) = (text, parted) else {
            made.iter_mut().for_each(Column::push_null);
            return parted.unwrap_or(Ok(()));
        };
        let mut misfit = None;
        for (at, (column, values)) in columns.iter_mut().zip(made).enumerate() {
            let mut one = One(how.field(at, text));
            if column.rows.add(&mut one, std::slice::from_mut(values)).is_err() {
                misfit = misfit.or(Some(at));
            }
        }
        match misfit {
            Some(at) => Err(&columns[at].misfit),
            None => Ok(()),
        }
    }
}

impl Operator for Parse {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.stays.clear();
        self.stays.resize(batch.len(), true);
        self.gone.clear();
        for at in 0..self.columns.len() {
            self.columns[at].rows.begin();
            let column = batch.new_column(self.columns[at].of);
            self.made.push(column);
        }
        for row in 0..batch.len() {
            let source = &batch.columns[self.field];
            let Values::Str(texts) = &source.values else { panic!("plan sees to it that it is str") };
            let text = source.valid.get(row).then(|| texts.get(row));
            let on_fail = self.on_fail;
            let Err(reason) = self.row(text) else { continue };
            match on_fail {
                OnFail::Null => continue,
                OnFail::Reject => cx.reject(batch, row, reason),
                OnFail::Route => self.gone.push(row as u32),
            }
            self.stays[row] = false;
        }
        if !self.gone.is_empty() {
            cx.side(0, batch, &self.gone);
        }
        if !self.keep {
            let source = batch.columns.remove(self.field);
            batch.put_aside(source);
        }
        batch.columns.append(&mut self.made);
        batch.retain(&self.stays);
        Ok(Next::Wait)
    }
}

#[cfg(test)]
mod tests {
    use super::given::{Params, check};
    use crate::data::{Schema, Type};

    /// A pair would end where its key does, and none would be found.
    #[test]
    fn what_parts_pairs_is_no_part_of_what_parts_a_key_from_its_value() {
        let told = |signs: &str| {
            let text = format!("field = 'line'\nas = 'key_value'\ncolumns = ['a']\n{signs}");
            let params: Params = toml::from_str(&text).unwrap();
            let problems = check(params, &Schema::of(&[("line", Type::Str)])).err().unwrap_or_default();
            problems.into_iter().map(|problem| problem.what).collect::<Vec<_>>()
        };
        for signs in ["key_sep = ': '", "key_sep = ' '", "pair_sep = ';'\nkey_sep = '=;='"] {
            let told = told(signs);
            assert!(told.len() == 1 && told[0].contains("no part of it"), "{signs}: {told:?}");
        }
        for signs in ["", "key_sep = ':'", "pair_sep = '; '\nkey_sep = ';'"] {
            assert_eq!(told(signs), [""; 0], "{signs}");
        }
        assert!(told("pair_sep = ''")[0].starts_with("something must stand there"));
    }
}
