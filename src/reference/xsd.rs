//! Reads the carried schemas as a reader would: fields in order, their names, types in words, how often.
#![expect(clippy::wildcard_enum_match_arm, reason = "a schema has only elements and text")]

use super::Error;
use crate::domain::Spec;
use crate::schema::FILES;
use quick_xml::events::{BytesStart, Event};

/// An element of a schema file.
#[derive(Debug, Default)]
struct Node {
    tag: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Node>,
}

impl Node {
    fn get(&self, name: &str) -> &str {
        self.attributes.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    fn child(&self, tag: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.tag == tag)
    }

    fn name(&self, language: &str) -> &str {
        let texts = self.child("annotation").into_iter().flat_map(|annotation| &annotation.children);
        texts.into_iter().find(|text| text.get("xml:lang") == language).map_or("", |text| &text.text)
    }
}

/// One row of a table of fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// Path below the root without indexes; attributes begin with `@`.
    pub(super) path: String,
    /// Chinese name.
    pub(super) zh: String,
    /// English name.
    pub(super) en: String,
    /// Type in words; empty for a group of fields.
    pub(super) value: String,
    /// Least number of times.
    min: String,
    /// Greatest number of times, `n` without a limit.
    max: String,
    /// True for a field, false for a group.
    pub(super) is_field: bool,
}

impl Row {
    /// How often, as `1` or `0..5`.
    pub(super) fn occurs(&self) -> String {
        if self.min == self.max { self.min.clone() } else { format!("{}..{}", self.min, self.max) }
    }

    /// True if it must be there.
    pub(super) fn is_required(&self) -> bool {
        self.min != "0"
    }
}

/// The types that all messages share.
pub(super) struct Types {
    shared: Node,
}

impl Types {
    pub(super) fn carried() -> Result<Types, Error> {
        Ok(Types { shared: read("ceb-types.xsd")? })
    }

    /// The fields of a message in the order of its schema.
    pub(super) fn rows(&self, spec: &Spec) -> Result<Vec<Row>, Error> {
        let file = format!("{}.xsd", spec.root);
        let schema = read(&file)?;
        let root = schema.children.iter().find(|node| node.tag == "element" && node.get("name") == spec.root);
        let root = root.ok_or_else(|| wrong(&file, "no root element"))?;
        let mut rows = Vec::new();
        // Elements still to be told, the next last; a group is followed by its fields.
        let mut open: Vec<(String, &Node)> =
            self.inner(root).into_iter().rev().map(|node| (String::new(), node)).collect();
        while let Some((parent, node)) = open.pop() {
            let (name, at) = match node.get("ref").rsplit(':').next().filter(|name| !name.is_empty()) {
                Some(name) => (name, ""),
                None => (node.get("name"), if node.tag == "attribute" { "@" } else { "" }),
            };
            let path = format!("{parent}{at}{name}");
            let inner = self.inner(node);
            rows.push(self.row(node, &path, inner.is_empty()));
            let below = format!("{path}/");
            open.extend(inner.into_iter().rev().map(|child| (below.clone(), child)));
        }
        Ok(rows)
    }

    fn row(&self, node: &Node, path: &str, is_field: bool) -> Row {
        let or_one = |text: &str| if text.is_empty() { "1".to_owned() } else { text.replace("unbounded", "n") };
        let fixed = node.get("fixed");
        let mut value = if is_field { self.words(node) } else { String::new() };
        if !fixed.is_empty() {
            value.push_str(", fixed ");
            value.push_str(fixed);
        }
        let signature = path == "Signature";
        let (min, max) = (or_one(node.get("minOccurs")), or_one(node.get("maxOccurs")));
        Row {
            path: path.to_owned(),
            zh: if signature { "签名".to_owned() } else { node.name("zh").to_owned() },
            en: if signature { "XML signature".to_owned() } else { node.name("en").to_owned() },
            value,
            min,
            max,
            is_field: is_field && !signature,
        }
    }

    /// What an element holds: attributes first, then elements; nothing for a field.
    fn inner<'n>(&'n self, node: &'n Node) -> Vec<&'n Node> {
        let of_type = |tag: &str, name: &str| {
            self.shared.children.iter().find(|node| node.tag == tag && !name.is_empty() && node.get("name") == name)
        };
        let named = node.get("type").trim_start_matches("ceb:");
        let Some(complex) = node.child("complexType").or_else(|| of_type("complexType", named)) else {
            return Vec::new();
        };
        let attributes = complex.children.iter().filter(|child| child.tag == "attribute");
        let elements = complex.child("sequence").into_iter().flat_map(|sequence| &sequence.children);
        attributes.chain(elements.filter(|child| child.tag == "element")).collect()
    }

    /// The type of a field in words: `text 1..60`, `number 19,5`, `whole number of 5 digits`.
    fn words(&self, node: &Node) -> String {
        if !node.get("ref").is_empty() {
            return "XML signature".to_owned();
        }
        let name = node.get("type");
        let local = name.trim_start_matches("ceb:");
        let shared = self.shared.children.iter().find(|node| node.tag == "simpleType" && node.get("name") == local);
        let Some(restriction) = shared.and_then(|node| node.child("restriction")) else {
            return match name {
                "xs:int" => "whole number".to_owned(),
                "xs:string" => "text".to_owned(),
                _ => "any".to_owned(),
            };
        };
        let facet = |tag: &str| restriction.child(tag).map(|facet| facet.get("value"));
        match restriction.get("base") {
            "xs:decimal" => {
                format!("number {},{}", facet("totalDigits").unwrap_or("n"), facet("fractionDigits").unwrap_or("n"))
            }
            "xs:int" => format!("whole number of {} digits", facet("totalDigits").unwrap_or("10")),
            _ => match (facet("length"), facet("minLength"), facet("maxLength")) {
                (Some(length), _, _) => format!("text {length}"),
                (None, min, Some(max)) => format!("text {}..{max}", min.unwrap_or("0")),
                (None, min, None) => format!("text {}..n", min.unwrap_or("0")),
            },
        }
    }
}

fn wrong(file: &str, what: &str) -> Error {
    Error { file: file.to_owned(), what: what.to_owned() }
}

/// Reads a carried schema file; gives its root element.
fn read(file: &str) -> Result<Node, Error> {
    let bytes = FILES.iter().find(|(name, _)| *name == file).ok_or_else(|| wrong(file, "not carried"))?.1;
    let text = std::str::from_utf8(bytes).map_err(|_| wrong(file, "not UTF-8"))?;
    let mut reader = quick_xml::Reader::from_str(text);
    let mut open: Vec<Node> = vec![Node::default()];
    loop {
        let event = reader.read_event().map_err(|error| wrong(file, &error.to_string()))?;
        match event {
            Event::Start(start) => open.push(node(&start)),
            Event::Empty(start) => close(&mut open, node(&start)),
            Event::End(_) => {
                if let Some(done) = open.pop() {
                    close(&mut open, done);
                }
            }
            Event::Text(text) => {
                if let Some(last) = open.last_mut() {
                    last.text.push_str(text.trim());
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    open.pop().and_then(|mut top| top.children.pop()).ok_or_else(|| wrong(file, "no element"))
}

fn close(open: &mut [Node], done: Node) {
    if let Some(parent) = open.last_mut() {
        parent.children.push(done);
    }
}

fn node(start: &BytesStart<'_>) -> Node {
    let local = |name: &str| name.rsplit_once(':').map_or(name, |(_, local)| local).to_owned();
    let attributes = start.attributes().filter_map(Result::ok);
    Node {
        tag: local(start.name().as_ref()),
        attributes: attributes.map(|each| (each.key.as_ref().to_owned(), each.value.into_owned())).collect(),
        ..Node::default()
    }
}
