//! Rows in files, and tests where the files of sources are not there.

use super::*;

#[test]
fn rows_of_a_file_are_read_by_its_ending() {
    let folder = tempfile::tempdir().unwrap();
    let test = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        let rows = format!("rows_from = {:?}\nexpect = [ {{ amount = 3, sku = \"007\" }} ]", file.display());
        load(&format!("{CLEAN}[[test]]\nname = \"x\"\nstage = \"clean\"\n{rows}\n")).map(|checked| {
            let failures = run(&ROOMS, &checked.plan, &checked.cases[0]).failures;
            failures.iter().map(ToString::to_string).collect::<String>()
        })
    };
    assert_eq!(test("a.csv", "sku,quantity,unit_price\n007,2,1.5\n008,0,1\n"), Ok(String::new()));
    assert_eq!(test("a.jsonl", "{\"unit_price\":1.5,\"sku\":\"007\",\"quantity\":2}\n"), Ok(String::new()));
    let bad = test("b.csv", "sku,quantity,unit_price\n007,x,1.5\n").unwrap();
    assert!(bad.contains("can't be read"), "{bad}");
    let strange = test("c.csv", "sku,quantiti\n007,1\n").unwrap_err();
    assert!(strange.contains("did you mean \"quantity\"?"), "{strange}");
    assert!(test("d.txt", "x").unwrap_err().contains("by its ending"));
}

#[test]
fn what_must_come_out_may_be_in_files() {
    let folder = tempfile::tempdir().unwrap();
    let told = |file: &str, text: &str, expect: &dyn Fn(&str) -> String| {
        let path = folder.path().join(file);
        std::fs::write(&path, text).unwrap();
        let rows =
            "rows = [ { sku = \"a\", quantity = 2, unit_price = 1.5 }, { quantity = 1 }, { quantity = 0 } ]";
        let expect = expect(&format!("{:?}", path.display().to_string()));
        unseen(&format!("{CLEAN}[[test]]\nname = \"x\"\nstage = \"clean\"\n{rows}\n{expect}\n")).map(
            |checked| {
                let failures = run(&ROOMS, &checked.plan, &checked.cases[0]).failures;
                failures.iter().map(ToString::to_string).collect::<String>()
            },
        )
    };
    let main = |path: &str| format!("expect_from = {path}");
    assert_eq!(told("a.csv", "amount,sku\n3,a\n,\n", &main), Ok(String::new()), "an empty field is NULL");
    let lines = "{\"amount\":3,\"sku\":\"a\"}\n{\"amount\":null}\n";
    assert_eq!(told("a.jsonl", lines, &main), Ok(String::new()));
    let other = told("b.csv", "amount,sku\n4,a\n,\n,\n", &main).unwrap();
    assert!(other.contains("clean: 2 rows came, 3 wanted, 2 differ") && other.contains(">3.0<"), "{other}");
    let ports = |path: &str| format!("expect_from = {{ clean = {path}, \"clean/rejected\" = {path} }}");
    let strange = told("c.csv", "amount\n3\n\n", &ports).unwrap_err();
    assert!(strange.contains("its column \"amount\" is none of the stage's"), "{strange}");
    let none = |path: &str| format!("expect_from = {{ rejected = {path} }}");
    assert_eq!(
        told("d.csv", "record\n", &none),
        Ok(String::new()),
        "a file without rows says that none come"
    );
    let twice = |path: &str| format!("expect_from = {path}\nexpect = []");
    assert!(told("e.csv", "amount\n3\n", &twice).unwrap_err().contains("is said twice"));
    let gone = told("f.csv", "", &|_| "expect_from = \"gone.csv\"".to_string()).unwrap_err();
    assert!(gone.contains("cannot read gone.csv"), "{gone}");
    assert!(
        told("g.csv", "amount\nx\n", &main).unwrap().contains("1 of the rows of"),
        "and it is told of which file"
    );
}

/// Who runs a topology elsewhere SHALL NOT need the files of its tests, and be told that they are not there.
#[test]
fn a_run_needs_no_file_of_a_test() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.toml");
    let test =
        "[[test]]\nname = \"x\"\nstage = \"clean\"\nrows_from = \"gone.csv\"\nexpect_from = \"too.csv\"\n";
    std::fs::write(&file, format!("{CLEAN}{test}")).unwrap();
    let checked = topology::load(&file, &[]).unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let warned = checked.warnings.render(false);
    for gone in ["cannot read gone.csv", "cannot read too.csv", "only `sluicebox test` needs it"] {
        assert!(warned.contains(gone), "{warned}");
    }
    assert!(topology::load_unseen(&file, &[]).is_err(), "a test needs them");
}

/// A topology over a file that is not there, of which this is said, and a test of what reads it.
fn over(said: &str) -> String {
    format!(
        "name = \"t\"\n[[stage]]\nname = \"lines\"\n{said}\n[[stage]]\nname = \"clean\"\nfrom = \"lines\"\n\
         operator = \"filter\"\nwhere = \"x > 0\"\n[[stage]]\nname = \"out\"\nfrom = \"clean\"\noperator = \"null\"\n\
         [[test]]\nname = \"x\"\nstages = [\"lines\", \"clean\"]\nrows = [ {{ x = 1 }}, {{ x = 0 }} ]\n\
         expect = [ {{ x = 1 }} ]\n"
    )
}

/// Loads it as `test` does.
fn unseen(text: &str) -> Result<Checked, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.toml");
    std::fs::write(&file, text).unwrap();
    topology::load_unseen(&file, &[]).map_err(|problems| problems.render(false))
}

#[test]
fn a_test_needs_no_file_of_a_source_that_says_its_columns() {
    let types = "types = { t = \"time\", x = \"i64\" }";
    for said in [
        format!("operator = \"csv\"\npath = \"gone.csv\"\n{types}\ntime = \"t\""),
        format!("operator = \"csv\"\npath = [\"gone/*.csv\", \"gone.csv\"]\n{types}\nrepeat = 3"),
        format!("operator = \"csv\"\npath = \"gone.csv\"\n{types}\nheader = false\nnames = [\"x\", \"t\"]"),
        format!("operator = \"jsonl\"\npath = \"gone.jsonl\"\n{types}\nrate = \"5/s\""),
        format!("operator = \"jsonl\"\npath = \"gone.jsonl\"\n{types}\nfollow = true"),
        format!("operator = \"arff\"\npath = \"gone.arff\"\n{types}"),
    ] {
        let checked = unseen(&over(&said)).unwrap_or_else(|told| panic!("{said}\n{told}"));
        let failures = run(&ROOMS, &checked.plan, &checked.cases[0]).failures;
        assert!(failures.is_empty(), "{said}: {failures:?}");
        let follows = said.contains("follow");
        assert_eq!(load(&over(&said)).is_ok(), follows, "a run needs the file: {said}");
    }
    let lines = over("operator = \"lines\"\npath = \"gone.log\"").replace("x > 0", "line <> ''");
    let lines = lines.replace("{ x = 1 }", "{ line = 'a' }").replace("{ x = 0 }", "{ line = '' }");
    assert!(unseen(&lines).is_ok_and(|checked| run(&ROOMS, &checked.plan, &checked.cases[0]).holds()));
}

#[test]
fn where_nothing_says_the_columns_it_is_told_what_would() {
    let untyped = unseen(&over("operator = \"csv\"\npath = \"gone.csv\"")).unwrap_err();
    for what in
        ["gone.csv is not there, and nothing says which columns it has", "types = { id = \"i64\", … }"]
    {
        assert!(untyped.contains(what), "{untyped}");
    }
    assert_eq!(untyped.matches("error").count(), 1, "{untyped}");
    // Of a file that has more columns than are said, the reason stands beside what comes of it.
    let half =
        unseen(&over("operator = \"csv\"\npath = \"gone.csv\"\ntypes = { t = \"time\" }")).unwrap_err();
    assert!(half.contains("there is no column \"x\" (there are: t time)"), "{half}");
    assert!(
        half.contains("warning: stage \"lines\": csv: the file is not there, so its columns are"),
        "{half}"
    );
}

#[test]
fn of_a_file_that_can_not_be_looked_at_it_is_not_said_that_it_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&link, &link).unwrap();
    let source = format!("operator = \"csv\"\npath = \"{}/a.csv\"", link.display());
    let untyped = unseen(&over(&source)).unwrap_err();
    let what = "a.csv can't be looked at (too many levels of symbolic links), and nothing says which columns";
    assert!(untyped.contains(what), "{untyped}");
    let half = unseen(&over(&format!("{source}\ntypes = {{ t = \"time\" }}"))).unwrap_err();
    assert!(
        half.contains("csv: the file can't be looked at (too many levels of symbolic links), so"),
        "{half}"
    );
}
