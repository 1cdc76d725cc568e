//! A folder of schema files that are built as the published ones are: notes of editors before the root, one file for
//! import and one for export that declare elements of one name differently, anonymous types, the signature's schema with
//! its DOCTYPE, an include whose target has another name. All of it is made up but for names of the standard.

use single_window::domain::Fault;
use single_window::intake::Edition;
use std::path::Path;

const XS: &str = "xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"";
const DS: &str = "http://www.w3.org/2000/09/xmldsig#";

/// An element of text as the published files have it.
fn text(name: &str, least: u32, note: &str, facets: &str) -> String {
    format!(
        "\t\t\t\t<xs:element name=\"{name}\" minOccurs=\"{least}\">\n\t\t\t\t\t<xs:annotation>\n\t\t\t\t\t\t<xs:documentation>{note}\
         </xs:documentation>\n\t\t\t\t\t</xs:annotation>\n\t\t\t\t\t<xs:simpleType>\n\t\t\t\t\t\t<xs:restriction base=\"xs:string\">{facets}\
         </xs:restriction>\n\t\t\t\t\t</xs:simpleType>\n\t\t\t\t</xs:element>\n"
    )
}

fn length(exact: u32) -> String {
    format!("<xs:length value=\"{exact}\"/>")
}

fn up_to(most: u32) -> String {
    format!("<xs:whiteSpace value=\"collapse\"/><xs:maxLength value=\"{most}\"/><xs:minLength value=\"1\"/>")
}

/// A file of messages; `head` is what it declares as `LogisticsStatus`.
fn business(root: &str, document: &str, fields: &str) -> String {
    let attribute = |name: &str, facets: &str| {
        format!(
            "<xs:attribute name=\"{name}\" use=\"required\"><xs:simpleType><xs:restriction base=\"xs:string\">{facets}\
             </xs:restriction></xs:simpleType></xs:attribute>"
        )
    };
    let transfer = ["copCode", "copName", "dxpMode", "dxpId"].map(|name| text(name, 1, "报文传输的企业", &up_to(100)));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- 被2013 sp1 () 使用XMLSpy v编辑的 (http://www.example.org) by -->\n\
         <!-- edited with an editor -->\n<xs:schema xmlns:ceb=\"http://www.chinaport.gov.cn/ceb\" {XS} xmlns:ds=\"{DS}\" \
         targetNamespace=\"http://www.chinaport.gov.cn/ceb\" elementFormDefault=\"qualified\" attributeFormDefault=\"unqualified\">\n\
         \t<xs:annotation>\n\t\t<xs:documentation>统一版(2023-01) </xs:documentation>\n\t</xs:annotation>\n\t<!--对接-->\n\
         \t<xs:import namespace=\"{DS}\" schemaLocation=\"xmldsig-core-schema.xsd\"/>\n\t<xs:element name=\"{root}\">\n\
         <xs:complexType><xs:sequence><xs:element ref=\"ceb:{document}\" maxOccurs=\"100\"><xs:annotation><xs:documentation>单证\
         </xs:documentation></xs:annotation></xs:element><xs:element ref=\"ceb:BaseTransfer\"/>\
         <xs:element ref=\"ceb:ExtendMessage\" minOccurs=\"0\"/><xs:element ref=\"ds:Signature\" minOccurs=\"0\"/></xs:sequence>\
         {}{}</xs:complexType></xs:element>\n<xs:element name=\"{document}\"><xs:complexType><xs:sequence>\n{fields}\
         </xs:sequence></xs:complexType></xs:element>\n<xs:element name=\"BaseTransfer\"><xs:complexType><xs:sequence>\n{}\
         </xs:sequence></xs:complexType></xs:element>\n<xs:element name=\"ExtendMessage\"><xs:complexType><xs:sequence>\
         <xs:element name=\"Message\" type=\"ceb:XMLElement\"/></xs:sequence></xs:complexType></xs:element>\n\
         <xs:complexType name=\"XMLElement\"><xs:annotation><xs:documentation>XML格式字符实体</xs:documentation></xs:annotation>\
         <xs:sequence><xs:any namespace=\"##any\" processContents=\"skip\" minOccurs=\"0\"/></xs:sequence></xs:complexType>\n</xs:schema>\n",
        attribute("guid", &length(36)),
        attribute("version", "<xs:maxLength value=\"10\"/><xs:minLength value=\"1\"/>"),
        transfer.concat()
    )
}

/// A schema of signatures with the DOCTYPE of the W3C's: an attribute, an entity, empty parameter entities.
fn signature() -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!DOCTYPE schema\n  PUBLIC \"-//W3C//DTD XMLSchema 200102//EN\" \
         \"http://www.w3.org/2001/XMLSchema.dtd\"\n [\n   <!ATTLIST schema \n     xmlns:ds CDATA #FIXED \"{DS}\">\n   \
         <!ENTITY dsig '{DS}'>\n   <!ENTITY % p ''>\n   <!ENTITY % s ''>\n  ]>\n\n<!-- Schema for XML Signatures -->\n\
         <schema xmlns=\"http://www.w3.org/2001/XMLSchema\" targetNamespace=\"&dsig;\" version=\"0.1\" \
         elementFormDefault=\"qualified\">\n<element name=\"Signature\" type=\"ds:SignatureType\"/>\n\
         <complexType name=\"SignatureType\"><sequence><element name=\"SignedInfo\"><complexType mixed=\"true\"><choice \
         minOccurs=\"0\" maxOccurs=\"unbounded\"><any namespace=\"##other\" processContents=\"lax\"/><element name=\"Reference\" \
         type=\"ds:ReferenceType\"/></choice></complexType></element><element name=\"SignatureValue\"><complexType><simpleContent>\
         <extension base=\"base64Binary\"><attribute name=\"Id\" type=\"ID\" use=\"optional\"/></extension></simpleContent>\
         </complexType></element><any namespace=\"##any\" processContents=\"skip\" minOccurs=\"0\"/></sequence>\
         <attribute name=\"Id\" type=\"ID\"/></complexType>\n<complexType name=\"ReferenceType\"><sequence><element \
         name=\"DigestValue\" type=\"ds:DigestValueType\"/></sequence><attribute name=\"URI\" type=\"anyURI\"/></complexType>\n\
         <simpleType name=\"DigestValueType\"><restriction base=\"base64Binary\"/></simpleType>\n</schema>\n"
    )
}

fn write_edition(folder: &Path) {
    let status = |most: u32| {
        [
            text("guid", 1, "企业系统生成36位唯一序号（英文字母大写）", &length(36)),
            text("appType", 1, "企业报送类型。1-新增 2-变更 3-删除。默认为1。", &length(1)),
            text("appTime", 1, "企业报送时间。格式:YYYYMMDDhhmmss。", &length(14)),
            text("appStatus", 1, "业务状态:1-暂存,2-申报,默认为1。", &up_to(3)),
            text("logisticsCode", 1, "物流企业的海关注册登记编号", &up_to(18)),
            text("logisticsName", 1, "物流企业名称。\n\t\t\t\t\t\t\t海关注册登记的名称。", &up_to(100)),
            text("logisticsNo", 1, "物流企业的运单包裹面单号。同一物流企业的运单编号在6个月内不重复。", &up_to(most)),
            text("logisticsStatus", 1, "物流签收状态", &length(1)),
            text("logisticsTime", 1, "物流状态发生的实际时间", &length(14)),
            text("note", 0, "备注", "<xs:maxLength value=\"1000\"/>"),
        ]
        .concat()
    };
    let dxp = |body: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- edited -->\n<xs:schema xmlns:dxp=\"http://www.chinaport.gov.cn/dxp\" {XS} \
             xmlns:ds=\"{DS}\" targetNamespace=\"http://www.chinaport.gov.cn/dxp\" elementFormDefault=\"qualified\">{body}</xs:schema>"
        )
    };
    let import = format!("<xs:import namespace=\"{DS}\" schemaLocation=\"xmldsig-core-schema.xsd\"/>");
    let terminal = "<xs:element name=\"DxpMsg\"><xs:complexType><xs:sequence><xs:element name=\"Data\" type=\"dxp:Data\"/>\
                    <xs:element name=\"RecMapId\" minOccurs=\"0\"/><xs:element ref=\"ds:Signature\" minOccurs=\"0\"/></xs:sequence>\
                    <xs:attribute name=\"ver\" type=\"xs:string\" use=\"required\" fixed=\"1.0\"/></xs:complexType></xs:element>\
                    <xs:complexType name=\"Data\"><xs:simpleContent><xs:extension base=\"xs:base64Binary\"/></xs:simpleContent>\
                    </xs:complexType>";
    let transport = format!(
        "<xs:include schemaLocation=\"终端节点报文.xsd\"/>{import}<xs:element name=\"DxpMsgSv\"><xs:complexType><xs:sequence>\
         <xs:element ref=\"dxp:DxpMsg\"/><xs:element ref=\"ds:Signature\" minOccurs=\"0\"/></xs:sequence></xs:complexType></xs:element>"
    );
    // Import and export have an element of one name and not of one length.
    for (name, bytes) in [
        ("海关跨境进口业务节点报文定义.xsd", business("CEB513Message", "LogisticsStatus", &status(60))),
        ("海关跨境出口业务节点报文定义.xsd", business("CEB505Message", "LogisticsStatus", &status(20))),
        ("海关跨境终端节点报文定义.xsd", dxp(&format!("{import}{terminal}"))),
        ("海关跨境传输节点报文定义.xsd", dxp(&transport)),
        ("xmldsig-core-schema.xsd", signature()),
        ("catalogue.csv", "name,file\n终端节点报文.xsd,海关跨境终端节点报文定义.xsd\n".to_owned()),
    ] {
        std::fs::write(folder.join(name), bytes).expect("writable");
    }
}

fn faults(edition: &Edition, xml: &str) -> Vec<Fault> {
    edition.faults(xml, true).1
}

#[test]
fn files_built_as_the_published_ones_load_as_they_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let edition = folder.path().join("2023");
    std::fs::create_dir(&edition).expect("writable");
    write_edition(&edition);
    let editions = single_window::parts::editions(Some(folder.path())).expect("they load");
    let edition = editions.iter().find(|edition| edition.name == "2023").expect("it is there");

    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/CEB513/valid.xml");
    let good = std::fs::read_to_string(golden).expect("a golden message");
    assert_eq!(faults(edition, &good), []);
    let signature = format!(
        "<ds:Signature xmlns:ds=\"{DS}\"><ds:SignedInfo><ds:Reference URI=\"\"><ds:DigestValue>AAAA</ds:DigestValue>\
         </ds:Reference></ds:SignedInfo><ds:SignatureValue>AAAA</ds:SignatureValue></ds:Signature></ceb:CEB513Message>"
    );
    let signed = good.replace("</ceb:CEB513Message>", &signature);
    assert_eq!(faults(edition, &signed), []);
    let broken = faults(edition, &signed.replace("<ds:DigestValue>AAAA", "<ds:DigestValue>A"));
    assert_eq!(broken.first().map(|fault| fault.rule), Some("XSD-TYPE"));

    // The name of a field is the beginning of its note, in whatever words the rest is.
    let long = good.replacen("<ceb:logisticsNo>", &format!("<ceb:logisticsNo>{}", "A".repeat(60)), 1);
    let found = faults(edition, &long);
    let [fault] = found.as_slice() else { panic!("one fault, not {found:#?}") };
    assert_eq!((fault.rule, fault.field_zh.as_str()), ("XSD-LENGTH", "物流企业的运单包裹面单号"));

    // The file for export has its own element of that name.
    let export = good.replace("CEB513Message", "CEB505Message");
    assert_eq!(faults(edition, &export), []);
    let number = "A".repeat(21);
    let value = "<ceb:logisticsNo>SW00000010000000000</ceb:logisticsNo>";
    let changed = |xml: &str| xml.replace(value, &format!("<ceb:logisticsNo>{number}</ceb:logisticsNo>"));
    assert_eq!(faults(edition, &changed(&good)), []);
    assert_eq!(faults(edition, &changed(&export)).first().map(|fault| fault.rule), Some("XSD-LENGTH"));
}
