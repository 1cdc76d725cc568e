//! Proofs that an entry is in the ledger, and that one checkpoint goes on from another. Made when they are asked for:
//! large subtrees stand in the state, small ones are reckoned from the entries of a block.

use super::applier::Shared;
use super::reader::{Reader, failed, has_part_in};
use super::types::ReadError;
use crate::domain::limits::{EVENT_PROOFS_MAX, PROOF_BLOCKS_MAX, PROOF_READ_BYTES, REPLAY_READ_BYTES};
use crate::domain::{Caller, DocRef, Event, Outcome, Position, Role};
use crate::feed::{Subscription, View};
use crate::ledger::Stored;
use crate::proof::{
    Checkpoint, DocumentProof, Frontier, Hash, Nodes, consistency_path, entry_leaf, event_leaf, inclusion_path,
};
use crate::state::tree::{self, BLOCK_LEAVES, BLOCK_LEVEL, Kind, Place};
use crate::state::{Entry, Received, query};
use prost::Message as _;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Outcomes that are read at a time.
const OUTCOMES_PER_READ: usize = 64;

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

/// What proves that an event, a verdict, is in the tree of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EventInclusion {
    /// Index of the event in its entry, from 1.
    pub ordinal: u32,
    /// The event; leaf = SHA-256(0x00 ‖ position ‖ event).
    pub event: Vec<u8>,
    pub index: u64,
    /// Leaves of the tree that the path is of.
    pub events: u64,
    pub path: Vec<Hash>,
}

/// A tree as it stood at some size, and blocks of it that were read.
pub(crate) struct Tree<'a> {
    shared: &'a Shared,
    kind: Kind,
    /// Leaves that may be read: those of the applied entries.
    leaves: u64,
    blocks: BTreeMap<u64, Vec<(Place, Hash)>>,
}

impl<'a> Tree<'a> {
    fn new(shared: &'a Shared, kind: Kind, leaves: u64) -> Tree<'a> {
        Tree { shared, kind, leaves, blocks: BTreeMap::new() }
    }

    /// Place of the last leaf of a full block.
    fn last_of(&self, block: u64) -> Result<Place, ReadError> {
        Ok(self.row(BLOCK_LEVEL, block)?.last)
    }

    fn row(&self, level: u32, index: u64) -> Result<tree::Node, ReadError> {
        let found = tree::node(self.shared.cells.as_ref(), self.kind, level, index).map_err(failed)?;
        found.ok_or_else(|| {
            tracing::error!(kind = ?self.kind, level, index, "a subtree is missing in the state");
            ReadError::Internal
        })
    }

    /// Places and leaves of a block, the last one as far as it goes.
    fn block(&mut self, block: u64) -> Result<&[(Place, Hash)], ReadError> {
        if !self.blocks.contains_key(&block) {
            let after = if block == 0 { Place::default() } else { self.last_of(block - 1)? };
            let wanted = self.leaves.saturating_sub(block * BLOCK_LEAVES).min(BLOCK_LEAVES);
            let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
            let leaves = match self.kind {
                Kind::Entries => entry_leaves(self.shared, after, wanted)?,
                Kind::Events => event_leaves(self.shared, after, wanted)?,
            };
            if self.blocks.len() >= PROOF_BLOCKS_MAX {
                self.blocks.clear();
            }
            self.blocks.insert(block, leaves);
        }
        Ok(self.blocks.get(&block).map(Vec::as_slice).unwrap_or_default())
    }

    /// Index of the leaf of a place; `None` if there is none.
    fn index_of(&mut self, place: Place) -> Result<Option<u64>, ReadError> {
        // The first full block that ends at or behind it, or the open one.
        let (mut low, mut high) = (0, self.leaves / BLOCK_LEAVES);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.last_of(middle)? < place {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let within = self.block(low)?.iter().position(|(at, _)| *at == place);
        Ok(within.and_then(|index| u64::try_from(index).ok()).map(|index| low * BLOCK_LEAVES + index))
    }

    /// The proof for an entry that was read, in the tree of `entries` leaves.
    pub(crate) fn inclusion(&mut self, stored: &Stored, entries: u64) -> Result<Option<Inclusion>, ReadError> {
        let place = (stored.position.0, 0);
        let Some(index) = self.index_of(place)?.filter(|index| *index < entries) else { return Ok(None) };
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
        let mut frontier = Frontier::default();
        for (_, leaf) in leaves.iter().skip(from).take(1 << level) {
            frontier.push(*leaf);
        }
        if frontier.leaves() != 1 << level {
            tracing::error!(kind = ?self.kind, level, index, "there are fewer leaves than the state counted");
            return Err(ReadError::Internal);
        }
        Ok(frontier.root())
    }
}

/// Places and leaves of up to `wanted` entries after a place.
fn entry_leaves(shared: &Shared, after: Place, wanted: usize) -> Result<Vec<(Place, Hash)>, ReadError> {
    let (mut leaves, mut after) = (Vec::new(), Position(after.0));
    while leaves.len() < wanted {
        let entries = shared.ledger.read(after, PROOF_READ_BYTES).map_err(|error| {
            tracing::error!(%error, "reading the ledger for a proof");
            ReadError::Internal
        })?;
        let Some(last) = entries.last() else { break };
        after = last.position;
        let leaf = |stored: &Arc<Stored>| ((stored.position.0, 0), leaf_of(stored));
        leaves.extend(entries.iter().take(wanted - leaves.len()).map(leaf));
    }
    Ok(leaves)
}

/// Places and leaves of up to `wanted` events after a place.
fn event_leaves(shared: &Shared, after: Place, wanted: usize) -> Result<Vec<(Place, Hash)>, ReadError> {
    // The entry of the place may have further events.
    let (mut leaves, mut read) = (Vec::new(), Position(after.0.saturating_sub(1)));
    while leaves.len() < wanted {
        let outcomes = query::outcomes_after(shared.cells.as_ref(), read, OUTCOMES_PER_READ).map_err(failed)?;
        let Some((last, _)) = outcomes.last() else { break };
        read = *last;
        let events = outcomes.iter().flat_map(|(position, outcome)| leaves_of(*position, outcome));
        let events = events.filter(|(place, _)| *place > after).take(wanted - leaves.len());
        leaves.extend(events.collect::<Vec<_>>());
    }
    Ok(leaves)
}

fn leaf_of(stored: &Stored) -> Hash {
    entry_leaf(stored.position.0, stored.time.0, &stored.record.header)
}

/// Places and leaves of the events of one entry.
fn leaves_of(position: Position, outcome: &Outcome) -> impl Iterator<Item = (Place, Hash)> + '_ {
    let numbered = (1..).zip(&outcome.events);
    numbered.map(move |(ordinal, event)| ((position.0, ordinal), event_leaf(position.0, &event.encode_to_vec())))
}

impl Reader {
    /// The tree over the entries as it stands: for several proofs that share what is read.
    pub(crate) fn tree(&self) -> Tree<'_> {
        Tree::new(&self.shared, Kind::Entries, self.shared.trees().0.leaves())
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
        let Some(proof) = Tree::new(&self.shared, Kind::Entries, newest.entries).inclusion(&stored, entries)? else {
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
        let path = consistency_path(&mut Tree::new(&self.shared, Kind::Entries, newest.entries), first, second)?;
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

    /// The proofs of the events of an entry that the caller would be told of, in the tree of `events` leaves of the newest
    /// checkpoint.
    pub(crate) fn events_proof(
        &self,
        caller: &Caller,
        position: Position,
        events: u64,
    ) -> Result<Vec<EventInclusion>, ReadError> {
        let Some(outcome) = self.outcome(position)? else { return Ok(Vec::new()) };
        let view = |view: View| Subscription { view: view as i32, ..Subscription::default() };
        let (own, full) = (view(View::Own), view(View::Full));
        let is_customs = caller.party.has_role(Role::Customs);
        let told = |event: &Event| {
            let offices = &caller.party.customs_codes;
            own.takes(event, caller.id.0, offices) || (is_customs && full.takes(event, caller.id.0, offices))
        };
        let mut tree = Tree::new(&self.shared, Kind::Events, events);
        let mut proofs = Vec::new();
        for (ordinal, event) in (1..).zip(&outcome.events) {
            if proofs.len() >= EVENT_PROOFS_MAX || !told(event) {
                continue;
            }
            if let Some(index) = tree.index_of((position.0, ordinal))? {
                let path = inclusion_path(&mut tree, index, events)?;
                proofs.push(EventInclusion { ordinal, event: event.encode_to_vec(), index, events, path });
            }
        }
        Ok(proofs)
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

/// Writes the rows of the trees that a state of an earlier program has not: once, at the start.
pub(super) fn keep_missing(shared: &Shared) -> Result<(), super::ApplyError> {
    let (entries, events, _) = shared.trees();
    if is_missing(shared, Kind::Entries, entries.leaves())? {
        let mut frontier = Frontier::default();
        let mut after = Position::ZERO;
        while frontier.leaves() < entries.leaves() {
            let read = shared.ledger.read(after, REPLAY_READ_BYTES)?;
            let Some(last) = read.last() else { break };
            after = last.position;
            let leaves = read.iter().map(|stored| ((stored.position.0, 0), leaf_of(stored)));
            keep(shared, Kind::Entries, &mut frontier, entries.leaves(), leaves);
        }
    }
    if is_missing(shared, Kind::Events, events.leaves())? {
        let mut frontier = Frontier::default();
        let mut after = Position::ZERO;
        while frontier.leaves() < events.leaves() {
            let read = query::outcomes_after(shared.cells.as_ref(), after, OUTCOMES_PER_READ)?;
            let Some((last, _)) = read.last() else { break };
            after = *last;
            let leaves = read.iter().flat_map(|(position, outcome)| leaves_of(*position, outcome));
            keep(shared, Kind::Events, &mut frontier, events.leaves(), leaves);
        }
    }
    Ok(())
}

fn is_missing(shared: &Shared, kind: Kind, leaves: u64) -> Result<bool, super::ApplyError> {
    let Some(last) = (leaves / BLOCK_LEAVES).checked_sub(1) else { return Ok(false) };
    let missing = tree::node(shared.cells.as_ref(), kind, BLOCK_LEVEL, last)?.is_none();
    if missing {
        tracing::info!(?kind, leaves, "writing the subtrees that the state has not");
    }
    Ok(missing)
}

/// Goes on with a tree up to `size` leaves and keeps what becomes full.
fn keep(shared: &Shared, kind: Kind, frontier: &mut Frontier, size: u64, leaves: impl Iterator<Item = (Place, Hash)>) {
    let mut writes = shared.cells.begin();
    for (place, leaf) in leaves {
        if frontier.leaves() < size {
            frontier.push_with(leaf, |level, index, hash| tree::keep(&mut writes, kind, (level, index), hash, place));
        }
    }
    writes.commit_entry();
}

#[cfg(test)]
mod tests;
