//! Mutual TLS: who gets in, who does not, and what happens when the files change.

use crate::harness::{Ca, Pair, client, connect, http};
use ::http::StatusCode;
use axum::Router;
use axum::extract::Extension;
use axum::routing::get;
use rustls::ClientConfig;
use single_window::domain::limits::CONNECTIONS_PER_CERTIFICATE_MAX;
use single_window::transport::listen;
use single_window::transport::tls::{Files, Identity, Trust, fingerprint};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

const GET: &str = "GET /who HTTP/1.1";

/// The listener alone, behind which a page tells the peer's fingerprint, or that it lapsed.
struct Door {
    ca: Ca,
    files: Files,
    trust: Trust,
    address: SocketAddr,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl Door {
    async fn open(revoked: Option<&dyn Fn(&Ca) -> String>) -> Door {
        let folder = tempfile::tempdir().expect("a folder");
        let ca = Ca::new("clients");
        let files = Files {
            certificate: folder.path().join("server.pem"),
            key: folder.path().join("server-key.pem"),
            client_ca: vec![folder.path().join("ca.pem")],
            crl: revoked.map(|_| folder.path().join("crl.pem")),
        };
        write_server(&files, &ca.server());
        std::fs::write(folder.path().join("ca.pem"), &ca.pem).expect("written");
        if let (Some(path), Some(list)) = (&files.crl, revoked) {
            std::fs::write(path, list(&ca)).expect("written");
        }
        let trust = Trust::load(files.clone()).expect("files that fit together");
        let (stop, stopped) = watch::channel(false);
        let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = tcp.local_addr().expect("an address");
        let checked = trust.clone();
        let who = async move |Extension(peer): Extension<Arc<Identity>>| match checked.check(&peer) {
            Ok(()) => (StatusCode::OK, peer.fingerprint.clone()),
            Err(lapse) => (StatusCode::UNAUTHORIZED, format!("{lapse:?}")),
        };
        let router = Router::new().route("/who", get(who));
        let serving = tokio::spawn(listen::serve(tcp, trust.clone(), router, stopped));
        Door { ca, files, trust, address, stop, serving, _folder: folder }
    }

    fn client(&self, pair: &Pair) -> ClientConfig {
        client(&self.ca.pem, Some(pair), "http/1.1")
    }

    async fn ask(&self, pair: &Pair) -> std::io::Result<String> {
        http(self.address, self.client(pair), GET, b"").await
    }
}

fn write_server(files: &Files, pair: &Pair) {
    std::fs::write(&files.certificate, &pair.pem).expect("written");
    std::fs::write(&files.key, &pair.key).expect("written");
}

#[tokio::test]
async fn a_good_certificate_gets_in_and_is_known_by_its_fingerprint() {
    let door = Door::open(None).await;
    let pair = door.ca.client(2);
    let answer = door.ask(&pair).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let der = rustls::pki_types::pem::PemObject::from_pem_slice(pair.pem.as_bytes()).expect("a certificate");
    assert!(answer.ends_with(&fingerprint(&der)), "{answer}");
}

#[tokio::test]
async fn both_versions_of_tls_are_spoken() {
    let door = Door::open(None).await;
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let pair = door.ca.client(2);
        let mut roots = rustls::RootCertStore::empty();
        let ca = rustls::pki_types::pem::PemObject::from_pem_slice(door.ca.pem.as_bytes()).expect("a CA");
        roots.add(ca).expect("a CA that can be trusted");
        let chain: rustls::pki_types::CertificateDer<'static> =
            rustls::pki_types::pem::PemObject::from_pem_slice(pair.pem.as_bytes()).expect("a certificate");
        let key = rustls::pki_types::pem::PemObject::from_pem_slice(pair.key.as_bytes()).expect("a key");
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_protocol_versions(&[version])
            .expect("a version")
            .with_root_certificates(roots)
            .with_client_auth_cert(vec![chain], key)
            .expect("a pair that fits");
        let answer = http(door.address, config, GET, b"").await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200"), "{version:?} {answer}");
    }
}

#[tokio::test]
async fn no_certificate_is_refused() {
    let door = Door::open(None).await;
    let refused = http(door.address, client(&door.ca.pem, None, "http/1.1"), GET, b"").await;
    assert!(refused.is_err(), "{refused:?}");
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused() {
    let door = Door::open(None).await;
    // The same name as the authority that is trusted, with another key.
    let refused = door.ask(&Ca::new("clients").client(2)).await;
    assert!(refused.is_err(), "{refused:?}");
}

#[tokio::test]
async fn an_expired_certificate_is_refused() {
    let door = Door::open(None).await;
    let refused = door.ask(&door.ca.expired_client()).await;
    assert!(refused.is_err(), "{refused:?}");
}

#[tokio::test]
async fn a_server_certificate_does_not_do_for_a_client() {
    let door = Door::open(None).await;
    let refused = door.ask(&door.ca.server()).await;
    assert!(refused.is_err(), "{refused:?}");
}

#[tokio::test]
async fn a_revoked_certificate_is_refused_and_others_are_not() {
    let door = Door::open(Some(&|ca: &Ca| ca.revoking(1, &[&ca.client(66)]))).await;
    let (revoked, good) = (door.ca.client(66), door.ca.client(2));
    assert!(door.ask(&revoked).await.is_err());
    assert!(door.ask(&good).await.expect("an answer").starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_certificate_revoked_later_loses_its_open_connection_too() {
    let door = Door::open(Some(&|ca: &Ca| ca.revoking(1, &[]))).await;
    let pair = door.ca.client(66);
    let mut tls = connect(door.address, door.client(&pair)).await.expect("a connection");
    assert!(ask_again(&mut tls).await.starts_with("HTTP/1.1 200"));

    std::fs::write(door.files.crl.as_ref().expect("a list"), door.ca.revoking(2, &[&pair])).expect("written");
    assert!(door.trust.reload_if_changed().expect("good files"));
    let answer = ask_again(&mut tls).await;
    assert!(answer.starts_with("HTTP/1.1 401") && answer.ends_with("Revoked"), "{answer}");
    assert!(door.ask(&pair).await.is_err(), "a new connection is refused in the handshake");
}

async fn ask_again(tls: &mut tokio_rustls::client::TlsStream<TcpStream>) -> String {
    tls.write_all(format!("{GET}\r\nhost: localhost\r\n\r\n").as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let read = tls.read(&mut piece).await.expect("an answer");
        assert!(read > 0, "the connection was closed");
        answer.extend(piece.iter().take(read));
        let text = String::from_utf8_lossy(&answer).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
        if body.len() == length.parse::<usize>().expect("a number") {
            return text;
        }
    }
}

#[tokio::test]
async fn a_new_server_certificate_is_shown_after_the_files_change() {
    let door = Door::open(None).await;
    let pair = door.ca.client(2);
    let shown = async || {
        let tls = connect(door.address, door.client(&pair)).await.expect("a connection");
        fingerprint(&tls.get_ref().1.peer_certificates().expect("a certificate")[0])
    };
    let first = shown().await;
    assert!(!door.trust.reload_if_changed().expect("good files"), "nothing changed");
    assert_eq!(shown().await, first);
    write_server(&door.files, &door.ca.server());
    assert!(door.trust.reload_if_changed().expect("good files"));
    assert_ne!(shown().await, first);
}

#[tokio::test]
async fn a_bad_new_file_keeps_the_old_ones_in_force() {
    let door = Door::open(None).await;
    let pair = door.ca.client(2);
    for garbage in ["", "not PEM at all", &door.ca.server().key] {
        std::fs::write(&door.files.key, garbage).expect("written");
        assert!(door.trust.reload_if_changed().is_err(), "{garbage:.20}");
        assert!(!door.trust.reload_if_changed().expect("told once"), "{garbage:.20}");
        assert!(door.ask(&pair).await.expect("an answer").starts_with("HTTP/1.1 200"));
    }
    std::fs::remove_file(&door.files.certificate).expect("removed");
    assert!(door.trust.reload_if_changed().is_err());
    assert!(door.ask(&pair).await.is_ok());
}

#[tokio::test]
async fn the_files_are_watched() {
    let door = Door::open(None).await;
    let pair = door.ca.client(2);
    tokio::spawn(door.trust.clone().follow(door.stop.subscribe()));
    let old = door.trust.server_config();
    write_server(&door.files, &door.ca.server());
    let changed = async {
        while Arc::ptr_eq(&old, &door.trust.server_config()) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), changed).await.expect("a reload within seconds");
    assert!(door.ask(&pair).await.is_ok());
}

#[tokio::test]
async fn a_handshake_that_does_not_come_is_cut() {
    let door = Door::open(None).await;
    let mut silent = TcpStream::connect(door.address).await.expect("a connection");
    let mut half = TcpStream::connect(door.address).await.expect("a connection");
    half.write_all(&[22, 3, 1, 2]).await.expect("the first bytes of a handshake");
    for stream in [&mut silent, &mut half] {
        let mut buffer = [0; 64];
        let ended = tokio::time::timeout(std::time::Duration::from_secs(20), stream.read(&mut buffer)).await;
        // Zero bytes or a reset: either way the other side has hung up.
        assert!(matches!(ended, Ok(Ok(0) | Err(_))), "{ended:?}");
    }
    assert!(door.ask(&door.ca.client(2)).await.is_ok());
}

#[tokio::test]
async fn one_certificate_cannot_take_all_connections() {
    let door = Door::open(None).await;
    let (greedy, other) = (door.ca.client(2), door.ca.client(3));
    let mut open = Vec::new();
    for _ in 0..CONNECTIONS_PER_CERTIFICATE_MAX {
        let mut tls = connect(door.address, door.client(&greedy)).await.expect("a connection");
        assert!(ask_again(&mut tls).await.starts_with("HTTP/1.1 200"));
        open.push(tls);
    }
    assert!(door.ask(&greedy).await.is_err());
    assert!(door.ask(&other).await.is_ok());
}

#[tokio::test]
async fn a_stop_ends_quiet_connections_and_the_listener() {
    let door = Door::open(None).await;
    let mut tls = connect(door.address, door.client(&door.ca.client(2))).await.expect("a connection");
    assert!(ask_again(&mut tls).await.starts_with("HTTP/1.1 200"));
    door.stop.send_replace(true);
    door.serving.await.expect("an orderly stop");
    let mut rest = Vec::new();
    let ended = tls.read_to_end(&mut rest).await;
    assert!(ended.is_err() || rest.is_empty(), "nothing more was sent");
    assert!(TcpStream::connect(door.address).await.is_err());
}
