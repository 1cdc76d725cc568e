//! A filing that ends at a time to come shuts its certificate out from that time on (R-ENT-06), at every door.

use crate::harness::{Harness, channel, http};
use single_window::domain::{Clock, SetClock, SystemClock, Timestamp};
use single_window::pb::v1;
use single_window::pb::v1::declaration_service_client::DeclarationServiceClient;
use single_window::pb::v1::filing_service_client::FilingServiceClient;
use single_window::pb::v1::ledger_service_client::LedgerServiceClient;
use std::sync::Arc;
use tonic::Code;

const DAY_MS: i64 = 24 * 3_600_000;

fn at(ms: i64) -> Option<prost_types::Timestamp> {
    Some(prost_types::Timestamp { seconds: ms / 1000, nanos: 0 })
}

/// What comes of reading the worklist over a new connection.
async fn asked(exchange: &Harness, party: &str) -> Code {
    let channel = channel(exchange.address, exchange.client(party, "h2")).await.expect("a connection");
    let found = DeclarationServiceClient::new(channel).list_worklist(v1::ListWorklistRequest::default()).await;
    found.map_or_else(|status| status.code(), |_| Code::Ok)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_to_come_shuts_the_certificate_out_from_its_time_on_and_a_suspension_lets_it_read() {
    let now = SystemClock.now().0 / 1000 * 1000;
    let clock = Arc::new(SetClock::new(Timestamp(now)));
    let exchange = Harness::start_by(Arc::clone(&clock) as Arc<dyn Clock>, |_| {}).await;
    let code_of = async |party: &str| {
        let mut filings = FilingServiceClient::new(exchange.channel(party).await);
        let history = filings.get_filing_history(v1::GetFilingHistoryRequest::default()).await.expect("its own");
        history.into_inner().code
    };
    let stand = async |party: &str, standing: v1::Standing, from_ms: i64, to_ms: i64| {
        let request = v1::ChangeStandingRequest {
            code: code_of(party).await,
            standing: standing as i32,
            effective_from: at(from_ms),
            effective_to: if to_ms == 0 { None } else { at(to_ms) },
            reason: "年报逾期".to_owned(),
            ..Default::default()
        };
        let mut operator = FilingServiceClient::new(exchange.channel("operator").await);
        let recorded = operator.change_standing(request).await.expect("an answer").into_inner().recorded;
        assert!(recorded.expect("a record").rejections.is_empty());
    };
    let (tomorrow, later) = (now + DAY_MS, now + 3 * DAY_MS);
    stand("logistics", v1::Standing::Revoked, tomorrow, 0).await;
    stand("seller", v1::Standing::Suspended, tomorrow, later).await;
    let open = exchange.channel("logistics").await;
    clock.set(Timestamp(tomorrow - 1));
    for party in ["logistics", "seller", "platform"] {
        assert_eq!(asked(&exchange, party).await, Code::Ok, "{party}: not yet");
    }
    clock.set(Timestamp(tomorrow));
    for (party, code) in [("logistics", Code::Unauthenticated), ("seller", Code::Ok), ("platform", Code::Ok)] {
        assert_eq!(asked(&exchange, party).await, code, "{party}: from then on");
    }
    // A connection that was open before is asked again with every request, and so is the other door.
    let found = LedgerServiceClient::new(open).get_checkpoint(v1::GetCheckpointRequest::default()).await;
    assert_eq!(found.expect_err("shut out").code(), Code::Unauthenticated);
    let head = "POST /v1/messages HTTP/1.1\r\ncontent-length: 0";
    let answer = http(exchange.address, exchange.client("logistics", "http/1.1"), head, b"").await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");

    clock.set(Timestamp(later));
    assert_eq!(asked(&exchange, "seller").await, Code::Ok, "the suspension is over");
    assert_eq!(asked(&exchange, "logistics").await, Code::Unauthenticated, "a revocation is not");
    exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_stream_ends_when_the_filing_does() {
    let now = SystemClock.now().0 / 1000 * 1000;
    let clock = Arc::new(SetClock::new(Timestamp(now)));
    let exchange = Harness::start_by(Arc::clone(&clock) as Arc<dyn Clock>, |_| {}).await;
    let mut filings = FilingServiceClient::new(exchange.channel("declarant").await);
    let history = filings.get_filing_history(v1::GetFilingHistoryRequest::default()).await.expect("its own");
    let request = v1::ChangeStandingRequest {
        code: history.into_inner().code,
        standing: v1::Standing::Revoked as i32,
        effective_from: at(now + DAY_MS),
        reason: "年报逾期".to_owned(),
        ..Default::default()
    };
    let mut operator = FilingServiceClient::new(exchange.channel("operator").await);
    operator.change_standing(request).await.expect("an answer");
    let (ask, asked) = tokio::sync::mpsc::channel(1);
    let mut service = DeclarationServiceClient::new(exchange.channel("declarant").await);
    let stream = service.submit_stream(tokio_stream::wrappers::ReceiverStream::new(asked)).await.expect("a stream");
    clock.set(Timestamp(now + DAY_MS));
    let ended = tokio::time::timeout(std::time::Duration::from_secs(30), stream.into_inner().message()).await;
    let status = ended.expect("within a few seconds").expect_err("it is shut out");
    assert_eq!(status.code(), Code::Unauthenticated);
    drop(ask);
    exchange.stop().await;
}
