//! Keyed hashes of personal values: all that indexes and `apply` ever see of them.

use crate::proof::sha256;
use aws_lc_rs::hmac;

/// HMAC-SHA256 under a key that never leaves the node's key folder.
pub struct PersonalHash {
    key: hmac::Key,
}

impl PersonalHash {
    /// From 32 bytes of key.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> PersonalHash {
        PersonalHash { key: hmac::Key::new(hmac::HMAC_SHA256, key) }
    }

    /// A key made from a seed: for tests and for checks that record nothing.
    #[must_use]
    pub fn of_seed(seed: &str) -> PersonalHash {
        PersonalHash::new(&sha256(&[seed.as_bytes()]))
    }

    /// 8 bytes, for comparing two documents of one trade; 0 for no value.
    pub(super) fn short(&self, value: &str) -> u64 {
        if value.is_empty() {
            return 0;
        }
        let tag = hmac::sign(&self.key, value.as_bytes());
        tag.as_ref().first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }

    /// 16 bytes, for telling persons apart; empty for no value.
    pub(super) fn long(&self, value: &str) -> Vec<u8> {
        if value.is_empty() {
            return Vec::new();
        }
        // Identity numbers end in X or x; both are the same person.
        let tag = hmac::sign(&self.key, value.to_ascii_uppercase().as_bytes());
        tag.as_ref().iter().take(16).copied().collect()
    }
}
