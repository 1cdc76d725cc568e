//! Element declarations and substitution groups.

use std::collections::{HashMap, HashSet};

use super::super::builtin::ANY_SIMPLE;
use super::super::names::NsId;
use super::super::simple::{Identity, SimpleId, Variety};
use super::super::table::{Content, Element, ElementId, Labels, TypeRef, Ways};
use super::{ANY_TYPE, At, Compiler, Component, Resolver};
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

    pub(super) fn element(&mut self, at: At, ns: NsId) -> Option<ElementId> {
        let name = self.attribute(at, "name")?.to_owned();
        let id = ElementId::new(self.elements.len());
        let nillable = self.is_true(at, "nillable");
        let is_abstract = self.is_true(at, "abstract");
        let default = self.value_attribute(at, "default");
        let fixed = self.value_attribute(at, "fixed");
        if default.is_some() && fixed.is_some() {
            self.breach(at, "src-element.1", "default 和 fixed 只能有一个", "default and fixed cannot both be there");
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
            constraints: Box::default(),
        });
        self.element_made.insert(at, id);
        self.element_at.push(at);
        if let Some(ty) = self.declared_type(at)
            && let Some(element) = self.elements.get_mut(id.index())
        {
            element.ty = ty;
        }
        let constraints = self.identity_constraints(at);
        if let Some(element) = self.elements.get_mut(id.index()) {
            element.constraints = constraints;
        }
        Some(id)
    }

    /// Finds the head of every member of a substitution group. A member without a type has that of its head.
    pub(super) fn resolve_heads(&mut self) {
        let globals: Vec<At> =
            self.globals.iter().filter(|((kind, ..), _)| *kind == Component::Element).map(|(_, at)| *at).collect();
        for at in globals {
            if let Some(head) = self.attribute(at, "substitutionGroup").map(str::to_owned)
                && let Some((ns, local)) = self.qname(at, &head)
                && let Some(head) = self.global(at, Component::Element, ns, &local)
                && let (Some(member), Some(head)) = (self.global_element(at), self.global_element(head))
            {
                self.heads.insert(member, head);
            }
        }
        let mut members: Vec<ElementId> = self.heads.keys().copied().collect();
        members.sort_unstable();
        // How far each chain of heads is known to end: without this, long chains cost their square.
        let mut settled: HashMap<ElementId, bool> = HashMap::new();
        for member in members {
            let mut chain = vec![member];
            let mut passed = HashSet::from([member]);
            let mut sound = true;
            while let Some(head) = chain.last().and_then(|last| self.heads.get(last)).copied() {
                if let Some(known) = settled.get(&head) {
                    sound = *known;
                    chain.push(head);
                    break;
                }
                if !passed.insert(head) {
                    sound = false;
                    break;
                }
                chain.push(head);
            }
            for pair in (1..chain.len()).rev() {
                let (Some(own), Some(head)) = (chain.get(pair - 1).copied(), chain.get(pair).copied()) else {
                    continue;
                };
                let inherited = self.elements.get(head.index()).map(|element| element.ty);
                if let Some(at) = self.element_at.get(own.index()).copied()
                    && !self.has_own_type(at)
                    && let (Some(ty), Some(element)) = (inherited, self.elements.get_mut(own.index()))
                {
                    element.ty = ty;
                }
            }
            for link in chain {
                settled.insert(link, sound);
            }
            if !sound && let Some(at) = self.element_at.get(member.index()).copied() {
                let zh = "替换组的头元素是自己";
                self.breach(at, "e-props-correct.6", zh, "an element is in its own substitution group");
                self.heads.remove(&member);
            }
        }
    }

    fn has_own_type(&self, at: At) -> bool {
        self.attribute(at, "type").is_some()
            || self.child(at, "simpleType").is_some()
            || self.child(at, "complexType").is_some()
    }

    /// The type an element or attribute has by its attribute `type` or its own child; `None` if by neither.
    pub(super) fn declared_type(&mut self, at: At) -> Option<TypeRef> {
        let inline = self.child(at, "simpleType").or_else(|| self.child(at, "complexType"));
        if let Some(named) = self.attribute(at, "type").map(str::to_owned) {
            if inline.is_some() {
                let constraint = if self.name(at) == "element" { "src-element.3" } else { "src-attribute.4" };
                let zh = "type 和内部类型只能有一个";
                self.breach(at, constraint, zh, "a type attribute and a type inside cannot both be there");
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
                    None if language.is_empty() && labels.zh.is_empty() => {
                        labels.zh = first_phrase(&text).into();
                        continue;
                    }
                    _ => continue,
                };
                if slot.is_empty() {
                    *slot = text.into();
                }
            }
        }
        labels
    }

    /// Checks default and fixed values of all elements once their types are known.
    pub(super) fn check_defaults(&mut self) {
        for index in 0..self.elements.len() {
            let (Some(element), Some(at)) = (self.elements.get(index), self.element_at.get(index).copied()) else {
                continue;
            };
            let ty = element.ty;
            if let TypeRef::Simple(simple) = ty {
                self.check_notation(at, simple);
            }
            let Some(element) = self.elements.get(index) else { continue };
            let Some(value) = element.default.clone().or_else(|| element.fixed.clone()) else { continue };
            let simple = match ty {
                TypeRef::Simple(simple) => Some(simple),
                TypeRef::Complex(index) => match self.drafts.get(index) {
                    Some(draft) => match &draft.complex.content {
                        Content::Simple(simple) => Some(*simple),
                        Content::Empty | Content::Children(_) => {
                            let emptiable = draft.particle.as_ref().is_none_or(|particle| particle.is_emptiable());
                            if draft.complex.mixed && emptiable {
                                continue;
                            }
                            None
                        }
                    },
                    None => continue,
                },
            };
            match simple {
                Some(simple) => {
                    self.check_value(at, simple, &value);
                    if self.is_id(simple) {
                        let zh = "ID 类型的元素不能有默认值";
                        self.breach(at, "e-props-correct.5", zh, "an element of type ID cannot have a default");
                    }
                }
                None => {
                    let zh = "只能含子元素的类型不能有默认值";
                    let en = "a type whose content cannot be text alone cannot have a default";
                    self.breach(at, "cos-valid-default.2", zh, en);
                }
            }
        }
    }

    /// Whether a type is `ID` or derived from it.
    pub(super) fn is_id(&self, simple: SimpleId) -> bool {
        let simple = self.simple.get(simple);
        simple.variety == Variety::Atomic && simple.identity == Identity::Id
    }

    /// `NOTATION` itself has no values to choose from.
    pub(super) fn check_notation(&mut self, at: At, simple: SimpleId) {
        if super::builtin::find(&self.simple, "NOTATION") == Some(simple) {
            let zh = "NOTATION 只能作为枚举类型的基类型";
            let en = "NOTATION can be used only as the base of an enumeration";
            self.breach(at, "enumeration-required-notation", zh, en);
        }
    }

    /// Checks the members of substitution groups against their heads.
    pub(super) fn check_heads(&mut self) {
        let mut heads: Vec<(ElementId, ElementId)> = self.heads.iter().map(|(member, head)| (*member, *head)).collect();
        heads.sort_unstable();
        for (member, head) in heads {
            let types = |id: ElementId| self.elements.get(id.index()).map(|element| element.ty);
            let (Some(own), Some(wanted)) = (types(member), types(head)) else { continue };
            let (Some(at), Some(head_at)) =
                (self.element_at.get(member.index()).copied(), self.element_at.get(head.index()).copied())
            else {
                continue;
            };
            let closed = self.final_ways(head_at);
            if !self.derives_without(own, wanted, closed) {
                self.breach(
                    at,
                    "e-props-correct.4",
                    "类型不是从替换组的头元素的类型以允许的方式派生的",
                    "its type is not derived, in an allowed way, from that of the head of its substitution group",
                );
            }
        }
    }

    /// Gives every head the members of its substitution group that may stand for it (cos-equiv-derived-ok-rec).
    pub(super) fn link_members(&mut self) {
        let mut below: HashMap<ElementId, Vec<ElementId>> = HashMap::new();
        for (member, head) in &self.heads {
            below.entry(*head).or_default().push(*member);
        }
        for list in below.values_mut() {
            list.sort_unstable();
        }
        let heads: Vec<ElementId> = below.keys().copied().collect();
        let mut count = 0usize;
        for head in heads {
            let Some(element) = self.elements.get(head.index()) else { continue };
            let (block, ty) = (element.block, element.ty);
            if block.has(Ways::SUBSTITUTION) {
                continue;
            }
            let mut found: Vec<ElementId> = Vec::new();
            let mut open = vec![head];
            while let Some(at) = open.pop() {
                for member in below.get(&at).map(Vec::as_slice).unwrap_or_default() {
                    open.push(*member);
                    count += 1;
                    if count > limits::SCHEMA_MEMBERS_MAX {
                        if let Some(at) = self.element_at.get(head.index()).copied() {
                            self.fail(at, "替换组太大", "substitution groups are too large");
                        }
                        return;
                    }
                    let own = self.elements.get(member.index()).map(|element| element.ty);
                    if own.is_some_and(|own| self.substitutes(own, ty, block)) {
                        found.push(*member);
                    }
                }
            }
            found.sort_unstable();
            if let Some(element) = self.elements.get_mut(head.index()) {
                element.members = found;
            }
        }
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

/// Characters of a name that is taken from the beginning of a note.
const PHRASE_CHARS_MAX: usize = 20;

/// The name of a field at the beginning of a Chinese note that does not say what it is: published schemas have no other.
/// Empty if there is none.
fn first_phrase(note: &str) -> &str {
    let end = note.find(|c: char| c.is_whitespace() || "，。；：、（,;:.(-/".contains(c)).unwrap_or(note.len());
    let phrase = note.get(..end).unwrap_or("");
    let is_name =
        phrase.chars().count() <= PHRASE_CHARS_MAX && phrase.chars().any(|c| matches!(c, '\u{4E00}'..='\u{9FFF}'));
    if is_name { phrase } else { "" }
}
