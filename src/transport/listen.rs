//! The accept loop: TLS handshakes within a time, connections within a number, an orderly stop.

use super::stopped;
use super::tls::{Identity, Trust};
use crate::domain::limits;
use crate::telemetry;
use axum::body::HttpBody;
use axum::{BoxError, Router};
use bytes::Bytes;
use http::Request;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tower::Service;

/// Connections by certificate.
type Counts = Arc<Mutex<HashMap<String, usize>>>;

/// One connection of a certificate, counted until dropped.
struct Counted {
    counts: Counts,
    fingerprint: String,
}

impl Counted {
    fn new(counts: &Counts, fingerprint: &str) -> Option<Counted> {
        let mut open = counts.lock();
        let count = open.entry(fingerprint.to_owned()).or_default();
        if *count >= limits::CONNECTIONS_PER_CERTIFICATE_MAX {
            return None;
        }
        *count = count.saturating_add(1);
        Some(Counted { counts: counts.clone(), fingerprint: fingerprint.to_owned() })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut open = self.counts.lock();
        if let Some(count) = open.get_mut(&self.fingerprint) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.remove(&self.fingerprint);
            }
        }
    }
}

/// Serves the router over mutual TLS until the stop, then lets open requests end within
/// [`limits::DRAIN_WAIT_MS`]. Each request carries its peer's [`Identity`] as an extension.
pub async fn serve(tcp: TcpListener, trust: Trust, router: Router, mut stop: watch::Receiver<bool>) {
    let connections = Arc::new(Semaphore::new(limits::CONNECTIONS_MAX));
    let handshakes = Arc::new(Semaphore::new(limits::HANDSHAKES_MAX));
    let counts = Counts::default();
    let mut open = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = tcp.accept() => accepted,
            Some(_) = open.join_next() => continue,
            () = stopped(&mut stop) => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Most often no file descriptors are left: wait for some to be closed.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let (Ok(connection), Ok(handshake)) =
            (connections.clone().try_acquire_owned(), handshakes.clone().try_acquire_owned())
        else {
            telemetry::connection_refused(telemetry::Refusal::Crowded);
            continue;
        };
        let door = Door { trust: trust.clone(), router: router.clone(), counts: counts.clone(), stop: stop.clone() };
        open.spawn(door.connection(stream, connection, handshake));
    }
    drop(tcp);
    let drain = async { while open.join_next().await.is_some() {} };
    if tokio::time::timeout(Duration::from_millis(limits::DRAIN_WAIT_MS), drain).await.is_err() {
        tracing::warn!(connections = open.len(), "connections were cut: they did not end in time");
    }
}

struct Door {
    trust: Trust,
    router: Router,
    counts: Counts,
    stop: watch::Receiver<bool>,
}

impl Door {
    async fn connection(self, tcp: TcpStream, permit: OwnedSemaphorePermit, handshake: OwnedSemaphorePermit) {
        if let Err(error) = tcp.set_nodelay(true) {
            tracing::debug!(%error, "cannot switch off delayed sending");
        }
        let acceptor = TlsAcceptor::from(self.trust.server_config());
        let wait = Duration::from_millis(limits::HANDSHAKE_WAIT_MS);
        let tls = match tokio::time::timeout(wait, acceptor.accept(tcp)).await {
            Ok(Ok(tls)) => tls,
            Ok(Err(error)) => {
                tracing::info!(%error, "handshake refused");
                return telemetry::connection_refused(telemetry::Refusal::Handshake);
            }
            Err(_) => return telemetry::connection_refused(telemetry::Refusal::Slow),
        };
        drop(handshake);
        let session = tls.get_ref().1;
        let http2 = session.alpn_protocol() == Some(b"h2");
        let Some(identity) = self.trust.identify(session.peer_certificates()).map(Arc::new) else {
            return telemetry::connection_refused(telemetry::Refusal::Handshake);
        };
        let Some(counted) = Counted::new(&self.counts, &identity.fingerprint) else {
            return telemetry::connection_refused(telemetry::Refusal::Crowded);
        };
        let opened = telemetry::ConnectionOpen::new();
        self.requests(TokioIo::new(tls), identity, http2).await;
        drop((opened, counted, permit));
    }

    async fn requests(
        mut self,
        io: TokioIo<tokio_rustls::server::TlsStream<TcpStream>>,
        identity: Arc<Identity>,
        http2: bool,
    ) {
        let service = Identified { router: self.router, identity };
        let builder = builder(http2);
        let connection = builder.serve_connection(io, TowerToHyperService::new(service));
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = stopped(&mut self.stop) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "connection ended");
        }
    }
}

/// The router, with the peer's identity put on every request.
#[derive(Clone)]
struct Identified {
    router: Router,
    identity: Arc<Identity>,
}

impl<B> Service<Request<B>> for Identified
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = <Router as Service<Request<B>>>::Response;
    type Error = <Router as Service<Request<B>>>::Error;
    type Future = <Router as Service<Request<B>>>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Service::<Request<B>>::poll_ready(&mut self.router, context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        request.extensions_mut().insert(self.identity.clone());
        self.router.call(request)
    }
}

/// The protocol is the one agreed in the handshake: there is no guessing that a client could stall.
fn builder(http2: bool) -> auto::Builder<TokioExecutor> {
    let builder = auto::Builder::new(TokioExecutor::new());
    let mut builder = if http2 { builder.http2_only() } else { builder.http1_only() };
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(limits::HTTP1_HEAD_WAIT_MS))
        .max_buf_size(limits::HTTP1_BUFFER_BYTES_MAX)
        .max_headers(limits::HTTP1_HEADERS_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits::HTTP2_STREAMS_MAX)
        .max_header_list_size(limits::HTTP2_HEADER_BYTES_MAX)
        .max_pending_accept_reset_streams(limits::HTTP2_PENDING_RESETS_MAX)
        .max_local_error_reset_streams(limits::HTTP2_ERROR_RESETS_MAX)
        .initial_stream_window_size(limits::HTTP2_STREAM_WINDOW_BYTES)
        .initial_connection_window_size(limits::HTTP2_CONNECTION_WINDOW_BYTES)
        .max_send_buf_size(limits::HTTP2_SEND_BUFFER_BYTES_MAX)
        .keep_alive_interval(Duration::from_millis(limits::HTTP2_PING_EVERY_MS))
        .keep_alive_timeout(Duration::from_millis(limits::HTTP2_PING_WAIT_MS));
    builder
}
