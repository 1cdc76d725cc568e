//! How the text of a message was wrapped when it was received: encoding, base64, envelope.
//!
//! The ledger keeps the text, split into skeleton and personal spans, and what it takes to make the exact received
//! bytes of it. So a message in an envelope or in GB18030 is taken apart like any other, its personal values stand
//! once and can be erased one by one, and what was sent comes back byte for byte. Where the bytes cannot be made
//! again (base64 with odd white space, an encoding with several codes for a character) they are kept beside the text.

use crate::domain::limits::BASE64_LINE_CHARS_MAX;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use encoding_rs::{Encoding, GB18030, GBK, UTF_16BE, UTF_16LE};
use std::ops::Range;

/// What turns the text into the received bytes.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Wrapping {
    /// Bytes of the envelope before the base64 text; they stand first in the first personal part. With `whole`: all
    /// received bytes.
    #[prost(uint32, tag = "1")]
    pub head: u32,
    /// Bytes of the envelope after it; they stand behind them.
    #[prost(uint32, tag = "2")]
    pub tail: u32,
    /// `GBK`, `gb18030`, `UTF-16LE` or `UTF-16BE`; empty for UTF-8.
    #[prost(string, tag = "3")]
    pub encoding: String,
    /// True if a byte order mark is before the text.
    #[prost(bool, tag = "4")]
    pub mark: bool,
    /// True if the text is in base64, inside an envelope.
    #[prost(bool, tag = "5")]
    pub base64: bool,
    /// Characters of a line of base64; 0 for one line.
    #[prost(uint32, tag = "6")]
    pub line_chars: u32,
    /// True if these lines end in CR LF, false for LF.
    #[prost(bool, tag = "7")]
    pub crlf: bool,
    /// True if the received bytes cannot be made of the text: they are kept as they came.
    #[prost(bool, tag = "8")]
    pub whole: bool,
}

impl Wrapping {
    /// Describes how `received` holds `payload` (in base64 at `data`, or by itself), which is `text` in some encoding;
    /// and the bytes that are to be kept for it. `None` if the text is the received bytes themselves.
    #[must_use]
    pub fn describe(
        received: &[u8],
        data: Option<Range<usize>>,
        payload: &[u8],
        text: &str,
    ) -> Option<(Wrapping, Vec<u8>)> {
        if received == text.as_bytes() {
            return None;
        }
        let whole = || (Wrapping { head: length(received), whole: true, ..Wrapping::default() }, received.to_vec());
        let in_envelope = received != payload;
        let Some(mut wrapping) = encoding_of(payload, text) else { return Some(whole()) };
        if in_envelope {
            let lines = data.and_then(|data| lines_of(received, data));
            let Some((head, tail, line_chars, crlf)) = lines else { return Some(whole()) };
            wrapping = Wrapping {
                head: length(head),
                tail: length(tail),
                base64: true,
                line_chars: u32::try_from(line_chars).unwrap_or(u32::MAX),
                crlf,
                ..wrapping
            };
            let kept = [head, tail].concat();
            let again = wrapping.wrap(&kept, text);
            return Some(if again.as_deref() == Some(received) { (wrapping, kept) } else { whole() });
        }
        Some((wrapping, Vec::new()))
    }

    /// Bytes that are kept for it in the first personal part.
    #[must_use]
    pub fn kept_bytes(&self) -> usize {
        (self.head as usize).saturating_add(self.tail as usize)
    }

    /// The received bytes; `None` if the parts do not fit each other.
    #[must_use]
    pub fn wrap(&self, kept: &[u8], text: &str) -> Option<Vec<u8>> {
        if self.whole {
            return kept.get(..self.head as usize).map(<[u8]>::to_vec);
        }
        let (head, tail) = kept.split_at_checked(self.head as usize)?;
        let tail = tail.get(..self.tail as usize)?;
        let payload = encode(text, &self.encoding, self.mark)?;
        let mut bytes = head.to_vec();
        if self.base64 {
            let packed = STANDARD.encode(payload);
            let line_chars = if self.line_chars == 0 { packed.len().max(1) } else { self.line_chars as usize };
            let newline: &[u8] = if self.crlf { b"\r\n" } else { b"\n" };
            for (index, line) in packed.as_bytes().chunks(line_chars).enumerate() {
                if index > 0 {
                    bytes.extend_from_slice(newline);
                }
                bytes.extend_from_slice(line);
            }
        } else {
            bytes.extend(payload);
        }
        bytes.extend_from_slice(tail);
        Some(bytes)
    }
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).expect("a message is far below 4 GiB")
}

/// The encoding in which the text is the payload.
fn encoding_of(payload: &[u8], text: &str) -> Option<Wrapping> {
    let candidates = [
        ("", false),
        ("", true),
        (GB18030.name(), false),
        (GBK.name(), false),
        (UTF_16LE.name(), true),
        (UTF_16BE.name(), true),
    ];
    let marked = Encoding::for_bom(payload).is_some();
    candidates.into_iter().filter(|(_, mark)| *mark == marked).find_map(|(encoding, mark)| {
        let same = encode(text, encoding, mark)? == payload;
        same.then(|| Wrapping { encoding: encoding.to_owned(), mark, ..Wrapping::default() })
    })
}

fn encode(text: &str, encoding: &str, mark: bool) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() + 3);
    let marks: [&[u8]; 3] = [b"\xEF\xBB\xBF", b"\xFF\xFE", b"\xFE\xFF"];
    let [utf8, little, big] = marks.map(|bytes| if mark { bytes } else { &[] });
    match encoding {
        "" => {
            bytes.extend_from_slice(utf8);
            bytes.extend_from_slice(text.as_bytes());
        }
        "UTF-16LE" => {
            bytes.extend_from_slice(little);
            bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        }
        "UTF-16BE" => {
            bytes.extend_from_slice(big);
            bytes.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
        }
        name => {
            let (encoded, _, unmappable) = Encoding::for_label(name.as_bytes())?.encode(text);
            if unmappable {
                return None;
            }
            bytes.extend_from_slice(&encoded);
        }
    }
    Some(bytes)
}

/// Splits an envelope around its base64 text, and tells how long the lines of that are; white space around it belongs
/// to the envelope. `None` if lines are longer than any that are known.
fn lines_of(received: &[u8], data: Range<usize>) -> Option<(&[u8], &[u8], usize, bool)> {
    let text = received.get(data.clone())?;
    let begin = data.start + text.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let trimmed = text.trim_ascii();
    let (head, tail) = (received.get(..begin)?, received.get(begin + trimmed.len()..)?);
    match trimmed.iter().position(|byte| matches!(byte, b'\r' | b'\n')) {
        None => Some((head, tail, 0, false)),
        Some(line) if line <= BASE64_LINE_CHARS_MAX => Some((head, tail, line, trimmed.get(line) == Some(&b'\r'))),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "<?xml version=\"1.0\"?><订单>张三 &amp; 李四, 𠮷</订单>";

    fn round_trip(received: &[u8], data: Option<Range<usize>>, payload: &[u8]) -> Wrapping {
        let (wrapping, kept) = Wrapping::describe(received, data, payload, TEXT).expect("it is wrapped");
        assert_eq!(kept.len(), wrapping.kept_bytes());
        assert_eq!(wrapping.wrap(&kept, TEXT).as_deref(), Some(received));
        wrapping
    }

    fn payloads() -> Vec<Vec<u8>> {
        let gb18030 = GB18030.encode(TEXT).0.into_owned();
        let little = [0xFF, 0xFE].into_iter().chain(TEXT.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let big = [0xFE, 0xFF].into_iter().chain(TEXT.encode_utf16().flat_map(u16::to_be_bytes)).collect();
        vec![gb18030, little, big, [b"\xEF\xBB\xBF", TEXT.as_bytes()].concat()]
    }

    #[test]
    fn text_that_is_what_was_received_needs_nothing() {
        assert_eq!(Wrapping::describe(TEXT.as_bytes(), None, TEXT.as_bytes(), TEXT), None);
    }

    #[test]
    fn every_encoding_comes_back_without_a_second_copy() {
        for payload in payloads() {
            let wrapping = round_trip(&payload, None, &payload);
            assert!(!wrapping.whole && wrapping.kept_bytes() == 0, "{wrapping:?}");
        }
    }

    #[test]
    fn base64_comes_back_with_its_lines() {
        for payload in payloads().into_iter().chain([TEXT.as_bytes().to_vec()]) {
            let packed = STANDARD.encode(&payload);
            for (chars, newline) in [(1000, ""), (76, "\r\n"), (64, "\n"), (4, "\n")] {
                let lines: Vec<&[u8]> = packed.as_bytes().chunks(chars).collect();
                let body = lines.join(newline.as_bytes());
                let received = [b"<a>\r\n  ", body.as_slice(), newline.as_bytes(), b"</a>"].concat();
                let wrapping = round_trip(&received, Some(3..received.len() - 4), &payload);
                assert!(!wrapping.whole, "{chars} {newline:?}");
            }
        }
    }

    #[test]
    fn what_cannot_be_made_again_is_kept_whole() {
        let packed = STANDARD.encode(TEXT);
        let odd = format!("<a>{} {}\n{}</a>", &packed[..4], &packed[4..9], &packed[9..]);
        assert!(round_trip(odd.as_bytes(), Some(3..odd.len() - 4), TEXT.as_bytes()).whole);
        assert!(round_trip(b"anything", None, b"anything else").whole);
    }
}
