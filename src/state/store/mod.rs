//! The state store: tables of byte keys and values that `apply` reads and writes.
//!
//! Writes collect in memory and are committed together with the applied position, lazily: the ledger
//! is the truth, and what was not committed is replayed.
//!
//! ```text
//! Txn      writes of the entry being applied; dropped as a whole if applying fails
//!  └ commit_entry
//! active   entries applied since the last checkpoint          ┐
//!  └ checkpoint                                               │ Cells: reads see all of them,
//! frozen   what the committer thread is writing just now      │ newest first
//!  └ Store::commit, atomic and durable                        │
//! Store    memory or disk                                     ┘
//! ```

mod cells;
mod committer;
mod digest;
mod disk;
mod error;
mod key;
mod layer;
mod memory;
mod merge;
mod range;
mod table;
#[cfg(test)]
mod tests;
mod txn;

pub use cells::{Cells, Checkpoint, Usage, View};
pub use disk::{Disk, DiskOptions};
pub use error::Error;
pub use memory::Memory;
pub use range::{Bounds, Range};
pub use table::Table;
pub use txn::Txn;

/// A key and its value, as scans return them.
pub type Pair = (Vec<u8>, Vec<u8>);

/// One write of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Write<'a> {
    /// Where the key is.
    pub table: Table,
    /// The key.
    pub key: &'a [u8],
    /// The new value; `None` deletes the key.
    pub value: Option<&'a [u8]>,
}

/// Tables of byte keys and values that survive a restart, or a stand-in for them.
///
/// There is one committer at a time and any number of readers. A read that runs beside a commit may
/// see any part of that batch; [`Cells`] hides this, because it still holds the whole batch in memory.
pub trait Store: Send + Sync + 'static {
    /// The value of a key.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Damaged`].
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, Error>;

    /// Keys and values of a range, in its order.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Damaged`].
    fn scan(&self, table: Table, range: &Range) -> Result<Vec<Pair>, Error>;

    /// Writes a batch, sorted by table and key without repeats, all of it or nothing. When it
    /// returns `Ok`, the batch is on stable storage.
    ///
    /// # Errors
    /// Any error poisons the store: later commits answer [`Error::Poisoned`] until it is opened again,
    /// and whether this batch is there is known only then.
    fn commit(&self, writes: &mut dyn Iterator<Item = Write<'_>>) -> Result<(), Error>;
}
