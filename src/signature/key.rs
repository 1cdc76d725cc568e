//! Private keys from PEM, and the making of signature values.

use super::algorithm::{Algorithm, DigestAlgorithm, SM2_USER_ID};
use crate::domain::limits;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, Odd, Resize};
use sm2::SecretKey;
use sm2::dsa::SigningKey;
use sm2::dsa::signature::Signer as _;
use sm2::pkcs8::DecodePrivateKey;
use x509_parser::pem::Pem;

/// `rsaEncryption`. Source: RFC 8017, appendix A.1.
const OID_RSA: &str = "1.2.840.113549.1.1.1";
/// DigestInfo of SHA-1 before the digest. Source: RFC 8017, section 9.2, note 1.
const SHA1_DIGEST_INFO: [u8; 15] =
    [0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2B, 0x0E, 0x03, 0x02, 0x1A, 0x05, 0x00, 0x04, 0x14];

/// Why a key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No PEM block with a private key.
    #[error("no private key in PEM (PRIVATE KEY, RSA PRIVATE KEY, EC PRIVATE KEY or SM2 PRIVATE KEY)")]
    None,
    /// Under a password.
    #[error("the key is encrypted; take its password off first, for example with `openssl pkey`")]
    Encrypted,
    /// Neither RSA nor SM2, or damaged.
    #[error("the key is neither RSA nor SM2, or it is damaged")]
    Unusable,
    /// RSA-SHA256 with a key that is too short or too long.
    #[error("RSA keys of 2048 to 8192 bits sign with SHA-256; shorter ones with SHA-1 only")]
    Length,
    /// The algorithm is for another kind of key.
    #[error("{0} does not fit the key")]
    Algorithm(&'static str),
    /// The value just made does not verify: the key is damaged.
    #[error("signing failed")]
    Failed,
}

/// A private key.
pub struct PrivateKey(Kind);

enum Kind {
    Rsa(Box<Rsa>),
    Sm2(Box<SigningKey>),
}

struct Rsa {
    modulus: Vec<u8>,
    private_exponent: Vec<u8>,
    /// `None` if the library does not sign with keys of that length.
    pair: Option<RsaKeyPair>,
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PrivateKey(***)")
    }
}

impl PrivateKey {
    /// Reads the first private key of a PEM text: PKCS#8, PKCS#1 or SEC 1.
    ///
    /// # Errors
    /// [`Error`].
    pub fn of_pem(pem: &[u8]) -> Result<PrivateKey, Error> {
        for block in Pem::iter_from_buffer(pem).take(limits::SIGNATURE_ELEMENTS_MAX) {
            let block = block.map_err(|_| Error::None)?;
            let der = block.contents.as_slice();
            return match block.label.as_str() {
                "PRIVATE KEY" => of_pkcs8(der),
                "RSA PRIVATE KEY" => of_pkcs1(der),
                "EC PRIVATE KEY" | "SM2 PRIVATE KEY" => of_sm2(SecretKey::from_sec1_der(der).ok()),
                "ENCRYPTED PRIVATE KEY" => Err(Error::Encrypted),
                _ => continue,
            };
        }
        Err(Error::None)
    }

    /// Whether it is SM2 and not RSA.
    #[must_use]
    pub fn is_sm2(&self) -> bool {
        match self.0 {
            Kind::Rsa(_) => false,
            Kind::Sm2(_) => true,
        }
    }

    /// The algorithm that is used if none is asked for: SM2-SM3 or RSA-SHA256.
    #[must_use]
    pub fn preferred(&self) -> Algorithm {
        if self.is_sm2() { Algorithm::Sm2Sm3 } else { Algorithm::RsaSha256 }
    }

    /// The signature value over some bytes. For SM2 it is r‖s in 64 bytes.
    ///
    /// # Errors
    /// [`Error::Algorithm`], [`Error::Length`], [`Error::Failed`].
    pub fn sign(&self, algorithm: Algorithm, bytes: &[u8]) -> Result<Vec<u8>, Error> {
        match (&self.0, algorithm) {
            (Kind::Rsa(key), Algorithm::RsaSha1) => key.sign_sha1(bytes),
            (Kind::Rsa(key), Algorithm::RsaSha256) => {
                let pair = key.pair.as_ref().ok_or(Error::Length)?;
                let mut value = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), bytes, &mut value).map_err(|_| Error::Failed)?;
                Ok(value)
            }
            (Kind::Sm2(key), Algorithm::Sm2Sm3 | Algorithm::Sm2Sm3Alias) => {
                key.try_sign(bytes).map(|value| value.to_vec()).map_err(|_| Error::Failed)
            }
            (Kind::Rsa(_), Algorithm::Sm2Sm3 | Algorithm::Sm2Sm3Alias)
            | (Kind::Sm2(_), Algorithm::RsaSha1 | Algorithm::RsaSha256) => Err(Error::Algorithm(algorithm.name())),
        }
    }
}

fn of_pkcs8(der: &[u8]) -> Result<PrivateKey, Error> {
    let info = sm2::pkcs8::PrivateKeyInfoRef::try_from(der).map_err(|_| Error::Unusable)?;
    if info.algorithm.oid.to_string() == OID_RSA {
        return of_pkcs1(info.private_key.as_bytes());
    }
    of_sm2(SecretKey::from_pkcs8_der(der).ok())
}

fn of_sm2(key: Option<SecretKey>) -> Result<PrivateKey, Error> {
    let key = key.and_then(|key| SigningKey::new(SM2_USER_ID, &key).ok()).ok_or(Error::Unusable)?;
    Ok(PrivateKey(Kind::Sm2(Box::new(key))))
}

/// RSAPrivateKey: version, modulus, public exponent, private exponent, and what the library reads by itself.
fn of_pkcs1(der: &[u8]) -> Result<PrivateKey, Error> {
    let (_, sequence) = x509_parser::der_parser::parse_der(der).map_err(|_| Error::Unusable)?;
    let parts = sequence.as_sequence().map_err(|_| Error::Unusable)?;
    let number = |index: usize| -> Option<Vec<u8>> {
        let bytes = parts.get(index)?.as_slice().ok()?;
        let at = bytes.iter().position(|byte| *byte != 0)?;
        Some(bytes.get(at..)?.to_vec())
    };
    let (Some(modulus), Some(private_exponent)) = (number(1), number(3)) else { return Err(Error::Unusable) };
    let is_odd = modulus.last().is_some_and(|byte| byte & 1 == 1);
    if !is_odd || !(128..=limits::RSA_BITS_MAX / 8).contains(&modulus.len()) || private_exponent.len() > modulus.len() {
        return Err(Error::Unusable);
    }
    let pair = RsaKeyPair::from_der(der).ok();
    Ok(PrivateKey(Kind::Rsa(Box::new(Rsa { modulus, private_exponent, pair }))))
}

impl Rsa {
    /// RSASSA-PKCS1-v1_5 with SHA-1, which the library verifies and does not make. The power is computed in constant
    /// time. Source: RFC 8017, sections 8.2.1 and 9.2.
    fn sign_sha1(&self, bytes: &[u8]) -> Result<Vec<u8>, Error> {
        let length = self.modulus.len();
        let digest = DigestAlgorithm::Sha1.of(bytes);
        let padding = length.checked_sub(3 + SHA1_DIGEST_INFO.len() + digest.len()).ok_or(Error::Length)?;
        let mut message = vec![0, 1];
        message.resize(2 + padding, 0xFF);
        message.push(0);
        message.extend_from_slice(&SHA1_DIGEST_INFO);
        message.extend_from_slice(&digest);
        let bits = u32::try_from(length * 8).map_err(|_| Error::Length)?;
        let number = |bytes: &[u8]| BoxedUint::from_be_slice(bytes, bits).map_err(|_| Error::Failed);
        let modulus = Option::<Odd<BoxedUint>>::from(Odd::new(number(&self.modulus)?)).ok_or(Error::Unusable)?;
        let parameters = BoxedMontyParams::new(modulus);
        let base = BoxedMontyForm::new(number(&message)?, &parameters);
        let power = base.pow(&number(&self.private_exponent)?).retrieve().resize(bits);
        let value = power.to_be_bytes();
        let from = value.len().checked_sub(length).ok_or(Error::Failed)?;
        Ok(value.get(from..).unwrap_or_default().to_vec())
    }
}
