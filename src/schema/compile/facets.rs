//! Facets of a restriction: their form, and that they only narrow the base.

use std::cmp::Ordering;
use std::sync::Arc;

use super::super::chars;
use super::super::pattern::Pattern;
use super::super::simple::{self, Bound, Primitive, Simple, SimpleId, Space, Values, Variety, normalise};
use super::simple::At2;
use super::{At, Compiler, Component, Resolver};

/// Whether a kind of type can have a facet at all (XSD 1.0 part 2, §4.1.5).
fn applies(simple: &Simple, facet: &str) -> bool {
    match (&simple.variety, facet) {
        (_, "pattern") => true,
        (Variety::Union(_), _) => facet == "enumeration",
        (Variety::List(_), _) => {
            matches!(facet, "enumeration" | "whiteSpace" | "length" | "minLength" | "maxLength")
        }
        (Variety::Atomic, "whiteSpace") => true,
        (Variety::Atomic, "enumeration") => simple.primitive != Primitive::Boolean,
        (Variety::Atomic, "length" | "minLength" | "maxLength") => matches!(
            simple.primitive,
            Primitive::Any
                | Primitive::String
                | Primitive::HexBinary
                | Primitive::Base64Binary
                | Primitive::AnyUri
                | Primitive::QName
                | Primitive::Notation
        ),
        (Variety::Atomic, "totalDigits" | "fractionDigits") => simple.primitive == Primitive::Decimal,
        (Variety::Atomic, _) => matches!(
            simple.primitive,
            Primitive::Decimal | Primitive::Float | Primitive::Double | Primitive::Duration | Primitive::Moment(_)
        ),
    }
}

/// A `nonNegativeInteger`; one beyond the machine's is the greatest there is.
fn count(text: &str) -> Option<usize> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = digits.parse().unwrap_or(usize::MAX);
    (!negative || number == 0).then_some(number)
}

/// The facets of one step of derivation while they are read.
#[derive(Default)]
struct Step {
    patterns: Vec<Pattern>,
    values: Vec<Box<str>>,
    keys: Vec<String>,
    seen: Vec<&'static str>,
    sound: bool,
}

impl<R: Resolver + ?Sized> Compiler<'_, R> {
    /// Makes a type by restricting `base` with the facets below a node.
    pub(super) fn restrict(&mut self, at: At, base: SimpleId, name: &str) -> SimpleId {
        let mut made = self.simple.get(base).clone();
        made.name = name.into();
        made.base = Some(base);
        made.closed = Default::default();
        let mut step = Step { sound: true, ..Step::default() };
        for (child, facet) in self.children(at) {
            if matches!(facet, "simpleType" | "attribute" | "attributeGroup" | "anyAttribute") {
                continue;
            }
            if matches!(facet, "group" | "all" | "choice" | "sequence") {
                self.fail(child, "简单类型中不能有元素", "elements cannot stand in a simple type");
                continue;
            }
            let Some(value) = self.value_attribute(child, "value") else {
                self.fail(child, "缺少 value", "value is missing");
                continue;
            };
            if !applies(&made, facet) {
                self.fail(child, format!("该类型没有 {facet}"), format!("this type has no facet {facet}"));
                continue;
            }
            self.read_facet(child, facet, &value, base, &mut made, &mut step);
        }
        if !step.patterns.is_empty() {
            made.patterns.push(Arc::from(step.patterns));
        }
        if !step.values.is_empty() {
            made.values = Some(Arc::new(values(&made, step.values, step.keys)));
        }
        if made.primitive == Primitive::Notation && made.variety == Variety::Atomic && made.values.is_none() {
            self.fail(at, "NOTATION 必须列出其值（enumeration）", "a type of NOTATION needs an enumeration");
        }
        if step.sound {
            self.check_consistent(at, &made, &step.seen);
        }
        self.add_simple(made)
    }

    fn read_facet(
        &mut self,
        at: At,
        facet: &'static str,
        value: &str,
        base: SimpleId,
        made: &mut Simple,
        step: &mut Step,
    ) {
        match facet {
            "pattern" => {
                match Pattern::compile(value, &mut self.large_patterns_left) {
                    Ok(pattern) => step.patterns.push(pattern),
                    Err(why) => self.fail(at, format!("正则表达式不对：{why}"), format!("the pattern is wrong: {why}")),
                }
                return;
            }
            "enumeration" => {
                self.check_value(at, base, value);
                self.check_notation_name(at, made, value);
                let value = normalise(self.simple.get(base).space, value);
                step.keys.push(self.simple.key(base, &value, &At2(self, at)));
                step.values.push(value.into());
                return;
            }
            _ => {}
        }
        let other = match facet {
            "minInclusive" => "minExclusive",
            "minExclusive" => "minInclusive",
            "maxInclusive" => "maxExclusive",
            "maxExclusive" => "maxInclusive",
            _ => facet,
        };
        if step.seen.contains(&facet) {
            self.fail(at, format!("{facet} 重复"), format!("{facet} is there twice"));
            return;
        }
        if step.seen.contains(&other) {
            self.fail(
                at,
                format!("{facet} 和 {other} 只能有一个"),
                format!("{facet} and {other} cannot both be there"),
            );
        }
        step.seen.push(facet);
        let before = self.errors.len();
        self.facet(at, facet, value.trim_matches([' ', '\t', '\n', '\r']), base, made);
        step.sound &= before == self.errors.len();
        if matches!(self.attribute(at, "fixed"), Some("true" | "1")) {
            made.fixed.push(facet);
        }
    }

    /// A value of a restriction of `NOTATION` must name a notation that the schema declares.
    fn check_notation_name(&mut self, at: At, made: &Simple, value: &str) {
        let value = value.trim_matches([' ', '\t', '\n', '\r']);
        if made.primitive == Primitive::Notation
            && made.variety == Variety::Atomic
            && chars::is_qname(value)
            && let Some((ns, local)) = self.qname(at, value)
        {
            self.global(at, Component::Notation, ns, &local);
        }
    }

    fn facet(&mut self, at: At, facet: &'static str, value: &str, base: SimpleId, made: &mut Simple) {
        let changed = match facet {
            "length" | "minLength" | "maxLength" | "totalDigits" | "fractionDigits" => {
                let Some(number) = count(value).filter(|number| facet != "totalDigits" || *number > 0) else {
                    let (zh, en) =
                        if facet == "totalDigits" { ("正", "positive") } else { ("非负", "non-negative") };
                    self.fail(at, format!("{facet} 应为{zh}整数"), format!("{facet} must be a {en} integer"));
                    return;
                };
                self.number(at, facet, number, made)
            }
            "whiteSpace" => {
                let space = match value {
                    "preserve" => Space::Preserve,
                    "replace" => Space::Replace,
                    "collapse" => Space::Collapse,
                    _ => {
                        self.fail(at, "whiteSpace 的值不对", "whiteSpace is preserve, replace or collapse");
                        return;
                    }
                };
                if space < made.space {
                    self.fail(at, "whiteSpace 比基类型宽", "whiteSpace is weaker than that of the base type");
                }
                let changed = space != made.space;
                made.space = space;
                changed
            }
            _ => self.bound(at, facet, value, base, made),
        };
        if changed && made.fixed.contains(&facet) {
            self.fail(at, format!("{facet} 在基类型中固定"), format!("{facet} is fixed in the base type"));
        }
    }

    /// A facet that is a number; returns whether it changed.
    fn number(&mut self, at: At, facet: &str, number: usize, made: &mut Simple) -> bool {
        let slot = match facet {
            "length" => &mut made.length,
            "minLength" => &mut made.length_min,
            "maxLength" => &mut made.length_max,
            "totalDigits" => &mut made.digits_total,
            _ => &mut made.digits_fraction,
        };
        let before = slot.replace(number);
        let wider = before.is_some_and(|before| match facet {
            "length" => number != before,
            "minLength" => number < before,
            _ => number > before,
        });
        if wider {
            self.fail(at, format!("{facet} 比基类型宽"), format!("{facet} is wider than that of the base type"));
        }
        before != Some(number)
    }

    /// A bound of the value space; returns whether it changed.
    fn bound(&mut self, at: At, facet: &str, value: &str, base: SimpleId, made: &mut Simple) -> bool {
        let bound = Bound { text: value.into(), inclusive: matches!(facet, "minInclusive" | "maxInclusive") };
        let low = matches!(facet, "minInclusive" | "minExclusive");
        let primitive = made.primitive;
        let is_same = |other: &Bound| {
            other.inclusive == bound.inclusive
                && simple::in_order(primitive, value, &other.text) == Some(Ordering::Equal)
        };
        let inherited = self.simple.get(base);
        let own_side = if low { &inherited.low } else { &inherited.high };
        let changed = !own_side.as_ref().is_some_and(is_same);
        // The base's own bound may be said again although, being exclusive, it is no value of the base.
        let said_before = !changed && !bound.inclusive;
        if simple::in_order(primitive, value, value).is_none() {
            self.fail(at, format!("{facet} 的值不合类型"), format!("the value of {facet} is not of the type"));
            return false;
        }
        if !said_before {
            self.check_value(at, base, value);
        }
        let slot = if low { &mut made.low } else { &mut made.high };
        *slot = Some(bound);
        changed
    }

    /// Checks facets of one type against each other, those that it inherits included.
    fn check_consistent(&mut self, at: At, made: &Simple, seen: &[&str]) {
        let wrong =
            |low: Option<usize>, high: Option<usize>| matches!((low, high), (Some(low), Some(high)) if low > high);
        if wrong(made.length_min, made.length_max)
            || wrong(made.length_min, made.length)
            || wrong(made.length, made.length_max)
        {
            self.fail(at, "minLength 大于 maxLength", "minLength is greater than maxLength");
        }
        if made.length.is_some() && seen.iter().any(|facet| matches!(*facet, "length" | "minLength" | "maxLength")) {
            self.check_length_apart(at, made);
        }
        if wrong(made.digits_fraction, made.digits_total) {
            self.fail(at, "fractionDigits 大于 totalDigits", "fractionDigits is greater than totalDigits");
        }
        if let (Some(low), Some(high)) = (&made.low, &made.high) {
            let order = simple::in_order(made.primitive, &low.text, &high.text);
            let touch = order == Some(Ordering::Equal) && low.inclusive != high.inclusive;
            // An exclusive bound may stand on the far end of the base, which leaves no value at all.
            let one_step = seen.iter().filter(|facet| facet.starts_with("min") || facet.starts_with("max")).count() > 1;
            if order == Some(Ordering::Greater) || (touch && one_step) {
                self.fail(at, "下限大于上限", "the lower bound is above the upper bound");
            }
        }
    }

    /// `length` may stand beside `minLength` or `maxLength` only if an ancestor without it has that very facet
    /// (XSD 1.0 part 2, §4.3.1.4).
    fn check_length_apart(&mut self, at: At, made: &Simple) {
        let mut inherited = (made.length_min.is_none(), made.length_max.is_none());
        let mut ancestor = made.base;
        for _ in 0..self.simple.types.len() {
            let Some(simple) = ancestor.map(|id| self.simple.get(id)) else { break };
            if simple.length.is_none() {
                inherited.0 |= simple.length_min == made.length_min;
                inherited.1 |= simple.length_max == made.length_max;
            }
            ancestor = simple.base;
        }
        if inherited != (true, true) {
            self.fail(
                at,
                "length 不能与 minLength、maxLength 同时给出",
                "length cannot stand beside minLength or maxLength",
            );
        }
    }
}

/// The enumeration of a type, ready for the search.
fn values(made: &Simple, mut texts: Vec<Box<str>>, mut keys: Vec<String>) -> Values {
    let atomic = made.variety == Variety::Atomic;
    if atomic && made.primitive == Primitive::Decimal {
        return Values { texts: texts.into(), keys: None };
    }
    if atomic && matches!(made.primitive, Primitive::String | Primitive::AnyUri | Primitive::Any) {
        texts.sort_unstable();
        texts.dedup();
        return Values { texts: texts.into(), keys: None };
    }
    keys.sort_unstable();
    keys.dedup();
    Values { texts: texts.into(), keys: Some(keys.into()) }
}
