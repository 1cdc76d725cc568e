//! What commands share that record a typed request or list what is on record.

use super::paint::{Paint, safe};
use super::{json, show};
use crate::domain::Timestamp;
use crate::pb::v1;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Reads a time of a flag: `yyyyMMdd` or `yyyyMMddHHmmss` in UTC+8.
///
/// # Errors
/// What would be right.
pub(super) fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_ceb(text).ok_or_else(|| "a time looks like 20260131 or 20260131093000".to_owned())
}

pub(super) fn wire(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: at.0.div_euclid(1000),
        nanos: i32::try_from(at.0.rem_euclid(1000) * 1_000_000).unwrap_or(0),
    }
}

/// An id for one run of a command.
pub(super) fn request_id(given: Option<String>) -> String {
    given.unwrap_or_else(super::decide::new_guid)
}

/// Prints what became of a request. Exit code 1 if it was refused.
///
/// # Errors
/// As standard output says.
pub(super) fn print(paint: Paint, as_json: bool, recorded: Option<&v1::Recorded>) -> std::io::Result<ExitCode> {
    let empty = v1::Recorded::default();
    let recorded = recorded.unwrap_or(&empty);
    let refused = !recorded.rejections.is_empty();
    if as_json {
        let values: serde_json::Map<String, Value> =
            recorded.values.iter().map(|value| (value.name.clone(), json!(value.value))).collect();
        let reason = |why: &v1::Rejection| {
            json!({ "rule": why.rule, "path": why.path, "found": why.found, "expected": why.expected,
                    "message_zh": why.message_zh, "message_en": why.message_en })
        };
        let rejections: Vec<Value> = recorded.rejections.iter().map(reason).collect();
        let line = json!({ "receipt_id": recorded.receipt_id, "position": recorded.position,
                           "replayed": recorded.replayed, "rejections": rejections, "values": values });
        paint.line(line.to_string())?;
        return Ok(ExitCode::from(u8::from(refused)));
    }
    let (head, word) = if refused {
        (paint.red("✗"), "被拒 refused")
    } else if recorded.replayed {
        (paint.dim("="), "已有相同请求 there before")
    } else {
        (paint.green("✓"), "已记录 recorded")
    };
    paint.line(format!("{head} {word}  {}", paint.dim(&recorded.receipt_id)))?;
    for value in &recorded.values {
        paint.line(format!("    {} = {}", safe(&value.name), paint.cyan(&safe(&value.value))))?;
    }
    for rejection in &recorded.rejections {
        paint.line(format!("    {}", show::rejection(paint, rejection)))?;
    }
    Ok(ExitCode::from(u8::from(refused)))
}

/// One thing on record, as JSON or as a line of `name value` pairs; empty values are left out.
///
/// # Errors
/// As standard output says.
pub(super) fn item(paint: Paint, as_json: bool, head: &str, fields: &Value) -> std::io::Result<()> {
    if as_json {
        return paint.line(fields.to_string());
    }
    let text = |value: &Value| match value {
        Value::String(text) => safe(text),
        Value::Array(all) => {
            all.iter().map(|one| safe(one.as_str().unwrap_or(&one.to_string()))).collect::<Vec<_>>().join(", ")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => safe(&value.to_string()),
    };
    let is_there = |value: &Value| {
        !(value.is_null() || value == &json!("") || value == &json!([]) || value == &json!(0) || value == &json!(false))
    };
    let pairs: Vec<String> = fields
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, value)| is_there(value))
        .map(|(name, value)| format!("{} {}", paint.dim(name), text(value)))
        .collect();
    paint.line(format!("{head}  {}", pairs.join("  ")))
}

/// A time as text; empty for none.
pub(super) fn clock(at: Option<&prost_types::Timestamp>) -> String {
    if at.is_some() { show::date_clock(at) } else { String::new() }
}

/// The numbers of a document as text.
pub(super) fn keys(keys: Option<&v1::DocumentKeys>) -> String {
    show::keys(keys)
}

/// The numbers of a document as JSON.
pub(super) fn keys_json(keys: Option<&v1::DocumentKeys>) -> Value {
    keys.map_or(Value::Null, json::keys)
}
