//! Receipts: renderings of an outcome for people and programs, among them the CEB receipt XML. Pure.

mod envelope;
mod fields;
mod words;
mod xml;

pub use envelope::{answer_in_envelope, dxp_rep, event_in_envelope};
pub use words::{event_text, waiting_text};
pub use xml::{event_xml, message_xml};

use crate::domain::Position;

/// Number of the receipt for the entry at a position, for example `SWX0000000000000042`.
#[must_use]
pub fn receipt_id(position: Position) -> String {
    format!("SWX{:016}", position.0)
}

/// Position of a receipt number.
#[must_use]
pub fn position_of(receipt_id: &str) -> Option<Position> {
    let digits = receipt_id.strip_prefix("SWX").filter(|digits| digits.len() >= 16)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok().map(Position))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipt_numbers_lead_back_to_their_position() {
        assert_eq!(position_of(&receipt_id(Position(42))), Some(Position(42)));
        for text in ["", "SWX", "SWX42", "SWX00000000000000+1", "swx0000000000000042"] {
            assert_eq!(position_of(text), None, "{text}");
        }
    }
}
