//! A typed message in memory.

use super::contract::{self, Holds, Kind};
use super::error::{Bound, Error, Problem};
use crate::domain::limits;

/// One value: a text, or the fields of an inner message.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Node(Node),
}

/// The values of one message, each with the index of its field, in the order of the fields.
#[derive(Clone, PartialEq, Eq, Default)]
pub(super) struct Node {
    values: Vec<(usize, Value)>,
}

impl Node {
    /// Adds a value in any order; [`Node::arrange`] must follow.
    pub(super) fn add(&mut self, field: usize, value: Value) {
        self.values.push((field, value));
    }

    /// How many values of a field there are; looks at all values.
    pub(super) fn count(&self, field: usize) -> usize {
        self.values.iter().filter(|(other, _)| *other == field).count()
    }

    /// The index of the last field that was added.
    pub(super) fn last(&self) -> Option<usize> {
        self.values.last().map(|(field, _)| *field)
    }

    /// Puts the values in order; values of one field keep theirs.
    pub(super) fn arrange(&mut self, kind: &'static Kind) -> Result<(), Error> {
        self.values.sort_by_key(|(field, _)| *field);
        for pair in self.values.windows(2) {
            if let [(one, _), (next, _)] = pair
                && one == next
                && !contract::field(kind, *one).repeated
            {
                return Err(Error::from(Problem::Twice).below(contract::field(kind, *one), 0));
            }
        }
        Ok(())
    }

    /// The values with their fields.
    pub(super) fn values(&self) -> impl DoubleEndedIterator<Item = (usize, &Value)> {
        self.values.iter().map(|(field, value)| (*field, value))
    }
}

/// One CEB message, typed. Reading any form gives one, and it can be written in any form.
///
/// Whether the message is valid is not known here: the schema and the rules judge its XML.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Exactly one value of a field of [`contract::roots`], a node.
    top: Node,
}

impl Message {
    /// Takes a node of the kind of all roots.
    pub(super) fn of(top: Node) -> Result<Message, Error> {
        if top.values.len() == 1 { Ok(Message { top }) } else { Err(Problem::NotOne.into()) }
    }

    pub(super) fn top(&self) -> &Node {
        &self.top
    }

    /// Name of the root element, as `CEB621Message`.
    #[must_use]
    pub fn root_name(&self) -> &'static str {
        self.top.last().map_or("", |root| &contract::field(contract::roots(), root).element)
    }
}

impl std::fmt::Debug for Message {
    /// Without its values: they may be personal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Message").field(&self.root_name()).finish()
    }
}

/// How many values may still be read into one message.
#[derive(Debug)]
pub(super) struct Budget {
    values: usize,
}

impl Budget {
    pub(super) fn new() -> Budget {
        Budget { values: limits::TYPED_VALUES_MAX }
    }

    /// Counts one value.
    pub(super) fn take(&mut self) -> Result<(), Error> {
        self.values = self.values.checked_sub(1).ok_or(Problem::TooLarge(Bound::Values))?;
        Ok(())
    }
}

/// The kind of the values that a field holds, if it holds fields.
pub(super) fn inner(holds: Holds) -> Option<&'static Kind> {
    match holds {
        Holds::Fields(index) => Some(contract::kind(index)),
        Holds::Attribute | Holds::Text | Holds::Element | Holds::Content => None,
    }
}
