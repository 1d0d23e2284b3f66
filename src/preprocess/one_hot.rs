//! Turns categories into columns of 0 and 1, one for each, so that numbers can be learned from.
//!
//! ```toml
//! operator = "one_hot"
//! fields = { country = ["DE", "FR"], size = 2 }   # the categories; or a number: the first so many that come
//! other = true                                    # a column for all others (default: they are 0 everywhere)
//! ```
//!
//! | country str (in) | size i64 (in) | country str (out) | size i64 (out) | country_DE i64 (out) | country_FR i64 (out) | country_other i64 (out) | size_1 i64 (out) | size_2 i64 (out) | size_other i64 (out) | column str (report) | made str (report) | category str (report) |
//! |---|---|---|---|---|---|---|---|---|---|---|---|---|
//! | FR DE US NULL | 40 38 40 42 | FR DE US NULL | 40 38 40 42 | 0 1 0 0 | 1 0 0 0 | 0 0 1 0 | 1 0 1 0 | 0 1 0 0 | 0 0 0 1 | country country size size | country_DE country_FR size_1 size_2 | DE FR 40 38 |
//!
//! New columns stand at the end, named by the column and the category. Where a number is said, they are named by the
//! order in which their categories come, since names have to be known before: `size_1` is the first, and the report
//! tells which that is. A category that has its column keeps it. With several workers each has an order of its own: let
//! one worker do it, or name the categories.
//!
//! A column of texts, whole numbers or truths (`yes` and `no`) has one category in each record. A list has several:
//! each of its items sets its column. NULL is no category: all columns are 0.
//!
//! ```toml
//! operator = "one_hot"
//! fields = { tags = ["new", "sale"] }
//! keep = false           # the column itself does not go on
//! ```
//!
//! | tags list<str> (in) | tags_new i64 (out) | tags_sale i64 (out) | column str (report) | made str (report) | category str (report) |
//! |---|---|---|---|---|---|
//! | ["sale","new"] [] ["sale","sale"] ["x"] | 1 0 0 0 | 1 0 1 0 | tags tags | tags_new tags_sale | new sale |
//!
//! At most 1,000 columns are made in all. A text of more than 1,000 bytes is none of the first that come, so the state
//! is 1,000 bytes a category at most. Event time goes on as it came; it can't be a category.

use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Column, Field, Schema, Type, Value, Values};
use crate::error::{Error, Result};
use crate::operator::{Cx, Input, Next, Operator, Passes, PlanResult, Planned, Shows, Spec, column, only};
use crate::params::{self, JsonSchema, Problem};
use crate::preprocess::common::inside;
use categories::{Asked, Categories};
use serde::Deserialize;
use std::collections::BTreeMap;

mod categories;

pub(super) const OPERATOR: Spec =
    Spec::new("one_hot", "categories as columns of 0 and 1", include_str!("one_hot.rs"), plan)
        .parameters::<Params>()
        .called(&[
            "one_hot_encode",
            "onehot",
            "one_hot_encoder",
            "onehotencoder",
            "get_dummies",
            "dummies",
            "dummy",
            "multi_hot",
            "multilabel_binarizer",
            "encode",
            "category_encoder",
            "pivot_categories",
        ])
        .shows(Shows::Series, &["category"]);

const STATE_VERSION: u16 = 1;
/// So many columns are made.
const COLUMNS_MAX: usize = 1000;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The categories of each column: a list of them, or a number: the first so many that come.
    fields: BTreeMap<String, Asked>,
    /// Whether there is a column for all other categories.
    #[serde(default)]
    other: bool,
    /// Whether the columns themselves go on.
    #[serde(default = "yes")]
    keep: bool,
}

fn yes() -> bool {
    true
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { fields, other, keep } = params::read(params)?;
    let schema = only(inputs);
    let (mut parts, mut problems) = (Vec::<Part>::new(), Vec::new());
    if fields.is_empty() {
        problems
            .push(Problem::at("fields", "name at least one column, as in { country = [\"DE\", \"FR\"] }"));
    }
    for (name, asked) in &fields {
        match part(schema, name, asked) {
            Ok(part) => parts.push(part),
            Err(problem) => problems.push(inside(name, problem)),
        }
    }
    let stays = |at: &usize| keep || !parts.iter().any(|part| part.column == *at);
    let kept: Vec<usize> = (0..schema.len()).filter(stays).collect();
    let mut output = Schema { fields: kept.iter().map(|at| schema.fields[*at].clone()).collect() };
    for part in &mut parts {
        if other {
            part.made.push(format!("{}_other", part.name));
        }
        for made in &part.made {
            if output.index(made).is_some() {
                let what =
                    format!("there are two columns \"{made}\": rename that of the records, or a category");
                problems.push(inside(&part.name, Problem::at("fields", what)));
            }
            output.fields.push(Field::new(made, Type::I64));
        }
    }
    let made = output.len() - kept.len();
    if made > COLUMNS_MAX {
        let what = format!(
            "{made} columns would be made, {COLUMNS_MAX} are the most (hash_features takes any number)"
        );
        problems.push(Problem::at("fields", what));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let passes = kept.iter().copied().map(Some).chain(std::iter::repeat_n(None, made)).collect();
    let mut gone: Vec<usize> = (0..schema.len()).filter(|at| !kept.contains(at)).collect();
    gone.reverse();
    let stateful = parts.iter().any(|part| part.categories.learns());
    let report = Some(Schema::of(&[("column", Type::Str), ("made", Type::Str), ("category", Type::Str)]));
    let one_hot = OneHot { parts, other, gone, made: Vec::new(), text: String::new() };
    Ok(Planned {
        stateful,
        report,
        passes: Passes::These(passes),
        ..Planned::new(output, move || one_hot.clone())
    })
}

/// A column whose categories get columns of their own.
#[derive(Clone)]
struct Part {
    column: usize,
    name: String,
    categories: Categories,
    /// Names of the new columns.
    made: Vec<String>,
}

fn part(schema: &Schema, name: &str, asked: &Asked) -> std::result::Result<Part, Problem> {
    let at = column(schema, "fields", name)?;
    match schema.fields[at].of {
        Type::Str | Type::I64 | Type::Bool | Type::List => {}
        of => {
            let what =
                format!("column \"{name}\" is {of}, which has no categories: put numbers into bins before");
            return Err(Problem::at("fields", what));
        }
    }
    let categories = Categories::new(asked).map_err(|what| Problem::at("fields", what))?;
    let made = match asked {
        Asked::First(n) => (1..=*n).map(|at| format!("{name}_{at}")).collect(),
        Asked::These(all) => all.iter().map(|category| format!("{name}_{category}")).collect(),
    };
    Ok(Part { column: at, name: name.to_string(), categories, made })
}

#[derive(Clone)]
struct OneHot {
    parts: Vec<Part>,
    other: bool,
    /// The columns that do not go on, the last first.
    gone: Vec<usize>,
    /// The new columns of a part, while they are written.
    made: Vec<Vec<i64>>,
    /// A whole number, as a text.
    text: String,
}

/// Sets the columns of the categories of each row.
fn set(part: &mut Part, other: bool, column: &Column, made: &mut [Vec<i64>], text: &mut String) {
    use std::fmt::Write;
    let Part { categories, .. } = part;
    let last = made.len().wrapping_sub(1);
    let mut one = |row: usize, category: &str| match categories.place(category) {
        Some(place) => made[place][row] = 1,
        None if other => made[last][row] = 1,
        None => {}
    };
    for row in (0..column.len()).filter(|row| column.valid.get(*row)) {
        match &column.values {
            Values::Str(texts) => one(row, texts.get(row)),
            Values::List(lists) => lists.get(row).for_each(|item| one(row, item)),
            Values::Bool(truths) => one(row, if truths[row] { "yes" } else { "no" }),
            Values::I64(numbers) => {
                text.clear();
                write!(text, "{}", numbers[row]).expect("a string takes all");
                one(row, text);
            }
            _ => panic!("such a column has no categories: plan sees to that"),
        }
    }
}

impl Operator for OneHot {
    fn process(&mut self, batch: &mut Batch, _: &mut Cx) -> Result<Next> {
        let OneHot { parts, other, gone, made, text } = self;
        let rows = batch.len();
        for part in parts {
            for _ in 0..part.made.len() {
                let Values::I64(mut zeros) = batch.new_column(Type::I64).values else {
                    panic!("it is asked for")
                };
                zeros.resize(rows, 0);
                made.push(zeros);
            }
            set(part, *other, &batch.columns[part.column], made, text);
            for values in made.drain(..) {
                let mut column = Column { values: Values::I64(values), valid: Default::default() };
                column.valid.push_valid(rows);
                batch.columns.push(column);
            }
        }
        for at in &*gone {
            let old = batch.columns.remove(*at);
            batch.put_aside(old);
        }
        Ok(Next::Wait)
    }

    fn report(&mut self, out: &mut Batch, _: &mut Cx) -> Result<Next> {
        for part in &self.parts {
            for (made, category) in part.made.iter().zip(part.categories.all()) {
                let row = [&part.name, made, category].map(|text| Value::Str(text));
                out.columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
            }
        }
        Ok(Next::End)
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        let saved: Vec<(&str, &[String])> =
            self.parts.iter().map(|part| (&part.name[..], part.categories.all())).collect();
        out.put(STATE_VERSION, &saved)?;
        Ok(Next::End)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        let saved: Vec<(String, Vec<String>)> = from.get(STATE_VERSION)?;
        let mut parts = self.parts.clone();
        let fits = parts.len() == saved.len()
            && parts
                .iter_mut()
                .zip(saved)
                .all(|(part, (name, all))| part.name == name && part.categories.load(all));
        if !fits {
            return Err(Error::failed(
                "the state is of other columns or categories than the topology says (start without it)",
            ));
        }
        self.parts = parts;
        Ok(())
    }
}
