//! What is said of parcels: arrival (CEB711, 507), departure (509), transport (607), signing (513).
//!
//! Kept by waybill, so that the order of messages does not matter: a list finds it by its own waybill. A statement counts
//! as long as the document that made it lives.

use super::super::cells::{Cells, CellsMut, StateError, load, save};
use super::super::facts::Facts;
use super::super::keys::{Space, WaybillSlot, business_key, waybill_key};
use super::super::life::DocState;
use super::super::step::{Step, facts_at, no_facts};
use super::super::store::Table;
use super::Moved;
use super::life::{PARCEL, is_dead, is_new};
use super::worklist::{self, WorkKind};
use crate::domain::limits::LIST_EVENTS_MAX;
use crate::domain::{DocRef, EventKind, Field, MessageType, Timestamp, status};
use std::collections::BTreeMap;

/// Direct purchase: parcels that come from abroad one by one.
const DIRECT: &str = "9610";

/// One statement about a parcel.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(in crate::state) struct Moment {
    /// Document that says it.
    #[prost(message, required, tag = "1")]
    pub by: DocRef,
    /// When, milliseconds since 1970.
    #[prost(int64, tag = "2")]
    pub at_ms: i64,
}

/// Means of transport that a waybill link gives (R-EXP-07).
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(in crate::state) struct Transport {
    #[prost(message, required, tag = "1")]
    pub by: DocRef,
    #[prost(string, tag = "2")]
    pub traf_name: String,
    #[prost(string, tag = "3")]
    pub voyage_no: String,
    #[prost(string, tag = "4")]
    pub bill_no: String,
}

/// The large bag or pallet that a parcel travels in, as a waybill link says (R-EXP-07).
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(in crate::state) struct Package {
    #[prost(message, required, tag = "1")]
    pub by: DocRef,
    #[prost(string, tag = "2")]
    pub number: String,
}

/// What is known of a parcel.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(in crate::state) struct ParcelLife {
    /// At its site: import CEB711, export CEB507.
    #[prost(message, optional, tag = "1")]
    pub arrived: Option<Moment>,
    /// Out of the country (CEB509).
    #[prost(message, optional, tag = "2")]
    pub departed: Option<Moment>,
    /// Signed for (CEB513).
    #[prost(message, optional, tag = "3")]
    pub signed: Option<Moment>,
    /// What carries it (CEB607).
    #[prost(message, optional, tag = "4")]
    pub transport: Option<Transport>,
    /// What it is packed in (CEB607).
    #[prost(message, optional, tag = "5")]
    pub package: Option<Package>,
}

fn parcel_key(waybill: &[u8]) -> Vec<u8> {
    let mut key = vec![PARCEL];
    key.extend_from_slice(waybill);
    key
}

/// What is known of the parcel of a list, said by documents that live.
pub(in crate::state) fn of_list(
    cells: &(impl Cells + ?Sized),
    kind: MessageType,
    list: &Facts,
) -> Result<ParcelLife, StateError> {
    let key = parcel_key(&waybill_key(kind, &list.keys));
    let mut life: ParcelLife = load(cells, Table::Life, &key)?.unwrap_or_default();
    for moment in [&mut life.arrived, &mut life.departed, &mut life.signed] {
        if let Some(said) = *moment
            && !lives(cells, said.by)?
        {
            *moment = None;
        }
    }
    if let Some(transport) = &life.transport
        && !lives(cells, transport.by)?
    {
        life.transport = None;
    }
    if let Some(package) = &life.package
        && !lives(cells, package.by)?
    {
        life.package = None;
    }
    Ok(life)
}

fn lives(cells: &(impl Cells + ?Sized), at: DocRef) -> Result<bool, StateError> {
    Ok(load::<DocState>(cells, Table::Document, &at.key())?.is_some_and(|state| state.is_live()))
}

/// Package numbers of a waybill link by the numbers of its parcels.
fn packages(kind: MessageType, facts: &Facts) -> BTreeMap<&str, &str> {
    let lines = facts.lines.iter().filter(|_| kind == MessageType::Ceb607);
    let numbered = lines.map(|line| (line.value(Field::LogisticsNo), line.value(Field::TotalPackageNo)));
    numbered.filter(|(waybill, package)| !waybill.is_empty() && !package.is_empty()).collect()
}

/// A list of direct purchase whose parcel has not arrived.
fn waits_for_arrival(cells: &(impl Cells + ?Sized), kind: MessageType, list: &Facts) -> Result<bool, StateError> {
    let direct = kind == MessageType::Ceb621 && list.keys.trade_mode == DIRECT;
    Ok(direct && of_list(cells, kind, list)?.arrived.is_none())
}

impl<C: CellsMut> Step<'_, C> {
    /// R-EXP-10: true if a decision has to wait for the arrival of the list's parcel.
    pub(in crate::state) fn arrival_forbids(
        &self,
        kind: MessageType,
        list: &Facts,
        to: i32,
    ) -> Result<bool, StateError> {
        let on = self.logic >= super::SINCE_LOGIC && matches!(to, status::INSPECTION | status::RELEASED);
        Ok(on && self.terms().arrival_gates() && waits_for_arrival(self.cells, kind, list)?)
    }

    /// A list of direct purchase that is stored waits for its arrival.
    pub(super) fn watch_arrival(&mut self, moved: &Moved<'_>) -> Result<(), StateError> {
        let key = moved.at.key();
        if moved.to == status::STORED && waits_for_arrival(self.cells, moved.kind, moved.facts)? {
            let due_ms = self.time_ms.saturating_add(self.terms().arrival_wait_ms());
            let mut item = self.work_of(moved, due_ms)?;
            if let Some((carrier, _)) = self.registry.of_code(&moved.facts.keys.logistics_code)
                && !item.owners.contains(&carrier.0)
            {
                item.owners.push(carrier.0);
            }
            return worklist::open(self, WorkKind::Arrival, &key, item);
        }
        if is_dead(moved.to) || moved.to >= status::INSPECTION {
            worklist::close(self, WorkKind::Arrival, &key)?;
        }
        Ok(())
    }

    pub(super) fn parcels_moved(&mut self, moved: &Moved<'_>) -> Result<(), StateError> {
        if !is_new(moved) {
            return Ok(());
        }
        let (kind, facts) = (moved.kind, moved.facts);
        let import = matches!(kind, MessageType::Ceb513) || facts.value(Field::IeFlag) == "I";
        let space = if import { Space::Waybill } else { Space::ExportWaybill };
        let own = std::iter::once(&facts.keys.logistics_no).filter(|number| !number.is_empty());
        let packages = packages(kind, facts);
        let mut events = 0;
        for number in own.chain(facts.related.iter()) {
            let waybill = business_key(space, number, &facts.keys.logistics_code);
            let key = parcel_key(&waybill);
            let mut life: ParcelLife = load(self.cells, Table::Life, &key)?.unwrap_or_default();
            self.say_of_parcel(moved, &mut life);
            if let Some(package) = packages.get(number.as_str()) {
                life.package = Some(Package { by: moved.at, number: (*package).to_owned() });
            }
            save(self.cells, Table::Life, &key, &life);
            let slot: WaybillSlot = load(self.cells, Table::Key, &waybill)?.unwrap_or_default();
            for list in slot.lists {
                self.parcel_of(moved, list, &life, &mut events)?;
            }
        }
        Ok(())
    }

    /// Puts what a document says into the life of a parcel.
    fn say_of_parcel(&self, moved: &Moved<'_>, life: &mut ParcelLife) {
        let said = |field: Field| Timestamp::parse_ceb(moved.facts.value(field)).unwrap_or(self.now());
        let moment = |at: Timestamp| Some(Moment { by: moved.at, at_ms: at.0 });
        if matches!(moved.kind, MessageType::Ceb507 | MessageType::Ceb711) {
            life.arrived = moment(self.now());
        } else if moved.kind == MessageType::Ceb509 {
            life.departed = moment(said(Field::LeaveTime));
        } else if moved.kind == MessageType::Ceb513 {
            life.signed = moment(said(Field::LogisticsTime));
        }
        if matches!(moved.kind, MessageType::Ceb509 | MessageType::Ceb607) {
            life.transport = Some(Transport {
                by: moved.at,
                traf_name: moved.facts.value(Field::TrafName).to_owned(),
                voyage_no: moved.facts.value(Field::VoyageNo).to_owned(),
                bill_no: moved.facts.keys.bill_no.clone(),
            });
        }
    }

    /// Tells of a parcel on its list.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the types that speak of parcels are named")]
    fn parcel_of(
        &mut self,
        moved: &Moved<'_>,
        list: DocRef,
        life: &ParcelLife,
        events: &mut usize,
    ) -> Result<(), StateError> {
        let (what, moment) = match moved.kind {
            MessageType::Ceb509 => (EventKind::Departed, life.departed),
            MessageType::Ceb513 => (EventKind::SignedOff, life.signed),
            MessageType::Ceb507 | MessageType::Ceb711 => (EventKind::Arrived, life.arrived),
            // A waybill link changes nothing but what is shown.
            _ => return Ok(()),
        };
        let Some((list, mut state)) = self.live(Some(list))? else { return Ok(()) };
        worklist::close(self, WorkKind::Arrival, &list.key())?;
        *events += 1;
        if *events > LIST_EVENTS_MAX {
            return Ok(());
        }
        state.touch(self.position);
        self.save_doc_state(list, &state);
        let entry = self.facts_of_entry(list.position)?;
        let facts = facts_at(&entry, list).cloned().unwrap_or_else(no_facts);
        let mut event = self.event(what, list, &state, &facts)?;
        event.other = Some(moved.at);
        event.note("time", moment.map_or(self.now(), |moment| Timestamp(moment.at_ms)).to_string());
        event.note("billNo", moved.facts.keys.bill_no.as_str());
        event.note("voyageNo", moved.facts.value(Field::VoyageNo));
        self.events.push(event);
        Ok(())
    }
}
