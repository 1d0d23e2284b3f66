//! Scaling, filling and binning give what River and scikit-learn give for the same data: the UCI image segmentation set
//! (2,310 rows), in the order of its file.
//!
//! The numbers are those of River 0.26.1 (`preprocessing.MinMaxScaler`, learned from before it answers;
//! `preprocessing.StatImputer` with `stats.Mean`, learned from after) and of scikit-learn 1.9.1 (`KBinsDiscretizer`,
//! quantiles, `quantile_method="linear"`, fitted to the first rows and asked of the others).

use super::{case, work};
use crate::shared::shared;
use sluicebox::data::{Batch, Schema, Type, Value};

const COLUMNS: [&str; 3] = ["saturation-mean", "hue-mean", "intensity-mean"];

fn schema() -> Schema {
    COLUMNS.iter().fold(Schema::default(), |schema, name| schema.with(name, Type::F64))
}

/// The three columns of the set, but for values that `missing` takes out; `None` where there is no such file.
fn segments(missing: impl Fn(usize, usize) -> bool) -> Option<Batch> {
    let text = std::fs::read_to_string(shared("data/segment.csv")?).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let head = lines.next().unwrap();
    let at = COLUMNS.map(|name| head.iter().position(|of| *of == name).unwrap());
    let mut batch = Batch::new(&schema());
    for (row, line) in lines.enumerate() {
        batch.id.push(row as u64);
        batch.born_ns.push(1);
        for (place, column) in batch.columns.iter_mut().enumerate() {
            let value = Value::F64(line[at[place]].parse().unwrap());
            column.push(if missing(row, place) { Value::Null } else { value });
        }
    }
    assert_eq!(batch.len(), 2310);
    Some(batch)
}

fn near(ours: f64, theirs: f64) {
    assert!((ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0), "ours {ours}, theirs {theirs}");
}

fn number(batch: &Batch, column: usize, row: usize) -> f64 {
    batch.columns[column].number(row).unwrap_or(0.0)
}

fn sums(batch: &Batch) -> [f64; 3] {
    [0, 1, 2].map(|column| (0..batch.len()).map(|row| number(batch, column, row)).sum())
}

const FIELDS: &str = "[\"saturation-mean\", \"hue-mean\", \"intensity-mean\"]";

#[test]
fn the_range_of_river() {
    let Some(rows) = segments(|_, _| false) else { return };
    let case = case("min_max", &format!("fields = {FIELDS}"), schema());
    let run = work(&case, &rows, &[97]);
    let theirs = [981.389385354327, 634.1110489951607, 600.5473246018922];
    sums(&run.out).into_iter().zip(theirs).for_each(|(ours, theirs)| near(ours, theirs));
    for (row, theirs) in [
        (0, [0.0, 0.0, 0.0]),
        (1, [1.0, 0.0, 0.0]),
        (99, [0.5471734, 0.05454420114161959, 0.11826268074528473]),
        (999, [0.19609308, 0.10964053447004367, 0.8887437857341003]),
        (2309, [0.7132275, 0.26332432688108287, 0.028918151167099962]),
    ] {
        (0..3).for_each(|column| near(number(&run.out, column, row), theirs[column]));
    }
}

#[test]
fn the_means_of_river() {
    let Some(rows) = segments(|row, column| (row * 7 + column).is_multiple_of(5)) else { return };
    let fields = COLUMNS.map(|name| format!("fields.{name} = \"mean\"")).join("\n");
    let case = case("fill", &fields, schema());
    let run = work(&case, &rows, &[100]);
    assert_eq!(run.out.columns[0].value(0), Value::Null, "nothing came before; River says 0");
    let theirs = [991.1949561196129, -3209.203941305195, 85038.4086106699];
    sums(&run.out).into_iter().zip(theirs).for_each(|(ours, theirs)| near(ours, theirs));
    near(number(&run.out, 0, 10), 0.46271771625);
    near(number(&run.out, 2, 999), 35.984953775211274);
    near(number(&run.out, 1, 2309), -1.4756428);
}

/// Edges and how many of the rows behind those that were learned from lie in each bin.
#[test]
fn the_quantiles_of_scikit_learn() {
    let Some(rows) = segments(|_, _| false) else { return };
    let theirs: [(usize, &[f64], &[usize]); 2] = [
        (0, &[0.28352436, 0.37868166, 0.5481241], &[476, 494, 494, 445]),
        (2, &[8.111111, 21.296297, 50.666668], &[508, 426, 468, 507]),
    ];
    // Of 4 · 100 + 1 values each quantile is one of them, so nothing lies between two.
    quantiles(&rows, 4, &theirs);
    let theirs: [(usize, &[f64], &[usize]); 1] = [(
        1,
        &[
            -2.3397580000000002,
            -2.2545414,
            -2.149759,
            -2.0943952,
            -2.0522583,
            -2.0040817,
            -1.7390173999999998,
            -0.9691188000000001,
            2.1260629,
        ],
        &[137, 110, 132, 129, 142, 125, 150, 128, 125, 131],
    )];
    quantiles(&rows, 10, &theirs);
}

fn quantiles(rows: &Batch, k: usize, theirs: &[(usize, &[f64], &[usize])]) {
    let fields = COLUMNS.map(|name| format!("fields.{name} = {k}")).join("\n");
    let case = case("bin", &format!("{fields}\nsample = {}\nnumbers = true", k * 100 + 1), schema());
    let mut run = work(&case, rows, &[64]);
    let report = run.report().unwrap().batch;
    for (column, edges, bins) in theirs {
        let told =
            (0..report.len()).filter(|row| report.columns[0].value(*row) == Value::Str(COLUMNS[*column]));
        let told: Vec<f64> = told.map(|row| report.columns[2].number(row).unwrap()).collect();
        assert_eq!(told.len(), edges.len());
        told.iter().zip(*edges).for_each(|(ours, theirs)| near(*ours, *theirs));
        let mut found = vec![0; k];
        (k * 100 + 1..rows.len()).for_each(|row| found[number(&run.out, *column, row) as usize] += 1);
        assert_eq!(found, *bins);
    }
}
