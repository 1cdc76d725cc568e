//! Permanent ids of the rules that this module checks. An id is never renamed or given another meaning.

/// The bytes are in no encoding we take, or break the one they claim.
pub const ENCODING: &str = "XML-ENCODING";
/// Not well-formed XML.
pub const SYNTAX: &str = "XML-SYNTAX";
/// A document type declaration, which is refused whatever it holds.
pub const DTD: &str = "XML-DTD";
/// A character that XML 1.0 forbids.
pub const CHAR: &str = "XML-CHAR";
/// No root element, a second one, or text outside of it.
pub const ROOT: &str = "XML-ROOT";
/// A prefix that is not bound, or a reserved one misused.
pub const PREFIX: &str = "XML-NAMESPACE";
/// A limit of this program, see `domain::limits`.
pub const LIMIT: &str = "XML-LIMIT";

/// The root element is none that the schema declares.
pub const XSD_ROOT: &str = "XSD-ROOT";
/// A required element is not there.
pub const XSD_MISSING: &str = "XSD-MISSING";
/// An element that the schema does not have at this place.
pub const XSD_UNEXPECTED: &str = "XSD-UNEXPECTED";
/// A known element in the wrong order.
pub const XSD_ORDER: &str = "XSD-ORDER";
/// An element more often than allowed.
pub const XSD_TOO_MANY: &str = "XSD-TOO-MANY";
/// The right local name in the wrong namespace.
pub const XSD_NAMESPACE: &str = "XSD-NAMESPACE";
/// A required attribute is not there.
pub const XSD_ATTRIBUTE_MISSING: &str = "XSD-ATTRIBUTE-MISSING";
/// An attribute that the schema does not have on this element.
pub const XSD_ATTRIBUTE_UNKNOWN: &str = "XSD-ATTRIBUTE-UNKNOWN";
/// A value outside the lexical space of its type.
pub const XSD_TYPE: &str = "XSD-TYPE";
/// Too short or too long, in characters, octets or list items.
pub const XSD_LENGTH: &str = "XSD-LENGTH";
/// A value that its pattern does not match.
pub const XSD_PATTERN: &str = "XSD-PATTERN";
/// A value that is not in its list.
pub const XSD_ENUM: &str = "XSD-ENUM";
/// A value below or above its bounds.
pub const XSD_RANGE: &str = "XSD-RANGE";
/// Too many digits in all, or behind the decimal point.
pub const XSD_DIGITS: &str = "XSD-DIGITS";
/// Text between elements, where the schema allows none.
pub const XSD_TEXT: &str = "XSD-TEXT";
/// Content in an element that must be empty.
pub const XSD_EMPTY: &str = "XSD-EMPTY";
/// `xsi:nil` where it is not allowed, or content in a nil element.
pub const XSD_NIL: &str = "XSD-NIL";
/// A value other than the fixed one.
pub const XSD_FIXED: &str = "XSD-FIXED";
/// `xsi:type` names no type, or one that cannot stand here; or the type is abstract.
pub const XSD_XSI_TYPE: &str = "XSD-XSI-TYPE";
/// An abstract element was used itself.
pub const XSD_ABSTRACT: &str = "XSD-ABSTRACT";
/// An `ID` that was there before.
pub const XSD_ID: &str = "XSD-ID";
/// An `IDREF` to an `ID` that is not in the message.
pub const XSD_IDREF: &str = "XSD-IDREF";
/// A key, a unique constraint or a key reference is broken.
pub const XSD_KEY: &str = "XSD-KEY";

/// Every id, for lists and tests.
pub const ALL: &[&str] = &[
    ENCODING,
    SYNTAX,
    DTD,
    CHAR,
    ROOT,
    PREFIX,
    LIMIT,
    XSD_ROOT,
    XSD_MISSING,
    XSD_UNEXPECTED,
    XSD_ORDER,
    XSD_TOO_MANY,
    XSD_NAMESPACE,
    XSD_ATTRIBUTE_MISSING,
    XSD_ATTRIBUTE_UNKNOWN,
    XSD_TYPE,
    XSD_LENGTH,
    XSD_PATTERN,
    XSD_ENUM,
    XSD_RANGE,
    XSD_DIGITS,
    XSD_TEXT,
    XSD_EMPTY,
    XSD_NIL,
    XSD_FIXED,
    XSD_XSI_TYPE,
    XSD_ABSTRACT,
    XSD_ID,
    XSD_IDREF,
    XSD_KEY,
];
