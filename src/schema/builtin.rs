//! The built-in simple types of XSD 1.0, as entries of the table.

use super::moment::Kind;
use super::simple::{Bound, Closed, Identity, Lexical, Primitive, Simple, SimpleId, SimpleTypes, Space, Variety};

/// `anySimpleType` is the first entry.
pub(super) const ANY_SIMPLE: SimpleId = 0;

fn simple(name: &str, base: Option<SimpleId>, primitive: Primitive, space: Space) -> Simple {
    Simple {
        name: name.into(),
        base,
        variety: Variety::Atomic,
        primitive,
        lexical: Lexical::Any,
        identity: Identity::None,
        space,
        length: None,
        length_min: None,
        length_max: None,
        patterns: Vec::new(),
        values: None,
        low: None,
        high: None,
        digits_total: None,
        digits_fraction: None,
        fixed: if space == Space::Collapse && primitive != Primitive::String { vec!["whiteSpace"] } else { Vec::new() },
        closed: Closed::default(),
    }
}

/// Primitive types, in the order of the table.
const PRIMITIVES: &[(&str, Primitive)] = &[
    ("boolean", Primitive::Boolean),
    ("decimal", Primitive::Decimal),
    ("float", Primitive::Float),
    ("double", Primitive::Double),
    ("duration", Primitive::Duration),
    ("dateTime", Primitive::Moment(Kind::DateTime)),
    ("time", Primitive::Moment(Kind::Time)),
    ("date", Primitive::Moment(Kind::Date)),
    ("gYearMonth", Primitive::Moment(Kind::YearMonth)),
    ("gYear", Primitive::Moment(Kind::Year)),
    ("gMonthDay", Primitive::Moment(Kind::MonthDay)),
    ("gDay", Primitive::Moment(Kind::Day)),
    ("gMonth", Primitive::Moment(Kind::Month)),
    ("hexBinary", Primitive::HexBinary),
    ("base64Binary", Primitive::Base64Binary),
    ("anyURI", Primitive::AnyUri),
    ("QName", Primitive::QName),
    ("NOTATION", Primitive::Notation),
];

/// The string family: name, base, lexical form, identity.
const STRINGS: &[(&str, &str, Lexical, Identity)] = &[
    ("normalizedString", "string", Lexical::Any, Identity::None),
    ("token", "normalizedString", Lexical::Any, Identity::None),
    ("language", "token", Lexical::Language, Identity::None),
    ("NMTOKEN", "token", Lexical::NmToken, Identity::None),
    ("Name", "token", Lexical::Name, Identity::None),
    ("NCName", "Name", Lexical::NcName, Identity::None),
    ("ID", "NCName", Lexical::NcName, Identity::Id),
    ("IDREF", "NCName", Lexical::NcName, Identity::IdRef),
    ("ENTITY", "NCName", Lexical::Entity, Identity::None),
];

/// The integer family: name, base, least, greatest.
const INTEGERS: &[(&str, &str, &str, &str)] = &[
    ("integer", "decimal", "", ""),
    ("nonPositiveInteger", "integer", "", "0"),
    ("negativeInteger", "nonPositiveInteger", "", "-1"),
    ("long", "integer", "-9223372036854775808", "9223372036854775807"),
    ("int", "long", "-2147483648", "2147483647"),
    ("short", "int", "-32768", "32767"),
    ("byte", "short", "-128", "127"),
    ("nonNegativeInteger", "integer", "0", ""),
    ("unsignedLong", "nonNegativeInteger", "0", "18446744073709551615"),
    ("unsignedInt", "unsignedLong", "0", "4294967295"),
    ("unsignedShort", "unsignedInt", "0", "65535"),
    ("unsignedByte", "unsignedShort", "0", "255"),
    ("positiveInteger", "nonNegativeInteger", "1", ""),
];

/// The table with all built-in types.
pub(super) fn table() -> SimpleTypes {
    let mut table = SimpleTypes::default();
    table.types.push(simple("anySimpleType", None, Primitive::Any, Space::Preserve));
    table.types.push(simple("string", Some(ANY_SIMPLE), Primitive::String, Space::Preserve));
    for (name, primitive) in PRIMITIVES {
        table.types.push(simple(name, Some(ANY_SIMPLE), *primitive, Space::Collapse));
    }
    for (name, base, lexical, identity) in STRINGS {
        let base = find(&table, base).expect("bases stand before");
        let space = if *name == "normalizedString" { Space::Replace } else { Space::Collapse };
        let mut made = simple(name, Some(base), Primitive::String, space);
        made.lexical = *lexical;
        made.identity = *identity;
        table.types.push(made);
    }
    for (name, base, low, high) in INTEGERS {
        let base = find(&table, base).expect("bases stand before");
        let bound = |text: &str| (!text.is_empty()).then(|| Bound { text: text.into(), inclusive: true });
        let mut made = simple(name, Some(base), Primitive::Decimal, Space::Collapse);
        made.lexical = Lexical::Integer;
        made.low = bound(low);
        made.high = bound(high);
        made.digits_fraction = Some(0);
        made.fixed = vec!["fractionDigits", "whiteSpace"];
        table.types.push(made);
    }
    for (name, item) in [("NMTOKENS", "NMTOKEN"), ("IDREFS", "IDREF"), ("ENTITIES", "ENTITY")] {
        let item = find(&table, item).expect("items stand before");
        let mut made = simple(name, Some(ANY_SIMPLE), Primitive::String, Space::Collapse);
        made.variety = Variety::List(item);
        made.length_min = Some(1);
        made.fixed = vec!["whiteSpace"];
        table.types.push(made);
    }
    table
}

/// A built-in type by its local name.
pub(super) fn find(table: &SimpleTypes, name: &str) -> Option<SimpleId> {
    table.types.iter().take(BUILTINS).position(|simple| &*simple.name == name)
}

const BUILTINS: usize = 2 + PRIMITIVES.len() + STRINGS.len() + INTEGERS.len() + 3;
