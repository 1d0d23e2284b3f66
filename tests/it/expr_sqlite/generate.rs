//! Random typed expressions, each in two texts: ours, and the one SQLite is asked.
//!
//! The two differ only where sluicebox means to answer otherwise than SQLite. This is the whole list:
//!
//! | where | SQLite | sluicebox | so SQLite is asked |
//! |---|---|---|---|
//! | types | found out at each row | settled from the schema, a mixture is a problem | only what has types |
//! | i64 and f64 in CASE, COALESCE | each row its own | f64 | `CAST(… AS REAL)` |
//! | i64 overflow of + - * / and the sign | an f64 | NULL | `fit(…)`: NULL unless an integer |
//! | abs of the least i64 | an error | NULL | `nullif(…)` |
//! | CAST of text that is no number | 0, or the number it starts with | NULL | `number(…)` first |
//! | CAST of an f64 beyond i64 | the nearest end of the range | NULL | `within(…)` first |
//! | CAST AS bool | a number | bool | `<> 0` |
//! | replace of nothing by NULL | the text | NULL | CASE |
//! | times, hour | there are none | instants in ns | integers |
//! | regexp | there is none | the regex crate | a function that calls it |
//!
//! | typeof | SQLite's storage classes | our types | not at all |
//! | likely, unicode of nothing, printf of a mixture | any type | settled types | only what has types |
//! | sign of an f64 that is no number | 0 | NULL | CASE |
//! | unhex | a blob | the text of these bytes, if they are one | `CAST(… AS TEXT)` of hex of texts |
//! | asinh, acosh, atanh | the C library's | Rust's, which differ in the last digits | `round(…, 9)` of both |
//! | %s by width | bytes, or characters with `!` | characters | `%!` |
//! | min and max of i64 and f64 | each row its own | f64 | `CAST(… AS REAL)` |
//! | strftime of years below 0, of parts of a millisecond | | | only what both can say |
//!
//! Besides: a text with U+0000 ends there for SQLite's functions (none is generated), its sign of a zero is not
//! kept by every way (zeros compare equal), and the one-argument forms and aliases that it has more are not ours.

use super::moments::{moment, part, small, time};
use super::pairs::{Entropy, Pair, both, fill, fill_two, quoted};
use super::samples::{FLOATS, GLOBS, INTS, JSONS, PATHS, PATTERNS, REGEXES, TEXTS};

pub fn int(e: &mut Entropy<'_>, depth: usize) -> Pair {
    if depth == 0 || e.spent() {
        return match e.below(4) {
            0 => both("i"),
            1 => both("\"a column\""),
            2 if e.below(8) == 0 => fill_two("CAST(NULL AS i64)", "NULL", &[]),
            _ => both(format!("({})", e.pick(INTS))),
        };
    }
    let d = depth - 1;
    match e.below(27) {
        0..=3 => {
            let form = format!("({{}} {} {{}})", e.pick(&["+", "-", "*", "/", "%"]));
            fill_two(&form, &format!("fit{form}"), &[int(e, d), int(e, d)])
        }
        16..=18 => {
            let form = format!("({{}} {} {{}})", e.pick(&["&", "|", "<<", ">>"]));
            fill(&form, &[int(e, d), int(e, d)])
        }
        19 => fill("(~ {})", &[int(e, d)]),
        20 => fill("instr({}, {})", &[text(e, d), text(e, d)]),
        21 => fill(e.pick(&["unicode({})", "octet_length({})"]), &[text(e, d)]),
        22 => fill("sign({})", &[either(e, d)]),
        23 => fill(e.pick(&["min({}, {})", "max({}, {})", "max({}, {}, 3)"]), &[int(e, d), int(e, d)]),
        24 => {
            let form = e.pick(&["nullif({}, {})", "ifnull({}, {})", "iif(b, {}, {})", "if(c, {}, {})"]);
            fill(form, &[int(e, d), int(e, d)])
        }
        25 => {
            let code =
                e.pick(&["%Y", "%m", "%d", "%H", "%M", "%S", "%j", "%w", "%u", "%W", "%U", "%V", "%G", "%s"]);
            let ours = format!("CAST(strftime('{code}', CAST({{}} AS time)) AS i64)");
            let theirs = format!("CAST(strftime('{code}', {{}}, 'subsec') AS INTEGER)");
            fill_two(&ours, &theirs.replace("'subsec'", "'auto'"), &[moment(e)])
        }
        26 => part(e),
        4 => fill_two("(- {})", "fit(- {})", &[int(e, d)]),
        5 => fill_two("abs({})", "abs(nullif({}, -9223372036854775808))", &[int(e, d)]),
        6 => fill(e.pick(&["floor({})", "ceil({})", "(+ {})"]), &[int(e, d)]),
        7 => fill("length({})", &[text(e, d)]),
        8 => fill_two("CAST({} AS i64)", "CAST(within({}) AS INTEGER)", &[float(e, d)]),
        9 => fill_two("CAST({} AS INTEGER)", "CAST(number({}, 1) AS INTEGER)", &[text(e, d)]),
        10 => fill("CAST({} AS INTEGER)", &[truth(e, d)]),
        11 => fill("COALESCE({}, {})", &[int(e, d), int(e, d)]),
        12 => case(e, d, int),
        13 => fill_two("hour({})", "hour({})", &[time(e)]),
        14 => fill_two("({} - {})", "fit({} - {})", &[time(e), time(e)]),
        _ => fill_two("CAST({} AS i64)", "{}", &[time(e)]),
    }
}

pub fn float(e: &mut Entropy<'_>, depth: usize) -> Pair {
    if depth == 0 || e.spent() {
        return match e.below(4) {
            0 => both("x"),
            1 => both("y"),
            2 if e.below(8) == 0 => fill_two("CAST(NULL AS f64)", "NULL", &[]),
            _ => both(format!("({:?})", e.pick(FLOATS))),
        };
    }
    let d = depth - 1;
    match e.below(18) {
        13 | 14 => angle(e, d),
        15 => fill(e.pick(&["trunc({})", "ceiling({})"]), &[float(e, d)]),
        16 => {
            let form = e.pick(&["min({}, {})", "max({}, {})"]);
            fill_two(form, &format!("CAST({form} AS REAL)"), &[float(e, d), either(e, d)])
        }
        17 => fill("nullif({}, {})", &[float(e, d), either(e, d)]),
        0..=2 => {
            let form = format!("({{}} {} {{}})", e.pick(&["+", "-", "*", "/", "%"]));
            let operands = match e.below(3) {
                0 => [float(e, d), int(e, d)],
                1 => [int(e, d), float(e, d)],
                _ => [float(e, d), float(e, d)],
            };
            fill(&form, &operands)
        }
        3 => fill("round({})", &[either(e, d)]),
        4 => {
            fill(&format!("round({{}}, {})", e.pick(&[-1, 0, 1, 2, 3, 5, 9, 14, 17, 30, 99])), &[float(e, d)])
        }
        5 => fill("round({}, {})", &[float(e, d), int(e, d)]),
        6 => fill(e.pick(&["ln({})", "exp({})", "sqrt({})"]), &[either(e, d)]),
        7 => fill(e.pick(&["abs({})", "floor({})", "ceil({})", "(- {})", "(+ {})"]), &[float(e, d)]),
        8 => fill("CAST({} AS REAL)", &[int(e, d)]),
        9 => fill_two("CAST({} AS f64)", "CAST(number({}, 0) AS REAL)", &[text(e, d)]),
        10 => fill_two("COALESCE({}, {})", "COALESCE({}, CAST({} AS REAL))", &[float(e, d), int(e, d)]),
        11 => case(e, d, float),
        _ => fill("CAST({} AS REAL)", &[truth(e, d)]),
    }
}

/// What takes numbers and gives an f64.
fn angle(e: &mut Entropy<'_>, d: usize) -> Pair {
    match e.below(2) {
        0 => {
            let form = e.pick(&[
                "sin({})",
                "cos({})",
                "tan({})",
                "asin({})",
                "acos({})",
                "atan({})",
                "sinh({})",
                "cosh({})",
                "tanh({})",
                "round(asinh({}), 9)",
                "round(acosh({}), 9)",
                "round(atanh({}), 9)",
                "degrees({})",
                "radians({})",
                "log10({})",
                "log2({})",
                "log({})",
            ]);
            fill(form, &[either(e, d)])
        }
        _ => {
            let form =
                e.pick(&["power({}, {})", "pow({}, {})", "mod({}, {})", "atan2({}, {})", "log({}, {})"]);
            fill(form, &[either(e, d), either(e, d)])
        }
    }
}

fn either(e: &mut Entropy<'_>, depth: usize) -> Pair {
    if e.below(3) == 0 { int(e, depth) } else { float(e, depth) }
}

pub fn text(e: &mut Entropy<'_>, depth: usize) -> Pair {
    if depth == 0 || e.spent() {
        return match e.below(4) {
            0 => both("s"),
            1 => both("\"It's\""),
            2 if e.below(8) == 0 => fill_two("CAST(NULL AS str)", "NULL", &[]),
            _ => both(quoted(e.pick(TEXTS))),
        };
    }
    let d = depth - 1;
    match e.below(21) {
        20 => {
            let (json, path) = (quoted(e.pick(JSONS)), quoted(e.pick(PATHS)));
            let ours = e.pick(&["json_get({json}, {path})", "({json} ->> {path})"]);
            let ours = ours.replace("{json}", &json).replace("{path}", &path);
            Pair { ours, theirs: format!("CAST({json} ->> {path} AS TEXT)") }
        }
        11 => fill("concat({}, {}, {})", &[text(e, d), int(e, d), text(e, d)]),
        12 => fill("concat_ws({}, {}, {})", &[text(e, d), text(e, d), text(e, d)]),
        13 => fill(e.pick(&["ltrim({})", "rtrim({})", "hex({})", "quote({})"]), &[text(e, d)]),
        14 => fill(e.pick(&["ltrim({}, {})", "rtrim({}, {})"]), &[text(e, d), text(e, d)]),
        15 => fill_two("unhex(hex({}))", "CAST(unhex(hex({})) AS TEXT)", &[text(e, d)]),
        16 => fill("char({}, {})", &[small(e), small(e)]),
        17..=19 => printed(e, d),
        0 => fill("({} || {})", &[text(e, d), text(e, d)]),
        1 => fill(e.pick(&["lower({})", "UPPER({})", "trim({})"]), &[text(e, d)]),
        2 => fill("trim({}, {})", &[text(e, d), text(e, d)]),
        3 => {
            let from = text(e, d);
            let [of, to] = [text(e, d), text(e, d)];
            let theirs = "CASE WHEN {} IS NOT NULL THEN replace({}, {}, {}) END";
            let ours = fill("replace({}, {}, {})", &[of.clone(), from.clone(), to.clone()]).ours;
            Pair { ours, ..fill(theirs, &[to.clone(), of, from, to]) }
        }
        4 => fill("substr({}, {})", &[text(e, d), int(e, d)]),
        5 => fill("substr({}, {}, {})", &[text(e, d), int(e, d), int(e, d)]),
        6 => {
            let at = |e: &mut Entropy<'_>| e.below(13) as i64 - 6;
            fill(&format!("substr({{}}, {}, {})", at(e), at(e)), &[text(e, d)])
        }
        7 => fill_two("CAST({} AS str)", "CAST({} AS TEXT)", &[either(e, d)]),
        8 => fill("CAST({} AS TEXT)", &[truth(e, d)]),
        9 => fill("coalesce({}, {}, {})", &[text(e, d), text(e, d), text(e, d)]),
        _ => case(e, d, text),
    }
}

/// What printf makes.
fn printed(e: &mut Entropy<'_>, d: usize) -> Pair {
    match e.below(3) {
        0 => {
            let form = e.pick(&[
                "%d", "%5d", "%-7d|", "%05d", "%+d", "%,d", "% d", "%x", "%#X", "%o", "%u", "%.4d", "%08.3d",
                "%r", "%,15d",
            ]);
            fill(&format!("printf('{form}', {{}})"), &[int(e, d)])
        }
        1 => {
            let form = e.pick(&[
                "%f", "%.2f", "%10.3f", "%-10.1f|", "%010.2f", "%+.0f", "%e", "%.3e", "%G", "%g", "%.10g",
                "%,.2f", "%!.15g", "%#.0f", "%#g", "%!g", "%.30f", "%!.20f", "%E",
            ]);
            fill(&format!("format('{form}', {{}})"), &[float(e, d)])
        }
        _ => {
            let form = e.pick(&["%s", "%!5s", "%!-6s|", "%!.2s", "%q", "%Q", "%w", "<%!8.3s>"]);
            fill(&format!("printf('{form}', {{}})"), &[text(e, d)])
        }
    }
}

fn case(e: &mut Entropy<'_>, d: usize, of: fn(&mut Entropy<'_>, usize) -> Pair) -> Pair {
    match e.below(3) {
        0 => fill(
            "CASE WHEN {} THEN {} WHEN {} THEN {} ELSE {} END",
            &[truth(e, d), of(e, d), truth(e, d), of(e, d), of(e, d)],
        ),
        1 => fill("CASE WHEN {} THEN {} END", &[truth(e, d), of(e, d)]),
        _ => fill(
            "CASE {} WHEN {} THEN {} WHEN {} THEN NULL ELSE {} END",
            &[int(e, d), int(e, d), of(e, d), either(e, d), of(e, d)],
        ),
    }
}

/// Two operands that can be compared.
fn two(e: &mut Entropy<'_>, d: usize) -> [Pair; 2] {
    match e.below(6) {
        0 => [int(e, d), int(e, d)],
        1 => [float(e, d), float(e, d)],
        2 => [either(e, d), either(e, d)],
        3 => [text(e, d), text(e, d)],
        4 => [truth(e, d), truth(e, d)],
        _ => match e.below(2) {
            0 => [time(e), time(e)],
            _ => [time(e), fill_two("'2013-01-01 12:00:00'", "1357041600000000000", &[])],
        },
    }
}

pub fn truth(e: &mut Entropy<'_>, depth: usize) -> Pair {
    if depth == 0 || e.spent() {
        return both(e.pick(&["b", "c", "TRUE", "FALSE", "NULL", "b"]));
    }
    let d = depth - 1;
    match e.below(19) {
        14..=17 => matching(e, d),
        18 => fill("({} IS DISTINCT FROM {})", &two(e, d)),
        0..=3 => {
            let op = e.pick(&["=", "==", "<>", "!=", "<", "<=", ">", ">=", "IS", "IS NOT"]);
            fill(&format!("({{}} {op} {{}})"), &two(e, d))
        }
        4 | 5 => fill("({} AND {})", &[truth(e, d), truth(e, d)]),
        6 | 7 => fill("({} OR {})", &[truth(e, d), truth(e, d)]),
        8 => fill("(NOT {})", &[truth(e, d)]),
        9 => {
            let test = e.pick(&["IS NULL", "IS NOT NULL", "NOTNULL"]);
            let [of, _] = two(e, d);
            fill(&format!("({{}} {test})"), &[of])
        }
        10 => {
            let test = e.pick(&["IS TRUE", "IS NOT TRUE", "IS FALSE", "IS NOT FALSE"]);
            fill(&format!("({{}} {test})"), &[truth(e, d)])
        }
        11 => {
            let form = format!("({{}} {}BETWEEN {{}} AND {{}})", e.pick(&["", "NOT "]));
            let [of, low] = two(e, d);
            fill(&form, &[of, low.clone(), low])
        }
        12 => {
            let form = format!("({{}} {}BETWEEN {{}} AND {{}})", e.pick(&["", "NOT "]));
            fill(&form, &[either(e, d), either(e, d), either(e, d)])
        }
        13 => {
            let not = e.pick(&["", "NOT "]);
            let of: fn(&mut Entropy<'_>, usize) -> Pair =
                e.pick(&[int as _, float as _, text as _, either as _]);
            let count = e.below(4);
            let list: Vec<Pair> =
                (0..=count).map(|_| if e.below(6) == 0 { both("NULL") } else { of(e, 0) }).collect();
            let places = vec!["{}"; e.below(list.len() + 1)].join(", ");
            let operands: Vec<Pair> = [of(e, d)].into_iter().chain(list).collect();
            fill(&format!("({{}} {not}IN ({places}))"), &operands)
        }
        _ => unreachable!("there are 19"),
    }
}

/// A text held against a pattern, or another text in other cases.
fn matching(e: &mut Entropy<'_>, d: usize) -> Pair {
    match e.below(4) {
        0 => {
            let not = e.pick(&["", "NOT "]);
            let pattern = if e.below(3) == 0 { text(e, d) } else { both(quoted(e.pick(GLOBS))) };
            fill(&format!("({{}} {not}GLOB {{}})"), &[text(e, d), pattern])
        }
        1 => {
            let form = e.pick(&[
                "({} COLLATE NOCASE = {})",
                "({} < {} COLLATE NOCASE)",
                "({} COLLATE RTRIM IS {})",
                "({} COLLATE NOCASE IN ({}, 'A', NULL))",
                "({} COLLATE NOCASE BETWEEN {} AND 'c')",
            ]);
            fill(form, &[text(e, d), text(e, d)])
        }
        2 => {
            let not = e.pick(&["", "NOT "]);
            let escape = e.pick(&["", " ESCAPE '!'", " ESCAPE '\\'", " ESCAPE '%'"]);
            let pattern = if e.below(3) == 0 { text(e, d) } else { both(quoted(e.pick(PATTERNS))) };
            fill(&format!("({{}} {not}LIKE {{}}{escape})"), &[text(e, d), pattern])
        }
        _ => {
            let regex = quoted(e.pick(REGEXES));
            let form = match e.below(3) {
                0 => format!("regexp({regex}, {{}})"),
                1 => format!("({{}} REGEXP {regex})"),
                _ => format!("({{}} NOT REGEXP {regex})"),
            };
            fill(&form, &[text(e, d)])
        }
    }
}
