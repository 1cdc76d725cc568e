//! Rows of the trees over entries and events: roots of their larger full subtrees, so that a proof reads few leaves.
//!
//! Blocks of [`BLOCK_LEAVES`] leaves are the lowest that are kept: a row for each, and one for each full subtree over
//! blocks, which makes about two rows for a block. What is below is reckoned from the leaves of one block.

use super::cells::{Cells, CellsMut, StateError};
use super::store::Table;
use crate::proof::{HASH_BYTES, Hash};

/// Level of the lowest subtrees that are kept. Permanent: a row is there for every full one.
pub(crate) const BLOCK_LEVEL: u32 = 6;
/// Leaves of a block.
pub(crate) const BLOCK_LEAVES: u64 = 1 << BLOCK_LEVEL;
/// Which tree. The numbers are the first bytes of the keys; permanent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// Of the entries.
    Entries = b'n',
    /// Of the events.
    Events = b'v',
}

/// Place of a leaf: position of its entry; for an event its index there from 1, for an entry 0.
pub(crate) type Place = (u64, u32);

/// Root of a full subtree, and the place of its last leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) hash: Hash,
    pub(crate) last: Place,
}

fn key(kind: Kind, level: u32, index: u64) -> [u8; 10] {
    let mut key = [0; 10];
    let bytes = [kind as u8, u8::try_from(level).unwrap_or(u8::MAX)].into_iter().chain(index.to_be_bytes());
    key.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
    key
}

/// Keeps the root of a full subtree, if it is large enough; `last` is the place of its last leaf.
pub(crate) fn keep(cells: &mut impl CellsMut, kind: Kind, (level, index): (u32, u64), hash: &Hash, last: Place) {
    if level >= BLOCK_LEVEL {
        let row = [&hash[..], &last.0.to_be_bytes(), &last.1.to_be_bytes()].concat();
        cells.put(Table::Merkle, &key(kind, level, index), row);
    }
}

/// The root of a full subtree of the block level or above; `None` if there is no row.
pub(crate) fn node(cells: &impl Cells, kind: Kind, level: u32, index: u64) -> Result<Option<Node>, StateError> {
    let Some(row) = cells.get(Table::Merkle, &key(kind, level, index))? else { return Ok(None) };
    let damaged = || StateError::Damaged { table: Table::Merkle, reason: "no subtree".to_owned() };
    let (hash, rest) = row.split_first_chunk::<HASH_BYTES>().ok_or_else(damaged)?;
    let (position, ordinal) = rest.split_first_chunk().ok_or_else(damaged)?;
    let ordinal = ordinal.try_into().map_err(|_| damaged())?;
    Ok(Some(Node { hash: *hash, last: (u64::from_be_bytes(*position), u32::from_be_bytes(ordinal)) }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::MemoryCells;

    #[test]
    fn small_subtrees_are_not_kept_and_large_ones_come_back() {
        let mut cells = MemoryCells::default();
        keep(&mut cells, Kind::Entries, (BLOCK_LEVEL - 1, 0), &[1; HASH_BYTES], (32, 0));
        assert!(cells.0.is_empty());
        keep(&mut cells, Kind::Entries, (BLOCK_LEVEL, 3), &[2; HASH_BYTES], (256, 0));
        keep(&mut cells, Kind::Events, (BLOCK_LEVEL, 3), &[3; HASH_BYTES], (256, 7));
        let found = |kind, index| node(&cells, kind, BLOCK_LEVEL, index).expect("readable");
        assert_eq!(found(Kind::Entries, 3), Some(Node { hash: [2; HASH_BYTES], last: (256, 0) }));
        assert_eq!(found(Kind::Events, 3), Some(Node { hash: [3; HASH_BYTES], last: (256, 7) }));
        assert_eq!(found(Kind::Entries, 4), None);
        cells.put(Table::Merkle, &key(Kind::Events, 7, 0), vec![0; HASH_BYTES + 8]);
        assert!(node(&cells, Kind::Events, 7, 0).is_err());
    }
}
