//! The embedded ledger: segment files in one folder, written by one thread in synced, chained groups.
//!
//! ```text
//! append (any thread)          writer (one thread)                      readers (any thread)
//! encode, compress, crc ─► queue ─► group: positions, time, hash        cache of recent entries
//!                                   one write, one fdatasync       ┌──► index ─► segment file
//!                                   index, cache, tail ────────────┘
//!                                   answers, in order
//! ```
//!
//! Everything queued while one group is being synced becomes the next group: the busier it is, the
//! larger the groups, and the fewer syncs per entry.

mod cache;
mod format;
mod index;
mod queue;
mod read;
mod recover;
mod scan;
mod writer;

pub use format::Identity;
pub use recover::Opening;

use super::fs::{Fs, Lock};
use super::{Appending, Error, Ledger, Record, Stored, record};
use crate::domain::{Clock, Position, limits};
use cache::Cache;
use index::Index;
use queue::{Queue, Waiting};
use recover::{End, Walk, failed};
use scan::Depth;
use std::io;
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use tokio::sync::{oneshot, watch};
use writer::Writer;

/// Sizes of an embedded ledger.
#[derive(Debug, Clone)]
pub struct Config {
    /// Bytes after which a new segment file is begun.
    pub segment_bytes_max: u64,
    /// Bytes of records written and synced together. A single record may be larger.
    pub group_bytes_max: usize,
    /// Appends that may wait.
    pub queue_entries_max: usize,
    /// Bytes of waiting appends, as they came and as encoded together.
    pub queue_bytes_max: usize,
    /// Bytes of recent entries kept in memory for readers.
    pub cache_bytes_max: usize,
    /// Source of random bytes for the ledger's id and the files' marks.
    pub random: fn(&mut [u8]) -> io::Result<()>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            segment_bytes_max: limits::SEGMENT_BYTES_MAX,
            group_bytes_max: limits::GROUP_BYTES_MAX,
            queue_entries_max: limits::APPEND_QUEUE_ENTRIES_MAX,
            queue_bytes_max: limits::APPEND_QUEUE_BYTES_MAX,
            cache_bytes_max: 64 * 1024 * 1024,
            random: |bytes| aws_lc_rs::rand::fill(bytes).map_err(|_| io::Error::other("no random bytes")),
        }
    }
}

/// What the writer and the readers share.
struct Shared {
    queue: Queue,
    index: Index,
    cache: Cache,
    tail: watch::Sender<Position>,
    poisoned: OnceLock<String>,
}

impl Shared {
    fn poison(&self) -> Option<Error> {
        self.poisoned.get().map(|reason| Error::Poisoned { reason: reason.clone() })
    }

    fn poison_with(&self, reason: String) -> Error {
        Error::Poisoned { reason: self.poisoned.get_or_init(|| reason).clone() }
    }
}

/// The embedded ledger.
///
/// Dropping it writes what is queued, answers, and releases the folder.
pub struct SegmentLedger {
    shared: Arc<Shared>,
    fs: Arc<dyn Fs>,
    identity: Identity,
    opening: Opening,
    writer: Option<JoinHandle<()>>,
    _lock: Lock,
}

impl SegmentLedger {
    /// Opens the ledger in a folder, or makes one there. Blocking: reads the whole newest segment and
    /// the group headers of the others, and returns once everything kept is on stable storage.
    ///
    /// # Errors
    /// [`Error::Damaged`] if anything but a torn end does not check; [`Error::Io`], also if another
    /// process has the folder open.
    pub fn open(fs: Arc<dyn Fs>, clock: Arc<dyn Clock>, config: Config) -> Result<SegmentLedger, Error> {
        let lock = fs.lock().map_err(failed("locking the ledger's folder"))?;
        let mut opened = recover::open(&*fs, &config)?;
        let Opening { segments, groups, records, torn_bytes, .. } = opened.opening;
        tracing::info!(segments, groups, records, torn_bytes, "ledger is open");
        let (identity, opening) = (opened.identity, opened.opening.clone());
        let shared = Arc::new(Shared {
            queue: Queue::new(config.queue_entries_max, config.queue_bytes_max),
            index: Index::new(Arc::clone(&fs), std::mem::take(&mut opened.segments)),
            cache: Cache::new(config.cache_bytes_max),
            tail: watch::Sender::new(Position(opened.chain.next - 1)),
            poisoned: OnceLock::new(),
        });
        let writer = Writer::new(Arc::clone(&shared), Arc::clone(&fs), clock, config, opened);
        let realm = crate::telemetry::Realm::here();
        let writer = std::thread::Builder::new().name("ledger".into()).spawn(move || {
            realm.enter();
            writer.run();
        });
        let writer = Some(writer.map_err(failed("starting the ledger's thread"))?);
        Ok(SegmentLedger { shared, fs, identity, opening, writer, _lock: lock })
    }

    /// Which ledger it is.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// What opening found and did.
    #[must_use]
    pub fn opening(&self) -> &Opening {
        &self.opening
    }

    /// Checks every byte of every group up to the durable tail as it was when this began. Blocking,
    /// and reads everything.
    ///
    /// # Errors
    /// [`Error::Damaged`] with the first place that does not check; [`Error::Io`].
    pub fn verify(&self) -> Result<Verified, Error> {
        let mut walk = Walk::default();
        for (first, end) in self.shared.index.segments() {
            walk.segment(&*self.fs, first, Depth::Records, End::At(end))?;
        }
        Ok(walk.verified())
    }

    /// Keeps the writer from beginning groups until the answer is dropped, so that a test can say what
    /// goes into one group and fill the queue.
    #[doc(hidden)]
    #[must_use]
    pub fn hold(&self) -> Hold {
        self.shared.queue.hold();
        Hold(Arc::clone(&self.shared))
    }
}

/// Checks every byte of a ledger that no process has open, without changing anything.
///
/// # Errors
/// [`Error::Damaged`] with the first place that does not check; [`Error::Io`], also if a process has it
/// open.
pub fn verify(fs: &dyn Fs) -> Result<Verified, Error> {
    let _lock = fs.lock().map_err(failed("locking the ledger's folder"))?;
    let mut names = recover::segment_names(fs)?;
    if let Some(newest) = names.last()
        && recover::begun(fs, *newest)?.is_some()
    {
        names.pop();
    }
    let mut walk = Walk::default();
    let newest = names.last().copied();
    for first in names {
        let end = if Some(first) == newest { End::Torn } else { End::Whole };
        walk.segment(fs, first, Depth::Records, end)?;
    }
    Ok(walk.verified())
}

/// What a verification walked over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Segment files.
    pub segments: u64,
    /// Groups in them.
    pub groups: u64,
    /// Records in them.
    pub records: u64,
    /// Position of the last one.
    pub tail: Position,
    /// Hash of the last group: two copies of a ledger with the same one are the same up to there.
    pub head: [u8; 32],
    /// Bytes of an unfinished write at the end.
    pub torn_bytes: u64,
}

impl Walk {
    fn verified(self) -> Verified {
        Verified {
            segments: self.segments.len() as u64,
            groups: self.segments.iter().map(|segment| segment.slots.len() as u64).sum(),
            records: self.records,
            tail: Position(self.chain.next - 1),
            head: self.chain.hash,
            torn_bytes: self.torn_bytes,
        }
    }
}

impl Ledger for SegmentLedger {
    fn append(&self, record: Record) -> Result<Appending, Error> {
        if let Some(error) = self.shared.poison() {
            return Err(error);
        }
        self.shared.queue.check()?;
        let encoded = record::encode(&record)?;
        let (answer, appending) = oneshot::channel();
        self.shared.queue.push(Waiting { record, encoded, answer })?;
        Ok(appending)
    }

    fn read(&self, after: Position, bytes_max: usize) -> Result<Vec<Arc<Stored>>, Error> {
        let tail = self.durable_tail();
        if after >= tail {
            return Ok(Vec::new());
        }
        match self.shared.cache.read(after, tail, bytes_max) {
            Some(entries) => Ok(entries),
            None => read::read(&self.shared.index, after, tail, bytes_max),
        }
    }

    fn durable_tail(&self) -> Position {
        *self.shared.tail.borrow()
    }

    fn watch(&self) -> watch::Receiver<Position> {
        self.shared.tail.subscribe()
    }

    fn poisoned(&self) -> Option<String> {
        self.shared.poisoned.get().cloned()
    }
}

impl Drop for SegmentLedger {
    fn drop(&mut self) {
        self.shared.queue.close();
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            tracing::error!("the ledger's thread had panicked");
        }
    }
}

/// See [`SegmentLedger::hold`].
#[doc(hidden)]
pub struct Hold(Arc<Shared>);

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.queue.release();
    }
}
