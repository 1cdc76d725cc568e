//! Typed documents: the first byte says what the rest is read as, protobuf, JSON or XML.

use super::sound;
use prost::Message as _;
use single_window::schema::{NoSink, SchemaSet, carried};
use single_window::typed::wire::CebMessage;
use single_window::typed::{Error, Message, Names, field_path};
use std::sync::LazyLock;

static SET: LazyLock<SchemaSet> = LazyLock::new(|| carried().expect("the carried schemas compile"));

/// Pieces for mutations: of JSON, of XML, and of protobuf.
pub const WORDS: &[&str] = &[
    "{\"CEB621Message\":{",
    "{\"ceb311\":{",
    "\"Inventory\":[",
    "\"inventory_head\":{",
    "\"BaseTransfer\":{",
    "\"guid\":\"1\"",
    "\"acturalPaid\":\"1.50\"",
    "\"Signature\":\"<Signature/>\"",
    "\"ExtendMessage\":{\"Message\":\"<a/>\"}",
    "\"\\u0000\"",
    "\"\\ud83d\\ude00\"",
    "\"\\ud800\"",
    "null",
    "true",
    "1e400",
    "-0",
    "[]",
    "{}",
    "[",
    "]",
    "}",
    ",",
    ":",
    "<ceb:CEB621Message xmlns:ceb=\"http://www.chinaport.gov.cn/ceb\">",
    "</ceb:CEB621Message>",
    "<ceb:Inventory>",
    "<ceb:InventoryHead>",
    "<ceb:BaseTransfer>",
    "<ceb:ExtendMessage><ceb:Message>",
    "<s:Signature xmlns:s=\"http://www.w3.org/2000/09/xmldsig#\">",
    "</s:Signature>",
    " xmlns:p=\"urn:p\"",
    " xmlns=\"\"",
    " p:a=\"&#10;\"",
    " xsi:nil=\"true\"",
    " xml:lang=\"zh\"",
    "<![CDATA[]]>",
    "]]>",
    "<!-- -->",
    "<?p?>",
    "&#13;",
    "&amp;",
    "\u{FFFE}",
    "\n",
    "\u{12}",
    "\u{1a}",
    "\u{22}",
    "\u{2a}",
    "\u{0}",
    "\u{7f}",
    "\u{b}\u{c}",
];

/// Reads any bytes in one form. What is taken can be written in every form, and is the same when it is read again.
pub fn run(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    let read = match choice % 4 {
        0 => Message::from_protobuf(rest),
        1 => Message::from_json(rest),
        2 => Message::from_xml(&text),
        _ => Message::of_document(["CEB311Message", "CEB513Message", "CEB621Message"][rest.len() % 3], &text),
    };
    match read {
        Ok(message) => comes_back(&message),
        Err(error) => tells(&error),
    }
    // Paths of faults come from elsewhere; whatever they say, they are translated or left alone.
    let path = text.lines().next().unwrap_or_default();
    for names in [Names::Protobuf, Names::Json] {
        drop(field_path(path, names));
    }
}

fn tells(error: &Error) {
    assert!(!error.problem.to_string().is_empty(), "a refusal has a reason");
    for names in [Names::Protobuf, Names::Json] {
        assert!(!error.place(names).is_empty(), "a refusal has a place");
    }
}

fn comes_back(message: &Message) {
    let wire = message.to_wire();
    assert!(Message::from_wire(&wire).as_ref() == Ok(message), "protobuf loses something");
    let bytes = wire.encode_to_vec();
    assert_eq!(bytes.len(), wire.bytes());
    assert_eq!(CebMessage::decode(bytes.as_slice()).as_ref(), Ok(&wire));
    let json = serde_json::to_vec(message).expect("texts and maps");
    assert!(Message::from_json(&json).as_ref() == Ok(message), "JSON loses something");
    let xml = match message.to_xml() {
        Ok(xml) => String::from_utf8(xml).expect("what is written is UTF-8"),
        Err(error) => return tells(&error),
    };
    let report = SET.validate(&xml, &mut NoSink);
    sound::report(&report, &xml);
    // Inside of a part that is kept as XML, well-formedness is for the check of the whole.
    if !report.faults.iter().any(|fault| fault.rule.starts_with("XML-")) {
        let again = Message::from_xml(&xml).expect("what was written can be read");
        assert!(again == *message, "XML loses something");
        assert_eq!(again.to_xml().expect("as before"), xml.as_bytes(), "the same message is the same XML");
    }
}
