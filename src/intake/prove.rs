//! Proofs that an entry is in the ledger, and that one checkpoint goes on from another. Made when they are asked for:
//! large subtrees stand in the state, small ones are reckoned from the entries of a block.

use super::applier::Shared;
use super::reader::{Reader, failed, has_part_in};
use super::types::ReadError;
use crate::domain::limits::{PROOF_BLOCKS_MAX, PROOF_READ_BYTES, REPLAY_READ_BYTES};
use crate::domain::{Caller, DocRef, Position, Role};
use crate::ledger::Stored;
use crate::proof::{Checkpoint, DocumentProof, Hash, Nodes, consistency_path, entry_leaf, inclusion_path};
use crate::state::tree::{self, BLOCK_LEAVES, BLOCK_LEVEL};
use crate::state::{Entry, Received};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What proves that an entry is in the tree of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Inclusion {
    pub position: u64,
    pub time_ms: i64,
    /// Header of the record; leaf = SHA-256(0x00 ‖ position ‖ time ‖ header).
    pub header: Vec<u8>,
    pub index: u64,
    /// Leaves of the tree that the path is of.
    pub entries: u64,
    pub path: Vec<Hash>,
}

/// What proves that a tree is the beginning of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Consistency {
    /// Leaves of the later tree.
    pub entries: u64,
    pub path: Vec<Hash>,
    /// Its checkpoint, if it is the newest one.
    pub checkpoint: Option<Checkpoint>,
}

/// Why there is no proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoProof {
    /// There is no such entry, or the caller has no part in it.
    NoEntry,
    /// The tree never had so many leaves, or was smaller than the entry's place.
    NoTree,
}

/// The tree over the entries as it stood at some size, and blocks of it that were read.
pub(crate) struct Tree<'a> {
    shared: &'a Shared,
    /// Leaves that may be read: those of the applied entries.
    leaves: u64,
    blocks: BTreeMap<u64, Vec<(u64, Hash)>>,
}

impl<'a> Tree<'a> {
    fn new(shared: &'a Shared, leaves: u64) -> Tree<'a> {
        Tree { shared, leaves, blocks: BTreeMap::new() }
    }

    /// Position of the last entry of a full block.
    fn last_of(&self, block: u64) -> Result<u64, ReadError> {
        Ok(self.row(BLOCK_LEVEL, block)?.last)
    }

    fn row(&self, level: u32, index: u64) -> Result<tree::Node, ReadError> {
        let found = tree::node(self.shared.cells.as_ref(), level, index).map_err(failed)?;
        found.ok_or_else(|| {
            tracing::error!(level, index, "a subtree of the entries is missing in the state");
            ReadError::Internal
        })
    }

    /// Positions and leaves of a block, the last one as far as it goes.
    fn block(&mut self, block: u64) -> Result<&[(u64, Hash)], ReadError> {
        if !self.blocks.contains_key(&block) {
            let after = if block == 0 { 0 } else { self.last_of(block - 1)? };
            let wanted = self.leaves.saturating_sub(block * BLOCK_LEAVES).min(BLOCK_LEAVES);
            let leaves = read_leaves(self.shared, after, wanted)?;
            if self.blocks.len() >= PROOF_BLOCKS_MAX {
                self.blocks.clear();
            }
            self.blocks.insert(block, leaves);
        }
        Ok(self.blocks.get(&block).map(Vec::as_slice).unwrap_or_default())
    }

    /// Place of the leaf of an entry; `None` if there is none at that position.
    fn index_of(&mut self, position: u64) -> Result<Option<u64>, ReadError> {
        // The first full block that ends at or behind it, or the open one.
        let (mut low, mut high) = (0, self.leaves / BLOCK_LEAVES);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.last_of(middle)? < position {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let within = self.block(low)?.iter().position(|(at, _)| *at == position);
        Ok(within.and_then(|place| u64::try_from(place).ok()).map(|place| low * BLOCK_LEAVES + place))
    }

    /// The proof for an entry that was read, in the tree of `entries` leaves.
    pub(crate) fn inclusion(&mut self, stored: &Stored, entries: u64) -> Result<Option<Inclusion>, ReadError> {
        let Some(index) = self.index_of(stored.position.0)?.filter(|index| *index < entries) else { return Ok(None) };
        Ok(Some(Inclusion {
            position: stored.position.0,
            time_ms: stored.time.0,
            header: stored.record.header.clone(),
            index,
            entries,
            path: inclusion_path(self, index, entries)?,
        }))
    }
}

impl Nodes for Tree<'_> {
    type Error = ReadError;

    fn node(&mut self, level: u32, index: u64) -> Result<Hash, ReadError> {
        if level >= BLOCK_LEVEL {
            return Ok(self.row(level, index)?.hash);
        }
        let first = index << level;
        let leaves = self.block(first / BLOCK_LEAVES)?;
        let from = usize::try_from(first % BLOCK_LEAVES).unwrap_or(usize::MAX);
        let mut frontier = crate::proof::Frontier::default();
        for (_, leaf) in leaves.iter().skip(from).take(1 << level) {
            frontier.push(*leaf);
        }
        if frontier.leaves() != 1 << level {
            tracing::error!(level, index, "the ledger has fewer entries than the state applied");
            return Err(ReadError::Internal);
        }
        Ok(frontier.root())
    }
}

/// Positions and leaves of up to `wanted` entries after a position.
fn read_leaves(shared: &Shared, after: u64, wanted: u64) -> Result<Vec<(u64, Hash)>, ReadError> {
    let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
    let (mut leaves, mut after) = (Vec::new(), Position(after));
    while leaves.len() < wanted {
        let entries = shared.ledger.read(after, PROOF_READ_BYTES).map_err(|error| {
            tracing::error!(%error, "reading the ledger for a proof");
            ReadError::Internal
        })?;
        let Some(last) = entries.last() else { break };
        after = last.position;
        let leaf = |stored: &Arc<Stored>| (stored.position.0, leaf_of(stored));
        leaves.extend(entries.iter().take(wanted - leaves.len()).map(leaf));
    }
    Ok(leaves)
}

fn leaf_of(stored: &Stored) -> Hash {
    entry_leaf(stored.position.0, stored.time.0, &stored.record.header)
}

impl Reader {
    /// The tree over the entries as it stands: for several proofs that share what is read.
    pub(crate) fn tree(&self) -> Tree<'_> {
        Tree::new(&self.shared, self.shared.trees().0.leaves())
    }

    /// The proof that an entry is in the tree of `entries` leaves, 0 for the newest, for those that have a part in it;
    /// with the newest checkpoint, if it is of that tree.
    pub(crate) fn inclusion(
        &self,
        caller: &Caller,
        position: Position,
        entries: u64,
    ) -> Result<Result<(Inclusion, Option<Checkpoint>), NoProof>, ReadError> {
        let newest = self.checkpoint()?;
        let entries = if entries == 0 { newest.entries } else { entries };
        if position > Position(newest.position) {
            return Ok(Err(NoProof::NoEntry));
        }
        let Some(stored) = self.stored(position)? else { return Ok(Err(NoProof::NoEntry)) };
        if !self.may_prove(caller, &stored)? {
            return Ok(Err(NoProof::NoEntry));
        }
        if entries > newest.entries {
            return Ok(Err(NoProof::NoTree));
        }
        let Some(proof) = Tree::new(&self.shared, newest.entries).inclusion(&stored, entries)? else {
            return Ok(Err(NoProof::NoTree));
        };
        Ok(Ok((proof, (entries == newest.entries).then_some(newest))))
    }

    /// The proof that the tree of `first` leaves is the beginning of the newest one, or of that of `second` leaves; with
    /// the newest checkpoint, if it is of that tree.
    pub(crate) fn consistency(&self, first: u64, second: u64) -> Result<Result<Consistency, NoProof>, ReadError> {
        let newest = self.checkpoint()?;
        let second = if second == 0 { newest.entries } else { second };
        if first > second || second > newest.entries {
            return Ok(Err(NoProof::NoTree));
        }
        let path = consistency_path(&mut Tree::new(&self.shared, newest.entries), first, second)?;
        Ok(Ok(Consistency { entries: second, path, checkpoint: (second == newest.entries).then_some(newest) }))
    }

    /// The proof of one document of a message (ordinal from 1), its personal values left out: for those that have a part in
    /// it.
    pub(crate) fn document_proof(
        &self,
        caller: &Caller,
        at: DocRef,
    ) -> Result<Result<DocumentProof, NoProof>, ReadError> {
        let stored = self.stored(Position(at.position))?;
        let view = self.view(at)?;
        let (Some(stored), Some(view)) = (stored, view) else { return Ok(Err(NoProof::NoEntry)) };
        if view.sender != caller.id.0 && !has_part_in(caller, &view) {
            return Ok(Err(NoProof::NoEntry));
        }
        let broken = |error: String| {
            tracing::error!(error, position = at.position, "an entry does not fit its documents root");
            ReadError::Internal
        };
        let found = Received::proof(&stored, at.ordinal).map_err(|error| broken(error.to_string()))?;
        let Some((tree, proof)) = found else { return Ok(Err(NoProof::NoEntry)) };
        let entry = Entry::of_record(&stored.record).map_err(|error| broken(error.to_string()))?;
        if entry.header.documents_root != tree.root() {
            return Err(broken("another root".to_owned()));
        }
        Ok(Ok(proof))
    }

    fn stored(&self, position: Position) -> Result<Option<Arc<Stored>>, ReadError> {
        self.shared.ledger.read_one(position).map_err(|error| {
            tracing::error!(%error, "reading the ledger for a proof");
            ReadError::Internal
        })
    }

    /// Its sender, the operator, and whoever has a part in a document that it is about.
    fn may_prove(&self, caller: &Caller, stored: &Stored) -> Result<bool, ReadError> {
        let entry = Entry::of_record(&stored.record).map_err(|error| {
            tracing::error!(%error, position = stored.position.0, "an entry does not decode");
            ReadError::Internal
        })?;
        if caller.party.has_role(Role::Operator) || entry.header.party == caller.id.0 {
            return Ok(true);
        }
        let Some(outcome) = self.outcome(stored.position)? else { return Ok(false) };
        for at in outcome.events.iter().filter_map(|event| event.document) {
            if self.view(at)?.is_some_and(|view| has_part_in(caller, &view)) {
                return Ok(true);
            }
        }
        Ok(outcome.events.iter().any(|event| event.document.is_none() && event.owners.contains(&caller.id.0)))
    }
}

/// Writes the rows of the tree that a state of an earlier program has not: once, at the start.
pub(super) fn keep_missing(shared: &Shared) -> Result<(), super::ApplyError> {
    let cells = shared.cells.as_ref();
    let leaves = shared.trees().0.leaves();
    if leaves < BLOCK_LEAVES || tree::node(cells, BLOCK_LEVEL, leaves / BLOCK_LEAVES - 1)?.is_some() {
        return Ok(());
    }
    let mut frontier = crate::proof::Frontier::default();
    let mut after = Position::ZERO;
    while frontier.leaves() < leaves {
        let entries = shared.ledger.read(after, REPLAY_READ_BYTES)?;
        let Some(last) = entries.last() else { break };
        after = last.position;
        let mut writes = cells.begin();
        for stored in &entries {
            if frontier.leaves() < leaves {
                let last = stored.position.0;
                frontier.push_with(leaf_of(stored), |level, index, hash| {
                    tree::keep(&mut writes, level, index, hash, last);
                });
            }
        }
        writes.commit_entry();
    }
    tracing::info!(entries = frontier.leaves(), "subtrees of the entries were written");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SystemClock;
    use crate::intake::Signer;
    use crate::ledger::{Ledger, MemoryLedger, Record};
    use crate::proof::{open_note, verify_consistency, verify_inclusion};
    use crate::state::store::{Cells as StoreCells, Memory};
    use crate::state::{Cells, Content, Editions, Header, Machine, Tick};

    fn tick(number: u32) -> Record {
        let header =
            Header { party: 7, guid: format!("T{number}"), editions: Some(Editions::first()), ..Header::default() };
        Entry { header, content: Content::Tick(Tick { limit: 1 }) }.record()
    }

    /// A ledger of ticks, applied as the applier does, and a reader of it.
    fn reader(entries: u32, with_rows: bool) -> Reader {
        let ledger = MemoryLedger::new(Arc::new(SystemClock), 1 << 24);
        let cells = StoreCells::new(Arc::new(Memory::default()));
        let mut machine = Machine::load(&cells).expect("empty");
        for number in 0..entries {
            ledger.append(tick(number)).expect("room").blocking_recv().expect("written").expect("written");
        }
        for stored in ledger.read(Position::ZERO, usize::MAX).expect("readable") {
            let entry = Entry::of_record(&stored.record).expect("an entry");
            let mut writes = cells.begin();
            machine.apply(&mut writes, &stored, entry).expect("applied");
            writes.commit_entry();
        }
        let cells = if with_rows { cells } else { without_rows(&cells) };
        let (shared, _) = Shared::open(Arc::new(cells), Arc::new(ledger)).expect("a state");
        Reader { shared, signer: Arc::new(Signer::new("swx/test".to_owned(), &[7; 32])) }
    }

    /// The state as a program made it that did not keep rows.
    fn without_rows(cells: &StoreCells) -> StoreCells {
        use crate::state::CellsMut;
        use crate::state::store::Table;
        let older = StoreCells::new(Arc::new(Memory::default()));
        let mut writes = older.begin();
        for table in Table::ALL {
            let rows = Cells::scan(cells, table, &[], &[0xff; 32], usize::MAX, false).expect("readable");
            for (key, value) in rows {
                if table != Table::Merkle || !key.starts_with(b"n") {
                    CellsMut::put(&mut writes, table, &key, value);
                }
            }
        }
        writes.commit_entry();
        older
    }

    fn sender() -> Caller {
        Caller { id: crate::domain::PartyId(7), party: Arc::default() }
    }

    #[test]
    fn every_entry_is_proved_and_every_checkpoint_goes_on() {
        let reader = reader(300, true);
        let newest = reader.checkpoint().expect("a checkpoint");
        let note = open_note(&newest.signed_note, &newest.public_key).expect("signed");
        for position in 1..=300 {
            let (proof, checkpoint) =
                reader.inclusion(&sender(), Position(position), 0).expect("readable").expect("there");
            assert_eq!((proof.index, proof.entries), (position - 1, 300));
            assert_eq!(checkpoint.as_ref(), Some(&newest));
            let leaf = entry_leaf(proof.position, proof.time_ms, &proof.header);
            assert!(verify_inclusion(&leaf, proof.index, proof.entries, &proof.path, &note.entries_root));
        }
        let mut tree = reader.tree();
        for first in [1, 63, 64, 65, 128, 200, 299, 300] {
            let Ok(old) = crate::proof::root(&mut tree, first) else { panic!("readable") };
            let found = reader.consistency(first, 0).expect("readable").expect("there");
            assert!(verify_consistency(first, found.entries, &old, &note.entries_root, &found.path), "from {first}");
            let (proof, _) = reader.inclusion(&sender(), Position(1), first).expect("readable").expect("there");
            let leaf = entry_leaf(proof.position, proof.time_ms, &proof.header);
            assert!(verify_inclusion(&leaf, 0, first, &proof.path, &old), "in {first}");
        }
    }

    #[test]
    fn what_is_not_there_or_not_the_callers_is_not_proved() {
        let reader = reader(70, true);
        let ask = |party: u32, position: u64, entries: u64| {
            let caller = Caller { id: crate::domain::PartyId(party), party: Arc::default() };
            reader.inclusion(&caller, Position(position), entries).expect("readable").map(|_| ())
        };
        assert_eq!(ask(7, 70, 70), Ok(()));
        for (party, position, entries, wanted) in [
            (7, 0, 0, NoProof::NoEntry),
            (7, 71, 0, NoProof::NoEntry),
            (7, u64::MAX, 0, NoProof::NoEntry),
            (8, 70, 0, NoProof::NoEntry),
            (7, 70, 69, NoProof::NoTree),
            (7, 70, 71, NoProof::NoTree),
            (7, 70, u64::MAX, NoProof::NoTree),
        ] {
            assert_eq!(ask(party, position, entries), Err(wanted), "{party} {position} {entries}");
        }
        for (first, second) in [(71, 0), (2, 1), (1, 71), (u64::MAX, u64::MAX)] {
            assert_eq!(reader.consistency(first, second).expect("readable").map(|_| ()), Err(NoProof::NoTree));
        }
    }

    #[test]
    fn a_state_of_an_earlier_program_gets_its_rows_at_the_start() {
        let (older, newer) = (reader(200, false), reader(200, true));
        for (level, index) in [(6, 0), (6, 1), (6, 2), (7, 0)] {
            let row = tree::node(older.shared.cells.as_ref(), level, index).expect("readable");
            assert!(row.is_some(), "{level} {index}");
        }
        let ask = |reader: &Reader| reader.inclusion(&sender(), Position(77), 0).expect("readable").expect("there").0;
        let (left, right) = (ask(&older), ask(&newer));
        assert_eq!((left.index, left.path.len()), (right.index, right.path.len()));
        let note = older.checkpoint().expect("a checkpoint");
        let leaf = entry_leaf(left.position, left.time_ms, &left.header);
        assert!(verify_inclusion(&leaf, left.index, left.entries, &left.path, &note.entries_root));
    }
}
