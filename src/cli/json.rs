//! Wire types as JSON for programs. Empty texts are left out; times are RFC 3339 in UTC+8.

use crate::domain::Timestamp;
use crate::pb::v1;
use serde_json::{Map, Value, json};

/// A wire time as ours.
pub(super) fn time(at: Option<&prost_types::Timestamp>) -> Option<Timestamp> {
    at.map(|at| Timestamp(at.seconds.saturating_mul(1000).saturating_add(i64::from(at.nanos) / 1_000_000)))
}

pub(super) fn time_value(at: Option<&prost_types::Timestamp>) -> Value {
    time(at).map_or(Value::Null, |at| Value::String(at.to_string()))
}

/// Name of an enum value, or its number if this program does not know it.
fn name<E: TryFrom<i32>>(number: i32, text: impl Fn(E) -> &'static str) -> Value {
    E::try_from(number).map_or_else(|_| json!(number), |known| json!(text(known)))
}

fn message_type(number: i32) -> Value {
    json!(number)
}

pub(super) fn compact(entries: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let kept = entries.into_iter().filter(|(_, value)| match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(all) => !all.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => true,
    });
    Value::Object(kept.map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>())
}

pub(super) fn list<T>(all: &[T], one: impl Fn(&T) -> Value) -> Value {
    Value::Array(all.iter().map(one).collect())
}

fn text(bytes: &[u8]) -> Value {
    json!(String::from_utf8_lossy(bytes))
}

/// Lower-case hex digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The numbers of a document.
pub(super) fn keys(keys: &v1::DocumentKeys) -> Value {
    compact([
        ("guid", json!(keys.guid)),
        ("ebp_code", json!(keys.ebp_code)),
        ("ebc_code", json!(keys.ebc_code)),
        ("order_no", json!(keys.order_no)),
        ("pay_code", json!(keys.pay_code)),
        ("pay_transaction_id", json!(keys.pay_transaction_id)),
        ("logistics_code", json!(keys.logistics_code)),
        ("logistics_no", json!(keys.logistics_no)),
        ("agent_code", json!(keys.agent_code)),
        ("cop_no", json!(keys.cop_no)),
        ("pre_no", json!(keys.pre_no)),
        ("invt_no", json!(keys.invt_no)),
        ("customs_code", json!(keys.customs_code)),
        ("trade_mode", json!(keys.trade_mode)),
        ("operator_code", json!(keys.operator_code)),
        ("bill_no", json!(keys.bill_no)),
        ("sum_no", json!(keys.sum_no)),
        ("msg_seq_no", json!(keys.msg_seq_no)),
        ("rkd_no", json!(keys.rkd_no)),
        ("pay_no", json!(keys.pay_no)),
        ("status", json!(keys.status)),
        ("tax_no", json!(keys.tax_no)),
        ("decl_seq_no", json!(keys.decl_seq_no)),
        ("assure_code", json!(keys.assure_code)),
        ("decl_agent_code", json!(keys.decl_agent_code)),
        ("statistics_flag", json!(keys.statistics_flag)),
    ])
}

fn keys_of(all: Option<&v1::DocumentKeys>) -> Value {
    all.map_or(Value::Null, keys)
}

pub(super) fn rejection(rejection: &v1::Rejection) -> Value {
    compact([
        ("rule", json!(rejection.rule)),
        ("official_code", if rejection.official_code == 0 { Value::Null } else { json!(rejection.official_code) }),
        ("line", if rejection.line == 0 { Value::Null } else { json!(rejection.line) }),
        ("column", if rejection.line == 0 { Value::Null } else { json!(rejection.column) }),
        ("path", json!(rejection.path)),
        ("field_zh", json!(rejection.field_zh)),
        ("field_en", json!(rejection.field_en)),
        ("message_zh", json!(rejection.message_zh)),
        ("message_en", json!(rejection.message_en)),
        ("found", json!(rejection.found)),
        ("expected", json!(rejection.expected)),
    ])
}

fn waiting(waiting: &v1::Waiting) -> Value {
    compact([
        ("rule", json!(waiting.rule)),
        ("message_zh", json!(waiting.message_zh)),
        ("message_en", json!(waiting.message_en)),
        ("field", json!(waiting.field)),
        ("left_type", message_type(waiting.left_type)),
        ("left_value", json!(waiting.left_value)),
        ("right_type", message_type(waiting.right_type)),
        ("right_value", json!(waiting.right_value)),
        ("key", json!(waiting.key)),
    ])
}

fn outcome(number: i32) -> Value {
    name(number, |outcome: v1::Outcome| outcome.as_str_name())
}

fn signature(number: i32) -> Value {
    name(number, |state: v1::SignatureState| state.as_str_name())
}

fn verdict(verdict: &v1::DocumentVerdict) -> Value {
    compact([
        ("ordinal", json!(verdict.ordinal)),
        ("outcome", outcome(verdict.outcome)),
        ("status", json!(verdict.status)),
        ("keys", keys_of(verdict.keys.as_ref())),
        ("rejections", list(&verdict.rejections, rejection)),
        ("waiting", list(&verdict.waiting, waiting)),
    ])
}

fn route_note(note: &v1::RouteNote) -> Value {
    compact([
        ("code", json!(note.code)),
        ("address", json!(note.address)),
        ("field", json!(note.field)),
        ("message_zh", json!(note.message_zh)),
        ("message_en", json!(note.message_en)),
    ])
}

/// A receipt.
pub(super) fn receipt(receipt: &v1::Receipt) -> Value {
    compact([
        ("receipt_id", json!(receipt.receipt_id)),
        ("position", json!(receipt.position)),
        ("time", time_value(receipt.time.as_ref())),
        ("message_type", message_type(receipt.message_type)),
        ("message_guid", json!(receipt.message_guid)),
        ("outcome", outcome(receipt.outcome)),
        ("signature", signature(receipt.signature)),
        ("conflicts_with", json!(receipt.conflicts_with)),
        ("notes", list(&receipt.notes, route_note)),
        ("payload_sha256", json!(hex(&receipt.payload_sha256))),
        ("rejections", list(&receipt.rejections, rejection)),
        ("rejections_omitted", json!(receipt.rejections_omitted)),
        ("documents", list(&receipt.documents, verdict)),
    ])
}

fn event(event: &v1::Event) -> Value {
    compact([
        ("kind", name(event.kind, |kind: v1::EventKind| kind.as_str_name())),
        ("document_id", json!(event.document_id)),
        ("message_type", message_type(event.message_type)),
        ("status", json!(event.status)),
        ("keys", keys_of(event.keys.as_ref())),
        ("time", time_value(event.time.as_ref())),
        ("decision_time", time_value(event.decision_time.as_ref())),
        ("info", json!(event.info)),
        ("rejections", list(&event.rejections, rejection)),
        ("waiting", list(&event.waiting, waiting)),
        ("position", json!(event.position)),
        ("receipt_id", json!(event.receipt_id)),
        ("signature", signature(event.signature)),
        ("party", json!(event.party)),
    ])
}

fn statistics(record: &v1::StatisticsRecord) -> Value {
    compact([
        ("ie_flag", json!(record.ie_flag)),
        ("trade_mode", json!(record.trade_mode)),
        ("customs_code", json!(record.customs_code)),
        ("port_code", json!(record.port_code)),
        ("decl_time", json!(record.decl_time)),
        ("traf_mode", json!(record.traf_mode)),
        ("country", json!(record.country)),
        ("ebp_code", json!(record.ebp_code)),
        ("ebc_code", json!(record.ebc_code)),
        ("agent_code", json!(record.agent_code)),
        ("currency", json!(record.currency)),
        ("freight", json!(record.freight)),
        ("insured_fee", json!(record.insured_fee)),
        ("gross_weight", json!(record.gross_weight)),
        ("net_weight", json!(record.net_weight)),
        ("lines", list(&record.lines, statistics_line)),
        ("postings", list(&record.postings, statistics_posting)),
    ])
}

fn statistics_posting(posting: &v1::StatisticsPosting) -> Value {
    compact([
        ("measure", json!(posting.measure().as_str_name())),
        ("kind", json!(posting.kind().as_str_name())),
        ("time", time_value(posting.time.as_ref())),
        ("figures", list(&posting.figures, statistics_figures)),
    ])
}

fn statistics_figures(figures: &v1::StatisticsFigures) -> Value {
    compact([
        ("gnum", json!(figures.gnum)),
        ("gcode", json!(figures.gcode)),
        ("country", json!(figures.country)),
        ("qty", json!(figures.qty)),
        ("unit", json!(figures.unit)),
        ("qty1", json!(figures.qty1)),
        ("unit1", json!(figures.unit1)),
        ("qty2", json!(figures.qty2)),
        ("unit2", json!(figures.unit2)),
        ("value", json!(figures.value)),
        ("currency", json!(figures.currency)),
    ])
}

fn statistics_line(line: &v1::StatisticsLine) -> Value {
    compact([
        ("gnum", json!(line.gnum)),
        ("gcode", json!(line.gcode)),
        ("gname", json!(line.gname)),
        ("country", json!(line.country)),
        ("qty", json!(line.qty)),
        ("unit", json!(line.unit)),
        ("qty1", json!(line.qty1)),
        ("unit1", json!(line.unit1)),
        ("qty2", json!(line.qty2)),
        ("unit2", json!(line.unit2)),
        ("total_price", json!(line.total_price)),
        ("currency", json!(line.currency)),
    ])
}

/// A delivery.
pub(super) fn delivery(delivery: &v1::Delivery) -> Value {
    let (document, statistics, receipt) = match &delivery.content {
        Some(v1::delivery::Content::Document(content)) => (text(&content.xml), Value::Null, Value::Null),
        Some(v1::delivery::Content::Statistics(record)) => (Value::Null, statistics(record), Value::Null),
        Some(v1::delivery::Content::Receipt(content)) => (Value::Null, Value::Null, text(&content.xml)),
        None => (Value::Null, Value::Null, Value::Null),
    };
    compact([
        ("delivery_id", json!(delivery.delivery_id)),
        ("predecessor_id", json!(delivery.predecessor_id)),
        ("cursor", json!(delivery.cursor)),
        ("event", delivery.event.as_ref().map_or(Value::Null, event)),
        ("document_xml", document),
        ("statistics", statistics),
        ("receipt_xml", receipt),
        ("receipt_dxp", text(&delivery.receipt_dxp)),
    ])
}

fn document(document: &v1::Document) -> Value {
    compact([
        ("document_id", json!(document.document_id)),
        ("message_type", message_type(document.message_type)),
        ("keys", keys_of(document.keys.as_ref())),
        ("status", json!(document.status)),
        ("status_zh", json!(document.status_zh)),
        ("status_en", json!(document.status_en)),
        ("time", time_value(document.time.as_ref())),
        ("waiting", list(&document.waiting, waiting)),
        ("xml", text(&document.xml)),
        ("replaced_by", json!(document.replaced_by)),
        ("frozen", json!(document.frozen)),
        ("receipt_id", json!(document.receipt_id)),
    ])
}

fn trace_event(event: &v1::TraceEvent) -> Value {
    compact([
        ("time", time_value(event.time.as_ref())),
        ("document_id", json!(event.document_id)),
        ("kind", name(event.kind, |kind: v1::EventKind| kind.as_str_name())),
        ("message_type", message_type(event.message_type)),
        ("status", json!(event.status)),
        ("text_zh", json!(event.text_zh)),
        ("text_en", json!(event.text_en)),
        ("party", json!(event.party)),
        ("receipt_id", json!(event.receipt_id)),
        ("rejections", list(&event.rejections, rejection)),
        ("waiting", list(&event.waiting, waiting)),
    ])
}

/// A timeline.
pub(super) fn trace(trace: &v1::TraceResponse) -> Value {
    json!({ "documents": list(&trace.documents, document), "events": list(&trace.events, trace_event) })
}

/// What became of a decision.
pub(super) fn decision(result: &v1::DecisionResult) -> Value {
    compact([
        ("effect", name(result.effect, |effect: v1::DecisionEffect| effect.as_str_name())),
        ("status", json!(result.status)),
        ("keys", keys_of(result.keys.as_ref())),
        ("message_zh", json!(result.message_zh)),
        ("message_en", json!(result.message_en)),
    ])
}

/// A report of the three-document match.
pub(super) fn match_report(report: &v1::MatchReport) -> Value {
    let side = |side: &v1::MatchSide| {
        compact([
            ("message_type", message_type(side.message_type)),
            ("standing", name(side.standing, |known: v1::MatchStanding| known.as_str_name())),
            ("document_id", json!(side.document_id)),
            ("number", json!(side.number)),
            (
                "must_act",
                list(&side.must_act, |party| compact([("code", json!(party.code)), ("name", json!(party.name))])),
            ),
            ("differences", list(&side.differences, waiting)),
            ("message_zh", json!(side.message_zh)),
            ("message_en", json!(side.message_en)),
        ])
    };
    let life = report.life.clone().unwrap_or_default();
    compact([
        ("list", report.list.as_ref().map_or(Value::Null, document)),
        ("deadline", time_value(report.deadline.as_ref())),
        ("sides", list(&report.sides, side)),
        ("release_time", time_value(life.release_time.as_ref())),
        ("close_time", time_value(life.close_time.as_ref())),
        ("arrival_time", time_value(life.arrival_time.as_ref())),
        ("departure_time", time_value(life.departure_time.as_ref())),
        ("signing_time", time_value(life.signing_time.as_ref())),
        ("traf_name", json!(life.traf_name)),
        ("voyage_no", json!(life.voyage_no)),
        ("bill_no", json!(life.bill_no)),
        ("total_package_no", json!(life.total_package_no)),
        ("cancelled_by", json!(life.cancelled_by)),
        ("consolidated_by", json!(life.consolidated_by)),
        (
            "declared_lines",
            list(&life.declared_lines, |line| {
                compact([
                    ("gnum", json!(line.gnum)),
                    ("decl_seq_no", json!(line.decl_seq_no)),
                    ("entry_id", json!(line.entry_id)),
                ])
            }),
        ),
        (
            "returned_lines",
            list(&life.returned_lines, |line| compact([("gnum", json!(line.gnum)), ("qty", json!(line.qty))])),
        ),
    ])
}

/// An item of the worklist.
pub(super) fn work_item(item: &v1::WorkItem) -> Value {
    compact([
        ("kind", name(item.kind, |known: v1::WorkKind| known.as_str_name())),
        ("due_time", time_value(item.due_time.as_ref())),
        ("open_time", time_value(item.open_time.as_ref())),
        ("overdue_time", time_value(item.overdue_time.as_ref())),
        ("document_id", json!(item.document_id)),
        ("number", json!(item.number)),
        ("owners", json!(item.owners)),
        ("customs_code", json!(item.customs_code)),
        ("message_zh", json!(item.message_zh)),
        ("message_en", json!(item.message_en)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_values_are_left_out_and_times_are_readable() {
        let value = receipt(&v1::Receipt {
            receipt_id: "R1".to_owned(),
            time: Some(prost_types::Timestamp { seconds: 0, nanos: 7_000_000 }),
            outcome: v1::Outcome::Accepted as i32,
            ..v1::Receipt::default()
        });
        assert_eq!(value["time"], "1970-01-01T08:00:00.007+08:00");
        assert_eq!(value["outcome"], "OUTCOME_ACCEPTED");
        assert!(value.get("conflicts_with").is_none(), "{value}");
    }

    #[test]
    fn a_number_that_this_program_does_not_know_is_kept() {
        assert_eq!(outcome(77), json!(77));
    }
}
