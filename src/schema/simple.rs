//! Simple types as a table, and the check of one value against one of them.

mod lexical;
mod wording;

use std::borrow::Cow;
use std::cmp::Ordering;

use super::decimal::Decimal;
use super::moment::Kind;
use super::pattern::Pattern;
use super::rules;
pub(super) use lexical::in_order;
use lexical::{base64_octets, is_lexical, order, same_atomic};
use wording::{
    digits_text, length_text, listing, not_lexical, not_listed, not_matched, range_text, sources, type_text,
};

/// Index of a simple type in its set.
pub(super) type SimpleId = usize;

/// The primitive types of XSD 1.0 §3.2, and `anySimpleType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Primitive {
    Any,
    String,
    Boolean,
    Decimal,
    Float,
    Duration,
    Moment(Kind),
    HexBinary,
    Base64Binary,
    AnyUri,
    QName,
    Notation,
}

/// A lexical form that a built-in derived type demands besides its facets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lexical {
    Any,
    Integer,
    /// Digits without a sign.
    Unsigned,
    Language,
    NmToken,
    Name,
    NcName,
}

/// What a value means for the rest of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identity {
    None,
    Id,
    IdRef,
}

/// The `whiteSpace` facet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Space {
    Preserve,
    Replace,
    Collapse,
}

/// What the values are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Variety {
    Atomic,
    List(SimpleId),
    Union(Vec<SimpleId>),
}

/// A bound of the value space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bound {
    pub(super) text: Box<str>,
    pub(super) inclusive: bool,
}

/// A simple type with every facet that it has or inherits.
#[derive(Debug, Clone)]
pub(super) struct Simple {
    /// Name for messages; empty if the type is anonymous.
    pub(super) name: Box<str>,
    pub(super) base: Option<SimpleId>,
    pub(super) variety: Variety,
    pub(super) primitive: Primitive,
    pub(super) lexical: Lexical,
    pub(super) identity: Identity,
    pub(super) space: Space,
    pub(super) length: Option<usize>,
    pub(super) length_min: Option<usize>,
    pub(super) length_max: Option<usize>,
    /// All groups must match; in a group (one derivation step) one pattern is enough.
    pub(super) patterns: Vec<std::sync::Arc<[Pattern]>>,
    /// Sorted for strings.
    pub(super) values: Option<std::sync::Arc<[Box<str>]>>,
    pub(super) low: Option<Bound>,
    pub(super) high: Option<Bound>,
    pub(super) digits_total: Option<usize>,
    pub(super) digits_fraction: Option<usize>,
    /// Facets that may not be changed any more, by name.
    pub(super) fixed: Vec<&'static str>,
}

/// Why a value does not fit: the end of a sentence that begins with the field's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) rule: &'static str,
    pub(super) zh: String,
    pub(super) en: String,
    pub(super) expected: String,
}

/// Applies `whiteSpace`; borrows when nothing changes, which is nearly always.
#[inline]
pub(super) fn normalise(space: Space, raw: &str) -> Cow<'_, str> {
    if space == Space::Preserve {
        return Cow::Borrowed(raw);
    }
    let bytes = raw.as_bytes();
    let clean = match space {
        Space::Preserve => true,
        Space::Replace => !bytes.iter().any(|b| matches!(b, b'\t' | b'\n' | b'\r')),
        Space::Collapse => {
            // A leading space counts as a second one.
            let mut last = b' ';
            let dirty = bytes.iter().any(|byte| {
                let bad = *byte <= b' ' && (*byte != b' ' || last == b' ');
                last = *byte;
                bad
            });
            !dirty && (last != b' ' || bytes.is_empty())
        }
    };
    if clean { Cow::Borrowed(raw) } else { rewrite(space, raw) }
}

#[cold]
fn rewrite(space: Space, raw: &str) -> Cow<'_, str> {
    if space == Space::Replace {
        return Cow::Owned(raw.replace(['\t', '\n', '\r'], " "));
    }
    let trimmed = raw.trim_matches([' ', '\t', '\n', '\r']);
    let double = trimmed.as_bytes().windows(2).any(|pair| matches!(pair, [b' ', b' ']));
    if !double && !trimmed.contains(['\t', '\n', '\r']) {
        return Cow::Borrowed(trimmed);
    }
    let mut made = String::with_capacity(trimmed.len());
    for word in words(trimmed) {
        if !made.is_empty() {
            made.push(' ');
        }
        made.push_str(word);
    }
    Cow::Owned(made)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([' ', '\t', '\n', '\r']).filter(|word| !word.is_empty())
}

/// Resolves the prefixes of `QName` values.
pub(super) trait Prefixes {
    /// Whether the prefix is bound here.
    fn is_bound(&self, prefix: &str) -> bool;
}

/// The table of simple types.
#[derive(Debug, Clone, Default)]
pub(super) struct SimpleTypes {
    pub(super) types: Vec<Simple>,
}

impl SimpleTypes {
    pub(super) fn get(&self, id: SimpleId) -> &Simple {
        self.types.get(id).expect("ids of simple types come from this table")
    }

    /// Checks a value as it stands in the document. Returns it as the type's white space rule has it.
    #[inline]
    pub(super) fn check<'v>(
        &self,
        id: SimpleId,
        raw: &'v str,
        prefixes: &dyn Prefixes,
    ) -> (Cow<'v, str>, Option<Box<Problem>>) {
        let simple = self.get(id);
        let value = normalise(simple.space, raw);
        let problem = match &simple.variety {
            Variety::Atomic => self.atomic(simple, &value, prefixes),
            Variety::List(item) => self.list(simple, *item, &value, prefixes),
            Variety::Union(members) => return self.union(simple, members, raw, prefixes),
        };
        (value, problem.err())
    }

    #[inline]
    fn atomic(&self, simple: &Simple, value: &str, prefixes: &dyn Prefixes) -> Result<(), Box<Problem>> {
        if !is_lexical(simple, value, prefixes) {
            return Err(not_lexical(simple));
        }
        if simple.length_min.is_some() || simple.length_max.is_some() || simple.length.is_some() {
            check_length(simple, value)?;
        }
        self.facets(simple, value)
    }

    #[inline]
    fn facets(&self, simple: &Simple, value: &str) -> Result<(), Box<Problem>> {
        if let Some(values) = &simple.values
            && !is_listed(simple, values, value)
        {
            return Err(not_listed(values));
        }
        if simple.primitive == Primitive::Decimal && simple.variety == Variety::Atomic {
            check_digits(simple, value)?;
        }
        if simple.low.is_some() || simple.high.is_some() {
            check_range(simple, value)?;
        }
        for group in &simple.patterns {
            if !group.iter().any(|pattern| pattern.matches(value)) {
                return Err(not_matched(group));
            }
        }
        Ok(())
    }

    fn list(&self, simple: &Simple, item: SimpleId, value: &str, prefixes: &dyn Prefixes) -> Result<(), Box<Problem>> {
        let mut count = 0;
        for word in words(value) {
            count += 1;
            if let (_, Some(problem)) = self.check(item, word, prefixes) {
                return Err(problem);
            }
        }
        check_count(simple, count, "项", "items")?;
        self.facets(simple, value)
    }

    fn union<'v>(
        &self,
        simple: &Simple,
        members: &[SimpleId],
        raw: &'v str,
        prefixes: &dyn Prefixes,
    ) -> (Cow<'v, str>, Option<Box<Problem>>) {
        for member in members {
            let (value, problem) = self.check(*member, raw, prefixes);
            if problem.is_none() {
                let listed = self.union_facets(simple, *member, &value);
                return (value, listed.err());
            }
        }
        let expected: Vec<String> = members.iter().map(|member| self.expected(*member)).collect();
        let problem = Problem {
            rule: rules::XSD_TYPE,
            zh: "的值不属于任何允许的类型".into(),
            en: "fits none of the types it may have".into(),
            expected: expected.join(" | "),
        };
        (normalise(Space::Collapse, raw), Some(Box::new(problem)))
    }

    fn union_facets(&self, simple: &Simple, member: SimpleId, value: &str) -> Result<(), Box<Problem>> {
        if let Some(values) = &simple.values
            && !values.iter().any(|listed| self.same(member, listed, value))
        {
            return Err(not_listed(values));
        }
        for group in &simple.patterns {
            if !group.iter().any(|pattern| pattern.matches(value)) {
                return Err(not_matched(group));
            }
        }
        Ok(())
    }

    /// Whether two normalised values are the same in the value space of a type.
    pub(super) fn same(&self, id: SimpleId, a: &str, b: &str) -> bool {
        let simple = self.get(id);
        match &simple.variety {
            Variety::Atomic => same_atomic(simple.primitive, a, b),
            Variety::List(item) => {
                let (a, b): (Vec<&str>, Vec<&str>) = (words(a).collect(), words(b).collect());
                a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| self.same(*item, a, b))
            }
            Variety::Union(members) => a == b || members.iter().any(|member| self.same(*member, a, b)),
        }
    }

    /// Whether `id` is `ancestor` or derived from it, by restriction, list or membership of a union.
    pub(super) fn derives(&self, id: SimpleId, ancestor: SimpleId) -> bool {
        let mut at = Some(id);
        let mut steps = 0;
        while let Some(id) = at {
            if id == ancestor {
                return true;
            }
            steps += 1;
            if steps > self.types.len() {
                return false;
            }
            at = self.get(id).base;
        }
        match &self.get(ancestor).variety {
            Variety::Union(members) => members.iter().any(|member| self.derives(id, *member)),
            Variety::Atomic | Variety::List(_) => false,
        }
    }

    /// What a type wants, in a few characters.
    pub(super) fn expected(&self, id: SimpleId) -> String {
        let simple = self.get(id);
        if let Some(values) = &simple.values {
            return listing(values);
        }
        if let Some(group) = simple.patterns.last() {
            return sources(group);
        }
        if simple.low.is_some() || simple.high.is_some() {
            return range_text(simple);
        }
        if simple.length.is_some() || simple.length_min.is_some() || simple.length_max.is_some() {
            return length_text(simple);
        }
        type_text(simple)
    }
}

fn is_listed(simple: &Simple, values: &[Box<str>], value: &str) -> bool {
    let is_text = matches!(simple.primitive, Primitive::String | Primitive::AnyUri);
    if is_text && simple.variety == Variety::Atomic {
        return values.binary_search_by(|listed| (**listed).cmp(value)).is_ok();
    }
    values.iter().any(|listed| same_atomic(simple.primitive, listed, value))
}

#[inline]
fn check_length(simple: &Simple, value: &str) -> Result<(), Box<Problem>> {
    match simple.primitive {
        Primitive::HexBinary => check_count(simple, value.len() / 2, "字节", "octets"),
        Primitive::Base64Binary => check_count(simple, base64_octets(value).unwrap_or(0), "字节", "octets"),
        Primitive::QName | Primitive::Notation => Ok(()),
        Primitive::Any
        | Primitive::String
        | Primitive::Boolean
        | Primitive::Decimal
        | Primitive::Float
        | Primitive::Duration
        | Primitive::Moment(_)
        | Primitive::AnyUri => {
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
fn check_count(simple: &Simple, count: usize, zh_unit: &str, en_unit: &str) -> Result<(), Box<Problem>> {
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
    Box::new(Problem { rule: rules::XSD_LENGTH, zh, en, expected })
}

#[inline]
fn check_digits(simple: &Simple, value: &str) -> Result<(), Box<Problem>> {
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
        }));
    }
    if let Some(max) = total.filter(|max| number.digits_total() > *max) {
        let found = number.digits_total();
        return Err(Box::new(Problem {
            rule: rules::XSD_DIGITS,
            zh: format!("数字位数过多：{found} 位，最多 {max}"),
            en: format!("has too many digits: {found}, at most {max}"),
            expected: digits_text(simple),
        }));
    }
    Ok(())
}

#[inline]
fn check_range(simple: &Simple, value: &str) -> Result<(), Box<Problem>> {
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
    }))
}

fn is_inclusive(bound: &Option<Bound>) -> bool {
    bound.as_ref().is_some_and(|bound| bound.inclusive)
}
