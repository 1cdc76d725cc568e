//! Keys on their way up to references of ancestors (XSD 1.0 §3.11.5, node tables).

use std::collections::HashMap;

/// The sequences of one key below an element; `false` for those that two children both have, which no
/// reference can mean.
type Table = HashMap<String, bool>;

/// Tables of open elements, by the depth of the element and the key.
#[derive(Default)]
pub(super) struct Carried {
    tables: Vec<(usize, usize, Table)>,
}

impl Carried {
    fn position(&self, depth: usize, key: usize) -> Option<usize> {
        self.tables.iter().position(|(at, constraint, _)| *at == depth && *constraint == key)
    }

    fn table(&mut self, depth: usize, key: usize) -> Option<&mut Table> {
        let index = self.position(depth, key).unwrap_or_else(|| {
            self.tables.push((depth, key, Table::new()));
            self.tables.len() - 1
        });
        self.tables.get_mut(index).map(|(.., table)| table)
    }

    /// Adds the sequences of an element's own key, which count before those from below.
    pub(super) fn own(&mut self, depth: usize, key: usize, sequences: impl Iterator<Item = String>) {
        if let Some(table) = self.table(depth, key) {
            table.extend(sequences.map(|sequence| (sequence, true)));
        }
    }

    /// Whether a key of an element or below it holds a sequence.
    pub(super) fn holds(&self, depth: usize, key: usize, sequence: &str) -> bool {
        let table = self.position(depth, key).and_then(|index| self.tables.get(index));
        table.is_some_and(|(.., table)| table.get(sequence) == Some(&true))
    }

    /// Hands the tables of an element to its parent, as far as somebody there still asks for them.
    pub(super) fn rise(&mut self, depth: usize, is_wanted: impl Fn(usize) -> bool) {
        while let Some(index) = self.tables.iter().position(|(at, ..)| *at == depth) {
            let (_, key, mut risen) = self.tables.swap_remove(index);
            if !is_wanted(key) {
                continue;
            }
            let Some(table) = self.table(depth - 1, key) else { continue };
            if risen.len() > table.len() {
                std::mem::swap(&mut risen, table);
            }
            for (sequence, sole) in risen {
                table.entry(sequence).and_modify(|known| *known = false).or_insert(sole);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_children_have_is_nobodys_key_unless_the_parent_has_it_too() {
        let mut carried = Carried::default();
        for _ in 0..2 {
            carried.own(2, 0, ["a".to_owned()].into_iter());
            assert!(carried.holds(2, 0, "a"));
            carried.rise(2, |_| true);
        }
        assert!(!carried.holds(1, 0, "a"));
        carried.own(1, 0, ["a".to_owned()].into_iter());
        assert!(carried.holds(1, 0, "a"));
        carried.rise(1, |_| false);
        assert!(!carried.holds(0, 0, "a"));
    }
}
