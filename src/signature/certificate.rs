//! Certificates for signatures, parsed once, and the check of a signature value by their keys.

use super::algorithm::{Algorithm, SM2_USER_ID};
use crate::domain::{Timestamp, limits};
use aws_lc_rs::signature::{
    ParsedPublicKey, RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
};
use sm2::dsa::signature::Verifier;
use sm2::dsa::{Signature, VerifyingKey};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey as Spki;

/// Object identifier of the SM2 curve. Source: GM/T 0006-2012.
const OID_SM2_CURVE: &str = "1.2.156.10197.1.301";

/// Why a certificate cannot be used for signatures.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// More than the limit of certificates, or one that is too large.
    #[error(
        "at most {} certificates of {} bytes",
        limits::SIGNING_CERTIFICATES_MAX,
        limits::SIGNING_CERTIFICATE_BYTES_MAX
    )]
    TooMuch,
    /// Not one X.509 certificate in DER.
    #[error("not an X.509 certificate in DER: {0}")]
    Malformed(String),
    /// A key of another kind.
    #[error("its key is neither RSA nor SM2: {0}")]
    Key(String),
    /// Its key usage forbids signatures.
    #[error("its key usage does not permit signatures")]
    Usage,
}

/// A public key.
enum PublicKey {
    /// RSA with its bits. Both forms, since the library binds a parsed key to an algorithm.
    Rsa {
        bits: usize,
        sha1: Box<ParsedPublicKey>,
        sha256: Box<ParsedPublicKey>,
    },
    Sm2(Box<VerifyingKey>),
}

/// One certificate.
pub struct Certificate {
    /// SHA-256 of its DER form, lower-case hex.
    pub sha256: String,
    /// Serial number, upper-case hex, two digits a byte.
    pub serial: String,
    /// Who holds it, as RFC 4514 writes names.
    pub subject: String,
    /// Valid from.
    pub from: Timestamp,
    /// Valid until, inclusive.
    pub until: Timestamp,
    der: Vec<u8>,
    key: PublicKey,
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate")
            .field("serial", &self.serial)
            .field("sha256", &self.sha256)
            .finish_non_exhaustive()
    }
}

impl Certificate {
    /// Parses one certificate.
    ///
    /// # Errors
    /// [`Error`].
    pub fn of_der(der: &[u8]) -> Result<Certificate, Error> {
        if der.len() > limits::SIGNING_CERTIFICATE_BYTES_MAX {
            return Err(Error::TooMuch);
        }
        let (rest, parsed) = X509Certificate::from_der(der).map_err(|error| Error::Malformed(error.to_string()))?;
        if !rest.is_empty() {
            return Err(Error::Malformed("bytes after its end".to_owned()));
        }
        let usage = parsed.key_usage().map_err(|error| Error::Malformed(error.to_string()))?;
        if usage.is_some_and(|usage| !usage.value.digital_signature() && !usage.value.non_repudiation()) {
            return Err(Error::Usage);
        }
        // A first byte of zero only says that the number is positive.
        let serial = parsed.raw_serial();
        let serial = serial.strip_prefix(&[0]).filter(|rest| !rest.is_empty()).unwrap_or(serial);
        let serial: String = serial.iter().map(|byte| format!("{byte:02X}")).collect();
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, der);
        let millis = |time: x509_parser::time::ASN1Time| Timestamp(time.timestamp().saturating_mul(1000));
        Ok(Certificate {
            sha256: digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect(),
            serial,
            subject: parsed.subject().to_string(),
            from: millis(parsed.validity().not_before),
            until: Timestamp(millis(parsed.validity().not_after).0.saturating_add(999)),
            der: der.to_vec(),
            key: public_key(&parsed)?,
        })
    }

    /// Whether its serial number is the one that KeyName gives.
    #[must_use]
    pub fn has_serial(&self, name: &str) -> bool {
        canonical_serial(&self.serial) == canonical_serial(name)
    }

    /// Its bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Whether it was valid at a time.
    #[must_use]
    pub fn is_valid_at(&self, at: Timestamp) -> bool {
        self.from <= at && at <= self.until
    }

    /// Whether its key is an SM2 one and not RSA.
    #[must_use]
    pub fn is_sm2(&self) -> bool {
        match self.key {
            PublicKey::Rsa { .. } => false,
            PublicKey::Sm2(_) => true,
        }
    }

    /// Bits of its RSA key; `None` for SM2.
    #[must_use]
    pub fn rsa_bits(&self) -> Option<usize> {
        match &self.key {
            PublicKey::Rsa { bits, .. } => Some(*bits),
            PublicKey::Sm2(_) => None,
        }
    }

    /// Name of its key, for people.
    #[must_use]
    pub fn key_name(&self) -> String {
        self.rsa_bits().map_or_else(|| "SM2".to_owned(), |bits| format!("RSA {bits}"))
    }

    /// Checks a signature value over some bytes. SM2 values may be r‖s in 64 bytes or DER.
    #[must_use]
    pub fn verifies(&self, algorithm: Algorithm, bytes: &[u8], value: &[u8]) -> bool {
        match (&self.key, algorithm) {
            (PublicKey::Rsa { sha1, .. }, Algorithm::RsaSha1) => sha1.verify_sig(bytes, value).is_ok(),
            (PublicKey::Rsa { sha256, .. }, Algorithm::RsaSha256) => sha256.verify_sig(bytes, value).is_ok(),
            (PublicKey::Sm2(key), Algorithm::Sm2Sm3 | Algorithm::Sm2Sm3Alias) => {
                sm2_value(value).is_some_and(|value| key.verify(bytes, &value).is_ok())
            }
            (PublicKey::Rsa { .. }, Algorithm::Sm2Sm3 | Algorithm::Sm2Sm3Alias)
            | (PublicKey::Sm2(_), Algorithm::RsaSha1 | Algorithm::RsaSha256) => false,
        }
    }

    /// As [`Certificate::verifies`] for SM2 with another user id.
    #[must_use]
    pub(super) fn verifies_with_id(&self, user_id: &str, bytes: &[u8], value: &[u8]) -> bool {
        let PublicKey::Sm2(key) = &self.key else { return false };
        let Ok(key) = VerifyingKey::from_sec1_bytes(user_id, &key.to_sec1_bytes()) else { return false };
        sm2_value(value).is_some_and(|value| key.verify(bytes, &value).is_ok())
    }
}

/// Reads an SM2 value: 64 bytes are r‖s, anything else is DER.
pub(super) fn sm2_value(value: &[u8]) -> Option<Signature> {
    if value.len() == 64 { Signature::from_slice(value).ok() } else { Signature::from_der(value).ok() }
}

/// Upper case, without leading zeros, colons and spaces: the same number is the same text.
fn canonical_serial(serial: &str) -> String {
    let digits: String = serial.chars().filter(|c| !matches!(c, ':' | ' ')).collect();
    let digits = digits.trim().to_ascii_uppercase();
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() { "0".to_owned() } else { digits.to_owned() }
}

fn public_key(parsed: &X509Certificate<'_>) -> Result<PublicKey, Error> {
    let info = parsed.public_key();
    let unusable = |what: &str| Error::Key(what.to_owned());
    match info.parsed() {
        Ok(Spki::RSA(key)) => {
            let modulus = key.modulus.iter().position(|byte| *byte != 0).and_then(|at| key.modulus.get(at..));
            let modulus = modulus.unwrap_or_default();
            let bits = modulus.first().map_or(0, |top| modulus.len() * 8 - top.leading_zeros() as usize);
            // An exponent of 1 would let everybody sign.
            if key.try_exponent().is_ok_and(|exponent| exponent < 3) {
                return Err(unusable("an RSA exponent below 3"));
            }
            if bits > limits::RSA_BITS_MAX {
                return Err(unusable("an RSA key of more than 8192 bits"));
            }
            let bytes = info.subject_public_key.data.as_ref();
            let sha1 = ParsedPublicKey::new(&RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, bytes);
            let sha256 = ParsedPublicKey::new(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, bytes);
            match (sha1, sha256) {
                (Ok(sha1), Ok(sha256)) => Ok(PublicKey::Rsa { bits, sha1: Box::new(sha1), sha256: Box::new(sha256) }),
                _ => Err(unusable("an RSA key that cannot be used")),
            }
        }
        Ok(Spki::EC(point)) => {
            let curve = info.algorithm.parameters.as_ref().and_then(|curve| curve.as_oid().ok());
            let curve = curve.map(|curve| curve.to_id_string()).unwrap_or_default();
            if curve != OID_SM2_CURVE {
                return Err(Error::Key(format!("an elliptic curve {curve}")));
            }
            let key = VerifyingKey::from_sec1_bytes(SM2_USER_ID, point.data());
            key.map(|key| PublicKey::Sm2(Box::new(key))).map_err(|_| unusable("a point that is not on the SM2 curve"))
        }
        Ok(_) => Err(Error::Key(info.algorithm.algorithm.to_id_string())),
        Err(error) => Err(Error::Key(error.to_string())),
    }
}

/// The certificates filed for one party.
#[derive(Debug, Default)]
pub struct Certificates(Vec<Certificate>);

impl Certificates {
    /// Parses certificates in DER.
    ///
    /// # Errors
    /// The first one that cannot be used: its index and why.
    pub fn of_ders<D: AsRef<[u8]>>(ders: &[D]) -> Result<Certificates, (usize, Error)> {
        if ders.len() > limits::SIGNING_CERTIFICATES_MAX {
            return Err((limits::SIGNING_CERTIFICATES_MAX, Error::TooMuch));
        }
        let parsed = ders
            .iter()
            .enumerate()
            .map(|(index, der)| Certificate::of_der(der.as_ref()).map_err(|error| (index, error)));
        parsed.collect::<Result<Vec<_>, _>>().map(Certificates)
    }

    /// True if there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Certificate> {
        self.0.iter()
    }
}

/// The certificates of a PEM text in order, or the one that the bytes are in DER; `None` if there is none.
#[must_use]
pub fn ders_of(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let blocks = x509_parser::pem::Pem::iter_from_buffer(bytes).take(limits::SIGNATURE_ELEMENTS_MAX);
    let certificates = blocks.filter_map(Result::ok).filter(|block| block.label == "CERTIFICATE");
    let found: Vec<Vec<u8>> = certificates.map(|block| block.contents).collect();
    if !found.is_empty() {
        return Some(found);
    }
    X509Certificate::from_der(bytes).ok().map(|_| vec![bytes.to_vec()])
}
