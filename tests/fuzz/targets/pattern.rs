//! `xs:pattern`: the first line is the expression, the rest is the value.

use super::sound;
use single_window::schema::{NoSink, SchemaSet};

/// Pieces for mutations.
pub const WORDS: &[&str] = &[
    "[a-z]",
    "[^a-z]",
    "[a-z-[aeiou]]",
    "[\\i-[:]]",
    "\\d",
    "\\D",
    "\\s",
    "\\S",
    "\\w",
    "\\W",
    "\\i",
    "\\I",
    "\\c",
    "\\C",
    "\\p{L}",
    "\\p{Lu}",
    "\\P{Nd}",
    "\\p{IsBasicLatin}",
    "\\p{IsCJKUnifiedIdeographs}",
    "\\p{IsNowhere}",
    "\\p{",
    "{2}",
    "{2,}",
    "{0,3}",
    "{3,2}",
    "{99999}",
    "{4294967296}",
    "(",
    ")",
    "(a|b)*",
    "(a*)*",
    "(a|a)*b",
    "(((a+)+)+)+",
    "?",
    "*",
    "+",
    "|",
    ".",
    "^",
    "$",
    "\\n",
    "\\.",
    "\\-",
    "\\[",
    "\\u",
    "-",
    "[-a]",
    "[a-]",
    "[]",
    "[z-a]",
    "\n",
    "订",
    "\u{1F600}",
];

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push_str(&format!("&#{};", u32::from(c))),
            ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'.. => out.push(c),
            _ => out.push('?'),
        }
    }
    out
}

/// Compiles an expression and matches a value.
pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (pattern, value) = text.split_once('\n').unwrap_or((&text, ""));
    let schema = format!(
        "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"><xs:element name=\"r\"><xs:simpleType>\
         <xs:restriction base=\"xs:string\"><xs:pattern value=\"{}\"/></xs:restriction></xs:simpleType></xs:element></xs:schema>",
        escaped(pattern)
    );
    let files: [(&str, &[u8]); 1] = [("p.xsd", schema.as_bytes())];
    let Ok(set) = SchemaSet::compile(&files, &["p.xsd"]) else { return };
    for value in [value, "", "a", &value.repeat(64)] {
        let text = format!("<r>{}</r>", escaped(value));
        let report = set.validate(&text, &mut NoSink);
        sound::report(&report, &text);
        assert!(report.faults.iter().all(|fault| fault.rule == "XSD-PATTERN"), "{:?}", report.faults);
    }
}
