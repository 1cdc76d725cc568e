//! Parcels: taking their events, and asking where they are.

use super::reader::{failed, has_part_in};
use super::types::{Applied, Error, Happening, ReadError};
use super::{Intake, Reader};
use crate::domain::limits::PARCEL_EVENTS_MAX;
use crate::domain::{Caller, Event, EventKind, Keys, MessageType, ParcelStep, ParcelSync, Position, Role, Timestamp};
use crate::state::clearance::parcels::{self, LineEvent, ParcelDay, ParcelLine};
use crate::state::{Content, DocumentView, query};
use std::collections::BTreeSet;

/// One event in the line of a parcel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParcelMoment {
    /// When it happened.
    pub time: Timestamp,
    /// What happened.
    pub step: ParcelStep,
    /// Where.
    pub place: String,
    /// The carrier's own code, or the document that reported it.
    pub carrier_event: String,
    /// Entry that first brought it.
    pub position: Position,
}

/// A parcel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParcelFound {
    /// Main code of its carrier.
    pub carrier: String,
    /// Waybill number.
    pub logistics_no: String,
    /// Where it stands: the last event of a known step, by the time at which it happened.
    pub step: ParcelStep,
    /// Its line, oldest first.
    pub events: Vec<ParcelMoment>,
    /// Older events that are counted, not kept; of very many the count stops.
    pub omitted: usize,
}

/// What became of the parcels that a carrier took on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedOff {
    /// Day in China, `yyyyMMdd`.
    pub day: String,
    /// Parcels whose first event is of that day.
    pub accepted: u64,
    /// Of these, signed for.
    pub signed: u64,
    /// Of these, returned.
    pub returned: u64,
    /// Whole days that half of the signed parcels took at most.
    pub median_days: Option<usize>,
}

impl Intake {
    /// Records a batch of parcel events. Each is taken or refused on its own: see the events of the outcome.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an empty batch, or one above [`PARCEL_EVENTS_MAX`]; [`Error`].
    pub async fn sync_parcels(&self, caller: &Caller, request_id: &str, sync: ParcelSync) -> Result<Applied, Error> {
        if !(1..=PARCEL_EVENTS_MAX).contains(&sync.events.len()) {
            let reason = format!("1 to {PARCEL_EVENTS_MAX} events");
            return Err(Error::Invalid { field: "events".to_owned(), reason });
        }
        self.request(caller, request_id, Content::Parcels(sync)).await
    }
}

impl Reader {
    /// The parcels under a waybill number, of one carrier if its code is given, that the caller may see: the carrier, those
    /// that have a part in a document that names it, and customs and the operator.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn parcels(&self, caller: &Caller, number: &str, carrier: &str) -> Result<Vec<ParcelFound>, ReadError> {
        let cells = self.shared.cells.as_ref();
        let registry = self.shared.registry.load();
        let mut carriers: BTreeSet<String> = BTreeSet::new();
        let mut has_part = [Role::Customs, Role::Operator].into_iter().any(|role| caller.party.has_role(role));
        for at in query::documents_of_number(cells, number).map_err(failed)? {
            let Some(view) = self.view(at)? else { continue };
            let keys = view.event.keys.as_ref();
            if let Some(keys) = keys.filter(|keys| keys.logistics_no == number && !keys.logistics_code.is_empty()) {
                carriers.insert(parcels::main_code(&registry, &keys.logistics_code));
                let sells = [&keys.ebc_code, &keys.ebp_code].into_iter().any(|code| caller.party.is_called(code));
                has_part |= sells || has_part_in(caller, &view);
            }
        }
        if carrier.is_empty() {
            carriers.insert(caller.party.code.clone());
        } else {
            carriers = BTreeSet::from([parcels::main_code(&registry, carrier)]);
        }
        let mut found = Vec::new();
        for carrier in carriers {
            let speaks = || {
                let now = self.shared.last_time().0;
                registry.may_speak_for(&caller.party, &carrier, MessageType::Ceb513, now)
            };
            if has_part || speaks() {
                found.extend(parcels::line(cells, &carrier, number).map_err(failed)?.map(parcel));
            }
        }
        Ok(found)
    }

    /// Days of a carrier, from one to another (inclusive, `yyyyMMdd`). `None` if the caller may not see them: the carrier
    /// itself, customs, statistics and the operator may.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn signed_off(
        &self,
        caller: &Caller,
        carrier: &str,
        (from, to): (&str, &str),
        limit: usize,
    ) -> Result<Option<Vec<SignedOff>>, ReadError> {
        let may = [Role::Customs, Role::Operator, Role::Statistics].into_iter().any(|role| caller.party.has_role(role));
        let carrier = if carrier.is_empty() { caller.party.code.as_str() } else { carrier };
        if !may && !caller.party.is_called(carrier) {
            return Ok(None);
        }
        let main = parcels::main_code(&self.shared.registry.load(), carrier);
        let days = parcels::days(self.shared.cells.as_ref(), &main, from, to, limit).map_err(failed)?;
        let of = |day: ParcelDay| SignedOff {
            median_days: day.median_days(),
            day: day.day,
            accepted: day.accepted,
            signed: day.signed,
            returned: day.returned,
        };
        Ok(Some(days.into_iter().map(of).collect()))
    }

    /// The lines of the parcels that documents name, as happenings. Their time is when they happened.
    pub(super) fn parcel_happenings(&self, views: &[DocumentView]) -> Result<Vec<Happening>, ReadError> {
        let registry = self.shared.registry.load();
        let named = views.iter().filter_map(|view| view.event.keys.as_ref());
        let named = named.filter(|keys| !keys.logistics_no.is_empty() && !keys.logistics_code.is_empty());
        let parcels: BTreeSet<(String, String)> = named
            .map(|keys| (parcels::main_code(&registry, &keys.logistics_code), keys.logistics_no.clone()))
            .collect();
        let mut happenings = Vec::new();
        for (carrier, number) in parcels {
            let line = parcels::line(self.shared.cells.as_ref(), &carrier, &number).map_err(failed)?;
            for event in line.into_iter().flat_map(|line| line.events) {
                happenings.push(happening(&carrier, &number, &event));
            }
        }
        Ok(happenings)
    }
}

fn happening(carrier: &str, number: &str, event: &LineEvent) -> Happening {
    let step = ParcelStep::of_number(event.step);
    let (zh, en) = step.title();
    let place = |text: &str| if event.place.is_empty() { text.to_owned() } else { format!("{text} ({})", event.place) };
    let keys = Keys { logistics_no: number.to_owned(), logistics_code: carrier.to_owned(), ..Keys::default() };
    let told = Event {
        kind: EventKind::ParcelMoved as i32,
        code: step.name().to_owned(),
        keys: Some(keys),
        decision_ms: event.time_ms,
        ..Event::default()
    };
    let told = told.with("step", step.name()).with("place", event.place.clone());
    Happening {
        position: Position(event.position),
        event: told.with("carrierEvent", event.carrier_event.clone()),
        time: Timestamp(event.time_ms),
        party: carrier.to_owned(),
        text_zh: place(zh),
        text_en: place(en),
    }
}

fn parcel(line: ParcelLine) -> ParcelFound {
    let step = line.current().map_or(ParcelStep::Other, |event| ParcelStep::of_number(event.step));
    let moment = |event: LineEvent| ParcelMoment {
        time: Timestamp(event.time_ms),
        step: ParcelStep::of_number(event.step),
        place: event.place,
        carrier_event: event.carrier_event,
        position: Position(event.position),
    };
    ParcelFound {
        carrier: line.carrier,
        logistics_no: line.logistics_no,
        step,
        omitted: line.omitted.len(),
        events: line.events.into_iter().map(moment).collect(),
    }
}
