//! The HTTP door on the same port: CEB XML or typed JSON in, a receipt out as JSON or as CEB XML.

use super::access::Operation;
use super::json;
use super::status::{DOMAIN, Failure, Reason};
use super::{Door, convert, grpc, typed};
use crate::domain::limits::{MESSAGE_BYTES_MAX, REQUEST_WAIT_MS};
use crate::pb::v1::get_document_request::Name;
use crate::typed::{Message, Names};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::sync::watch;

/// The routes; merge them with those of gRPC.
pub fn router(door: &Door, ledger_ok: watch::Receiver<bool>) -> Router {
    Router::new()
        .route("/v1/messages", post(messages).with_state(door.clone()))
        .route("/v1/convert", post(conversion).with_state(door.clone()))
        .route("/v1/document", get(document).with_state(door.clone()))
        .route("/v1/health", get(health).with_state((ledger_ok, door.sandbox)))
        .merge(super::payment_http::router(door))
}

/// Answers what no route takes, in the words of whoever asked.
pub async fn nothing_here(request: axum::extract::Request) -> Response {
    let failure = Failure::new(Reason::UnknownMethod);
    if grpc::is_grpc(request.headers()) {
        return tonic::Status::from(failure).into_http();
    }
    problem(&failure, StatusCode::NOT_FOUND)
}

/// Whether the exchange takes messages.
#[derive(Debug, Serialize)]
struct Health {
    status: &'static str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    sandbox: bool,
}

async fn health(State((ledger_ok, sandbox)): State<(watch::Receiver<bool>, bool)>) -> Response {
    let (status, code) =
        if *ledger_ok.borrow() { ("serving", StatusCode::OK) } else { ("read-only", StatusCode::SERVICE_UNAVAILABLE) };
    (code, axum::Json(Health { status, sandbox })).into_response()
}

async fn messages(State(door): State<Door>, request: axum::extract::Request) -> Response {
    in_time(submit(door, request)).await
}

async fn conversion(State(door): State<Door>, request: axum::extract::Request) -> Response {
    in_time(convert_message(door, request)).await
}

async fn document(State(door): State<Door>, request: axum::extract::Request) -> Response {
    in_time(get_document(door, request)).await
}

/// Puts the deadline on an answer and tells a failure as a problem.
pub(super) async fn in_time(answer: impl Future<Output = Result<Response, Failure>>) -> Response {
    let wait = Duration::from_millis(REQUEST_WAIT_MS);
    match tokio::time::timeout(wait, answer).await {
        Ok(Ok(response)) => response,
        Ok(Err(failure)) => problem(&failure, failure.http_status()),
        Err(_) => {
            let failure = Failure::new(Reason::Deadline);
            problem(&failure, failure.http_status())
        }
    }
}

async fn submit(door: Door, request: axum::extract::Request) -> Result<Response, Failure> {
    let peer = door.gate.admit(request.extensions(), Operation::Submit)?;
    let xml_wanted = wants_xml(request.headers());
    let is_json = is_json(request.headers());
    let bytes = content(request).await?;
    let applied = if is_json {
        peer.count_bytes(bytes.len())?;
        door.submit_typed(&peer, move || Message::from_json(&bytes), Names::Json).await?
    } else {
        door.submit(&peer, bytes).await?
    };
    let mut receipt = convert::receipt(&door.feed, &applied);
    if is_json {
        typed::name_fields_of(&mut receipt, Names::Json);
    }
    if xml_wanted {
        return Ok(([(header::CONTENT_TYPE, "application/xml")], receipt.receipt_xml).into_response());
    }
    Ok(axum::Json(json::receipt(receipt, applied.replayed)).into_response())
}

async fn convert_message(door: Door, request: axum::extract::Request) -> Result<Response, Failure> {
    let peer = door.gate.admit(request.extensions(), Operation::Validate)?;
    let is_json = is_json(request.headers());
    let bytes = content(request).await?;
    peer.count_bytes(bytes.len())?;
    let converted = if is_json {
        door.render(&peer, move || Message::from_json(&bytes), Names::Json).await?
    } else {
        door.type_xml(&peer, bytes, Names::Json).await?
    };
    Ok(axum::Json(json::converted(converted)).into_response())
}

/// Which document is asked for: one of the first three.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Wanted {
    document_id: Option<String>,
    pre_no: Option<String>,
    invt_no: Option<String>,
    at_least: String,
}

async fn get_document(door: Door, request: axum::extract::Request) -> Result<Response, Failure> {
    let peer = door.gate.admit(request.extensions(), Operation::Read)?;
    let wanted: axum::extract::Query<Wanted> = axum::extract::Query::try_from_uri(request.uri())
        .map_err(|error| convert::Invalid::new("query", error.body_text()))?;
    let wanted = wanted.0;
    let name = match (wanted.document_id, wanted.pre_no, wanted.invt_no) {
        (Some(id), None, None) => Some(Name::DocumentId(id)),
        (None, Some(number), None) => Some(Name::PreNo(number)),
        (None, None, Some(number)) => Some(Name::InvtNo(number)),
        (_, _, _) => None,
    };
    let found = grpc::look_up(&door, peer, name, wanted.at_least).await?;
    let message = typed::document(found.event.message_type, found.xml.clone()).await?;
    Ok(axum::Json(json::document(convert::document(found), message)).into_response())
}

/// True if the body is said to be JSON; without a word it is XML.
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// The body of a request as it was sent.
async fn content(request: axum::extract::Request) -> Result<Bytes, Failure> {
    if let Some(coding) = request.headers().get(header::CONTENT_ENCODING)
        && coding != "identity"
    {
        return Err(convert::Invalid::new("Content-Encoding", "bodies are taken as they are only").into());
    }
    body(request.into_body()).await
}

/// Reads a body up to the limit; what is longer is not kept.
async fn body(body: Body) -> Result<Bytes, Failure> {
    match Limited::new(body, MESSAGE_BYTES_MAX).collect().await {
        Ok(read) => Ok(read.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Failure::new(Reason::MessageTooLarge).with("bytes_max", MESSAGE_BYTES_MAX))
        }
        Err(_) => Err(Failure::new(Reason::Malformed)),
    }
}

/// True if XML is named before JSON and before anything at all.
fn wants_xml(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let first = accepted.split(',').filter_map(|range| range.split(';').next()).map(str::trim);
    first
        .into_iter()
        .find(|range| matches!(*range, "application/xml" | "text/xml" | "application/json" | "*/*"))
        .is_some_and(|range| range.ends_with("/xml"))
}

/// A failure after RFC 9457.
#[derive(Debug, Serialize)]
struct Problem<'a> {
    r#type: String,
    title: &'a str,
    title_zh: &'a str,
    status: u16,
    reason: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ProblemField<'a>>,
    #[serde(flatten)]
    facts: std::collections::BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u32>,
}

#[derive(Debug, Serialize)]
struct ProblemField<'a> {
    field: &'a str,
    detail: &'a str,
}

fn problem(failure: &Failure, status: StatusCode) -> Response {
    let body = Problem {
        r#type: format!("urn:{DOMAIN}:{}", failure.reason.name()),
        title: &failure.message,
        title_zh: &failure.message_zh,
        status: status.as_u16(),
        reason: failure.reason.name(),
        errors: failure.violations.iter().map(|(field, detail)| ProblemField { field, detail }).collect(),
        facts: failure.facts.iter().map(|(name, value)| (*name, value.as_str())).collect(),
        retry_after_ms: failure.retry_after.map(|_| failure.retry_after_ms()),
    };
    let mut response = (status, axum::Json(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if failure.retry_after.is_some() {
        let seconds = failure.retry_after_ms().div_ceil(1000).max(1);
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(text: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, text.parse().expect("a header value"));
        wants_xml(&headers)
    }

    #[test]
    fn xml_is_given_to_who_asks_for_it_first() {
        assert!(accept("application/xml"));
        assert!(accept("text/html, application/xml;q=0.9, */*;q=0.8"));
        assert!(!accept("application/json, application/xml"));
        assert!(!accept("*/*"));
        assert!(!wants_xml(&HeaderMap::new()));
    }

    #[tokio::test]
    async fn a_problem_says_when_to_come_back() {
        let failure = Failure::from(crate::intake::Error::Busy);
        let response = problem(&failure, failure.http_status());
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        let bytes = response.into_body().collect().await.expect("a body").to_bytes();
        let json: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
        assert_eq!(json["reason"], "QUEUE_FULL");
        assert_eq!(json["status"], 429);
        assert_eq!(json["retry_after_ms"], 200);
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_not_read_to_its_end() {
        let within = body(Body::from(vec![b' '; MESSAGE_BYTES_MAX])).await;
        assert_eq!(within.map(|bytes| bytes.len()), Ok(MESSAGE_BYTES_MAX));
        let over = body(Body::from(vec![b' '; MESSAGE_BYTES_MAX + 1])).await.expect_err("too large");
        assert_eq!(over.reason, Reason::MessageTooLarge);
        assert_eq!(over.http_status(), StatusCode::PAYLOAD_TOO_LARGE);
    }
}
