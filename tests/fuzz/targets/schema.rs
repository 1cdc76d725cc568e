//! Schemas: any bytes as an XSD file, then messages against what was compiled.
//!
//! The bytes may go on, after a line with nothing but `%%`, with an instance. The schemas that the program carries
//! can be included and imported by name, as can the file itself.

use super::sound;
use single_window::schema::{FILES, NoSink, Resolver, SchemaSet, decode};

/// Pieces for mutations.
pub const WORDS: &[&str] = &[
    "<xs:element name=\"a\" type=\"xs:string\"/>",
    "<xs:element ref=\"a\"/>",
    "<xs:element name=\"a\" substitutionGroup=\"b\"/>",
    "<xs:complexType name=\"t\">",
    "</xs:complexType>",
    "<xs:complexContent><xs:extension base=\"t\">",
    "</xs:extension></xs:complexContent>",
    "<xs:restriction base=\"xs:string\">",
    "</xs:restriction>",
    "<xs:sequence>",
    "</xs:sequence>",
    "<xs:choice>",
    "</xs:choice>",
    "<xs:all>",
    "</xs:all>",
    "<xs:any namespace=\"##other\" processContents=\"lax\"/>",
    "<xs:anyAttribute/>",
    "<xs:group name=\"g\">",
    "<xs:group ref=\"g\"/>",
    "<xs:attribute name=\"x\" type=\"xs:ID\"/>",
    "<xs:attributeGroup ref=\"g\"/>",
    "<xs:simpleType name=\"s\">",
    "</xs:simpleType>",
    "<xs:list itemType=\"xs:int\"/>",
    "<xs:union memberTypes=\"xs:int xs:date\"/>",
    "<xs:pattern value=\"[a-z]{1,99999}\"/>",
    "<xs:enumeration value=\"a\"/>",
    "<xs:maxLength value=\"99999999999999999999\"/>",
    "<xs:minLength value=\"1\"/>",
    "<xs:totalDigits value=\"0\"/>",
    "<xs:minInclusive value=\"1\"/>",
    "<xs:key name=\"k\"><xs:selector xpath=\".//a\"/><xs:field xpath=\"@x\"/></xs:key>",
    "<xs:keyref name=\"r\" refer=\"k\"><xs:selector xpath=\"a|b\"/><xs:field xpath=\".\"/></xs:keyref>",
    "<xs:include schemaLocation=\"s.xsd\"/>",
    "<xs:import namespace=\"http://www.w3.org/2000/09/xmldsig#\" schemaLocation=\"xmldsig-core.xsd\"/>",
    "<xs:redefine schemaLocation=\"s.xsd\"/>",
    "<xs:notation name=\"n\" public=\"p\"/>",
    " minOccurs=\"0\"",
    " maxOccurs=\"unbounded\"",
    " maxOccurs=\"4294967295\"",
    " maxOccurs=\"99999999999999999999\"",
    " nillable=\"true\"",
    " abstract=\"true\"",
    " mixed=\"true\"",
    " default=\"1\"",
    " fixed=\"1\"",
    " use=\"prohibited\"",
    " block=\"#all\"",
    " final=\"extension\"",
    " targetNamespace=\"urn:t\"",
    " elementFormDefault=\"qualified\"",
    "xs:dateTime",
    "xs:decimal",
    "xs:QName",
    "xs:NOTATION",
    "xs:IDREFS",
    "xs:base64Binary",
    "xs:duration",
    "xs:anySimpleType",
    "\n%%\n",
    "\n%%\n<!DOCTYPE a [",
    "<!DOCTYPE a [<!ENTITY e 'x'><!ATTLIST a x CDATA 'y'>]>",
    "<!ENTITY e \"&#38;f;\">",
    "<!ENTITY % p '<!ENTITY e \"1\">'>",
    "<!ENTITY u SYSTEM 's' NDATA n>",
    "<!ATTLIST a x (b|c) #FIXED 'b'>",
    "<!ELEMENT a (b,(c|d)*)+>",
    "<!NOTATION n PUBLIC 'p'>",
    "%p;",
    "&e;",
    "]>",
    "xs:ENTITIES",
];

/// The text between schema and instance.
const DIVISION: &[u8] = b"\n%%\n";

struct Files<'a>(&'a [u8]);

impl Resolver for Files<'_> {
    fn resolve(&self, name: &str) -> Option<Vec<u8>> {
        if name == "s.xsd" {
            return Some(self.0.to_vec());
        }
        FILES.iter().find(|(known, _)| *known == name).map(|(_, bytes)| bytes.to_vec())
    }
}

/// Compiles any bytes, then validates an instance.
pub fn run(data: &[u8]) {
    let division = data.windows(DIVISION.len()).position(|window| window == DIVISION);
    let (schema, instance) = match division.and_then(|at| data.split_at_checked(at)) {
        Some((schema, rest)) => (schema, rest.strip_prefix(DIVISION)),
        None => (data, None),
    };
    let set = match SchemaSet::compile(&Files(schema), &["s.xsd"]) {
        Ok(set) => set,
        Err(errors) => {
            assert!(!errors.is_empty(), "a refusal has a reason");
            for error in errors {
                assert!(error.line >= 1 && error.column >= 1, "{error} has no place");
                assert!(!error.message_zh.is_empty() && !error.message_en.is_empty());
            }
            return;
        }
    };
    if let Some(Ok(text)) = instance.map(decode) {
        sound::report(&set.validate_document(&text, &mut NoSink), &text);
    }
    // Besides, each root with its declared children once, whatever the schema wants.
    for root in set.roots().into_iter().take(8) {
        let namespace = set.namespace(root).replace(['&', '<', '"'], "");
        let children: String =
            set.children(root).into_iter().take(64).map(|child| format!("<n:{0}>1</n:{0}>", set.name(child))).collect();
        let text = format!("<n:{0} xmlns:n=\"{namespace}\">{children}</n:{0}>", set.name(root));
        sound::report(&set.validate(&text, &mut NoSink), &text);
    }
}
