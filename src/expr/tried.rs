//! Signs and words of other languages that people try, and how the thing is written here.

/// The longer of two that begin alike stands first.
const SIGNS: &[(&str, &str)] = &[
    ("&&", "write AND"),
    ("=~", "write x REGEXP 'pattern'"),
    ("!~", "write x NOT REGEXP 'pattern'"),
    ("===", "write ="),
    ("=>", "write >="),
    ("=<", "write <="),
    ("**", "write x * x"),
    ("::", "write CAST(x AS type)"),
    ("?", "write CASE WHEN … THEN … ELSE … END"),
    ("!", "write NOT"),
    ("~", "write REGEXP"),
    ("^", "write x * x for a power"),
    ("&", "write AND"),
    ("|", "write OR"),
    ("[", "a list in brackets is written IN (…)"),
    ("{", "write the column's name alone"),
    ("$", "write the column's name alone"),
    ("“", "a text stands in straight single quotes, 'text'"),
    ("”", "a text stands in straight single quotes, 'text'"),
    ("‘", "a text stands in straight single quotes, 'text'"),
    ("’", "a text stands in straight single quotes, 'text'"),
];

const CASE: &str = "write CASE WHEN … THEN … ELSE … END";
const COALESCE: &str = "write coalesce(x, …)";
const WINDOW: &str = "an expression is of one record: a step window does that for many";

const FUNCTIONS: &[(&str, &str)] = &[
    ("int", "write CAST(x AS i64)"),
    ("integer", "write CAST(x AS i64)"),
    ("float", "write CAST(x AS f64)"),
    ("double", "write CAST(x AS f64)"),
    ("number", "write CAST(x AS f64)"),
    ("str", "write CAST(x AS str)"),
    ("string", "write CAST(x AS str)"),
    ("text", "write CAST(x AS str)"),
    ("bool", "write CAST(x AS bool)"),
    ("time", "write CAST(x AS time)"),
    ("timestamp", "write CAST(x AS time)"),
    ("datetime", "write CAST(x AS time)"),
    ("try_cast", "CAST is one: what has no answer is NULL"),
    ("len", "write length(x)"),
    ("strlen", "write length(x)"),
    ("substring", "write substr(x, start, count)"),
    ("concat", "write a || b"),
    ("if", CASE),
    ("iif", CASE),
    ("ifnull", COALESCE),
    ("nvl", COALESCE),
    ("isnull", "write x IS NULL"),
    ("is_null", "write x IS NULL"),
    ("isna", "write x IS NULL"),
    ("contains", "write x LIKE '%text%'"),
    ("startswith", "write x LIKE 'text%'"),
    ("starts_with", "write x LIKE 'text%'"),
    ("endswith", "write x LIKE '%text'"),
    ("ends_with", "write x LIKE '%text'"),
    ("match", "write x REGEXP 'pattern'"),
    ("regexp_like", "write x REGEXP 'pattern'"),
    ("pow", "write x * x"),
    ("power", "write x * x"),
    ("mod", "write a % b"),
    ("log", "write ln(x), or ln(x) / ln(10)"),
    ("log10", "write ln(x) / ln(10)"),
    ("year", "write substr(date(t), 1, 4)"),
    ("month", "write substr(date(t), 6, 2)"),
    ("day", "write substr(date(t), 9, 2)"),
    ("to_date", "write date(t)"),
    ("count", WINDOW),
    ("sum", WINDOW),
    ("avg", WINDOW),
    ("mean", WINDOW),
    ("min", WINDOW),
    ("max", WINDOW),
];

const NAMES: &[(&str, &str)] = &[
    ("none", "no value is written NULL, and asked for by x IS NULL"),
    ("nil", "no value is written NULL, and asked for by x IS NULL"),
    ("nan", "what is no number is NULL here, and asked for by x IS NULL"),
    ("undefined", "no value is written NULL, and asked for by x IS NULL"),
];

/// The sign at a place of a text, or one that began right before it: where it begins, and what is written here instead.
pub(super) fn sign(text: &str, at: usize) -> Option<(usize, &'static str, &'static str)> {
    let starts = [at.checked_sub(1), Some(at)].into_iter().flatten();
    let mut found = starts.filter_map(|start| {
        let rest = text.get(start..)?;
        let (sign, ours) =
            SIGNS.iter().find(|(sign, _)| rest.starts_with(sign) && start + sign.len() > at)?;
        Some((start, *sign, *ours))
    });
    found.next()
}

/// What is written here instead of a function.
pub(super) fn function(name: &str) -> Option<&'static str> {
    found(FUNCTIONS, name)
}

/// What is written here instead of a word that is no column.
pub(super) fn name(name: &str) -> Option<&'static str> {
    found(NAMES, name)
}

fn found(words: &'static [(&str, &'static str)], word: &str) -> Option<&'static str> {
    words.iter().find(|(tried, _)| tried.eq_ignore_ascii_case(word)).map(|(_, ours)| *ours)
}
