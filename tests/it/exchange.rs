//! A trade through the doors: documents in, receipts out, an inbox, customs' decision.

use crate::harness::{Harness, http};
use bytes::Bytes;
use single_window::pb::v1 as pb;
use single_window::pb::v1::clearance_service_client::ClearanceServiceClient;
use single_window::pb::v1::declaration_service_client::DeclarationServiceClient;
use single_window::pb::v1::subscription_service_client::SubscriptionServiceClient;
use single_window::sample::{self, Generator, Kind, Settings};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

fn party(kind: Kind) -> &'static str {
    match kind {
        Kind::Order => "platform",
        Kind::Payment => "payment",
        Kind::Waybill => "logistics",
        Kind::List => "declarant",
    }
}

fn message(samples: &Generator, kind: Kind, number: u64) -> Bytes {
    sample::message(kind, &[samples.set(number)], &samples.transfer(kind, number)).into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trade_is_matched_decided_and_delivered_to_its_declarant() {
    let exchange = Harness::start().await;
    let samples = Generator::new(7, Settings::default());
    let declarant = exchange.channel("declarant").await;
    let mut subscriptions = SubscriptionServiceClient::new(declarant.clone());
    let inbox = pb::Subscription { name: "inbox".to_owned(), view: pb::View::Own as i32, ..Default::default() };
    let earliest = pb::StartAt { at: Some(pb::start_at::At::Earliest(true)) };
    let request = pb::CreateSubscriptionRequest { subscription: Some(inbox), start_at: Some(earliest) };
    subscriptions.create_subscription(request).await.expect("made");

    let mut last = None;
    for kind in [Kind::Order, Kind::Payment, Kind::Waybill, Kind::List] {
        let mut declaration = DeclarationServiceClient::new(exchange.channel(party(kind)).await);
        let request = pb::SubmitRequest { xml: message(&samples, kind, 1) };
        let answer = declaration.submit(request.clone()).await.expect("an answer").into_inner();
        let receipt = answer.receipt.expect("a receipt");
        assert_eq!(receipt.outcome, pb::Outcome::Accepted as i32, "{receipt:?}");
        assert!(!receipt.receipt_xml.is_empty());
        let again = declaration.submit(request).await.expect("an answer").into_inner();
        assert!(again.replayed);
        assert_eq!(again.receipt.as_ref(), Some(&receipt), "the same bytes get the same receipt");
        last = Some(receipt);
    }
    let receipt = last.expect("four were sent");
    let verdict = receipt.documents.first().expect("a verdict");
    assert_eq!(verdict.status, 120, "{verdict:?}");
    let keys = verdict.keys.clone().expect("numbers");

    let decision = pb::Decision {
        guid: "0F8FAD5B-D9CB-469F-A165-70867728950E".to_owned(),
        message_type: pb::MessageType::Ceb621 as i32,
        keys: Some(pb::DocumentKeys { pre_no: keys.pre_no.clone(), ..Default::default() }),
        status: 800,
        ..Default::default()
    };
    let request = pb::DecideRequest { sequence: 9, decision: Some(pb::decide_request::Decision::Typed(decision)) };
    let mut clearance = ClearanceServiceClient::new(exchange.channel("customs").await);
    let mut answers = clearance.decide(tokio_stream::once(request)).await.expect("a stream").into_inner();
    let answer = answers.message().await.expect("an answer").expect("an answer");
    assert_eq!((answer.sequence, answer.failure.as_ref()), (9, None));
    let result = answer.results.first().expect("a result");
    assert_eq!((result.effect, result.status), (pb::DecisionEffect::Applied as i32, 800), "{result:?}");

    let mut declaration = DeclarationServiceClient::new(declarant);
    let name = Some(pb::get_document_request::Name::PreNo(keys.pre_no.clone()));
    let request = pb::GetDocumentRequest { name, at_least: answer.position, typed: false };
    let found = declaration.get_document(request).await.expect("found").into_inner().document.expect("a document");
    assert_eq!((found.status, found.status_en.as_str()), (800, "released"));

    let statuses = consumed(&mut subscriptions, &keys.pre_no).await;
    assert_eq!(statuses.last(), Some(&800), "{statuses:?}");
    exchange.stop().await;
}

/// Statuses of that list in the inbox, up to its release; each delivery is acknowledged and names the one
/// before it.
async fn consumed(subscriptions: &mut SubscriptionServiceClient<tonic::transport::Channel>, pre_no: &str) -> Vec<i32> {
    use pb::consume_request::Request;
    use pb::consume_response::Response;
    let (ask, asked) = mpsc::channel(4);
    let send = async |request| ask.send(pb::ConsumeRequest { request: Some(request) }).await.expect("sent");
    send(Request::Start(pb::ConsumeStart { name: "inbox".to_owned(), credit: 1 })).await;
    let mut stream = subscriptions.consume(ReceiverStream::new(asked)).await.expect("a stream").into_inner();
    let (mut statuses, mut before) = (Vec::new(), String::new());
    while statuses.last() != Some(&800) {
        let answer = stream.message().await.expect("an answer").expect("an open stream");
        let Some(Response::Delivery(delivery)) = answer.response else { continue };
        assert_eq!(delivery.predecessor_id, before, "nothing is missing");
        before = delivery.delivery_id;
        send(Request::Ack(pb::ConsumeAck { cursor: delivery.cursor })).await;
        send(Request::Credit(pb::ConsumeCredit { deliveries: 1 })).await;
        let event = delivery.event.expect("an event");
        if event.keys.is_some_and(|keys| keys.pre_no == pre_no) {
            assert!(matches!(delivery.content, Some(pb::delivery::Content::Receipt(_))));
            statuses.push(event.status);
        }
    }
    statuses
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_message_of_a_stream_does_not_end_it() {
    let exchange = Harness::start().await;
    let samples = Generator::new(8, Settings::default());
    let mut declaration = DeclarationServiceClient::new(exchange.channel("platform").await);
    let too_large = Bytes::from(vec![b' '; single_window::domain::limits::MESSAGE_BYTES_MAX + 1]);
    let requests: Vec<_> = (0..100)
        .map(|sequence| {
            let xml = if sequence == 50 { too_large.clone() } else { message(&samples, Kind::Order, sequence) };
            pb::SubmitStreamRequest { sequence, xml }
        })
        .collect();
    let mut stream = declaration.submit_stream(tokio_stream::iter(requests)).await.expect("a stream").into_inner();
    let mut answered = Vec::new();
    while let Some(answer) = stream.message().await.expect("an answer") {
        use pb::submit_stream_response::Result;
        match answer.result.expect("a result") {
            Result::Receipt(receipt) => assert_eq!(receipt.outcome, pb::Outcome::Accepted as i32, "{receipt:?}"),
            Result::Failure(failure) => {
                assert_eq!((answer.sequence, failure.reason.as_str()), (50, "MESSAGE_TOO_LARGE"));
                assert!(!failure.retryable);
            }
        }
        answered.push(answer.sequence);
    }
    answered.sort_unstable();
    assert!(answered.into_iter().eq(0..100), "every message is answered once");
    exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_doors_give_the_same_receipt() {
    let exchange = Harness::start().await;
    let samples = Generator::new(9, Settings::default());
    let xml = message(&samples, Kind::Order, 1);
    let mut declaration = DeclarationServiceClient::new(exchange.channel("platform").await);
    let first = declaration.submit(pb::SubmitRequest { xml: xml.clone() }).await.expect("an answer").into_inner();
    let receipt = first.receipt.expect("a receipt");
    let client = || exchange.client("platform", "http/1.1");
    let head = format!("POST /v1/messages HTTP/1.1\r\ncontent-length: {}", xml.len());
    let answer = http(exchange.address, client(), &head, &xml).await.expect("an answer");
    let (head_in, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    assert!(head_in.starts_with("HTTP/1.1 200"), "{answer}");
    let json: serde_json::Value = serde_json::from_str(body).expect("JSON");
    assert_eq!((json["receipt_id"].as_str(), json["replayed"].as_bool()), (Some(&*receipt.receipt_id), Some(true)));
    let head = format!("{head}\r\naccept: application/xml");
    let answer = http(exchange.address, client(), &head, &xml).await.expect("an answer");
    let (_, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    assert_eq!(body.as_bytes(), receipt.receipt_xml);
    exchange.stop().await;
}
