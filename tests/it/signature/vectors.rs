//! Both ways between us and other programs.

use super::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use single_window::sample::Kind;
use single_window::signature::{Algorithm, C14N, DigestAlgorithm, ENVELOPED, NAMESPACE, Reason, canonicalize};

/// A signature without values, as a template for `xmlsec1 --sign`, with line breaks where people put them.
fn template(algorithm: Algorithm, digest: DigestAlgorithm) -> String {
    let (algorithm, digest) = (algorithm.uri(), digest.uri());
    format!(
        "<ds:Signature xmlns:ds=\"{NAMESPACE}\">\n <ds:SignedInfo>\n  <ds:CanonicalizationMethod Algorithm=\"{C14N}\"/>\n\
         <ds:SignatureMethod Algorithm=\"{algorithm}\"/><ds:Reference URI=\"\"><ds:Transforms>\
         <ds:Transform Algorithm=\"{ENVELOPED}\"/></ds:Transforms><ds:DigestMethod Algorithm=\"{digest}\"/>\
         <ds:DigestValue></ds:DigestValue></ds:Reference></ds:SignedInfo><ds:SignatureValue/>\
         <ds:KeyInfo><ds:X509Data><ds:X509Certificate/></ds:X509Data></ds:KeyInfo></ds:Signature>"
    )
}

/// Puts a signature before the end tag of the root.
fn with_signature(text: &str, signature: &str) -> String {
    let at = text.rfind("</").expect("an end tag");
    format!("{}{signature}{}", &text[..at], &text[at..])
}

/// Messages that put canonicalisation to the test: comments, CDATA, references, CRLF, default namespaces.
fn messages() -> Vec<String> {
    let hard = "<?xml version=\"1.0\"?>\r\n<!-- c --><CEB311Message xmlns=\"http://www.chinaport.gov.cn/ceb\" version='1.0' \
                xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' guid=\"A &quot;B&quot;\">\r\n<Order a='&#9;x'><?p d?>\
                <![CDATA[<订单>&]]>&amp;&gt;\u{1F600}<!-- c --><e xmlns='' /></Order>\r\n</CEB311Message>\r\n";
    let mut messages: Vec<String> = Kind::ALL.into_iter().map(unsigned).collect();
    messages.push(hard.to_owned());
    messages
}

#[test]
fn what_xmlsec1_signs_verifies_here() {
    if tools_are_missing() {
        return;
    }
    let pairs = pairs();
    for (number, text) in messages().iter().enumerate() {
        for (algorithm, digest) in [
            (Algorithm::RsaSha1, DigestAlgorithm::Sha1),
            (Algorithm::RsaSha256, DigestAlgorithm::Sha256),
            (Algorithm::RsaSha256, DigestAlgorithm::Sha1),
        ] {
            let prepared = with_signature(text, &template(algorithm, digest));
            let file = pairs.file(&format!("theirs-{number}-{}-{}.xml", algorithm.name(), digest.name()), prepared);
            let keys = format!("{},{}", Pair::path(&pairs.rsa.key), Pair::path(&pairs.rsa.cert));
            let signed = output("xmlsec1", &["--sign", "--privkey-pem", &keys, Pair::path(&file)]);
            let signed = String::from_utf8(signed).expect("UTF-8");
            let verified = check(&signed, &pairs.rsa.filed()).unwrap_or_else(|failure| panic!("{failure:?}\n{signed}"));
            assert_eq!((verified.algorithm, verified.digest), (algorithm, digest));
            assert_eq!(verified.certificate_sha256, pairs.rsa.certificate.sha256);
            let foreign = check(&signed, &pairs.other_rsa.filed()).expect_err("another certificate is filed");
            assert_eq!(foreign.reason, Reason::Key);
        }
    }
}

#[test]
fn what_we_sign_verifies_with_xmlsec1() {
    if tools_are_missing() {
        return;
    }
    let pairs = pairs();
    let signer = pairs.rsa.signer();
    for (number, text) in messages().iter().enumerate() {
        for algorithm in [Algorithm::RsaSha1, Algorithm::RsaSha256] {
            let signed = signer.sign(text, Some(algorithm)).expect("signed");
            assert!(check(&signed, &pairs.rsa.filed()).is_ok());
            let file = pairs.file(&format!("ours-{number}-{}.xml", algorithm.name()), &signed);
            output("xmlsec1", &["--verify", "--pubkey-cert-pem", Pair::path(&pairs.rsa.cert), Pair::path(&file)]);
        }
    }
}

fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    let begin = text.find(from).expect("there") + from.len();
    &text[begin..begin + text[begin..].find(to).expect("there")]
}

/// SignedInfo of our own markup in canonical form, by way of a text of its own.
fn signed_info(signed: &str) -> Vec<u8> {
    let root = between(signed, "xmlns:ceb=\"", "\"");
    let inner = between(signed, "<ds:SignedInfo>", "</ds:SignedInfo>");
    let alone = format!(
        "<ds:SignedInfo xmlns:ceb=\"{root}\" xmlns:ds=\"{NAMESPACE}\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">{inner}</ds:SignedInfo>"
    );
    canonicalize(&alone).expect("XML")
}

/// DER of an SM2 value.
fn der(value: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for half in value.chunks(32) {
        let zeros = half.iter().take(31).take_while(|byte| **byte == 0).count();
        let half = half.get(zeros..).expect("32 bytes");
        let pad = half.first().expect("one is left") >> 7;
        body.extend([2, u8::try_from(half.len()).expect("short") + pad]);
        body.extend(std::iter::repeat_n(0, usize::from(pad)));
        body.extend(half);
    }
    [vec![0x30, u8::try_from(body.len()).expect("short")], body].concat()
}

const SM2: [&str; 6] = ["-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678", "-in"];

#[test]
fn what_openssl_signs_with_sm2_verifies_here_in_both_forms_and_by_both_identifiers() {
    if tools_are_missing() {
        return;
    }
    let pairs = pairs();
    let signer = pairs.sm2.signer();
    for (number, algorithm) in [Algorithm::Sm2Sm3, Algorithm::Sm2Sm3Alias].into_iter().enumerate() {
        let ours = signer.sign(&unsigned(Kind::List), Some(algorithm)).expect("signed");
        let input = pairs.file(&format!("sm2-{number}.bin"), signed_info(&ours));
        let value = pairs.folder.path().join(format!("sm2-{number}.sig"));
        let mut arguments = vec!["pkeyutl", "-sign", "-inkey", Pair::path(&pairs.sm2.key)];
        arguments.extend(SM2);
        arguments.extend([Pair::path(&input), "-out", Pair::path(&value)]);
        output("openssl", &arguments);
        let theirs = std::fs::read(&value).expect("written");
        assert_eq!(theirs[0], 0x30, "OpenSSL writes DER");
        let raw = raw(&theirs);
        assert_eq!(der(&raw), theirs);
        let own = between(&ours, "<ds:SignatureValue>", "</ds:SignatureValue>");
        for form in [theirs, raw] {
            let signed = ours.replace(own, &STANDARD.encode(form));
            let verified = check(&signed, &pairs.sm2.filed()).unwrap_or_else(|failure| panic!("{failure:?}"));
            assert_eq!((verified.algorithm, verified.digest), (algorithm, DigestAlgorithm::Sm3));
            assert_eq!(verified.is_alias(), algorithm == Algorithm::Sm2Sm3Alias);
        }
    }
}

/// r‖s of a value in DER.
fn raw(der: &[u8]) -> Vec<u8> {
    let mut raw = Vec::new();
    let mut rest = der.get(2..).expect("a sequence");
    while let [2, length, more @ ..] = rest {
        let (number, next) = more.split_at(usize::from(*length));
        let number = number.strip_prefix(&[0]).unwrap_or(number);
        raw.extend(std::iter::repeat_n(0, 32 - number.len()));
        raw.extend(number);
        rest = next;
    }
    raw
}

#[test]
fn what_we_sign_with_sm2_verifies_with_openssl() {
    if tools_are_missing() {
        return;
    }
    let pairs = pairs();
    let ours = pairs.sm2.signer().sign(&unsigned(Kind::List), None).expect("signed");
    assert!(check(&ours, &pairs.sm2.filed()).is_ok());
    let value = STANDARD.decode(between(&ours, "<ds:SignatureValue>", "</ds:SignatureValue>")).expect("base64");
    assert_eq!(value.len(), 64, "r and s");
    let input = pairs.file("ours-sm2.bin", signed_info(&ours));
    let signature = pairs.file("ours-sm2.sig", der(&value));
    let mut arguments = vec!["pkeyutl", "-verify", "-certin", "-inkey", Pair::path(&pairs.sm2.cert)];
    arguments.extend(SM2);
    arguments.extend([Pair::path(&input), "-sigfile", Pair::path(&signature)]);
    output("openssl", &arguments);
    // The digest too, by OpenSSL's own SM3 over the canonical bytes without the signature.
    let from = ours.find("<ds:Signature").expect("there");
    let to = ours.find("</ds:Signature>").expect("there") + "</ds:Signature>".len();
    let document = canonicalize(&format!("{}{}", &ours[..from], &ours[to..])).expect("XML");
    let file = pairs.file("ours-sm2.c14n", document);
    let digest = output("openssl", &["dgst", "-sm3", "-binary", Pair::path(&file)]);
    assert_eq!(STANDARD.encode(digest), between(&ours, "<ds:DigestValue>", "</ds:DigestValue>"));
}

#[test]
fn keys_are_read_in_every_usual_form() {
    if tools_are_missing() {
        return;
    }
    let pairs = pairs();
    for (pair, words) in [(&pairs.rsa, &["rsa", "-traditional"][..]), (&pairs.sm2, &["ec"])] {
        let file = pairs.folder.path().join(format!("{}-traditional.pem", words[0]));
        let mut arguments = words.to_vec();
        arguments.extend(["-in", Pair::path(&pair.key), "-out", Pair::path(&file)]);
        output("openssl", &arguments);
        let key = PrivateKey::of_pem(&std::fs::read(&file).expect("made")).expect("a key");
        let certificate = Certificate::of_der(pair.certificate.der()).expect("parsed before");
        let signed = Signer::new(key, certificate).expect("a pair").sign(&unsigned(Kind::Order), None).expect("signed");
        assert!(check(&signed, &pair.filed()).is_ok());
    }
    let file = pairs.folder.path().join("locked.pem");
    let key = Pair::path(&pairs.rsa.key);
    output("openssl", &["pkey", "-in", key, "-aes256", "-passout", "pass:made-up", "-out", Pair::path(&file)]);
    let error = PrivateKey::of_pem(&std::fs::read(&file).expect("made")).expect_err("a password");
    assert_eq!(error, single_window::signature::KeyError::Encrypted);
}

#[test]
fn an_old_card_of_1024_bits_signs_with_sha1() {
    if tools_are_missing() {
        return;
    }
    let pairs = pairs();
    let old = Pair::make(pairs.folder.path(), "old", &["RSA", "-pkeyopt", "rsa_keygen_bits:1024"]);
    let signed = old.signer().sign(&unsigned(Kind::List), Some(Algorithm::RsaSha1)).expect("signed");
    assert!(check(&signed, &old.filed()).is_ok());
    let strict = Policy { rsa_bits_min: 2048, ..Policy::default() };
    assert_eq!(verify(&signed, &old.filed(), &strict, now()).expect_err("short").reason, Reason::Weak);
}

#[test]
fn the_signature_stands_where_the_schema_has_it() {
    if tools_are_missing() {
        return;
    }
    let signer = pairs().rsa.signer();
    let extension = "<ExtendMessage><name>a</name></ExtendMessage>";
    for (root, wanted) in [
        ("CEB603Message", format!("</ds:Signature>{extension}")),
        ("CEB621Message", format!("{extension}<ds:Signature")),
    ] {
        let text = format!("<{root}><a/><BaseSubscribe/>{extension}</{root}>");
        let signed = signer.sign(&text, None).expect("signed");
        assert!(signed.contains(&wanted), "{signed}");
        assert!(check(&signed, &pairs().rsa.filed()).is_ok());
        assert!(signer.sign(&signed, None).is_err(), "it has one");
    }
    assert!(signer.sign("<CEB621Message/>", None).is_err());
}
