//! The values that attributes of XSD elements may have.

use super::super::super::chars;

/// What kind of value an attribute has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Any,
    /// A URI that is not empty.
    Target,
    NcName,
    QName,
    QNames,
    Boolean,
    Count,
    /// A count or `unbounded`.
    CountMax,
    ZeroOrOne,
    One,
    Form,
    Use,
    Process,
    Namespaces,
    /// `#all`, or a list of these words.
    Ways(&'static [&'static str]),
}

/// Whether the value, without white space around it, is of the kind.
pub(super) fn fits(kind: Kind, value: &str) -> bool {
    let mut words = value.split_ascii_whitespace();
    match kind {
        Kind::Any => true,
        Kind::Target => !value.is_empty(),
        Kind::NcName => chars::is_ncname(value),
        Kind::QName => chars::is_qname(value),
        Kind::QNames => words.all(chars::is_qname),
        Kind::Boolean => matches!(value, "true" | "false" | "1" | "0"),
        Kind::Count => is_count(value),
        Kind::CountMax => value == "unbounded" || is_count(value),
        Kind::ZeroOrOne => is_count(value) && matches!(digits(value), "" | "1"),
        Kind::One => is_count(value) && digits(value) == "1",
        Kind::Form => matches!(value, "qualified" | "unqualified"),
        Kind::Use => matches!(value, "optional" | "required" | "prohibited"),
        Kind::Process => matches!(value, "strict" | "lax" | "skip"),
        Kind::Namespaces => {
            matches!(value, "##any" | "##other")
                || words.all(|word| !word.starts_with("##") || matches!(word, "##targetNamespace" | "##local"))
        }
        Kind::Ways(known) => value == "#all" || words.all(|word| known.contains(&word)),
    }
}

/// Whether the text is an `xs:nonNegativeInteger`.
fn is_count(value: &str) -> bool {
    let unsigned = value.strip_prefix(['+', '-']).unwrap_or(value);
    let plain = !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit());
    plain && (!value.starts_with('-') || unsigned.bytes().all(|b| b == b'0'))
}

/// The digits that matter; none for zero.
pub(in crate::schema::compile) fn digits(value: &str) -> &str {
    value.strip_prefix(['+', '-']).unwrap_or(value).trim_start_matches('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_follow_their_kind() {
        for (kind, good, bad) in [
            (Kind::Count, "+007", "-1"),
            (Kind::Count, "-0", ""),
            (Kind::CountMax, "unbounded", "Unbounded"),
            (Kind::ZeroOrOne, "00", "2"),
            (Kind::One, "01", "0"),
            (Kind::Namespaces, "##local urn:a ##targetNamespace", "##any ##local"),
            (Kind::Ways(&["extension"]), "extension extension", "extension list"),
            (Kind::Ways(&["extension"]), "", "#all extension"),
            (Kind::QNames, "a b:c", "a b:"),
            (Kind::Target, "urn:a", ""),
        ] {
            assert!(fits(kind, good), "{kind:?} {good}");
            assert!(!fits(kind, bad), "{kind:?} {bad}");
        }
    }
}
