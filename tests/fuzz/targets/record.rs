//! What the ledger's records hold: entries, received bytes, outcomes and their receipts, cursors.
//!
//! The first byte chooses what the rest is read as.

use prost::Message as _;
use single_window::domain::{Ending, EventKind, MessageType, Outcome, Position, Timestamp};
use single_window::feed::{Cursor, LedgerId};
use single_window::ledger::{Record, Stored};
use single_window::receipt;
use single_window::schema::{NoSink, SchemaSet, carried, decode};
use single_window::state::{Entry, Received};
use std::sync::LazyLock;

static SET: LazyLock<SchemaSet> = LazyLock::new(|| carried().expect("the carried schemas compile"));

/// Pieces for mutations: tags and lengths of protobuf.
pub const WORDS: &[&str] = &[
    "\u{1}",
    "\u{2}",
    "\u{3}",
    "\u{8}",
    "\n",
    "\u{12}",
    "\u{1a}",
    "\"",
    "*",
    "2",
    ":",
    "\u{0}",
    "\u{7f}",
    "\u{80}",
    "SWX0000000000000001",
    "01",
    "ffffffffffffffff",
    "\u{b}\u{c}",
    "]]>",
    "&",
    "\r",
];

/// Reads any bytes as one of the things that records hold.
pub fn run(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    match choice % 16 {
        kind @ 0..=9 => entry(u16::from(kind), rest),
        10..=12 => outcome(rest),
        13 | 14 => sections(rest),
        _ => words(&String::from_utf8_lossy(rest)),
    }
}

/// A record whose skeleton is the bytes, and one whose content they are.
fn entry(kind: u16, bytes: &[u8]) {
    let empty = Record { kind, version: 1, ..Record::default() };
    let raw = Record { skeleton: bytes.to_vec(), ..empty.clone() };
    check_entry(&raw);
    let content = single_window::state::Skeleton { content: bytes.to_vec(), ..Default::default() };
    check_entry(&Record { skeleton: content.encode_to_vec(), ..empty.clone() });
    check_entry(&Record { header: bytes.to_vec(), ..empty });
}

fn check_entry(record: &Record) {
    match Entry::of_record(record) {
        Ok(entry) => {
            let again = Entry::of_record(&entry.record()).expect("what was read can be written and read");
            assert_eq!(again, entry);
        }
        Err(error) => assert!(!error.reason.is_empty()),
    }
}

/// Skeleton and personal section, divided by a length.
fn sections(bytes: &[u8]) {
    let Some((length, rest)) = bytes.split_first_chunk::<2>() else { return };
    let at = usize::from(u16::from_le_bytes(*length)).min(rest.len());
    let (skeleton, personal) = rest.split_at(at);
    let record =
        Record { kind: 1, version: 1, header: Vec::new(), skeleton: skeleton.to_vec(), personal: personal.to_vec() };
    let stored = Stored { position: Position(1), time: Timestamp(0), record };
    if let Ok(exact) = Received::exact(&stored) {
        assert!(exact.bytes.len() <= bytes.len(), "nothing is made up");
        for ordinal in 0..4 {
            assert!(exact.document(ordinal).is_none_or(|part| part.len() <= exact.bytes.len()));
        }
        let masked = Received::masked(&stored, "*").expect("sections that fit, fit with a mask");
        for ordinal in 0..4 {
            assert!(masked.document(ordinal).is_none_or(|part| part.len() <= masked.bytes.len()));
        }
    }
}

/// Whatever an outcome holds, its receipts are well-formed; only types without a receipt have none.
fn outcome(bytes: &[u8]) {
    let Ok(outcome) = Outcome::decode(bytes) else { return };
    let position = Position(u64::from(outcome.party));
    let has_receipt = |number| MessageType::of_number(number).receipt().answered().is_some();
    let xml = receipt::message_xml(position, &outcome, bytes);
    if !xml.is_empty() || outcome.ending != Ending::Applied as i32 || has_receipt(outcome.message_type) {
        well_formed(&xml);
    }
    for event in outcome.events.iter().take(4) {
        let xml = receipt::event_xml(position, 1, Timestamp(outcome.time_ms), event);
        let refused = event.kind == EventKind::MessageRejected as i32;
        if !xml.is_empty() || refused || has_receipt(event.message_type) {
            well_formed(&xml);
        }
        drop(receipt::event_text(event));
        for waiting in &event.waiting {
            drop(receipt::waiting_text(waiting));
        }
    }
}

fn well_formed(xml: &[u8]) {
    let text = decode(xml).expect("receipts are UTF-8");
    let report = SET.validate(&text, &mut NoSink);
    let bad = report.faults.iter().find(|fault| fault.rule.starts_with("XML-"));
    assert!(bad.is_none_or(|fault| fault.rule == "XML-LIMIT"), "{bad:?}");
}

/// Texts that come back to us: receipt numbers and cursors.
fn words(text: &str) {
    if let Some(position) = receipt::position_of(text) {
        assert_eq!(receipt::position_of(&receipt::receipt_id(position)), Some(position));
    }
    let ledger = LedgerId::default();
    if let Ok(cursor) = Cursor::decode(text, &ledger) {
        assert_eq!(cursor.encode(&ledger), text);
    }
}
