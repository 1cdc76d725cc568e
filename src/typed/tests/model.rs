//! What the schema files say, read with other code than the program's, and valid messages made from it.
#![expect(clippy::wildcard_enum_match_arm, reason = "of the reader's events and JSON's values only these matter")]

use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde_json::{Map, Value};

use crate::schema::FILES;

/// An element declaration.
#[derive(Debug, Clone)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) ty: String,
    fixed: Option<String>,
    pub(super) optional: bool,
    pub(super) repeated: bool,
    pub(super) children: Vec<Element>,
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    start.try_get_attribute(name).unwrap().map(|attribute| attribute.value.into_owned())
}

/// All elements and complex types of a file that stand at its top.
fn top_level(file: &str) -> Vec<Element> {
    let bytes = FILES.iter().find(|(name, _)| *name == file).unwrap().1;
    let mut reader = Reader::from_str(std::str::from_utf8(bytes).unwrap());
    reader.config_mut().expand_empty_elements = true;
    let mut open = vec![];
    let mut top = vec![];
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) if matches!(start.local_name().as_ref(), "element" | "complexType") => {
                let reference = attribute(&start, "ref").map(|name| name.replace("ds:", ""));
                open.push(Element {
                    name: attribute(&start, "name").or(reference).unwrap_or_default(),
                    ty: attribute(&start, "type").unwrap_or_default().replace("ceb:", ""),
                    fixed: attribute(&start, "fixed"),
                    optional: attribute(&start, "minOccurs").as_deref() == Some("0"),
                    repeated: attribute(&start, "maxOccurs").is_some(),
                    children: vec![],
                });
            }
            Event::End(end) if matches!(end.local_name().as_ref(), "element" | "complexType") => {
                let mut closed = open.pop().unwrap();
                match open.last_mut() {
                    // A complex type without a name is that of the element around it.
                    Some(around) if closed.name.is_empty() => around.children.append(&mut closed.children),
                    Some(around) => around.children.push(closed),
                    None => top.push(closed),
                }
            }
            Event::Eof => return top,
            _ => {}
        }
    }
}

/// The declaration of a root element, with the shared types put in.
pub(super) fn root(name: &str) -> Element {
    let types = top_level("ceb-types.xsd");
    let mut root = top_level(&format!("{name}.xsd")).pop().unwrap();
    for child in &mut root.children {
        if let Some(ty) = types.iter().find(|ty| ty.name == child.ty) {
            child.children.clone_from(&ty.children);
        }
    }
    assert_eq!(root.name, name);
    root
}

/// Characters that are dangerous somewhere between here and there.
const CHARACTERS: &[char] = &[
    'A', '7', ' ', '<', '>', '&', '"', '\'', ']', '\t', '\n', '\r', '{', '\\', '订', '、', '\u{85}', '\u{2028}', '😀',
    '\u{FFFD}',
];

fn text(from: usize, to: usize) -> BoxedStrategy<String> {
    let some = prop::collection::vec(prop::sample::select(CHARACTERS), from..=to.min(from + 6));
    let full = prop::collection::vec(prop::sample::select(CHARACTERS), to);
    prop_oneof![9 => some, 1 => full].prop_map(|characters| characters.into_iter().collect()).boxed()
}

/// Legal values of a type, by the name that tells its facets.
fn value(ty: &str) -> BoxedStrategy<String> {
    match ty {
        "amount" => {
            prop_oneof!["[+-]?0{0,2}[0-9]{1,14}(\\.[0-9]{0,5})?", "\\.[0-9]{1,5}", Just("\n 1.50 ".to_owned())].boxed()
        }
        "xs:int" | "count4" | "count5" | "count9" => {
            prop_oneof!["[+-]?0{0,3}[0-9]{1,4}", Just(" 01\t".to_owned())].boxed()
        }
        _ => {
            let facets = ty.strip_prefix("text").unwrap_or_else(|| panic!("type {ty} is not known here"));
            let (from, to) = facets.split_once('-').unwrap_or((facets, facets));
            text(from.parse().unwrap(), to.parse().unwrap())
        }
    }
}

/// Signatures as senders write them: with a prefix, with a default namespace, empty, with spaces in them.
pub(super) fn signature() -> BoxedStrategy<String> {
    let digest = "[A-Za-z0-9+/]{44}";
    (digest, prop::sample::select(vec!["ds:", "", "dsig:"]), prop::sample::select(vec!["", "\n  "]))
        .prop_map(sign)
        .boxed()
}

fn sign((digest, prefix, space): (String, &str, &str)) -> String {
    let declared =
        if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{}", prefix.trim_end_matches(':')) };
    let p = prefix;
    format!(
        "<{p}Signature {declared}=\"http://www.w3.org/2000/09/xmldsig#\">{space}<{p}SignedInfo>\
         <{p}CanonicalizationMethod Algorithm='http://www.w3.org/TR/2001/REC-xml-c14n-20010315'/>{space}\
         <{p}SignatureMethod Algorithm=\"http://www.w3.org/2000/09/xmldsig#rsa-sha1\" />\
         <{p}Reference URI=\"\"><{p}DigestMethod Algorithm=\"http://www.w3.org/2000/09/xmldsig#sha1\"/>\
         <{p}DigestValue>{digest}</{p}DigestValue></{p}Reference></{p}SignedInfo>\
         <{p}SignatureValue>{digest}</{p}SignatureValue></{p}Signature >"
    )
}

/// Payloads of an extension.
fn payload() -> BoxedStrategy<String> {
    let payloads = [
        "",
        "<x/>",
        "<x ></x>",
        "<a:b xmlns:a=\"urn:a\" a:c='d'>text<!-- c --><?p i?><![CDATA[<y>]]>&amp;&#x4e00;\n</a:b>",
        "<ceb:orderNo>7</ceb:orderNo>",
        "<订单 属性=\"值\"><内容/></订单>",
    ];
    prop::sample::select(payloads.map(str::to_owned).to_vec()).boxed()
}

/// Valid content of an element, as JSON.
fn content(element: &Element, is_extension: bool) -> BoxedStrategy<Value> {
    if element.name == "Signature" {
        return signature().prop_map(Value::String).boxed();
    }
    if is_extension && element.name == "Message" {
        return payload().prop_map(Value::String).boxed();
    }
    if let Some(fixed) = &element.fixed {
        return prop_oneof![9 => Just(fixed.clone()), 1 => Just(String::new())].prop_map(Value::String).boxed();
    }
    if element.children.is_empty() {
        return value(&element.ty).prop_map(Value::String).boxed();
    }
    let is_extension = element.name == "ExtendMessage";
    let members: Vec<BoxedStrategy<Option<(String, Value)>>> =
        element.children.iter().map(|child| member(child, is_extension)).collect();
    members.prop_map(|members| Value::Object(members.into_iter().flatten().collect())).boxed()
}

fn member(element: &Element, is_extension: bool) -> BoxedStrategy<Option<(String, Value)>> {
    let name = element.name.clone();
    let one = content(element, is_extension);
    let value = if element.repeated {
        let fewest = usize::from(!element.optional);
        prop::collection::vec(one, fewest..=fewest + 2).prop_map(Value::Array).boxed()
    } else {
        one
    };
    let named = value.prop_map(move |value| (name.clone(), value));
    if element.optional { prop::option::of(named).boxed() } else { named.prop_map(Some).boxed() }
}

/// Valid messages with that root, as JSON. Lists without members are left out, as when they are written.
pub(super) fn messages(root: &Element) -> BoxedStrategy<Value> {
    let name = root.name.clone();
    (value("text36"), value("text1-10"), content(root, false))
        .prop_map(move |(guid, version, content)| {
            let Value::Object(content) = content else { panic!("a root has children") };
            let mut message = Map::new();
            message.insert("guid".to_owned(), Value::String(guid));
            message.insert("version".to_owned(), Value::String(version));
            message.extend(content);
            let mut message = Value::Object(message);
            drop_empty(&mut message);
            Value::Object(Map::from_iter([(name.clone(), message)]))
        })
        .boxed()
}

fn drop_empty(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, value| value.as_array().is_none_or(|list| !list.is_empty()));
            map.values_mut().for_each(drop_empty);
        }
        Value::Array(list) => list.iter_mut().for_each(drop_empty),
        _ => {}
    }
}
