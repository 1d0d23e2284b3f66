//! The rows that alerts are: what happened, to which key, and what is said of it.

use super::RESOLVED;
use super::message::Message;
use super::rule::Told;
use crate::clock::{mono_ns, wall_ns};
use crate::data::{Batch, Column, Schema, Value, key};
use crate::operator::Cx;

/// Somebody has set the calendar's clock when it is off by more: two looks at two clocks never agree.
const CLOCK_SET_NS: u64 = 1_000_000;
/// The place of `alert` among its ports.
const ALERT: usize = 0;

/// Makes rows, and holds them until they are let out.
#[derive(Clone)]
pub(super) struct Rows {
    /// How many columns a key has; they are the first of the values that are kept.
    width: usize,
    /// The values of one record: key, columns of the message, fields.
    scratch: Vec<Column>,
    message: Message,
    text: String,
    /// Whether a row says that it is over.
    resolved: bool,
    /// Whether times are event times; those of the clock of records are none of the calendar.
    dated: bool,
    /// What the clock of records is behind that of the calendar.
    date_ns: i64,
    out: Batch,
}

impl Rows {
    pub(super) fn new(
        rows: &Schema,
        (width, scratch): (usize, Vec<Column>),
        message: Message,
        resolved: bool,
        dated: bool,
    ) -> Rows {
        let out = Batch::new(rows);
        Rows { width, scratch, message, text: String::new(), resolved, dated, date_ns: 0, out }
    }

    /// How many columns a key has.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Columns for the values of a record.
    pub(super) fn columns(&self) -> Vec<Column> {
        self.scratch.iter().map(|column| Column::new(column.of())).collect()
    }

    /// Puts a row for the port aside.
    pub(super) fn tell(&mut self, told: &Told<'_>, cx: &mut Cx) {
        if told.state == RESOLVED && !self.resolved {
            return;
        }
        self.scratch.iter_mut().for_each(Column::clear);
        key::read(told.values, &mut self.scratch).expect("the values were written of these columns");
        if !self.dated {
            let date_ns = wall_ns() - mono_ns() as i64;
            if date_ns.abs_diff(self.date_ns) > CLOCK_SET_NS {
                self.date_ns = date_ns;
            }
        }
        let (date_ns, out) = (self.date_ns, &mut self.out);
        out.id.push(cx.new_id());
        out.born_ns.push(told.born_ns);
        // What has a date is not moved: then date_ns is 0.
        let shown = |time: Option<i64>| time.map_or(Value::Null, |time| Value::Time(date_ns + time));
        self.text.clear();
        self.message.write(&self.scratch, &mut self.text);
        let (keys, fields) = (0..self.width, self.message.fields());
        let head = [shown(told.time), Value::Str(told.state), shown(told.since)];
        let keys = keys.map(|at| self.scratch[at].value(0));
        let fields = fields.iter().map(|at| self.scratch[*at].value(0));
        let row = head.into_iter().chain(keys).chain([Value::Str(&self.text)]).chain(fields);
        out.columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
    }

    pub(super) fn let_out(&mut self, cx: &mut Cx) {
        if !self.out.is_empty() {
            cx.side_rows(ALERT, &self.out);
            self.out.clear();
        }
    }
}
