//! XSD files to tables. Everything a message check needs is decided here, once, at start.
//!
//! Structures of XSD 1.0 except `redefine`. Identity constraints are read and checked for form; they are
//! not enforced on messages yet (`XSD-KEY` is kept for them).

mod attributes;
mod complex;
mod elements;
mod facets;
mod grammar;
mod load;
mod simple;
mod tree;

use std::collections::{HashMap, VecDeque};
use std::fmt;

use super::builtin;
use super::model::{Model, Particle};
use super::names::{NS_XSD, Namespaces, NsId};
use super::set::SchemaSet;
use super::simple::{SimpleId, SimpleTypes};
use super::table::{Allowed, AttributeUse, Complex, Content, Element, ElementId, Process, TypeRef, Ways, Wildcard};
use crate::domain::limits;
use tree::Tree;

/// What is wrong with a schema, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Error {
    /// Name of the file, as the resolver knows it.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What is wrong, in Chinese.
    pub message_zh: String,
    /// What is wrong, in English.
    pub message_en: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message_en)
    }
}

/// Finds schema files by the names that `schemaLocation` gives them.
pub trait Resolver {
    /// The bytes of a file, or `None` if there is no such file.
    fn resolve(&self, name: &str) -> Option<Vec<u8>>;
}

impl Resolver for [(&str, &[u8])] {
    fn resolve(&self, name: &str) -> Option<Vec<u8>> {
        self.iter().find(|(known, _)| *known == name).map(|(_, bytes)| bytes.to_vec())
    }
}

impl<const N: usize> Resolver for [(&str, &[u8]); N] {
    fn resolve(&self, name: &str) -> Option<Vec<u8>> {
        self.as_slice().resolve(name)
    }
}

impl Resolver for Vec<(String, Vec<u8>)> {
    fn resolve(&self, name: &str) -> Option<Vec<u8>> {
        self.iter().find(|(known, _)| known == name).map(|(_, bytes)| bytes.clone())
    }
}

/// Kinds of global components; each has its own names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Component {
    Element,
    Attribute,
    Type,
    Group,
    AttributeGroup,
    Notation,
}

/// A node in one of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct At {
    document: usize,
    node: usize,
}

struct Document {
    tree: Tree,
    target: NsId,
    /// Included without a target namespace of its own: unqualified references mean the includer's.
    chameleon: bool,
    elements_qualified: bool,
    attributes_qualified: bool,
    block: Ways,
}

/// How far a complex type is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Declared(At),
    Open,
    Defined,
}

/// A complex type while it is made.
struct Draft {
    complex: Complex,
    stage: Stage,
    particle: Option<Particle>,
}

struct Compiler<'r, R: Resolver + ?Sized> {
    resolver: &'r R,
    namespaces: Namespaces,
    documents: Vec<Document>,
    loaded: HashMap<(String, NsId), usize>,
    globals: HashMap<(Component, NsId, String), At>,
    simple: SimpleTypes,
    /// `None` while the type is being made, to notice circles.
    simple_made: HashMap<At, Option<SimpleId>>,
    drafts: Vec<Draft>,
    complex_made: HashMap<At, usize>,
    elements: Vec<Element>,
    element_made: HashMap<At, ElementId>,
    /// Head of each member's substitution group.
    heads: Vec<(ElementId, ElementId)>,
    queue: VecDeque<usize>,
    group_stack: Vec<At>,
    large_patterns_left: usize,
    particles_made: usize,
    errors: Vec<Error>,
}

/// Errors kept of one compilation.
const ERRORS_MAX: usize = 200;
/// `anyType` is the first complex type.
const ANY_TYPE: usize = 0;

/// Compiles the root files and everything they include and import.
pub(super) fn compile<R: Resolver + ?Sized>(resolver: &R, roots: &[&str]) -> Result<SchemaSet, Vec<Error>> {
    let mut compiler = Compiler {
        resolver,
        namespaces: Namespaces::default(),
        documents: Vec::new(),
        loaded: HashMap::new(),
        globals: HashMap::new(),
        simple: builtin::table(),
        simple_made: HashMap::new(),
        drafts: vec![any_type()],
        complex_made: HashMap::new(),
        elements: Vec::new(),
        element_made: HashMap::new(),
        heads: Vec::new(),
        queue: VecDeque::new(),
        group_stack: Vec::new(),
        large_patterns_left: limits::PATTERNS_LARGE_MAX,
        particles_made: 0,
        errors: Vec::new(),
    };
    for root in roots {
        compiler.load_root(root);
    }
    if compiler.errors.is_empty() {
        compiler.declare_all();
    }
    if compiler.errors.is_empty() {
        return Ok(compiler.finish());
    }
    compiler.errors.truncate(ERRORS_MAX);
    Err(compiler.errors)
}

fn any_type() -> Draft {
    let wildcard = Wildcard { allowed: Allowed::Any, process: Process::Lax };
    let any = Particle { term: super::model::Term::Any(wildcard.clone()), min: 0, max: super::model::UNBOUNDED };
    Draft {
        complex: Complex {
            name: "anyType".into(),
            base: None,
            derived_by: Ways::RESTRICTION,
            content: Content::Empty,
            mixed: true,
            is_abstract: false,
            block: Ways::default(),
            attributes: Vec::new(),
            attributes_required: 0,
            any_attribute: Some(wildcard),
        },
        stage: Stage::Defined,
        particle: Some(any),
    }
}

impl<R: Resolver + ?Sized> Compiler<'_, R> {
    fn tree(&self, at: At) -> &Tree {
        &self.document(at).tree
    }

    fn document(&self, at: At) -> &Document {
        self.documents.get(at.document).expect("places point into loaded documents")
    }

    fn attribute(&self, at: At, name: &str) -> Option<&str> {
        self.tree(at).attribute(at.node, name)
    }

    fn child(&self, at: At, name: &str) -> Option<At> {
        self.tree(at).child(at.node, name).map(|node| At { node, ..at })
    }

    /// Children with their names, annotations left out.
    fn children(&self, at: At) -> Vec<(At, &'static str)> {
        let tree = self.tree(at);
        let named = tree.node(at.node).children.iter().filter_map(|node| {
            let name = tree.node(*node).name?;
            (name != "annotation").then_some((At { node: *node, ..at }, name))
        });
        named.collect()
    }

    fn name(&self, at: At) -> &'static str {
        self.tree(at).node(at.node).name.unwrap_or("")
    }

    fn fail(&mut self, at: At, zh: impl Into<String>, en: impl Into<String>) {
        if self.errors.len() < ERRORS_MAX {
            let error = self.tree(at).error(at.node, zh.into(), en.into());
            self.errors.push(error);
        }
    }

    /// Resolves a name in an attribute. Fails with an error of its own.
    fn qname(&mut self, at: At, value: &str) -> Option<(NsId, String)> {
        let (prefix, local) = value.split_once(':').unwrap_or(("", value));
        let Some(uri) = self.tree(at).namespace(at.node, prefix).map(str::to_owned) else {
            self.fail(at, format!("前缀 {prefix} 没有声明"), format!("prefix {prefix} of {value} is not declared"));
            return None;
        };
        let document = self.document(at);
        let ns = if uri.is_empty() && document.chameleon { document.target } else { self.namespaces.add(&uri) };
        Some((ns, local.to_owned()))
    }

    fn global(&mut self, at: At, kind: Component, ns: NsId, local: &str) -> Option<At> {
        let found = self.globals.get(&(kind, ns, local.to_owned())).copied();
        if found.is_none() {
            let (zh, en) = match kind {
                Component::Element => ("元素", "element"),
                Component::Attribute => ("属性", "attribute"),
                Component::Type => ("类型", "type"),
                Component::Group => ("组", "group"),
                Component::AttributeGroup => ("属性组", "attribute group"),
                Component::Notation => ("记法", "notation"),
            };
            let uri = self.namespaces.uri(ns).to_owned();
            self.fail(at, format!("没有定义{zh} {{{uri}}}{local}"), format!("{en} {{{uri}}}{local} is not defined"));
        }
        found
    }

    /// A type by name: built-in, simple or complex.
    fn type_by_name(&mut self, at: At, value: &str) -> Option<TypeRef> {
        let (ns, local) = self.qname(at, value)?;
        if ns == NS_XSD {
            if local == "anyType" {
                return Some(TypeRef::Complex(ANY_TYPE));
            }
            if let Some(id) = builtin::find(&self.simple, &local) {
                return Some(TypeRef::Simple(id));
            }
        }
        let found = self.global(at, Component::Type, ns, &local)?;
        self.type_at(found)
    }

    fn type_at(&mut self, at: At) -> Option<TypeRef> {
        if self.name(at) == "simpleType" {
            self.simple_type(at).map(TypeRef::Simple)
        } else {
            Some(TypeRef::Complex(self.declare_complex(at)))
        }
    }

    /// A simple type by name; complex ones are an error.
    fn simple_by_name(&mut self, at: At, value: &str) -> Option<SimpleId> {
        match self.type_by_name(at, value)? {
            TypeRef::Simple(id) => Some(id),
            TypeRef::Complex(_) => {
                self.fail(at, format!("{value} 不是简单类型"), format!("{value} is not a simple type"));
                None
            }
        }
    }

    /// Declares every global, then defines what was declared on the way.
    fn declare_all(&mut self) {
        let mut all: Vec<(Component, At)> = self.globals.iter().map(|((kind, ..), at)| (*kind, *at)).collect();
        all.sort_by_key(|(_, at)| (at.document, at.node));
        for (kind, at) in all {
            match kind {
                Component::Element => {
                    self.global_element(at);
                }
                Component::Attribute => {
                    self.attribute_declaration(at, true);
                }
                Component::Type => {
                    self.type_at(at);
                }
                Component::Group => {
                    self.group_particle(at, at);
                }
                Component::AttributeGroup => {
                    self.attribute_group(at, at);
                }
                Component::Notation => {}
            }
        }
        while let Some(index) = self.queue.pop_front() {
            self.define(index);
        }
        self.check_defaults();
    }

    fn finish(mut self) -> SchemaSet {
        self.link_members();
        let mut named_types = HashMap::new();
        let mut roots = HashMap::new();
        let mut attributes: HashMap<(NsId, Box<str>), AttributeUse> = HashMap::new();
        let globals: Vec<_> = self.globals.iter().map(|(key, at)| (key.clone(), *at)).collect();
        for ((kind, ns, local), at) in globals {
            let key = (ns, Box::from(local.as_str()));
            match kind {
                Component::Element => {
                    if let Some(id) = self.global_element(at) {
                        roots.insert(key, id);
                    }
                }
                Component::Type => {
                    if let Some(ty) = self.type_at(at) {
                        named_types.insert(key, ty);
                    }
                }
                Component::Attribute => {
                    if let Some(declaration) = self.attribute_declaration(at, true) {
                        attributes.insert(key, declaration);
                    }
                }
                Component::Group | Component::AttributeGroup | Component::Notation => {}
            }
        }
        for (id, simple) in self.simple.types.iter().enumerate() {
            if builtin::find(&self.simple, &simple.name) == Some(id) {
                named_types.insert((NS_XSD, simple.name.clone()), TypeRef::Simple(id));
            }
        }
        named_types.insert((NS_XSD, "anyType".into()), TypeRef::Complex(ANY_TYPE));
        let elements = &self.elements;
        let complexes = self.drafts.into_iter().map(|draft| {
            let mut complex = draft.complex;
            if let Some(particle) = &draft.particle {
                let mut model = Model::build(particle);
                for node in &mut model.nodes {
                    if let super::model::Kind::Element(id) = node.kind {
                        let members = elements.get(id.index()).map(|element| element.members.as_slice());
                        node.members = members
                            .unwrap_or_default()
                            .iter()
                            .filter_map(|member| elements.get(member.index()).map(|e| (e.name.clone(), e.ns, *member)))
                            .collect();
                    }
                }
                complex.content = Content::Children(model);
            }
            complex
        });
        SchemaSet {
            complexes: complexes.collect(),
            namespaces: self.namespaces,
            simple: self.simple,
            elements: self.elements,
            roots,
            named_types,
            attributes,
        }
    }

    /// Gives every head the members of its substitution group, those of members included.
    fn link_members(&mut self) {
        for head in 0..self.elements.len() {
            let head_id = ElementId::new(head);
            let mut found: Vec<ElementId> = Vec::new();
            let mut open = vec![head_id];
            while let Some(at) = open.pop() {
                for (member, of) in &self.heads {
                    if *of == at && *member != head_id && !found.contains(member) {
                        found.push(*member);
                        open.push(*member);
                    }
                }
            }
            if let Some(element) = self.elements.get_mut(head)
                && !element.block.has(Ways::SUBSTITUTION)
            {
                element.members = found;
            }
        }
    }

    fn ways(&mut self, at: At, name: &str) -> Ways {
        let value = self.attribute(at, name).unwrap_or("").to_owned();
        let mut ways = Ways::default();
        for word in value.split_whitespace() {
            ways = ways.with(match word {
                "#all" => Ways(7),
                "extension" => Ways::EXTENSION,
                "restriction" => Ways::RESTRICTION,
                "substitution" => Ways::SUBSTITUTION,
                "list" | "union" => Ways::default(),
                _ => {
                    self.fail(at, format!("{name} 的值不对：{word}"), format!("{word} is no value of {name}"));
                    Ways::default()
                }
            });
        }
        ways
    }
}
