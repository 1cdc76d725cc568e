//! Messages made from the XSD files themselves: whatever their types ask for, and nothing that the validator knows.
//!
//! Reads the part of XSD that the CEB schemas use: sequences of elements, named and anonymous types, restrictions of
//! `xs:string`, `xs:decimal` and `xs:int`, attributes, one reference to `ds:Signature`, and `xs:any`.

use crate::schema_xmllint::Random;
use quick_xml::events::{BytesStart, Event};
use std::collections::HashMap;

/// A signature of the right form; nothing in it was ever computed.
const SIGNATURE: &str = "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:SignedInfo>\
<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\"/>\
<ds:SignatureMethod Algorithm=\"http://www.w3.org/2000/09/xmldsig#rsa-sha1\"/><ds:Reference URI=\"\"><ds:Transforms>\
<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/></ds:Transforms>\
<ds:DigestMethod Algorithm=\"http://www.w3.org/2000/09/xmldsig#sha1\"/><ds:DigestValue>YWJjZGVmZ2hpamtsbW5vcA==</ds:DigestValue>\
</ds:Reference></ds:SignedInfo><ds:SignatureValue>YWJj</ds:SignatureValue><ds:KeyInfo><ds:KeyName>01010a5b</ds:KeyName>\
<ds:X509Data><ds:X509Certificate>YWJj</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>";

/// How much of what may be there is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fill {
    /// Only what must be, as short as it may be.
    Least,
    /// All that may be, as long as it may be, in Chinese.
    Most,
    /// By chance.
    Some,
}

#[derive(Debug, Clone, Default)]
struct Node {
    name: String,
    attributes: HashMap<String, String>,
    children: Vec<Node>,
}

impl Node {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.name == name)
    }

    fn number(&self, facet: &str) -> Option<usize> {
        self.child(facet)?.attribute("value")?.parse().ok()
    }
}

/// The definitions of one message type.
pub(crate) struct Model {
    root: Node,
    types: HashMap<String, Node>,
}

fn node(start: &BytesStart<'_>) -> Node {
    let attributes = start.attributes().map(|attribute| {
        let attribute = attribute.expect("our own file");
        (attribute.key.local_name().as_ref().to_owned(), attribute.value.into_owned())
    });
    Node { name: start.local_name().as_ref().to_owned(), attributes: attributes.collect(), children: Vec::new() }
}

/// The definitions of a schema file.
fn definitions(text: &str) -> Vec<Node> {
    let mut reader = quick_xml::Reader::from_str(text);
    let mut open = vec![Node::default()];
    loop {
        match reader.read_event().expect("our own file") {
            Event::Start(start) => open.push(node(&start)),
            Event::Empty(start) => open.last_mut().expect("a root").children.push(node(&start)),
            Event::End(_) => {
                let done = open.pop().expect("a root");
                open.last_mut().expect("a root").children.push(done);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    open.pop().and_then(|mut all| all.children.pop()).expect("a schema").children
}

impl Model {
    /// Reads the schema of one message and the types it shares with the others.
    pub(crate) fn new(schema: &str, shared: &str) -> Model {
        let mut own = definitions(schema);
        let at = own.iter().position(|node| node.name == "element").expect("a message has a root");
        let root = own.swap_remove(at);
        let types = own.into_iter().chain(definitions(shared));
        let named = types.filter_map(|node| Some((node.attribute("name")?.to_owned(), node)));
        Model { root, types: named.collect() }
    }

    /// One message.
    pub(crate) fn message(&self, fill: Fill, random: &mut Random) -> String {
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        self.element(&self.root, fill, random, &mut out);
        out
    }

    fn definition<'m>(&'m self, element: &'m Node) -> Option<&'m Node> {
        match element.attribute("type") {
            Some(name) => self.types.get(name.split_once(':').map_or(name, |(_, local)| local)),
            None => element.child("complexType").or_else(|| element.child("simpleType")),
        }
    }

    fn element(&self, element: &Node, fill: Fill, random: &mut Random, out: &mut String) {
        let Some(name) = element.attribute("name") else {
            assert_eq!(element.attribute("ref"), Some("ds:Signature"), "only signatures are referred to");
            out.push_str(SIGNATURE);
            out.push('\n');
            return;
        };
        out.push_str("<ceb:");
        out.push_str(name);
        if std::ptr::eq(element, &self.root) {
            out.push_str(" xmlns:ceb=\"http://www.chinaport.gov.cn/ceb\"");
        }
        let definition = self.definition(element);
        let complex = definition.filter(|definition| definition.name == "complexType");
        for attribute in complex.iter().flat_map(|complex| &complex.children).filter(|it| it.name == "attribute") {
            if attribute.attribute("use") == Some("required") || fill == Fill::Most {
                let value = self.value(attribute, self.definition(attribute), fill, random);
                out.push_str(&format!(" {}=\"{value}\"", attribute.attribute("name").expect("a name")));
            }
        }
        out.push('>');
        match complex {
            Some(complex) => {
                out.push('\n');
                for part in complex.child("sequence").iter().flat_map(|sequence| &sequence.children) {
                    self.particle(part, fill, random, out);
                }
            }
            None => out.push_str(&self.value(element, definition, fill, random)),
        }
        out.push_str(&format!("</ceb:{name}>\n"));
    }

    fn particle(&self, part: &Node, fill: Fill, random: &mut Random, out: &mut String) {
        let number = |name: &str| part.attribute(name).map_or(1, |text| text.parse().unwrap_or(usize::MAX));
        let (min, max) = (number("minOccurs"), number("maxOccurs"));
        let count = match fill {
            Fill::Least => min,
            Fill::Most => max.min(2),
            Fill::Some => random.below(2).max(min) + usize::from(max > 1) * random.below(2),
        };
        for _ in 0..count {
            match part.name.as_str() {
                "element" => self.element(part, fill, random, out),
                "any" => out.push_str("<x:any xmlns:x=\"urn:example:any\">1</x:any>\n"),
                other => panic!("the schemas of messages have no {other}"),
            }
        }
    }

    /// A value of a simple type, by its facets.
    fn value(&self, of: &Node, definition: Option<&Node>, fill: Fill, random: &mut Random) -> String {
        if let Some(fixed) = of.attribute("fixed") {
            return fixed.to_owned();
        }
        let Some(restriction) = definition.and_then(|definition| definition.child("restriction")) else {
            return if of.attribute("type") == Some("xs:int") { "1".to_owned() } else { "文字".to_owned() };
        };
        if let Some(listed) = restriction.child("enumeration") {
            return listed.attribute("value").expect("a value").to_owned();
        }
        let most = fill == Fill::Most || (fill == Fill::Some && random.below(3) == 0);
        match restriction.attribute("base") {
            Some("xs:string") => {
                let exact = restriction.number("length");
                let min = exact.or(restriction.number("minLength")).unwrap_or(0);
                let max = exact.or(restriction.number("maxLength")).unwrap_or(min + 8).min(400).max(min);
                let length = match (fill, most) {
                    (Fill::Least, _) => min,
                    (_, true) => max,
                    _ => min + random.below(max.min(min + 12) - min + 1),
                };
                let letters: &[char] =
                    if most { &['电', '子', '清', '单', '𠮷', 'A'] } else { &['A', 'b', '1', '2', '3', '-'] };
                (0..length).map(|_| random.pick(letters)).collect()
            }
            Some("xs:int") => {
                let digits = restriction.number("totalDigits").unwrap_or(9);
                if most { "9".repeat(digits) } else { (1 + random.below(999)).to_string() }
            }
            Some("xs:decimal") => {
                let total = restriction.number("totalDigits").unwrap_or(18);
                let fraction = restriction.number("fractionDigits").unwrap_or(0);
                if most {
                    format!("{}.{}", "9".repeat(total - fraction), "9".repeat(fraction))
                } else {
                    format!("{}.5", random.below(1000))
                }
            }
            base => panic!("the schemas of messages have no base {base:?}"),
        }
    }
}
