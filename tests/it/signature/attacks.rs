//! What attackers try: each has its typed failure.

use super::*;
use single_window::domain::limits;
use single_window::sample::Kind;
use single_window::signature::{Algorithm, NAMESPACE, Reason};

fn signed() -> &'static str {
    static SIGNED: OnceLock<String> = OnceLock::new();
    SIGNED.get_or_init(|| pairs().rsa.signer().sign(&unsigned(Kind::List), None).expect("signed"))
}

fn reason(text: &str) -> Reason {
    check(text, &pairs().rsa.filed()).expect_err("bad").reason
}

/// The signature, and the message before and after it.
fn apart(text: &str) -> (&str, &str, &str) {
    let from = text.find("<ds:Signature").expect("there");
    let to = text.find("</ds:Signature>").expect("there") + "</ds:Signature>".len();
    (&text[..from], &text[from..to], &text[to..])
}

#[test]
fn wrapped_signatures_are_refused() {
    if tools_are_missing() {
        return;
    }
    let text = signed();
    let (before, signature, after) = apart(text);
    let declaration = before.find("<ceb:CEB").expect("a root");
    let (prolog, root_open) = before.split_at(declaration);
    let original = format!("{}{after}", root_open).trim_end().to_owned();
    let evil = before.replace("<ceb:orderNo>", "<ceb:orderNo>9");
    let with_object =
        |object: &str| signature.replace("</ds:Signature>", &format!("<ds:Object>{object}</ds:Object></ds:Signature>"));
    let by_id = signature.replace("URI=\"\"", "URI=\"#signed\"");
    let identified = original.replacen(" guid=", " Id=\"signed\" guid=", 1);
    let variants = [
        // 1, 2: the signed root inside of the signature, or beside it detached.
        format!(
            "{evil}{}{after}",
            by_id.replace("</ds:Signature>", &format!("<ds:Object>{identified}</ds:Object></ds:Signature>"))
        ),
        format!("{evil}{by_id}{identified}{after}"),
        // 3, 4: the signed element as a sibling or a child of an evil one.
        format!("{evil}<ceb:x>{identified}</ceb:x>{by_id}{after}"),
        format!(
            "{prolog}<ceb:CEB621Message xmlns:ceb=\"http://www.chinaport.gov.cn/ceb\">{root_open}{signature}{after}</ceb:CEB621Message>"
        ),
        // 5, 6: the signed copy in an extension, the signature inside the copy.
        format!(
            "{evil}<ceb:ExtendMessage><ceb:Message>{root_open}{signature}{after}</ceb:Message></ceb:ExtendMessage>{after}"
        ),
        format!("{evil}{}{after}", with_object(&format!("{root_open}{signature}{after}"))),
        // 7, 8: the same through an extension or an object with other content beside.
        format!("{evil}<ceb:ExtendMessage><x>{original}</x></ceb:ExtendMessage>{signature}{after}"),
        format!("{evil}{}{after}", with_object(&original)),
    ];
    assert!(check(text, &pairs().rsa.filed()).is_ok());
    for (number, variant) in variants.iter().enumerate() {
        let reason = reason(variant);
        let wanted = [Reason::Structure, Reason::Reference, Reason::Digest];
        assert!(wanted.contains(&reason), "variant {}: {reason:?}", number + 1);
    }
}

#[test]
fn only_the_one_form_is_taken() {
    if tools_are_missing() {
        return;
    }
    let text = signed();
    let (before, signature, after) = apart(text);
    let with = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    };
    let reference =
        &signature[signature.find("<ds:Reference").expect("there")..signature.find("</ds:SignedInfo>").expect("there")];
    let transform = |uri: &str| format!("<ds:Transform Algorithm=\"{uri}\"/></ds:Transforms>");
    let enveloped = "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>";
    for (name, variant, wanted) in [
        ("two signatures", format!("{before}{signature}{signature}{after}"), Reason::Structure),
        ("none", format!("{before}{after}"), Reason::Missing),
        ("two references", with(reference, &format!("{reference}{reference}")), Reason::Reference),
        ("no reference", with(reference, ""), Reason::Structure),
        ("by id", with("URI=\"\"", "URI=\"#x\""), Reason::Reference),
        ("by xpointer", with("URI=\"\"", "URI=\"#xpointer(/)\""), Reason::Reference),
        ("a file", with("URI=\"\"", "URI=\"file:///etc/passwd\""), Reason::Reference),
        ("no URI", with(" URI=\"\"", ""), Reason::Reference),
        ("no transform", with(enveloped, ""), Reason::Reference),
        (
            "XPath",
            with("</ds:Transforms>", &transform("http://www.w3.org/TR/1999/REC-xpath-19991116")),
            Reason::Reference,
        ),
        (
            "XSLT",
            with("</ds:Transforms>", &transform("http://www.w3.org/TR/1999/REC-xslt-19991116")),
            Reason::Reference,
        ),
        ("base64", with("</ds:Transforms>", &transform("http://www.w3.org/2000/09/xmldsig#base64")), Reason::Reference),
        ("XPath only", with("xmldsig#enveloped-signature", "xmldsig-filter2"), Reason::Reference),
        ("with comments", with("REC-xml-c14n-20010315", "REC-xml-c14n-20010315#WithComments"), Reason::Algorithm),
        (
            "exclusive",
            with("http://www.w3.org/TR/2001/REC-xml-c14n-20010315", "http://www.w3.org/2001/10/xml-exc-c14n#"),
            Reason::Algorithm,
        ),
        (
            "HMAC",
            with("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2000/09/xmldsig#hmac-sha1"),
            Reason::Algorithm,
        ),
        ("unknown", with("xmldsig-more#rsa-sha256", "xmldsig-more#rsa-md5"), Reason::Algorithm),
        (
            "no digest",
            with("http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmldsig-more#md5"),
            Reason::Algorithm,
        ),
        (
            "an HMAC length",
            with("rsa-sha256\"/>", "rsa-sha256\"><ds:HMACOutputLength>0</ds:HMACOutputLength></ds:SignatureMethod>"),
            Reason::Structure,
        ),
        ("an object", with("</ds:KeyInfo>", "</ds:KeyInfo><ds:Object/>"), Reason::Structure),
        ("SignedInfo twice", with("<ds:SignatureValue>", "<ds:SignedInfo/><ds:SignatureValue>"), Reason::Structure),
        ("another namespace", text.replace(NAMESPACE, "http://www.w3.org/2000/09/xmldsig"), Reason::Missing),
        ("a comment in a value", with("<ds:DigestValue>", "<ds:DigestValue><!-- -->"), Reason::Structure),
        ("an instruction in a value", with("<ds:SignatureValue>", "<ds:SignatureValue><?x?>"), Reason::Structure),
        ("an element in a value", with("<ds:SignatureValue>", "<ds:SignatureValue><x/>"), Reason::Structure),
        ("text between", with("</ds:SignedInfo>", "</ds:SignedInfo>x"), Reason::Structure),
        ("SM2 by an RSA key", text.replace(Algorithm::RsaSha256.uri(), Algorithm::Sm2Sm3.uri()), Reason::Key),
        ("another digest", with("<ds:DigestValue>", "<ds:DigestValue>AAAA"), Reason::Encoding),
        ("no base64", with("<ds:SignatureValue>", "<ds:SignatureValue>*"), Reason::Encoding),
        (
            "an empty value",
            {
                let (from, to) = (
                    signature.find("<ds:SignatureValue>").expect("there"),
                    signature.find("</ds:SignatureValue>").expect("there"),
                );
                with(&signature[from..to], "<ds:SignatureValue>")
            },
            Reason::Encoding,
        ),
        ("nothing to sign with", with("<ds:SignatureValue>", "<ds:SignatureValue>AAAA"), Reason::Value),
        (
            "a document type",
            with("<ceb:CEB621Message", "<!DOCTYPE x [<!ENTITY a \"b\">]><ceb:CEB621Message"),
            Reason::Structure,
        ),
        ("a changed order", with("<ceb:orderNo>", "<ceb:orderNo>1"), Reason::Digest),
        ("white space before", with("<ds:Signature ", "\n<ds:Signature "), Reason::Digest),
        ("an instruction in the message", with("<ceb:orderNo>", "<?x?><ceb:orderNo>"), Reason::Digest),
    ] {
        assert_eq!(reason(&variant), wanted, "{name}");
    }
}

#[test]
fn what_canonical_xml_does_not_see_changes_nothing() {
    if tools_are_missing() {
        return;
    }
    let text = signed();
    for variant in [
        text.replace("?>\n", "?>\n<!-- seen by nobody -->\n"),
        text.replace("\" version=\"1.0\"", "\"  version='1.0'\n"),
        text.replace("<ds:SignatureValue>", "<ds:SignatureValue>\n "),
        text.replace("\n", "\r\n"),
    ] {
        assert!(variant != text && check(&variant, &pairs().rsa.filed()).is_ok());
    }
}

#[test]
fn a_key_in_the_message_is_not_trusted() {
    if tools_are_missing() {
        return;
    }
    let pairs = pairs();
    let foreign = pairs.other_rsa.signer().sign(&unsigned(Kind::List), None).expect("signed");
    let failure = check(&foreign, &pairs.rsa.filed()).expect_err("not filed");
    assert_eq!(failure.reason, Reason::Key);
    assert_eq!(
        failure.found.as_deref(),
        Some(&*pairs.other_rsa.certificate.serial).map(|serial| &serial[..serial.len().min(64)])
    );
    // By the filed one's name, or by none at all, the value still is not its own.
    let info = &foreign[foreign.find("<ds:KeyInfo>").expect("there")..foreign.find("</ds:Signature>").expect("there")];
    let named = format!("<ds:KeyInfo><ds:KeyName>{}</ds:KeyName></ds:KeyInfo>", pairs.rsa.certificate.serial);
    let value = "<ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AQAB</ds:Modulus></ds:RSAKeyValue></ds:KeyValue></ds:KeyInfo>";
    for instead in [named.as_str(), value, ""] {
        assert_eq!(reason(&foreign.replace(info, instead)), Reason::Value);
    }
    assert_eq!(reason(&foreign.replace(info, "<ds:KeyInfo><ds:KeyName>00</ds:KeyName></ds:KeyInfo>")), Reason::Key);
    assert_eq!(check(&foreign, &Certificates::default()).expect_err("none filed").reason, Reason::Key);
    // Ours without KeyInfo and by serial number alone is good.
    let ours = signed();
    let info = &ours[ours.find("<ds:KeyInfo>").expect("there")..ours.find("</ds:Signature>").expect("there")];
    for instead in [String::new(), named.to_lowercase().replace("keyinfo", "KeyInfo").replace("keyname", "KeyName")] {
        assert!(check(&ours.replace(info, &instead), &pairs.rsa.filed()).is_ok());
    }
}

#[test]
fn certificates_count_at_the_time_that_is_given() {
    if tools_are_missing() {
        return;
    }
    let (text, filed) = (signed(), pairs().rsa.filed());
    let certificate = &pairs().rsa.certificate;
    for (at, good) in [
        (certificate.from, true),
        (Timestamp(certificate.from.0 - 1), false),
        (certificate.until, true),
        (Timestamp(certificate.until.0 + 1), false),
    ] {
        let result = verify(text, &filed, &Policy::default(), at);
        assert_eq!(result.map_err(|failure| failure.reason).err(), (!good).then_some(Reason::Validity));
    }
}

#[test]
fn sha1_ends_on_the_day_that_the_policy_names() {
    if tools_are_missing() {
        return;
    }
    let pairs = pairs();
    let rsa = pairs.rsa.signer().sign(&unsigned(Kind::List), Some(Algorithm::RsaSha1)).expect("signed");
    let at = now();
    let until = |ms: i64| Policy { sha1_until: Some(Timestamp(at.0 + ms)), ..Policy::default() };
    assert!(verify(&rsa, &pairs.rsa.filed(), &until(1), at).is_ok());
    assert_eq!(verify(&rsa, &pairs.rsa.filed(), &until(0), at).expect_err("over").reason, Reason::Weak);
    // SM2 over a message that was digested with SHA-1, as field code sends it.
    let sm2 = pairs.sm2.signer().sign(&unsigned(Kind::List), None).expect("signed");
    let sha1 = sm2
        .replace("http://www.chinaport.gov.cn/2022/04/xmldsig#sm3\"", "http://www.w3.org/2000/09/xmldsig#sha1\"")
        .replace(
            &sm2[sm2.find("<ds:DigestValue>").expect("there")..sm2.find("</ds:DigestValue>").expect("there")],
            "<ds:DigestValue>AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        );
    assert_eq!(verify(&sha1, &pairs.sm2.filed(), &until(0), at).expect_err("over").reason, Reason::Weak);
    assert_eq!(verify(&sha1, &pairs.sm2.filed(), &until(1), at).expect_err("made up").reason, Reason::Digest);
}

#[test]
fn no_byte_of_a_signed_message_can_be_changed_unnoticed() {
    if tools_are_missing() {
        return;
    }
    let text = pairs()
        .rsa
        .signer()
        .sign("<CEB311Message guid=\"G\" v='1'>\n <o>订 1</o></CEB311Message>", None)
        .expect("signed");
    let filed = pairs().rsa.filed();
    assert!(check(&text, &filed).is_ok());
    let info = text.find("<ds:KeyInfo>").expect("there")..text.find("</ds:Signature>").expect("there");
    let mut bytes = text.clone().into_bytes();
    let mut tried = 0;
    for at in 0..bytes.len() {
        let kept = bytes[at];
        for flip in [0x01, 0x02, 0x20] {
            bytes[at] = kept ^ flip;
            if let Ok(changed) = std::str::from_utf8(&bytes) {
                tried += 1;
                // KeyInfo is only a hint; quotes and white space in tags are not seen by canonical XML.
                let good = check(changed, &filed).is_ok();
                let same = canonical(changed) == canonical(&text);
                assert!(!good || same || info.contains(&at), "byte {at} of {text}");
            }
        }
        bytes[at] = kept;
    }
    assert!(tried > 2_000);
}

fn canonical(text: &str) -> Option<Vec<u8>> {
    single_window::signature::canonicalize(text).ok()
}

#[test]
fn a_signature_that_is_cut_or_huge_is_refused_in_bounds() {
    if tools_are_missing() {
        return;
    }
    let text = signed();
    let end = text.find("</ds:SignatureValue>").expect("there");
    for cut in 1..8 {
        let variant = format!("{}{}", &text[..end - cut], &text[end..]);
        assert!(matches!(reason(&variant), Reason::Encoding | Reason::Value));
    }
    let huge = "A".repeat(limits::SIGNATURE_BYTES_MAX);
    assert_eq!(reason(&text.replace("<ds:SignatureValue>", &format!("<ds:SignatureValue>{huge}"))), Reason::Structure);
    let many = "<ds:KeyName>1</ds:KeyName>".repeat(limits::SIGNATURE_ELEMENTS_MAX);
    assert_eq!(reason(&text.replace("<ds:KeyInfo>", &format!("<ds:KeyInfo>{many}"))), Reason::Structure);
    let deep = "<ds:x>".repeat(limits::XML_DEPTH_MAX);
    assert_eq!(reason(&text.replace("<ds:KeyInfo>", &format!("<ds:KeyInfo>{deep}"))), Reason::Structure);
}
