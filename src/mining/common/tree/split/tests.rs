//! A nominal value against the rest: the same as written plainly, for less.

use super::*;
use crate::mining::common::tree::impurity::WORKED_OUT;
use crate::numeric::SplitMix64;

/// The best value against the rest as it is written down.
fn plainly(judge: &Judge, of: &Nominal, before: f64, weight: f64) -> Option<Candidate> {
    let mut all = Vec::new();
    sum(of, &mut all);
    let mut best: Option<Candidate> = None;
    for slot in 0..of.slots.len() {
        let mut parted = judge.parted(before, weight);
        parted.add(of.of(slot).iter().copied());
        parted.add(of.of(slot).iter().zip(&all).map(|(of, all)| all - of));
        if let Some(merit) = parted.merit()
            && best.as_ref().is_none_or(|best| merit > best.merit)
        {
            best = Some(Candidate { observer: 0, question: Question::Is(of.slots.code(slot)), merit });
        }
    }
    best
}

#[test]
fn a_value_against_the_rest_costs_the_classes_that_it_has() {
    let mut random = SplitMix64::new(4);
    let shares = [(Criterion::InfoGain, 0.01), (Criterion::InfoGain, 0.0), (Criterion::Gini, 0.001)];
    for (criterion, branch_share_min) in shares {
        let judge = Judge { criterion, branch_share_min, cuts: 10, binary: true };
        let mut of = Nominal::new(0);
        of.grow(100);
        let mut weight = 0.0;
        for _ in 0..5000 {
            // Each value has three classes at most; some values come often.
            let value = (0..3).fold(1000, |most, _| random.below(most) + 1) as u32 - 1;
            let class = (value as usize * 7 + random.below(3) as usize) % 100;
            let one = 0.1 + random.unit();
            weight += one;
            of.learn(value, class, one);
        }
        let mut desk = Desk::default();
        let before = WORKED_OUT.get();
        let found = judge.nominal(&of, 0, 6.0, weight, &mut desk).unwrap();
        let worked_out = WORKED_OUT.get() - before;
        assert!(worked_out <= 100 + of.slots.len() * 2 * 3, "{worked_out} terms");
        if branch_share_min == 0.01 {
            assert!(worked_out <= 100 + 100 * 2 * 3, "{worked_out} terms, though few values can part");
        }
        let plain = plainly(&judge, &of, 6.0, weight).unwrap();
        assert_eq!((found.question, found.merit.to_bits()), (plain.question, plain.merit.to_bits()));
    }
}
