//! Signs and words of other languages that people try, and how the thing is written here.

/// The longer of two that begin alike stands first.
const SIGNS: &[(&str, &str)] = &[
    ("&&", "write AND"),
    ("->", "write json_get(x, '$.path')"),
    ("=~", "write x REGEXP 'pattern'"),
    ("!~", "write x NOT REGEXP 'pattern'"),
    ("===", "write ="),
    ("=>", "write >="),
    ("=<", "write <="),
    ("**", "write power(x, y)"),
    ("::", "write CAST(x AS type)"),
    ("?", "write CASE WHEN … THEN … ELSE … END"),
    ("!", "write NOT"),
    ("~", "write REGEXP"),
    ("^", "write power(x, y)"),
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

const WINDOW: &str = "an expression is of one record: a step window does that for many";
const CLOCK: &str = "an expression knows no clock: use the record's own time";
const MINUS: &str = "write t - u, which is nanoseconds, or date_diff('hour', u, t)";

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
    ("time", "write CAST(x AS time), or strftime('%T', t)"),
    ("timestamp", "write CAST(x AS time)"),
    ("datetime", "write CAST(x AS time), or strftime('%F %T', t)"),
    ("julianday", "write CAST(strftime('%J', t) AS f64)"),
    ("timediff", MINUS),
    ("age", MINUS),
    ("date_add", "write t + INTERVAL '1' DAY"),
    ("dateadd", "write t + INTERVAL '1' DAY"),
    ("timestampadd", "write t + INTERVAL '1' DAY"),
    ("date_sub", "write t - INTERVAL '1' DAY"),
    ("try_cast", "CAST is one: what has no answer is NULL"),
    ("strlen", "write length(x)"),
    ("char_length", "write length(x)"),
    ("cardinality", "write len(x)"),
    ("isnull", "write x IS NULL"),
    ("is_null", "write x IS NULL"),
    ("isna", "write x IS NULL"),
    ("isnan", "what is no number is NULL here: write x IS NULL"),
    ("match", "write x REGEXP 'pattern'"),
    ("regexp_like", "write x REGEXP 'pattern'"),
    ("split", "write split_text(s, sep)"),
    ("left", "write substr(s, 1, count)"),
    ("right", "write substr(s, -count)"),
    ("lpad", "write printf('%8s', s)"),
    ("rpad", "write printf('%-8s', s)"),
    ("initcap", "write upper(substr(s, 1, 1)) || substr(s, 2)"),
    ("cbrt", "write power(x, 1.0 / 3)"),
    ("xor", "write (a | b) & ~(a & b)"),
    ("dayofweek", "write date_part('dow', t)"),
    ("weekday", "write date_part('dow', t)"),
    ("week", "write date_part('week', t)"),
    ("quarter", "write date_part('quarter', t)"),
    ("now", CLOCK),
    ("current_timestamp", CLOCK),
    ("proctime", CLOCK),
    ("random", "an expression says the same each time: a step sample draws by chance"),
    ("rand", "an expression says the same each time: a step sample draws by chance"),
    ("uuid", "an expression says the same each time"),
    ("md5", "a step mask hashes columns, by a key"),
    ("sha1", "a step mask hashes columns, by a key"),
    ("sha256", "a step mask hashes columns, by a key"),
    ("hash", "a step mask hashes columns, by a key"),
    ("filter", "write any(list, condition), or a step explode before"),
    ("count", WINDOW),
    ("sum", WINDOW),
    ("avg", WINDOW),
    ("mean", WINDOW),
    ("median", WINDOW),
    ("lag", "an expression is of one record: a step lag knows the one before"),
];

/// What is an aggregate elsewhere, by a number of arguments that it does not have here.
pub(super) fn count(name: &str) -> Option<&'static str> {
    matches!(name, "min" | "max").then_some(WINDOW)
}

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
