//! Records that are made, with a rule that changes.

use super::data::Data;
use sluicebox::numeric::SplitMix64;

/// Three numbers, of which two decide, and a name; the rule turns round at half of them.
pub fn turning(records: usize, seed: u64) -> Data {
    let mut random = SplitMix64::new(seed);
    let mut number = move || (random.draw() >> 40) as f64 / (1u64 << 24) as f64;
    let rows = (0..records).map(|n| {
        let [a, b, c, d] = [number(), number(), number(), number()];
        let name = ["red", "green", "blue"][(d * 3.0) as usize];
        let high = (a + b > 1.0) != (name == "blue");
        let class = if high == (n < records / 2) { "high" } else { "low" };
        vec![a.to_string(), b.to_string(), c.to_string(), name.to_string(), class.to_string()]
    });
    let head = ["a", "b", "noise", "colour", "class"].map(str::to_string);
    Data::of(&head, rows.collect())
}
