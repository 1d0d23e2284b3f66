//! Topologies for data of many kinds: each is sound, without a warning.

mod first_line;

use super::{PLAIN, of_data};
use crate::topology::{self, Checked};
use std::path::Path;

/// The topology as it is checked; what is written has to be sound.
fn checked(text: &str) -> Checked {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.toml");
    std::fs::write(&file, text).unwrap();
    let checked = topology::load(&file, &[]).unwrap_or_else(|p| panic!("{}\n{text}", p.render(false)));
    assert!(checked.warnings.is_empty(), "{}\n{text}", checked.warnings.render(false));
    checked
}

/// What is written for a file that holds this, and its stages with their steps.
fn written(name: &str, data: &[u8]) -> (String, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, data).unwrap();
    let text = of_data(&file).unwrap_or_else(|e| panic!("{}", e.sentence));
    let stages = checked(&text).plan.stages.into_iter().map(|stage| {
        let steps: Vec<String> = stage.steps.into_iter().map(|step| step.operator).collect();
        format!("{}: {}", stage.name, steps.join(" "))
    });
    (text, stages.collect())
}

fn refused(name: &str, data: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, data).unwrap();
    of_data(&file).expect_err("nothing can be written").sentence
}

const WHOLE: [&str; 4] =
    ["rows: csv", "clean: drop_missing", "segments: standardize kmeans", "store: sqlite"];

#[test]
fn the_starter_is_sound_and_carries_a_test() {
    assert!(!checked(PLAIN).cases.is_empty());
}

#[test]
fn measures_are_compared_and_ids_codes_and_times_are_not() {
    let mut data = "order_id,at,zip,Amount,weight kg,shop\n".to_string();
    for n in 0..50 {
        data += &format!(
            "{n},2026-01-01T00:{n:02}:00Z,{},{}.5,{},s{}\n",
            10_000 + n % 7,
            n * 7 % 13,
            n % 5,
            n % 3
        );
    }
    let (text, stages) = written("My Orders.2026.csv", data.as_bytes());
    assert_eq!(stages, WHOLE);
    for line in [
        "name = \"my-orders\"",
        "time = \"at\"",
        "fields = [\"Amount\", \"weight kg\"] }",
        "features = [\"z_Amount\", \"z_weight kg\"]",
        "order_id = \"i64\"",
        "\"weight kg\" = \"i64\"",
        "# an id: 0, 1, 2 …",
        "# a code: 10000, 10001, 10002 …",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn names_that_are_taken_give_way() {
    let data = "distance,cluster,z_x,x,order,ORDER\n1,5,7,2.5,a,b\n9,9,8,3.5,c,d\n2,1,3,1.5,e,f\n";
    let (text, stages) = written("a.csv", data.as_bytes());
    assert_eq!(stages[1], "clean: drop_missing select", "{text}");
    assert!(
        text.contains("rename = { cluster = \"cluster_before\", distance = \"distance_before\" }"),
        "{text}"
    );
    assert!(text.contains("prefix = \"zz_\"") && text.contains("\"zz_distance_before\""), "{text}");
    assert_eq!(stages[3], "store: jsonl", "no table has two columns that differ in their case");
}

#[test]
fn a_name_in_other_letters_is_taken_too() {
    let data = "Distance,a,Z_a\n1,2,3\n5,1,7\n3,9,2\n4,4,4\n";
    let (text, stages) = written("a.csv", data.as_bytes());
    assert_eq!(stages[3], "store: sqlite", "{text}");
    assert!(text.contains("rename = { Distance = \"Distance_before\" }"), "{text}");
    assert!(text.contains("prefix = \"zz_\""), "{text}");
}

#[test]
fn any_number_of_columns_is_sound() {
    let data = |texts: usize, measures: usize| {
        let names = (0..texts + measures).map(|at| format!("c{at}"));
        let mut lines = vec![names.collect::<Vec<_>>().join(",")];
        for row in [3, 1, 4, 2] {
            let cell = |at| if at < texts { format!("t{row}") } else { format!("{}.5", row + at % 3) };
            lines.push((0..texts + measures).map(cell).collect::<Vec<_>>().join(","));
        }
        lines.join("\n")
    };
    let (_, stages) = written("a.csv", data(0, 1_100).as_bytes());
    assert_eq!(stages[1..3], WHOLE[1..3], "more than an expression may have operators");
    let (_, stages) = written("a.csv", data(1_200, 500).as_bytes());
    assert_eq!(stages[3], "store: jsonl", "with what is added they are too many for a table");
}

#[test]
fn what_looks_like_a_variable_is_none() {
    let data = "${x},b$${y},$c\n1,2,9\n5,9,1\n3,7,2\n";
    let (text, stages) = written("${nowhere}.csv", data.as_bytes());
    assert_eq!(stages, WHOLE);
    assert!(text.contains("fields = [\"$${x}\", \"b$$${y}\", \"$c\"]"), "{text}");
}

#[test]
fn a_field_of_several_kinds_is_left_out_and_told() {
    let data = "{\"a\":1,\"b\":2.5,\"l\":[1]}\n{\"a\":\"x\",\"b\":1.5}\n{\"a\":true,\"b\":7.5}\n";
    let (text, stages) = written("m.jsonl", data.as_bytes());
    assert_eq!(stages[2], WHOLE[2]);
    assert!(text.contains("first 3 records"), "none is rejected\n{text}");
    for line in [
        "# left out, as its values are of several kinds: a",
        "# left out, as its values are of several kinds: l",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("a = "), "{text}");
    let told = refused("m.jsonl", b"{\"a\":1}\n{\"a\":\"x\"}\n");
    assert!(told.contains("each of its fields has values of several kinds: a"), "{told}");
}

#[test]
fn names_that_can_not_be_seen_get_others() {
    let data = "\"Unit\nPrice\",b,\u{200f}\n1,2,4\n5,7,1\n3,9,8\n";
    let (text, stages) = written("x.csv", data.as_bytes());
    assert_eq!(stages, WHOLE);
    assert!(text.contains("names = [\"Unit Price\", \"b\", \"column3\"]"), "{text}");
}

#[test]
fn json_is_told_of_by_who_reads_it() {
    for name in ["t.log", "t", "t.json"] {
        let told = refused(name, b"[{\"a\":1},{\"a\":2}]\n");
        assert!(told.contains("jq -c"), "{told}");
    }
}

#[test]
fn a_file_of_a_spreadsheet_is_read_as_it_was_written() {
    let data = "name;size;note;note\nA;1,5;NA;x\nB;2,5;3;y\nC;7,25;4;z\n";
    let (text, stages) = written("a.csv", data.as_bytes());
    assert_eq!(stages, WHOLE, "{text}");
    for line in
        ["delimiter = \";\"", "decimal = \",\"", "unique_names = true", "size = \"f64\"", "null = [\"NA\"]"]
    {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let (text, _) = written("a.tsv", b"a\tb\n1.5\t2\n2.5\t4\n0.5\t9\n");
    assert!(text.contains("delimiter = \"\\t\""), "{text}");
}

#[test]
fn json_lines_are_read_by_their_paths() {
    let data = br#"{"user":{"age":31,"name":"a"},"score":0.5}
{"user":{"age":40},"score":1.5}
{"user":{"age":22},"score":2.5}
"#;
    let mut whole = WHOLE;
    whole[0] = "rows: jsonl";
    for name in ["events.jsonl", "events", "events.log"] {
        let (text, stages) = written(name, data);
        assert_eq!(stages, whole, "{name}");
        assert!(text.contains("\"user.age\" = \"i64\"") && text.contains("fields = [\"user.age\""), "{text}");
    }
}

#[test]
fn what_has_nothing_to_compare_is_read_and_stored() {
    let plain = ["rows: csv", "store: sqlite"];
    for data in ["a,b\nx,y\nz,w\n", "a,b\n", "a\nx\n", "id\n1\n2\n3\n4\n", "a,b\n,\n,\n", "a"] {
        assert_eq!(written("t.csv", data.as_bytes()).1, plain, "{data:?}");
    }
    assert_eq!(written("t.csv", b"x\n1.5\n2.5\n4.5\n").1, WHOLE, "one column is enough");
    assert_eq!(written("t.csv", "x\u{feff},y\n1,2\n".replace('\u{feff}', "").as_bytes()).1, plain);
}

#[test]
fn what_can_not_be_looked_at_is_told() {
    assert!(refused("t.csv", b"").contains("no header line"));
    assert!(refused("t.jsonl", b"\n").contains("no topology can be written"));
    assert!(refused("t.csv", b"<html></html>").contains("an HTML page"));
    let gone = of_data(Path::new("/nowhere/t.csv")).err().unwrap().sentence;
    assert_eq!(gone, "cannot read /nowhere/t.csv: no such file or directory");
    let folder = tempfile::tempdir().unwrap();
    assert!(of_data(folder.path()).err().unwrap().sentence.contains("it is a folder"));
}

#[test]
fn comments_end_where_they_should() {
    let data = "a\n\"x\ny\u{1b}[J\"\n\"\u{202e}z\"\n";
    let (text, _) = written("t.csv", data.as_bytes());
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text:?}");
}

#[test]
fn other_peoples_data_make_sound_topologies() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("SKIPPED: {} is not there", folder.display());
        return;
    };
    let mut files = 0;
    for entry in entries {
        let file = entry.unwrap().path();
        if !file.to_string_lossy().contains(".csv") {
            continue;
        }
        // Some have no header line: that is for who knows what their columns are.
        match of_data(&file) {
            Ok(text) => drop(checked(&text)),
            Err(error) => {
                assert!(error.sentence.contains("no topology can be written"), "{}", error.sentence)
            }
        }
        files += 1;
    }
    assert!(files > 5, "they are read: {files}");
}

#[test]
fn a_log_is_lines_and_that_of_a_web_server_is_requests() {
    let line = "192.0.2.1 - - [01/Jan/2026:10:00:01 +0000] \"GET /a HTTP/1.1\" 200 1 \"-\" \"Mozilla (KHTML, like)\"\n";
    for name in ["access.log", "access", "a.csv"] {
        let (text, stages) = written(name, line.repeat(3).as_bytes());
        assert_eq!(stages, ["rows: lines", "requests: parse event_time", "minutes: window", "store: sqlite"]);
        assert!(!text.contains("types") && text.contains("\"requests/rejected\""), "{text}");
    }
    let (text, stages) = written("app.log", b"2026-01-01 10:00 started\n2026-01-01 10:01 stopped\n");
    assert_eq!(stages, ["rows: lines", "store: sqlite"], "{text}");
    assert!(text.contains("first 2 records"), "no line is a header: {text}");
}

#[test]
fn a_text_that_is_not_utf_8_gets_an_encoding_and_what_is_no_text_none() {
    for data in [&b"id,name\n1,M\xfcller\n2,Schmidt\n"[..], b"id,stra\xdfe\n1,a\n2,b\n"] {
        let (text, _) = written("a.csv", data);
        assert!(text.contains("encoding = \"windows-1252\"") && text.contains("first 2 records"), "{text}");
    }
    let rows = "1,Müller\n2,Jürgens\n".repeat(60);
    let (text, _) = written("a.csv", &[b"id,name\n", rows.as_bytes(), b"3,M\xfcller\n"].concat());
    assert!(!text.contains("encoding"), "one record of many is no reason: {text}");
    for (bytes, encoding) in
        [(u16::to_le_bytes as fn(u16) -> [u8; 2], "utf-16le"), (u16::to_be_bytes, "utf-16be")]
    {
        let text = "\u{feff}id,name\n1,Müller\n2,Šebek\n";
        for text in [text, text.trim_start_matches('\u{feff}')] {
            let data: Vec<u8> = text.encode_utf16().flat_map(bytes).collect();
            let (text, _) = written("a.csv", &data);
            let said = format!("encoding = \"{encoding}\"");
            assert!(text.contains(&said) && text.contains("name = \"str\""), "{text}");
            assert!(text.contains("first 2 records"), "{text}");
        }
    }
    let told = refused("a.dat", b"\x01\x02\xff\xfe,\x00\n\x00\x80");
    assert!(told.contains("it is no text, and no other file that is known"), "{told}");
}

#[test]
fn names_with_signs_that_cannot_be_seen_are_taken_as_they_are() {
    let (text, _) = written("a.csv", b"${HOME},\"new\nline\",x\n1,2,3\n4,5,6\n");
    assert!(text.contains("$${HOME}"), "{text}");
}

#[test]
fn times_are_read_as_a_spreadsheet_writes_them() {
    let file =
        |days: &[&str]| format!("day,n\n{}", days.iter().map(|day| format!("{day},x\n")).collect::<String>());
    for (days, format) in [
        (&["31.12.2025", "01.01.2026"][..], "%d.%m.%Y"),
        (&["31.12.2025 10:00", "01.01.2026 09:30"], "%d.%m.%Y %H:%M"),
        (&["12/31/2025", "01/01/2026"], "%m/%d/%Y"),
        (&["31/12/2025", "01/01/2026"], "%d/%m/%Y"),
    ] {
        let (text, _) = written("a.csv", file(days).as_bytes());
        assert!(text.contains(&format!("time_format = \"{format}\"")), "{text}");
        assert!(text.contains("day = \"time\"") && text.contains("time = \"day\""), "{text}");
    }
    let (text, _) = written("a.csv", file(&["01/02/2026", "03/04/2026"]).as_bytes());
    assert!(text.contains("day = \"str\"") && !text.contains("time_format"), "which is the month? {text}");
}
