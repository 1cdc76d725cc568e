//! Schemas that would grow without bound end with an error, soon and without deep recursion.

use super::sample::{check, try_set};

fn refused(text: &str, with: &str) {
    let errors = try_set(text).unwrap_err();
    assert!(errors[0].message_en.contains(with), "{:?}", errors[0]);
}

#[test]
fn groups_that_double_are_refused() {
    let mut text = "<xs:group name='g0'><xs:sequence><xs:element name='a'/></xs:sequence></xs:group>".to_owned();
    for level in 1..60 {
        let below = level - 1;
        text += &format!(
            "<xs:group name='g{level}'><xs:sequence><xs:group ref='g{below}'/><xs:group ref='g{below}'/></xs:sequence></xs:group>"
        );
    }
    text += "<xs:element name='r'><xs:complexType><xs:group ref='g59'/></xs:complexType></xs:element>";
    refused(&text, "too large");
}

#[test]
fn deep_groups_are_refused() {
    let mut text = "<xs:group name='g0'><xs:sequence><xs:element name='a'/></xs:sequence></xs:group>".to_owned();
    for level in 1..3000 {
        text += &format!(
            "<xs:group name='g{level}'><xs:sequence><xs:group ref='g{}'/></xs:sequence></xs:group>",
            level - 1
        );
    }
    refused(&text, "too large");
}

#[test]
fn long_chains_of_types_and_heads_need_no_recursion() {
    let mut text = "<xs:complexType name='t0'><xs:sequence><xs:element name='a'/></xs:sequence></xs:complexType><xs:element name='h0'/>".to_owned();
    // The last first, so that nothing is made when it is needed.
    for level in (1..500).rev() {
        let below = level - 1;
        text += &format!("<xs:complexType name='t{level}'><xs:complexContent><xs:extension base='t{below}'><xs:attribute name='x{level}'/></xs:extension></xs:complexContent></xs:complexType>
            <xs:element name='h{level}' substitutionGroup='h{below}'/>");
    }
    text += "<xs:element name='r' type='t499'/>";
    let set = try_set(&text).unwrap();
    assert!(check(&set, "<r x1='' x499=''><a/></r>").is_valid());
    assert!(!check(&set, "<r x500=''><a/></r>").is_valid());
}

#[test]
fn large_models_are_checked_in_time() {
    let names: String = (0..20_000).map(|n| format!("<xs:element name='e{n}' minOccurs='0'/>")).collect();
    let model = |body: &str| format!("<xs:element name='r'><xs:complexType>{body}</xs:complexType></xs:element>");
    for group in ["sequence", "choice"] {
        let text = model(&format!("<xs:{group} maxOccurs='unbounded'>{names}</xs:{group}>"));
        let set = try_set(&text).unwrap();
        assert!(check(&set, "<r><e19999/><e0/></r>").is_valid());
    }
    let text = model(&format!("<xs:choice>{names}<xs:element name='e7'/></xs:choice>"));
    assert_eq!(try_set(&text).unwrap_err()[0].constraint, "cos-nonambig");
}
