//! The two engines behind one small trait, with the settings the program would use.

use crate::Settings;
use std::time::{Duration, Instant};

/// Tables of the probe; the real store has a few more small ones.
pub const TABLES: [&str; 8] = ["submission", "key", "document", "facts", "events", "match", "sent", "preno"];
pub const SUBMISSION: usize = 0;
pub const KEY: usize = 1;
pub const DOCUMENT: usize = 2;
pub const FACTS: usize = 3;
pub const EVENTS: usize = 4;
pub const MATCH: usize = 5;
pub const SENT: usize = 6;
pub const PRENO: usize = 7;

/// Sorted writes of one table.
pub type Writes = Vec<(Vec<u8>, Vec<u8>)>;

pub trait Engine {
    fn get(&self, table: usize, key: &[u8]) -> Option<Vec<u8>>;
    /// Atomic over all tables and durable when it returns.
    fn commit(&self, batch: [Writes; TABLES.len()]);
    /// Waits until background work is done, so that a window pays for what it caused.
    fn settle(&self) {}
    fn describe(&self) -> String {
        String::new()
    }
}

pub fn open(s: &Settings) -> Box<dyn Engine> {
    std::fs::create_dir_all(s.folder()).expect("create the folder");
    match s.engine.as_str() {
        "redb" => Box::new(Redb::open(s)),
        "fjall" => Box::new(Fjall::open(s, false)),
        "fjall-ingest" => Box::new(Fjall::open(s, true)),
        other => panic!("no engine {other}"),
    }
}

struct Redb {
    db: redb::Database,
}

fn definition(table: usize) -> redb::TableDefinition<'static, &'static [u8], &'static [u8]> {
    redb::TableDefinition::new(TABLES[table])
}

impl Redb {
    fn open(s: &Settings) -> Redb {
        let db = redb::Builder::new()
            .set_cache_size((s.cache_mib * 1024 * 1024) as usize)
            .create(s.folder().join("state.redb"))
            .expect("open redb");
        let txn = db.begin_write().expect("begin");
        for table in 0..TABLES.len() {
            txn.open_table(definition(table)).expect("create table");
        }
        txn.commit().expect("commit");
        Redb { db }
    }
}

impl Engine for Redb {
    fn get(&self, table: usize, key: &[u8]) -> Option<Vec<u8>> {
        use redb::ReadableDatabase;
        let txn = self.db.begin_read().expect("begin read");
        let table = txn.open_table(definition(table)).expect("open table");
        table.get(key).expect("get").map(|v| v.value().to_vec())
    }

    fn commit(&self, batch: [Writes; TABLES.len()]) {
        let txn = self.db.begin_write().expect("begin");
        for (table, writes) in batch.into_iter().enumerate() {
            let mut table = txn.open_table(definition(table)).expect("open table");
            for (key, value) in &writes {
                table.insert(key.as_slice(), value.as_slice()).expect("insert");
            }
        }
        txn.commit().expect("commit");
    }
}

/// Writes whole batches, or sorted tables behind a redo file of its own.
struct Fjall {
    db: fjall::Database,
    redo: Option<std::path::PathBuf>,
    tables: Vec<fjall::Keyspace>,
}

impl Fjall {
    fn open(s: &Settings, ingest: bool) -> Fjall {
        use fjall::config::BlockSizePolicy;
        let db = fjall::Database::builder(s.folder())
            .cache_size(s.cache_mib * 1024 * 1024)
            .manual_journal_persist(true)
            .max_journaling_size(s.journal_mib * 1024 * 1024)
            .worker_threads(s.workers)
            .open()
            .expect("open fjall");
        let tables = (0..TABLES.len())
            .map(|table| {
                let block = if matches!(table, FACTS | EVENTS) { 16 } else { 4 };
                db.keyspace(TABLES[table], || {
                    fjall::KeyspaceCreateOptions::default()
                        .manual_journal_persist(true)
                        .max_memtable_size(s.memtable_mib * 1024 * 1024)
                        .data_block_size_policy(BlockSizePolicy::all(block * 1024))
                })
                .expect("open keyspace")
            })
            .collect();
        Fjall { db, tables, redo: ingest.then(|| s.dir.join("redo")) }
    }
}

impl Fjall {
    /// The redo file makes it atomic over the tables: it would be ingested again after a crash.
    fn ingest(&self, redo: &std::path::Path, batch: [Writes; TABLES.len()]) {
        use std::io::Write;
        let mut file = std::io::BufWriter::with_capacity(1 << 20, std::fs::File::create(redo).expect("create redo"));
        for (key, value) in batch.iter().flatten() {
            file.write_all(&(key.len() as u16).to_le_bytes()).expect("write redo");
            file.write_all(&(value.len() as u32).to_le_bytes()).expect("write redo");
            file.write_all(key).expect("write redo");
            file.write_all(value).expect("write redo");
        }
        file.into_inner().expect("flush redo").sync_data().expect("sync redo");
        for (table, writes) in batch.into_iter().enumerate() {
            let mut ingestion = self.tables[table].start_ingestion().expect("ingest");
            for (key, value) in writes {
                ingestion.write(key, value).expect("ingest");
            }
            ingestion.finish().expect("finish ingestion");
        }
        std::fs::remove_file(redo).expect("remove redo");
    }
}

impl Engine for Fjall {
    fn get(&self, table: usize, key: &[u8]) -> Option<Vec<u8>> {
        self.tables[table].get(key).expect("get").map(|v| v.to_vec())
    }

    fn commit(&self, batch: [Writes; TABLES.len()]) {
        if let Some(redo) = &self.redo {
            return self.ingest(redo, batch);
        }
        let count = batch.iter().map(Vec::len).sum();
        let mut all = fjall::OwnedWriteBatch::with_capacity(self.db.clone(), count)
            .durability(Some(fjall::PersistMode::SyncData));
        for (table, writes) in batch.into_iter().enumerate() {
            for (key, value) in writes {
                all.insert(&self.tables[table], key, value);
            }
        }
        all.commit().expect("commit");
    }

    fn settle(&self) {
        let begun = Instant::now();
        let mut quiet = 0;
        while quiet < 5 && begun.elapsed() < Duration::from_secs(120) {
            let busy = self.db.outstanding_flushes() > 0 || self.db.active_compactions() > 0;
            quiet = if busy { 0 } else { quiet + 1 };
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn describe(&self) -> String {
        let mut text = format!(
            "journals {} of {} MiB, write buffer {} MiB, compactions {}",
            self.db.journal_count(),
            self.db.journal_disk_space().unwrap_or(0) >> 20,
            self.db.write_buffer_size() >> 20,
            self.db.compactions_completed(),
        );
        for (table, keyspace) in self.tables.iter().enumerate() {
            text += &format!(
                "; {} {} MiB {} files",
                TABLES[table],
                keyspace.disk_space() >> 20,
                keyspace.table_count()
            );
        }
        text
    }
}
