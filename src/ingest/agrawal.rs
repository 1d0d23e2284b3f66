//! Makes up people who ask for a loan, in two groups: the ten functions of Agrawal, whose drift is known.
//!
//! ```toml
//! operator = "agrawal"
//! function = 3            # 1 to 10, as the paper numbers them
//! perturb = "5%"          # numbers are off by so much of their range at most, when the class is settled
//! seed = 7
//! count = 3               # ends after so many records; absent: never
//! ```
//!
//! | salary f64 (out) | commission f64 (out) | age i64 (out) | elevel str (out) | car str (out) | zipcode str (out) | hvalue f64 (out) | hyears i64 (out) | loan f64 (out) | class str (out) |
//! |---|---|---|---|---|---|---|---|---|---|
//! | 120875.40660171899 31441.491652884557 32756.143730765267 | 0.0 57018.95306641339 51797.97076468503 | 71 60 77 | level4 level4 level0 | car1 car1 car15 | zipcode2 zipcode4 zipcode9 | 135000.0 135000.0 135000.0 | 2 4 20 | 265040.2435368022 386478.0134008513 406971.27587972477 | groupA groupB groupB |
//!
//! `balance = true`: the classes take turns. `drift_at = [10_000, 20_000]` changes the function at these records,
//! counted from 0, to the next one each time, or to those of `drift_to = [5, 1]`; all at once, or over `drift_width`
//! records. `concept = true` adds a column that says which concept a record is of, from 0 on. Each concept draws from
//! the seed anew. `rate = "20k/s"` paces them.
//!
//! The records are those that MOA's AgrawalGenerator makes of the same seed, and with drift those of its
//! ConceptDriftStream.
//!
//! It is a source of one worker: more would make the same records. After a restart it goes on exactly where it was.
//! A record takes 200 ns and no memory that grows.
//!
//! Agrawal, Imielinski & Swami 1993, Database mining: a performance perspective, IEEE Transactions on Knowledge and
//! Data Engineering 5:914.

use super::common::made::{self, All, CLASS, Concept, Draws, card, planned};
use crate::data::{Column, Schema, Type, Value};
use crate::operator::{Input, PlanResult, Spec};
use crate::params::{self, JsonSchema, With};
use crate::units::Share;
use person::Person;
use serde::Deserialize;

mod person;

pub(super) const OPERATOR: Spec = card(Spec::new(
    "agrawal",
    "makes up people who ask for a loan, with drift where it is wanted",
    include_str!("agrawal.rs"),
    plan,
))
.parameters::<All<Params>>()
.called(&["agrawal_generator", "loan"])
.leaves(|params, _| made::left(schema(), params));

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// What parts the groups, as the paper numbers it.
    #[schemars(range(min = 1, max = 10))]
    function: u64,
    /// Numbers are off by so much of their range at most, when the class is settled.
    perturb: Share,
    /// The classes take turns.
    balance: bool,
}

impl Default for Params {
    fn default() -> Params {
        Params { function: 1, perturb: Share(0.05), balance: false }
    }
}

const CLASSES: [&str; 2] = ["groupA", "groupB"];
const LEVELS: [&str; 5] = ["level0", "level1", "level2", "level3", "level4"];
const CARS: [&str; 20] = [
    "car1", "car2", "car3", "car4", "car5", "car6", "car7", "car8", "car9", "car10", "car11", "car12",
    "car13", "car14", "car15", "car16", "car17", "car18", "car19", "car20",
];
const ZIPCODES: [&str; 9] = [
    "zipcode1", "zipcode2", "zipcode3", "zipcode4", "zipcode5", "zipcode6", "zipcode7", "zipcode8",
    "zipcode9",
];

fn schema() -> Schema {
    let columns = [
        ("salary", Type::F64),
        ("commission", Type::F64),
        ("age", Type::I64),
        ("elevel", Type::Str),
        ("car", Type::Str),
        ("zipcode", Type::Str),
        ("hvalue", Type::F64),
        ("hyears", Type::I64),
        ("loan", Type::F64),
    ];
    Schema::of(&columns).with(CLASS, Type::Str)
}

fn plan(given: params::Params, _: &[Input]) -> PlanResult {
    let With { own, shared: With { own: drift, shared: all } } = made::read::<Params>(given)?;
    let seed = all.seed;
    let concept = |function: u64| {
        let agrawal = Agrawal { function, perturb: own.perturb.0, balance: own.balance, second: false };
        (agrawal, Draws::new(seed))
    };
    planned(schema(), (&drift, all), own.function, 1..=10, concept, Vec::new())
}

#[derive(Clone)]
struct Agrawal {
    function: u64,
    perturb: f64,
    balance: bool,
    /// The next class, where they take turns, is the second.
    second: bool,
}

impl Concept for Agrawal {
    fn make(&mut self, draws: &mut Draws, columns: &mut [Column]) {
        let (mut person, class) = loop {
            let person = Person::draw(draws);
            let class = !person.is_of_group_a(self.function);
            if !self.balance {
                break (person, class);
            }
            // As there, the second class comes first.
            if class != self.second {
                self.second = !self.second;
                break (person, class);
            }
        };
        if self.perturb > 0.0 {
            person.perturb(self.perturb, draws);
        }
        let row = [
            Value::F64(person.salary),
            Value::F64(person.commission),
            Value::I64(person.age),
            Value::Str(LEVELS[person.level as usize]),
            Value::Str(CARS[person.car as usize]),
            Value::Str(ZIPCODES[person.zipcode as usize]),
            Value::F64(person.house),
            Value::I64(person.years),
            Value::F64(person.loan),
            Value::Str(CLASSES[usize::from(class)]),
        ];
        columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
    }

    fn save(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.second));
    }

    fn load(&mut self, from: &mut &[u8]) -> Option<()> {
        let (first, rest) = from.split_first()?;
        (self.second, *from) = (*first == 1, rest);
        Some(())
    }
}
