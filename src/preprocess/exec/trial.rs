//! Tries a program against all that a step with a program asks of it: one question after the other, each put to a fresh
//! process.

mod session;

use super::written::Written;
use crate::clock::mono_ns;
use crate::error::{Error, Result};
use crate::net::child::Program;
use crate::units::Span;
use serde_json::{Map, Value, json};
use session::{Said, Session};

/// What is tried, and with what.
pub struct Trial {
    pub command: Vec<String>,
    /// Records are answered by their id; else it says what it likes.
    pub by_id: bool,
    /// What it says is for nobody.
    pub mute: bool,
    /// Records, and answers, are maps of MessagePack; else an object a line.
    pub packed: bool,
    /// What a record looks like: objects without an id.
    pub samples: Vec<Map<String, Value>>,
    /// What an answer must have, by name and type.
    pub types: Vec<(String, String)>,
    /// How long an answer, or the end, may take.
    pub time_max: Span,
}

/// One question, and what was wrong with the answer.
pub struct Answer {
    pub name: &'static str,
    /// With what to do.
    pub wrong: Option<String>,
}

/// Why something did not hold.
type Held = std::result::Result<(), String>;

/// So many records are given to it at once, and in a flood.
const MANY: u64 = 1000;
const FLOOD: u64 = 20_000;

impl Trial {
    /// Puts all questions. The first that a program fails may be why it fails the others.
    ///
    /// # Errors
    /// When the program can't be started at all.
    pub fn run(&self) -> Result<Vec<Answer>> {
        if self.command.is_empty() || self.samples.is_empty() {
            return Err(Error::usage("there is no program to try, or no record to try it with"));
        }
        self.program().check().map_err(|e| Error::usage(e.sentence))?;
        type Question = (&'static str, fn(&Trial) -> Held);
        let ends: [Question; 2] = [
            ("ends when its input does, and says nothing of no record", Trial::ends_without_records),
            ("ends well when its input does, behind records", Trial::ends_behind_records),
        ];
        let answers: [Question; 5] = [
            ("answers a record while its input is open", Trial::answers_at_once),
            ("answers each of a thousand records once, by its id", Trial::answers_each_once),
            ("takes a record that comes in pieces", Trial::takes_pieces),
            ("takes NULL, empty and odd values", Trial::takes_odd_values),
            ("goes on when nobody has read its answers for a while", Trial::goes_on),
        ];
        let answers = answers.into_iter().filter(|_| self.by_id);
        Ok(ends
            .into_iter()
            .chain(answers)
            .map(|(name, ask)| Answer { name, wrong: ask(self).err() })
            .collect())
    }

    fn program(&self) -> Program {
        Program::new(self.command.clone(), None, Vec::new())
    }

    fn start(&self) -> std::result::Result<Session, String> {
        Session::start(&self.program(), self.written(), self.mute, self.time_max).map_err(|e| e.sentence)
    }

    fn written(&self) -> Written {
        if self.packed { Written::Msgpack } else { Written::Json }
    }

    /// A record as it is written to it.
    fn line(&self, id: u64, sample: &Map<String, Value>) -> Vec<u8> {
        let mut record = Map::new();
        if self.by_id {
            record.insert("id".to_string(), json!(id));
        }
        record.extend(sample.clone());
        self.written().bytes(&Value::Object(record))
    }

    /// Records made of the samples in turn.
    fn lines(&self, ids: std::ops::RangeInclusive<u64>) -> Vec<u8> {
        let sample = |id: u64| &self.samples[id as usize % self.samples.len()];
        ids.flat_map(|id| self.line(id, sample(id))).collect()
    }

    /// Reads answers to these ids; each must come once, in any order.
    fn expect(&self, session: &mut Session, ids: std::ops::RangeInclusive<u64>) -> Held {
        let mut open: std::collections::BTreeSet<u64> = ids.clone().collect();
        let deadline = mono_ns().saturating_add(self.time_max.ns);
        while let Some(first) = open.first().copied() {
            let Some(said) = session.line(deadline)? else {
                let n = open.len();
                return Err(format!("no answer to {first} within {} ({n} are missing)", self.time_max));
            };
            let id = self.id_of(&said)?;
            if !open.remove(&id) {
                let why = if ids.contains(&id) { "it has answered that already" } else { "nobody asked" };
                return Err(format!("it answered {id}, and {why}: {}", said.shown));
            }
        }
        Ok(())
    }

    /// The id of an answer that is sound.
    fn id_of(&self, said: &Said) -> std::result::Result<u64, String> {
        let told = |what: String| format!("{what}: {}", said.shown);
        let answer = said.value.as_ref().map_err(|why| told(format!("it wrote {why}")))?;
        let id =
            answer["id"].as_u64().ok_or_else(|| told("its answer has no number as \"id\"".to_string()))?;
        for (name, of) in self.types.iter().filter(|_| answer["drop"] != true && answer["reject"].is_null()) {
            let value = &answer[name];
            if !is_of(value, of) {
                return Err(told(format!("\"{name}\" is {value}, no {of}")));
            }
        }
        Ok(id)
    }

    fn ends_without_records(&self) -> Held {
        let mut session = self.start()?;
        session.close();
        let unit = self.written().unit();
        session.rest(|said| match self.by_id {
            true => Err(format!("it wrote {unit}, and was asked nothing: {}", said.shown)),
            false => Ok(()),
        })?;
        session.ends_well()
    }

    fn ends_behind_records(&self) -> Held {
        let mut session = self.start()?;
        session.say(&self.lines(1..=10));
        session.close();
        session.rest(|said| match self.by_id {
            true => self.id_of(said).map(|_| ()),
            false => self.is_record(said),
        })?;
        session.ends_well()
    }

    fn is_record(&self, said: &Said) -> Held {
        match &said.value {
            Ok(Value::Object(_)) => Ok(()),
            _ => Err(format!("it wrote {} that is no object: {}", self.written().unit(), said.shown)),
        }
    }

    fn answers_at_once(&self) -> Held {
        let mut session = self.start()?;
        session.say(&self.lines(1..=1));
        let Err(why) = self.expect(&mut session, 1..=1) else { return Ok(()) };
        session.close();
        match self.expect(&mut session, 1..=1) {
            Ok(()) => Err("it answers only when its input has ended: let it write each answer at once, and not keep it \
                           for a full buffer (print(…, flush=True); sed -u; stdbuf -oL)"
                .to_string()),
            Err(_) => Err(why),
        }
    }

    fn answers_each_once(&self) -> Held {
        let mut session = self.start()?;
        session.say(&self.lines(1..=MANY));
        self.expect(&mut session, 1..=MANY)?;
        session.close();
        session.rest(|said| Err(format!("it wrote more than it was asked: {}", said.shown)))
    }

    fn takes_pieces(&self) -> Held {
        let mut session = self.start()?;
        for piece in self.lines(1..=2).chunks(7) {
            session.say(piece);
        }
        self.expect(&mut session, 1..=2)
    }

    fn takes_odd_values(&self) -> Held {
        let mut session = self.start()?;
        let mut text = Vec::new();
        let mut id = 0;
        for sample in &self.samples {
            for odd in 0..3 {
                id += 1;
                let changed = sample.iter().map(|(name, value)| (name.clone(), oddly(value, odd)));
                text.extend(self.line(id, &changed.collect()));
            }
        }
        session.say(&text);
        self.expect(&mut session, 1..=id)
    }

    fn goes_on(&self) -> Held {
        let mut session = self.start()?;
        session.say(&self.lines(1..=FLOOD));
        session.wait_until_stuck();
        self.expect(&mut session, 1..=FLOOD)
    }
}

/// Another value of the same kind.
fn oddly(value: &Value, way: usize) -> Value {
    match (way, value) {
        (0, _) => Value::Null,
        (1, Value::String(_)) => json!(""),
        (1, Value::Array(_)) => json!([]),
        (1, Value::Number(n)) if n.is_f64() => json!(-0.0),
        (1, Value::Number(_)) => json!(0),
        (_, Value::String(_)) => {
            json!("a \"quoted\" \\ text, with\nlines, ünïcode 東京 👩\u{200d}🌾 and {braces}")
        }
        (_, Value::Array(_)) => json!(["", "a,b", "\""]),
        (_, Value::Number(n)) if n.is_f64() => json!(1e300),
        (_, Value::Number(_)) => json!(i64::MIN),
        (_, other) => other.clone(),
    }
}

fn is_of(value: &Value, of: &str) -> bool {
    value.is_null()
        || match of {
            "bool" => value.is_boolean(),
            "i64" => value.is_i64(),
            "f64" => value.is_number(),
            "list<str>" => value.as_array().is_some_and(|items| items.iter().all(Value::is_string)),
            _ => value.is_string(),
        }
}
