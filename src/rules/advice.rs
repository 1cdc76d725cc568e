//! What was probably meant, and the official code, for faults that the schema found.

use super::code_list::CodeList;
use crate::domain::{Fault, Field, MessageType};
use crate::schema;

/// Adds to a fault what can be told from the lists of the standard: `did you mean 142 人民币?` and the official
/// code of a message with too many documents (R-SCH-01).
pub fn advise(kind: MessageType, fault: &mut Fault) {
    if fault.official == 0 && fault.rule == schema::rules::XSD_TOO_MANY && is_document(kind, &fault.path) {
        fault.official = too_many_documents(kind);
    }
    let name = last_name(&fault.path);
    let Some(list) = Field::of_name(name).and_then(CodeList::of) else { return };
    let Some(found) = fault.found.as_deref().filter(|found| !found.is_empty()) else { return };
    if fault.expected.is_empty() || list.name(&fault.expected).is_some() || !list.takes(found) {
        let meant =
            if list.name(&fault.expected).is_some() { Some(fault.expected.as_str()) } else { list.meant(found) };
        let Some((code, title)) = meant.and_then(|code| list.name(code).map(|title| (code.to_owned(), title))) else {
            return;
        };
        if code == found {
            return;
        }
        fault.message_zh.push_str(&format!("（是否应为 {code} {title}？）"));
        fault.message_en.push_str(&format!(" (did you mean {code} {title}?)"));
        if fault.expected.is_empty() {
            fault.expected = code;
        }
    }
}

fn last_name(path: &str) -> &str {
    let step = path.rsplit('/').next().unwrap_or_default();
    step.split('[').next().unwrap_or_default()
}

/// True if a path leads to a business document of the message, and not further.
fn is_document(kind: MessageType, path: &str) -> bool {
    path.matches('/').count() == 2 && last_name(path) == kind.document_name()
}

/// Source: error codes of the 202205 specification, `数据超过限制`.
#[expect(clippy::wildcard_enum_match_arm, reason = "the official table has codes for these only")]
fn too_many_documents(kind: MessageType) -> i32 {
    match kind {
        MessageType::Ceb311 | MessageType::Ceb303 => -301_015,
        MessageType::Ceb411 | MessageType::Ceb403 => -401_013,
        MessageType::Ceb511 | MessageType::Ceb505 => -504_013,
        MessageType::Ceb513 => -505_017,
        MessageType::Ceb621 | MessageType::Ceb603 => -621_030,
        MessageType::Ceb623 | MessageType::Ceb605 => -623_008,
        MessageType::Ceb711 => -800_006,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Place;

    fn fault(path: &str, rule: &'static str, found: &str, expected: &str) -> Fault {
        Fault {
            place: Place { line: 1, column: 1, offset: 0 },
            path: path.to_owned(),
            field_zh: String::new(),
            field_en: String::new(),
            rule,
            message_zh: "错".to_owned(),
            message_en: "wrong".to_owned(),
            found: Some(found.to_owned()),
            expected: expected.to_owned(),
            official: 0,
        }
    }

    #[test]
    fn a_fixed_currency_is_said_by_name() {
        let mut fault = fault("/CEB621Message/Inventory[1]/InventoryHead/currency", "XSD-FIXED", "CNY", "142");
        advise(MessageType::Ceb621, &mut fault);
        assert_eq!(fault.message_en, "wrong (did you mean 142 人民币?)");
        assert_eq!(fault.message_zh, "错（是否应为 142 人民币？）");
    }

    #[test]
    fn too_many_documents_have_their_official_code() {
        let mut fault = fault("/CEB621Message/Inventory[101]", "XSD-TOO-MANY", "", "..100");
        advise(MessageType::Ceb621, &mut fault);
        assert_eq!(fault.official, -621_030);
    }

    #[test]
    fn fields_without_a_list_get_no_advice() {
        let mut fault = fault("/CEB621Message/Inventory[1]/InventoryHead/orderNo", "XSD-LENGTH", "x", "1..60");
        advise(MessageType::Ceb621, &mut fault);
        assert_eq!(fault.message_en, "wrong");
    }
}
