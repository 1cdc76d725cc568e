//! `application/x-www-form-urlencoded`, as far as these messages need it.

use crate::domain::limits::PAYMENT_FORM_FIELDS_MAX;

/// The first value of a field of a form; `None` if it is not there or no UTF-8.
#[must_use]
pub fn field(form: &str, name: &str) -> Option<String> {
    let pairs = form.split('&').take(PAYMENT_FORM_FIELDS_MAX);
    let found = pairs.filter_map(|pair| pair.split_once('=')).find(|(key, _)| decode(key).as_deref() == Some(name))?;
    decode(found.1)
}

/// A value without its escapes; `None` for a wrong escape or what is no UTF-8 then.
#[must_use]
pub fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = char::from(rest.next()?).to_digit(16)?;
                let low = char::from(rest.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

/// A value with its escapes.
#[must_use]
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            other => {
                use std::fmt::Write;
                let written = write!(out, "%{other:02X}");
                debug_assert!(written.is_ok(), "a string takes everything");
            }
        }
    }
    out
}
