//! The CEB receipts as XML, with the default namespace as published receipts have it.

use super::fields::named;
use super::words::event_text;
use crate::domain::{DocRef, Ending, Event, EventKind, Keys, MessageType, Outcome, Position, Timestamp};
use crate::proof::sha256;

/// Characters of returnInfo of all receipts but CEB900.
const INFO_CHARS_MAX: usize = 1000;
/// Characters of returnInfo of CEB900.
const INFO_900_CHARS_MAX: usize = 5000;
/// Bytes of a refused message that its CEB900 gives back.
const ORIGINAL_BYTES_MAX: usize = 256 * 1024;

/// The CEB receipt for a submission: one receipt message with a return per document, or CEB900 if the
/// whole message was refused. `received` is what was sent.
#[must_use]
pub fn message_xml(position: Position, outcome: &Outcome, received: &[u8]) -> Vec<u8> {
    if outcome.ending != Ending::Applied as i32 {
        return refusal_xml(position, outcome, received);
    }
    // The last event of a document tells where it stands.
    let mut last: Vec<(DocRef, &Event)> = Vec::new();
    for event in &outcome.events {
        let Some(at) = event.document.filter(|at| at.position == position.0) else { continue };
        match last.iter_mut().find(|(other, _)| *other == at) {
            Some((_, held)) => *held = event,
            None => last.push((at, event)),
        }
    }
    last.sort_by_key(|(at, _)| *at);
    let kind = MessageType::of_number(outcome.message_type);
    let events: Vec<&Event> = last.into_iter().map(|(_, event)| event).collect();
    let guid = guid_of(&[b"receipt", &position.0.to_be_bytes()]);
    returns_xml(kind.receipt(), &guid, Timestamp(outcome.time_ms), &events)
}

/// The CEB receipt for one event.
#[must_use]
pub fn event_xml(position: Position, ordinal: u32, time: Timestamp, event: &Event) -> Vec<u8> {
    let guid = guid_of(&[b"event", &position.0.to_be_bytes(), &ordinal.to_be_bytes()]);
    if event.kind == EventKind::MessageRejected as i32 {
        let outcome = Outcome {
            rejections: event.rejections.clone(),
            message_type: event.message_type,
            time_ms: time.0,
            ..Outcome::default()
        };
        return refusal_xml(position, &outcome, &[]);
    }
    let time = if event.decision_ms == 0 { time } else { Timestamp(event.decision_ms) };
    returns_xml(MessageType::of_number(event.message_type).receipt(), &guid, time, &[event])
}

fn returns_xml(receipt: MessageType, guid: &str, time: Timestamp, events: &[&Event]) -> Vec<u8> {
    if receipt.answered().is_none() {
        // What customs sends on its own account has no receipt in the standard.
        return Vec::new();
    }
    let mut xml = String::with_capacity(256 + events.len() * 512);
    open(&mut xml, receipt, guid);
    for event in events {
        let keys = event.keys.clone().unwrap_or_default();
        tag(&mut xml, "<", receipt.document_name());
        element(&mut xml, "guid", &guid36(&keys));
        for (name, value) in named(receipt, &keys) {
            element(&mut xml, name, value);
        }
        element(&mut xml, "returnStatus", &ceb_status(event.status));
        element(&mut xml, "returnTime", &time.ceb17());
        element(&mut xml, "returnInfo", &cut(&info(event), INFO_CHARS_MAX));
        tag(&mut xml, "</", receipt.document_name());
    }
    tag(&mut xml, "</", receipt.root_name());
    xml.into_bytes()
}

/// Statuses of our own have no CEB code: a cancelled or replaced document is reported as saved no more.
fn ceb_status(code: i32) -> String {
    use crate::domain::status::{CANCELLED, REJECTED, REPLACED};
    if matches!(code, CANCELLED | REPLACED) { REJECTED } else { code }.to_string()
}

fn refusal_xml(position: Position, outcome: &Outcome, received: &[u8]) -> Vec<u8> {
    let mut xml = String::with_capacity(1024 + received.len());
    open(&mut xml, MessageType::Ceb900, &guid_of(&[b"receipt", &position.0.to_be_bytes()]));
    xml.push_str("<MessageReturn>");
    element(&mut xml, "guid", &guid_of(&[b"refusal", &position.0.to_be_bytes()]));
    let official = outcome.rejections.iter().map(|rejection| rejection.official).find(|code| *code != 0);
    element(&mut xml, "returnStatus", &official.unwrap_or(-2).to_string());
    let mut texts = Vec::with_capacity(outcome.rejections.len());
    for rejection in &outcome.rejections {
        let place =
            if rejection.line == 0 { String::new() } else { format!("{}:{} ", rejection.line, rejection.column) };
        texts.push(format!("{place}{} {}", rejection.rule, rejection.message_zh));
    }
    element(&mut xml, "returnInfo", &cut(&texts.join("；"), INFO_900_CHARS_MAX));
    element(&mut xml, "returnTime", &Timestamp(outcome.time_ms).ceb17());
    let transport = outcome.routing.as_ref().and_then(|routing| routing.transport.as_ref());
    let id = transport.map(|transport| transport.cop_msg_id.as_str()).filter(|id| !id.is_empty());
    element(&mut xml, "oriCopMsgId", &cut(id.unwrap_or(&outcome.message_guid), 255));
    element(&mut xml, "oriMessageType", MessageType::of_number(outcome.message_type).root_name());
    xml.push_str("<oriBizMessage>");
    let original = std::str::from_utf8(received).ok().filter(|text| text.len() <= ORIGINAL_BYTES_MAX);
    if let Some(text) = original.filter(|text| !text.is_empty() && text.chars().all(is_xml_char)) {
        xml.push_str("<![CDATA[");
        xml.push_str(&text.replace("]]>", "]]]]><![CDATA[>"));
        xml.push_str("]]>");
    }
    xml.push_str("</oriBizMessage></MessageReturn></CEB900Message>");
    xml.into_bytes()
}

fn open(xml: &mut String, kind: MessageType, guid: &str) {
    xml.push_str(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<",
    );
    xml.push_str(kind.root_name());
    xml.push_str(" guid=\"");
    xml.push_str(guid);
    xml.push_str("\" version=\"1.0\" xmlns=\"http://www.chinaport.gov.cn/ceb\">");
}

fn tag(xml: &mut String, open: &str, name: &str) {
    xml.push_str(open);
    xml.push_str(name);
    xml.push('>');
}

fn element(xml: &mut String, name: &str, value: &str) {
    tag(xml, "<", name);
    for character in value.chars() {
        match character {
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '&' => xml.push_str("&amp;"),
            '\r' => xml.push_str("&#13;"),
            character if is_xml_char(character) => xml.push(character),
            _ => xml.push('\u{fffd}'),
        }
    }
    tag(xml, "</", name);
}

/// Char of XML 1.0 §2.2.
fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
}

/// The text of returnInfo: customs' own, or ours in the `[Code:…;Desc:…]` form of the field.
fn info(event: &Event) -> String {
    if !event.info.is_empty() {
        return event.info.clone();
    }
    let texts: Vec<String> = event.rejections.iter().map(|r| format!("{} {}", r.rule, r.message_zh)).collect();
    if !texts.is_empty() {
        return texts.join("；");
    }
    let mut text = format!("[Code:{};Desc:{}]", event.status, event_text(event).0);
    for waiting in &event.waiting {
        text.push('；');
        text.push_str(&super::waiting_text(waiting).0);
    }
    text
}

fn cut(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        None => text.to_owned(),
        Some(_) => text.chars().take(chars_max - 1).chain(['…']).collect(),
    }
}

/// The document's own guid, or one made from its numbers if it has none of 36 characters.
fn guid36(keys: &Keys) -> String {
    if keys.guid.chars().count() == 36 {
        return keys.guid.clone();
    }
    let numbers =
        [&keys.pre_no, &keys.cop_no, &keys.order_no, &keys.pay_transaction_id, &keys.logistics_no, &keys.msg_seq_no];
    let numbers: Vec<&[u8]> =
        std::iter::once(b"document".as_slice()).chain(numbers.map(|text| text.as_bytes())).collect();
    guid_of(&numbers)
}

/// An upper-case GUID that is always the same for the same parts.
pub(crate) fn guid_of(parts: &[&[u8]]) -> String {
    let hash = sha256(parts);
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().hyphenated().to_string().to_uppercase()
}
