//! The words of an expression as sqlparser is to read them: only our keywords are some, and what SQLite has and
//! sqlparser has not, or has otherwise, is put in other words.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Span, Token, TokenWithSpan, Word};

/// What stands in the tree for IS and IS NOT, which are operators like others to SQLite (`a IS NULL` is only
/// one case of `a IS b`), but not to sqlparser. No text makes such an operator.
pub(in crate::expr) const IS: &str = "IS";
pub(in crate::expr) const IS_NOT: &str = "IS NOT";
pub(in crate::expr) const GLOB: &str = "GLOB";
pub(in crate::expr) const NOT_GLOB: &str = "NOT GLOB";
/// The name of the call that `INTERVAL '1' HOUR` becomes; no text makes it either.
pub(in crate::expr) const INTERVAL: &str = "INTERVAL …";

/// The words that are more than names here. What else sqlparser knows (subqueries, POSITION, dates, …) it must
/// take for names: they would be no expressions of ours, and it needs exponential time for some.
pub(super) const KEYWORDS: [Keyword; 21] = [
    Keyword::AND,
    Keyword::AS,
    Keyword::BETWEEN,
    Keyword::CASE,
    Keyword::CAST,
    Keyword::DOUBLE,
    Keyword::ELSE,
    Keyword::END,
    Keyword::ESCAPE,
    Keyword::FALSE,
    Keyword::IN,
    Keyword::LIKE,
    Keyword::NOT,
    Keyword::NOTNULL,
    Keyword::NULL,
    Keyword::OR,
    Keyword::PRECISION,
    Keyword::REGEXP,
    Keyword::THEN,
    Keyword::TRUE,
    Keyword::WHEN,
];

/// Leaves only our keywords, and puts other words in the place of IS, IS (NOT) DISTINCT FROM, ISNULL, GLOB, INTERVAL
/// and EXTRACT.
pub(super) fn ours(mut tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    tokens.retain(|token| !matches!(token.token, Token::Whitespace(_)));
    let mut reader = Reader { ends: partners(&tokens), tokens, out: Vec::new(), closing: Vec::new() };
    let mut at = 0;
    while at < reader.tokens.len() {
        at = reader.next(at);
    }
    reader.out
}

struct Reader {
    tokens: Vec<TokenWithSpan>,
    /// Where the parenthesis is closed that is opened at a place.
    ends: Vec<usize>,
    out: Vec<TokenWithSpan>,
    /// Parentheses behind which an INTERVAL ends.
    closing: Vec<usize>,
}

impl Reader {
    fn word(&self, at: usize) -> Option<&Word> {
        match self.tokens.get(at).map(|token| &token.token) {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    fn keyword(&self, at: usize) -> Keyword {
        self.word(at).map_or(Keyword::NoKeyword, |word| word.keyword)
    }

    /// Whether an unquoted word stands there.
    fn says(&self, at: usize, wanted: &str) -> bool {
        self.word(at)
            .is_some_and(|word| word.quote_style.is_none() && word.value.eq_ignore_ascii_case(wanted))
    }

    /// Whether an operand may end before this place, so that an operator comes.
    fn behind_operand(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1) else { return false };
        match &self.tokens[before].token {
            Token::Word(word) => {
                use Keyword::{END, FALSE, NULL, TRUE};
                let ends = [END, FALSE, NULL, TRUE].contains(&word.keyword);
                let operator = self.says(before, "glob") && self.behind_operand(before);
                (ends || !KEYWORDS.contains(&word.keyword)) && word.keyword != Keyword::IS && !operator
            }
            Token::Number(..) | Token::SingleQuotedString(_) | Token::RParen => true,
            _ => false,
        }
    }

    fn push(&mut self, token: Token, span: Span) {
        self.out.push(TokenWithSpan { token, span });
    }

    /// Hands on what stands at a place; says where the next thing does.
    fn next(&mut self, at: usize) -> usize {
        use Keyword::{COLLATE, DISTINCT, FROM, IS as WORD_IS, NOT};
        let span = self.tokens[at].span;
        let glob = |at| self.says(at, "glob") && self.behind_operand(at);
        let (operator, words) =
            match [self.keyword(at), self.keyword(at + 1), self.keyword(at + 2), self.keyword(at + 3)] {
                [WORD_IS, NOT, DISTINCT, FROM] => (Some(IS), 4),
                [WORD_IS, DISTINCT, FROM, _] => (Some(IS_NOT), 3),
                [WORD_IS, NOT, ..] => (Some(IS_NOT), 2),
                [WORD_IS, ..] => (Some(IS), 1),
                [NOT, ..] if self.says(at + 1, "glob") && self.behind_operand(at) => (Some(NOT_GLOB), 2),
                _ if glob(at) => (Some(GLOB), 1),
                _ => (None, 1),
            };
        if let Some(operator) = operator {
            self.push(Token::CustomBinaryOperator(operator.into()), span);
            return at + words;
        }
        if self.says(at, "isnull") && self.behind_operand(at) {
            // sqlparser's own IS NULL ends there, as ISNULL does: `a ISNULL + 1` adds to the answer.
            for (word, keyword) in [("IS", WORD_IS), ("NULL", Keyword::NULL)] {
                self.push(Token::Word(Word { value: word.to_string(), quote_style: None, keyword }), span);
            }
            return at + 1;
        }
        if let Some(next) = self.interval(at).or_else(|| self.extract(at)) {
            return next;
        }
        let keep = self.keyword(at) == COLLATE && self.behind_operand(at);
        let mut token = self.tokens[at].token.clone();
        if let Token::Word(word) = &mut token
            && !KEYWORDS.contains(&word.keyword)
            && !keep
        {
            word.keyword = Keyword::NoKeyword;
        }
        self.push(token, span);
        if self.closing.last() == Some(&at) {
            self.closing.pop();
            return self.unit(at + 1);
        }
        at + 1
    }

    /// `INTERVAL '1' HOUR`, `INTERVAL '1 day 2 hours'`, `INTERVAL 5 MINUTE`, `INTERVAL (n) SECOND`: a call.
    fn interval(&mut self, at: usize) -> Option<usize> {
        if !self.says(at, "interval") {
            return None;
        }
        let value = self.tokens.get(at + 1)?.clone();
        let unit =
            |at| self.word(at).is_some_and(|word| word.quote_style.is_none() && word.keyword != Keyword::AND);
        let span = self.tokens[at].span;
        let inner = match &value.token {
            Token::LParen => {
                let end = *self.ends.get(at + 1)?;
                if !unit(end + 1) || KEYWORDS.contains(&self.keyword(end + 1)) {
                    return None;
                }
                self.closing.push(end);
                None
            }
            Token::SingleQuotedString(_) | Token::Number(..) => Some(value),
            _ => return None,
        };
        let name = Word { value: INTERVAL.to_string(), quote_style: None, keyword: Keyword::NoKeyword };
        self.push(Token::Word(name), span);
        self.push(Token::LParen, span);
        let Some(value) = inner else { return Some(at + 1) };
        self.out.push(value);
        let unit = self.word(at + 2).is_some_and(|word| {
            word.quote_style.is_none() && !KEYWORDS.contains(&word.keyword) && word.keyword != Keyword::IS
        });
        match unit {
            true => Some(self.unit(at + 2)),
            false => {
                self.push(Token::RParen, span);
                Some(at + 2)
            }
        }
    }

    /// The unit as a text behind a comma, and the end of the call.
    fn unit(&mut self, at: usize) -> usize {
        let TokenWithSpan { token, span } = self.tokens[at].clone();
        self.push(Token::Comma, span);
        self.push(Token::SingleQuotedString(token.to_string()), span);
        self.push(Token::RParen, span);
        at + 1
    }

    /// `EXTRACT(year FROM t)`: a call with a comma.
    fn extract(&mut self, at: usize) -> Option<usize> {
        let fits = self.says(at, "extract")
            && self.tokens.get(at + 1).is_some_and(|token| token.token == Token::LParen)
            && self.says(at + 3, "from");
        let unit = self.word(at + 2).filter(|_| fits)?.value.clone();
        let spans = [0, 1, 2, 3].map(|n| self.tokens[at + n].span);
        let name = Word { value: "extract".to_string(), quote_style: None, keyword: Keyword::NoKeyword };
        let tokens = [Token::Word(name), Token::LParen, Token::SingleQuotedString(unit), Token::Comma];
        tokens.into_iter().zip(spans).for_each(|(token, span)| self.push(token, span));
        Some(at + 4)
    }
}

/// For each parenthesis that is opened, the place where it is closed; a place that there is not, where it is not.
fn partners(tokens: &[TokenWithSpan]) -> Vec<usize> {
    let (mut ends, mut open) = (vec![usize::MAX - 1; tokens.len()], Vec::new());
    for (at, token) in tokens.iter().enumerate() {
        match token.token {
            Token::LParen => open.push(at),
            Token::RParen => {
                if let Some(start) = open.pop() {
                    ends[start] = at;
                }
            }
            _ => {}
        }
    }
    ends
}
