//! Character sets of the data: what AddInfo says, what the message says, and whether they agree.

use super::read::fault;
use crate::domain::{Fault, Place};
use crate::schema;
use encoding_rs::Encoding;
use std::borrow::Cow;

/// Rule of a character set that is unknown or differs from the message's own.
pub(super) const RULE: &str = "R-DXP-04";

/// Decodes the data of an envelope. `stated` is IsText/@Encode and its place; the caller gives a fault of it its path.
///
/// The message's byte order mark or XML declaration decides; a statement that differs is a fault. A message that says
/// nothing is decoded as stated, else as UTF-8.
pub(super) fn decode<'a>(data: &'a [u8], stated: Option<(&str, Place)>) -> Result<Cow<'a, str>, Box<Fault>> {
    let Some((label, place)) = stated.filter(|(label, _)| !label.trim().is_empty()) else {
        return schema::decode(data);
    };
    let Some(encoding) = of_label(label) else {
        let (zh, en) = (format!("不支持编码 {label}"), format!("character set {label} is not supported"));
        return Err(Box::new(fault(RULE, place, "", (zh, en), Some(label), "UTF-8 | UTF-16 | GBK | GB18030")));
    };
    match own(data) {
        None => schema::decode_as(data, encoding),
        Some(own) if own == encoding || (is_utf16(own) && is_utf16(encoding)) => schema::decode(data),
        Some(own) => {
            let own = own.name();
            let (zh, en) = (
                format!("声明的编码 {label} 与业务报文的编码 {own} 不一致"),
                format!("the character set {label} is not that of the message, {own}"),
            );
            Err(Box::new(fault(RULE, place, "", (zh, en), Some(label), own)))
        }
    }
}

fn of_label(label: &str) -> Option<&'static Encoding> {
    let encoding = Encoding::for_label(label.as_bytes())?;
    let taken = [encoding_rs::UTF_8, encoding_rs::GBK, encoding_rs::GB18030];
    (taken.contains(&encoding) || is_utf16(encoding)).then_some(encoding)
}

fn is_utf16(encoding: &'static Encoding) -> bool {
    encoding == encoding_rs::UTF_16LE || encoding == encoding_rs::UTF_16BE
}

/// What the message itself says: its byte order mark, else its declaration.
fn own(data: &[u8]) -> Option<&'static Encoding> {
    match Encoding::for_bom(data) {
        Some((encoding, _)) => Some(encoding),
        None => schema::declared_encoding(data).and_then(Encoding::for_label),
    }
}
