//! Bytes as sent to text: UTF-8, UTF-16 with a byte order mark, GBK, GB2312 and GB18030.

use std::borrow::Cow;

use encoding_rs::{DecoderResult, Encoding, GB18030, GBK, UTF_16BE, UTF_16LE};

use super::chars;
use super::places::Places;
use super::rules;
use crate::domain::{Fault, Place, limits};

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
    if bytes.starts_with(b"\xFF\xFE\0\0") || bytes.starts_with(b"\0\0\xFE\xFF") {
        return Err(unsupported("UTF-32"));
    }
    for (mark, encoding, own) in [(b"\xFF\xFE", UTF_16LE, "UTF-16LE"), (b"\xFE\xFF", UTF_16BE, "UTF-16BE")] {
        if let Some(rest) = bytes.strip_prefix(mark) {
            let text = convert(rest, encoding)?;
            let fits = |name: &[u8]| [b"UTF-16", own.as_bytes()].iter().any(|known| name.eq_ignore_ascii_case(known));
            return match declared(text.as_bytes()) {
                Some(name) if !fits(name) => Err(conflict(own, name)),
                _ => Ok(Cow::Owned(text)),
            };
        }
    }
    let Some(name) = declared(bytes) else {
        if matches!(bytes, [b'<', 0, _, 0, ..] | [0, b'<', 0, _, ..]) {
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
        _ => return Err(unsupported(&String::from_utf8_lossy(name))),
    };
    convert(bytes, encoding).map(Cow::Owned)
}

/// Decodes a schema, or a file that is checked against a schema of one's own: what [`decode`] takes, and ISO-8859-1,
/// which much of the world's XML outside of this exchange is in.
///
/// # Errors
/// As [`decode`].
pub fn decode_document(bytes: &[u8]) -> Result<Cow<'_, str>, Box<Fault>> {
    let is_latin = declared(bytes).is_some_and(|name| LATIN.iter().any(|known| name.eq_ignore_ascii_case(known)));
    if is_latin && bytes.len() <= limits::MESSAGE_BYTES_MAX / 2 {
        return Ok(encoding_rs::mem::decode_latin1(bytes));
    }
    decode(bytes)
}

/// Names of ISO-8859-1. Source: IANA, character sets.
const LATIN: [&[u8]; 5] = [b"ISO-8859-1", b"ISO_8859-1", b"LATIN1", b"L1", b"ISO-IR-100"];

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
///
/// The scanner checks the form of the declaration later.
fn declared(bytes: &[u8]) -> Option<&[u8]> {
    let rest = bytes.strip_prefix(b"<?xml").filter(|rest| rest.first().is_some_and(|byte| chars::is_space(*byte)))?;
    let end = rest.windows(2).position(|pair| pair == b"?>")?;
    let head = rest.get(..end)?;
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

fn unsupported(name: &str) -> Box<Fault> {
    let shown = chars::cut(name, limits::FOUND_CHARS_MAX);
    fault(
        Place { line: 1, column: 1, offset: 0 },
        format!("不支持编码 {shown}"),
        format!("encoding {shown} is not supported"),
        Some(shown),
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
        let big = |text: &str| -> Vec<u8> {
            [0xFE, 0xFF].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect()
        };
        let (long, wrong, other) = (
            format!("<?xml version='1.0'{}encoding='Big5'?><a/>", " ".repeat(600)),
            big("<?xml version='1.0' encoding='UTF-16LE'?><a/>"),
            big("<?xml version='1.0' encoding='UTF-8'?><a/>"),
        );
        for bytes in [
            &marked[..],
            b"<?xml version='1.0' encoding='Shift_JIS'?><a/>",
            b"<?xml version='1.0' encoding='ISO-8859-1'?><a/>",
            b"<?xml version='1.0' encoding='UTF-16'?><a/>",
            b"<?xml version='1.0' encoding='UTF-16BE'?><a/>",
            b"<\0a\0/\0>\0",
            b"\0<\0a\0/\0>",
            b"\xFF\xFE\0\0<\0\0\0",
            b"\0\0\xFE\xFF\0\0\0<",
            long.as_bytes(),
            &wrong,
            &other,
        ] {
            assert_eq!(decode(bytes).unwrap_err().rule, rules::ENCODING, "{:?}", String::from_utf8_lossy(bytes));
        }
        // No declaration, though it begins like one.
        assert!(decode(b"<?xml-stylesheet encoding='Big5'?><a/>").is_ok());
        assert!(decode(&big("<?xml version='1.0' encoding='utf-16be'?><a/>")).is_ok());
    }

    #[test]
    fn documents_of_other_kinds_may_be_in_latin_letters() {
        let latin = b"<?xml version='1.0' encoding='iso-8859-1'?><a>\xE9\x80</a>";
        assert_eq!(decode_document(latin).unwrap().split_once("?>").unwrap().1, "<a>\u{E9}\u{80}</a>");
        assert_eq!(decode(latin).unwrap_err().rule, rules::ENCODING);
        let mut marked = b"\xEF\xBB\xBF".to_vec();
        marked.extend(latin);
        assert!(decode_document(&marked).is_err(), "the mark says otherwise");
        assert!(decode_document(b"<?xml version='1.0' encoding='ISO-8859-2'?><a/>").is_err());
        assert_eq!(decode_document("<订/>".as_bytes()).unwrap(), "<订/>");
    }

    #[test]
    fn broken_bytes_have_their_place_in_characters() {
        let utf16 = |units: &[u16]| -> Vec<u8> {
            [0xFF, 0xFE].into_iter().chain(units.iter().flat_map(|unit| unit.to_le_bytes())).collect()
        };
        let gb = |label: &str, text: &str, bad: &[u8]| -> Vec<u8> {
            let text = format!("<?xml version='1.0' encoding='{label}'?>{text}");
            let (bytes, _, _) = GB18030.encode(&text);
            bytes.iter().chain(bad).copied().collect()
        };
        let cases: &[(Vec<u8>, (u32, u32), &str)] = &[
            (b"<a>\n\xE8\xAE\xA2\xFF".to_vec(), (2, 2), "FF"),
            (b"<a>\r\n\xF0\x9F\x98\x80\xC0\xAF".to_vec(), (2, 2), "C0"),
            (b"\xEF\xBB\xBF<a>\xED\xA0\x80".to_vec(), (1, 4), "ED"),
            (b"<a>\xF4\x90\x80\x80".to_vec(), (1, 4), "F4"),
            (b"<a>\xE8\xAE".to_vec(), (1, 4), "E8"),
            (utf16(&[0x3C, 0x61, 0x3E, 0x0D, 0x0A, 0xD83D, 0xDE00, 0xDC00]), (2, 2), "00 DC"),
            (utf16(&[0x3C, 0xD83D]), (1, 2), "3D D8"),
            (gb("GB18030", "\r\n<a>订单😀", b"\x81\x30\x81\x20"), (2, 7), "81"),
            (gb("GBK", "\n<a>订单", b"\xFF"), (2, 6), "FF"),
            (gb("gb2312", "<a>订", b"\x81"), (1, 44), "81"),
        ];
        for (bytes, place, found) in cases {
            let fault = decode(bytes).unwrap_err();
            let shown = fault.found.clone().unwrap_or_default();
            assert_eq!((fault.place.line, fault.place.column), *place, "{shown}");
            assert!(shown.starts_with(found), "{shown} should begin with {found}");
        }
    }
}
