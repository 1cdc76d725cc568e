//! Namespaces as small numbers, and the prefixes in scope.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// A namespace name as a number: dense for those a schema set knows, then those a message brings.
pub type NsId = u32;

/// No namespace.
pub const NS_NONE: NsId = 0;
/// `http://www.w3.org/XML/1998/namespace`.
pub const NS_XML: NsId = 1;
/// `http://www.w3.org/2001/XMLSchema-instance`.
pub const NS_XSI: NsId = 2;
/// `http://www.w3.org/2001/XMLSchema`.
pub const NS_XSD: NsId = 3;

pub(super) const URI_XML: &str = "http://www.w3.org/XML/1998/namespace";
pub(super) const URI_XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
pub(super) const URI_XSD: &str = "http://www.w3.org/2001/XMLSchema";
pub(super) const URI_XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// The namespaces a schema set knows.
#[derive(Debug, Clone)]
pub struct Namespaces {
    uris: Vec<Box<str>>,
}

impl Default for Namespaces {
    fn default() -> Self {
        Namespaces { uris: ["", URI_XML, URI_XSI, URI_XSD].into_iter().map(Box::from).collect() }
    }
}

impl Namespaces {
    /// The number of a namespace, if it is known.
    #[must_use]
    pub fn find(&self, uri: &str) -> Option<NsId> {
        self.uris.iter().position(|known| &**known == uri).and_then(|index| u32::try_from(index).ok())
    }

    /// The namespace of a number; empty for none and for unknown numbers.
    #[must_use]
    pub fn uri(&self, id: NsId) -> &str {
        usize::try_from(id).ok().and_then(|index| self.uris.get(index)).map_or("", |uri| uri)
    }

    /// How many are known.
    pub(super) fn len(&self) -> usize {
        self.uris.len()
    }

    pub(super) fn add(&mut self, uri: &str) -> NsId {
        self.find(uri).unwrap_or_else(|| {
            self.uris.push(uri.into());
            u32::try_from(self.uris.len() - 1).expect("schemas name fewer than 2^32 namespaces")
        })
    }
}

#[derive(Debug)]
struct Binding<'t> {
    prefix: &'t str,
    ns: Option<NsId>,
}

/// The bindings in scope at one place of a text.
#[derive(Debug)]
pub(super) struct Scope<'t, 'n> {
    known: &'n Namespaces,
    /// Namespaces that only this text names; numbered after the known ones.
    extra: Vec<Rc<str>>,
    /// Their numbers: a text may name very many.
    numbers: HashMap<Rc<str>, NsId>,
    bindings: Vec<Binding<'t>>,
    /// The last prefix that was looked up, nearly always the next one too.
    last: Option<(&'t str, NsId)>,
    /// Unparsed entities that the text declares.
    pub(super) entities: Option<&'t HashSet<String>>,
}

impl<'t, 'n> Scope<'t, 'n> {
    pub(super) fn new(known: &'n Namespaces) -> Self {
        Scope { known, extra: Vec::new(), numbers: HashMap::new(), bindings: Vec::new(), last: None, entities: None }
    }

    pub(super) fn depth(&self) -> usize {
        self.bindings.len()
    }

    pub(super) fn bind(&mut self, prefix: &'t str, uri: &str) {
        let ns = if uri.is_empty() && !prefix.is_empty() { None } else { Some(self.intern(uri)) };
        self.bindings.push(Binding { prefix, ns });
        self.last = None;
    }

    #[inline]
    pub(super) fn leave(&mut self, depth: usize) {
        if self.bindings.len() > depth {
            self.bindings.truncate(depth);
            self.last = None;
        }
    }

    /// The namespace of an element's prefix; the empty prefix is the default namespace.
    #[inline]
    pub(super) fn resolve(&mut self, prefix: &'t str) -> Option<NsId> {
        if let Some((last, ns)) = self.last
            && last == prefix
        {
            return Some(ns);
        }
        let ns = self.lookup(prefix)?;
        self.last = Some((prefix, ns));
        Some(ns)
    }

    /// As `resolve`, for prefixes that stand in values.
    pub(super) fn lookup(&self, prefix: &str) -> Option<NsId> {
        if let Some(binding) = self.bindings.iter().rev().find(|binding| binding.prefix == prefix) {
            return binding.ns;
        }
        match prefix {
            "" => Some(NS_NONE),
            "xml" => Some(NS_XML),
            _ => None,
        }
    }

    /// Prefixes and namespaces bound after the first `outer` bindings.
    pub(super) fn declared_here(&self, outer: usize) -> impl Iterator<Item = (&'t str, &str)> {
        let here = self.bindings.iter().skip(outer);
        here.map(|binding| (binding.prefix, binding.ns.map_or("", |ns| self.uri(ns))))
    }

    pub(super) fn uri(&self, ns: NsId) -> &str {
        let index = usize::try_from(ns).unwrap_or(usize::MAX);
        match index.checked_sub(self.known.len()) {
            None => self.known.uri(ns),
            Some(index) => self.extra.get(index).map_or("", |uri| uri),
        }
    }

    fn intern(&mut self, uri: &str) -> NsId {
        if let Some(ns) = self.known.find(uri) {
            return ns;
        }
        if let Some(ns) = self.numbers.get(uri) {
            return *ns;
        }
        let ns = u32::try_from(self.known.len() + self.extra.len()).unwrap_or(u32::MAX);
        let uri: Rc<str> = uri.into();
        self.extra.push(Rc::clone(&uri));
        self.numbers.insert(uri, ns);
        ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bindings_nest_and_the_cache_follows() {
        let known = Namespaces::default();
        let mut scope = Scope::new(&known);
        assert_eq!(scope.resolve(""), Some(NS_NONE));
        assert_eq!(scope.resolve("p"), None);
        scope.bind("p", "urn:a");
        let a = scope.resolve("p").unwrap();
        assert_eq!(scope.uri(a), "urn:a");
        let depth = scope.depth();
        scope.bind("p", "urn:b");
        assert_ne!(scope.resolve("p"), Some(a));
        scope.leave(depth);
        assert_eq!(scope.resolve("p"), Some(a));
        assert_eq!(scope.resolve("xml"), Some(NS_XML));
    }
}
