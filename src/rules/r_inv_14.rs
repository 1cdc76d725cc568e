//! R-INV-14: a list number is customs office, year, direction and serial: 18 characters, export up to 20.
//!
//! Source: field code for import; 202205 revision note for export (serial of 9 to 11 digits). Passing:
//! `46122026I000000001`. Failing: `46122026X000000001`.

use super::{Findings, Rule, declarations};
use crate::domain::Field;

pub(super) const RULE: Rule = Rule {
    id: "R-INV-14",
    statement: "invtNo is 4 digits of the office, 4 of the year, I or E, and a serial of 9 digits (export up to 11)",
    source: "field code for import; 202205 revision note for export",
    kinds: declarations,
    fields: &[Field::InvtNo],
    check,
};

fn check(findings: &mut Findings<'_, '_>) {
    findings.each_document(|findings, kind, document| {
        let (flag, serial_max, expected) =
            if kind.is_export() { (b'E', 11, "[0-9]{8}E[0-9]{9,11}") } else { (b'I', 9, "[0-9]{8}I[0-9]{9}") };
        let is_number = |text: &str| {
            let bytes = text.as_bytes();
            let Some((office_and_year, [direction, serial @ ..])) = bytes.split_at_checked(8) else { return false };
            let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
            digits(office_and_year) && *direction == flag && (9..=serial_max).contains(&serial.len()) && digits(serial)
        };
        let lines = document.lines.iter().enumerate().map(|(index, line)| (Some(index), line));
        for (line, fields) in std::iter::once((None, &document.head)).chain(lines) {
            if let Some(value) = fields.given(Field::InvtNo).filter(|value| !is_number(&value.text)) {
                let zh = "应为关区4位、年份4位、进出口标志及流水号";
                let en = "must be office (4 digits), year (4), direction and serial";
                findings.breaks(Field::InvtNo, value, line, expected, zh, en);
            }
        }
    });
}
