//! What a sound topology becomes.

use super::{ORDERS, load, operators, problems};
use sluicebox::data::{Schema, Type};
use sluicebox::error::Exit;
use sluicebox::operator::Cx;
use sluicebox::operator::PortId;
use sluicebox::topology::key::{Key, pages};
use sluicebox::topology::key_list::{STAGE, TOPOLOGY};
use sluicebox::topology::plan::Every;
use sluicebox::topology::{describe, describe_json, freeze, plan_step};
use sluicebox::units::{Bytes, Span};

#[test]
fn a_sound_topology_is_a_plan_with_every_column_known() {
    let checked = load(ORDERS, &[]).unwrap();
    let plan = &checked.plan;
    assert!(checked.warnings.is_empty() && checked.sampled.is_empty(), "{:?}", checked.warnings);
    assert!(plan.file.is_absolute() && plan.run.is_empty());
    assert_eq!(
        plan.stages.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(),
        ["orders", "clean", "segments", "store"]
    );
    assert_eq!((plan.drain_timeout, plan.max_message), (Span::from_ms(10_000), Bytes(1 << 20)));

    let [orders, clean, segments, store] = plan.stages.as_slice() else { panic!("four stages") };
    assert!(orders.is_source() && orders.steps[0].inputs.is_empty());
    assert_eq!(orders.steps[0].params.keys().collect::<Vec<_>>(), ["seed"]);
    assert_eq!((clean.workers, clean.upkeep.restart, clean.upkeep.every), (2, true, None));
    assert_eq!((clean.limits.credit.records, clean.limits.credit.bytes), (8192, Bytes(1 << 20)));
    assert_eq!((clean.limits.batch.records_max, clean.limits.batch.bytes_max), (1000, Bytes(64 << 10)));
    let names: Vec<&str> = clean.output().names().collect();
    assert_eq!(names[names.len() - 2..], ["zebra", "amount"], "fields keep the order of the file");
    assert_eq!(
        clean.steps[1].params["fields"].as_table().unwrap().keys().collect::<Vec<_>>(),
        ["zebra", "amount"]
    );
    assert_eq!(clean.steps[0].inputs[0].name, "orders");
    assert_eq!(clean.steps[1].inputs[0].name, "clean", "a later step reads its own stage");
    let report = Schema::of(&[
        ("set", Type::I64),
        ("cluster", Type::I64),
        ("amount", Type::F64),
        ("quantity", Type::I64),
    ]);
    assert_eq!(segments.ports[2].schema, report);
    let streams: Vec<_> = store.inlets.iter().map(|inlet| (inlet.stage, inlet.port)).collect();
    assert_eq!(streams, [(2, PortId::MAIN), (2, PortId(2)), (1, PortId::REJECTED)]);
    assert_eq!(store.steps[0].inputs[1].name, "segments/report");
    assert_eq!((&store.inlets[1].schema, &store.inlets[2].schema), (&report, &Cx::rejected_schema()));
    assert!(store.sink && store.output().is_empty() && !segments.sink);
    assert_eq!(store.results, ["out/orders.db"]);
    assert_eq!(checked.preflights.len(), 1);
    assert_eq!(checked.preflights[0].0, "store");
    assert!((checked.preflights[0].1)().is_ok());
    let full = load(ORDERS, &["store.path=full.db"]).unwrap();
    assert_eq!((full.preflights[0].1)().unwrap_err().exit, Exit::Usage);
}

#[test]
fn a_report_of_several_workers_says_which() {
    let checked =
        load(ORDERS, &["segments.workers=3", "segments.by=customer_id", "segments.every=1000"]).unwrap();
    let segments = &checked.plan.stages[2];
    assert_eq!(segments.ports[2].schema.names().take(2).collect::<Vec<_>>(), ["set", "worker"]);
    assert_eq!(
        (segments.inlets[0].by.as_slice(), segments.upkeep.every),
        (&["customer_id".to_string()][..], Some(Every::Records(1000)))
    );
}

#[test]
fn credits_and_batches_are_written_in_several_ways() {
    let credit = |set: &str| {
        load(ORDERS, &[set])
            .map(|c| (c.plan.stages[1].limits.credit.records, c.plan.stages[1].limits.credit.bytes.0))
    };
    assert_eq!(credit("clean.credit=10").unwrap(), (10, 1 << 20));
    assert_eq!(credit("clean.credit=64KiB").unwrap(), (8192, 64 << 10));
    assert_eq!(credit("clean.credit={records=10, bytes=\"2KiB\"}").unwrap(), (10, 2 << 10));
    assert_eq!(credit("clean.credit.records=10").unwrap(), (10, 1 << 20));
    let batch = load(ORDERS, &["clean.batch={bytes_max=\"1KiB\"}"]).unwrap().plan.stages[1].limits.batch;
    assert_eq!((batch.records_max, batch.bytes_max), (1000, Bytes(1024)));
    let small = load(ORDERS, &["max_message=4KiB"]).unwrap().plan.stages[1].limits.batch;
    assert_eq!(small.bytes_max, Bytes(4 << 10), "the usual batch shrinks with max_message");
}

#[test]
fn a_plan_comes_back_from_its_bytes_and_a_damaged_one_is_refused() {
    let plan = load(ORDERS, &["segments.every=5s", "orders.seed=-0.0"]);
    assert!(plan.is_err(), "a seed is whole");
    let mut plan = load(ORDERS, &["segments.every=5s", "drain_timeout=1500us"]).unwrap().plan;
    let hash = freeze::hash(&plan).unwrap();
    plan.run = "r1".to_string();
    assert_eq!(freeze::hash(&plan).unwrap(), hash, "every run of one topology has the same");
    let bytes = freeze::to_bytes(&plan).unwrap();
    assert_eq!(freeze::from_bytes(&bytes).unwrap(), plan);
    let text = String::from_utf8(bytes).unwrap();
    assert_ne!(text, text.replace("\"seed\":7", "\"seed\":8"));
    for (from, to) in [("\"seed\":7", "\"seed\":8"), ("\"version\":4", "\"version\":3"), ("}", "")] {
        let error = freeze::from_bytes(text.replacen(from, to, 1).as_bytes()).unwrap_err();
        assert!(error.sentence.starts_with("the frozen plan is"), "{error}");
    }
    plan.stages[1].workers = 3;
    assert_ne!(freeze::hash(&plan).unwrap(), hash);
}

#[test]
fn a_step_is_planned_again_from_a_frozen_plan() {
    let plan = freeze::from_bytes(&freeze::to_bytes(&load(ORDERS, &[]).unwrap().plan).unwrap()).unwrap();
    for stage in &plan.stages {
        for (index, step) in stage.steps.iter().enumerate() {
            let planned = plan_step(operators::ROOMS, step, index == 0 && stage.is_source()).unwrap();
            assert!(stage.sink || index + 1 < stage.steps.len() || planned.output == *stage.output());
        }
    }
    let Err(error) = sluicebox::topology::plan_step(
        &sluicebox::registry::ROOMS,
        &sluicebox::topology::plan::Step {
            operator: "no_such".to_string(),
            ..plan.stages[0].steps[0].clone()
        },
        true,
    ) else {
        panic!("there is no such operator")
    };
    assert!(error.sentence.contains("another version of sluicebox"), "{error}");
}

#[test]
fn a_source_and_a_sink_may_have_one_name_and_sources_look_at_their_data() {
    let text = "name = \"copy\"\n[[stage]]\nname = \"in\"\noperator = \"csv\"\npath = \"a b-c\"\n\
                [[stage]]\nname = \"out\"\nfrom = \"in\"\noperator = \"csv\"\npath = \"x.csv\"\n";
    let checked = load(text, &[]).unwrap();
    assert_eq!(checked.sampled, [("in".to_string(), Schema::of(&[("a", Type::I64), ("b-c", Type::I64)]))]);
    assert_eq!(checked.plan.stages[0].steps[0].inputs[0].name, "sample");
    assert!(
        load(text, &["in.types={a=\"i64\", b-c=\"i64\"}"]).unwrap().sampled.is_empty(),
        "none was guessed"
    );
    let said = describe(&checked);
    assert_eq!(
        said,
        "copy: 2 stages, 2 workers\n\nin = csv\n  out: a i64, b-c i64\nout = csv, from in\n  results: x.csv\n\n\
         types found by looking at the data; say them in the file and they can't change:\n  \
         in: types = { a = \"i64\", b-c = \"i64\" }\n"
    );
    let json = describe_json(&checked);
    assert_eq!(json["stages"][0]["out"][1]["name"], "b-c");
    assert_eq!(json["stages"][1]["from"][0], "in");
    assert_eq!(json["types"]["in"], "types = { a = \"i64\", b-c = \"i64\" }");
}

#[test]
fn odd_column_names_are_quoted_in_the_line_to_paste() {
    let schema = Schema::of(&[("größe in m", Type::F64), ("a\"b", Type::Str), ("ok_1", Type::Time)]);
    let line = sluicebox::topology::describe::types(&schema);
    let read: toml::Table = line.parse().unwrap();
    let types: Vec<(&str, &str)> = read["types"]
        .as_table()
        .unwrap()
        .iter()
        .map(|(name, of)| (name.as_str(), of.as_str().unwrap()))
        .collect();
    assert_eq!(types, [("größe in m", "f64"), ("a\"b", "str"), ("ok_1", "time")]);
}

#[test]
fn a_stage_that_leads_nowhere_is_worth_a_warning() {
    let text =
        ORDERS.replace("from = [\"segments\", \"segments/report\", \"clean/rejected\"]", "from = \"clean\"");
    let checked = load(&text, &[]).unwrap();
    let said = checked.warnings.render(false);
    assert_eq!(checked.warnings.findings.len(), 1, "{said}");
    assert!(said.starts_with("warning: stage \"segments\": no stage reads it"), "{said}");
    let reports = ORDERS.replace("\"segments\", ", "");
    assert!(load(&reports, &[]).unwrap().warnings.is_empty(), "its report is read");
    assert_eq!(problems(text.replace("k = 8", "k = 0"), &[]).findings.len(), 1, "no warning beside an error");
}

#[test]
fn what_is_not_usual_about_a_stages_place_is_described() {
    let text = ORDERS
        .replacen("name = \"orders\"\n\n", "name = \"orders\"\nengine = \"libzmq\"\ncpus = 0\n\n", 1)
        .replacen("workers = 2", "workers = 2\nprocess = \"p\"\nwait = \"spin\"\nengine = \"direct\"", 1);
    let checked = load(&text, &[]).unwrap();
    let described = describe(&checked);
    let line = |name: &str| described.lines().find(|line| line.starts_with(name)).unwrap().to_string();
    assert!(line("clean =").ends_with(", in process p, spins, on processors 0"), "{described}");
    assert!(line("store =").ends_with(", over libzmq, on processors 0"), "{described}");
    let json = describe_json(&checked);
    let placement =
        &json["stages"].as_array().unwrap().iter().find(|of| of["name"] == "clean").unwrap()["placement"];
    let expected = serde_json::json!({ "engine": "direct", "wait": "spin", "process": "p", "cpus": [0] });
    assert_eq!(*placement, expected);
}

#[test]
fn what_is_listed_as_a_default_is_what_a_plan_has() {
    let plan = load(ORDERS, &[]).unwrap().plan;
    let stage = &plan.stages[0];
    let listed = |keys: &'static [Key], name: &str| {
        let pages = pages(keys);
        let (_, key) = pages.iter().find(|(of, _)| of == name).expect(name);
        key.default.expect(name).trim_matches('"').to_string()
    };
    let stages = [
        ("workers", stage.workers.to_string()),
        ("restart", stage.upkeep.restart.to_string()),
        ("credit.records", stage.limits.credit.records.to_string()),
        ("credit.bytes", stage.limits.credit.bytes.to_string()),
        ("batch.records_max", stage.limits.batch.records_max.to_string()),
        ("max_rejects", stage.limits.max_rejects.to_string()),
        ("batch.bytes_max", stage.limits.batch.bytes_max.to_string()),
        ("wait", format!("{:?}", stage.placement.wait).to_lowercase()),
    ];
    for (name, planned) in stages {
        assert_eq!(listed(STAGE, name), planned, "{name}");
    }
    assert_eq!(listed(TOPOLOGY, "max_message"), plan.max_message.to_string());
    assert_eq!(listed(TOPOLOGY, "drain_timeout"), plan.drain_timeout.to_string());
    assert_eq!(listed(TOPOLOGY, "engine"), format!("{:?}", stage.placement.engine).to_lowercase());
}
