//! A text as a sequence of events, comments and instructions included: what canonical XML is made of.
//!
//! The events come from the very scanner that validates messages, so both see the same elements. Comments and
//! instructions lie in the gaps between its tokens; it has checked them before.

use super::names::{Namespaces, URI_XML};
use super::places::Places;
use super::scanner::{Doctype, Scanner, Stop, Token};
use crate::domain::Fault;

/// Namespace of the prefix `xml`.
pub const NAMESPACE_XML: &str = URI_XML;

/// One step through a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'t> {
    /// A start tag; its attributes and declarations can be asked for until the next step.
    Start {
        /// Byte of `<`.
        at: usize,
        /// Byte after `>`.
        end: usize,
        /// The name as it stands, prefix included.
        name: &'t str,
        /// The name without its prefix.
        local: &'t str,
    },
    /// The end of the innermost open element.
    End {
        /// Byte of `</`; that after the tag for `<empty/>`.
        at: usize,
        /// Byte after `>`.
        end: usize,
    },
    /// Character data as it stands, line ends and all; it holds no references.
    Text(&'t str),
    /// The content of a CDATA section as it stands.
    CData(&'t str),
    /// A resolved reference.
    Char(char),
    /// The content of a comment as it stands.
    Comment(&'t str),
    /// A processing instruction; its data is empty or begins after the white space.
    Instruction {
        /// Its target.
        target: &'t str,
        /// Its data as it stands.
        data: &'t str,
    },
}

/// An attribute that is not a namespace declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute<'r> {
    /// The name as it stands.
    pub name: &'r str,
    /// The name without its prefix.
    pub local: &'r str,
    /// Its namespace, empty if it has none.
    pub namespace: &'r str,
    /// Its value, normalised, references resolved.
    pub value: &'r str,
}

/// Steps through one text. Checks well-formedness on the way, as validation does; a document type is refused.
pub struct Reader<'t, 'n> {
    text: &'t str,
    scanner: Scanner<'t, 'n>,
    /// Where the last step ended.
    pos: usize,
    /// The token after the comments and instructions that are being told.
    pending: Option<Token<'t>>,
    namespace: u32,
}

impl<'t, 'n> Reader<'t, 'n> {
    /// Begins before the first character of a decoded text.
    #[must_use]
    pub fn new(text: &'t str, known: &'n Namespaces) -> Self {
        let scanner = Scanner::new(text, known, Doctype::Refused);
        Reader { text, scanner, pos: 0, pending: None, namespace: 0 }
    }

    /// The next step; `None` at the end.
    ///
    /// # Errors
    /// The fault that makes the text no XML; the reader must not be asked again.
    pub fn step(&mut self) -> Result<Option<Event<'t>>, Box<Fault>> {
        let token = match self.pending.take() {
            Some(token) => token,
            None => self.scanner.next().map_err(|stop| self.fault(stop))?,
        };
        let at = match &token {
            Token::Start(start) => start.at,
            Token::End { at, .. } | Token::Text { at, .. } | Token::Char { at, .. } | Token::CData { at, .. } => *at,
            Token::Eof => self.text.len(),
        };
        if let Some(event) = self.between(at) {
            self.pending = Some(token);
            return Ok(Some(event));
        }
        let (event, end) = match token {
            Token::Start(start) => {
                self.namespace = start.ns;
                let (at, end) = (start.at, start.end);
                (Event::Start { at, end, name: start.name, local: start.local }, end)
            }
            Token::End { at, end } => (Event::End { at, end }, end),
            Token::Text { at, text, .. } => (Event::Text(text), at + text.len()),
            Token::CData { at, text, .. } => (Event::CData(text), at + "<![CDATA[]]>".len() + text.len()),
            Token::Char { at, char } => {
                let length = self.text.get(at..).and_then(|rest| rest.find(';')).map_or(0, |length| length + 1);
                (Event::Char(char), at + length)
            }
            Token::Eof => return Ok(None),
        };
        self.pos = end;
        Ok(Some(event))
    }

    /// Namespace of the element that began last; empty for none.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.scanner.scope().uri(self.namespace)
    }

    /// Attributes of the element that began last, in the order of the text.
    pub fn attributes(&self) -> impl Iterator<Item = Attribute<'_>> {
        self.scanner.attributes().iter().map(|attribute| Attribute {
            name: attribute.name,
            local: attribute.local,
            namespace: self.scanner.scope().uri(attribute.ns),
            value: &attribute.value,
        })
    }

    /// Prefixes (empty for the default) and namespaces that the element that began last declares.
    pub fn declarations(&self) -> impl Iterator<Item = (&'t str, &str)> {
        self.scanner.scope().declared_here(self.scanner.outer_bindings())
    }

    /// Every prefix that a declaration in scope names, some perhaps twice.
    pub fn prefixes(&self) -> impl Iterator<Item = &'t str> {
        self.scanner.scope().declared_here(0).map(|(prefix, _)| prefix)
    }

    /// The next comment or instruction before `until`.
    fn between(&mut self, until: usize) -> Option<Event<'t>> {
        let text = self.text;
        loop {
            let gap = text.get(self.pos..until)?;
            let Some(begin) = gap.find('<') else {
                self.pos = until;
                return None;
            };
            let gap = gap.get(begin..)?;
            if let Some(rest) = gap.strip_prefix("<!--") {
                let comment = rest.get(..rest.find("-->")?)?;
                self.pos += begin + comment.len() + "<!---->".len();
                return Some(Event::Comment(comment));
            }
            let whole = gap.get("<?".len()..gap.find("?>")?)?;
            self.pos += begin + whole.len() + "<??>".len();
            let (target, data) = whole.split_once([' ', '\t', '\n', '\r']).unwrap_or((whole, ""));
            // The declaration of the text itself is no instruction.
            if target != "xml" {
                return Some(Event::Instruction { target, data: data.trim_start_matches([' ', '\t', '\n', '\r']) });
            }
        }
    }

    fn fault(&self, stop: Stop) -> Box<Fault> {
        Box::new(Fault {
            place: Places::new(self.text).at(stop.at),
            path: String::new(),
            field_zh: String::new(),
            field_en: String::new(),
            rule: stop.rule,
            message_zh: stop.zh,
            message_en: stop.en,
            found: stop.found,
            expected: stop.expected,
            official: 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(text: &str) -> Vec<String> {
        let known = Namespaces::default();
        let mut reader = Reader::new(text, &known);
        let mut told = Vec::new();
        while let Some(event) = reader.step().unwrap() {
            told.push(format!("{event:?}"));
            if let Event::Start { .. } = event {
                told.extend(reader.declarations().map(|(prefix, uri)| format!("{prefix}={uri}")));
                told.extend(reader.attributes().map(|attribute| format!("{}={}", attribute.name, attribute.value)));
            }
        }
        told
    }

    #[test]
    fn comments_and_instructions_are_told_in_their_place() {
        let text = "\u{FEFF}<?xml version='1.0'?>\n<?a  b c?><!--1--><r>x<!--2-->&amp;<?d?><![CDATA[<]]><e/><!--3--></r>\n<?z?>";
        let told = events(text);
        let expected = [
            "Instruction { target: \"a\", data: \"b c\" }",
            "Comment(\"1\")",
            "Text(\"x\")",
            "Comment(\"2\")",
            "Char('&')",
            "Instruction { target: \"d\", data: \"\" }",
            "CData(\"<\")",
            "Comment(\"3\")",
            "Instruction { target: \"z\", data: \"\" }",
        ];
        let others: Vec<&str> = told
            .iter()
            .map(String::as_str)
            .filter(|told| !told.starts_with("Start") && !told.starts_with("End"))
            .collect();
        assert_eq!(others, expected);
        assert_eq!(told.iter().filter(|told| told.starts_with("End")).count(), 2);
    }

    #[test]
    fn declarations_and_attributes_are_those_of_the_tag() {
        let told = events("<p:r xmlns:p='urn:p' xmlns='urn:d' p:a='&#10;1' b='2'><c xmlns=''/></p:r>");
        assert_eq!(told[1..5], ["p=urn:p", "=urn:d", "p:a=\n1", "b=2"]);
        assert_eq!(told[6], "=");
    }

    #[test]
    fn a_document_type_is_refused() {
        let known = Namespaces::default();
        let fault = Reader::new("<!DOCTYPE r><r/>", &known).step().unwrap_err();
        assert_eq!(fault.rule, crate::schema::rules::DTD);
    }
}
