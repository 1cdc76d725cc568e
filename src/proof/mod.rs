//! Merkle trees over entries and events, and the checkpoints that sign their roots. Pure.

/// Body of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checkpoint {
    /// Id of the ledger.
    pub origin: String,
    /// Entries in the tree.
    pub entries: u64,
    /// RFC 6962 root over the entries.
    pub entries_root: [u8; 32],
    /// Events in the tree.
    pub events: u64,
    /// RFC 6962 root over the events.
    pub events_root: [u8; 32],
    /// Position of the last entry.
    pub position: u64,
    /// The signed note: body, empty line, signature line.
    pub signed_note: String,
    /// Ed25519 public key.
    pub public_key: Vec<u8>,
}
