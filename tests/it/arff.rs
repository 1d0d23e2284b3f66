//! The `arff` source: what Weka and MOA write, and what is wrong with it.

use crate::csv::gzip;
use crate::source::{Source, plan, problems, sample};
use sluicebox::operator::{Account, Next};
use tempfile::TempDir;

const HEAD: &str =
    "@relation r\n@attribute x numeric\n@attribute n integer\n@attribute c {a,'b c',\"d'\"}\n@data\n";

fn file(bytes: &[u8]) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.arff");
    std::fs::write(&path, bytes).unwrap();
    let params = format!("path = '{}'\n", path.display());
    (folder, params)
}

fn read(text: &str, more: &str) -> Source {
    let (_folder, path) = file(text.as_bytes());
    Source::new("arff", &format!("{path}{more}")).run().unwrap()
}

fn rows(data: &str) -> Vec<String> {
    read(&format!("{HEAD}{data}"), "").rows.iter().map(|row| row.join("|").replace(".0|", "|")).collect()
}

#[test]
fn files_of_moa_are_read_with_the_comma_at_the_end_of_records() {
    // As WriteStreamToARFFFile of MOA 24.07 writes it.
    let head = "@relation 'generators.SEAGenerator -f 2 -i 7'\n\n@attribute attrib1 numeric\n\
                @attribute attrib2 numeric\n@attribute attrib3 numeric\n@attribute class {groupA,groupB}\n\n";
    let data = "@data\n\n7.306990420600421,7.491696031336331,3.4830970303125697,groupB,\n\
                2.544217646022032,3.826339337849941,7.706967535783168,groupA,\n";
    let text = &format!("{head}{data}");
    let source = read(text, "");
    assert_eq!(source.schema.to_string(), "attrib1 f64, attrib2 f64, attrib3 f64, class str");
    assert_eq!(source.rows[0], ["7.306990420600421", "7.491696031336331", "3.4830970303125697", "groupB"]);
    assert_eq!(source.rows[1][3], "groupA");
    let made = Source::new("sea", "function = 2\nseed = 7\ncount = 1").run().unwrap();
    assert_eq!(made.rows[0], source.rows[0], "it is what `sea` makes up");
}

#[test]
fn values_are_bare_or_in_quotes_dense_or_sparse() {
    assert_eq!(rows("1,2,a\n 1.5e3 , -7 ,\t'b c'\n"), ["1|2|a", "1500|-7|b c"]);
    assert_eq!(rows("?,?,?\n,,\n"), ["||", "||"], "an empty value is NULL too");
    assert_eq!(rows("1\t2\ta\n"), ["1|2|a"], "tabs part values");
    assert_eq!(rows("1,2,\"d'\"\n1,2,'d\\''\n1,2,d'\n"), ["1|2|d'"; 3]);
    assert_eq!(rows("1,2,a % said\n%1,2,a\n\n   \n1,2,a,{0.5}\n1,2,a,\n"), ["1|2|a"; 3]);
    assert_eq!(rows("{}\n{1 5}\n{0 2.5, 2 'b c'}\n{ 2 ?,0 1 }\n"), ["0|0|a", "0|5|a", "2.5|0|b c", "1|0|"]);
    assert_eq!(rows("007,+7,a\r\n12E4,1,a"), ["7|7|a", "120000|1|a"], "what is declared is not guessed");
}

#[test]
fn what_is_no_record_is_rejected_with_its_reason() {
    let data =
        "1,2,a\nx,2,a\n1,2.5,a\n1,2,e\n1,2\n1,2,a,b\n1,2,'a\n1,2,'a'b\n{3 1}\n{1 1,1 2}\n{1 1\n1,2,a\n";
    let mut source = read(&format!("{HEAD}{data}"), "");
    assert_eq!(source.rows.len(), 2);
    let expected =
        [("type:x", 1), ("type:n", 1), ("type:c", 1), ("fields", 4), ("quote", 2), ("duplicate", 1)];
    let rejected = source.rejected();
    let told: Vec<(&str, u64)> = rejected.iter().map(|(reason, n)| (reason.as_str(), *n)).collect();
    assert_eq!(told, expected);
}

#[test]
fn heads_say_types_in_any_case_and_what_is_wrong_with_them_is_told() {
    let text = "\u{feff}% by hand\r\n@RELATION 'a b'\r\n@Attribute 'the x' REAL % metres\r\n\
                @attribute when date\r\n@attribute day DATE 'dd.MM.yyyy'\r\n@attribute s String\r\n@DATA\r\n\
                1,2026-01-02T03:04:05,'1.2.2026',?\r\n";
    let source = read(text, "");
    assert_eq!(source.schema.to_string(), "the x f64, when time, day str, s str");
    assert_eq!(source.rows[0], ["1.0", "2026-01-02T03:04:05Z", "1.2.2026", ""]);
    let (_folder, path) = file(text.as_bytes());
    let typed = plan("arff", &format!("{path}types = {{ day = \"time\", s = \"i64\" }}")).ok().unwrap();
    assert_eq!(typed.output.to_string(), "the x f64, when time, day time, s i64");
    assert!(problems("arff", &format!("{path}types = {{ s2 = \"i64\" }}"))[0].contains("no column \"s2\""));
    for (head, told) in [
        ("", "has no @data"),
        ("@relation r\n@attribute x numeric\n", "has no @data"),
        ("@relation r\n@data\n1\n", "no @attribute before @data"),
        ("x,y\n1,2\n", "a line that is no @relation, @attribute or @data: \"x,y\""),
        ("@attribute x numeric\n@attribute x real\n@data\n", "names \"x\" twice"),
        ("@attribute x number\n@data\n", "has the type \"number\""),
        ("@attribute x {a,b\n@data\n", "no } ends"),
        ("@attribute x {}\n@data\n", "without values"),
        ("@attribute 'x numeric\n@data\n", "never closed"),
        ("@attribute x relational\n@data\n", "is a relation"),
    ] {
        let (_folder, path) = file(head.as_bytes());
        let error = sample("arff", &path).err().unwrap_or_else(|| panic!("{head:?} is no head"));
        assert!(error.sentence.contains(told) && error.sentence.contains("a.arff"), "{}", error.sentence);
    }
}

#[test]
fn a_restart_goes_on_within_a_file_also_a_compressed_one() {
    let mut text = HEAD.to_string();
    (0..500).for_each(|i| text += &format!("{i}.5,{i},{}\n", if i % 3 == 0 { "a" } else { "'b c'" }));
    text += "{1 500}\n";
    for bytes in [text.as_bytes().to_vec(), gzip(text.as_bytes())] {
        let (_folder, path) = file(&bytes);
        let whole = Source::new("arff", &path).run().unwrap();
        assert_eq!(whole.rows.len(), 501);
        let (mut rows, mut account) = (Vec::new(), Account::default());
        for crash in 0.. {
            let mut source = Source::resumed("arff", &path, account.clone());
            source.desk.cx().records_max = 1 + crash % 50;
            let ended = (0..4).any(|_| source.step().unwrap() == Next::End);
            rows.append(&mut source.rows);
            account = source.desk.account_mut().clone();
            if ended {
                break;
            }
        }
        assert_eq!(rows, whole.rows);
    }
}

#[test]
fn files_of_one_source_have_one_head() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("a.arff", &format!("{HEAD}1,2,a\n"));
    write("b.arff", &format!("{HEAD}3,4,'b c'\n"));
    let params = format!("path = '{}/*.arff'", folder.path().display());
    let rows = Source::new("arff", &params).run().unwrap().rows;
    assert_eq!(rows, [["1.0", "2", "a"], ["3.0", "4", "b c"]]);
    write("b.arff", "@attribute y numeric\n@data\n1\n");
    let error = sample("arff", &params).err().unwrap().sentence;
    assert!(error.contains("column 1 is \"y\" here, \"x\" there"), "{error}");
}
