//! A typed expression as a tree, and how it runs: leaves lend their columns, every other node fills a column of
//! its own, kept from batch to batch.

use super::choose::Choose;
use super::elements::Elements;
use super::logic::{self, Join};
use super::membership::{Against, Within};
use super::operation::Operation;
use super::text::ROOM;
use super::view::{View, zero_nulls};
use crate::data::{Batch, Column, Type, Value, Values};

/// An operation takes so many operands at most; few take more than three.
pub(super) const OPERANDS_MAX: usize = 32;
const FEW: usize = 3;

#[derive(Clone)]
pub(super) struct Node {
    /// `None`: a NULL that fits any type; such a node is always a literal.
    pub of: Option<Type>,
    /// How many nodes lie below one another, this one included.
    pub depth: usize,
    kind: Kind,
    scratch: Column,
}

#[derive(Clone)]
pub(super) enum Kind {
    Column(usize),
    /// One row.
    Literal(Column),
    Operation(Operation, Vec<Node>),
    /// A chain of ANDs or of ORs, however long: no deeper than one of them.
    Join(Join, Vec<Node>),
    Against(Box<Against>),
    Within(Box<Within>),
    Choose(Box<Choose>),
    Elements(Box<Elements>),
}

impl Node {
    pub(super) fn column(index: usize, of: Type) -> Node {
        Node { of: Some(of), depth: 1, kind: Kind::Column(index), scratch: Column::new(of) }
    }

    pub(super) fn literal(column: Column) -> Node {
        let of = column.of();
        Node { of: Some(of), depth: 1, kind: Kind::Literal(column), scratch: Column::new(of) }
    }

    pub(super) fn time(ns: i64) -> Node {
        let mut column = Column::new(Type::Time);
        column.push(Value::Time(ns));
        Node::literal(column)
    }

    /// The NULL of a type, or of none.
    pub(super) fn null(of: Option<Type>) -> Node {
        let mut column = Column::new(of.unwrap_or(Type::Bool));
        column.push_null();
        Node { of, ..Node::literal(column) }
    }

    /// A node over others. Over literals alone it is a literal itself: what it says is found here, once.
    pub(super) fn new(of: Type, kind: Kind) -> Node {
        let mut node = Node { of: Some(of), depth: 1, kind, scratch: Column::new(of) };
        let (mut constant, mut below) = (true, 0);
        node.operands(&mut |operand| {
            constant &= operand.as_literal().is_some();
            below = below.max(operand.depth);
        });
        node.depth += below;
        if !constant {
            return node;
        }
        let mut one_row = Batch::default();
        one_row.id.push(0);
        one_row.born_ns.push(0);
        node.run(&one_row);
        Node::literal(node.scratch)
    }

    pub(super) fn operation(of: Type, operation: Operation, operands: Vec<Node>) -> Node {
        Node::new(of, Kind::Operation(operation, operands))
    }

    /// `a AND b`, `a OR b`; where `a` is such a chain already, `b` joins it.
    pub(super) fn join(join: Join, a: Node, b: Node) -> Node {
        let mut operands = match a {
            Node { kind: Kind::Join(of, operands), .. } if of == join => operands,
            a => vec![a],
        };
        operands.push(b);
        Node::new(Type::Bool, Kind::Join(join, operands))
    }

    pub(super) fn as_literal(&self) -> Option<&Column> {
        match &self.kind {
            Kind::Literal(column) => Some(column),
            _ => None,
        }
    }

    /// It is NULL and nothing else.
    pub(super) fn is_null(&self) -> bool {
        self.as_literal().is_some_and(|column| !column.valid.get(0))
    }

    /// The columns that are read, in no order.
    pub(super) fn columns(&self, found: &mut Vec<usize>) {
        if let Kind::Column(index) = self.kind
            && !found.contains(&index)
        {
            found.push(index);
        }
        self.operands(&mut |operand| operand.columns(found));
    }

    /// The text of a string literal.
    pub(super) fn as_text(&self) -> Option<&str> {
        let column = self.as_literal().filter(|column| column.valid.get(0))?;
        match &column.values {
            Values::Str(text) => Some(text.get(0)),
            _ => None,
        }
    }

    /// The number of an i64 literal.
    pub(super) fn as_whole(&self) -> Option<i64> {
        let column = self.as_literal().filter(|column| column.valid.get(0))?;
        match &column.values {
            Values::I64(number) => Some(number[0]),
            _ => None,
        }
    }

    /// How many nodes it is made of, this one included.
    pub(super) fn size(&self) -> usize {
        let mut size = 1;
        self.operands(&mut |operand| size += operand.size());
        size
    }

    /// Shows every node right below this one.
    fn operands(&self, see: &mut dyn FnMut(&Node)) {
        match &self.kind {
            Kind::Column(_) | Kind::Literal(_) => {}
            Kind::Operation(_, operands) | Kind::Join(_, operands) => operands.iter().for_each(see),
            Kind::Against(against) => against.operands(see),
            Kind::Within(within) => see(&within.value),
            Kind::Choose(choose) => choose.operands(see),
            Kind::Elements(elements) => elements.operands(see),
        }
    }

    /// Finds the node's values for a batch; `view` shows them.
    pub(super) fn run(&mut self, batch: &Batch) {
        self.scratch.clear();
        match &self.kind {
            Kind::Column(index) => without_nan(&batch.columns[*index], &mut self.scratch),
            Kind::Literal(_) => {}
            _ => self.kind.fill(batch, &mut self.scratch),
        }
    }

    /// The values found by the last `run`, which was with the same batch.
    pub(super) fn view<'a>(&'a self, batch: &'a Batch) -> View<'a> {
        match &self.kind {
            Kind::Column(index) if self.scratch.is_empty() => {
                View { column: &batch.columns[*index], one: false }
            }
            Kind::Literal(column) => View { column, one: true },
            _ => View { column: &self.scratch, one: false },
        }
    }

    /// Whether a column below found no room for the texts of the last batch.
    pub(super) fn is_full(&self) -> bool {
        let mut full = self.scratch.is_full();
        self.operands(&mut |operand| full |= operand.is_full());
        full
    }

    /// Appends the node's values for a batch to a column of its type, without a copy of its own.
    pub(super) fn append(&mut self, batch: &Batch, out: &mut Column) {
        match &mut self.kind {
            Kind::Literal(column) => (0..batch.len()).for_each(|_| out.extend_within(ROOM, column, 0, 1)),
            Kind::Column(_) => {
                self.run(batch);
                out.extend(self.view(batch).column, 0, batch.len());
            }
            kind => kind.fill(batch, out),
        }
    }
}

impl Kind {
    fn fill(&mut self, batch: &Batch, out: &mut Column) {
        match self {
            Kind::Column(_) | Kind::Literal(_) => unreachable!("a leaf lends its values"),
            Kind::Operation(operation, operands) => {
                operands.iter_mut().for_each(|operand| operand.run(batch));
                match operands.len() {
                    ..=FEW => apply::<FEW>(operation, operands, batch, out),
                    _ => apply::<OPERANDS_MAX>(operation, operands, batch, out),
                }
            }
            Kind::Join(join, operands) => {
                for (i, operand) in operands.iter_mut().enumerate() {
                    operand.run(batch);
                    match i {
                        0 => logic::start(operand.view(batch), batch.len(), out),
                        _ => logic::join(*join, out, operand.view(batch)),
                    }
                }
            }
            Kind::Against(against) => against.fill(batch, out),
            Kind::Within(within) => within.fill(batch, out),
            Kind::Choose(choose) => choose.fill(batch, out),
            Kind::Elements(elements) => elements.fill(batch, out),
        }
    }
}

/// Shows an operation its operands, `N` at most.
fn apply<const N: usize>(operation: &Operation, operands: &[Node], batch: &Batch, out: &mut Column) {
    let last = operands.len() - 1;
    let views: [View<'_>; N] = std::array::from_fn(|i| operands[i.min(last)].view(batch));
    operation.apply(&views[..=last], batch.len(), out);
}

/// NaN counts as NULL, as in SQLite, which has none. A column that holds one is copied without it; any other is
/// read where it lies.
fn without_nan(column: &Column, out: &mut Column) {
    let Values::F64(values) = &column.values else { return };
    if !values.iter().any(|x| x.is_nan()) {
        return;
    }
    out.extend(column, 0, values.len());
    let Values::F64(copied) = &mut out.values else { return };
    for (row, _) in values.iter().enumerate().filter(|(_, x)| x.is_nan()) {
        out.valid.set(row, false);
    }
    zero_nulls(copied, &out.valid);
}
