//! Identity constraints on a message: keys, unique values and references, in the same single pass.
//!
//! An element with constraints opens a scope for each. While scopes are open the names below them are kept,
//! and every element is held against the selectors of the scopes and the fields of the qualified nodes that
//! are open; paths only lead down, so nothing is ever looked up again. Values are compared in the value space
//! of their types. A schema without constraints costs nothing here, an element outside of scopes one look.

mod sequence;
mod tables;

use std::collections::HashMap;

use super::faults::Finding;
use super::names::{NS_XSI, NsId};
use super::rules;
use super::scanner::Start;
use super::simple::SimpleId;
use super::sink::Sink;
use super::table::{Complex, Constraint, Demand, Element, NameTest, Path, TypeRef};
use super::walk::{Inside, Walk};
use crate::domain::limits;
use sequence::{Field, sequence, shown};
use tables::Carried;

/// An open element with a constraint.
struct Scope {
    constraint: usize,
    /// Open elements, this one included.
    depth: usize,
    /// Key sequences found so far.
    table: HashMap<String, ()>,
    /// Sequences that must be found in the key referred to: key, text, place.
    references: Vec<(String, String, usize)>,
}

/// An open element that a selector has chosen.
struct Target {
    scope: usize,
    depth: usize,
    fields: Vec<Field>,
    /// A fault was reported, or its value is invalid anyway.
    spoilt: bool,
}

/// An open element that is the field of a target.
struct Watch {
    target: usize,
    field: usize,
    depth: usize,
}

/// What is remembered of the constraints at one point of a message.
#[derive(Default)]
pub(super) struct Keys<'t> {
    scopes: Vec<Scope>,
    targets: Vec<Target>,
    watches: Vec<Watch>,
    /// Names of the open elements, from that of the outermost scope on.
    trail: Vec<(NsId, &'t str)>,
    /// Open elements around the outermost scope.
    base: usize,
    carried: Carried,
    remembered: usize,
}

impl Keys<'_> {
    /// Whether there is nothing to do for elements without constraints.
    #[inline]
    pub(super) fn is_idle(&self) -> bool {
        self.scopes.is_empty()
    }
}

fn leads(path: &Path, below: &[(NsId, &str)]) -> bool {
    let steps = path.steps.len();
    let Some(skipped) = below.len().checked_sub(steps) else { return false };
    if skipped > 0 && !path.anywhere {
        return false;
    }
    below.iter().skip(skipped).zip(&path.steps).all(|((ns, local), step)| step.takes(*ns, local))
}

impl<'t, 's, S: Sink> Walk<'t, 's, '_, S> {
    fn constraint(&self, index: usize) -> Option<&'s Constraint> {
        self.set.constraints.get(index)
    }

    /// The innermost element was opened; its type is known and its attributes are still at hand.
    #[cold]
    pub(super) fn keys_open(&mut self, start: Start<'t>, element: Option<&'s Element>, ty: TypeRef) {
        let depth = self.frames.len();
        if self.keys.is_idle() {
            self.keys.trail.clear();
            self.keys.base = depth - 1;
        }
        self.keys.trail.push((start.ns, start.local));
        for constraint in element.map(|element| &*element.constraints).unwrap_or_default() {
            let scope = Scope { constraint: *constraint, depth, table: HashMap::new(), references: Vec::new() };
            self.keys.scopes.push(scope);
        }
        self.select(depth);
        for target in 0..self.keys.targets.len() {
            self.fields_of(target, depth, ty);
        }
    }

    /// Opens a target for every scope whose selector chooses the innermost element.
    fn select(&mut self, depth: usize) {
        for index in 0..self.keys.scopes.len() {
            let Some(scope) = self.keys.scopes.get(index) else { continue };
            let Some(constraint) = self.set.constraints.get(scope.constraint) else { continue };
            let below = self.keys.trail.get(scope.depth - self.keys.base..).unwrap_or_default();
            if constraint.selector.iter().any(|path| leads(path, below)) {
                let fields = constraint.fields.iter().map(|_| Field::Absent).collect();
                self.keys.targets.push(Target { scope: index, depth, fields, spoilt: false });
            }
        }
    }

    /// Finds the fields of a target that the innermost element or its attributes are.
    fn fields_of(&mut self, index: usize, depth: usize, ty: TypeRef) {
        let Some(target) = self.keys.targets.get(index) else { return };
        let Some(constraint) = self.keys.scopes.get(target.scope).and_then(|scope| self.constraint(scope.constraint))
        else {
            return;
        };
        let from = target.depth - self.keys.base;
        for (field, paths) in constraint.fields.iter().enumerate() {
            let below = self.keys.trail.get(from..).unwrap_or_default();
            let mut watched = false;
            let mut attributes: Vec<&'s NameTest> = Vec::new();
            for path in paths.iter().filter(|path| leads(path, below)) {
                match &path.attribute {
                    None => watched = true,
                    Some(test) => attributes.push(test),
                }
            }
            if watched {
                self.keys.watches.push(Watch { target: index, field, depth });
            }
            if !attributes.is_empty() {
                for found in self.attribute_keys(&attributes, ty) {
                    self.deliver(index, field, found);
                }
            }
        }
    }

    /// The values of the attributes of the innermost element that one of the tests takes, defaults included.
    fn attribute_keys(&self, tests: &[&NameTest], ty: TypeRef) -> Vec<Field> {
        let complex: Option<&Complex> = match ty {
            TypeRef::Complex(index) => Some(self.complex(index)),
            TypeRef::Simple(_) => None,
        };
        let takes = |ns: NsId, local: &str| tests.iter().any(|test| test.takes(ns, local));
        let declared = complex.map(|complex| complex.attributes.as_slice()).unwrap_or_default();
        let mut found = Vec::new();
        for attribute in self.scanner.attributes() {
            if attribute.ns == NS_XSI || !takes(attribute.ns, attribute.local) {
                continue;
            }
            let known = declared.iter().find(|known| *known.name == *attribute.local && known.ns == attribute.ns);
            let known = known.or_else(|| self.set.attributes.get(&(attribute.ns, Box::from(attribute.local))));
            if let Some(known) = known {
                found.push(self.field(known.ty, &attribute.value));
            }
        }
        for known in declared.iter().filter(|known| takes(known.ns, &known.name)) {
            let given = self.scanner.attributes().iter().any(|a| *a.local == *known.name && a.ns == known.ns);
            if !given && let Some(value) = known.default.as_deref().or(known.fixed.as_deref()) {
                found.push(self.field(known.ty, value));
            }
        }
        found
    }

    fn field(&self, ty: SimpleId, raw: &str) -> Field {
        let (value, problem) = self.value_of(ty, raw);
        match problem {
            Some(_) => Field::Invalid,
            None => Field::Value(self.set.simple.key(ty, &value, self.scanner.scope()), value.into_owned()),
        }
    }

    fn deliver(&mut self, target: usize, field: usize, found: Field) {
        let Some(target) = self.keys.targets.get_mut(target) else { return };
        let Some(slot) = target.fields.get_mut(field) else { return };
        *slot = match (&slot, found) {
            (Field::Absent, found) => found,
            _ => Field::Repeated,
        };
    }

    /// The innermost element is one with text, of this type and valid value.
    #[cold]
    pub(super) fn keys_value(&mut self, ty: SimpleId, value: Option<&str>) {
        let depth = self.frames.len();
        while let Some(watch) = self.keys.watches.pop_if(|watch| watch.depth == depth) {
            let found = match value {
                Some(value) => Field::Value(self.set.simple.key(ty, value, self.scanner.scope()), value.to_owned()),
                None => Field::Invalid,
            };
            self.deliver(watch.target, watch.field, found);
            self.forbid_nillable(watch.target);
        }
    }

    /// Fields of a key must not be elements that may be nil, whether they are or not.
    fn forbid_nillable(&mut self, target: usize) {
        let nillable = self.current().is_some_and(|element| element.nillable);
        let scope = self.keys.targets.get(target).and_then(|target| self.keys.scopes.get(target.scope));
        let constraint = scope.and_then(|scope| self.constraint(scope.constraint));
        if nillable && let Some(constraint) = constraint.filter(|constraint| constraint.demand == Demand::Key) {
            let at = self.frames.last().map_or(0, |frame| frame.start);
            let zh = format!("约束 {}：键的字段不能是可为 nil 的元素", constraint.name);
            let en = format!("key {}: its field is an element that may be nil", constraint.name);
            self.key_fault(at, zh, en, "");
            if let Some(target) = self.keys.targets.get_mut(target) {
                target.spoilt = true;
            }
        }
    }

    /// The innermost element ends.
    #[cold]
    pub(super) fn keys_end(&mut self, inside: Inside<'s>) {
        let depth = self.frames.len();
        while let Some(watch) = self.keys.watches.pop_if(|watch| watch.depth == depth) {
            // Only elements without text come here.
            let found = if matches!(inside, Inside::Nil) { Field::Absent } else { Field::NotSimple };
            self.deliver(watch.target, watch.field, found);
            self.forbid_nillable(watch.target);
        }
        while let Some(target) = self.keys.targets.pop_if(|target| target.depth == depth) {
            self.complete(&target);
        }
        self.close_scopes(depth);
        self.keys.trail.pop();
    }

    /// All fields of a target are known.
    fn complete(&mut self, target: &Target) {
        let Some(scope) = self.keys.scopes.get(target.scope) else { return };
        let Some(constraint) = self.constraint(scope.constraint) else { return };
        if target.spoilt || target.fields.iter().any(|field| matches!(field, Field::Invalid)) {
            return;
        }
        let at = self.frames.last().map_or(0, |frame| frame.start);
        let name = &constraint.name;
        if target.fields.iter().any(|field| matches!(field, Field::Repeated | Field::NotSimple)) {
            let zh = format!("约束 {name}：字段不是单个简单值");
            self.key_fault(at, zh, format!("constraint {name}: a field is not one simple value"), "");
            return;
        }
        let Some(sequence) = sequence(&target.fields) else {
            if constraint.demand == Demand::Key {
                let zh = format!("键 {name} 缺少字段");
                self.key_fault(at, zh, format!("key {name}: a field is missing"), "");
            }
            return;
        };
        if self.keys.remembered >= limits::KEYS_MAX {
            if self.keys.remembered == limits::KEYS_MAX {
                self.keys.remembered += 1;
                let most = limits::KEYS_MAX;
                let (zh, en) = (format!("键值超过 {most} 个"), format!("more than {most} key values"));
                self.rule_fault(at, rules::LIMIT, zh, en, "");
            }
            return;
        }
        self.keys.remembered += 1;
        let Some(scope) = self.keys.scopes.get_mut(target.scope) else { return };
        if matches!(constraint.demand, Demand::Reference(_)) {
            scope.references.push((sequence, shown(&target.fields), at));
        } else if scope.table.insert(sequence, ()).is_some() {
            let found = shown(&target.fields);
            let zh = format!("约束 {name}：值 {found} 重复");
            self.key_fault(at, zh, format!("constraint {name}: the value {found} is there twice"), &found);
        }
    }

    /// Ends the scopes of the innermost element: first the keys, then the references to them.
    fn close_scopes(&mut self, depth: usize) {
        let first = self.keys.scopes.iter().rposition(|scope| scope.depth < depth).map_or(0, |last| last + 1);
        let closed = self.keys.scopes.split_off(first);
        let mut references = Vec::new();
        for scope in closed {
            let Some(constraint) = self.constraint(scope.constraint) else { continue };
            match constraint.demand {
                Demand::Reference(key) => references.push((constraint, key, scope.references)),
                Demand::Unique | Demand::Key if constraint.referred => {
                    self.keys.carried.own(depth, scope.constraint, scope.table.into_keys());
                }
                Demand::Unique | Demand::Key => {}
            }
        }
        for (constraint, key, list) in references {
            for (sequence, found, at) in list {
                if !self.keys.carried.holds(depth, key, &sequence) {
                    let name = &constraint.name;
                    let target = self.constraint(key).map_or("", |key| &key.name);
                    let zh = format!("引用 {name}：值 {found} 不在键 {target} 中");
                    self.key_fault(at, zh, format!("keyref {name}: the value {found} is not in {target}"), &found);
                }
            }
        }
        let scopes = &self.keys.scopes;
        let set = self.set;
        self.keys.carried.rise(depth, |key| {
            scopes.iter().any(|scope| {
                let demand = set.constraints.get(scope.constraint).map(|constraint| constraint.demand);
                demand == Some(Demand::Reference(key))
            })
        });
    }

    fn key_fault(&mut self, at: usize, zh: String, en: String, found: &str) {
        self.rule_fault(at, rules::XSD_KEY, zh, en, found);
    }

    fn rule_fault(&mut self, at: usize, rule: &'static str, zh: String, en: String, found: &str) {
        if self.faults.has_room() {
            let path = self.path(None);
            let labels = self.current_labels();
            let found = (!found.is_empty()).then_some(found);
            self.faults.add(Finding { at, path, labels, rule, zh, en, found, expected: String::new() });
        }
    }
}
