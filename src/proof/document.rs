//! The tree over the documents of one message, whose root stands in the header of its entry: one document can be shown
//! and proved without the others, and without its personal values.
//!
//! ```text
//! root = SHA-256(0x01 ‖ envelope ‖ RFC 6962 root over the documents)
//! envelope, document = SHA-256(0x00 ‖ text without its personal values ‖ SHA-256(salt ‖ personal values))
//! ```

use super::path::{Nodes, inclusion_path, inclusion_root};
use super::tree::{Frontier, Hash, leaf_hash, node_hash};
use std::convert::Infallible;

/// Leaves of the tree of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageTree {
    /// What stands around the documents.
    pub envelope: Hash,
    /// The documents, in order.
    pub documents: Vec<Hash>,
}

/// That a document is in a message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DocumentProof {
    /// Its place in the message, from 1.
    pub ordinal: u32,
    /// Documents of the message.
    pub documents: u32,
    /// Its text, the personal values left out.
    pub text: Vec<u8>,
    /// SHA-256(salt ‖ personal values).
    pub personal: Hash,
    /// Leaf of what stands around the documents.
    pub envelope: Hash,
    /// The path from its leaf to the root over the documents, lowest first.
    pub path: Vec<Hash>,
}

/// A leaf of the tree: a text without its personal values, and the commitment to these.
#[must_use]
pub fn part_leaf(text: &[u8], personal: &Hash) -> Hash {
    leaf_hash(&[text, personal])
}

impl Nodes for &MessageTree {
    type Error = Infallible;

    fn node(&mut self, level: u32, index: u64) -> Result<Hash, Infallible> {
        let count = 1_usize.checked_shl(level).unwrap_or(usize::MAX);
        let from = usize::try_from(index).unwrap_or(usize::MAX).saturating_mul(count);
        let mut frontier = Frontier::default();
        self.documents.iter().skip(from).take(count).for_each(|leaf| frontier.push(*leaf));
        Ok(frontier.root())
    }
}

impl MessageTree {
    /// The root, as it stands in the header.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut frontier = Frontier::default();
        self.documents.iter().for_each(|leaf| frontier.push(*leaf));
        node_hash(&self.envelope, &frontier.root())
    }

    /// The path of the document at that place, from 1; `None` if there is none.
    #[must_use]
    pub fn path(&self, ordinal: u32) -> Option<Vec<Hash>> {
        let (index, size) = (u64::from(ordinal.checked_sub(1)?), u64::try_from(self.documents.len()).ok()?);
        if index >= size {
            return None;
        }
        let Ok(path) = inclusion_path(&mut &*self, index, size);
        Some(path)
    }
}

impl DocumentProof {
    /// The root that it leads to; `None` if it is no proof.
    #[must_use]
    pub fn root(&self) -> Option<Hash> {
        let leaf = part_leaf(&self.text, &self.personal);
        let index = u64::from(self.ordinal.checked_sub(1)?);
        let documents = inclusion_root(&leaf, index, u64::from(self.documents), &self.path)?;
        Some(node_hash(&self.envelope, &documents))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(number: u32) -> Vec<u8> {
        format!("<Order>{number}</Order>").into_bytes()
    }

    fn proof(documents: u32, ordinal: u32) -> (DocumentProof, Hash) {
        let leaves = (1..=documents).map(|number| part_leaf(&text(number), &[7; 32])).collect();
        let tree = MessageTree { envelope: part_leaf(b"<a></a>", &[8; 32]), documents: leaves };
        let path = tree.path(ordinal).expect("a document");
        let (text, envelope) = (text(ordinal), tree.envelope);
        (DocumentProof { ordinal, documents, text, personal: [7; 32], envelope, path }, tree.root())
    }

    #[test]
    fn every_document_of_every_message_is_proved() {
        for documents in [1, 2, 3, 7, 8, 99, 100] {
            for ordinal in 1..=documents {
                let (proof, root) = proof(documents, ordinal);
                assert_eq!(proof.root(), Some(root), "{ordinal} of {documents}");
            }
        }
        let tree = MessageTree { envelope: [0; 32], documents: vec![[1; 32]] };
        assert_eq!((tree.path(0), tree.path(2)), (None, None));
    }

    proptest! {
        #[test]
        fn nothing_of_a_proof_can_be_changed(documents in 2_u32..40, at: u32, what in 0_usize..5) {
            let (mut proof, root) = proof(documents, at % documents + 1);
            match what {
                0 => proof.text.push(b' '),
                1 => proof.personal = [9; 32],
                2 => proof.envelope = [9; 32],
                3 => proof.ordinal = proof.ordinal % documents + 1,
                _ => proof.path.push([9; 32]),
            }
            prop_assert_ne!(proof.root(), Some(root));
        }
    }
}
