//! One entry being applied: typed access to documents, and the events it yields.

use super::cells::{Cells, CellsMut, StateError, decode, load, save};
use super::clearance::agency::Agreement;
use super::facts::{Facts, FactsOfEntry};
use super::life::DocState;
use super::pack;
use super::registry::Registry;
use super::related::Subject;
use super::rules::SoundFirms;
use super::store::Table;
use crate::domain::{Audience, DocRef, Event, EventKind, Keys, MessageType, Timestamp};
use crate::tables::Tables;
use prost::Message;
use std::collections::HashMap;
use std::sync::Arc;

/// Facts of recent entries, decoded. Only a cache: what it holds is in the table `Facts`.
#[derive(Debug, Default)]
pub(super) struct FactsCache {
    entries: HashMap<u64, Arc<FactsOfEntry>>,
    order: std::collections::VecDeque<u64>,
}

/// Entries whose facts are kept decoded.
const CACHED_ENTRIES_MAX: usize = 256;

impl FactsCache {
    /// Facts of an entry's documents; none if the entry kept none.
    pub(super) fn read(&mut self, cells: &impl Cells, position: u64) -> Result<Arc<FactsOfEntry>, StateError> {
        if let Some(facts) = self.entries.get(&position) {
            return Ok(Arc::clone(facts));
        }
        let facts = match cells.get(Table::Facts, &position.to_be_bytes())? {
            Some(value) => decode(Table::Facts, &pack::unpack(Table::Facts, &value)?)?,
            None => FactsOfEntry::default(),
        };
        let facts = Arc::new(facts);
        self.insert(position, Arc::clone(&facts));
        Ok(facts)
    }

    fn insert(&mut self, position: u64, facts: Arc<FactsOfEntry>) {
        if self.entries.insert(position, facts).is_none() {
            self.order.push_back(position);
        }
        if self.order.len() > CACHED_ENTRIES_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.entries.remove(&oldest);
        }
    }
}

/// What applying one entry may touch.
pub(super) struct Step<'a, C: CellsMut> {
    pub cells: &'a mut C,
    pub cache: &'a mut FactsCache,
    pub registry: &'a Registry,
    /// Dated tables as they stand.
    pub tables: &'a Tables,
    /// Logic in force: effects of clearance are there from 2 on.
    pub logic: u32,
    /// Position of the entry.
    pub position: u64,
    /// Time of the entry, milliseconds since 1970.
    pub time_ms: i64,
    /// Party that sent it; 0 for the exchange itself.
    pub party: u32,
    /// Parties that the message names to be told of its documents.
    pub audience: Option<Audience>,
    /// Firms that the rules found nothing wrong with.
    pub firms: SoundFirms,
    /// Agreements between agencies, once somebody asked for them.
    pub agreements: Option<Arc<[Agreement]>>,
    /// True once lapsed counters of risk were cleared away.
    pub lapsed_cleared: bool,
    pub events: Vec<Event>,
}

impl<C: CellsMut> Step<'_, C> {
    /// Time of the entry.
    pub(super) fn now(&self) -> Timestamp {
        Timestamp(self.time_ms)
    }

    /// Stores the facts of this entry's documents, without what is told elsewhere: rejections are in the outcome, and
    /// rows lead here from the numbers in lines. The facts as they came are given back.
    pub(super) fn keep_facts(&mut self, facts: FactsOfEntry) -> Result<Arc<FactsOfEntry>, StateError> {
        let facts = Arc::new(facts);
        let is_kept = |facts: &Facts| facts.related.is_empty() && facts.rejections.is_empty();
        let kept = if facts.documents.iter().all(is_kept) {
            Arc::clone(&facts)
        } else {
            let bare = |facts: &Facts| Facts { related: Vec::new(), rejections: Vec::new(), ..facts.clone() };
            Arc::new(FactsOfEntry { documents: facts.documents.iter().map(bare).collect() })
        };
        let packed = pack::pack(Table::Facts, &kept.encode_to_vec())?;
        self.cells.put(Table::Facts, &self.position.to_be_bytes(), packed);
        self.cache.insert(self.position, kept);
        Ok(facts)
    }

    /// Facts of an entry's documents.
    pub(super) fn facts_of_entry(&mut self, position: u64) -> Result<Arc<FactsOfEntry>, StateError> {
        self.cache.read(self.cells, position)
    }

    pub(super) fn doc_state(&self, at: DocRef) -> Result<Option<DocState>, StateError> {
        load(self.cells, Table::Document, &at.key())
    }

    pub(super) fn save_doc_state(&mut self, at: DocRef, state: &DocState) {
        save(self.cells, Table::Document, &at.key(), state);
    }

    /// Changes the state of a document that is there.
    pub(super) fn change_doc_state(
        &mut self,
        at: DocRef,
        change: impl FnOnce(&mut DocState),
    ) -> Result<(), StateError> {
        if let Some(mut state) = self.doc_state(at)? {
            change(&mut state);
            self.save_doc_state(at, &state);
        }
        Ok(())
    }

    /// A document that holds its keys, with its state.
    pub(super) fn live(&self, at: Option<DocRef>) -> Result<Option<(DocRef, DocState)>, StateError> {
        let Some(at) = at else { return Ok(None) };
        Ok(self.doc_state(at)?.filter(DocState::is_live).map(|state| (at, state)))
    }

    /// An event of a document, with the numbers known by now. One of a notice reaches those who answer for what it
    /// speaks of, too.
    pub(super) fn event(
        &mut self,
        kind: EventKind,
        at: DocRef,
        state: &DocState,
        facts: &Facts,
    ) -> Result<Event, StateError> {
        let mut keys = state.keys(facts);
        let message_type = MessageType::of_number(state.kind);
        let mut owners = self.registry.owners(state.sender, message_type, facts);
        self.subject(message_type, &keys)?.tell(&mut owners, &mut keys);
        Ok(Event {
            kind: kind as i32,
            document: Some(at),
            message_type: state.kind,
            status: state.status,
            owners,
            keys: Some(keys),
            audience: state.audience.clone(),
            ..Event::default()
        })
    }

    /// What a notice speaks of.
    pub(super) fn subject(&mut self, kind: MessageType, keys: &Keys) -> Result<Subject, StateError> {
        let Step { cells, cache, registry, .. } = self;
        let mut facts_of = |other: DocRef| Ok(facts_at(&*cache.read(*cells, other.position)?, other).cloned());
        Subject::find(*cells, &mut facts_of, registry, kind, keys)
    }
}

/// One document's facts out of its entry's.
pub(super) fn facts_at(entry: &FactsOfEntry, at: DocRef) -> Option<&Facts> {
    entry.documents.get((at.ordinal as usize).checked_sub(1)?)
}

/// Facts for a document whose entry kept none: only its absence of keys.
pub(super) fn no_facts() -> Facts {
    Facts { keys: Keys::default(), ..Facts::default() }
}
