//! Writes that are not committed yet.

use super::key::Key;
use super::{Range, Table, Write};
use foldhash::fast::RandomState;
use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

/// What an entry costs in memory beside its own bytes: key and value headers, free room in the hash
/// table and what the allocator adds.
const ENTRY_OVERHEAD_BYTES: usize = 96;

/// A key, and its value if it is not deleted.
pub(super) type Row<'a> = (&'a [u8], Option<&'a [u8]>);

/// Writes of one table.
///
/// A hash table, because nearly all reads are by key. Tables that are scanned get an ordered set of
/// their keys with the first scan, which is kept up from then on. Keys hold numbers that senders choose: the hash is
/// seeded at random, so that nobody can choose many of one slot.
#[derive(Debug, Default)]
struct Map {
    rows: HashMap<Key, Option<Box<[u8]>>, RandomState>,
    order: OnceLock<BTreeSet<Key>>,
}

impl Map {
    fn order(&self) -> &BTreeSet<Key> {
        self.order.get_or_init(|| self.rows.keys().cloned().collect())
    }

    fn row(&self, key: &Key) -> Option<&[u8]> {
        self.rows.get(key).expect("the order holds only keys that are there").as_deref()
    }

    /// An empty map with room for as many rows, so that it does not grow in the middle of an entry.
    fn successor(&self) -> Map {
        let order = OnceLock::new();
        if self.order.get().is_some() {
            order.get_or_init(BTreeSet::new);
        }
        Map { rows: HashMap::with_capacity_and_hasher(self.rows.len(), RandomState::default()), order }
    }
}

/// Writes by table and key, `None` for a deletion, and what they weigh.
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
        self.map(table).rows.get(key).map(Option::as_deref)
    }

    pub(super) fn put(&mut self, table: Table, key: Key, value: Option<Box<[u8]>>) {
        let map = self.tables.get_mut(table.index()).expect("there is one map for each table");
        let key_bytes = key.heap_bytes();
        self.bytes += ENTRY_OVERHEAD_BYTES + key_bytes + value.as_ref().map_or(0, |value| value.len());
        let copy = map.order.get().is_some().then(|| key.clone());
        match map.rows.insert(key, value) {
            None => {
                self.entries += 1;
                if let (Some(order), Some(key)) = (map.order.get_mut(), copy) {
                    order.insert(key);
                }
            }
            Some(old) => self.bytes -= ENTRY_OVERHEAD_BYTES + key_bytes + old.map_or(0, |old| old.len()),
        }
    }

    /// Takes over the writes of a newer layer, which keeps its room.
    pub(super) fn absorb(&mut self, newer: &mut Layer) {
        for (table, map) in Table::ALL.into_iter().zip(&mut newer.tables) {
            for (key, value) in map.rows.drain() {
                self.put(table, key, value);
            }
        }
        newer.clear();
    }

    /// Forgets everything but the room that it took.
    pub(super) fn clear(&mut self) {
        for map in &mut self.tables {
            map.rows.clear();
            map.order.take();
        }
        (self.entries, self.bytes) = (0, 0);
    }

    /// Takes everything out and leaves a layer with room for as much.
    pub(super) fn replace(&mut self) -> Layer {
        let tables = std::array::from_fn(|index| self.tables.get(index).map(Map::successor).unwrap_or_default());
        std::mem::replace(self, Layer { tables, entries: 0, bytes: 0 })
    }

    /// Rows inside the range in its order, deletions too; the limit is left to the caller.
    pub(super) fn rows<'a>(&'a self, table: Table, range: &Range) -> Box<dyn Iterator<Item = Row<'a>> + 'a> {
        let Some(bounds) = range.bounds() else { return Box::new(std::iter::empty()) };
        let map = self.map(table);
        if map.rows.is_empty() {
            return Box::new(std::iter::empty());
        }
        let rows = map.order().range::<[u8], _>(bounds).map(|key| (key.as_slice(), map.row(key)));
        if range.is_reverse() { Box::new(rows.rev()) } else { Box::new(rows) }
    }

    /// All writes, by table and key. Sorts them: for the committer thread.
    pub(super) fn writes(&self) -> impl Iterator<Item = Write<'_>> {
        let all = Table::ALL.into_iter().zip(&self.tables).flat_map(|(table, map)| {
            let mut rows: Vec<_> = map.rows.iter().map(|(key, value)| (key.as_slice(), value.as_deref())).collect();
            rows.sort_unstable_by_key(|&(key, _)| key);
            rows.into_iter().map(move |(key, value)| Write { table, key, value })
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

    #[test]
    fn the_order_follows_writes_after_the_first_scan() {
        let mut layer = Layer::default();
        let keys = |layer: &Layer| -> Vec<Vec<u8>> {
            layer.rows(Table::Sent, &Range::all()).map(|(key, _)| key.to_vec()).collect()
        };
        for key in [3u8, 1, 2] {
            layer.put(Table::Sent, Key::from([key].as_slice()), None);
            assert!(keys(&layer).is_sorted());
        }
        assert_eq!(keys(&layer), [[1], [2], [3]]);
        let taken = layer.replace();
        assert_eq!(keys(&taken), [[1], [2], [3]]);
        layer.put(Table::Sent, Key::from([9].as_slice()), None);
        assert_eq!(keys(&layer), [[9]]);
    }
}
