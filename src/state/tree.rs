//! Rows of the tree over the entries: roots of its larger full subtrees, so that a proof reads few entries.
//!
//! Blocks of [`BLOCK_LEAVES`] leaves are the lowest that are kept: a row for each, and one for each full subtree over
//! blocks, which makes about two rows for a block. What is below is reckoned from the entries of one block.

use super::cells::{Cells, CellsMut, StateError};
use super::store::Table;
use crate::proof::{HASH_BYTES, Hash};

/// Level of the lowest subtrees that are kept. Permanent: a row is there for every full one.
pub(crate) const BLOCK_LEVEL: u32 = 6;
/// Leaves of a block.
pub(crate) const BLOCK_LEAVES: u64 = 1 << BLOCK_LEVEL;
/// First byte of the keys.
const NODE: u8 = b'n';

/// Root of a full subtree, and position of its last entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) hash: Hash,
    pub(crate) last: u64,
}

fn key(level: u32, index: u64) -> [u8; 10] {
    let mut key = [0; 10];
    let bytes = [NODE, u8::try_from(level).unwrap_or(u8::MAX)].into_iter().chain(index.to_be_bytes());
    key.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
    key
}

/// Keeps the root of a full subtree, if it is large enough; `last` is the position of its last entry.
pub(crate) fn keep(cells: &mut impl CellsMut, level: u32, index: u64, hash: &Hash, last: u64) {
    if level >= BLOCK_LEVEL {
        cells.put(Table::Merkle, &key(level, index), [&hash[..], &last.to_be_bytes()].concat());
    }
}

/// The root of a full subtree of the block level or above; `None` if there is no row.
pub(crate) fn node(cells: &impl Cells, level: u32, index: u64) -> Result<Option<Node>, StateError> {
    let Some(row) = cells.get(Table::Merkle, &key(level, index))? else { return Ok(None) };
    let damaged = || StateError::Damaged { table: Table::Merkle, reason: "no subtree".to_owned() };
    let (hash, last) = row.split_first_chunk::<HASH_BYTES>().ok_or_else(damaged)?;
    let last = <[u8; 8]>::try_from(last).map_err(|_| damaged())?;
    Ok(Some(Node { hash: *hash, last: u64::from_be_bytes(last) }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::MemoryCells;

    #[test]
    fn small_subtrees_are_not_kept_and_large_ones_come_back() {
        let mut cells = MemoryCells::default();
        keep(&mut cells, BLOCK_LEVEL - 1, 0, &[1; HASH_BYTES], 32);
        assert!(cells.0.is_empty());
        keep(&mut cells, BLOCK_LEVEL, 3, &[2; HASH_BYTES], 256);
        let found = node(&cells, BLOCK_LEVEL, 3).expect("readable");
        assert_eq!(found, Some(Node { hash: [2; HASH_BYTES], last: 256 }));
        assert_eq!(node(&cells, BLOCK_LEVEL, 4).expect("readable"), None);
        cells.put(Table::Merkle, &key(7, 0), vec![0; 3]);
        assert!(node(&cells, 7, 0).is_err());
    }
}
