//! Attribute declarations, uses, groups and wildcards.

use super::super::builtin::ANY_SIMPLE;
use super::super::names::{NS_NONE, NS_XML, NS_XSI, NsId};
use super::super::table::{AttributeUse, Labels, TypeRef, Wildcard};
use super::wildcards::intersection;
use super::{At, Compiler, Component, Resolver};
use crate::domain::limits;

/// What the attributes of a type or a group come to.
#[derive(Debug, Clone, Default)]
pub(super) struct Attributes {
    pub(super) uses: Vec<AttributeUse>,
    pub(super) any: Option<Wildcard>,
    /// Attributes of the base that a restriction takes away.
    pub(super) prohibited: Vec<(Box<str>, NsId)>,
}

impl Attributes {
    /// Whether the very same use is there, by another group.
    pub(super) fn holds(&self, made: &AttributeUse) -> bool {
        self.uses.iter().any(|known| known.origin == made.origin)
    }

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
            self.breach(at, "no-xmlns", "属性不能叫 xmlns", "an attribute cannot be named xmlns");
        }
        let ns = if global || qualified { self.document(at).target } else { NS_NONE };
        if ns == NS_XSI {
            let zh = "不能在 xsi 命名空间中定义属性";
            self.breach(at, "no-xsi", zh, "attributes of the xsi namespace cannot be declared");
        }
        let ty = match self.declared_type(at) {
            Some(TypeRef::Simple(id)) => id,
            None => ANY_SIMPLE,
            Some(TypeRef::Complex(_)) => {
                let zh = "属性必须是简单类型";
                self.breach(at, "src-resolve", zh, "an attribute must have a simple type");
                ANY_SIMPLE
            }
        };
        let made = AttributeUse {
            name: name.into(),
            ns,
            ty,
            labels: self.labels(at),
            required: false,
            default: self.value_attribute(at, "default"),
            fixed: self.value_attribute(at, "fixed"),
            origin: 0,
        };
        self.check_notation(at, ty);
        self.check_attribute_values(at, &made);
        Some(made)
    }

    fn check_attribute_values(&mut self, at: At, made: &AttributeUse) {
        if made.default.is_some() && made.fixed.is_some() {
            let zh = "default 和 fixed 只能有一个";
            self.breach(at, "src-attribute.1", zh, "default and fixed cannot both be there");
        }
        if let Some(value) = made.default.as_deref().or(made.fixed.as_deref()) {
            self.check_value(at, made.ty, value);
            if self.is_id(made.ty) {
                let zh = "ID 类型的属性不能有默认值";
                self.breach(at, "a-props-correct.3", zh, "an attribute of type ID cannot have a default");
            }
        }
    }

    /// The attributes below a node: uses, references to groups, and the wildcard.
    pub(super) fn attributes(&mut self, at: At) -> Attributes {
        let mut all = Attributes::default();
        let mut groups: Vec<(At, Wildcard)> = Vec::new();
        for (child, name) in self.children(at) {
            match name {
                "attribute" => {
                    let Some(made) = self.attribute_use(child) else { continue };
                    if self.attribute(child, "use") == Some("prohibited") {
                        all.prohibited.push((made.name, made.ns));
                    } else {
                        self.put_attribute(child, &mut all, made);
                    }
                }
                "attributeGroup" => {
                    let Some(named) = self.attribute(child, "ref").map(str::to_owned) else { continue };
                    if let Some((ns, local)) = self.qname(child, &named)
                        && let Some(group) = self.global(child, Component::AttributeGroup, ns, &local)
                        && let Some(group) = self.attribute_group(child, group)
                    {
                        for made in group.uses {
                            self.put_attribute(child, &mut all, made);
                        }
                        groups.extend(group.any.map(|any| (child, any)));
                    }
                }
                "anyAttribute" => all.any = Some(self.wildcard(child)),
                _ => {}
            }
        }
        for (child, any) in groups {
            all.any = match all.any.take() {
                None => Some(any),
                Some(own) => match intersection(&own.allowed, &any.allowed) {
                    Some(allowed) => Some(Wildcard { allowed, process: own.process }),
                    None => {
                        let zh = "通配符的交集无法表示";
                        self.breach(child, "src-attribute_group.2", zh, "the intersection of wildcards has no form");
                        Some(own)
                    }
                },
            };
        }
        all
    }

    fn put_attribute(&mut self, at: At, all: &mut Attributes, made: AttributeUse) {
        if all.holds(&made) {
            return;
        }
        if self.is_id(made.ty) && all.uses.iter().any(|known| self.is_id(known.ty)) {
            let zh = "只能有一个 ID 类型的属性";
            self.breach(at, "ag-props-correct.3", zh, "there can be only one attribute of type ID");
        }
        let name = made.name.clone();
        if !all.put(made) {
            let zh = format!("属性 {name} 重复");
            self.breach(at, "ag-props-correct.2", zh, format!("attribute {name} is there twice"));
        }
    }

    pub(super) fn attribute_group(&mut self, from: At, group: At) -> Option<Attributes> {
        if let Some(made) = self.attribute_groups.get(&group) {
            return Some(made.clone());
        }
        if self.group_stack.contains(&group) {
            let zh = "属性组引用了自己";
            self.breach(from, "src-attribute_group.3", zh, "an attribute group contains itself");
            return None;
        }
        if self.group_stack.len() >= limits::SCHEMA_GROUPS_NESTED_MAX {
            self.fail(from, "属性组嵌套太深", "attribute groups nest too deeply");
            return None;
        }
        self.group_stack.push(group);
        let mut all = self.attributes(group);
        self.group_stack.pop();
        all.prohibited.clear();
        self.attribute_groups.insert(group, all.clone());
        Some(all)
    }

    fn attribute_use(&mut self, at: At) -> Option<AttributeUse> {
        let mut made = match self.attribute(at, "ref").map(str::to_owned) {
            Some(named) => {
                let (ns, local) = self.qname(at, &named)?;
                let mut made = self.referred(at, ns, &local)?;
                let (default, fixed) = (self.value_attribute(at, "default"), self.value_attribute(at, "fixed"));
                if let Some(wanted) = &made.fixed
                    && (default.is_some() || fixed.as_ref().is_some_and(|own| !self.same_value(made.ty, own, wanted)))
                {
                    let zh = format!("固定值必须为 {wanted}");
                    let en = format!("must be fixed to {wanted}, as its declaration is");
                    self.breach(at, "au-props-correct.2", zh, en);
                }
                if default.is_some() || fixed.is_some() {
                    made.default = default;
                    made.fixed = fixed;
                    self.check_attribute_values(at, &made);
                }
                made
            }
            None => self.attribute_declaration(at, false)?,
        };
        self.attribute_uses_made += 1;
        made.origin = self.attribute_uses_made;
        let way = self.attribute(at, "use");
        made.required = way == Some("required");
        if way.is_some_and(|way| way != "optional") && self.attribute(at, "default").is_some() {
            let zh = "只有可选属性才能有默认值";
            self.breach(at, "src-attribute.2", zh, "only an optional attribute can have a default");
        }
        Some(made)
    }

    /// Whether two values as written are the same value of a type.
    pub(super) fn same_value(&self, ty: super::SimpleId, a: &str, b: &str) -> bool {
        let space = self.simple.get(ty).space;
        let (a, b) = (super::super::simple::normalise(space, a), super::super::simple::normalise(space, b));
        self.simple.same(ty, &a, &b)
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
                    default: None,
                    fixed: None,
                    origin: 0,
                });
            }
        }
        let global = self.global(at, Component::Attribute, ns, local)?;
        self.attribute_declaration(global, true)
    }
}
