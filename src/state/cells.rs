//! What `apply` reads and writes: tables of bytes, and typed access to them.

use super::store::Table;
use prost::Message;

/// The store failed; `apply` stops and the entry is applied again after a restart.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StateError {
    /// A read or write failed.
    #[error("state store failed: {0}")]
    Store(String),
    /// A stored value does not decode: damage, or written by a newer program.
    #[error("value in table {table:?} does not decode: {reason}")]
    Damaged {
        /// The table.
        table: Table,
        /// What does not fit.
        reason: String,
    },
}

/// Rows of a scan: keys and values.
pub type Rows = Vec<(Vec<u8>, Vec<u8>)>;

/// Reading tables.
pub trait Cells {
    /// The value under a key.
    ///
    /// # Errors
    /// [`StateError::Store`].
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StateError>;

    /// Up to `limit` rows with `from <= key < to`, in key order, or from the last one down if `reverse`.
    ///
    /// # Errors
    /// [`StateError::Store`].
    fn scan(&self, table: Table, from: &[u8], to: &[u8], limit: usize, reverse: bool) -> Result<Rows, StateError>;
}

/// Reading and writing tables: one entry's worth, which becomes visible as a whole.
pub trait CellsMut: Cells {
    /// Sets a value.
    fn put(&mut self, table: Table, key: &[u8], value: Vec<u8>);

    /// Removes a value.
    fn delete(&mut self, table: Table, key: &[u8]);
}

/// Reads a typed value.
pub(super) fn load<M: Message + Default>(
    cells: &(impl Cells + ?Sized),
    table: Table,
    key: &[u8],
) -> Result<Option<M>, StateError> {
    cells.get(table, key)?.map(|bytes| decode(table, &bytes)).transpose()
}

/// Writes a typed value.
pub(super) fn save<M: Message>(cells: &mut (impl CellsMut + ?Sized), table: Table, key: &[u8], value: &M) {
    cells.put(table, key, value.encode_to_vec());
}

/// Decodes a stored value.
pub(super) fn decode<M: Message + Default>(table: Table, bytes: &[u8]) -> Result<M, StateError> {
    M::decode(bytes).map_err(|e| StateError::Damaged { table, reason: e.to_string() })
}

/// The first key after all keys with that prefix; a prefix of 0xff bytes has none and gives a key that
/// no table uses.
#[must_use]
pub(super) fn after_prefix(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return end;
        }
    }
    vec![u8::MAX; prefix.len() + 1]
}

/// Cells in memory: for tests, models and tools.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryCells(pub std::collections::BTreeMap<(Table, Vec<u8>), Vec<u8>>);

impl Cells for MemoryCells {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        Ok(self.0.get(&(table, key.to_vec())).cloned())
    }

    fn scan(&self, table: Table, from: &[u8], to: &[u8], limit: usize, reverse: bool) -> Result<Rows, StateError> {
        if from >= to {
            return Ok(Rows::new());
        }
        let range = self.0.range((table, from.to_vec())..(table, to.to_vec()));
        let row = |((_, key), value): (&(Table, Vec<u8>), &Vec<u8>)| (key.clone(), value.clone());
        Ok(if reverse { range.rev().take(limit).map(row).collect() } else { range.take(limit).map(row).collect() })
    }
}

impl CellsMut for MemoryCells {
    fn put(&mut self, table: Table, key: &[u8], value: Vec<u8>) {
        self.0.insert((table, key.to_vec()), value);
    }

    fn delete(&mut self, table: Table, key: &[u8]) {
        self.0.remove(&(table, key.to_vec()));
    }
}

impl From<super::store::Error> for StateError {
    fn from(error: super::store::Error) -> StateError {
        StateError::Store(error.to_string())
    }
}

/// A range of the store for a scan.
fn range(from: &[u8], to: &[u8], limit: usize, reverse: bool) -> super::store::Range {
    let range = super::store::Range::all().from(from).before(to).limit(limit);
    if reverse { range.reverse() } else { range }
}

macro_rules! reads_through {
    ($($kind:ty),*) => {$(
        impl Cells for $kind {
            fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
                Ok(<$kind>::get(self, table, key)?)
            }

            fn scan(&self, table: Table, from: &[u8], to: &[u8], limit: usize, reverse: bool) -> Result<Rows, StateError> {
                Ok(<$kind>::scan(self, table, &range(from, to, limit, reverse))?)
            }
        }
    )*};
}

reads_through!(super::store::Cells, super::store::View<'_>, super::store::Txn<'_>);

impl CellsMut for super::store::Txn<'_> {
    fn put(&mut self, table: Table, key: &[u8], value: Vec<u8>) {
        super::store::Txn::put(self, table, key, value);
    }

    fn delete(&mut self, table: Table, key: &[u8]) {
        super::store::Txn::delete(self, table, key);
    }
}
