//! What a type wants and what is wrong with a value, in words.

use super::facets::is_inclusive;
use super::{Bound, Lexical, Primitive, Problem, Simple};
use crate::schema::moment::Kind;
use crate::schema::pattern::Pattern;
use crate::schema::rules;

#[cold]
pub(super) fn not_lexical(simple: &Simple, value: &str) -> Box<Problem> {
    let (zh, en) = match simple.primitive {
        _ if value.is_empty() => ("不能为空", "must not be empty"),
        Primitive::Decimal if simple.lexical != Lexical::Any => ("不是整数", "is not an integer"),
        Primitive::Decimal => ("不是十进制数字", "is not a decimal number"),
        Primitive::Float | Primitive::Double => ("不是数字", "is not a number"),
        Primitive::Boolean => ("不是 true 或 false", "is neither true nor false"),
        Primitive::Moment(Kind::DateTime) => ("不是合法的日期时间", "is not a valid date and time"),
        Primitive::Moment(Kind::Time) => ("不是合法的时间", "is not a valid time"),
        Primitive::Moment(_) => ("不是合法的日期", "is not a valid date"),
        Primitive::Duration => ("不是合法的时长", "is not a valid duration"),
        Primitive::HexBinary => ("不是十六进制编码", "is not hexadecimal"),
        Primitive::Base64Binary => ("不是 Base64 编码", "is not base64"),
        Primitive::AnyUri => ("不是合法的 URI", "is not a valid URI"),
        Primitive::String if simple.lexical == Lexical::Entity => (
            "不是本报文定义的实体（报文不带 DTD，没有实体）",
            "names no entity: messages carry no DTD, so there are none",
        ),
        Primitive::Any | Primitive::String | Primitive::QName | Primitive::Notation => {
            ("不是合法的名称", "is not a valid name")
        }
    };
    let expected = if simple.low.is_some() || simple.high.is_some() { range_text(simple) } else { type_text(simple) };
    Box::new(Problem { rule: rules::XSD_TYPE, zh: zh.into(), en: en.into(), expected, also: Vec::new() })
}

#[cold]
pub(super) fn not_listed(values: &[Box<str>]) -> Box<Problem> {
    let expected = listing(values);
    Box::new(Problem {
        rule: rules::XSD_ENUM,
        zh: format!("的值不在允许的代码中：{expected}"),
        en: format!("is not one of the values allowed: {expected}"),
        expected,
        also: Vec::new(),
    })
}

#[cold]
pub(super) fn not_matched(group: &[Pattern]) -> Box<Problem> {
    let expected = sources(group);
    Box::new(Problem {
        rule: rules::XSD_PATTERN,
        zh: format!("格式不对，应符合 {expected}"),
        en: format!("has the wrong form, must match {expected}"),
        expected,
        also: Vec::new(),
    })
}

pub(super) fn sources(group: &[Pattern]) -> String {
    group.iter().map(|pattern| &*pattern.source).collect::<Vec<_>>().join(" | ")
}

/// Values shown of a long enumeration.
const LISTED_MAX: usize = 12;

pub(super) fn listing(values: &[Box<str>]) -> String {
    let mut text = values.iter().take(LISTED_MAX).map(|v| &**v).collect::<Vec<_>>().join(" | ");
    if values.len() > LISTED_MAX {
        text.push_str(" | …");
    }
    text
}

pub(super) fn length_text(simple: &Simple) -> String {
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

pub(super) fn digits_text(simple: &Simple) -> String {
    match (simple.digits_total, simple.digits_fraction) {
        (Some(total), Some(fraction)) => format!("{total},{fraction}"),
        (Some(total), None) => format!("..{total}"),
        (None, fraction) => format!("*,{}", fraction.unwrap_or(0)),
    }
}

pub(super) fn range_text(simple: &Simple) -> String {
    let side = |bound: &Option<Bound>| bound.as_ref().map_or(String::new(), |bound| bound.text.to_string());
    let open = |bound: &Option<Bound>, mark| if bound.is_some() && !is_inclusive(bound) { mark } else { "" };
    format!("{}{}..{}{}", open(&simple.low, ">"), side(&simple.low), open(&simple.high, "<"), side(&simple.high))
}

pub(super) fn type_text(simple: &Simple) -> String {
    let known = match simple.primitive {
        Primitive::Decimal if simple.lexical != Lexical::Any => "123",
        Primitive::Decimal => "123.45",
        Primitive::Float | Primitive::Double => "1.5E2",
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
