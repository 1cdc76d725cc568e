//! Reading what `apply` wrote, for those who look things up.

use super::cells::{Cells, StateError, after_prefix, decode, load};
use super::facts::{Facts, FactsOfEntry};
use super::keys::{HASHED, MatchSet, Space, WaybillSlot, clear_key, number_prefix, order_key, waybill_key};
use super::life::DocState;
use super::machine::{first_submission as first, sent_key, subscription_key};
use super::matching::{Partners, Setting};
use super::pack;
use super::registry::Registry;
use super::related::{self, Subject};
use super::store::Table;
use super::upkeep::earliest_deadline;
use crate::domain::limits::TRADE_DOCUMENTS_MAX;
use crate::domain::{DocRef, Event, EventKind, Field, Keys, MessageType, Outcome, PartyId, Position, Timestamp};
use crate::feed::Subscription;
use crate::tables::Tables;
use std::collections::BTreeSet;

pub(crate) use super::routing::{principal, route, sender_faults};

/// Rows that one look-up by number follows at most.
const ROWS_MAX: usize = 256;

/// Reads the outcome of an entry; `None` if it had no events and was not refused.
pub(crate) fn outcome(cells: &impl Cells, position: Position) -> Result<Option<Outcome>, StateError> {
    let value = cells.get(Table::Events, &position.0.to_be_bytes())?;
    value.map(|value| decode(Table::Events, &pack::unpack(Table::Events, &value)?)).transpose()
}

/// Reads the outcomes after a position, in order.
pub(crate) fn outcomes_after(
    cells: &impl Cells,
    after: Position,
    limit: usize,
) -> Result<Vec<(Position, Outcome)>, StateError> {
    let from = after.next().0.to_be_bytes();
    let mut outcomes = Vec::new();
    for (key, value) in cells.scan(Table::Events, &from, &[u8::MAX; 9], limit, false)? {
        let position = key.try_into().map(u64::from_be_bytes).unwrap_or_default();
        outcomes.push((Position(position), decode(Table::Events, &pack::unpack(Table::Events, &value)?)?));
    }
    Ok(outcomes)
}

/// A document as the state has it.
#[derive(Debug, Clone)]
pub(crate) struct DocumentView {
    pub(crate) at: DocRef,
    /// Where it stands, as an event.
    pub(crate) event: Event,
    pub(crate) sender: u32,
    pub(crate) time_ms: i64,
    pub(crate) replaced_by: Option<DocRef>,
    pub(crate) frozen: bool,
    /// Positions of the entries that touched it.
    pub(crate) trail: Vec<u64>,
}

/// The facts of a document; `None` if its entry kept none.
pub(crate) fn facts(cells: &impl Cells, at: DocRef) -> Result<Option<Facts>, StateError> {
    let Some(value) = cells.get(Table::Facts, &at.position.to_be_bytes())? else { return Ok(None) };
    let mut entry: FactsOfEntry = decode(Table::Facts, &pack::unpack(Table::Facts, &value)?)?;
    let index = (at.ordinal as usize).checked_sub(1).filter(|index| *index < entry.documents.len());
    Ok(index.map(|index| entry.documents.swap_remove(index)))
}

/// How many documents an entry brought.
pub(crate) fn documents_of(cells: &impl Cells, position: u64) -> Result<u32, StateError> {
    let from = DocRef { position, ordinal: 0 }.key();
    let to = DocRef { position: position.saturating_add(1), ordinal: 0 }.key();
    let last = cells.scan(Table::Document, &from, &to, 1, true)?;
    Ok(last.first().and_then(|(key, _)| DocRef::of_key(key)).map_or(0, |at| at.ordinal))
}

/// One document.
pub(crate) fn document(
    cells: &impl Cells,
    registry: &Registry,
    tables: &Tables,
    at: DocRef,
) -> Result<Option<DocumentView>, StateError> {
    let Some(state) = load::<DocState>(cells, Table::Document, &at.key())? else { return Ok(None) };
    let facts = facts(cells, at)?.unwrap_or_default();
    let kind = MessageType::of_number(state.kind);
    let mut keys = state.keys(&facts);
    let mut owners = registry.owners(state.sender, kind, &facts);
    Subject::find(cells, &mut |other| self::facts(cells, other), registry, kind, &keys)?.tell(&mut owners, &mut keys);
    let waiting = if state.is_waiting() {
        let setting = Setting { logic: super::machine::logic(cells)?, tables, at: Timestamp(state.time_ms) };
        let found = Partners::find(cells, setting, &mut |other| self::facts(cells, other), kind, &facts)?;
        found.compare(at, kind, &facts, registry)
    } else {
        Vec::new()
    };
    let event = Event {
        kind: (if state.status < 0 { EventKind::DocumentRejected } else { EventKind::DocumentAccepted }) as i32,
        document: Some(at),
        message_type: state.kind,
        status: state.status,
        keys: Some(keys),
        waiting,
        owners,
        audience: state.audience,
        ..Event::default()
    };
    Ok(Some(DocumentView {
        at,
        event,
        sender: state.sender,
        time_ms: state.time_ms,
        replaced_by: state.replaced_by,
        frozen: state.frozen_by > 0,
        trail: state.trail,
    }))
}

/// The document with that preNo, invtNo, sumNo or rkdNo.
pub(crate) fn list_of_number(cells: &impl Cells, number: &str) -> Result<Option<DocRef>, StateError> {
    for space in [Space::PreNo, Space::CustomsNo] {
        if let Some(at) = load(cells, Table::Key, &clear_key(space, number))? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// Documents whose own rows a number leads to, whatever kind of number it is.
pub(crate) fn documents_of_number(cells: &impl Cells, number: &str) -> Result<Vec<DocRef>, StateError> {
    let mut found: Vec<DocRef> = list_of_number(cells, number)?.into_iter().collect();
    for space in HASHED {
        let prefix = number_prefix(space, number);
        let table = if matches!(space, Space::Order | Space::ExportOrder) { Table::Match } else { Table::Key };
        for (_, value) in cells.scan(table, &prefix, &after_prefix(&prefix), ROWS_MAX, false)? {
            match space {
                Space::Order | Space::ExportOrder => found.extend(of_set(decode(table, &value)?)),
                Space::Waybill | Space::ExportWaybill => found.extend(of_slot(decode(table, &value)?)),
                Space::Payment
                | Space::ListOrder
                | Space::ListCop
                | Space::PreNo
                | Space::CustomsNo
                | Space::Related
                | Space::Identity => {
                    found.push(decode(table, &value)?);
                }
            }
        }
    }
    Ok(found)
}

/// Further documents that carry a number, in the order in which they came, after one of them: a page.
pub(crate) fn documents_with_number(
    cells: &impl Cells,
    number: &str,
    after: DocRef,
    limit: usize,
) -> Result<Vec<DocRef>, StateError> {
    related::read(cells, number, after, limit)
}

fn of_set(set: MatchSet) -> impl Iterator<Item = DocRef> {
    set.order.into_iter().chain(set.payments).chain(set.lists)
}

fn of_slot(slot: WaybillSlot) -> impl Iterator<Item = DocRef> {
    slot.waybill.into_iter().chain(slot.lists)
}

/// A document with its type and its numbers.
fn numbers_of(cells: &impl Cells, at: DocRef) -> Result<Option<(MessageType, Keys)>, StateError> {
    let Some(state) = load::<DocState>(cells, Table::Document, &at.key())? else { return Ok(None) };
    let facts = facts(cells, at)?.unwrap_or_default();
    Ok(Some((MessageType::of_number(state.kind), state.keys(&facts))))
}

/// What is of the same trade as a document: by its order, its waybill and its list, and what speaks of these.
///
/// A document that names many trades in its lines is of none: it is in the second part, as are those of other trades
/// that happen to carry the same number.
#[derive(Debug, Default)]
pub(crate) struct Trade {
    /// The documents of the trade, the one asked for among them.
    pub(crate) own: BTreeSet<DocRef>,
    /// Documents that name this trade and others.
    pub(crate) shared: BTreeSet<DocRef>,
}

/// The trade of a document.
pub(crate) fn trade(cells: &impl Cells, at: DocRef) -> Result<Trade, StateError> {
    let mut trade = Trade::default();
    let Some((kind, keys)) = numbers_of(cells, at)? else { return Ok(trade) };
    trade.own.insert(at);
    if kind.names_others() {
        return Ok(trade);
    }
    let mut known = vec![(kind, keys)];
    // What the document names itself, and then what these name: from a waybill alone, the order is found by its list.
    for _ in 0..TRADE_STEPS {
        let mut met = BTreeSet::new();
        for (kind, keys) in &known {
            if !keys.order_no.is_empty() && !keys.ebp_code.is_empty() {
                let set: Option<MatchSet> = load(cells, Table::Match, &order_key(*kind, keys))?;
                met.extend(set.into_iter().flat_map(of_set));
            }
            if !keys.logistics_no.is_empty() && !keys.logistics_code.is_empty() {
                let slot: Option<WaybillSlot> = load(cells, Table::Key, &waybill_key(*kind, keys))?;
                met.extend(slot.into_iter().flat_map(of_slot));
            }
            met.extend(related::numbered(cells, &keys.invt_no)?.map(|(at, _)| at));
        }
        for other in met.into_iter().take(TRADE_DOCUMENTS_MAX) {
            if trade.own.insert(other) {
                known.extend(numbers_of(cells, other)?);
            }
        }
    }
    let mut looked_at = BTreeSet::new();
    for (_, keys) in &known {
        for (field, code) in [
            (Field::OrderNo, Some(Field::EbpCode)),
            (Field::LogisticsNo, Some(Field::LogisticsCode)),
            (Field::InvtNo, None),
        ] {
            let number = keys.get(field);
            let is_whole = code.is_none_or(|code| !keys.get(code).is_empty());
            if number.is_empty() || !is_whole || !looked_at.insert((field.name(), number.to_owned())) {
                continue;
            }
            for other in related::read(cells, number, DocRef::default(), TRADE_DOCUMENTS_MAX)? {
                let Some((kind, of_other)) = numbers_of(cells, other)? else { continue };
                if kind.names_others() {
                    trade.shared.insert(other);
                } else if code.is_none_or(|code| of_other.get(code) == keys.get(code)) {
                    // The same number of another platform or carrier is another number.
                    trade.own.insert(other);
                }
            }
        }
    }
    Ok(trade)
}

/// Steps from a document to those of its trade: waybill to list, list to order.
const TRADE_STEPS: usize = 2;

/// The newest submission of a party before a position.
pub(crate) fn sent_before(cells: &impl Cells, party: PartyId, before: u64) -> Result<Option<u64>, StateError> {
    let rows = cells.scan(Table::Sent, &sent_key(party.0, 0), &sent_key(party.0, before), 1, true)?;
    Ok(rows.first().and_then(|(key, _)| key.last_chunk::<8>()).map(|position| u64::from_be_bytes(*position)))
}

/// A subscription.
pub(crate) fn subscription(cells: &impl Cells, party: PartyId, name: &str) -> Result<Option<Subscription>, StateError> {
    load(cells, Table::Subscription, &subscription_key(party.0, name))
}

/// Subscriptions of a party after a name, by name.
pub(crate) fn subscriptions(
    cells: &impl Cells,
    party: PartyId,
    after: &str,
    limit: usize,
) -> Result<Vec<Subscription>, StateError> {
    let mut from = subscription_key(party.0, after);
    from.push(0);
    let to = after_prefix(&subscription_key(party.0, ""));
    let rows = cells.scan(Table::Subscription, &from, &to, limit, false)?;
    rows.iter().map(|(_, value)| decode(Table::Subscription, value)).collect()
}

/// The first submission of a party under a guid, and the digest of its payload.
pub(crate) fn first_submission(
    cells: &impl Cells,
    party: PartyId,
    guid: &str,
) -> Result<Option<(Position, Vec<u8>)>, StateError> {
    first(cells, party, guid)
}

/// The earliest deadline there is.
pub(crate) fn next_deadline(cells: &impl Cells) -> Result<Option<Timestamp>, StateError> {
    earliest_deadline(cells)
}

/// Number of the party that sent a document; `None` if it is not there or cannot be read.
pub(crate) fn sender(cells: &impl Cells, at: DocRef) -> Option<u32> {
    load::<DocState>(cells, Table::Document, &at.key()).ok().flatten().map(|state| state.sender)
}
