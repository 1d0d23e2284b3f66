//! In which way a text is taken apart: one of eight, chosen once.

use super::access_log::{self, AccessLog};
use super::parted::{self, Parted};
use super::pattern::Pattern;
use super::piece::Piece;
use super::{amounts, url};
use crate::format::{Field, JsonFields, Record};

/// Takes texts apart; keeps what it needs for that.
#[derive(Clone)]
pub(super) struct How {
    kind: Kind,
    parted: Parted,
}

#[derive(Clone)]
pub(super) enum Kind {
    Regex(Box<Pattern>),
    KeyValue { between: String, equals: String, columns: Vec<String> },
    Json { fields: Box<JsonFields> },
    Csv { delimiter: char, columns: usize },
    AccessLog(Box<AccessLog>),
    Url { parts: Vec<usize>, parameters: Vec<String> },
    Duration,
    Size,
}

impl How {
    pub(super) fn new(kind: Kind) -> How {
        How { kind, parted: Parted::default() }
    }

    /// Takes a text apart.
    ///
    /// # Errors
    /// The reason for which it does not parse.
    pub(super) fn part(&mut self, text: &str) -> Result<(), &'static str> {
        let parted = &mut self.parted;
        match &mut self.kind {
            Kind::Regex(pattern) => pattern.part(text, parted).ok_or("regex"),
            Kind::KeyValue { between, equals, columns } => {
                parted.begin(columns.len());
                parted::pairs(text, (between, equals), columns, parted).ok_or("key_value")
            }
            Kind::Json { fields } => fields.read(text.as_bytes()),
            Kind::Csv { delimiter, columns } => {
                parted.begin(*columns);
                parted::csv(text, *delimiter, *columns, parted).ok_or("csv")
            }
            Kind::AccessLog(log) => {
                parted.begin(access_log::COLUMNS.len());
                log.part(text, parted).ok_or("access_log")
            }
            Kind::Url { parts, parameters } => {
                parted.begin(parts.len() + parameters.len());
                url::part(text, parts, parameters, parted).ok_or("url")
            }
            Kind::Duration => {
                parted.begin(1);
                parted.pieces[0] = Piece::F64(amounts::seconds(text).ok_or("duration")?);
                Ok(())
            }
            Kind::Size => {
                parted.begin(1);
                parted.pieces[0] = Piece::I64(amounts::bytes(text).ok_or("size")?);
                Ok(())
            }
        }
    }

    /// What the last text says of a column.
    pub(super) fn field<'a>(&'a mut self, column: usize, text: &'a str) -> Field<'a> {
        match &mut self.kind {
            Kind::Json { fields } => fields.field(column),
            _ => self.parted.field(column, text),
        }
    }
}
