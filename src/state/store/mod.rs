//! The state store: tables of byte keys and values that `apply` reads and writes.
//!
//! Writes collect in memory and are committed together with the applied position, lazily: the ledger
//! is the truth, and what was not committed is replayed.

/// A table. Numbers are permanent: they are the first byte of keys on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Table {
    /// Single values: applied position, counters, digests.
    Meta = 1,
    /// Submissions by party and guid: position and digest of the first one.
    Submission = 2,
    /// Business keys of documents: 8 bytes of number hash, 8 bytes of code hash, table-local suffix.
    Key = 3,
    /// Documents by position and ordinal: life cycle.
    Document = 4,
    /// Facts of one entry's documents by position, compressed.
    Facts = 5,
    /// Events of one entry by position, compressed.
    Events = 6,
    /// Match sets by order key.
    Match = 7,
    /// Parties, aliases and mandates.
    Party = 8,
    /// Subscriptions and cursors.
    Subscription = 9,
    /// Merkle nodes of entries and of events.
    Merkle = 10,
    /// Entries by submitting party and position.
    Sent = 11,
    /// Editions, tables, deadlines.
    Parameter = 12,
    /// Deadlines by time.
    Deadline = 13,
}
