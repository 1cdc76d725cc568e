//! What a compiled schema set is made of.

use super::model::Model;
use super::names::NsId;
use super::simple::SimpleId;

/// A declaration of an element, global or local: dense numbers from 0 within one schema set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ElementId(pub u32);

impl ElementId {
    pub(super) fn new(index: usize) -> Self {
        ElementId(u32::try_from(index).expect("schemas declare fewer than 2^32 elements"))
    }

    /// The number as an index.
    #[must_use]
    pub fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// A type, simple or complex, by its place in its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum TypeRef {
    Simple(SimpleId),
    Complex(usize),
}

/// Names of a field for people, from `xs:documentation`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Labels {
    pub(super) zh: Box<str>,
    pub(super) en: Box<str>,
}

/// Ways of derivation, as bits of `final`, `block` and the like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Ways(pub(super) u8);

impl Ways {
    pub(super) const EXTENSION: Ways = Ways(1);
    pub(super) const RESTRICTION: Ways = Ways(2);
    pub(super) const SUBSTITUTION: Ways = Ways(4);

    pub(super) fn has(self, other: Ways) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn with(self, other: Ways) -> Ways {
        Ways(self.0 | other.0)
    }
}

/// An element declaration.
#[derive(Debug, Clone)]
pub(super) struct Element {
    pub(super) name: Box<str>,
    pub(super) ns: NsId,
    pub(super) ty: TypeRef,
    pub(super) labels: Labels,
    pub(super) nillable: bool,
    pub(super) is_abstract: bool,
    pub(super) default: Option<Box<str>>,
    pub(super) fixed: Option<Box<str>>,
    pub(super) block: Ways,
    /// Elements that may stand in its place, through every level.
    pub(super) members: Vec<ElementId>,
    /// Its identity constraints, by their place in the set's table.
    pub(super) constraints: Box<[usize]>,
}

/// An attribute as a complex type uses it.
#[derive(Debug, Clone)]
pub(super) struct AttributeUse {
    pub(super) name: Box<str>,
    pub(super) ns: NsId,
    pub(super) ty: SimpleId,
    pub(super) labels: Labels,
    pub(super) required: bool,
    pub(super) default: Option<Box<str>>,
    pub(super) fixed: Option<Box<str>>,
    /// Number of the use in its schemas: one that is reached on two roads is one.
    pub(super) origin: usize,
}

/// What an identity constraint demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Demand {
    Unique,
    Key,
    /// Its values are values of this key or unique constraint.
    Reference(usize),
}

/// `xs:unique`, `xs:key` or `xs:keyref`.
#[derive(Debug, Clone)]
pub(super) struct Constraint {
    pub(super) name: Box<str>,
    pub(super) demand: Demand,
    /// Some reference names it.
    pub(super) referred: bool,
    pub(super) selector: Box<[Path]>,
    pub(super) fields: Box<[Box<[Path]>]>,
}

/// One alternative of a selector or field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    /// It begins with `.//`.
    pub(super) anywhere: bool,
    /// Steps down to an element.
    pub(super) steps: Box<[NameTest]>,
    /// The last step, if it is to an attribute.
    pub(super) attribute: Option<NameTest>,
}

/// Which names a step takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NameTest {
    Any,
    Namespace(NsId),
    Name(NsId, Box<str>),
}

impl NameTest {
    pub(super) fn takes(&self, ns: NsId, local: &str) -> bool {
        match self {
            NameTest::Any => true,
            NameTest::Namespace(own) => *own == ns,
            NameTest::Name(own, name) => *own == ns && **name == *local,
        }
    }
}

/// Which namespaces a wildcard takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Allowed {
    Any,
    /// Any but this one and none (`##other`).
    Other(NsId),
    List(Vec<NsId>),
}

/// How strictly the content of a wildcard is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Process {
    Strict,
    Lax,
    Skip,
}

/// `xs:any` or `xs:anyAttribute`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wildcard {
    pub(super) allowed: Allowed,
    pub(super) process: Process,
}

impl Allowed {
    pub(super) fn takes(&self, ns: NsId) -> bool {
        match self {
            Allowed::Any => true,
            Allowed::Other(target) => ns != *target && ns != super::names::NS_NONE,
            Allowed::List(list) => list.contains(&ns),
        }
    }
}

impl Wildcard {
    pub(super) fn takes(&self, ns: NsId) -> bool {
        self.allowed.takes(ns)
    }
}

/// What may stand between the tags.
#[derive(Debug, Clone)]
pub(super) enum Content {
    Empty,
    Simple(SimpleId),
    Children(Model),
}

/// A complex type.
#[derive(Debug, Clone)]
pub(super) struct Complex {
    pub(super) name: Box<str>,
    pub(super) base: Option<TypeRef>,
    pub(super) derived_by: Ways,
    pub(super) content: Content,
    pub(super) mixed: bool,
    pub(super) is_abstract: bool,
    pub(super) block: Ways,
    pub(super) attributes: Vec<AttributeUse>,
    pub(super) attributes_required: usize,
    pub(super) any_attribute: Option<Wildcard>,
}
