//! The attributes of a start tag: required, known, of the right value; `xsi:type` and `xsi:nil`.

use super::{NAMES_MAX, Name};
use crate::domain::limits;
use crate::schema::chars;
use crate::schema::faults::Finding;
use crate::schema::names::NS_XSI;
use crate::schema::nearest::nearest;
use crate::schema::rules;
use crate::schema::scanner::Attribute;
use crate::schema::simple::Problem;
use crate::schema::sink::{AttributeInfo, Sink};
use crate::schema::table::{AttributeUse, Complex, Element, Process, TypeRef, Ways};
use crate::schema::walk::Walk;

/// Whether every element may have it (XML Schema 1.0 part 1, §2.6).
fn is_of_instance(attribute: &Attribute<'_>) -> bool {
    attribute.ns == NS_XSI && matches!(attribute.local, "type" | "nil" | "schemaLocation" | "noNamespaceSchemaLocation")
}

impl<'t, 's, S: Sink> Walk<'t, 's, '_, S> {
    /// A complex type that demands attributes, on a tag without any.
    #[cold]
    pub(in crate::schema) fn no_attributes(&mut self, complex: usize) {
        let complex = self.complex(complex);
        for needed in complex.attributes.iter().filter(|attribute| attribute.required) {
            self.attribute_missing(needed);
        }
    }

    fn attribute_missing(&mut self, needed: &'s AttributeUse) {
        if !self.faults.has_room() {
            return;
        }
        let at = self.frames.last().map_or(0, |frame| frame.start);
        let name = Name::of(&needed.labels, &needed.name);
        let path = self.path(Some(&format!("@{}", needed.name)));
        self.faults.add(Finding {
            at,
            path,
            labels: Some(&needed.labels),
            rule: rules::XSD_ATTRIBUTE_MISSING,
            zh: format!("缺少属性{}", name.zh_full()),
            en: format!("attribute {} is missing", name.en_full()),
            found: None,
            expected: needed.name.to_string(),
        });
    }

    /// Checks the attributes of the tag that was just opened. Returns the type to go on with, and whether it is nil.
    pub(in crate::schema) fn attributes(&mut self, element: Option<&'s Element>, declared: TypeRef) -> (TypeRef, bool) {
        let list = self.scanner.take_attributes();
        let mut ty = declared;
        let mut nil = false;
        for attribute in list.iter().filter(|attribute| attribute.ns == NS_XSI) {
            match attribute.local {
                "type" => ty = self.xsi_type(element, declared, attribute),
                "nil" => nil = self.xsi_nil(element, attribute),
                // Locations are never followed; other names are judged with the rest.
                _ => {}
            }
        }
        match ty {
            TypeRef::Simple(_) => {
                for attribute in list.iter().filter(|attribute| !is_of_instance(attribute)) {
                    self.unknown_attribute(attribute, None);
                }
            }
            TypeRef::Complex(index) => self.complex_attributes(self.complex(index), &list),
        }
        self.scanner.give_back(list);
        (ty, nil)
    }

    fn complex_attributes(&mut self, complex: &'s Complex, list: &[Attribute<'t>]) {
        let mut required = 0;
        for attribute in list.iter().filter(|attribute| !is_of_instance(attribute)) {
            let known =
                complex.attributes.iter().find(|known| *known.name == *attribute.local && known.ns == attribute.ns);
            match known {
                Some(known) => {
                    required += usize::from(known.required);
                    self.attribute_value(attribute, known);
                }
                None => self.any_attribute(complex, attribute),
            }
        }
        if required < complex.attributes_required {
            for needed in complex.attributes.iter().filter(|needed| needed.required) {
                if !list.iter().any(|attribute| *attribute.local == *needed.name && attribute.ns == needed.ns) {
                    self.attribute_missing(needed);
                }
            }
        }
    }

    fn any_attribute(&mut self, complex: &'s Complex, attribute: &Attribute<'t>) {
        let Some(wildcard) = complex.any_attribute.as_ref().filter(|wildcard| wildcard.takes(attribute.ns)) else {
            self.unknown_attribute(attribute, Some(complex));
            return;
        };
        if wildcard.process == Process::Skip {
            return;
        }
        match self.set.attributes.get(&(attribute.ns, Box::from(attribute.local))) {
            Some(known) => self.attribute_value(attribute, known),
            None if wildcard.process == Process::Strict => self.unknown_attribute(attribute, None),
            None => {}
        }
    }

    fn attribute_value(&mut self, attribute: &Attribute<'t>, known: &'s AttributeUse) {
        let (value, problem) = self.value_of(known.ty, &attribute.value);
        let problem = match (problem, &known.fixed) {
            (Some(problem), _) => Some(problem),
            (None, Some(fixed)) => {
                let (wanted, _) = self.value_of(known.ty, fixed);
                (!self.set.simple.same(known.ty, &value, &wanted)).then(|| {
                    Box::new(Problem {
                        rule: rules::XSD_FIXED,
                        zh: format!("必须为固定值 {wanted}"),
                        en: format!("must have the fixed value {wanted}"),
                        expected: wanted.to_string(),
                        also: Vec::new(),
                    })
                })
            }
            (None, None) => None,
        };
        match problem {
            None => self.identity(known.ty, &value, attribute.value_at),
            Some(problem) => self.bad_attribute(&problem, attribute, known, &value),
        }
        let raw = attribute.value_at..attribute.value_end;
        self.sink.attribute(AttributeInfo { ns: attribute.ns, local: attribute.local, raw }, &value);
    }

    #[cold]
    fn bad_attribute(&mut self, problem: &Problem, attribute: &Attribute<'t>, known: &'s AttributeUse, value: &str) {
        let name = Name::of(&known.labels, &known.name);
        for problem in std::iter::once(problem).chain(&problem.also) {
            if !self.faults.has_room() {
                continue;
            }
            let path = self.path(Some(&format!("@{}", known.name)));
            self.faults.add(Finding {
                at: attribute.value_at,
                path,
                labels: Some(&known.labels),
                rule: problem.rule,
                zh: format!("{}{}", name.zh, problem.zh),
                en: format!("{} {}", name.en, problem.en),
                found: Some(value),
                expected: problem.expected.clone(),
            });
        }
    }

    fn unknown_attribute(&mut self, attribute: &Attribute<'t>, complex: Option<&'s Complex>) {
        if !self.faults.has_room() {
            return;
        }
        let known = complex.map(|complex| complex.attributes.as_slice()).unwrap_or_default();
        let near = nearest(attribute.local, known.iter().map(|known| &*known.name));
        let name = chars::cut(attribute.name, limits::FOUND_CHARS_MAX);
        let (zh, en) = match near {
            Some(near) => (
                format!("未知属性 {name}，是否应为 {near}？"),
                format!("attribute {name} is unknown here; did you mean {near}?"),
            ),
            None => (format!("此处不应有属性 {name}"), format!("attribute {name} cannot stand here")),
        };
        let names: Vec<&str> = known.iter().take(NAMES_MAX).map(|known| &*known.name).collect();
        let expected = near.map_or_else(|| names.join(" | "), str::to_owned);
        let path = self.path(Some(&format!("@{name}")));
        self.faults.add(Finding {
            at: attribute.at,
            path,
            labels: None,
            rule: rules::XSD_ATTRIBUTE_UNKNOWN,
            zh,
            en,
            found: Some(attribute.name),
            expected,
        });
    }

    fn xsi_nil(&mut self, element: Option<&'s Element>, attribute: &Attribute<'t>) -> bool {
        let value = attribute.value.trim();
        let nil = matches!(value, "true" | "1");
        // Without a declaration nothing forbids it.
        let nillable = element.is_none_or(|element| element.nillable);
        let (zh, en) = if !nil && !matches!(value, "false" | "0") {
            ("的 xsi:nil 应为 true 或 false", "has an xsi:nil that is neither true nor false")
        } else if !nillable {
            ("不允许 xsi:nil", "cannot have xsi:nil")
        } else if nil && element.is_some_and(|element| element.fixed.is_some()) {
            ("有固定值，不能为 nil", "has a fixed value and cannot be nil")
        } else {
            return nil;
        };
        self.say(attribute.value_at, rules::XSD_NIL, Some(value), zh.into(), en.into(), String::new());
        false
    }

    fn xsi_type(&mut self, element: Option<&'s Element>, declared: TypeRef, attribute: &Attribute<'t>) -> TypeRef {
        let value = attribute.value.trim();
        let (prefix, local) = value.split_once(':').unwrap_or(("", value));
        let ns = self.scanner.scope().lookup(prefix);
        let named = ns.and_then(|ns| self.set.named_types.get(&(ns, Box::from(local))).copied());
        let Some(named) = named else {
            let (zh, en) = (format!("的 xsi:type {value} 不存在"), format!("has an unknown xsi:type {value}"));
            self.say(attribute.value_at, rules::XSD_XSI_TYPE, Some(value), zh, en, String::new());
            return declared;
        };
        if !self.may_replace(element, declared, named) {
            let (zh, en) = (
                format!("的 xsi:type {value} 不能代替声明的类型"),
                format!("has xsi:type {value}, which cannot replace its declared type"),
            );
            self.say(attribute.value_at, rules::XSD_XSI_TYPE, Some(value), zh, en, String::new());
            return declared;
        }
        named
    }

    /// Whether a type is derived from the declared one in ways that are not blocked.
    fn may_replace(&self, element: Option<&'s Element>, declared: TypeRef, named: TypeRef) -> bool {
        let mut blocked = element.map(|element| element.block).unwrap_or_default();
        if let TypeRef::Complex(index) = declared {
            blocked = blocked.with(self.complex(index).block);
        }
        let mut at = named;
        for _ in 0..=self.set.complexes.len() {
            if at == declared {
                return true;
            }
            at = match (at, declared) {
                (TypeRef::Simple(own), TypeRef::Simple(wanted)) => {
                    return !blocked.has(Ways::RESTRICTION) && self.set.simple.derives(own, wanted);
                }
                (TypeRef::Simple(_), TypeRef::Complex(wanted)) => {
                    return wanted == 0 && !blocked.has(Ways::RESTRICTION);
                }
                (TypeRef::Complex(index), _) => {
                    let complex = self.complex(index);
                    match complex.base {
                        Some(base) if !blocked.has(complex.derived_by) => base,
                        _ => return false,
                    }
                }
            };
        }
        false
    }
}
