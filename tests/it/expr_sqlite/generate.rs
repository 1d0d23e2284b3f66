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
//! Besides: a text with U+0000 ends there for SQLite's functions (none is generated), its sign of a zero is not
//! kept by every way (zeros compare equal), and the one-argument forms and aliases that it has more are not ours.

/// Random choices, drawn from bytes: fewer and smaller bytes make a smaller expression.
pub struct Entropy<'a>(pub std::slice::Iter<'a, u8>);

impl Entropy<'_> {
    pub fn below(&mut self, n: usize) -> usize {
        self.0.next().map_or(0, |byte| *byte as usize % n)
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    pub fn spent(&self) -> bool {
        self.0.len() == 0
    }
}

#[derive(Clone, Debug)]
pub struct Pair {
    pub ours: String,
    pub theirs: String,
}

fn both(text: impl Into<String>) -> Pair {
    let text = text.into();
    Pair { ours: text.clone(), theirs: text }
}

/// Fills `{}` with the texts of operands, in both forms.
fn fill(form: &str, operands: &[Pair]) -> Pair {
    fill_two(form, form, operands)
}

fn fill_two(ours: &str, theirs: &str, operands: &[Pair]) -> Pair {
    let put = |form: &str, text: fn(&Pair) -> &str| {
        let mut operands = operands.iter();
        form.split("{}").enumerate().fold(String::new(), |all, (i, piece)| match i {
            0 => piece.to_string(),
            _ => all + text(operands.next().expect("an operand a place")) + piece,
        })
    };
    Pair { ours: put(ours, |pair| &pair.ours), theirs: put(theirs, |pair| &pair.theirs) }
}

pub const INTS: &[i64] = &[
    0,
    1,
    -1,
    2,
    3,
    7,
    -10,
    100,
    (1 << 53) + 1,
    -(1 << 53) - 1,
    1 << 62,
    4_611_686_018_427_387_905,
    i64::MAX,
    i64::MIN,
    i64::MIN + 1,
];
pub const FLOATS: &[f64] = &[
    0.0,
    0.1,
    0.5,
    1.0,
    -1.5,
    2.5,
    2.675,
    1.005,
    -49.47,
    1234567.8901234567,
    0.000123456789,
    4503599627370495.5,
    9007199254740993.0,
    9223372036854775807.0,
    -9223372036854775808.0,
    1e17,
    123456789012345680.0,
    1e300,
    -1e300,
    1e-300,
    5e-324,
    1.7976931348623157e308,
    0.30000000000000004,
];
pub const TEXTS: &[&str] = &[
    "",
    "a",
    "A",
    "Abc",
    "abcabc",
    "ß",
    "É",
    "é",
    "日本語",
    "😀x",
    "it's",
    "a%b",
    "a_b",
    "%",
    "_",
    " pad ",
    "12",
    " -7 ",
    "+5",
    "1e3",
    "3.14",
    ".5",
    "-0.25e-3",
    "0012",
    "9223372036854775808",
    "NULL",
    "\"q\"",
    "a\nb",
    "\\",
    "1_0",
    "1 2",
    "inf",
    "e",
];
const PATTERNS: &[&str] =
    &["%", "a%", "%b_", "_", "%%c", "A%C", "é", "%日%", "a!%b", "!", "", "%a%b%c%", "a\\%b"];
const REGEXES: &[&str] = &["^a", "b+", "[0-9]+$", "^.$", "日|é", ""];

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

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
    match e.below(16) {
        0..=3 => {
            let form = format!("({{}} {} {{}})", e.pick(&["+", "-", "*", "/", "%"]));
            fill_two(&form, &format!("fit{form}"), &[int(e, d), int(e, d)])
        }
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
    match e.below(13) {
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
    match e.below(11) {
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

fn time(e: &mut Entropy<'_>) -> Pair {
    match e.below(3) {
        0 => both("w"),
        1 => both("v"),
        _ => fill_two("CAST('2013-01-01T12:00:00Z' AS time)", "1357041600000000000", &[]),
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
    match e.below(16) {
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
        14 => {
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
