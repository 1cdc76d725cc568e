//! Proofs through the doors, and verified with nothing but the program and the files (`swx proof`).

use crate::harness::Harness;
use crate::inspection::declare;
use single_window::pb::v1 as pb;
use single_window::pb::v1::agency_service_client::AgencyServiceClient;
use single_window::pb::v1::declaration_service_client::DeclarationServiceClient;
use single_window::pb::v1::ledger_service_client::LedgerServiceClient;
use single_window::proof::{entry_leaf, open_note, verify_consistency, verify_inclusion};
use single_window::sample::{self, Generator, Kind, Settings};
use std::path::Path;
use std::process::{Command, Output};
use tonic::Code;
use tonic::transport::Channel;

async fn ledger(exchange: &Harness, party: &str) -> LedgerServiceClient<Channel> {
    LedgerServiceClient::new(exchange.channel(party).await)
}

fn ask(receipt_id: &str) -> pb::GetInclusionProofRequest {
    pb::GetInclusionProofRequest { receipt_id: receipt_id.to_owned(), ..Default::default() }
}

/// Runs the program; with the server's address and a demo party's certificate if it needs one.
async fn swx(exchange: &Harness, party: &str, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swx"));
    command.args(args).env("NO_COLOR", "1").env("SWX_SERVER", format!("https://localhost:{}", exchange.address.port()));
    let (cert, key) = exchange.pki.client(party);
    command.env("SWX_CA", exchange.pki.ca()).env("SWX_CERT", cert).env("SWX_KEY", key);
    tokio::task::spawn_blocking(move || command.output().expect("the program runs")).await.expect("it ends")
}

/// Runs the program offline.
fn offline(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swx"));
    command.args(args).env("NO_COLOR", "1").env_remove("SWX_SERVER").current_dir(folder);
    command.output().expect("the program runs")
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// An order that the platform sent: its bytes and the number of its receipt.
async fn order(exchange: &Harness, number: u64) -> (Vec<u8>, String) {
    let samples = Generator::new(21, Settings::default());
    let xml = sample::message(Kind::Order, &[samples.set(number)], &samples.transfer(Kind::Order, number));
    let mut platform = DeclarationServiceClient::new(exchange.channel("platform").await);
    let request = pb::SubmitRequest { xml: xml.clone().into() };
    let receipt = platform.submit(request).await.expect("an answer").into_inner().receipt.expect("a receipt");
    (xml.into_bytes(), receipt.receipt_id)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_entry_of_a_receipt_is_proved_offline_with_the_message_that_was_sent() {
    let exchange = Harness::start().await;
    let (xml, receipt_id) = order(&exchange, 1).await;
    let mut platform = ledger(&exchange, "platform").await;
    let answer = platform.get_inclusion_proof(ask(&receipt_id)).await.expect("a proof").into_inner();
    let proof = answer.proof.expect("a proof");
    let note = open_note(&answer.signed_note, &answer.public_key).expect("signed");
    let path: Vec<[u8; 32]> = proof.path.iter().map(|hash| hash.as_ref().try_into().expect("32 bytes")).collect();
    let leaf = entry_leaf(proof.entry_position, proof.time_ms, &proof.header);
    assert_eq!((proof.receipt_id.as_str(), proof.leaf_sha256.as_ref()), (receipt_id.as_str(), &leaf[..]));
    assert_eq!(note.entries, proof.entries);
    assert!(verify_inclusion(&leaf, proof.leaf_index, proof.entries, &path, &note.entries_root));

    // The same with the program: got online, verified offline with the message.
    let folder = exchange.folder.path();
    let (file, message, other) = (folder.join("proof.json"), folder.join("order.xml"), folder.join("other.xml"));
    std::fs::write(&message, &xml).expect("written");
    std::fs::write(&other, order(&exchange, 2).await.0).expect("written");
    let file = file.to_str().expect("a path");
    let got = swx(&exchange, "platform", &["proof", "get", &receipt_id, "--out", file]).await;
    assert!(got.status.success(), "{}", text(&got));
    let key: String = answer.public_key.iter().map(|byte| format!("{byte:02x}")).collect();
    let with = ["proof", "verify", file, "--public-key", &key, "--message", "order.xml"];
    let proved = offline(folder, &with);
    assert!(proved.status.success() && text(&proved).contains("已入账 recorded"), "{}", text(&proved));
    let without = offline(folder, &["proof", "verify", file, "--message", "other.xml"]);
    assert_eq!(without.status.code(), Some(1), "{}", text(&without));
    assert!(text(&without).contains("the message is not the one that was recorded"), "{}", text(&without));
    let key = "00".repeat(32);
    let forged = offline(folder, &["proof", "verify", file, "--json", "--public-key", &key]);
    assert_eq!(forged.status.code(), Some(1));
    assert!(text(&forged).contains("\"proved\":false"), "{}", text(&forged));
    exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_document_of_a_message_is_proved_without_the_others_and_without_personal_values() {
    let exchange = Harness::start().await;
    let samples = Generator::new(23, Settings::default());
    let message = |first: u64| {
        let sets: Vec<_> = (first..first + 5).map(|number| samples.set(number)).collect();
        (sample::message(Kind::Order, &sets, &samples.transfer(Kind::Order, first)), sets)
    };
    let (plain, sets) = message(0);
    // In another encoding too: what is proved is the text.
    let (other, other_sets) = message(10);
    let (_, rest) = other.split_once("?>").expect("a declaration");
    let other = format!("<?xml version=\"1.0\" encoding=\"GB18030\"?>{rest}");
    let other = encoding_rs::GB18030.encode(&other).0.into_owned();
    let mut platform = DeclarationServiceClient::new(exchange.channel("platform").await);
    let folder = exchange.folder.path().to_path_buf();
    for (xml, sets) in [(plain.into_bytes(), sets), (other, other_sets)] {
        let receipt = platform.submit(pb::SubmitRequest { xml: xml.into() }).await.expect("an answer").into_inner();
        let id = receipt.receipt.expect("a receipt").receipt_id;
        let third = sets.get(2).expect("five");
        let file = folder.join("document.json");
        let get = ["proof", "get", &id, "--document", "3", "--out", file.to_str().expect("a path")];
        let got = swx(&exchange, "platform", &get).await;
        assert!(got.status.success(), "{}", text(&got));
        let shown = std::fs::read_to_string(&file).expect("a file");
        for set in &sets {
            assert!(!shown.contains(&set.order.buyer.name) && !shown.contains(&set.order.buyer.id_number), "{shown}");
            assert_eq!(shown.contains(&set.order.order_no), set.order.order_no == third.order.order_no);
        }
        let proved = offline(&folder, &["proof", "verify", "document.json"]);
        assert!(proved.status.success() && text(&proved).contains("document 3/5"), "{}", text(&proved));
        std::fs::write(&file, shown.replace(&third.order.order_no, "FORGED")).expect("written");
        let forged = offline(&folder, &["proof", "verify", "document.json"]);
        assert!(text(&forged).contains("the document is not in the message"), "{}", text(&forged));
        for (party, document) in [("platform", 6), ("statistics", 3), ("logistics", 3)] {
            let request = pb::GetInclusionProofRequest { document, ..ask(&id) };
            let refused = ledger(&exchange, party).await.get_inclusion_proof(request).await.expect_err("refused");
            assert_eq!(refused.code(), Code::NotFound, "{party} {document}");
        }
    }
    exchange.stop().await;
}

/// The declarant proves that customs released its list: the decision is customs' entry, its event is of the list.
#[tokio::test(flavor = "multi_thread")]
async fn what_became_of_a_list_is_proved_to_those_who_are_told_of_it() {
    let exchange = Harness::start().await;
    let samples = Generator::new(24, Settings::default());
    // More than a block of leaves in both trees.
    for number in 1..20 {
        declare(&exchange, &samples, &samples.set(number), number).await;
    }
    let pre_no = declare(&exchange, &samples, &samples.set(0), 0).await;
    crate::agency::release(&exchange, &pre_no).await;
    let mut declarant = DeclarationServiceClient::new(exchange.channel("declarant").await);
    let trace = pb::TraceRequest { key: pre_no.clone(), ..Default::default() };
    let events = declarant.trace(trace).await.expect("an answer").into_inner().events;
    let decided = events.iter().find(|event| event.status == 800).expect("the release");
    let folder = exchange.folder.path().to_path_buf();
    let file = folder.join("release.json");
    let get = ["proof", "get", &decided.receipt_id, "--events", "--out", file.to_str().expect("a path")];
    for party in ["declarant", "customs"] {
        let got = swx(&exchange, party, &get).await;
        assert!(got.status.success(), "{party}: {}", text(&got));
        let proved = offline(&folder, &["proof", "verify", "release.json"]);
        assert!(proved.status.success() && text(&proved).contains("800"), "{party}: {}", text(&proved));
    }
    let shown = std::fs::read_to_string(&file).expect("a file");
    let (begin, rest) = shown.split_once("\"event\":\"0").expect("an event");
    std::fs::write(&file, format!("{begin}\"event\":\"1{rest}")).expect("written");
    let forged = offline(&folder, &["proof", "verify", "release.json"]);
    assert!(text(&forged).contains("an event is not in the ledger"), "{}", text(&forged));

    let mut customs = ledger(&exchange, "customs").await;
    let older = pb::GetInclusionProofRequest { events: true, entries: 60, ..ask("SWX0000000000000040") };
    let refused = customs.get_inclusion_proof(older).await.expect_err("of the newest checkpoint only");
    assert!(matches!(refused.code(), Code::InvalidArgument | Code::NotFound), "{refused:?}");
    let other = pb::GetInclusionProofRequest { events: true, ..ask(&decided.receipt_id) };
    let refused = ledger(&exchange, "statistics").await.get_inclusion_proof(other).await.expect_err("not its entry");
    assert_eq!(refused.code(), Code::NotFound);
    exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_who_have_a_part_in_an_entry_get_its_proof() {
    let exchange = Harness::start().await;
    let (_, receipt_id) = order(&exchange, 1).await;
    for party in ["platform", "operator", "customs"] {
        ledger(&exchange, party).await.get_inclusion_proof(ask(&receipt_id)).await.expect("a proof");
    }
    for party in ["logistics", "statistics", "bank"] {
        let refused = ledger(&exchange, party).await.get_inclusion_proof(ask(&receipt_id)).await.expect_err("refused");
        assert_eq!(refused.code(), Code::NotFound, "{party}");
    }
    let mut platform = ledger(&exchange, "platform").await;
    for (id, entries, code) in [
        ("SWX0000000000999999", 0, Code::NotFound),
        ("SWX1", 0, Code::InvalidArgument),
        ("", 0, Code::InvalidArgument),
        (receipt_id.as_str(), u64::MAX, Code::InvalidArgument),
        (receipt_id.as_str(), 1, Code::InvalidArgument),
    ] {
        let request = pb::GetInclusionProofRequest { entries, ..ask(id) };
        let refused = platform.get_inclusion_proof(request).await.expect_err("refused");
        assert_eq!(refused.code(), code, "{id} {entries}");
    }
    exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_checkpoint_is_the_beginning_of_every_later_one() {
    let exchange = Harness::start().await;
    order(&exchange, 1).await;
    let mut statistics = ledger(&exchange, "statistics").await;
    let old = statistics.get_checkpoint(pb::GetCheckpointRequest::default()).await.expect("an answer").into_inner();
    for number in 2..5 {
        order(&exchange, number).await;
    }
    let request = pb::GetConsistencyProofRequest { first_entries: old.entries, second_entries: 0 };
    let answer = statistics.get_consistency_proof(request).await.expect("a proof").into_inner();
    let new = open_note(&answer.signed_note, &old.public_key).expect("signed");
    let path: Vec<[u8; 32]> = answer.path.iter().map(|hash| hash.as_ref().try_into().expect("32 bytes")).collect();
    let old_root: [u8; 32] = old.entries_root.as_ref().try_into().expect("32 bytes");
    assert!(new.entries > old.entries);
    assert!(verify_consistency(old.entries, new.entries, &old_root, &new.entries_root, &path));
    let request = pb::GetConsistencyProofRequest { first_entries: new.entries + 1, second_entries: 0 };
    assert_eq!(
        statistics.get_consistency_proof(request).await.expect_err("no such tree").code(),
        Code::InvalidArgument
    );

    let kept = exchange.folder.path().join("kept.txt");
    std::fs::write(&kept, &old.signed_note).expect("written");
    let kept = kept.to_str().expect("a path");
    let extended = swx(&exchange, "statistics", &["proof", "extend", kept]).await;
    assert!(extended.status.success(), "{}", text(&extended));
    std::fs::write(kept, old.signed_note.replace("events", "events ")).expect("written");
    let refused = swx(&exchange, "statistics", &["proof", "extend", kept]).await;
    assert_eq!(refused.status.code(), Some(1), "{}", text(&refused));
    exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_of_an_audit_case_holds_proofs_that_verify_offline() {
    let exchange = Harness::start().await;
    let samples = Generator::new(22, Settings::default());
    for number in 0..3 {
        declare(&exchange, &samples, &samples.set(number), number).await;
    }
    let mut customs = AgencyServiceClient::new(exchange.channel("customs").await);
    let firm = samples.settings().parties.seller.code.to_string();
    let open = pb::OpenAuditRequest { firm, reason: "价格偏低".to_owned(), ..Default::default() };
    let opened = customs.open_audit(open).await.expect("an answer").into_inner().recorded.expect("a record");
    let case_id = opened.values.first().expect("the number of the case").value.clone();

    // Pages share the tree of the first one, whatever is recorded meanwhile.
    let id: u64 = case_id.parse().expect("a number");
    let mut request = pb::GetAuditCaseRequest { case_id: id, page_size: 2, ..Default::default() };
    let first = customs.get_audit_case(request.clone()).await.expect("a page").into_inner();
    order(&exchange, 1).await;
    (request.entries, request.page_token) = (first.entries, first.next_page_token.clone());
    let second = customs.get_audit_case(request).await.expect("a page").into_inner();
    assert!(!first.signed_note.is_empty() && second.signed_note.is_empty() && second.entries == first.entries);
    let proofs = second.lists.iter().flat_map(|list| &list.entries).filter_map(|entry| entry.proof.as_ref());
    assert!(proofs.clone().count() > 0 && proofs.clone().all(|proof| proof.entries == first.entries));

    let folder = exchange.folder.path().join("case");
    let export = ["audit-case", "export", &case_id, "--out", folder.to_str().expect("a path")];
    let exported = swx(&exchange, "customs", &export).await;
    assert!(exported.status.success(), "{}", text(&exported));
    let case = std::fs::read_to_string(folder.join("case.json")).expect("a file");
    let case: serde_json::Value = serde_json::from_str(&case).expect("JSON");
    let key = case.get("public_key").and_then(|key| key.as_str()).expect("a key").to_owned();
    let verified = offline(&folder, &["proof", "verify", "proofs.jsonl", "--public-key", &key]);
    assert!(verified.status.success(), "{}", text(&verified));
    assert_eq!(case.get("lists"), Some(&serde_json::json!(3)));
    let proofs = std::fs::read_to_string(folder.join("proofs.jsonl")).expect("a file");
    assert_eq!(case.get("proofs"), Some(&serde_json::json!(proofs.lines().count())));
    // Each list with its order, payment and waybill, and a proof for the entry of each.
    let documents = std::fs::read_to_string(folder.join("documents.jsonl")).expect("a file");
    let documents: Vec<serde_json::Value> =
        documents.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((documents.len(), case.get("documents")), (12, Some(&serde_json::json!(12))));
    for document in &documents {
        let text = |name: &str| document.get(name).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
        assert!(text("xml").contains("guid>") && proofs.contains(&text("receipt_id")), "{document:#}");
    }
    let without = exchange.folder.path().join("without");
    let export = ["audit-case", "export", &case_id, "--without-documents", "--out", without.to_str().expect("a path")];
    assert!(swx(&exchange, "customs", &export).await.status.success());
    assert!(without.join("proofs.jsonl").exists() && !without.join("documents.jsonl").exists());
    // One changed digit of a header, and it is not proved any more.
    let (begin, rest) = proofs.split_once("\"header\":\"0").expect("a header");
    std::fs::write(folder.join("forged.jsonl"), format!("{begin}\"header\":\"1{rest}")).expect("written");
    let forged = offline(&folder, &["proof", "verify", "forged.jsonl"]);
    assert_eq!(forged.status.code(), Some(1), "{}", text(&forged));
    exchange.stop().await;
}
