//! Who is at the other end: mutual TLS from files that are read again when they change.

use super::stopped;
use crate::domain::limits::{REPEATED_MAX, TLS_FILE_BYTES_MAX, TLS_RELOAD_EVERY_MS};
use arc_swap::ArcSwap;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};
use tokio::sync::watch;

/// The files of the server's identity and of its trust, all PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// Certificate chain of the server, leaf first.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// Authorities that issue client certificates.
    pub client_ca: Vec<PathBuf>,
    /// Revocation lists. If given, every issuer of a client certificate must have one in it.
    pub crl: Option<PathBuf>,
}

impl Files {
    fn paths(&self) -> impl Iterator<Item = &Path> {
        [&self.certificate, &self.key].into_iter().chain(&self.client_ca).chain(&self.crl).map(PathBuf::as_path)
    }
}

/// Why the files cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read or is over the limit.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// A file is no PEM, or holds nothing of what it should.
    #[error("{} holds no usable {what}: {reason}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The files do not work together, for example a key of another certificate.
    #[error("the TLS files do not fit together: {0}")]
    Mismatch(String),
}

/// A peer as its handshake proved it.
#[derive(Debug)]
pub struct Identity {
    /// SHA-256 of the leaf certificate, 64 lower-case hex digits.
    pub fingerprint: String,
    chain: Vec<CertificateDer<'static>>,
    /// Values of the attributes of the leaf's subject.
    pub names: Vec<String>,
    /// End of the leaf's validity, seconds since 1970.
    not_after: i64,
    /// Generation of the trust under which the chain was last verified.
    verified: AtomicU64,
}

/// Why a certificate that passed its handshake is no longer good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lapse {
    /// Its validity has ended.
    Expired,
    /// It was revoked, or its issuer is no longer trusted.
    Revoked,
}

struct Loaded {
    server: Arc<ServerConfig>,
    verifier: Arc<dyn ClientCertVerifier>,
    generation: u64,
}

/// What tells that a file was changed: time of change, length, and whether it is there.
type Stamp = Vec<Option<(SystemTime, u64)>>;

struct Shared {
    files: Files,
    current: ArcSwap<Loaded>,
    stamp: parking_lot::Mutex<Stamp>,
}

/// The current identity and trust of the server; cheap to clone.
#[derive(Clone)]
pub struct Trust {
    shared: Arc<Shared>,
}

impl Trust {
    /// Reads the files.
    ///
    /// # Errors
    /// [`Error`] names the file.
    pub fn load(files: Files) -> Result<Trust, Error> {
        // The stamp is taken first: a change while reading is seen by the next look.
        let stamp = stamp(&files);
        let loaded = load(&files, 1)?;
        let shared = Shared { files, current: ArcSwap::from_pointee(loaded), stamp: parking_lot::Mutex::new(stamp) };
        Ok(Trust { shared: Arc::new(shared) })
    }

    /// The configuration for new handshakes.
    #[must_use]
    pub fn server_config(&self) -> Arc<ServerConfig> {
        self.shared.current.load().server.clone()
    }

    /// Reads the files again if one of them changed. True if the new ones are in force; a bad new file
    /// keeps the old ones.
    ///
    /// # Errors
    /// [`Error`] of the new files; it is not given again until a file changes again.
    pub fn reload_if_changed(&self) -> Result<bool, Error> {
        let mut known = self.shared.stamp.lock();
        let now = stamp(&self.shared.files);
        if *known == now {
            return Ok(false);
        }
        *known = now;
        let generation = self.shared.current.load().generation.saturating_add(1);
        self.shared.current.store(Arc::new(load(&self.shared.files, generation)?));
        Ok(true)
    }

    /// Looks at the files until the stop.
    pub async fn follow(self, mut stop: watch::Receiver<bool>) {
        let mut every = tokio::time::interval(Duration::from_millis(TLS_RELOAD_EVERY_MS));
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = every.tick() => {}
                () = stopped(&mut stop) => return,
            }
            let trust = self.clone();
            match tokio::task::spawn_blocking(move || trust.reload_if_changed()).await {
                Ok(Ok(false)) => {}
                Ok(Ok(true)) => tracing::info!("certificate files reloaded"),
                Ok(Err(error)) => {
                    tracing::error!(error = %error, cause = ?std::error::Error::source(&error), "certificate files are bad, the old ones stay in force");
                }
                Err(error) => tracing::error!(%error, "certificate reload failed"),
            }
        }
    }

    /// The identity behind a finished handshake; `None` if there is no certificate in it.
    #[must_use]
    pub fn identify(&self, chain: Option<&[CertificateDer<'_>]>) -> Option<Identity> {
        let chain: Vec<CertificateDer<'static>> =
            chain?.iter().map(|certificate| certificate.clone().into_owned()).collect();
        let leaf = chain.first()?;
        let (_, parsed) = x509_parser::parse_x509_certificate(leaf).ok()?;
        let not_after = parsed.validity().not_after.timestamp();
        let names = parsed.subject().iter_attributes().take(REPEATED_MAX);
        let names = names.filter_map(|name| name.as_str().ok().map(str::to_owned)).collect();
        let fingerprint = fingerprint(leaf);
        // 0 is no generation: the first request verifies once under the trust of now, since the files
        // may have changed between the handshake and this line.
        Some(Identity { fingerprint, chain, names, not_after, verified: AtomicU64::new(0) })
    }

    /// Checks that a peer is still good under the current files. Costs a comparison, and one signature
    /// check per peer after a change of the files.
    ///
    /// # Errors
    /// [`Lapse`].
    pub fn check(&self, identity: &Identity) -> Result<(), Lapse> {
        let now = UnixTime::now();
        if i64::try_from(now.as_secs()).is_ok_and(|now| now > identity.not_after) {
            return Err(Lapse::Expired);
        }
        let current = self.shared.current.load();
        if identity.verified.load(Ordering::Acquire) == current.generation {
            return Ok(());
        }
        let (leaf, intermediates) = identity.chain.split_first().ok_or(Lapse::Revoked)?;
        current.verifier.verify_client_cert(leaf, intermediates, now).map_err(|_| Lapse::Revoked)?;
        identity.verified.store(current.generation, Ordering::Release);
        Ok(())
    }
}

/// SHA-256 of a certificate, 64 lower-case hex digits.
#[must_use]
pub fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, certificate);
    hex(digest.as_ref())
}

/// The fingerprint of the first certificate of a PEM file.
///
/// # Errors
/// [`Error`] names the file.
pub fn fingerprint_of_file(path: &Path) -> Result<String, Error> {
    let certificates = certificates(path, "certificate")?;
    certificates.first().map(fingerprint).ok_or_else(|| content(path, "certificate", "there is none"))
}

/// Lower-case hex digits.
#[must_use]
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len().saturating_mul(2)), |mut text, byte| {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
        text
    })
}

fn stamp(files: &Files) -> Stamp {
    files
        .paths()
        .map(|path| {
            let meta = std::fs::metadata(path).ok()?;
            Some((meta.modified().ok()?, meta.len()))
        })
        .collect()
}

fn load(files: &Files, generation: u64) -> Result<Loaded, Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let chain = certificates(&files.certificate, "certificate")?;
    let key_bytes = read(&files.key)?;
    let key = PrivateKeyDer::from_pem_slice(&key_bytes)
        .map_err(|error| content(&files.key, "private key", &error.to_string()))?;
    let mut roots = RootCertStore::empty();
    for path in &files.client_ca {
        for certificate in certificates(path, "CA certificate")? {
            roots.add(certificate).map_err(|error| content(path, "CA certificate", &error.to_string()))?;
        }
    }
    let mut verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    if let Some(path) = &files.crl {
        verifier = verifier.with_crls(revocations(path)?);
    }
    let verifier = verifier.build().map_err(|error| Error::Mismatch(error.to_string()))?;
    let mut server = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|error| Error::Mismatch(error.to_string()))?
        .with_client_cert_verifier(verifier.clone())
        .with_single_cert(chain, key)
        .map_err(|error| Error::Mismatch(error.to_string()))?;
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    // A resumed session would skip the check of the client's certificate.
    server.session_storage = Arc::new(NoServerSessionStorage {});
    server.send_tls13_tickets = 0;
    Ok(Loaded { server: Arc::new(server), verifier, generation })
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let failed = |source| Error::Read { path: path.to_path_buf(), source };
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .map_err(failed)?
        .take(TLS_FILE_BYTES_MAX.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > TLS_FILE_BYTES_MAX) {
        return Err(failed(std::io::Error::other("the file is over the size limit")));
    }
    Ok(bytes)
}

fn content(path: &Path, what: &'static str, reason: &str) -> Error {
    Error::Content { path: path.to_path_buf(), what, reason: reason.to_owned() }
}

fn certificates(path: &Path, what: &'static str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let bytes = read(path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let found = found.map_err(|error| content(path, what, &error.to_string()))?;
    if found.is_empty() { Err(content(path, what, "there is none")) } else { Ok(found) }
}

fn revocations(path: &Path) -> Result<Vec<CertificateRevocationListDer<'static>>, Error> {
    let bytes = read(path)?;
    let found: Result<Vec<_>, _> = CertificateRevocationListDer::pem_slice_iter(&bytes).collect();
    let found = found.map_err(|error| content(path, "revocation list", &error.to_string()))?;
    if found.is_empty() { Err(content(path, "revocation list", "there is none")) } else { Ok(found) }
}
