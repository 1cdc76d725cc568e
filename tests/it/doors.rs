//! The doors of a whole exchange: identity, roles, limits, health, reflection, the HTTP twin.

use crate::harness::{Harness, channel, http};
use single_window::domain::limits::{ENVELOPE_BYTES_MAX, MESSAGE_BYTES_MAX};
use single_window::pb::v1 as pb;
use single_window::pb::v1::clearance_service_client::ClearanceServiceClient;
use single_window::pb::v1::declaration_service_client::DeclarationServiceClient;
use single_window::pb::v1::filing_service_client::FilingServiceClient;
use single_window::pb::v1::ledger_service_client::LedgerServiceClient;
use single_window::pb::v1::subscription_service_client::SubscriptionServiceClient;
use std::num::NonZeroU32;
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt;

fn reason(status: &Status) -> String {
    let details = status.get_error_details();
    let info = details.error_info().unwrap_or_else(|| panic!("no ErrorInfo in {status:?}"));
    assert_eq!(info.domain, "swx");
    assert!(details.localized_message().is_some_and(|text| text.locale == "zh-CN"), "{status:?}");
    info.reason.clone()
}

#[tokio::test]
async fn a_certificate_that_nobody_filed_is_unauthenticated() {
    let exchange = Harness::start().await;
    let channel = channel(exchange.address, exchange.stranger("h2")).await.expect("a connection");
    let status = LedgerServiceClient::new(channel)
        .get_checkpoint(pb::GetCheckpointRequest::default())
        .await
        .expect_err("refused");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unauthenticated, "CERTIFICATE_NOT_FILED"));
    let answer =
        http(exchange.address, exchange.stranger("http/1.1"), "POST /v1/messages HTTP/1.1\r\ncontent-length: 0", b"")
            .await
            .expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 401") && answer.contains("application/problem+json"), "{answer}");
    exchange.stop().await;
}

#[tokio::test]
async fn what_no_role_of_the_caller_may_do_is_denied() {
    let exchange = Harness::start().await;
    let denied = |status: Status| {
        assert_eq!((status.code(), reason(&status).as_str()), (Code::PermissionDenied, "ROLE_DENIED"));
    };
    for party in ["statistics", "operator"] {
        let mut declaration = DeclarationServiceClient::new(exchange.channel(party).await);
        denied(declaration.submit(pb::SubmitRequest::default()).await.expect_err("refused"));
    }
    let seller = exchange.channel("seller").await;
    let decisions = tokio_stream::empty::<pb::DecideRequest>();
    denied(ClearanceServiceClient::new(seller.clone()).decide(decisions).await.expect_err("refused"));
    let filing = pb::FilePartyRequest::default();
    denied(FilingServiceClient::new(seller.clone()).file_party(filing).await.expect_err("refused"));
    for (party, view) in [("seller", pb::View::Full), ("seller", pb::View::Statistics), ("operator", pb::View::Full)] {
        let mut subscriptions = SubscriptionServiceClient::new(exchange.channel(party).await);
        let subscription = pb::Subscription { name: "x".to_owned(), view: view as i32, ..Default::default() };
        let request = pb::CreateSubscriptionRequest { subscription: Some(subscription), start_at: None };
        denied(subscriptions.create_subscription(request).await.expect_err("refused"));
    }
    exchange.stop().await;
}

#[tokio::test]
async fn every_filed_party_gets_the_checkpoint_and_its_own_filing() {
    let exchange = Harness::start().await;
    for party in single_window::pki::PARTIES {
        let channel = exchange.channel(party).await;
        LedgerServiceClient::new(channel.clone())
            .get_checkpoint(pb::GetCheckpointRequest::default())
            .await
            .unwrap_or_else(|status| panic!("{party}: {status}"));
        let own = FilingServiceClient::new(channel).get_party(pb::GetPartyRequest::default()).await;
        let own = own.expect("an answer").into_inner().party.expect("a filing");
        let shown = &exchange.pki.fingerprints().iter().find(|(name, _)| *name == party).expect("a certificate").1;
        assert_eq!(&own.certificate_sha256, std::slice::from_ref(shown));
    }
    exchange.stop().await;
}

#[tokio::test]
async fn a_message_over_the_limit_is_refused_with_a_reason() {
    let exchange = Harness::start().await;
    let mut declaration = DeclarationServiceClient::new(exchange.channel("seller").await);
    for bytes in [MESSAGE_BYTES_MAX + 1, MESSAGE_BYTES_MAX + ENVELOPE_BYTES_MAX + 1] {
        let request = pb::SubmitRequest { xml: vec![b' '; bytes].into() };
        let status = declaration.submit(request).await.expect_err("refused");
        assert_eq!((status.code(), reason(&status).as_str()), (Code::OutOfRange, "MESSAGE_TOO_LARGE"), "{bytes}");
    }
    // What is small on the wire and large in memory is not unpacked beyond the limit.
    let mut packing = DeclarationServiceClient::new(exchange.channel("seller").await)
        .send_compressed(tonic::codec::CompressionEncoding::Zstd);
    let request = pb::SubmitRequest { xml: vec![b' '; 64 * 1024 * 1024].into() };
    let status = packing.submit(request).await.expect_err("refused");
    assert_eq!(reason(&status), "MESSAGE_TOO_LARGE");
    let head = format!("POST /v1/messages HTTP/1.1\r\ncontent-length: {}", MESSAGE_BYTES_MAX + 1);
    let body = vec![b' '; MESSAGE_BYTES_MAX + 1];
    let answer = http(exchange.address, exchange.client("seller", "http/1.1"), &head, &body).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("MESSAGE_TOO_LARGE"), "{answer}");
    exchange.stop().await;
}

#[tokio::test]
async fn a_party_over_its_rate_is_told_when_to_come_back() {
    let exchange = Harness::start_with(|config| config.rate.requests_per_second = NonZeroU32::MIN).await;
    let mut ledger = LedgerServiceClient::new(exchange.channel("seller").await);
    let mut refused = None;
    for _ in 0..10 {
        if let Err(status) = ledger.get_checkpoint(pb::GetCheckpointRequest::default()).await {
            refused = Some(status);
            break;
        }
    }
    let status = refused.expect("one request a second, and ten were made");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "RATE_LIMITED"));
    assert!(status.get_details_retry_info().is_some_and(|info| info.retry_delay.is_some()));
    // Another party is not slowed.
    let mut other = LedgerServiceClient::new(exchange.channel("customs").await);
    other.get_checkpoint(pb::GetCheckpointRequest::default()).await.expect("an answer");
    exchange.stop().await;
}

#[tokio::test]
async fn tokens_and_fields_from_nowhere_are_bad_requests() {
    let exchange = Harness::start().await;
    let seller = exchange.channel("seller").await;
    let mut declaration = DeclarationServiceClient::new(seller.clone());
    let list = |page_size, page_token: &str| pb::ListDocumentsRequest {
        page_size,
        page_token: page_token.to_owned(),
        ..Default::default()
    };
    let violated = |status: Status, field: &str| {
        assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
        let details = status.get_error_details();
        let violations = details.bad_request().map(|bad| bad.field_violations.clone()).unwrap_or_default();
        assert!(violations.iter().any(|violation| violation.field == field), "{status:?}");
    };
    violated(declaration.list_documents(list(-1, "")).await.expect_err("refused"), "page_size");
    violated(declaration.list_documents(list(0, "zz")).await.expect_err("refused"), "page_token");
    violated(declaration.get_document(pb::GetDocumentRequest::default()).await.expect_err("refused"), "name");
    let trace = pb::TraceRequest { key: "A".to_owned(), at_least: "nonsense".to_owned(), ..Default::default() };
    violated(declaration.trace(trace).await.expect_err("refused"), "at_least");
    let mut subscriptions = SubscriptionServiceClient::new(seller);
    let named = pb::GetSubscriptionRequest { name: "no spaces".to_owned() };
    violated(subscriptions.get_subscription(named).await.expect_err("refused"), "name");
    exchange.stop().await;
}

#[tokio::test]
async fn a_consumer_says_first_what_it_consumes() {
    let exchange = Harness::start().await;
    let mut subscriptions = SubscriptionServiceClient::new(exchange.channel("seller").await);
    let ask = |request| tokio_stream::once(pb::ConsumeRequest { request: Some(request) });
    use pb::consume_request::Request;
    let credit = ask(Request::Credit(pb::ConsumeCredit { deliveries: 1 }));
    let mut stream = subscriptions.consume(credit).await.expect("a stream").into_inner();
    let status = stream.message().await.expect_err("refused");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "START_MISSING"));
    let start = ask(Request::Start(pb::ConsumeStart { name: "nobody-made-it".to_owned(), credit: 1 }));
    let mut stream = subscriptions.consume(start).await.expect("a stream").into_inner();
    let status = stream.message().await.expect_err("refused");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::NotFound, "NOT_FOUND"));
    exchange.stop().await;
}

#[tokio::test]
async fn reflection_is_there_only_when_it_is_switched_on() {
    use tonic_reflection::pb::{v1, v1alpha};
    for on in [false, true] {
        let exchange = Harness::start_with(|config| config.reflection = on).await;
        let channel = exchange.channel("seller").await;
        let list = v1::server_reflection_request::MessageRequest::ListServices(String::new());
        let request = v1::ServerReflectionRequest { host: String::new(), message_request: Some(list) };
        let mut newer = v1::server_reflection_client::ServerReflectionClient::new(channel.clone());
        let newer = newer.server_reflection_info(tokio_stream::once(request)).await;
        let list = v1alpha::server_reflection_request::MessageRequest::ListServices(String::new());
        let request = v1alpha::ServerReflectionRequest { host: String::new(), message_request: Some(list) };
        let mut older = v1alpha::server_reflection_client::ServerReflectionClient::new(channel);
        let older = older.server_reflection_info(tokio_stream::once(request)).await;
        assert_eq!((newer.is_ok(), older.is_ok()), (on, on));
        if let Err(status) = newer {
            assert_eq!((status.code(), reason(&status).as_str()), (Code::Unimplemented, "UNKNOWN_METHOD"));
        }
        exchange.stop().await;
    }
}

#[tokio::test]
async fn health_is_told_at_every_door() {
    let exchange = Harness::start().await;
    let mut health = HealthClient::new(exchange.channel("statistics").await);
    for service in ["", "singlewindow.v1.DeclarationService"] {
        let request = HealthCheckRequest { service: service.to_owned() };
        let status = health.check(request).await.expect("an answer").into_inner().status;
        assert_eq!(status, ServingStatus::Serving as i32, "{service}");
    }
    let answer = http(exchange.address, exchange.client("seller", "http/1.1"), "GET /v1/health HTTP/1.1", b"").await;
    assert!(answer.expect("an answer").contains("serving"));
    for path in ["livez", "readyz", "metrics"] {
        let answer = plain(exchange.metrics, path).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    }
    assert!(plain(exchange.metrics, "metrics").await.contains("swx_connections_total"));
    exchange.stop().await;
}

async fn plain(address: std::net::SocketAddr, path: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut tcp = tokio::net::TcpStream::connect(address).await.expect("a connection");
    let request = format!("GET /{path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    tcp.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    tcp.read_to_string(&mut answer).await.expect("an answer");
    answer
}

#[tokio::test]
async fn a_path_that_is_not_there_is_told_in_the_words_of_who_asks() {
    let exchange = Harness::start().await;
    let answer = http(exchange.address, exchange.client("seller", "http/1.1"), "GET /nowhere HTTP/1.1", b"").await;
    let answer = answer.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 404") && answer.contains("application/problem+json"), "{answer}");
    exchange.stop().await;
}

#[tokio::test]
async fn a_restart_keeps_the_certificates_and_the_filings() {
    let first = Harness::start().await;
    let fingerprints = first.pki.fingerprints().to_vec();
    let again = single_window::pki::DevPki::create_or_load(&first.folder.path().join("dev")).expect("loaded");
    assert_eq!(again.fingerprints(), fingerprints);
    first.stop().await;
}
