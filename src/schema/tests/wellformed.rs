//! Well-formedness: a table of small texts for each production and constraint of XML 1.0 (fifth edition) that
//! concerns texts without a DTD, and of Namespaces in XML 1.0.
//!
//! `wellformed.txt` has one case a line: `+` (well-formed) or the rule that refuses it, a space, the production or
//! constraint, a colon and a space, the bytes. `\n`, `\r`, `\t`, `\\`, `\u{…}` and `\x..` (a byte) are escapes.

use super::sample::set;
use crate::schema::{NoSink, decode};

const TABLE: &str = include_str!("wellformed.txt");

/// The bytes that an escaped text stands for.
fn bytes_of(escaped: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = escaped;
    while let Some((before, after)) = rest.split_once('\\') {
        bytes.extend_from_slice(before.as_bytes());
        let mut chars = after.chars();
        let kind = chars.next().unwrap();
        rest = chars.as_str();
        match kind {
            'n' => bytes.push(b'\n'),
            'r' => bytes.push(b'\r'),
            't' => bytes.push(b'\t'),
            '\\' => bytes.push(b'\\'),
            'x' => {
                bytes.push(u8::from_str_radix(rest.get(..2).unwrap(), 16).unwrap());
                rest = rest.get(2..).unwrap();
            }
            'u' => {
                let (hex, behind) = rest.strip_prefix('{').unwrap().split_once('}').unwrap();
                let c = char::from_u32(u32::from_str_radix(hex, 16).unwrap()).unwrap();
                bytes.extend_from_slice(c.to_string().as_bytes());
                rest = behind;
            }
            _ => panic!("unknown escape \\{kind} in {escaped}"),
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

#[test]
fn the_table_is_judged_as_the_recommendations_do() {
    // Everything well-formed is valid against this schema.
    let schema = set(r#"<xs:element name="a"><xs:complexType mixed="true"><xs:sequence>
             <xs:any minOccurs="0" maxOccurs="unbounded" processContents="skip"/></xs:sequence>
             <xs:anyAttribute processContents="skip"/></xs:complexType></xs:element>"#);
    let (mut seen, mut wrong) = ((0, 0), Vec::new());
    for line in TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (verdict, rest) = line.split_once(' ').unwrap();
        let (_, escaped) = rest.split_once(": ").unwrap();
        let bytes = bytes_of(escaped);
        let found = match decode(&bytes) {
            Err(fault) => Some(fault.rule),
            Ok(text) => schema.validate(&text, &mut NoSink).faults.first().map(|fault| fault.rule),
        };
        let wanted = (verdict != "+").then_some(verdict);
        *if wanted.is_none() { &mut seen.0 } else { &mut seen.1 } += 1;
        if found != wanted {
            wrong.push(format!("{line}\n  gave {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen.0 > 70 && seen.1 > 240, "{seen:?}");
}
