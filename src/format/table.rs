//! Rows of a batch as a table for people: columns stand below each other, and fit the screen if there is one.
//!
//! On a screen long texts are cut, what finds no room even so is left out and said to be, and the header comes again
//! with each screenful, or when columns had to move. Without one (a pipe, a file) nothing is cut or left out.

mod layout;

use crate::data::{Batch, Column, Schema, Type, Values, render};
use crate::printable::one_line;
use layout::Layout;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many columns and lines a terminal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Screen {
    pub columns: usize,
    pub lines: usize,
}

/// Without a screen a cell is not padded beyond this: one long text would move all that comes behind it.
const PAD_MAX: usize = 40;
/// Between two columns.
const GAP: &str = "  ";

/// A table that goes on for ever.
#[derive(Clone)]
pub(crate) struct Table {
    names: Vec<String>,
    /// By column: whether it may be cut.
    texts: Vec<bool>,
    /// By column: whether it is written to the right.
    numbers: Vec<bool>,
    /// How wide the widest cell was so far, the name included.
    wants: Vec<usize>,
    layout: Layout,
    /// Lines since the header; `None`: there was none yet.
    since_head: Option<usize>,
    /// The cells of a batch, row by row.
    cells: Vec<String>,
    cell: Vec<u8>,
}

impl Table {
    pub(crate) fn new(schema: &Schema) -> Table {
        let names: Vec<String> = schema.names().map(|name| one_line(name).into_owned()).collect();
        let wants = schema.fields.iter().zip(&names).map(|(field, name)| least(field.of).max(name.width()));
        Table {
            numbers: schema.fields.iter().map(|field| field.of.is_numeric()).collect(),
            texts: schema.fields.iter().map(|field| matches!(field.of, Type::Str | Type::List)).collect(),
            wants: wants.collect(),
            names,
            layout: Layout::default(),
            since_head: None,
            cells: Vec::new(),
            cell: Vec::new(),
        }
    }

    /// The next row gets a header again: something else stands between.
    pub(crate) fn head_again(&mut self) {
        self.since_head = None;
    }

    /// Appends a line for each row, and the header where it is due.
    pub(crate) fn rows(&mut self, batch: &Batch, screen: Option<Screen>, out: &mut Vec<u8>) {
        if batch.is_empty() || self.names.is_empty() {
            return;
        }
        self.read(batch);
        let layout = match screen {
            Some(screen) => Layout::within(&self.wants, &self.texts, screen.columns),
            None => Layout::free(&self.wants, PAD_MAX),
        };
        if layout != self.layout {
            self.layout = layout;
            if screen.is_some() {
                self.since_head = self.since_head.map(|_| usize::MAX);
            }
        }
        // The header takes two lines, and what was last is to be seen above it.
        let page = screen.map_or(usize::MAX, |screen| screen.lines.saturating_sub(3).max(1));
        for row in 0..batch.len() {
            if self.since_head.is_none_or(|lines| lines >= page) {
                self.head(out);
                self.since_head = Some(0);
            }
            let cells = &self.cells[row * self.names.len()..];
            self.line(cells, out);
            self.since_head = self.since_head.map(|lines| lines.saturating_add(1));
        }
    }

    /// The cells of a batch as they are shown, and how wide they want to be.
    fn read(&mut self, batch: &Batch) {
        let Table { cells, cell, wants, names, .. } = self;
        cells.resize_with((batch.len() * names.len()).max(cells.len()), String::new);
        for row in 0..batch.len() {
            for (at, column) in batch.columns.iter().enumerate() {
                let text = &mut cells[row * names.len() + at];
                text.clear();
                cell.clear();
                show(column, row, cell);
                text.push_str(&one_line(&String::from_utf8_lossy(cell)));
                wants[at] = wants[at].max(text.width());
            }
        }
    }

    fn head(&self, out: &mut Vec<u8>) {
        if self.since_head.is_some() {
            out.push(b'\n');
        }
        self.line(&self.names, out);
        if self.layout.left_out > 0 {
            // The end of the line that has just been written.
            out.pop();
            out.extend_from_slice(format!("{GAP}+{}", self.layout.left_out).as_bytes());
            out.push(b'\n');
        }
        let rules: Vec<String> = self.layout.widths.iter().map(|width| "-".repeat(*width)).collect();
        out.extend_from_slice(rules.join(GAP).as_bytes());
        out.push(b'\n');
    }

    /// One line of cells, of which there is one for each column at least.
    fn line(&self, cells: &[String], out: &mut Vec<u8>) {
        let start = out.len();
        for (at, width) in self.layout.widths.iter().enumerate() {
            if at > 0 {
                out.extend_from_slice(GAP.as_bytes());
            }
            let cell = &cells[at];
            let long = self.layout.cuts && cell.width() > *width;
            let cell = if long { cut(cell, *width) } else { cell.clone() };
            let pad = width.saturating_sub(cell.width());
            if self.numbers[at] {
                out.resize(out.len() + pad, b' ');
            }
            out.extend_from_slice(cell.as_bytes());
            if !self.numbers[at] {
                out.resize(out.len() + pad, b' ');
            }
        }
        let end = out[start..].iter().rposition(|byte| *byte != b' ').map_or(start, |last| start + last + 1);
        out.truncate(end);
        out.push(b'\n');
    }
}

/// A column has so much room from the start, so that it need not move with each of the first records.
fn least(of: Type) -> usize {
    match of {
        Type::Bool => 5,
        Type::I64 | Type::F64 => 8,
        Type::Time => 20,
        Type::Str | Type::List => 12,
    }
}

/// A value as a person reads it: NULL is told from an empty text, and what is not finite by its name.
fn show(column: &Column, row: usize, out: &mut Vec<u8>) {
    if !column.valid.get(row) {
        return out.extend_from_slice(b"NULL");
    }
    match &column.values {
        Values::Bool(_) => render::json_cell(column, row, out),
        Values::F64(v) if !v[row].is_finite() => out.extend_from_slice(v[row].to_string().as_bytes()),
        _ => render::text_cell(column, row, out),
    }
}

/// The beginning of a text in so many columns of the screen.
fn cut(text: &str, width: usize) -> String {
    let mut room = width.saturating_sub(1);
    let fits = |c: &char| {
        let wide = c.width().unwrap_or(0);
        let fits = wide <= room;
        room -= if fits { wide } else { 0 };
        fits
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

#[cfg(test)]
mod tests;
