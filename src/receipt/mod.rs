//! Receipts: renderings of an outcome for people and programs, among them the CEB receipt XML. Pure.

mod envelope;
mod fields;
mod words;
mod xml;

pub use envelope::{answer_in_envelope, dxp_rep, event_in_envelope};
pub use words::{event_text, waiting_text};
pub(crate) use xml::guid_of;
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
    use crate::domain::{Event, EventKind, Field, Keys, Part, SPECS, Timestamp, status};

    #[test]
    fn receipts_of_every_type_and_status_fit_their_schema_with_all_numbers_or_none() {
        let set = crate::schema::carried().expect("the schemas compile");
        let whole = {
            let mut keys = Keys { guid: "G".repeat(36), ..Keys::default() };
            for field in Field::ALL.iter().filter(|field| **field != Field::Guid) {
                keys.set(*field, "1");
            }
            "B20260501000000001".clone_into(&mut keys.pre_no);
            "4612".clone_into(&mut keys.customs_code);
            keys
        };
        let given = Keys { invt_no: "46122026I000000001".to_owned(), sum_no: "1".repeat(18), ..whole.clone() };
        let declared = SPECS.iter().filter(|spec| matches!(spec.part, Part::Declaration(_)));
        let numbers = [Keys::default(), whole, given];
        for (spec, keys) in declared.flat_map(|spec| numbers.iter().map(move |keys| (spec, keys))) {
            for status in [-1, -625_204, 1, 2, 100, 120, 399, 899, 1399, status::CANCELLED, status::REPLACED] {
                let event = Event {
                    kind: EventKind::Decided as i32,
                    message_type: spec.kind as i32,
                    status,
                    keys: Some(keys.clone()),
                    ..Event::default()
                };
                let xml = event_xml(Position(1), 1, Timestamp(1_777_608_000_000), &event);
                let text = String::from_utf8(xml).expect("receipts are UTF-8");
                assert!(text.contains(spec.kind.receipt().root_name()), "{text}");
                let report = set.validate(&text, &mut crate::schema::NoSink);
                assert!(report.is_valid(), "{:#?}\n{text}", report.faults);
            }
        }
    }

    #[test]
    fn receipt_numbers_lead_back_to_their_position() {
        assert_eq!(position_of(&receipt_id(Position(42))), Some(Position(42)));
        for text in ["", "SWX", "SWX42", "SWX00000000000000+1", "swx0000000000000042"] {
            assert_eq!(position_of(text), None, "{text}");
        }
    }
}
