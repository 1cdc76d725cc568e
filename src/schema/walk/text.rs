//! The text of elements: its pieces, its value, and the IDs in it.

use std::ops::Range;

use super::{Inside, Walk};
use crate::domain::limits;
use crate::schema::faults::Finding;
use crate::schema::names::Scope;
use crate::schema::rules;
use crate::schema::simple::{Identity, Prefixes, SimpleId, Variety};
use crate::schema::sink::Sink;
use crate::schema::table::{Content, ElementId, TypeRef};

impl Prefixes for Scope<'_, '_> {
    fn uri(&self, prefix: &str) -> Option<&str> {
        self.lookup(prefix).map(|ns| Scope::uri(self, ns))
    }

    fn has_entity(&self, name: &str) -> bool {
        self.entities.is_some_and(|entities| entities.contains(name))
    }
}

impl<'t, S: Sink> Walk<'t, '_, '_, S> {
    #[inline]
    pub(super) fn text(&mut self, at: usize, text: &'t str, plain: bool, blank: bool) {
        let Some(frame) = self.frames.last().filter(|_| self.skip == 0) else { return };
        match frame.inside {
            Inside::Text(_) => {
                if plain && self.piece.is_none() && !text.is_empty() {
                    self.piece = Some(text);
                } else {
                    self.join(text);
                }
            }
            Inside::Children(_) if blank || frame.mixed => {}
            Inside::Children(_) => {
                if let Some(first) = text.bytes().position(|byte| !crate::schema::chars::is_space(byte)) {
                    self.stray_text(at + first, text.trim());
                }
            }
            Inside::Nothing | Inside::Nil => {
                if !frame.mixed {
                    self.stray_text(at, text.trim());
                }
            }
        }
    }

    pub(super) fn cdata(&mut self, at: usize, text: &'t str, plain: bool) {
        let Some(frame) = self.frames.last().filter(|_| self.skip == 0) else { return };
        // Its white space is white space like any other (XML Schema 1.0 part 1, cvc-complex-type 2.3).
        if !text.is_empty() || matches!(frame.inside, Inside::Text(_)) {
            self.text(at, text, plain, false);
        }
    }

    pub(super) fn reference(&mut self, at: usize, char: char) {
        let Some(frame) = self.frames.last().filter(|_| self.skip == 0) else { return };
        let mut bytes = [0; 4];
        let text = char.encode_utf8(&mut bytes);
        match frame.inside {
            Inside::Text(_) => self.append(text),
            Inside::Children(_) if matches!(char, ' ' | '\t' | '\n' | '\r') => {}
            Inside::Children(_) | Inside::Nothing | Inside::Nil => {
                if !frame.mixed {
                    let text = text.to_owned();
                    self.stray_text(at, &text);
                }
            }
        }
    }

    /// Adds a piece to the text, lines ending in LF as XML 1.0 §2.11 has it.
    fn join(&mut self, text: &str) {
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('\r') {
            self.append(before);
            self.append("\n");
            rest = after.strip_prefix('\n').unwrap_or(after);
        }
        self.append(rest);
    }

    fn append(&mut self, text: &str) {
        match self.piece.replace("") {
            None => self.joined.clear(),
            // Empty marks that the pieces are joined already; an empty first piece is no loss.
            Some("") => {}
            Some(first) => {
                self.joined.clear();
                self.joined.push_str(first);
            }
        }
        self.joined.push_str(text);
    }

    /// Checks the text of the element that ends.
    #[inline]
    pub(super) fn value(&mut self, ty: SimpleId, element: Option<ElementId>, raw: Range<usize>) {
        let set = self.set;
        let joined = std::mem::take(&mut self.joined);
        let mut text: &str = match self.piece.take() {
            None => "",
            Some("") => &joined,
            Some(piece) => piece,
        };
        let declaration = element.and_then(|id| set.elements.get(id.index()));
        // A default was checked with the schema, whose prefixes a file need not have.
        let mut checked = false;
        if let Some(declaration) = declaration
            && (declaration.default.is_some() || declaration.fixed.is_some())
        {
            if text.is_empty() {
                text = declaration.default.as_deref().or(declaration.fixed.as_deref()).unwrap_or("");
                checked = self.simple_content(declaration.ty) == Some(ty);
            } else if let Some(fixed) = &declaration.fixed {
                self.check_fixed(ty, text, fixed, raw.start);
            }
        }
        let (value, problem) = set.simple.check(ty, text, self.scanner.scope());
        let problem = problem.filter(|_| !checked);
        let is_valid = problem.is_none();
        match problem {
            Some(problem) => self.bad_value(&problem, &value, raw.start),
            None => self.identity(ty, &value, raw.start),
        }
        if !self.keys.is_idle() {
            self.keys_value(ty, is_valid.then_some(&value));
        }
        if let Some(id) = element {
            self.sink.leaf(id, &value, raw);
        }
        drop(value);
        self.joined = joined;
    }

    /// The type of the text in elements of a type, if they hold nothing else.
    fn simple_content(&self, ty: TypeRef) -> Option<SimpleId> {
        match ty {
            TypeRef::Simple(id) => Some(id),
            TypeRef::Complex(index) => match self.complex(index).content {
                Content::Simple(id) => Some(id),
                Content::Empty | Content::Children(_) => None,
            },
        }
    }

    /// Remembers IDs and references to them.
    #[inline]
    pub(in crate::schema) fn identity(&mut self, ty: SimpleId, value: &str, at: usize) {
        let set = self.set;
        let simple = set.simple.get(ty);
        if simple.variety == Variety::Atomic && simple.identity == Identity::None {
            return;
        }
        for (identity, word) in set.simple.identities(ty, value, self.scanner.scope()) {
            match identity {
                Identity::None => {}
                Identity::IdRef => self.refer(word, at),
                Identity::Id => {
                    if !self.ids.insert(word.to_owned()) {
                        self.repeated_id(word, at);
                    }
                }
            }
        }
    }

    fn refer(&mut self, value: &str, at: usize) {
        if self.id_references.len() < limits::MESSAGE_BYTES_MAX / 16 {
            let path = self.path(None);
            self.id_references.push((value.to_owned(), at, path));
        }
    }

    pub(super) fn check_references(&mut self) {
        for (value, at, path) in std::mem::take(&mut self.id_references) {
            if !self.ids.contains(&value) && self.faults.has_room() {
                self.faults.add(Finding {
                    at,
                    path,
                    labels: None,
                    rule: rules::XSD_IDREF,
                    zh: format!("引用的 ID {value} 不存在"),
                    en: format!("there is no ID {value}"),
                    found: Some(&value),
                    expected: "ID".into(),
                });
            }
        }
    }
}
