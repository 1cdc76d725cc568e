//! Bytes to tags and text: every rule of well-formedness, prefixes included, in one pass without recursion.
//!
//! There is no quick-xml below this. Its reader alone, which checks next to nothing, takes about the time of
//! this whole file with every check, and its events hide the spaces and quotes that have to be checked; so
//! it serves as the reference in the tests.

mod attributes;
mod markup;
mod stops;
mod tags;
mod text;
mod words;

use std::borrow::Cow;
use std::collections::HashSet;

use super::chars::{self, class, is_space};
use super::names::{Namespaces, NsId, Scope};
use super::rules;
pub(super) use stops::{illegal, syntax};

/// Why the pass ends before the end of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stop {
    pub(super) at: usize,
    pub(super) rule: &'static str,
    pub(super) zh: String,
    pub(super) en: String,
    pub(super) found: Option<String>,
    pub(super) expected: String,
}

/// One attribute that is not a namespace declaration.
#[derive(Debug)]
pub(super) struct Attribute<'t> {
    pub(super) name: &'t str,
    pub(super) local: &'t str,
    pub(super) ns: NsId,
    /// References resolved, white space normalised as XML 1.0 §3.3.3 has it for CDATA.
    pub(super) value: Cow<'t, str>,
    pub(super) at: usize,
    pub(super) value_at: usize,
    pub(super) value_end: usize,
}

/// A start tag. Its attributes are in [`Scanner::attributes`] until the next token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Start<'t> {
    /// Byte of `<`.
    pub(super) at: usize,
    /// Byte after `>`.
    pub(super) end: usize,
    pub(super) name: &'t str,
    pub(super) local: &'t str,
    pub(super) ns: NsId,
}

/// One step of the scan. Comments and processing instructions are checked and left out.
#[derive(Debug)]
pub(super) enum Token<'t> {
    Start(Start<'t>),
    /// `at` is the byte of `</`, `end` the byte after `>`; both are the end of the tag for `<empty/>`.
    End {
        at: usize,
        end: usize,
    },
    /// Character data as it stands; `plain` if it holds no CR, `blank` if it is surely nothing but spaces and LF.
    Text {
        at: usize,
        text: &'t str,
        plain: bool,
        blank: bool,
    },
    /// A resolved reference.
    Char {
        at: usize,
        char: char,
    },
    /// The content of a CDATA section.
    CData {
        at: usize,
        text: &'t str,
        plain: bool,
    },
    Eof,
}

struct Open<'t> {
    name: &'t str,
    bindings: usize,
}

/// What the scanner accepts besides messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doctype {
    /// Refused at once: messages.
    Refused,
    /// Skipped, for it was read before: schema files, and files that are checked against a schema of one's own.
    Skipped,
}

/// Reads one text. After a [`Stop`] it must not be asked again.
pub(super) struct Scanner<'t, 'n> {
    text: &'t str,
    bytes: &'t [u8],
    pos: usize,
    scope: Scope<'t, 'n>,
    open: Vec<Open<'t>>,
    attributes: Vec<Attribute<'t>>,
    declared: Vec<&'t str>,
    pending_end: bool,
    /// Bindings to keep once the end that was reported last is done with; its value may still name the others.
    leave: usize,
    root_seen: bool,
    doctype_seen: bool,
    doctype: Doctype,
}

impl<'t, 'n> Scanner<'t, 'n> {
    pub(super) fn new(text: &'t str, known: &'n Namespaces, doctype: Doctype) -> Self {
        Scanner {
            text,
            bytes: text.as_bytes(),
            pos: 0,
            scope: Scope::new(known),
            open: Vec::with_capacity(16),
            attributes: Vec::new(),
            declared: Vec::new(),
            pending_end: false,
            leave: usize::MAX,
            root_seen: false,
            doctype_seen: false,
            doctype,
        }
    }

    /// Lets values name unparsed entities.
    pub(super) fn with_entities(mut self, entities: &'t HashSet<String>) -> Self {
        self.scope.entities = Some(entities);
        self
    }

    /// The attributes of the last start tag.
    #[inline]
    pub(super) fn attributes(&self) -> &[Attribute<'t>] {
        &self.attributes
    }

    /// Lends out the attributes of the last start tag, so that the scanner stays usable.
    pub(super) fn take_attributes(&mut self) -> Vec<Attribute<'t>> {
        std::mem::take(&mut self.attributes)
    }

    /// Takes the room for attributes back.
    pub(super) fn give_back(&mut self, attributes: Vec<Attribute<'t>>) {
        self.attributes = attributes;
    }

    /// How many bindings were in scope around the innermost open element.
    pub(super) fn outer_bindings(&self) -> usize {
        self.open.last().map_or(0, |open| open.bindings)
    }

    pub(super) fn scope(&self) -> &Scope<'t, 'n> {
        &self.scope
    }

    #[inline]
    fn byte(&self, at: usize) -> u8 {
        // NUL is no XML character, so it can stand for the end of the text.
        self.bytes.get(at).copied().unwrap_or(0)
    }

    #[inline]
    fn slice(&self, from: usize, to: usize) -> &'t str {
        self.text.get(from..to).unwrap_or("")
    }

    #[inline]
    fn starts(&self, at: usize, with: &[u8]) -> bool {
        self.bytes.get(at..).is_some_and(|rest| rest.starts_with(with))
    }

    /// The first byte from `at` on that has one of the classes, or the end.
    #[inline]
    fn until(&self, at: usize, stop: u8) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        at + rest.iter().position(|byte| class(*byte) & stop != 0).unwrap_or(rest.len())
    }

    /// The first byte from `at` on that has none of the classes, or the end.
    #[inline]
    fn past(&self, at: usize, skip: u8) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        at + rest.iter().position(|byte| class(*byte) & skip == 0).unwrap_or(rest.len())
    }

    /// Eight bytes at a place, the first one lowest; `None` near the end.
    #[inline]
    fn word(&self, at: usize) -> Option<u64> {
        self.bytes.get(at..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
    }

    fn skip_space(&self, mut at: usize) -> usize {
        while is_space(self.byte(at)) {
            at += 1;
        }
        at
    }

    /// The next token.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Token<'t>, Stop> {
        self.scope.leave(std::mem::replace(&mut self.leave, usize::MAX));
        if self.pending_end {
            self.pending_end = false;
            if let Some(open) = self.open.pop() {
                self.leave = open.bindings;
            }
            return Ok(Token::End { at: self.pos, end: self.pos });
        }
        loop {
            let at = self.pos;
            if self.byte(at) == b'<' {
                match self.byte(at + 1) {
                    b'/' => return self.end_tag(at),
                    b'!' => {
                        if let Some(token) = self.declaration(at)? {
                            return Ok(token);
                        }
                    }
                    b'?' => self.instruction(at)?,
                    _ => return self.start_tag(at),
                }
                continue;
            }
            if at >= self.bytes.len() {
                return self.finish();
            }
            if self.open.is_empty() {
                self.outside(at)?;
                continue;
            }
            if self.byte(at) == b'&' {
                let (char, end) = self.reference(at)?;
                self.pos = end;
                return Ok(Token::Char { at, char });
            }
            return self.character_data(at);
        }
    }

    fn finish(&self) -> Result<Token<'t>, Stop> {
        if let Some(open) = self.open.last() {
            return Err(Stop {
                expected: format!("</{}>", open.name),
                ..syntax(
                    self.bytes.len(),
                    format!("报文不完整：元素 {} 没有结束标签", open.name),
                    format!("the text ends before element {} is closed", open.name),
                )
            });
        }
        if !self.root_seen {
            return Err(Stop {
                rule: rules::ROOT,
                ..syntax(self.bytes.len(), "没有根元素".into(), "there is no root element".into())
            });
        }
        Ok(Token::Eof)
    }

    /// Refuses the character at `at` if XML forbids it. The text is UTF-8, so only a few can be wrong.
    fn legal(&self, at: usize) -> Result<(), Stop> {
        match self.text.get(at..).and_then(|rest| rest.chars().next()) {
            Some(c) if !chars::is_char(c) => Err(illegal(at, c)),
            _ => Ok(()),
        }
    }

    fn truncated(&self, at: usize) -> Stop {
        syntax(
            at.min(self.bytes.len()),
            "报文不完整：标记没有结束".into(),
            "the text ends inside of a tag, comment or section".into(),
        )
    }

    /// A few characters at a place, for `found`.
    fn shown(&self, at: usize) -> String {
        let rest = self.text.get(at..).unwrap_or("");
        let end = rest.char_indices().skip(1).find(|(_, c)| matches!(c, '<' | '\n' | '\r' | ' ')).map(|(i, _)| i);
        chars::cut(rest.get(..end.unwrap_or(rest.len())).unwrap_or(""), 20)
    }
}

#[cfg(test)]
#[path = "tests/scanner.rs"]
mod tests;
