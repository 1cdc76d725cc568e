//! A message as parsed: fields with their places, borrowed from the text.

use super::field::Field;
use super::message::MessageType;
use std::borrow::Cow;
use std::ops::Range;

/// One value and where its raw bytes stand in the decoded text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value<'a> {
    /// The value after whitespace and entity processing.
    pub text: Cow<'a, str>,
    /// Raw bytes between the tags.
    pub raw: Range<usize>,
}

/// The fields of one element, in order of appearance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields<'a>(pub Vec<(Field, Value<'a>)>);

impl<'a> Fields<'a> {
    /// The value of a field; `None` if it is absent.
    #[must_use]
    pub fn value(&self, field: Field) -> Option<&Value<'a>> {
        self.0.iter().find(|(name, _)| *name == field).map(|(_, value)| value)
    }

    /// The value of a field; `None` if it is absent or empty.
    #[must_use]
    pub fn given(&self, field: Field) -> Option<&Value<'a>> {
        self.value(field).filter(|value| !value.text.is_empty())
    }

    /// The text of a field; empty if it is absent.
    #[must_use]
    pub fn text(&self, field: Field) -> &str {
        self.value(field).map_or("", |value| &value.text)
    }
}

/// One business document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document<'a> {
    /// Bytes of its element in the decoded text, tags included.
    pub span: Range<usize>,
    /// Head fields.
    pub head: Fields<'a>,
    /// Lines.
    pub lines: Vec<Fields<'a>>,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message<'a> {
    /// Its type.
    pub kind: MessageType,
    /// Root attributes guid and version.
    pub root: Fields<'a>,
    /// Its documents.
    pub documents: Vec<Document<'a>>,
    /// BaseTransfer.
    pub transfer: Fields<'a>,
    /// BaseSubscribe, each.
    pub subscribers: Vec<Fields<'a>>,
}
