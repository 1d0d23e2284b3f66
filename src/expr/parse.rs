//! From text to sqlparser's tree: SQLite's syntax and precedence, never deeper than the stack is.

pub(super) use super::tokens::{GLOB, INTERVAL, IS, IS_NOT, NOT_GLOB};
use super::tokens::{KEYWORDS, ours};
use super::tried;
use crate::data::time::TimeZone;
use crate::data::{Zone, time};
use crate::params::Problem;
use sqlparser::ast::{self, Spanned};
use sqlparser::dialect::{Dialect, Precedence, SQLiteDialect};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Token, Tokenizer};
use std::cell::Cell;

/// How deep parentheses, calls and the like may be nested; sqlparser takes up to 20 KB of stack for each.
const DEPTH_MAX: usize = 50;
/// Above all levels of operators.
const TIGHTEST: u8 = 100;
/// Operators of one expression. A row of them nests without parentheses, which sqlparser does not count.
const OPERATORS_MAX: usize = 1000;

/// The text of an expression, to say where in it something is wrong, and whose local times it speaks of.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub text: &'a str,
    pub zone: &'a Zone,
}

impl Source<'_> {
    /// A problem with a part of the expression.
    pub(super) fn problem(&self, at: &ast::Expr, what: impl Into<String>) -> Problem {
        self.problem_at(first(at).span().start, what)
    }

    pub(super) fn too_deep(&self, at: &ast::Expr) -> Problem {
        self.problem(at, TOO_DEEP)
    }

    pub(super) fn problem_at(&self, at: Location, what: impl Into<String>) -> Problem {
        Problem { offset: Some(self.offset(at)), what: what.into(), ..Problem::default() }
    }

    /// The zone of times that name none.
    pub(super) fn zone(&self, at: &ast::Expr) -> Result<Option<TimeZone>, Problem> {
        match self.zone {
            Zone::Utc => Ok(None),
            Zone::Of(name) => self.zone_named(at, name).map(Some),
            Zone::Several => Err(self.problem(
                at,
                "times of several zones come in, so nobody knows whose this is: write the offset of a time \
                 ('2013-01-31T05:15:00+01:00'), or the zone, as in hour(ts, 'Europe/Paris')",
            )),
        }
    }

    pub(super) fn zone_named(&self, at: &ast::Expr, name: &str) -> Result<TimeZone, Problem> {
        let unknown =
            || format!("there is no time zone \"{name}\" (IANA names are known, such as 'Europe/Paris')");
        time::zone(name).ok_or_else(|| self.problem(at, unknown()))
    }

    /// The time that a literal says.
    pub(super) fn instant(&self, at: &ast::Expr, text: &str) -> Result<i64, Problem> {
        if let Some(ns) = time::parse_named(text) {
            return Ok(ns);
        }
        let zone = self.zone(at)?;
        time::parse(text, zone.as_ref()).ok_or_else(|| {
            let what = match (time::parse(text, None), self.zone) {
                (Some(_), Zone::Of(name)) => {
                    format!("clocks are changed at '{text}' in {name}, which has that time not once: write its offset")
                }
                _ => format!("\"{text}\" is no time (such as '2013-01-31' or '2013-01-31T05:15:00Z')"),
            };
            self.problem(at, what)
        })
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

    pub(super) fn parse(&self) -> Result<ast::Expr, Problem> {
        if self.text.trim().is_empty() {
            return Err(Problem { offset: Some(0), ..Problem::whole("an expression is missing") });
        }
        let dialect = Sql::default();
        let tokens = Tokenizer::new(&dialect, self.text).tokenize_with_location();
        let tokens = tokens.map_err(|error| self.refused(error.into()))?;
        let parser = Parser::new(&dialect).with_recursion_limit(DEPTH_MAX);
        let mut parser = parser.with_tokens_with_locations(ours(tokens));
        let expr = parser.parse_expr().map_err(|error| self.refused(error))?;
        let behind = parser.next_token();
        match behind.token {
            Token::EOF => Ok(expr),
            token => Err(self.stray(self.offset(behind.span.start), &token.to_string())),
        }
    }

    /// Something stands where an expression should end.
    fn stray(&self, at: usize, token: &str) -> Problem {
        let (offset, what) = match tried::sign(self.text, at) {
            Some((start, sign, ours)) => (start, format!("there is no \"{sign}\" here: {ours}")),
            None => (at, format!("the expression should end before \"{token}\"")),
        };
        Problem { offset: Some(offset), what, ..Problem::default() }
    }

    /// sqlparser's error as a problem: its words, and its place, which is only in the words.
    fn refused(&self, error: ParserError) -> Problem {
        let said = match error {
            ParserError::TokenizerError(said) | ParserError::ParserError(said) => said,
            ParserError::RecursionLimitExceeded => {
                return self.problem_at(Location::empty(), TOO_DEEP);
            }
        };
        let (words, place) = said.rsplit_once(" at Line: ").unwrap_or((&said, ""));
        let place = place.split_once(", Column: ").and_then(|(line, column)| {
            Some(Location { line: line.parse().ok()?, column: column.parse().ok()? })
        });
        let offset = place.map_or(self.text.len(), |place| self.offset(place));
        if words.starts_with("No infix parser") || tried::sign(self.text, offset).is_some() {
            let token = self.text[offset..].split_whitespace().next().unwrap_or_default();
            return self.stray(offset, token);
        }
        let words = words.replace("Expected: ", "expected ").replace(", found: ", ", found ");
        let words = words.replace("found EOF", "found the end");
        let mut letters = words.chars();
        let first = letters.next().map(|first| first.to_ascii_lowercase());
        let what = first.into_iter().chain(letters).collect::<String>();
        Problem { offset: Some(offset), what, ..Problem::default() }
    }
}

/// Name and arguments of a call without DISTINCT, OVER and the like.
pub(super) fn plain_call(function: &ast::Function) -> Option<(&str, Vec<&ast::Expr>)> {
    let [ast::ObjectNamePart::Identifier(name)] = function.name.0.as_slice() else { return None };
    let ast::FunctionArguments::List(list) = &function.args else { return None };
    let more = function.over.is_some() || function.filter.is_some() || function.null_treatment.is_some();
    if more || list.duplicate_treatment.is_some() || !list.clauses.is_empty() {
        return None;
    }
    let args = list.args.iter().map(|arg| match arg {
        ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(arg)) => Some(arg),
        _ => None,
    });
    Some((&name.value, args.collect::<Option<_>>()?))
}

const TOO_DEEP: &str = "the expression is nested too deeply (derive parts of it first)";

/// The leftmost operand, found without recursion however long a row of operators is.
fn first(mut at: &ast::Expr) -> &ast::Expr {
    use ast::Expr as E;
    loop {
        at = match at {
            E::BinaryOp { left: of, .. }
            | E::Nested(of)
            | E::IsNull(of)
            | E::IsNotNull(of)
            | E::InList { expr: of, .. }
            | E::Between { expr: of, .. }
            | E::Like { expr: of, .. }
            | E::RLike { expr: of, .. } => of,
            _ => return at,
        }
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

    /// A name that is one of our keywords is quoted; else an error behind such a word would be lost.
    fn is_reserved_for_identifier(&self, keyword: Keyword) -> bool {
        KEYWORDS.contains(&keyword)
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

    fn supports_bitwise_shift_operators(&self) -> bool {
        true
    }

    /// `~` binds tighter than any operator of two.
    fn parse_prefix(&self, parser: &mut Parser) -> Option<Result<ast::Expr, ParserError>> {
        if parser.peek_token_ref().token != Token::Tilde {
            return None;
        }
        parser.next_token();
        let expr = parser.parse_subexpr(TIGHTEST);
        Some(expr.map(|expr| ast::Expr::UnaryOp { op: ast::UnaryOperator::BitwiseNot, expr: Box::new(expr) }))
    }

    /// SQLite's equality, IS, IN, LIKE and BETWEEN are of one level.
    fn prec_value(&self, level: Precedence) -> u8 {
        match level {
            Precedence::Between | Precedence::Eq | Precedence::Like | Precedence::Is => 20,
            level => self.sqlite.prec_value(level),
        }
    }

    /// SQLite's order binds tighter than its equality, and bits tighter than that.
    fn get_next_precedence(&self, parser: &Parser) -> Option<Result<u8, ParserError>> {
        match &parser.peek_token_ref().token {
            Token::Lt | Token::LtEq | Token::Gt | Token::GtEq => Some(Ok(21)),
            Token::Ampersand | Token::Pipe | Token::ShiftLeft | Token::ShiftRight => Some(Ok(25)),
            Token::CustomBinaryOperator(_) => Some(Ok(self.prec_value(Precedence::Is))),
            _ => None,
        }
    }

    fn parse_infix(
        &self,
        parser: &mut Parser,
        _left: &ast::Expr,
        _precedence: u8,
    ) -> Option<Result<ast::Expr, ParserError>> {
        let operators = self.operators.get() + 1;
        self.operators.set(operators);
        let at = parser.peek_token_ref().span.start;
        if operators > OPERATORS_MAX {
            let what = format!("an expression has at most {OPERATORS_MAX} operators (write many OR as IN, ");
            return Some(Err(ParserError::ParserError(format!("{what}or derive parts of it first){at}"))));
        }
        None
    }
}
