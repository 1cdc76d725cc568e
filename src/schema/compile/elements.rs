//! Element declarations, particles and groups.

use super::super::builtin::ANY_SIMPLE;
use super::super::model::{Particle, Term, UNBOUNDED};
use super::super::names::{NS_NONE, NsId};
use super::super::table::{Allowed, Content, Element, ElementId, Labels, Process, TypeRef, Ways, Wildcard};
use super::{ANY_TYPE, At, Compiler, Component, Resolver, Stage};
use crate::domain::limits;

impl<R: Resolver + ?Sized> Compiler<'_, R> {
    /// The declaration of a global element, made on first use.
    pub(super) fn global_element(&mut self, at: At) -> Option<ElementId> {
        if let Some(id) = self.element_made.get(&at) {
            return Some(*id);
        }
        let ns = self.document(at).target;
        self.element(at, ns)
    }

    fn element(&mut self, at: At, ns: NsId) -> Option<ElementId> {
        let name = self.attribute(at, "name")?.to_owned();
        let id = ElementId::new(self.elements.len());
        let is_true = |value: Option<&str>| matches!(value, Some("true" | "1"));
        let nillable = is_true(self.attribute(at, "nillable"));
        let is_abstract = is_true(self.attribute(at, "abstract"));
        let default = self.value_attribute(at, "default");
        let fixed = self.value_attribute(at, "fixed");
        if default.is_some() && fixed.is_some() {
            self.fail(at, "default 和 fixed 只能有一个", "default and fixed cannot both be there");
        }
        let block =
            if self.attribute(at, "block").is_some() { self.ways(at, "block") } else { self.document(at).block };
        let labels = self.labels(at);
        self.elements.push(Element {
            name: name.as_str().into(),
            ns,
            ty: TypeRef::Complex(ANY_TYPE),
            labels,
            nillable,
            is_abstract,
            default,
            fixed,
            block,
            members: Vec::new(),
        });
        self.element_made.insert(at, id);
        let mut head_type = None;
        if let Some(head) = self.attribute(at, "substitutionGroup").map(str::to_owned)
            && let Some((ns, local)) = self.qname(at, &head)
            && let Some(head) = self.global(at, Component::Element, ns, &local)
            && let Some(head) = self.global_element(head)
        {
            self.heads.push((id, head));
            head_type = self.elements.get(head.index()).map(|element| element.ty);
        }
        let ty = self.declared_type(at).or(head_type).unwrap_or(TypeRef::Complex(ANY_TYPE));
        if let Some(element) = self.elements.get_mut(id.index()) {
            element.ty = ty;
        }
        Some(id)
    }

    /// The type an element or attribute has by its attribute `type` or its own child; `None` if by neither.
    pub(super) fn declared_type(&mut self, at: At) -> Option<TypeRef> {
        let inline = self.child(at, "simpleType").or_else(|| self.child(at, "complexType"));
        if let Some(named) = self.attribute(at, "type").map(str::to_owned) {
            if inline.is_some() {
                self.fail(at, "type 和内部类型只能有一个", "a type attribute and a type inside cannot both be there");
            }
            return Some(self.type_by_name(at, &named).unwrap_or(TypeRef::Simple(ANY_SIMPLE)));
        }
        inline.and_then(|inline| self.type_at(inline))
    }

    /// A default or fixed value exactly as written; white space is the type's business.
    pub(super) fn value_attribute(&self, at: At, name: &str) -> Option<Box<str>> {
        let node = self.tree(at).node(at.node);
        node.attributes.iter().find(|attribute| attribute.name == name).map(|found| found.value.as_str().into())
    }

    /// Names for people from `xs:documentation xml:lang="zh|en"`.
    pub(super) fn labels(&self, at: At) -> Labels {
        let tree = self.tree(at);
        let mut labels = Labels::default();
        for annotation in tree.children(at.node, "annotation") {
            for note in tree.children(annotation, "documentation") {
                let text: Vec<&str> = tree.node(note).text.split_whitespace().collect();
                let text = text.join(" ");
                let language = tree.attribute(note, "{http://www.w3.org/XML/1998/namespace}lang").unwrap_or("");
                let slot = match language.get(..2).map(str::to_ascii_lowercase).as_deref() {
                    Some("zh") => &mut labels.zh,
                    Some("en") => &mut labels.en,
                    _ => continue,
                };
                if slot.is_empty() {
                    *slot = text.into();
                }
            }
        }
        labels
    }

    pub(super) fn occurs(&mut self, at: At) -> (u32, u32) {
        let number =
            |value: &str| value.parse::<u64>().map_or(UNBOUNDED - 1, |n| u32::try_from(n).unwrap_or(UNBOUNDED - 1));
        let min = self.attribute(at, "minOccurs").map_or(1, number);
        let max = match self.attribute(at, "maxOccurs") {
            None => 1,
            Some("unbounded") => UNBOUNDED,
            Some(value) => number(value),
        };
        if min > max {
            self.fail(at, "minOccurs 大于 maxOccurs", "minOccurs is greater than maxOccurs");
        }
        (min, max)
    }

    /// The particle of an element, a wildcard, a model group or a reference to a group.
    pub(super) fn particle(&mut self, at: At) -> Option<Particle> {
        self.particles_made += 1;
        if self.particles_made > limits::SCHEMA_PARTICLES_MAX {
            if self.particles_made == limits::SCHEMA_PARTICLES_MAX + 1 {
                let most = limits::SCHEMA_PARTICLES_MAX;
                self.fail(
                    at,
                    format!("内容模型太大：最多 {most} 个粒子"),
                    format!("content models are too large: at most {most} particles"),
                );
            }
            return None;
        }
        let (min, max) = self.occurs(at);
        let term = match self.name(at) {
            "element" => self.element_term(at)?,
            "any" => Term::Any(self.wildcard(at)),
            "sequence" => Term::Sequence(self.particles(at)),
            "choice" => Term::Choice(self.particles(at)),
            "all" => {
                if max > 1 {
                    self.fail(at, "xs:all 只能出现一次", "xs:all can occur only once");
                }
                let children = self.particles(at);
                if children.iter().any(|child| child.max > 1) {
                    self.fail(at, "xs:all 中的元素最多出现一次", "elements of xs:all can occur at most once");
                }
                Term::All(children)
            }
            "group" => {
                let named = self.attribute(at, "ref")?.to_owned();
                let (ns, local) = self.qname(at, &named)?;
                let group = self.global(at, Component::Group, ns, &local)?;
                self.group_particle(at, group)?.term
            }
            _ => return None,
        };
        Some(Particle { term, min, max })
    }

    fn particles(&mut self, at: At) -> Vec<Particle> {
        let children = self.children(at);
        children
            .into_iter()
            .filter_map(|(child, _)| {
                let particle = self.particle(child);
                if let Some(Particle { term: Term::All(_), .. }) = particle {
                    self.fail(child, "xs:all 不能放在其他组里", "xs:all cannot stand inside of another group");
                }
                particle
            })
            .collect()
    }

    /// The content of a named group.
    pub(super) fn group_particle(&mut self, from: At, group: At) -> Option<Particle> {
        if self.group_stack.contains(&group) {
            self.fail(from, "组引用了自己", "a group contains itself");
            return None;
        }
        self.group_stack.push(group);
        let inner = self.children(group).into_iter().next().and_then(|(child, _)| self.particle(child));
        self.group_stack.pop();
        if inner.is_none() && self.errors.is_empty() {
            self.fail(group, "组是空的", "the group is empty");
        }
        inner
    }

    fn element_term(&mut self, at: At) -> Option<Term> {
        let id = if let Some(named) = self.attribute(at, "ref").map(str::to_owned) {
            if self.attribute(at, "name").is_some() || self.attribute(at, "type").is_some() {
                self.fail(at, "ref 不能与 name 或 type 同时出现", "ref cannot stand with name or type");
            }
            let (ns, local) = self.qname(at, &named)?;
            let global = self.global(at, Component::Element, ns, &local)?;
            self.global_element(global)?
        } else if let Some(id) = self.element_made.get(&at) {
            // A group used twice: its elements are declared once.
            *id
        } else {
            if self.attribute(at, "name").is_none() {
                self.fail(at, "元素必须有 name 或 ref", "an element needs name or ref");
                return None;
            }
            let qualified = match self.attribute(at, "form") {
                Some(form) => form == "qualified",
                None => self.document(at).elements_qualified,
            };
            let ns = if qualified { self.document(at).target } else { NS_NONE };
            self.element(at, ns)?
        };
        let element = self.elements.get(id.index())?;
        Some(Term::Element { id, name: element.name.clone(), ns: element.ns })
    }

    pub(super) fn wildcard(&mut self, at: At) -> Wildcard {
        let target = self.document(at).target;
        let namespace = self.attribute(at, "namespace").unwrap_or("##any").to_owned();
        let process = match self.attribute(at, "processContents") {
            Some("lax") => Process::Lax,
            Some("skip") => Process::Skip,
            _ => Process::Strict,
        };
        let allowed = match namespace.trim() {
            "##any" => Allowed::Any,
            "##other" => Allowed::Other(target),
            list => Allowed::List(
                list.split_whitespace()
                    .map(|word| match word {
                        "##targetNamespace" => target,
                        "##local" => NS_NONE,
                        uri => self.namespaces.add(uri),
                    })
                    .collect(),
            ),
        };
        Wildcard { allowed, process }
    }

    /// Checks default and fixed values of all elements once their types are known.
    pub(super) fn check_defaults(&mut self) {
        let mut made: Vec<(At, ElementId)> = self.element_made.iter().map(|(at, id)| (*at, *id)).collect();
        made.sort_by_key(|(_, id)| *id);
        for (at, id) in made {
            let Some(element) = self.elements.get(id.index()) else { continue };
            let Some(value) = element.default.clone().or_else(|| element.fixed.clone()) else { continue };
            let simple = match element.ty {
                TypeRef::Simple(simple) => Some(simple),
                TypeRef::Complex(index) => match self.drafts.get(index) {
                    Some(draft) if draft.stage == Stage::Defined => match &draft.complex.content {
                        Content::Simple(simple) => Some(*simple),
                        Content::Empty | Content::Children(_) if draft.complex.mixed => continue,
                        Content::Empty | Content::Children(_) => None,
                    },
                    _ => continue,
                },
            };
            match simple {
                Some(simple) => self.check_value(at, simple, &value),
                None => self.fail(at, "只含子元素的类型不能有默认值", "a type of elements only cannot have a default"),
            }
        }
        for (member, head) in self.heads.clone() {
            self.check_member(member, head);
        }
    }

    fn check_member(&mut self, member: ElementId, head: ElementId) {
        let types = |id: ElementId| self.elements.get(id.index()).map(|element| element.ty);
        if let (Some(own), Some(wanted)) = (types(member), types(head))
            && !self.derives(own, wanted)
            && let Some(at) = self.element_made.iter().find(|(_, id)| **id == member).map(|(at, _)| *at)
        {
            self.fail(
                at,
                "类型不是从替换组的头元素的类型派生的",
                "its type is not derived from that of the head of its substitution group",
            );
        }
    }

    /// Whether a type is another or derived from it, as far as it is defined already.
    pub(super) fn derives(&self, mut own: TypeRef, wanted: TypeRef) -> bool {
        for _ in 0..=self.drafts.len() {
            if own == wanted || wanted == TypeRef::Complex(ANY_TYPE) {
                return true;
            }
            match (own, wanted) {
                (TypeRef::Simple(own), TypeRef::Simple(wanted)) => return self.simple.derives(own, wanted),
                (TypeRef::Simple(_), TypeRef::Complex(_)) => return false,
                (TypeRef::Complex(index), _) => match self.drafts.get(index).and_then(|draft| draft.complex.base) {
                    Some(base) => own = base,
                    None => return false,
                },
            }
        }
        false
    }

    /// The ways in which a type may not be derived from, by its `final`.
    pub(super) fn final_ways(&mut self, at: At) -> Ways {
        if self.attribute(at, "final").is_some() {
            return self.ways(at, "final");
        }
        let root = At { node: 0, ..at };
        self.ways(root, "finalDefault")
    }
}
