//! Simple types: restriction, list and union.

use super::super::builtin::ANY_SIMPLE;
use super::super::simple::{Closed, Identity, Lexical, Prefixes, Primitive, Simple, SimpleId, Space, Variety};
use super::{At, Compiler, Resolver};

/// Prefixes at a node of a schema file, for values of type QName.
pub(super) struct At2<'c, 'r, R: Resolver + ?Sized>(pub(super) &'c Compiler<'r, R>, pub(super) At);

impl<R: Resolver + ?Sized> Prefixes for At2<'_, '_, R> {
    fn uri(&self, prefix: &str) -> Option<&str> {
        self.0.tree(self.1).namespace(self.1.node, prefix)
    }

    fn has_entity(&self, _name: &str) -> bool {
        true
    }
}

/// How many simple types may be derived from each other before the first is made.
const DERIVATION_DEPTH_MAX: usize = 200;
/// Members of one union, those of its unions included.
const MEMBERS_MAX: usize = 1000;

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
        if self.simple_depth >= DERIVATION_DEPTH_MAX {
            self.fail(at, "类型派生层次过多", format!("types derive through more than {DERIVATION_DEPTH_MAX} others"));
            return None;
        }
        self.simple_made.insert(at, None);
        self.simple_depth += 1;
        let name = self.attribute(at, "name").unwrap_or("").to_owned();
        let id = self.simple_variety(at, &name);
        self.simple_depth -= 1;
        let closed = self.closed(at);
        if let Some(made) = id.and_then(|id| self.simple.types.get_mut(id)) {
            made.closed = closed;
        }
        self.simple_made.insert(at, Some(id.unwrap_or(ANY_SIMPLE)));
        id
    }

    fn simple_variety(&mut self, at: At, name: &str) -> Option<SimpleId> {
        let children = self.children(at);
        let [(how, kind)] = *children else {
            self.fail(at, "应有一个 restriction、list 或 union", "there must be one restriction, list or union");
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

    /// What `final`, or else `finalDefault`, forbids.
    fn closed(&mut self, at: At) -> Closed {
        let own = self.attribute(at, "final").map(str::to_owned);
        let words = match &own {
            Some(own) => own.clone(),
            None => self.attribute(At { node: 0, ..at }, "finalDefault").unwrap_or("").to_owned(),
        };
        let mut closed = Closed::default();
        for word in words.split_ascii_whitespace() {
            match word {
                "#all" => closed = Closed { restriction: true, list: true, union: true },
                "restriction" => closed.restriction = true,
                "list" => closed.list = true,
                "union" => closed.union = true,
                "extension" if own.is_none() => {}
                _ => self.fail(at, format!("final 的值不对：{word}"), format!("{word} is no value of final")),
            }
        }
        if own.is_some() && words.split_ascii_whitespace().any(|word| word == "#all") && words.trim() != "#all" {
            self.fail(at, "#all 只能单独出现", "#all stands alone");
        }
        closed
    }

    /// The type that `named` or the single type inside names, if exactly one of them is there.
    fn referred_type(&mut self, at: At, named: &str) -> Option<SimpleId> {
        let inner: Vec<At> =
            self.children(at).into_iter().filter(|(_, name)| *name == "simpleType").map(|(at, _)| at).collect();
        match (self.attribute(at, named).map(str::to_owned), inner.as_slice()) {
            (Some(name), []) => self.simple_by_name(at, &name),
            (None, [inner]) => self.simple_type(*inner),
            (None, []) => {
                self.fail(at, format!("缺少 {named}"), format!("{named} is missing"));
                None
            }
            _ => {
                self.fail(
                    at,
                    format!("{named} 和内部类型只能有一个"),
                    format!("there can be {named} or one type inside, not both"),
                );
                None
            }
        }
    }

    fn base_of(&mut self, at: At) -> Option<SimpleId> {
        let base = self.referred_type(at, "base")?;
        if base == ANY_SIMPLE {
            self.fail(at, "anySimpleType 不能限制", "anySimpleType cannot be restricted");
            return None;
        }
        if self.simple.get(base).closed.restriction {
            self.fail(at, "基类型不允许再限制", "the base type is final for restriction");
        }
        let mut after_facet = false;
        for (child, name) in self.children(at) {
            if matches!(name, "attribute" | "attributeGroup" | "anyAttribute") {
                self.fail(child, "简单类型没有属性", "a simple type has no attributes");
            } else if name == "simpleType" && after_facet {
                self.fail(child, "内部类型应在最前面", "the type inside must stand first");
            }
            after_facet |= name != "simpleType";
        }
        Some(base)
    }

    fn list_type(&mut self, at: At, name: &str) -> Option<SimpleId> {
        let item = self.referred_type(at, "itemType")?;
        let simple = self.simple.get(item);
        let has_list = match &simple.variety {
            Variety::Atomic => false,
            Variety::List(_) => true,
            Variety::Union(members) => {
                members.iter().any(|member| matches!(self.simple.get(*member).variety, Variety::List(_)))
            }
        };
        let closed = simple.closed.list;
        if has_list {
            self.fail(at, "列表的项不能是列表", "items of a list cannot be lists");
        }
        if closed {
            self.fail(at, "该类型不允许作列表的项", "the type is final for list");
        }
        let mut made = blank(name, Variety::List(item), Space::Collapse);
        made.fixed = vec!["whiteSpace"];
        Some(self.add_simple(made))
    }

    fn union_type(&mut self, at: At, name: &str) -> Option<SimpleId> {
        let mut named = Vec::new();
        let words: Vec<String> =
            self.attribute(at, "memberTypes").unwrap_or("").split_ascii_whitespace().map(str::to_owned).collect();
        for name in words {
            named.push(self.simple_by_name(at, &name)?);
        }
        for (child, _) in self.children(at) {
            named.push(self.simple_type(child)?);
        }
        if named.is_empty() {
            self.fail(at, "联合类型没有成员", "a union has no members");
        }
        // A union in a union stands for its members (XSD 1.0 part 1, §3.14.2), its own facets left out; and what one
        // member does not take, the same member does not take later.
        let mut members: Vec<SimpleId> = Vec::new();
        for id in named {
            let simple = self.simple.get(id);
            let own = [id];
            let inner = if let Variety::Union(inner) = &simple.variety { inner.as_slice() } else { &own };
            members.extend(inner.iter().filter(|id| !members.contains(id)).copied().collect::<Vec<_>>());
            if simple.closed.union {
                self.fail(at, "该类型不允许作联合类型的成员", "a member type is final for union");
            }
        }
        if members.len() > MEMBERS_MAX {
            self.fail(at, "联合类型的成员过多", format!("a union has more than {MEMBERS_MAX} members"));
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
        closed: Closed::default(),
    }
}
