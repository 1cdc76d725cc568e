//! `swx bench signature`: verifying and signing, per second and core, for each algorithm.

use super::figures::{per_second, seconds};
use crate::cli::paint::Paint;
use crate::domain::{Clock, SystemClock, Timestamp};
use crate::sample::{self, Generator, Kind, Settings, message};
use crate::signature::{Algorithm, Certificate, Certificates, Policy, PrivateKey, Signer, canonicalize, verify};
use anyhow::{Context, anyhow};
use sm2::elliptic_curve::sec1::ToSec1Point;
use sm2::pkcs8::{EncodePrivateKey, LineEnding};
use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Measures signatures.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// For how long, each figure
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=600))]
    seconds: u32,
    /// Seed of the messages
    #[arg(long, default_value_t = 1)]
    seed: u32,
}

/// Runs the measurement and prints one JSON line.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let wanted = Duration::from_secs(u64::from(args.seconds));
    let (rsa, sm2) = (rsa()?, sm2()?);
    let at = SystemClock.now();
    let mut figures = Vec::new();
    for lists in [1, 100] {
        let text = unsigned(args.seed, lists);
        let (rounds, elapsed) = repeat(wanted, || {
            canonicalize(black_box(&text))
                .map(|bytes| drop(black_box(bytes)))
                .map_err(|fault| anyhow!(fault.message_en))
        })?;
        figures.push(serde_json::json!({
            "what": "canonical form alone", "lists": lists, "message_bytes": text.len(),
            "per_second": per_second(rounds, elapsed),
        }));
        for (algorithm, signer) in [(Algorithm::RsaSha1, &rsa), (Algorithm::RsaSha256, &rsa), (Algorithm::Sm2Sm3, &sm2)]
        {
            figures.push(one(algorithm, signer, &text, lists, wanted, at)?);
        }
    }
    let line = serde_json::json!({
        "bench": "signature", "figures": figures, "seconds_each": seconds(wanted), "cores": 1,
        "profile": if cfg!(debug_assertions) { "debug" } else { "optimised" },
        "settings": {
            "what": "decoded text to result: canonical form, digest, value; the certificate is parsed before",
            "keys": "RSA 2048, SM2", "seed": args.seed,
        },
    });
    Paint::plain().line(line.to_string())?;
    Ok(ExitCode::SUCCESS)
}

fn one(
    algorithm: Algorithm,
    signer: &Signer,
    text: &str,
    lists: usize,
    wanted: Duration,
    at: Timestamp,
) -> anyhow::Result<serde_json::Value> {
    let filed = Certificates::of_ders(&[signer.certificate().der()]).map_err(|(_, error)| error)?;
    let signed = signer.sign(text, Some(algorithm))?;
    let policy = Policy::default();
    let (verified, verifying) = repeat(wanted, || {
        let result = verify(black_box(&signed), &filed, &policy, at);
        result.map(|verified| drop(black_box(verified))).map_err(|failure| anyhow!(failure.en))
    })?;
    let (made, signing) = repeat(wanted, || {
        black_box(signer.sign(black_box(text), Some(algorithm))?);
        Ok(())
    })?;
    Ok(serde_json::json!({
        "algorithm": algorithm.name(), "lists": lists, "message_bytes": signed.len(),
        "verify_per_second": per_second(verified, verifying),
        "lists_verified_per_second": per_second(verified * lists, verifying),
        "sign_per_second": per_second(made, signing),
    }))
}

/// How often the work was done, in how much time.
fn repeat(wanted: Duration, mut work: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<(usize, Duration)> {
    work()?;
    let begun = Instant::now();
    let mut rounds = 0;
    while begun.elapsed() < wanted {
        work()?;
        rounds += 1;
    }
    Ok((rounds, begun.elapsed()))
}

/// A CEB621 with that many lists, without the made-up signature of the samples.
fn unsigned(seed: u32, lists: usize) -> String {
    let generator = Generator::new(seed, Settings::default());
    let sets: Vec<_> = (0..100).take(lists).map(|ordinal| generator.set(ordinal)).collect();
    sample::unsigned(&message(Kind::List, &sets, &generator.transfer(Kind::List, 0)))
}

fn rsa() -> anyhow::Result<Signer> {
    let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048)?;
    let certificate = parameters()?.self_signed(&key)?;
    signer(&key.serialize_pem(), certificate.der())
}

fn parameters() -> anyhow::Result<rcgen::CertificateParams> {
    let mut parameters = rcgen::CertificateParams::new(Vec::new())?;
    parameters.not_before = rcgen::date_time_ymd(2020, 1, 1);
    parameters.not_after = rcgen::date_time_ymd(2099, 12, 31);
    Ok(parameters)
}

/// Object identifiers of the curves, DER: the two are of one length.
const P256: &[u8] = &[0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];
const SM2: &[u8] = &[0x06, 0x08, 0x2A, 0x81, 0x1C, 0xCF, 0x55, 0x01, 0x82, 0x2D];

/// An SM2 key and a certificate for it. Nothing here issues such certificates, so one for P-256 gets the other curve and
/// point; that its issuer's signature is then wrong is no matter, since filed certificates are trusted as they are.
fn sm2() -> anyhow::Result<Signer> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| anyhow!("no random bytes"))?;
    // Below the order of the curve, whatever the other bytes are.
    bytes[0] = 1;
    let key = sm2::SecretKey::from_slice(&bytes).map_err(|error| anyhow!("{error}"))?;
    let other = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
    let certificate = parameters()?.self_signed(&other)?;
    let point = key.public_key().to_sec1_point(false);
    let mut der = certificate.der().to_vec();
    for (from, to) in [(P256, SM2), (other.public_key_raw(), point.as_bytes())] {
        let at = der.windows(from.len()).position(|window| window == from).context("a key of P-256")?;
        der.splice(at..at + from.len(), to.iter().copied());
    }
    let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(|error| anyhow!("{error}"))?;
    signer(&pem, &der)
}

fn signer(pem: &str, der: &[u8]) -> anyhow::Result<Signer> {
    Ok(Signer::new(PrivateKey::of_pem(pem.as_bytes())?, Certificate::of_der(der)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_verifies() {
        let at = SystemClock.now();
        let text = unsigned(1, 2);
        for (signer, algorithm) in [(rsa().unwrap(), Algorithm::RsaSha1), (sm2().unwrap(), Algorithm::Sm2Sm3)] {
            let figures = one(algorithm, &signer, &text, 2, Duration::ZERO, at).unwrap();
            assert_eq!(figures["lists"], 2);
        }
    }
}
