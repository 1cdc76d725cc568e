//! Writing envelopes: the same values give the same bytes, and they pass the schema of [`super::carried`] if the
//! values keep its lengths; texts of ours are cut to them.

use super::{AddInfo, DXP_NAMESPACE, SvNo, TransInfo};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Characters of ResponseInfo.
const INFO_CHARS_MAX: usize = 300;
/// Characters of the remark of a response.
const NOTE_CHARS_MAX: usize = 500;

/// A transport answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DxpRep {
    /// DXP id that it goes to.
    pub receiver_id: String,
    /// One answer for the message, and one for each receiver that needs its own.
    pub responses: Vec<Response>,
    /// Day of the answer, `yyyy-MM-dd`.
    pub notice_date: String,
    /// Head of the message that is answered.
    pub original: TransInfo,
}

/// One answer in a [`DxpRep`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// One of [`super::code`].
    pub code: String,
    /// In words.
    pub info: String,
    /// A remark; empty for none.
    pub note: String,
    /// What the answer is about, for example a receiver, each with the code and words for it.
    pub results: Vec<(String, String, String)>,
}

/// A business message in the envelope of a terminal node.
#[must_use]
pub fn dxp_msg(head: &TransInfo, more: &AddInfo, message: &[u8]) -> Vec<u8> {
    let mut xml = String::with_capacity(1024 + message.len() / 3 * 4);
    xml.push_str(DECLARATION);
    put_dxp_msg(&mut xml, head, more, message);
    xml.into_bytes()
}

/// A business message in the envelope of a transport node.
#[must_use]
pub fn dxp_msg_sv(way: &SvNo, head: &TransInfo, more: &AddInfo, message: &[u8]) -> Vec<u8> {
    let mut xml = String::with_capacity(2048 + message.len() / 3 * 4);
    xml.push_str(DECLARATION);
    root(&mut xml, "DxpMsgSv");
    xml.push_str("<SvNo Ver=\"1.0\">");
    element(&mut xml, "MsgId", &way.msg_id);
    optional(&mut xml, "SubMsgId", way.sub_msg_id.as_deref());
    element(&mut xml, "SendTime", &way.send_time);
    element(&mut xml, "EndNode", &way.end_node);
    element(&mut xml, "StaNode", &way.sta_node);
    xml.push_str("</SvNo>");
    put_dxp_msg(&mut xml, head, more, message);
    xml.push_str("</DxpMsgSv>");
    xml.into_bytes()
}

/// A transport answer.
#[must_use]
pub fn dxp_rep(answer: &DxpRep) -> Vec<u8> {
    let mut xml = String::with_capacity(1024);
    xml.push_str(DECLARATION);
    root(&mut xml, "DxpRep");
    element(&mut xml, "RecevierId", &answer.receiver_id);
    for response in &answer.responses {
        xml.push_str("<Response>");
        element(&mut xml, "ResponseCode", &response.code);
        element(&mut xml, "ResponseInfo", cut(&response.info, INFO_CHARS_MAX));
        if !response.results.is_empty() {
            xml.push_str("<Results>");
            for (about, code, info) in &response.results {
                xml.push_str("<Result>");
                element(&mut xml, "RecId", about);
                element(&mut xml, "Code", code);
                element(&mut xml, "Info", info);
                xml.push_str("</Result>");
            }
            xml.push_str("</Results>");
        }
        element(&mut xml, "NoticeTime", &answer.notice_date);
        optional(&mut xml, "Note", Some(cut(&response.note, NOTE_CHARS_MAX)).filter(|note| !note.is_empty()));
        xml.push_str("<OriHead>");
        put_head(&mut xml, &answer.original);
        xml.push_str("</OriHead></Response>");
    }
    xml.push_str("</DxpRep>");
    xml.into_bytes()
}

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

fn root(xml: &mut String, name: &str) {
    xml.push('<');
    xml.push_str(name);
    xml.push_str(" xmlns=\"");
    xml.push_str(DXP_NAMESPACE);
    xml.push_str("\" ver=\"1.0\">");
}

fn put_dxp_msg(xml: &mut String, head: &TransInfo, more: &AddInfo, message: &[u8]) {
    root(xml, "DxpMsg");
    xml.push_str("<TransInfo>");
    put_head(xml, head);
    xml.push_str("</TransInfo><Data>");
    STANDARD.encode_string(message, xml);
    xml.push_str("</Data>");
    put_add_info(xml, more);
    xml.push_str("</DxpMsg>");
}

fn put_head(xml: &mut String, head: &TransInfo) {
    element(xml, "CopMsgId", &head.cop_msg_id);
    element(xml, "SenderId", &head.sender_id);
    xml.push_str("<ReceiverIds>");
    for receiver in &head.receiver_ids {
        element(xml, "ReceiverId", receiver);
    }
    xml.push_str("</ReceiverIds>");
    element(xml, "CreatTime", &head.creat_time);
    element(xml, "MsgType", &head.msg_type);
}

fn put_add_info(xml: &mut String, more: &AddInfo) {
    if *more == AddInfo::default() {
        return;
    }
    xml.push_str("<AddInfo>");
    optional(xml, "FileName", more.file_name.as_deref());
    optional(xml, "IcCard", more.ic_card.as_deref());
    if !more.biz_keys.is_empty() {
        xml.push_str("<BizKey>");
        for (name, value) in &more.biz_keys {
            xml.push_str("<Key name=\"");
            escape(xml, name);
            xml.push_str("\">");
            escape(xml, value);
            xml.push_str("</Key>");
        }
        xml.push_str("</BizKey>");
    }
    if let Some(encode) = &more.encode {
        xml.push_str("<IsText Encode=\"");
        escape(xml, encode);
        xml.push_str("\"/>");
    }
    optional(xml, "RecMapId", more.rec_map_id.as_deref());
    xml.push_str("</AddInfo>");
}

fn optional(xml: &mut String, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        element(xml, name, value);
    }
}

fn element(xml: &mut String, name: &str, value: &str) {
    for part in ["<", name, ">"] {
        xml.push_str(part);
    }
    escape(xml, value);
    for part in ["</", name, ">"] {
        xml.push_str(part);
    }
}

/// Writes text that may stand in an element or between quotes; what XML forbids becomes U+FFFD.
fn escape(xml: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '&' => xml.push_str("&amp;"),
            '"' => xml.push_str("&quot;"),
            '\t' | '\n' | '\r' => xml.push_str(&format!("&#{};", u32::from(character))),
            ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}' => xml.push(character),
            _ => xml.push('\u{fffd}'),
        }
    }
}

/// The first characters of a text.
fn cut(text: &str, chars_max: usize) -> &str {
    text.char_indices().nth(chars_max).map_or(text, |(end, _)| text.get(..end).unwrap_or(text))
}
