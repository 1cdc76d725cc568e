//! Identity constraints: their names, and the XPath subset of selectors and fields (XSD 1.0 §3.11.6).

use super::super::chars;
use super::super::names::{NS_NONE, NsId};
use super::super::table::{Constraint, Demand, NameTest, Path};
use super::{At, Compiler, Resolver};

impl<R: Resolver + ?Sized> Compiler<'_, R> {
    /// The identity constraints of an element declaration.
    pub(super) fn identity_constraints(&mut self, element: At) -> Box<[usize]> {
        let mut made = Vec::new();
        for (at, kind) in self.children(element) {
            if matches!(kind, "unique" | "key" | "keyref")
                && let Some(index) = self.identity_constraint(at, kind)
            {
                made.push(index);
            }
        }
        made.into()
    }

    fn identity_constraint(&mut self, at: At, kind: &str) -> Option<usize> {
        let name = self.attribute(at, "name")?.to_owned();
        let mut selector = Vec::new();
        let mut fields = Vec::new();
        for (child, kind) in self.children(at) {
            let text = self.attribute(child, "xpath").unwrap_or("").to_owned();
            let is_field = kind == "field";
            let Some(paths) = self.paths(child, &text, is_field) else {
                let constraint = if is_field { "c-fields-xpaths" } else { "c-selector-xpath" };
                let zh = format!("XPath 不对：{text}");
                self.breach(child, constraint, zh, format!("{text:?} is no XPath of the allowed form"));
                return None;
            };
            if is_field {
                fields.push(paths);
            } else {
                selector = paths;
            }
        }
        let index = self.constraints.len();
        let key = (self.document(at).target, name.clone());
        if self.constraint_names.insert(key, index).is_some() {
            let zh = format!("约束 {name} 定义了两次");
            self.breach(at, "sch-props-correct.2", zh, format!("identity constraint {name} is defined twice"));
        }
        let demand = match kind {
            "unique" => Demand::Unique,
            "key" => Demand::Key,
            _ => {
                let refer = self.attribute(at, "refer")?.to_owned();
                let (ns, local) = self.qname(at, &refer)?;
                self.references.push((at, index, ns, local));
                Demand::Reference(usize::MAX)
            }
        };
        self.constraints.push(Constraint {
            name: name.into(),
            demand,
            referred: false,
            selector: selector.into(),
            fields: fields.into_iter().map(Vec::into_boxed_slice).collect(),
        });
        Some(index)
    }

    /// Finds the key that each `keyref` names.
    pub(super) fn resolve_references(&mut self) {
        for (at, index, ns, local) in std::mem::take(&mut self.references) {
            let key = self.constraint_names.get(&(ns, local.clone())).copied();
            let fields = |index: usize| self.constraints.get(index).map_or(0, |constraint| constraint.fields.len());
            let found = key.and_then(|key| {
                let constraint = self.constraints.get(key)?;
                (!matches!(constraint.demand, Demand::Reference(_))).then_some(key)
            });
            let Some(found) = found else {
                let zh = format!("没有名为 {local} 的 key 或 unique");
                self.breach(at, "src-resolve", zh, format!("there is no key or unique constraint {local}"));
                continue;
            };
            if fields(found) != fields(index) {
                let zh = format!("字段数与 {local} 不同");
                self.breach(at, "c-props-correct.2", zh, format!("it has not as many fields as {local}"));
            }
            if let Some(key) = self.constraints.get_mut(found) {
                key.referred = true;
            }
            if let Some(reference) = self.constraints.get_mut(index) {
                reference.demand = Demand::Reference(found);
            }
        }
    }

    /// Parses a selector or a field.
    fn paths(&mut self, at: At, text: &str, is_field: bool) -> Option<Vec<Path>> {
        text.split('|').map(|path| self.path(at, path, is_field)).collect()
    }

    fn path(&mut self, at: At, text: &str, is_field: bool) -> Option<Path> {
        let space = [' ', '\t', '\n', '\r'];
        let mut rest = text.trim_matches(space);
        let mut anywhere = false;
        if let Some(after) = rest.strip_prefix('.')
            && let Some(after) = after.trim_start_matches(space).strip_prefix("//")
        {
            anywhere = true;
            rest = after;
        }
        let mut path = Path { anywhere, steps: Box::default(), attribute: None };
        let mut steps = Vec::new();
        for step in rest.split('/') {
            let step = step.trim_matches(space);
            if path.attribute.is_some() {
                return None;
            }
            let axis = |axis: &str| {
                let after = step.strip_prefix(axis)?.trim_start_matches(space).strip_prefix("::")?;
                Some(after.trim_start_matches(space))
            };
            if step == "." {
                continue;
            }
            let attribute = step.strip_prefix('@').map(|name| name.trim_start_matches(space));
            match attribute.or_else(|| axis("attribute")) {
                Some(name) if is_field => path.attribute = Some(self.name_test(at, name)?),
                Some(_) => return None,
                None => steps.push(self.name_test(at, axis("child").unwrap_or(step))?),
            }
        }
        path.steps = steps.into();
        Some(path)
    }

    /// A name or a wildcard. A name without prefix is in no namespace, whatever the default is.
    fn name_test(&mut self, at: At, text: &str) -> Option<NameTest> {
        if text == "*" {
            return Some(NameTest::Any);
        }
        let (prefix, local) = text.split_once(':').map_or(("", text), |(prefix, local)| (prefix, local));
        let ns: NsId = if prefix.is_empty() && !text.contains(':') {
            NS_NONE
        } else {
            let uri = self.tree(at).namespace(at.node, prefix).filter(|_| chars::is_ncname(prefix))?.to_owned();
            self.namespaces.add(&uri)
        };
        if local == "*" {
            return Some(NameTest::Namespace(ns));
        }
        chars::is_ncname(local).then(|| NameTest::Name(ns, local.into()))
    }
}
