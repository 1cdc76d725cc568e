//! Typed messages as JSON: the names are those of the XML elements, every value is a string.

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::contract::{self, Field, Holds, Kind};
use super::error::{Bound, Error, Problem};
use super::path::Step;
use super::tree::{Budget, Message, Node, Value, inner};
use crate::domain::limits;

/// Characters of what the JSON reader says about a mistake.
const JSON_TEXT_CHARS_MAX: usize = 200;

impl Message {
    /// Reads an object with one member, named as the root element. A member that is null is one that is not
    /// there; protobuf names are good too.
    ///
    /// # Errors
    /// [`Error`] with the field: one that is unknown, no string, there twice, or too many of them.
    pub fn from_json(bytes: &[u8]) -> Result<Message, Error> {
        if bytes.len() > limits::MESSAGE_BYTES_MAX {
            return Err(Problem::TooLarge(Bound::Bytes).into());
        }
        let reading = Reading::default();
        let mut deserializer = serde_json::Deserializer::from_slice(bytes);
        let read = Fields { kind: contract::roots(), reading: &reading }.deserialize(&mut deserializer);
        let top = read.and_then(|top| deserializer.end().map(|()| top)).map_err(|error| reading.error(&error))?;
        Message::of(top)
    }
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Written { kind: contract::roots(), node: self.top() }.serialize(serializer)
    }
}

/// The fields of a node, to be written.
struct Written<'n> {
    kind: &'static Kind,
    node: &'n Node,
}

/// The values of a repeated field, to be written.
struct WrittenList<'n>(Vec<Written<'n>>);

impl Serialize for WrittenList<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.0)
    }
}

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let mut values = self.node.values().peekable();
        while let Some((at, value)) = values.next() {
            let field = contract::field(self.kind, at);
            match (value, inner(field.holds)) {
                (Value::Text(text), _) => map.serialize_entry(&field.element, text)?,
                (Value::Node(node), Some(kind)) if !field.repeated => {
                    map.serialize_entry(&field.element, &Written { kind, node })?;
                }
                (Value::Node(node), Some(kind)) => {
                    let mut list = vec![Written { kind, node }];
                    while let Some((_, Value::Node(node))) = values.next_if(|(next, _)| *next == at) {
                        list.push(Written { kind, node });
                    }
                    map.serialize_entry(&field.element, &WrittenList(list))?;
                }
                // Nodes are made only for fields that hold fields.
                (Value::Node(_), None) => {}
            }
        }
        map.end()
    }
}

/// What all readers of one message share.
struct Reading {
    budget: RefCell<Budget>,
    /// From the field at fault outwards.
    steps: RefCell<Vec<Step>>,
    problem: Cell<Option<Problem>>,
}

impl Default for Reading {
    fn default() -> Reading {
        Reading { budget: RefCell::new(Budget::new()), steps: RefCell::default(), problem: Cell::default() }
    }
}

impl Reading {
    /// Ends the reading with a problem of our own.
    fn fail<E: serde::de::Error>(&self, problem: Problem) -> E {
        let error = E::custom(&problem);
        self.problem.set(Some(problem));
        error
    }

    fn count<E: serde::de::Error>(&self) -> Result<(), E> {
        self.budget.borrow_mut().take().map_err(|error| self.fail(error.problem))
    }

    /// Notes a field that an error came through.
    fn below<E>(&self, field: &'static Field, index: Option<usize>) -> impl FnOnce(E) -> E {
        move |error| {
            self.steps.borrow_mut().push(Step { field, index });
            error
        }
    }

    fn error(&self, error: &serde_json::Error) -> Error {
        // The text may quote a value of any length.
        let text = || error.to_string().chars().take(JSON_TEXT_CHARS_MAX).collect();
        let problem = self.problem.take().unwrap_or_else(|| Problem::Json(text()));
        Error::from_steps(problem, self.steps.take())
    }
}

/// Reads an object. Recurses as deep as the contract nests, whatever the input.
struct Fields<'r> {
    kind: &'static Kind,
    reading: &'r Reading,
}

impl<'de> DeserializeSeed<'de> for Fields<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        self.reading.count()?;
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Fields<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let reading = self.reading;
        let mut node = Node::default();
        let mut seen = vec![false; self.kind.fields.len()];
        while let Some(name) = map.next_key::<String>()? {
            let Some(at) = self.kind.by_member(&name) else {
                let name = name.chars().take(limits::FOUND_CHARS_MAX).collect();
                let is_root = std::ptr::eq(self.kind, contract::roots());
                let problem = if is_root { Problem::UnknownMessage(name) } else { Problem::UnknownField(name) };
                return Err(reading.fail(problem));
            };
            let field = contract::field(self.kind, at);
            if seen.get_mut(at).is_none_or(|seen| std::mem::replace(seen, true)) {
                return Err(reading.below(field, None)(reading.fail(Problem::Twice)));
            }
            let below = reading.below(field, None);
            match field.holds {
                Holds::Fields(inner) if field.repeated => {
                    let list = List { field, kind: contract::kind(inner), reading };
                    // The list names its field itself, with the index.
                    for inner in map.next_value_seed(Optional(list))?.into_iter().flatten() {
                        node.add(at, Value::Node(inner));
                    }
                }
                Holds::Fields(inner) => {
                    let fields = Fields { kind: contract::kind(inner), reading };
                    if let Some(inner) = map.next_value_seed(Optional(fields)).map_err(below)? {
                        node.add(at, Value::Node(inner));
                    }
                }
                Holds::Attribute | Holds::Text | Holds::Element | Holds::Content => {
                    reading.count()?;
                    if let Some(text) = map.next_value::<Option<String>>().map_err(below)? {
                        node.add(at, Value::Text(text));
                    }
                }
            }
        }
        node.arrange(self.kind).map_err(|error| reading.fail(error.problem))?;
        Ok(node)
    }
}

/// Reads a list of objects.
struct List<'r> {
    field: &'static Field,
    kind: &'static Kind,
    reading: &'r Reading,
}

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = Vec<Node>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<Node>, D::Error> {
        let (field, reading) = (self.field, self.reading);
        deserializer.deserialize_seq(self).map_err(|error| {
            // What came from inside of the list has noted its place already.
            if reading.steps.borrow().is_empty() { reading.below(field, None)(error) } else { error }
        })
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = Vec<Node>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Node>, A::Error> {
        let mut nodes = Vec::new();
        loop {
            let fields = Fields { kind: self.kind, reading: self.reading };
            let below = self.reading.below(self.field, Some(nodes.len()));
            match list.next_element_seed(fields).map_err(below)? {
                Some(node) => nodes.push(node),
                None => return Ok(nodes),
            }
        }
    }
}

/// Reads a value or null.
struct Optional<S>(S);

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Optional<S> {
    type Value = Option<S::Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for Optional<S> {
    type Value = Option<S::Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or null")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        self.0.deserialize(deserializer).map(Some)
    }
}
