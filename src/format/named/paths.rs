//! Names of columns as paths into objects: `customer.address.city` is a field of a field of a field.

/// A name with more dots is parted at each of them, or not at all.
const DOTS: usize = 6;
/// No object is looked into deeper.
pub(super) const DEPTH: usize = 100;

/// What the keys of objects lead to. A key may have dots itself: all ways to part a name are known, and the one of
/// the fewest keys comes first.
#[derive(Clone)]
pub(super) struct Paths {
    nodes: Vec<Node>,
    entries: usize,
}

/// The keys of one object that matter, in the order of the columns.
#[derive(Clone, Default)]
struct Node {
    keys: Vec<(Box<str>, Entry)>,
    /// The same by key.
    sorted: Vec<usize>,
}

/// What a key of an object leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::format) struct Entry {
    /// Its number among all.
    pub number: usize,
    /// The column whose value stands there.
    pub column: Option<usize>,
    /// What the keys of an object lead to that stands there.
    pub child: Option<usize>,
}

impl Paths {
    pub(super) fn new<'a>(names: impl Iterator<Item = (usize, &'a str)>) -> Paths {
        let mut paths = Paths { nodes: Vec::new(), entries: 0 };
        paths.node(names.collect(), 1);
        paths
    }

    /// How many keys there are.
    pub(super) fn len(&self) -> usize {
        self.entries
    }

    /// Adds an object in which these are the paths to columns.
    fn node(&mut self, paths: Vec<(usize, &str)>, depth: usize) -> usize {
        let at = self.nodes.len();
        self.nodes.push(Node::default());
        let mut keys: Vec<Key> = Vec::new();
        for (column, path) in paths {
            key(&mut keys, path).column = Some(column);
            let dots = path.matches('.').count();
            let ways = if depth == DEPTH {
                0
            } else if dots > DOTS {
                1
            } else {
                dots
            };
            for (dot, _) in path.match_indices('.').take(ways) {
                key(&mut keys, &path[..dot]).below.push((column, &path[dot + 1..]));
            }
        }
        for Key { key, column, below } in keys {
            let child = (!below.is_empty()).then(|| self.node(below, depth + 1));
            let entry = Entry { number: self.entries, column, child };
            self.entries += 1;
            self.nodes[at].keys.push((key.into(), entry));
        }
        let Node { keys, sorted } = &mut self.nodes[at];
        *sorted = (0..keys.len()).collect();
        sorted.sort_by(|a, b| keys[*a].0.cmp(&keys[*b].0));
        at
    }

    /// What a key of the object `node` leads to, if that matters. `next`: which one may come, which is so in most
    /// records.
    #[inline]
    pub(super) fn find(&self, node: usize, key: &str, next: &mut usize) -> Option<Entry> {
        let Node { keys, sorted } = &self.nodes[node];
        let at = match keys.get(*next) {
            Some((there, _)) if &**there == key => *next,
            _ => sorted[sorted.binary_search_by(|at| (*keys[*at].0).cmp(key)).ok()?],
        };
        *next = at + 1;
        Some(keys[at].1)
    }
}

/// A key of an object, as it is found.
struct Key<'a> {
    key: &'a str,
    column: Option<usize>,
    below: Vec<(usize, &'a str)>,
}

fn key<'a, 'k>(keys: &'k mut Vec<Key<'a>>, name: &'a str) -> &'k mut Key<'a> {
    let at = keys.iter().position(|key| key.key == name).unwrap_or_else(|| {
        keys.push(Key { key: name, column: None, below: Vec::new() });
        keys.len() - 1
    });
    &mut keys[at]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&str]) -> Paths {
        Paths::new(names.iter().copied().enumerate())
    }

    #[test]
    fn a_name_is_found_by_each_way_to_part_it() {
        let paths = of(&["id", "a.b.c", "a.d"]);
        let find = |node, key: &str| paths.find(node, key, &mut 0);
        assert_eq!(find(0, "id").unwrap().column, Some(0));
        assert_eq!(find(0, "a.b.c").unwrap().column, Some(1));
        let a = find(0, "a").unwrap();
        assert_eq!(a.column, None);
        assert_eq!(find(a.child.unwrap(), "d").unwrap().column, Some(2));
        assert_eq!(find(a.child.unwrap(), "b.c").unwrap().column, Some(1));
        let b = find(a.child.unwrap(), "b").unwrap();
        assert_eq!(find(b.child.unwrap(), "c").unwrap().column, Some(1));
        assert_eq!(find(find(0, "a.b").unwrap().child.unwrap(), "c").unwrap().column, Some(1));
        assert_eq!((find(0, "x"), find(b.child.unwrap(), "d")), (None, None));
    }

    #[test]
    fn a_name_of_many_dots_costs_no_more_than_it_may() {
        let long = "x.".repeat(5_000);
        let paths = of(&[&long, &"y.".repeat(DOTS)]);
        assert!(paths.len() < 2 * DEPTH + (1 << (DOTS + 1)), "{}", paths.len());
        assert_eq!(paths.find(0, &long, &mut 0).unwrap().column, Some(0));
    }
}
