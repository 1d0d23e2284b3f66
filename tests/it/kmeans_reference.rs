//! k-means against other people's results on real data.
//!
//! Read so: one pass over the file, min-max scaled by its own limits, k = number of classes; then the centres
//! of the report are applied to all records: SSQ is the sum of squared distances to the nearest one, purity the
//! share of records whose class is the commonest of their cluster. The bar is the better of one-pass
//! MiniBatchKMeans and sequential k-means seeded by k-means on the first 1,000 records, each way.

use crate::shared::shared;
use sluicebox::data::{Batch, Schema, Type, Value, Values};
use sluicebox::operator::{Account, Cx, Input};
use sluicebox::registry;
use std::collections::HashMap;
use std::path::Path;

const RIVALS: [&str; 2] =
    ["sklearn MiniBatchKMeans partial_fit one pass b=1024", "sequential k-means 1/n, k-means on first 1000"];

#[test]
fn penbased_is_clustered_as_well_as_by_others() {
    compare("penbased", 10);
}

#[test]
fn segment_is_clustered_as_well_as_by_others() {
    compare("segment", 7);
}

fn compare(name: &str, k: usize) {
    let (Some(data), Some(references)) =
        (shared(&format!("data/{name}.csv")), shared("references/clustering.csv"))
    else {
        return;
    };
    let (ssq_best, purity_best) = rivals(&references, name);
    let points = read(&data);
    for seed in 1..=10 {
        let centres = learn(&points, k, seed);
        let (ssq, purity) = judge(&points, &centres);
        println!("{name} seed {seed}: ssq {ssq:.1} of {ssq_best:.1}, purity {purity:.4} of {purity_best:.4}");
        assert!(ssq <= 1.05 * ssq_best, "{name}, seed {seed}: SSQ {ssq}, others {ssq_best}");
        assert!(purity >= purity_best - 0.05, "{name}, seed {seed}: purity {purity}, others {purity_best}");
    }
}

/// The least SSQ and the greatest purity of the rivals.
fn rivals(references: &Path, name: &str) -> (f64, f64) {
    let mut reader = csv::Reader::from_path(references).unwrap();
    let head = reader.headers().unwrap().clone();
    let at = |column: &str| head.iter().position(|name| name == column).unwrap();
    let (mut ssq, mut purity, mut found) = (f64::INFINITY, 0f64, 0);
    for row in reader.records().map(Result::unwrap) {
        if row[at("dataset")] == *name && RIVALS.contains(&&row[at("algorithm")]) {
            ssq = ssq.min(row[at("ssq_minmax")].parse().unwrap());
            purity = purity.max(row[at("purity")].parse().unwrap());
            found += 1;
        }
    }
    assert_eq!(found, RIVALS.len(), "both rivals have results on {name}");
    (ssq, purity)
}

/// Points scaled to 0..1, and their classes.
struct Points {
    dims: usize,
    at: Vec<f64>,
    classes: Vec<String>,
}

fn read(path: &Path) -> Points {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let dims = reader.headers().unwrap().len() - 1;
    assert_eq!(&reader.headers().unwrap()[dims], "class");
    let mut points = Points { dims, at: Vec::new(), classes: Vec::new() };
    for row in reader.records().map(Result::unwrap) {
        points.at.extend((0..dims).map(|dim| row[dim].parse::<f64>().unwrap()));
        points.classes.push(row[dims].to_string());
    }
    for dim in 0..dims {
        let column = || points.at.iter().skip(dim).step_by(dims).copied();
        let (low, high) = (column().fold(f64::INFINITY, f64::min), column().fold(-f64::INFINITY, f64::max));
        let scale = if high > low { 1.0 / (high - low) } else { 0.0 };
        points.at.iter_mut().skip(dim).step_by(dims).for_each(|x| *x = (*x - low) * scale);
    }
    points
}

/// One pass over the points; the centres of the report.
fn learn(points: &Points, k: usize, seed: i64) -> Vec<Vec<f64>> {
    let (_, spec) = registry::find("kmeans", false).unwrap();
    let names: Vec<String> = (0..points.dims).map(|dim| format!("f{dim}")).collect();
    let schema = names.iter().fold(Schema::default(), |schema, name| schema.with(name, Type::F64));
    let params = format!("k = {k}\nseed = {seed}").parse().unwrap();
    let planned = (spec.plan)(params, &[Input::new("input", schema.clone())]).ok().unwrap();
    let mut operator = (planned.make)();
    let mut cx = Cx::new("run", "stage", Account::default());
    let mut batch = Batch::new(&schema);
    operator.process(&mut batch, &mut cx).unwrap();
    for chunk in points.at.chunks(points.dims * 256) {
        batch.reset(&schema);
        for point in chunk.chunks_exact(points.dims) {
            batch.id.push(0);
            batch.born_ns.push(0);
            batch.columns.iter_mut().zip(point).for_each(|(column, x)| column.push(Value::F64(*x)));
        }
        operator.process(&mut batch, &mut cx).unwrap();
    }
    let mut report = Batch::new(&planned.report.unwrap());
    operator.report(&mut report, &mut cx).unwrap();
    let coordinate = |dim: usize, centre: usize| match &report.columns[3 + dim].values {
        Values::F64(v) => v[centre],
        _ => unreachable!(),
    };
    (0..k).map(|centre| (0..points.dims).map(|dim| coordinate(dim, centre)).collect()).collect()
}

/// SSQ and purity of all points under these centres.
fn judge(points: &Points, centres: &[Vec<f64>]) -> (f64, f64) {
    let mut classes: HashMap<(usize, &str), usize> = HashMap::new();
    let mut ssq = 0.0;
    for (point, class) in points.at.chunks_exact(points.dims).zip(&points.classes) {
        let squared = |centre: &Vec<f64>| centre.iter().zip(point).map(|(c, x)| (x - c).powi(2)).sum::<f64>();
        let (nearest, least) =
            centres.iter().map(squared).enumerate().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
        ssq += least;
        *classes.entry((nearest, class)).or_default() += 1;
    }
    let commonest =
        |centre| classes.iter().filter(|((of, _), _)| *of == centre).map(|(_, n)| *n).max().unwrap_or(0);
    let pure: usize = (0..centres.len()).map(commonest).sum();
    (ssq, pure as f64 / points.classes.len() as f64)
}
