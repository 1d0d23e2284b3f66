//! `check-exec`: whether a program does what a stage of it must.

use crate::args::CheckExec;
use crate::{print, print_as_is};
use serde_json::{Map, Value, json};
use sluicebox::error::{Error, Exit, Result};
use sluicebox::preprocess::{Answer, Trial};

pub fn check_exec(args: &CheckExec) -> Result<()> {
    let trial = Trial {
        command: args.command.clone(),
        by_id: ["one", "ack"].contains(&args.reply.as_str()),
        mute: args.reply == "none",
        packed: args.format == "msgpack",
        samples: samples(args)?,
        types: types(args)?,
        time_max: args.time_max,
    };
    let answers = trial.run()?;
    let wrong = answers.iter().filter(|answer| answer.wrong.is_some()).count();
    if args.json {
        let told =
            |Answer { name, wrong }: &Answer| json!({ "name": name, "ok": wrong.is_none(), "wrong": wrong });
        let checks: Vec<Value> = answers.iter().map(told).collect();
        print_as_is(&format!("{}\n", json!({ "ok": wrong == 0, "checks": checks })))?;
    } else {
        for Answer { name, wrong } in &answers {
            print(&match wrong {
                None => format!("ok      it {name}\n"),
                Some(why) => format!("FAILED  it {name}: {why}\n"),
            })?;
        }
    }
    match wrong {
        0 => Ok(()),
        n => Err(Error::new(Exit::Failed, format!("the program fails {n} of {} checks", answers.len()))),
    }
}

/// What its records look like.
fn samples(args: &CheckExec) -> Result<Vec<Map<String, Value>>> {
    let Some(file) = &args.sample else {
        let usual = json!({
            "n": 7, "x": 1.5, "city": "Köln", "ok": true, "at": "2013-01-01T05:15:00Z", "tags": ["a", "b"],
        });
        return Ok(usual.as_object().cloned().into_iter().collect());
    };
    let cannot = |why: String| Error::usage(format!("cannot read records from {}: {why}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|e| cannot(sluicebox::error::reason(&e)))?;
    let mut samples = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).take(1000) {
        match serde_json::from_str(line) {
            Ok(Value::Object(record)) => samples.push(record),
            _ => return Err(cannot(format!("line {} is no JSON object", at + 1))),
        }
    }
    if samples.is_empty() {
        return Err(cannot("it has none".to_string()));
    }
    Ok(samples)
}

/// `score=f64,label=str`.
fn types(args: &CheckExec) -> Result<Vec<(String, String)>> {
    let known = ["bool", "i64", "f64", "str", "time", "list<str>"];
    let read = |given: &String| match given.split_once('=') {
        Some((name, of)) if !name.is_empty() && known.contains(&of) => Ok((name.to_string(), of.to_string())),
        _ => Err(Error::usage(format!(
            "{given:?} is no name and type: write --types score=f64 (types are {})",
            known.join(", ")
        ))),
    };
    args.types.iter().map(read).collect()
}
