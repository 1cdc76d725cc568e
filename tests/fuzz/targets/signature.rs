//! Signatures: any bytes as a signed message, against two certificates whose keys signed two messages only.

use single_window::domain::Timestamp;
use single_window::schema::decode;
use single_window::signature::{
    Algorithm, Certificate, Certificates, Explanation, Failure, Policy, PrivateKey, Signer, canonicalize, ders_of,
    explain, verify,
};
use std::sync::LazyLock;

/// The certificates that are filed, of keys that nobody has any more.
static FILED: LazyLock<Certificates> = LazyLock::new(|| {
    let files: [&[u8]; 2] = [include_bytes!("../keys/rsa.pem"), include_bytes!("../keys/sm2.pem")];
    let ders: Vec<Vec<u8>> = files.into_iter().flat_map(|file| ders_of(file).expect("PEM")).collect();
    Certificates::of_ders(&ders).expect("good certificates")
});

/// A time at which they are valid: 2030-01-01.
const AT: Timestamp = Timestamp(1_893_456_000_000);

/// Canonical forms, without signature, of the messages that these keys ever signed.
static SIGNED: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    let files: [&str; 2] =
        [include_str!("../corpus/signature/rsa-sha256.xml"), include_str!("../corpus/signature/odd-rsa.xml")];
    files.map(|text| {
        let explained = explained(text.as_bytes(), text).expect("XML");
        assert!(explained.result.is_ok(), "{:?}", explained.result);
        explained.document
    })
});

/// A key of our own, another one in every run: nothing that is checked depends on which.
static SIGNER: LazyLock<Signer> = LazyLock::new(|| {
    let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).expect("a key");
    let parameters = rcgen::CertificateParams::new(Vec::new()).expect("parameters");
    let certificate = parameters.self_signed(&key).expect("a certificate");
    let key = PrivateKey::of_pem(key.serialize_pem().as_bytes()).expect("the key just made");
    Signer::new(key, Certificate::of_der(certificate.der()).expect("the certificate just made")).expect("a pair")
});

static OWN: LazyLock<Certificates> =
    LazyLock::new(|| Certificates::of_ders(&[SIGNER.certificate().der()]).expect("a good certificate"));

/// Bytes of a text that is signed here as well: signing takes much longer than reading.
const SIGNED_BYTES_MAX: usize = 2048;

/// Pieces for mutations.
pub const WORDS: &[&str] = &[
    "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">",
    "</ds:Signature>",
    "<ds:SignedInfo>",
    "</ds:SignedInfo>",
    "<ds:Reference URI=\"\">",
    "<ds:Reference URI=\"#x\">",
    " Id=\"x\"",
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
    "http://www.w3.org/2001/10/xml-exc-c14n#",
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
    "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    "http://www.chinaport.gov.cn/2022/04/xmldsig#sm2-sm3",
    "http://www.chinaport.gov.cn/2022/04/xmldsig#sm3",
    "http://www.w3.org/2000/09/xmldsig#sha1",
    "http://www.w3.org/2001/04/xmlenc#sha256",
    "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
    "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"/>",
    "<ds:DigestValue>",
    "<ds:SignatureValue>",
    "<ds:KeyInfo/>",
    "<ds:KeyName>0</ds:KeyName>",
    "<ds:Object>",
    "</ds:Object>",
    " xmlns:z=\"urn:z\"",
    " xmlns=\"\"",
    " xmlns:ds=\"urn:other\"",
    " xml:space=\"preserve\"",
    " z:a=\"&#9;\"",
    "&#13;",
    "\r\n",
    "<![CDATA[]]>",
    "<!-- -->",
    "<?p d?>",
    "&amp;",
    "=",
    "AAAA",
    "\u{1F600}",
];

/// Verifies and explains any bytes; signs what has no signature.
pub fn run(data: &[u8]) {
    let Ok(text) = decode(data) else { return };
    let strict = Policy { sha1_until: Some(Timestamp(0)), ..Policy::default() };
    let verified = verify(&text, &FILED, &Policy::default(), AT);
    let explained = explained(data, &text);
    match (&verified, &explained) {
        (Ok(_), Ok(explained)) => {
            let signed = &explained.document;
            assert!(SIGNED.contains(signed), "a message verifies that nobody signed");
            let mixed = explained.causes.iter().all(|cause| !cause.zh.is_empty() && !cause.en.is_empty());
            assert!(mixed, "a note says nothing");
        }
        (Err(failure), _) => told(failure, &text),
        (Ok(_), Err(failure)) => panic!("it verifies and is no XML: {failure:?}"),
    }
    if let Ok(explained) = &explained {
        assert_eq!(explained.result.is_ok(), verified.is_ok(), "verifying twice gives two answers");
        stays(&explained.document);
        stays(&explained.signed_info);
    }
    if let Ok(good) = verify(&text, &FILED, &strict, AT) {
        assert!(good.algorithm != Algorithm::RsaSha1, "SHA-1 is taken after its time");
        assert!(verified.is_ok(), "a stricter policy takes more");
    }
    if text.len() <= SIGNED_BYTES_MAX {
        sign(&text);
    }
}

fn explained(data: &[u8], text: &str) -> Result<Explanation, Failure> {
    explain(data, text, &FILED, &Policy::default(), AT)
}

fn told(failure: &Failure, text: &str) {
    assert!(!failure.zh.is_empty() && !failure.en.is_empty(), "a failure says nothing");
    assert!(failure.at <= text.len(), "a failure points beyond the text");
}

/// A canonical form is XML whose canonical form is itself.
fn stays(canonical: &[u8]) {
    if canonical.is_empty() {
        return;
    }
    let text = std::str::from_utf8(canonical).expect("canonical forms are UTF-8");
    match canonicalize(text) {
        Ok(again) => assert_eq!(String::from_utf8_lossy(&again), text, "the canonical form is not stable"),
        // What is spelt out takes more room, so a limit may be passed.
        Err(fault) => assert_eq!(fault.rule, "XML-LIMIT", "the canonical form is not XML: {fault:?}"),
    }
}

/// What we sign verifies, by our certificate and no other.
fn sign(text: &str) {
    let Ok(signed) = SIGNER.sign(text, None) else { return };
    let at = Timestamp(1_893_456_000_000);
    let verified = verify(&signed, &OWN, &Policy::default(), at);
    assert!(verified.is_ok(), "what we sign does not verify: {verified:?}");
    assert!(verify(&signed, &FILED, &Policy::default(), at).is_err(), "another's certificate verifies it");
}
