//! Bytes to tags and text: every rule of well-formedness, prefixes included, in one pass without recursion.
//!
//! The scanner was first a wrapper over quick-xml. Its reader alone, without any of these checks, took more
//! time than the whole of this file does with them, and its events hide the spaces and quotes that have to
//! be checked. quick-xml stays as the reference in the tests.

use std::borrow::Cow;

use super::chars::{self, MISC_STOP, NAME, NAME_START, TEXT_STOP, VALUE_STOP, class, is_space};
use super::names::{NS_NONE, NS_XML, Namespaces, NsId, Scope, URI_XML, URI_XMLNS};
use super::rules;
use crate::domain::limits;

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
    begin: usize,
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
        let begin = if text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
        Scanner {
            text,
            bytes: text.as_bytes(),
            pos: begin,
            begin,
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

    /// Reads what follows the name of a start tag; returns the place of `>` or `/>`.
    fn attribute_list(&mut self, from: usize) -> Result<usize, Stop> {
        let mut pos = from;
        self.declared.clear();
        let mut count = 0usize;
        loop {
            let at = self.skip_space(pos);
            match self.byte(at) {
                b'>' => {
                    self.finish_attributes()?;
                    return Ok(at);
                }
                b'/' if self.byte(at + 1) == b'>' => {
                    self.finish_attributes()?;
                    return Ok(at);
                }
                _ => {}
            }
            if at >= self.bytes.len() {
                return Err(self.truncated(at));
            }
            if at == pos {
                return Err(Stop {
                    found: Some(self.shown(at)),
                    ..syntax(at, "此处应为空格、> 或 />".into(), "white space, > or /> is needed here".into())
                });
            }
            count += 1;
            if count > limits::XML_ATTRIBUTES_MAX {
                return Err(Stop {
                    rule: rules::LIMIT,
                    expected: format!("..{}", limits::XML_ATTRIBUTES_MAX),
                    ..syntax(
                        at,
                        format!("一个元素的属性超过 {} 个", limits::XML_ATTRIBUTES_MAX),
                        format!("more than {} attributes on one element", limits::XML_ATTRIBUTES_MAX),
                    )
                });
            }
            pos = self.attribute(at)?;
        }
    }

    /// Reads one attribute at `at`; returns the byte after its closing quote.
    fn attribute(&mut self, at: usize) -> Result<usize, Stop> {
        let (name_end, colon) = self.qualified(at)?;
        let name = self.slice(at, name_end);
        let equals = self.skip_space(name_end);
        if self.byte(equals) != b'=' {
            if equals >= self.bytes.len() {
                return Err(self.truncated(equals));
            }
            return Err(Stop {
                expected: "=".into(),
                found: Some(self.shown(equals)),
                ..syntax(equals, format!("属性 {name} 缺少等号和值"), format!("attribute {name} has no = and value"))
            });
        }
        let quote_at = self.skip_space(equals + 1);
        let quote = self.byte(quote_at);
        if quote != b'"' && quote != b'\'' {
            if quote_at >= self.bytes.len() {
                return Err(self.truncated(quote_at));
            }
            return Err(Stop {
                expected: "\"…\"".into(),
                found: Some(self.shown(quote_at)),
                ..syntax(
                    quote_at,
                    format!("属性 {name} 的值没有引号"),
                    format!("the value of attribute {name} is not quoted"),
                )
            });
        }
        let value_at = quote_at + 1;
        let (value, value_end) = self.attribute_value(value_at, quote, name)?;
        let (prefix, local) = match colon {
            None => ("", name),
            Some(colon) => (self.slice(at, colon), self.slice(colon + 1, name_end)),
        };
        if prefix == "xmlns" || name == "xmlns" {
            self.declare(at, if prefix.is_empty() { "" } else { local }, &value)?;
        } else {
            if self.attributes.iter().any(|other| other.name == name) {
                return Err(repeated(at, name));
            }
            self.attributes.push(Attribute { name, local, ns: NS_NONE, value, at, value_at, value_end });
        }
        Ok(value_end + 1)
    }

    /// Takes a namespace declaration, checking the rules of Namespaces in XML 1.0 §3.
    fn declare(&mut self, at: usize, prefix: &'t str, uri: &str) -> Result<(), Stop> {
        if self.declared.contains(&prefix) {
            return Err(repeated(at, if prefix.is_empty() { "xmlns" } else { prefix }));
        }
        let xml = prefix == "xml";
        if prefix == "xmlns" || xml != (uri == URI_XML) || uri == URI_XMLNS {
            return Err(reserved(at));
        }
        if uri.is_empty() && !prefix.is_empty() {
            return Err(Stop {
                rule: rules::PREFIX,
                ..syntax(
                    at,
                    format!("前缀 {prefix} 的命名空间不能为空"),
                    format!("prefix {prefix} cannot be bound to an empty namespace"),
                )
            });
        }
        self.declared.push(prefix);
        self.scope.bind(prefix, uri);
        Ok(())
    }

    /// Gives the attributes their namespaces, once all declarations of the tag are known.
    fn finish_attributes(&mut self) -> Result<(), Stop> {
        for attribute in &mut self.attributes {
            if attribute.local.len() == attribute.name.len() {
                continue;
            }
            let prefix = attribute.name.strip_suffix(attribute.local).and_then(|rest| rest.strip_suffix(':'));
            let prefix = prefix.unwrap_or("");
            if prefix == "xml" {
                attribute.ns = NS_XML;
                continue;
            }
            match self.scope.lookup(prefix) {
                Some(ns) => attribute.ns = ns,
                None => return Err(unbound(attribute.at, prefix)),
            }
        }
        for (index, attribute) in self.attributes.iter().enumerate() {
            let before = self.attributes.iter().take(index);
            if attribute.ns != NS_NONE
                && before.into_iter().any(|other| other.ns == attribute.ns && other.local == attribute.local)
            {
                return Err(repeated(attribute.at, attribute.name));
            }
        }
        Ok(())
    }

    /// Reads an attribute value up to its quote; returns it normalised, and the place of the quote.
    fn attribute_value(&self, from: usize, quote: u8, name: &str) -> Result<(Cow<'t, str>, usize), Stop> {
        let mut made: Option<String> = None;
        let mut kept = from;
        let mut at = from;
        loop {
            at = self.until(at, VALUE_STOP);
            let byte = self.byte(at);
            match byte {
                b'"' | b'\'' if byte == quote => break,
                b'"' | b'\'' => at += 1,
                b'<' => {
                    return Err(Stop {
                        expected: "&lt;".into(),
                        ..syntax(
                            at,
                            format!("属性 {name} 的值中不允许出现 <"),
                            format!("< is not allowed in the value of attribute {name}"),
                        )
                    });
                }
                b'&' => {
                    let (char, end) = self.reference(at)?;
                    let made = made.get_or_insert_with(String::new);
                    made.push_str(self.slice(kept, at));
                    made.push(char);
                    at = end;
                    kept = end;
                }
                b'\t' | b'\n' | b'\r' => {
                    let made = made.get_or_insert_with(String::new);
                    made.push_str(self.slice(kept, at));
                    made.push(' ');
                    at += if byte == b'\r' && self.byte(at + 1) == b'\n' { 2 } else { 1 };
                    kept = at;
                }
                _ => {
                    if at >= self.bytes.len() {
                        return Err(self.truncated(at));
                    }
                    self.legal(at)?;
                    at += 1;
                }
            }
        }
        let value = match made {
            None => Cow::Borrowed(self.slice(from, at)),
            Some(mut made) => {
                made.push_str(self.slice(kept, at));
                Cow::Owned(made)
            }
        };
        Ok((value, at))
    }

    /// A comment, a CDATA section or a document type declaration at `at`.
    fn declaration(&mut self, at: usize) -> Result<Option<Token<'t>>, Stop> {
        if self.starts(at, b"<!--") {
            self.pos = self.comment(at)?;
            return Ok(None);
        }
        if self.starts(at, b"<![CDATA[") {
            return self.cdata(at).map(Some);
        }
        let keyword = self.bytes.get(at + 2..at + 9).unwrap_or_default();
        if !keyword.eq_ignore_ascii_case(b"DOCTYPE") {
            let rest = self.bytes.get(at..).unwrap_or_default();
            if [&b"<!--"[..], b"<![CDATA[", b"<!DOCTYPE"].iter().any(|whole| whole.starts_with(rest)) {
                return Err(self.truncated(self.bytes.len()));
            }
            return Err(Stop {
                found: Some(self.shown(at)),
                ..syntax(at, "不认识的 <! 标记".into(), "unknown markup after <!".into())
            });
        }
        if self.doctype == Doctype::Refused {
            return Err(Stop {
                rule: rules::DTD,
                found: Some("<!DOCTYPE".into()),
                ..syntax(
                    at,
                    "报文不允许带文档类型声明（DOCTYPE）".into(),
                    "a document type declaration (DOCTYPE) is not allowed".into(),
                )
            });
        }
        if self.root_seen || self.doctype_seen {
            return Err(syntax(at, "DOCTYPE 的位置不对".into(), "DOCTYPE is out of place".into()));
        }
        self.doctype_seen = true;
        self.pos = self.skip_doctype(at)?;
        Ok(None)
    }

    /// Skips a document type declaration with its internal subset, for schema files only.
    fn skip_doctype(&self, at: usize) -> Result<usize, Stop> {
        let mut pos = at + 9;
        let mut brackets = 0usize;
        loop {
            match self.byte(pos) {
                b'<' if self.starts(pos, b"<!--") => {
                    pos = self.comment(pos)?;
                    continue;
                }
                b'<' if self.starts(pos, b"<?") => {
                    let rest = self.slice(pos, self.bytes.len());
                    pos += rest.find("?>").ok_or_else(|| self.truncated(self.bytes.len()))?;
                }
                quote @ (b'"' | b'\'') => {
                    let rest = self.slice(pos + 1, self.bytes.len());
                    let quote = char::from(quote);
                    pos += 1 + rest.find(quote).ok_or_else(|| self.truncated(self.bytes.len()))?;
                }
                b'[' => brackets += 1,
                b']' => brackets = brackets.saturating_sub(1),
                b'>' if brackets == 0 => return Ok(pos + 1),
                _ if pos >= self.bytes.len() => return Err(self.truncated(pos)),
                _ => {}
            }
            pos += 1;
        }
    }

    fn comment(&self, at: usize) -> Result<usize, Stop> {
        let mut pos = at + 4;
        loop {
            pos = self.until(pos, MISC_STOP);
            if self.starts(pos, b"--") {
                if self.byte(pos + 2) == b'>' {
                    return Ok(pos + 3);
                }
                if pos + 2 >= self.bytes.len() {
                    return Err(self.truncated(self.bytes.len()));
                }
                return Err(syntax(pos, "注释中不允许出现 --".into(), "-- is not allowed in a comment".into()));
            }
            if pos >= self.bytes.len() {
                return Err(self.truncated(pos));
            }
            self.legal(pos)?;
            pos += 1;
        }
    }

    fn cdata(&mut self, at: usize) -> Result<Token<'t>, Stop> {
        if self.open.is_empty() {
            return Err(Stop {
                rule: rules::ROOT,
                ..syntax(at, "根元素之外有文字".into(), "text outside of the root element".into())
            });
        }
        let from = at + 9;
        let mut pos = from;
        let mut plain = true;
        loop {
            pos = self.until(pos, MISC_STOP | TEXT_STOP);
            if self.starts(pos, b"]]>") {
                break;
            }
            if pos >= self.bytes.len() {
                return Err(self.truncated(pos));
            }
            if self.byte(pos) == b'\r' {
                plain = false;
            }
            self.legal(pos)?;
            pos += 1;
        }
        self.pos = pos + 3;
        Ok(Token::CData { at, text: self.slice(from, pos), plain })
    }

    /// A processing instruction or the XML declaration at `at`.
    fn instruction(&mut self, at: usize) -> Result<(), Stop> {
        let (name_end, colon) = self.qualified(at + 2)?;
        let target = self.slice(at + 2, name_end);
        let mut end = name_end;
        loop {
            end = self.until(end, MISC_STOP);
            if self.starts(end, b"?>") {
                break;
            }
            if end >= self.bytes.len() {
                return Err(self.truncated(end));
            }
            self.legal(end)?;
            end += 1;
        }
        if target == "xml" && at == self.begin {
            self.xml_declaration(name_end, end)?;
        } else if target.eq_ignore_ascii_case("xml") || colon.is_some() {
            return Err(Stop {
                found: Some(self.shown(at)),
                ..syntax(
                    at,
                    "XML 声明只能在最前面，处理指令不能叫 xml".into(),
                    "the XML declaration can only stand at the very beginning, and no instruction is named xml".into(),
                )
            });
        } else if end > name_end && !is_space(self.byte(name_end)) {
            return Err(self.bad_name(name_end));
        }
        self.pos = end + 2;
        Ok(())
    }

    /// `version`, `encoding`, `standalone`, in this order, between `from` and `end`.
    fn xml_declaration(&self, from: usize, end: usize) -> Result<(), Stop> {
        let bad = |at: usize, zh: &str, en: &str| Stop {
            found: Some(self.shown(at)),
            expected: "version=\"1.0\" encoding=\"UTF-8\"".into(),
            ..syntax(at, zh.into(), en.into())
        };
        let mut pos = from;
        let mut stage = 0;
        loop {
            let at = self.skip_space(pos);
            if at >= end {
                break;
            }
            if at == pos {
                return Err(bad(at, "XML 声明中缺少空格", "white space is missing in the XML declaration"));
            }
            let name_end = self.past(at, NAME);
            let equals = self.skip_space(name_end);
            let quote_at = self.skip_space(equals + 1);
            let quote = self.byte(quote_at);
            let value_end = quote_at + 1 + self.slice(quote_at + 1, end).find(char::from(quote)).unwrap_or(end);
            if self.byte(equals) != b'=' || !matches!(quote, b'"' | b'\'') || value_end >= end {
                return Err(bad(at, "XML 声明的写法不对", "the XML declaration is not well-formed"));
            }
            let value = self.slice(quote_at + 1, value_end);
            stage = match (self.slice(at, name_end), stage) {
                ("version", 0) if is_version(value) => 1,
                ("encoding", 1) if is_encoding_name(value) => 2,
                ("standalone", 1 | 2) if matches!(value, "yes" | "no") => 3,
                _ => return Err(bad(at, "XML 声明的写法不对", "the XML declaration is not well-formed")),
            };
            pos = value_end + 1;
        }
        if stage == 0 {
            return Err(bad(from, "XML 声明缺少 version", "the XML declaration has no version"));
        }
        Ok(())
    }
}

const ONES: u64 = 0x0101_0101_0101_0101;
const TOPS: u64 = 0x8080_8080_8080_8080;

/// Marks bytes of a word that equal a byte; marks above the lowest may be wrong.
#[inline]
fn equal(word: u64, byte: u8) -> u64 {
    let other = word ^ (ONES * u64::from(byte));
    other.wrapping_sub(ONES) & !other & TOPS
}

/// Marks bytes of a word below 0x20; marks above the lowest may be wrong.
#[inline]
fn control(word: u64) -> u64 {
    word.wrapping_sub(ONES * 0x20) & !word & TOPS
}

/// The index of the lowest byte that is not zero.
#[inline]
fn low_byte(word: u64) -> usize {
    usize::try_from(word.trailing_zeros() / 8).unwrap_or(0)
}

fn is_version(value: &str) -> bool {
    value.strip_prefix("1.").is_some_and(|minor| !minor.is_empty() && minor.bytes().all(|b| b.is_ascii_digit()))
}

fn is_encoding_name(value: &str) -> bool {
    value.starts_with(|c: char| c.is_ascii_alphabetic())
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

fn syntax(at: usize, zh: String, en: String) -> Stop {
    Stop { at, rule: rules::SYNTAX, zh, en, found: None, expected: String::new() }
}

fn illegal(at: usize, c: char) -> Stop {
    let code = u32::from(c);
    Stop {
        rule: rules::CHAR,
        found: Some(format!("U+{code:04X}")),
        ..syntax(at, format!("XML 不允许的字符 U+{code:04X}"), format!("character U+{code:04X} is not allowed in XML"))
    }
}

fn unbound(at: usize, prefix: &str) -> Stop {
    Stop {
        rule: rules::PREFIX,
        found: Some(prefix.to_owned()),
        expected: format!("xmlns:{prefix}=\"…\""),
        ..syntax(at, format!("前缀 {prefix} 没有声明"), format!("prefix {prefix} is not declared"))
    }
}

fn reserved(at: usize) -> Stop {
    Stop {
        rule: rules::PREFIX,
        ..syntax(
            at,
            "xml 和 xmlns 是保留的前缀和命名空间".into(),
            "xml and xmlns are reserved prefixes and namespaces".into(),
        )
    }
}

fn repeated(at: usize, name: &str) -> Stop {
    Stop {
        found: Some(name.to_owned()),
        ..syntax(at, format!("属性 {name} 重复"), format!("attribute {name} is there twice"))
    }
}

#[cfg(test)]
#[path = "tests/scanner.rs"]
mod tests;
