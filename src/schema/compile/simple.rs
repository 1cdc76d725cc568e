//! Simple types: restriction, list and union.

use super::super::builtin::ANY_SIMPLE;
use super::super::simple::{Identity, Lexical, Prefixes, Primitive, Simple, SimpleId, Space, Variety};
use super::super::table::Ways;
use super::{At, Compiler, Resolver};

/// Prefixes at a node of a schema file, for values of type QName.
pub(super) struct At2<'c, 'r, R: Resolver + ?Sized>(pub(super) &'c Compiler<'r, R>, pub(super) At);

impl<R: Resolver + ?Sized> Prefixes for At2<'_, '_, R> {
    fn is_bound(&self, prefix: &str) -> bool {
        self.0.tree(self.1).namespace(self.1.node, prefix).is_some()
    }
}

impl<R: Resolver + ?Sized> Compiler<'_, R> {
    /// The type of an `xs:simpleType`, made on first use.
    pub(super) fn simple_type(&mut self, at: At) -> Option<SimpleId> {
        match self.simple_made.get(&at) {
            Some(Some(id)) => return Some(*id),
            Some(None) => {
                self.fail(at, "类型从自己派生", "a type is derived from itself");
                return None;
            }
            None => {}
        }
        self.simple_made.insert(at, None);
        let name = self.attribute(at, "name").unwrap_or("").to_owned();
        let id = self.simple_variety(at, &name);
        self.simple_made.insert(at, Some(id.unwrap_or(ANY_SIMPLE)));
        id
    }

    fn simple_variety(&mut self, at: At, name: &str) -> Option<SimpleId> {
        let Some((how, kind)) = self.children(at).into_iter().next() else {
            self.fail(at, "缺少 restriction、list 或 union", "restriction, list or union is missing");
            return None;
        };
        match kind {
            "restriction" => {
                let base = self.base_of(how)?;
                Some(self.restrict(how, base, name))
            }
            "list" => self.list_type(how, name),
            _ => self.union_type(how, name),
        }
    }

    fn base_of(&mut self, at: At) -> Option<SimpleId> {
        let inner = self.child(at, "simpleType");
        if let Some(named) = self.attribute(at, "base").map(str::to_owned) {
            if inner.is_some() {
                self.fail(at, "base 和内部类型只能有一个", "a base and a type inside cannot both be there");
            }
            let base = self.simple_by_name(at, &named)?;
            let base_at = self.simple_made.iter().find(|(_, id)| **id == Some(base)).map(|(at, _)| *at);
            if let Some(base_at) = base_at
                && self.final_ways(base_at).has(Ways::RESTRICTION)
            {
                self.fail(at, format!("{named} 不允许再限制"), format!("{named} is final for restriction"));
            }
            return Some(base);
        }
        match inner {
            Some(inner) => self.simple_type(inner),
            None => {
                self.fail(at, "缺少 base", "base is missing");
                None
            }
        }
    }

    fn list_type(&mut self, at: At, name: &str) -> Option<SimpleId> {
        let item = match self.attribute(at, "itemType").map(str::to_owned) {
            Some(named) => self.simple_by_name(at, &named)?,
            None => match self.child(at, "simpleType") {
                Some(inner) => self.simple_type(inner)?,
                None => {
                    self.fail(at, "缺少 itemType", "itemType is missing");
                    return None;
                }
            },
        };
        if matches!(self.simple.get(item).variety, Variety::List(_)) {
            self.fail(at, "列表的项不能是列表", "items of a list cannot be lists");
        }
        Some(self.add_simple(blank(name, Variety::List(item), Space::Collapse)))
    }

    fn union_type(&mut self, at: At, name: &str) -> Option<SimpleId> {
        let mut members = Vec::new();
        let named: Vec<String> =
            self.attribute(at, "memberTypes").unwrap_or("").split_whitespace().map(str::to_owned).collect();
        for name in named {
            members.push(self.simple_by_name(at, &name)?);
        }
        for (child, _) in self.children(at) {
            members.push(self.simple_type(child)?);
        }
        if members.is_empty() {
            self.fail(at, "联合类型没有成员", "a union has no members");
        }
        Some(self.add_simple(blank(name, Variety::Union(members), Space::Preserve)))
    }

    pub(super) fn add_simple(&mut self, simple: Simple) -> SimpleId {
        self.simple.types.push(simple);
        self.simple.types.len() - 1
    }

    /// Checks a default, fixed or enumerated value against its type.
    pub(super) fn check_value(&mut self, at: At, id: SimpleId, value: &str) {
        if let (_, Some(problem)) = self.simple.check(id, value, &At2(self, at)) {
            self.fail(at, format!("值 {value:?} {}", problem.zh), format!("value {value:?} {}", problem.en));
        }
    }
}

fn blank(name: &str, variety: Variety, space: Space) -> Simple {
    Simple {
        name: name.into(),
        base: Some(ANY_SIMPLE),
        variety,
        primitive: Primitive::String,
        lexical: Lexical::Any,
        identity: Identity::None,
        space,
        length: None,
        length_min: None,
        length_max: None,
        patterns: Vec::new(),
        values: None,
        low: None,
        high: None,
        digits_total: None,
        digits_fraction: None,
        fixed: Vec::new(),
    }
}
