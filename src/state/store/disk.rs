//! The store on disk: fjall, a log-structured merge tree. Why: `docs/decisions/0001-state-store.md`.

use super::{Error, Pair, Range, Store, Table, Write};
use crate::domain::limits::{STATE_CACHE_BYTES, STATE_JOURNAL_BYTES, STATE_MEMTABLE_BYTES};
use fjall::config::BlockSizePolicy;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, OwnedWriteBatch, PersistMode};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Block size of tables with small rows, read by key.
const SMALL_ROW_BLOCK_BYTES: u32 = 4 * 1024;
/// Block size of tables whose rows are kilobytes each.
const LARGE_ROW_BLOCK_BYTES: u32 = 16 * 1024;

/// Memory and threads of the store on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskOptions {
    /// Bytes of the block cache, filters and indexes included.
    pub cache_bytes: u64,
    /// Bytes of unflushed writes of one table.
    pub memtable_bytes: u64,
    /// Bytes of journals, about: what a restart after a crash has to replay.
    pub journal_bytes: u64,
    /// Background threads for flushing and compacting.
    pub threads: usize,
}

impl Default for DiskOptions {
    fn default() -> DiskOptions {
        DiskOptions {
            cache_bytes: STATE_CACHE_BYTES,
            memtable_bytes: STATE_MEMTABLE_BYTES,
            journal_bytes: STATE_JOURNAL_BYTES,
            threads: 1,
        }
    }
}

/// A store in a folder of its own, which it locks.
pub struct Disk {
    database: Database,
    tables: [Keyspace; Table::ALL.len()],
    poisoned: AtomicBool,
}

impl Disk {
    /// Opens or creates a store.
    ///
    /// # Errors
    /// [`Error::Locked`] if another process has it; [`Error::Damaged`]; [`Error::Io`].
    pub fn open(folder: &Path, options: DiskOptions) -> Result<Disk, Error> {
        let from = |error| {
            if matches!(error, fjall::Error::Locked) {
                return Error::Locked { folder: folder.display().to_string() };
            }
            convert("open", error)
        };
        std::fs::create_dir_all(folder).map_err(|error| Error::io("create folder", error))?;
        let database = Database::builder(folder)
            .cache_size(options.cache_bytes)
            .max_journaling_size(options.journal_bytes)
            .manual_journal_persist(true)
            .worker_threads(options.threads.max(1))
            .open()
            .map_err(from)?;
        let tables = Table::ALL
            .into_iter()
            .map(|table| database.keyspace(&name(table), || table_options(table, options)))
            .collect::<Result<Vec<_>, _>>()
            .map_err(from)?;
        let tables = tables.try_into().unwrap_or_else(|_| unreachable!("one keyspace was opened for each table"));
        Ok(Disk { database, tables, poisoned: AtomicBool::new(false) })
    }

    /// Bytes of all files.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn disk_bytes(&self) -> Result<u64, Error> {
        self.database.disk_space().map_err(|error| convert("measure", error))
    }

    fn table(&self, table: Table) -> &Keyspace {
        self.tables.get(table.index()).expect("there is one keyspace for each table")
    }

    fn write(&self, writes: &mut dyn Iterator<Item = Write<'_>>) -> Result<(), fjall::Error> {
        let mut batch = OwnedWriteBatch::with_capacity(self.database.clone(), writes.size_hint().0)
            .durability(Some(PersistMode::SyncData));
        for write in writes {
            let table = self.table(write.table);
            match write.value {
                Some(value) => batch.insert(table, write.key, value),
                None => batch.remove(table, write.key),
            }
        }
        batch.commit()
    }
}

impl Store for Disk {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        // The engine has no empty key; nothing here writes one either.
        let value = self.table(table).get(key).map_err(|error| convert("get", error))?;
        Ok(value.map(|value| value.to_vec()))
    }

    fn scan(&self, table: Table, range: &Range) -> Result<Vec<Pair>, Error> {
        let Some(bounds) = range.bounds() else { return Ok(Vec::new()) };
        let rows = self.table(table).range::<&[u8], _>(bounds);
        let pair = |row: fjall::Guard| {
            let (key, value) = row.into_inner().map_err(|error| convert("scan", error))?;
            Ok((key.to_vec(), value.to_vec()))
        };
        if range.is_reverse() {
            rows.rev().take(range.rows_max()).map(pair).collect()
        } else {
            rows.take(range.rows_max()).map(pair).collect()
        }
    }

    fn commit(&self, writes: &mut dyn Iterator<Item = Write<'_>>) -> Result<(), Error> {
        if self.poisoned.load(Ordering::Acquire) {
            return Err(Error::Poisoned { reason: "an earlier commit failed".into() });
        }
        self.write(writes).map_err(|error| {
            self.poisoned.store(true, Ordering::Release);
            convert("commit", error)
        })
    }
}

fn name(table: Table) -> String {
    format!("t{:02}", table.number())
}

fn table_options(table: Table, options: DiskOptions) -> KeyspaceCreateOptions {
    let is_large = matches!(table, Table::Facts | Table::Events);
    let block_bytes = if is_large { LARGE_ROW_BLOCK_BYTES } else { SMALL_ROW_BLOCK_BYTES };
    // No key-value separation: relocated compressed values were read back wrong (lsm-tree #300).
    KeyspaceCreateOptions::default()
        .manual_journal_persist(true)
        .max_memtable_size(options.memtable_bytes)
        .data_block_size_policy(BlockSizePolicy::all(block_bytes))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the engine's enums are non-exhaustive; the rest is damage")]
fn convert(what: &'static str, error: fjall::Error) -> Error {
    match error {
        fjall::Error::Io(source) | fjall::Error::Storage(fjall::LsmError::Io(source)) => Error::io(what, source),
        fjall::Error::Poisoned => Error::Poisoned { reason: "the engine's background work failed".into() },
        other => Error::Damaged { reason: format!("{what}: {other}") },
    }
}
