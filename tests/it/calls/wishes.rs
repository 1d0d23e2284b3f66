//! What a step wants is heard by step: `Again` before anything new, `At` at the step that asked.

use super::operators::shared;
use super::{ENGINES, NUMBERS, Trial, out};
use std::sync::atomic::Ordering;

const ROWS: usize = 500;

fn many_of_each(times: usize) -> Vec<i64> {
    (0..ROWS as i64).flat_map(|n| std::iter::repeat_n(n, times)).collect()
}

/// A step that has more SHALL be called again before a frame is taken, and before the steps in front of it run: it
/// fails when it is not.
#[test]
fn a_step_that_has_more_goes_on_before_anything_new() {
    let source = NUMBERS.replace("operator = \"csv\"\npath = \"DIR/n.csv\"\ntypes = { n = \"i64\" }", "");
    let csv = "{ operator = \"csv\", path = \"DIR/n.csv\", types = { n = \"i64\" } }";
    let [few, more] = [(7, 40), (3, 11)]
        .map(|(at, times)| format!("{{ operator = \"many\", times = {times}, at = {at} }}"));
    let steps = |steps: &[&str]| format!("steps = [{}]\n", steps.join(", "));
    let apart =
        format!("[[stage]]\nname = \"m\"\nfrom = \"n\"\nbatch.records_max = 10\n{}", steps(&[&few, &more]));
    for engine in ENGINES {
        for (stages, name) in
            [(source.clone() + &steps(&[csv, &few, &more]), "n"), (NUMBERS.to_string() + &apart, "m")]
        {
            let trial = Trial::new(engine, ROWS, &(stages + &out("out", name)));
            let over = trial.run(|_| ()).drained();
            assert_eq!(trial.first_column("out.csv"), many_of_each(40 * 11), "{engine} {name}");
            assert_eq!((over.totals.read, over.totals.stored), (ROWS as u64, (ROWS * 40 * 11) as u64));
        }
    }
}

/// Also at the end: what a step lets out in `finish` may become many behind it.
#[test]
fn what_is_let_out_at_the_end_becomes_many_too() {
    let steps = "steps = [{ operator = \"last\" }, { operator = \"many\", times = 5, at = 2 }, \
                 { operator = \"last\" }, { operator = \"many\", times = 3, at = 2 }]\n";
    let stages = format!("{NUMBERS}[[stage]]\nname = \"m\"\nfrom = \"n\"\n{steps}{}", out("out", "m"));
    let trial = Trial::new("direct", ROWS, &stages);
    trial.run(|_| ()).drained();
    assert_eq!(trial.first_column("out.csv"), many_of_each(15));
}

/// `At` SHALL wake the row at the step that asked, and none before it.
#[test]
fn a_time_wakes_the_step_that_asked() {
    for engine in ENGINES {
        let (called, woken) = (format!("called {engine}"), format!("woken {engine}"));
        let steps = format!(
            "steps = [{{ operator = \"called\", shared = \"{called}\" }}, \
             {{ operator = \"later\", shared = \"{woken}\" }}]\n"
        );
        let source = NUMBERS.replace("types", "rate = \"2k/s\"\ntypes");
        let stages = format!("{source}[[stage]]\nname = \"m\"\nfrom = \"n\"\n{steps}{}", out("out", "m"));
        let trial = Trial::new(engine, ROWS, &stages);
        trial.run(|_| ()).drained();
        assert_eq!(trial.first_column("out.csv"), many_of_each(1));
        let [called, woken] = [called, woken].map(|name| shared(&name).load(Ordering::SeqCst));
        assert!(woken > 10, "{woken} times");
        assert_eq!(called, 1, "the first call comes without records, and no other");
    }
}
