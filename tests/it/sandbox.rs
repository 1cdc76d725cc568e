//! The sandbox: the same parties, a ledger of its own, a customs that answers; nothing leads from it to the exchange,
//! and nothing from the exchange but what is filed.

use crate::harness::{Harness, channel, http};
use single_window::config::{LedgerKind, Reset, Sandbox};
use single_window::domain::{Clock, SetClock, Timestamp};
use single_window::pb::v1 as pb;
use single_window::pb::v1::declaration_service_client::DeclarationServiceClient;
use single_window::pb::v1::filing_service_client::FilingServiceClient;
use single_window::pb::v1::ledger_service_client::LedgerServiceClient;
use single_window::pb::v1::subscription_service_client::SubscriptionServiceClient;
use single_window::sample::{Generator, Kind, Settings, message};
use single_window::simulator::{Scenario, ScenarioFile};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

const HEADER: &str = "swx-sandbox";
/// Sales of one message.
const BATCH: u64 = 20;

/// An exchange with a sandbox whose customs takes no time.
async fn start(ledger: LedgerKind) -> Harness {
    let calm = ScenarioFile::parse(Scenario::carried("calm").expect("carried")).expect("TOML that fits");
    let scenario = Scenario { speed: 1_000_000, ..calm.check().expect("a good scenario") };
    Harness::start_with(|config| {
        config.ledger = ledger;
        config.sandbox = Some(Sandbox {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data: config.data.join("sandbox"),
            reset: Reset::Never,
            scenario: Some(scenario),
        });
    })
    .await
}

fn sandbox(exchange: &Harness) -> SocketAddr {
    exchange.sandbox.as_ref().expect("there is a sandbox").0
}

async fn at(exchange: &Harness, address: SocketAddr, party: &str) -> Channel {
    channel(address, exchange.client(party, "h2")).await.expect("a connection")
}

/// Sends the four documents of some sales, lists last; true if every answer says that it is of a sandbox.
async fn trade(exchange: &Harness, address: SocketAddr, samples: &Generator, first: u64, sales: u64) -> Vec<bool> {
    let mut marked = Vec::new();
    for (kind, party) in
        [(Kind::Order, "platform"), (Kind::Payment, "payment"), (Kind::Waybill, "logistics"), (Kind::List, "declarant")]
    {
        let mut service = DeclarationServiceClient::new(at(exchange, address, party).await);
        for begin in (first..first + sales).step_by(usize::try_from(BATCH).expect("small")) {
            let sets: Vec<_> = (begin..begin + BATCH).map(|number| samples.set(number)).collect();
            let xml = message(kind, &sets, &samples.transfer(kind, begin));
            let answer = service.submit(pb::SubmitRequest { xml: xml.into() }).await.expect("an answer");
            marked.push(answer.metadata().get(HEADER).is_some_and(|value| value == "true"));
            let receipt = answer.into_inner().receipt.expect("a receipt");
            let accepted = |verdict: &pb::DocumentVerdict| verdict.outcome == pb::Outcome::Accepted as i32;
            assert!(receipt.documents.iter().all(accepted), "{receipt:?}");
        }
    }
    marked
}

async fn checkpoint(exchange: &Harness, address: SocketAddr) -> pb::GetCheckpointResponse {
    let mut service = LedgerServiceClient::new(at(exchange, address, "operator").await);
    service.get_checkpoint(pb::GetCheckpointRequest::default()).await.expect("an answer").into_inner()
}

/// Reads the declarant's inbox until so many lists have come to an end; texts of customs' decisions.
async fn until_ended(exchange: &Harness, address: SocketAddr, lists: u64) -> Vec<String> {
    use pb::consume_request::Request;
    let mut service = SubscriptionServiceClient::new(at(exchange, address, "declarant").await);
    let inbox = pb::Subscription {
        name: "inbox".to_owned(),
        view: pb::View::Own as i32,
        filter: Some(pb::Filter { event_kinds: vec![pb::EventKind::Decided as i32], ..Default::default() }),
        ..Default::default()
    };
    let earliest = pb::StartAt { at: Some(pb::start_at::At::Earliest(true)) };
    let request = pb::CreateSubscriptionRequest { subscription: Some(inbox), start_at: Some(earliest) };
    service.create_subscription(request).await.expect("made");
    let (ask, asked) = mpsc::channel(4);
    let start = pb::ConsumeStart { name: "inbox".to_owned(), credit: 100_000 };
    ask.send(pb::ConsumeRequest { request: Some(Request::Start(start)) }).await.expect("sent");
    let mut stream = service.consume(ReceiverStream::new(asked)).await.expect("a stream").into_inner();
    let (mut ended, mut texts) = (0, Vec::new());
    let read = async {
        while ended < lists {
            let answer = stream.message().await.expect("an answer").expect("an open stream");
            let Some(pb::consume_response::Response::Delivery(delivery)) = answer.response else { continue };
            let event = delivery.event.expect("an event");
            if event.message_type == 621 {
                ended += u64::from(matches!(event.status, 100 | 700 | 899));
                texts.push(event.info);
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(120), read).await.expect("customs answers in time");
    texts
}

async fn is_known(exchange: &Harness, address: SocketAddr, number: &str) -> bool {
    let mut service = DeclarationServiceClient::new(at(exchange, address, "declarant").await);
    let request = pb::TraceRequest { key: number.to_owned(), ..Default::default() };
    match service.trace(request).await {
        Ok(found) => !found.into_inner().documents.is_empty(),
        Err(status) => {
            assert_eq!(status.code(), Code::NotFound, "{status}");
            false
        }
    }
}

/// Asks until it is so.
async fn eventually(what: &str, mut asked: impl AsyncFnMut() -> bool) {
    let wait = async {
        while !asked().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), wait).await.unwrap_or_else(|_| panic!("never: {what}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_in_the_sandbox_leaves_the_exchange_as_it_was_and_the_other_way_round() {
    const SALES: u64 = 200;
    let exchange = start(LedgerKind::Memory).await;
    let (real, sandbox) = (exchange.address, sandbox(&exchange));
    let samples = Generator::new(41, Settings::default());
    let before = checkpoint(&exchange, real).await;

    let marked = trade(&exchange, sandbox, &samples, 0, SALES).await;
    assert!(marked.iter().all(|marked| *marked), "every answer of the sandbox says so");
    let texts = until_ended(&exchange, sandbox, SALES).await;
    assert!(texts.iter().all(|text| text.starts_with("[沙箱 sandbox] ")), "{texts:?}");
    assert_eq!(checkpoint(&exchange, real).await, before, "nothing of it reached the ledger of the exchange");
    let order = samples.set(1).order.order_no;
    assert!(is_known(&exchange, sandbox, &order).await && !is_known(&exchange, real, &order).await);

    let rehearsed = checkpoint(&exchange, sandbox).await;
    assert_ne!((&rehearsed.origin, &rehearsed.public_key), (&before.origin, &before.public_key));
    let marked = trade(&exchange, real, &samples, 1_000, SALES).await;
    assert!(marked.iter().all(|marked| !*marked), "answers of the exchange do not");
    assert!(checkpoint(&exchange, real).await.events > before.events);
    // Its own customs may still be at work in the sandbox, so documents are looked for, not counted.
    for sale in (1_000..1_000 + SALES).step_by(10) {
        let order = samples.set(sale).order.order_no;
        assert!(is_known(&exchange, real, &order).await && !is_known(&exchange, sandbox, &order).await, "{sale}");
    }
    exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_health_and_http_say_that_they_are_of_a_sandbox() {
    let exchange = start(LedgerKind::Memory).await;
    for (address, wanted) in [(exchange.address, false), (sandbox(&exchange), true)] {
        let mut service = DeclarationServiceClient::new(at(&exchange, address, "statistics").await);
        let refused = service.submit(pb::SubmitRequest::default()).await.expect_err("statistics sends nothing");
        assert_eq!(refused.code(), Code::PermissionDenied);
        assert_eq!(refused.metadata().get(HEADER).is_some(), wanted);
        let mut health = HealthClient::new(at(&exchange, address, "seller").await);
        let healthy = health.check(HealthCheckRequest::default()).await.expect("an answer");
        assert_eq!(healthy.metadata().get(HEADER).is_some(), wanted);
        for head in ["GET /v1/health HTTP/1.1", "GET /nowhere HTTP/1.1"] {
            let answer = http(address, exchange.client("seller", "http/1.1"), head, b"").await.expect("an answer");
            assert_eq!(answer.contains("swx-sandbox: true\r\n"), wanted, "{answer}");
            assert_eq!(answer.contains("\"sandbox\":true"), wanted && head.contains("health"), "{answer}");
        }
    }
    exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_of_the_sandbox_stand_apart_and_are_labelled() {
    let exchange = start(LedgerKind::Segments).await;
    let samples = Generator::new(42, Settings::default());
    trade(&exchange, sandbox(&exchange), &samples, 0, BATCH).await;
    let get = async |path: &str| {
        let mut tcp = tokio::net::TcpStream::connect(exchange.metrics).await.expect("the metrics port");
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        tcp.write_all(request.as_bytes()).await.expect("sent");
        let mut text = String::new();
        tcp.read_to_string(&mut text).await.expect("an answer");
        text
    };
    let own = get("/sandbox/metrics").await;
    for name in ["swx_submissions_total", "swx_ledger_appends_total", "swx_connections_total"] {
        let mut samples = own.lines().filter(|line| line.starts_with(name)).peekable();
        assert!(samples.peek().is_some(), "no {name} in {own}");
        assert!(samples.all(|line| line.contains("exchange=\"sandbox\"")), "{own}");
    }
    assert!(!get("/metrics").await.contains("exchange=\"sandbox\""));
    exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_filed_in_the_exchange_is_filed_in_the_sandbox_and_not_the_other_way_round() {
    let exchange = start(LedgerKind::Memory).await;
    let (real, sandbox) = (exchange.address, sandbox(&exchange));
    let party = |code: &str, name: &str, dxp_id: &str| pb::Party {
        code: code.to_owned(),
        name: name.to_owned(),
        roles: vec![pb::Role::Seller as i32],
        dxp_ids: vec![dxp_id.to_owned()],
        active: true,
        ..Default::default()
    };
    let file = async |address: SocketAddr, party: &pb::Party| {
        let mut service = FilingServiceClient::new(at(&exchange, address, "operator").await);
        let request = pb::FilePartyRequest { party: Some(party.clone()) };
        service.file_party(request).await.expect("it is filed");
    };
    let name_of = async |address: SocketAddr, code: &str| {
        let mut service = FilingServiceClient::new(at(&exchange, address, "operator").await);
        let found = service.get_party(pb::GetPartyRequest { code: code.to_owned() }).await.ok()?;
        found.into_inner().party.map(|party| party.name)
    };
    file(real, &party("4101NEW001", "示例新主体", "DXPNEW0000000001")).await;
    eventually("the new party is in the sandbox", async || name_of(sandbox, "4101NEW001").await.is_some()).await;
    // A second party takes the address that the first one gives up.
    file(real, &party("4101NEW001", "示例改名主体", "DXPNEW0000000002")).await;
    file(real, &party("4101AAA001", "示例后继主体", "DXPNEW0000000001")).await;
    eventually("the change is in the sandbox", async || {
        name_of(sandbox, "4101NEW001").await.as_deref() == Some("示例改名主体")
            && name_of(sandbox, "4101AAA001").await.is_some()
    })
    .await;
    file(sandbox, &party("4101TRY001", "示例试用主体", "DXPTRY0000000001")).await;
    assert_eq!(name_of(real, "4101TRY001").await, None);
    assert_eq!(name_of(real, "SWXSANDBOX").await, None, "the made-up customs is of the sandbox alone");
    let mandate = pb::FileMandateRequest {
        agent_code: "4101NEW001".to_owned(),
        mandator_code: "4101AAA001".to_owned(),
        effective_from: Some(prost_types::Timestamp { seconds: 1_700_000_000, nanos: 0 }),
        ..Default::default()
    };
    let before = checkpoint(&exchange, sandbox).await.events;
    let mut service = FilingServiceClient::new(at(&exchange, real, "operator").await);
    service.file_mandate(mandate).await.expect("it is filed");
    eventually("the mandate is in the sandbox", async || checkpoint(&exchange, sandbox).await.events > before).await;
    exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_forgets_everything_but_the_parties() {
    let exchange = start(LedgerKind::Segments).await;
    let (sandbox, reset) = exchange.sandbox.clone().expect("there is a sandbox");
    let samples = Generator::new(43, Settings::default());
    trade(&exchange, sandbox, &samples, 0, BATCH).await;
    let (first, real) = (checkpoint(&exchange, sandbox).await, checkpoint(&exchange, exchange.address).await);
    let order = samples.set(1).order.order_no;
    assert!(is_known(&exchange, sandbox, &order).await);
    for _ in 0..2 {
        assert!(reset.reset().await, "it answers again");
        assert!(!is_known(&exchange, sandbox, &order).await, "the declarant is known, its documents are not");
    }
    assert_ne!(checkpoint(&exchange, sandbox).await.origin, first.origin, "it is another ledger");
    assert_eq!(checkpoint(&exchange, exchange.address).await, real);
    trade(&exchange, sandbox, &samples, 0, BATCH).await;
    until_ended(&exchange, sandbox, BATCH).await;
    exchange.stop().await;
    assert!(!reset.reset().await, "it has stopped with the exchange");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_with_another_certificate_is_for_nobody() {
    let exchange = start(LedgerKind::Memory).await;
    let stranger = channel(sandbox(&exchange), exchange.stranger("h2")).await.expect("a connection");
    let refused = LedgerServiceClient::new(stranger).get_checkpoint(pb::GetCheckpointRequest::default()).await;
    assert_eq!(refused.expect_err("nobody filed it").code(), Code::Unauthenticated);
    exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_midnight_the_sandbox_forgets_everything_and_the_exchange_nothing() {
    // Half a minute before midnight in China.
    let evening = Timestamp::parse_ceb("20260501235930").expect("a time");
    let clock = Arc::new(SetClock::new(evening));
    let exchange = Harness::start_by(Arc::clone(&clock) as Arc<dyn Clock>, |config| {
        config.ledger = LedgerKind::Segments;
        config.sandbox = Some(Sandbox {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data: config.data.join("sandbox"),
            reset: Reset::Daily,
            scenario: None,
        });
    })
    .await;
    let (real, sandbox) = (exchange.address, sandbox(&exchange));
    let samples = Generator::new(44, Settings { at: evening, ..Settings::default() });
    trade(&exchange, sandbox, &samples, 0, BATCH).await;
    trade(&exchange, real, &samples, 0, BATCH).await;
    let (first, before) = (checkpoint(&exchange, sandbox).await, checkpoint(&exchange, real).await);
    let order = samples.set(1).order.order_no;
    clock.set(Timestamp(evening.0 + 29_000));
    assert!(is_known(&exchange, sandbox, &order).await, "the day is not over");
    let mark = exchange.folder.path().join("sandbox").join("SANDBOX");
    let begun = || std::fs::read_to_string(&mark).expect("the mark").lines().last().map(str::to_owned);
    assert_eq!(begun().as_deref(), Some("20260501"));

    clock.set(Timestamp(evening.0 + 31_000));
    // While it is emptied nobody answers; then it is another ledger with the same parties.
    eventually("it answers with another ledger", async || {
        let Ok(channel) = channel(sandbox, exchange.client("operator", "h2")).await else { return false };
        let mut service = LedgerServiceClient::new(channel);
        let found = service.get_checkpoint(pb::GetCheckpointRequest::default()).await;
        found.is_ok_and(|found| found.into_inner().origin != first.origin)
    })
    .await;
    assert_eq!(begun().as_deref(), Some("20260502"));
    assert!(!is_known(&exchange, sandbox, &order).await, "the declarant is known, its documents are not");
    assert_eq!(checkpoint(&exchange, real).await, before);
    assert!(is_known(&exchange, real, &order).await);
    // Once a day, and the new day is one like any other.
    let second = checkpoint(&exchange, sandbox).await;
    clock.set(Timestamp(evening.0 + 3_600_000));
    trade(&exchange, sandbox, &samples, 0, BATCH).await;
    assert!(is_known(&exchange, sandbox, &order).await);
    assert_eq!(checkpoint(&exchange, sandbox).await.origin, second.origin);
    exchange.stop().await;
}
