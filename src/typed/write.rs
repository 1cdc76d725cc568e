//! Typed messages to XML.

use super::contract::{self, Field, Holds, Kind};
use super::error::{Bound, Error, Problem};
use super::fragment;
use super::tree::{Message, Node, Value};
use super::{NAMESPACE, PREFIX};
use crate::domain::limits;

impl Message {
    /// The message as XML in UTF-8: one element a line, two spaces a level, always the same bytes for the
    /// same message. So that a message can be signed after it was rendered, no white space surrounds the
    /// signature: with it and without it the rest is the same.
    ///
    /// What the message lacks is lacking in the XML too; the schema says so.
    ///
    /// # Errors
    /// [`Error`] with the field: a character that XML cannot hold, a signature or payload that is not one
    /// element, or more XML than a message may have.
    pub fn to_xml(&self) -> Result<Vec<u8>, Error> {
        let mut writer = Writer { out: String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"), depth: 0 };
        writer.fields(contract::roots(), self.top())?;
        writer.out.push('\n');
        Ok(writer.out.into_bytes())
    }
}

struct Writer {
    out: String,
    depth: usize,
}

impl Writer {
    /// Writes all but the attributes. Recurses as deep as the contract nests.
    fn fields(&mut self, kind: &'static Kind, node: &Node) -> Result<(), Error> {
        let (mut last, mut index) = (usize::MAX, 0);
        for (at, value) in node.values() {
            (last, index) = (at, if at == last { index + 1 } else { 0 });
            let field = contract::field(kind, at);
            self.value(field, value).map_err(|error| error.below(field, index))?;
            // A value is no longer than what was read, so that looking after each is enough.
            if self.out.len() > limits::MESSAGE_BYTES_MAX {
                return Err(Error::from(Problem::TooLarge(Bound::Bytes)).below(field, index));
            }
        }
        Ok(())
    }

    fn value(&mut self, field: &'static Field, value: &Value) -> Result<(), Error> {
        match (field.holds, value) {
            (Holds::Fields(inner), Value::Node(node)) => self.element(field, contract::kind(inner), node),
            (Holds::Text, Value::Text(text)) => {
                self.begin(field);
                self.out.push('>');
                self.text(text, false)?;
                self.end(field);
                Ok(())
            }
            (Holds::Element, Value::Text(xml)) => {
                fragment::check(xml, Some(&field.element))?;
                self.out.push_str(xml);
                Ok(())
            }
            (Holds::Content, Value::Text(xml)) => {
                self.begin(field);
                self.out.push('>');
                if !xml.is_empty() {
                    fragment::check(xml, None)?;
                    self.out.push_str(xml);
                }
                self.end(field);
                Ok(())
            }
            // Attributes are written with their element.
            (Holds::Attribute, _) => Ok(()),
            // Readers make texts and nodes as the contract has them.
            (Holds::Fields(_), Value::Text(_)) | (Holds::Text | Holds::Element | Holds::Content, Value::Node(_)) => {
                Ok(())
            }
        }
    }

    fn element(&mut self, field: &'static Field, kind: &'static Kind, node: &Node) -> Result<(), Error> {
        self.begin(field);
        if self.depth == 0 {
            self.out.push_str(&format!(" xmlns:{PREFIX}=\"{NAMESPACE}\""));
        }
        for (at, value) in node.values() {
            let attribute = contract::field(kind, at);
            if let (Holds::Attribute, Value::Text(text)) = (attribute.holds, value) {
                self.out.push_str(&format!(" {}=\"", attribute.element));
                self.text(text, true).map_err(|error| error.below(attribute, 0))?;
                self.out.push('"');
            }
        }
        self.out.push('>');
        self.depth += 1;
        self.fields(kind, node)?;
        self.depth -= 1;
        self.indent();
        self.end(field);
        Ok(())
    }

    fn indent(&mut self) {
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n("  ", self.depth));
    }

    fn begin(&mut self, field: &'static Field) {
        self.indent();
        self.out.push('<');
        self.out.push_str(PREFIX);
        self.out.push(':');
        self.out.push_str(&field.element);
    }

    fn end(&mut self, field: &'static Field) {
        self.out.push_str("</");
        self.out.push_str(PREFIX);
        self.out.push(':');
        self.out.push_str(&field.element);
        self.out.push('>');
    }

    /// Writes text so that a parser reads just it: what the normalisation of line ends and of attributes
    /// would change is written as references (XML 1.0 §2.11, §3.3.3).
    fn text(&mut self, text: &str, in_attribute: bool) -> Result<(), Error> {
        let mut rest = text;
        while let Some((at, special)) = rest.char_indices().find(|(_, character)| is_special(*character)) {
            let (before, after) = rest.split_at(at);
            self.out.push_str(before);
            match special {
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '&' => self.out.push_str("&amp;"),
                '"' if in_attribute => self.out.push_str("&quot;"),
                '\t' if in_attribute => self.out.push_str("&#9;"),
                '\n' if in_attribute => self.out.push_str("&#10;"),
                '\r' => self.out.push_str("&#13;"),
                '"' | '\t' | '\n' => self.out.push(special),
                _ => return Err(Problem::Character(special).into()),
            }
            rest = after.get(special.len_utf8()..).unwrap_or_default();
        }
        self.out.push_str(rest);
        Ok(())
    }
}

/// True for what cannot always stand as it is.
fn is_special(character: char) -> bool {
    matches!(character, '<' | '>' | '&' | '"' | '\0'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}')
}
