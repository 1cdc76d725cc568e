//! What the tests share: certificates, TLS clients, and a whole exchange on a free port.

use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, Issuer, KeyPair, KeyUsagePurpose};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use single_window::app::{App, SandboxReset};
use single_window::config::{Config, FileConfig, Flags, LedgerKind};
use single_window::domain::{Clock, SystemClock};
use single_window::pki::DevPki;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::transport::{Channel, Endpoint};

/// A certificate authority of a test.
pub(crate) struct Ca {
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key.
pub(crate) struct Pair {
    pub(crate) pem: String,
    pub(crate) key: String,
    pub(crate) serial: Vec<u8>,
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

impl Ca {
    pub(crate) fn new(name: &str) -> Ca {
        let mut params = named(name);
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Ca { pem, issuer: Issuer::new(params, key) }
    }

    fn pair(&self, mut params: CertificateParams, usage: ExtendedKeyUsagePurpose, serial: u8) -> Pair {
        params.extended_key_usages = vec![usage];
        params.serial_number = Some(vec![serial].into());
        let key = KeyPair::generate().expect("a key");
        let pem = params.signed_by(&key, &self.issuer).expect("a certificate").pem();
        Pair { pem, key: key.serialize_pem(), serial: vec![serial] }
    }

    pub(crate) fn server(&self) -> Pair {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("parameters");
        params.distinguished_name = DistinguishedName::new();
        self.pair(params, ExtendedKeyUsagePurpose::ServerAuth, 1)
    }

    pub(crate) fn client(&self, serial: u8) -> Pair {
        self.pair(named("client"), ExtendedKeyUsagePurpose::ClientAuth, serial)
    }

    pub(crate) fn expired_client(&self) -> Pair {
        let mut params = named("expired");
        params.not_before = rcgen::date_time_ymd(2019, 1, 1);
        params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        self.pair(params, ExtendedKeyUsagePurpose::ClientAuth, 99)
    }

    pub(crate) fn revoking(&self, number: u8, revoked: &[&Pair]) -> String {
        let revoked_certs = revoked
            .iter()
            .map(|pair| rcgen::RevokedCertParams {
                serial_number: pair.serial.clone().into(),
                revocation_time: rcgen::date_time_ymd(2024, 1, 1),
                reason_code: None,
                invalidity_date: None,
            })
            .collect();
        let params = rcgen::CertificateRevocationListParams {
            this_update: rcgen::date_time_ymd(2024, 1, 1),
            next_update: rcgen::date_time_ymd(2090, 1, 1),
            crl_number: vec![number].into(),
            issuing_distribution_point: None,
            revoked_certs,
            key_identifier_method: rcgen::KeyIdMethod::Sha256,
        };
        params.signed_by(&self.issuer).expect("a list").pem().expect("PEM")
    }
}

/// A TLS client that trusts one CA and shows a certificate, or none.
pub(crate) fn client(ca: &str, pair: Option<&Pair>, alpn: &str) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca.as_bytes()).expect("a CA")).expect("a CA that can be trusted");
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_protocol_versions(rustls::DEFAULT_VERSIONS)
        .expect("versions")
        .with_root_certificates(roots);
    let mut config = match pair {
        None => builder.with_no_client_auth(),
        Some(pair) => {
            let chain = CertificateDer::pem_slice_iter(pair.pem.as_bytes()).collect::<Result<_, _>>();
            let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).expect("a key");
            builder.with_client_auth_cert(chain.expect("certificates"), key).expect("a pair that fits")
        }
    };
    config.alpn_protocols = vec![alpn.as_bytes().to_vec()];
    config
}

pub(crate) async fn connect(address: SocketAddr, config: ClientConfig) -> io::Result<TlsStream<TcpStream>> {
    let tcp = TcpStream::connect(address).await?;
    tcp.set_nodelay(true)?;
    let name = ServerName::try_from("localhost").expect("a name");
    TlsConnector::from(Arc::new(config)).connect(name, tcp).await
}

/// One HTTP/1.1 request on its own connection; the whole answer.
pub(crate) async fn http(address: SocketAddr, config: ClientConfig, head: &str, body: &[u8]) -> io::Result<String> {
    let mut tls = connect(address, config).await?;
    tls.write_all(format!("{head}\r\nhost: localhost\r\nconnection: close\r\n\r\n").as_bytes()).await?;
    // A server that has answered already may close before it has read everything.
    let sent = tls.write_all(body).await;
    let mut answer = Vec::new();
    match tls.read_to_end(&mut answer).await {
        Err(error) if answer.is_empty() => return Err(error),
        Ok(0) => {
            sent?;
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(_) | Err(_) => {}
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// A gRPC channel over one TLS connection.
pub(crate) async fn channel(address: SocketAddr, config: ClientConfig) -> Result<Channel, tonic::transport::Error> {
    let connector = tower::service_fn(move |_: http::Uri| {
        let config = config.clone();
        async move { connect(address, config).await.map(hyper_util::rt::TokioIo::new) }
    });
    Endpoint::from_static("http://localhost").connect_with_connector(connector).await
}

/// A whole exchange of demo parties on a free port, with its data in a folder of its own.
pub(crate) struct Harness {
    pub(crate) address: SocketAddr,
    pub(crate) metrics: SocketAddr,
    pub(crate) public: Option<SocketAddr>,
    pub(crate) pki: DevPki,
    pub(crate) folder: tempfile::TempDir,
    /// Where the sandbox listens, and what empties it.
    pub(crate) sandbox: Option<(SocketAddr, SandboxReset)>,
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
}

impl Harness {
    pub(crate) async fn start() -> Harness {
        Harness::start_with(|_| {}).await
    }

    /// Starts an exchange whose configuration is changed before.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Harness {
        Harness::start_by(Arc::new(SystemClock), change).await
    }

    /// The same by a clock of the test.
    pub(crate) async fn start_by(clock: Arc<dyn Clock>, change: impl FnOnce(&mut Config)) -> Harness {
        let folder = tempfile::tempdir().expect("a folder");
        let flags = Flags {
            data: Some(folder.path().to_path_buf()),
            listen: Some(SocketAddr::from(([127, 0, 0, 1], 0))),
            dev: true,
            ..Flags::default()
        };
        let mut config = FileConfig::default().check(&flags).expect("a good configuration");
        config.ledger = LedgerKind::Memory;
        change(&mut config);
        let app = App::start_by(config, clock).await.expect("a started exchange");
        let (stop, stopped) = oneshot::channel::<()>();
        let (address, metrics) = (app.addresses.exchange, app.addresses.metrics.expect("a metrics port"));
        let public = app.addresses.public;
        let pki = app.dev.clone().expect("the certificates of --dev");
        let sandbox = app.addresses.sandbox.zip(app.sandbox());
        let running = tokio::spawn(app.run(async move {
            // A harness that was dropped stops too.
            let _stopped = stopped.await;
        }));
        Harness { address, metrics, public, pki, folder, sandbox, stop, running }
    }

    /// The TLS client of a demo party.
    pub(crate) fn client(&self, party: &str, alpn: &str) -> ClientConfig {
        let (pem, key) = self.pki.client(party);
        let pair = Pair { pem: read(&pem), key: read(&key), serial: Vec::new() };
        client(&read(&self.pki.ca()), Some(&pair), alpn)
    }

    /// The gRPC channel of a demo party.
    pub(crate) async fn channel(&self, party: &str) -> Channel {
        channel(self.address, self.client(party, "h2")).await.expect("a connection")
    }

    /// A TLS client whose certificate is of the trusted CA, and filed by nobody.
    pub(crate) fn stranger(&self, alpn: &str) -> ClientConfig {
        let key = KeyPair::from_pem(&read(&self.pki.ca().with_file_name("ca-key.pem"))).expect("a key");
        let mut params = named("swx dev CA");
        params.distinguished_name.push(DnType::OrganizationName, "swx dev");
        let ca = Ca { pem: read(&self.pki.ca()), issuer: Issuer::new(params, key) };
        client(&ca.pem, Some(&ca.client(77)), alpn)
    }

    /// Stops the exchange and waits until it has stopped.
    pub(crate) async fn stop(self) {
        self.stop.send(()).expect("a running exchange");
        self.running.await.expect("an orderly stop");
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a file")
}
