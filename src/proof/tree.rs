//! RFC 6962 Merkle trees, kept as their frontier: the roots of the full subtrees on the right edge.

use aws_lc_rs::digest;

/// Bytes of a hash.
pub const HASH_BYTES: usize = 32;

/// A SHA-256 hash.
pub type Hash = [u8; HASH_BYTES];

/// SHA-256 of the parts, one after the other.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> Hash {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let mut hash = Hash::default();
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// Hash of a leaf: SHA-256(0x00 ‖ parts). RFC 6962 §2.1.
#[must_use]
pub fn leaf_hash(parts: &[&[u8]]) -> Hash {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(&[0]);
    for part in parts {
        context.update(part);
    }
    let mut hash = Hash::default();
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// Hash of an inner node: SHA-256(0x01 ‖ left ‖ right). RFC 6962 §2.1.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[1], left, right])
}

/// The right edge of a tree: all that is needed to append and to know the root.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    leaves: u64,
    /// Roots of the full subtrees, largest first: one per set bit of `leaves`.
    peaks: Vec<Hash>,
}

impl Frontier {
    /// Leaves in the tree.
    #[must_use]
    pub fn leaves(&self) -> u64 {
        self.leaves
    }

    /// Appends a leaf by its hash.
    pub fn push(&mut self, leaf: Hash) {
        self.push_with(leaf, |_, _, _| {});
    }

    /// Appends a leaf by its hash, and tells every subtree of two leaves and more that it makes full: its level (the
    /// leaves are at 0), its index among those of the level, and its root.
    pub fn push_with(&mut self, leaf: Hash, mut full: impl FnMut(u32, u64, &Hash)) {
        let mut hash = leaf;
        let (mut below, mut level) = (self.leaves, 0);
        while below & 1 == 1 {
            let left = self.peaks.pop().expect("a set bit of the count has a peak");
            hash = node_hash(&left, &hash);
            below >>= 1;
            level += 1;
            full(level, below, &hash);
        }
        self.peaks.push(hash);
        self.leaves += 1;
    }

    /// The root; SHA-256 of nothing for the empty tree.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        match peaks.next() {
            None => sha256(&[]),
            Some(last) => peaks.fold(*last, |right, left| node_hash(left, &right)),
        }
    }

    /// Bytes: leaves as u64 little-endian, then the peaks.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.leaves.to_le_bytes().to_vec();
        for peak in &self.peaks {
            bytes.extend_from_slice(peak);
        }
        bytes
    }

    /// Reads [`Frontier::to_bytes`]; `None` if the bytes are no frontier.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Option<Frontier> {
        let (count, rest) = bytes.split_at_checked(8)?;
        let leaves = u64::from_le_bytes(count.try_into().ok()?);
        let (peaks, odd) = rest.as_chunks::<HASH_BYTES>();
        (odd.is_empty() && peaks.len() == leaves.count_ones() as usize)
            .then(|| Frontier { leaves, peaks: peaks.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The recursive definition of RFC 6962 §2.1.
    fn root_by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => sha256(&[]),
            [one] => *one,
            _ => {
                let split = leaves.len().next_power_of_two() / 2;
                node_hash(&root_by_definition(&leaves[..split]), &root_by_definition(&leaves[split..]))
            }
        }
    }

    #[test]
    fn frontier_roots_are_those_of_the_definition() {
        let leaves: Vec<Hash> = (0u8..70).map(|n| leaf_hash(&[&[n]])).collect();
        let mut frontier = Frontier::default();
        for count in 0..leaves.len() {
            assert_eq!(frontier.root(), root_by_definition(&leaves[..count]), "{count} leaves");
            assert_eq!(Frontier::of_bytes(&frontier.to_bytes()).as_ref(), Some(&frontier));
            frontier.push(leaves[count]);
        }
    }

    #[test]
    fn the_tree_of_one_empty_leaf_is_the_known_vector() {
        // RFC 6962 test vector: SHA-256 of a single zero byte.
        let hex: String = leaf_hash(&[]).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    }

    #[test]
    fn bytes_of_another_length_are_no_frontier() {
        assert_eq!(Frontier::of_bytes(&[1, 0, 0, 0, 0, 0, 0, 0]), None);
        assert_eq!(Frontier::of_bytes(&[0; 7]), None);
    }
}
