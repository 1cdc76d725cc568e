//! Hostile messages and schemas, given to the real program under limits of the system: each is refused with its rule,
//! within [`CPU_SECONDS`] of processor time and [`MEMORY_KILOBYTES`] of address space, and nothing is ever fetched.
//!
//! The limits are there to notice a hang or a blow-up, not to measure: they hold for unoptimised builds as well.

#![expect(clippy::indexing_slicing, reason = "a test that panics has failed")]

mod documents;
mod doors;

use serde_json::Value;
use single_window::domain::limits;
use std::fmt::Write as _;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

/// Processor time for one message of the largest size.
const CPU_SECONDS: u32 = 20;
/// Address space for the whole program: its code, its threads' stacks, and a message of the largest size.
const MEMORY_KILOBYTES: u32 = 1024 * 1024;

const CEB: &str = "http://www.chinaport.gov.cn/ceb";

/// What the program said.
#[derive(Debug)]
struct Judged {
    code: Option<i32>,
    /// Rules of the listed faults.
    rules: Vec<String>,
    faults_total: u64,
    printed: String,
}

/// Runs `swx validate` on a file in the folder, under the limits.
fn validate(folder: &Path, arguments: &[&str]) -> Judged {
    let script = format!("ulimit -t {CPU_SECONDS} && ulimit -v {MEMORY_KILOBYTES} && exec \"$0\" validate \"$@\"");
    let output = Command::new("sh")
        .current_dir(folder)
        .args(["-c", &script, env!("CARGO_BIN_EXE_swx"), "--format", "json"])
        .args(arguments)
        .output()
        .expect("sh is there");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let faults = json["faults"].as_array().cloned().unwrap_or_default();
    let rules = faults.iter().map(|fault| fault["rule"].as_str().expect("a rule").to_owned()).collect();
    Judged {
        code: output.status.code(),
        rules,
        faults_total: json["faults_total"].as_u64().unwrap_or_default(),
        printed,
    }
}

/// What is said of a message under the carried schemas.
fn judge(message: impl AsRef<[u8]>) -> Judged {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("m.xml"), message).expect("written");
    validate(folder.path(), &["m.xml"])
}

#[track_caller]
fn refused(name: &str, message: impl AsRef<[u8]>, rule: &str) -> Judged {
    let judged = judge(message);
    assert_eq!(judged.code, Some(1), "{name}: {judged:?}");
    assert!(judged.rules.iter().any(|found| found == rule), "{name}: {judged:?}");
    judged
}

fn root(attributes: &str, content: &str) -> String {
    format!("<CEB900Message xmlns=\"{CEB}\" guid=\"x\" version=\"1.0\"{attributes}>{content}</CEB900Message>")
}

/// A port that nobody must come to.
struct Trap(TcpListener);

impl Trap {
    fn new() -> Trap {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a port that does not wait");
        Trap(listener)
    }

    fn url(&self) -> String {
        format!("http://{}/x", self.0.local_addr().expect("an address"))
    }

    #[track_caller]
    fn assert_nobody_came(&self) {
        let came = self.0.accept().map(|(_, from)| from);
        assert!(came.as_ref().is_err_and(|error| error.kind() == ErrorKind::WouldBlock), "{came:?}");
    }
}

#[test]
fn document_types_are_refused_and_nothing_is_fetched() {
    let folder = tempfile::tempdir().expect("a folder");
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "made-up-secret-4711").expect("written");
    let (trap, secret) = (Trap::new(), secret.display().to_string());
    let url = trap.url();
    for (name, doctype) in [
        ("external subset", format!("<!DOCTYPE r SYSTEM \"{url}\">")),
        ("public identifier", format!("<!DOCTYPE r PUBLIC \"-//x//y\" \"{url}\">")),
        ("external entity", format!("<!DOCTYPE r [<!ENTITY e SYSTEM \"{url}\">]>")),
        ("local file", format!("<!DOCTYPE r [<!ENTITY e SYSTEM \"file://{secret}\">]>")),
        ("parameter entity", format!("<!DOCTYPE r [<!ENTITY % p SYSTEM \"{url}\"> %p;]>")),
        ("attribute default", "<!DOCTYPE r [<!ATTLIST r a CDATA \"b\">]>".to_owned()),
    ] {
        let judged = refused(name, format!("{doctype}{}", root("", "&e;")), "XML-DTD");
        assert!(!judged.printed.contains("made-up-secret"), "{name}");
        assert_eq!(judged.faults_total, 1, "{name}");
    }
    trap.assert_nobody_came();
}

#[test]
fn places_elsewhere_named_in_a_message_are_never_looked_at() {
    let trap = Trap::new();
    let url = trap.url();
    let xsi = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";
    for (name, message) in [
        ("schemaLocation", root(&format!(" {xsi} xsi:schemaLocation=\"{CEB} {url}\""), "")),
        ("noNamespaceSchemaLocation", format!("<r {xsi} xsi:noNamespaceSchemaLocation=\"{url}\"/>")),
        ("XInclude", root("", &format!("<i:include xmlns:i=\"http://www.w3.org/2001/XInclude\" href=\"{url}\"/>"))),
        ("style sheet", format!("<?xml-stylesheet type=\"text/xsl\" href=\"{url}\"?>{}", root("", ""))),
        ("base", root(&format!(" xml:base=\"{url}\""), "")),
    ] {
        let judged = judge(message);
        assert_eq!(judged.code, Some(1), "{name}: {judged:?}");
        assert!(judged.rules.iter().all(|rule| rule.starts_with("XSD-")), "{name}: {judged:?}");
    }
    trap.assert_nobody_came();
}

#[test]
fn schemas_are_read_from_their_folder_only() {
    let trap = Trap::new();
    let url = trap.url();
    let folder = tempfile::tempdir().expect("a folder");
    for (name, what) in [
        ("include", format!("<xs:include schemaLocation=\"{url}/s.xsd\"/>")),
        ("import", format!("<xs:import namespace=\"urn:x\" schemaLocation=\"{url}/s.xsd\"/>")),
        ("redefine", format!("<xs:redefine schemaLocation=\"{url}/s.xsd\"/>")),
    ] {
        let schema = format!("<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\">{what}</xs:schema>");
        std::fs::write(folder.path().join("a.xsd"), schema).expect("written");
        let judged = validate(folder.path(), &["--schema", "a.xsd"]);
        assert!(matches!(judged.code, Some(0 | 1)), "{name}: {judged:?}");
    }
    let doctype = format!("<!DOCTYPE xs:schema SYSTEM \"{url}\" [<!ENTITY % p SYSTEM \"{url}\"> %p;]>");
    let schema = format!(
        "{doctype}<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"><xs:element name=\"r\"/></xs:schema>"
    );
    std::fs::write(folder.path().join("a.xsd"), schema).expect("written");
    assert_eq!(validate(folder.path(), &["--schema", "a.xsd"]).code, Some(0));
    trap.assert_nobody_came();
}

#[test]
fn entities_do_not_blow_up() {
    let mut laughs = String::from("<!DOCTYPE r [<!ENTITY l0 \"ha\">");
    for n in 1..30 {
        write!(laughs, "<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10)).expect("a string");
    }
    refused("billion laughs", format!("{laughs}]><r>&l29;</r>"), "XML-DTD");
    let quadratic = format!("<!DOCTYPE r [<!ENTITY a \"{}\">]><r>{}</r>", "a".repeat(100_000), "&a;".repeat(100_000));
    refused("quadratic", quadratic, "XML-DTD");
    refused("undefined entities", format!("<r>{}</r>", "&a;".repeat(1_000_000)), "XML-SYNTAX");
    refused("recursive entities", "<!DOCTYPE r [<!ENTITY a \"&b;\"><!ENTITY b \"&a;\">]><r>&a;</r>", "XML-DTD");
    refused("character references", root("", &"&#65;".repeat(1_000_000)), "XSD-TEXT");
}

#[test]
fn nesting_has_an_end() {
    refused("30 000 open tags", "<a>".repeat(30_000), "XSD-ROOT");
    let judged = judge("<a>".repeat(2_000_000));
    assert!(judged.rules.contains(&"XML-LIMIT".to_owned()), "{judged:?}");
    let deep = root("", &format!("{}{}", "<a>".repeat(500_000), "</a>".repeat(500_000)));
    assert!(judge(deep).rules.contains(&"XML-LIMIT".to_owned()));
    let signed =
        format!("<Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\"><KeyInfo>{}", "<x>".repeat(1_000_000));
    assert!(judge(signed).rules.contains(&"XML-LIMIT".to_owned()), "what a wildcard skips is counted too");
}

#[test]
fn attributes_and_declarations_have_an_end() {
    let names = |count: u32, prefix: &str, value: &str| -> String {
        let mut all = String::new();
        for n in 0..count {
            write!(all, " {prefix}{n:x}=\"{value}\"").expect("a string");
        }
        all
    };
    refused("800 000 attributes", format!("<r{}/>", names(800_000, "a", "")), "XML-LIMIT");
    refused("the same attribute", format!("<r{}/>", " a=\"\"".repeat(1_000_000)), "XML-SYNTAX");
    refused("100 000 declarations", format!("<r{}/>", names(100_000, "xmlns:n", "u")), "XML-LIMIT");
    let spread: String = (0..60).map(|depth| format!("<a{}>", names(60, &format!("xmlns:d{depth:x}x"), "u"))).collect();
    let judged = judge(format!("<r>{spread}{}", "<d0x0:a/>".repeat(400_000)));
    assert!(judged.rules.contains(&"XML-LIMIT".to_owned()), "declarations around one another: {judged:?}");
    // Each of them goes out of scope, so there may be any number: but looking one up must not cost all the others.
    let mut siblings = String::new();
    for n in 0..300_000 {
        write!(siblings, "<a xmlns=\"u{n}\"/>").expect("a string");
    }
    refused("300 000 namespaces", format!("<r>{siblings}</r>"), "XSD-ROOT");
    let full = format!("<a{}/>", names(60, "p:a", "")).repeat(6_000);
    refused("attributes of one prefix", format!("<r xmlns:p=\"u\">{full}</r>"), "XSD-ROOT");
}

#[test]
fn huge_pieces_are_walked_once() {
    let huge = "x".repeat(7_000_000);
    refused("name", format!("<{huge}/>"), "XML-LIMIT");
    refused("attribute name", format!("<r {huge}=\"\"/>"), "XML-LIMIT");
    refused("attribute value", root(&format!(" a=\"{huge}\""), ""), "XSD-ATTRIBUTE-UNKNOWN");
    refused("text", root("", &huge), "XSD-TEXT");
    refused("comment", root("", &format!("<!--{huge}-->")), "XSD-MISSING");
    refused("instruction", root("", &format!("<?p {huge}?>")), "XSD-MISSING");
    refused("CDATA section", root("", &format!("<![CDATA[{huge}]]>")), "XSD-TEXT");
    refused("end tag", format!("<r></{huge}>"), "XSD-ROOT");
    refused("white space in a tag", format!("<r{}/>", " ".repeat(7_000_000)), "XSD-ROOT");
    let value = format!("<MessageReturn><guid>{huge}</guid>");
    assert!(judge(root("", &value)).rules.contains(&"XSD-LENGTH".to_owned()));
    let pieces = format!("<MessageReturn><guid>{}</guid>", "x<!---->".repeat(800_000));
    assert!(judge(root("", &pieces)).rules.contains(&"XSD-LENGTH".to_owned()));
    refused("one byte too many", " ".repeat(limits::MESSAGE_BYTES_MAX + 1), "XML-LIMIT");
}

#[test]
fn very_many_faults_are_counted_not_listed() {
    let judged = judge(root("", &"<a/>".repeat(1_900_000)));
    assert_eq!((judged.code, judged.rules.len()), (Some(1), limits::FAULTS_MAX), "{:?}", judged.rules.first());
    assert!(judged.faults_total >= 1_900_000, "{}", judged.faults_total);
}

#[test]
fn ill_formed_texts_are_refused() {
    for (name, message, rule) in [
        ("]]> in text", "<r>]]></r>", "XML-SYNTAX"),
        ("a bare &", "<r>a & b</r>", "XML-SYNTAX"),
        ("two roots", "<r/><r/>", "XML-ROOT"),
        ("text after the root", "<r/>x", "XML-ROOT"),
        ("text before the root", "x<r/>", "XML-ROOT"),
        ("a bad XML declaration", "<?xml version=\"1.0\" standalone=\"maybe\"?><r/>", "XML-SYNTAX"),
        ("an XML declaration that is not first", " <?xml version=\"1.0\"?><r/>", "XML-SYNTAX"),
        ("a repeated attribute", "<r a=\"1\" a=\"2\"/>", "XML-SYNTAX"),
        ("no quotes", "<r a=1/>", "XML-SYNTAX"),
        ("< in a value", "<r a=\"<\"/>", "XML-SYNTAX"),
        ("-- in a comment", "<r><!-- a -- b --></r>", "XML-SYNTAX"),
        ("tags that cross", "<r><a><b></a></b></r>", "XML-SYNTAX"),
        ("no end", "<r>", "XML-SYNTAX"),
        ("an unknown entity", "<r>&nbsp;</r>", "XML-SYNTAX"),
        ("a reserved target", "<r><?XML x?></r>", "XML-SYNTAX"),
        ("a prefix from nowhere", "<p:r/>", "XML-NAMESPACE"),
        ("nothing", "", "XML-ROOT"),
    ] {
        let judged = judge(message);
        assert_eq!(judged.code, Some(1), "{name}");
        assert!(judged.rules.iter().any(|found| found == rule), "{name}: {judged:?}");
    }
}

#[test]
fn games_with_encodings_are_lost() {
    let good = root("", "");
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let gbk = |label: &str| {
        let text = format!("<?xml version=\"1.0\" encoding=\"{label}\"?><r>订单</r>");
        encoding_rs::GBK.encode(&text).0.into_owned()
    };
    for (name, bytes) in [
        ("overlong <", b"<r>\xC0\xBCx/></r>".to_vec()),
        ("overlong NUL", b"<r>\xC0\x80</r>".to_vec()),
        ("a surrogate in UTF-8", b"<r>\xED\xA0\x80</r>".to_vec()),
        ("beyond Unicode", b"<r>\xF4\x90\x80\x80</r>".to_vec()),
        ("a cut character", b"<r>\xE8\xAE</r>".to_vec()),
        ("GBK without a label", gbk("UTF-8")),
        ("a GBK label on bytes that are no GBK", b"<?xml version=\"1.0\" encoding=\"GBK\"?><r>\xFF\xFF</r>".to_vec()),
        ("a mark against its label", [b"\xEF\xBB\xBF".to_vec(), gbk("GBK")].concat()),
        ("UTF-16 without a mark", wide(&good)),
        ("an odd byte of UTF-16", [b"\xFF\xFE".to_vec(), wide(&good), vec![0]].concat()),
        ("half a pair of UTF-16", [b"\xFF\xFE".to_vec(), wide("<r>"), vec![0, 0xD8], wide("</r>")].concat()),
        ("a UTF-16 label on UTF-8", b"<?xml version=\"1.0\" encoding=\"UTF-16\"?><r/>".to_vec()),
        ("an encoding that is not taken", b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><r/>".to_vec()),
        ("UTF-7", b"<?xml version=\"1.0\" encoding=\"UTF-7\"?>+ADw-r/+AD4-".to_vec()),
        ("UTF-32", b"\x00\x00\xFE\xFF\x00\x00\x00<".to_vec()),
    ] {
        let judged = judge(bytes);
        assert_eq!(judged.code, Some(1), "{name}");
        assert!(judged.rules.iter().all(|rule| rule.starts_with("XML-")), "{name}: {judged:?}");
    }
    for (name, character) in [("NUL", '\0'), ("a control", '\u{1}'), ("U+FFFE", '\u{FFFE}'), ("U+FFFF", '\u{FFFF}')] {
        let judged = judge(root("", &format!("<a>{character}</a>")));
        assert!(judged.rules.iter().any(|rule| rule == "XML-CHAR"), "{name}: {judged:?}");
        let judged = judge(root("", &format!("&#{};", u32::from(character))));
        assert!(judged.rules.iter().any(|rule| rule == "XML-CHAR"), "{name} by reference: {judged:?}");
    }
    // A second mark is a character like any other, and stands outside of the root.
    refused("two marks", [b"\xEF\xBB\xBF\xEF\xBB\xBF".to_vec(), good.into_bytes()].concat(), "XML-ROOT");
}

#[test]
fn types_and_nil_are_changed_only_where_the_schema_allows() {
    let xsi = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:ceb=\"http://www.chinaport.gov.cn/ceb\"";
    for (attribute, rule) in [
        ("xsi:nil=\"true\"", "XSD-NIL"),
        ("xsi:type=\"ceb:BaseTransfer\"", "XSD-XSI-TYPE"),
        ("xsi:type=\"xs:anyType\" xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"", "XSD-XSI-TYPE"),
        ("xsi:type=\"ceb:nothing\"", "XSD-XSI-TYPE"),
        ("xsi:type=\"nobody:x\"", "XSD-XSI-TYPE"),
    ] {
        let judged = judge(root("", &format!("<MessageReturn {xsi} {attribute}/>")));
        assert!(judged.rules.iter().any(|found| found == rule), "{attribute}: {judged:?}");
    }
}

/// Checks a message against a schema of one global element `r`.
fn judge_with(schema: &str, message: &str) -> Judged {
    let folder = tempfile::tempdir().expect("a folder");
    let schema = format!("<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\">{schema}</xs:schema>");
    std::fs::write(folder.path().join("s.xsd"), schema).expect("written");
    std::fs::write(folder.path().join("m.xml"), message).expect("written");
    validate(folder.path(), &["--schema", "s.xsd", "m.xml"])
}

fn pattern(patterns: &[&str]) -> String {
    let facets: String = patterns.iter().map(|pattern| format!("<xs:pattern value=\"{pattern}\"/>")).collect();
    format!(
        "<xs:element name=\"r\"><xs:simpleType><xs:restriction base=\"xs:string\">{facets}</xs:restriction></xs:simpleType></xs:element>"
    )
}

#[test]
fn patterns_take_linear_time() {
    for bad in ["(a+)+", "(a|a)*b", "(a|aa)+$", "(.*a){12}", "([a-z]+)*x", "(\\w|\\d)*!"] {
        let judged = judge_with(&pattern(&[bad]), &format!("<r>{}!</r>", "a".repeat(100_000)));
        assert_eq!(judged.code.map(|code| code < 2), Some(true), "{bad}: {judged:?}");
    }
    // What would take gigabytes is refused with the schema, and so are very many of it.
    let large = "((a{1,500}){1,500}){1,500}";
    for count in [1, 300] {
        let judged = judge_with(&pattern(&vec![large; count]), "<r>a</r>");
        assert_eq!(judged.code, Some(2), "{judged:?}");
        assert!(judged.printed.contains("pattern"), "{judged:?}");
    }
    let deep = format!("{}a{}", "(".repeat(100_000), ")".repeat(100_000));
    assert_eq!(judge_with(&pattern(&[&deep]), "<r>a</r>").code, Some(2));
}

#[test]
fn counts_of_particles_cost_nothing() {
    let of = |inside: &str| format!("<xs:element name=\"r\"><xs:complexType>{inside}</xs:complexType></xs:element>");
    let huge = "<xs:sequence maxOccurs=\"4294967295\"><xs:element name=\"a\" minOccurs=\"2\" maxOccurs=\"999999999\"/></xs:sequence>";
    assert_eq!(judge_with(&of(huge), &format!("<r>{}</r>", "<a/>".repeat(1_000_000))).code, Some(0));
    assert_eq!(judge_with(&of(huge), "<r><a/></r>").rules, ["XSD-MISSING"]);
    let beyond = "<xs:sequence><xs:element name=\"a\" maxOccurs=\"99999999999999999999\"/></xs:sequence>";
    assert!(matches!(judge_with(&of(beyond), "<r><a/></r>").code, Some(0 | 2)));
    let nested = format!(
        "{}<xs:element name=\"a\"/>{}",
        "<xs:sequence maxOccurs=\"1000\">".repeat(40),
        "</xs:sequence>".repeat(40)
    );
    assert_eq!(judge_with(&of(&nested), &format!("<r>{}</r>", "<a/>".repeat(100_000))).code, Some(0));
    // Very many optional elements of which only the last comes.
    let wide: String = (0..3_000).map(|n| format!("<xs:element name=\"a{n}\" minOccurs=\"0\"/>")).collect();
    let wide = format!("<xs:sequence maxOccurs=\"unbounded\">{wide}</xs:sequence>");
    assert_eq!(judge_with(&of(&wide), &format!("<r>{}</r>", "<a2999/>".repeat(10_000))).code, Some(0));
}

#[test]
fn schemas_that_go_in_circles_or_very_deep_come_to_an_end() {
    let deep = format!(
        "<xs:element name=\"r\">{}<xs:element name=\"a\"/>{}</xs:element>",
        "<xs:complexType><xs:sequence><xs:element name=\"a\">".repeat(3_000),
        "</xs:element></xs:sequence></xs:complexType>".repeat(3_000)
    );
    assert_eq!(judge_with(&deep, "<r/>").code, Some(2), "the depth of schema files is limited as that of messages is");
    for circle in [
        "<xs:group name=\"g\"><xs:sequence><xs:group ref=\"g\"/></xs:sequence></xs:group>",
        "<xs:complexType name=\"a\"><xs:complexContent><xs:extension base=\"a\"/></xs:complexContent></xs:complexType>",
        "<xs:simpleType name=\"s\"><xs:restriction base=\"s\"/></xs:simpleType>",
        "<xs:simpleType name=\"s\"><xs:union memberTypes=\"s\"/></xs:simpleType>",
        "<xs:attributeGroup name=\"g\"><xs:attributeGroup ref=\"g\"/></xs:attributeGroup>",
        "<xs:include schemaLocation=\"s.xsd\"/>",
    ] {
        let judged = judge_with(&format!("{circle}<xs:element name=\"r\"/>"), "<r/>");
        assert!(matches!(judged.code, Some(0 | 2)), "{circle}: {judged:?}");
    }
    // A chain of types, each derived from the one before, and groups that double at every step.
    let mut chain = String::from("<xs:complexType name=\"t0\"/>");
    for n in 1..3_000 {
        write!(chain, "<xs:complexType name=\"t{n}\"><xs:complexContent><xs:extension base=\"t{}\"/></xs:complexContent></xs:complexType>", n - 1)
            .expect("a string");
    }
    let judged = judge_with(&format!("{chain}<xs:element name=\"r\" type=\"t2999\"/>"), "<r/>");
    assert!(matches!(judged.code, Some(0 | 2)), "{judged:?}");
    let mut groups =
        String::from("<xs:group name=\"g0\"><xs:sequence><xs:element name=\"a\"/></xs:sequence></xs:group>");
    for n in 1..40 {
        write!(groups, "<xs:group name=\"g{n}\"><xs:sequence><xs:group ref=\"g{0}\"/><xs:group ref=\"g{0}\"/></xs:sequence></xs:group>", n - 1)
            .expect("a string");
    }
    let judged = judge_with(
        &format!(
            "{groups}<xs:element name=\"r\"><xs:complexType><xs:group ref=\"g39\"/></xs:complexType></xs:element>"
        ),
        "<r/>",
    );
    assert_eq!(judged.code, Some(2), "{judged:?}");
}
