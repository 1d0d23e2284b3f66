//! What can be wrong with a topology: each thing once, with its place.

use super::{Found, ORDERS, only, problems, spoilt};

#[test]
fn the_picture() {
    let told = spoilt("where = \"quantity > 0\"", "where = \"quantty > 0\"").render(false);
    let (title, rest) = told.split_once('\n').unwrap();
    assert!(title.starts_with("error: stage \"clean\": filter: there is no column \"quantty\" (there are: "));
    let (place, rest) = rest.split_once('\n').unwrap();
    assert!(place.starts_with("  --> /") && place.ends_with("t.toml:13:35"), "{place}");
    let lines = r#"   |
13 |   { operator = "filter", where = "quantty > 0" },
   |                                   ^^^^^^^ did you mean "quantity"?"#;
    assert_eq!(rest, lines);
    assert!(spoilt("k = 8", "k = 0").render(true).contains("\u{1b}["), "with colour");
}

/// A line of the topology; what it becomes; what is underlined; what is said; what was meant.
type Mistake<'a> = (&'a str, &'a str, &'a str, &'a str, Option<&'a str>);

const MISTAKES: &[Mistake<'_>] = &[
    ("name = \"orders\"\n\n", "\n", "Start", "has no name", None),
    ("name = \"orders\"\n\n", "name = \"../x\"\n", "\"../x\"", "can't be a name", None),
    ("name = \"orders\"\n\n", "name = 5\n", "5", "\"name\" must be a name in quotes, not 5", None),
    ("name = \"orders\"\n\n", "nam = \"orders\"\nname = \"o\"\n", "nam", "unknown key \"nam\"", Some("name")),
    (
        "name = \"orders\"\n\n",
        "name = \"o\"\nmax_message = \"2B\"\n",
        "\"2B\"",
        "from \"1KiB\" to \"256MiB\"",
        None,
    ),
    (
        "name = \"orders\"\n\n",
        "name = \"o\"\ndrain_timeout = 5\n",
        "5",
        "a time from \"1ms\" to \"24h\"",
        None,
    ),
    (
        "name = \"orders\"\n\n",
        "name = \"o\"\ncpus = \"0-1\"\n",
        "\"0-1\"",
        "\"cpus\" must be a processor's number such as 0, or a list of them",
        None,
    ),
    (
        "name = \"orders\"\n\n",
        "name = \"o\"\ncpus = [0, 99999]\n",
        "[0, 99999]",
        "there is no processor 99999 to run on here",
        None,
    ),
    (
        "name = \"orders\"\n\n",
        "name = \"o\"\nengine = \"libzmg\"\n",
        "\"libzmg\"",
        "unknown choice \"libzmg\" for \"engine\"",
        Some("libzmq"),
    ),
    (
        "name = \"orders\"\n\n",
        "name = \"o\"\nmachine = { idle = \"swallow\" }\n",
        "\"swallow\"",
        "unknown choice \"swallow\" for \"idle\"",
        Some("shallow"),
    ),
    ("workers = 2", "wait = \"sping\"", "\"sping\"", "unknown choice", Some("spin")),
    ("workers = 2", "process = \"A b\"", "\"A b\"", "a process has a name as stages have", None),
    ("workers = 2", "memory_limit = 1", "memory_limit", "unknown key", None),
    ("name = \"store\"", "name = \"a b\"", "\"a b\"", "can't be a name", None),
    ("name = \"store\"", "name = \"a\\n[Service]\"", "\"a\\n[Service]\"", "can't be a name", None),
    ("name = \"store\"", "name = \"{{x}}\"", "\"{{x}}\"", "can't be a name", None),
    ("name = \"store\"", "name = \"clean\"", "\"clean\"", "another stage has that name", None),
    ("name = \"store\"\n", "", "[[stage]]", "stage 4: the stage has no name", None),
    ("workers = 2", "workers = 0", "0", "\"workers\" must be a whole number from 1 to 64, not 0", None),
    ("workers = 2", "workers = -1", "-1", "from 1 to 64", None),
    ("workers = 2", "workers = 1_000_000_000", "1_000_000_000", "from 1 to 64", None),
    ("workers = 2", "workers = 2.0", "2.0", "a whole number", None),
    ("workers = 2", "credit = 0", "0", "\"credit\" must be a whole number from 1 to 16777216, not 0", None),
    ("workers = 2", "credit = 9223372036854775807", "9223372036854775807", "\"credit\" must", None),
    (
        "workers = 2",
        "credit = { record = 1 }",
        "record",
        "\"credit\": unknown key \"record\"",
        Some("records"),
    ),
    ("workers = 2", "window = 100", "window", "\"window\" was renamed \"credit\"", None),
    ("workers = 2", "credit = true", "true", "or { records, bytes }", None),
    ("workers = 2", "batch = { bytes_max = \"2MiB\" }", "\"2MiB\"", "max_message = \"1MiB\"", None),
    ("workers = 2", "batch = 5", "5", "a table such as", None),
    ("workers = 2", "every = \"5x\"", "\"5x\"", "a time from \"1ms\" to \"24h\", not \"5x\"", None),
    ("workers = 2", "every = 0", "0", "whole number from 1", None),
    ("workers = 2", "restart = 1", "1", "true or false", None),
    ("workers = 2", "ack = \"stored\"", "ack", "\"ack\" is not built yet", None),
    ("workers = 2", "on_full = \"blok\"", "\"blok\"", "unknown choice \"blok\"", Some("block")),
    ("workers = 2", "on_full = \"drop_oldes\"", "\"drop_oldes\"", "or \"drop_oldest\")", Some("drop_oldest")),
    ("workers = 2", "max_rejects = \"101%\"", "\"101%\"", "must be a share from 0 to 1", None),
    ("workers = 2", "max_rejects = 2", "2", "must be a share from 0 to 1", None),
    (
        "where = \"quantity > 0\"",
        "where = \"quantity > 0\", max_rejects = 1",
        "max_rejects",
        "(it is a key of the stage: put it beside \"steps\")",
        None,
    ),
    ("workers = 2", "max_age = \"0ms\"", "\"0ms\"", "a time from \"1ms\" to \"24h\"", None),
    ("seed = 7", "seed = 7\non_full = \"drop_newest\"", "on_full", "nobody sends to a source", None),
    ("seed = 7", "seed = 7\nmax_age = \"5ms\"", "max_age", "nobody sends to a source", None),
    ("workers = 2", "wokers = 2", "wokers", "unknown key \"wokers\"", Some("workers")),
    ("workers = 2", "by = \"custmer_id\"", "\"custmer_id\"", "\"orders\" has no column", Some("customer_id")),
    ("workers = 2", "by = []", "[]", "\"by\" must be a name in quotes, or a list of them", None),
    ("workers = 2", "by = [\"ts\", \"ts\"]", "\"ts\"", "\"by\" holds \"ts\" twice", None),
    ("workers = 2", "operator = \"filter\"", "steps", "either \"operator\" or \"steps\"", None),
    ("from = \"orders\"", "from = \"ordrs\"", "\"ordrs\"", "there is no stage \"ordrs\"", Some("orders")),
    ("from = \"orders\"", "from = \"clean\"", "\"clean\"", "a stage can't read itself", None),
    ("from = \"orders\"", "from = \"clean/rejected\"", "\"clean/rejected\"", "can't read itself", None),
    (
        "from = \"orders\"",
        "from = \"orders/report\"",
        "\"orders/report\"",
        "\"orders\" makes no report",
        None,
    ),
    ("from = \"orders\"", "from = \"orders/x\"", "\"orders/x\"", "\"orders\" has no port \"x\"", None),
    ("from = \"orders\"", "from = \"store\"", "\"store\"", "\"store\" stores its records", None),
    ("from = \"orders\"", "from = []", "[]", "\"from\" must be a name", None),
    ("from = \"orders\"", "from = \"\"", "\"\"", "there is no stage \"\"", None),
    ("from = \"orders\"", "from = [\"orders\", 5]", "5", "\"from\" holds names in quotes, not 5", None),
    ("from = \"orders\"", "from = [\"orders\", \"orders\"]", "\"orders\"", "twice", None),
    ("from = \"orders\"\n", "", "\"filter\"", "filter reads a stage: say which with \"from\"", None),
    (
        "operator = \"kmeans\"\nfrom",
        "operator = \"kmeans\"\nform",
        "form",
        "unknown key \"form\"",
        Some("from"),
    ),
    (
        "operator = \"kmeans\"",
        "operator = \"shop\"",
        "\"clean\"",
        "shop is a source and reads no stage",
        None,
    ),
    (
        "operator = \"shop\"",
        "operator = \"shopp\"",
        "\"shopp\"",
        "there is no operator \"shopp\"",
        Some("shop"),
    ),
    ("operator = \"shop\"", "operator = \"null\"", "\"null\"", "null reads a stage", None),
    (
        "operator = \"shop\"",
        "operator = \"shop\"\nworkers = 2",
        "2",
        "several workers is not built yet",
        None,
    ),
    ("operator = \"shop\"", "operator = \"shop\"\nby = \"ts\"", "by", "nothing to share out", None),
    ("seed = 7", "sed = 7", "sed", "unknown key \"sed\"", Some("seed")),
    ("seed = 7", "wrkers = 7", "wrkers", "unknown key \"wrkers\"", Some("workers")),
    ("seed = 7", "seed = \"x\"", "\"x\"", "\"seed\" must be a whole number of at least 0, not \"x\"", None),
    ("\"derive\"", "\"shop\"", "\"shop\"", "shop is a source, so it can only be the first step", None),
    ("\"filter\"", "\"sqlite\"", "\"sqlite\"", "sqlite stores, so it can only be the last step", None),
    ("\"filter\"", "\"fliter\"", "\"fliter\"", "there is no operator", Some("filter")),
    ("\"filter\"", "5", "5", "\"operator\" must be an operator's name in quotes", None),
    ("operator = \"filter\", ", "", "{ where = \"quantity > 0\" }", "the step has no \"operator\"", None),
    ("{ operator = \"filter\", where = \"quantity > 0\" }", "3", "3", "a step is a table", None),
    ("where = \"quantity > 0\"", "were = \"x\"", "were", "unknown key \"were\"", Some("where")),
    (", where = \"quantity > 0\"", "", "\"filter\"", "\"where\" is missing", None),
    ("zebra = \"quantity\"", "zebra = \"quantty\"", "\"quantty\"", "no column \"quantty\"", Some("quantity")),
    ("\"amount\", \"quantity\"]", "\"amount\", \"sku\"]", "\"sku\"", "column \"sku\" is str", None),
    ("k = 8", "k = 8\nworkers = 2", "2", "kmeans remembers records", None),
    ("features = [\"amount\", \"quantity\"]", "", "\"kmeans\"", "\"features\" is missing", None),
    ("path = \"out/orders.db\"", "path = \"x\"\nworkers = 2", "2", "sqlite works with one worker", None),
    ("path = \"out/orders.db\"", "", "\"sqlite\"", "\"path\" is missing", None),
    ("operator = \"sqlite\"", "opertor = \"sqlite\"", "opertor", "unknown key \"opertor\"", Some("operator")),
    ("operator = \"sqlite\"\n", "", "[[stage]]", "neither \"operator\" nor \"steps\"", None),
];

#[test]
fn one_thing_is_told_as_one() {
    let long = format!("name = \"{}\"", "a".repeat(300));
    let long = ("name = \"store\"", long.as_str(), &long[7..], "can't be a name", None);
    let mut failed = Vec::new();
    for (line, by, underlined, what, nearest) in MISTAKES.iter().chain([&long]) {
        let text = ORDERS.replacen(line, by, 1);
        assert_ne!(text, ORDERS, "{line}");
        let told = problems(&text, &[]);
        let found = only(&told, &text);
        let as_expected = |(at, said, meant): &Found| {
            at == underlined && said.contains(what) && meant.as_deref() == *nearest
        };
        if !found.as_ref().is_some_and(as_expected) {
            failed.push(format!("{by}: {underlined} / {what} / {nearest:?} was expected: {told:?}"));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn everything_is_told_at_once_and_nothing_that_only_follows() {
    let text = ORDERS
        .replace("seed = 7", "sed = 7")
        .replace("where = \"quantity > 0\"", "where = \"quantty > 0\"")
        .replace("\"amount\", \"quantity\"]", "\"nothing\"]")
        .replace("operator = \"sqlite\"", "operator = \"sqlight\"\nworkers = 99\nhang_timeout = \"1s\"");
    let told = problems(&text, &["orders.ack=stored"]);
    let what: Vec<&str> = told.findings.iter().map(|finding| finding.what.as_str()).collect();
    // The columns of "orders" are not known, so those of "clean" and "segments" are not looked at.
    assert_eq!(what.len(), 5, "{told:?}");
    assert!(what[0].contains("\"sed\""), "{told:?}");
    assert!(
        what[1].contains("\"sqlight\"")
            && what[2].contains("99")
            && what[3].contains("\"hang_timeout\" is not built")
    );
    assert!(what[4].contains("\"ack\" is not built yet"), "options come last: {told:?}");
}

#[test]
fn a_circle_is_named_along_the_stream() {
    let told = spoilt("from = \"orders\"", "from = [\"orders\", \"segments/rejected\"]");
    let [finding] = told.findings.as_slice() else { panic!("one problem was expected: {told:?}") };
    let what = "stage \"clean\": stages read each other in a circle: segments -> clean -> segments";
    assert_eq!(finding.what, what);
    let apart = "[[stage]]\nname = \"a\"\nfrom = \"b\"\noperator = \"null\"\n";
    assert!(problems(format!("{ORDERS}{apart}"), &[]).findings.len() == 1, "what else is wrong is told too");
}

#[test]
fn columns_of_several_inlets_must_agree() {
    let told = spoilt("operator = \"sqlite\"", "operator = \"csv\"");
    assert_eq!(told.findings.len(), 2, "{told:?}");
    let said = told.render(false);
    let end = r#"27 | from = ["segments", "segments/report", "clean/rejected"]
   |         ----------  ^^^^^^^^^^^^^^^^^
   |         |
   |         there"#;
    assert!(said.contains("column 1 is set i64 here, order_id i64 there") && said.contains(end), "{said}");
}

#[test]
fn both_stages_of_one_name_are_shown() {
    let said = spoilt("name = \"store\"", "name = \"clean\"").render(false);
    assert!(
        said.contains("t.toml:25:8") && said.contains("::: ") && said.contains("the first one"),
        "{said}"
    );
    assert!(said.contains("25 | name = \"clean\"") && said.contains(" 9 | name = \"clean\""), "{said}");
}

#[test]
fn a_source_that_cannot_look_at_its_data_is_told_at_its_path() {
    let source = |rest: &str| format!("name = \"x\"\n[[stage]]\nname = \"a\"\noperator = \"csv\"\n{rest}\n");
    let text = source("path = \"missing.csv\"");
    let (at, what, _) = only(&problems(&text, &[]), &text).unwrap();
    assert_eq!(
        (at.as_str(), what.contains("cannot open missing.csv: no such file")),
        ("\"missing.csv\"", true)
    );
    let text = source("path = \"x\"\npth = 5");
    let (at, _, meant) = only(&problems(&text, &[]), &text).unwrap();
    assert_eq!((at.as_str(), meant.as_deref()), ("pth", Some("path")), "a wrong key is told as such");
    let text = source("");
    let (at, what, _) = only(&problems(&text, &[]), &text).unwrap();
    assert_eq!((at.as_str(), what.as_str()), ("\"csv\"", "stage \"a\": csv: \"path\" is missing"));
}
