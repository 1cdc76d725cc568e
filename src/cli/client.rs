//! The client's side of gRPC over mTLS: connects as one party and says clearly why it cannot.

use anyhow::{Context, anyhow, bail};
use http::Uri;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::pb::v1::admin_service_client::AdminServiceClient;
use crate::pb::v1::agency_service_client::AgencyServiceClient;
use crate::pb::v1::clearance_service_client::ClearanceServiceClient;
use crate::pb::v1::credit_service_client::CreditServiceClient;
use crate::pb::v1::declaration_service_client::DeclarationServiceClient;
use crate::pb::v1::filing_service_client::FilingServiceClient;
use crate::pb::v1::forex_service_client::ForexServiceClient;
use crate::pb::v1::goods_service_client::GoodsServiceClient;
use crate::pb::v1::inspection_service_client::InspectionServiceClient;
use crate::pb::v1::ledger_service_client::LedgerServiceClient;
use crate::pb::v1::parcel_service_client::ParcelServiceClient;
use crate::pb::v1::payment_data_service_client::PaymentDataServiceClient;
use crate::pb::v1::refund_service_client::RefundServiceClient;
use crate::pb::v1::stock_service_client::StockServiceClient;
use crate::pb::v1::subscription_service_client::SubscriptionServiceClient;
use crate::pb::v1::tax_service_client::TaxServiceClient;
use crate::pb::v1::trace_service_client::TraceServiceClient;

/// Bytes of one answer that a client takes: a receipt of 100 documents with 200 faults stays far below.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Bytes of one request that a client sends: a message of the largest size and its frame.
const REQUEST_BYTES_MAX: usize = 9 * 1024 * 1024;
/// HTTP/2 flow control windows, so that messages of megabytes do not wait for the round trip.
const WINDOW_BYTES: u32 = 8 * 1024 * 1024;
const CONNECT_WAIT: Duration = Duration::from_secs(5);

/// Which server, and as whom.
#[derive(Debug, Clone, clap::Args)]
pub struct Connect {
    /// Address of the server
    #[arg(long, global = true, env = "SWX_SERVER", default_value = "https://127.0.0.1:8443", value_name = "URL")]
    pub server: String,
    /// Certificate authority of the server (PEM)
    #[arg(long, global = true, env = "SWX_CA", value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Certificate of this party (PEM)
    #[arg(long, global = true, env = "SWX_CERT", value_name = "FILE")]
    pub cert: Option<PathBuf>,
    /// Private key of this party (PEM)
    #[arg(long, global = true, env = "SWX_KEY", value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Instead of files: a demo party of `swx serve --dev` (platform, seller, payment, logistics,
    /// declarant, site, customs, statistics, operator)
    #[arg(long, global = true, env = "SWX_DEV_PARTY", value_name = "NAME", conflicts_with_all = ["ca", "cert", "key"])]
    pub dev_party: Option<String>,
    /// Data folder of `swx serve --dev`, where the demo parties' certificates are
    #[arg(long, global = true, env = "SWX_DATA", default_value = "data", value_name = "DIR")]
    pub data: PathBuf,
}

impl Connect {
    /// As a demo party whose certificate stands in `pki`, the `dev` folder of a server's data.
    #[must_use]
    pub fn dev(server: &str, pki: &Path, party: &str) -> Connect {
        Connect {
            server: server.to_owned(),
            ca: Some(pki.join("ca.pem")),
            cert: Some(pki.join(format!("{party}.pem"))),
            key: Some(pki.join(format!("{party}-key.pem"))),
            dev_party: None,
            data: PathBuf::new(),
        }
    }

    fn files(&self) -> anyhow::Result<(PathBuf, PathBuf, PathBuf)> {
        if let Some(party) = &self.dev_party {
            let pki = self.data.join("dev");
            return Ok((pki.join("ca.pem"), pki.join(format!("{party}.pem")), pki.join(format!("{party}-key.pem"))));
        }
        match (&self.ca, &self.cert, &self.key) {
            (Some(ca), Some(cert), Some(key)) => Ok((ca.clone(), cert.clone(), key.clone())),
            _ => bail!(
                "who are you? give --ca, --cert and --key, or --dev-party NAME --data DIR\n\
                 请用 --ca、--cert、--key 指定证书，或用 --dev-party 指定演示主体"
            ),
        }
    }

    /// TLS as that party, for HTTP/1.1.
    ///
    /// # Errors
    /// What is wrong with the files.
    pub(super) fn http_tls(&self) -> anyhow::Result<rustls::ClientConfig> {
        let (ca, cert, key) = self.files()?;
        let mut config = tls_config(&ca, &cert, &key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    /// Connects, and so proves that both certificates are good.
    ///
    /// # Errors
    /// What a person can do something about: files, address, certificates.
    pub async fn connect(&self) -> anyhow::Result<Client> {
        let (ca, cert, key) = self.files()?;
        let tls = Arc::new(tls_config(&ca, &cert, &key)?);
        let uri: Uri = self.server.parse().with_context(|| format!("`{}` is not an address", self.server))?;
        if uri.scheme_str() != Some("https") || uri.host().is_none() {
            bail!("`{}` is not an address of the form https://HOST:PORT", self.server);
        }
        let channel = open(&uri, tls).await.map_err(|error| anyhow!(explain_transport(&self.server, &error)))?;
        Ok(Client { channel })
    }

    /// Connects, trying again for a while as long as nothing listens at the address.
    ///
    /// # Errors
    /// The last failure, once `patience` is over.
    pub async fn connect_patiently(&self, patience: Duration) -> anyhow::Result<Client> {
        let deadline = tokio::time::Instant::now() + patience;
        let mut pause = Backoff::new();
        loop {
            match self.connect().await {
                Ok(client) => return Ok(client),
                Err(error) if tokio::time::Instant::now() >= deadline => return Err(error),
                Err(_) => pause.wait().await,
            }
        }
    }
}

/// Pauses between attempts: twice as long each time, with a limit.
#[derive(Debug)]
pub struct Backoff {
    next: Duration,
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(20);
    const LAST: Duration = Duration::from_secs(2);

    /// Begins with the shortest pause.
    #[must_use]
    pub fn new() -> Backoff {
        Backoff { next: Backoff::FIRST }
    }

    /// The next pause.
    pub fn next_pause(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(Backoff::LAST);
        pause
    }

    /// Waits for the next pause.
    pub async fn wait(&mut self) {
        tokio::time::sleep(self.next_pause()).await;
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Backoff::new()
    }
}

/// A connection as one party. Cheap to clone; clones share the connection.
#[derive(Debug, Clone)]
pub struct Client {
    channel: Channel,
}

impl Client {
    /// A client of a server in the same test, without TLS.
    #[cfg(test)]
    pub(super) fn plain(channel: Channel) -> Client {
        Client { channel }
    }

    /// Submitting and looking up.
    #[must_use]
    pub fn declarations(&self) -> DeclarationServiceClient<Channel> {
        DeclarationServiceClient::new(self.channel.clone())
            .max_decoding_message_size(ANSWER_BYTES_MAX)
            .max_encoding_message_size(REQUEST_BYTES_MAX)
    }

    /// Customs' decisions.
    #[must_use]
    pub fn clearance(&self) -> ClearanceServiceClient<Channel> {
        ClearanceServiceClient::new(self.channel.clone())
            .max_decoding_message_size(ANSWER_BYTES_MAX)
            .max_encoding_message_size(REQUEST_BYTES_MAX)
    }

    /// Subscriptions.
    #[must_use]
    pub fn subscriptions(&self) -> SubscriptionServiceClient<Channel> {
        SubscriptionServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    /// Inspections: draws, results, risk.
    #[must_use]
    pub fn inspections(&self) -> InspectionServiceClient<Channel> {
        InspectionServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    /// Agencies together, post-audit, figures with consent.
    #[must_use]
    pub fn agencies(&self) -> AgencyServiceClient<Channel> {
        AgencyServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    /// Checkpoints and proofs.
    #[must_use]
    pub fn ledger(&self) -> LedgerServiceClient<Channel> {
        LedgerServiceClient::new(self.channel.clone())
    }

    /// Foreign exchange.
    #[must_use]
    pub fn forex(&self) -> ForexServiceClient<Channel> {
        ForexServiceClient::new(self.channel.clone())
            .max_decoding_message_size(ANSWER_BYTES_MAX)
            .max_encoding_message_size(REQUEST_BYTES_MAX)
    }

    /// Raw payment data.
    #[must_use]
    pub fn payment_data(&self) -> PaymentDataServiceClient<Channel> {
        PaymentDataServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    /// Refunds of tax.
    #[must_use]
    pub fn refunds(&self) -> RefundServiceClient<Channel> {
        RefundServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    /// The dated tables.
    #[must_use]
    pub fn admin(&self) -> AdminServiceClient<Channel> {
        AdminServiceClient::new(self.channel.clone())
            .max_decoding_message_size(ANSWER_BYTES_MAX)
            .max_encoding_message_size(REQUEST_BYTES_MAX)
    }

    /// Limits and taxes.
    #[must_use]
    pub fn taxes(&self) -> TaxServiceClient<Channel> {
        TaxServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    /// Trace records, recall and blocks.
    #[must_use]
    pub fn traces(&self) -> TraceServiceClient<Channel> {
        TraceServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    /// Parcels.
    #[must_use]
    pub fn parcels(&self) -> ParcelServiceClient<Channel> {
        ParcelServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    /// Stock.
    #[must_use]
    pub fn stocks(&self) -> StockServiceClient<Channel> {
        StockServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    /// Parties, applications and pre-checks.
    #[must_use]
    pub fn filings(&self) -> FilingServiceClient<Channel> {
        FilingServiceClient::new(self.channel.clone())
            .max_decoding_message_size(ANSWER_BYTES_MAX)
            .max_encoding_message_size(REQUEST_BYTES_MAX)
    }

    /// Products, account books and warehouses.
    #[must_use]
    pub fn goods(&self) -> GoodsServiceClient<Channel> {
        GoodsServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    /// Credit grades.
    #[must_use]
    pub fn credit(&self) -> CreditServiceClient<Channel> {
        CreditServiceClient::new(self.channel.clone())
    }
}

fn tls_config(ca: &Path, cert: &Path, key: &Path) -> anyhow::Result<rustls::ClientConfig> {
    let mut roots = rustls::RootCertStore::empty();
    for root in certificates(ca)? {
        roots.add(root).with_context(|| format!("{} holds no usable CA certificate", ca.display()))?;
    }
    let key_der = PrivateKeyDer::from_pem_file(key)
        .with_context(|| format!("cannot read a private key from {} · 无法读取私钥", key.display()))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_client_auth_cert(certificates(cert)?, key_der)
        .with_context(|| format!("{} and {} do not belong together", cert.display(), key.display()))?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

fn certificates(path: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let problem = || format!("cannot read a certificate from {} · 无法读取证书", path.display());
    let all: Vec<_> =
        CertificateDer::pem_file_iter(path).with_context(problem)?.collect::<Result<_, _>>().with_context(problem)?;
    if all.is_empty() {
        bail!(problem());
    }
    Ok(all)
}

async fn open(uri: &Uri, tls: Arc<rustls::ClientConfig>) -> Result<Channel, tonic::transport::Error> {
    let tls = TlsConnector::from(tls);
    let connector = tower::service_fn(move |uri: Uri| {
        let tls = tls.clone();
        async move {
            let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
            let tcp = TcpStream::connect((host.as_str(), uri.port_u16().unwrap_or(443))).await?;
            tcp.set_nodelay(true)?;
            let name = ServerName::try_from(host).map_err(io::Error::other)?;
            Ok::<_, io::Error>(TokioIo::new(tls.connect(name, tcp).await?))
        }
    });
    Endpoint::from(uri.clone())
        .connect_timeout(CONNECT_WAIT)
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES)
        .http2_keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(20))
        .connect_with_connector(connector)
        .await
}

/// The first TLS or socket failure under an error, if there is one.
enum Cause {
    Tls(rustls::Error),
    Socket(io::ErrorKind),
}

fn cause(error: &(dyn Error + 'static)) -> Option<Cause> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            // An io::Error hides the error it wraps from `source`.
            if let Some(inner) = io.get_ref() {
                let inner: &(dyn Error + 'static) = inner;
                return cause(inner).or(Some(Cause::Socket(io.kind())));
            }
            return Some(Cause::Socket(io.kind()));
        }
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return Some(Cause::Tls(tls.clone()));
        }
        next = error.source();
    }
    None
}

fn explain_transport(server: &str, error: &(dyn Error + 'static)) -> String {
    match cause(error) {
        Some(Cause::Tls(tls)) => explain_tls(&tls),
        Some(Cause::Socket(io::ErrorKind::ConnectionRefused)) => format!(
            "cannot connect to {server}: nothing listens there; start it with `swx serve --dev`\n\
             无法连接 {server}：该地址没有服务"
        ),
        Some(Cause::Socket(kind)) => format!("cannot connect to {server}: {kind}\n无法连接 {server}"),
        None => format!("cannot connect to {server}: {}\n无法连接 {server}", chain(error)),
    }
}

fn explain_tls(error: &rustls::Error) -> String {
    if let rustls::Error::AlertReceived(alert) = error {
        return format!(
            "the server refused this client's certificate ({alert:?}): it is not filed, expired, revoked, or of \
             another CA\n服务器拒绝了客户端证书：未备案、已过期、已吊销或签发机构不符"
        );
    }
    if let rustls::Error::InvalidCertificate(reason) = error {
        return format!(
            "the server's certificate is not to be trusted ({reason}): is --ca the CA of this server?\n\
             服务器证书不可信：请检查 --ca"
        );
    }
    format!("TLS failed: {error}\nTLS 握手失败")
}

fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text = format!("{text}: {error}");
        next = error.source();
    }
    text
}

/// What a failed call says to a person.
#[must_use]
pub fn explain(status: &Status) -> String {
    if let Some(Cause::Tls(tls)) = Error::source(status).and_then(cause) {
        return explain_tls(&tls);
    }
    let details = status.get_error_details();
    let reason = details.error_info().map_or(String::new(), |info| {
        let mut extra: Vec<String> = info.metadata.iter().map(|(key, value)| format!("{key}={value}")).collect();
        extra.sort();
        format!(" [{}{}{}]", info.reason, if extra.is_empty() { "" } else { " " }, extra.join(" "))
    });
    let (en, zh) = code_text(status.code());
    let local = details.localized_message().map_or(zh, |text| text.message.as_str());
    let mut text = format!("{en}: {}{reason}\n{local}", status.message());
    if let Some(bad) = details.bad_request() {
        for violation in &bad.field_violations {
            text = format!("{text}\n  {}: {}", violation.field, violation.description);
        }
    }
    text
}

/// The reason of the failure in upper snake case; empty if the server gave none.
#[must_use]
pub fn reason(status: &Status) -> String {
    status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default()
}

/// True if the same call may be made again later.
#[must_use]
pub fn is_retryable(status: &Status) -> bool {
    if let Some(Cause::Tls(_)) = Error::source(status).and_then(cause) {
        return false;
    }
    match status.code() {
        Code::Unavailable
        | Code::ResourceExhausted
        | Code::Aborted
        | Code::Cancelled
        | Code::DeadlineExceeded
        | Code::Unknown
        | Code::Internal => true,
        Code::Ok
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::FailedPrecondition
        | Code::OutOfRange
        | Code::Unimplemented
        | Code::DataLoss
        | Code::Unauthenticated => false,
    }
}

fn code_text(code: Code) -> (&'static str, &'static str) {
    match code {
        Code::PermissionDenied => ("permission denied", "没有权限"),
        Code::Unauthenticated => ("not known here", "身份未通过验证"),
        Code::NotFound => ("not found", "未找到"),
        Code::AlreadyExists => ("there already", "已存在"),
        Code::InvalidArgument => ("wrong request", "请求有误"),
        Code::ResourceExhausted => ("too much at once", "超出限制，请稍后重试"),
        Code::Unavailable => ("not reachable", "服务暂不可用"),
        Code::FailedPrecondition => ("not possible now", "当前状态不允许"),
        Code::Unimplemented => ("not offered by this server", "服务器不支持"),
        Code::DeadlineExceeded => ("took too long", "超时"),
        Code::Ok
        | Code::Cancelled
        | Code::Unknown
        | Code::Aborted
        | Code::OutOfRange
        | Code::Internal
        | Code::DataLoss => ("failed", "操作失败"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic_types::ErrorDetails;

    #[test]
    fn a_refusal_names_its_reason_and_facts() {
        let details = ErrorDetails::with_error_info("ROLE_MISSING", "swx", [("role".to_owned(), "customs".to_owned())]);
        let status = Status::with_error_details(Code::PermissionDenied, "only customs decides", details);
        let text = explain(&status);
        assert!(text.starts_with("permission denied: only customs decides [ROLE_MISSING role=customs]"), "{text}");
        assert!(text.contains("没有权限"), "{text}");
        assert_eq!(reason(&status), "ROLE_MISSING");
        assert!(!is_retryable(&status));
    }

    #[test]
    fn a_tls_alert_deep_in_a_chain_is_found() {
        let alert = rustls::Error::AlertReceived(rustls::AlertDescription::CertificateRevoked);
        let io = io::Error::new(io::ErrorKind::InvalidData, io::Error::other(alert));
        assert!(explain_transport("https://x", &io).contains("refused this client's certificate"));
    }

    #[tokio::test]
    async fn without_identity_the_flags_are_named() {
        let connect = Connect { ca: None, ..Connect::dev("https://127.0.0.1:1", Path::new("/nowhere"), "seller") };
        let text = connect.connect().await.expect_err("there is no identity").to_string();
        assert!(text.contains("--dev-party"), "{text}");
    }

    #[test]
    fn pauses_double_up_to_a_limit() {
        let mut backoff = Backoff::new();
        let pauses: Vec<u128> = (0..9).map(|_| backoff.next_pause().as_millis()).collect();
        assert_eq!(pauses, [20, 40, 80, 160, 320, 640, 1280, 2000, 2000]);
    }
}
