//! The writes of one ledger entry.

use super::key::Key;
use super::layer::Layer;
use super::{Cells, Error, Pair, Range, Table};
use foldhash::fast::RandomState;
use parking_lot::MutexGuard;
use std::cell::RefCell;
use std::collections::HashSet;

/// Longest key that the engine takes.
const KEY_BYTES_MAX: usize = u16::MAX as usize;

/// What the writer of one entry leaves to that of the next: nothing but the room that it took.
#[derive(Default)]
pub(super) struct Scratch {
    writes: Layer,
    /// Keys that were asked for and are not there below the writes: the rules ask for the same ones for each document
    /// of a message, and only the disk knows of a missing key.
    absent: RefCell<HashSet<(Table, Key), RandomState>>,
}

/// The writes of one ledger entry while it is applied. Reads see them over everything else; nobody
/// else sees them before [`Txn::commit_entry`]. Dropped without it, they never were.
pub struct Txn<'a> {
    cells: &'a Cells,
    scratch: MutexGuard<'a, Scratch>,
}

impl<'a> Txn<'a> {
    pub(super) fn new(cells: &'a Cells, mut scratch: MutexGuard<'a, Scratch>) -> Txn<'a> {
        scratch.writes.clear();
        scratch.absent.get_mut().clear();
        Txn { cells, scratch }
    }

    /// The value of a key.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Damaged`].
    pub fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        match self.scratch.writes.get(table, key) {
            Some(value) => Ok(value.map(<[u8]>::to_vec)),
            None => self.get_below(table, key),
        }
    }

    fn get_below(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let place = (table, Key::from(key));
        if self.scratch.absent.borrow().contains(&place) {
            return Ok(None);
        }
        let value = self.cells.get(table, key)?;
        if value.is_none() {
            self.scratch.absent.borrow_mut().insert(place);
        }
        Ok(value)
    }

    /// Keys and values of a range, in its order.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Damaged`].
    pub fn scan(&self, table: Table, range: &Range) -> Result<Vec<Pair>, Error> {
        self.cells.scan_under(Some(&self.scratch.writes), table, range)
    }

    /// Sets a value.
    ///
    /// # Panics
    /// If the key is empty or over 65,535 bytes: no table has such keys.
    pub fn put(&mut self, table: Table, key: &[u8], value: impl Into<Box<[u8]>>) {
        assert!((1..=KEY_BYTES_MAX).contains(&key.len()), "key of {} bytes in {table:?}", key.len());
        self.scratch.writes.put(table, Key::from(key), Some(value.into()));
    }

    /// Deletes a key; one that is not there may be deleted too.
    ///
    /// # Panics
    /// As [`Txn::put`].
    pub fn delete(&mut self, table: Table, key: &[u8]) {
        assert!((1..=KEY_BYTES_MAX).contains(&key.len()), "key of {} bytes in {table:?}", key.len());
        self.scratch.writes.put(table, Key::from(key), None);
    }

    /// Makes all writes visible at one moment.
    pub fn commit_entry(mut self) {
        self.cells.absorb(&mut self.scratch.writes);
    }
}
