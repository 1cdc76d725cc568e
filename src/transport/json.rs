//! Answers as JSON: the names and texts of the contract, so that both doors say the same.

use crate::domain::MessageType;
use crate::pb::v1 as pb;
use crate::transport::tls::hex;
use crate::transport::typed;
use crate::typed::Message;
use serde::Serialize;

/// A receipt.
#[derive(Debug, Serialize)]
pub(super) struct Receipt {
    receipt_id: String,
    position: String,
    /// Milliseconds since 1970.
    time_ms: i64,
    message_type: &'static str,
    message_guid: String,
    outcome: &'static str,
    replayed: bool,
    rejections: Vec<Rejection>,
    rejections_omitted: u32,
    documents: Vec<Verdict>,
    payload_sha256: String,
    receipt_xml: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    dxp_rep: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    receipt_dxp: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<RouteNote>,
    signature: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    conflicts_with: String,
}

#[derive(Debug, Serialize)]
struct RouteNote {
    code: String,
    address: String,
    field: String,
    message_zh: String,
    message_en: String,
}

#[derive(Debug, Serialize)]
struct Rejection {
    rule: String,
    official_code: i32,
    line: u32,
    column: u32,
    path: String,
    field_zh: String,
    field_en: String,
    message_zh: String,
    message_en: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<String>,
    expected: String,
    /// Typed field, with the names of JSON.
    #[serde(skip_serializing_if = "String::is_empty")]
    field_path: String,
}

#[derive(Debug, Serialize)]
struct Verdict {
    ordinal: u32,
    outcome: &'static str,
    status: i32,
    keys: std::collections::BTreeMap<&'static str, String>,
    rejections: Vec<Rejection>,
    waiting: Vec<Waiting>,
}

#[derive(Debug, Serialize)]
struct Waiting {
    rule: String,
    message_zh: String,
    message_en: String,
    field: String,
    left_type: &'static str,
    left_value: String,
    right_type: &'static str,
    right_value: String,
    key: String,
}

/// The JSON form of a receipt.
pub(super) fn receipt(receipt: pb::Receipt, replayed: bool) -> Receipt {
    Receipt {
        receipt_id: receipt.receipt_id,
        position: receipt.position,
        time_ms: milliseconds(receipt.time.unwrap_or_default()),
        message_type: message_type(receipt.message_type),
        message_guid: receipt.message_guid,
        outcome: outcome(receipt.outcome),
        replayed,
        rejections: receipt.rejections.into_iter().map(rejection).collect(),
        rejections_omitted: receipt.rejections_omitted,
        documents: receipt.documents.into_iter().map(verdict).collect(),
        payload_sha256: hex(&receipt.payload_sha256),
        receipt_xml: String::from_utf8_lossy(&receipt.receipt_xml).into_owned(),
        dxp_rep: String::from_utf8_lossy(&receipt.dxp_rep).into_owned(),
        receipt_dxp: String::from_utf8_lossy(&receipt.receipt_dxp).into_owned(),
        notes: receipt.notes.into_iter().map(route_note).collect(),
        signature: match pb::SignatureState::try_from(receipt.signature) {
            Ok(pb::SignatureState::Verified) => "verified",
            Ok(pb::SignatureState::Absent) => "absent",
            Ok(pb::SignatureState::Failed) => "failed",
            Ok(pb::SignatureState::Unverified | pb::SignatureState::Unspecified) | Err(_) => "unverified",
        },
        conflicts_with: receipt.conflicts_with,
    }
}

fn route_note(note: pb::RouteNote) -> RouteNote {
    let pb::RouteNote { code, address, field, message_zh, message_en } = note;
    RouteNote { code, address, field, message_zh, message_en }
}

fn message_type(number: i32) -> &'static str {
    MessageType::of_number(number).root_name()
}

fn outcome(number: i32) -> &'static str {
    if number == pb::Outcome::Accepted as i32 { "accepted" } else { "rejected" }
}

fn rejection(rejection: pb::Rejection) -> Rejection {
    Rejection {
        rule: rejection.rule,
        official_code: rejection.official_code,
        line: rejection.line,
        column: rejection.column,
        path: rejection.path,
        field_zh: rejection.field_zh,
        field_en: rejection.field_en,
        message_zh: rejection.message_zh,
        message_en: rejection.message_en,
        found: rejection.found,
        expected: rejection.expected,
        field_path: rejection.field_path,
    }
}

fn verdict(verdict: pb::DocumentVerdict) -> Verdict {
    Verdict {
        ordinal: verdict.ordinal,
        outcome: outcome(verdict.outcome),
        status: verdict.status,
        keys: verdict.keys.map(keys).unwrap_or_default(),
        rejections: verdict.rejections.into_iter().map(rejection).collect(),
        waiting: verdict.waiting.into_iter().map(waiting).collect(),
    }
}

/// The numbers that the document has, by their official names.
fn keys(keys: pb::DocumentKeys) -> std::collections::BTreeMap<&'static str, String> {
    let all = [
        ("guid", keys.guid),
        ("ebpCode", keys.ebp_code),
        ("ebcCode", keys.ebc_code),
        ("orderNo", keys.order_no),
        ("payCode", keys.pay_code),
        ("payTransactionId", keys.pay_transaction_id),
        ("logisticsCode", keys.logistics_code),
        ("logisticsNo", keys.logistics_no),
        ("agentCode", keys.agent_code),
        ("copNo", keys.cop_no),
        ("preNo", keys.pre_no),
        ("invtNo", keys.invt_no),
        ("customsCode", keys.customs_code),
        ("tradeMode", keys.trade_mode),
    ];
    all.into_iter().filter(|(_, number)| !number.is_empty()).collect()
}

fn waiting(waiting: pb::Waiting) -> Waiting {
    Waiting {
        rule: waiting.rule,
        message_zh: waiting.message_zh,
        message_en: waiting.message_en,
        field: waiting.field,
        left_type: message_type(waiting.left_type),
        left_value: waiting.left_value,
        right_type: message_type(waiting.right_type),
        right_value: waiting.right_value,
        key: waiting.key,
    }
}

/// A message in its other form.
#[derive(Debug, Serialize)]
pub(super) struct Converted {
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
    #[serde(skip_serializing_if = "Option::is_none")]
    xml: Option<String>,
    faults: Vec<Rejection>,
    faults_omitted: u32,
}

/// The JSON form of a conversion.
pub(super) fn converted(converted: typed::Converted) -> Converted {
    let (message, xml) = match converted.form {
        Some(typed::Form::Typed(message)) => (Some(message), None),
        Some(typed::Form::Xml(xml)) => (None, Some(String::from_utf8_lossy(&xml).into_owned())),
        None => (None, None),
    };
    let faults = converted.faults.into_iter().map(rejection).collect();
    Converted { message, xml, faults, faults_omitted: converted.faults_omitted }
}

/// A document and where it stands.
#[derive(Debug, Serialize)]
pub(super) struct Document {
    document_id: String,
    message_type: &'static str,
    keys: std::collections::BTreeMap<&'static str, String>,
    status: i32,
    status_zh: String,
    status_en: String,
    /// Milliseconds since 1970.
    time_ms: i64,
    waiting: Vec<Waiting>,
    frozen: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    replaced_by: String,
    receipt_id: String,
    /// The document alone in its message, if its type has a typed form.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

/// The JSON form of a document.
pub(super) fn document(document: pb::Document, message: Option<Message>) -> Document {
    Document {
        document_id: document.document_id,
        message_type: message_type(document.message_type),
        keys: document.keys.map(keys).unwrap_or_default(),
        status: document.status,
        status_zh: document.status_zh,
        status_en: document.status_en,
        time_ms: milliseconds(document.time.unwrap_or_default()),
        waiting: document.waiting.into_iter().map(waiting).collect(),
        frozen: document.frozen,
        replaced_by: document.replaced_by,
        receipt_id: document.receipt_id,
        message,
    }
}

fn milliseconds(time: prost_types::Timestamp) -> i64 {
    time.seconds.saturating_mul(1000).saturating_add(i64::from(time.nanos / 1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_said_in_the_words_of_the_contract() {
        let source = pb::Receipt {
            receipt_id: "SWX0000000000000001".to_owned(),
            time: Some(prost_types::Timestamp { seconds: 2, nanos: 5_000_000 }),
            message_type: 621,
            outcome: pb::Outcome::Accepted as i32,
            payload_sha256: vec![0xab, 0x01].into(),
            documents: vec![pb::DocumentVerdict {
                ordinal: 1,
                outcome: pb::Outcome::Rejected as i32,
                status: -301,
                keys: Some(pb::DocumentKeys { order_no: "A-1".to_owned(), ..Default::default() }),
                ..Default::default()
            }],
            ..Default::default()
        };
        let json = serde_json::to_value(receipt(source, true)).expect("JSON");
        assert_eq!(json["time_ms"], 2005);
        assert_eq!(json["message_type"], "CEB621Message");
        assert_eq!(json["outcome"], "accepted");
        assert_eq!(json["replayed"], true);
        assert_eq!(json["payload_sha256"], "ab01");
        assert_eq!(json["documents"][0]["outcome"], "rejected");
        assert_eq!(json["documents"][0]["keys"], serde_json::json!({ "orderNo": "A-1" }));
        assert!(json.get("conflicts_with").is_none());
    }
}
