//! The state as `apply` and its readers see it: memory over the store.

use super::committer::Committer;
use super::layer::Layer;
use super::txn::Scratch;
use super::{Error, Pair, Range, Store, Table, Txn, digest, merge};
use crate::domain::limits::{STATE_ACTIVE_BYTES_MAX, STATE_CHECKPOINT_BYTES, STATE_CHECKPOINT_ENTRIES};
use parking_lot::{Mutex, RwLock, RwLockReadGuard};
use std::sync::Arc;

/// Writes above the store, newest first.
#[derive(Default)]
pub(super) struct Layers {
    pub(super) active: Layer,
    pub(super) frozen: Option<Arc<Layer>>,
}

impl Layers {
    fn get(&self, table: Table, key: &[u8]) -> Option<Option<Vec<u8>>> {
        let found = self.active.get(table, key);
        let found = found.or_else(|| self.frozen.as_ref().and_then(|frozen| frozen.get(table, key)));
        found.map(|value| value.map(<[u8]>::to_vec))
    }
}

/// What [`Cells::checkpoint`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checkpoint {
    /// What was applied so far is being committed.
    Begun,
    /// The previous commit still runs; ask again later.
    Busy,
    /// There was nothing to commit.
    Nothing,
}

/// What the state holds in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Keys written since the last checkpoint.
    pub active_entries: usize,
    /// Bytes of them, about.
    pub active_bytes: usize,
    /// Bytes being committed, about.
    pub frozen_bytes: usize,
}

/// The state: what was applied in memory, over what is committed in the store.
///
/// One thread writes, through [`Cells::begin`]; any thread reads. Share it as `Arc<Cells>`. The store
/// must not be written by anyone else. Dropping it waits for a running commit and loses what was not
/// handed to one; the ledger has that.
pub struct Cells {
    store: Arc<dyn Store>,
    layers: Arc<RwLock<Layers>>,
    writer: Mutex<Scratch>,
    committer: Committer,
}

impl Cells {
    /// Puts an empty memory layer over a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Cells {
        let layers = Arc::new(RwLock::new(Layers::default()));
        let committer = Committer::start(store.clone(), layers.clone());
        Cells { store, layers, writer: Mutex::default(), committer }
    }

    /// Begins the writes of one entry.
    ///
    /// # Panics
    /// If another one is open: there is one applier.
    #[must_use]
    pub fn begin(&self) -> Txn<'_> {
        let scratch = self.writer.try_lock().expect("one applier writes, one entry at a time");
        Txn::new(self, scratch)
    }

    /// The value of a key as of the last whole entry.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Damaged`].
    pub fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        // The lock is not held while the disk is read. What the store may get meanwhile is newer than
        // the layers just looked at, never older, because a layer leaves memory only once committed.
        let found = self.layers.read().get(table, key);
        match found {
            Some(value) => Ok(value),
            None => self.store.get(table, key),
        }
    }

    /// Keys and values of a range, in its order, as of one whole entry.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Damaged`].
    pub fn scan(&self, table: Table, range: &Range) -> Result<Vec<Pair>, Error> {
        self.scan_under(None, table, range)
    }

    /// Several reads that see the state after the same entry. Entries wait while it is held: keep it
    /// short, and do not ask [`Cells`] itself for anything meanwhile.
    #[must_use]
    pub fn read(&self) -> View<'_> {
        View { store: self.store.as_ref(), layers: self.layers.read() }
    }

    /// Whether enough was applied for the next checkpoint.
    #[must_use]
    pub fn should_checkpoint(&self) -> bool {
        let layers = self.layers.read();
        layers.active.bytes() >= STATE_CHECKPOINT_BYTES || layers.active.entries() >= STATE_CHECKPOINT_ENTRIES
    }

    /// Hands everything applied so far to the committer thread, the applied position that the applier
    /// wrote with each entry included.
    ///
    /// # Blocking
    /// Only if the previous commit still runs and memory is over its hard limit.
    ///
    /// # Errors
    /// The error of an earlier commit: nothing is committed any more until a restart.
    pub fn checkpoint(&self) -> Result<Checkpoint, Error> {
        self.committer.freeze(&self.layers, STATE_ACTIVE_BYTES_MAX)
    }

    /// Commits everything applied so far and waits until it is on stable storage.
    ///
    /// # Errors
    /// The error of this or an earlier commit.
    pub fn flush(&self) -> Result<(), Error> {
        self.committer.freeze(&self.layers, 0)?;
        self.committer.wait_idle()
    }

    /// The error of the commit that failed, if one did.
    #[must_use]
    pub fn failed(&self) -> Option<Error> {
        self.committer.failed()
    }

    /// What is held in memory.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let layers = self.layers.read();
        Usage {
            active_entries: layers.active.entries(),
            active_bytes: layers.active.bytes(),
            frozen_bytes: layers.frozen.as_ref().map_or(0, |frozen| frozen.bytes()),
        }
    }

    /// SHA-256 over every live table, key and value in order. Reads everything: for tests and checks.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Damaged`].
    pub fn digest(&self) -> Result<[u8; 32], Error> {
        digest::digest(&self.read())
    }

    pub(super) fn scan_under(&self, newest: Option<&Layer>, table: Table, range: &Range) -> Result<Vec<Pair>, Error> {
        scan(newest, &self.layers.read(), self.store.as_ref(), table, range)
    }

    pub(super) fn absorb(&self, writes: &mut Layer) {
        self.layers.write().active.absorb(writes);
    }
}

fn scan(
    newest: Option<&Layer>,
    layers: &Layers,
    store: &dyn Store,
    table: Table,
    range: &Range,
) -> Result<Vec<Pair>, Error> {
    let all: Vec<&Layer> =
        newest.into_iter().chain(std::iter::once(&layers.active)).chain(layers.frozen.as_deref()).collect();
    merge::scan(&all, store, table, range)
}

/// The state after one entry; no other one is applied while this is held.
pub struct View<'a> {
    store: &'a dyn Store,
    layers: RwLockReadGuard<'a, Layers>,
}

impl View<'_> {
    /// The value of a key.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Damaged`].
    pub fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        match self.layers.get(table, key) {
            Some(value) => Ok(value),
            None => self.store.get(table, key),
        }
    }

    /// Keys and values of a range, in its order.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Damaged`].
    pub fn scan(&self, table: Table, range: &Range) -> Result<Vec<Pair>, Error> {
        scan(None, &self.layers, self.store, table, range)
    }
}
