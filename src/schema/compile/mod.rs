//! XSD files to tables. Everything a message check needs is decided here, once, at start.
//!
//! 1. `load` reads the files, `grammar` checks their form, and the global components get their places.
//! 2. `elements`, `attributes`, `complex`, `simple` and `identity` make the components on first use.
//! 3. `derive`, `restrict`, `unique` and `consistent` check them against each other once all are made.
//! 4. `finish` lays the tables out.
//!
//! Every error names the constraint of XML Schema 1.0 Part 1 that is broken, as `cos-nonambig`.

mod attributes;
mod complex;
mod consistent;
mod derive;
mod elements;
mod facets;
mod finish;
mod grammar;
mod identity;
mod load;
mod particles;
mod restrict;
mod simple;
mod tree;
mod unique;
mod wildcards;

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;

use super::builtin;
use super::model::Particle;
use super::names::{NS_NONE, NS_XSD, Namespaces, NsId};
use super::set::SchemaSet;
use super::simple::{SimpleId, SimpleTypes};
use super::table::{Allowed, Complex, Constraint, Content, Element, ElementId, Process, TypeRef, Ways, Wildcard};
use crate::domain::limits;
use attributes::Attributes;
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
    /// The constraint of the recommendation that is broken, as `cos-nonambig`; empty for limits and the like.
    pub constraint: &'static str,
    /// What is wrong, in Chinese.
    pub message_zh: String,
    /// What is wrong, in English.
    pub message_en: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: ", self.file, self.line, self.column)?;
        if !self.constraint.is_empty() {
            write!(f, "{}: ", self.constraint)?;
        }
        f.write_str(&self.message_en)
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
    /// Namespaces that it imports; only components of these and of its own can be referred to.
    imports: HashSet<NsId>,
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
    /// Where it is defined; `None` for `anyType`.
    at: Option<At>,
    /// Ways in which it may not be derived from.
    closed: Ways,
}

struct Compiler<'r, R: Resolver + ?Sized> {
    resolver: &'r R,
    namespaces: Namespaces,
    documents: Vec<Document>,
    loaded: HashMap<(String, NsId), usize>,
    globals: HashMap<(Component, NsId, String), At>,
    /// What each redefinition replaces.
    redefined: HashMap<At, At>,
    simple: SimpleTypes,
    /// `None` while the type is being made, to notice circles.
    simple_made: HashMap<At, Option<SimpleId>>,
    /// Simple types that are being made.
    simple_depth: usize,
    drafts: Vec<Draft>,
    complex_made: HashMap<At, usize>,
    elements: Vec<Element>,
    element_made: HashMap<At, ElementId>,
    /// Where each element is declared, by its id.
    element_at: Vec<At>,
    /// Head of each member's substitution group.
    heads: HashMap<ElementId, ElementId>,
    constraints: Vec<Constraint>,
    constraint_names: HashMap<(NsId, String), usize>,
    /// Keys that references name, resolved when all are known.
    references: Vec<(At, usize, NsId, String)>,
    attribute_groups: HashMap<At, Attributes>,
    /// Redefined groups without a reference to what they redefine: new, old.
    group_restrictions: Vec<(At, At)>,
    /// Files that are being read, one naming the next.
    loading: usize,
    queue: VecDeque<usize>,
    group_stack: Vec<At>,
    /// Particles made so far, and how deep they nest now.
    particles_made: usize,
    particle_depth: usize,
    attributes_made: usize,
    /// Attribute uses so far, for their numbers.
    attribute_uses_made: usize,
    /// Work spent on looking for ambiguity.
    names_compared: usize,
    large_patterns_left: usize,
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
        redefined: HashMap::new(),
        simple: builtin::table(),
        simple_made: HashMap::new(),
        simple_depth: 0,
        drafts: vec![any_type()],
        complex_made: HashMap::new(),
        elements: Vec::new(),
        element_made: HashMap::new(),
        element_at: Vec::new(),
        heads: HashMap::new(),
        constraints: Vec::new(),
        constraint_names: HashMap::new(),
        references: Vec::new(),
        attribute_groups: HashMap::new(),
        group_restrictions: Vec::new(),
        loading: 0,
        queue: VecDeque::new(),
        group_stack: Vec::new(),
        particles_made: 0,
        particle_depth: 0,
        attributes_made: 0,
        attribute_uses_made: 0,
        names_compared: 0,
        large_patterns_left: limits::PATTERNS_LARGE_MAX,
        errors: Vec::new(),
    };
    for root in roots {
        compiler.load_root(root);
    }
    if compiler.errors.is_empty() {
        compiler.declare_all();
    }
    if compiler.errors.is_empty() {
        compiler.check_all();
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
        at: None,
        closed: Ways::default(),
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

    /// An error without a constraint of its own in the recommendation.
    fn fail(&mut self, at: At, zh: impl Into<String>, en: impl Into<String>) {
        self.breach(at, "", zh, en);
    }

    /// A constraint of the recommendation is broken at a place.
    fn breach(&mut self, at: At, constraint: &'static str, zh: impl Into<String>, en: impl Into<String>) {
        if self.errors.len() < ERRORS_MAX {
            let error = self.tree(at).error(at.node, constraint, zh.into(), en.into());
            self.errors.push(error);
        }
    }

    fn is_true(&self, at: At, name: &str) -> bool {
        matches!(self.attribute(at, name), Some("true" | "1"))
    }

    /// Resolves a name in an attribute. Fails with an error of its own.
    fn qname(&mut self, at: At, value: &str) -> Option<(NsId, String)> {
        let (prefix, local) = value.split_once(':').unwrap_or(("", value));
        let Some(uri) = self.tree(at).namespace(at.node, prefix).map(str::to_owned) else {
            let (zh, en) = (format!("前缀 {prefix} 没有声明"), format!("prefix {prefix} of {value} is not declared"));
            self.breach(at, "src-resolve", zh, en);
            return None;
        };
        let document = self.document(at);
        let (own, chameleon) = (document.target, document.chameleon);
        let ns = if uri.is_empty() && chameleon { own } else { self.namespaces.add(&uri) };
        if ns != own && ns != NS_XSD && !self.document(at).imports.contains(&ns) {
            let shown = if ns == NS_NONE { "（无）" } else { uri.as_str() };
            let zh = format!("{value} 的命名空间 {shown} 没有导入");
            let en = format!("the namespace of {value} ({uri:?}) is not imported in this file");
            self.breach(at, "src-resolve.4", zh, en);
            return None;
        }
        Some((ns, local.to_owned()))
    }

    /// The component of a name, as seen from a place: within a redefinition of a name, the name means what
    /// is redefined.
    fn global(&mut self, at: At, kind: Component, ns: NsId, local: &str) -> Option<At> {
        let mut found = self.globals.get(&(kind, ns, local.to_owned())).copied();
        if let Some(new) = found
            && let Some(own) = self.redefinition_around(at, new)
        {
            found = self.redefined.get(&own).copied();
        }
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
            let zh = format!("没有定义{zh} {{{uri}}}{local}");
            self.breach(at, "src-resolve", zh, format!("{en} {{{uri}}}{local} is not defined"));
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
                let zh = format!("{value} 不是简单类型");
                self.breach(at, "src-resolve", zh, format!("{value} is not a simple type"));
                None
            }
        }
    }

    /// Declares every global, then defines what was declared on the way.
    fn declare_all(&mut self) {
        let mut all: Vec<(Component, At)> = self.globals.iter().map(|((kind, ..), at)| (*kind, *at)).collect();
        all.sort_by_key(|(_, at)| (at.document, at.node));
        for (kind, at) in &all {
            match kind {
                Component::Element => {
                    self.global_element(*at);
                }
                Component::Attribute => {
                    self.attribute_declaration(*at, true);
                }
                Component::Type => {
                    self.type_at(*at);
                }
                Component::AttributeGroup => {
                    self.attribute_group(*at, *at);
                }
                Component::Notation => self.notation(*at),
                Component::Group => {}
            }
        }
        self.resolve_heads();
        for (_, at) in all.iter().filter(|(kind, _)| *kind == Component::Group) {
            self.group_particle(*at, *at);
        }
        while let Some(index) = self.queue.pop_front() {
            self.define(index);
        }
        self.resolve_references();
    }

    /// Checks the components against each other, once all are made.
    fn check_all(&mut self) {
        self.check_defaults();
        self.check_heads();
        if !self.errors.is_empty() {
            return;
        }
        self.link_members();
        self.check_redefined_groups();
        for index in 1..self.drafts.len() {
            self.check_derivation(index);
            self.check_consistent_elements(index);
            self.check_unique_particles(index);
        }
    }

    fn notation(&mut self, at: At) {
        if self.attribute(at, "public").is_none() && self.attribute(at, "system").is_none() {
            self.breach(at, "n-props-correct", "记法需要 public 或 system", "a notation needs public or system");
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
                    let zh = format!("{name} 的值不对：{word}");
                    self.breach(at, "s4s-att-invalid-value", zh, format!("{word} is no value of {name}"));
                    Ways::default()
                }
            });
        }
        ways
    }
}
