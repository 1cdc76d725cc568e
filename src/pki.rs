//! Certificates for trying out: a CA, a server and one client per demo party, as PEM files.

use crate::transport::tls::{Files, fingerprint_of_file};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Names of the demo parties; each is also the name of its files.
pub const PARTIES: [&str; 14] = [
    "platform",
    "seller",
    "payment",
    "logistics",
    "declarant",
    "site",
    "customs",
    "statistics",
    "operator",
    "bank",
    "agency",
    "tax",
    "forex",
    "warehouse",
];

/// Why the certificates cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read or written.
    #[error("cannot use {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// A certificate cannot be made.
    #[error("cannot make a certificate")]
    Make(#[from] rcgen::Error),
    /// A certificate that was made before cannot be read.
    #[error(transparent)]
    Read(#[from] crate::transport::tls::Error),
}

/// A folder with the certificates of the demo.
#[derive(Debug, Clone)]
pub struct DevPki {
    folder: PathBuf,
    fingerprints: Vec<(&'static str, String)>,
}

impl DevPki {
    /// Uses the certificates in the folder, and makes those that are not there. All of them are made
    /// again if the CA is not there.
    ///
    /// # Errors
    /// [`Error`].
    pub fn create_or_load(folder: &Path) -> Result<DevPki, Error> {
        std::fs::create_dir_all(folder).map_err(failed(folder))?;
        let pki = DevPki { folder: folder.to_path_buf(), fingerprints: Vec::new() };
        let fresh = !(pki.ca().exists() && pki.path("ca-key.pem").exists());
        if fresh {
            pki.make_ca()?;
        }
        // Of the CA's certificate only name and key go into what it issues, and both are known.
        let issuer = Issuer::new(ca_params()?, KeyPair::from_pem(&read(&pki.path("ca-key.pem"))?)?);
        let (server, server_key) = pki.server();
        if fresh || !(server.exists() && server_key.exists()) {
            let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
            make(&issuer, "swx", &names, ExtendedKeyUsagePurpose::ServerAuth, &server, &server_key)?;
        }
        let mut fingerprints = Vec::new();
        for party in PARTIES {
            let (certificate, key) = pki.client(party);
            if fresh || !(certificate.exists() && key.exists()) {
                make(&issuer, party, &[], ExtendedKeyUsagePurpose::ClientAuth, &certificate, &key)?;
            }
            fingerprints.push((party, fingerprint_of_file(&certificate)?));
        }
        Ok(DevPki { fingerprints, ..pki })
    }

    /// Certificate of the CA.
    #[must_use]
    pub fn ca(&self) -> PathBuf {
        self.path("ca.pem")
    }

    /// Certificate and key of a demo party.
    #[must_use]
    pub fn client(&self, party: &str) -> (PathBuf, PathBuf) {
        (self.path(&format!("{party}.pem")), self.path(&format!("{party}-key.pem")))
    }

    /// SHA-256 of each demo party's certificate, by name of the party.
    #[must_use]
    pub fn fingerprints(&self) -> &[(&'static str, String)] {
        &self.fingerprints
    }

    /// The files that the server uses.
    #[must_use]
    pub fn files(&self) -> Files {
        let (certificate, key) = self.server();
        Files { certificate, key, client_ca: vec![self.ca()], crl: None }
    }

    fn server(&self) -> (PathBuf, PathBuf) {
        (self.path("server.pem"), self.path("server-key.pem"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn make_ca(&self) -> Result<(), Error> {
        let key = KeyPair::generate()?;
        let certificate = ca_params()?.self_signed(&key)?;
        write_secret(&self.path("ca-key.pem"), &key.serialize_pem())?;
        write(&self.ca(), &certificate.pem())
    }
}

fn ca_params() -> Result<CertificateParams, Error> {
    let mut params = params("swx dev CA", &[])?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

fn params(name: &str, alternatives: &[String]) -> Result<CertificateParams, Error> {
    let mut params = CertificateParams::new(alternatives)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.distinguished_name.push(DnType::OrganizationName, "swx dev");
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2099, 12, 31);
    Ok(params)
}

fn make(
    issuer: &Issuer<'_, KeyPair>,
    name: &str,
    alternatives: &[String],
    usage: ExtendedKeyUsagePurpose,
    certificate: &Path,
    key_file: &Path,
) -> Result<(), Error> {
    let mut params = params(name, alternatives)?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![usage];
    params.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let made = params.signed_by(&key, issuer)?;
    write_secret(key_file, &key.serialize_pem())?;
    write(certificate, &made.pem())
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_path_buf();
    |source| Error::File { path, source }
}

fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(failed(path))
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    std::fs::write(path, text).map_err(failed(path))
}

/// The file is made for its owner only before anything is in it.
fn write_secret(path: &Path, text: &str) -> Result<(), Error> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(path)(error)),
        Ok(()) | Err(_) => {}
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).and_then(|mut file| file.write_all(text.as_bytes())).map_err(failed(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_made_once_and_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = DevPki::create_or_load(folder.path()).expect("made");
        let again = DevPki::create_or_load(folder.path()).expect("loaded");
        assert_eq!(first.fingerprints(), again.fingerprints());
        assert_eq!(first.fingerprints().len(), PARTIES.len());
        crate::transport::tls::Trust::load(first.files()).expect("files that fit together");
    }

    #[cfg(unix)]
    #[test]
    fn keys_are_for_their_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let pki = DevPki::create_or_load(folder.path()).expect("made");
        for path in [pki.client("seller").1, pki.server().1, pki.path("ca-key.pem")] {
            let mode = std::fs::metadata(&path).expect("a file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", path.display());
        }
    }

    #[test]
    fn a_lost_certificate_is_made_again_by_the_same_ca() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = DevPki::create_or_load(folder.path()).expect("made");
        std::fs::remove_file(first.client("customs").0).expect("removed");
        let again = DevPki::create_or_load(folder.path()).expect("loaded");
        let changed: Vec<_> = first
            .fingerprints()
            .iter()
            .zip(again.fingerprints())
            .filter(|(before, after)| before != after)
            .map(|(before, _)| before.0)
            .collect();
        assert_eq!(changed, ["customs"]);
    }
}
