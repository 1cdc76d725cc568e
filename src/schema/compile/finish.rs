//! The last step: drafts to tables.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::builtin;
use super::super::model::{Kind, Member, Model};
use super::super::names::{NS_XSD, NsId};
use super::super::set::SchemaSet;
use super::super::table::{AttributeUse, Content, ElementId, TypeRef};
use super::{ANY_TYPE, Compiler, Component, Resolver};

impl<R: Resolver + ?Sized> Compiler<'_, R> {
    pub(super) fn finish(mut self) -> SchemaSet {
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
        let names = |id: &ElementId| elements.get(id.index()).map(|e| (e.name.clone(), e.ns, *id));
        let members: Vec<Arc<[Member]>> =
            elements.iter().map(|element| element.members.iter().filter_map(names).collect()).collect();
        let complexes = self.drafts.into_iter().map(|draft| {
            let mut complex = draft.complex;
            if let Some(particle) = &draft.particle {
                let mut model = Model::build(particle);
                for node in &mut model.nodes {
                    if let Kind::Element(id) = node.kind {
                        node.members = members.get(id.index()).cloned().unwrap_or_default();
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
            constraints: self.constraints,
            roots,
            named_types,
            attributes,
        }
    }
}
