//! Reading the declarations of a DOCTYPE, by every rule of XML 1.0 (fifth edition) for the internal subset: §2.8, §3.2,
//! §3.3, §4.2, §4.7, and by Namespaces in XML §7. Nothing external is read, and nothing recurses with the input but
//! parameter entities within their limit.

use std::collections::HashMap;

use super::{Attribute, Declared, Undeclared, references, too_much};
use crate::domain::limits;
use crate::schema::chars::{is_char, is_name_char, is_ncname, is_nmtoken, is_qname};
use crate::schema::rules;
use crate::schema::scanner::{Stop, illegal, syntax};

/// Reads the DOCTYPE that begins at `at`.
pub(super) fn read(text: &str, at: usize) -> Result<Declared, Stop> {
    let mut shared = Shared::default();
    let mut reader = Reader { text, at, origin: None, depth: 0, shared: &mut shared };
    reader.document_type()?;
    let end = reader.at;
    let wrong = text.get(at..end).unwrap_or("").char_indices().find(|(_, c)| !is_char(*c));
    if let Some((index, c)) = wrong {
        return Err(illegal(at + index, c));
    }
    shared.declared.end = end;
    Ok(shared.declared)
}

#[derive(Default)]
struct Shared {
    declared: Declared,
    /// Replacement texts of parameter entities; `None` for external ones.
    parameters: HashMap<String, Option<String>>,
    /// A parameter entity was not read: what comes after may mean something else and counts no more (§5.1).
    unread: bool,
    /// Bytes of parameter entities that were put in.
    bytes: usize,
}

struct Reader<'t, 's> {
    text: &'t str,
    at: usize,
    /// In a parameter entity: the byte of the file where it is put in.
    origin: Option<usize>,
    depth: usize,
    shared: &'s mut Shared,
}

impl<'t> Reader<'t, '_> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    #[cold]
    fn wrong(&self) -> Stop {
        let (zh, en) = ("DOCTYPE 中的声明写法不对", "a declaration in the DOCTYPE is not well-formed");
        syntax(self.origin.unwrap_or(self.at), zh.into(), en.into())
    }

    fn eat(&mut self, word: &str) -> bool {
        let found = self.rest().starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    fn need(&mut self, word: &str) -> Result<(), Stop> {
        if self.eat(word) { Ok(()) } else { Err(self.wrong()) }
    }

    fn space(&mut self) -> bool {
        let rest = self.rest();
        let after = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        self.at += rest.len() - after.len();
        rest.len() > after.len()
    }

    fn need_space(&mut self) -> Result<(), Stop> {
        if self.space() { Ok(()) } else { Err(self.wrong()) }
    }

    /// A run of name characters that has to be something.
    fn token(&mut self, is_it: fn(&str) -> bool) -> Result<&'t str, Stop> {
        let rest = self.rest();
        let end = rest.find(|c| !is_name_char(c) && c != ':').unwrap_or(rest.len());
        let token = rest.get(..end).unwrap_or("");
        if !is_it(token) {
            return Err(self.wrong());
        }
        self.at += end;
        Ok(token)
    }

    /// A quoted text without its quotes.
    fn literal(&mut self) -> Result<&'t str, Stop> {
        let rest = self.rest();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\'')).ok_or_else(|| self.wrong())?;
        let inner = rest.get(1..).unwrap_or("");
        let end = inner.find(quote).ok_or_else(|| self.wrong())?;
        self.at += end + 2;
        Ok(inner.get(..end).unwrap_or(""))
    }

    fn document_type(&mut self) -> Result<(), Stop> {
        self.need("<!DOCTYPE")?;
        self.need_space()?;
        self.token(is_qname)?;
        if self.space() && self.external(false)? {
            self.space();
        }
        if self.eat("[") {
            self.subset()?;
            self.need("]")?;
            self.space();
        }
        self.need(">")
    }

    /// `SYSTEM` or `PUBLIC` with their literals; false if neither stands here.
    fn external(&mut self, public_alone: bool) -> Result<bool, Stop> {
        if self.eat("SYSTEM") {
            self.need_space()?;
            self.literal()?;
            return Ok(true);
        }
        if !self.eat("PUBLIC") {
            return Ok(false);
        }
        self.need_space()?;
        let public = self.literal()?;
        let is_public = |c: char| c.is_ascii_alphanumeric() || " \r\n-'()+,./:=?;!*#@$_%".contains(c);
        if !public.chars().all(is_public) {
            return Err(self.wrong());
        }
        let before = self.at;
        let spaced = self.space();
        if public_alone && !self.rest().starts_with(['"', '\'']) {
            self.at = before;
            return Ok(true);
        }
        if !spaced {
            return Err(self.wrong());
        }
        self.literal()?;
        Ok(true)
    }

    /// Declarations up to `]`, or up to the end of a parameter entity.
    fn subset(&mut self) -> Result<(), Stop> {
        loop {
            self.space();
            let rest = self.rest();
            if rest.starts_with(']') || (rest.is_empty() && self.origin.is_some()) {
                return Ok(());
            } else if self.eat("%") {
                self.parameter()?;
            } else if self.eat("<!--") {
                let end = self.rest().find("--").ok_or_else(|| self.wrong())?;
                self.at += end + 2;
                self.need(">")?;
            } else if self.eat("<?") {
                self.instruction()?;
            } else if self.eat("<!ELEMENT") {
                self.element()?;
            } else if self.eat("<!ATTLIST") {
                self.attributes()?;
            } else if self.eat("<!ENTITY") {
                self.entity()?;
            } else if self.eat("<!NOTATION") {
                self.need_space()?;
                self.token(is_ncname)?;
                self.need_space()?;
                if !self.external(true)? {
                    return Err(self.wrong());
                }
                self.close()?;
            } else {
                return Err(self.wrong());
            }
        }
    }

    fn close(&mut self) -> Result<(), Stop> {
        self.space();
        self.need(">")
    }

    fn instruction(&mut self) -> Result<(), Stop> {
        let target = self.token(is_ncname)?;
        let end = self.rest().find("?>").ok_or_else(|| self.wrong())?;
        let spaced = self.rest().starts_with([' ', '\t', '\r', '\n']);
        if target.eq_ignore_ascii_case("xml") || (end > 0 && !spaced) {
            return Err(self.wrong());
        }
        self.at += end + 2;
        Ok(())
    }

    /// Puts a parameter entity in between declarations.
    fn parameter(&mut self) -> Result<(), Stop> {
        let place = self.origin.unwrap_or(self.at);
        let name = self.token(is_ncname)?;
        self.need(";")?;
        let Some(Some(text)) = self.shared.parameters.get(name).cloned() else {
            self.shared.unread = true;
            return Ok(());
        };
        self.shared.bytes = self.shared.bytes.saturating_add(text.len()).saturating_add(1);
        if self.depth >= limits::ENTITY_DEPTH_MAX || self.shared.bytes > limits::MESSAGE_BYTES_MAX {
            return Err(too_much(place));
        }
        let mut inner =
            Reader { text: &text, at: 0, origin: Some(place), depth: self.depth + 1, shared: &mut *self.shared };
        inner.subset()?;
        if inner.rest().is_empty() { Ok(()) } else { Err(inner.wrong()) }
    }

    fn element(&mut self) -> Result<(), Stop> {
        self.need_space()?;
        self.token(is_qname)?;
        self.need_space()?;
        if !self.eat("EMPTY") && !self.eat("ANY") {
            self.need("(")?;
            self.space();
            if self.eat("#PCDATA") { self.mixed()? } else { self.children()? }
        }
        self.close()
    }

    /// The rest of `(#PCDATA`.
    fn mixed(&mut self) -> Result<(), Stop> {
        let mut names = false;
        loop {
            self.space();
            if self.eat(")") {
                break;
            }
            self.need("|")?;
            self.space();
            self.token(is_qname)?;
            names = true;
        }
        if !self.eat("*") && names { Err(self.wrong()) } else { Ok(()) }
    }

    /// The rest of a choice or sequence, groups in it included.
    fn children(&mut self) -> Result<(), Stop> {
        // The separator of each open group, once one stood there.
        let mut open: Vec<Option<char>> = vec![None];
        loop {
            self.space();
            if self.eat("(") {
                open.push(None);
                continue;
            }
            self.token(is_qname)?;
            self.times();
            loop {
                self.space();
                let next = self.rest().chars().next().ok_or_else(|| self.wrong())?;
                match (next, open.last_mut()) {
                    (')', Some(_)) => {
                        self.at += 1;
                        self.times();
                        open.pop();
                        if open.is_empty() {
                            return Ok(());
                        }
                    }
                    ('|' | ',', Some(separator)) if separator.is_none_or(|before| before == next) => {
                        *separator = Some(next);
                        self.at += 1;
                        break;
                    }
                    _ => return Err(self.wrong()),
                }
            }
        }
    }

    fn times(&mut self) {
        let _any = self.eat("?") || self.eat("*") || self.eat("+");
    }

    fn attributes(&mut self) -> Result<(), Stop> {
        self.need_space()?;
        let element = self.token(is_qname)?;
        loop {
            let spaced = self.space();
            if self.eat(">") {
                return Ok(());
            }
            if !spaced {
                return Err(self.wrong());
            }
            let name = self.token(is_qname)?;
            self.need_space()?;
            let tokens = self.attribute_type()?;
            self.need_space()?;
            let default = self.attribute_default()?;
            if self.shared.unread {
                continue;
            }
            let at = self.origin.unwrap_or(self.at);
            let list = self.shared.declared.attributes.entry(element.to_owned()).or_default();
            // The first declaration of an attribute binds (§3.3).
            if list.iter().any(|other| other.name == name) {
                continue;
            }
            // No tag could have them all.
            if list.len() >= limits::XML_ATTRIBUTES_MAX {
                return Err(Stop {
                    rule: rules::LIMIT,
                    expected: format!("..{}", limits::XML_ATTRIBUTES_MAX),
                    ..syntax(at, "元素声明的属性太多".into(), "too many attributes are declared for an element".into())
                });
            }
            list.push(Attribute { name: name.to_owned(), tokens, default: default.map(str::to_owned) });
        }
    }

    /// Whether the type is another one than `CDATA`.
    fn attribute_type(&mut self) -> Result<bool, Stop> {
        const TOKENS: [&str; 7] = ["IDREFS", "IDREF", "ID", "ENTITIES", "ENTITY", "NMTOKENS", "NMTOKEN"];
        if self.eat("CDATA") {
            return Ok(false);
        }
        if TOKENS.iter().any(|kind| self.eat(kind)) {
            return Ok(true);
        }
        let of: fn(&str) -> bool = if self.eat("NOTATION") {
            self.need_space()?;
            is_ncname
        } else {
            is_nmtoken
        };
        self.need("(")?;
        loop {
            self.space();
            self.token(of)?;
            self.space();
            if self.eat(")") {
                return Ok(true);
            }
            self.need("|")?;
        }
    }

    fn attribute_default(&mut self) -> Result<Option<&'t str>, Stop> {
        if self.eat("#REQUIRED") || self.eat("#IMPLIED") {
            return Ok(None);
        }
        if self.eat("#FIXED") {
            self.need_space()?;
        }
        let before = self.at;
        let value = self.literal()?;
        // What a default refers to has to be declared before it (§4.1, Entity Declared).
        let declared = &self.shared.declared;
        let is_known = |name: &str| {
            name.starts_with('#') || PREDEFINED.iter().any(|(known, _)| *known == name) || declared.has(name)
        };
        if value.contains('<') || !references(value).is_ok_and(|names| names.into_iter().all(is_known)) {
            self.at = before;
            return Err(self.wrong());
        }
        Ok(Some(value))
    }

    fn entity(&mut self) -> Result<(), Stop> {
        self.need_space()?;
        let parameter = self.eat("%");
        if parameter {
            self.need_space()?;
        }
        let name = self.token(is_ncname)?;
        self.need_space()?;
        let before = self.at;
        if self.rest().starts_with(['"', '\'']) {
            let value = self.literal()?;
            self.close()?;
            // In the internal subset no parameter entity stands within a declaration (§2.8, PEs in Internal Subset).
            let replacement = if value.contains('%') { Err(Undeclared) } else { replacement(value) };
            let Ok(replacement) = replacement else {
                self.at = before;
                return Err(self.wrong());
            };
            return self.declare(name, parameter, Some(replacement), before);
        }
        if !self.external(false)? {
            return Err(self.wrong());
        }
        let spaced = self.space();
        let unparsed = !parameter && self.eat("NDATA");
        if unparsed {
            if !spaced {
                return Err(self.wrong());
            }
            self.need_space()?;
            self.token(is_ncname)?;
        }
        self.close()?;
        if unparsed && !self.shared.unread {
            let declared = &mut self.shared.declared;
            if !declared.entities.contains_key(name) {
                declared.unparsed.insert(name.to_owned());
            }
            return Ok(());
        }
        self.declare(name, parameter, None, before)
    }

    /// Notes an entity; the first declaration of a name binds (§4.2).
    fn declare(&mut self, name: &str, parameter: bool, text: Option<String>, at: usize) -> Result<(), Stop> {
        if self.shared.unread {
            return Ok(());
        }
        if parameter {
            self.shared.parameters.entry(name.to_owned()).or_insert(text);
            return Ok(());
        }
        if let Some((_, allowed)) = PREDEFINED.iter().find(|(known, _)| *known == name) {
            // They may be declared again, as what they are (§4.6).
            if text.is_some_and(|text| allowed.contains(&text.as_str())) {
                return Ok(());
            }
            self.at = at;
            return Err(self.wrong());
        }
        let declared = &mut self.shared.declared;
        if !declared.unparsed.contains(name) {
            // One that is not read stays undefined, and keeps the name.
            declared.entities.entry(name.to_owned()).or_insert(text);
        }
        Ok(())
    }
}

/// The entities of XML itself, and the replacement texts with which they may be declared again.
pub(super) const PREDEFINED: [(&str, &[&str]); 5] = [
    ("lt", &["&#60;", "&#x3c;", "&#x3C;"]),
    ("amp", &["&#38;", "&#x26;"]),
    ("gt", &[">", "&#62;", "&#x3e;", "&#x3E;"]),
    ("apos", &["'", "&#39;", "&#x27;"]),
    ("quot", &["\"", "&#34;", "&#x22;"]),
];

/// The replacement text of an entity: character references are resolved, others are kept (§4.5).
fn replacement(value: &str) -> Result<String, Undeclared> {
    references(value)?;
    let mut made = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("&#") {
        made.push_str(before);
        let (digits, after) = after.split_once(';').ok_or(Undeclared)?;
        made.push(super::character(digits).ok_or(Undeclared)?);
        rest = after;
    }
    made.push_str(rest);
    Ok(made)
}
