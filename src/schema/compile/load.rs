//! Reading files: include, import, redefine, and the list of global components.
//!
//! A `schemaLocation` is a path relative to the file that names it, on the same disk. The network is never
//! asked: an absolute URL finds a file of its last name, if one lies beside the root file. XSD 1.0 §4.2
//! leaves it open whether a location leads anywhere; what fails is the reference to a component that is
//! not there.

use std::collections::HashSet;

use super::super::decode::decode_document;
use super::super::names::{NS_NONE, NS_XSD, NsId};
use super::tree::Tree;
use super::{At, Compiler, Component, Document, Error, Resolver, builtin, grammar};
use crate::domain::limits;

impl<R: Resolver + ?Sized> Compiler<'_, R> {
    pub(super) fn load_root(&mut self, name: &str) {
        if self.load(name, None).is_none() && self.errors.is_empty() {
            self.errors.push(Error {
                file: name.to_owned(),
                line: 1,
                column: 1,
                constraint: "",
                message_zh: "找不到文件".into(),
                message_en: "there is no such file".into(),
            });
        }
    }

    /// Loads a file once per namespace it takes. `includer` is the namespace that a chameleon takes on.
    fn load(&mut self, name: &str, includer: Option<NsId>) -> Option<usize> {
        if let Some(document) = includer.and_then(|ns| self.loaded.get(&(name.to_owned(), ns))) {
            return Some(*document);
        }
        let bytes = self.resolver.resolve(name)?;
        let tree = match decode_document(&bytes) {
            Ok(text) => Tree::parse(name, text.into_owned()),
            Err(fault) => Err(Box::new(Error {
                file: name.to_owned(),
                line: fault.place.line,
                column: fault.place.column,
                constraint: "xml",
                message_zh: fault.message_zh,
                message_en: fault.message_en,
            })),
        };
        match tree {
            Ok(tree) => Some(self.add(name, tree, includer)),
            Err(error) => {
                self.errors.push(*error);
                // The file is there; what is wrong with it has been said.
                self.loaded.insert((name.to_owned(), includer.unwrap_or(0)), usize::MAX);
                Some(usize::MAX)
            }
        }
    }

    fn add(&mut self, name: &str, tree: Tree, includer: Option<NsId>) -> usize {
        let root_is_schema = tree.node(0).name == Some("schema");
        let own = tree.attribute(0, "targetNamespace").map(str::to_owned);
        let chameleon = own.is_none() && includer.is_some_and(|ns| ns != NS_NONE);
        let target = match &own {
            Some(uri) => self.namespaces.add(uri),
            None => includer.unwrap_or(NS_NONE),
        };
        if let Some(document) = self.loaded.get(&(name.to_owned(), target)) {
            return *document;
        }
        let index = self.documents.len();
        self.loaded.insert((name.to_owned(), target), index);
        let qualified = |attribute| tree.attribute(0, attribute) == Some("qualified");
        let document = Document {
            target,
            chameleon,
            elements_qualified: qualified("elementFormDefault"),
            attributes_qualified: qualified("attributeFormDefault"),
            block: Default::default(),
            imports: HashSet::new(),
            tree,
        };
        self.documents.push(document);
        let root = At { document: index, node: 0 };
        if !root_is_schema {
            let shown = self.tree(root).node(0).shown.clone();
            let zh = format!("根元素应为 xs:schema，而不是 {shown}");
            self.breach(root, "s4s-elt-schema-ns", zh, format!("the root must be xs:schema, not {shown}"));
            return index;
        }
        let faults = grammar::check(self.tree(root));
        if !faults.is_empty() {
            self.errors.extend(faults);
            return index;
        }
        let block = self.ways(root, "blockDefault");
        if let Some(document) = self.documents.get_mut(index) {
            document.block = block;
        }
        if index >= limits::SCHEMA_FILES_MAX {
            self.fail(root, "模式文件太多", "too many schema files");
        } else if self.loading >= limits::SCHEMA_FILES_NESTED_MAX {
            self.fail(root, "模式文件相互引用太深", "schema files refer to each other too deeply");
        } else {
            self.loading += 1;
            self.index(root, target);
            self.loading -= 1;
        }
        index
    }

    fn index(&mut self, root: At, target: NsId) {
        for (at, kind) in self.children(root) {
            let component = match kind {
                "include" => {
                    self.follow(at, target);
                    continue;
                }
                "import" => {
                    self.import(at, target);
                    continue;
                }
                "redefine" => {
                    self.redefine(at, target);
                    continue;
                }
                "element" => Component::Element,
                "attribute" => Component::Attribute,
                "simpleType" | "complexType" => Component::Type,
                "group" => Component::Group,
                "attributeGroup" => Component::AttributeGroup,
                _ => Component::Notation,
            };
            let Some(name) = self.attribute(at, "name").map(str::to_owned) else { continue };
            // The schema for schemas defines in words what is built in here.
            if target == NS_XSD && component == Component::Type && self.is_built_in(&name) {
                continue;
            }
            if self.globals.insert((component, target, name.clone()), at).is_some() {
                let zh = format!("{name} 定义了两次");
                self.breach(at, "sch-props-correct.2", zh, format!("{name} is defined twice"));
            }
        }
    }

    fn is_built_in(&self, name: &str) -> bool {
        name == "anyType" || builtin::find(&self.simple, name).is_some()
    }

    /// The file that a `schemaLocation` means.
    fn locate(&self, at: At) -> Option<String> {
        let location = self.attribute(at, "schemaLocation")?;
        Some(join(&self.tree(at).file, location))
    }

    /// Loads what an include or a redefinition names; `None` if it is not there or not as it must be.
    fn follow(&mut self, at: At, target: NsId) -> Option<usize> {
        let location = self.locate(at)?;
        let loaded = self.load(&location, Some(target))?;
        let found = self.documents.get(loaded)?.target;
        if found != target {
            self.breach(
                at,
                if self.name(at) == "redefine" { "src-redefine.3" } else { "src-include.2" },
                format!("{location} 的目标命名空间不同，应当用 xs:import"),
                format!("{location} has another target namespace; it has to be imported"),
            );
            return None;
        }
        Some(loaded)
    }

    fn import(&mut self, at: At, target: NsId) {
        let named = self.attribute(at, "namespace").map(str::to_owned);
        let uri = named.clone().unwrap_or_default();
        let ns = self.namespaces.add(&uri);
        // Other processors take an empty name for none at all, and let it pass.
        if ns == target && named.as_deref() != Some("") {
            let constraint = if named.is_some() { "src-import.1.1" } else { "src-import.1.2" };
            self.breach(at, constraint, "不能导入自己的命名空间", "a schema cannot import its own namespace");
            return;
        }
        if let Some(document) = self.documents.get_mut(at.document) {
            document.imports.insert(ns);
        }
        let Some(location) = self.locate(at) else { return };
        let Some(loaded) = self.load(&location, None) else { return };
        if let Some(found) = self.documents.get(loaded).map(|document| document.target)
            && found != ns
        {
            self.breach(
                at,
                if named.is_some() { "src-import.3.1" } else { "src-import.3.2" },
                format!("{location} 的目标命名空间不是 {uri}"),
                format!("the target namespace of {location} is not {uri:?}"),
            );
        }
    }

    /// Loads a file and puts other definitions in the place of some of its own.
    fn redefine(&mut self, at: At, target: NsId) {
        let children = self.children(at);
        let loaded = self.follow(at, target);
        if loaded.is_none() {
            if !children.is_empty() {
                self.breach(at, "src-redefine.2", "找不到要重定义的文件", "the file to be redefined is not there");
            }
            return;
        }
        for (child, kind) in children {
            let component = match kind {
                "simpleType" | "complexType" => Component::Type,
                "group" => Component::Group,
                _ => Component::AttributeGroup,
            };
            let Some(name) = self.attribute(child, "name").map(str::to_owned) else { continue };
            let key = (component, target, name.clone());
            match self.globals.get(&key).copied() {
                Some(old) if self.name(old) == kind && old.document != child.document => {
                    self.globals.insert(key, child);
                    self.redefined.insert(child, old);
                    self.check_redefinition(child, old, component, &name);
                }
                Some(_) => {
                    let zh = format!("{name} 重定义了两次，或不是同类定义");
                    let en = format!("{name} is redefined twice, or is of another kind");
                    self.breach(child, "sch-props-correct.2", zh, en);
                }
                None => {
                    let zh = format!("被重定义的文件中没有 {name}");
                    self.breach(child, "src-redefine.1", zh, format!("there is no {name} to redefine"));
                }
            }
        }
    }

    /// A type must be derived from what it redefines; a group may hold what it redefines once.
    fn check_redefinition(&mut self, new: At, old: At, component: Component, name: &str) {
        let target = self.document(new).target;
        let mut selves = Vec::new();
        let end = self.tree(new).nodes.len();
        let inside: Vec<At> = (new.node..end)
            .take_while(|node| self.tree(new).holds(new.node, *node))
            .map(|node| At { node, ..new })
            .collect();
        let attribute = if component == Component::Type { "base" } else { "ref" };
        for at in inside {
            let wanted = if component == Component::Type {
                matches!(self.name(at), "restriction" | "extension")
            } else {
                self.name(at) == self.name(new)
            };
            if !wanted {
                continue;
            }
            if let Some(value) = self.attribute(at, attribute).map(str::to_owned) {
                let (prefix, local) = value.split_once(':').unwrap_or(("", &value));
                let uri = self.tree(at).namespace(at.node, prefix).unwrap_or("").to_owned();
                let chameleon = uri.is_empty() && self.document(at).chameleon;
                let same = chameleon || self.namespaces.find(&uri) == Some(target);
                if local == name && same {
                    selves.push(at);
                }
            }
        }
        if component == Component::Type {
            let first = self.children(new).into_iter().next();
            let derivation = match first {
                Some((content, "simpleContent" | "complexContent")) => {
                    self.children(content).into_iter().next().map(|(at, _)| at)
                }
                Some((at, "restriction")) => Some(at),
                _ => None,
            };
            if derivation.is_none_or(|derivation| selves.first() != Some(&derivation)) {
                let zh = format!("重定义的类型 {name} 必须从自己派生");
                self.breach(new, "src-redefine.5", zh, format!("type {name} must be derived from itself"));
            }
        } else {
            let group = component == Component::Group;
            if selves.len() > 1 {
                let constraint = if group { "src-redefine.6.1.1" } else { "src-redefine.7.1" };
                let zh = format!("{name} 中只能引用自己一次");
                self.breach(new, constraint, zh, format!("{name} can hold itself only once"));
            }
            match selves.first() {
                Some(at) if group => {
                    let at = *at;
                    if self.occurs(at) != (1, 1) {
                        let zh = "对自己的引用必须恰好出现一次";
                        self.breach(at, "src-redefine.6.1.2", zh, "the group must hold itself exactly once");
                    }
                }
                Some(_) => {}
                None => self.group_restrictions.push((new, old)),
            }
        }
    }

    /// The redefinition that a place stands in, if it is one of those that end in `new`.
    pub(super) fn redefinition_around(&self, at: At, new: At) -> Option<At> {
        let mut link = new;
        // A chain is as long as files include each other.
        for _ in 0..=self.redefined.len() {
            let old = *self.redefined.get(&link)?;
            if link.document == at.document && self.tree(at).holds(link.node, at.node) {
                return Some(link);
            }
            link = old;
        }
        None
    }
}

/// Resolves a location against the file that names it.
fn join(from: &str, location: &str) -> String {
    let location = location.replace('\\', "/");
    if location.contains("://") {
        return location.rsplit('/').next().unwrap_or("").to_owned();
    }
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let rooted = location.starts_with('/') || from.starts_with('/');
    let whole = if location.starts_with('/') { location } else { format!("{folder}/{location}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    let path = parts.join("/");
    if rooted { format!("/{path}") } else { path }
}

#[cfg(test)]
mod tests {
    use super::join;

    #[test]
    fn locations_are_relative_to_the_file_that_names_them() {
        for (from, location, wanted) in [
            ("a.xsd", "./b.xsd", "b.xsd"),
            ("x/a.xsd", "b.xsd", "x/b.xsd"),
            ("x/a.xsd", "../b.xsd", "b.xsd"),
            ("a.xsd", "../y/b.xsd", "../y/b.xsd"),
            ("a.xsd", "/y/b.xsd", "/y/b.xsd"),
            ("x/a.xsd", "http://example.org/s/b.xsd", "b.xsd"),
        ] {
            assert_eq!(join(from, location), wanted);
        }
    }
}
