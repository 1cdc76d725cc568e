//! Every limit of the program, by name. Units are the last word but one; `_max` is the bound.

/// Bytes of one message, after any transport encoding.
pub const MESSAGE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Depth of nested elements in one message.
pub const XML_DEPTH_MAX: usize = 64;
/// Attributes of one element.
pub const XML_ATTRIBUTES_MAX: usize = 64;
/// Bytes of one element or attribute name.
pub const XML_NAME_BYTES_MAX: usize = 512;
/// Faults reported for one message; the rest is counted, not listed.
pub const FAULTS_MAX: usize = 200;
/// Characters of a found value shown in a report.
pub const FOUND_CHARS_MAX: usize = 64;
/// Business documents in one message (R-SCH-01).
pub const DOCUMENTS_MAX: usize = 100;
/// Appends that may wait for the writer.
pub const APPEND_QUEUE_ENTRIES_MAX: usize = 4096;
/// Bytes of encoded records that may wait for the writer.
pub const APPEND_QUEUE_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Bytes of one group of records, written and synced together.
pub const GROUP_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes after which a new segment file is begun.
pub const SEGMENT_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Bytes of one encoded record.
pub const RECORD_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes of applied state in memory after which a commit is begun.
pub const STATE_CHECKPOINT_BYTES: usize = 64 * 1024 * 1024;
/// Keys of applied state in memory after which a commit is begun.
pub const STATE_CHECKPOINT_ENTRIES: usize = 400_000;
/// Bytes of applied state in memory at which applying waits for the commit that still runs.
pub const STATE_ACTIVE_BYTES_MAX: usize = 160 * 1024 * 1024;
/// Bytes of the state store's block cache, filters and indexes included.
pub const STATE_CACHE_BYTES: u64 = 256 * 1024 * 1024;
/// Bytes of unflushed writes of one state table inside the engine: less than one commit, so that a busy
/// table is flushed after each and neither reads nor a restart have to go through them.
pub const STATE_MEMTABLE_BYTES: u64 = 1024 * 1024;
/// Bytes of the engine's journals, about; a restart after a crash replays them.
pub const STATE_JOURNAL_BYTES: u64 = 64 * 1024 * 1024;
