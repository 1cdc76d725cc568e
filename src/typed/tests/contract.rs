//! The contract in step with the schema files.

use super::super::contract::{self, Holds, Kind};
use super::{ROOTS, SCHEMA};
use crate::schema::ElementId;

fn compare(path: &str, kind: &'static Kind, element: ElementId) {
    let fields: Vec<_> = kind.fields.iter().filter(|field| field.holds != Holds::Attribute).collect();
    let names: Vec<&str> = fields.iter().map(|field| field.element.as_str()).collect();
    let children = SCHEMA.children(element);
    let expected: Vec<&str> = children.iter().map(|child| SCHEMA.name(*child)).collect();
    assert_eq!(names, expected, "{path}: the fields are the elements, in their order");
    for (field, child) in fields.iter().zip(children) {
        let path = format!("{path}/{}", field.element);
        match field.holds {
            Holds::Fields(inner) => compare(&path, contract::kind(inner), child),
            Holds::Text => assert!(SCHEMA.children(child).is_empty(), "{path}: text where the schema has elements"),
            Holds::Element => assert_eq!(SCHEMA.namespace(child), "http://www.w3.org/2000/09/xmldsig#", "{path}"),
            Holds::Content => assert_eq!(field.element, "Message", "{path}"),
            Holds::Attribute => {}
        }
    }
}

#[test]
fn the_messages_have_the_elements_of_the_schema_in_their_order() {
    let roots = contract::roots();
    let names: Vec<&str> = roots.fields.iter().map(|root| root.element.as_str()).collect();
    assert_eq!(names, ROOTS);
    for root in &roots.fields {
        let element = SCHEMA.root(super::super::NAMESPACE, &root.element).expect("a root of the schema");
        let Holds::Fields(inner) = root.holds else { panic!("{} holds no fields", root.element) };
        assert_eq!(root.element, format!("CEB{}Message", root.number));
        let kind = contract::kind(inner);
        let attributes: Vec<&str> =
            kind.fields.iter().filter(|f| f.holds == Holds::Attribute).map(|f| f.element.as_str()).collect();
        assert_eq!(attributes, ["guid", "version"]);
        compare(&root.element, kind, element);
    }
}

#[test]
fn names_in_protobuf_are_those_of_the_standard_in_snake_case() {
    fn check(kind: &'static Kind) {
        for field in &kind.fields {
            let plain: String = field.name.split('_').collect();
            assert_eq!(plain, field.element.to_lowercase(), "only the case and underscores differ");
            if let Holds::Fields(inner) = field.holds {
                check(contract::kind(inner));
            }
        }
    }
    for root in &contract::roots().fields {
        let Holds::Fields(inner) = root.holds else { panic!("{} holds no fields", root.element) };
        check(contract::kind(inner));
    }
}
