//! Structures of XSD 1.0, each with a text that fits and one that does not.

use super::sample::{broken, faults, only, set, valid};
use crate::schema::rules;

#[test]
fn sequences_choices_and_counters() {
    let set = set(r#"<xs:element name="r"><xs:complexType><xs:sequence maxOccurs="2">
        <xs:element name="a" minOccurs="0" maxOccurs="100000"/>
        <xs:choice minOccurs="1" maxOccurs="3"><xs:element name="b"/><xs:sequence><xs:element name="c"/><xs:element name="d"/></xs:sequence></xs:choice>
      </xs:sequence></xs:complexType></xs:element>"#);
    for good in ["<b/>", "<a/><a/><c/><d/><b/>", "<b/><b/><b/><a/><b/>", "<c/><d/><c/><d/>"] {
        valid(&set, &format!("<r>{good}</r>"));
    }
    broken(&set, "<r/>", rules::XSD_MISSING);
    broken(&set, "<r><a/></r>", rules::XSD_MISSING);
    broken(&set, "<r><c/></r>", rules::XSD_MISSING);
    broken(&set, "<r><d/></r>", rules::XSD_MISSING);
    broken(&set, "<r><b/><b/><b/><a/><b/><a/></r>", rules::XSD_ORDER);
    broken(&set, "<r><b/><x/></r>", rules::XSD_UNEXPECTED);
}

#[test]
fn all_groups_take_any_order_once() {
    let set = set(
        r#"<xs:element name="r"><xs:complexType><xs:all><xs:element name="a"/><xs:element name="b"/><xs:element name="c" minOccurs="0"/></xs:all></xs:complexType></xs:element>"#,
    );
    for good in ["<a/><b/>", "<b/><a/>", "<c/><b/><a/>"] {
        valid(&set, &format!("<r>{good}</r>"));
    }
    assert_eq!(faults(&set, "<r><b/></r>"), [(rules::XSD_MISSING, "/r/a".into())]);
    broken(&set, "<r><a/><a/><b/></r>", rules::XSD_TOO_MANY);
    broken(&set, "<r><a/><b/><a/></r>", rules::XSD_TOO_MANY);
    broken(&set, "<r><a/><b/><d/></r>", rules::XSD_UNEXPECTED);
}

#[test]
fn named_groups_and_attribute_groups_are_inlined() {
    let set = set(
        r#"<xs:group name="g"><xs:sequence><xs:element name="a"/><xs:element name="b" minOccurs="0"/></xs:sequence></xs:group>
      <xs:attributeGroup name="h"><xs:attribute name="x" type="xs:int" use="required"/></xs:attributeGroup>
      <xs:element name="r"><xs:complexType><xs:sequence><xs:group ref="g" maxOccurs="2"/></xs:sequence><xs:attributeGroup ref="h"/></xs:complexType></xs:element>"#,
    );
    valid(&set, "<r x='1'><a/><b/><a/></r>");
    broken(&set, "<r><a/></r>", rules::XSD_ATTRIBUTE_MISSING);
    broken(&set, "<r x='y'><a/></r>", rules::XSD_TYPE);
    broken(&set, "<r x='1'><a/><a/><a/></r>", rules::XSD_TOO_MANY);
}

#[test]
fn paths_count_in_repeating_groups() {
    let set = set(
        r#"<xs:element name="r"><xs:complexType><xs:choice maxOccurs="unbounded"><xs:element name="a" type="xs:int"/><xs:element name="b" type="xs:int"/></xs:choice></xs:complexType></xs:element>"#,
    );
    assert_eq!(
        faults(&set, "<r><a>1</a><b>1</b><b>x</b><a>y</a></r>"),
        [(rules::XSD_TYPE, "/r/b[2]".into()), (rules::XSD_TYPE, "/r/a[2]".into()),]
    );
}

const DERIVED: &str = r#"<xs:complexType name="base"><xs:sequence><xs:element name="a"/></xs:sequence><xs:attribute name="x"/></xs:complexType>
  <xs:complexType name="more"><xs:complexContent><xs:extension base="base"><xs:sequence><xs:element name="b"/></xs:sequence><xs:attribute name="y" use="required"/></xs:extension></xs:complexContent></xs:complexType>
  <xs:complexType name="less"><xs:complexContent><xs:restriction base="base"><xs:sequence><xs:element name="a" type="xs:int"/></xs:sequence><xs:attribute name="x" use="prohibited"/></xs:restriction></xs:complexContent></xs:complexType>
  <xs:complexType name="price"><xs:simpleContent><xs:extension base="xs:decimal"><xs:attribute name="unit" use="required"/></xs:extension></xs:simpleContent></xs:complexType>
  <xs:complexType name="small"><xs:simpleContent><xs:restriction base="price"><xs:maxInclusive value="10"/></xs:restriction></xs:simpleContent></xs:complexType>
  <xs:complexType name="bare" abstract="true"/>
  <xs:complexType name="full"><xs:complexContent><xs:extension base="bare"><xs:sequence><xs:element name="z"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>
  <xs:element name="base" type="base"/><xs:element name="more" type="more"/><xs:element name="less" type="less"/>
  <xs:element name="price" type="price"/><xs:element name="small" type="small"/><xs:element name="bare" type="bare"/>"#;

#[test]
fn extension_and_restriction() {
    let set = set(DERIVED);
    valid(&set, "<more x='1' y='2'><a/><b/></more>");
    broken(&set, "<more x='1' y='2'><b/></more>", rules::XSD_MISSING);
    broken(&set, "<more x='1'><a/><b/></more>", rules::XSD_ATTRIBUTE_MISSING);
    valid(&set, "<less><a>1</a></less>");
    broken(&set, "<less x='1'><a>1</a></less>", rules::XSD_ATTRIBUTE_UNKNOWN);
    broken(&set, "<less><a>t</a></less>", rules::XSD_TYPE);
    valid(&set, "<price unit='kg'>1.5</price>");
    broken(&set, "<price unit='kg'>heavy</price>", rules::XSD_TYPE);
    broken(&set, "<small unit='kg'>11</small>", rules::XSD_RANGE);
}

#[test]
fn xsi_type_replaces_by_derived_types_only() {
    let set = set(DERIVED);
    let xsi = "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'";
    valid(&set, &format!("<base {xsi} xsi:type='more' y='1'><a/><b/></base>"));
    valid(&set, &format!("<bare {xsi} xsi:type='full'><z/></bare>"));
    broken(&set, "<bare/>", rules::XSD_XSI_TYPE);
    broken(&set, &format!("<base {xsi} xsi:type='price'><a/></base>"), rules::XSD_XSI_TYPE);
    broken(&set, &format!("<base {xsi} xsi:type='nothing'><a/></base>"), rules::XSD_XSI_TYPE);
}

#[test]
fn nil_default_and_fixed() {
    let set = set(r#"<xs:element name="r"><xs:complexType><xs:sequence>
      <xs:element name="n" type="xs:int" nillable="true"/><xs:element name="d" type="xs:int" default="7"/>
      <xs:element name="f" type="xs:decimal" fixed="1.0"/></xs:sequence></xs:complexType></xs:element>"#);
    let text = |n: &str, d: &str, f: &str| {
        format!("<r xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'><n{n}</n><d{d}</d><f>{f}</f></r>")
    };
    valid(&set, &text(" xsi:nil='true'>", ">", "1.00"));
    valid(&set, &text(" xsi:nil='false'>1", ">3", ""));
    broken(&set, &text(">", ">", ""), rules::XSD_TYPE);
    broken(&set, &text(" xsi:nil='true'>1", ">", ""), rules::XSD_NIL);
    broken(&set, &text(">1", " xsi:nil='true'>", ""), rules::XSD_NIL);
    broken(&set, &text(">1", ">", "2"), rules::XSD_FIXED);
}

#[test]
fn substitution_groups_and_abstract_heads() {
    let set = set(r#"<xs:element name="head" type="xs:string" abstract="true"/>
      <xs:element name="one" substitutionGroup="head" type="xs:string"/><xs:element name="two" substitutionGroup="one"/>
      <xs:element name="r"><xs:complexType><xs:sequence><xs:element ref="head" maxOccurs="3"/></xs:sequence></xs:complexType></xs:element>"#);
    valid(&set, "<r><one>a</one><two/><one/></r>");
    broken(&set, "<r><head/></r>", rules::XSD_ABSTRACT);
    broken(&set, "<r><one/><one/><two/><one/></r>", rules::XSD_TOO_MANY);
}

#[test]
fn wildcards_obey_namespace_and_process() {
    let set = set(r#"<xs:element name="known" type="xs:int"/>
      <xs:element name="r"><xs:complexType><xs:sequence>
        <xs:element name="lax"><xs:complexType><xs:sequence><xs:any processContents="lax" maxOccurs="unbounded"/></xs:sequence></xs:complexType></xs:element>
        <xs:element name="strict" minOccurs="0"><xs:complexType><xs:sequence><xs:any/></xs:sequence></xs:complexType></xs:element>
        <xs:element name="skip" minOccurs="0"><xs:complexType><xs:sequence><xs:any namespace="urn:a urn:b" processContents="skip"/></xs:sequence><xs:anyAttribute namespace="urn:a" processContents="skip"/></xs:complexType></xs:element>
      </xs:sequence></xs:complexType></xs:element>"#);
    valid(&set, "<r><lax><known>1</known><foreign x='1'>t<y/></foreign></lax></r>");
    broken(&set, "<r><lax><known>x</known></lax></r>", rules::XSD_TYPE);
    broken(&set, "<r><lax><foreign><known>x</known></foreign></lax></r>", rules::XSD_TYPE);
    broken(&set, "<r><lax><a/></lax><strict><foreign/></strict></r>", rules::XSD_UNEXPECTED);
    valid(&set, "<r xmlns:a='urn:a'><lax><a/></lax><skip a:q='1'><a:known>x</a:known></skip></r>");
    broken(&set, "<r xmlns:c='urn:c'><lax><a/></lax><skip><c:x/></skip></r>", rules::XSD_UNEXPECTED);
    broken(
        &set,
        "<r xmlns:c='urn:c' xmlns:a='urn:a'><lax><a/></lax><skip c:q='1'><a:x/></skip></r>",
        rules::XSD_ATTRIBUTE_UNKNOWN,
    );
}

#[test]
fn mixed_empty_and_element_content() {
    let set = set(
        r#"<xs:element name="m"><xs:complexType mixed="true"><xs:sequence><xs:element name="b" minOccurs="0"/></xs:sequence></xs:complexType></xs:element>
      <xs:element name="e"><xs:complexType/></xs:element>
      <xs:element name="c"><xs:complexType><xs:sequence><xs:element name="b" minOccurs="0"/></xs:sequence></xs:complexType></xs:element>
      <xs:element name="t" type="xs:string"/>"#,
    );
    valid(&set, "<m>one <b/> &amp; two</m>");
    valid(&set, "<e><!-- nothing --></e>");
    broken(&set, "<e>x</e>", rules::XSD_EMPTY);
    broken(&set, "<e><b/></e>", rules::XSD_EMPTY);
    valid(&set, "<c> <b/>\n</c>");
    assert_eq!(only(&set, "<c>x<b/>y</c>").rule, rules::XSD_TEXT);
    assert_eq!(only(&set, "<c>&amp;</c>").rule, rules::XSD_TEXT);
    broken(&set, "<t><b/></t>", rules::XSD_UNEXPECTED);
    broken(&set, "<t x='1'/>", rules::XSD_ATTRIBUTE_UNKNOWN);
}

#[test]
fn ids_are_unique_and_references_lead_somewhere() {
    let set = set(
        r#"<xs:element name="r"><xs:complexType><xs:sequence><xs:element name="i" maxOccurs="9"><xs:complexType>
      <xs:attribute name="id" type="xs:ID"/><xs:attribute name="to" type="xs:IDREF"/><xs:attribute name="all" type="xs:IDREFS"/></xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element>"#,
    );
    valid(&set, "<r><i to='b'/><i id='a'/><i id='b' all='a b'/></r>");
    broken(&set, "<r><i id='a'/><i id='a'/></r>", rules::XSD_ID);
    broken(&set, "<r><i id='a' to='c'/></r>", rules::XSD_IDREF);
    broken(&set, "<r><i id='a' all='a c'/></r>", rules::XSD_IDREF);
}

#[test]
fn types_may_contain_themselves() {
    let set = set(
        r#"<xs:complexType name="t"><xs:sequence><xs:element name="n" type="t" minOccurs="0"/></xs:sequence></xs:complexType><xs:element name="n" type="t"/>"#,
    );
    valid(&set, "<n><n><n/></n></n>");
    broken(&set, "<n><n><m/></n></n>", rules::XSD_UNEXPECTED);
}

#[test]
fn white_space_between_elements_may_be_written_in_any_way() {
    let set = set(
        r#"<xs:element name="r"><xs:complexType><xs:sequence><xs:element name="a"/></xs:sequence></xs:complexType></xs:element>
      <xs:element name="e"><xs:complexType/></xs:element>"#,
    );
    for space in [" ", "&#32;", "&#x9;&#10;&#13;", "<![CDATA[ \n]]>", "<![CDATA[]]>", "<!-- c -->"] {
        valid(&set, &format!("<r>{space}<a/>{space}</r>"));
    }
    for text in ["&#160;", "&#65;", "&lt;", "<![CDATA[x]]>", "<![CDATA[\u{3000}]]>"] {
        broken(&set, &format!("<r>{text}<a/></r>"), rules::XSD_TEXT);
    }
    valid(&set, "<e><![CDATA[]]></e>");
    broken(&set, "<e><![CDATA[ ]]></e>", rules::XSD_EMPTY);
    broken(&set, "<e>&#32;</e>", rules::XSD_EMPTY);
}

#[test]
fn only_four_attributes_of_the_instance_namespace_stand_everywhere() {
    let set = set(
        r###"<xs:element name="o"><xs:complexType><xs:anyAttribute namespace="##any" processContents="skip"/></xs:complexType></xs:element>
      <xs:element name="c"><xs:complexType/></xs:element><xs:element name="s" type="xs:string"/>"###,
    );
    let xsi = "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'";
    for name in ["o", "c", "s"] {
        valid(&set, &format!("<{name} {xsi} xsi:schemaLocation='urn:a a.xsd' xsi:noNamespaceSchemaLocation='b.xsd'/>"));
    }
    valid(&set, &format!("<o {xsi} xsi:other='1'/>"));
    broken(&set, &format!("<c {xsi} xsi:other='1'/>"), rules::XSD_ATTRIBUTE_UNKNOWN);
    broken(&set, &format!("<s {xsi} xsi:other='1'/>"), rules::XSD_ATTRIBUTE_UNKNOWN);
}

#[test]
fn a_default_keeps_the_prefixes_of_its_schema() {
    let set = set(r#"<xs:element name="r" type="xs:QName" default="xs:a"/>"#);
    valid(&set, "<r/>");
    broken(&set, "<r>xs:a</r>", rules::XSD_TYPE);
}
