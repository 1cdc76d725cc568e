//! One HTTP/1.1 request with a form: to a platform or to customs, at an address that the caller names.

use anyhow::{Context, bail};
use http::{Request, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Bytes of an answer that is read.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// For the whole exchange.
const WAIT: Duration = Duration::from_secs(30);

/// What came back.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub body: String,
}

impl Reply {
    /// True if the answer says that it was taken.
    pub(super) fn is_taken(&self) -> bool {
        let json: Result<serde_json::Value, _> = serde_json::from_str(&self.body);
        json.is_ok_and(|json| json.get("code").and_then(|code| code.as_str()) == Some(crate::payment_data::CODE_TAKEN))
    }
}

/// Posts a form to an `http` address, or to an `https` one with the client's certificates.
pub(super) async fn form(url: &str, body: String, tls: Option<Arc<rustls::ClientConfig>>) -> anyhow::Result<Reply> {
    let problem = || format!("cannot post to {url} · 无法发送到 {url}");
    match tokio::time::timeout(WAIT, post(url, body, tls)).await {
        Ok(reply) => reply.with_context(problem),
        Err(_) => bail!("{}: no answer in {} s", problem(), WAIT.as_secs()),
    }
}

async fn post(url: &str, body: String, tls: Option<Arc<rustls::ClientConfig>>) -> anyhow::Result<Reply> {
    let uri: Uri = url.parse()?;
    let Some(host) = uri.host() else { bail!("the address names no host") };
    let plain = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    match (uri.scheme_str(), tls) {
        (Some("http"), _) => {
            let tcp = TcpStream::connect((plain.as_str(), uri.port_u16().unwrap_or(80))).await?;
            send(tcp, &uri, body).await
        }
        (Some("https"), Some(config)) => {
            let tcp = TcpStream::connect((plain.as_str(), uri.port_u16().unwrap_or(443))).await?;
            let name = ServerName::try_from(plain)?;
            send(TlsConnector::from(config).connect(name, tcp).await?, &uri, body).await
        }
        (Some("https"), None) => bail!("an https address needs --ca, --cert and --key, or --dev-party"),
        (Some(_) | None, _) => bail!("the address is neither http nor https"),
    }
}

async fn send(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    uri: &Uri,
    body: String,
) -> anyhow::Result<Reply> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::post(path)
        .header(header::HOST, uri.authority().map_or("", |authority| authority.as_str()))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Full::new(Bytes::from(body)))?;
    let answer = sender.send_request(request).await?;
    let status = answer.status();
    let read = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await;
    driver.abort();
    let bytes = read.map_err(|error| anyhow::anyhow!("the answer cannot be read: {error}"))?.to_bytes();
    let body = String::from_utf8_lossy(&bytes).into_owned();
    if !status.is_success() {
        bail!("answered with {status}: {body}");
    }
    Ok(Reply { body })
}
