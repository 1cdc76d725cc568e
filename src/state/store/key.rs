//! A key in memory.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

/// Longest key that is held in place; the keys of every busy table fit.
const SHORT_BYTES_MAX: usize = 22;

/// A key in memory, held in place if it is short: comparing it needs no second memory access, and
/// a map of millions of them no allocation for each.
#[derive(Debug, Clone)]
pub(super) enum Key {
    Short { len: u8, bytes: [u8; SHORT_BYTES_MAX] },
    Long(Box<[u8]>),
}

impl Key {
    pub(super) fn as_slice(&self) -> &[u8] {
        match self {
            Key::Short { len, bytes } => bytes.get(..usize::from(*len)).unwrap_or_default(),
            Key::Long(bytes) => bytes,
        }
    }

    /// Bytes outside the key itself.
    pub(super) fn heap_bytes(&self) -> usize {
        match self {
            Key::Short { .. } => 0,
            Key::Long(bytes) => bytes.len(),
        }
    }
}

impl From<&[u8]> for Key {
    fn from(key: &[u8]) -> Key {
        let mut bytes = [0; SHORT_BYTES_MAX];
        match (bytes.get_mut(..key.len()), u8::try_from(key.len())) {
            (Some(place), Ok(len)) => {
                place.copy_from_slice(key);
                Key::Short { len, bytes }
            }
            _ => Key::Long(key.into()),
        }
    }
}

impl Borrow<[u8]> for Key {
    fn borrow(&self) -> &[u8] {
        self.as_slice()
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_slice().hash(state);
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Key) -> Ordering {
        self.as_slice().cmp(other.as_slice())
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Key) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl Eq for Key {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_every_length_come_back_and_sort_as_bytes() {
        let all: Vec<Vec<u8>> = (0..40u8).map(|len| vec![9; usize::from(len)]).collect();
        for pair in all.windows(2) {
            let [a, b] = pair else { panic!("two") };
            assert_eq!(Key::from(a.as_slice()).as_slice(), a.as_slice());
            assert!(Key::from(a.as_slice()) < Key::from(b.as_slice()));
        }
        assert_eq!(std::mem::size_of::<Key>(), 24);
    }
}
