//! Writes that are not committed yet, in key order.

use super::key::Key;
use super::{Range, Table, Write};
use std::collections::BTreeMap;

/// What an entry costs in memory beside its own bytes: key and value headers, free room in tree nodes
/// and what the allocator adds.
const ENTRY_OVERHEAD_BYTES: usize = 80;

type Map = BTreeMap<Key, Option<Box<[u8]>>>;

/// A key, and its value if it is not deleted.
pub(super) type Row<'a> = (&'a [u8], Option<&'a [u8]>);

/// Writes by table and key, `None` for a deletion, and what they weigh.
///
/// A tree and not a hash map: scans and commits need the order, and with keys held in place a get is
/// nearly as quick.
#[derive(Debug, Default)]
pub(super) struct Layer {
    tables: [Map; Table::ALL.len()],
    entries: usize,
    bytes: usize,
}

impl Layer {
    fn map(&self, table: Table) -> &Map {
        self.tables.get(table.index()).expect("there is one map for each table")
    }

    /// What this layer says of a key: `None` nothing, `Some(None)` that it is deleted.
    pub(super) fn get(&self, table: Table, key: &[u8]) -> Option<Option<&[u8]>> {
        self.map(table).get(key).map(Option::as_deref)
    }

    pub(super) fn put(&mut self, table: Table, key: Key, value: Option<Box<[u8]>>) {
        let weight = weight(&key, value.as_deref());
        let key_bytes = key.heap_bytes();
        let map = self.tables.get_mut(table.index()).expect("there is one map for each table");
        self.bytes += weight;
        match map.insert(key, value) {
            None => self.entries += 1,
            Some(old) => self.bytes -= ENTRY_OVERHEAD_BYTES + key_bytes + old.map_or(0, |old| old.len()),
        }
    }

    /// Takes over the writes of a newer layer.
    pub(super) fn absorb(&mut self, newer: Layer) {
        for (table, map) in Table::ALL.into_iter().zip(newer.tables) {
            for (key, value) in map {
                self.put(table, key, value);
            }
        }
    }

    /// Rows inside the range in its order, deletions too; the limit is left to the caller.
    pub(super) fn rows<'a>(&'a self, table: Table, range: &Range) -> Box<dyn Iterator<Item = Row<'a>> + 'a> {
        let Some(bounds) = range.bounds() else { return Box::new(std::iter::empty()) };
        let rows = self.map(table).range::<[u8], _>(bounds).map(|(key, value)| (key.as_slice(), value.as_deref()));
        if range.is_reverse() { Box::new(rows.rev()) } else { Box::new(rows) }
    }

    /// All writes, by table and key.
    pub(super) fn writes(&self) -> impl Iterator<Item = Write<'_>> {
        let all = Table::ALL.into_iter().zip(&self.tables).flat_map(|(table, map)| {
            map.iter().map(move |(key, value)| Write { table, key: key.as_slice(), value: value.as_deref() })
        });
        Counted { writes: all, left: self.entries }
    }

    pub(super) fn entries(&self) -> usize {
        self.entries
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries == 0
    }
}

/// Writes whose number is known, so that a batch of them is allocated once.
struct Counted<I> {
    writes: I,
    left: usize,
}

impl<I: Iterator> Iterator for Counted<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        self.left = self.left.saturating_sub(1);
        self.writes.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

fn weight(key: &Key, value: Option<&[u8]>) -> usize {
    ENTRY_OVERHEAD_BYTES + key.heap_bytes() + value.map_or(0, <[u8]>::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weight_follows_replacements() {
        let long = [1u8; 100];
        let mut layer = Layer::default();
        layer.put(Table::Key, Key::from(long.as_slice()), Some(Box::from([0u8; 50])));
        layer.put(Table::Key, Key::from(long.as_slice()), None);
        layer.put(Table::Key, Key::from(long.as_slice()), Some(Box::from([0u8; 7])));
        assert_eq!(layer.entries(), 1);
        assert_eq!(layer.bytes(), ENTRY_OVERHEAD_BYTES + 107);
    }
}
