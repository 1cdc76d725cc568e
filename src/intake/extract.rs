//! Takes the fields of a message out of the one validating pass.

use crate::domain::{Document, Field, Fields, Message, MessageType, Value};
use crate::schema::{AttributeInfo, ElementId, ElementInfo, SchemaSet, Sink};
use std::borrow::Cow;
use std::ops::Range;

/// What an element means to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Root(MessageType),
    Document,
    Line,
    Transfer,
    Subscriber,
    Field(Field),
    /// A container without fields of its own, or something that is not taken out.
    Other,
}

/// Meaning of every element of a schema set, by its id.
#[derive(Debug, Clone)]
pub(super) struct Slots(Vec<Slot>);

impl Slots {
    pub(super) fn of(set: &SchemaSet) -> Slots {
        let count = u32::try_from(set.element_count()).unwrap_or(u32::MAX);
        let mut slots: Vec<Slot> = (0..count)
            .map(|id| {
                let name = set.name(ElementId(id));
                if let Some(kind) = MessageType::of_root(name) {
                    Slot::Root(kind)
                } else if MessageType::received().any(|kind| kind.document_name() == name) {
                    Slot::Document
                } else if MessageType::received().any(|kind| !name.is_empty() && kind.line_name() == name) {
                    Slot::Line
                } else if name == "BaseTransfer" {
                    Slot::Transfer
                } else if name == "BaseSubscribe" {
                    Slot::Subscriber
                } else {
                    Field::of_name(name).map_or(Slot::Other, Slot::Field)
                }
            })
            .collect();
        // Signatures and extensions have fields of like names (`Name`, `Version`) that are none of ours.
        for (id, slot) in (0..count).zip(slots.iter_mut()) {
            if set.namespace(ElementId(id)) != super::CEB_NAMESPACE {
                *slot = Slot::Other;
            }
        }
        Slots(slots)
    }

    fn get(&self, id: ElementId) -> Slot {
        self.0.get(id.index()).copied().unwrap_or(Slot::Other)
    }
}

/// Where a field belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Document,
    Line,
    Transfer,
    Subscriber,
    Nowhere,
}

/// Collects a message while it is validated.
pub(super) struct Extract<'a> {
    text: &'a str,
    slots: &'a Slots,
    /// What was open, innermost last: where fields went before.
    open: Vec<Target>,
    target: Target,
    pub(super) message: Message<'a>,
}

impl<'a> Extract<'a> {
    pub(super) fn new(text: &'a str, slots: &'a Slots) -> Extract<'a> {
        let message = Message {
            kind: MessageType::Unknown,
            root: Fields::default(),
            documents: Vec::new(),
            transfer: Fields::default(),
            subscribers: Vec::new(),
        };
        Extract { text, slots, open: Vec::with_capacity(8), target: Target::Nowhere, message }
    }

    fn value(&self, value: &str, raw: Range<usize>) -> Value<'a> {
        let text = match self.text.get(raw.clone()) {
            Some(same) if same == value => Cow::Borrowed(same),
            Some(_) | None => Cow::Owned(value.to_owned()),
        };
        Value { text, raw }
    }
}

impl Sink for Extract<'_> {
    fn start(&mut self, element: ElementInfo<'_>, at: usize) {
        self.open.push(self.target);
        match self.slots.get(element.id) {
            Slot::Root(kind) if self.open.len() == 1 => self.message.kind = kind,
            Slot::Document => {
                let head = Fields(Vec::with_capacity(48));
                self.message.documents.push(Document { span: at..at, head, lines: Vec::new() });
                self.target = Target::Document;
            }
            Slot::Line => {
                if let Some(document) = self.message.documents.last_mut() {
                    document.lines.push(Fields(Vec::with_capacity(20)));
                    self.target = Target::Line;
                }
            }
            Slot::Transfer => self.target = Target::Transfer,
            Slot::Subscriber => {
                self.message.subscribers.push(Fields::default());
                self.target = Target::Subscriber;
            }
            Slot::Root(_) | Slot::Field(_) => {}
            // The head of a document keeps its fields; anything beside documents keeps none.
            Slot::Other => {
                if self.target != Target::Document {
                    self.target = Target::Nowhere;
                }
            }
        }
    }

    fn attribute(&mut self, attribute: AttributeInfo<'_>, value: &str) {
        if self.open.len() == 1
            && let Some(field) = Field::of_name(attribute.local)
        {
            let value = self.value(value, attribute.raw);
            self.message.root.0.push((field, value));
        }
    }

    fn leaf(&mut self, element: ElementId, value: &str, raw: Range<usize>) {
        let Slot::Field(field) = self.slots.get(element) else { return };
        let value = self.value(value, raw);
        let fields = match self.target {
            Target::Document => self.message.documents.last_mut().map(|document| &mut document.head),
            Target::Line => self.message.documents.last_mut().and_then(|document| document.lines.last_mut()),
            Target::Transfer => Some(&mut self.message.transfer),
            Target::Subscriber => self.message.subscribers.last_mut(),
            Target::Nowhere => None,
        };
        if let Some(fields) = fields {
            fields.0.push((field, value));
        }
    }

    fn end(&mut self, end: usize) {
        // Back at the level of the documents: the last one ends here.
        if self.open.len() == 2
            && self.target == Target::Document
            && let Some(document) = self.message.documents.last_mut()
        {
            document.span.end = end;
        }
        self.target = self.open.pop().unwrap_or(Target::Nowhere);
    }
}
