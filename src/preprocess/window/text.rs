//! The text of a field, taken apart: `quantile(price * n, 0.95) WHERE channel = 'web'`.

use super::function::Function;

/// What a field asks for; parts of its text come with where they begin in it.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub function: Function,
    /// The function's name.
    pub of: String,
    /// The column, or the expression, that it is asked of; `None`: of records.
    pub argument: Option<(&'a str, usize)>,
    pub condition: Option<(&'a str, usize)>,
}

/// Reads the text of a field.
pub(super) fn asked(text: &str) -> Result<Asked<'_>, String> {
    let wrong = || format!("\"{}\" is no count(), sum(x), mean(x), min(x), max(x) or the like", text.trim());
    let open = text.find('(').ok_or_else(wrong)?;
    let of = text[..open].trim().to_ascii_lowercase();
    if of.is_empty() || !of.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(wrong());
    }
    let (close, commas) =
        inside(text, open).ok_or_else(|| format!("\"{}\" has no ) that ends {of}(", text.trim()))?;
    let condition = behind(text, close + 1)?;
    // Only some functions take a number behind their column; a comma within the column's own parentheses is its own.
    let (argument, number) = match commas.last() {
        Some(comma) => (part(text, open + 1, *comma), Some(text[comma + 1..close].trim())),
        None => (part(text, open + 1, close), None),
    };
    let function = Function::read(&of, number)?;
    let distinct = argument.0.get(..9).is_some_and(|word| word.eq_ignore_ascii_case("distinct "));
    if distinct {
        return Err(format!(
            "{of} has no DISTINCT: write distinct(x) for how many different values there are"
        ));
    }
    let argument = Some(argument).filter(|(text, _)| !text.is_empty() && *text != "*");
    Ok(Asked { function, of, argument, condition })
}

/// A part of a text without the blanks around it, and where it begins.
fn part(text: &str, from: usize, to: usize) -> (&str, usize) {
    let raw = &text[from..to];
    (raw.trim(), from + raw.len() - raw.trim_start().len())
}

/// Where the parenthesis ends that opens there, and the commas that are its own.
fn inside(text: &str, open: usize) -> Option<(usize, Vec<usize>)> {
    let (mut depth, mut quote, mut commas) = (0usize, None, Vec::new());
    for (at, c) in text[open..].char_indices().map(|(at, c)| (open + at, c)) {
        match (quote, c) {
            (Some(mark), _) if c == mark => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => {
                depth -= 1;
                if depth == 0 {
                    return Some((at, commas));
                }
            }
            (None, ',') if depth == 1 => commas.push(at),
            _ => {}
        }
    }
    None
}

/// The condition that stands behind a function: `WHERE …`, or as SQL has it `FILTER (WHERE …)`.
fn behind(text: &str, from: usize) -> Result<Option<(&str, usize)>, String> {
    let (rest, at) = part(text, from, text.len());
    if rest.is_empty() {
        return Ok(None);
    }
    if let Some((inner, at)) = word(rest, at, "filter")
        && inner.starts_with('(')
    {
        let within = inside(text, at).filter(|(close, _)| text[close + 1..].trim().is_empty());
        let within = within.map(|(close, _)| part(text, at + 1, close));
        if let Some(condition) = within.and_then(|(inner, at)| word(inner, at, "where")) {
            return Ok(Some(condition));
        }
    }
    match word(rest, at, "where") {
        Some(condition) if !condition.0.is_empty() => Ok(Some(condition)),
        Some(_) => Err("a condition is missing behind WHERE".to_string()),
        None => Err(format!(
            "behind a function there is only WHERE and a condition, not \"{rest}\" (compute with its answer in a step \
             derive behind the window)"
        )),
    }
}

/// What stands behind a word, if a text begins with it.
fn word<'a>(text: &'a str, at: usize, word: &str) -> Option<(&'a str, usize)> {
    let begins = text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    let rest = text.get(word.len()..).filter(|_| begins)?;
    let ends = !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    ends.then(|| (rest.trim(), at + word.len() + rest.len() - rest.trim_start().len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_taken_apart() {
        let parts = |text: &'static str| {
            let Asked { function, argument, condition, .. } = asked(text).unwrap();
            (function, argument.map(|(text, _)| text), condition.map(|(text, _)| text))
        };
        assert_eq!(parts("count()"), (Function::Count, None, None));
        assert_eq!(parts(" COUNT ( * ) where a=1"), (Function::Count, None, Some("a=1")));
        assert_eq!(parts("sum(x)"), (Function::Sum, Some("x"), None));
        let text = "quantile(round(x, 2) * (y + 1), 0.95) WHERE s = ') ,' AND (a OR b)";
        assert_eq!(
            parts(text),
            (Function::Quantile(0.95), Some("round(x, 2) * (y + 1)"), Some("s = ') ,' AND (a OR b)"))
        );
        assert_eq!(parts("top(\"a (b)\", 3)"), (Function::Top(3), Some("\"a (b)\""), None));
        assert_eq!(parts("sum(x) FILTER (WHERE y > 0)"), (Function::Sum, Some("x"), Some("y > 0")));
        assert_eq!(parts("collect(x)"), (Function::Collect(1000), Some("x"), None));
    }

    #[test]
    fn parts_know_where_they_begin() {
        for text in ["sum( x*2 ) WHERE  y > 0", "sum(x*2) FILTER ( WHERE y > 0 )"] {
            let Asked { argument, condition, .. } = asked(text).unwrap();
            let (argument, condition) = (argument.unwrap(), condition.unwrap());
            assert!(text[argument.1..].starts_with("x*2") && argument.0 == "x*2");
            assert!(text[condition.1..].starts_with("y > 0") && condition.0 == "y > 0");
        }
    }

    #[test]
    fn what_is_none_is_told() {
        for (text, told) in [
            ("orders", "\"orders\" is no count(), sum(x)"),
            ("sum(x", "has no ) that ends sum("),
            ("avg(x)", "there is no \"avg\" of a window (write mean(x); there is count, sum"),
            ("count(DISTINCT x)", "write distinct(x)"),
            ("quantile(x)", "needs a share from 0 to 1"),
            ("quantile(x, 95)", "needs a share from 0 to 1"),
            ("top(x)", "as in top(x, 3)"),
            ("collect(x, 0)", "1 to 10000"),
            ("sum(x, 3)", "sum takes one column"),
            ("sum(x) / 2", "only WHERE"),
            ("sum(x) WHERE", "a condition is missing"),
            ("sum(x) wherever", "only WHERE"),
            ("(x)", "is no count()"),
            ("é(x)", "is no count()"),
        ] {
            let what = asked(text).unwrap_err();
            assert!(what.contains(told), "{text}: {what}");
        }
    }
}
