//! What a made-up customs reads of a document: the head fields and lines that rules and notices need.
#![expect(clippy::wildcard_enum_match_arm, reason = "of the reader's events and fields only these count")]

use crate::domain::limits::SIMULATOR_LINES_MAX;
use crate::domain::{Amount, Field, MessageType};
use quick_xml::events::Event as Xml;
use std::collections::BTreeMap;

/// Depth of an element's fields: document, head or line, field.
const FIELD_DEPTH_MAX: usize = 3;
/// Characters of a value that are kept; no number, name or amount of the standard is longer.
const VALUE_CHARS_MAX: usize = 100;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Line {
    /// Line number; 0 if it has none.
    pub(super) gnum: u32,
    /// Commodity code.
    pub(super) gcode: String,
    /// Price of the line.
    pub(super) total: Amount,
    /// Number of a list that the line names.
    pub(super) invt_no: String,
}

/// The fields of a document that customs looks at. No personal value is among them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Content {
    head: BTreeMap<&'static str, String>,
    lines: Vec<Line>,
}

impl Content {
    /// Reads the element of a document; what is not XML has no content.
    pub(super) fn read(kind: MessageType, xml: &str) -> Content {
        let mut reader = quick_xml::Reader::from_str(xml);
        reader.config_mut().check_end_names = false;
        let mut content = Content::default();
        let (mut depth, mut in_line) = (0_usize, false);
        let mut field: Option<Field> = None;
        let mut text = String::new();
        loop {
            match reader.read_event() {
                Ok(Xml::Start(start)) => {
                    depth = depth.saturating_add(1);
                    let name = start.local_name();
                    if depth == 2 {
                        in_line = !kind.line_name().is_empty() && name.as_ref() == kind.line_name();
                        if in_line && content.lines.len() < SIMULATOR_LINES_MAX {
                            content.lines.push(Line::default());
                        }
                    }
                    let may_be = depth <= FIELD_DEPTH_MAX;
                    field = if may_be { Field::of_name(name.as_ref()).filter(|known| is_read(*known)) } else { None };
                    text.clear();
                }
                Ok(Xml::End(_)) => {
                    if let Some(field) = field.take() {
                        content.keep(field, in_line, &text);
                    }
                    depth = depth.saturating_sub(1);
                }
                Ok(Xml::Text(part)) if field.is_some() => push(&mut text, &part),
                Ok(Xml::CData(part)) if field.is_some() => push(&mut text, &part),
                Ok(Xml::GeneralRef(reference)) if field.is_some() => match reference.resolve_char_ref() {
                    Ok(Some(character)) => push(&mut text, character.encode_utf8(&mut [0; 4])),
                    Ok(None) => {
                        push(&mut text, quick_xml::escape::resolve_predefined_entity(&reference).unwrap_or_default());
                    }
                    Err(_) => return Content::default(),
                },
                Ok(Xml::Eof) => return content,
                Ok(_) => {}
                Err(_) => return Content::default(),
            }
        }
    }

    fn keep(&mut self, field: Field, in_line: bool, text: &str) {
        if !in_line {
            self.head.entry(field.name()).or_insert_with(|| text.to_owned());
            return;
        }
        let Some(line) = self.lines.last_mut() else { return };
        match field {
            Field::Gnum => line.gnum = text.trim().parse().unwrap_or_default(),
            Field::Gcode => text.clone_into(&mut line.gcode),
            Field::TotalPrice => line.total = Amount::parse(text.trim()).unwrap_or_default(),
            Field::InvtNo => text.clone_into(&mut line.invt_no),
            _ => {}
        }
    }

    /// A head field; empty if it is not there.
    pub(super) fn head(&self, field: Field) -> &str {
        self.head.get(field.name()).map_or("", String::as_str)
    }

    /// A head field as an amount; 0 if it is not there.
    pub(super) fn amount(&self, field: Field) -> Amount {
        Amount::parse(self.head(field).trim()).unwrap_or_default()
    }

    /// The lines, in order.
    pub(super) fn lines(&self) -> &[Line] {
        &self.lines
    }
}

/// Fields that are kept.
fn is_read(field: Field) -> bool {
    matches!(
        field,
        Field::Gnum
            | Field::Gcode
            | Field::TotalPrice
            | Field::InvtNo
            | Field::Freight
            | Field::InsuredFee
            | Field::AgentName
            | Field::EbcName
            | Field::DeclAgentCode
            | Field::DeclAgentName
            | Field::MsgCount
            | Field::MsgSeqNo
            | Field::LogisticsNo
            | Field::GrossWeight
            | Field::NetWeight
    )
}

fn push(text: &mut String, part: &str) {
    let room = VALUE_CHARS_MAX.saturating_sub(text.chars().count());
    text.extend(part.chars().take(room));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn head_and_lines_of_a_list_are_read_and_nothing_personal() {
        let xml = "<c:Inventory xmlns:c='u'><c:InventoryHead><c:buyerName>x</c:buyerName><c:freight>12.5</c:freight>\
                   <c:invtNo>A&amp;B</c:invtNo></c:InventoryHead><c:InventoryList><c:gnum>1</c:gnum>\
                   <c:gcode>0409000000</c:gcode><c:totalPrice>198</c:totalPrice></c:InventoryList></c:Inventory>";
        let content = Content::read(MessageType::Ceb621, xml);
        assert_eq!((content.amount(Field::Freight).to_string().as_str(), content.head(Field::InvtNo)), ("12.5", "A&B"));
        assert_eq!(content.head(Field::BuyerName), "");
        let [line] = content.lines() else { panic!("one line") };
        assert_eq!((line.gnum, line.gcode.as_str(), line.total.to_string().as_str()), (1, "0409000000", "198"));
    }

    #[test]
    fn what_is_not_xml_has_no_content() {
        for xml in ["", "no", "<a", "<a>&nothing;</a>", "<a>&#x110000;</a>"] {
            assert_eq!(Content::read(MessageType::Ceb621, xml).lines(), [], "{xml}");
        }
    }

    proptest! {
        #[test]
        fn any_text_never_panics(text in ".*") {
            let _unused = Content::read(MessageType::Ceb621, &text);
        }
    }
}
