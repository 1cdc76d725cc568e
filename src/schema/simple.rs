//! Simple types as a table, and the check of one value against one of them.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::chars;
use super::decimal::{self, Decimal};
use super::moment::{Duration, Kind, Moment};
use super::pattern::Pattern;
use super::rules;

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

fn is_lexical(simple: &Simple, value: &str, prefixes: &dyn Prefixes) -> bool {
    match simple.primitive {
        Primitive::Any => true,
        Primitive::String => match simple.lexical {
            Lexical::Any | Lexical::Integer | Lexical::Unsigned => true,
            Lexical::Language => is_language(value),
            Lexical::NmToken => chars::is_nmtoken(value),
            Lexical::Name => chars::is_name(value),
            Lexical::NcName => chars::is_ncname(value),
        },
        Primitive::Boolean => matches!(value, "true" | "false" | "1" | "0"),
        Primitive::Decimal if simple.lexical == Lexical::Integer => decimal::is_integer(value),
        Primitive::Decimal if simple.lexical == Lexical::Unsigned => {
            // A minus sign is a matter of the bound, which says so better.
            !value.starts_with('+') && decimal::is_integer(value)
        }
        Primitive::Decimal => Decimal::parse(value).is_some(),
        Primitive::Float => float(value).is_some(),
        Primitive::Duration => Duration::parse(value).is_some(),
        Primitive::Moment(kind) => Moment::parse(kind, value).is_some(),
        Primitive::HexBinary => value.len().is_multiple_of(2) && value.bytes().all(|b| b.is_ascii_hexdigit()),
        Primitive::Base64Binary => base64_octets(value).is_some(),
        Primitive::AnyUri => is_uri(value),
        Primitive::QName | Primitive::Notation => {
            let prefix = value.split_once(':').map_or("", |(prefix, _)| prefix);
            chars::is_qname(value) && (prefix.is_empty() || prefixes.is_bound(prefix))
        }
    }
}

fn is_language(value: &str) -> bool {
    value.split('-').enumerate().all(|(index, part)| {
        (1..=8).contains(&part.len())
            && part.bytes().all(|b| b.is_ascii_alphabetic() || (index > 0 && b.is_ascii_digit()))
    })
}

/// XSD 1.0 takes nearly any text for `anyURI`; what can never be escaped into one is refused.
fn is_uri(value: &str) -> bool {
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' && !(0..2).all(|_| rest.next().is_some_and(|b| b.is_ascii_hexdigit())) {
            return false;
        }
    }
    // A colon in the first segment ends a scheme.
    let first = value.split(['/', '?', '#']).next().unwrap_or("");
    let scheme_fits = first.split_once(':').is_none_or(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
    });
    scheme_fits && value.bytes().filter(|b| *b == b'#').count() <= 1
}

fn float(value: &str) -> Option<f64> {
    match value {
        "INF" => return Some(f64::INFINITY),
        "-INF" => return Some(f64::NEG_INFINITY),
        "NaN" => return Some(f64::NAN),
        _ => {}
    }
    let (mantissa, exponent) = match value.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (value, None),
    };
    Decimal::parse(mantissa)?;
    if exponent.is_some_and(|exponent| !decimal::is_integer(exponent)) {
        return None;
    }
    value.parse().ok()
}

/// Octets of a base64 text, white space ignored; `None` if it is none.
fn base64_octets(value: &str) -> Option<usize> {
    let (mut count, mut padding, mut last) = (0usize, 0usize, b'A');
    for byte in value.bytes().filter(|b| !chars::is_space(*b)) {
        if byte == b'=' {
            padding += 1;
        } else if padding > 0 || !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')) {
            return None;
        } else {
            count += 1;
            last = byte;
        }
    }
    let fits = match padding {
        0 => count % 4 == 0,
        1 => count % 4 == 3 && b"AEIMQUYcgkosw048".contains(&last),
        2 => count % 4 == 2 && b"AQgw".contains(&last),
        _ => false,
    };
    fits.then_some(count * 3 / 4)
}

fn order(primitive: Primitive, a: &str, b: &str) -> Option<Ordering> {
    match primitive {
        Primitive::Decimal => Some(Decimal::parse(a)?.cmp(&Decimal::parse(b)?)),
        Primitive::Float => float(a)?.partial_cmp(&float(b)?),
        Primitive::Duration => Duration::parse(a)?.order(&Duration::parse(b)?),
        Primitive::Moment(kind) => Moment::parse(kind, a)?.order(&Moment::parse(kind, b)?),
        Primitive::Any
        | Primitive::String
        | Primitive::Boolean
        | Primitive::HexBinary
        | Primitive::Base64Binary
        | Primitive::AnyUri
        | Primitive::QName
        | Primitive::Notation => None,
    }
}

/// Whether two bounds are in order, for the checks of the schema itself.
pub(super) fn in_order(primitive: Primitive, low: &str, high: &str) -> Option<Ordering> {
    order(primitive, low, high)
}

fn same_atomic(primitive: Primitive, a: &str, b: &str) -> bool {
    match primitive {
        Primitive::Boolean => matches!(a, "true" | "1") == matches!(b, "true" | "1"),
        Primitive::Decimal | Primitive::Duration | Primitive::Moment(_) => {
            a == b || order(primitive, a, b) == Some(Ordering::Equal)
        }
        Primitive::Float => a == b || order(primitive, a, b) == Some(Ordering::Equal),
        Primitive::HexBinary => a.eq_ignore_ascii_case(b),
        Primitive::Base64Binary => {
            a.bytes().filter(|b| !chars::is_space(*b)).eq(b.bytes().filter(|b| !chars::is_space(*b)))
        }
        Primitive::Any | Primitive::String | Primitive::AnyUri | Primitive::QName | Primitive::Notation => a == b,
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

#[cold]
fn not_lexical(simple: &Simple) -> Box<Problem> {
    let (zh, en) = match simple.primitive {
        Primitive::Decimal if simple.lexical != Lexical::Any => ("不是整数", "is not an integer"),
        Primitive::Decimal => ("不是十进制数字", "is not a decimal number"),
        Primitive::Float => ("不是数字", "is not a number"),
        Primitive::Boolean => ("不是 true 或 false", "is neither true nor false"),
        Primitive::Moment(Kind::DateTime) => ("不是合法的日期时间", "is not a valid date and time"),
        Primitive::Moment(Kind::Time) => ("不是合法的时间", "is not a valid time"),
        Primitive::Moment(_) => ("不是合法的日期", "is not a valid date"),
        Primitive::Duration => ("不是合法的时长", "is not a valid duration"),
        Primitive::HexBinary => ("不是十六进制编码", "is not hexadecimal"),
        Primitive::Base64Binary => ("不是 Base64 编码", "is not base64"),
        Primitive::AnyUri => ("不是合法的 URI", "is not a valid URI"),
        Primitive::Any | Primitive::String | Primitive::QName | Primitive::Notation => {
            ("不是合法的名称", "is not a valid name")
        }
    };
    let expected = if simple.low.is_some() || simple.high.is_some() { range_text(simple) } else { type_text(simple) };
    Box::new(Problem { rule: rules::XSD_TYPE, zh: zh.into(), en: en.into(), expected })
}

#[cold]
fn not_listed(values: &[Box<str>]) -> Box<Problem> {
    let expected = listing(values);
    Box::new(Problem {
        rule: rules::XSD_ENUM,
        zh: format!("的值不在允许的代码中：{expected}"),
        en: format!("is not one of the values allowed: {expected}"),
        expected,
    })
}

#[cold]
fn not_matched(group: &[Pattern]) -> Box<Problem> {
    let expected = sources(group);
    Box::new(Problem {
        rule: rules::XSD_PATTERN,
        zh: format!("格式不对，应符合 {expected}"),
        en: format!("has the wrong form, must match {expected}"),
        expected,
    })
}

fn sources(group: &[Pattern]) -> String {
    group.iter().map(|pattern| &*pattern.source).collect::<Vec<_>>().join(" | ")
}

/// Values shown of a long enumeration.
const LISTED_MAX: usize = 12;

fn listing(values: &[Box<str>]) -> String {
    let mut text = values.iter().take(LISTED_MAX).map(|v| &**v).collect::<Vec<_>>().join(" | ");
    if values.len() > LISTED_MAX {
        text.push_str(" | …");
    }
    text
}

fn length_text(simple: &Simple) -> String {
    if let Some(length) = simple.length {
        return length.to_string();
    }
    let max = simple.length_max.map(|max| max.to_string()).unwrap_or_default();
    match simple.length_min {
        None | Some(0) => format!("..{max}"),
        Some(min) if simple.length_max == Some(min) => max,
        Some(min) => format!("{min}..{max}"),
    }
}

fn digits_text(simple: &Simple) -> String {
    match (simple.digits_total, simple.digits_fraction) {
        (Some(total), Some(fraction)) => format!("{total},{fraction}"),
        (Some(total), None) => format!("..{total}"),
        (None, fraction) => format!("*,{}", fraction.unwrap_or(0)),
    }
}

fn range_text(simple: &Simple) -> String {
    let side = |bound: &Option<Bound>| bound.as_ref().map_or(String::new(), |bound| bound.text.to_string());
    let open = |bound: &Option<Bound>, mark| if bound.is_some() && !is_inclusive(bound) { mark } else { "" };
    format!("{}{}..{}{}", open(&simple.low, ">"), side(&simple.low), open(&simple.high, "<"), side(&simple.high))
}

fn type_text(simple: &Simple) -> String {
    let known = match simple.primitive {
        Primitive::Decimal if simple.lexical != Lexical::Any => "123",
        Primitive::Decimal => "123.45",
        Primitive::Float => "1.5E2",
        Primitive::Boolean => "true | false",
        Primitive::Moment(Kind::DateTime) => "2024-01-31T23:59:59",
        Primitive::Moment(Kind::Date) => "2024-01-31",
        Primitive::Moment(Kind::Time) => "23:59:59",
        Primitive::Duration => "P1DT12H",
        Primitive::Any
        | Primitive::String
        | Primitive::Moment(_)
        | Primitive::HexBinary
        | Primitive::Base64Binary
        | Primitive::AnyUri
        | Primitive::QName
        | Primitive::Notation => &simple.name,
    };
    known.to_owned()
}
