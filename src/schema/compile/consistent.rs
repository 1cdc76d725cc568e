//! Element Declarations Consistent, XSD 1.0 §3.8.6: elements of one name in one model have one type.

use std::collections::{HashMap, HashSet};

use super::super::model::Term;
use super::super::names::NsId;
use super::super::table::{ElementId, TypeRef};
use super::{Compiler, Resolver};

impl<R: Resolver + ?Sized> Compiler<'_, R> {
    pub(super) fn check_consistent_elements(&mut self, index: usize) {
        let Some(draft) = self.drafts.get(index) else { return };
        let (Some(particle), Some(at)) = (&draft.particle, draft.at) else { return };
        let mut types: HashMap<(NsId, &str), TypeRef> = HashMap::new();
        let mut seen: HashSet<ElementId> = HashSet::new();
        let mut open = vec![particle];
        let mut fault = None;
        while let Some(particle) = open.pop() {
            open.extend(particle.term.parts());
            let Term::Element { id, .. } = &particle.term else { continue };
            let Some(element) = self.elements.get(id.index()) else { continue };
            for id in std::iter::once(id).chain(&element.members) {
                let Some(element) = self.elements.get(id.index()).filter(|_| seen.insert(*id)) else { continue };
                let first = types.entry((element.ns, &element.name)).or_insert(element.ty);
                if *first != element.ty {
                    fault = Some(element.name.to_string());
                }
            }
        }
        if let Some(name) = fault {
            let zh = format!("同名元素 {name} 在同一内容模型中类型不同");
            let en = format!("elements named {name} have different types in one content model");
            self.breach(at, "cos-element-consistent", zh, en);
        }
    }
}
