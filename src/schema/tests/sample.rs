//! A schema and a message in the manner of the CEB family, and short ways to check things.

use crate::domain::Fault;
use crate::schema::{NoSink, Report, SchemaSet};

pub(super) const COMMON: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified">
  <xs:simpleType name="Guid"><xs:restriction base="xs:string"><xs:length value="36"/>
    <xs:pattern value="[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}"/></xs:restriction></xs:simpleType>
  <xs:simpleType name="Time14"><xs:restriction base="xs:string"><xs:pattern value="[0-9]{14}"/></xs:restriction></xs:simpleType>
  <xs:simpleType name="Amount"><xs:restriction base="xs:decimal"><xs:totalDigits value="19"/>
    <xs:fractionDigits value="5"/><xs:minInclusive value="0"/></xs:restriction></xs:simpleType>
  <xs:simpleType name="AppType"><xs:restriction base="xs:string"><xs:enumeration value="1"/>
    <xs:enumeration value="2"/><xs:enumeration value="3"/></xs:restriction></xs:simpleType>
  <xs:simpleType name="Text60"><xs:restriction base="xs:string"><xs:minLength value="1"/><xs:maxLength value="60"/></xs:restriction></xs:simpleType>
</xs:schema>"#;

pub(super) const ORDER: &str = r###"<?xml version="1.0" encoding="UTF-8"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:ceb="urn:test:ceb" targetNamespace="urn:test:ceb" elementFormDefault="qualified">
  <xs:include schemaLocation="common.xsd"/>
  <xs:element name="Message">
    <xs:complexType>
      <xs:sequence>
        <xs:element name="Order" maxOccurs="100" type="ceb:Order"/>
        <xs:element name="Extend" minOccurs="0"><xs:complexType><xs:sequence>
          <xs:any namespace="##other" processContents="lax" minOccurs="0" maxOccurs="unbounded"/></xs:sequence></xs:complexType></xs:element>
      </xs:sequence>
      <xs:attribute name="guid" type="ceb:Guid" use="required"><xs:annotation>
        <xs:documentation xml:lang="zh">报文编号</xs:documentation><xs:documentation xml:lang="en">message number</xs:documentation></xs:annotation></xs:attribute>
      <xs:attribute name="version" use="required" fixed="1.0" type="xs:string"/>
    </xs:complexType>
  </xs:element>
  <xs:complexType name="Order"><xs:sequence><xs:element name="Head" type="ceb:Head"/><xs:element name="Line" type="ceb:Line" minOccurs="2" maxOccurs="5"/></xs:sequence></xs:complexType>
  <xs:complexType name="Head">
    <xs:sequence>
      <xs:element name="guid" type="ceb:Guid"/>
      <xs:element name="appType" type="ceb:AppType"/>
      <xs:element name="appTime" type="ceb:Time14"/>
      <xs:element name="orderNo" type="ceb:Text60"><xs:annotation>
        <xs:documentation xml:lang="zh">订单编号</xs:documentation><xs:documentation xml:lang="en">order number</xs:documentation></xs:annotation></xs:element>
      <xs:element name="ebpName" type="ceb:Text60" minOccurs="0"/>
      <xs:element name="freight" type="ceb:Amount"/>
      <xs:element name="note" minOccurs="0"><xs:simpleType><xs:restriction base="xs:string"><xs:maxLength value="10"/></xs:restriction></xs:simpleType></xs:element>
    </xs:sequence>
  </xs:complexType>
  <xs:complexType name="Line"><xs:sequence>
    <xs:element name="gnum" type="xs:int"/><xs:element name="name" type="ceb:Text60"/><xs:element name="price" type="ceb:Amount"/>
  </xs:sequence></xs:complexType>
</xs:schema>"###;

pub(super) const GOOD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<c:Message xmlns:c="urn:test:ceb" guid="00000000-0000-0000-0000-00000000ABCD" version="1.0">
  <c:Order>
    <c:Head>
      <c:guid>00000000-0000-0000-0000-00000000ABCE</c:guid>
      <c:appType>1</c:appType>
      <c:appTime>20240131235959</c:appTime>
      <c:orderNo>A-1</c:orderNo>
      <c:ebpName>某平台</c:ebpName>
      <c:freight>12.50</c:freight>
    </c:Head>
    <c:Line><c:gnum>1</c:gnum><c:name>奶粉</c:name><c:price>100</c:price></c:Line>
    <c:Line><c:gnum>2</c:gnum><c:name>面膜</c:name><c:price>0.00001</c:price></c:Line>
  </c:Order>
</c:Message>
"#;

pub(super) fn order_set() -> SchemaSet {
    let files: [(&str, &[u8]); 2] = [("order.xsd", ORDER.as_bytes()), ("common.xsd", COMMON.as_bytes())];
    match SchemaSet::compile(&files, &["order.xsd"]) {
        Ok(set) => set,
        Err(errors) => panic!("{errors:#?}"),
    }
}

/// A schema without namespace from the definitions given.
pub(super) fn set(definitions: &str) -> SchemaSet {
    match try_set(definitions) {
        Ok(set) => set,
        Err(errors) => panic!("{errors:#?}"),
    }
}

pub(super) fn try_set(definitions: &str) -> Result<SchemaSet, Vec<crate::schema::Error>> {
    let text = format!(r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{definitions}</xs:schema>"#);
    SchemaSet::compile(&[("s.xsd", text.as_bytes())], &["s.xsd"])
}

pub(super) fn check(set: &SchemaSet, text: &str) -> Report {
    set.validate(text, &mut NoSink)
}

/// Rules and paths of all faults.
pub(super) fn faults(set: &SchemaSet, text: &str) -> Vec<(&'static str, String)> {
    check(set, text).faults.into_iter().map(|fault| (fault.rule, fault.path)).collect()
}

/// The only fault of a text.
#[track_caller]
pub(super) fn only(set: &SchemaSet, text: &str) -> Fault {
    let mut report = check(set, text);
    assert_eq!(report.faults.len(), 1, "{:#?}", report.faults);
    report.faults.remove(0)
}

#[track_caller]
pub(super) fn valid(set: &SchemaSet, text: &str) {
    let report = check(set, text);
    assert!(report.is_valid(), "{text}: {:#?}", report.faults);
}

#[track_caller]
pub(super) fn broken(set: &SchemaSet, text: &str, rule: &str) {
    let report = check(set, text);
    assert_eq!(report.faults.first().map(|fault| fault.rule), Some(rule), "{text}: {:#?}", report.faults);
}
