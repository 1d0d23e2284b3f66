//! Somebody who asks for a loan, and the ten functions that say to which group he belongs.

use crate::ingest::common::made::Draws;
use std::ops::RangeInclusive;

#[derive(Clone, Copy, Debug)]
pub(super) struct Person {
    pub salary: f64,
    pub commission: f64,
    pub age: i64,
    pub level: u32,
    pub car: u32,
    pub zipcode: u32,
    /// The value of the house, and for how many years it is owned.
    pub house: f64,
    pub years: i64,
    pub loan: f64,
}

impl Person {
    pub(super) fn draw(draws: &mut Draws) -> Person {
        let salary = 20_000.0 + 130_000.0 * draws.unit();
        let commission = if salary >= 75_000.0 { 0.0 } else { 10_000.0 + 65_000.0 * draws.unit() };
        let age = 20 + i64::from(draws.below(61));
        let (level, car, zipcode) = (draws.below(5), draws.below(20), draws.below(9));
        let house = (9.0 - f64::from(zipcode)) * 100_000.0 * (0.5 + draws.unit());
        let years = 1 + i64::from(draws.below(30));
        let loan = draws.unit() * 500_000.0;
        Person { salary, commission, age, level, car, zipcode, house, years, loan }
    }

    /// Changes numbers by so much of their range at most, either way.
    pub(super) fn perturb(&mut self, share: f64, draws: &mut Draws) {
        let mut off = |x: f64, range: f64, low: f64, high: f64| {
            (x + range * (2.0 * (draws.unit() - 0.5)) * share).max(low).min(high)
        };
        self.salary = off(self.salary, 130_000.0, 20_000.0, 150_000.0);
        if self.commission > 0.0 {
            self.commission = off(self.commission, 65_000.0, 10_000.0, 75_000.0);
        }
        self.age = (off(self.age as f64, 60.0, 20.0, 80.0) + 0.5).floor() as i64;
        // A house is held to the range of a cheap one: so the generator does of which this is a copy.
        let range = (9.0 - f64::from(self.zipcode)) * 100_000.0;
        self.house = off(self.house, range, 0.0, 135_000.0);
        self.years = (off(self.years as f64, 29.0, 1.0, 30.0) + 0.5).floor() as i64;
        self.loan = off(self.loan, 500_000.0, 0.0, 500_000.0);
    }

    /// One of three by age: below 40, below 60, and from then on.
    fn by_age<T>(&self, of: [T; 3]) -> T {
        let [young, middle, old] = of;
        match self.age {
            ..40 => young,
            40..60 => middle,
            _ => old,
        }
    }

    pub(super) fn is_of_group_a(&self, function: u64) -> bool {
        const LOW: RangeInclusive<f64> = 25_000.0..=75_000.0;
        const MIDDLE: RangeInclusive<f64> = 50_000.0..=100_000.0;
        const HIGH: RangeInclusive<f64> = 75_000.0..=125_000.0;
        let income = self.salary + self.commission;
        let level = self.level;
        let learned = self.by_age([0..=1, 1..=3, 2..=4]).contains(&level);
        match function {
            1 => !(40..60).contains(&self.age),
            2 => self.by_age([MIDDLE, HIGH, LOW]).contains(&self.salary),
            3 => learned,
            4 => {
                let (these, others) = self.by_age([(LOW, MIDDLE), (MIDDLE, HIGH), (MIDDLE, LOW)]);
                if learned { these } else { others }.contains(&self.salary)
            }
            5 => {
                const SMALL: RangeInclusive<f64> = 100_000.0..=300_000.0;
                const MEDIUM: RangeInclusive<f64> = 200_000.0..=400_000.0;
                const LARGE: RangeInclusive<f64> = 300_000.0..=500_000.0;
                let (salaries, these, others) =
                    self.by_age([(MIDDLE, SMALL, MEDIUM), (HIGH, MEDIUM, LARGE), (LOW, LARGE, SMALL)]);
                if salaries.contains(&self.salary) { these } else { others }.contains(&self.loan)
            }
            6 => self.by_age([MIDDLE, HIGH, LOW]).contains(&income),
            _ => self.disposable(function, income) > 0.0,
        }
    }

    /// What is left of the income, by functions 7 to 10.
    fn disposable(&self, function: u64, income: f64) -> f64 {
        let (income, lessons) = (2.0 * income / 3.0, 5_000.0 * f64::from(self.level));
        match function {
            7 => income - self.loan / 5.0 - 20_000.0,
            8 => income - lessons - 20_000.0,
            9 => income - lessons - self.loan / 5.0 - 10_000.0,
            _ => {
                let years = self.years as f64;
                let equity = if years >= 20.0 { self.house * (years - 20.0) / 10.0 } else { 0.0 };
                income - lessons + equity / 5.0 - 10_000.0
            }
        }
    }
}
