//! Rows of parcels.

use super::statistics;
use crate::domain::limits::{PARCEL_LINE_EVENTS_MAX, PARCEL_OMITTED_MAX};
use crate::domain::{DocRef, ParcelEvent, ParcelStep};
use crate::proof::sha256;
use crate::state::cells::{Cells, CellsMut, StateError, load, save};
use crate::state::registry::Registry;
use crate::state::step::Step;
use crate::state::store::Table;

/// Spaces of the table `Parcel`. Permanent: the first byte of its keys.
pub(super) const LINE: u8 = 1;
pub(super) const DAY: u8 = 2;
pub(super) const DOCUMENT: u8 = 3;

/// One event of a line.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct LineEvent {
    /// When it happened, milliseconds since 1970.
    #[prost(int64, tag = "1")]
    pub(crate) time_ms: i64,
    #[prost(enumeration = "ParcelStep", tag = "2")]
    pub(crate) step: i32,
    #[prost(string, tag = "3")]
    pub(crate) place: String,
    /// The carrier's own code, or the message type of the document that reported it.
    #[prost(string, tag = "4")]
    pub(crate) carrier_event: String,
    /// Entry that first brought it.
    #[prost(uint64, tag = "5")]
    pub(crate) position: u64,
    /// Document that reported it; `None` for a typed event.
    #[prost(message, optional, tag = "6")]
    pub(crate) document: Option<DocRef>,
}

impl LineEvent {
    pub(super) fn reported(event: &ParcelEvent, position: u64) -> LineEvent {
        LineEvent {
            time_ms: event.time_ms,
            step: ParcelStep::of_number(event.step) as i32,
            place: event.place.clone(),
            carrier_event: event.carrier_event.clone(),
            position,
            document: None,
        }
    }

    /// What orders events, and tells them apart: time, then step, then code and place. Two with the same are one.
    fn order(&self) -> (i64, i32, &str, &str) {
        (self.time_ms, self.step, &self.carrier_event, &self.place)
    }

    fn hash(&self) -> u64 {
        let (time, step, code, place) = self.order();
        let bytes = sha256(&[&time.to_be_bytes(), &step.to_be_bytes(), code.as_bytes(), b"\n", place.as_bytes()]);
        bytes.first_chunk::<8>().map_or(0, |first| u64::from_be_bytes(*first))
    }
}

/// All that is known of a parcel.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct ParcelLine {
    /// Main code of the carrier.
    #[prost(string, tag = "1")]
    pub(crate) carrier: String,
    #[prost(string, tag = "2")]
    pub(crate) logistics_no: String,
    /// The newest events, oldest first.
    #[prost(message, repeated, tag = "3")]
    pub(crate) events: Vec<LineEvent>,
    /// Hashes of older events, the smallest ones: how many there were, up to a limit.
    #[prost(fixed64, repeated, tag = "4")]
    pub(crate) omitted: Vec<u64>,
    /// Earliest event, milliseconds since 1970.
    #[prost(int64, tag = "5")]
    pub(crate) first_ms: i64,
    /// Earliest signature; 0 if there is none.
    #[prost(int64, tag = "6")]
    pub(crate) signed_ms: i64,
    /// Earliest return; 0 if there is none.
    #[prost(int64, tag = "7")]
    pub(crate) returned_ms: i64,
}

impl ParcelLine {
    /// The event that says where the parcel is: the last of a known step, by the time at which it happened.
    pub(crate) fn current(&self) -> Option<&LineEvent> {
        let known = self.events.iter().rev().find(|event| ParcelStep::of_number(event.step) != ParcelStep::Other);
        known.or_else(|| self.events.last())
    }

    /// Adds an event; false if it is there already.
    fn add(&mut self, event: LineEvent) -> bool {
        let place = match self.events.binary_search_by(|other| other.order().cmp(&event.order())) {
            Ok(same) => {
                // The same fact told again: the first entry that brought it stays.
                if let Some(held) = self.events.get_mut(same)
                    && held.document.is_none()
                {
                    held.document = event.document;
                }
                return false;
            }
            Err(place) => place,
        };
        let is_full = self.events.len() >= PARCEL_LINE_EVENTS_MAX;
        if is_full && place == 0 {
            let is_new = self.omit(event.hash());
            self.note(&event);
            return is_new;
        }
        self.note(&event);
        self.events.insert(place, event);
        if is_full {
            let oldest = self.events.remove(0);
            self.omit(oldest.hash());
        }
        true
    }

    /// Counts an event that is not kept; false if it was counted. Of very many only the smallest hashes are remembered,
    /// so that what is remembered does not depend on the order in which they came.
    fn omit(&mut self, hash: u64) -> bool {
        let Err(place) = self.omitted.binary_search(&hash) else { return false };
        if place >= PARCEL_OMITTED_MAX {
            return false;
        }
        self.omitted.insert(place, hash);
        self.omitted.truncate(PARCEL_OMITTED_MAX);
        true
    }

    fn note(&mut self, event: &LineEvent) {
        let earlier = |held: &mut i64| {
            if *held == 0 || event.time_ms < *held {
                *held = event.time_ms;
            }
        };
        earlier(&mut self.first_ms);
        match ParcelStep::of_number(event.step) {
            ParcelStep::Signed => earlier(&mut self.signed_ms),
            ParcelStep::Returned => earlier(&mut self.returned_ms),
            ParcelStep::Other
            | ParcelStep::Accepted
            | ParcelStep::ArrivedAtSite
            | ParcelStep::LineHaul
            | ParcelStep::Border
            | ParcelStep::GateOut
            | ParcelStep::Delivery => {}
        }
    }

    /// Takes out what a document reported that does not count any more.
    fn withdraw(&mut self, document: DocRef) {
        self.events.retain(|event| event.document != Some(document));
        if self.omitted.is_empty() {
            (self.first_ms, self.signed_ms, self.returned_ms) = (0, 0, 0);
            for event in self.events.clone() {
                self.note(&event);
            }
        }
    }
}

fn key(carrier: &str, number: &str) -> Vec<u8> {
    let mut key = vec![LINE];
    key.extend_from_slice(&sha256(&[number.as_bytes()])[..10]);
    key.extend_from_slice(&sha256(&[carrier.as_bytes()])[..6]);
    key
}

/// Main code of a carrier; an unknown code is its own.
pub(crate) fn main_code(registry: &Registry, code: &str) -> String {
    registry.of_code(code).map_or_else(|| code.to_owned(), |(_, party)| party.code.clone())
}

/// The line of a parcel, by the main code of its carrier.
pub(crate) fn line(cells: &impl Cells, carrier: &str, number: &str) -> Result<Option<ParcelLine>, StateError> {
    load(cells, Table::Parcel, &key(carrier, number))
}

/// Adds events to the line of a parcel: how many were new, and how many were there.
pub(in crate::state::clearance) fn merge<C: CellsMut>(
    step: &mut Step<'_, C>,
    (carrier, number): &(String, String),
    events: Vec<LineEvent>,
) -> Result<(u32, u32), StateError> {
    let before = line(&*step.cells, carrier, number)?;
    let mut after = before.clone().unwrap_or_else(|| ParcelLine {
        carrier: carrier.clone(),
        logistics_no: number.clone(),
        ..ParcelLine::default()
    });
    let (mut new, mut old) = (0_u32, 0_u32);
    for event in events {
        let count = if after.add(event) { &mut new } else { &mut old };
        *count = count.saturating_add(1);
    }
    if before.as_ref() != Some(&after) {
        statistics::change(step, before.as_ref(), &after)?;
        save(step.cells, Table::Parcel, &key(carrier, number), &after);
    }
    Ok((new, old))
}

/// Takes out of the line of a parcel what a document reported.
pub(super) fn withdraw<C: CellsMut>(
    step: &mut Step<'_, C>,
    (carrier, number): &(String, String),
    document: DocRef,
) -> Result<(), StateError> {
    let Some(before) = line(&*step.cells, carrier, number)? else { return Ok(()) };
    let mut after = before.clone();
    after.withdraw(document);
    statistics::change(step, Some(&before), &after)?;
    save(step.cells, Table::Parcel, &key(carrier, number), &after);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line_of(events: &[LineEvent]) -> ParcelLine {
        let mut line = ParcelLine::default();
        for event in events {
            line.add(event.clone());
        }
        line
    }

    fn event() -> impl Strategy<Value = LineEvent> {
        (1..400_i64, 0..9_i32, 0..2_u8).prop_map(|(time_ms, step, place)| LineEvent {
            time_ms,
            step,
            place: place.to_string(),
            ..LineEvent::default()
        })
    }

    proptest! {
        #[test]
        fn any_order_and_repetition_of_the_same_events_gives_the_same_line(
            (events, shuffled) in prop::collection::vec(event(), 1..700)
                .prop_flat_map(|events| (Just(events.clone()), Just([events.clone(), events].concat()).prop_shuffle()))
        ) {
            let line = line_of(&events);
            prop_assert_eq!(&line_of(&shuffled), &line);
            prop_assert!(line.events.len() <= PARCEL_LINE_EVENTS_MAX && line.omitted.len() <= PARCEL_OMITTED_MAX);
            let newest = events.iter().filter(|event| event.step != 0).max_by(|a, b| a.order().cmp(&b.order()));
            if line.omitted.is_empty() {
                prop_assert_eq!(line.current().map(LineEvent::order), newest.or(line.events.last()).map(LineEvent::order));
            }
        }
    }
}
