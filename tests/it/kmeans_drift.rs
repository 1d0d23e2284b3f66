//! What k-means promises of streams that change: what is long ago fades, dead centres are put anew, and features have
//! their own scales.

use sluicebox::data::{Batch, Schema, Type, Value};
use sluicebox::operator::{Account, Cx, Input, Operator};
use sluicebox::registry;

const MINUTE: i64 = 60_000_000_000;

struct Kmeans {
    operator: Box<dyn Operator>,
    schema: Schema,
    report: Schema,
    cx: Cx,
}

/// A row of the report.
#[derive(Debug)]
struct Centre {
    size: i64,
    ssq: f64,
    place: [f64; 2],
    weight: f64,
    revived: i64,
    silhouette: Option<f64>,
}

impl Kmeans {
    fn new(params: &str) -> Kmeans {
        let (_, spec) = registry::find("kmeans", false).unwrap();
        let schema = Schema::of(&[("t", Type::Time), ("x", Type::F64), ("y", Type::F64)]).with_time(0);
        let params = format!("features = [\"x\", \"y\"]\n{params}").parse().unwrap();
        let planned = (spec.plan)(params, &[Input::new("input", schema.clone())]).ok().unwrap();
        let cx = Cx::new("run", "stage", Account::default());
        Kmeans { operator: (planned.make)(), schema, report: planned.report.unwrap(), cx }
    }

    /// The cluster of each record.
    fn learn(&mut self, records: &[(Option<i64>, f64, f64)]) -> Vec<i64> {
        let mut clusters = Vec::new();
        for chunk in records.chunks(200) {
            let mut batch = Batch::new(&self.schema);
            for (time, x, y) in chunk {
                batch.id.push(0);
                batch.born_ns.push(0);
                let row = [time.map_or(Value::Null, Value::Time), Value::F64(*x), Value::F64(*y)];
                batch.columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
            }
            self.operator.process(&mut batch, &mut self.cx).unwrap();
            clusters.extend((0..chunk.len()).map(|row| match batch.columns[3].value(row) {
                Value::I64(cluster) => cluster,
                other => panic!("{other:?}"),
            }));
        }
        clusters
    }

    fn centres(&mut self) -> Vec<Centre> {
        let mut report = Batch::new(&self.report);
        self.operator.report(&mut report, &mut self.cx).unwrap();
        let number = |column: usize, row: usize| report.columns[column].number(row);
        let whole = |column: usize, row: usize| number(column, row).unwrap() as i64;
        let centre = |row: usize| Centre {
            size: whole(1, row),
            ssq: number(2, row).unwrap(),
            place: [3, 4].map(|column| number(column, row).unwrap()),
            weight: number(5, row).unwrap(),
            revived: whole(6, row),
            silhouette: number(7, row),
        };
        (0..report.columns[0].len()).map(centre).collect()
    }
}

/// Draws around heaps in turn, as wide as `wide`.
fn heaps(heaps: &[(f64, f64)], n: usize, wide: (f64, f64)) -> Vec<(Option<i64>, f64, f64)> {
    let wobble = |i: usize, by: usize| ((i * by) % 101) as f64 / 101.0 - 0.5;
    let record = |i: usize| {
        let (x, y) = heaps[i % heaps.len()];
        (Some(i as i64 * MINUTE), x + wide.0 * wobble(i, 37), y + wide.1 * wobble(i, 53))
    };
    (0..n).map(record).collect()
}

#[test]
fn centres_follow_what_moves_by_records_and_by_time() {
    let start = [(0.0, 0.0), (10.0, 0.0)];
    let mut records = heaps(&start, 2000, (1.0, 1.0));
    let mut later = heaps(&[(0.0, 6.0), (10.0, 6.0)], 2000, (1.0, 1.0));
    later.iter_mut().for_each(|(time, ..)| *time = time.map(|time| time + 2000 * MINUTE));
    records.extend(later);
    let places = |params: &str| {
        let mut kmeans = Kmeans::new(&format!("k = 2\n{params}"));
        kmeans.learn(&records);
        kmeans.centres()
    };
    for centre in places("") {
        assert!((centre.place[1] - 3.0).abs() < 0.3, "without a half-life all count alike: {centre:?}");
    }
    for params in ["half_life = 100", "half_life = \"100min\""] {
        let centres = places(params);
        for centre in &centres {
            assert!((centre.place[1] - 6.0).abs() < 0.1, "{params}: {centre:?}");
            // A record of 100 minutes ago counts half: 1 / (1 - 2^(-1/100)) of them, a half for each of the two.
            assert!((centre.weight - 72.6).abs() < 2.0 && centre.size == 2000, "{params}: {centre:?}");
        }
        assert!(centres.iter().all(|centre| centre.ssq / centre.weight < 1.0 / 4.0), "{params}: {centres:?}");
    }
}

#[test]
fn late_records_weigh_what_they_would_have() {
    let life = "k = 1\nhalf_life = \"10min\"\nsample = 0";
    let of = |times: [Option<i64>; 3]| {
        let mut kmeans = Kmeans::new(life);
        let records: Vec<_> =
            times.into_iter().zip([0.0, 4.0, 16.0]).map(|(time, x)| (time, x, 0.0)).collect();
        kmeans.learn(&records);
        kmeans.centres().remove(0)
    };
    let late = of([Some(0), Some(20 * MINUTE), Some(10 * MINUTE)]);
    // Of now they weigh a quarter, one, and a half.
    assert!((late.weight - 1.75).abs() < 1e-9, "{late:?}");
    assert!((late.place[0] - (4.0 + 16.0 * 0.5) / 1.75).abs() < 1e-9, "{late:?}");
    let without = of([Some(0), None, Some(10 * MINUTE)]);
    assert!((without.weight - 2.0).abs() < 1e-9, "one without a time is of the time before: {without:?}");
    let ages = of([Some(0), Some(i64::MAX), Some(i64::MIN)]);
    assert!(ages.place.iter().all(|x| x.is_finite()) && ages.weight == 1.0, "{ages:?}");
}

#[test]
fn a_dead_centre_is_put_where_records_lie_widest() {
    // The third heap comes no more, and the first parts into two.
    let mut records = heaps(&[(0.0, 0.0), (20.0, 0.0), (0.0, 20.0)], 3000, (1.0, 1.0));
    records.extend(heaps(&[(-3.0, 0.0), (3.0, 0.0), (20.0, 0.0)], 12_000, (1.0, 1.0)));
    let mut kmeans = Kmeans::new("k = 3\nhalf_life = 300");
    let clusters = kmeans.learn(&records);
    let centres = kmeans.centres();
    assert_eq!(centres.iter().map(|centre| centre.revived).sum::<i64>(), 1, "{centres:?}");
    let last: Vec<i64> = clusters[clusters.len() - 3..].to_vec();
    assert!(
        last[0] != last[1] && last[1] != last[2] && last[0] != last[2],
        "each heap has its own: {last:?}"
    );
    assert!(centres.iter().all(|centre| centre.ssq / centre.weight < 0.5), "{centres:?}");
    // The heap that stayed has kept its number.
    assert_eq!(clusters[1], last[2]);
    let mut without = Kmeans::new("k = 3\nhalf_life = 300\ndead_below = 0.0");
    without.learn(&records);
    assert!(without.centres().iter().all(|centre| centre.revived == 0));
}

#[test]
fn a_scale_parts_by_features_that_are_small_and_tells_their_own_units() {
    // Two heaps that differ in x alone, whose y is a thousand times as wide.
    let records = heaps(&[(0.0, 0.0), (1.0, 0.0)], 4000, (0.2, 1000.0));
    let right = |params: &str| {
        let mut kmeans = Kmeans::new(&format!("k = 2\n{params}"));
        let clusters = kmeans.learn(&records);
        let then = &clusters[2000..];
        let alike = then.iter().enumerate().filter(|(i, of)| **of == then[i % 2]).count();
        (alike, kmeans.centres())
    };
    let (alike, _) = right("");
    assert!(alike < 1600, "without a scale y decides: {alike}");
    let (alike, centres) = right("scale = true");
    assert_eq!(alike, 2000, "{centres:?}");
    let mut places: Vec<f64> = centres.iter().map(|centre| centre.place[0]).collect();
    places.sort_by(f64::total_cmp);
    assert!(places[0].abs() < 0.02 && (places[1] - 1.0).abs() < 0.02, "{places:?}");
    assert!(centres.iter().all(|centre| centre.place[1].abs() < 50.0), "{centres:?}");
}

#[test]
fn silhouettes_are_those_of_the_sample() {
    // With fewer records than are kept the sample is all of them.
    let records = heaps(&[(0.0, 0.0), (4.0, 0.0), (0.0, 5.0)], 90, (3.0, 3.0));
    let mut kmeans = Kmeans::new("k = 3\nsample = 100");
    kmeans.learn(&records);
    let centres = kmeans.centres();
    let far = |a: [f64; 2], b: [f64; 2]| ((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)).sqrt();
    let points: Vec<[f64; 2]> = records.iter().map(|(_, x, y)| [*x, *y]).collect();
    let of: Vec<usize> = points
        .iter()
        .map(|point| {
            (0..3).min_by(|a, b| far(centres[*a].place, *point).total_cmp(&far(centres[*b].place, *point)))
        })
        .map(Option::unwrap)
        .collect();
    for (at, centre) in centres.iter().enumerate() {
        let mut all = Vec::new();
        for (i, point) in points.iter().enumerate().filter(|(i, _)| of[*i] == at) {
            let mean = |cluster: usize| {
                let others: Vec<f64> = (0..90)
                    .filter(|j| *j != i && of[*j] == cluster)
                    .map(|j| far(*point, points[j]))
                    .collect();
                others.iter().sum::<f64>() / others.len() as f64
            };
            let (own, next) =
                (mean(at), (0..3).filter(|other| *other != at).map(mean).fold(f64::INFINITY, f64::min));
            all.push((next - own) / own.max(next));
        }
        let expected = all.iter().sum::<f64>() / all.len() as f64;
        assert!((centre.silhouette.unwrap() - expected).abs() < 1e-9, "{centre:?} {expected}");
    }
    let mut none = Kmeans::new("k = 3\nsample = 0");
    none.learn(&records);
    assert!(none.centres().iter().all(|centre| centre.silhouette.is_none()));
}
