//! Typed documents through the doors: what is recorded is the XML that they render to.

use crate::harness::{Harness, http};
use prost::Message as _;
use serde_json::{Value, json};
use single_window::domain::limits::TYPED_VALUES_MAX;
use single_window::pb::v1 as pb;
use single_window::pb::v1::convert_message_request::Source;
use single_window::pb::v1::convert_message_response::Result as Form;
use single_window::pb::v1::declaration_service_client::DeclarationServiceClient;
use single_window::sample::{self, Generator, Kind, Settings};
use single_window::typed::Message;
use single_window::typed::wire::CebMessage;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt;

const KINDS: [(Kind, &str); 4] =
    [(Kind::Order, "platform"), (Kind::Payment, "payment"), (Kind::Waybill, "logistics"), (Kind::List, "declarant")];

fn typed(samples: &Generator, kind: Kind, number: u64) -> Message {
    let xml = sample::message(kind, &[samples.set(number)], &samples.transfer(kind, number));
    Message::from_xml(&xml).expect("samples have a typed form")
}

async fn service(exchange: &Harness, party: &str) -> DeclarationServiceClient<Channel> {
    DeclarationServiceClient::new(exchange.channel(party).await)
}

/// One request over HTTP: status and JSON of the answer.
async fn send(exchange: &Harness, party: &str, head: &str, body: &[u8]) -> (u16, Value) {
    let head = format!("{head}\r\ncontent-length: {}", body.len());
    let answer = http(exchange.address, exchange.client(party, "http/1.1"), &head, body).await.expect("an answer");
    let status = answer.get(9..12).and_then(|digits| digits.parse().ok()).expect("a status");
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    (status, serde_json::from_str(body).expect("JSON"))
}

const POST_JSON: &str = "POST /v1/messages HTTP/1.1\r\ncontent-type: application/json; charset=utf-8";

#[tokio::test(flavor = "multi_thread")]
async fn a_typed_trade_is_recorded_as_xml() {
    let exchange = Harness::start().await;
    let samples = Generator::new(31, Settings::default());
    let mut list = None;
    for (kind, party) in KINDS {
        let message = typed(&samples, kind, 1);
        let mut declaration = service(&exchange, party).await;
        let request = pb::SubmitDocumentsRequest { message: Some(message.to_wire()) };
        let answer = declaration.submit_documents(request.clone()).await.expect("an answer").into_inner();
        let receipt = answer.receipt.expect("a receipt");
        assert_eq!((receipt.outcome, answer.replayed), (pb::Outcome::Accepted as i32, false), "{receipt:?}");
        let again = declaration.submit_documents(request).await.expect("an answer").into_inner();
        assert_eq!(
            (again.receipt.as_ref(), again.replayed),
            (Some(&receipt), true),
            "the same documents, the same bytes"
        );
        // The record is the rendered XML: sending that is sending the same.
        let xml = message.to_xml().expect("rendered");
        let as_xml = declaration.submit(pb::SubmitRequest { xml: xml.into() }).await.expect("an answer").into_inner();
        assert!(as_xml.replayed);
        assert_eq!(as_xml.receipt.map(|receipt| receipt.payload_sha256), Some(receipt.payload_sha256.clone()));
        list = Some((receipt, message));
    }
    let (receipt, message) = list.expect("four were sent");
    let verdict = receipt.documents.first().expect("a verdict");
    assert_eq!((verdict.status, verdict.waiting.len()), (120, 0), "{verdict:?}");
    let pre_no = verdict.keys.clone().expect("numbers").pre_no;

    let sent = serde_json::to_value(&message).expect("JSON");
    let sent = &sent["CEB621Message"]["Inventory"];
    let head = format!("GET /v1/document?pre_no={pre_no}&at_least={} HTTP/1.1", receipt.position);
    let (status, found) = send(&exchange, "declarant", &head, b"").await;
    assert_eq!((status, &found["status"]), (200, &json!(120)), "{found}");
    assert_eq!(found["message"], json!({ "CEB621Message": { "Inventory": sent } }));
    let name = Some(pb::get_document_request::Name::PreNo(pre_no));
    let request = pb::GetDocumentRequest { name, at_least: receipt.position, typed: true };
    let found = service(&exchange, "declarant").await.get_document(request).await.expect("found").into_inner();
    let found = Message::from_wire(&found.typed.expect("typed")).expect("a typed message");
    assert_eq!(&serde_json::to_value(&found).expect("JSON")["CEB621Message"]["Inventory"], sent);
    let (status, problem) =
        send(&exchange, "payment", "GET /v1/document?pre_no=B20260101999999999 HTTP/1.1", b"").await;
    assert_eq!((status, &problem["reason"]), (404, &json!("NOT_FOUND")));
    exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rejections_name_the_xml_and_the_typed_field() {
    let exchange = Harness::start().await;
    let samples = Generator::new(32, Settings::default());
    let mut order = serde_json::to_value(typed(&samples, Kind::Order, 1)).expect("JSON");
    order["CEB311Message"]["Order"][0]["OrderList"][0]["qty"] = json!("some");
    let message = Message::from_json(order.to_string().as_bytes()).expect("a typed message");

    let mut declaration = service(&exchange, "platform").await;
    let request = pb::SubmitDocumentsRequest { message: Some(message.to_wire()) };
    let receipt = declaration.submit_documents(request).await.expect("an answer").into_inner().receipt;
    let receipt = receipt.expect("a receipt");
    let first = receipt.rejections.first().expect("a refusal has a reason");
    assert_eq!(first.path, "/CEB311Message/Order[1]/OrderList[1]/qty");
    assert_eq!(first.field_path, "ceb311.order[0].order_list[0].qty");

    order["CEB311Message"]["guid"] = json!("0F8FAD5B-D9CB-469F-A165-708677289501");
    let (status, receipt) = send(&exchange, "platform", POST_JSON, order.to_string().as_bytes()).await;
    assert_eq!((status, &receipt["outcome"]), (200, &json!("rejected")), "{receipt}");
    assert_eq!(receipt["rejections"][0]["path"], "/CEB311Message/Order[1]/OrderList[1]/qty");
    assert_eq!(receipt["rejections"][0]["field_path"], "CEB311Message.Order[0].OrderList[0].qty");
    exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_converted_both_ways_and_not_recorded() {
    let exchange = Harness::start().await;
    let samples = Generator::new(33, Settings::default());
    let mut declaration = service(&exchange, "declarant").await;
    let xml = sample::message(Kind::List, &[samples.set(1)], &samples.transfer(Kind::List, 1));
    let convert = |source| pb::ConvertMessageRequest { source: Some(source) };
    let there = declaration.convert_message(convert(Source::Xml(xml.clone().into()))).await.expect("an answer");
    let there = there.into_inner();
    assert!(there.faults.is_empty(), "{:?}", there.faults);
    let Some(Form::Message(message)) = there.result else { panic!("XML becomes typed") };
    assert_eq!(Message::from_wire(&message), Message::from_xml(&xml));
    let back = declaration.convert_message(convert(Source::Message(message.clone()))).await.expect("an answer");
    let Some(Form::Xml(rendered)) = back.into_inner().result else { panic!("typed becomes XML") };
    assert_eq!(Message::from_xml(std::str::from_utf8(&rendered).expect("UTF-8")), Message::from_wire(&message));
    // Nothing was recorded: the first submission is the first.
    let request = pb::SubmitDocumentsRequest { message: Some(message) };
    assert!(!declaration.submit_documents(request).await.expect("an answer").into_inner().replayed);

    let broken = xml.replacen("<ceb:orderNo>", "<ceb:orderNumber>", 1);
    let refused =
        declaration.convert_message(convert(Source::Xml(broken.into()))).await.expect("an answer").into_inner();
    assert!(refused.result.is_none() && !refused.faults.is_empty());

    let (status, json) = send(&exchange, "declarant", "POST /v1/convert HTTP/1.1", xml.as_bytes()).await;
    assert_eq!((status, &json["faults"]), (200, &json!([])));
    let head = "POST /v1/convert HTTP/1.1\r\ncontent-type: application/json";
    let (status, back) = send(&exchange, "declarant", head, json["message"].to_string().as_bytes()).await;
    assert_eq!((status, back["xml"].as_str().map(str::as_bytes)), (200, Some(&*rendered)));
    exchange.stop().await;
}

/// The violated field of a refused call.
fn violated(status: &Status) -> String {
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let details = status.get_error_details();
    let first = details.bad_request().and_then(|bad| bad.field_violations.first());
    first.map(|violation| violation.field.clone()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_lost_is_refused_at_its_field() {
    let exchange = Harness::start().await;
    let mut declaration = service(&exchange, "platform").await;
    // CEB621Message.inventory[0].inventory_head with a field 99.
    let newer = [0xEA, 0x26, 7, 0x1A, 5, 0x0A, 3, 0x9A, 0x06, 0];
    let message = CebMessage::decode(&newer[..]).expect("an encoded message");
    let mut submit = async |message| {
        declaration.submit_documents(pb::SubmitDocumentsRequest { message }).await.expect_err("refused")
    };
    assert_eq!(violated(&submit(Some(message)).await), "ceb621.inventory[0].inventory_head");
    assert_eq!(violated(&submit(None).await), "message");
    assert_eq!(violated(&submit(Some(CebMessage::default())).await), "message");
    // Two bytes each, and forty in XML.
    let many = [0x2A, 0].repeat(TYPED_VALUES_MAX + 1);
    let mut bytes = vec![0xEA, 0x26];
    prost::encoding::encode_varint(many.len() as u64, &mut bytes);
    bytes.extend(many);
    let status = submit(Some(CebMessage::decode(&*bytes).expect("an encoded message"))).await;
    assert_eq!(status.get_details_error_info().map(|info| info.reason), Some("MESSAGE_TOO_LARGE".to_owned()));

    let number = br#"{"CEB311Message": {"Order": [{"OrderHead": {"acturalPaid": 10.5}}]}}"#;
    let (status, problem) = send(&exchange, "platform", POST_JSON, number).await;
    assert_eq!((status, &problem["reason"]), (400, &json!("INVALID_FIELD")), "{problem}");
    assert_eq!(problem["errors"][0]["field"], "CEB311Message.Order[0].OrderHead.acturalPaid");
    for body in ["", "{", "[]", "{}", r#"{"CEB312Message": {}}"#] {
        let (status, problem) = send(&exchange, "platform", POST_JSON, body.as_bytes()).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (400, &json!("message")), "{body}: {problem}");
    }
    let (status, _) = send(&exchange, "statistics", POST_JSON, number).await;
    assert_eq!(status, 403, "who may not submit XML may not submit JSON");
    exchange.stop().await;
}
