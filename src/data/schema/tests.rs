//! What a mark on a column is, and where two schemas are one.

use super::*;

fn plain() -> Schema {
    Schema::of(&[("ts", Type::Time), ("seen", Type::Time), ("x", Type::F64)])
}

#[test]
fn an_unmarked_schema_is_hashed_shown_and_written_without_a_word_of_time() {
    let schema = Schema::of(&[("a", Type::I64), ("b", Type::Str)]);
    assert_eq!(schema.hash(), xxhash_rust::xxh3::xxh3_64(b"a\0i64\0b\0str\0"));
    assert_eq!(schema.to_string(), "a i64, b str");
    let json = serde_json::to_string(&schema).unwrap();
    assert_eq!(json, r#"[{"name":"a","of":"i64"},{"name":"b","of":"str"}]"#);
    assert_eq!(serde_json::from_str::<Schema>(&json).unwrap(), schema);
    assert_eq!(schema.time(), None);
}

#[test]
fn a_mark_is_part_of_a_schema_and_stands_on_one_column() {
    let (first, second) = (plain().with_time(0), plain().with_time(0).with_time(1));
    assert_eq!((first.time(), second.time()), (Some(0), Some(1)));
    assert_ne!(first, second);
    assert!(first.hash() != plain().hash() && first.hash() != second.hash());
    assert_eq!(second.to_string(), "ts time, seen time (event time), x f64");
    let json = serde_json::to_string(&second).unwrap();
    assert_eq!(serde_json::from_str::<Schema>(&json).unwrap(), second);
    for wrong in
        [json.replace("\"time\"", "\"i64\""), json.replacen("\"time\"}", "\"time\",\"event_time\":true}", 1)]
    {
        assert!(serde_json::from_str::<Schema>(&wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_renamed_column_keeps_the_mark_and_a_new_one_has_none() {
    let mut schema = plain().with_time(0);
    schema.fields[0] = schema.fields[0].renamed("when");
    assert_eq!((schema.time(), schema.fields[0].name.as_str()), (Some(0), "when"));
    schema.fields[0] = Field::new("when", Type::Time);
    assert_eq!(schema.time(), None);
}
