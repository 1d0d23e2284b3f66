//! Words that newcomers bring along are answered with ours, and hide nothing that stands behind them.

use super::{assert_plain, load, told};

/// What is said for each key that is written: the nearest of ours.
fn meant(text: &str) -> Vec<(String, Option<String>)> {
    let found = load(text).err().map(|problems| problems.findings).unwrap_or_default();
    found.into_iter().map(|finding| (finding.what, finding.nearest)).collect()
}

const SOURCE: &str = "name = \"t\"\n[[stage]]\nname = \"orders\"\noperator = \"shop\"\n";
const END: &str = "[[stage]]\nname = \"end\"\nfrom = \"work\"\noperator = \"null\"\n";

fn work(keys: &str) -> String {
    format!("{SOURCE}[[stage]]\nname = \"work\"\n{keys}\n{END}")
}

#[test]
fn keys_of_other_tools_are_answered_with_ours() {
    let filter = "operator = \"filter\"\nwhere = \"quantity > 0\"\n";
    let reads = "from = \"orders\"\n";
    let mut cases: Vec<(String, &str, &str)> = Vec::new();
    for key in ["type", "kind", "op", "component", "Type"] {
        cases.push((format!("{reads}{key} = \"filter\"\nwhere = \"quantity > 0\""), key, "operator"));
    }
    for key in ["input", "inputs", "source", "sources", "upstream", "depends_on"] {
        cases.push((format!("{filter}{key} = \"orders\""), key, "from"));
        cases.push((format!("{filter}{key} = [\"orders\"]"), key, "from"));
        let steps = "steps = [{ operator = \"filter\", where = \"quantity > 0\" }]";
        cases.push((format!("{key} = [\"orders\"]\n{steps}"), key, "from"));
    }
    for key in ["parallelism", "replicas", "instances", "threads"] {
        cases.push((format!("{reads}{filter}{key} = 2"), key, "workers"));
    }
    for key in ["key_by", "partition_by", "group_by"] {
        cases.push((format!("{reads}{filter}{key} = \"country\""), key, "by"));
    }
    for key in ["condition", "predicate", "expr"] {
        cases.push((format!("{reads}operator = \"filter\"\n{key} = \"quantity > 0\""), key, "where"));
    }
    let kmeans = |key: &str| format!("{reads}operator = \"kmeans\"\nfeatures = [\"quantity\"]\n{key} = 3");
    cases.push((kmeans("n_clusters"), "n_clusters", "k"));
    cases.push((format!("{reads}{filter}buffer = 10"), "buffer", "credit"));
    cases.push((
        format!("{reads}{filter}checkpoint_interval = \"5s\""),
        "checkpoint_interval",
        "snapshot_every",
    ));
    for (keys, key, ours) in cases {
        let found = meant(&work(&keys));
        let [(what, nearest)] = found.as_slice() else { panic!("{keys}\nis told as {found:#?}") };
        assert!(what.contains(&format!("unknown key \"{key}\"")), "{keys}: {what}");
        assert_eq!(nearest.as_deref(), Some(ours), "{keys}: {what}");
    }
}

#[test]
fn types_and_choices_of_other_tools_are_answered_with_ours() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("in.csv"), "x,ts\n1,2024-01-01\n").unwrap();
    let path = folder.path().join("in.csv");
    let text = |keys: &str, end: &str| {
        let source =
            format!("[[stage]]\nname = \"in\"\noperator = \"csv\"\npath = \"{}\"\n{keys}\n", path.display());
        format!("name = \"t\"\n{source}[[stage]]\nname = \"end\"\nfrom = \"in\"\n{end}\n")
    };
    let null = "operator = \"null\"";
    let types = [
        ("i64", &["int", "integer", "INT", "bigint", "u64", "long"][..]),
        ("f64", &["float", "double", "number", "decimal", "float64"]),
        ("str", &["string", "text", "varchar", "String"]),
        ("time", &["datetime", "timestamp", "date"]),
        ("bool", &["boolean", "Boolean"]),
    ];
    for (ours, theirs) in types {
        for word in theirs {
            let found = meant(&text(&format!("types = {{ x = \"{word}\" }}"), null));
            let [(what, nearest)] = found.as_slice() else { panic!("{word} is told as {found:#?}") };
            assert!(what.contains(&format!("\"{word}\"")) && nearest.as_deref() == Some(ours), "{what}");
            let cast = format!("operator = \"select\"\ncast = {{ x = \"{word}\" }}");
            assert_eq!(meant(&text("", &cast))[0].1.as_deref(), Some(ours), "{word}");
        }
    }
    for (word, ours) in
        [("overwrite", "replace"), ("truncate", "replace"), ("error", "fail"), ("insert", "append")]
    {
        let sink = format!("operator = \"csv\"\npath = \"o.csv\"\nif_exists = \"{word}\"");
        let found = meant(&text("", &sink));
        let [(what, nearest)] = found.as_slice() else { panic!("{word} is told as {found:#?}") };
        assert_eq!(nearest.as_deref(), Some(ours), "{what}");
    }
    for (keys, ours) in
        [("idle_after = \"5m\"", "5min"), ("rate = \"20k rps\"", "20000/s"), ("line_max = \"64k\"", "64KiB")]
    {
        assert_eq!(meant(&text(keys, null))[0].1.as_deref(), Some(ours), "{keys}");
    }
    for (theirs, ours) in
        [("sep", "delimiter"), ("schema", "types"), ("na_values", "null"), ("tz", "time_zone")]
    {
        assert_eq!(meant(&text(&format!("{theirs} = 5"), null))[0].1.as_deref(), Some(ours), "{theirs}");
    }
}

#[test]
fn operators_of_other_tools_are_answered_with_ours() {
    let cases = [
        ("console", "path = \"-\"", Some("print")),
        ("stdout", "path = \"-\"", Some("jsonl")),
        ("blackhole", "`sluicebox list` shows all", Some("null")),
        ("sqlite3", "`sluicebox list` shows all", Some("sqlite")),
        ("kafka", "no such connector is built yet", None),
        ("parquet", "no such connector is built yet", None),
        ("pca", "nothing does that yet", None),
        ("project", "`sluicebox list` shows all", Some("select")),
        ("aggregate", "`sluicebox list` shows all", Some("window")),
        ("kmean", "`sluicebox list` shows all", Some("kmeans")),
    ];
    for (word, part, ours) in cases {
        let found =
            meant(&format!("{SOURCE}[[stage]]\nname = \"end\"\nfrom = \"orders\"\noperator = \"{word}\"\n"));
        let [(what, nearest), behind @ ..] = found.as_slice() else { panic!("{word} is told as {found:#?}") };
        // What is meant is checked as if it stood there.
        let lacks = |what: &str| what.contains("is missing") || what.contains("there is nothing to do");
        assert!(behind.iter().all(|(what, _)| lacks(what)), "{behind:#?}");
        assert!(what.contains(&format!("there is no operator \"{word}\"")) && what.contains(part), "{what}");
        assert_eq!(nearest.as_deref(), ours, "{what}");
    }
    let source = |word: &str| {
        meant(&format!("name = \"t\"\n[[stage]]\nname = \"work\"\noperator = \"{word}\"\n{END}"))
    };
    for (word, part, ours) in [
        (
            "stdin",
            "is read by arff with path = \"-\" or csv with path = \"-\" or jsonl with path = \"-\"",
            None,
        ),
        ("file", "`sluicebox list` shows all", Some("csv")),
        ("generate", "`sluicebox list` shows all", Some("shop")),
        ("kafka", "no such connector is built yet", None),
        (
            "sqlite",
            "sqlite reads a stage: say which with \"from\" (the sources are agrawal, arff, csv, ",
            None,
        ),
    ] {
        let found = source(word);
        assert!(found[0].0.contains(part) && found[0].1.as_deref() == ours, "{word}: {found:#?}");
    }
    let sends = meant(&format!(
        "{SOURCE}to = \"end\"\n[[stage]]\nname = \"end\"\nfrom = \"orders\"\noperator = \"null\"\n"
    ));
    assert!(
        sends[0].0.ends_with("(a stage says what it reads, with \"from\"; who reads it says so there)"),
        "{sends:?}"
    );
}

/// Files in the way of other tools: all that is wrong with them is told in one round.
#[test]
fn files_of_other_tools_are_read_as_they_are_meant() {
    let vector = "[sources.orders]\ntype = \"demo_logs\"\n[transforms.big]\ntype = \"filter\"\ninputs = [\"orders\"]\n\
        condition = \"quantitty > 1\"\n[sinks.out]\ntype = \"console\"\ninputs = [\"big\"]\n";
    let said = told(vector);
    for part in [
        "the topology has no name",
        "unknown key \"sources\": stages are a list: begin each with [[stage]], and give it a name",
        "unknown key \"transforms\": stages are a list",
        "unknown key \"sinks\": stages are a list",
        "stage \"orders\": there is no operator \"demo_logs\"",
        "did you mean \"shop\"?",
        "stage \"big\": unknown key \"type\"",
        "stage \"big\": unknown key \"inputs\"",
        "stage \"big\": filter: unknown key \"condition\"",
        "stage \"big\": filter: there is no column \"quantitty\"",
        "stage \"out\": there is no operator \"console\"",
        "did you mean \"where\"?",
        ":5:1", // `inputs`, in the place where it is written
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    let named = "name = \"t\"\n[stages.orders]\noperator = \"shop\"\n[stages.end]\noperator = \"null\"\n\
        from = \"ordrs\"\n";
    let doubled = "name = \"t\"\n[[stages]]\nname = \"orders\"\noperator = \"shop\"\n[[stages]]\nname = \"end\"\n\
        operator = \"null\"\nfrom = \"ordrs\"\n";
    let single = "name = \"t\"\n[stage]\nname = \"end\"\noperator = \"null\"\nfrom = \"ordrs\"\n";
    for text in [named, doubled, single] {
        let found = meant(text);
        assert_eq!(found.len(), 2, "{text}\n{found:#?}");
        assert!(found.iter().any(|(what, _)| what.contains("stages are a list: begin each with [[stage]]")));
        assert!(found.iter().any(|(what, _)| what.contains("there is no stage \"ordrs\"")), "{found:#?}");
    }
    let around = meant(&format!("[topology]\nname = \"t\"\n{}", SOURCE.split_once('\n').unwrap().1));
    assert!(around.len() == 1 && around[0].0.contains("stand at the top of the file"), "{around:#?}");
    assert_plain(&[(vector.to_string(), said), (named.to_string(), told(named))]);
}

/// A mistake whose meaning is clear hides nothing that stands behind it.
#[test]
fn what_stands_behind_a_clear_mistake_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("in.csv"), "x,s\n1,a\n").unwrap();
    let path = folder.path().join("in.csv").display().to_string();
    let text = |keys: &str| {
        let source = format!("[[stage]]\nname = \"in\"\noperator = \"csv\"\n{keys}\n");
        let filter = "[[stage]]\nname = \"big\"\nfrom = \"in\"\noperator = \"filter\"\nwhere = \"y > 1\"\n";
        format!(
            "name = \"t\"\n{source}{filter}[[stage]]\nname = \"end\"\nfrom = \"big\"\noperator = \"null\"\n"
        )
    };
    for keys in ["path = \"P\"\nrate = \"fast\"", "file = \"P\"", "path = \"P\"\ntypes = { x = \"int\" }"] {
        let said = told(&text(&keys.replace('P', &path)));
        assert!(said.contains("there is no column \"y\" (there are: x i64, s str)"), "{keys}: {said}");
    }
    // Nobody knows what is meant: the columns may be others.
    for keys in ["path = \"P\"\nheader = \"no\"", "path = \"P\"\ncolour = 1"] {
        let said = told(&text(&keys.replace('P', &path)));
        assert!(!said.contains("no column"), "{keys}: {said}");
    }
}
