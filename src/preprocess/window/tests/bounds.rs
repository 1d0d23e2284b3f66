//! What is open is no more than is said, whatever comes: a million keys, one key that has all, a watermark that stands
//! still. What is held is measured by what is saved of it.

use super::*;

/// A worker whose rows are counted, and not kept.
struct Counted {
    planned: Planned,
    step: Box<dyn Operator>,
    desk: Desk,
    rows: usize,
    counted: i64,
    most: usize,
    /// What stands at the end of each key.
    padding: String,
}

impl Counted {
    fn new(params: &str) -> Counted {
        let Work { mut desk, .. } = Work::new("size = \"1s\"");
        let planned = plan(params.parse().expect("TOML"), &[Input::new("input", schema())]);
        let planned = planned.unwrap_or_else(|problems| panic!("{problems:?}"));
        if planned.ports.is_empty() {
            desk.set_ports(vec![Vec::new()]);
        }
        desk.cx().records_max = 1000;
        Counted {
            step: (planned.make)(),
            planned,
            desk,
            rows: 0,
            counted: 0,
            most: 0,
            padding: String::new(),
        }
    }

    fn took(&mut self, batch: &Batch) {
        self.rows += batch.len();
        self.most = self.most.max(batch.len());
        let at = self.planned.output.index("n").expect("there is a count");
        let counts = batch.columns.get(at).map(|column| &column.values);
        let Some(Values::I64(counts)) = counts else { return };
        self.counted += counts.iter().sum::<i64>();
        self.desk.parts().sides.iter_mut().skip(2).flatten().for_each(Batch::clear);
    }

    /// Records with a key, a second and x, and a watermark in seconds behind them.
    fn call(&mut self, came: impl Iterator<Item = (i64, i64, i64)>, watermark: i64) {
        let mut batch = Batch::new(&schema());
        for (n, seconds, x) in came {
            batch.id.push(n as u64);
            batch.born_ns.push(1);
            batch.columns[0].push(Value::Str(&format!("key {n}{}", self.padding)));
            batch.columns[1].push(Value::Time(seconds * SECOND));
            batch.columns[2].push(Value::I64(x));
        }
        self.desk.set_watermark(watermark.saturating_mul(SECOND));
        while self.step.process(&mut batch, self.desk.cx()).expect("it works") == Next::Again {
            self.took(&batch);
            batch = Batch::new(&schema());
        }
        self.took(&batch);
    }

    fn finish(&mut self) {
        self.desk.set_ending(Ending::Drained);
        let mut batch = Batch::default();
        while self.step.finish(&mut batch, self.desk.cx()).expect("it ends") == Next::Again {
            self.took(&batch);
            batch = Batch::default();
        }
        self.took(&batch);
    }

    /// How much it holds: the bytes of its state, and how many windows are open and had to go.
    fn held(&mut self) -> (usize, i64, i64) {
        let mut state = Vec::new();
        while self.step.save(&mut Saver::new(&mut state)).expect("it is saved") == Next::Again {}
        let mut out = Batch::new(self.planned.report.as_ref().expect("it has a report"));
        self.step.report(&mut out, self.desk.cx()).expect("it reports");
        let [open, gone] = [0, 1].map(|at| match out.columns[at].value(0) {
            Value::I64(n) => n,
            other => panic!("{other:?}"),
        });
        (state.len(), open, gone)
    }
}

/// Kinds of windows, and how many hold a record.
const KINDS: [(&str, i64); 7] = [
    ("size = \"10s\"", 1),
    ("size = \"64s\"\nslide = \"1s\"", 64),
    ("gap = \"10s\"", 1),
    ("count = 100", 1),
    ("size = \"10s\"\nempty = true", 1),
    ("size = \"20s\"\nslide = \"10s\"\nempty = true", 2),
    ("size = \"10s\"\nallowed_lateness = \"1h\"\nlate = \"restate\"", 1),
];

const KEYS: i64 = 1_000_000;

/// A million keys, or as many as make a million rows: `keys_max` holds, and each record is in a row of each of its
/// windows.
#[test]
fn a_million_keys_are_no_more_than_is_said() {
    for (kind, each) in KINDS {
        for stands_still in [false, true] {
            let params = format!("{kind}\nper = \"k\"\nkeys_max = 500\nfields = {{ n = \"count()\" }}");
            let mut work = Counted::new(&params);
            let keys = KEYS / each / 1000 * 1000;
            for from in (0..keys).step_by(1000) {
                let second = from / 1000;
                let watermark = if stands_still { i64::MIN } else { second };
                work.call((from..from + 1000).map(|n| (n, second, 1)), watermark);
                if from % (keys / 5) < 1000 {
                    let (bytes, open, _) = work.held();
                    assert!(open <= 500, "{kind}: {open} are open");
                    // Keys that are known, and may have empty windows, are as many again.
                    assert!(bytes < 1000 * 60 + 1000, "{kind}: {bytes} bytes are held");
                }
            }
            work.finish();
            let (_, open, gone) = work.held();
            assert!(open == 0 && gone > keys / 2, "{kind}: {open} are open, {gone} had to go");
            assert_eq!(work.counted, keys * each, "{kind}: each record is in a row of each of its windows");
            // As many as a batch may have, and those of the windows that close with it.
            assert!(work.most <= 1000 + 500 * 64, "{kind}: {} rows in one batch", work.most);
        }
    }
}

/// A million keys whose fields grow: `memory` holds, though `keys_max` lets in more.
#[test]
fn what_a_million_keys_hold_takes_no_more_than_is_said() {
    let fields =
        "fields = { n = \"count()\", seen = \"collect(x)\", middle = \"median(x)\", all = \"distinct(x)\" }";
    for (kind, each) in KINDS {
        let params = format!("{kind}\nper = \"k\"\nmemory = \"64KiB\"\n{fields}");
        let mut work = Counted::new(&params);
        let keys = KEYS / 10 / each / 1000 * 1000;
        for from in (0..keys).step_by(1000) {
            // Each has ten records, in one window.
            let came = (from..from + 1000).flat_map(|n| (0..10).map(move |x| (n, from / 1000, n + x)));
            work.call(came, i64::MIN);
            if from % 20_000 == 0 {
                let (bytes, open, _) = work.held();
                assert!(
                    open > 0 && bytes < 2 * (64 << 10) + 500 * 20,
                    "{kind}: {bytes} bytes are held, {open} open"
                );
            }
        }
        work.finish();
        let (_, open, gone) = work.held();
        assert!(open == 0 && gone > keys / 2, "{kind}: {open} are open, {gone} had to go");
        assert_eq!(work.counted, keys * 10 * each, "{kind}: each record is in a row of each of its windows");
    }
}

/// Keys are as long as they like: they count as what `memory` bounds, those that are only known too.
#[test]
fn what_keys_take_is_no_more_than_is_said() {
    for (kind, each) in KINDS {
        let params = format!("{kind}\nper = \"k\"\nmemory = \"64KiB\"\nfields = {{ n = \"count()\" }}");
        let mut work = Counted::new(&params);
        work.padding = "x".repeat(1000);
        for from in (0..2000).step_by(100) {
            for watermark in [i64::MIN, from / 5] {
                work.call((from..from + 100).map(|n| (n, from / 5, 1)), watermark);
                let (bytes, open, _) = work.held();
                assert!(open > 0 && bytes < 2 * (66 << 10), "{kind}: {bytes} bytes are held, {open} open");
            }
        }
        work.finish();
        assert_eq!(work.counted, 4000 * each, "{kind}: each record is in a row of each of its windows");
    }
}

/// One key has all records, and time stands still: what its window holds is bounded too.
#[test]
fn one_key_with_all_records_holds_no_more_than_is_said() {
    let fields = "fields = { n = \"count()\", seen = \"collect(x)\", middle = \"median(x)\", all = \"distinct(x)\", \
                  most = \"top(x, 5)\", texts = \"collect(k, 100)\" }";
    for (kind, each) in KINDS {
        if kind.starts_with("count") {
            continue;
        }
        let mut work = Counted::new(&format!("{kind}\n{fields}"));
        for from in (0..200_000).step_by(1000) {
            work.call((from..from + 1000).map(|n| (n, 1, n)), i64::MIN);
        }
        let (bytes, open, _) = work.held();
        // 1,000 numbers and 100 texts, 12 KiB of quantiles, 4 KiB of different ones, and 100 counters.
        assert!(open == 1 && bytes < 40 << 10, "{kind}: {bytes} bytes are held");
        work.finish();
        assert_eq!(work.counted, 200_000 * each, "{kind}");
    }
}
