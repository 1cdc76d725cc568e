//! Keys, unique values and references.

use super::sample::{broken, only, try_set, valid};
use crate::schema::rules;

fn schema(constraints: &str) -> String {
    format!(
        "<xs:element name='r'><xs:complexType><xs:sequence>
         <xs:element name='i' minOccurs='0' maxOccurs='unbounded'><xs:complexType><xs:sequence>
           <xs:element name='v' type='xs:decimal' minOccurs='0' maxOccurs='2'/>
           <xs:element name='w' type='xs:string' nillable='true' minOccurs='0'/></xs:sequence>
           <xs:attribute name='id' type='xs:decimal'/><xs:attribute name='d' type='xs:int' default='7'/></xs:complexType></xs:element>
         <xs:element name='j' minOccurs='0' maxOccurs='unbounded'><xs:complexType><xs:attribute name='ref' type='xs:decimal'/></xs:complexType></xs:element>
         </xs:sequence></xs:complexType>{constraints}</xs:element>"
    )
}

fn constraint(kind: &str, selector: &str, fields: &[&str]) -> String {
    let fields: String = fields.iter().map(|field| format!("<xs:field xpath='{field}'/>")).collect();
    let name = kind.split(' ').next().unwrap();
    format!("<xs:{kind} name='{name}1'><xs:selector xpath='{selector}'/>{fields}</xs:{name}>")
}

#[test]
fn keys_are_there_once_in_their_value_space() {
    let set = try_set(&schema(&constraint("key", "i", &["@id"]))).unwrap();
    valid(&set, "<r><i id='1'/><i id='2'/></r>");
    let fault = only(&set, "<r><i id='1'/><i id='01.0'/></r>");
    assert_eq!((fault.rule, fault.path.as_str()), (rules::XSD_KEY, "/r/i[2]"));
    assert!(fault.message_en.contains("key1"), "{}", fault.message_en);
    broken(&set, "<r><i/></r>", rules::XSD_KEY);
    // What is invalid anyway is not blamed twice.
    assert_eq!(only(&set, "<r><i id='x'/></r>").rule, rules::XSD_TYPE);
}

#[test]
fn unique_values_may_be_absent_and_defaults_count() {
    let set = try_set(&schema(&constraint("unique", "i", &["@id", "v"]))).unwrap();
    valid(&set, "<r><i/><i/><i id='1'/><i id='1'/><i id='1'><v>1</v></i><i id='1'><v>2</v></i></r>");
    broken(&set, "<r><i id='1'><v>1</v></i><i id='1'><v>1.0</v></i></r>", rules::XSD_KEY);
    broken(&set, "<r><i id='1'><v>1</v><v>2</v></i></r>", rules::XSD_KEY);
    let set = try_set(&schema(&constraint("unique", "i", &["@d"]))).unwrap();
    valid(&set, "<r><i/><i d='8'/></r>");
    broken(&set, "<r><i/><i d='7'/></r>", rules::XSD_KEY);
}

#[test]
fn references_find_their_key() {
    let both = constraint("key", "i", &["@id"]) + &constraint("keyref refer='key1'", "j", &["@ref"]);
    let set = try_set(&schema(&both)).unwrap();
    valid(&set, "<r><i id='1'/><j ref='+1.0'/><j/></r>");
    let fault = only(&set, "<r><i id='1'/><j ref='2'/></r>");
    assert_eq!((fault.rule, fault.found.as_deref()), (rules::XSD_KEY, Some("2")));
}

#[test]
fn keys_of_descendants_count_unless_two_share_them() {
    let set = try_set(
        "<xs:element name='r'><xs:complexType><xs:sequence><xs:element name='g' maxOccurs='9'><xs:complexType><xs:sequence>
         <xs:element name='i' maxOccurs='9'><xs:complexType><xs:attribute name='id'/></xs:complexType></xs:element></xs:sequence></xs:complexType>
         <xs:key name='k'><xs:selector xpath='i'/><xs:field xpath='@id'/></xs:key></xs:element>
         <xs:element name='j' maxOccurs='9'><xs:complexType><xs:attribute name='ref'/></xs:complexType></xs:element></xs:sequence></xs:complexType>
         <xs:keyref name='kr' refer='k'><xs:selector xpath='j'/><xs:field xpath='@ref'/></xs:keyref></xs:element>",
    )
    .unwrap();
    valid(&set, "<r><g><i id='1'/></g><g><i id='1'/><i id='2'/></g><j ref='2'/></r>");
    broken(&set, "<r><g><i id='1'/></g><g><i id='1'/></g><j ref='1'/></r>", rules::XSD_KEY);
    broken(&set, "<r><g><i id='1'/></g><j ref='3'/></r>", rules::XSD_KEY);
}

#[test]
fn fields_of_keys_are_simple_and_never_nil() {
    let xsi = "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'";
    let set = try_set(&schema(&constraint("key", "i", &["w"]))).unwrap();
    broken(&set, "<r><i><w>x</w></i></r>", rules::XSD_KEY);
    let set = try_set(&schema(&constraint("unique", "i", &["w"]))).unwrap();
    valid(&set, &format!("<r><i><w {xsi} xsi:nil='true'/></i><i><w {xsi} xsi:nil='true'/></i></r>"));
    let set = try_set(&schema(&constraint("unique", ".", &["i"]))).unwrap();
    broken(&set, "<r><i/></r>", rules::XSD_KEY);
}

#[test]
fn paths_are_of_the_small_xpath() {
    for good in ["i", "./i", ".//i", "*", " i | j ", "child::i", ".", "i/."] {
        assert!(try_set(&schema(&constraint("unique", good, &["@id"]))).is_ok(), "{good}");
    }
    for bad in ["", "i[1]", "/r/i", "//i", "i/", "@id", "../i", "p:i", "i//v"] {
        let errors = try_set(&schema(&constraint("unique", bad, &["@id"]))).unwrap_err();
        assert_eq!(errors[0].constraint, "c-selector-xpath", "{bad}");
    }
    let errors = try_set(&schema(&constraint("unique", "i", &["@id/v"]))).unwrap_err();
    assert_eq!(errors[0].constraint, "c-fields-xpaths");
    let two = constraint("key", "i", &["@id"]) + &constraint("keyref refer='key1'", "j", &["@ref", "@ref"]);
    assert_eq!(try_set(&schema(&two)).unwrap_err()[0].constraint, "c-props-correct.2");
    let none = constraint("keyref refer='gone'", "j", &["@ref"]);
    assert_eq!(try_set(&schema(&none)).unwrap_err()[0].constraint, "src-resolve");
}
