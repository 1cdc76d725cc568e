//! What a view adds to an event: the document, its facts, or the receipt.
#![expect(clippy::wildcard_enum_match_arm, reason = "of the reader's events only these carry text")]

use super::postings::Posted;
use crate::domain::{Field, MessageType};
use bytes::Bytes;
use quick_xml::events::Event as Xml;

/// What a delivery adds to its event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Nothing: the document is not there or not for this view.
    None,
    /// The document's element as received.
    Document(Bytes),
    /// Its facts, without personal fields.
    Statistics(Facts),
    /// The CEB receipt XML.
    Receipt(Bytes),
}

/// Fields of a document by official name, without personal ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Head fields.
    pub head: Vec<(&'static str, String)>,
    /// Lines.
    pub lines: Vec<Vec<(&'static str, String)>>,
    /// What statistics count or take back with the event.
    pub postings: Vec<Posted>,
}

/// Fields that may be shown for statistics: an allow-list, so that a new field is hidden until it is
/// looked at. Free text (notes, descriptions) is never in it.
const SHOWN: &[Field] = &[
    Field::IeFlag,
    Field::TradeMode,
    Field::CustomsCode,
    Field::PortCode,
    Field::DeclTime,
    Field::TrafMode,
    Field::Country,
    Field::EbpCode,
    Field::EbcCode,
    Field::AgentCode,
    Field::Currency,
    Field::Freight,
    Field::InsuredFee,
    Field::GrossWeight,
    Field::NetWeight,
    Field::Gnum,
    Field::Gcode,
    Field::Gname,
    Field::Qty,
    Field::Unit,
    Field::Qty1,
    Field::Unit1,
    Field::Qty2,
    Field::Unit2,
    Field::TotalPrice,
    // Export, payments and tax.
    Field::OrderType,
    Field::StatisticsFlag,
    Field::Pod,
    Field::FCurrency,
    Field::FFlag,
    Field::ICurrency,
    Field::IFlag,
    Field::GoodsValue,
    Field::Charge,
    Field::PackNo,
    Field::CustomsTax,
    Field::ValueAddedTax,
    Field::ConsumptionTax,
    Field::TaxPrice,
];

impl Facts {
    /// Reads the element of a document of that type: its head, or its own fields, and its lines. `None` if it is not
    /// XML.
    #[must_use]
    pub fn of_document(kind: MessageType, xml: &str) -> Option<Facts> {
        let mut reader = quick_xml::Reader::from_str(xml);
        reader.config_mut().check_end_names = false;
        let mut facts = Facts::default();
        let (mut depth, mut in_line) = (0_u32, false);
        let mut field: Option<Field> = None;
        let mut text = String::new();
        loop {
            match reader.read_event().ok()? {
                Xml::Start(start) => {
                    depth += 1;
                    let name = start.local_name();
                    if depth == 2 {
                        in_line = !kind.line_name().is_empty() && name.as_ref() == kind.line_name();
                        if in_line {
                            facts.lines.push(Vec::new());
                        }
                    }
                    field = Field::of_name(name.as_ref()).filter(|field| SHOWN.contains(field));
                    text.clear();
                }
                Xml::End(_) => {
                    if let Some(field) = field.take() {
                        let value = std::mem::take(&mut text);
                        match facts.lines.last_mut() {
                            Some(line) if in_line => line.push((field.name(), value)),
                            _ => facts.head.push((field.name(), value)),
                        }
                    }
                    depth = depth.saturating_sub(1);
                }
                Xml::Text(part) if field.is_some() => text.push_str(&part),
                Xml::CData(part) if field.is_some() => text.push_str(&part),
                Xml::GeneralRef(reference) if field.is_some() => match reference.resolve_char_ref().ok()? {
                    Some(character) => text.push(character),
                    None => text.push_str(quick_xml::escape::resolve_predefined_entity(&reference)?),
                },
                Xml::Eof => return Some(facts),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_hold_no_field_that_is_personal_or_free_text() {
        assert!(SHOWN.iter().all(|field| !field.is_personal()));
        assert!(!SHOWN.contains(&Field::Note) && !SHOWN.contains(&Field::GoodsInfo));
    }

    #[test]
    fn documents_without_a_head_and_lines_of_any_name_are_read() {
        let xml = "<Receipts xmlns='u'><charge>12.5</charge><note>x</note></Receipts>";
        let facts = Facts::of_document(MessageType::Ceb403, xml).expect("it is XML");
        assert_eq!((facts.head, facts.lines), (vec![("charge", "12.5".to_owned())], Vec::new()));
        let xml = "<Tax xmlns='u'><TaxHeadRd><customsTax>1</customsTax></TaxHeadRd><TaxListRd><gnum>1</gnum>\
                   <customsTax>2</customsTax></TaxListRd></Tax>";
        let facts = Facts::of_document(MessageType::Ceb816, xml).expect("it is XML");
        assert_eq!(facts.head, [("customsTax", "1".to_owned())]);
        assert_eq!(facts.lines, [[("gnum", "1".to_owned()), ("customsTax", "2".to_owned())]]);
    }

    #[test]
    fn head_and_lines_are_kept_apart() {
        let xml = "<c:Inventory xmlns:c='u'><c:InventoryHead><c:country>116</c:country><c:buyerName>x</c:buyerName>\
                   <c:note>y</c:note></c:InventoryHead><c:InventoryList><c:gnum>1</c:gnum><c:country>502</c:country>\
                   </c:InventoryList></c:Inventory>";
        let facts = Facts::of_document(MessageType::Ceb621, xml).expect("it is XML");
        assert_eq!(facts.head, [("country", "116".to_owned())]);
        assert_eq!(facts.lines, [[("gnum", "1".to_owned()), ("country", "502".to_owned())]]);
    }
}
