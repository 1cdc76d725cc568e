//! Whether types are derived as they may be: chains of derivation, and the rules of restriction.

use super::super::names::NsId;
use super::super::table::{AttributeUse, Content, Process, TypeRef, Ways};
use super::wildcards::is_subset;
use super::{ANY_TYPE, At, Compiler, Resolver};

/// How strict a wildcard is.
pub(super) fn strictness(process: Process) -> u8 {
    match process {
        Process::Skip => 0,
        Process::Lax => 1,
        Process::Strict => 2,
    }
}

impl<R: Resolver + ?Sized> Compiler<'_, R> {
    /// Whether a type is another or derived from it without the ways given (cos-ct-derived-ok, cos-st-derived-ok).
    pub(super) fn derives_without(&self, own: TypeRef, wanted: TypeRef, closed: Ways) -> bool {
        let mut at = own;
        for _ in 0..=self.drafts.len() {
            if at == wanted {
                return true;
            }
            at = match (at, wanted) {
                (TypeRef::Simple(own), TypeRef::Simple(wanted)) => {
                    return !closed.has(Ways::RESTRICTION) && self.simple.derives(own, wanted);
                }
                (TypeRef::Simple(_), TypeRef::Complex(wanted)) => {
                    return wanted == ANY_TYPE && !closed.has(Ways::RESTRICTION);
                }
                (TypeRef::Complex(index), _) => {
                    let Some(draft) = self.drafts.get(index) else { return false };
                    match draft.complex.base {
                        Some(base) if !closed.has(draft.complex.derived_by) => base,
                        _ => return false,
                    }
                }
            };
        }
        false
    }

    /// Whether an element of a type may stand for one of type `head` that blocks these ways
    /// (cos-equiv-derived-ok-rec).
    pub(super) fn substitutes(&self, own: TypeRef, head: TypeRef, block: Ways) -> bool {
        let blocks = |ty: TypeRef| match ty {
            TypeRef::Complex(index) => self.drafts.get(index).map(|draft| draft.complex.block).unwrap_or_default(),
            TypeRef::Simple(_) => Ways::default(),
        };
        let mut blocked = block.with(blocks(head));
        let mut used = Ways::default();
        let mut at = own;
        for _ in 0..=self.drafts.len() {
            if at == head {
                return !blocked.has(used);
            }
            if at != own {
                blocked = blocked.with(blocks(at));
            }
            match at {
                TypeRef::Simple(own) => {
                    let derived = match head {
                        TypeRef::Simple(head) => self.simple.derives(own, head),
                        TypeRef::Complex(head) => head == ANY_TYPE,
                    };
                    return derived && !blocked.has(used.with(Ways::RESTRICTION));
                }
                TypeRef::Complex(index) => {
                    let Some(draft) = self.drafts.get(index) else { return false };
                    used = used.with(draft.complex.derived_by);
                    match draft.complex.base {
                        Some(base) => at = base,
                        None => return false,
                    }
                }
            }
        }
        false
    }

    /// The rules of a restriction (XSD 1.0 §3.4.6, Derivation Valid (Restriction, Complex)).
    pub(super) fn check_derivation(&mut self, index: usize) {
        let Some(draft) = self.drafts.get(index) else { return };
        let (Some(at), Some(TypeRef::Complex(base))) = (draft.at, draft.complex.base) else { return };
        if draft.complex.derived_by != Ways::RESTRICTION || base == ANY_TYPE {
            return;
        }
        let Some(base_draft) = self.drafts.get(base) else { return };
        if let Some((constraint, name)) = self.attribute_fault(
            (&draft.complex.attributes, &draft.complex.any_attribute),
            (&base_draft.complex.attributes, &base_draft.complex.any_attribute),
        ) {
            let zh = format!("属性 {name} 不是基类型的限制");
            self.breach(at, constraint, zh, format!("attribute {name} is no restriction of the base type"));
            return;
        }
        let base_is_simple = matches!(base_draft.complex.content, Content::Simple(_));
        if matches!(draft.complex.content, Content::Simple(_)) || base_is_simple {
            return;
        }
        if draft.complex.mixed && !base_draft.complex.mixed {
            let zh = "基类型不允许混合内容";
            self.breach(at, "derivation-ok-restriction.5.4.1", zh, "the content of the base type is not mixed");
            return;
        }
        let fault = match (&draft.particle, &base_draft.particle) {
            (None, None) => None,
            (None, Some(base)) => (!base.is_emptiable()).then_some("derivation-ok-restriction.5.3.2"),
            (Some(own), None) => (!own.term.parts().is_empty()).then_some("derivation-ok-restriction.5.4.1"),
            (Some(own), Some(base)) => self.particle_fault(own, base),
        };
        if let Some(constraint) = fault {
            let zh = "内容模型不是基类型的限制";
            self.breach(at, constraint, zh, "the content model is no valid restriction of that of the base type");
        }
    }

    /// The first attribute that breaks the rules for attributes of a restriction (clauses 2 to 4).
    fn attribute_fault(
        &self,
        own: (&[AttributeUse], &Option<super::Wildcard>),
        base: (&[AttributeUse], &Option<super::Wildcard>),
    ) -> Option<(&'static str, String)> {
        let find = |list: &'_ [AttributeUse], name: &str, ns: NsId| {
            list.iter().position(|known| *known.name == *name && known.ns == ns)
        };
        for made in own.0 {
            let Some(known) = find(base.0, &made.name, made.ns).and_then(|known| base.0.get(known)) else {
                if base.1.as_ref().is_none_or(|any| !any.takes(made.ns)) {
                    return Some(("derivation-ok-restriction.2.2", made.name.to_string()));
                }
                continue;
            };
            if known.required && !made.required {
                return Some(("derivation-ok-restriction.2.1.1", made.name.to_string()));
            }
            if !self.simple.derives(made.ty, known.ty) {
                return Some(("derivation-ok-restriction.2.1.2", made.name.to_string()));
            }
            if let Some(fixed) = &known.fixed
                && made.fixed.as_ref().is_none_or(|own| !self.same_value(known.ty, own, fixed))
            {
                return Some(("derivation-ok-restriction.2.1.3", made.name.to_string()));
            }
        }
        for known in base.0.iter().filter(|known| known.required) {
            if find(own.0, &known.name, known.ns).is_none() {
                return Some(("derivation-ok-restriction.3", known.name.to_string()));
            }
        }
        let any = own.1.as_ref()?;
        let fits = base.1.as_ref().is_some_and(|base| {
            is_subset(&any.allowed, &base.allowed) && strictness(any.process) >= strictness(base.process)
        });
        (!fits).then(|| ("derivation-ok-restriction.4", "*".to_owned()))
    }

    /// Redefined groups must restrict what they redefine, unless they hold it.
    pub(super) fn check_redefined_groups(&mut self) {
        for (new, old) in std::mem::take(&mut self.group_restrictions) {
            let constraint = if self.name(new) == "group" {
                let (own, base) = (self.group_particle(new, new), self.group_particle(old, old));
                match (own, base) {
                    (Some(own), Some(base)) => self.particle_fault(&own, &base).map(|_| "src-redefine.6.2.2"),
                    _ => None,
                }
            } else {
                self.redefined_attributes(new, old)
            };
            if let Some(constraint) = constraint {
                let zh = "重定义的组不是原来的组的限制";
                self.breach(new, constraint, zh, "the group is no restriction of the one that it redefines");
            }
        }
    }

    fn redefined_attributes(&mut self, new: At, old: At) -> Option<&'static str> {
        let own = self.attribute_group(new, new)?;
        let base = self.attribute_group(old, old)?;
        self.attribute_fault((&own.uses, &own.any), (&base.uses, &base.any)).map(|_| "src-redefine.7.2.2")
    }
}
