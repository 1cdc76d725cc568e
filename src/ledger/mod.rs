//! The shared log: what it promises, and the backends that keep it.
//!
//! # Contract
//!
//! - [`Ledger::append`] never compares with earlier entries; duplicates are found in `apply`.
//! - Positions increase and may skip. An entry's time is max(time of the previous one, the clock of
//!   the node that appended it).
//! - An append that answered `Ok` is on stable storage: it is read back by every later
//!   [`Ledger::read`], also after a crash, unchanged and in the same order.
//! - An append that answered an error, or whose future was dropped, may or may not survive.
//! - [`Ledger::read`] shows only durable entries.
//! - After a failed sync every append answers [`Error::Poisoned`] until the process is restarted;
//!   what was durable before can still be read.
//! - A full disk fails the appends of that moment with [`Error::Io`]; later ones go on when there is room.
//!
//! The ledger cannot know that its newest entries were taken away together with all trace of them (a
//! restored backup, a damaged last group): whoever keeps an applied position compares it with
//! [`Ledger::durable_tail`] at the start.

pub mod fs;
mod memory;
mod record;
pub mod segment;
pub mod simdisk;

pub use memory::MemoryLedger;
pub use segment::SegmentLedger;

use crate::domain::{Position, Timestamp};
use std::sync::Arc;
use tokio::sync::{oneshot, watch};

/// What is appended: three sections kept apart from the first format on, so that the personal spans
/// can be sealed and erased while header and skeleton stay readable and provable.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    /// Permanent number of the kind of entry (`state::Entry` names them).
    pub kind: u16,
    /// Version of the encoding of the sections.
    pub version: u16,
    /// Who, what, digests, editions. Small, never compressed, goes into the Merkle leaf.
    pub header: Vec<u8>,
    /// Facts and the message without its personal spans. Compressed on disk.
    pub skeleton: Vec<u8>,
    /// The personal spans. Compressed on disk, separately.
    pub personal: Vec<u8>,
}

/// One durable entry, as read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Where it is.
    pub position: Position,
    /// When it was appended.
    pub time: Timestamp,
    /// What was appended.
    pub record: Record,
}

/// Answer to an append that is on stable storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Where the entry is.
    pub position: Position,
    /// The entry's time.
    pub time: Timestamp,
}

/// Resolves once the entry is on stable storage, or cannot be brought there. If the sender is gone
/// without an answer, the writer ended: the entry may or may not survive, as with any error.
///
/// # Cancel safety
/// Once [`Ledger::append`] returned, the writer owns the entry; dropping this does not undo it.
pub type Appending = oneshot::Receiver<Result<Appended, Error>>;

/// A totally ordered, durable log.
pub trait Ledger: Send + Sync + 'static {
    /// Queues one entry for the next group. The entry is compressed here, on the caller's thread: call
    /// it off the async threads.
    ///
    /// # Errors
    /// [`Error::Busy`] if the queue is full; [`Error::TooLarge`]; [`Error::Poisoned`]; [`Error::Closed`].
    /// The answer that is waited for may also be [`Error::Io`].
    fn append(&self, record: Record) -> Result<Appending, Error>;

    /// Durable entries after `after`, in order, at most `bytes_max` bytes of sections, but at least one
    /// entry if there is one. Blocking: call it off the async threads.
    ///
    /// # Errors
    /// [`Error::Damaged`] if stored bytes do not check; [`Error::Io`].
    fn read(&self, after: Position, bytes_max: usize) -> Result<Vec<Arc<Stored>>, Error>;

    /// The durable entry at `position`; `None` if there is none. Blocking.
    ///
    /// # Errors
    /// As [`Ledger::read`].
    fn read_one(&self, position: Position) -> Result<Option<Arc<Stored>>, Error> {
        let Some(before) = position.0.checked_sub(1) else { return Ok(None) };
        let entries = self.read(Position(before), 0)?;
        Ok(entries.into_iter().next().filter(|entry| entry.position == position))
    }

    /// The durable entries at `positions`, in that order; `None` where there is none. Blocking.
    ///
    /// # Errors
    /// As [`Ledger::read`].
    fn read_batch(&self, positions: &[Position]) -> Result<Vec<Option<Arc<Stored>>>, Error> {
        positions.iter().map(|position| self.read_one(*position)).collect()
    }

    /// Position of the last durable entry; [`Position::ZERO`] if there is none.
    fn durable_tail(&self) -> Position;

    /// Follows [`Ledger::durable_tail`]: forward only.
    fn watch(&self) -> watch::Receiver<Position>;

    /// Why nothing can be appended until a restart; `None` if all is well.
    fn poisoned(&self) -> Option<String>;
}

/// Why the ledger could not do its work.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// Too much waits already; retry after a pause.
    #[error("append queue is full")]
    Busy,
    /// The record is larger than a record may be; retrying does not help.
    #[error("record of {bytes} bytes is over the limit of {bytes_max}")]
    TooLarge {
        /// Bytes of the record.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// A write or sync failed: nothing can be appended until a restart.
    #[error("ledger is read-only until restart: {reason}")]
    Poisoned {
        /// What failed.
        reason: String,
    },
    /// Stored bytes are not what was written.
    #[error("ledger is damaged in {file} at byte {offset}: {reason}")]
    Damaged {
        /// File name inside the ledger folder.
        file: String,
        /// Byte where the damaged piece begins.
        offset: u64,
        /// What does not check.
        reason: String,
    },
    /// The disk is full or a file cannot be read or written.
    #[error("ledger input or output failed: {what}")]
    Io {
        /// What was tried.
        what: String,
        /// The cause.
        #[source]
        source: Arc<std::io::Error>,
    },
    /// The ledger is shutting down.
    #[error("ledger is closed")]
    Closed,
}
