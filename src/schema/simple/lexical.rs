//! Lexical spaces of the primitive types, and when two texts mean the same value.

use std::cmp::Ordering;

use super::{Lexical, Prefixes, Primitive, Simple};
use crate::schema::builtin::ANY_SIMPLE;
use crate::schema::chars;
use crate::schema::decimal::{self, Decimal};
use crate::schema::moment::{Duration, Kind, Moment};

pub(super) fn is_lexical(simple: &Simple, value: &str, prefixes: &dyn Prefixes) -> bool {
    match simple.primitive {
        Primitive::Any => true,
        Primitive::String => match simple.lexical {
            Lexical::Any | Lexical::Integer => true,
            Lexical::Entity => chars::is_ncname(value) && prefixes.has_entity(value),
            Lexical::Language => is_language(value),
            Lexical::NmToken => chars::is_nmtoken(value),
            Lexical::Name => chars::is_name(value),
            Lexical::NcName => chars::is_ncname(value),
        },
        Primitive::Boolean => matches!(value, "true" | "false" | "1" | "0"),
        Primitive::Decimal if simple.lexical == Lexical::Integer => decimal::is_integer(value),
        Primitive::Decimal => Decimal::parse(value).is_some(),
        Primitive::Float => single(value).is_some(),
        Primitive::Double => double(value).is_some(),
        Primitive::Duration => Duration::parse(value).is_some(),
        Primitive::Moment(Kind::Month) if simple.base == Some(ANY_SIMPLE) => Moment::parse_month(value).is_some(),
        Primitive::Moment(kind) => Moment::parse(kind, value).is_some(),
        Primitive::HexBinary => value.len().is_multiple_of(2) && value.bytes().all(|b| b.is_ascii_hexdigit()),
        Primitive::Base64Binary => base64_octets(value).is_some(),
        Primitive::AnyUri => is_uri(value),
        Primitive::QName | Primitive::Notation => {
            let prefix = value.split_once(':').map_or("", |(prefix, _)| prefix);
            chars::is_qname(value) && (prefix.is_empty() || prefixes.uri(prefix).is_some())
        }
    }
}

fn is_language(value: &str) -> bool {
    value.split('-').enumerate().all(|(index, part)| {
        (1..=8).contains(&part.len())
            && part.bytes().all(|b| b.is_ascii_alphabetic() || (index > 0 && b.is_ascii_digit()))
    })
}

/// `anyURI`: what RFC 2396 and 2732 take once other characters are escaped, as XSD 1.0 §3.2.17 refers to them.
fn is_uri(value: &str) -> bool {
    let (rest, fragment) = value.split_once('#').unwrap_or((value, ""));
    let mut bytes = value.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' && !(0..2).all(|_| bytes.next().is_some_and(|b| b.is_ascii_hexdigit())) {
            return false;
        }
    }
    // A colon in the first segment ends a scheme, which needs something behind it.
    let first = rest.split(['/', '?']).next().unwrap_or("");
    let path = match first.split_once(':') {
        None => rest,
        Some((scheme, _)) => {
            let path = rest.get(scheme.len() + 1..).unwrap_or("");
            let scheme_fits = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
            if !scheme_fits || path.is_empty() || path == "//" {
                return false;
            }
            path
        }
    };
    // Brackets stand around an address of IP version 6 only.
    let is_bracket = |c| matches!(c, '[' | ']');
    let plain = match path.strip_prefix("//[").and_then(|address| address.split_once(']')) {
        Some((address, behind)) => {
            if address.is_empty() || !address.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.')) {
                return false;
            }
            behind
        }
        None => path,
    };
    !plain.contains(is_bracket) && !fragment.contains(is_bracket) && !fragment.contains('#')
}

/// A `float`: rounded to 24 bits of mantissa.
pub(super) fn single(value: &str) -> Option<f32> {
    match value {
        "INF" => Some(f32::INFINITY),
        "-INF" => Some(f32::NEG_INFINITY),
        "NaN" => Some(f32::NAN),
        _ => is_float(value).then(|| value.parse().ok()).flatten(),
    }
}

/// A `double`: rounded to 53 bits of mantissa.
pub(super) fn double(value: &str) -> Option<f64> {
    match value {
        "INF" => Some(f64::INFINITY),
        "-INF" => Some(f64::NEG_INFINITY),
        "NaN" => Some(f64::NAN),
        _ => is_float(value).then(|| value.parse().ok()).flatten(),
    }
}

/// A decimal number, and an integer behind `e` or `E` if there is one.
fn is_float(value: &str) -> bool {
    let (mantissa, exponent) = match value.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (value, None),
    };
    Decimal::parse(mantissa).is_some() && exponent.is_none_or(decimal::is_integer)
}

/// Octets of a base64 text, white space ignored; `None` if it is none.
pub(super) fn base64_octets(value: &str) -> Option<usize> {
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

pub(super) fn order(primitive: Primitive, a: &str, b: &str) -> Option<Ordering> {
    match primitive {
        Primitive::Decimal => Some(Decimal::parse(a)?.cmp(&Decimal::parse(b)?)),
        Primitive::Float => float_order(single(a)?, single(b)?),
        Primitive::Double => float_order(double(a)?, double(b)?),
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

/// The order of IEEE 754, but NaN is the same as itself (and in no order with anything else).
fn float_order<F: PartialOrd>(a: F, b: F) -> Option<Ordering> {
    let is_nan = |n: &F| n.partial_cmp(n).is_none();
    if is_nan(&a) && is_nan(&b) { Some(Ordering::Equal) } else { a.partial_cmp(&b) }
}

/// Whether two bounds are in order, for the checks of the schema itself.
pub(in crate::schema) fn in_order(primitive: Primitive, low: &str, high: &str) -> Option<Ordering> {
    order(primitive, low, high)
}

/// Whether two values of the string family, or two numbers, are the same.
pub(super) fn same_atomic(primitive: Primitive, a: &str, b: &str) -> bool {
    a == b || (primitive == Primitive::Decimal && order(primitive, a, b) == Some(Ordering::Equal))
}
