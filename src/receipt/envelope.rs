//! Answers of the transport: DxpRep, and receipts in DxpMsg.

use super::xml::guid_of;
use crate::domain::{Event, Outcome, Position, RouteNote, Routing, Timestamp, Transport};
use crate::envelope::{self, AddInfo, DxpRep, Response, TransInfo, code};

/// Stands for what a broken envelope does not tell.
const UNKNOWN: &str = "Unknown";

/// The transport's answer to a message that came in an envelope; `None` for one that did not. `routing` is the outcome's
/// own, or that of a repeat in another envelope.
///
/// One response tells whether the envelope could be opened and whether its sender is who it says; one more for each
/// receiver or subscriber that could not be served. What becomes of the message in it is told by CEB receipts alone.
#[must_use]
pub fn dxp_rep(outcome: &Outcome, routing: Option<&Routing>) -> Option<Vec<u8>> {
    let routing = routing?;
    let transport = routing.transport.as_ref()?;
    let mut responses = vec![own_response(outcome, transport)];
    responses.extend(routing.notes.iter().map(note_response));
    let day = Timestamp(outcome.time_ms).to_string();
    let original = original_head(outcome, transport, &routing.exchange_id);
    Some(envelope::dxp_rep(&DxpRep {
        receiver_id: original.sender_id.clone(),
        responses,
        notice_date: day.chars().take(10).collect(),
        original,
    }))
}

fn own_response(outcome: &Outcome, transport: &Transport) -> Response {
    let of_envelope = |rule: &str| rule.starts_with("R-DXP-");
    let is_fault = |rule: &str| !transport.fault_code.is_empty() || of_envelope(rule);
    let faults: Vec<_> = outcome.rejections.iter().filter(|rejection| is_fault(&rejection.rule)).collect();
    let Some(first) = faults.first() else {
        let info = "传输成功 received and handed over".to_owned();
        return Response { code: code::SUCCESS.to_owned(), info, ..Response::default() };
    };
    let code = if transport.fault_code.is_empty() { code::OTHER_SECURITY } else { &transport.fault_code };
    let result = |rejection: &&crate::domain::Rejection| {
        let place =
            if rejection.line == 0 { String::new() } else { format!("{}:{} ", rejection.line, rejection.column) };
        (rejection.path.clone(), rejection.rule.clone(), format!("{place}{}", rejection.message_zh))
    };
    Response {
        code: code.to_owned(),
        info: format!("{} {}", first.message_zh, first.message_en),
        note: String::new(),
        results: faults.iter().map(result).collect(),
    }
}

fn note_response(note: &RouteNote) -> Response {
    let (zh, en) = note.text();
    Response {
        code: note.code.clone(),
        info: format!("{zh} {en}"),
        note: String::new(),
        results: vec![(note.address.clone(), note.code.clone(), note.field.clone())],
    }
}

/// The head that was sent; where a broken one lacks what a head must have, something stands for it.
fn original_head(outcome: &Outcome, transport: &Transport, exchange_id: &str) -> TransInfo {
    let or = |text: &str, chars_max: usize, other: &str| {
        let fits = !text.is_empty() && text.chars().count() <= chars_max;
        if fits { text.to_owned() } else { other.to_owned() }
    };
    let broken = !transport.fault_code.is_empty();
    let mut receiver_ids: Vec<String> = transport.receiver_ids.iter().take(5).map(|id| or(id, 16, UNKNOWN)).collect();
    if receiver_ids.is_empty() {
        receiver_ids.push(or(exchange_id, 16, UNKNOWN));
    }
    // A broken envelope may have anything in the place of a time.
    let time = Timestamp(outcome.time_ms).to_string();
    TransInfo {
        cop_msg_id: or(&transport.cop_msg_id, 255, &outcome.message_guid),
        sender_id: or(&transport.sender_id, 16, UNKNOWN),
        receiver_ids,
        creat_time: if broken { time } else { transport.creat_time.clone() },
        msg_type: or(&transport.msg_type, 30, UNKNOWN),
    }
}

/// The receipt for a submission in an envelope to its sender; `None` if the message came in none.
#[must_use]
pub fn answer_in_envelope(
    position: Position,
    outcome: &Outcome,
    routing: Option<&Routing>,
    receipt_xml: &[u8],
) -> Option<Vec<u8>> {
    let routing = routing?;
    let transport = routing.transport.as_ref()?;
    let receiver = original_head(outcome, transport, &routing.exchange_id).sender_id;
    let time = Timestamp(outcome.time_ms);
    Some(in_envelope(position, 0, time, &routing.exchange_id, &receiver, receipt_xml))
}

/// The receipt for one event in an envelope to one receiver.
#[must_use]
pub fn event_in_envelope(
    position: Position,
    ordinal: u32,
    time: Timestamp,
    exchange_id: &str,
    receiver_id: &str,
    event: &Event,
) -> Vec<u8> {
    let receipt = super::event_xml(position, ordinal, time, event);
    in_envelope(position, ordinal, time, exchange_id, receiver_id, &receipt)
}

fn in_envelope(
    position: Position,
    ordinal: u32,
    time: Timestamp,
    exchange_id: &str,
    receiver_id: &str,
    receipt_xml: &[u8],
) -> Vec<u8> {
    let (at, which) = (position.0.to_be_bytes(), ordinal.to_be_bytes());
    let msg_type = std::str::from_utf8(receipt_xml).map(crate::schema::root_name).unwrap_or_default();
    let head = TransInfo {
        cop_msg_id: guid_of(&[b"transport", &at, &which, receiver_id.as_bytes()]),
        sender_id: exchange_id.chars().take(16).collect(),
        receiver_ids: vec![receiver_id.chars().take(16).collect()],
        creat_time: time.to_string(),
        msg_type: msg_type.to_owned(),
    };
    envelope::dxp_msg(&head, &AddInfo::default(), receipt_xml)
}
