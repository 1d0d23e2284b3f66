//! Operators that read by role: what is said of it, and what they are brought.

use super::{Found, only};
use serde_json::json;
use sluicebox::data::{Batch, Column, Schema, Type, Value};
use sluicebox::error::Result;
use sluicebox::operator::{
    Cx, Input, Inputs, Next, Operator, PlanResult, Planned, Role, Spec, column, of_role,
};
use sluicebox::params::{self, JsonSchema};
use sluicebox::run::books::Books;
use sluicebox::run::dir::RunDir;
use sluicebox::topology::{Checked, Problems, Rooms, describe, describe_json, load_from};
use sluicebox::wire::endpoint::Context;
use sluicebox::{registry, stage};
use std::collections::HashMap;
use std::path::Path;

const RECORDS: Role = Role { name: "records", needed: true };
const LABELS: Role = Role { name: "labels", needed: true };
const HINTS: Role = Role { name: "hints", needed: false };

/// Tells of each record what it came as, and which worker saw it.
const SEEN: Spec = Spec::new("seen", "tells of roles", "", plan)
    .reads(Inputs::Roles(&[RECORDS, LABELS, HINTS]))
    .parameters::<Params>();
/// The same, with one role that is needed.
const EASY: Spec = Spec::new("easy", "tells of roles", "", plan)
    .reads(Inputs::Roles(&[RECORDS, HINTS]))
    .parameters::<Params>();

const ROOMS: &Rooms =
    &[registry::ROOMS[0], registry::ROOMS[1], ("mining", &[&SEEN, &EASY]), registry::ROOMS[3]];

#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The column of the records that is told.
    tell: Option<String>,
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { tell } = params::read(params)?;
    let records = of_role(inputs, "records").expect("it is needed");
    if let Some(tell) = &tell {
        column(records, "tell", tell).map_err(|problem| vec![problem])?;
    }
    let output =
        Schema::of(&[("role", Type::Str), ("inlet", Type::I64), ("worker", Type::I64), ("key", Type::I64)]);
    Ok(Planned { stateful: true, ..Planned::new(output, || Seen) })
}

struct Seen;

impl Operator for Seen {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let mut told = [Type::Str, Type::I64, Type::I64].map(Column::new);
        for _ in 0..batch.len() {
            told[0].push(Value::Str(cx.role().unwrap_or("none")));
            told[1].push(Value::I64(cx.inlet as i64));
            told[2].push(Value::I64(cx.worker().into()));
        }
        let key = batch.columns.swap_remove(0);
        batch.columns.clear();
        batch.columns.extend(told.into_iter().chain([key]));
        Ok(Next::Wait)
    }
}

/// A stage `join` that reads three files; the first is of `n i64, a str`, the second and the third of `m i64`.
fn text(folder: &Path, join: &str) -> String {
    let source = |name: &str, types: &str| {
        let path = folder.join(format!("{name}.csv")).display().to_string();
        format!(
            "[[stage]]\nname = \"{name}\"\noperator = \"csv\"\npath = \"{path}\"\ntypes = {{ {types} }}\n"
        )
    };
    let [a, b, c] = [
        source("orders", "n = \"i64\", a = \"str\""),
        source("refunds", "m = \"i64\""),
        source("more", "m = \"i64\""),
    ];
    let out = folder.join("out.csv").display().to_string();
    format!(
        "name = \"t\"\n{a}{b}{c}[[stage]]\nname = \"join\"\n{join}\n[[stage]]\nname = \"out\"\noperator = \"csv\"\n\
         from = \"join\"\npath = \"{out}\"\n"
    )
}

const NUMBERS: i64 = 300;

fn load(folder: &Path, join: &str, sets: &[&str]) -> std::result::Result<Checked, Problems> {
    let numbers = |head: &str, of: &mut dyn Iterator<Item = String>| {
        of.fold(format!("{head}\n"), |text, line| text + &line + "\n")
    };
    std::fs::write(folder.join("orders.csv"), numbers("n,a", &mut (0..NUMBERS).map(|n| format!("{n},x"))))
        .unwrap();
    std::fs::write(folder.join("refunds.csv"), numbers("m", &mut (0..NUMBERS).rev().map(|n| n.to_string())))
        .unwrap();
    std::fs::write(folder.join("more.csv"), numbers("m", &mut (0..NUMBERS).map(|n| n.to_string()))).unwrap();
    let file = folder.join("t.toml");
    std::fs::write(&file, text(folder, join)).unwrap();
    let sets: Vec<String> = sets.iter().map(|set| set.to_string()).collect();
    load_from(ROOMS, &file, &sets)
}

const SOUND: &str = "operator = \"seen\"\nfrom = { records = \"orders\", labels = [\"refunds\", \"more\"] }\n\
                     by = { records = \"n\", labels = \"m\" }\nworkers = 3";

#[test]
fn a_plan_knows_what_each_stream_is_read_as() {
    let folder = tempfile::tempdir().unwrap();
    let checked = load(folder.path(), SOUND, &[]).unwrap();
    let join = &checked.plan.stages[3];
    let found: Vec<_> =
        join.inlets.iter().map(|of| (of.stage, of.role.as_deref(), of.by.join(","))).collect();
    let labels = |stage| (stage, Some("labels"), "m".to_string());
    assert_eq!(found, [(0, Some("records"), "n".to_string()), labels(1), labels(2)]);
    let roles: Vec<_> = join.steps[0].inputs.iter().map(|input| input.role.as_deref().unwrap()).collect();
    assert_eq!(roles, ["records", "labels", "labels"]);
    let said = "join = seen, 3 workers by n as records, m as labels, \
                from orders as records, refunds as labels, more as labels";
    assert!(describe(&checked).contains(said), "{}", describe(&checked));
    let told = describe_json(&checked);
    let json = &told["stages"][3];
    let [records, labels] =
        [("records", "n"), ("labels", "m")].map(|(role, by)| json!({ "role": role, "by": [by] }));
    assert_eq!((&json["roles"], &json["by"]), (&json!([records, labels, labels]), &json!(["n"])));
}

#[test]
fn options_reach_into_roles() {
    let folder = tempfile::tempdir().unwrap();
    let sets = ["join.from.labels=more", "join.from.hints=refunds", "join.by.hints=m"];
    let checked = load(folder.path(), SOUND, &sets).unwrap();
    let join = &checked.plan.stages[3];
    let found: Vec<_> = join.inlets.iter().map(|of| (of.stage, of.role.as_deref().unwrap())).collect();
    assert_eq!(found, [(0, "records"), (2, "labels"), (1, "hints")]);
}

#[test]
fn a_plain_from_means_the_first_role_where_no_other_is_needed() {
    let folder = tempfile::tempdir().unwrap();
    let join = "operator = \"easy\"\nfrom = [\"refunds\", \"more\"]\nby = \"m\"\nworkers = 2";
    let checked = load(folder.path(), join, &[]).unwrap();
    let inlets = &checked.plan.stages[3].inlets;
    assert!(inlets.iter().all(|of| of.role.as_deref() == Some("records") && of.by == ["m"]));
    let steps =
        "from = \"refunds\"\nsteps = [{ operator = \"filter\", where = \"m > 0\" }, { operator = \"easy\" }]";
    let checked = load(folder.path(), steps, &[]).unwrap();
    assert_eq!(checked.plan.stages[3].steps[1].inputs[0].role.as_deref(), Some("records"));
}

const LIST: &str = "labels = [\"refunds\", \"more\"]";
const BY: &str = "by = { records = \"n\", labels = \"m\" }";
const OPERATOR: &str = "operator = \"seen\"";

/// A line of the stage; what it becomes; what is underlined; what is said; what was meant.
const WRONG: [(&str, &str, &str, &str, Option<&str>); 12] = [
    (
        LIST,
        "label = \"refunds\"",
        "label",
        "seen has no role \"label\" (there are: records, labels, hints)",
        Some("labels"),
    ),
    (LIST, "", "{ records = \"orders\",  }", "seen needs the role \"labels\" in \"from\"", None),
    (LIST, "labels = 5", "5", "\"labels\" must be a name in quotes, or a list of them, not 5", None),
    (LIST, "labels = [\"refunds\", \"orders\"]", "\"orders\"", "must have the same columns", None),
    (LIST, "labels = \"refund\"", "\"refund\"", "there is no stage \"refund\"", Some("refunds")),
    (BY, "by = { records = \"n\", label = \"m\" }", "label", "has no role \"label\"", Some("labels")),
    (
        BY,
        "by = { records = \"n\" }",
        "{ records = \"n\" }",
        "none of \"refunds\" as labels, i64 of \"orders\"",
        None,
    ),
    (
        BY,
        "by = { records = \"a\", labels = \"m\" }",
        "\"m\"",
        "i64 of \"refunds\" as labels, str of \"orders\" (cast one)",
        None,
    ),
    (BY, "by = { records = \"n\", labels = \"n\" }", "\"n\"", "\"refunds\" has no column \"n\"", Some("m")),
    (BY, "by = \"n\"", "\"n\"", "\"refunds\" has no column \"n\"", Some("m")),
    (
        OPERATOR,
        "operator = \"null\"",
        "{ records = \"orders\", labels = [\"refunds\", \"more\"] }",
        "null has no roles",
        None,
    ),
    (
        OPERATOR,
        "operator = \"seen\"\ntell = \"b\"",
        "\"b\"",
        "there is no column \"b\" (there are: n i64, a str)",
        Some("n"),
    ),
];

#[test]
fn what_can_be_wrong_with_roles() {
    let folder = tempfile::tempdir().unwrap();
    for (line, by, underlined, what, meant) in WRONG {
        assert!(SOUND.contains(line), "{line}");
        let join = SOUND.replacen(line, by, 1);
        let told = load(folder.path(), &join, &[]).expect_err(&join);
        let found = told.findings.iter().find(|finding| finding.what.contains(what));
        let found = found.unwrap_or_else(|| panic!("{join}: {told:?}"));
        let whole = text(folder.path(), &join);
        let sluicebox::topology::Place::File(at) = &found.place else {
            panic!("it stands in the file: {told:?}")
        };
        assert_eq!((&whole[at.clone()], found.nearest.as_deref()), (underlined, meant), "{join}");
    }
    let plain = "operator = \"seen\"\nfrom = \"orders\"";
    let told = load(folder.path(), plain, &[]).unwrap_err();
    let (at, what, _): Found = only(&told, &text(folder.path(), plain)).unwrap();
    let says = "stage \"join\": seen reads by role: say which is what, as in from = { records = \"STAGE\", ";
    assert!(at == "\"orders\"" && what.starts_with(says), "{at} {what}");
    let later =
        "from = \"orders\"\nsteps = [{ operator = \"filter\", where = \"n > 0\" }, { operator = \"seen\" }]";
    let told = load(folder.path(), later, &[]).unwrap_err();
    let (at, what, _) = only(&told, &text(folder.path(), later)).unwrap();
    assert!(
        at == "\"seen\"" && what.ends_with("seen reads by role, so it can only be the first step"),
        "{what}"
    );
}

/// Runs a plan to its end, each worker a thread, and answers its books.
fn run(folder: &Path, checked: Checked) -> Books {
    let plan = checked.plan.begin();
    let dir = RunDir::at(folder.join("runs/t"));
    dir.make(&plan).unwrap();
    dir.freeze(&plan).unwrap();
    let context = Context::default();
    std::thread::scope(|scope| {
        let (plan, dir, context) = (&plan, &dir, &context);
        let run = |at| scope.spawn(move || stage::run(ROOMS, plan, dir, at, context));
        let threads: Vec<_> = plan.workers().map(run).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap().unwrap());
    });
    let books = Books::read(&plan, &dir).unwrap();
    assert_eq!(books.wrong(&plan), [""; 0]);
    books
}

/// Each batch comes with its role, and a key has one worker whatever it comes as.
#[test]
fn equal_keys_of_all_roles_meet_at_one_worker() {
    let folder = tempfile::tempdir_in("/dev/shm").unwrap();
    let checked = load(folder.path(), SOUND, &["join.batch.records_max=7"]).unwrap();
    run(folder.path(), checked);
    let out = std::fs::read_to_string(folder.path().join("out.csv")).unwrap();
    let mut owners: HashMap<&str, &str> = HashMap::new();
    let mut came: HashMap<(&str, &str), i64> = HashMap::new();
    for line in out.lines().skip(1) {
        let [role, inlet, worker, key] = line.split(',').collect::<Vec<_>>()[..] else { panic!("{line}") };
        assert_eq!(*owners.entry(key).or_insert(worker), worker, "key {key}");
        *came.entry((role, inlet)).or_default() += 1;
    }
    let each = [("records", "0"), ("labels", "1"), ("labels", "2")].map(|inlet| (inlet, NUMBERS));
    assert_eq!(came, HashMap::from(each));
    let mut workers: Vec<&str> = owners.into_values().collect();
    workers.sort_unstable();
    workers.dedup();
    assert_eq!(workers, ["0", "1", "2"], "all of them have some");
}
