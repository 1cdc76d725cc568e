//! Complex types: content, extension and restriction.

use super::super::builtin::ANY_SIMPLE;
use super::super::model::{Particle, Term};
use super::super::table::{Complex, Content, TypeRef, Ways};
use super::attributes::{Attributes, either};
use super::{ANY_TYPE, At, Compiler, Draft, Resolver, Stage};

impl<R: Resolver + ?Sized> Compiler<'_, R> {
    /// Gives a complex type its number; its content is made later, so that types may contain themselves.
    pub(super) fn declare_complex(&mut self, at: At) -> usize {
        if let Some(index) = self.complex_made.get(&at) {
            return *index;
        }
        let index = self.drafts.len();
        let is_true = |name| matches!(self.attribute(at, name), Some("true" | "1"));
        let (mixed, is_abstract) = (is_true("mixed"), is_true("abstract"));
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
        self.drafts.push(Draft { complex, stage: Stage::Declared(at), particle: None });
        self.complex_made.insert(at, index);
        self.queue.push_back(index);
        index
    }

    /// Makes the content of a declared type, after that of its base.
    pub(super) fn define(&mut self, index: usize) {
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
            let particle = self.own_particle(at);
            let attributes = self.attributes(at);
            self.put(index, particle, attributes);
        }
        if let Some(draft) = self.drafts.get_mut(index) {
            draft.stage = Stage::Defined;
        }
    }

    fn own_particle(&mut self, at: At) -> Option<Particle> {
        let groups: Vec<At> = self
            .children(at)
            .into_iter()
            .filter(|(_, name)| matches!(*name, "sequence" | "choice" | "all" | "group"))
            .map(|(child, _)| child)
            .collect();
        if let Some(second) = groups.get(1) {
            self.fail(*second, "只能有一个组", "there can be only one group here");
        }
        let first = *groups.first()?;
        self.particle(first).filter(|particle| particle.max > 0)
    }

    fn put(&mut self, index: usize, particle: Option<Particle>, attributes: Attributes) {
        let Some(draft) = self.drafts.get_mut(index) else { return };
        draft.particle = particle;
        draft.complex.any_attribute = attributes.any;
        draft.complex.attributes = attributes.uses;
        let required = draft.complex.attributes.iter().filter(|attribute| attribute.required);
        draft.complex.attributes_required = required.count();
    }

    /// The derivation below `simpleContent` or `complexContent`: its node, its way, and its base, defined.
    fn derivation(&mut self, index: usize, content: At) -> Option<(At, Ways, TypeRef)> {
        let (at, name) = self.children(content).into_iter().next().or_else(|| {
            self.fail(content, "缺少 extension 或 restriction", "extension or restriction is missing");
            None
        })?;
        let way = if name == "extension" { Ways::EXTENSION } else { Ways::RESTRICTION };
        let Some(named) = self.attribute(at, "base").map(str::to_owned) else {
            self.fail(at, "缺少 base", "base is missing");
            return None;
        };
        let base = self.type_by_name(at, &named)?;
        if let TypeRef::Complex(base) = base {
            if self.drafts.get(base).is_some_and(|draft| draft.stage == Stage::Open) {
                self.fail(at, "类型从自己派生", "a type is derived from itself");
                return None;
            }
            self.define(base);
            let base_at = self.complex_made.iter().find(|(_, made)| **made == base).map(|(at, _)| *at);
            if let Some(base_at) = base_at
                && self.final_ways(base_at).has(way)
            {
                self.fail(at, format!("{named} 不允许这样派生"), format!("{named} is final for this derivation"));
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
            }),
        }
    }

    /// The attributes of a derived type.
    fn derived_attributes(&mut self, at: At, way: Ways, base: TypeRef) -> Attributes {
        let own = self.attributes(at);
        let mut all = self.inherited(base);
        if way == Ways::EXTENSION {
            for made in own.uses {
                if !all.put(made) {
                    self.fail(at, "属性在基类型中已有", "an attribute is already there in the base type");
                }
            }
            all.any = either(own.any, all.any);
            return all;
        }
        for made in own.uses {
            all.uses.retain(|known| !(known.name == made.name && known.ns == made.ns));
            all.uses.push(made);
        }
        all.any = own.any;
        all
    }

    fn simple_content(&mut self, index: usize, content: At) {
        let Some((at, way, base)) = self.derivation(index, content) else { return };
        let base_simple = match base {
            TypeRef::Simple(id) if way == Ways::EXTENSION => Some(id),
            TypeRef::Simple(_) => None,
            TypeRef::Complex(base) => match self.drafts.get(base).map(|draft| (&draft.complex, &draft.particle)) {
                Some((Complex { content: Content::Simple(id), .. }, _)) => Some(*id),
                // A mixed type whose elements are all optional may be restricted to text.
                Some((complex, _)) if complex.mixed && way == Ways::RESTRICTION => Some(ANY_SIMPLE),
                _ => None,
            },
        };
        let Some(mut simple) = base_simple else {
            self.fail(at, "基类型不是简单内容", "the base type has no simple content");
            return;
        };
        if way == Ways::RESTRICTION {
            if let Some(inner) = self.child(at, "simpleType")
                && let Some(inner) = self.simple_type(inner)
            {
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

    fn complex_content(&mut self, index: usize, content: At) {
        let Some((at, way, base)) = self.derivation(index, content) else { return };
        if let Some(mixed) = self.attribute(content, "mixed").map(|value| matches!(value, "true" | "1"))
            && let Some(draft) = self.drafts.get_mut(index)
        {
            draft.complex.mixed = mixed;
        }
        let TypeRef::Complex(base_index) = base else {
            self.fail(at, "基类型是简单类型，应使用 simpleContent", "the base type is simple; use simpleContent");
            return;
        };
        let base_draft = self.drafts.get(base_index);
        if base_draft.is_some_and(|draft| matches!(draft.complex.content, Content::Simple(_))) {
            self.fail(at, "基类型只有文字内容", "the base type has text content only");
            return;
        }
        let own = self.own_particle(at);
        let inherited = base_draft_particle(self.drafts.get(base_index));
        let base_mixed = self.drafts.get(base_index).is_some_and(|draft| draft.complex.mixed);
        let particle = match (way == Ways::EXTENSION, inherited, own) {
            (true, Some(base), Some(own)) => {
                if matches!(base.term, Term::All(_)) || matches!(own.term, Term::All(_)) {
                    self.fail(at, "xs:all 不能扩展", "xs:all cannot be extended or extend");
                }
                Some(Particle { term: Term::Sequence(vec![base, own]), min: 1, max: 1 })
            }
            (true, base, own) => base.or(own),
            (false, _, own) => own,
        };
        let own_mixed = self.drafts.get(index).is_some_and(|draft| draft.complex.mixed);
        if way == Ways::EXTENSION && particle.is_some() && base_index != ANY_TYPE {
            let has_base = base_draft_particle(self.drafts.get(base_index)).is_some();
            if has_base && base_mixed != own_mixed {
                self.fail(at, "mixed 与基类型不一致", "mixed differs from the base type");
            }
        }
        let attributes = self.derived_attributes(at, way, base);
        self.put(index, particle, attributes);
    }
}

fn base_draft_particle(draft: Option<&Draft>) -> Option<Particle> {
    draft.and_then(|draft| draft.particle.clone())
}
