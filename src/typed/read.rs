//! XML to typed messages.

use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::contract::{self, Holds, Kind};
use super::error::{Bound, Error, Problem};
use super::fragment::Scope;
use super::path::Step;
use super::tree::{Budget, Message, Node, Value, inner};
use crate::domain::limits;

/// Namespace of attributes that speak to the validator.
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

impl Message {
    /// Reads a message that fits its schema, decoded to text.
    ///
    /// The schema is not looked at again: this checks only that every element has its field and stands where
    /// it will stand when it is written.
    ///
    /// # Errors
    /// [`Error`] with the field: an element or attribute that the contract does not have, in another order,
    /// or more of them than a typed message may have.
    pub fn from_xml(text: &str) -> Result<Message, Error> {
        Walk::new(text, Vec::new())?.run()
    }

    /// Reads the element of one document into a message with nothing else. `root` is the name of the root
    /// element that the document came in, as `CEB621Message`.
    ///
    /// # Errors
    /// As [`Message::from_xml`].
    pub fn of_document(root: &str, text: &str) -> Result<Message, Error> {
        let kind = contract::roots();
        let at = kind.by_element(root).ok_or_else(|| Problem::UnknownMessage(shown(root)))?;
        let Some(kind) = inner(contract::field(kind, at).holds) else { return Err(Problem::NotOne.into()) };
        Walk::new(text, vec![Open { kind, at, node: Node::default() }])?.run()
    }
}

/// An open element that holds fields.
struct Open {
    kind: &'static Kind,
    /// Its field in the element around it.
    at: usize,
    node: Node,
}

/// What the innermost open element is.
enum Inside {
    Fields,
    /// A text, in the field of this index.
    Text(usize, String),
    /// An element that holds XML, in the field of this index.
    Content(usize, Option<String>),
}

struct Walk<'t> {
    text: &'t str,
    reader: Reader<&'t [u8]>,
    /// All roots in one, then the open elements.
    open: Vec<Open>,
    inside: Inside,
    scope: Scope,
    budget: Budget,
}

impl<'t> Walk<'t> {
    fn new(text: &'t str, open: Vec<Open>) -> Result<Walk<'t>, Error> {
        if text.len() > limits::MESSAGE_BYTES_MAX {
            return Err(Problem::TooLarge(Bound::Bytes).into());
        }
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        let top = Open { kind: contract::roots(), at: 0, node: Node::default() };
        let open = std::iter::once(top).chain(open).collect();
        Ok(Walk { text, reader, open, inside: Inside::Fields, scope: Scope::default(), budget: Budget::new() })
    }

    fn run(mut self) -> Result<Message, Error> {
        let outside = self.open.len();
        loop {
            let before = self.reader.buffer_position();
            let step = match self.reader.read_event() {
                Ok(Event::Start(start)) => self.start(&start, before),
                Ok(Event::End(_)) if self.open.len() > outside || !matches!(self.inside, Inside::Fields) => self.end(),
                Ok(Event::Text(text)) => self.characters(&text.xml10_content()),
                Ok(Event::CData(text)) => self.characters(&text.xml10_content()),
                Ok(Event::GeneralRef(reference)) => match reference.resolve_char_ref() {
                    Ok(Some(character)) => self.characters(character.encode_utf8(&mut [0; 4])),
                    Ok(None) => match quick_xml::escape::resolve_predefined_entity(&reference) {
                        Some(text) => self.characters(text),
                        None => Err(Problem::Xml),
                    },
                    Err(_) => Err(Problem::Xml),
                },
                Ok(Event::Comment(_) | Event::PI(_) | Event::Decl(_)) => Ok(()),
                Ok(Event::Eof) if self.open.len() == outside => break,
                Ok(Event::DocType(_) | Event::End(_) | Event::Empty(_) | Event::Eof) | Err(_) => Err(Problem::Xml),
            };
            step.map_err(|problem| self.error(problem))?;
        }
        while self.open.len() > 1 {
            self.close();
        }
        Message::of(self.open.pop().map(|open| open.node).unwrap_or_default())
    }

    /// An error in the innermost open element.
    fn error(&self, problem: Problem) -> Error {
        let mut steps = Vec::new();
        for (around, open) in self.open.iter().zip(self.open.iter().skip(1)) {
            let field = contract::field(around.kind, open.at);
            steps.push(Step::new(field, around.node.count(open.at)));
        }
        if let (Inside::Text(at, _) | Inside::Content(at, _), Some(open)) = (&self.inside, self.open.last()) {
            steps.push(Step::new(contract::field(open.kind, *at), 0));
        }
        steps.reverse();
        Error::from_steps(problem, steps)
    }

    fn start(&mut self, start: &BytesStart<'_>, before: u64) -> Result<(), Problem> {
        let depth = self.open.len();
        match &self.inside {
            Inside::Fields => {}
            Inside::Text(..) | Inside::Content(_, Some(_)) => return Err(Problem::Mixed),
            Inside::Content(..) => {
                let raw = self.raw(start, before)?;
                if let Inside::Content(_, slot) = &mut self.inside {
                    *slot = Some(raw);
                }
                return Ok(());
            }
        }
        let Some(open) = self.open.last_mut() else { return Err(Problem::Xml) };
        let local = start.local_name().into_inner();
        let at = open.kind.by_element(local).filter(|at| {
            // Attributes are no elements, whatever their names.
            contract::field(open.kind, *at).holds != Holds::Attribute
        });
        let unknown = if depth == 1 { Problem::UnknownMessage } else { Problem::UnknownField };
        let at = at.ok_or_else(|| unknown(shown(local)))?;
        let field = contract::field(open.kind, at);
        match open.node.last() {
            // One root is enough.
            Some(_) if depth == 1 => return Err(Problem::NotOne),
            Some(last) if last > at => return Err(Problem::Order),
            Some(last) if last == at && !field.repeated => return Err(Problem::Twice),
            Some(_) | None => {}
        }
        self.budget.take().map_err(|error| error.problem)?;
        match field.holds {
            Holds::Attribute => return Err(Problem::UnknownField(shown(local))),
            Holds::Element => {
                let raw = self.raw(start, before)?;
                if let Some(open) = self.open.last_mut() {
                    open.node.add(at, Value::Text(raw));
                }
                return Ok(());
            }
            Holds::Text => self.inside = Inside::Text(at, String::new()),
            Holds::Content => self.inside = Inside::Content(at, None),
            Holds::Fields(inner) => self.open.push(Open { kind: contract::kind(inner), at, node: Node::default() }),
        }
        self.attributes(start, depth)
    }

    /// Takes the attributes of an element that holds fields or text.
    fn attributes(&mut self, start: &BytesStart<'_>, depth: usize) -> Result<(), Problem> {
        if start.attributes_raw().is_empty() {
            return Ok(());
        }
        let attributes = attributes_of(start)?;
        for attribute in &attributes {
            if let Some(prefix) = declared_prefix(attribute.key.into_inner()) {
                self.scope.declare(depth, prefix, &attribute.value);
            }
        }
        for attribute in attributes {
            let name = attribute.key.into_inner();
            let is_xsi = name.split_once(':').is_some_and(|(prefix, _)| self.scope.namespace(prefix) == Some(XSI));
            if is_xsi || declared_prefix(name).is_some() {
                continue;
            }
            let is_fields = matches!(self.inside, Inside::Fields);
            let open = self.open.last_mut().filter(|_| is_fields);
            let field = open.as_ref().and_then(|open| open.kind.by_element(name));
            let (Some(open), Some(at)) = (open, field) else { return Err(Problem::UnknownAttribute(shown(name))) };
            if contract::field(open.kind, at).holds != Holds::Attribute {
                return Err(Problem::UnknownAttribute(shown(name)));
            }
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| Problem::Xml)?;
            open.node.add(at, Value::Text(value.into_owned()));
            open.node.arrange(open.kind).map_err(|error| error.problem)?;
        }
        Ok(())
    }

    /// The text of the element that starts here, with the declarations that it needs; the reader goes to its end.
    fn raw(&mut self, start: &BytesStart<'_>, before: u64) -> Result<String, Problem> {
        let attributes = attributes_of(start)?;
        let own: Vec<&str> = attributes.iter().filter_map(|one| declared_prefix(one.key.into_inner())).collect();
        self.reader.read_to_end(start.name()).map_err(|_| Problem::Xml)?;
        let from = usize::try_from(before).unwrap_or(usize::MAX);
        let to = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX);
        let element = self.text.get(from..to).ok_or(Problem::Xml)?;
        Ok(self.scope.carry(element, start.name().into_inner().len(), &own))
    }

    fn characters(&mut self, characters: &str) -> Result<(), Problem> {
        match &mut self.inside {
            Inside::Text(_, text) => {
                text.push_str(characters);
                Ok(())
            }
            Inside::Fields | Inside::Content(..) => {
                let blank = characters.chars().all(|c| matches!(c, ' ' | '\t' | '\r' | '\n'));
                if blank { Ok(()) } else { Err(Problem::Mixed) }
            }
        }
    }

    fn end(&mut self) -> Result<(), Problem> {
        let (at, text) = match std::mem::replace(&mut self.inside, Inside::Fields) {
            Inside::Fields => {
                self.scope.leave(self.open.len() - 1);
                self.close();
                return Ok(());
            }
            Inside::Text(at, text) => (at, text),
            Inside::Content(at, xml) => (at, xml.unwrap_or_default()),
        };
        self.scope.leave(self.open.len());
        if let Some(open) = self.open.last_mut() {
            open.node.add(at, Value::Text(text));
        }
        Ok(())
    }

    /// Puts the innermost open element into the one around it.
    fn close(&mut self) {
        if let Some(closed) = self.open.pop()
            && let Some(around) = self.open.last_mut()
        {
            around.node.add(closed.at, Value::Node(closed.node));
        }
    }
}

/// The attributes of a start tag. Whether one is there twice is for the schema to say.
fn attributes_of<'s>(start: &'s BytesStart<'_>) -> Result<Vec<Attribute<'s>>, Problem> {
    let mut attributes = start.attributes();
    let few = attributes.with_checks(false).take(limits::XML_ATTRIBUTES_MAX + 1);
    let found: Vec<_> = few.collect::<Result<_, _>>().map_err(|_| Problem::Xml)?;
    if found.len() > limits::XML_ATTRIBUTES_MAX { Err(Problem::Xml) } else { Ok(found) }
}

/// The prefix that an attribute declares; empty for the default namespace.
fn declared_prefix(name: &str) -> Option<&str> {
    if name == "xmlns" { Some("") } else { name.strip_prefix("xmlns:") }
}

/// A name cut for a report.
fn shown(name: &str) -> String {
    name.chars().take(limits::FOUND_CHARS_MAX).collect()
}
