//! Attribute declarations, uses, groups and wildcards.

use super::super::builtin::ANY_SIMPLE;
use super::super::names::{NS_NONE, NS_XML, NsId};
use super::super::table::{Allowed, AttributeUse, Labels, Process, TypeRef, Wildcard};
use super::{At, Compiler, Component, Resolver};

/// What the attributes of a type or a group come to.
#[derive(Debug, Clone, Default)]
pub(super) struct Attributes {
    pub(super) uses: Vec<AttributeUse>,
    pub(super) any: Option<Wildcard>,
}

impl Attributes {
    pub(super) fn put(&mut self, new: AttributeUse) -> bool {
        let fresh = !self.uses.iter().any(|known| known.name == new.name && known.ns == new.ns);
        if fresh {
            self.uses.push(new);
        }
        fresh
    }
}

impl<R: Resolver + ?Sized> Compiler<'_, R> {
    /// A declaration, as an optional use.
    pub(super) fn attribute_declaration(&mut self, at: At, global: bool) -> Option<AttributeUse> {
        let name = self.attribute(at, "name")?.to_owned();
        let qualified = match self.attribute(at, "form") {
            Some(form) => form == "qualified",
            None => self.document(at).attributes_qualified,
        };
        if name == "xmlns" {
            self.fail(at, "属性不能叫 xmlns", "an attribute cannot be named xmlns");
        }
        let ns = if global || qualified { self.document(at).target } else { NS_NONE };
        let ty = match self.declared_type(at) {
            Some(TypeRef::Simple(id)) => id,
            None => ANY_SIMPLE,
            Some(TypeRef::Complex(_)) => {
                self.fail(at, "属性必须是简单类型", "an attribute must have a simple type");
                ANY_SIMPLE
            }
        };
        let made = AttributeUse {
            name: name.into(),
            ns,
            ty,
            labels: self.labels(at),
            required: false,
            prohibited: false,
            default: self.value_attribute(at, "default"),
            fixed: self.value_attribute(at, "fixed"),
        };
        self.check_attribute_values(at, &made);
        Some(made)
    }

    fn check_attribute_values(&mut self, at: At, made: &AttributeUse) {
        if made.default.is_some() && made.fixed.is_some() {
            self.fail(at, "default 和 fixed 只能有一个", "default and fixed cannot both be there");
        }
        if let Some(value) = made.default.as_deref().or(made.fixed.as_deref()) {
            self.check_value(at, made.ty, value);
        }
    }

    /// The attributes below a node: uses, references to groups, and the wildcard.
    pub(super) fn attributes(&mut self, at: At) -> Attributes {
        let mut all = Attributes::default();
        for (child, name) in self.children(at) {
            match name {
                "attribute" => {
                    if let Some(made) = self.attribute_use(child)
                        && !all.put(made)
                    {
                        self.fail(child, "属性重复", "the attribute is there twice");
                    }
                }
                "attributeGroup" => {
                    let Some(named) = self.attribute(child, "ref").map(str::to_owned) else {
                        self.fail(child, "缺少 ref", "ref is missing");
                        continue;
                    };
                    if let Some((ns, local)) = self.qname(child, &named)
                        && let Some(group) = self.global(child, Component::AttributeGroup, ns, &local)
                        && let Some(group) = self.attribute_group(child, group)
                    {
                        for made in group.uses {
                            if !all.put(made) {
                                self.fail(child, "属性重复", "an attribute is there twice");
                            }
                        }
                        all.any = both(all.any.take(), group.any);
                    }
                }
                "anyAttribute" => {
                    let wildcard = self.wildcard(child);
                    all.any = both(all.any.take(), Some(wildcard));
                }
                _ => {}
            }
        }
        all
    }

    pub(super) fn attribute_group(&mut self, from: At, group: At) -> Option<Attributes> {
        if self.group_stack.contains(&group) {
            self.fail(from, "属性组引用了自己", "an attribute group contains itself");
            return None;
        }
        self.group_stack.push(group);
        let all = self.attributes(group);
        self.group_stack.pop();
        Some(all)
    }

    fn attribute_use(&mut self, at: At) -> Option<AttributeUse> {
        let mut made = match self.attribute(at, "ref").map(str::to_owned) {
            Some(named) => {
                let (ns, local) = self.qname(at, &named)?;
                let mut made = self.referred(at, ns, &local)?;
                let (default, fixed) = (self.value_attribute(at, "default"), self.value_attribute(at, "fixed"));
                if default.is_some() || fixed.is_some() {
                    made.default = default;
                    made.fixed = fixed;
                    self.check_attribute_values(at, &made);
                }
                made
            }
            None => {
                if self.attribute(at, "name").is_none() {
                    self.fail(at, "属性必须有 name 或 ref", "an attribute needs name or ref");
                }
                self.attribute_declaration(at, false)?
            }
        };
        match self.attribute(at, "use") {
            Some("required") => made.required = true,
            Some("prohibited") => made.prohibited = true,
            _ => {}
        }
        if made.required && self.attribute(at, "default").is_some() {
            self.fail(at, "必填属性不能有默认值", "a required attribute cannot have a default");
        }
        Some(made)
    }

    /// A global attribute. Those of the `xml:` namespace are known without a file.
    fn referred(&mut self, at: At, ns: NsId, local: &str) -> Option<AttributeUse> {
        if ns == NS_XML && !self.globals.contains_key(&(Component::Attribute, ns, local.to_owned())) {
            let ty = match local {
                "lang" => "string",
                "space" => "NCName",
                "base" => "anyURI",
                "id" => "ID",
                _ => "",
            };
            if let Some(ty) = super::builtin::find(&self.simple, ty) {
                return Some(AttributeUse {
                    name: local.into(),
                    ns,
                    ty,
                    labels: Labels::default(),
                    required: false,
                    prohibited: false,
                    default: None,
                    fixed: None,
                });
            }
        }
        let global = self.global(at, Component::Attribute, ns, local)?;
        self.attribute_declaration(global, true)
    }
}

/// The intersection of two wildcards, if both are there; their strictness is the first's.
fn both(a: Option<Wildcard>, b: Option<Wildcard>) -> Option<Wildcard> {
    let (a, b) = match (a, b) {
        (Some(a), Some(b)) => (a, b),
        (a, b) => return a.or(b),
    };
    let allowed = match (a.allowed, b.allowed) {
        (Allowed::Any, other) | (other, Allowed::Any) => other,
        (Allowed::List(list), other) | (other, Allowed::List(list)) => {
            let other = Wildcard { allowed: other, process: Process::Skip };
            Allowed::List(list.into_iter().filter(|ns| other.takes(*ns)).collect())
        }
        (Allowed::Other(target), Allowed::Other(_)) => Allowed::Other(target),
    };
    Some(Wildcard { allowed, process: a.process })
}

/// The union of two wildcards, for extensions; their strictness is the first's.
pub(super) fn either(own: Option<Wildcard>, base: Option<Wildcard>) -> Option<Wildcard> {
    let (own, base) = match (own, base) {
        (Some(own), Some(base)) => (own, base),
        (own, base) => return own.or(base),
    };
    let allowed = match (own.allowed, base.allowed) {
        (Allowed::List(mut a), Allowed::List(b)) => {
            a.extend(b);
            Allowed::List(a)
        }
        (Allowed::Other(a), Allowed::Other(b)) if a == b => Allowed::Other(a),
        (Allowed::Other(a), Allowed::List(list)) | (Allowed::List(list), Allowed::Other(a)) if !list.contains(&a) => {
            Allowed::Other(a)
        }
        _ => Allowed::Any,
    };
    Some(Wildcard { allowed, process: own.process })
}
