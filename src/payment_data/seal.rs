//! Signs uploads and verifies their signatures, with the keys and algorithms of messages.

use super::write::{head_json, items_json, text_to_sign};
use super::{Exchange, Fault, Upload};
use crate::domain::Timestamp;
use crate::signature::{Algorithm, Certificate, Certificates, KeyError, PrivateKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A signature over an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Serial number of the certificate, upper-case hex.
    pub cert_no: String,
    /// The value in base64: for SM2 r‖s in 64 bytes, for RSA PKCS#1 v1.5.
    pub sign_value: String,
}

/// Signs an exchange.
///
/// # Errors
/// [`KeyError`] if the key does not sign so, or is not the one of the certificate.
pub fn sign(
    exchange: &Exchange,
    key: &PrivateKey,
    certificate: &Certificate,
    algorithm: Option<Algorithm>,
) -> Result<Sealed, KeyError> {
    let algorithm = algorithm.unwrap_or_else(|| key.preferred());
    let (head, items) = (head_json(&exchange.head), items_json(&exchange.items));
    let text = text_to_sign(&exchange.session_id, &head, &items, &exchange.service_time);
    let value = key.sign(algorithm, text.as_bytes())?;
    if !certificate.verifies(algorithm, text.as_bytes(), &value) {
        return Err(KeyError::Failed);
    }
    Ok(Sealed { cert_no: certificate.serial.clone(), sign_value: STANDARD.encode(value) })
}

/// Verifies an upload by the certificates that its sender filed; gives the algorithm that fits. Both forms of the text
/// are tried: as it was sent, and as this program writes it, since some senders sign before they put in blanks.
///
/// # Errors
/// The fault of `certNo` or `signValue`.
pub fn verify(upload: &Upload, certificates: &Certificates, at: Timestamp) -> Result<Algorithm, Fault> {
    let Some(certificate) = certificates.iter().find(|certificate| certificate.has_serial(&upload.cert_no)) else {
        let filed: Vec<&str> = certificates.iter().map(|certificate| certificate.serial.as_str()).collect();
        let fault = Fault::new("PAY-SIGNATURE", "certNo", "该证书未备案", "no certificate of that number is filed");
        return Err(fault.values(&upload.cert_no, &filed.join(" | ")));
    };
    if !certificate.is_valid_at(at) {
        let fault = Fault::new("PAY-SIGNATURE", "certNo", "证书不在有效期内", "the certificate is not valid now");
        return Err(fault.values(&upload.cert_no, &format!("{} .. {}", certificate.from, certificate.until)));
    }
    let wrong = || Fault::new("PAY-SIGNATURE", "signValue", "验签失败", "does not verify");
    let value = STANDARD.decode(&upload.sign_value).map_err(|_| wrong())?;
    let exchange = &upload.exchange;
    let text = |head: &str, items: &str| text_to_sign(&exchange.session_id, head, items, &exchange.service_time);
    let texts =
        [text(&upload.head_text, &upload.items_text), text(&head_json(&exchange.head), &items_json(&exchange.items))];
    let algorithms: &[Algorithm] =
        if certificate.is_sm2() { &[Algorithm::Sm2Sm3] } else { &[Algorithm::RsaSha256, Algorithm::RsaSha1] };
    for text in &texts {
        let fits = |algorithm: &&Algorithm| certificate.verifies(**algorithm, text.as_bytes(), &value);
        if let Some(algorithm) = algorithms.iter().find(fits) {
            return Ok(*algorithm);
        }
    }
    Err(wrong())
}
