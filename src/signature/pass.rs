//! The one pass over a message: canonical bytes of all but the signature, canonical SignedInfo, and the elements of the
//! signature.

use super::canonical::{Canonical, Form, Inherited, Scope};
use crate::domain::{Fault, limits};
use crate::schema::Namespaces;
use crate::schema::reader::{Event, NAMESPACE_XML, Reader};

/// Namespace of XML signatures.
pub const NAMESPACE: &str = "http://www.w3.org/2000/09/xmldsig#";

/// What to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Wanted {
    /// Form of the document.
    pub(super) document: Form,
    /// Form of SignedInfo.
    pub(super) signed_info: Form,
    /// The signature stays in the document: a mistake.
    pub(super) keep_signature: bool,
    /// Only the subtree that begins at this byte: a mistake.
    pub(super) apex: Option<usize>,
}

/// An element of the signature, in document order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Element {
    /// 0 for `Signature` itself.
    pub(super) depth: usize,
    /// Whether it is in the namespace of XML signatures.
    pub(super) known: bool,
    pub(super) local: String,
    pub(super) attributes: Vec<(String, String)>,
    /// Its own text, references resolved.
    pub(super) text: String,
    /// Byte of its `<`.
    pub(super) at: usize,
    /// Byte after its end tag.
    pub(super) end: usize,
}

/// What the pass found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Pass {
    /// Canonical bytes of the document.
    pub(super) document: Vec<u8>,
    /// Canonical bytes of SignedInfo; empty if there is none.
    pub(super) signed_info: Vec<u8>,
    /// Elements of the first signature under the root.
    pub(super) elements: Vec<Element>,
    /// Where each signature begins, the first one under the root, then others wherever they are.
    pub(super) signatures: Vec<usize>,
    /// A comment or instruction in the first signature.
    pub(super) aside: bool,
    /// The first signature is beyond a limit and was not taken in whole.
    pub(super) too_large: bool,
    /// Local name of the root.
    pub(super) root: String,
    /// Byte of the root's `<`.
    pub(super) root_at: usize,
    /// Begin of the first child of the root: the first document.
    pub(super) first_child: Option<usize>,
}

/// Goes over a text.
///
/// # Errors
/// The fault that makes it no XML.
pub(super) fn pass(text: &str, wanted: &Wanted) -> Result<Pass, Box<Fault>> {
    let known = Namespaces::default();
    let mut state = State {
        reader: Reader::new(text, &known),
        wanted: *wanted,
        document: Canonical::new(wanted.document, text.len() + text.len() / 16),
        signed_info: None,
        scope: Scope::default(),
        inherited: Vec::new(),
        depth: 0,
        signature_depth: None,
        apex_depth: None,
        bytes: 0,
        found: Pass::default(),
        open: Vec::new(),
    };
    while let Some(event) = state.reader.step()? {
        state.event(event);
    }
    state.found.document = state.document.finish();
    Ok(state.found)
}

struct State<'t, 'n> {
    reader: Reader<'t, 'n>,
    wanted: Wanted,
    document: Canonical<'t>,
    /// While SignedInfo is open: its canonical form and depth.
    signed_info: Option<(Canonical<'t>, usize)>,
    scope: Scope<'t>,
    /// `xml:` attributes of the open elements and their depths.
    inherited: Vec<(usize, String, String)>,
    /// Open elements.
    depth: usize,
    /// Depth of the open first signature.
    signature_depth: Option<usize>,
    /// Depth of the open apex.
    apex_depth: Option<usize>,
    /// Bytes of text and attributes taken from the signature.
    bytes: usize,
    found: Pass,
    /// Indexes of the open elements of the signature.
    open: Vec<usize>,
}

impl<'t> State<'t, '_> {
    fn event(&mut self, event: Event<'t>) {
        match event {
            Event::Start { at, name, local, .. } => self.start(at, name, local),
            Event::End { end, .. } => self.end(end),
            Event::Text(text) | Event::CData(text) => {
                self.each(|canonical| canonical.text(text));
                self.value(text);
            }
            Event::Char(char) => {
                self.each(|canonical| canonical.char(char));
                self.value(char.encode_utf8(&mut [0; 4]));
            }
            Event::Comment(text) => {
                self.each(|canonical| canonical.comment(text));
                self.found.aside |= self.signature_depth.is_some();
            }
            Event::Instruction { target, data } => {
                self.each(|canonical| canonical.instruction(target, data));
                self.found.aside |= self.signature_depth.is_some();
            }
        }
    }

    /// True if what is here belongs to the canonical document.
    fn in_document(&self) -> bool {
        let in_apex = self.wanted.apex.is_none() || self.apex_depth.is_some();
        in_apex && (self.signature_depth.is_none() || self.wanted.keep_signature)
    }

    fn each(&mut self, write: impl Fn(&mut Canonical<'t>)) {
        if self.in_document() {
            write(&mut self.document);
        }
        if let Some((canonical, _)) = &mut self.signed_info {
            write(canonical);
        }
    }

    fn start(&mut self, at: usize, name: &'t str, local: &'t str) {
        let is_signature = local == "Signature" && self.reader.namespace() == NAMESPACE;
        if is_signature {
            if self.depth == 1 && self.found.elements.is_empty() && self.signature_depth.is_none() {
                self.signature_depth = Some(self.depth);
                self.found.signatures.insert(0, at);
            } else if self.found.signatures.len() < limits::SIGNATURE_ELEMENTS_MAX {
                self.found.signatures.push(at);
            }
        }
        match self.depth {
            0 => {
                local.clone_into(&mut self.found.root);
                self.found.root_at = at;
            }
            1 if self.found.first_child.is_none() => self.found.first_child = Some(at),
            _ => {}
        }
        self.enter_scope();
        let becomes_apex = self.wanted.apex == Some(at);
        if becomes_apex {
            self.apex_depth = Some(self.depth);
        }
        if self.in_document() {
            if becomes_apex {
                self.document.apex(name, &self.reader, &self.scope, &nearest(&self.inherited));
            } else {
                self.document.start(name, &self.reader);
            }
        }
        if let Some((canonical, _)) = &mut self.signed_info {
            canonical.start(name, &self.reader);
        } else if local == "SignedInfo"
            && self.signature_depth.is_some_and(|depth| depth + 1 == self.depth)
            && self.found.signed_info.is_empty()
            && self.reader.namespace() == NAMESPACE
        {
            let mut canonical = Canonical::new(self.wanted.signed_info, 2048);
            canonical.apex(name, &self.reader, &self.scope, &nearest(&self.inherited));
            self.signed_info = Some((canonical, self.depth));
        }
        self.remember_inherited();
        if let Some(depth) = self.signature_depth {
            self.element(at, local, self.depth - depth);
        }
        self.depth += 1;
    }

    fn enter_scope(&mut self) {
        self.scope.enter();
        for (prefix, uri) in self.reader.declarations() {
            self.scope.bind(prefix, uri);
        }
    }

    fn remember_inherited(&mut self) {
        for attribute in self.reader.attributes().filter(|attribute| attribute.namespace == NAMESPACE_XML) {
            self.inherited.push((self.depth, attribute.name.to_owned(), attribute.value.to_owned()));
        }
    }

    fn element(&mut self, at: usize, local: &str, depth: usize) {
        if self.found.elements.len() >= limits::SIGNATURE_ELEMENTS_MAX {
            self.found.too_large = true;
            return;
        }
        let mut element = Element { depth, local: local.to_owned(), at, end: at, ..Element::default() };
        element.known = self.reader.namespace() == NAMESPACE;
        for attribute in self.reader.attributes() {
            self.bytes = self.bytes.saturating_add(attribute.name.len() + attribute.value.len());
            if self.bytes > limits::SIGNATURE_BYTES_MAX {
                self.found.too_large = true;
                return;
            }
            element.attributes.push((attribute.name.to_owned(), attribute.value.to_owned()));
        }
        self.open.push(self.found.elements.len());
        self.found.elements.push(element);
    }

    /// Text of the innermost open element of the signature.
    fn value(&mut self, text: &str) {
        if self.signature_depth.is_none() || self.found.too_large {
            return;
        }
        self.bytes = self.bytes.saturating_add(text.len());
        if self.bytes > limits::SIGNATURE_BYTES_MAX {
            self.found.too_large = true;
        } else if let Some(element) = self.open.last().and_then(|index| self.found.elements.get_mut(*index)) {
            element.text.push_str(text);
        }
    }

    fn end(&mut self, end: usize) {
        self.depth -= 1;
        if self.in_document() {
            self.document.end();
        }
        if let Some((mut canonical, depth)) = self.signed_info.take() {
            canonical.end();
            if depth == self.depth {
                self.found.signed_info = canonical.finish();
            } else {
                self.signed_info = Some((canonical, depth));
            }
        }
        self.scope.leave();
        while self.inherited.last().is_some_and(|(depth, ..)| *depth >= self.depth) {
            self.inherited.pop();
        }
        if self.signature_depth.is_some() && !self.found.too_large {
            let element = self.open.pop().and_then(|index| self.found.elements.get_mut(index));
            if let Some(element) = element {
                element.end = end;
            }
        }
        if self.signature_depth == Some(self.depth) {
            self.signature_depth = None;
        }
        if self.apex_depth == Some(self.depth) {
            self.apex_depth = None;
        }
    }
}

/// The innermost value of each `xml:` attribute.
fn nearest(inherited: &[(usize, String, String)]) -> Inherited {
    let mut nearest = Inherited::new();
    for (_, name, value) in inherited.iter().rev() {
        if !nearest.iter().any(|(other, _)| other == name) {
            nearest.push((name.clone(), value.clone()));
        }
    }
    nearest
}

/// Canonical XML 1.0, inclusive, without comments, of a whole text.
///
/// # Errors
/// The fault that makes it no XML.
pub fn canonicalize(text: &str) -> Result<Vec<u8>, Box<Fault>> {
    let wanted = Wanted { keep_signature: true, ..Wanted::default() };
    Ok(pass(text, &wanted)?.document)
}
