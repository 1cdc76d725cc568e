//! Bytes as sent to text: UTF-8, UTF-16 with a byte order mark, GBK, GB2312 and GB18030.

use std::borrow::Cow;

use encoding_rs::{DecoderResult, Encoding, GB18030, GBK, UTF_16BE, UTF_16LE};

use super::chars;
use super::places::Places;
use super::rules;
use crate::domain::{Fault, Place, limits};

/// Bytes in which an XML declaration must end.
const DECLARATION_BYTES_MAX: usize = 512;

/// Decodes a message by its byte order mark or its XML declaration.
///
/// Places in faults count characters of the sender's text. The byte order mark is left out.
///
/// # Errors
/// One fault: the bytes break their encoding, the declaration names another one than the bytes are in, or one
/// that is not taken.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Box<Fault>> {
    if bytes.len() > limits::MESSAGE_BYTES_MAX {
        return Err(Box::new(too_long(bytes.len())));
    }
    if let Some(rest) = bytes.strip_prefix(b"\xEF\xBB\xBF") {
        return match declared(rest) {
            Some(name) if !is_utf8(name) => Err(conflict("UTF-8", name)),
            _ => utf8(rest),
        };
    }
    for (mark, encoding, wide) in [(b"\xFF\xFE", UTF_16LE, "UTF-16"), (b"\xFE\xFF", UTF_16BE, "UTF-16")] {
        if let Some(rest) = bytes.strip_prefix(mark) {
            let text = convert(rest, encoding)?;
            return match declared(text.as_bytes()) {
                Some(name) if !name.to_ascii_uppercase().starts_with(b"UTF-16") => Err(conflict(wide, name)),
                _ => Ok(Cow::Owned(text)),
            };
        }
    }
    let Some(name) = declared(bytes) else {
        if matches!(bytes, [b'<', 0, ..] | [0, b'<', ..]) {
            return Err(fault(
                Place { line: 1, column: 1, offset: 0 },
                "UTF-16 报文必须以字节顺序标记（BOM）开头".into(),
                "a message in UTF-16 must begin with a byte order mark".into(),
                None,
            ));
        }
        return utf8(bytes);
    };
    if is_utf8(name) || (name.eq_ignore_ascii_case(b"US-ASCII") && bytes.is_ascii()) {
        return utf8(bytes);
    }
    let encoding = match name.to_ascii_uppercase().as_slice() {
        b"GB18030" => GB18030,
        b"GBK" | b"GB2312" | b"CP936" | b"GB_2312-80" => GBK,
        b"UTF-16" | b"UTF-16LE" | b"UTF-16BE" => return Err(conflict("UTF-8", name)),
        _ => {
            let shown = chars::cut(&String::from_utf8_lossy(name), limits::FOUND_CHARS_MAX);
            return Err(fault(
                Places::new("").at(0),
                format!("不支持编码 {shown}"),
                format!("encoding {shown} is not supported"),
                Some(shown),
            ));
        }
    };
    convert(bytes, encoding).map(Cow::Owned)
}

/// Decodes a message that says nothing of its encoding, in one that its envelope names.
///
/// # Errors
/// One fault: the bytes break the encoding.
pub fn decode_as<'a>(bytes: &'a [u8], encoding: &'static Encoding) -> Result<Cow<'a, str>, Box<Fault>> {
    if bytes.len() > limits::MESSAGE_BYTES_MAX {
        return Err(Box::new(too_long(bytes.len())));
    }
    if encoding == encoding_rs::UTF_8 { utf8(bytes) } else { convert(bytes, encoding).map(Cow::Owned) }
}

/// The encoding that the XML declaration of a message names; `None` if it names none.
#[must_use]
pub fn declared_encoding(bytes: &[u8]) -> Option<&[u8]> {
    declared(bytes)
}

fn is_utf8(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"UTF-8") || name.eq_ignore_ascii_case(b"UTF8")
}

/// The encoding an XML declaration names; `None` if there is no declaration or it names none.
fn declared(bytes: &[u8]) -> Option<&[u8]> {
    let rest = bytes.strip_prefix(b"<?xml")?;
    let head = rest.get(..rest.len().min(DECLARATION_BYTES_MAX)).unwrap_or_default();
    let end = head.windows(2).position(|pair| pair == b"?>")?;
    let head = head.get(..end)?;
    let at = head.windows(8).position(|word| word == b"encoding")?;
    let rest = head.get(at + 8..)?.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let (quote, rest) = rest.split_first()?;
    let end = rest.iter().position(|byte| byte == quote)?;
    rest.get(..end)
}

fn utf8(bytes: &[u8]) -> Result<Cow<'_, str>, Box<Fault>> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(error) => {
            let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let good = std::str::from_utf8(good).unwrap_or_default();
            let bad = bytes.get(good.len()..good.len() + error.error_len().unwrap_or(1)).unwrap_or_default();
            Err(broken("UTF-8", good, bad))
        }
    }
}

fn convert(bytes: &[u8], encoding: &'static Encoding) -> Result<String, Box<Fault>> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let capacity = decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or(bytes.len());
    let mut text = String::with_capacity(capacity);
    let (result, read) = decoder.decode_to_string_without_replacement(bytes, &mut text, true);
    match result {
        DecoderResult::InputEmpty => Ok(text),
        DecoderResult::OutputFull | DecoderResult::Malformed(..) => {
            let bad = match result {
                DecoderResult::Malformed(len, extra) => {
                    let end = read.saturating_sub(usize::from(extra));
                    bytes.get(end.saturating_sub(usize::from(len))..end).unwrap_or_default()
                }
                DecoderResult::InputEmpty | DecoderResult::OutputFull => &[],
            };
            Err(broken(encoding.name(), &text, bad))
        }
    }
}

fn broken(encoding: &str, good: &str, bad: &[u8]) -> Box<Fault> {
    let hex: Vec<String> = bad.iter().map(|byte| format!("{byte:02X}")).collect();
    let hex = hex.join(" ");
    fault(
        Places::new(good).at(good.len()),
        format!("字节 {hex} 不是合法的 {encoding} 编码"),
        format!("bytes {hex} are not valid {encoding}"),
        Some(hex),
    )
}

fn conflict(is: &str, name: &[u8]) -> Box<Fault> {
    let shown = chars::cut(&String::from_utf8_lossy(name), limits::FOUND_CHARS_MAX);
    fault(
        Place { line: 1, column: 1, offset: 0 },
        format!("声明的编码是 {shown}，实际是 {is}"),
        format!("the declaration names {shown}, but the bytes are {is}"),
        Some(shown),
    )
}

fn fault(place: Place, zh: String, en: String, found: Option<String>) -> Box<Fault> {
    Box::new(Fault {
        place,
        path: String::new(),
        field_zh: String::new(),
        field_en: String::new(),
        rule: rules::ENCODING,
        message_zh: zh,
        message_en: en,
        found,
        expected: "UTF-8 | UTF-16 (BOM) | GBK | GB18030".into(),
        official: 0,
    })
}

/// The fault of a message above the limit of bytes.
pub(super) fn too_long(bytes: usize) -> Fault {
    let max = limits::MESSAGE_BYTES_MAX;
    Fault {
        place: Place { line: 1, column: 1, offset: 0 },
        path: String::new(),
        field_zh: String::new(),
        field_en: String::new(),
        rule: rules::LIMIT,
        message_zh: format!("报文过大：{bytes} 字节，最多 {max}"),
        message_en: format!("the message is too large: {bytes} bytes, at most {max}"),
        found: Some(bytes.to_string()),
        expected: format!("..{max}"),
        official: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "<?xml version=\"1.0\" encoding=\"GBK\"?><a>订单</a>";

    #[test]
    fn declared_chinese_encodings_are_read() {
        for (label, encoding) in [("GBK", GBK), ("gb2312", GBK), ("GB18030", GB18030)] {
            let text = TEXT.replace("GBK", label);
            let (bytes, _, _) = encoding.encode(&text);
            assert_eq!(decode(&bytes).unwrap(), text);
        }
    }

    #[test]
    fn byte_order_marks_decide_and_are_left_out() {
        assert_eq!(decode(b"\xEF\xBB\xBF<a/>").unwrap(), "<a/>");
        let wide: Vec<u8> = [0xFF, 0xFE].into_iter().chain("<订/>".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(decode(&wide).unwrap(), "<订/>");
        let wide: Vec<u8> = [0xFE, 0xFF].into_iter().chain("<订/>".encode_utf16().flat_map(u16::to_be_bytes)).collect();
        assert_eq!(decode(&wide).unwrap(), "<订/>");
    }

    #[test]
    fn conflicts_and_unknown_encodings_are_faults() {
        let mut marked = b"\xEF\xBB\xBF".to_vec();
        marked.extend(TEXT.as_bytes());
        for bytes in [&marked[..], b"<?xml version='1.0' encoding='Shift_JIS'?><a/>", b"<\0a\0"] {
            assert_eq!(decode(bytes).unwrap_err().rule, rules::ENCODING);
        }
        assert_eq!(decode(b"<?xml version='1.0' encoding='UTF-16'?><a/>").unwrap_err().rule, rules::ENCODING);
    }

    #[test]
    fn broken_bytes_have_their_place_in_characters() {
        let fault = decode(b"<a>\n\xE8\xAE\xA2\xFF").unwrap_err();
        assert_eq!((fault.place.line, fault.place.column), (2, 2));
        assert_eq!(fault.found.as_deref(), Some("FF"));
        let (bytes, _, _) = GBK.encode(TEXT);
        let mut bytes = bytes.into_owned();
        let at = bytes.len() - 6;
        bytes[at] = 0xFF;
        let fault = decode(&bytes).unwrap_err();
        assert_eq!((fault.place.line, fault.place.column), (1, 41));
    }
}
