//! What documents say of parcels: waybill status (513), arrival (507), departure (509), warehouse-in (711).

use super::line::{self, DOCUMENT, LineEvent, main_code};
use super::{Touched, tell};
use crate::domain::{Field, MessageType, ParcelStep, Timestamp, status};
use crate::state::cells::{CellsMut, StateError, load, save};
use crate::state::clearance::Moved;
use crate::state::facts::Facts;
use crate::state::step::Step;
use crate::state::store::Table;

/// The step that a document of a type reports.
#[expect(clippy::wildcard_enum_match_arm, reason = "all other types say nothing of where a parcel is")]
fn reported(kind: MessageType, facts: &Facts) -> Option<ParcelStep> {
    match kind {
        MessageType::Ceb507 | MessageType::Ceb711 => Some(ParcelStep::ArrivedAtSite),
        MessageType::Ceb509 => Some(ParcelStep::Border),
        // logisticsStatus S is signature; whatever else a carrier writes there is kept as it is.
        MessageType::Ceb513 if facts.keys.status == "S" => Some(ParcelStep::Signed),
        MessageType::Ceb513 => Some(ParcelStep::Other),
        _ => None,
    }
}

/// Puts into the lines of parcels what a document says once it is taken, and takes it out when the document falls.
pub(in crate::state::clearance) fn moved<C: CellsMut>(
    step: &mut Step<'_, C>,
    moved: &Moved<'_>,
) -> Result<(), StateError> {
    let Some(what) = reported(moved.kind, moved.facts) else { return Ok(()) };
    let is_dead = moved.to < 0 || matches!(moved.to, status::REJECTED | status::CANCELLED | status::REPLACED);
    let is_new = moved.from == 0 && moved.to != status::DRAFT;
    if !is_dead && !is_new {
        return Ok(());
    }
    let keys = &moved.facts.keys;
    let carrier = main_code(step.registry, &keys.logistics_code);
    let numbers =
        if keys.logistics_no.is_empty() { numbers_in_lines(step, moved)? } else { vec![keys.logistics_no.clone()] };
    let mut touched = Touched::new();
    for number in numbers {
        let parcel = (carrier.clone(), number);
        if is_dead {
            line::withdraw(step, &parcel, moved.at)?;
            continue;
        }
        let kind = moved.kind.root_name().trim_end_matches("Message");
        let code = if keys.status.is_empty() { kind.to_owned() } else { format!("{kind}/{}", keys.status) };
        let event = LineEvent {
            time_ms: time_of(moved, step.time_ms),
            step: what as i32,
            place: place_of(moved.facts),
            carrier_event: code,
            position: step.position,
            document: Some(moved.at),
        };
        if line::merge(step, &parcel, vec![event])?.0 > 0 {
            touched.insert(parcel);
        }
    }
    tell(step, touched)
}

/// Numbers that the lines of a document name, kept as long as it may still fall.
#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Numbers {
    #[prost(string, repeated, tag = "1")]
    numbers: Vec<String>,
}

/// Waybills in the lines of a document: they are facts only while its entry is applied.
fn numbers_in_lines<C: CellsMut>(step: &mut Step<'_, C>, moved: &Moved<'_>) -> Result<Vec<String>, StateError> {
    let mut key = vec![DOCUMENT];
    key.extend_from_slice(&moved.at.key());
    if moved.from == 0 {
        let row = Numbers { numbers: moved.facts.related.clone() };
        save(step.cells, Table::Parcel, &key, &row);
        return Ok(row.numbers);
    }
    let row: Numbers = load(step.cells, Table::Parcel, &key)?.unwrap_or_default();
    step.cells.delete(Table::Parcel, &key);
    Ok(row.numbers)
}

/// When it happened by the document; the time of the entry if it does not say.
fn time_of(moved: &Moved<'_>, entry_ms: i64) -> i64 {
    let said = [Field::LogisticsTime, Field::LeaveTime].map(|field| moved.facts.value(field));
    let said = said.into_iter().find(|text| !text.is_empty()).and_then(Timestamp::parse_ceb);
    let sent = || Timestamp::parse_ceb(&moved.facts.app_time.to_string());
    said.or_else(sent).map_or(entry_ms, |time| time.0)
}

/// Where: the site, or the customs office.
fn place_of(facts: &Facts) -> String {
    let site = facts.value(Field::LoctNo);
    if site.is_empty() { facts.keys.customs_code.clone() } else { site.to_owned() }
}
