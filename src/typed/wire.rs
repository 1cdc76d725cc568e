//! Typed messages as protobuf.
//!
//! The encoding is read by the contract's tables and not by generated types: those drop fields that they do
//! not know, and take far more memory than a small encoding lets expect.

use bytes::{Buf, BufMut, Bytes};
use prost::encoding::{self, DecodeContext, WireType};
use prost::{DecodeError, Message as _};

use super::contract::{self, Field, Holds, Kind};
use super::error::{Error, Problem};
use super::tree::{Budget, Message, Node, Value, inner};

/// An encoded `singlewindow.ceb.v1.CebMessage` that nobody has looked into yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CebMessage {
    /// Number of the field, and what it holds.
    member: Option<(u32, Bytes)>,
    /// A further field, or one of another type.
    other: Option<u32>,
}

impl prost::Message for CebMessage {
    fn encode_raw(&self, buf: &mut impl BufMut) {
        if let Some((number, body)) = &self.member {
            encoding::bytes::encode(*number, body, buf);
        }
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buf: &mut impl Buf,
        ctx: DecodeContext,
    ) -> Result<(), DecodeError> {
        if self.member.is_some() || wire_type != WireType::LengthDelimited {
            self.other = Some(tag);
            return encoding::skip_field(wire_type, tag, buf, ctx);
        }
        let mut body = Bytes::new();
        encoding::bytes::merge(wire_type, &mut body, buf, ctx)?;
        self.member = Some((tag, body));
        Ok(())
    }

    fn encoded_len(&self) -> usize {
        self.member.as_ref().map_or(0, |(number, body)| encoding::bytes::encoded_len(*number, body))
    }

    fn clear(&mut self) {
        *self = CebMessage::default();
    }
}

impl CebMessage {
    /// Bytes of the message.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.encoded_len()
    }
}

impl Message {
    /// Reads an encoded message.
    ///
    /// # Errors
    /// [`Error`] with the field: one that is unknown, of another type, there twice, or too many of them.
    pub fn from_wire(encoded: &CebMessage) -> Result<Message, Error> {
        let (Some((number, body)), None) = (&encoded.member, encoded.other) else { return Err(Problem::NotOne.into()) };
        let kind = contract::roots();
        let root = kind.by_number(*number).ok_or_else(|| Problem::UnknownMessage(number.to_string()))?;
        let field = contract::field(kind, root);
        let mut top = Node::default();
        if let Some(inner) = inner(field.holds) {
            let node = decode(inner, body, &mut Budget::new()).map_err(|error| error.below(field, 0))?;
            top.add(root, Value::Node(node));
        }
        Message::of(top)
    }

    /// Reads the bytes of an encoded `singlewindow.ceb.v1.CebMessage`.
    ///
    /// # Errors
    /// As [`Message::from_wire`].
    pub fn from_protobuf(bytes: &[u8]) -> Result<Message, Error> {
        let encoded = CebMessage::decode(bytes).map_err(|_| Problem::Protobuf("the outermost field is broken"))?;
        Message::from_wire(&encoded)
    }

    /// The message encoded. Always the same bytes for the same message.
    #[must_use]
    pub fn to_wire(&self) -> CebMessage {
        let member = self.top().values().next().map(|(root, value)| {
            let mut body = Vec::new();
            if let (Some(kind), Value::Node(node)) = (inner(contract::field(contract::roots(), root).holds), value) {
                encode(kind, node, &mut body);
            }
            (contract::field(contract::roots(), root).number, Bytes::from(body))
        });
        CebMessage { member, other: None }
    }
}

/// Reads the fields of one message. Recurses as deep as the contract nests, whatever the input.
fn decode(kind: &'static Kind, mut rest: &[u8], budget: &mut Budget) -> Result<Node, Error> {
    let mut node = Node::default();
    while rest.has_remaining() {
        let (number, wire_type) =
            encoding::decode_key(&mut rest).map_err(|_| Problem::Protobuf("a field's key is broken"))?;
        let at = kind.by_number(number).ok_or_else(|| Problem::UnknownField(number.to_string()))?;
        let field = contract::field(kind, at);
        // The index is counted only for an error: there may be very many values.
        let value = budget.take().and_then(|()| value(field, wire_type, &mut rest, budget));
        let value = value.map_err(|error| error.below(field, node.count(at)))?;
        node.add(at, value);
    }
    node.arrange(kind)?;
    Ok(node)
}

/// Reads one value.
fn value(field: &Field, wire_type: WireType, rest: &mut &[u8], budget: &mut Budget) -> Result<Value, Error> {
    let body = delimited(rest, wire_type)?;
    match field.holds {
        Holds::Fields(inner) => decode(contract::kind(inner), body, budget).map(Value::Node),
        Holds::Attribute | Holds::Text | Holds::Element | Holds::Content => {
            let text = std::str::from_utf8(body).map_err(|_| Problem::Protobuf("it is not UTF-8"))?;
            Ok(Value::Text(text.to_owned()))
        }
    }
}

/// The bytes of a length-delimited field.
fn delimited<'b>(rest: &mut &'b [u8], wire_type: WireType) -> Result<&'b [u8], Problem> {
    if wire_type != WireType::LengthDelimited {
        return Err(Problem::Protobuf("it is of another type"));
    }
    let broken = Problem::Protobuf("its length is broken");
    let length = encoding::decode_varint(rest).ok().and_then(|length| usize::try_from(length).ok());
    let Some((body, after)) = length.and_then(|length| rest.split_at_checked(length)) else { return Err(broken) };
    *rest = after;
    Ok(body)
}

fn encode(kind: &'static Kind, node: &Node, out: &mut Vec<u8>) {
    for (at, value) in node.values() {
        let field = contract::field(kind, at);
        match value {
            Value::Text(text) => encoding::string::encode(field.number, text, out),
            Value::Node(node) => {
                let mut body = Vec::new();
                if let Some(kind) = inner(field.holds) {
                    encode(kind, node, &mut body);
                }
                encoding::bytes::encode(field.number, &body, out);
            }
        }
    }
}
