//! Verification of one message against the certificates that are filed for its sender.

use super::algorithm::{Algorithm, DigestAlgorithm};
use super::certificate::{Certificate, Certificates};
use super::failure::{Failure, Reason};
use super::pass::{Pass, Wanted, pass};
use super::profile::{self, Profile};
use crate::domain::Timestamp;

/// What is permitted of what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Until when (exclusive) SHA-1 is taken; `None` without end.
    pub sha1_until: Option<Timestamp>,
    /// Bits that an RSA key needs.
    pub rsa_bits_min: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Policy { sha1_until: None, rsa_bits_min: 1024 }
    }
}

impl Policy {
    fn takes_sha1(&self, at: Timestamp) -> bool {
        self.sha1_until.is_none_or(|until| at < until)
    }
}

/// A good signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How it is signed.
    pub algorithm: Algorithm,
    /// How the message is digested.
    pub digest: DigestAlgorithm,
    /// Serial number of the certificate, upper-case hex.
    pub serial: String,
    /// SHA-256 of the certificate, lower-case hex.
    pub certificate_sha256: String,
}

impl Verified {
    /// Says so if the algorithm was named by the identifier that only field code uses.
    #[must_use]
    pub fn is_alias(&self) -> bool {
        self.algorithm == Algorithm::Sm2Sm3Alias
    }
}

/// Verifies the enveloped signature of a message.
///
/// `text` is the decoded message, the same that is validated; `at` the time at which the certificate has to be valid and
/// the algorithms permitted. Only `certificates` are trusted: KeyInfo chooses among them and brings none.
///
/// # Errors
/// The first [`Failure`] in the order structure, algorithms, certificate, digest, value.
pub fn verify(text: &str, certificates: &Certificates, policy: &Policy, at: Timestamp) -> Result<Verified, Failure> {
    let found = pass(text, &Wanted::default()).map_err(|fault| not_xml(&fault))?;
    let profile = profile::read(&found)?;
    permitted(&profile, policy, at)?;
    let candidates = candidates(&profile, certificates, policy, at)?;
    digest_fits(&profile, &found)?;
    let signer = candidates
        .into_iter()
        .find(|certificate| certificate.verifies(profile.algorithm, &found.signed_info, &profile.value.bytes));
    let Some(signer) = signer else {
        return Err(Failure::new(
            Reason::Value,
            profile.value.at,
            "验签失败：SignatureValue 不是该证书的密钥对 SignedInfo 的签名",
            "the signature value is not one of the certificate's key over SignedInfo",
        )
        .within("Signature/SignatureValue"));
    };
    Ok(Verified {
        algorithm: profile.algorithm,
        digest: profile.digest_algorithm,
        serial: signer.serial.clone(),
        certificate_sha256: signer.sha256.clone(),
    })
}

pub(super) fn not_xml(fault: &crate::domain::Fault) -> Failure {
    let at = usize::try_from(fault.place.offset).unwrap_or(usize::MAX);
    Failure::new(Reason::Structure, at, fault.message_zh.clone(), fault.message_en.clone())
}

/// Refuses SHA-1 once its time is over.
pub(super) fn permitted(profile: &Profile, policy: &Policy, at: Timestamp) -> Result<(), Failure> {
    if policy.takes_sha1(at) {
        return Ok(());
    }
    let weak = |at: usize, name: &str, uri: &str| {
        let (zh, en) = ("SHA-1 已停止接受", "SHA-1 is not taken any more");
        let within = format!("Signature/SignedInfo/{name}");
        Failure::new(Reason::Weak, at, zh, en).within(&within).found(uri).expected("sm2-sm3, sm3 | rsa-sha256, sha256")
    };
    if profile.algorithm == Algorithm::RsaSha1 {
        return Err(weak(profile.algorithm_at, "SignatureMethod", profile.algorithm.uri()));
    }
    if profile.digest_algorithm == DigestAlgorithm::Sha1 {
        return Err(weak(profile.digest_algorithm_at, "Reference/DigestMethod", profile.digest_algorithm.uri()));
    }
    Ok(())
}

/// The certificates that KeyInfo means, that fit the algorithm and that are valid.
pub(super) fn candidates<'c>(
    profile: &Profile,
    certificates: &'c Certificates,
    policy: &Policy,
    at: Timestamp,
) -> Result<Vec<&'c Certificate>, Failure> {
    let key =
        |zh: String, en: String| Failure::new(Reason::Key, profile.key_info_at, zh, en).within("Signature/KeyInfo");
    if certificates.is_empty() {
        let (zh, en) = ("没有为该企业备案签名证书", "no certificate for signatures is filed for the party");
        return Err(key(zh.to_owned(), en.to_owned()));
    }
    let meant: Vec<&Certificate> = match (&profile.certificate, &profile.key_name) {
        (Some(sent), _) => certificates.iter().filter(|filed| filed.der() == sent.bytes).collect(),
        (None, Some(name)) => certificates.iter().filter(|filed| filed.has_serial(name)).collect(),
        (None, None) => certificates.iter().collect(),
    };
    if meant.is_empty() {
        let sent = match (&profile.certificate, &profile.key_name) {
            (Some(sent), _) => Certificate::of_der(&sent.bytes)
                .map_or_else(|error| error.to_string(), |certificate| certificate.serial),
            (None, name) => name.clone().unwrap_or_default(),
        };
        let filed: Vec<&str> = certificates.iter().map(|certificate| certificate.serial.as_str()).collect();
        let (zh, en) = ("KeyInfo 中的证书没有为该企业备案", "the certificate in KeyInfo is not filed for the party");
        return Err(key(zh.to_owned(), en.to_owned()).found(&sent).expected(filed.join(" | ")));
    }
    let fitting = meant.iter().copied().filter(|certificate| certificate.is_sm2() == profile.algorithm.is_sm2());
    let fitting: Vec<&Certificate> = fitting.collect();
    let Some(first) = fitting.first() else {
        let names: Vec<String> = meant.iter().map(|certificate| certificate.key_name()).collect();
        let (names, algorithm) = (names.join(", "), profile.algorithm.name());
        let zh = format!("证书的密钥是 {names}，与签名算法 {algorithm} 不符");
        return Err(key(zh, format!("the certificate's key is {names} and does not fit {algorithm}")));
    };
    if fitting.iter().all(|certificate| certificate.rsa_bits().is_some_and(|bits| bits < policy.rsa_bits_min)) {
        let (zh, en) =
            (format!("RSA 密钥过短：{}", first.key_name()), format!("the RSA key is too short: {}", first.key_name()));
        let failure = Failure::new(Reason::Weak, profile.key_info_at, zh, en).within("Signature/KeyInfo");
        return Err(failure.expected(format!("RSA {}..", policy.rsa_bits_min)));
    }
    let strong = |certificate: &&Certificate| certificate.rsa_bits().is_none_or(|bits| bits >= policy.rsa_bits_min);
    let valid = fitting.iter().copied().filter(strong).filter(|certificate| certificate.is_valid_at(at));
    let valid: Vec<&Certificate> = valid.collect();
    if valid.is_empty() {
        let (zh, en) = (format!("证书在 {at} 不在有效期内"), format!("the certificate was not valid at {at}"));
        let failure = Failure::new(Reason::Validity, profile.key_info_at, zh, en).within("Signature/KeyInfo");
        return Err(failure.found(&first.serial).expected(format!("{} .. {}", first.from, first.until)));
    }
    Ok(valid)
}

fn digest_fits(profile: &Profile, found: &Pass) -> Result<(), Failure> {
    use base64::Engine;
    let computed = profile.digest_algorithm.of(&found.document);
    if computed == profile.digest.bytes {
        return Ok(());
    }
    let base64 = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    Err(Failure::new(
        Reason::Digest,
        profile.digest.at,
        "签名数据与报文数据不一致：摘要不符，报文在签名之后被改动，或签名时摘要的字节不同",
        "the digest does not fit: the message was changed after it was signed, or other bytes were digested",
    )
    .within("Signature/SignedInfo/Reference/DigestValue")
    .found(&base64(&profile.digest.bytes))
    .expected(base64(&computed)))
}
