//! Every door takes messages in envelopes.

use super::schema::libxml2;
use crate::harness::{Harness, http};
use encoding_rs::GB18030;
use single_window::domain::Timestamp;
use single_window::envelope::{self, AddInfo, SvNo, TransInfo};
use single_window::pb::v1 as pb;
use single_window::pb::v1::declaration_service_client::DeclarationServiceClient;
use single_window::sample::{self, Generator, Kind, Settings};

/// Orders of the demo's platform in both envelopes, in UTF-8 and GB18030, all of them different.
fn envelopes(first: u64) -> Vec<Vec<u8>> {
    let samples = Generator::new(11, Settings::default());
    let mut made = Vec::new();
    for (number, label) in (first..).zip(["UTF-8", "GB18030", "UTF-8", "GB18030"]) {
        let transfer = samples.transfer(Kind::Order, number);
        let text = sample::message(Kind::Order, &[samples.set(number)], &transfer).replacen("UTF-8", label, 1);
        let message = if label == "UTF-8" { text.into_bytes() } else { GB18030.encode(&text).0.into_owned() };
        let time = Timestamp(1_777_608_000_000).to_string();
        let head = TransInfo {
            cop_msg_id: transfer.guid,
            sender_id: transfer.sender.dxp_id.to_string(),
            receiver_ids: vec!["DXPSWX0000900001".to_owned()],
            creat_time: time.clone(),
            msg_type: "CEB311Message".to_owned(),
        };
        let more = AddInfo { encode: Some(label.to_owned()), ..AddInfo::default() };
        made.push(if made.len() < 2 {
            envelope::dxp_msg(&head, &more, &message)
        } else {
            let (msg_id, node) = (format!("1234567820260501120000{number:010}"), "12345678".to_owned());
            let way = SvNo { msg_id, sub_msg_id: None, send_time: time, end_node: node.clone(), sta_node: node };
            envelope::dxp_msg_sv(&way, &head, &more, &message)
        });
    }
    made
}

fn check(receipt: &pb::Receipt) {
    assert_eq!(receipt.outcome, pb::Outcome::Accepted as i32, "{:#?}", receipt.rejections);
    let answer = String::from_utf8_lossy(&receipt.dxp_rep);
    assert!(answer.contains("<ResponseCode>0000</ResponseCode>"), "{answer}");
    for (schema, xml) in [("DxpRep.xsd", &receipt.dxp_rep), ("DxpMsg.xsd", &receipt.receipt_dxp)] {
        assert_ne!(libxml2(schema, xml), Some(false), "{}", String::from_utf8_lossy(xml));
    }
    assert!(receipt.notes.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn grpc_takes_envelopes_one_by_one_streamed_and_to_validate() {
    let exchange = Harness::start().await;
    let mut client = DeclarationServiceClient::new(exchange.channel("platform").await);
    for bytes in envelopes(0) {
        let request = pb::ValidateRequest { xml: bytes.clone().into() };
        let found = client.validate(request).await.expect("an answer").into_inner();
        assert!(found.valid && found.message_type == 311, "{:#?}", found.faults);
        let request = || pb::SubmitRequest { xml: bytes.clone().into() };
        let first = client.submit(request()).await.expect("an answer").into_inner();
        let again = client.submit(request()).await.expect("an answer").into_inner();
        assert!(again.replayed && !first.replayed && again.receipt == first.receipt);
        check(&first.receipt.expect("a receipt"));
    }
    let stream: Vec<pb::SubmitStreamRequest> = (0..)
        .zip(envelopes(10))
        .map(|(sequence, bytes)| pb::SubmitStreamRequest { sequence, xml: bytes.into() })
        .collect();
    let mut answers = client.submit_stream(tokio_stream::iter(stream)).await.expect("a stream").into_inner();
    let mut answered = 0;
    while let Some(answer) = answers.message().await.expect("an answer") {
        match answer.result {
            Some(pb::submit_stream_response::Result::Receipt(receipt)) => check(&receipt),
            other => panic!("no receipt: {other:?}"),
        }
        answered += 1;
    }
    assert_eq!(answered, 4);
    // Faults of the message and of the envelope, each in its own words.
    let text = String::from_utf8(envelopes(20).swap_remove(0)).expect("UTF-8");
    let bad = text.replacen("<MsgType>CEB311", "<MsgType>CEB411", 1);
    let found = client.validate(pb::ValidateRequest { xml: bad.into() }).await.expect("an answer").into_inner();
    assert_eq!(found.faults.first().map(|fault| fault.rule.as_str()), Some("R-DXP-05"));
    exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn http_takes_envelopes_and_gives_the_transports_answer() {
    let exchange = Harness::start().await;
    for bytes in envelopes(30) {
        let head = format!("POST /v1/messages HTTP/1.1\r\ncontent-length: {}", bytes.len());
        let answer = http(exchange.address, exchange.client("platform", "http/1.1"), &head, &bytes).await;
        let answer = answer.expect("an answer");
        let (status, body) = answer.split_once("\r\n\r\n").expect("a body");
        assert!(status.starts_with("HTTP/1.1 200"), "{answer}");
        let json: serde_json::Value = serde_json::from_str(body).expect("JSON");
        assert_eq!(json["outcome"], "accepted");
        assert!(json["dxp_rep"].as_str().is_some_and(|xml| xml.contains("<ResponseCode>0000<")), "{json}");
        assert!(json["receipt_dxp"].as_str().is_some_and(|xml| xml.contains("<MsgType>CEB312Message<")), "{json}");
    }
    exchange.stop().await;
}

/// `swx` as a program, with its exit code and what it printed.
fn swx(args: &[&str]) -> (Option<i32>, String) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_swx")).args(args).output().expect("swx runs");
    (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_wraps_validates_submits_and_unwraps() {
    let exchange = Harness::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let samples = Generator::new(12, Settings::default());
    let transfer = samples.transfer(Kind::Order, 1);
    std::fs::write(path("order.xml"), sample::message(Kind::Order, &[samples.set(1)], &transfer)).expect("written");
    let (order, wrapped, sender) = (path("order.xml"), path("wrapped.xml"), transfer.sender.dxp_id.to_string());
    let receivers = ["--receiver", "DXPSWX0000900001", "--receiver", "DXPNOBODY0000001"];
    let mut args = vec!["wrap", &order, "--sender", &sender, "--sv", "12345678", "--out", &wrapped];
    args.extend(receivers);
    assert_eq!(swx(&args), (Some(0), String::new()));
    let (code, printed) = swx(&["validate", &wrapped]);
    assert!(code == Some(0) && printed.contains("CEB311"), "{printed}");
    let (pem, key) = exchange.pki.client("platform");
    let server = format!("https://localhost:{}", exchange.address.port());
    let (ca, pem, key, out) = (exchange.pki.ca(), pem, key, path("receipts"));
    let [ca, pem, key] = [ca, pem, key].map(|path| path.to_string_lossy().into_owned());
    let submit = ["submit", &wrapped, "--out", &out, "--server", &server, "--ca", &ca, "--cert", &pem, "--key", &key];
    let submit: Vec<String> = submit.map(str::to_owned).to_vec();
    let sent = tokio::task::spawn_blocking(move || swx(&submit.iter().map(String::as_str).collect::<Vec<_>>())).await;
    let (code, printed) = sent.expect("it runs");
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.contains("2001") && printed.contains("DXPNOBODY0000001"), "{printed}");
    let answer = std::fs::read_to_string(path("receipts/wrapped.dxprep.receipt.xml")).expect("saved");
    assert!(answer.contains("<ResponseCode>2001</ResponseCode>"), "{answer}");
    let (receipt, inner) = (path("receipts/wrapped.dxpmsg.receipt.xml"), path("inner.xml"));
    assert_eq!(swx(&["unwrap", &receipt, "--out", &inner]), (Some(0), String::new()));
    assert_eq!(
        std::fs::read(inner).expect("written"),
        std::fs::read(path("receipts/wrapped.receipt.xml")).expect("saved")
    );
    let (code, printed) = swx(&["unwrap", &wrapped, "--envelope"]);
    assert!(code == Some(0) && printed.contains("\"StaNode\": \"12345678\""), "{printed}");
    let broken = std::fs::read_to_string(&wrapped).expect("readable").replacen("<Data>", "<Data>*", 1);
    std::fs::write(&wrapped, broken).expect("written");
    for command in ["validate", "unwrap"] {
        let (code, printed) = swx(&[command, &wrapped]);
        assert!(code == Some(1) && printed.contains("XSD-TYPE"), "{printed}");
    }
    exchange.stop().await;
}
