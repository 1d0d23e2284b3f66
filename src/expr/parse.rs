//! From text to sqlparser's tree: SQLite's syntax and precedence, never deeper than the stack is.

use crate::params::Problem;
use sqlparser::ast::{self, Spanned};
use sqlparser::dialect::{Dialect, Precedence, SQLiteDialect};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Token};
use std::cell::Cell;

/// How deep parentheses and the like may be nested. sqlparser takes two levels for one of ours at most.
const DEPTH_MAX: usize = 100;
/// Operators of one expression. A row of them nests without parentheses, which sqlparser does not count.
const OPERATORS_MAX: usize = 1000;

/// The text of an expression, to say where in it something is wrong.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub text: &'a str,
}

impl Source<'_> {
    /// A problem with a part of the expression.
    pub fn problem(&self, at: &ast::Expr, what: impl Into<String>) -> Problem {
        self.problem_at(at.span().start, what)
    }

    pub fn problem_at(&self, at: Location, what: impl Into<String>) -> Problem {
        Problem { offset: Some(self.offset(at)), what: what.into(), ..Problem::default() }
    }

    /// Lines and columns count from 1, columns in characters; line 0 is nowhere.
    fn offset(&self, at: Location) -> usize {
        let Location { line, column } = at;
        if line == 0 {
            return 0;
        }
        let before = self.text.split_inclusive('\n').take(line as usize - 1);
        let start = before.map(str::len).sum::<usize>();
        let nth = self.text[start..].char_indices().nth((column as usize).saturating_sub(1));
        nth.map_or(self.text.len(), |(at, _)| start + at)
    }

    pub fn parse(&self) -> Result<ast::Expr, Problem> {
        let dialect = Sql::default();
        let parser = Parser::new(&dialect).with_recursion_limit(DEPTH_MAX);
        let mut parser = parser.try_with_sql(self.text).map_err(|error| self.refused(error))?;
        let expr = parser.parse_expr().map_err(|error| self.refused(error))?;
        let behind = parser.next_token();
        match behind.token {
            Token::EOF => Ok(expr),
            token => {
                Err(self
                    .problem_at(behind.span.start, format!("the expression should end before \"{token}\"")))
            }
        }
    }

    /// sqlparser's error as a problem: its words, and its place, which is only in the words.
    fn refused(&self, error: ParserError) -> Problem {
        let said = match error {
            ParserError::TokenizerError(said) | ParserError::ParserError(said) => said,
            ParserError::RecursionLimitExceeded => {
                let what = "the expression is nested too deeply (make it of several derived columns)";
                return self.problem_at(Location::empty(), what);
            }
        };
        let (words, place) = said.rsplit_once(" at Line: ").unwrap_or((&said, ""));
        let place = place.split_once(", Column: ").and_then(|(line, column)| {
            Some(Location { line: line.parse().ok()?, column: column.parse().ok()? })
        });
        let words = words.replace("Expected: ", "expected ").replace(", found: ", ", found ");
        let words = words.replace("found EOF", "found the end");
        let mut letters = words.chars();
        let first = letters.next().map(|first| first.to_ascii_lowercase());
        let what = first.into_iter().chain(letters).collect::<String>();
        let offset = place.map_or(self.text.len(), |place| self.offset(place));
        Problem { offset: Some(offset), what, ..Problem::default() }
    }
}

/// SQLite's dialect with SQLite's precedence, and a count of operators.
#[derive(Debug, Default)]
struct Sql {
    sqlite: SQLiteDialect,
    operators: Cell<usize>,
}

impl Dialect for Sql {
    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        self.sqlite.is_delimited_identifier_start(ch)
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        self.sqlite.is_identifier_start(ch)
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        self.sqlite.is_identifier_part(ch)
    }

    fn supports_in_empty_list(&self) -> bool {
        true
    }

    fn supports_notnull_operator(&self) -> bool {
        true
    }

    fn supports_comma_separated_trim(&self) -> bool {
        true
    }

    fn supports_numeric_literal_underscores(&self) -> bool {
        true
    }

    /// SQLite's equality, IS, IN, LIKE and BETWEEN are of one level.
    fn prec_value(&self, level: Precedence) -> u8 {
        match level {
            Precedence::Between | Precedence::Eq | Precedence::Like | Precedence::Is => 20,
            level => self.sqlite.prec_value(level),
        }
    }

    /// `< <= > >=` bind tighter than equality, `||` tighter than `*`. The level that sqlparser gives `*` is
    /// also that of the sign, which binds tighter than both.
    fn get_next_precedence(&self, parser: &Parser) -> Option<Result<u8, ParserError>> {
        match &parser.peek_token_ref().token {
            Token::Lt | Token::LtEq | Token::Gt | Token::GtEq => Some(Ok(21)),
            Token::StringConcat => Some(Ok(40)),
            Token::Mul | Token::Div | Token::Mod => Some(Ok(38)),
            _ => None,
        }
    }

    fn parse_infix(
        &self,
        parser: &mut Parser,
        left: &ast::Expr,
        precedence: u8,
    ) -> Option<Result<ast::Expr, ParserError>> {
        let operators = self.operators.get() + 1;
        self.operators.set(operators);
        let at = parser.peek_token_ref().span.start;
        if operators > OPERATORS_MAX {
            let what = format!("an expression has at most {OPERATORS_MAX} operators (write many OR as IN, ");
            return Some(Err(ParserError::ParserError(format!("{what}or derive parts of it first){at}"))));
        }
        for keyword in [Keyword::GLOB, Keyword::MATCH] {
            if parser.peek_keyword(keyword) {
                let what = format!("there is no {keyword:?} here (write LIKE or REGEXP)");
                return Some(Err(ParserError::ParserError(format!("{what}{at}"))));
            }
        }
        if !parser.parse_keyword(Keyword::IS) {
            return None;
        }
        // `a IS b` for any b, of which `a IS NULL` is only one case to SQLite; sqlparser does not know it.
        let not = parser.parse_keyword(Keyword::NOT);
        if parser.peek_keyword(Keyword::DISTINCT) {
            (0..1 + usize::from(not)).for_each(|_| parser.prev_token());
            return None;
        }
        let left = Box::new(left.clone());
        Some(parser.parse_subexpr(precedence).map(|right| match not {
            true => ast::Expr::IsDistinctFrom(left, Box::new(right)),
            false => ast::Expr::IsNotDistinctFrom(left, Box::new(right)),
        }))
    }
}
