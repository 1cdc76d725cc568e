//! Canonical XML 1.0 (inclusive) as bytes, written while the events of a text go by.
//!
//! Source: Canonical XML 1.0, W3C 2001-03-15, sections 1.1, 2.3, 2.4 and 4. The exclusive form and a few forms that
//! no specification knows are there because senders digest them by mistake, see [`super::explain`].

use crate::schema::reader::{Attribute, Reader};

/// Prefixes bound at one place, innermost last.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope<'t> {
    bindings: Vec<(&'t str, String)>,
    /// Bindings around each open element.
    marks: Vec<usize>,
}

impl<'t> Scope<'t> {
    /// The namespace of a prefix; empty for none.
    pub(super) fn find(&self, prefix: &str) -> &str {
        self.bindings.iter().rev().find(|(bound, _)| *bound == prefix).map_or("", |(_, uri)| uri)
    }

    /// An element begins.
    pub(super) fn enter(&mut self) {
        self.marks.push(self.bindings.len());
    }

    /// Binds a prefix for the innermost open element.
    pub(super) fn bind(&mut self, prefix: &'t str, uri: &str) {
        self.bindings.push((prefix, uri.to_owned()));
    }

    /// The innermost open element ends.
    pub(super) fn leave(&mut self) {
        self.bindings.truncate(self.marks.pop().unwrap_or(0));
    }

    /// Every prefix in scope and its namespace.
    fn all(&self) -> impl Iterator<Item = (&'t str, &str)> {
        let hidden =
            |index: usize, prefix: &str| self.bindings.iter().skip(index + 1).any(|(other, _)| *other == prefix);
        let bindings = self.bindings.iter().enumerate().filter(move |(index, (prefix, _))| !hidden(*index, prefix));
        bindings.map(|(_, (prefix, uri))| (*prefix, uri.as_str()))
    }
}

/// Which namespace declarations are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Declarations {
    /// All in scope: inclusive canonical XML.
    #[default]
    InScope,
    /// Those in use: exclusive canonical XML.
    InUse,
    /// Only those on the tag itself, none inherited: a mistake.
    OnTheTag,
    /// None at all: a mistake.
    None,
}

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Form {
    /// Namespace declarations.
    pub(super) declarations: Declarations,
    /// Comments are kept.
    pub(super) comments: bool,
    /// Line ends of the text are not made LF: a mistake.
    pub(super) keep_line_ends: LineEnds,
    /// Text of white space only is left out: a mistake.
    pub(super) drop_blank: bool,
}

/// What becomes of CR in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum LineEnds {
    /// CR LF and CR become LF, as every XML parser does it.
    #[default]
    Normal,
    /// They stay bytes: a mistake.
    AsBytes,
    /// They become references: a mistake.
    AsReferences,
}

/// Attributes of the `xml:` prefix that stand around a subtree: it inherits them.
pub(super) type Inherited = Vec<(String, String)>;

/// Writes canonical XML. The caller says what happens and leaves out what is not to be written.
#[derive(Debug)]
pub(super) struct Canonical<'t> {
    form: Form,
    /// Names of the open elements that were written.
    open: Vec<&'t str>,
    /// Declarations that were written.
    written: Scope<'t>,
    root_seen: bool,
    out: Vec<u8>,
}

impl<'t> Canonical<'t> {
    pub(super) fn new(form: Form, capacity: usize) -> Self {
        let out = Vec::with_capacity(capacity);
        Canonical { form, open: Vec::with_capacity(16), written: Scope::default(), root_seen: false, out }
    }

    /// The bytes.
    pub(super) fn finish(self) -> Vec<u8> {
        self.out
    }

    /// Begins an element whose parent was written, or a root.
    pub(super) fn start(&mut self, name: &'t str, reader: &Reader<'t, '_>) {
        self.begin(name);
        match self.form.declarations {
            Declarations::InScope | Declarations::OnTheTag => {
                let mut declared: Vec<(&str, &str)> = reader.declarations().collect();
                self.declare(&mut declared);
            }
            Declarations::InUse => self.declare_used(name, reader),
            Declarations::None => {}
        }
        self.attributes(reader, &Inherited::new());
    }

    /// Begins the apex of a subtree: what is in scope around it is written on it.
    pub(super) fn apex(&mut self, name: &'t str, reader: &Reader<'t, '_>, scope: &Scope<'t>, inherited: &Inherited) {
        self.begin(name);
        match self.form.declarations {
            Declarations::InScope => {
                let mut declared: Vec<(&str, &str)> = scope.all().collect();
                self.declare(&mut declared);
            }
            Declarations::InUse => self.declare_used(name, reader),
            Declarations::OnTheTag => {
                let mut declared: Vec<(&str, &str)> = reader.declarations().collect();
                self.declare(&mut declared);
            }
            Declarations::None => {}
        }
        self.attributes(reader, inherited);
    }

    fn begin(&mut self, name: &'t str) {
        self.root_seen = true;
        self.open.push(name);
        self.written.enter();
        self.out.push(b'<');
        self.out.extend_from_slice(name.as_bytes());
    }

    /// Writes those declarations that say something new, in order of prefix.
    fn declare(&mut self, declared: &mut [(&'t str, &str)]) {
        declared.sort_unstable();
        for (prefix, uri) in declared.iter().filter(|(prefix, _)| *prefix != "xml") {
            if self.written.find(prefix) == *uri {
                continue;
            }
            self.out.extend_from_slice(b" xmlns");
            if !prefix.is_empty() {
                self.out.push(b':');
                self.out.extend_from_slice(prefix.as_bytes());
            }
            self.out.extend_from_slice(b"=\"");
            value(uri, &mut self.out);
            self.out.push(b'"');
            self.written.bind(prefix, uri);
        }
    }

    /// Writes the declarations that the names of the tag need.
    fn declare_used(&mut self, name: &'t str, reader: &Reader<'t, '_>) {
        let mut used: Vec<(&'t str, &str)> = vec![(prefix_of(name), reader.namespace())];
        for attribute in reader.attributes() {
            let prefix = prefix_of(attribute.name);
            if prefix == "xml" {
                continue;
            }
            // The prefix must live as long as the text: the scope of the reader has it.
            let known = reader.prefixes().find(|known| *known == prefix).unwrap_or("");
            if !prefix.is_empty() && !used.iter().any(|(other, _)| *other == known) {
                used.push((known, attribute.namespace));
            }
        }
        self.declare(&mut used);
    }

    fn attributes(&mut self, reader: &Reader<'t, '_>, inherited: &Inherited) {
        let mut first = reader.attributes();
        let (one, two) = (first.next(), first.next());
        match (one, two) {
            (None, _) if inherited.is_empty() => {}
            (Some(only), None) if inherited.is_empty() => self.attribute(only.name, only.value),
            _ => {
                let own: Vec<Attribute<'_>> = reader.attributes().collect();
                let mut all: Vec<(&str, &str, &str, &str)> =
                    own.iter().map(|a| (a.namespace, a.local, a.name, a.value)).collect();
                for (name, value) in inherited {
                    if !own.iter().any(|own| own.name == name) {
                        let local = name.strip_prefix("xml:").unwrap_or(name);
                        all.push((crate::schema::reader::NAMESPACE_XML, local, name, value));
                    }
                }
                all.sort_unstable();
                for (_, _, name, value) in all {
                    self.attribute(name, value);
                }
            }
        }
        self.out.push(b'>');
    }

    fn attribute(&mut self, name: &str, text: &str) {
        self.out.push(b' ');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"=\"");
        value(text, &mut self.out);
        self.out.push(b'"');
    }

    /// Ends the innermost element that was written.
    pub(super) fn end(&mut self) {
        if let Some(name) = self.open.pop() {
            self.out.extend_from_slice(b"</");
            self.out.extend_from_slice(name.as_bytes());
            self.out.push(b'>');
            self.written.leave();
        }
    }

    /// Character data or the content of a CDATA section, as it stands.
    pub(super) fn text(&mut self, text: &str) {
        if self.form.drop_blank && text.bytes().all(|byte| byte.is_ascii_whitespace()) {
            return;
        }
        let bytes = text.as_bytes();
        let mut kept = 0;
        for (at, byte) in bytes.iter().enumerate() {
            let instead: &[u8] = match byte {
                b'&' => b"&amp;",
                b'<' => b"&lt;",
                b'>' => b"&gt;",
                b'\r' => match self.form.keep_line_ends {
                    LineEnds::Normal if bytes.get(at + 1) == Some(&b'\n') => b"",
                    LineEnds::Normal => b"\n",
                    LineEnds::AsBytes => b"\r",
                    LineEnds::AsReferences => b"&#xD;",
                },
                _ => continue,
            };
            self.out.extend_from_slice(bytes.get(kept..at).unwrap_or_default());
            self.out.extend_from_slice(instead);
            kept = at + 1;
        }
        self.out.extend_from_slice(bytes.get(kept..).unwrap_or_default());
    }

    /// A character that a reference stood for.
    pub(super) fn char(&mut self, char: char) {
        match char {
            '&' => self.out.extend_from_slice(b"&amp;"),
            '<' => self.out.extend_from_slice(b"&lt;"),
            '>' => self.out.extend_from_slice(b"&gt;"),
            '\r' => self.out.extend_from_slice(b"&#xD;"),
            other => self.out.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }

    /// A comment, if comments are kept.
    pub(super) fn comment(&mut self, text: &str) {
        if self.form.comments {
            self.aside(&[b"<!--", text.as_bytes(), b"-->"]);
        }
    }

    /// A processing instruction.
    pub(super) fn instruction(&mut self, target: &str, data: &str) {
        let space: &[u8] = if data.is_empty() { b"" } else { b" " };
        self.aside(&[b"<?", target.as_bytes(), space, data.as_bytes(), b"?>"]);
    }

    /// Beside the root, each stands on a line of its own.
    fn aside(&mut self, parts: &[&[u8]]) {
        let outside = self.open.is_empty();
        if outside && self.root_seen {
            self.out.push(b'\n');
        }
        for part in parts {
            lines(part, &mut self.out);
        }
        if outside && !self.root_seen {
            self.out.push(b'\n');
        }
    }
}

fn prefix_of(name: &str) -> &str {
    name.split_once(':').map_or("", |(prefix, _)| prefix)
}

/// Writes an attribute value.
fn value(text: &str, out: &mut Vec<u8>) {
    for byte in text.bytes() {
        match byte {
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'"' => out.extend_from_slice(b"&quot;"),
            b'\t' => out.extend_from_slice(b"&#x9;"),
            b'\n' => out.extend_from_slice(b"&#xA;"),
            b'\r' => out.extend_from_slice(b"&#xD;"),
            other => out.push(other),
        }
    }
}

/// Copies, line ends made LF.
fn lines(bytes: &[u8], out: &mut Vec<u8>) {
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'\r' if bytes.get(at + 1) == Some(&b'\n') => {}
            b'\r' => out.push(b'\n'),
            other => out.push(*other),
        }
    }
}
