//! The facets of a type against one value: first whether they all hold, then, if not, everything that is wrong.

use std::cmp::Ordering;

use super::lexical::{base64_octets, order};
use super::wording::{digits_text, length_text, not_listed, not_matched, range_text};
use super::{Bound, Lexical, Prefixes, Primitive, Problem, Simple, SimpleTypes, Variety, same_atomic, words};
use crate::schema::decimal::Decimal;
use crate::schema::pattern::Pattern;
use crate::schema::rules;

type Outcome = Result<(), Box<Problem>>;

impl SimpleTypes {
    /// Whether a normalised value of the right lexical form has every facet.
    #[inline]
    pub(super) fn fits(&self, simple: &Simple, value: &str, prefixes: &dyn Prefixes) -> bool {
        let has_length = simple.length_min.is_some() || simple.length_max.is_some() || simple.length.is_some();
        (!has_length || check_length(simple, value).is_ok())
            && self.is_listed(simple, value, prefixes)
            && (simple.primitive != Primitive::Decimal || check_digits(simple, value).is_ok())
            && ((simple.low.is_none() && simple.high.is_none()) || check_range(simple, value).is_ok())
            && simple.patterns.iter().all(|group| matches_one(group, value))
    }

    /// Everything that is wrong with a value that does not fit.
    #[cold]
    pub(super) fn all_problems(&self, simple: &Simple, value: &str, prefixes: &dyn Prefixes) -> Box<Problem> {
        let mut found: Vec<Problem> = Vec::new();
        let mut note = |outcome: Outcome| found.extend(outcome.err().map(|problem| *problem));
        note(check_length(simple, value));
        if let Some(values) = simple.values.as_ref().filter(|_| !self.is_listed(simple, value, prefixes)) {
            note(Err(not_listed(&values.texts)));
        }
        if simple.primitive == Primitive::Decimal {
            note(check_digits(simple, value));
        }
        note(check_range(simple, value));
        for group in simple.patterns.iter().filter(|group| !matches_one(group, value)) {
            note(Err(not_matched(group)));
        }
        let mut found = found.into_iter();
        let mut first = found.next().map_or_else(|| super::not_lexical(simple, value), Box::new);
        first.also = found.collect();
        first
    }

    #[inline]
    fn is_listed(&self, simple: &Simple, value: &str, prefixes: &dyn Prefixes) -> bool {
        let Some(values) = &simple.values else { return true };
        match (&values.keys, simple.primitive) {
            (Some(keys), _) => {
                let key = self.key_of(simple, value, prefixes);
                keys.binary_search(&key).is_ok()
            }
            (None, Primitive::Decimal) => values.texts.iter().any(|one| same_atomic(simple.primitive, one, value)),
            (None, _) => values.texts.binary_search_by(|listed| (**listed).cmp(value)).is_ok(),
        }
    }
}

#[inline]
fn matches_one(group: &[Pattern], value: &str) -> bool {
    group.iter().any(|pattern| pattern.matches(value))
}

#[inline]
fn check_length(simple: &Simple, value: &str) -> Outcome {
    match (&simple.variety, simple.primitive) {
        (Variety::Union(_), _) => Ok(()),
        (Variety::List(_), _) => check_count(simple, words(value).count(), "项", "items"),
        (Variety::Atomic, Primitive::HexBinary) => check_count(simple, value.len() / 2, "字节", "octets"),
        (Variety::Atomic, Primitive::Base64Binary) => {
            check_count(simple, base64_octets(value).unwrap_or(0), "字节", "octets")
        }
        // Their length depends on the prefix, which is no part of the value: errata to §4.3.1 make any length fit.
        (Variety::Atomic, Primitive::QName | Primitive::Notation) => Ok(()),
        (Variety::Atomic, _) => {
            // A character takes one to four bytes, so most values need no counting.
            let bytes = value.len();
            let short = simple.length_max.is_none_or(|max| bytes <= max);
            let long = simple.length_min.is_none_or(|min| bytes >= min.saturating_mul(4) || (min == 1 && bytes > 0));
            if short && long && simple.length.is_none() {
                return Ok(());
            }
            let count = if value.is_ascii() { bytes } else { value.chars().count() };
            check_count(simple, count, "个字符", "characters")
        }
    }
}

#[inline]
fn check_count(simple: &Simple, count: usize, zh_unit: &str, en_unit: &str) -> Outcome {
    let fits = simple.length.is_none_or(|length| count == length)
        && simple.length_min.is_none_or(|min| count >= min)
        && simple.length_max.is_none_or(|max| count <= max);
    if fits { Ok(()) } else { Err(wrong_count(simple, count, zh_unit, en_unit)) }
}

#[cold]
fn wrong_count(simple: &Simple, count: usize, zh_unit: &str, en_unit: &str) -> Box<Problem> {
    let expected = length_text(simple);
    let (zh, en) = if let Some(length) = simple.length.filter(|length| count != *length) {
        (
            format!("长度不对：{count} {zh_unit}，应为 {length}"),
            format!("has the wrong length: {count} {en_unit}, must be {length}"),
        )
    } else if let Some(max) = simple.length_max.filter(|max| count > *max) {
        (format!("超长：{count} {zh_unit}，最多 {max}"), format!("is too long: {count} {en_unit}, at most {max}"))
    } else if count == 0 {
        ("不能为空".into(), "must not be empty".into())
    } else {
        let min = simple.length_min.unwrap_or(0);
        (format!("太短：{count} {zh_unit}，至少 {min}"), format!("is too short: {count} {en_unit}, at least {min}"))
    };
    Box::new(Problem { rule: rules::XSD_LENGTH, zh, en, expected, also: Vec::new() })
}

#[inline]
fn check_digits(simple: &Simple, value: &str) -> Outcome {
    let (total, fraction) = (simple.digits_total, simple.digits_fraction);
    // The text is never shorter than its digits, so short values need no look.
    let fits = |max: Option<usize>| max.is_none_or(|max| value.len() <= max);
    if fits(total) && (fits(fraction) || simple.lexical != Lexical::Any) {
        return Ok(());
    }
    let Some(number) = Decimal::parse(value) else { return Ok(()) };
    if let Some(max) = fraction.filter(|max| number.digits_fraction() > *max) {
        let found = number.digits_fraction();
        return Err(Box::new(Problem {
            rule: rules::XSD_DIGITS,
            zh: format!("小数位数过多：{found} 位，最多 {max}"),
            en: format!("has too many decimal places: {found}, at most {max}"),
            expected: digits_text(simple),
            also: Vec::new(),
        }));
    }
    if let Some(max) = total.filter(|max| number.digits_total() > *max) {
        let found = number.digits_total();
        return Err(Box::new(Problem {
            rule: rules::XSD_DIGITS,
            zh: format!("数字位数过多：{found} 位，最多 {max}"),
            en: format!("has too many digits: {found}, at most {max}"),
            expected: digits_text(simple),
            also: Vec::new(),
        }));
    }
    Ok(())
}

#[inline]
fn check_range(simple: &Simple, value: &str) -> Outcome {
    let inside = |bound: &Option<Bound>, wrong: Ordering| match bound {
        None => true,
        Some(bound) => match order(simple.primitive, value, &bound.text) {
            Some(Ordering::Equal) => bound.inclusive,
            Some(found) => found != wrong,
            None => false,
        },
    };
    let (zh, en, bound, sign) = if !inside(&simple.low, Ordering::Less) {
        ("太小", "too small", &simple.low, if is_inclusive(&simple.low) { "≥" } else { ">" })
    } else if !inside(&simple.high, Ordering::Greater) {
        ("太大", "too large", &simple.high, if is_inclusive(&simple.high) { "≤" } else { "<" })
    } else {
        return Ok(());
    };
    let text = bound.as_ref().map_or("", |bound| &bound.text);
    Err(Box::new(Problem {
        rule: rules::XSD_RANGE,
        zh: format!("{zh}：应 {sign} {text}"),
        en: format!("is {en}: must be {sign} {text}"),
        expected: range_text(simple),
        also: Vec::new(),
    }))
}

pub(super) fn is_inclusive(bound: &Option<Bound>) -> bool {
    bound.as_ref().is_some_and(|bound| bound.inclusive)
}
