//! Merkle trees over entries and events, the checkpoints that sign their roots, and proofs that lead to them. Pure.
//!
//! A leaf of the tree over the entries is SHA-256(0x00 ‖ position, 8 bytes big-endian ‖ time in milliseconds, 8 bytes
//! big-endian ‖ header of the record). The header has the digest of the bytes that came and the root over the documents
//! of the message, so a path from the leaf to a signed root proves that these bytes were recorded then.

mod document;
mod note;
mod path;
mod tree;

pub use document::{DocumentProof, MessageTree, part_leaf};
pub use note::{NOTE_BYTES_MAX, NOTE_ED25519, NoteError, key_id, open_note};
pub use path::{
    Nodes, PATH_HASHES_MAX, consistency_path, inclusion_path, inclusion_root, root, verify_consistency,
    verify_inclusion,
};
pub use tree::{Frontier, HASH_BYTES, Hash, leaf_hash, node_hash, sha256};

/// Leaf of an entry in the tree over the entries, by its position, its time and the header of its record.
#[must_use]
pub fn entry_leaf(position: u64, time_ms: i64, header: &[u8]) -> Hash {
    leaf_hash(&[&position.to_be_bytes(), &time_ms.to_be_bytes(), header])
}

/// Leaf of an event in the tree over the events, by the position of its entry and its protobuf encoding.
#[must_use]
pub fn event_leaf(position: u64, event: &[u8]) -> Hash {
    leaf_hash(&[&position.to_be_bytes(), event])
}

/// A signed statement of both roots.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checkpoint {
    /// Id of the ledger.
    pub origin: String,
    /// Entries in the tree.
    pub entries: u64,
    /// RFC 6962 root over the entries.
    pub entries_root: Hash,
    /// Events in the tree.
    pub events: u64,
    /// RFC 6962 root over the events.
    pub events_root: Hash,
    /// Position of the last entry.
    pub position: u64,
    /// The signed note: body, empty line, signature line.
    pub signed_note: String,
    /// Ed25519 public key.
    pub public_key: Vec<u8>,
}

impl Checkpoint {
    /// The body that is signed: deterministic, so that many nodes can sign the same one.
    #[must_use]
    pub fn body(&self) -> String {
        format!(
            "{}\n{}\n{}\nevents {} {}\nposition {}\n",
            self.origin,
            self.entries,
            base64(&self.entries_root),
            self.events,
            base64(&self.events_root),
            self.position
        )
    }
}

/// RFC 4648 base64 with padding.
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0u32, |sum, byte| (sum << 8) | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let index = ((group >> (18 - 6 * place)) & 63) as usize;
            text.push(if place <= chunk.len() {
                char::from(ALPHABET.get(index).copied().unwrap_or(b'='))
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_follows_the_vectors_of_rfc_4648() {
        for (plain, coded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }
}
