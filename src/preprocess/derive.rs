//! Adds columns that are computed from others, record by record.
//!
//! ```toml
//! operator = "derive"
//! fields = { amount = "quantity * price", large = "amount >= 10" }
//! ```
//!
//! | quantity i64 (in) | price f64 (in) | quantity i64 (out) | price f64 (out) | amount f64 (out) | large bool (out) |
//! |---|---|---|---|---|---|
//! | 2 3 NULL | 1.5 4 1 | 2 3 NULL | 1.5 4 1 | 3 12 NULL | false true NULL |
//!
//! They are computed in the order given, so a later one may use an earlier one. A name that is there already is
//! replaced: the column stays where it is and may change its type.
//!
//! ```toml
//! operator = "derive"
//! fields = { x = "CAST(x AS f64) / 2" }
//! ```
//!
//! | x str (in) | y i64 (in) | x f64 (out) | y i64 (out) |
//! |---|---|---|---|
//! | 3 z | 1 2 | 1.5 NULL | 1 2 |
//!
//! An expression is SQL, as SQLite reads and answers it:
//!
//! | what | how it is written |
//! |---|---|
//! | names and values | `price` `"unit price"` `'a text'` `12` `1.5e3` `TRUE` `FALSE` `NULL` |
//! | operators, from the tightest | sign and `~`, `* / % \|\|`, `+ -`, `& \| << >>`, `< <= > >=`, `= <> IS [NOT] [NOT] IN/BETWEEN/LIKE/GLOB/REGEXP`, `NOT`, `AND`, `OR` |
//! | choices | `CASE WHEN … THEN … ELSE … END` `CASE x WHEN … END` `coalesce(a, b, …)` `iif(test, a, b)` `nullif(a, b)` |
//! | types | `CAST(x AS type)`, the type being bool, i64, f64, str, time or SQL's word for it |
//! | numbers | `abs` `sign` `round(x, decimals)` `ceil` `floor` `trunc` `min(a, b)` `max(a, b)` `exp` `ln` `log` `sqrt` `power` `mod`, angles as `sin` |
//! | texts | `length` `lower` `upper` `trim` `substr(s, start, count)` `replace` `instr` `printf(format, a, …)` `concat` `regexp_extract` `x COLLATE NOCASE = y` |
//! | times | `hour(t)` `date(t)` `year(t)` `date_trunc('hour', t)` `date_part('week', t)` `strftime('%d.%m.%Y', t)` `strptime(s, format)` `at_zone(t, zone)`; a text beside a time is read as one: `ts > '2013-01-31'` |
//! | spans | `t + INTERVAL '1' HOUR` `t - INTERVAL '1 day 2 hours'` `t + INTERVAL (n) MINUTE`; `t - u` is whole nanoseconds, `(t - u) / 1e9` seconds, `date_diff('day', u, t)` days |
//! | lists, JSON | `len(l)` `element(l, 1)` `contains(l, 'a')` `join(l, ', ')` `split_text(s, ',')` `any(l, item LIKE 'a%')` `json_get(s, '$.a[0].b')` |
//!
//! `sluicebox list functions` shows all functions with an example each, docs/expressions.md all rules;
//! `sluicebox eval 'EXPRESSION' --with '{"x": 1}'` tries one.
//!
//! Types are settled before anything runs, so comparing a str with a number is told then, not answered. What
//! has no answer is NULL: an i64 that overflows, a division by zero, a CAST that fails, a NaN, a text of more than 16
//! MiB. What is said of a record does not depend on those beside it. LIKE, lower and
//! upper know the cases of ASCII letters only.
//!
//! Where the source has a `time_zone`, it holds here as it does there: for texts that are read as times (beside a
//! time, or by CAST) and name no offset themselves, and for hours, days and all else that clocks and calendars show.
//! Else they are of UTC. A local time
//! that clocks were changed over, or that is there twice, is refused in a literal and NULL of a CAST.

use crate::data::{Batch, Field, Type};
use crate::error::Result;
use crate::expr::Expr;
use crate::operator::{Cx, Input, Next, Operator, Passes, PlanResult, Planned, Spec, only};
use crate::params::{self, Expression, JsonSchema, Problem};
use serde::Deserialize;
use std::collections::BTreeMap;

pub(super) const OPERATOR: Spec =
    Spec::new("derive", "adds columns computed from others", include_str!("derive.rs"), plan)
        .parameters::<Params>()
        .called(&[
            "map",
            "remap",
            "compute",
            "eval",
            "mutate",
            "assign",
            "with_columns",
            "transform",
            "enrich",
            "formula",
        ])
        .adds(|name, text| {
            let quoted = format!("'{}'", text.replace('\'', "''"));
            let fields = toml::Table::from_iter([(name.to_string(), quoted.into())]);
            toml::Table::from_iter([("fields".to_string(), fields.into())])
        });

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// What each new column is computed by: name = SQL expression, in order.
    #[schemars(with = "BTreeMap<String, Expression>")]
    fields: toml::Table,
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { fields } = params::read(params)?;
    let schema = only(inputs);
    if fields.is_empty() {
        return Err(vec![Problem::at(
            "fields",
            "name at least one column, as in { amount = \"quantity * price\" }",
        )]);
    }
    let mut output = schema.clone();
    let (mut steps, mut warnings) = (Vec::new(), Vec::new());
    let (mut problems, mut unknown) = (Vec::new(), Vec::<&str>::new());
    for (name, text) in &fields {
        let text = text.as_str().expect("the schema lets only texts through");
        match Expr::parse(text, &output).and_then(|expr| typed(expr, text)) {
            Err(told) => {
                // What uses a column that is wrong itself is wrong by that alone.
                if !unknown.iter().any(|name| names(text, name)) {
                    problems.extend(params::under(&["fields", name], told));
                }
                unknown.push(name.as_str());
            }
            Ok((expr, of)) => {
                warnings.extend(params::under(&["fields", name], expr.warnings().to_vec()));
                let made = Field::new(name, of).in_zone(&schema.zone());
                let at = output.index(name);
                match at {
                    Some(at) => output.fields[at] = made,
                    None => output.fields.push(made),
                }
                steps.push(Step { expr, of, at });
            }
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let stays = |at: &usize| *at < schema.len() && steps.iter().all(|step: &Step| step.at != Some(*at));
    let passes = Passes::These((0..output.len()).map(|at| Some(at).filter(stays)).collect());
    Ok(Planned { passes, warnings, ..Planned::new(output, move || Derive { steps: steps.clone() }) })
}

/// Whether an expression has a column's name in it as a word.
fn names(text: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut words = text.split(|c: char| !is_word(c));
    if name.chars().all(is_word) { words.any(|word| word == name) } else { text.contains(name) }
}

fn typed(expr: Expr, text: &str) -> std::result::Result<(Expr, Type), Vec<Problem>> {
    let of = expr.of().ok_or_else(|| {
        let what = format!("{} has no type: say which, as in CAST(NULL AS f64)", text.trim());
        vec![Problem { offset: Some(0), ..Problem::whole(what) }]
    })?;
    Ok((expr, of))
}

/// One column: how it is computed, and which one it replaces.
#[derive(Clone)]
struct Step {
    expr: Expr,
    of: Type,
    at: Option<usize>,
}

struct Derive {
    steps: Vec<Step>,
}

impl Operator for Derive {
    fn process(&mut self, batch: &mut Batch, _: &mut Cx) -> Result<Next> {
        for step in &mut self.steps {
            let mut column = batch.new_column(step.of);
            step.expr.eval(batch, &mut column)?;
            match step.at {
                Some(at) => {
                    let old = std::mem::replace(&mut batch.columns[at], column);
                    batch.put_aside(old);
                }
                None => batch.columns.push(column),
            }
        }
        Ok(Next::Wait)
    }
}
