//! Wire types as lines for people, in Chinese and English.

use super::json;
use super::paint::{Paint, pad, safe};
use crate::domain::{MessageType, status};
use crate::pb::v1;

/// Characters of one value that a line shows.
const VALUE_CHARS_MAX: usize = 64;

/// `HH:MM:SS.mmm` of a wire time, in UTC+8.
pub(super) fn clock(at: Option<&prost_types::Timestamp>) -> String {
    let text = json::time(at).map(|at| at.to_string()).unwrap_or_default();
    text.get(11..23).map_or_else(|| " ".repeat(12), str::to_owned)
}

/// `yyyy-MM-dd HH:MM:SS.mmm` of a wire time, in UTC+8.
pub(super) fn date_clock(at: Option<&prost_types::Timestamp>) -> String {
    let text = json::time(at).map(|at| at.to_string()).unwrap_or_default();
    text.get(..23).map_or_else(String::new, |text| text.replace('T', " "))
}

fn cut(text: &str) -> String {
    let text = safe(text);
    if text.chars().count() <= VALUE_CHARS_MAX {
        return text;
    }
    text.chars().take(VALUE_CHARS_MAX).chain(['…']).collect()
}

/// What a document is called: `清单 declaration list`.
pub(super) fn title(message_type: i32) -> (&'static str, &'static str) {
    MessageType::of_number(message_type).document_title()
}

/// `800 放行 released`, in colour.
pub(super) fn status_text(paint: Paint, code: i32) -> String {
    let (zh, en) = status::name(code);
    paint.status(code, &format!("{code} {zh} {en}"))
}

/// What happened: Chinese and English.
pub(super) fn kind(number: i32) -> (&'static str, &'static str) {
    crate::domain::EventKind::try_from(number).map_or(("事件", "event"), crate::domain::EventKind::title)
}

/// The numbers that a person looks for, most telling first.
pub(super) fn keys(keys: Option<&v1::DocumentKeys>) -> String {
    let Some(keys) = keys else { return String::new() };
    let named = [
        ("invtNo", &keys.invt_no),
        ("preNo", &keys.pre_no),
        ("copNo", &keys.cop_no),
        ("order", &keys.order_no),
        ("pay", &keys.pay_transaction_id),
        ("waybill", &keys.logistics_no),
        ("taxNo", &keys.tax_no),
        ("rkdNo", &keys.rkd_no),
        ("sumNo", &keys.sum_no),
        ("declSeqNo", &keys.decl_seq_no),
        ("bill", &keys.bill_no),
        ("part", &keys.msg_seq_no),
    ];
    let shown: Vec<String> = named
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name} {}", cut(value)))
        .collect();
    if shown.is_empty() { cut(&keys.guid) } else { shown.join("  ") }
}

/// One reason of a refusal on one line: rule, place, field, both texts, found and expected.
pub(super) fn rejection(paint: Paint, rejection: &v1::Rejection) -> String {
    let mut parts = vec![paint.red(&safe(&rejection.rule))];
    if rejection.line > 0 {
        parts.push(paint.dim(&format!("{}:{}", rejection.line, rejection.column)));
    }
    let element = rejection.path.rsplit('/').next().unwrap_or_default();
    let field = [element, &rejection.field_zh, &rejection.field_en].map(safe);
    let field: Vec<&str> = field.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    if !field.is_empty() {
        parts.push(paint.bold(&field.join(" ")));
    }
    parts.push(format!("{} · {}", safe(&rejection.message_zh), safe(&rejection.message_en)));
    if let Some(found) = &rejection.found {
        parts.push(format!("found {}", paint.yellow(&format!("\"{}\"", cut(found)))));
    }
    if !rejection.expected.is_empty() {
        parts.push(format!("expected {}", paint.green(&cut(&rejection.expected))));
    }
    parts.join("  ")
}

/// One thing that a list waits for, on one line.
pub(super) fn waiting(paint: Paint, waiting: &v1::Waiting) -> String {
    let mut text = format!(
        "{}  {} · {}",
        paint.yellow(&safe(&waiting.rule)),
        safe(&waiting.message_zh),
        safe(&waiting.message_en)
    );
    // The texts mostly hold the values already.
    let is_said = |value: &str| waiting.message_en.contains(value);
    let both_said = is_said(&waiting.left_value) && is_said(&waiting.right_value);
    if !waiting.field.is_empty() && !both_said {
        let (left, right) = (title(waiting.left_type), title(waiting.right_type));
        text.push_str(&format!(
            "  {}: {} {}  {} {}",
            paint.bold(&safe(&waiting.field)),
            left.1,
            paint.yellow(&format!("\"{}\"", cut(&waiting.left_value))),
            right.1,
            paint.yellow(&format!("\"{}\"", cut(&waiting.right_value)))
        ));
    } else if waiting.field.is_empty() && !is_said(&waiting.key) {
        text.push_str(&format!("  {}", paint.bold(&cut(&waiting.key))));
    }
    text
}

/// One delivery on one line.
pub(super) fn delivery(paint: Paint, delivery: &v1::Delivery) -> String {
    let Some(event) = &delivery.event else { return paint.dim("(empty delivery)") };
    let (kind_zh, kind_en) = kind(event.kind);
    let (title_zh, title_en) = title(event.message_type);
    let mut text = format!(
        "{}  {}  {}  {}  {}",
        paint.dim(&date_clock(event.time.as_ref())),
        pad(&format!("{kind_zh} {kind_en}"), 24),
        pad(&format!("{} {title_zh} {title_en}", event.message_type), 16),
        status_text(paint, event.status),
        paint.cyan(&keys(event.keys.as_ref()))
    );
    if !event.info.is_empty() {
        text.push_str(&format!("  {}", cut(&event.info)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejection_shows_everything_on_one_line() {
        let line = rejection(
            Paint::plain(),
            &v1::Rejection {
                rule: "XSD-LENGTH".into(),
                line: 3,
                column: 7,
                path: "/CEB311Message/Order[1]/OrderHead/orderNo".into(),
                field_zh: "订单编号".into(),
                field_en: "order number".into(),
                message_zh: "过长".into(),
                message_en: "too long".into(),
                found: Some("x\n".repeat(80)),
                expected: "at most 60 characters".into(),
                ..v1::Rejection::default()
            },
        );
        for part in ["XSD-LENGTH", "3:7", "orderNo 订单编号 order number", "过长 · too long", "at most 60"] {
            assert!(line.contains(part), "{part} in {line}");
        }
        assert!(!line.contains('\n') && line.contains('…'), "{line}");
    }

    #[test]
    fn a_difference_shows_both_values() {
        let line = waiting(
            Paint::plain(),
            &v1::Waiting {
                rule: "R-M3-05".into(),
                field: "acturalPaid".into(),
                left_type: 311,
                left_value: "100.00".into(),
                right_type: 411,
                right_value: "99.99".into(),
                ..v1::Waiting::default()
            },
        );
        assert!(line.contains("order \"100.00\"") && line.contains("payment \"99.99\""), "{line}");
    }
}
