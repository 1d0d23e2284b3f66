//! What k-means promises beside its page: reseeding, numbers that stay, sums that are true.

use sluicebox::data::{Batch, Column, Schema, Type, Value, Values};
use sluicebox::operator::{Account, Cx, Desk, Input, Operator};
use sluicebox::registry;

struct Kmeans {
    operator: Box<dyn Operator>,
    schema: Schema,
    report: Schema,
    desk: Desk,
}

impl Kmeans {
    fn new(params: &str) -> Kmeans {
        let (_, spec) = registry::find("kmeans", false).unwrap();
        let schema = Schema::of(&[("x", Type::F64), ("y", Type::F64)]);
        let inputs = [Input::new("input", schema.clone())];
        let planned = (spec.plan)(params.parse().unwrap(), &inputs).ok().unwrap();
        let desk = Desk::new(Cx::new("run", "stage", Account::default()));
        Kmeans { operator: (planned.make)(), schema, report: planned.report.unwrap(), desk }
    }

    /// Cluster and distance of each; `None` where they are NULL.
    fn learn(&mut self, points: &[(f64, f64)]) -> Vec<Option<(i64, f64)>> {
        let mut batch = Batch::new(&self.schema);
        for (x, y) in points {
            batch.id.push(0);
            batch.born_ns.push(0);
            batch.columns[0].push(Value::F64(*x));
            batch.columns[1].push(Value::F64(*y));
        }
        self.operator.process(&mut batch, self.desk.cx()).unwrap();
        let answer = |row| match (batch.columns[2].value(row), batch.columns[3].value(row)) {
            (Value::I64(cluster), Value::F64(distance)) => Some((cluster, distance)),
            (Value::Null, Value::Null) => None,
            other => panic!("{other:?}"),
        };
        (0..points.len()).map(answer).collect()
    }

    /// Size, sum of squares and place of each centre.
    fn centres(&mut self) -> Vec<(i64, f64, [f64; 2])> {
        let mut report = Batch::new(&self.report);
        self.operator.report(&mut report, self.desk.cx()).unwrap();
        let f64s = |column: &Column| match &column.values {
            Values::F64(v) => v.clone(),
            _ => panic!("{} is no f64", column.of()),
        };
        let [ssq, x, y] = [2, 3, 4].map(|at| f64s(&report.columns[at]));
        let Values::I64(sizes) = &report.columns[1].values else { panic!("a size is i64") };
        (0..sizes.len()).map(|i| (sizes[i], ssq[i], [x[i], y[i]])).collect()
    }
}

/// Draws around heaps in turn.
fn heaps(heaps: &[(f64, f64)], n: usize) -> Vec<(f64, f64)> {
    let wobble = |i: usize, by: usize| ((i * by) % 101) as f64 / 101.0 - 0.5;
    (0..n)
        .map(|i| (heaps[i % heaps.len()].0 + wobble(i, 37), heaps[i % heaps.len()].1 + wobble(i, 53)))
        .collect()
}

#[test]
fn a_bad_start_is_mended_by_reseeding_and_the_other_centres_keep_their_numbers() {
    // Two centres start in the first heap, so that the other two heaps share one.
    let mut points = vec![(0.0, 0.0), (0.4, 0.4), (20.0, 0.0)];
    points.extend(heaps(&[(0.0, 0.0), (20.0, 0.0), (20.0, 9.0)], 997));
    let later = heaps(&[(0.0, 0.0), (20.0, 0.0), (20.0, 9.0)], 3000);
    for seed in 0..10 {
        let mut kmeans = Kmeans::new(&format!("k = 3\nseed = {seed}"));
        let first = kmeans.learn(&points);
        let far = first.iter().flatten().filter(|(_, distance)| *distance > 3.0).count();
        assert!(far > 300, "seed {seed}: the start was meant to be bad, {far} are far");
        let then = kmeans.learn(&later);
        assert!(then.iter().flatten().all(|(_, distance)| *distance < 1.0), "seed {seed}: it is not mended");
        let of = |heap: usize| then[heap].unwrap().0;
        assert!((0..3000).all(|i| then[i].unwrap().0 == of(i % 3)), "seed {seed}: a heap is one cluster");
        assert!([0, 1].contains(&of(0)) && [of(1), of(2)].contains(&2), "seed {seed}: numbers have changed");
        assert_eq!(kmeans.centres().iter().map(|(size, ..)| size).sum::<i64>(), 4000);
    }
}

#[test]
fn size_and_sum_of_squares_are_those_of_the_records_it_answered() {
    let points = heaps(&[(0.0, 0.0), (3.0, 1.0), (1.0, 2.0)], 999);
    let mut kmeans = Kmeans::new("k = 3");
    let answers = kmeans.learn(&points);
    for (cluster, (size, ssq, place)) in kmeans.centres().into_iter().enumerate() {
        let own: Vec<_> = (0..999).filter(|i| answers[*i].unwrap().0 == cluster as i64).collect();
        let mean =
            |of: fn((f64, f64)) -> f64| own.iter().map(|i| of(points[*i])).sum::<f64>() / own.len() as f64;
        let (x, y) = (mean(|p| p.0), mean(|p| p.1));
        let squares: f64 = own.iter().map(|i| (points[*i].0 - x).powi(2) + (points[*i].1 - y).powi(2)).sum();
        assert_eq!(size, own.len() as i64);
        assert!((place[0] - x).abs() < 1e-9 && (place[1] - y).abs() < 1e-9);
        assert!((ssq - squares).abs() < 1e-9 * squares, "{ssq} is not {squares}");
    }
}

#[test]
fn few_distinct_records_are_few_centres_until_others_come() {
    let mut kmeans = Kmeans::new("k = 3");
    assert_eq!(kmeans.centres(), [], "no record, no centre");
    let same: Vec<_> = (0..1500).map(|i| (f64::from(i % 2), 5.0)).collect();
    assert!(kmeans.learn(&same).iter().flatten().all(|(_, distance)| *distance == 0.0));
    assert_eq!(kmeans.centres(), [(750, 0.0, [0.0, 5.0]), (750, 0.0, [1.0, 5.0])]);
    assert_eq!(kmeans.learn(&[(9.0, 9.0), (9.0, 9.0)]), [Some((2, 0.0)); 2]);
    assert_eq!(kmeans.learn(&[(0.5, 5.0)]), [Some((0, 0.5))], "of equally near ones the lowest number");
    assert_eq!(kmeans.centres()[2], (2, 0.0, [9.0, 9.0]));
}

#[test]
fn odd_numbers_spoil_nothing() {
    let mut kmeans = Kmeans::new("k = 2");
    kmeans.learn(&heaps(&[(0.0, 0.0), (9.0, 9.0)], 1200));
    let before = kmeans.centres();
    let odd =
        [(f64::NAN, 1.0), (1.0, f64::INFINITY), (f64::NEG_INFINITY, 0.0), (1e300, 0.0), (0.0, -f64::MAX)];
    assert_eq!(kmeans.learn(&odd), [None; 5]);
    assert_eq!(kmeans.centres(), before);
    kmeans.learn(&[(1e150, -1e150), (-1e150, 1e150)]);
    assert!(
        kmeans.centres().iter().all(|(_, ssq, place)| ssq.is_finite() && place.iter().all(|x| x.is_finite()))
    );
}
