//! Why a message cannot be converted, and at which field.

use super::contract::Field;
use super::path::{Names, Step, join};
use crate::domain::limits;

/// A message that cannot be converted without loss.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} {problem}", self.place(Names::Protobuf))]
pub struct Error {
    /// From the field at fault outwards.
    steps: Vec<Step>,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// There is no message, or more than one.
    #[error("holds not exactly one message")]
    NotOne,
    /// The contract has no such message. Its name or number.
    #[error("is {0}, which has no typed form")]
    UnknownMessage(String),
    /// The contract has no such field. Its name or number.
    #[error("has no field {0}")]
    UnknownField(String),
    /// A field that may be there once is there again.
    #[error("is given more than once")]
    Twice,
    /// An element stands after one that it has to stand before.
    #[error("stands too late: the order of the elements is fixed")]
    Order,
    /// An attribute that the element does not have. Its name.
    #[error("has no attribute {0}")]
    UnknownAttribute(String),
    /// Text between elements, or an element in a text.
    #[error("mixes text and elements")]
    Mixed,
    /// A character that XML cannot hold, not even as a reference.
    #[error("holds U+{:04X}, which XML does not allow", u32::from(*.0))]
    Character(char),
    /// What should be the text of one XML element is not. Why.
    #[error("is not the text of one XML element: {0}")]
    Fragment(&'static str),
    /// The protobuf encoding is broken, or a value is not of its field's type.
    #[error("cannot be decoded as protobuf: {0}")]
    Protobuf(&'static str),
    /// The JSON is broken, or a value is not of its field's type.
    #[error("cannot be read as JSON: {0}")]
    Json(String),
    /// The XML is broken.
    #[error("cannot be read as XML")]
    Xml,
    /// The message is over a limit.
    #[error("has {0}")]
    TooLarge(Bound),
}

/// A limit that a message is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Bound {
    /// Of bytes as XML or JSON.
    #[error("more than {} bytes", limits::MESSAGE_BYTES_MAX)]
    Bytes,
    /// Of values.
    #[error("more than {} values", limits::TYPED_VALUES_MAX)]
    Values,
}

impl Error {
    /// Where the typed message is wrong, as `ceb621.inventory[1].inventory_head.order_no`; indexes from 0.
    /// Empty for the message as a whole.
    #[must_use]
    pub fn path(&self, names: Names) -> String {
        join(self.steps.iter().rev(), names)
    }

    /// The path, or a word for the message as a whole.
    #[must_use]
    pub fn place(&self, names: Names) -> String {
        if self.steps.is_empty() { "message".to_owned() } else { self.path(names) }
    }

    /// Puts the error below a field.
    pub(super) fn below(mut self, field: &'static Field, index: usize) -> Error {
        self.steps.push(Step::new(field, index));
        self
    }

    pub(super) fn from_steps(problem: Problem, steps: Vec<Step>) -> Error {
        Error { steps, problem }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Error {
        Error { steps: Vec::new(), problem }
    }
}
