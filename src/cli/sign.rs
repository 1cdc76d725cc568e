//! `swx sign`: puts a signature into a message.
//!
//! Exit codes: 0 signed; 2 the work could not be done.

use super::verify_signature::{certificates_of, decoded, read_message};
use crate::domain::Clock;
use crate::signature::{Algorithm, Certificate, PrivateKey, Signer};
use anyhow::{Context, bail};
use std::io::Write;
use std::path::PathBuf;

/// Arguments of `swx sign`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Private key, PEM without a password: PKCS#8, PKCS#1 (RSA) or SEC 1 (SM2)
    #[arg(long, value_name = "KEY.pem")]
    pub key: PathBuf,
    /// Its certificate, PEM or DER
    #[arg(long, value_name = "CERT.pem")]
    pub cert: PathBuf,
    /// How to sign [default: sm2-sm3 or rsa-sha256, by the key]
    #[arg(long, value_enum)]
    pub algorithm: Option<Named>,
    /// Write here and not to the standard output; may be FILE itself
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Message to sign, UTF-8; `-` is the standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// Algorithms by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Named {
    /// RSA with SHA-1, for old receivers
    #[value(name = "rsa-sha1")]
    RsaSha1,
    /// RSA with SHA-256
    #[value(name = "rsa-sha256")]
    RsaSha256,
    /// SM2 with SM3
    #[value(name = "sm2-sm3")]
    Sm2Sm3,
    /// SM2 with SM3 by the identifier that field code sends
    #[value(name = "sm2-sm3-w3")]
    Sm2Sm3Alias,
}

impl From<Named> for Algorithm {
    fn from(named: Named) -> Self {
        match named {
            Named::RsaSha1 => Algorithm::RsaSha1,
            Named::RsaSha256 => Algorithm::RsaSha256,
            Named::Sm2Sm3 => Algorithm::Sm2Sm3,
            Named::Sm2Sm3Alias => Algorithm::Sm2Sm3Alias,
        }
    }
}

/// A key and its certificate from files.
///
/// # Errors
/// If one cannot be read, or they are not of each other.
pub(super) fn signer(key: &std::path::Path, cert: &std::path::Path) -> anyhow::Result<Signer> {
    let (key, certificate) = key_and_certificate(key, cert)?;
    Ok(Signer::new(key, certificate)?)
}

/// The parts of a signer, from files.
///
/// # Errors
/// If one cannot be read.
pub(super) fn key_and_certificate(
    key: &std::path::Path,
    cert: &std::path::Path,
) -> anyhow::Result<(PrivateKey, Certificate)> {
    let pem = std::fs::read(key).with_context(|| format!("cannot read {}", key.display()))?;
    let key = PrivateKey::of_pem(&pem).with_context(|| key.display().to_string())?;
    let ders = certificates_of(cert)?;
    let Some(der) = ders.first() else { bail!("{} holds no certificate", cert.display()) };
    let certificate = Certificate::of_der(der).with_context(|| cert.display().to_string())?;
    Ok((key, certificate))
}

/// Signs and writes.
///
/// # Errors
/// If a file cannot be read or written, or the message cannot be signed.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let signer = signer(&args.key, &args.cert)?;
    if !signer.certificate().is_valid_at(crate::domain::SystemClock.now()) {
        tracing::warn!(serial = signer.certificate().serial, "the certificate is not valid today");
    }
    let bytes = read_message(&args.file)?;
    let text = decoded(&args.file, &bytes)?;
    if matches!(text, std::borrow::Cow::Owned(_)) {
        bail!("{}: only UTF-8 is signed; convert the message first, its declaration too", args.file.display());
    }
    let signed = signer.sign(&text, args.algorithm.map(Algorithm::from))?;
    // A byte order mark is no part of the text and stays.
    let mark = bytes.get(..bytes.len().saturating_sub(text.len())).unwrap_or_default();
    match &args.out {
        Some(path) => {
            let whole = [mark, signed.as_bytes()].concat();
            std::fs::write(path, whole).with_context(|| format!("cannot write {}", path.display()))?;
        }
        None => {
            let mut out = std::io::stdout().lock();
            out.write_all(mark)?;
            out.write_all(signed.as_bytes())?;
            out.flush()?;
        }
    }
    Ok(())
}
