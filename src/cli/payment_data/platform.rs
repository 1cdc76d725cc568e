//! A platform's side: signs and uploads raw payment data, once or whenever customs opens an order's.

use super::super::client::Connect;
use super::super::paint::{Paint, safe};
use super::super::sign::{Named, key_and_certificate};
use super::post;
use crate::domain::limits::{PAYMENT_DATA_BYTES_MAX, PAYMENT_DATA_CALLS_PER_SECOND};
use crate::domain::{Clock, SystemClock};
use crate::payment_data::{
    CODE_REFUSED, CODE_TAKEN, Exchange, OPEN_FIELD, UPLOAD_FIELD, encode_form, form_field, open_request, payments,
    refusal_text, reply_json, sign, upload_json,
};
use crate::signature::{Algorithm, Certificate, PrivateKey};
use crate::transport::rate::Limiter;
use anyhow::{Context, bail};
use axum::Router;
use axum::extract::State;
use http::header;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Bytes of a file of payments.
const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Uploads at once; further requests of customs are refused until one is done.
const UPLOADS_MAX: usize = 64;

/// What both commands need.
#[derive(Debug, Clone, clap::Args)]
struct Source {
    /// Payments: a JSON array of objects with payExchangeInfoHead and payExchangeInfoLists
    #[arg(long, value_name = "FILE.json")]
    payments: PathBuf,
    /// Private key that signs, PEM without a password
    #[arg(long = "sign-key", value_name = "KEY.pem")]
    sign_key: PathBuf,
    /// Its certificate, PEM or DER
    #[arg(long = "sign-cert", value_name = "CERT.pem")]
    sign_cert: PathBuf,
    /// How to sign [default: sm2-sm3 or rsa-sha256, by the key]
    #[arg(long, value_enum)]
    algorithm: Option<Named>,
    /// Address of realTimeDataUpload [default: that of --server]
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    #[command(flatten)]
    connect: Connect,
}

#[derive(Debug, clap::Args)]
pub(super) struct Upload {
    /// Order whose payment is uploaded
    #[arg(long, value_name = "NUMBER")]
    order_no: String,
    /// Id of the session that customs opened
    #[arg(long, value_name = "ID")]
    session: String,
    /// Print the signed JSON and send nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    source: Source,
}

#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    /// Address to listen on, plain HTTP
    #[arg(long, default_value = "127.0.0.1:8090", value_name = "HOST:PORT")]
    listen: String,
    /// End after that many requests; 0 means never
    #[arg(long, default_value_t = 0, value_name = "COUNT")]
    requests: usize,
    #[command(flatten)]
    source: Source,
}

/// Payments by order, and how they are signed and sent.
struct Platform {
    by_order: BTreeMap<String, Exchange>,
    key: PrivateKey,
    certificate: Certificate,
    algorithm: Option<Algorithm>,
    to: String,
    tls: Option<Arc<rustls::ClientConfig>>,
}

impl Source {
    fn open(&self) -> anyhow::Result<Platform> {
        let name = self.payments.display();
        if std::fs::metadata(&self.payments).with_context(|| format!("cannot read {name}"))?.len() > FILE_BYTES_MAX {
            bail!("{name} has more than {FILE_BYTES_MAX} bytes");
        }
        let text = std::fs::read_to_string(&self.payments).with_context(|| format!("cannot read {name}"))?;
        let all = payments(&text).map_err(|fault| anyhow::anyhow!("{name}: {} {}", fault.field, fault.message_en))?;
        let mut by_order = BTreeMap::new();
        for payment in all {
            for item in &payment.items {
                by_order.insert(item.order_no.clone(), payment.clone());
            }
        }
        let (key, certificate) = key_and_certificate(&self.sign_key, &self.sign_cert)?;
        let to = self.to.clone();
        let own = || format!("{}/ceb2grab/grab/realTimeDataUpload", self.connect.server.trim_end_matches('/'));
        let to = to.unwrap_or_else(own);
        let tls = if to.starts_with("https") { Some(Arc::new(self.connect.http_tls()?)) } else { None };
        let algorithm = self.algorithm.map(Algorithm::from);
        Ok(Platform { by_order, key, certificate, algorithm, to, tls })
    }
}

impl Platform {
    /// The signed data of an order for a session; `None` if the order is not known.
    fn signed(&self, order_no: &str, session: &str) -> anyhow::Result<Option<String>> {
        let Some(payment) = self.by_order.get(order_no) else { return Ok(None) };
        let exchange = Exchange {
            session_id: session.to_owned(),
            service_time: SystemClock.now().0.to_string(),
            ..payment.clone()
        };
        let sealed = sign(&exchange, &self.key, &self.certificate, self.algorithm)?;
        Ok(Some(upload_json(&exchange, &sealed)))
    }

    async fn send(&self, json: &str) -> anyhow::Result<post::Reply> {
        post::form(&self.to, format!("{UPLOAD_FIELD}={}", encode_form(json)), self.tls.clone()).await
    }
}

/// Signs and uploads. Exit code 1 if it is refused.
pub(super) async fn run_upload(upload: Upload) -> anyhow::Result<ExitCode> {
    let platform = upload.source.open()?;
    let Some(json) = platform.signed(&upload.order_no, &upload.session)? else {
        bail!("{} is in no payment of {}", upload.order_no, upload.source.payments.display());
    };
    let paint = Paint::plain();
    if upload.dry_run {
        paint.line(json)?;
        return Ok(ExitCode::SUCCESS);
    }
    let reply = platform.send(&json).await?;
    paint.line(safe(&reply.body))?;
    Ok(ExitCode::from(u8::from(!reply.is_taken())))
}

/// What a request of customs leads to.
struct Asked {
    platform: Arc<Platform>,
    uploads: Arc<Semaphore>,
    calls: Limiter<()>,
    requests: tokio::sync::mpsc::Sender<()>,
}

/// Answers platDataOpen until enough was asked or the program is told to stop.
pub(super) async fn run_serve(serve: Serve) -> anyhow::Result<ExitCode> {
    let platform = Arc::new(serve.source.open()?);
    let listener = tokio::net::TcpListener::bind(&serve.listen)
        .await
        .with_context(|| format!("cannot listen on {} · 无法监听", serve.listen))?;
    Paint::plain().line(format!("http://{}/platDataOpen", listener.local_addr()?))?;
    let uploads = Arc::new(Semaphore::new(UPLOADS_MAX));
    let (requests, mut done) = tokio::sync::mpsc::channel(UPLOADS_MAX);
    let calls = Limiter::new(Arc::new(SystemClock));
    let asked = Arc::new(Asked { platform, uploads: Arc::clone(&uploads), calls, requests });
    let router = Router::new().route("/platDataOpen", axum::routing::post(open)).with_state(asked);
    let wanted = serve.requests;
    let enough = async move {
        let mut count = 0;
        while done.recv().await.is_some() {
            count += 1;
            if wanted != 0 && count >= wanted {
                return;
            }
        }
    };
    let stop = async {
        tokio::select! {
            () = enough => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    axum::serve(listener, router).with_graceful_shutdown(stop).await?;
    let all = u32::try_from(UPLOADS_MAX)?;
    let _uploaded = uploads.acquire_many(all).await?;
    Ok(ExitCode::SUCCESS)
}

async fn open(State(asked): State<Arc<Asked>>, request: axum::extract::Request) -> impl axum::response::IntoResponse {
    let reply = match answer(&asked, request).await {
        Ok(()) => reply_json(CODE_TAKEN, "", SystemClock.now().0),
        Err(message) => reply_json(CODE_REFUSED, &message, SystemClock.now().0),
    };
    ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], reply)
}

/// Judges a request, and begins the upload that it asks for.
async fn answer(asked: &Arc<Asked>, request: axum::extract::Request) -> Result<(), String> {
    if asked.calls.count((), PAYMENT_DATA_CALLS_PER_SECOND).is_err() {
        return Err(format!("每秒请求超过{PAYMENT_DATA_CALLS_PER_SECOND}次，请稍后再试"));
    }
    let bytes = axum::body::to_bytes(request.into_body(), PAYMENT_DATA_BYTES_MAX).await;
    let bytes = bytes.map_err(|_| "openReq : openReq过长".to_owned())?;
    let json = form_field(&String::from_utf8_lossy(&bytes), OPEN_FIELD).unwrap_or_default();
    let wanted = open_request(&json)
        .map_err(|faults| refusal_text(faults.iter().map(|fault| (fault.field.as_str(), fault.message_zh.as_str()))))?;
    let known = asked.platform.by_order.contains_key(&wanted.order_no);
    if !known {
        return Err("orderNo : 该平台没有此订单".to_owned());
    }
    let permit = Arc::clone(&asked.uploads).try_acquire_owned();
    let permit = permit.map_err(|_| "系统繁忙，请稍后再试".to_owned())?;
    let asked = Arc::clone(asked);
    tokio::spawn(async move {
        let uploaded = upload(&asked.platform, &wanted.order_no, &wanted.session_id).await;
        let line = uploaded.unwrap_or_else(|error| format!("{error:#}"));
        if Paint::plain().line(format!("{} {}", safe(&wanted.session_id), safe(&line))).is_err() {
            tracing::debug!("nobody reads the output");
        }
        drop(permit);
        if asked.requests.send(()).await.is_err() {
            tracing::debug!("the server is stopping");
        }
    });
    Ok(())
}

async fn upload(platform: &Platform, order_no: &str, session: &str) -> anyhow::Result<String> {
    let json = platform.signed(order_no, session)?.context("the order is not known any more")?;
    Ok(platform.send(&json).await?.body)
}
