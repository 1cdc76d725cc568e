//! The line of a parcel: what its carrier reported, in the order in which it happened, whatever the order in which it
//! came. Repeated and late events are harmless.
//!
//! What is kept is a function of the set of events alone: the newest [`PARCEL_LINE_EVENTS_MAX`] of them, and the earliest
//! times that statistics need. So no order or repetition of the same events gives another line.

mod documents;
mod line;
mod statistics;

pub(super) use documents::moved;
pub(in crate::state::clearance) use line::merge;
pub(crate) use line::{LineEvent, ParcelLine, line, main_code};
pub(crate) use statistics::{ParcelDay, days};

use super::{CellsMut, StateError, Step};
use crate::domain::limits::{PARCEL_AHEAD_MS_MAX, TRACE_TEXT_CHARS_MAX};
use crate::domain::{
    Event, EventKind, Field, Keys, MessageType, ParcelEvent, ParcelStep, ParcelSync, PartyId, Rejection,
};
use crate::state::keys::{Side, WaybillSlot, waybill_key};
use crate::state::life::DocState;
use crate::state::requests::wrong;
use crate::state::step::facts_at;
use crate::state::store::Table;
use std::collections::{BTreeMap, BTreeSet};

/// What happened to the parcels of one entry: carrier and number.
pub(in crate::state::clearance) type Touched = BTreeSet<(String, String)>;

/// Takes a batch of events: each on its own, so that one that is wrong holds up none of the others.
pub(in crate::state) fn apply<C: CellsMut>(step: &mut Step<'_, C>, sync: &ParcelSync) -> Result<(), StateError> {
    let (mut taken, mut repeated, mut refused) = (0_u32, 0_u32, Vec::new());
    let mut groups: BTreeMap<(String, String), Vec<LineEvent>> = BTreeMap::new();
    for (index, event) in sync.events.iter().enumerate() {
        match check(step, index, event) {
            Err(rejection) => refused.push(*rejection),
            Ok(carrier) => {
                let parcel = (carrier, event.logistics_no.clone());
                groups.entry(parcel).or_default().push(LineEvent::reported(event, step.position));
            }
        }
    }
    let mut touched = Touched::new();
    for (parcel, events) in groups {
        let (new, old) = line::merge(step, &parcel, events)?;
        taken = taken.saturating_add(new);
        repeated = repeated.saturating_add(old);
        if new > 0 {
            touched.insert(parcel);
        }
    }
    let summary = Event {
        kind: EventKind::ParcelMoved as i32,
        code: "batch".to_owned(),
        owners: vec![step.party],
        ..Event::default()
    };
    let summary = summary.with("taken", taken.to_string()).with("repeated", repeated.to_string());
    step.events.push(summary.with("refused", refused.len().to_string()));
    if !refused.is_empty() {
        let owners = vec![step.party];
        let kind = EventKind::MessageRejected as i32;
        step.events.push(Event { kind, status: -1, rejections: refused, owners, ..Event::default() });
    }
    tell(step, touched)
}

/// The carrier's main code, or why the event is refused.
fn check<C: CellsMut>(step: &Step<'_, C>, index: usize, event: &ParcelEvent) -> Result<String, Box<Rejection>> {
    let path = |field: &str| format!("events[{index}].{field}");
    let refuse = |field: &str, found: &str, expected: &str, zh: &str, en: &str| {
        Err(Box::new(wrong("R-PARCEL-01", &path(field), found, expected, zh, en)))
    };
    let is_text = |text: &str| text.chars().count() <= TRACE_TEXT_CHARS_MAX && !text.chars().any(char::is_control);
    let texts = [&event.carrier_code, &event.logistics_no, &event.place, &event.carrier_event];
    if !texts.into_iter().all(|text| is_text(text)) {
        let (zh, en) = ("文本过长或含控制字符", "a text is too long or has control characters");
        return refuse("texts", "", "at most 128 characters", zh, en);
    }
    if event.logistics_no.is_empty() {
        return refuse("logistics_no", "", "a waybill number", "缺少运单编号", "no waybill number");
    }
    let is_known = ParcelStep::of_number(event.step) != ParcelStep::Other;
    if !is_known && event.carrier_event.is_empty() {
        let (zh, en) = ("缺少状态代码", "neither a known step nor a code of the carrier");
        return refuse("step", "", "a step, a term of UPU or GS1, or the carrier's own code", zh, en);
    }
    if event.time_ms <= 0 || event.time_ms > step.time_ms.saturating_add(PARCEL_AHEAD_MS_MAX) {
        let (zh, en) = ("事件时间无效", "the time is missing, or more than a day ahead");
        return refuse("time", &event.time_ms.to_string(), "when it happened", zh, en);
    }
    let caller = step.registry.party(PartyId(step.party));
    let speaks = |code: &str| {
        caller.is_some_and(|party| step.registry.may_speak_for(party, code, MessageType::Ceb513, step.time_ms))
    };
    if !speaks(&event.carrier_code) {
        let (zh, en) = ("只有承运人或其委托人可以报告包裹状态", "only the carrier or its agent reports its parcels");
        return refuse("carrier_code", &event.carrier_code, "the caller's code, or its mandator's", zh, en);
    }
    Ok(main_code(step.registry, &event.carrier_code))
}

/// Tells those who have a part in the parcels that something happened.
pub(super) fn tell<C: CellsMut>(step: &mut Step<'_, C>, touched: Touched) -> Result<(), StateError> {
    for (carrier, number) in touched {
        let Some(line) = line(step.cells, &carrier, &number)? else { continue };
        let Some(last) = line.current() else { continue };
        let (owners, order_no) = concerned(step, &carrier, &number)?;
        let keys = Keys { logistics_no: number.clone(), logistics_code: carrier.clone(), order_no, ..Keys::default() };
        let event = Event {
            kind: EventKind::ParcelMoved as i32,
            code: ParcelStep::of_number(last.step).name().to_owned(),
            keys: Some(keys),
            owners,
            decision_ms: last.time_ms,
            ..Event::default()
        };
        let event = event.with("step", ParcelStep::of_number(last.step).name()).with("place", last.place.clone());
        let event = event.with("carrierEvent", last.carrier_event.clone());
        step.events.push(event.with("time", crate::domain::Timestamp(last.time_ms).to_string()));
    }
    Ok(())
}

/// The carrier, and the parties of waybills and lists that name the parcel, their order's among them; and that order.
fn concerned<C: CellsMut>(
    step: &mut Step<'_, C>,
    carrier: &str,
    number: &str,
) -> Result<(Vec<u32>, String), StateError> {
    let own = step.registry.of_code(carrier);
    let mut owners: Vec<u32> = own.iter().map(|(id, _)| id.0).collect();
    let mut order_no = String::new();
    for (list, state) in documents_of_parcel(step, carrier, number)? {
        let entry = step.facts_of_entry(list.position)?;
        let Some(facts) = facts_at(&entry, list) else { continue };
        let kind = MessageType::of_number(state.kind);
        let mut parties = step.registry.owners(state.sender, kind, facts);
        for code in [&facts.keys.ebc_code, &facts.keys.ebp_code] {
            parties.extend(step.registry.of_code(code).map(|(id, _)| id.0));
        }
        for party in parties {
            if !owners.contains(&party) {
                owners.push(party);
            }
        }
        if order_no.is_empty() && Side::of(kind) == Side::List {
            facts.keys.get(Field::OrderNo).clone_into(&mut order_no);
        }
    }
    Ok((owners, order_no))
}

/// Waybills and lists, import and export, that name a parcel of a carrier by any of its codes; dead ones left out.
pub(super) fn documents_of_parcel<C: CellsMut>(
    step: &Step<'_, C>,
    carrier: &str,
    number: &str,
) -> Result<Vec<(crate::domain::DocRef, DocState)>, StateError> {
    let mut found = Vec::new();
    let party = step.registry.of_code(carrier).map(|(_, party)| party.clone());
    let aliases = party.iter().flat_map(|party| party.aliases.iter().map(String::as_str));
    for code in std::iter::once(carrier).chain(aliases) {
        let keys = Keys { logistics_no: number.to_owned(), logistics_code: code.to_owned(), ..Keys::default() };
        for kind in [MessageType::Ceb511, MessageType::Ceb505] {
            let slot: Option<WaybillSlot> =
                crate::state::cells::load(step.cells, Table::Key, &waybill_key(kind, &keys))?;
            for at in slot.into_iter().flat_map(|slot| slot.waybill.into_iter().chain(slot.lists)) {
                found.extend(step.live(Some(at))?);
            }
        }
    }
    Ok(found)
}
