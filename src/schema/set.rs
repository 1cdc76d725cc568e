//! A compiled schema set.

use std::collections::HashMap;

use super::compile::{self, Error, Resolver};
use super::model::Kind;
use super::names::{Namespaces, NsId};
use super::simple::SimpleTypes;
use super::table::{AttributeUse, Complex, Constraint, Content, Element, ElementId, TypeRef};

/// Schemas compiled to tables: immutable, shared by every check.
#[derive(Debug, Clone)]
pub struct SchemaSet {
    pub(super) namespaces: Namespaces,
    pub(super) simple: SimpleTypes,
    pub(super) complexes: Vec<Complex>,
    pub(super) elements: Vec<Element>,
    pub(super) constraints: Vec<Constraint>,
    pub(super) roots: HashMap<(NsId, Box<str>), ElementId>,
    pub(super) named_types: HashMap<(NsId, Box<str>), TypeRef>,
    pub(super) attributes: HashMap<(NsId, Box<str>), AttributeUse>,
}

impl SchemaSet {
    /// Compiles the root files and all that they include and import.
    ///
    /// # Errors
    /// Every mistake found in the schemas, with file, line and column.
    pub fn compile<R: Resolver + ?Sized>(resolver: &R, roots: &[&str]) -> Result<SchemaSet, Vec<Error>> {
        compile::compile(resolver, roots)
    }

    /// How many element declarations there are; ids are below this.
    #[must_use]
    pub fn element_count(&self) -> usize {
        self.elements.len()
    }

    /// Local name of an element; empty for an id of another set.
    #[must_use]
    pub fn name(&self, id: ElementId) -> &str {
        self.elements.get(id.index()).map_or("", |element| &element.name)
    }

    /// Namespace of an element; empty for none.
    #[must_use]
    pub fn namespace(&self, id: ElementId) -> &str {
        self.elements.get(id.index()).map_or("", |element| self.namespaces.uri(element.ns))
    }

    /// Chinese and English name of an element, empty where the schema has none.
    #[must_use]
    pub fn labels(&self, id: ElementId) -> (&str, &str) {
        self.elements.get(id.index()).map_or(("", ""), |element| (&element.labels.zh, &element.labels.en))
    }

    /// The global element of a name.
    #[must_use]
    pub fn root(&self, namespace: &str, local: &str) -> Option<ElementId> {
        let ns = self.namespaces.find(namespace)?;
        self.roots.get(&(ns, Box::from(local))).copied()
    }

    /// All global elements, in the order of their ids.
    #[must_use]
    pub fn roots(&self) -> Vec<ElementId> {
        let mut ids: Vec<ElementId> = self.roots.values().copied().collect();
        ids.sort_unstable();
        ids
    }

    /// The declared children of an element, in schema order; the same child may stand there twice.
    #[must_use]
    pub fn children(&self, parent: ElementId) -> Vec<ElementId> {
        let Some(TypeRef::Complex(complex)) = self.elements.get(parent.index()).map(|element| element.ty) else {
            return Vec::new();
        };
        match self.complexes.get(complex).map(|complex| &complex.content) {
            Some(Content::Children(model)) => {
                let ids = model.nodes.iter().filter_map(|node| match node.kind {
                    Kind::Element(id) => Some(id),
                    Kind::Any(_) | Kind::Sequence | Kind::Choice | Kind::All => None,
                });
                ids.collect()
            }
            Some(Content::Empty | Content::Simple(_)) | None => Vec::new(),
        }
    }

    /// The child of a local name.
    #[must_use]
    pub fn child(&self, parent: ElementId, local: &str) -> Option<ElementId> {
        self.children(parent).into_iter().find(|child| self.name(*child) == local)
    }

    /// The element at a path of local names, as `CEB621Message/Inventory/InventoryHead/orderNo`.
    #[must_use]
    pub fn find(&self, namespace: &str, path: &str) -> Option<ElementId> {
        let mut names = path.trim_start_matches('/').split('/');
        let root = self.root(namespace, names.next()?)?;
        names.try_fold(root, |parent, name| self.child(parent, name))
    }
}
