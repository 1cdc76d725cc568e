//! Matching lists again when something that they wait for came, changed or went.

use super::cells::{CellsMut, StateError, load};
use super::clearance::Moved;
use super::facts::Facts;
use super::keys::{MatchSet, Side, WaybillSlot, order_key, waybill_key};
use super::life::DocState;
use super::matching::{Partners, Setting};
use super::step::{Step, facts_at, no_facts};
use super::store::Table;
use crate::domain::{DocRef, EventKind, MessageType, Timestamp, Waiting, status};
use crate::proof::sha256;
use prost::Message;

impl<C: CellsMut> Step<'_, C> {
    pub(super) fn rematch_if_moved(&mut self, kind: MessageType, old: &Facts, new: &Facts) -> Result<(), StateError> {
        let place = |facts: &Facts| {
            let keys = &facts.keys;
            (keys.order_no.clone(), keys.ebp_code.clone(), keys.logistics_no.clone(), keys.logistics_code.clone())
        };
        if place(old) == place(new) { Ok(()) } else { self.rematch_counterparts(kind, old) }
    }

    /// Matches again the lists that a document of that type stands beside.
    pub(super) fn rematch_counterparts(&mut self, kind: MessageType, facts: &Facts) -> Result<(), StateError> {
        let keys = &facts.keys;
        let lists = match Side::of(kind) {
            Side::Order | Side::Payment => {
                load::<MatchSet>(self.cells, Table::Match, &order_key(kind, keys))?.unwrap_or_default().lists
            }
            Side::Waybill => {
                load::<WaybillSlot>(self.cells, Table::Key, &waybill_key(kind, keys))?.unwrap_or_default().lists
            }
            Side::List | Side::Other => Vec::new(),
        };
        for list in lists {
            self.match_list(list, true)?;
        }
        Ok(())
    }

    /// Matches one list if it waits. A change of what it waits for becomes an event if `tell`.
    pub(super) fn match_list(&mut self, at: DocRef, tell: bool) -> Result<Vec<Waiting>, StateError> {
        let Some(state) = self.doc_state(at)?.filter(DocState::is_waiting) else { return Ok(Vec::new()) };
        self.match_waiting(at, state, tell)
    }

    /// The same with the state of a list that waits, as it is saved.
    pub(super) fn match_waiting(
        &mut self,
        at: DocRef,
        mut state: DocState,
        tell: bool,
    ) -> Result<Vec<Waiting>, StateError> {
        let (waiting, partners) = self.waiting_of(at, &state)?;
        let entry = self.facts_of_entry(at.position)?;
        let none = no_facts();
        let facts = facts_at(&entry, at).unwrap_or(&none);
        let hash = waiting_hash(&waiting);
        let before = state.status;
        if waiting.is_empty() {
            self.stop_waiting(at, &mut state);
            state.status = status::STORED;
            for partner in &partners {
                if let Some(mut frozen) = self.doc_state(*partner)? {
                    frozen.frozen_by = frozen.frozen_by.saturating_add(1);
                    self.save_doc_state(*partner, &frozen);
                }
            }
            state.froze = partners;
        } else if hash == state.waiting_hash {
            return Ok(waiting);
        }
        state.waiting_hash = hash;
        state.touch(self.position);
        self.save_doc_state(at, &state);
        if waiting.is_empty() {
            let event = self.event(EventKind::Matched, at, &state, facts)?;
            self.events.push(event);
            let kind = MessageType::of_number(state.kind);
            self.moved(&Moved { at, kind, facts, from: before, to: state.status })?;
        } else if tell {
            let mut event = self.event(EventKind::MatchWaiting, at, &state, facts)?;
            event.waiting.clone_from(&waiting);
            self.events.push(event);
        }
        Ok(waiting)
    }

    /// What a list waits for now, and the documents found for it.
    pub(super) fn waiting_of(
        &mut self,
        at: DocRef,
        state: &DocState,
    ) -> Result<(Vec<Waiting>, Vec<DocRef>), StateError> {
        let entry = self.facts_of_entry(at.position)?;
        let Some(list) = facts_at(&entry, at) else { return Ok(Default::default()) };
        let kind = MessageType::of_number(state.kind);
        let setting = Setting { logic: self.logic, tables: self.tables, at: Timestamp(state.time_ms) };
        let Step { cells, cache, .. } = self;
        let mut facts_of = |other: DocRef| Ok(facts_at(&*cache.read(*cells, other.position)?, other).cloned());
        let partners = Partners::find(*cells, setting, &mut facts_of, kind, list)?;
        Ok((partners.compare(at, kind, list, self.registry), partners.refs()))
    }
}

fn waiting_hash(waiting: &[Waiting]) -> u64 {
    let bytes: Vec<Vec<u8>> = waiting.iter().map(Message::encode_length_delimited_to_vec).collect();
    let parts: Vec<&[u8]> = bytes.iter().map(Vec::as_slice).collect();
    let [a, b, c, d, e, f, g, h, ..] = sha256(&parts);
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}
