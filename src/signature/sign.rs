//! Puts an enveloped signature into a message, at its place in the schema's order and without white space.

use super::algorithm::{Algorithm, C14N, ENVELOPED};
use super::certificate::Certificate;
use super::key::{self, PrivateKey};
use super::pass::{NAMESPACE, Wanted, pass};
use crate::domain::Fault;
use crate::schema::Namespaces;
use crate::schema::reader::{Event, Reader};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Messages whose signature stands last. In the others it stands before ExtendMessage. Source: specification 202205.
const SIGNED_LAST: [&str; 8] = [
    "CEB311Message",
    "CEB411Message",
    "CEB511Message",
    "CEB513Message",
    "CEB621Message",
    "CEB623Message",
    "CEB625Message",
    "CEB711Message",
];

/// Why a message is not signed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// It is no XML.
    #[error("line {}, column {}: {}", .0.place.line, .0.place.column, .0.message_en)]
    NotXml(Box<Fault>),
    /// It has a signature.
    #[error("the message has a signature already; take it out first")]
    Signed,
    /// The root has no content.
    #[error("the message is empty")]
    Empty,
    /// The key does not sign so.
    #[error(transparent)]
    Key(#[from] key::Error),
    /// The certificate is that of another key.
    #[error("the certificate is not that of the key")]
    OtherKey,
}

/// A key and its certificate.
#[derive(Debug)]
pub struct Signer {
    key: PrivateKey,
    certificate: Certificate,
}

impl Signer {
    /// Joins a key and its certificate.
    ///
    /// # Errors
    /// [`Error::OtherKey`] if they are not of each other.
    pub fn new(key: PrivateKey, certificate: Certificate) -> Result<Signer, Error> {
        let bytes = b"swx";
        let algorithm = if key.is_sm2() { Algorithm::Sm2Sm3 } else { Algorithm::RsaSha1 };
        let value = key.sign(algorithm, bytes)?;
        if !certificate.verifies(algorithm, bytes, &value) {
            return Err(Error::OtherKey);
        }
        Ok(Signer { key, certificate })
    }

    /// The certificate.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Signs a decoded message. `None` takes the algorithm that the key is made for.
    ///
    /// # Errors
    /// [`Error`].
    pub fn sign(&self, text: &str, algorithm: Option<Algorithm>) -> Result<String, Error> {
        let algorithm = algorithm.unwrap_or_else(|| self.key.preferred());
        let at = place(text)?;
        let (before, after) = text.split_at_checked(at).ok_or(Error::Empty)?;
        let unsigned = pass(text, &Wanted::default()).map_err(Error::NotXml)?;
        let digest = STANDARD.encode(algorithm.digest().of(&unsigned.document));
        drop(unsigned);
        let (head, tail) = self.markup(algorithm, &digest);
        let empty = [before, &head, &tail, after].concat();
        let signed_info = pass(&empty, &Wanted::default()).map_err(Error::NotXml)?.signed_info;
        let value = self.key.sign(algorithm, &signed_info)?;
        Ok([before, &head, &STANDARD.encode(value), &tail, after].concat())
    }

    /// The signature before and after its value.
    fn markup(&self, algorithm: Algorithm, digest: &str) -> (String, String) {
        let (method, digest_method) = (algorithm.uri(), algorithm.digest().uri());
        let head = format!(
            "<ds:Signature xmlns:ds=\"{NAMESPACE}\"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm=\"{C14N}\"/>\
             <ds:SignatureMethod Algorithm=\"{method}\"/><ds:Reference URI=\"\"><ds:Transforms>\
             <ds:Transform Algorithm=\"{ENVELOPED}\"/></ds:Transforms><ds:DigestMethod Algorithm=\"{digest_method}\"/>\
             <ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo><ds:SignatureValue>"
        );
        let (serial, certificate) = (&self.certificate.serial, STANDARD.encode(self.certificate.der()));
        let tail = format!(
            "</ds:SignatureValue><ds:KeyInfo><ds:KeyName>{serial}</ds:KeyName><ds:X509Data><ds:X509Certificate>\
             {certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>"
        );
        (head, tail)
    }
}

/// The byte at which the signature belongs.
fn place(text: &str) -> Result<usize, Error> {
    let known = Namespaces::default();
    let mut reader = Reader::new(text, &known);
    let (mut depth, mut last, mut extension) = (0_usize, None, None);
    let mut signed_last = false;
    while let Some(event) = reader.step().map_err(Error::NotXml)? {
        match event {
            Event::Start { at, local, .. } => {
                if local == "Signature" && reader.namespace() == NAMESPACE {
                    return Err(Error::Signed);
                }
                match (depth, local) {
                    (0, root) => signed_last = SIGNED_LAST.contains(&root),
                    (1, "ExtendMessage") => extension = Some(at),
                    _ => {}
                }
                depth += 1;
            }
            Event::End { at, end } => {
                depth -= 1;
                if depth == 0 && at < end {
                    last = Some(at);
                }
            }
            Event::Text(_) | Event::CData(_) | Event::Char(_) | Event::Comment(_) | Event::Instruction { .. } => {}
        }
    }
    extension.filter(|_| !signed_last).or(last).ok_or(Error::Empty)
}
