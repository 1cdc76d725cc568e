//! Decoding and well-formedness: any bytes.

use super::sound;
use single_window::schema::{NoSink, SchemaSet, decode};
use std::sync::LazyLock;

/// A schema under which everything is allowed below the root, so that the whole text is walked.
const ANYTHING: &[u8] = br#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="r"/></xs:schema>"#;

static SET: LazyLock<SchemaSet> = LazyLock::new(|| {
    let files: [(&str, &[u8]); 1] = [("r.xsd", ANYTHING)];
    SchemaSet::compile(&files, &["r.xsd"]).expect("a good schema")
});

/// Pieces for mutations.
pub const WORDS: &[&str] = &[
    "<?xml version=\"1.0\"?>",
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>",
    "<?xml version='1.1'?>",
    " encoding='GBK'",
    " encoding='GB18030'",
    " encoding='UTF-16'",
    " standalone='no'",
    "<r>",
    "</r>",
    "<r/>",
    "<a b='c'/>",
    " b='1' b='2'",
    " xmlns='urn:x'",
    " xmlns:p='urn:x'",
    " xmlns:p=''",
    " xmlns:xml='urn:x'",
    " xmlns:xmlns='urn:x'",
    " xml:space='preserve'",
    "<p:a/>",
    "<a:b:c/>",
    "<:a/>",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "--",
    "<?p d?>",
    "<?xml?>",
    "?>",
    "<!DOCTYPE r>",
    "<!DOCTYPE r [<!ENTITY a 'b'>]>",
    "<!ENTITY",
    "&amp;",
    "&lt;",
    "&a;",
    "&#0;",
    "&#65;",
    "&#x10FFFF;",
    "&#x110000;",
    "&#99999999999999999999;",
    "&",
    "<",
    ">",
    "\"",
    "'",
    "=",
    "/",
    "\r\n",
    "\r",
    "\t",
    "\u{0}",
    "\u{85}",
    "\u{2028}",
    "\u{FEFF}",
    "\u{FFFE}",
    "\u{FFFF}",
    "\u{1F600}",
    "订单",
    "é",
];

/// Reads any bytes as a message and checks what is said of them.
pub fn run(data: &[u8]) {
    let text = match decode(data) {
        Ok(text) => text,
        Err(fault) => return sound::fault(&fault),
    };
    let report = SET.validate(&text, &mut NoSink);
    sound::report(&report, &text);
    // One mark is left out; another is a character outside of the root.
    assert!(!text.starts_with('\u{FEFF}') || !report.is_valid(), "a second mark is skipped");
    if !report.faults.iter().any(|fault| fault.rule.starts_with("XML-")) {
        is_read_by_another(&text);
    }
    // A NUL after the mark of UTF-16 makes it that of UTF-32.
    if !text.starts_with("<?xml") && !text.starts_with('\0') && data.len() < 4096 {
        let wide: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(decode(&wide).expect("the same text in UTF-16"), text);
    }
}

/// What has no fault here must be readable by an independent reader.
fn is_read_by_another(text: &str) {
    let mut reader = quick_xml::Reader::from_str(text);
    let mut open = 0_usize;
    loop {
        match reader.read_event().expect("well-formed text is readable") {
            quick_xml::events::Event::Start(_) => open += 1,
            quick_xml::events::Event::End(_) => open -= 1,
            quick_xml::events::Event::Eof => break,
            quick_xml::events::Event::DocType(_) => panic!("a document type declaration was let through"),
            _ => {}
        }
    }
    assert_eq!(open, 0, "well-formed text closes what it opens");
}
