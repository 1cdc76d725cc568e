//! Schema files: joining them, and telling what is wrong with them.

use super::sample::{broken, try_set, valid};
use crate::schema::{SchemaSet, rules};

fn files(list: &[(&str, &str)], roots: &[&str]) -> Result<SchemaSet, Vec<crate::schema::Error>> {
    let files: Vec<(String, Vec<u8>)> = list.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
    SchemaSet::compile(&files, roots)
}

const XS: &str = "xmlns:xs='http://www.w3.org/2001/XMLSchema'";

#[test]
fn chameleon_includes_take_the_namespace_of_the_includer() {
    let common = format!(
        "<xs:schema {XS}><xs:element name='e' type='T'/><xs:simpleType name='T'><xs:restriction base='xs:int'/></xs:simpleType></xs:schema>"
    );
    let one =
        format!("<xs:schema {XS} targetNamespace='urn:1'><xs:include schemaLocation='./common.xsd'/></xs:schema>");
    let two = format!("<xs:schema {XS} targetNamespace='urn:2'><xs:include schemaLocation='common.xsd'/></xs:schema>");
    let set = files(&[("1.xsd", &one), ("2.xsd", &two), ("common.xsd", &common)], &["1.xsd", "2.xsd"]).unwrap();
    valid(&set, "<e xmlns='urn:1'>1</e>");
    valid(&set, "<e xmlns='urn:2'>1</e>");
    broken(&set, "<e xmlns='urn:2'>x</e>", rules::XSD_TYPE);
    broken(&set, "<e>1</e>", rules::XSD_NAMESPACE);
}

#[test]
fn imports_may_go_in_circles() {
    let one = format!(
        "<!DOCTYPE xs:schema [<!ENTITY x 'y'>]><xs:schema {XS} xmlns:b='urn:2' targetNamespace='urn:1'><xs:import namespace='urn:2' schemaLocation='2.xsd'/>
         <xs:element name='r'><xs:complexType><xs:sequence><xs:element ref='b:e'/><xs:element name='local'/></xs:sequence></xs:complexType></xs:element></xs:schema>"
    );
    let two = format!(
        "<xs:schema {XS} targetNamespace='urn:2'><xs:import namespace='urn:1' schemaLocation='1.xsd'/><xs:element name='e' type='xs:int'/></xs:schema>"
    );
    let set = files(&[("1.xsd", &one), ("2.xsd", &two)], &["1.xsd"]).unwrap();
    valid(&set, "<a:r xmlns:a='urn:1' xmlns:b='urn:2'><b:e>1</b:e><local/></a:r>");
    broken(&set, "<a:r xmlns:a='urn:1'><a:e>1</a:e><local/></a:r>", rules::XSD_NAMESPACE);
    broken(&set, "<r xmlns='urn:1'><e xmlns='urn:2'>1</e><local/></r>", rules::XSD_NAMESPACE);
}

#[test]
fn errors_have_file_line_and_column() {
    let text = format!("<xs:schema {XS}>\n  <!-- 订 -->  <xs:element name='r' type='Nope'/>\n</xs:schema>");
    let errors = files(&[("s.xsd", &text)], &["s.xsd"]).unwrap_err();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0].to_string(), "s.xsd:2:15: src-resolve: type {}Nope is not defined");
    let errors = files(&[("s.xsd", "<xs:schema")], &["s.xsd"]).unwrap_err();
    assert_eq!((errors[0].line, errors[0].column), (1, 11));
    let errors = files(&[], &["gone.xsd"]).unwrap_err();
    assert_eq!(errors[0].file, "gone.xsd");
}

#[test]
fn a_location_that_leads_nowhere_fails_only_where_something_is_needed_from_it() {
    let include = format!("<xs:schema {XS}><xs:include schemaLocation='gone.xsd'/></xs:schema>");
    assert!(files(&[("s.xsd", &include)], &["s.xsd"]).is_ok());
    let needed = include.replace("</xs:schema>", "<xs:element name='r' type='T'/></xs:schema>");
    assert_eq!(files(&[("s.xsd", &needed)], &["s.xsd"]).unwrap_err()[0].constraint, "src-resolve");
    let redefine = include.replace("include", "redefine");
    assert!(files(&[("s.xsd", &redefine)], &["s.xsd"]).is_ok());
}

#[test]
fn mistakes_in_schemas_are_found() {
    for bad in [
        "<xs:elment name='a'/>",
        "<xs:element name='a' typ='xs:int'/>",
        "<xs:element name='1a'/>",
        "<xs:element/>",
        "<xs:element name='a'/><xs:element name='a'/>",
        "<xs:element name='a' type='xs:nothing'/>",
        "<xs:element name='a' type='p:b'/>",
        "<xs:element name='a' type='xs:int' default='x'/>",
        "<xs:element name='a' default='1' fixed='1'/>",
        "<xs:element name='a' type='xs:int'><xs:simpleType><xs:restriction base='xs:int'/></xs:simpleType></xs:element>",
        "<xs:complexType name='t'><xs:sequence><xs:element name='a' minOccurs='2' maxOccurs='1'/></xs:sequence></xs:complexType>",
        "<xs:complexType name='t'><xs:sequence><xs:element name='a' minOccurs='x'/></xs:sequence></xs:complexType>",
        "<xs:complexType name='t'><xs:sequence><xs:all/></xs:sequence></xs:complexType>",
        "<xs:complexType name='t'><xs:attribute name='x'/><xs:attribute name='x'/></xs:complexType>",
        "<xs:complexType name='t'><xs:attribute name='x' type='t'/></xs:complexType>",
        "<xs:complexType name='t'><xs:complexContent><xs:extension base='t'/></xs:complexContent></xs:complexType>",
        "<xs:complexType name='t'><xs:simpleContent><xs:extension base='xs:anyType'/></xs:simpleContent></xs:complexType>",
        "<xs:simpleType name='t'><xs:restriction base='t'/></xs:simpleType>",
        "<xs:simpleType name='t'><xs:restriction base='xs:string'><xs:pattern value='[a'/></xs:restriction></xs:simpleType>",
        "<xs:simpleType name='t'><xs:restriction base='xs:string'><xs:totalDigits value='1'/></xs:restriction></xs:simpleType>",
        "<xs:simpleType name='t'><xs:restriction base='xs:int'><xs:maxLength value='1'/></xs:restriction></xs:simpleType>",
        "<xs:simpleType name='t'><xs:restriction base='xs:int'><xs:enumeration value='x'/></xs:restriction></xs:simpleType>",
        "<xs:simpleType name='t'><xs:restriction base='xs:int'><xs:minInclusive value='2'/><xs:maxInclusive value='1'/></xs:restriction></xs:simpleType>",
        "<xs:simpleType name='t'><xs:restriction base='xs:byte'><xs:maxInclusive value='200'/></xs:restriction></xs:simpleType>",
        "<xs:simpleType name='t'><xs:restriction base='xs:string'><xs:minLength value='3'/><xs:maxLength value='2'/></xs:restriction></xs:simpleType>",
        "<xs:simpleType name='t'><xs:restriction base='xs:string'><xs:maxLength value='-1'/></xs:restriction></xs:simpleType>",
        "<xs:group name='g'><xs:sequence><xs:group ref='g'/></xs:sequence></xs:group>",
        "<xs:element name='h' type='xs:int'/><xs:element name='m' type='xs:date' substitutionGroup='h'/>",
        "text",
    ] {
        assert!(try_set(bad).is_err(), "{bad}");
    }
}

#[test]
fn huge_counters_cost_nothing() {
    let set = try_set("<xs:element name='r'><xs:complexType><xs:sequence minOccurs='0' maxOccurs='100000'><xs:element name='a' maxOccurs='999999999'/></xs:sequence></xs:complexType></xs:element>").unwrap();
    valid(&set, &format!("<r>{}</r>", "<a/>".repeat(1000)));
}

#[test]
fn an_attribute_of_a_group_that_comes_on_two_roads_is_one() {
    let groups = "<xs:attributeGroup name='g'><xs:attribute name='a' type='xs:ID' use='required'/></xs:attributeGroup>
                  <xs:attributeGroup name='h'><xs:attributeGroup ref='g'/><xs:attribute name='b'/></xs:attributeGroup>";
    let set = |inner: &str| files(&[("s.xsd", &format!("<xs:schema {XS}>{groups}{inner}</xs:schema>"))], &["s.xsd"]);
    let twice = set(
        "<xs:element name='r'><xs:complexType><xs:complexContent><xs:extension base='B'><xs:attributeGroup ref='h'/>
         <xs:attributeGroup ref='g'/></xs:extension></xs:complexContent></xs:complexType></xs:element>
         <xs:complexType name='B'><xs:attributeGroup ref='g'/></xs:complexType>",
    );
    let twice = twice.unwrap();
    valid(&twice, "<r a='x' b='y'/>");
    broken(&twice, "<r b='y'/>", rules::XSD_ATTRIBUTE_MISSING);
    let other = set("<xs:complexType name='B'><xs:attributeGroup ref='g'/><xs:attribute name='a'/></xs:complexType>");
    assert_eq!(other.unwrap_err()[0].constraint, "ag-props-correct.2");
}

#[test]
fn text_may_get_attributes_by_complex_content_and_nothing_else() {
    let set = |inner: &str| {
        let text = format!(
            "<xs:schema {XS}><xs:complexType name='B'><xs:simpleContent><xs:extension base='xs:int'/></xs:simpleContent></xs:complexType>
             <xs:element name='r'><xs:complexType><xs:complexContent>{inner}</xs:complexContent></xs:complexType></xs:element></xs:schema>"
        );
        files(&[("s.xsd", &text)], &["s.xsd"])
    };
    let extended = set("<xs:extension base='B'><xs:attribute name='a' type='xs:int'/></xs:extension>").unwrap();
    valid(&extended, "<r a='1'>2</r>");
    broken(&extended, "<r a='1'>x</r>", rules::XSD_TYPE);
    for bad in [
        "<xs:extension base='B'><xs:sequence><xs:element name='e'/></xs:sequence></xs:extension>",
        "<xs:restriction base='B'/>",
    ] {
        assert_eq!(set(bad).unwrap_err()[0].constraint, "src-ct.1", "{bad}");
    }
}

#[test]
fn the_schema_for_schemas_may_be_brought_along() {
    let own = format!(
        "<xs:schema {XS} targetNamespace='http://www.w3.org/2001/XMLSchema'><xs:simpleType name='string'><xs:restriction
         base='xs:anySimpleType'><xs:whiteSpace value='preserve'/></xs:restriction></xs:simpleType><xs:complexType name='anyType'
         mixed='true'><xs:sequence><xs:any minOccurs='0' maxOccurs='unbounded'/></xs:sequence></xs:complexType>
         <xs:simpleType name='formChoice'><xs:restriction base='xs:NMTOKEN'><xs:enumeration value='qualified'/></xs:restriction>
         </xs:simpleType></xs:schema>"
    );
    let user = format!(
        "<xs:schema {XS}><xs:import namespace='http://www.w3.org/2001/XMLSchema' schemaLocation='own.xsd'/><xs:element
         name='r' type='xs:string'/><xs:element name='f' type='xs:formChoice'/></xs:schema>"
    );
    let set = files(&[("s.xsd", &user), ("own.xsd", &own)], &["s.xsd"]).unwrap();
    valid(&set, "<r> x </r>");
    valid(&set, "<f>qualified</f>");
    broken(&set, "<f>other</f>", rules::XSD_ENUM);
}
