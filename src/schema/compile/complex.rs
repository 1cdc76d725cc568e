//! Complex types: content, extension and restriction.

use std::collections::HashSet;

use super::super::builtin::ANY_SIMPLE;
use super::super::model::{Particle, Term};
use super::super::simple::SimpleId;
use super::super::table::{Complex, Content, TypeRef, Ways, Wildcard};
use super::attributes::Attributes;
use super::wildcards::union;
use super::{ANY_TYPE, At, Compiler, Component, Draft, NS_XSD, Resolver, Stage};
use crate::domain::limits;

impl<R: Resolver + ?Sized> Compiler<'_, R> {
    /// Gives a complex type its number; its content is made later, so that types may contain themselves.
    pub(super) fn declare_complex(&mut self, at: At) -> usize {
        if let Some(index) = self.complex_made.get(&at) {
            return *index;
        }
        let index = self.drafts.len();
        let (mixed, is_abstract) = (self.is_true(at, "mixed"), self.is_true(at, "abstract"));
        let block =
            if self.attribute(at, "block").is_some() { self.ways(at, "block") } else { self.document(at).block };
        let complex = Complex {
            name: self.attribute(at, "name").unwrap_or("").into(),
            base: Some(TypeRef::Complex(ANY_TYPE)),
            derived_by: Ways::RESTRICTION,
            content: Content::Empty,
            mixed,
            is_abstract,
            block,
            attributes: Vec::new(),
            attributes_required: 0,
            any_attribute: None,
        };
        let closed = self.final_ways(at);
        self.drafts.push(Draft { complex, stage: Stage::Declared(at), particle: None, at: Some(at), closed });
        self.complex_made.insert(at, index);
        self.queue.push_back(index);
        index
    }

    /// Makes a declared type, after the types it is derived from.
    pub(super) fn define(&mut self, index: usize) {
        let mut chain = vec![index];
        let mut passed = HashSet::from([index]);
        // The bases come first; without recursion, for chains may be long.
        while let Some(base) = chain.last().and_then(|last| self.undefined_base(*last)) {
            if !passed.insert(base) {
                break;
            }
            chain.push(base);
        }
        while let Some(index) = chain.pop() {
            self.define_one(index);
        }
    }

    /// The base of a declared type, if it is complex and not made yet.
    fn undefined_base(&self, index: usize) -> Option<usize> {
        let Draft { stage: Stage::Declared(at), .. } = self.drafts.get(index)? else { return None };
        let content = self.child(*at, "complexContent").or_else(|| self.child(*at, "simpleContent"))?;
        let (derivation, _) = self.children(content).into_iter().next()?;
        let value = self.attribute(derivation, "base")?;
        let (prefix, local) = value.split_once(':').unwrap_or(("", value));
        let uri = self.tree(derivation).namespace(derivation.node, prefix)?;
        let document = self.document(derivation);
        let ns = if uri.is_empty() && document.chameleon { document.target } else { self.namespaces.find(uri)? };
        if ns == NS_XSD && local == "anyType" {
            return None;
        }
        let mut found = *self.globals.get(&(Component::Type, ns, local.to_owned()))?;
        if let Some(own) = self.redefinition_around(derivation, found) {
            found = *self.redefined.get(&own)?;
        }
        let base = *self.complex_made.get(&found)?;
        matches!(self.drafts.get(base)?.stage, Stage::Declared(_)).then_some(base)
    }

    fn define_one(&mut self, index: usize) {
        let Some(Draft { stage: Stage::Declared(at), .. }) = self.drafts.get(index) else { return };
        let at = *at;
        if let Some(draft) = self.drafts.get_mut(index) {
            draft.stage = Stage::Open;
        }
        if let Some(content) = self.child(at, "simpleContent") {
            self.simple_content(index, content);
        } else if let Some(content) = self.child(at, "complexContent") {
            self.complex_content(index, content);
        } else {
            let mixed = self.drafts.get(index).is_some_and(|draft| draft.complex.mixed);
            let particle = self.effective_content(at, mixed);
            let attributes = self.attributes(at);
            self.put(index, particle, attributes);
        }
        if let Some(draft) = self.drafts.get_mut(index) {
            draft.stage = Stage::Defined;
        }
    }

    /// The content that a type states itself (XSD 1.0 §3.4.2, "effective content"); `None` if it is empty.
    fn effective_content(&mut self, at: At, mixed: bool) -> Option<Particle> {
        let group =
            self.children(at).into_iter().find(|(_, name)| matches!(*name, "sequence" | "choice" | "all" | "group"));
        let own = group.and_then(|(group, name)| {
            let particle = self.particle(group)?;
            let nothing_in = name != "group" && self.children(group).is_empty();
            let says_nothing = particle.max == 0 || (nothing_in && (name != "choice" || particle.min == 0));
            (!says_nothing).then_some(particle)
        });
        own.or_else(|| mixed.then(|| Particle { term: Term::Sequence(Vec::new()), min: 1, max: 1 }))
    }

    fn put(&mut self, index: usize, particle: Option<Particle>, mut attributes: Attributes) {
        self.attributes_made = self.attributes_made.saturating_add(attributes.uses.len());
        if self.attributes_made > limits::SCHEMA_ATTRIBUTES_MAX {
            if let Some(at) = self.drafts.get(index).and_then(|draft| draft.at) {
                self.fail(at, "属性太多", "too many attributes, inherited ones included");
            }
            attributes = Attributes::default();
        }
        let Some(draft) = self.drafts.get_mut(index) else { return };
        draft.particle = particle;
        draft.complex.any_attribute = attributes.any;
        draft.complex.attributes = attributes.uses;
        let required = draft.complex.attributes.iter().filter(|attribute| attribute.required);
        draft.complex.attributes_required = required.count();
    }

    /// The derivation below `simpleContent` or `complexContent`: its node, its way, and its base, defined.
    fn derivation(&mut self, index: usize, content: At) -> Option<(At, Ways, TypeRef)> {
        let (at, name) = self.children(content).into_iter().next()?;
        let way = if name == "extension" { Ways::EXTENSION } else { Ways::RESTRICTION };
        let named = self.attribute(at, "base").map(str::to_owned)?;
        let base = self.type_by_name(at, &named)?;
        if let TypeRef::Complex(base) = base {
            self.define(base);
            if self.drafts.get(base).is_some_and(|draft| draft.stage != Stage::Defined) {
                self.breach(at, "ct-props-correct.3", "类型从自己派生", "a type is derived from itself");
                return None;
            }
            if self.drafts.get(base).is_some_and(|draft| draft.closed.has(way)) {
                let constraint =
                    if way == Ways::EXTENSION { "cos-ct-extends.1.1" } else { "derivation-ok-restriction.1" };
                let zh = format!("{named} 不允许这样派生");
                self.breach(at, constraint, zh, format!("{named} is final for this derivation"));
            }
        }
        if let Some(draft) = self.drafts.get_mut(index) {
            draft.complex.base = Some(base);
            draft.complex.derived_by = way;
        }
        Some((at, way, base))
    }

    fn inherited(&self, base: TypeRef) -> Attributes {
        match base {
            TypeRef::Simple(_) => Attributes::default(),
            TypeRef::Complex(base) => self.drafts.get(base).map_or_else(Attributes::default, |draft| Attributes {
                uses: draft.complex.attributes.clone(),
                any: draft.complex.any_attribute.clone(),
                prohibited: Vec::new(),
            }),
        }
    }

    /// The attributes of a derived type.
    fn derived_attributes(&mut self, at: At, way: Ways, base: TypeRef) -> Attributes {
        let own = self.attributes(at);
        let mut all = self.inherited(base);
        if way == Ways::EXTENSION {
            for made in own.uses {
                if all.holds(&made) {
                    continue;
                }
                if self.is_id(made.ty) && all.uses.iter().any(|known| self.is_id(known.ty)) {
                    let zh = "只能有一个 ID 类型的属性";
                    self.breach(at, "ct-props-correct.5", zh, "there can be only one attribute of type ID");
                }
                let name = made.name.clone();
                if !all.put(made) {
                    let zh = format!("属性 {name} 在基类型中已有");
                    self.breach(at, "ct-props-correct.4", zh, format!("the base type has attribute {name} already"));
                }
            }
            all.any = match (own.any, all.any) {
                (Some(own), Some(base)) => match union(&own.allowed, &base.allowed) {
                    Some(allowed) => Some(Wildcard { allowed, process: own.process }),
                    None => {
                        let zh = "与基类型的通配符的并集无法表示";
                        self.breach(at, "src-ct.5", zh, "the union with the wildcard of the base type has no form");
                        Some(own)
                    }
                },
                (own, base) => own.or(base),
            };
            return all;
        }
        all.uses.retain(|known| !own.prohibited.iter().any(|(name, ns)| *name == known.name && *ns == known.ns));
        for made in own.uses {
            match all.uses.iter_mut().find(|known| known.name == made.name && known.ns == made.ns) {
                Some(known) => *known = made,
                None => all.uses.push(made),
            }
        }
        all.any = own.any;
        all
    }

    fn simple_content(&mut self, index: usize, content: At) {
        let Some((at, way, base)) = self.derivation(index, content) else { return };
        let Some(mut simple) = self.simple_base(at, way, base) else { return };
        if way == Ways::RESTRICTION {
            if let Some(inner) = self.child(at, "simpleType")
                && let Some(inner) = self.simple_type(inner)
            {
                let of_simple = matches!(base, TypeRef::Complex(base) if self.drafts.get(base)
                    .is_some_and(|draft| matches!(draft.complex.content, Content::Simple(_))));
                if of_simple && !self.simple.derives(inner, simple) {
                    let zh = "内部类型不是从基类型的内容派生的";
                    let en = "the type inside is not derived from the content type of the base";
                    self.breach(at, "derivation-ok-restriction.5.2.2.1", zh, en);
                }
                simple = inner;
            }
            simple = self.restrict(at, simple, "");
        }
        let attributes = self.derived_attributes(at, way, base);
        self.put(index, None, attributes);
        if let Some(draft) = self.drafts.get_mut(index) {
            draft.complex.content = Content::Simple(simple);
            draft.complex.mixed = false;
        }
    }

    /// The simple type that simple content starts from (src-ct.2).
    fn simple_base(&mut self, at: At, way: Ways, base: TypeRef) -> Option<SimpleId> {
        let found = match base {
            TypeRef::Simple(id) if way == Ways::EXTENSION => Some(id),
            TypeRef::Simple(_) => None,
            TypeRef::Complex(base) => self.drafts.get(base).and_then(|draft| match &draft.complex.content {
                Content::Simple(id) => Some(*id),
                Content::Empty | Content::Children(_) => {
                    // A mixed type that may have no elements can be restricted to text, by a type stated here.
                    let emptiable = draft.particle.as_ref().is_none_or(Particle::is_emptiable);
                    let stated = self.child(at, "simpleType").is_some();
                    (draft.complex.mixed && way == Ways::RESTRICTION && emptiable && stated).then_some(ANY_SIMPLE)
                }
            }),
        };
        if found.is_none() {
            let zh = "基类型不能这样派生出简单内容";
            self.breach(at, "src-ct.2", zh, "simple content cannot be derived in this way from the base type");
        }
        found
    }

    fn complex_content(&mut self, index: usize, content: At) {
        let Some((at, way, base)) = self.derivation(index, content) else { return };
        if self.attribute(content, "mixed").is_some() {
            let mixed = self.is_true(content, "mixed");
            if let Some(draft) = self.drafts.get_mut(index) {
                draft.complex.mixed = mixed;
            }
        }
        let base_draft = match base {
            TypeRef::Complex(base) => self.drafts.get(base),
            TypeRef::Simple(_) => None,
        };
        let simple = base_draft.and_then(|draft| match draft.complex.content {
            Content::Simple(simple) => Some(simple),
            Content::Empty | Content::Children(_) => None,
        });
        let mixed = self.drafts.get(index).is_some_and(|draft| draft.complex.mixed);
        // Nothing but attributes may be added to text (cos-ct-extends.1.4.1).
        if let (Some(simple), Ways::EXTENSION, None) = (simple, way, self.effective_content(at, mixed)) {
            let attributes = self.derived_attributes(at, way, base);
            self.put(index, None, attributes);
            if let Some(draft) = self.drafts.get_mut(index) {
                draft.complex.content = Content::Simple(simple);
            }
            return;
        }
        let base_draft = match base {
            TypeRef::Complex(base) => self.drafts.get(base),
            TypeRef::Simple(_) => None,
        };
        let Some(base_draft) = base_draft.filter(|_| simple.is_none()) else {
            let zh = "基类型只有文字内容，应使用 simpleContent";
            self.breach(at, "src-ct.1", zh, "the base type has text content only; use simpleContent");
            return;
        };
        let (inherited, base_mixed) = (base_draft.particle.clone(), base_draft.complex.mixed);
        let own = self.effective_content(at, mixed);
        let (particle, mixed) = match (way == Ways::EXTENSION, inherited, own) {
            (true, inherited, None) => (inherited, base_mixed),
            (true, None, own) => (own, mixed),
            (true, Some(inherited), Some(own)) => {
                if mixed != base_mixed {
                    let zh = "mixed 与基类型不一致";
                    self.breach(at, "cos-ct-extends.1.4.3.2.2.1", zh, "mixed differs from the base type");
                }
                let all_in =
                    |particle: &Particle| matches!(particle.term, Term::All(_)) && !particle.term.parts().is_empty();
                if all_in(&inherited) || (all_in(&own)) {
                    let zh = "xs:all 不能扩展";
                    self.breach(at, "cos-all-limited.1.2", zh, "xs:all cannot be extended or extend");
                }
                self.particles_made = self.particles_made.saturating_add(size(&inherited));
                (Some(joined(inherited, own)), mixed)
            }
            (false, _, own) => (own, mixed),
        };
        let attributes = self.derived_attributes(at, way, base);
        self.put(index, particle, attributes);
        if let Some(draft) = self.drafts.get_mut(index) {
            draft.complex.mixed = mixed;
        }
    }
}

/// The sequence of a base's content and an extension. A plain sequence of the base takes the extension in, so
/// that long chains of extensions do not nest.
fn joined(base: Particle, own: Particle) -> Particle {
    match base {
        Particle { term: Term::Sequence(mut parts), min: 1, max: 1 } => {
            parts.push(own);
            Particle { term: Term::Sequence(parts), min: 1, max: 1 }
        }
        base => Particle { term: Term::Sequence(vec![base, own]), min: 1, max: 1 },
    }
}

fn size(particle: &Particle) -> usize {
    1 + particle.term.parts().iter().map(size).sum::<usize>()
}
