//! From any form to any other and back without loss, for every type.
#![expect(clippy::wildcard_enum_match_arm, reason = "of JSON's values only these were made")]

use proptest::prelude::*;
use serde_json::Value;

use super::super::Message;
use super::SCHEMA;
use super::model::{self, Element};
use crate::schema::{AttributeInfo, ElementId, ElementInfo, Sink};
use prost::Message as _;
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::LazyLock;

/// What the program's own validator finds in a message: elements, attributes and values in document order.
#[derive(Default, PartialEq, Debug)]
struct Content(Vec<(String, String)>);

impl Sink for Content {
    fn start(&mut self, element: ElementInfo<'_>, _: usize) {
        self.0.push((element.local.to_owned(), String::new()));
    }

    fn attribute(&mut self, attribute: AttributeInfo<'_>, value: &str) {
        self.0.push((format!("@{}", attribute.local), value.to_owned()));
    }

    fn leaf(&mut self, _: ElementId, value: &str, _: Range<usize>) {
        self.0.push(("=".to_owned(), value.to_owned()));
    }

    fn end(&mut self, _: usize) {
        self.0.push(("/".to_owned(), String::new()));
    }
}

fn content(xml: &str) -> Result<Content, TestCaseError> {
    let mut content = Content::default();
    let report = SCHEMA.validate(xml, &mut content);
    let first = report.faults.first();
    prop_assert!(first.is_none(), "{first:#?}\n{xml}");
    Ok(content)
}

/// Typed to XML that is valid, and back; the same through protobuf and JSON.
fn typed_first(json: &Value) -> Result<(), TestCaseError> {
    let message =
        Message::from_json(json.to_string().as_bytes()).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let xml = String::from_utf8(message.to_xml().map_err(|error| TestCaseError::fail(error.to_string()))?).unwrap();
    content(&xml)?;
    let back = Message::from_xml(&xml).map_err(|error| TestCaseError::fail(format!("{error}\n{xml}")))?;
    prop_assert_eq!(&serde_json::to_value(&back).unwrap(), json);
    prop_assert!(back == message);
    let bytes = message.to_wire().encode_to_vec();
    prop_assert_eq!(bytes.len(), message.to_wire().bytes());
    let back = Message::from_protobuf(&bytes).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert!(back == message);
    prop_assert_eq!(back.to_xml().unwrap(), xml.into_bytes(), "the same message is the same XML");
    Ok(())
}

/// How a sender may write the same content.
#[derive(Debug, Clone)]
struct Manner {
    prefix: &'static str,
    line: &'static str,
    cdata: bool,
    comments: bool,
    empty_tags: bool,
}

fn manner() -> impl Strategy<Value = Manner> {
    let prefix = prop::sample::select(vec!["", "ceb:", "c:"]);
    let line = prop::sample::select(vec!["", "\n", "\r\n\t"]);
    (prefix, line, any::<bool>(), any::<bool>(), any::<bool>())
        .prop_map(|(prefix, line, cdata, comments, empty_tags)| Manner { prefix, line, cdata, comments, empty_tags })
}

/// Writes the content as somebody else would.
fn write(element: &Element, value: &Value, manner: &Manner, attributes: &str, out: &mut String) {
    let Manner { prefix, line, .. } = manner;
    let name = &element.name;
    if name == "Signature" {
        return out.push_str(value.as_str().unwrap());
    }
    match value {
        Value::Array(list) => list.iter().for_each(|one| write(element, one, manner, attributes, out)),
        Value::String(text) if text.is_empty() && manner.empty_tags => write!(out, "{line}<{prefix}{name}/>").unwrap(),
        Value::String(text) => {
            let text = if name == "Message" {
                text.clone()
            } else if manner.cdata && !text.contains("]]>") && !text.contains('\r') {
                format!("<![CDATA[{text}]]>")
            } else {
                text.replace('&', "&#38;").replace('<', "&lt;").replace("]]>", "]]&gt;").replace('\r', "&#xD;")
            };
            let comment = if manner.comments && name != "Message" { "<!-- note --><?p?>" } else { "" };
            write!(out, "{line}<{prefix}{name} xmlns:unused='urn:unused'>{text}{comment}</{prefix}{name} >").unwrap();
        }
        Value::Object(map) => {
            write!(out, "{line}<{prefix}{name}{attributes}>").unwrap();
            for child in &element.children {
                if let Some(value) = map.get(&child.name) {
                    write(child, value, manner, "", out);
                }
            }
            write!(out, "{line}</{prefix}{name}>").unwrap();
        }
        _ => panic!("no such value was made"),
    }
}

/// XML as others write it, to typed and back: the content stays.
fn xml_first(root: &Element, json: &Value, manner: &Manner) -> Result<(), TestCaseError> {
    let value = &json[&root.name];
    let quoted = |name: &str| {
        let text = value[name].as_str().unwrap().replace('&', "&amp;").replace('<', "&lt;").replace('\'', "&apos;");
        text.replace('\t', "&#9;").replace('\n', "&#xA;").replace('\r', "&#13;")
    };
    let declared =
        if manner.prefix.is_empty() { String::new() } else { format!(":{}", manner.prefix.trim_end_matches(':')) };
    let attributes = format!(
        " version = '{}'\n guid='{}' xmlns{declared}=\"http://www.chinaport.gov.cn/ceb\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"urn:a b.xsd\" xmlns:ceb=\"http://www.chinaport.gov.cn/ceb\"",
        quoted("version"),
        quoted("guid")
    );
    let attributes = if manner.prefix == "ceb:" {
        attributes.replacen(" xmlns:ceb=\"http://www.chinaport.gov.cn/ceb\"", "", 1)
    } else {
        attributes
    };
    let mut xml = String::from("<?xml version=\"1.0\"?><!-- from elsewhere -->");
    write(root, value, manner, &attributes, &mut xml);
    let mut before = content(&xml)?;
    let message = Message::from_xml(&xml).map_err(|error| TestCaseError::fail(format!("{error}\n{xml}")))?;
    let written = String::from_utf8(message.to_xml().map_err(|error| TestCaseError::fail(error.to_string()))?).unwrap();
    let mut after = content(&written)?;
    for content in [&mut before, &mut after] {
        // Attributes have no order, and a hint at schema files is no content.
        content.0.retain(|(name, _)| name != "@schemaLocation");
        content.0.get_mut(1..3).unwrap().sort();
    }
    prop_assert_eq!(before, after);
    let again = Message::from_xml(&written).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert!(again == message, "{}", written);
    Ok(())
}

/// A quarter of the usual number of cases: there are two properties of each of 19 types.
fn cases() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases.div_ceil(4), ..usual }
}

macro_rules! every_type {
    ($($name:ident: $root:literal,)*) => {
        $(mod $name {
            use super::*;

            static ROOT: LazyLock<Element> = LazyLock::new(|| model::root($root));

            proptest! {
                #![proptest_config(cases())]

                #[test]
                fn typed_to_xml_to_typed_is_equal(json in model::messages(&ROOT)) {
                    typed_first(&json)?;
                }

                #[test]
                fn xml_to_typed_to_xml_has_the_same_content(json in model::messages(&ROOT), manner in manner()) {
                    xml_first(&ROOT, &json, &manner)?;
                }
            }
        })*

        #[test]
        fn every_type_is_tested() {
            assert_eq!([$($root),*], super::ROOTS);
        }
    };
}

every_type! {
    export_return: "CEB213Message",
    export_return_tally: "CEB215Message",
    export_order: "CEB303Message",
    import_order: "CEB311Message",
    export_receipts: "CEB403Message",
    import_payment: "CEB411Message",
    export_waybill: "CEB505Message",
    export_arrival: "CEB507Message",
    export_departure: "CEB509Message",
    import_waybill: "CEB511Message",
    import_waybill_status: "CEB513Message",
    export_list: "CEB603Message",
    export_cancel: "CEB605Message",
    export_link: "CEB607Message",
    import_list: "CEB621Message",
    import_cancel: "CEB623Message",
    import_return: "CEB625Message",
    export_consolidation: "CEB701Message",
    import_warehouse: "CEB711Message",
}

#[test]
fn the_golden_messages_survive() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut typed = 0;
    for kind in ["CEB311", "CEB411", "CEB511", "CEB621"] {
        for entry in std::fs::read_dir(folder.join(kind)).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            let Ok(text) = crate::schema::decode(&bytes) else { continue };
            let mut before = Content::default();
            if !SCHEMA.validate(&text, &mut before).is_valid() {
                continue;
            }
            typed += 1;
            let written = Message::from_xml(&text).unwrap().to_xml().unwrap();
            assert_eq!(content(std::str::from_utf8(&written).unwrap()).unwrap(), before);
        }
    }
    assert!(typed >= 10, "{typed} golden messages are valid");
}
