//! Files that are checked against a schema of one's own: with a DOCTYPE, and with a root that names its type.

use super::sample::{broken, set};
use crate::schema::{NoSink, Report, SchemaSet, rules};

fn check(set: &SchemaSet, text: &str) -> Report {
    set.validate_document(text, &mut NoSink)
}

fn notes() -> SchemaSet {
    set(
        r#"<xs:element name="r"><xs:complexType><xs:sequence><xs:element name="n" type="xs:int" maxOccurs="9"/></xs:sequence>
        <xs:attribute name="pic" type="xs:ENTITIES"/><xs:attribute name="lang" type="xs:NMTOKEN" use="required"/>
        </xs:complexType></xs:element>"#,
    )
}

const SUBSET: &str = "<!DOCTYPE r [<!NOTATION gif SYSTEM 'g'><!ENTITY a SYSTEM 'a.gif' NDATA gif><!ENTITY one '1'>\n\
                      <!ATTLIST r lang CDATA 'zh'>]>";

#[test]
fn what_a_file_declares_counts_in_it() {
    let set = notes();
    for (body, ids) in [
        ("<r pic='a'><n>&one;&one;</n></r>", &[][..]),
        ("<r lang='en' pic=' a  a '><n>1</n></r>", &[]),
        ("<r pic='b'><n>1</n></r>", &[rules::XSD_TYPE]),
        ("<r><n>&one;x</n></r>", &[rules::XSD_TYPE]),
        ("<r><n>&two;</n></r>", &[rules::SYNTAX]),
        ("<r><n>&a;</n></r>", &[rules::SYNTAX]),
    ] {
        let report = check(&set, &format!("{SUBSET}{body}"));
        let found: Vec<&str> = report.faults.iter().map(|fault| fault.rule).collect();
        // A file that stops being XML has what it lacks besides.
        assert_eq!(found.get(..ids.len().max(1)).unwrap_or(&found), ids, "{body}: {:#?}", report.faults);
    }
}

#[test]
fn places_are_those_of_the_file_itself() {
    let text = format!("{SUBSET}\n<r><n>&one;</n><n>&one;x</n>\n<n>x</n></r>");
    let report = check(&notes(), &text);
    let places: Vec<(u32, u32)> = report.faults.iter().map(|fault| (fault.place.line, fault.place.column)).collect();
    assert_eq!(places, [(3, 19), (4, 4)]);
}

#[test]
fn what_is_ill_formed_is_never_taken() {
    let set = notes();
    for text in [
        "<!DOCTYPE r [<!ENTITY one>]><r lang='a'><n>1</n></r>",
        "<!DOCTYPE r [<!ENTITY n '<n>1</n>'>]><r lang='a'>&n;</r>",
        "<!DOCTYPE r [<!ENTITY n '&n;'>]><r lang='a'><n>&n;</n></r>",
        "<!DOCTYPE r><!DOCTYPE r><r lang='a'><n>1</n></r>",
        "<r lang='a'><n>1</n></r><!DOCTYPE r>",
        "<!--><!DOCTYPE r [<!ENTITY one '1'>]>--><r lang='a'><n>&one;</n></r>",
        "<??><!DOCTYPE r [<!ENTITY one '1'>]><r lang='a'><n>&one;</n></r>",
        "<!doctype r><r lang='a'><n>1</n></r>",
        "<!DOCTYPE r [<!ENTITY e ''>]><r lang='a'><n>1</n></r>&e;",
    ] {
        let report = check(&set, text);
        assert!(report.faults.iter().any(|fault| fault.rule.starts_with("XML-")), "{text}: {:#?}", report.faults);
    }
    // A message has no DOCTYPE at all.
    broken(&set, "<!DOCTYPE r><r lang='a'><n>1</n></r>", rules::DTD);
}
