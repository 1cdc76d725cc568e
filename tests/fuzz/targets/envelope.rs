//! Envelopes: any bytes as what a door received.

use super::sound;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use single_window::domain::{Fault, limits};
use single_window::envelope::{self, Envelope, Form, Refused, SvNo, Unwrapped, carried, code_of_rule, unwrap};
use single_window::schema::{SchemaSet, decode};
use std::sync::LazyLock;

static SET: LazyLock<SchemaSet> = LazyLock::new(|| carried().expect("the carried schemas compile"));

/// Pieces for mutations.
pub const WORDS: &[&str] = &[
    "<DxpMsg xmlns=\"http://www.chinaport.gov.cn/dxp\" ver=\"1.0\">",
    "</DxpMsg>",
    "<DxpMsgSv xmlns=\"http://www.chinaport.gov.cn/dxp\" ver=\"1.0\">",
    "</DxpMsgSv>",
    "<SvNo Ver=\"1.0\">",
    "<MsgId>12345678202605011200000000000001</MsgId>",
    "<SubMsgId>1</SubMsgId>",
    "<TransInfo>",
    "</TransInfo>",
    "<ReceiverId>DXPSWX0000000001</ReceiverId>",
    "<MsgType>CEB311Message</MsgType>",
    "<MsgType>CEB621Message</MsgType>",
    "<Data>",
    "</Data>",
    "<Data/>",
    "PD94bWw=",
    "PENFQjMxMU1lc3NhZ2UvPg==",
    "PER4cE1zZy8+",
    "77u/",
    "//4=",
    "=",
    "==",
    "====",
    "\r\n",
    "&#13;",
    "&#x3D;",
    "<AddInfo>",
    "</AddInfo>",
    "<IsText Encode=\"GBK\"/>",
    "<IsText Encode=\"GB18030\"/>",
    "<IsText Encode=\"UTF-16\"/>",
    "<IsText Encode=\"\"/>",
    "<BizKey>",
    "<Key name=\"DealFlag\">1</Key>",
    "<RecMapId>7</RecMapId>",
    " ver=\"2.0\"",
    " xmlns:d=\"http://www.chinaport.gov.cn/dxp\"",
    "d:",
    "<?xml version=\"1.0\" encoding=\"GB18030\"?>",
    "<!DOCTYPE DxpMsg>",
    "<Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\"/>",
];

/// Opens any bytes.
pub fn run(data: &[u8]) {
    match unwrap(data, &SET) {
        Ok(opened) => taken_out(data, &opened),
        Err(refused) => refusal(&refused),
    }
}

/// What was opened is what was sent, and can be put into an envelope again.
fn taken_out(data: &[u8], opened: &Unwrapped<'_>) {
    let Some(envelope) = &opened.envelope else {
        assert_eq!((opened.form, opened.payload.as_ref()), (Form::Plain, data), "what has no envelope is left alone");
        assert_eq!(opened.data, None);
        return assert_eq!(opened.text, decode(data).expect("it was decoded before"));
    };
    assert_ne!(opened.form, Form::Plain);
    assert_eq!(opened.form == Form::Transport, envelope.sv.is_some());
    assert!(!opened.payload.is_empty() && opened.payload.len() <= limits::ENVELOPE_DATA_BYTES_MAX);
    if let Some(place) = &opened.data {
        let raw = data.get(place.clone()).expect("it lies in what was received");
        // Text of an element may be written in more ways than one; most senders write it plainly.
        if raw.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/= \t\r\n".contains(byte)) {
            let packed: Vec<u8> = raw.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
            assert_eq!(STANDARD.decode(packed).as_deref(), Ok(opened.payload.as_ref()), "the data is elsewhere");
        }
    }
    let again = written(envelope, &opened.payload);
    let reread = unwrap(&again, &SET).expect("what was read can be written and read");
    assert_eq!((&reread.envelope, &reread.payload, &reread.text), (&opened.envelope, &opened.payload, &opened.text));
    assert!(reread.data.is_some(), "what we write is UTF-8");
}

fn written(envelope: &Envelope, payload: &[u8]) -> Vec<u8> {
    let Envelope { trans_info, add_info, sv } = envelope;
    match sv {
        Some(way) => envelope::dxp_msg_sv(way, trans_info, add_info, payload),
        None => envelope::dxp_msg(trans_info, add_info, payload),
    }
}

/// A refusal says why and where, and its answer is one that its sender can read.
fn refusal(refused: &Refused) {
    assert!(!refused.faults.is_empty(), "a refusal has a reason");
    let answer = envelope::DxpRep {
        receiver_id: "DXPSWX0000000001".to_owned(),
        responses: refused.faults.iter().take(4).map(response).collect(),
        notice_date: "2026-05-01".to_owned(),
        original: refused.envelope.as_ref().map(|it| it.trans_info.clone()).unwrap_or_default(),
    };
    let text = String::from_utf8(envelope::dxp_rep(&answer)).expect("answers are UTF-8");
    let mut reader = quick_xml::Reader::from_str(&text);
    while reader.read_event().expect("answers are well-formed") != quick_xml::events::Event::Eof {}
    for fault in &refused.faults {
        if fault.rule.starts_with("R-DXP-") {
            assert!(!fault.message_zh.is_empty() && !fault.message_en.is_empty(), "{} says nothing", fault.rule);
            assert!(fault.found.as_ref().is_none_or(|found| found.chars().count() <= limits::FOUND_CHARS_MAX));
        } else {
            sound::fault(fault);
        }
        let offset = usize::try_from(fault.place.offset).expect("offsets are small");
        assert!(!refused.by_envelope || refused.text.is_char_boundary(offset), "{} points elsewhere", fault.rule);
    }
    // Whatever could be read of a faulty envelope can be answered: it is kept in a record as it is.
    if let Some(envelope) = &refused.envelope {
        let way = envelope.sv.clone().unwrap_or_else(SvNo::default);
        drop(envelope::dxp_msg_sv(&way, &envelope.trans_info, &envelope.add_info, b"x"));
    }
}

fn response(fault: &Fault) -> envelope::Response {
    envelope::Response {
        code: code_of_rule(fault.rule).to_owned(),
        info: fault.message_zh.clone(),
        note: fault.message_en.clone(),
        results: vec![(fault.path.clone(), fault.rule.to_owned(), fault.expected.clone())],
    }
}
