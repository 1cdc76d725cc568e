//! Files that are checked with `--schema` may have a DOCTYPE: it fetches nothing, and what it declares has an end.

use super::{Judged, Trap, validate};
use single_window::domain::limits::MESSAGE_BYTES_MAX;
use std::fmt::Write as _;

const SCHEMA: &str = "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"><xs:element name=\"r\"/></xs:schema>";

fn judge(text: &str) -> Judged {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("s.xsd"), SCHEMA).expect("written");
    std::fs::write(folder.path().join("f.xml"), text).expect("written");
    validate(folder.path(), &["--schema", "s.xsd", "f.xml"])
}

#[track_caller]
fn refused(name: &str, text: &str, rule: &str) {
    let judged = judge(text);
    assert_eq!((judged.code, judged.rules), (Some(1), vec![rule.to_owned()]), "{name}: {}", judged.printed);
}

#[test]
fn nothing_external_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "made-up-secret-4711").expect("written");
    let (trap, secret) = (Trap::new(), secret.display().to_string());
    let url = trap.url();
    for (name, doctype, code) in [
        ("external subset", format!("<!DOCTYPE r SYSTEM \"{url}\">"), 0),
        ("public identifier", format!("<!DOCTYPE r PUBLIC \"-//x//y\" \"{url}\" []>"), 0),
        ("parameter entity", format!("<!DOCTYPE r [<!ENTITY % p SYSTEM \"{url}\"> %p;]>"), 0),
        ("entity", format!("<!DOCTYPE r [<!ENTITY e SYSTEM \"{url}\">]>"), 1),
        ("local file", format!("<!DOCTYPE r [<!ENTITY e SYSTEM \"file://{secret}\">]>"), 1),
    ] {
        let content = if code == 0 { "" } else { "&e;" };
        let judged = judge(&format!("{doctype}<r>{content}</r>"));
        assert_eq!(judged.code, Some(code), "{name}: {judged:?}");
        assert!(!judged.printed.contains("made-up-secret"), "{name}");
    }
    trap.assert_nobody_came();
}

#[test]
fn what_is_declared_does_not_blow_up() {
    let levels = |percent: &str, open: &str, close: &str| {
        let mut laughs = format!("<!DOCTYPE r [<!ENTITY {percent}l0 \"<!-- -->\">");
        for n in 1..30 {
            let inner = format!("{open}l{}{close}", n - 1).repeat(10);
            write!(laughs, "<!ENTITY {percent}l{n} \"{inner}\">").expect("a string");
        }
        laughs
    };
    let laughs = levels("", "&", ";").replace("<!-- -->", "ha");
    refused("billion laughs", &format!("{laughs}]><r>&l29;</r>"), "XML-LIMIT");
    refused("in an attribute", &format!("{laughs}]><r a=\"&l29;\"/>"), "XML-LIMIT");
    refused("as a default", &format!("{laughs}<!ATTLIST r a CDATA \"&l29;\">]><r/>"), "XML-LIMIT");
    refused("in parameters", &format!("{}%l29;]><r/>", levels("% ", "&#37;", ";")), "XML-LIMIT");
    let long = "a".repeat(100_000);
    let quadratic = format!("<!DOCTYPE r [<!ENTITY a \"{long}\">]><r>{}</r>", "&a;".repeat(100_000));
    refused("quadratic", &quadratic, "XML-LIMIT");
    refused(
        "nothing, very often",
        &format!("<!DOCTYPE r [<!ENTITY a \"\">]><r>{}</r>", "&a;".repeat(2_000_000)),
        "XML-LIMIT",
    );
    refused("a circle", "<!DOCTYPE r [<!ENTITY a \"&b;\"><!ENTITY b \"&a;\">]><r>&a;</r>", "XML-LIMIT");
    let defaults = format!("<!DOCTYPE r [<!ATTLIST a b CDATA \"{long}\">]><r>{}</r>", "<a/>".repeat(1_000_000));
    refused("long defaults", &defaults, "XML-LIMIT");
    let many: String = (0..300_000).map(|n| format!(" a{n:x} CDATA ''")).collect();
    refused("very many attributes", &format!("<!DOCTYPE r [<!ATTLIST r{many}>]><r/>"), "XML-LIMIT");
    let many: String = (0..200_000).map(|n| format!("<!ENTITY e{n:x} '&#38;#38;'>")).collect();
    assert_eq!(judge(&format!("<!DOCTYPE r [{many}]><r>&e0;</r>")).code, Some(0), "many entities are no harm");
    // A schema file, whose entities may hold what is no reference by itself.
    let folder = tempfile::tempdir().expect("a folder");
    let bare = format!("<!DOCTYPE r [<!ENTITY a \"{}\">]><r>&a;</r>", "&#38;".repeat(1_500_000));
    std::fs::write(folder.path().join("s.xsd"), bare).expect("written");
    assert_eq!(validate(folder.path(), &["--schema", "s.xsd"]).code, Some(1));
    let deep = "(".repeat(4_000_000);
    refused("a deep model", &format!("<!DOCTYPE r [<!ELEMENT r {deep}a"), "XML-SYNTAX");
    refused("no end", &format!("<!DOCTYPE r [<!-- {}", "-".repeat(MESSAGE_BYTES_MAX / 2)), "XML-SYNTAX");
}
