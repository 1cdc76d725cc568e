//! Reading files: include, import, and the list of global components.

use super::super::decode::decode;
use super::super::names::NsId;
use super::tree::Tree;
use super::{At, Compiler, Component, Document, Error, Resolver, grammar};

/// Files that one schema set may have.
const DOCUMENTS_MAX: usize = 1000;

impl<R: Resolver + ?Sized> Compiler<'_, R> {
    pub(super) fn load_root(&mut self, name: &str) {
        if self.load(name, None).is_none() && self.errors.is_empty() {
            self.errors.push(Error {
                file: name.to_owned(),
                line: 1,
                column: 1,
                message_zh: "找不到文件".into(),
                message_en: "there is no such file".into(),
            });
        }
    }

    /// Loads a file once per namespace it takes. `includer` is the namespace that a chameleon takes on.
    fn load(&mut self, name: &str, includer: Option<NsId>) -> Option<usize> {
        let name = name.strip_prefix("./").unwrap_or(name);
        if let Some(document) = includer.and_then(|ns| self.loaded.get(&(name.to_owned(), ns))) {
            return Some(*document);
        }
        let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let bytes = self.resolver.resolve(name).or_else(|| self.resolver.resolve(base))?;
        let tree = match decode(&bytes) {
            Ok(text) => Tree::parse(name, text.into_owned()),
            Err(fault) => Err(Box::new(Error {
                file: name.to_owned(),
                line: fault.place.line,
                column: fault.place.column,
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
        let chameleon = own.is_none() && includer.is_some_and(|ns| ns != 0);
        let target = match &own {
            Some(uri) => self.namespaces.add(uri),
            None => includer.unwrap_or(0),
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
            tree,
        };
        self.documents.push(document);
        let root = At { document: index, node: 0 };
        if !root_is_schema {
            let shown = self.tree(root).node(0).shown.clone();
            self.fail(
                root,
                format!("根元素应为 xs:schema，而不是 {shown}"),
                format!("the root must be xs:schema, not {shown}"),
            );
            return index;
        }
        let faults = grammar::check(self.tree(root));
        let sound = faults.is_empty();
        self.errors.extend(faults);
        let block = self.ways(root, "blockDefault");
        if let Some(document) = self.documents.get_mut(index) {
            document.block = block;
        }
        if sound && index < DOCUMENTS_MAX {
            self.index(root, target);
        }
        index
    }

    fn index(&mut self, root: At, target: NsId) {
        for (at, kind) in self.children(root) {
            let component = match kind {
                "include" => {
                    self.follow(at, Some(target));
                    continue;
                }
                "import" => {
                    self.import(at, target);
                    continue;
                }
                "redefine" => {
                    self.fail(at, "不支持 xs:redefine", "xs:redefine is not supported");
                    continue;
                }
                "element" => Component::Element,
                "attribute" => Component::Attribute,
                "simpleType" | "complexType" => Component::Type,
                "group" => Component::Group,
                "attributeGroup" => Component::AttributeGroup,
                _ => Component::Notation,
            };
            let Some(name) = self.attribute(at, "name").map(str::to_owned) else {
                self.fail(at, "全局定义必须有 name", "a global definition needs a name");
                continue;
            };
            if self.globals.insert((component, target, name.clone()), at).is_some() {
                self.fail(at, format!("{name} 定义了两次"), format!("{name} is defined twice"));
            }
        }
    }

    fn follow(&mut self, at: At, includer: Option<NsId>) {
        let Some(location) = self.attribute(at, "schemaLocation").map(str::to_owned) else {
            self.fail(at, "缺少 schemaLocation", "schemaLocation is missing");
            return;
        };
        match self.load(&location, includer) {
            None => self.fail(at, format!("找不到文件 {location}"), format!("there is no file {location}")),
            Some(loaded) => {
                let found = self.documents.get(loaded).map(|document| document.target);
                if let (Some(found), Some(target)) = (found, includer)
                    && found != target
                {
                    self.fail(
                        at,
                        format!("{location} 的目标命名空间不同，应当用 xs:import"),
                        format!("{location} has another target namespace; it has to be imported"),
                    );
                }
            }
        }
    }

    fn import(&mut self, at: At, target: NsId) {
        let uri = self.attribute(at, "namespace").unwrap_or("").to_owned();
        let ns = self.namespaces.add(&uri);
        if ns == target {
            self.fail(at, "不能导入自己的命名空间", "a schema cannot import its own namespace");
            return;
        }
        let Some(location) = self.attribute(at, "schemaLocation").map(str::to_owned) else { return };
        match self.load(&location, None) {
            None => self.fail(at, format!("找不到文件 {location}"), format!("there is no file {location}")),
            Some(loaded) => {
                if let Some(found) = self.documents.get(loaded).map(|document| document.target)
                    && found != ns
                {
                    self.fail(
                        at,
                        format!("{location} 的目标命名空间不是 {uri}"),
                        format!("the target namespace of {location} is not {uri}"),
                    );
                }
            }
        }
    }
}
