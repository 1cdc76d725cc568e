//! Facets of a restriction: their form, and that they only narrow the base.

use std::cmp::Ordering;
use std::sync::Arc;

use super::super::pattern::Pattern;
use super::super::simple::{self, Bound, Primitive, Simple, SimpleId, Space, Variety, normalise};
use super::{At, Compiler, Resolver};

/// Whether a kind of type can have a facet at all.
fn applies(simple: &Simple, facet: &str) -> bool {
    if matches!(facet, "pattern") {
        return true;
    }
    match (&simple.variety, facet) {
        (Variety::Union(_), _) => facet == "enumeration",
        (_, "whiteSpace" | "enumeration") => simple.primitive != Primitive::Boolean || facet == "whiteSpace",
        (Variety::List(_), _) => matches!(facet, "length" | "minLength" | "maxLength"),
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
            Primitive::Decimal | Primitive::Float | Primitive::Duration | Primitive::Moment(_)
        ),
    }
}

impl<R: Resolver + ?Sized> Compiler<'_, R> {
    /// Makes a type by restricting `base` with the facets below a node.
    pub(super) fn restrict(&mut self, at: At, base: SimpleId, name: &str) -> SimpleId {
        let mut made = self.simple.get(base).clone();
        made.name = name.into();
        made.base = Some(base);
        let mut patterns = Vec::new();
        let mut values: Vec<Box<str>> = Vec::new();
        let mut seen: Vec<&'static str> = Vec::new();
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
            if !matches!(facet, "pattern" | "enumeration") {
                if seen.contains(&facet) {
                    self.fail(child, format!("{facet} 重复"), format!("{facet} is there twice"));
                }
                seen.push(facet);
            }
            match facet {
                "pattern" => match Pattern::compile(&value, &mut self.large_patterns_left) {
                    Ok(pattern) => patterns.push(pattern),
                    Err(why) => {
                        self.fail(child, format!("正则表达式不对：{why}"), format!("the pattern is wrong: {why}"))
                    }
                },
                "enumeration" => {
                    self.check_value(child, base, &value);
                    values.push(normalise(made.space, &value).into());
                }
                _ => self.facet(child, facet, value.trim(), base, &mut made),
            }
            if matches!(self.attribute(child, "fixed"), Some("true" | "1")) {
                made.fixed.push(facet);
            }
        }
        if !patterns.is_empty() {
            made.patterns.push(Arc::from(patterns));
        }
        if !values.is_empty() {
            if matches!(made.primitive, Primitive::String | Primitive::AnyUri) && made.variety == Variety::Atomic {
                // Sorted for the search.
                values.sort_unstable();
                values.dedup();
            }
            made.values = Some(Arc::from(values));
        }
        self.check_consistent(at, &made);
        self.add_simple(made)
    }

    fn facet(&mut self, at: At, facet: &'static str, value: &str, base: SimpleId, made: &mut Simple) {
        let changed = match facet {
            "length" | "minLength" | "maxLength" | "totalDigits" | "fractionDigits" => {
                let Ok(number) = value.parse::<usize>() else {
                    self.fail(at, format!("{facet} 应为非负整数"), format!("{facet} must be a non-negative integer"));
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
        if facet == "totalDigits" && number == 0 {
            self.fail(at, "totalDigits 应大于 0", "totalDigits must be greater than 0");
        }
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
        // The bound need not be a value of the base when it is exclusive, but must be of its primitive.
        if simple::in_order(made.primitive, value, value).is_none() {
            self.fail(at, format!("{facet} 的值不合类型"), format!("the value of {facet} is not of the type"));
            return false;
        }
        let inherited = self.simple.get(base);
        let (same_side, other_side) =
            if low { (&inherited.low, &inherited.high) } else { (&inherited.high, &inherited.low) };
        let beyond = |against: &Option<Bound>, wrong: Ordering| {
            against.as_ref().is_some_and(|against| {
                let order = simple::in_order(made.primitive, value, &against.text);
                order == Some(wrong) || (order == Some(Ordering::Equal) && bound.inclusive && !against.inclusive)
            })
        };
        let outwards = if low { Ordering::Less } else { Ordering::Greater };
        if beyond(same_side, outwards) || beyond(other_side, outwards.reverse()) {
            self.fail(at, format!("{facet} 超出基类型"), format!("{facet} is outside of the base type"));
        }
        let slot = if low { &mut made.low } else { &mut made.high };
        let changed = slot.as_ref() != Some(&bound);
        *slot = Some(bound);
        changed
    }

    fn check_consistent(&mut self, at: At, made: &Simple) {
        let wrong =
            |low: Option<usize>, high: Option<usize>| matches!((low, high), (Some(low), Some(high)) if low > high);
        if wrong(made.length_min, made.length_max)
            || wrong(made.length_min, made.length)
            || wrong(made.length, made.length_max)
        {
            self.fail(at, "minLength 大于 maxLength", "minLength is greater than maxLength");
        }
        if wrong(made.digits_fraction, made.digits_total) {
            self.fail(at, "fractionDigits 大于 totalDigits", "fractionDigits is greater than totalDigits");
        }
        if let (Some(low), Some(high)) = (&made.low, &made.high)
            && simple::in_order(made.primitive, &low.text, &high.text) == Some(Ordering::Greater)
        {
            self.fail(at, "下限大于上限", "the lower bound is above the upper bound");
        }
    }
}
