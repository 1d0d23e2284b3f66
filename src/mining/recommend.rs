//! Says what goes with a basket: the best rules that fire for it.
//!
//! ```toml
//! # from = { baskets = "orders", rules = "rules" }
//! operator = "recommend"
//! items = "basket"         # the column of lists in the baskets
//! k = 2                    # so many rules at most for each basket
//! ```
//!
//! | basket list<str> (in baskets) | antecedent list<str> (in rules) | consequent list<str> (in rules) | confidence f64 (in rules) | lift f64 (in rules) | set i64 (in rules) | rows i64 (in rules) | basket list<str> (out) | rank i64 (out) | antecedent list<str> (out) | consequent list<str> (out) | confidence f64 (out) | lift f64 (out) |
//! |---|---|---|---|---|---|---|---|---|---|---|---|---|
//! | ["tea"] | ["tea"] ["tea","jam"] ["jam"] | ["milk"] ["bread"] ["bread"] | 0.5 0.9 0.4 | 2 3 1 | 0 0 0 | 3 3 3 | | | | | | |
//! | ["jam","tea","tea"] ["milk","tea"] ["tea"] | ["tea"] | ["cake"] | 0.3 | 1 | 1 | 2 | ["jam","tea","tea"] ["jam","tea","tea"] ["tea"] | 1 2 1 | ["tea","jam"] ["tea"] ["tea"] | ["bread"] ["milk"] ["milk"] | 0.9 0.5 0.5 | 3 2 2 |
//! | ["tea"] | ["cake"] | ["tea"] | 0.6 | 1 | 1 | 2 | ["tea"] | 1 | ["tea"] | ["milk"] | 0.5 | 2 |
//! | ["tea"] | | | | | | | ["tea"] | 1 | ["tea"] | ["cake"] | 0.3 | 1 |
//!
//! A rule fires for a basket that has all of its antecedent and not all of its consequent. The best come first: by
//! confidence, then lift, as they came where both are equal; `rank_by = "lift"` turns that round. For each a row goes
//! out, with the columns of the basket; a basket for which none fires has no row (`silent`).
//!
//! Rules come as `association_rules` tells them, in lists `antecedent` and `consequent`, with `confidence` and `lift`.
//! With the columns `set` and `rows` a set takes the place of the one before when all of its rows have come, at once:
//! until then baskets are answered by the old one. With `set` alone the rows of a new set take its place as they come;
//! without it each rule is added to those that are there (a table of rules, from a file). A rule with NULL in one of
//! these columns is none (`skipped`). Of rules that tell only changes nothing can be made: leave `changes` out there.
//!
//! At most `max_rules` (1,000,000) are kept, others are counted (`left_out`). They lie in a tree of antecedents, where
//! each branch knows the best that is in it: a basket walks only through branches that it has the items of, and that
//! may still hold something better than it has. A basket is answered in 2 to 20 us at 100,000 rules, one of thirty
//! items in 40 (p99). Making the tree takes time by the rules, once for each set, 0.6 s for 100,000: until then no basket is
//! answered. With several workers the rules must come to each: let one worker answer.
//!
//! The report counts the `rules` that are known, the `sets` that have taken another's place, `baskets`, those for which
//! none fired (`silent`), rules `skipped` and `left_out`. The state is saved in one piece of some 100 bytes a rule.

use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Schema, Type, Value, Values};
use crate::error::{Error, Result};
use crate::operator::{
    Cx, Input, Inputs, Next, Operator, Passes, PlanResult, Planned, Role, Shows, Spec, column, of_role,
};
use crate::params::{self, JsonSchema, Problem};
use columns::{RuleColumns, rule_columns};
use known::Known;
use rule::Rule;
use serde::{Deserialize, Serialize};

mod columns;
mod index;
mod known;
mod rule;

const BASKETS: &str = "baskets";
const RULES: &str = "rules";

pub(super) const OPERATOR: Spec = Spec::new(
    "recommend",
    "what goes with a basket: the best rules that fire for it",
    include_str!("recommend.rs"),
    plan,
)
.parameters::<Params>()
.called(&["recommendation", "recommender", "recommendations", "suggest", "cross_sell", "apply_rules"])
.reads(Inputs::Roles(&[Role { name: BASKETS, needed: true }, Role { name: RULES, needed: true }]))
.alone("the rules must come to every worker")
.seeded("seed")
.shows(Shows::Quality, &["rules", "sets", "baskets", "silent"]);

const STATE_VERSION: u16 = 1;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The column of lists in the baskets.
    items: String,
    /// So many rules at most for each basket.
    #[serde(default = "five")]
    #[schemars(range(min = 1, max = 1000))]
    k: usize,
    /// Which rules are the best: by confidence, or by lift.
    #[serde(default)]
    rank_by: RankBy,
    /// So many rules are kept at most.
    #[serde(default = "million")]
    #[schemars(range(min = 1, max = 10_000_000))]
    max_rules: usize,
    /// Decides nothing: nothing here is drawn.
    #[serde(default = "one")]
    seed: u64,
}

fn five() -> usize {
    5
}

fn million() -> usize {
    1_000_000
}

fn one() -> u64 {
    1
}

/// Which rules are the best.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum RankBy {
    #[default]
    Confidence,
    Lift,
}

/// What a row has behind the columns of the basket.
const ADDED: [(&str, Type); 5] = [
    ("rank", Type::I64),
    ("antecedent", Type::List),
    ("consequent", Type::List),
    ("confidence", Type::F64),
    ("lift", Type::F64),
];
const REPORT: [&str; 6] = ["rules", "sets", "baskets", "silent", "skipped", "left_out"];

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { items, k, rank_by, max_rules, seed } = params::read(params)?;
    let of = |role| of_role(inputs, role).expect("both roles are needed");
    let (baskets, rules) = (of(BASKETS), of(RULES));
    let mut problems = Vec::new();
    let list = |schema: &Schema, key: &str, name: &str| {
        column(schema, key, name).and_then(|at| match schema.fields[at].of {
            Type::List => Ok(at),
            of => Err(Problem::at(key, format!("column \"{name}\" is {of}, a list is needed"))),
        })
    };
    let items = list(baskets, "items", &items).map_err(|problem| problems.push(problem)).ok();
    let columns = rule_columns(rules, &mut problems);
    for (name, _) in ADDED.iter().filter(|(name, _)| baskets.index(name).is_some()) {
        let what =
            format!("recommend adds a column \"{name}\", and the baskets have one already (rename it)");
        problems.push(Problem::whole(what));
    }
    let (Some(items), Some(columns), true) = (items, columns, problems.is_empty()) else {
        return Err(problems);
    };
    let output = ADDED.iter().fold(baskets.clone(), |output, (name, of)| output.with(name, *of));
    let passed = (0..baskets.len()).map(Some).chain(ADDED.map(|_| None)).collect();
    let recommend = Recommend {
        identity: format!("{rank_by:?} {max_rules} {seed}"),
        output: output.clone(),
        items,
        columns,
        known: Known::new(rank_by == RankBy::Lift, max_rules),
        k,
        totals: Totals::default(),
        rows: Vec::new(),
        fired: Vec::new(),
        out: Batch::default(),
    };
    Ok(Planned {
        report: Some(REPORT.iter().fold(Schema::default(), |report, name| report.with(name, Type::I64))),
        stateful: true,
        absorbs: true,
        passes: Passes::These(passed),
        ..Planned::new(output, move || recommend.clone())
    })
}

#[derive(Clone, Copy, Default, Serialize, Deserialize)]
struct Totals {
    baskets: u64,
    silent: u64,
    skipped: u64,
}

#[derive(Clone)]
struct Recommend {
    output: Schema,
    identity: String,
    items: usize,
    columns: RuleColumns,
    known: Known,
    k: usize,
    totals: Totals,
    /// Of what goes out: the basket's row, and the rule with its rank.
    rows: Vec<u32>,
    fired: Vec<u32>,
    out: Batch,
}

impl Recommend {
    fn learn(&mut self, batch: &Batch) {
        let RuleColumns { antecedent, consequent, confidence, lift, set, rows } = self.columns;
        for row in 0..batch.len() {
            let columns = &batch.columns;
            let known = [Some(antecedent), Some(consequent), Some(confidence), Some(lift), set, rows];
            let lists = (&columns[antecedent].values, &columns[consequent].values);
            let (Values::List(antecedents), Values::List(consequents)) = lists else {
                panic!("they are lists")
            };
            let none = antecedents.get(row).len() == 0 || consequents.get(row).len() == 0;
            if none || known.iter().flatten().any(|at| !columns[*at].valid.get(row)) {
                self.totals.skipped += 1;
                continue;
            }
            let number = |at: Option<usize>| match at.map(|at| columns[at].value(row)) {
                Some(Value::I64(n)) => Some(n),
                _ => None,
            };
            let figure = |at: usize| columns[at].number(row).unwrap_or_default();
            let owned = |items: &mut dyn Iterator<Item = &str>| items.map(str::to_string).collect();
            let rule = Rule {
                antecedent: owned(&mut antecedents.get(row)),
                consequent: owned(&mut consequents.get(row)),
                confidence: figure(confidence),
                lift: figure(lift),
            };
            self.known.add(rule, number(set), number(rows));
        }
    }

    fn answer(&mut self, batch: &Batch, cx: &mut Cx) {
        let Recommend { known, rows, fired, out, items, k, totals, .. } = self;
        let Values::List(lists) = &batch.columns[*items].values else { panic!("baskets are lists") };
        rows.clear();
        fired.clear();
        for row in (0..batch.len()).filter(|row| batch.columns[*items].valid.get(*row)) {
            let before = fired.len();
            known.best(lists.get(row), *k, fired);
            rows.resize(fired.len(), row as u32);
            totals.silent += u64::from(fired.len() == before);
        }
        totals.baskets += batch.len() as u64;
        let mut added = out.columns.split_off(batch.columns.len());
        out.gather(batch, rows);
        out.id.iter_mut().for_each(|id| *id = cx.new_id());
        let mut rank = 0;
        for (at, rule) in fired.iter().enumerate() {
            rank = if at > 0 && rows[at - 1] == rows[at] { rank + 1 } else { 1 };
            let rule = known.rule(*rule);
            let row = [
                Value::I64(rank),
                Value::List(rule.antecedent.iter().map(String::as_str).collect()),
                Value::List(rule.consequent.iter().map(String::as_str).collect()),
                Value::F64(rule.confidence),
                Value::F64(rule.lift),
            ];
            added.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        }
        out.columns.append(&mut added);
    }
}

impl Operator for Recommend {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.out.reset(&self.output);
        cx.absorbed(batch.len() as u64);
        if cx.role() == Some(RULES) {
            self.learn(batch);
        } else {
            self.answer(batch, cx);
        }
        cx.made(self.out.len() as u64);
        std::mem::swap(batch, &mut self.out);
        Ok(Next::Wait)
    }

    fn report(&mut self, out: &mut Batch, _: &mut Cx) -> Result<Next> {
        let Totals { baskets, silent, skipped } = self.totals;
        let numbers =
            [self.known.len() as u64, self.known.sets, baskets, silent, skipped, self.known.left_out];
        out.columns.iter_mut().zip(numbers).for_each(|(column, n)| column.push(Value::I64(n as i64)));
        Ok(Next::End)
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        out.put(STATE_VERSION, &(&self.identity, self.totals, self.known.saved()))?;
        Ok(Next::End)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        let (identity, totals, known): (String, Totals, known::Saved) = from.get(STATE_VERSION)?;
        if identity != self.identity {
            return Err(Error::failed("the state is of rules with another rank or bound (start without it)"));
        }
        self.totals = totals;
        self.known.go_on(known);
        Ok(())
    }
}
