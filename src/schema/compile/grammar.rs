//! The form of schema files: which attributes and children each XSD element may have.

use super::super::chars;
use super::Error;
use super::tree::Tree;

struct Form {
    name: &'static str,
    attributes: &'static [&'static str],
    children: &'static [&'static str],
}

const DERIVED_SIMPLE: &[&str] = &[
    "annotation",
    "simpleType",
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
    "group",
    "all",
    "choice",
    "sequence",
    "attribute",
    "attributeGroup",
    "anyAttribute",
];
const CONTENT: &[&str] =
    &["annotation", "group", "all", "choice", "sequence", "attribute", "attributeGroup", "anyAttribute"];
const PARTICLES: &[&str] = &["annotation", "element", "group", "choice", "sequence", "any"];
const FACET: &[&str] = &["value", "fixed"];
const NOTE: &[&str] = &["annotation"];
const TOP: &[&str] = &[
    "include",
    "import",
    "redefine",
    "annotation",
    "simpleType",
    "complexType",
    "group",
    "attributeGroup",
    "element",
    "attribute",
    "notation",
];
const OCCURS: &[&str] = &["minOccurs", "maxOccurs"];

const FORMS: &[Form] = &[
    Form {
        name: "schema",
        attributes: &[
            "targetNamespace",
            "version",
            "elementFormDefault",
            "attributeFormDefault",
            "blockDefault",
            "finalDefault",
        ],
        children: TOP,
    },
    Form { name: "include", attributes: &["schemaLocation"], children: NOTE },
    Form { name: "import", attributes: &["schemaLocation", "namespace"], children: NOTE },
    Form { name: "redefine", attributes: &["schemaLocation"], children: TOP },
    Form { name: "annotation", attributes: &[], children: &["documentation", "appinfo"] },
    Form {
        name: "element",
        attributes: &[
            "name",
            "ref",
            "type",
            "substitutionGroup",
            "minOccurs",
            "maxOccurs",
            "default",
            "fixed",
            "nillable",
            "abstract",
            "final",
            "block",
            "form",
        ],
        children: &["annotation", "simpleType", "complexType", "key", "unique", "keyref"],
    },
    Form {
        name: "attribute",
        attributes: &["name", "ref", "type", "use", "default", "fixed", "form"],
        children: &["annotation", "simpleType"],
    },
    Form {
        name: "attributeGroup",
        attributes: &["name", "ref"],
        children: &["annotation", "attribute", "attributeGroup", "anyAttribute"],
    },
    Form {
        name: "group",
        attributes: &["name", "ref", "minOccurs", "maxOccurs"],
        children: &["annotation", "all", "choice", "sequence"],
    },
    Form {
        name: "complexType",
        attributes: &["name", "mixed", "abstract", "final", "block"],
        children: &[
            "annotation",
            "simpleContent",
            "complexContent",
            "group",
            "all",
            "choice",
            "sequence",
            "attribute",
            "attributeGroup",
            "anyAttribute",
        ],
    },
    Form {
        name: "simpleType",
        attributes: &["name", "final"],
        children: &["annotation", "restriction", "list", "union"],
    },
    Form { name: "complexContent", attributes: &["mixed"], children: &["annotation", "extension", "restriction"] },
    Form { name: "simpleContent", attributes: &[], children: &["annotation", "extension", "restriction"] },
    Form { name: "extension", attributes: &["base"], children: CONTENT },
    Form { name: "restriction", attributes: &["base"], children: DERIVED_SIMPLE },
    Form { name: "sequence", attributes: OCCURS, children: PARTICLES },
    Form { name: "choice", attributes: OCCURS, children: PARTICLES },
    Form { name: "all", attributes: OCCURS, children: &["annotation", "element"] },
    Form { name: "any", attributes: &["minOccurs", "maxOccurs", "namespace", "processContents"], children: NOTE },
    Form { name: "anyAttribute", attributes: &["namespace", "processContents"], children: NOTE },
    Form { name: "list", attributes: &["itemType"], children: &["annotation", "simpleType"] },
    Form { name: "union", attributes: &["memberTypes"], children: &["annotation", "simpleType"] },
    Form { name: "length", attributes: FACET, children: NOTE },
    Form { name: "minLength", attributes: FACET, children: NOTE },
    Form { name: "maxLength", attributes: FACET, children: NOTE },
    Form { name: "pattern", attributes: &["value"], children: NOTE },
    Form { name: "enumeration", attributes: &["value"], children: NOTE },
    Form { name: "whiteSpace", attributes: FACET, children: NOTE },
    Form { name: "minInclusive", attributes: FACET, children: NOTE },
    Form { name: "maxInclusive", attributes: FACET, children: NOTE },
    Form { name: "minExclusive", attributes: FACET, children: NOTE },
    Form { name: "maxExclusive", attributes: FACET, children: NOTE },
    Form { name: "totalDigits", attributes: FACET, children: NOTE },
    Form { name: "fractionDigits", attributes: FACET, children: NOTE },
    Form { name: "key", attributes: &["name"], children: &["annotation", "selector", "field"] },
    Form { name: "unique", attributes: &["name"], children: &["annotation", "selector", "field"] },
    Form { name: "keyref", attributes: &["name", "refer"], children: &["annotation", "selector", "field"] },
    Form { name: "selector", attributes: &["xpath"], children: NOTE },
    Form { name: "field", attributes: &["xpath"], children: NOTE },
    Form { name: "notation", attributes: &["name", "public", "system"], children: NOTE },
];

/// Allowed values of attributes that have a list.
fn is_allowed(element: &str, attribute: &str, value: &str) -> bool {
    let is_boolean = || matches!(value, "true" | "false" | "1" | "0");
    match attribute {
        "name" => chars::is_ncname(value),
        "elementFormDefault" | "attributeFormDefault" | "form" => matches!(value, "qualified" | "unqualified"),
        "use" => matches!(value, "optional" | "required" | "prohibited"),
        "processContents" => matches!(value, "strict" | "lax" | "skip"),
        "mixed" | "abstract" | "nillable" => is_boolean(),
        "minOccurs" => value.parse::<u64>().is_ok(),
        "maxOccurs" => value == "unbounded" || value.parse::<u64>().is_ok(),
        "ref" | "type" | "base" | "itemType" | "substitutionGroup" | "refer" => chars::is_qname(value),
        "fixed" if !matches!(element, "element" | "attribute") => is_boolean(),
        _ => true,
    }
}

/// Checks one file; returns all that is wrong with its form.
pub(super) fn check(tree: &Tree) -> Vec<Error> {
    let mut errors = Vec::new();
    let mut open = vec![0usize];
    while let Some(index) = open.pop() {
        let node = tree.node(index);
        let Some(form) = FORMS.iter().find(|form| Some(form.name) == node.name) else { continue };
        for attribute in &node.attributes {
            let name = attribute.name.as_str();
            if name.starts_with('{') || name == "id" {
                continue;
            }
            let value = attribute.value.trim();
            if !form.attributes.contains(&name) {
                let zh = format!("{} 没有属性 {name}", node.shown);
                errors.push(tree.error_at(attribute.at, zh, format!("{} has no attribute {name}", node.shown)));
            } else if !is_allowed(form.name, name, value) {
                let zh = format!("属性 {name} 的值不对：{value}");
                errors.push(tree.error_at(attribute.at, zh, format!("{value:?} is no value of attribute {name}")));
            }
        }
        for child in &node.children {
            let inner = tree.node(*child);
            match inner.name {
                Some(name) if form.children.contains(&name) => {
                    if !matches!(name, "documentation" | "appinfo") {
                        open.push(*child);
                    }
                }
                _ => {
                    let zh = format!("{} 中不能有 {}", node.shown, inner.shown);
                    errors.push(tree.error(*child, zh, format!("{} cannot stand in {}", inner.shown, node.shown)));
                }
            }
        }
        if !chars::all_space(&node.text) && form.name != "annotation" {
            let zh = format!("{} 中不能有文字", node.shown);
            errors.push(tree.error(index, zh, format!("text is not allowed in {}", node.shown)));
        }
    }
    errors
}
