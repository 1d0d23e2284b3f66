//! An operator's manual page as a test case: its parameters, and a table of what goes in and what comes out.

use sluicebox::data::{Batch, Column, Schema, Type, Value, time};
use sluicebox::operator::Spec;

/// One ```toml block with the table that belongs to it.
pub struct Example {
    /// Without `operator`.
    pub params: toml::Table,
    /// A source's file: its format, and what stands in it.
    pub file: Option<Block>,
    pub input: Rows,
    pub output: Rows,
    /// What a sink has stored then: its format and text.
    pub stored: Option<Block>,
}

/// A fenced block: its tag and what is between the fences.
#[derive(Clone, Debug, Default)]
pub struct Block {
    pub tag: String,
    pub text: String,
}

/// Rows with their columns' names and types.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    pub schema: Schema,
    pub batch: Batch,
}

/// The examples of a page; a page must have one.
pub fn examples(spec: &Spec) -> Result<Vec<Example>, String> {
    let mut examples: Vec<Example> = Vec::new();
    // The parameters and the file that wait for their table.
    let (mut params, mut file): (Option<toml::Table>, Option<Block>) = (None, None);
    let page: Vec<&str> = spec.source.lines().map_while(|line| line.strip_prefix("//!")).collect();
    let mut lines = page.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).peekable();
    while let Some(line) = lines.next() {
        if let Some(tag) = line.strip_prefix("```") {
            let text: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
            let block = Block { tag: tag.trim().to_string(), text: text.join("\n") };
            match (&params, examples.last_mut()) {
                _ if block.tag == "toml" => {
                    params = parameters(spec.name, &block.text)?;
                    file = None;
                }
                (Some(_), _) => file = Some(block),
                (None, Some(example)) if example.stored.is_none() => example.stored = Some(block),
                _ => {}
            }
        } else if line.starts_with('|') {
            let mut table = vec![line];
            while let Some(row) = lines.next_if(|line| line.starts_with('|')) {
                table.push(row);
            }
            // Other tables, of prose, don't name columns that go in or out.
            if !line.contains("(in)") && !line.contains("(out)") {
                continue;
            }
            let params = params.take().ok_or("a table without a ```toml block before it")?;
            let (input, output) = read_table(&table)?;
            examples.push(Example { params, file: file.take(), input, output, stored: None });
        }
    }
    if examples.is_empty() {
        return Err("the page has no table of a toml block".to_string());
    }
    Ok(examples)
}

/// A toml block that is a step of this operator; others only show something.
fn parameters(operator: &str, text: &str) -> Result<Option<toml::Table>, String> {
    let mut table: toml::Table = text.parse().map_err(|e| format!("the toml block can't be read: {e}"))?;
    match table.remove("operator") {
        None => Ok(None),
        Some(toml::Value::String(name)) if name == operator => Ok(Some(table)),
        Some(other) => Err(format!("the toml block is of operator {other}")),
    }
}

/// Head, rule, and rows, whose cells hold the values of successive records.
fn read_table(table: &[&str]) -> Result<(Rows, Rows), String> {
    let (mut input, mut output) = (Rows::default(), Rows::default());
    let rows: Vec<Vec<String>> = table.iter().skip(2).map(|line| cells(line)).collect();
    for (at, head) in cells(table[0]).iter().enumerate() {
        let (name, of, coming_in, event_time) = read_head(head)?;
        let mut column = Column::new(of);
        for row in &rows {
            let cell = row.get(at).ok_or_else(|| format!("a row has no cell for \"{head}\""))?;
            for word in words(cell).map_err(|e| format!("in the cell of \"{head}\": {e}"))? {
                push(&mut column, &word)?;
            }
        }
        let side = if coming_in { &mut input } else { &mut output };
        side.schema = std::mem::take(&mut side.schema).with(&name, of);
        if event_time {
            side.schema = std::mem::take(&mut side.schema).with_time(side.batch.columns.len());
        }
        side.batch.columns.push(column);
    }
    for (side, rows) in [("in", &mut input), ("out", &mut output)] {
        let n = rows.batch.columns.first().map_or(0, Column::len);
        if let Some(odd) = rows.batch.columns.iter().position(|column| column.len() != n) {
            let fields = &rows.schema.fields;
            return Err(format!(
                "({side}) column \"{}\" has {} values, \"{}\" has {n}",
                fields[odd].name,
                rows.batch.columns[odd].len(),
                fields[0].name
            ));
        }
        rows.batch.id = (0..n as u64).collect();
        rows.batch.born_ns = (1..=n as u64).collect();
    }
    Ok((input, output))
}

/// `name type (in)`; the type `event_time` is a time with that mark.
fn read_head(head: &str) -> Result<(String, Type, bool, bool), String> {
    let wrong =
        || format!("the head \"{head}\" is not of the form \"name type (in)\" or \"name type (out)\"");
    let (rest, coming_in) = match (head.strip_suffix("(in)"), head.strip_suffix("(out)")) {
        (Some(rest), _) => (rest, true),
        (_, Some(rest)) => (rest, false),
        _ => return Err(wrong()),
    };
    let (name, of) = rest.trim().rsplit_once(' ').ok_or_else(wrong)?;
    let (of, event_time) = match of.trim_matches('`') {
        "event_time" => (Type::Time, true),
        of => (Type::parse(of).ok_or_else(wrong)?, false),
    };
    Ok((name.trim().trim_matches('`').to_string(), of, coming_in, event_time))
}

/// The cells of a table's line; `\|` is a bar inside a cell.
fn cells(line: &str) -> Vec<String> {
    let line = line.trim().trim_start_matches('|').replace("\\|", "\u{0}");
    let line = line.strip_suffix('|').unwrap_or(&line);
    line.split('|').map(|cell| cell.trim().replace('\u{0}', "|")).collect()
}

/// The values of a cell: bare words, "quoted ones", and JSON arrays.
fn words(cell: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut rest = cell.trim_start();
    while !rest.is_empty() {
        let end = match rest.chars().next() {
            Some('"' | '[') => {
                let mut json = serde_json::Deserializer::from_str(rest).into_iter::<serde_json::Value>();
                match json.next() {
                    Some(Ok(_)) => json.byte_offset(),
                    _ => return Err(format!("no value can be read at {rest}")),
                }
            }
            _ => rest.find(' ').unwrap_or(rest.len()),
        };
        words.push(rest[..end].to_string());
        rest = rest[end..].trim_start();
    }
    Ok(words)
}

fn push(column: &mut Column, word: &str) -> Result<(), String> {
    let of = column.of();
    let wrong = || format!("{word} is no {of}");
    if word == "NULL" {
        column.push_null();
        return Ok(());
    }
    match of {
        Type::Bool => column.push(Value::Bool(match word {
            "true" | "1" => true,
            "false" | "0" => false,
            _ => return Err(wrong()),
        })),
        Type::I64 => column.push(Value::I64(word.parse().map_err(|_| wrong())?)),
        Type::F64 => column.push(Value::F64(word.parse().map_err(|_| wrong())?)),
        Type::Time => column.push(Value::Time(time::parse(word, None).ok_or_else(wrong)?)),
        Type::Str if word.starts_with('"') => {
            column.push(Value::Str(&serde_json::from_str::<String>(word).map_err(|_| wrong())?));
        }
        Type::Str => column.push(Value::Str(word)),
        Type::List => {
            let items: Vec<String> = serde_json::from_str(word).map_err(|_| wrong())?;
            column.push(Value::List(items.iter().map(String::as_str).collect()));
        }
    }
    Ok(())
}
