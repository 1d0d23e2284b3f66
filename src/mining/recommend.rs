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
//! until then baskets are answered by the old one. Where a step between drops rows of a set (a `filter`), it is not
//! whole: what has come of it is taken when a newer one begins, counted (`partial`) and said once; the last one never
//! is. A row with `rows` 0 is a set without rules, as `association_rules` tells it: from then on none fires.
//!
//! With `set` alone the rows of a new set take its place as they come; without it each rule is added to those that are
//! there (a table of rules, from a file). A rule with NULL or not a number in one of these columns is none
//! (`skipped`). Of rules that tell only changes nothing can be made: leave `changes` out there.
//!
//! At most `max_rules` (1,000,000) are kept, others are counted (`left_out`). The best 2,048 are tried one after another:
//! a basket with many of the items fires some of them soon. All others lie in a tree of antecedents, where each branch
//! knows the best that is in it: a basket walks only through branches that it has the items of, and that may still
//! hold something better than it has. Of 100,000 rules over 500 items a basket of 1 to 120 items is answered in 1 to 10 us
//! (p99), of 300 items in 12 to 18. At worst it looks at all rules that it has the antecedent of: where it has their
//! consequents too they say nothing. Both are made anew once for each set, 0.12 s for 100,000 rules: until then no basket
//! is answered. With several workers the rules must come to each: let one worker answer.
//!
//! The report counts the `rules` that are known, the `sets` that have taken another's place, of these the `partial`
//! ones, `baskets`, those for which none fired (`silent`), rules `skipped` and `left_out`. The state is saved in one
//! piece of some 100 bytes a rule.

use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Schema, Type, Value, Values};
use crate::error::{Error, Result, say};
use crate::operator::{
    Cx, Ending, Input, Inputs, Next, Operator, Passes, PlanResult, Planned, Role, Shows, Spec, column,
    of_role,
};
use crate::params::{self, Problem};
use columns::{Read, RuleColumns, rule_columns};
use given::{Params, RankBy};
use known::Known;
use serde::{Deserialize, Serialize};

mod columns;
mod given;
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

/// What a row has behind the columns of the basket.
const ADDED: [(&str, Type); 5] = [
    ("rank", Type::I64),
    ("antecedent", Type::List),
    ("consequent", Type::List),
    ("confidence", Type::F64),
    ("lift", Type::F64),
];
const REPORT: [&str; 7] = ["rules", "sets", "partial", "baskets", "silent", "skipped", "left_out"];

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
        warned: false,
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
    warned: bool,
    /// Of what goes out: the basket's row, and the rule with its rank.
    rows: Vec<u32>,
    fired: Vec<u32>,
    out: Batch,
}

impl Recommend {
    fn learn(&mut self, batch: &Batch) {
        for row in 0..batch.len() {
            let Read { rule, set, rows } = self.columns.read(batch, row);
            // Of a set without rows this is all that comes; else it is one of its rows all the same.
            self.totals.skipped += u64::from(rule.is_none() && rows != Some(0));
            if rule.is_some() || set.is_some() && rows.is_some() {
                self.known.add(rule, set, rows);
            }
        }
    }

    /// Says once that rows of sets are missing: what comes late, or not at all, is easily taken for silence.
    fn warn(&mut self, partial: bool, cx: &Cx) {
        if partial && !self.warned {
            self.warned = true;
            say(&format!(
                "warning: stage \"{}\": recommend: a set of rules came without all of its rows: it is taken only when \
                 a newer one begins (let no step between drop rules: say min_confidence where they are made)",
                cx.stage()
            ));
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
            self.warn(self.known.partial > 0, cx);
        } else {
            self.answer(batch, cx);
        }
        cx.made(self.out.len() as u64);
        std::mem::swap(batch, &mut self.out);
        Ok(Next::Wait)
    }

    fn finish(&mut self, _: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.warn(self.known.waits() && cx.ending() == Ending::Drained, cx);
        Ok(Next::End)
    }

    fn report(&mut self, out: &mut Batch, _: &mut Cx) -> Result<Next> {
        let Totals { baskets, silent, skipped } = self.totals;
        let Known { sets, partial, left_out, .. } = self.known;
        let numbers = [self.known.len() as u64, sets, partial, baskets, silent, skipped, left_out];
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
