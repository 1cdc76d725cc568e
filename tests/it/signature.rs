//! Signatures: ours verify by `xmlsec1` and OpenSSL, theirs verify here; the command line; what attackers try.

mod attacks;
mod command;
mod intake;
mod vectors;

use single_window::domain::Timestamp;
use single_window::sample::{Generator, Kind, Settings, message};
use single_window::signature::{Certificate, Certificates, Failure, Policy, PrivateKey, Signer, Verified, verify};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// A time at which the certificates made here are valid.
fn now() -> Timestamp {
    use single_window::domain::Clock;
    single_window::domain::SystemClock.now()
}

/// True, and said, where the tools that these tests need may not be installed.
fn tools_are_missing() -> bool {
    let missing = std::env::var_os("SWX_NO_XMLSEC1").is_some();
    if missing {
        eprintln!("not run: SWX_NO_XMLSEC1 is set");
    }
    missing
}

/// Runs a program and returns what it printed; it has to succeed.
fn output(program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program} has to be installed: {error}"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Keys and certificates of one kind, made by OpenSSL at first use.
struct Pair {
    key: PathBuf,
    cert: PathBuf,
    certificate: Certificate,
}

impl Pair {
    fn make(folder: &Path, name: &str, new_key: &[&str]) -> Pair {
        let path = |end: &str| folder.join(format!("{name}{end}"));
        let (key, cert) = (path("-key.pem"), path(".pem"));
        let mut arguments = vec!["genpkey", "-out", key.to_str().expect("UTF-8"), "-algorithm"];
        arguments.extend(new_key);
        output("openssl", &arguments);
        let subject = format!("/CN={name}/O=made-up");
        let mut arguments = vec!["req", "-x509", "-new", "-key", key.to_str().expect("UTF-8"), "-days", "3650"];
        arguments.extend(["-subj", &subject, "-out", cert.to_str().expect("UTF-8")]);
        if name.starts_with("sm2") {
            arguments.push("-sm3");
        }
        output("openssl", &arguments);
        let ders = single_window::signature::ders_of(&std::fs::read(&cert).expect("made")).expect("PEM");
        Pair { key, cert, certificate: Certificate::of_der(ders.first().expect("one")).expect("a certificate") }
    }

    fn signer(&self) -> Signer {
        let key = PrivateKey::of_pem(&std::fs::read(&self.key).expect("made")).expect("a key");
        Signer::new(key, Certificate::of_der(self.certificate.der()).expect("parsed before")).expect("a pair")
    }

    fn filed(&self) -> Certificates {
        Certificates::of_ders(&[self.certificate.der()]).expect("parsed before")
    }

    fn path(path: &Path) -> &str {
        path.to_str().expect("UTF-8")
    }
}

struct Pairs {
    folder: tempfile::TempDir,
    rsa: Pair,
    other_rsa: Pair,
    sm2: Pair,
}

fn pairs() -> &'static Pairs {
    static PAIRS: OnceLock<Pairs> = OnceLock::new();
    PAIRS.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let rsa = ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
        let sm2 = ["EC", "-pkeyopt", "ec_paramgen_curve:SM2", "-pkeyopt", "ec_param_enc:named_curve"];
        Pairs {
            rsa: Pair::make(folder.path(), "rsa", &rsa),
            other_rsa: Pair::make(folder.path(), "other", &rsa),
            sm2: Pair::make(folder.path(), "sm2", &sm2),
            folder,
        }
    })
}

impl Pairs {
    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    }
}

/// An unsigned message.
fn unsigned(kind: Kind) -> String {
    let generator = Generator::new(7, Settings::default());
    single_window::sample::unsigned(&message(kind, &[generator.set(0)], &generator.transfer(kind, 0)))
}

fn check(text: &str, filed: &Certificates) -> Result<Verified, Failure> {
    verify(text, filed, &Policy::default(), now())
}
