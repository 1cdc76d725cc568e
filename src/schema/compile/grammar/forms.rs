//! The form of each XSD element at each of its places.

use super::super::tree::Tree;
use super::values::Kind;

/// Children that may stand at one point of a content model.
pub(super) struct Slot {
    pub(super) names: &'static [&'static str],
    pub(super) min: usize,
    pub(super) max: usize,
}

/// Attributes and children of an element at a place.
pub(super) struct Form {
    pub(super) attributes: &'static [(&'static str, Kind)],
    pub(super) required: &'static [&'static str],
    pub(super) slots: &'static [Slot],
}

const fn any(names: &'static [&'static str]) -> Slot {
    Slot { names, min: 0, max: usize::MAX }
}

const fn one(names: &'static [&'static str]) -> Slot {
    Slot { names, min: 1, max: 1 }
}

const fn maybe(names: &'static [&'static str]) -> Slot {
    Slot { names, min: 0, max: 1 }
}

const NOTE: Slot = maybe(&["annotation"]);
const GROUP: Slot = maybe(&["group", "all", "choice", "sequence"]);
const USES: Slot = any(&["attribute", "attributeGroup"]);
const ANY_ATTRIBUTE: Slot = maybe(&["anyAttribute"]);
const INNER_SIMPLE: Slot = maybe(&["simpleType"]);
const FACETS: Slot = any(&[
    "length",
    "minLength",
    "maxLength",
    "pattern",
    "enumeration",
    "whiteSpace",
    "minInclusive",
    "maxInclusive",
    "minExclusive",
    "maxExclusive",
    "totalDigits",
    "fractionDigits",
]);
const KEYS: Slot = any(&["unique", "key", "keyref"]);
const PARTICLES: Slot = any(&["element", "group", "choice", "sequence", "any"]);
const NOTED: &[Slot] = &[NOTE];

const BASE: (&str, Kind) = ("base", Kind::QName);
const NAME: (&str, Kind) = ("name", Kind::NcName);
const REF: (&str, Kind) = ("ref", Kind::QName);
const TYPE: (&str, Kind) = ("type", Kind::QName);
const DEFAULT: (&str, Kind) = ("default", Kind::Any);
const FIXED: (&str, Kind) = ("fixed", Kind::Any);
const MIN: (&str, Kind) = ("minOccurs", Kind::Count);
const MAX: (&str, Kind) = ("maxOccurs", Kind::CountMax);
const MIN_ALL: (&str, Kind) = ("minOccurs", Kind::ZeroOrOne);
const FORM: (&str, Kind) = ("form", Kind::Form);
const MIXED: (&str, Kind) = ("mixed", Kind::Boolean);
const NILLABLE: (&str, Kind) = ("nillable", Kind::Boolean);
const BLOCK_ELEMENT: (&str, Kind) = ("block", Kind::Ways(&["extension", "restriction", "substitution"]));
const DERIVED: Kind = Kind::Ways(&["extension", "restriction"]);
const NAMESPACE: (&str, Kind) = ("namespace", Kind::Namespaces);
const PROCESS: (&str, Kind) = ("processContents", Kind::Process);

const SCHEMA: Form = Form {
    attributes: &[
        ("targetNamespace", Kind::Target),
        ("version", Kind::Any),
        ("elementFormDefault", Kind::Form),
        ("attributeFormDefault", Kind::Form),
        ("blockDefault", Kind::Ways(&["extension", "restriction", "substitution"])),
        ("finalDefault", Kind::Ways(&["extension", "restriction", "list", "union"])),
    ],
    required: &[],
    slots: &[
        any(&["include", "import", "redefine", "annotation"]),
        any(&[
            "simpleType",
            "complexType",
            "group",
            "attributeGroup",
            "element",
            "attribute",
            "notation",
            "annotation",
        ]),
    ],
};
const INCLUDE: Form =
    Form { attributes: &[("schemaLocation", Kind::Any)], required: &["schemaLocation"], slots: NOTED };
const IMPORT: Form =
    Form { attributes: &[("schemaLocation", Kind::Any), ("namespace", Kind::Any)], required: &[], slots: NOTED };
const REDEFINE: Form = Form {
    attributes: &[("schemaLocation", Kind::Any)],
    required: &["schemaLocation"],
    slots: &[any(&["annotation", "simpleType", "complexType", "group", "attributeGroup"])],
};
const ANNOTATION: Form = Form { attributes: &[], required: &[], slots: &[any(&["documentation", "appinfo"])] };
const APPINFO: Form = Form { attributes: &[("source", Kind::Any)], required: &[], slots: &[] };
const ELEMENT_SLOTS: &[Slot] = &[NOTE, maybe(&["simpleType", "complexType"]), KEYS];
const ELEMENT_GLOBAL: Form = Form {
    attributes: &[
        NAME,
        TYPE,
        DEFAULT,
        FIXED,
        NILLABLE,
        BLOCK_ELEMENT,
        ("substitutionGroup", Kind::QName),
        ("abstract", Kind::Boolean),
        ("final", DERIVED),
    ],
    required: &["name"],
    slots: ELEMENT_SLOTS,
};
const ELEMENT_LOCAL: Form = Form {
    attributes: &[NAME, TYPE, DEFAULT, FIXED, NILLABLE, BLOCK_ELEMENT, FORM, MIN, MAX],
    required: &["name"],
    slots: ELEMENT_SLOTS,
};
const ELEMENT_OF_ALL: Form = Form {
    attributes: &[NAME, TYPE, DEFAULT, FIXED, NILLABLE, BLOCK_ELEMENT, FORM, MIN_ALL, ("maxOccurs", Kind::ZeroOrOne)],
    required: &["name"],
    slots: ELEMENT_SLOTS,
};
const ELEMENT_REF: Form = Form { attributes: &[REF, MIN, MAX], required: &["ref"], slots: NOTED };
const ELEMENT_REF_OF_ALL: Form =
    Form { attributes: &[REF, MIN_ALL, ("maxOccurs", Kind::ZeroOrOne)], required: &["ref"], slots: NOTED };
const ATTRIBUTE_GLOBAL: Form =
    Form { attributes: &[NAME, TYPE, DEFAULT, FIXED], required: &["name"], slots: &[NOTE, INNER_SIMPLE] };
const ATTRIBUTE_LOCAL: Form = Form {
    attributes: &[NAME, TYPE, DEFAULT, FIXED, FORM, ("use", Kind::Use)],
    required: &["name"],
    slots: &[NOTE, INNER_SIMPLE],
};
const ATTRIBUTE_REF: Form =
    Form { attributes: &[REF, DEFAULT, FIXED, ("use", Kind::Use)], required: &["ref"], slots: NOTED };
const ATTRIBUTE_GROUP: Form = Form { attributes: &[NAME], required: &["name"], slots: &[NOTE, USES, ANY_ATTRIBUTE] };
const ATTRIBUTE_GROUP_REF: Form = Form { attributes: &[REF], required: &["ref"], slots: NOTED };
const GROUP_GLOBAL: Form =
    Form { attributes: &[NAME], required: &["name"], slots: &[NOTE, one(&["all", "choice", "sequence"])] };
const GROUP_REF: Form = Form { attributes: &[REF, MIN, MAX], required: &["ref"], slots: NOTED };
const COMPLEX_SLOTS: &[Slot] =
    &[NOTE, maybe(&["simpleContent", "complexContent", "group", "all", "choice", "sequence"]), USES, ANY_ATTRIBUTE];
const COMPLEX_GLOBAL: Form = Form {
    attributes: &[NAME, MIXED, ("abstract", Kind::Boolean), ("final", DERIVED), ("block", DERIVED)],
    required: &["name"],
    slots: COMPLEX_SLOTS,
};
const COMPLEX_LOCAL: Form = Form { attributes: &[MIXED], required: &[], slots: COMPLEX_SLOTS };
const SIMPLE_SLOTS: &[Slot] = &[NOTE, one(&["restriction", "list", "union"])];
const SIMPLE_GLOBAL: Form = Form {
    attributes: &[NAME, ("final", Kind::Ways(&["list", "union", "restriction"]))],
    required: &["name"],
    slots: SIMPLE_SLOTS,
};
const SIMPLE_LOCAL: Form = Form { attributes: &[], required: &[], slots: SIMPLE_SLOTS };
const DERIVATION_SLOTS: &[Slot] = &[NOTE, one(&["restriction", "extension"])];
const COMPLEX_CONTENT: Form = Form { attributes: &[MIXED], required: &[], slots: DERIVATION_SLOTS };
const SIMPLE_CONTENT: Form = Form { attributes: &[], required: &[], slots: DERIVATION_SLOTS };
const OF_COMPLEX: Form = Form { attributes: &[BASE], required: &["base"], slots: &[NOTE, GROUP, USES, ANY_ATTRIBUTE] };
const EXTENSION_OF_SIMPLE: Form =
    Form { attributes: &[BASE], required: &["base"], slots: &[NOTE, USES, ANY_ATTRIBUTE] };
const RESTRICTION_OF_SIMPLE: Form =
    Form { attributes: &[BASE], required: &["base"], slots: &[NOTE, INNER_SIMPLE, FACETS, USES, ANY_ATTRIBUTE] };
const RESTRICTION: Form = Form { attributes: &[BASE], required: &[], slots: &[NOTE, INNER_SIMPLE, FACETS] };
const LIST: Form = Form { attributes: &[("itemType", Kind::QName)], required: &[], slots: &[NOTE, INNER_SIMPLE] };
const UNION: Form =
    Form { attributes: &[("memberTypes", Kind::QNames)], required: &[], slots: &[NOTE, any(&["simpleType"])] };
const ALL: Form =
    Form { attributes: &[MIN_ALL, ("maxOccurs", Kind::One)], required: &[], slots: &[NOTE, any(&["element"])] };
const ALL_OF_GROUP: Form = Form { attributes: &[], required: &[], slots: &[NOTE, any(&["element"])] };
const MODEL: Form = Form { attributes: &[MIN, MAX], required: &[], slots: &[NOTE, PARTICLES] };
const MODEL_OF_GROUP: Form = Form { attributes: &[], required: &[], slots: &[NOTE, PARTICLES] };
const ANY: Form = Form { attributes: &[NAMESPACE, PROCESS, MIN, MAX], required: &[], slots: NOTED };
const ANY_ATTRIBUTE_FORM: Form = Form { attributes: &[NAMESPACE, PROCESS], required: &[], slots: NOTED };
const FACET: Form =
    Form { attributes: &[("value", Kind::Any), ("fixed", Kind::Boolean)], required: &["value"], slots: NOTED };
const VALUE: Form = Form { attributes: &[("value", Kind::Any)], required: &["value"], slots: NOTED };
const KEY_SLOTS: &[Slot] = &[NOTE, one(&["selector"]), Slot { names: &["field"], min: 1, max: usize::MAX }];
const KEY: Form = Form { attributes: &[NAME], required: &["name"], slots: KEY_SLOTS };
const KEYREF: Form =
    Form { attributes: &[NAME, ("refer", Kind::QName)], required: &["name", "refer"], slots: KEY_SLOTS };
const XPATH: Form = Form { attributes: &[("xpath", Kind::Any)], required: &["xpath"], slots: NOTED };
const NOTATION: Form =
    Form { attributes: &[NAME, ("public", Kind::Any), ("system", Kind::Any)], required: &["name"], slots: NOTED };

/// The form of an element at its place.
pub(super) fn form(tree: &Tree, index: usize, name: &str, parent: &str) -> Option<&'static Form> {
    let global = matches!(parent, "schema" | "redefine");
    let is_ref = tree.attribute(index, "ref").is_some() && tree.attribute(index, "name").is_none();
    Some(match name {
        "schema" => &SCHEMA,
        "include" => &INCLUDE,
        "import" => &IMPORT,
        "redefine" => &REDEFINE,
        "annotation" => &ANNOTATION,
        "appinfo" | "documentation" => &APPINFO,
        "element" if global => &ELEMENT_GLOBAL,
        "element" => match (is_ref, parent == "all") {
            (true, true) => &ELEMENT_REF_OF_ALL,
            (true, false) => &ELEMENT_REF,
            (false, true) => &ELEMENT_OF_ALL,
            (false, false) => &ELEMENT_LOCAL,
        },
        "attribute" if global => &ATTRIBUTE_GLOBAL,
        "attribute" if is_ref => &ATTRIBUTE_REF,
        "attribute" => &ATTRIBUTE_LOCAL,
        "attributeGroup" if global => &ATTRIBUTE_GROUP,
        "attributeGroup" => &ATTRIBUTE_GROUP_REF,
        "group" if global => &GROUP_GLOBAL,
        "group" => &GROUP_REF,
        "complexType" if global => &COMPLEX_GLOBAL,
        "complexType" => &COMPLEX_LOCAL,
        "simpleType" if global => &SIMPLE_GLOBAL,
        "simpleType" => &SIMPLE_LOCAL,
        "complexContent" => &COMPLEX_CONTENT,
        "simpleContent" => &SIMPLE_CONTENT,
        "extension" if parent == "simpleContent" => &EXTENSION_OF_SIMPLE,
        "extension" => &OF_COMPLEX,
        "restriction" => match parent {
            "simpleContent" => &RESTRICTION_OF_SIMPLE,
            "complexContent" => &OF_COMPLEX,
            _ => &RESTRICTION,
        },
        "list" => &LIST,
        "union" => &UNION,
        "all" if parent == "group" => &ALL_OF_GROUP,
        "all" => &ALL,
        "sequence" | "choice" if parent == "group" => &MODEL_OF_GROUP,
        "sequence" | "choice" => &MODEL,
        "any" => &ANY,
        "anyAttribute" => &ANY_ATTRIBUTE_FORM,
        "pattern" | "enumeration" => &VALUE,
        "unique" | "key" => &KEY,
        "keyref" => &KEYREF,
        "selector" | "field" => &XPATH,
        "notation" => &NOTATION,
        "length" | "minLength" | "maxLength" | "whiteSpace" | "minInclusive" | "maxInclusive" | "minExclusive"
        | "maxExclusive" | "totalDigits" | "fractionDigits" => &FACET,
        _ => return None,
    })
}
