//! The public door: what anybody may ask about goods (R-TRACE-01), over plain HTTP without a certificate, on a port of its
//! own that is closed unless configured.
//!
//! It can only read one thing: [`Reader::public_trace`]. It takes no bodies, keeps no connection for long, and answers a
//! limited number of requests a second, of each address and of all together.

mod page;

use super::stopped;
use crate::domain::limits::{
    HTTP1_BUFFER_BYTES_MAX, HTTP1_HEAD_WAIT_MS, HTTP1_HEADERS_MAX, PUBLIC_ADDRESSES_MAX, PUBLIC_CONNECTION_MS,
    PUBLIC_CONNECTIONS_MAX, PUBLIC_REQUESTS_PER_ADDRESS, PUBLIC_REQUESTS_PER_SECOND,
};
use crate::domain::{Clock, LotName, SystemClock};
use crate::intake::{PublicTrace, ReadError, Reader, Wanted};
use axum::Router;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

/// What the door needs; cheap to clone.
#[derive(Clone)]
struct Public {
    reader: Reader,
    clock: Arc<dyn Clock>,
    limits: Arc<Limits>,
}

/// How much may be asked.
struct Limits {
    all: DefaultDirectRateLimiter,
    each: DefaultKeyedRateLimiter<IpAddr>,
}

impl Limits {
    fn new() -> Limits {
        let quota = |per_second: u32| Quota::per_second(NonZeroU32::new(per_second).unwrap_or(NonZeroU32::MIN));
        let burst = NonZeroU32::new(PUBLIC_REQUESTS_PER_ADDRESS.saturating_mul(2)).unwrap_or(NonZeroU32::MIN);
        Limits {
            all: RateLimiter::direct(quota(PUBLIC_REQUESTS_PER_SECOND)),
            each: RateLimiter::dashmap(quota(PUBLIC_REQUESTS_PER_ADDRESS).allow_burst(burst)),
        }
    }

    /// True if an address may ask once more. The networks of IPv6 count as one address each.
    fn admits(&self, address: IpAddr) -> bool {
        if self.each.len() > PUBLIC_ADDRESSES_MAX {
            self.each.retain_recent();
        }
        let is_known_or_fits = self.each.len() <= PUBLIC_ADDRESSES_MAX;
        is_known_or_fits && self.each.check_key(&network(address)).is_ok() && self.all.check().is_ok()
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => {
            let [a, b, c, d, ..] = six.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
    }
}

/// Serves the page until the stop.
pub async fn serve(tcp: TcpListener, reader: Reader, mut stop: watch::Receiver<bool>) {
    let public = Public { reader, clock: Arc::new(SystemClock), limits: Arc::new(Limits::new()) };
    let router = router(public);
    let permits = Arc::new(Semaphore::new(PUBLIC_CONNECTIONS_MAX));
    let mut open = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = tcp.accept() => accepted,
            Some(_) = open.join_next() => continue,
            () = stopped(&mut stop) => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                if let Ok(permit) = permits.clone().try_acquire_owned() {
                    let router = router.clone();
                    open.spawn(async move {
                        connection(stream, peer, router).await;
                        drop(permit);
                    });
                }
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection to the public page");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// One connection: HTTP/1.1, for a limited time.
async fn connection(tcp: TcpStream, peer: SocketAddr, router: Router) {
    // Every request of the connection knows where it comes from.
    let router = router.layer(axum::Extension(peer.ip()));
    let mut builder = auto::Builder::new(TokioExecutor::new()).http1_only();
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(HTTP1_HEAD_WAIT_MS))
        .max_buf_size(HTTP1_BUFFER_BYTES_MAX)
        .max_headers(HTTP1_HEADERS_MAX);
    let served = builder.serve_connection(TokioIo::new(tcp), TowerToHyperService::new(router));
    match tokio::time::timeout(Duration::from_millis(PUBLIC_CONNECTION_MS), served).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a connection to the public page ended"),
        Err(_) => tracing::debug!("a connection to the public page was cut: its time is over"),
    }
}

fn router(public: Public) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/v1/public/trace", get(json))
        .with_state(public)
        .fallback(async || StatusCode::NOT_FOUND)
        .layer(axum::middleware::map_response(hardened))
}

/// No script, no frame, nothing from elsewhere, nothing kept.
async fn hardened(mut response: Response) -> Response {
    const HEADERS: [(&str, &str); 5] = [
        (
            "content-security-policy",
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
        ("x-frame-options", "DENY"),
    ];
    for (name, value) in HEADERS {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

/// What is asked for: a code, a lot (of a product), an order or a waybill.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Asked {
    code: String,
    lot: String,
    gtin: String,
    order_no: String,
    waybill_no: String,
}

impl Asked {
    /// The one thing that is asked for; `None` if there is none, or more than one.
    fn wanted(&self) -> Option<Wanted> {
        let given = [&self.code, &self.lot, &self.order_no, &self.waybill_no];
        if given.iter().filter(|text| !text.trim().is_empty()).count() != 1 {
            return None;
        }
        let of = |text: &str| text.trim().to_owned();
        Some(match given.map(|text| !text.trim().is_empty()) {
            [true, ..] => Wanted::Code(of(&self.code)),
            [_, true, ..] => Wanted::Lot(LotName { gtin: of(&self.gtin), lot: of(&self.lot) }),
            [_, _, true, _] => Wanted::Order(of(&self.order_no)),
            _ => Wanted::Waybill(of(&self.waybill_no)),
        })
    }

    fn is_empty(&self) -> bool {
        [&self.code, &self.lot, &self.gtin, &self.order_no, &self.waybill_no].iter().all(|text| text.is_empty())
    }
}

/// What a look-up came to.
enum Looked {
    Found(Vec<PublicTrace>),
    Busy,
    Wrong,
    Failed,
}

async fn look_up(public: &Public, address: Option<IpAddr>, asked: &Asked) -> Looked {
    if !address.is_some_and(|address| public.limits.admits(address)) {
        return Looked::Busy;
    }
    let Some(wanted) = asked.wanted() else { return Looked::Wrong };
    let (reader, now) = (public.reader.clone(), public.clock.now());
    match tokio::task::spawn_blocking(move || reader.public_trace(&wanted, now)).await {
        Ok(Ok(found)) => Looked::Found(found),
        Ok(Err(ReadError::Invalid(_))) => Looked::Wrong,
        Ok(Err(ReadError::TooEarly(_) | ReadError::Internal)) | Err(_) => Looked::Failed,
    }
}

async fn json(State(public): State<Public>, request: axum::extract::Request) -> Response {
    let address = request.extensions().get::<IpAddr>().copied();
    let asked = Query::<Asked>::try_from_uri(request.uri()).map(|query| query.0).unwrap_or_default();
    let problem = |status: StatusCode, zh: &'static str, en: &'static str| {
        let body = serde_json::json!({ "title": en, "title_zh": zh, "status": status.as_u16() });
        let mut response = (status, axum::Json(body)).into_response();
        if status == StatusCode::TOO_MANY_REQUESTS {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    };
    match look_up(&public, address, &asked).await {
        Looked::Found(traces) => {
            axum::Json(Answer { traces: traces.into_iter().map(Shown::of).collect() }).into_response()
        }
        Looked::Busy => {
            problem(StatusCode::TOO_MANY_REQUESTS, "查询过于频繁，请稍后再试", "too many requests, come back later")
        }
        Looked::Wrong => problem(
            StatusCode::BAD_REQUEST,
            "请提供追溯码、批次、订单编号、运单编号之一",
            "give one of code, lot (with gtin), order_no and waybill_no",
        ),
        Looked::Failed => problem(StatusCode::INTERNAL_SERVER_ERROR, "系统内部错误", "internal failure"),
    }
}

async fn page(State(public): State<Public>, request: axum::extract::Request) -> Response {
    let address = request.extensions().get::<IpAddr>().copied();
    let asked = Query::<Asked>::try_from_uri(request.uri()).map(|query| query.0).unwrap_or_default();
    let (status, notice, traces) = if asked.is_empty() {
        (StatusCode::OK, "", Vec::new())
    } else {
        match look_up(&public, address, &asked).await {
            Looked::Found(traces) if traces.is_empty() => {
                (StatusCode::OK, "未找到追溯信息 · Nothing is known under this number", traces)
            }
            Looked::Found(traces) => (StatusCode::OK, "", traces),
            Looked::Busy => (
                StatusCode::TOO_MANY_REQUESTS,
                "查询过于频繁，请稍后再试 · Too many requests, come back later",
                Vec::new(),
            ),
            Looked::Wrong => (
                StatusCode::BAD_REQUEST,
                "请只填写一项（批次可附GTIN） · Fill in one field (a lot may have a GTIN)",
                Vec::new(),
            ),
            Looked::Failed => (StatusCode::INTERNAL_SERVER_ERROR, "系统内部错误 · Internal failure", Vec::new()),
        }
    };
    let shown: Vec<Shown> = traces.into_iter().map(Shown::of).collect();
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    (status, headers, page::html(&asked, notice, &shown)).into_response()
}

#[derive(Debug, Serialize)]
struct Answer {
    traces: Vec<Shown>,
}

/// A trace as it is shown: the names are part of the contract.
#[derive(Debug, Serialize)]
struct Shown {
    code: String,
    gtin: String,
    lot: String,
    name: String,
    hs: String,
    made: String,
    expires: String,
    origin: String,
    origin_zh: String,
    origin_en: String,
    importer: String,
    agent: String,
    distributor: String,
    entry_port: String,
    entry_port_zh: String,
    declaration_status: i32,
    declaration_zh: String,
    declaration_en: String,
    release_day: String,
    inspection_zh: &'static str,
    inspection_en: &'static str,
    blocked: bool,
    block_reason: String,
}

impl Shown {
    fn of(trace: PublicTrace) -> Shown {
        let [origin, origin_zh, origin_en] = trace.origin;
        let [entry_port, entry_port_zh] = trace.entry_port;
        let (declaration_status, declaration_zh, declaration_en) = trace.declaration;
        let (inspection_zh, inspection_en) = trace.inspection.title();
        Shown {
            code: trace.code,
            gtin: trace.gtin,
            lot: trace.lot,
            name: trace.name,
            hs: trace.hs,
            made: trace.made,
            expires: trace.expires,
            origin,
            origin_zh,
            origin_en,
            importer: trace.importer,
            agent: trace.agent,
            distributor: trace.distributor,
            entry_port,
            entry_port_zh,
            declaration_status,
            declaration_zh,
            declaration_en,
            release_day: trace.released,
            inspection_zh,
            inspection_en,
            blocked: trace.blocked.is_some(),
            block_reason: trace.blocked.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_asked_for_at_a_time() {
        let asked = |code: &str, lot: &str| Asked { code: code.to_owned(), lot: lot.to_owned(), ..Asked::default() };
        assert_eq!(asked("C1", "").wanted(), Some(Wanted::Code("C1".to_owned())));
        assert_eq!(asked("C1", "L1").wanted(), None);
        assert_eq!(asked(" ", "").wanted(), None);
        let lot = Asked { gtin: "6901234567892".to_owned(), ..asked("", "L1") };
        assert!(matches!(lot.wanted(), Some(Wanted::Lot(name)) if name.gtin == "6901234567892"));
    }

    #[test]
    fn an_address_that_asks_too_much_is_told_to_wait_and_others_are_not() {
        let limits = Limits::new();
        let [one, same_network, other] =
            ["2001:db8::1", "2001:db8::2", "192.0.2.1"].map(|text| text.parse::<IpAddr>().expect("an address"));
        let admitted = (0..100).filter(|_| limits.admits(one)).count();
        assert!((5..=20).contains(&admitted), "{admitted}");
        assert!(!limits.admits(same_network));
        assert!(limits.admits(other));
    }
}
