//! The way of a test's rows through its stages.

use super::given::{self, StandIn};
use super::node::Node;
use crate::data::{Batch, Values};
use crate::error::Result;
use crate::operator::{Account, PortId};
use crate::topology::plan::Plan;
use crate::topology::{Case, Rooms};

/// The clock of a test, which stands still: a second after it began.
const NOW_NS: u64 = 1_000_000_000;

/// What came out of a path.
pub(super) struct Outcome {
    /// By stage of the path, and by port.
    pub out: Vec<Vec<Batch>>,
    pub accounts: Vec<Account>,
}

/// Takes the rows of a test through its stages.
pub(super) fn go(rooms: &Rooms, plan: &Plan, case: &Case) -> Result<Outcome> {
    let number = case.path.len() as u16;
    let mut given = Vec::new();
    for rows in &case.given {
        given.push((rows.inlet, given::rows(rooms, rows, number, NOW_NS)?));
    }
    let mut walk = Walk::new(rooms, plan, case, &given)?;
    for at in 0..walk.nodes.len() {
        walk.of(at, Node::start)?;
        walk.pass_on(at)?;
    }
    match walk.nodes[0].stage.is_source() {
        true => while walk.pull()? {},
        false => walk.feed_all(&given)?,
    }
    for at in 0..walk.nodes.len() {
        walk.end_of_time(at)?;
        walk.of(at, Node::finish)?;
        walk.pass_on(at)?;
    }
    let accounts = walk.nodes.iter().map(|node| node.desk.account().clone()).collect();
    Ok(Outcome { out: walk.nodes.into_iter().map(|node| node.out).collect(), accounts })
}

struct Walk<'a> {
    nodes: Vec<Node<'a>>,
    /// By stage of the path: which of its ports goes to which inlet of which one behind it.
    ways: Vec<Vec<(PortId, usize, usize)>>,
}

impl<'a> Walk<'a> {
    fn new(rooms: &Rooms, plan: &'a Plan, case: &Case, given: &[(usize, Batch)]) -> Result<Walk<'a>> {
        let mut ways = vec![Vec::new(); case.path.len()];
        let mut nodes = Vec::new();
        for (at, stage) in case.path.iter().map(|stage| &plan.stages[*stage]).enumerate() {
            let mut fed: Vec<usize> = Vec::new();
            for (inlet, of) in stage.inlets.iter().enumerate() {
                if let Some(from) = case.path[..at].iter().position(|stage| *stage == of.stage) {
                    ways[from].push((of.port, at, inlet));
                    fed.push(inlet);
                }
            }
            let mut stand_in = None;
            if at == 0 {
                fed.extend(given.iter().map(|(inlet, _)| *inlet));
                if stage.is_source() {
                    let mut rows = Batch::default();
                    for (_, more) in given {
                        match rows.is_empty() {
                            true => rows = more.clone(),
                            false => rows.extend(more, 0, more.len()),
                        }
                    }
                    stand_in = Some(Box::new(StandIn { rows, next: 0 }) as Box<_>);
                }
            }
            let node = Node::new(rooms, stage, (at as u16, NOW_NS), &fed, stand_in);
            nodes.push(node.map_err(|e| e.by(format!("stage \"{}\"", stage.name)))?);
        }
        Ok(Walk { nodes, ways })
    }

    /// Lets one stage work.
    fn of<T>(&mut self, at: usize, work: impl FnOnce(&mut Node<'a>) -> Result<T>) -> Result<T> {
        let node = &mut self.nodes[at];
        work(node).map_err(|e| e.by(format!("stage \"{}\"", node.stage.name)))
    }

    /// The next row of a source.
    fn pull(&mut self) -> Result<bool> {
        let more = self.of(0, Node::pull)?;
        self.pass_on(0)?;
        Ok(more)
    }

    /// The rows of the test, one by one, each as late as it is behind those of its inlet before it.
    fn feed_all(&mut self, given: &[(usize, Batch)]) -> Result<()> {
        let stage = self.nodes[0].stage;
        let mut greatest = vec![i64::MIN; stage.inlets.len()];
        for (inlet, rows) in given {
            let mut rows = rows.clone();
            let time = stage.inlets[*inlet].schema.time();
            for row in 0..rows.len() {
                let greatest = &mut greatest[*inlet];
                if let Some(time) = time.and_then(|column| time_of(&rows, column, row)) {
                    if time < *greatest {
                        rows.late_ns.set(row, greatest.abs_diff(time));
                    }
                    *greatest = time.max(*greatest);
                }
                let came = *greatest;
                self.of(0, |node| node.take(*inlet, &rows, row..row + 1, came))?;
                self.pass_on(0)?;
            }
        }
        Ok(())
    }

    /// Hands what is new at a stage's ports to who reads it in the path.
    fn pass_on(&mut self, at: usize) -> Result<()> {
        // Nobody behind it adds to these meanwhile.
        let mut new = std::mem::take(&mut self.nodes[at].new);
        for (all, new) in self.nodes[at].out.iter_mut().zip(&new) {
            all.extend(new, 0, new.len());
        }
        for way in 0..self.ways[at].len() {
            let (port, to, inlet) = self.ways[at][way];
            let time = self.nodes[at].steps.watermark(port);
            let rows = &new[port.index()];
            self.of(to, |node| node.take(inlet, rows, 0..rows.len(), time))?;
            self.pass_on(to)?;
        }
        new.iter_mut().for_each(Batch::clear);
        self.nodes[at].new = new;
        Ok(())
    }

    /// All that comes to a stage has ended.
    fn end_of_time(&mut self, at: usize) -> Result<()> {
        let inlets = self.nodes[at].stage.inlets.len();
        let nothing = Batch::default();
        for inlet in 0..inlets {
            self.of(at, |node| node.take(inlet, &nothing, 0..0, i64::MAX))?;
        }
        self.pass_on(at)
    }
}

fn time_of(rows: &Batch, column: usize, row: usize) -> Option<i64> {
    let column = &rows.columns[column];
    match &column.values {
        Values::Time(times) if column.valid.get(row) => Some(times[row]),
        _ => None,
    }
}
