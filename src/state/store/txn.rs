//! The writes of one ledger entry.

use super::key::Key;
use super::layer::Layer;
use super::{Cells, Error, Pair, Range, Table};
use parking_lot::MutexGuard;

/// Longest key that the engine takes.
const KEY_BYTES_MAX: usize = u16::MAX as usize;

/// The writes of one ledger entry while it is applied. Reads see them over everything else; nobody
/// else sees them before [`Txn::commit_entry`]. Dropped without it, they never were.
pub struct Txn<'a> {
    cells: &'a Cells,
    writes: Layer,
    _only_writer: MutexGuard<'a, ()>,
}

impl<'a> Txn<'a> {
    pub(super) fn new(cells: &'a Cells, only_writer: MutexGuard<'a, ()>) -> Txn<'a> {
        Txn { cells, writes: Layer::default(), _only_writer: only_writer }
    }

    /// The value of a key.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Damaged`].
    pub fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        match self.writes.get(table, key) {
            Some(value) => Ok(value.map(<[u8]>::to_vec)),
            None => self.cells.get(table, key),
        }
    }

    /// Keys and values of a range, in its order.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Damaged`].
    pub fn scan(&self, table: Table, range: &Range) -> Result<Vec<Pair>, Error> {
        self.cells.scan_under(Some(&self.writes), table, range)
    }

    /// Sets a value.
    ///
    /// # Panics
    /// If the key is empty or over 65,535 bytes: no table has such keys.
    pub fn put(&mut self, table: Table, key: &[u8], value: impl Into<Box<[u8]>>) {
        assert!((1..=KEY_BYTES_MAX).contains(&key.len()), "key of {} bytes in {table:?}", key.len());
        self.writes.put(table, Key::from(key), Some(value.into()));
    }

    /// Deletes a key; one that is not there may be deleted too.
    ///
    /// # Panics
    /// As [`Txn::put`].
    pub fn delete(&mut self, table: Table, key: &[u8]) {
        assert!((1..=KEY_BYTES_MAX).contains(&key.len()), "key of {} bytes in {table:?}", key.len());
        self.writes.put(table, Key::from(key), None);
    }

    /// Makes all writes visible at one moment.
    pub fn commit_entry(self) {
        self.cells.absorb(self.writes);
    }
}
