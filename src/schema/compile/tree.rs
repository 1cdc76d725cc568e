//! A schema file as a tree of elements, with the place and the prefixes of each.

use super::super::doctype::{self, Expanded};
use super::super::names::{NS_NONE, NS_XSD, Namespaces};
use super::super::places::Places;
use super::super::scanner::{Doctype, Scanner, Stop, Token};
use super::Error;

/// A binding of a prefix, linked to the ones around it.
#[derive(Debug)]
struct Binding {
    prefix: String,
    uri: String,
    outer: Option<usize>,
}

/// An attribute of a schema element.
#[derive(Debug)]
pub(super) struct Attribute {
    /// Local name for attributes without namespace; `{uri}local` for others.
    pub(super) name: String,
    pub(super) value: String,
    pub(super) at: usize,
}

/// An element of a schema file. Elements of other namespaces stand only below annotations.
#[derive(Debug)]
pub(super) struct Node {
    /// Local name, if it is in the XSD namespace.
    pub(super) name: Option<&'static str>,
    pub(super) shown: String,
    pub(super) attributes: Vec<Attribute>,
    pub(super) children: Vec<usize>,
    /// Text of the element itself.
    pub(super) text: String,
    pub(super) at: usize,
    /// The first node behind its descendants.
    end: usize,
    scope: Option<usize>,
}

/// One parsed schema file.
pub(super) struct Tree {
    pub(super) file: String,
    text: String,
    /// The text with its entities and default attributes, if it declares some.
    expanded: Option<Expanded>,
    pub(super) nodes: Vec<Node>,
    bindings: Vec<Binding>,
}

/// Every element name of XSD 1.0.
const NAMES: &[&str] = &[
    "schema",
    "include",
    "import",
    "redefine",
    "annotation",
    "documentation",
    "appinfo",
    "element",
    "attribute",
    "attributeGroup",
    "group",
    "complexType",
    "simpleType",
    "complexContent",
    "simpleContent",
    "extension",
    "restriction",
    "sequence",
    "choice",
    "all",
    "any",
    "anyAttribute",
    "list",
    "union",
    "length",
    "minLength",
    "maxLength",
    "pattern",
    "enumeration",
    "whiteSpace",
    "minInclusive",
    "maxInclusive",
    "minExclusive",
    "maxExclusive",
    "totalDigits",
    "fractionDigits",
    "key",
    "unique",
    "keyref",
    "selector",
    "field",
    "notation",
];

impl Tree {
    /// Parses a file. The error is the first fault of well-formedness.
    pub(super) fn parse(file: &str, text: String) -> Result<Tree, Box<Error>> {
        let mut tree = Tree { file: file.to_owned(), text, expanded: None, nodes: Vec::new(), bindings: Vec::new() };
        let declared = doctype::read(&tree.text);
        let expanded = declared.and_then(|declared| match &declared {
            Some(declared) => doctype::expand(&tree.text, declared, true),
            None => Ok(None),
        });
        match expanded {
            Ok(expanded) => tree.expanded = expanded,
            Err(stop) => return Err(Box::new(tree.error_at(stop.at, "xml", stop.zh, stop.en))),
        }
        let result = match tree.expanded.take() {
            Some(expanded) => {
                let result = tree.read(&expanded.text);
                tree.expanded = Some(expanded);
                result
            }
            None => {
                let text = std::mem::take(&mut tree.text);
                let result = tree.read(&text);
                tree.text = text;
                result
            }
        };
        match result {
            Ok(()) => Ok(tree),
            Err(stop) => Err(Box::new(tree.error_at(stop.at, "xml", stop.zh, stop.en))),
        }
    }

    fn read(&mut self, text: &str) -> Result<(), Stop> {
        let known = Namespaces::default();
        let mut scanner = Scanner::new(text, &known, Doctype::Skipped);
        let mut open: Vec<usize> = Vec::new();
        loop {
            match scanner.next()? {
                Token::Start(start) => {
                    let outer = open.last().and_then(|parent| self.nodes.get(*parent)).and_then(|node| node.scope);
                    let mut scope = outer;
                    for (prefix, uri) in scanner.scope().declared_here(scanner.outer_bindings()) {
                        self.bindings.push(Binding { prefix: prefix.into(), uri: uri.into(), outer: scope });
                        scope = Some(self.bindings.len() - 1);
                    }
                    let attributes = scanner.attributes().iter().map(|attribute| Attribute {
                        name: match attribute.ns {
                            NS_NONE => attribute.local.to_owned(),
                            ns => format!("{{{}}}{}", scanner.scope().uri(ns), attribute.local),
                        },
                        value: attribute.value.to_string(),
                        at: attribute.at,
                    });
                    let name = NAMES.iter().find(|name| start.ns == NS_XSD && **name == start.local);
                    let node = Node {
                        name: name.copied(),
                        shown: start.name.to_owned(),
                        attributes: attributes.collect(),
                        children: Vec::new(),
                        text: String::new(),
                        at: start.at,
                        end: usize::MAX,
                        scope,
                    };
                    let index = self.nodes.len();
                    self.nodes.push(node);
                    if let Some(parent) = open.last().and_then(|parent| self.nodes.get_mut(*parent)) {
                        parent.children.push(index);
                    }
                    open.push(index);
                }
                Token::End { .. } => {
                    let end = self.nodes.len();
                    if let Some(node) = open.pop().and_then(|node| self.nodes.get_mut(node)) {
                        node.end = end;
                    }
                }
                Token::Text { text, .. } | Token::CData { text, .. } => self.add_text(&open, text),
                Token::Char { char, .. } => self.add_text(&open, char.encode_utf8(&mut [0; 4])),
                Token::Eof => return Ok(()),
            }
        }
    }

    fn add_text(&mut self, open: &[usize], text: &str) {
        if let Some(node) = open.last().and_then(|node| self.nodes.get_mut(*node)) {
            node.text.push_str(text);
        }
    }

    pub(super) fn node(&self, index: usize) -> &Node {
        self.nodes.get(index).expect("indexes of nodes come from this tree")
    }

    /// Whether a node is another or stands in it.
    pub(super) fn holds(&self, outer: usize, inner: usize) -> bool {
        outer <= inner && inner < self.node(outer).end
    }

    /// Children of a name.
    pub(super) fn children<'t>(&'t self, index: usize, name: &'t str) -> impl Iterator<Item = usize> + 't {
        let children = self.node(index).children.iter().copied();
        children.filter(move |child| self.node(*child).name == Some(name))
    }

    pub(super) fn child(&self, index: usize, name: &str) -> Option<usize> {
        self.node(index).children.iter().copied().find(|child| self.node(*child).name == Some(name))
    }

    pub(super) fn attribute(&self, index: usize, name: &str) -> Option<&str> {
        self.node(index).attributes.iter().find(|attribute| attribute.name == name).map(|found| found.value.trim())
    }

    /// The namespace a prefix has at a node.
    pub(super) fn namespace(&self, index: usize, prefix: &str) -> Option<&str> {
        let mut at = self.node(index).scope;
        while let Some(binding) = at.and_then(|at| self.bindings.get(at)) {
            if binding.prefix == prefix {
                return Some(&binding.uri);
            }
            at = binding.outer;
        }
        match prefix {
            "" => Some(""),
            "xml" => Some(super::super::names::URI_XML),
            _ => None,
        }
    }

    /// An error about a node.
    pub(super) fn error(&self, index: usize, constraint: &'static str, zh: String, en: String) -> Error {
        self.error_at(self.node(index).at, constraint, zh, en)
    }

    pub(super) fn error_at(&self, at: usize, constraint: &'static str, zh: String, en: String) -> Error {
        let at = self.expanded.as_ref().map_or(at, |expanded| expanded.origin(at)).min(self.text.len());
        let place = Places::new(&self.text).at(at);
        Error {
            file: self.file.clone(),
            line: place.line,
            column: place.column,
            constraint,
            message_zh: zh,
            message_en: en,
        }
    }
}
