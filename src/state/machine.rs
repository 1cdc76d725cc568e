//! `apply`: one durable entry in, its outcome out. Deterministic: no clock, no randomness, no I/O but cells.

use super::cells::{Cells, CellsMut, StateError, load, save};
use super::clearance::{SINCE_LOGIC, parcels, stock, trace};
use super::credit;
use super::entry::{Content, Decisions, Editions, Entry, Submission};
use super::facts::{Facts, FactsOfEntry};
use super::filing;
use super::pack;
use super::parameters;
use super::reasons::Reason;
use super::registry::Registry;
use super::requests;
use super::routing;
use super::step::{FactsCache, Step};
use super::store::Table;
use super::tree;
use super::upkeep::{apply_cursors, apply_subscription, apply_tick};
use crate::domain::{
    Audience, DocRef, Effect, Ending, Event, EventKind, MessageType, Outcome, PartyId, Position, Rejection,
};
use crate::ledger::Stored;
use crate::proof::{Frontier, entry_leaf, event_leaf, sha256};
use crate::rules::PARAMETERS;
use crate::tables::{Parameter, Row, TableChange, TableName, Tables};
use prost::Message;
use std::sync::Arc;

/// Keys of single values in the table `Meta`. Permanent.
const APPLIED: &[u8] = b"applied";
const EDITIONS: &[u8] = b"editions";
const ENTRIES_TREE: &[u8] = b"entries";
const EVENTS_TREE: &[u8] = b"events";

/// How far the state has come.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct AppliedMark {
    /// Position of the last applied entry.
    #[prost(uint64, tag = "1")]
    pub position: u64,
    /// Its time, milliseconds since 1970.
    #[prost(int64, tag = "2")]
    pub time_ms: i64,
}

/// The first submission under a guid.
#[derive(Clone, PartialEq, Eq, prost::Message)]
struct FirstSubmission {
    #[prost(uint64, tag = "1")]
    position: u64,
    #[prost(bytes = "vec", tag = "2")]
    payload_sha256: Vec<u8>,
}

/// The state machine: what it keeps in memory is derived from the cells.
#[derive(Debug)]
pub struct Machine {
    registry: Arc<Registry>,
    tables: Tables,
    editions: Editions,
    cache: FactsCache,
    applied: AppliedMark,
    entries: Frontier,
    events: Frontier,
}

impl Machine {
    /// Takes the state up where the cells stand.
    ///
    /// # Errors
    /// [`StateError`] if the cells cannot be read.
    pub fn load(cells: &impl Cells) -> Result<Machine, StateError> {
        let tree = |key: &[u8]| -> Result<Frontier, StateError> {
            let bytes = cells.get(Table::Merkle, key)?;
            bytes.map_or(Ok(Frontier::default()), |bytes| {
                Frontier::of_bytes(&bytes)
                    .ok_or(StateError::Damaged { table: Table::Merkle, reason: "no frontier".to_owned() })
            })
        };
        Ok(Machine {
            registry: Arc::new(Registry::load(cells)?),
            tables: parameters::load(cells)?,
            editions: load(cells, Table::Meta, EDITIONS)?.unwrap_or_else(Editions::first),
            cache: FactsCache::default(),
            applied: load(cells, Table::Meta, APPLIED)?.unwrap_or_default(),
            entries: tree(ENTRIES_TREE)?,
            events: tree(EVENTS_TREE)?,
        })
    }

    /// Parties and mandates.
    #[must_use]
    pub fn registry(&self) -> Arc<Registry> {
        Arc::clone(&self.registry)
    }

    /// Dated tables as they stand.
    #[must_use]
    pub fn tables(&self) -> Tables {
        self.tables.clone()
    }

    /// Editions in force.
    #[must_use]
    pub fn editions(&self) -> &Editions {
        &self.editions
    }

    /// The last applied entry.
    #[must_use]
    pub fn applied(&self) -> AppliedMark {
        self.applied
    }

    /// Trees over entries and events.
    #[must_use]
    pub fn trees(&self) -> (&Frontier, &Frontier) {
        (&self.entries, &self.events)
    }

    /// Editions that judge what a party sends: those in force, but for the schema edition that its filing names.
    fn editions_for(&self, party: u32) -> Editions {
        self.editions.of_party(self.registry.party(PartyId(party)).map(AsRef::as_ref))
    }

    /// Applies one entry. Call it once per entry, in the ledger's order.
    ///
    /// # Errors
    /// [`StateError`]: the store failed; nothing of the entry may be kept.
    ///
    /// # Panics
    /// If the entry is not after the last applied one: a bug of the caller.
    pub fn apply(
        &mut self,
        cells: &mut impl CellsMut,
        stored: &Stored,
        mut entry: Entry,
    ) -> Result<Outcome, StateError> {
        let position = stored.position.0;
        assert!(position > self.applied.position, "entries are applied in order and once");
        let mut outcome = Outcome {
            ending: Ending::Applied as i32,
            time_ms: stored.time.0,
            party: entry.header.party,
            entry_kind: u32::from(entry.content.kind()),
            message_type: entry.header.message_type,
            message_guid: entry.header.guid.clone(),
            payload_sha256: entry.header.payload_sha256.clone(),
            signature: if entry.header.signature > 1 { entry.header.signature } else { 0 },
            ..Outcome::default()
        };
        let editions = entry.header.editions.as_ref();
        outcome.schema_edition = editions.map(|editions| editions.schema.clone()).unwrap_or_default();
        if editions.is_some_and(|editions| *editions != self.editions_for(entry.header.party)) {
            outcome.ending = Ending::Stale as i32;
        } else {
            let (registry, tables) = (Arc::clone(&self.registry), self.tables.clone());
            let mut step = Step {
                cells,
                cache: &mut self.cache,
                registry: &registry,
                tables: &tables,
                logic: self.editions.logic,
                position,
                time_ms: stored.time.0,
                party: entry.header.party,
                audience: None,
                firms: Default::default(),
                agreements: None,
                lapsed_cleared: false,
                events: Vec::new(),
            };
            let first = requests::is_first(&mut step, &entry, &mut outcome)?;
            let mut documents = Vec::new();
            if let Content::Submission(submission) = &mut entry.content {
                std::mem::swap(&mut documents, &mut submission.documents);
            }
            match &entry.content {
                _ if !first => {}
                Content::Submission(submission) => {
                    apply_submission(&mut step, &entry, submission, documents, &mut outcome)?;
                }
                Content::Decisions(decisions) => apply_decisions(&mut step, &entry, decisions, &mut outcome)?,
                Content::Party(party) => {
                    let result = Arc::make_mut(&mut self.registry).file(step.cells, party);
                    let event = |_id: u32| filed(EventKind::PartyFiled, &party.code, step.party);
                    note(result.map(event), &mut step.events, &mut outcome);
                }
                Content::Mandate(mandate) => {
                    Arc::make_mut(&mut self.registry).file_mandate(step.cells, position, mandate);
                    step.events.push(filed(EventKind::MandateFiled, &mandate.agent_code, step.party));
                }
                Content::Subscription(change) => apply_subscription(&mut step, change, &mut outcome)?,
                Content::Cursors(cursors) => apply_cursors(&mut step, cursors)?,
                Content::Tick(tick) => apply_tick(&mut step, tick.limit)?,
                Content::Editions(editions) => {
                    self.editions = editions.clone();
                    save(step.cells, Table::Meta, EDITIONS, editions);
                }
                Content::Filing(request) => filing::apply(&mut step, &mut self.registry, request, &mut outcome)?,
                Content::Credit(grade) => credit::apply(&mut step, grade, &mut outcome)?,
                Content::Inspection(entry) => step.apply_inspection(entry, &mut outcome)?,
                Content::Agency(entry) => step.apply_agency(entry, &mut outcome)?,
                Content::Consent(consent) => step.change_consent(consent, &mut outcome)?,
                Content::Forex(forex) => super::forex::apply(&mut step, forex, &mut outcome)?,
                Content::PaymentData(data) => super::payment::apply(&mut step, data, &mut outcome)?,
                Content::Refund(refund) => super::refund::apply(&mut step, refund, &mut outcome)?,
                Content::Guarantee(entry) => super::clearance::guarantee::apply(&mut step, entry, &mut outcome)?,
                Content::Tables(change) => {
                    if let Some(tables) = parameters::apply(&mut step, change, &mut outcome) {
                        self.tables = tables;
                        if self.editions.logic >= SINCE_LOGIC && is_of_message_rules(change) {
                            self.editions.rules += 1;
                            save(step.cells, Table::Meta, EDITIONS, &self.editions);
                        }
                    }
                }
                Content::Trace(change) => trace::apply(&mut step, change, &mut outcome)?,
                Content::Parcels(sync) => parcels::apply(&mut step, sync)?,
                Content::Stock(change) => stock::apply(&mut step, change, &mut outcome)?,
            }
            outcome.events = step.events;
        }
        self.finish(cells, stored, &outcome)?;
        Ok(outcome)
    }

    /// Writes the outcome, the trees and the applied mark.
    fn finish(&mut self, cells: &mut impl CellsMut, stored: &Stored, outcome: &Outcome) -> Result<(), StateError> {
        let position = stored.position.0.to_be_bytes();
        if !outcome.events.is_empty() || !outcome.rejections.is_empty() || outcome.first != 0 {
            cells.put(Table::Events, &position, pack::pack(Table::Events, &outcome.encode_to_vec())?);
        }
        let (at, leaf) = (stored.position.0, entry_leaf(stored.position.0, stored.time.0, &stored.record.header));
        self.entries.push_with(leaf, |level, index, hash| {
            tree::keep(cells, tree::Kind::Entries, (level, index), hash, (at, 0));
        });
        cells.put(Table::Merkle, ENTRIES_TREE, self.entries.to_bytes());
        for (ordinal, event) in (1..).zip(&outcome.events) {
            self.events.push_with(event_leaf(at, &event.encode_to_vec()), |level, index, hash| {
                tree::keep(cells, tree::Kind::Events, (level, index), hash, (at, ordinal));
            });
        }
        if !outcome.events.is_empty() {
            cells.put(Table::Merkle, EVENTS_TREE, self.events.to_bytes());
        }
        self.applied = AppliedMark { position: stored.position.0, time_ms: stored.time.0 };
        save(cells, Table::Meta, APPLIED, &self.applied);
        Ok(())
    }
}

/// True if the rules on one message read what changes: messages that were checked before are checked again.
fn is_of_message_rules(change: &TableChange) -> bool {
    let reads = |row: &Row| Parameter::of_name(&row.key).is_some_and(|it| PARAMETERS.contains(&it));
    TableName::of_number(change.table) == Some(TableName::Parameters) && change.rows.iter().any(reads)
}

/// The first submission of a party under a guid: its position and the digest of its payload.
pub(super) fn first_submission(
    cells: &(impl Cells + ?Sized),
    party: PartyId,
    guid: &str,
) -> Result<Option<(Position, Vec<u8>)>, StateError> {
    let first: Option<FirstSubmission> = load(cells, Table::Submission, &submission_key(party.0, guid))?;
    Ok(first.map(|first| (Position(first.position), first.payload_sha256)))
}

fn submission_key(party: u32, guid: &str) -> Vec<u8> {
    let mut key = party.to_be_bytes().to_vec();
    key.extend_from_slice(&sha256(&[guid.as_bytes()])[..16]);
    key
}

/// Key of a row in the table `Sent`.
pub(super) fn sent_key(party: u32, position: u64) -> Vec<u8> {
    let mut key = party.to_be_bytes().to_vec();
    key.extend_from_slice(&position.to_be_bytes());
    key
}

/// Key of a subscription.
pub(super) fn subscription_key(party: u32, name: &str) -> Vec<u8> {
    let mut key = party.to_be_bytes().to_vec();
    key.extend_from_slice(name.as_bytes());
    key
}

/// Key of an entry whose envelope is refused: the guid of the message in it stays free, so that the sender can mend
/// the envelope alone.
fn envelope_key(entry: &Entry) -> (String, &[u8]) {
    let received = &entry.header.received_sha256;
    let hex: Vec<String> = received.iter().map(|byte| format!("{byte:02x}")).collect();
    (format!("sha256:{}", hex.concat()), received)
}

/// Idempotence: true if the entry is the first under its guid. A repeat of the same bytes changes
/// nothing; other bytes under the same guid are a conflict.
fn is_first<C: CellsMut>(step: &mut Step<'_, C>, entry: &Entry, outcome: &mut Outcome) -> Result<bool, StateError> {
    is_first_under(step, entry, &entry.header.guid, &entry.header.payload_sha256, outcome)
}

pub(super) fn is_first_under<C: CellsMut>(
    step: &mut Step<'_, C>,
    entry: &Entry,
    guid: &str,
    payload_sha256: &[u8],
    outcome: &mut Outcome,
) -> Result<bool, StateError> {
    let header = &entry.header;
    let Some((first, digest)) = first_submission(step.cells, PartyId(header.party), guid)? else {
        let first = FirstSubmission { position: step.position, payload_sha256: payload_sha256.to_vec() };
        save(step.cells, Table::Submission, &submission_key(header.party, guid), &first);
        return Ok(true);
    };
    outcome.first = first.0;
    if digest == payload_sha256 {
        outcome.ending = Ending::Replay as i32;
        return Ok(false);
    }
    outcome.ending = Ending::Conflict as i32;
    let id = crate::receipt::receipt_id(first);
    outcome.rejections.push(Rejection {
        rule: "R-SCH-12".to_owned(),
        message_zh: format!("报文编号已用于内容不同的报文，首次回执号[{id}]；请使用新的报文编号"),
        message_en: format!("this guid was used for a message of other bytes, receipt {id}; use a new guid"),
        path: format!("/{}/@guid", MessageType::of_number(header.message_type).root_name()),
        found: Some(header.guid.clone()),
        expected: if step.logic < SINCE_LOGIC { String::new() } else { "a guid that is new".to_owned() },
        ..Rejection::default()
    });
    step.events.push(message_rejected(header.message_type, header.party, &outcome.rejections));
    Ok(false)
}

fn message_rejected(message_type: i32, party: u32, rejections: &[Rejection]) -> Event {
    Event {
        kind: EventKind::MessageRejected as i32,
        message_type,
        status: rejections.iter().map(|rejection| rejection.official).find(|code| *code != 0).unwrap_or(-1),
        rejections: rejections.to_vec(),
        owners: vec![party],
        ..Event::default()
    }
}

/// Applies a message of documents, which come apart from it: they are kept.
pub(super) fn apply_submission<C: CellsMut>(
    step: &mut Step<'_, C>,
    entry: &Entry,
    submission: &Submission,
    documents: Vec<Facts>,
    outcome: &mut Outcome,
) -> Result<(), StateError> {
    let kind = MessageType::of_number(entry.header.message_type);
    let (registry, caller) = (step.registry, PartyId(step.party));
    let transport = submission.transport.as_ref();
    let mut rejections = submission.rejections.clone();
    if rejections.is_empty() {
        let own = registry.party(caller);
        let (wrapped, at_ms) = (transport.is_some(), step.time_ms);
        let principal = routing::principal(registry, caller, &submission.cop_code, wrapped, kind, at_ms);
        if let (Some(transport), Some(own)) = (transport, own) {
            let party = principal.map_or(own, |(_, party)| party);
            rejections.extend(routing::sender_faults(own, party, registry, transport, kind));
        }
        match principal {
            Some((principal, _)) if rejections.is_empty() => step.party = principal.0,
            Some(_) => {}
            None => {
                let own = own.map_or("", |party| party.code.as_str());
                let mut rejection = Reason::NotTheCaller.rejection(kind, "copCode", &submission.cop_code, own);
                rejection.path = format!("/{}/BaseTransfer/copCode", kind.root_name());
                rejections.push(rejection);
            }
        }
    }
    let first = if rejections.iter().any(routing::is_of_envelope) {
        let (guid, received) = envelope_key(entry);
        is_first_under(step, entry, &guid, received, outcome)?
    } else {
        is_first(step, entry, outcome)?
    };
    let relay = (step.party != caller.0).then_some(caller);
    let routed = routing::route(registry, transport, &submission.subscribers, relay);
    (step.audience, outcome.routing) = routed;
    if !first {
        return Ok(());
    }
    outcome.rejections = rejections;
    outcome.rejections_omitted = submission.rejections_omitted;
    for party in [Some(PartyId(step.party)), relay].into_iter().flatten() {
        step.cells.put(Table::Sent, &sent_key(party.0, step.position), Vec::new());
    }
    if !outcome.rejections.is_empty() {
        outcome.ending = Ending::Refused as i32;
        let mut event = message_rejected(entry.header.message_type, caller.0, &outcome.rejections);
        // Whom a refused message names is not known for sure: only its sender is told.
        event.audience =
            transport.map(|transport| Audience { reply_to: transport.sender_id.clone(), ..Audience::default() });
        step.events.push(event);
        return Ok(());
    }
    let documents = step.keep_facts(FactsOfEntry { documents })?;
    for (index, facts) in documents.documents.iter().enumerate() {
        let ordinal = u32::try_from(index + 1).expect("a message has at most 100 documents");
        step.apply_document(DocRef { position: step.position, ordinal }, kind, facts)?;
    }
    Ok(())
}

fn apply_decisions<C: CellsMut>(
    step: &mut Step<'_, C>,
    entry: &Entry,
    decisions: &Decisions,
    outcome: &mut Outcome,
) -> Result<(), StateError> {
    // A typed decision has no message guid: it is told apart by its own.
    let kind = MessageType::of_number(entry.header.message_type);
    let transport = decisions.transport.as_ref();
    let own = step.registry.party(PartyId(step.party)).filter(|_| decisions.rejections.is_empty());
    let misfits = transport
        .zip(own)
        .map_or_else(Vec::new, |(transport, own)| routing::sender_faults(own, own, step.registry, transport, kind));
    let first = if misfits.iter().any(routing::is_of_envelope) {
        let (guid, received) = envelope_key(entry);
        is_first_under(step, entry, &guid, received, outcome)?
    } else {
        entry.header.guid.is_empty() || is_first(step, entry, outcome)?
    };
    outcome.routing = routing::route(step.registry, transport, &[], None).1;
    if !first {
        return Ok(());
    }
    outcome.rejections.clone_from(&decisions.rejections);
    outcome.rejections.extend(misfits);
    outcome.rejections_omitted = decisions.rejections_omitted;
    if !outcome.rejections.is_empty() {
        outcome.ending = Ending::Refused as i32;
        let mut event = message_rejected(entry.header.message_type, step.party, &outcome.rejections);
        event.effect = Effect::Rejected as i32;
        step.events.push(event);
        return Ok(());
    }
    for (index, decision) in decisions.decisions.iter().enumerate() {
        let ordinal = u32::try_from(index + 1).expect("a message has at most 100 decisions");
        step.apply_decision(ordinal, decision)?;
    }
    Ok(())
}

fn filed(kind: EventKind, code: &str, by: u32) -> Event {
    Event { kind: kind as i32, code: code.to_owned(), owners: vec![by], ..Event::default() }
}

fn note(result: Result<Event, String>, events: &mut Vec<Event>, outcome: &mut Outcome) {
    match result {
        Ok(event) => events.push(event),
        Err(reason) => {
            outcome.ending = Ending::Refused as i32;
            outcome.note = reason;
        }
    }
}

/// Logic in force.
pub(super) fn logic(cells: &impl Cells) -> Result<u32, StateError> {
    Ok(load::<Editions>(cells, Table::Meta, EDITIONS)?.unwrap_or_else(Editions::first).logic)
}
