//! An operator's manual page as a test case: its parameters, and a table of what goes in and what comes out.

use sluicebox::data::{Batch, Column, Schema, Type, Value, time};
use sluicebox::operator::Spec;
use sluicebox::operator::page::{Side, begins_example, cells, head, words};

/// One ```toml block with the table that belongs to it.
#[derive(Clone)]
pub struct Example {
    /// Without `operator`.
    pub params: toml::Table,
    /// A source's file: its format, and what stands in it.
    pub file: Option<Block>,
    /// What goes in, by role; a source has none.
    pub inputs: Vec<Feed>,
    pub output: Rows,
    /// What comes out by other ports, its report among them.
    pub ports: Vec<(String, Rows)>,
    /// What a sink has stored then: its format and text.
    pub stored: Option<Block>,
}

impl Example {
    /// Inlet and rows of each batch: one stream as a whole, several by turns, line by line.
    pub fn turns(&self) -> Vec<(usize, usize, usize)> {
        let feeds = &self.inputs;
        if let [feed] = feeds.as_slice() {
            return vec![(0, 0, feed.rows.batch.len())];
        }
        let lines = feeds.first().map_or(0, |feed| feed.ends.len());
        let turn = |line: usize, inlet: usize| {
            let from = if line == 0 { 0 } else { feeds[inlet].ends[line - 1] };
            (inlet, from, feeds[inlet].ends[line])
        };
        let all = (0..lines).flat_map(|line| (0..feeds.len()).map(move |inlet| turn(line, inlet)));
        all.filter(|(_, from, to)| from < to).collect()
    }
}

/// A fenced block: its tag and what is between the fences.
#[derive(Clone, Debug, Default)]
pub struct Block {
    pub tag: String,
    pub text: String,
}

/// What goes in by one role.
#[derive(Clone, Debug, Default)]
pub struct Feed {
    pub role: Option<String>,
    pub rows: Rows,
    /// How many of them have come at the end of each line of the table: roles take turns line by line.
    pub ends: Vec<usize>,
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
            if !begins_example(line) {
                continue;
            }
            let params = params.take().ok_or("a table without a ```toml block before it")?;
            let Table { inputs, output, ports } = read_table(&table)?;
            examples.push(Example { params, file: file.take(), inputs, output, ports, stored: None });
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

/// What one table shows.
#[derive(Default)]
struct Table {
    inputs: Vec<Feed>,
    output: Rows,
    ports: Vec<(String, Rows)>,
}

impl Table {
    fn rows(&mut self, side: &Side) -> &mut Rows {
        match side {
            Side::Out(None) => &mut self.output,
            Side::Out(Some(port)) => {
                let at = self.ports.iter().position(|(name, _)| name == port).unwrap_or(self.ports.len());
                if at == self.ports.len() {
                    self.ports.push((port.clone(), Rows::default()));
                }
                &mut self.ports[at].1
            }
            Side::In(role) => &mut self.feed(role).rows,
        }
    }

    fn feed(&mut self, role: &Option<String>) -> &mut Feed {
        let at = self.inputs.iter().position(|feed| feed.role == *role).unwrap_or(self.inputs.len());
        if at == self.inputs.len() {
            self.inputs.push(Feed { role: role.clone(), ..Feed::default() });
        }
        &mut self.inputs[at]
    }
}

/// Head, rule, and rows, whose cells hold the values of successive records.
fn read_table(table: &[&str]) -> Result<Table, String> {
    let mut found = Table::default();
    let lines: Vec<Vec<String>> = table.iter().skip(2).map(|line| cells(line)).collect();
    for (at, head) in cells(table[0]).iter().enumerate() {
        let (name, of, side, event_time) = read_head(head)?;
        let mut column = Column::new(of);
        let mut ends = Vec::new();
        for line in &lines {
            let cell = line.get(at).ok_or_else(|| format!("a row has no cell for \"{head}\""))?;
            for word in words(cell).map_err(|e| format!("in the cell of \"{head}\": {e}"))? {
                push(&mut column, &word)?;
            }
            ends.push(column.len());
        }
        if let Side::In(role) = &side {
            found.feed(role).ends = ends;
        }
        let rows = found.rows(&side);
        rows.schema = std::mem::take(&mut rows.schema).with(&name, of);
        if event_time {
            rows.schema = std::mem::take(&mut rows.schema).with_time(rows.batch.columns.len());
        }
        rows.batch.columns.push(column);
    }
    found.inputs.iter_mut().try_for_each(|feed| number(&mut feed.rows))?;
    found.ports.iter_mut().try_for_each(|(_, rows)| number(rows))?;
    number(&mut found.output)?;
    Ok(found)
}

/// Gives rows their ids and births; all columns must be equally long.
fn number(rows: &mut Rows) -> Result<(), String> {
    let n = rows.batch.columns.first().map_or(0, Column::len);
    if let Some(odd) = rows.batch.columns.iter().position(|column| column.len() != n) {
        let fields = &rows.schema.fields;
        return Err(format!(
            "column \"{}\" has {} values, \"{}\" has {n}",
            fields[odd].name,
            rows.batch.columns[odd].len(),
            fields[0].name
        ));
    }
    rows.batch.id = (0..n as u64).collect();
    rows.batch.born_ns = (1..=n as u64).collect();
    Ok(())
}

/// `name type (in)`; the type `event_time` is a time with that mark.
fn read_head(text: &str) -> Result<(String, Type, Side, bool), String> {
    let wrong =
        || format!("the head \"{text}\" is not of the form \"name type (in)\" or \"name type (out)\"");
    let (column, side) = head(text).ok_or_else(wrong)?;
    let (name, of) = column.rsplit_once(' ').ok_or_else(wrong)?;
    let (of, event_time) = match of.trim_matches('`') {
        "event_time" => (Type::Time, true),
        of => (Type::parse(of).ok_or_else(wrong)?, false),
    };
    Ok((name.trim().trim_matches('`').to_string(), of, side, event_time))
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
