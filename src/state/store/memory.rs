//! The store in memory: for tests, and for a replay that only checks.

use super::{Error, Pair, Range, Store, Table, Write};
use parking_lot::RwLock;
use std::collections::BTreeMap;

type Map = BTreeMap<Vec<u8>, Vec<u8>>;

/// A store that lives as long as the process.
#[derive(Debug, Default)]
pub struct Memory {
    tables: RwLock<[Map; Table::ALL.len()]>,
}

impl Store for Memory {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.tables.read().get(table.index()).and_then(|map| map.get(key)).cloned())
    }

    fn scan(&self, table: Table, range: &Range) -> Result<Vec<Pair>, Error> {
        let tables = self.tables.read();
        let (Some(bounds), Some(map)) = (range.bounds(), tables.get(table.index())) else { return Ok(Vec::new()) };
        let rows = map.range::<[u8], _>(bounds).map(|(key, value)| (key.clone(), value.clone()));
        let limit = range.rows_max();
        Ok(if range.is_reverse() { rows.rev().take(limit).collect() } else { rows.take(limit).collect() })
    }

    fn commit(&self, writes: &mut dyn Iterator<Item = Write<'_>>) -> Result<(), Error> {
        let mut tables = self.tables.write();
        for write in writes {
            let map = tables.get_mut(write.table.index()).expect("there is one map for each table");
            match write.value {
                Some(value) => map.insert(write.key.to_vec(), value.to_vec()),
                None => map.remove(write.key),
            };
        }
        Ok(())
    }
}
