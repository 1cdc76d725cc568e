//! Bytes to tags and text: every rule of well-formedness, prefixes included, in one pass without recursion.
//!
//! There is no quick-xml below this. Its reader alone, which checks next to nothing, takes about the time of
//! this whole file with every check, and its events hide the spaces and quotes that have to be checked; so
//! it serves as the reference in the tests.

mod attributes;
mod markup;
mod stops;
mod words;

use std::borrow::Cow;

use super::chars::{self, NAME, NAME_START, TEXT_STOP, class, is_space};
use super::names::{Namespaces, NsId, Scope};
use super::rules;
use crate::domain::limits;
use stops::{illegal, reserved, syntax, unbound};
use words::{ONES, control, equal, low_byte};

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
    /// Skipped, its entities stay unknown: our own schema files.
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
            root_seen: false,
            doctype_seen: false,
            doctype,
        }
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

    /// The end of line feeds and spaces, as they stand between elements.
    #[inline]
    fn indentation(&self, at: usize) -> usize {
        let mut end = at;
        while self.byte(end) == b'\n' {
            end += 1;
        }
        while let Some(word) = self.word(end) {
            let other = word ^ (ONES * 0x20);
            if other != 0 {
                return end + low_byte(other);
            }
            end += 8;
        }
        while self.byte(end) == b' ' {
            end += 1;
        }
        end
    }

    /// The first byte from `at` on that has the class [`TEXT_STOP`], or the end; eight bytes at a step.
    #[inline]
    fn text_run(&self, at: usize) -> usize {
        let mut at = at;
        while let Some(word) = self.word(at) {
            // The lowest mark of each test is exact, and so is the lowest of them all.
            let found = equal(word, b'<') | equal(word, b'&') | equal(word, b']') | equal(word, 0xEF) | control(word);
            if found == 0 {
                at += 8;
                continue;
            }
            at += low_byte(found);
            // Tab and line feed are controls that text may hold.
            if class(self.byte(at)) & TEXT_STOP != 0 {
                return at;
            }
            at += 1;
        }
        self.until(at, TEXT_STOP)
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
        if self.pending_end {
            self.pending_end = false;
            if let Some(open) = self.open.pop() {
                self.scope.leave(open.bindings);
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

    /// Skips white space outside of the root; anything else there is a fault.
    fn outside(&mut self, at: usize) -> Result<(), Stop> {
        let end = self.skip_space(at);
        if end < self.bytes.len() && self.byte(end) != b'<' {
            self.legal(end)?;
            return Err(Stop {
                rule: rules::ROOT,
                found: Some(self.shown(end)),
                ..syntax(end, "根元素之外有文字".into(), "text outside of the root element".into())
            });
        }
        self.pos = end;
        Ok(())
    }

    #[inline]
    fn character_data(&mut self, at: usize) -> Result<Token<'t>, Stop> {
        let mut end = self.indentation(at);
        if self.byte(end) == b'<' {
            self.pos = end;
            return Ok(Token::Text { at, text: self.slice(at, end), plain: true, blank: true });
        }
        let mut plain = true;
        loop {
            end = self.text_run(end);
            match self.byte(end) {
                b'<' | b'&' => break,
                b']' => {
                    if self.starts(end, b"]]>") {
                        return Err(syntax(end, "文字中不允许出现 ]]>".into(), "]]> is not allowed in text".into()));
                    }
                    end += 1;
                }
                b'\r' => {
                    plain = false;
                    end += 1;
                }
                _ => {
                    if end >= self.bytes.len() {
                        break;
                    }
                    self.legal(end)?;
                    end += 1;
                }
            }
        }
        self.pos = end;
        Ok(Token::Text { at, text: self.slice(at, end), plain, blank: false })
    }

    /// Refuses the character at `at` if XML forbids it. The text is UTF-8, so only a few can be wrong.
    fn legal(&self, at: usize) -> Result<(), Stop> {
        match self.text.get(at..).and_then(|rest| rest.chars().next()) {
            Some(c) if !chars::is_char(c) => Err(illegal(at, c)),
            _ => Ok(()),
        }
    }

    /// Resolves the reference at `at`; returns its character and the byte after `;`.
    fn reference(&self, at: usize) -> Result<(char, usize), Stop> {
        let name_at = at + 1;
        let bare = || Stop {
            expected: "&amp;".into(),
            found: Some(self.shown(at)),
            ..syntax(at, "单独的 & 不合法，应写作 &amp;".into(), "a bare & is not allowed, write &amp;".into())
        };
        if self.byte(name_at) == b'#' {
            return self.character_reference(at);
        }
        let end = self.name_end(name_at).ok_or_else(bare)?;
        if self.byte(end) != b';' {
            return Err(bare());
        }
        let char = match self.slice(name_at, end) {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            name => {
                return Err(Stop {
                    expected: "&amp; | &lt; | &gt; | &quot; | &apos;".into(),
                    found: Some(chars::cut(self.slice(at, end + 1), limits::FOUND_CHARS_MAX)),
                    ..syntax(at, format!("未定义的实体 {name}"), format!("entity {name} is not defined"))
                });
            }
        };
        Ok((char, end + 1))
    }

    fn character_reference(&self, at: usize) -> Result<(char, usize), Stop> {
        let (radix, digits_at) = if self.byte(at + 2) == b'x' { (16, at + 3) } else { (10, at + 2) };
        let mut end = digits_at;
        let mut code: u32 = 0;
        while let Some(digit) = char::from(self.byte(end)).to_digit(radix) {
            code = code.saturating_mul(radix).saturating_add(digit);
            end += 1;
        }
        if end == digits_at || self.byte(end) != b';' {
            return Err(Stop {
                found: Some(self.shown(at)),
                ..syntax(at, "字符引用不完整".into(), "a character reference is incomplete".into())
            });
        }
        match char::from_u32(code).filter(|c| chars::is_char(*c)) {
            Some(c) => Ok((c, end + 1)),
            None => Err(Stop {
                rule: rules::CHAR,
                found: Some(chars::cut(self.slice(at, end + 1), limits::FOUND_CHARS_MAX)),
                ..syntax(
                    at,
                    "字符引用指向 XML 不允许的字符".into(),
                    "a character reference to a character that XML forbids".into(),
                )
            }),
        }
    }

    /// The end of the `Name` at `at`, colons allowed; `None` if there is none.
    fn name_end(&self, at: usize) -> Option<usize> {
        let mut end = at;
        while class(self.byte(end)) & NAME != 0 || self.byte(end) == b':' {
            end += 1;
        }
        chars::is_name(self.slice(at, end)).then_some(end)
    }

    /// A qualified name at `at`: its end and the place of its colon, if it has one.
    #[inline]
    fn qualified(&self, at: usize) -> Result<(usize, Option<usize>), Stop> {
        let mut end = self.past(at, NAME);
        let mut colon = None;
        let mut fine = class(self.byte(at)) & NAME_START != 0;
        if self.byte(end) == b':' {
            colon = Some(end);
            fine &= class(self.byte(end + 1)) & NAME_START != 0;
            end = self.past(end + 1, NAME);
            fine &= self.byte(end) != b':';
        }
        let name = self.slice(at, end);
        if !fine || (!name.is_ascii() && !chars::is_qname(name)) {
            return Err(self.bad_name(at));
        }
        if name.len() > limits::XML_NAME_BYTES_MAX {
            return Err(Stop {
                rule: rules::LIMIT,
                expected: format!("..{}", limits::XML_NAME_BYTES_MAX),
                found: Some(chars::cut(name, limits::FOUND_CHARS_MAX)),
                ..syntax(
                    at,
                    format!("名称过长：{} 字节，最多 {}", name.len(), limits::XML_NAME_BYTES_MAX),
                    format!("a name of {} bytes, at most {}", name.len(), limits::XML_NAME_BYTES_MAX),
                )
            });
        }
        Ok((end, colon))
    }

    fn bad_name(&self, at: usize) -> Stop {
        if let Err(stop) = self.legal(at)
            && at < self.bytes.len()
        {
            return stop;
        }
        if at >= self.bytes.len() {
            return self.truncated(at);
        }
        Stop {
            found: Some(self.shown(at)),
            ..syntax(at, "此处应为合法的 XML 名称".into(), "a legal XML name is needed here".into())
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

    #[inline]
    fn start_tag(&mut self, at: usize) -> Result<Token<'t>, Stop> {
        let (name_end, colon) = self.qualified(at + 1)?;
        if self.open.is_empty() && self.root_seen {
            return Err(Stop {
                rule: rules::ROOT,
                found: Some(self.slice(at + 1, name_end).to_owned()),
                ..syntax(at, "只能有一个根元素".into(), "there can be only one root element".into())
            });
        }
        let name = self.slice(at + 1, name_end);
        let bindings = self.scope.depth();
        self.attributes.clear();
        let mut pos = name_end;
        if self.byte(pos) != b'>' {
            pos = self.attribute_list(pos)?;
        }
        let empty = self.byte(pos) == b'/';
        let end = if empty { pos + 2 } else { pos + 1 };
        let (prefix, local) = match colon {
            None => ("", name),
            Some(colon) => (self.slice(at + 1, colon), self.slice(colon + 1, name_end)),
        };
        let Some(ns) = self.scope.resolve(prefix) else { return Err(unbound(at + 1, prefix)) };
        if prefix == "xmlns" {
            return Err(reserved(at + 1));
        }
        if self.open.len() >= limits::XML_DEPTH_MAX {
            return Err(Stop {
                rule: rules::LIMIT,
                expected: format!("..{}", limits::XML_DEPTH_MAX),
                ..syntax(
                    at,
                    format!("元素嵌套超过 {} 层", limits::XML_DEPTH_MAX),
                    format!("elements nest deeper than {}", limits::XML_DEPTH_MAX),
                )
            });
        }
        self.open.push(Open { name, bindings });
        self.root_seen = true;
        self.pending_end = empty;
        self.pos = end;
        Ok(Token::Start(Start { at, end, name, local, ns }))
    }

    #[inline]
    fn end_tag(&mut self, at: usize) -> Result<Token<'t>, Stop> {
        let Some(open) = self.open.last() else {
            return Err(Stop {
                rule: rules::ROOT,
                found: Some(self.shown(at)),
                ..syntax(at, "多余的结束标签".into(), "an end tag without a start tag".into())
            });
        };
        let mut end = at + 2 + open.name.len();
        let mut same = self.starts(at + 2, open.name.as_bytes());
        if self.byte(end) != b'>' {
            let after = self.skip_space(end);
            same &= after > end && self.byte(after) == b'>';
            end = after;
        }
        if !same {
            return Err(self.wrong_end(at));
        }
        let bindings = open.bindings;
        self.open.pop();
        self.scope.leave(bindings);
        self.pos = end + 1;
        Ok(Token::End { at, end: end + 1 })
    }

    fn wrong_end(&self, at: usize) -> Stop {
        let (end, _) = match self.qualified(at + 2) {
            Ok(name) => name,
            Err(stop) => return stop,
        };
        let found = self.slice(at + 2, end);
        let open = self.open.last().map_or("", |open| open.name);
        let after = self.skip_space(end);
        if after >= self.bytes.len() {
            return self.truncated(after);
        }
        if found == open {
            return Stop {
                expected: ">".into(),
                found: Some(self.shown(after)),
                ..syntax(after, "结束标签中有多余的内容".into(), "an end tag holds more than its name".into())
            };
        }
        Stop {
            expected: format!("</{open}>"),
            found: Some(format!("</{}>", chars::cut(found, limits::FOUND_CHARS_MAX))),
            ..syntax(
                at,
                format!("结束标签 {found} 与开始标签 {open} 不一致"),
                format!("end tag {found} does not match start tag {open}"),
            )
        }
    }
}

#[cfg(test)]
#[path = "tests/scanner.rs"]
mod tests;
