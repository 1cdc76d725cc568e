//! Rehearsal (预检): what an entry would do to the present state, without doing it.

use super::cells::{Cells, CellsMut, Rows, StateError};
use super::entry::{Content, Editions, Entry};
use super::filing::{self, FilingEntry, FilingRequest};
use super::machine::apply_submission;
use super::registry::Registry;
use super::step::{FactsCache, Step};
use super::store::Table;
use crate::domain::{Ending, Outcome, Timestamp};
use crate::tables::Tables;
use std::collections::BTreeMap;

/// Cells under a layer of changes that are thrown away.
struct Layer<'a, B: Cells> {
    base: &'a B,
    changes: BTreeMap<(Table, Vec<u8>), Option<Vec<u8>>>,
}

impl<B: Cells> Cells for Layer<'_, B> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        match self.changes.get(&(table, key.to_vec())) {
            Some(changed) => Ok(changed.clone()),
            None => self.base.get(table, key),
        }
    }

    fn scan(&self, table: Table, from: &[u8], to: &[u8], limit: usize, reverse: bool) -> Result<Rows, StateError> {
        if from >= to {
            return Ok(Rows::new());
        }
        let changes: Vec<_> = self.changes.range((table, from.to_vec())..(table, to.to_vec())).collect();
        // At most as many rows of the base go as there are changes.
        let rows = self.base.scan(table, from, to, limit.saturating_add(changes.len()), reverse)?;
        let mut merged: BTreeMap<Vec<u8>, Vec<u8>> = rows.into_iter().collect();
        for ((_, key), changed) in changes {
            match changed {
                Some(value) => merged.insert(key.clone(), value.clone()),
                None => merged.remove(key),
            };
        }
        Ok(if reverse {
            merged.into_iter().rev().take(limit).collect()
        } else {
            merged.into_iter().take(limit).collect()
        })
    }
}

impl<B: Cells> CellsMut for Layer<'_, B> {
    fn put(&mut self, table: Table, key: &[u8], value: Vec<u8>) {
        self.changes.insert((table, key.to_vec()), Some(value));
    }

    fn delete(&mut self, table: Table, key: &[u8]) {
        self.changes.insert((table, key.to_vec()), None);
    }
}

/// What the state consists of beside its cells.
pub(crate) struct Present<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) tables: &'a Tables,
    pub(crate) editions: &'a Editions,
    /// Position of the last applied entry.
    pub(crate) position: u64,
}

/// The outcome that a message or a filing of products would have if it were the next entry at a time. Nothing is
/// changed.
pub(crate) fn rehearse(
    cells: &impl Cells,
    present: &Present<'_>,
    entry: &Entry,
    at: Timestamp,
) -> Result<Outcome, StateError> {
    let mut outcome = Outcome {
        ending: Ending::Applied as i32,
        time_ms: at.0,
        party: entry.header.party,
        entry_kind: u32::from(entry.content.kind()),
        message_type: entry.header.message_type,
        message_guid: entry.header.guid.clone(),
        payload_sha256: entry.header.payload_sha256.clone(),
        ..Outcome::default()
    };
    let mut step = Step {
        cells: &mut Layer { base: cells, changes: BTreeMap::new() },
        cache: &mut FactsCache::default(),
        registry: present.registry,
        tables: present.tables,
        logic: present.editions.logic,
        position: present.position.saturating_add(1),
        time_ms: at.0,
        party: entry.header.party,
        audience: None,
        firms: Default::default(),
        agreements: None,
        lapsed_cleared: false,
        events: Vec::new(),
    };
    if let Content::Submission(submission) = &entry.content {
        apply_submission(&mut step, entry, submission, submission.documents.clone(), &mut outcome)?;
    } else if let Content::Filing(FilingEntry { request: Some(FilingRequest::Products(batch)) }) = &entry.content {
        filing::file_products(&mut step, batch, &mut outcome)?;
    }
    outcome.events = step.events;
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::MemoryCells;

    #[test]
    fn a_layer_reads_as_if_it_were_written_and_leaves_its_base_alone() {
        let mut base = MemoryCells::default();
        for key in [1, 3, 5, 7] {
            base.put(Table::Meta, &[key], vec![key]);
        }
        let before = base.clone();
        let mut layer = Layer { base: &base, changes: BTreeMap::new() };
        layer.delete(Table::Meta, &[3]);
        layer.put(Table::Meta, &[4], vec![40]);
        layer.put(Table::Meta, &[5], vec![50]);
        let keys = |rows: Rows| rows.into_iter().map(|(_, value)| value[0]).collect::<Vec<_>>();
        assert_eq!(keys(layer.scan(Table::Meta, &[1], &[7], 3, false).expect("memory")), [1, 40, 50]);
        assert_eq!(keys(layer.scan(Table::Meta, &[1], &[9], 2, true).expect("memory")), [7, 50]);
        assert_eq!(layer.get(Table::Meta, &[3]).expect("memory"), None);
        assert_eq!(base, before);
    }
}
