//! Refund and exemption of tax on exports, the month's data for tax authorities, firms that export for others.
#![expect(clippy::indexing_slicing, reason = "a test that panics has failed")]

use crate::harness::Harness;
use prost_types::Timestamp as WireTime;
use single_window::domain::{Amount, Clock, MessageType, SystemClock};
use single_window::pb::v1 as pb;
use single_window::pb::v1::clearance_service_client::ClearanceServiceClient;
use single_window::pb::v1::declaration_service_client::DeclarationServiceClient;
use single_window::pb::v1::refund_service_client::RefundServiceClient;
use single_window::sample::{Generator, Run, Settings};
use std::process::Command;
use tonic::transport::Channel;

/// An exchange on which export lists were released.
struct World {
    exchange: Harness,
    /// Customs' numbers of the lists.
    lists: Vec<String>,
    month: String,
}

impl World {
    /// Sales of export, each with a list of type A or B that customs released.
    async fn start(simplified: bool, sales: u64) -> World {
        let exchange = Harness::start().await;
        let settings = Settings { simplified, ..Settings::default() };
        let samples = Generator::new(7, settings);
        let run = Run::new(&samples, 0..sales, 1);
        let mut world = World { exchange, lists: Vec::new(), month: month_now() };
        for number in 1..=sales {
            for (kind, sender) in [
                (MessageType::Ceb303, "platform"),
                (MessageType::Ceb505, "logistics"),
                (MessageType::Ceb603, "declarant"),
            ] {
                let mut xml = String::new();
                run.write(&mut xml, kind, number);
                let mut client = DeclarationServiceClient::new(world.exchange.channel(sender).await);
                let receipt = client.submit(pb::SubmitRequest { xml: xml.into() }).await.expect("taken").into_inner();
                let receipt = receipt.receipt.unwrap_or_default();
                assert!(receipt.rejections.is_empty(), "{kind:?} {receipt:?}");
                let document = &receipt.documents[0];
                assert!(document.rejections.is_empty(), "{kind:?} {document:?}");
                if kind == MessageType::Ceb603 {
                    let keys = document.keys.clone().expect("numbers");
                    let invt_no = format!("46122026E{number:09}");
                    world.decide(&keys, &invt_no, 800).await;
                    world.lists.push(invt_no);
                }
            }
        }
        world
    }

    async fn decide(&self, keys: &pb::DocumentKeys, invt_no: &str, status: i32) {
        let keys = pb::DocumentKeys { invt_no: invt_no.to_owned(), ..keys.clone() };
        let decision = pb::Decision {
            guid: format!("G-{invt_no}-{status}"),
            message_type: 603,
            keys: Some(keys),
            status,
            ..Default::default()
        };
        let request = pb::DecideRequest { sequence: 1, decision: Some(pb::decide_request::Decision::Typed(decision)) };
        let mut customs = ClearanceServiceClient::new(self.exchange.channel("customs").await);
        let mut answers = customs.decide(tokio_stream::iter([request])).await.expect("an answer").into_inner();
        let answer = answers.message().await.expect("a stream").expect("an answer");
        assert_eq!(answer.results[0].effect, pb::DecisionEffect::Applied as i32, "{answer:?}");
    }

    async fn client(&self, party: &str) -> RefundServiceClient<Channel> {
        RefundServiceClient::new(self.exchange.channel(party).await)
    }

    async fn check(&self, party: &str, invt_no: &str) -> pb::RefundList {
        let request = pb::CheckRefundRequest { invt_no: invt_no.to_owned() };
        let answer = self.client(party).await.check_refund(request).await.expect("a list");
        answer.into_inner().list.expect("a list")
    }

    async fn standing(&self, general_taxpayer: bool, refund_filed: bool, zone_registered: bool) {
        let request = pb::FileRefundStandingRequest {
            seller_code: seller_code(),
            general_taxpayer,
            refund_filed,
            zone_registered,
            effective_from: Some(WireTime { seconds: 0, nanos: 0 }),
            ..Default::default()
        };
        let answer = self.client("tax").await.file_refund_standing(request).await.expect("an answer").into_inner();
        assert!(answer.recorded.expect("recorded").rejections.is_empty());
    }
}

fn seller_code() -> String {
    Settings::default().parties.seller.code.to_string()
}

fn declarant_code() -> String {
    Settings::default().parties.declarant.code.to_string()
}

/// The month by the clock of the exchange, in UTC+8.
fn month_now() -> String {
    let day = SystemClock.now().ceb8();
    format!("{}-{}", &day[..4], &day[4..6])
}

/// The day by the same clock.
fn today() -> String {
    SystemClock.now().ceb8()
}

fn verdict(list: &pb::RefundList, scheme: pb::RefundScheme) -> (bool, Vec<&str>) {
    let found = list.schemes.iter().find(|verdict| verdict.scheme == scheme as i32).expect("a verdict");
    (found.eligible, found.reasons.iter().map(|reason| reason.rule.as_str()).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn r_ref_04_a_list_of_type_a_carries_no_refund_and_may_be_exempt_without_invoice() {
    let world = World::start(true, 1).await;
    let list = world.check("seller", &world.lists[0]).await;
    let (normal, rules) = verdict(&list, pb::RefundScheme::Normal);
    assert!(!normal && rules.contains(&"R-REF-04") && rules.contains(&"R-TAXREF-01"), "{list:?}");
    assert_eq!(verdict(&list, pb::RefundScheme::Exempt), (false, vec!["R-TAXREF-02"]), "not registered in the zone");
    world.standing(false, false, true).await;
    let list = world.check("tax", &world.lists[0]).await;
    assert_eq!(verdict(&list, pb::RefundScheme::Exempt), (true, vec![]), "{list:?}");
    assert_eq!(verdict(&list, pb::RefundScheme::Deemed), (true, vec![]), "{list:?}");
    assert_eq!((list.export_day.as_str(), list.statistics_flag.as_str()), (today().as_str(), "A"));
    for line in &list.lines {
        assert_eq!(line.missing, Vec::<String>::new(), "all six fields are there: {line:?}");
        assert!(!line.name.is_empty() && !line.unit.is_empty() && !line.unit_price.is_empty(), "{line:?}");
    }
    let stranger = world.client("seller").await.check_refund(pb::CheckRefundRequest { invt_no: "X".to_owned() }).await;
    assert_eq!(stranger.expect_err("no such list").code(), tonic::Code::NotFound);
    world.exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_taxref_01_a_list_of_type_b_is_refunded_once_everything_is_there() {
    let world = World::start(false, 1).await;
    let invt_no = world.lists[0].clone();
    let rules = |list: &pb::RefundList| {
        let (eligible, rules) = verdict(list, pb::RefundScheme::Normal);
        assert_eq!(eligible, rules.is_empty());
        rules.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let bare = world.check("seller", &invt_no).await;
    // No declaration; no general taxpayer, not filed, no invoice, no money.
    assert_eq!(rules(&bare), ["R-REF-04", "R-TAXREF-01", "R-TAXREF-01", "R-TAXREF-01", "R-TAXREF-01"]);
    world.standing(true, true, false).await;
    let evidence = pb::FileRefundEvidenceRequest {
        invt_no: invt_no.clone(),
        invoice_no: "INV-1".to_owned(),
        invoice_amount: "1000".to_owned(),
        refund_rate: "0.13".to_owned(),
        received_day: today(),
        ..Default::default()
    };
    let answer = world.client("seller").await.file_refund_evidence(evidence.clone()).await.expect("an answer");
    assert!(answer.into_inner().recorded.expect("recorded").rejections.is_empty());
    let unknown = pb::FileRefundEvidenceRequest { invt_no: "NOBODYS".to_owned(), ..evidence };
    let refused = world.client("seller").await.file_refund_evidence(unknown).await.expect("an answer").into_inner();
    assert_eq!(refused.recorded.expect("recorded").rejections[0].rule, "R-TAXREF-01");
    let ready = world.check("tax", &invt_no).await;
    assert_eq!(rules(&ready), ["R-REF-04"], "only the declaration of 792 is missing: {ready:?}");
    assert!(ready.refund.is_empty());
    assert!(!verdict(&ready, pb::RefundScheme::Exempt).0, "it has an invoice");
    world.exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_ref_04_a_list_of_type_b_is_refunded_when_its_consolidation_is_a_declaration() {
    let world = World::start(false, 1).await;
    let invt_no = world.lists[0].clone();
    world.standing(true, true, false).await;
    let evidence = pb::FileRefundEvidenceRequest {
        invt_no: invt_no.clone(),
        invoice_no: "INV-1".to_owned(),
        invoice_amount: "1000".to_owned(),
        refund_rate: "0.13".to_owned(),
        received_day: today(),
        ..Default::default()
    };
    world.client("seller").await.file_refund_evidence(evidence).await.expect("an answer");
    let check = async || {
        let list = world.check("tax", &invt_no).await;
        let rules: Vec<String> = verdict(&list, pb::RefundScheme::Normal).1.into_iter().map(str::to_owned).collect();
        (rules, list.refund)
    };
    let lacking = (vec!["R-REF-04".to_owned()], String::new());
    assert_eq!(check().await, lacking, "released, and in no declaration");
    let keys = pb::DocumentKeys { invt_no: invt_no.clone(), ..Default::default() };
    world.decide(&keys, &invt_no, 899).await;
    assert_eq!(check().await, lacking, "closed, and in no declaration");

    // The application names the list; the first result is of a declaration without a number, the second one has it.
    let samples = Generator::new(7, Settings { list_numbers: vec![invt_no.clone()], ..Settings::default() });
    let run = Run::new(&samples, 0..1, 1);
    let declared = |xml: String| {
        let guid = xml.find("guid=\"").expect("a message has a guid") + 6;
        let xml = format!("{}{}{}", &xml[..guid], "0F8FAD5B-D9CB-469F-A165-708677289502", &xml[guid + 36..]);
        let prefix = if xml.contains("<ceb:decState>") { "ceb:" } else { "" };
        let entry = format!("<{prefix}entryId>461220260000000792</{prefix}entryId><{prefix}decState>2<");
        let known = xml.replace(&format!("<{prefix}decState>1<"), &entry);
        assert_ne!(known, xml, "the result has a number now");
        known
    };
    let steps = [
        (MessageType::Ceb701, "declarant", false, lacking.clone()),
        (MessageType::Ceb792, "customs", false, lacking),
        (MessageType::Ceb792, "customs", true, (Vec::new(), "130".to_owned())),
    ];
    for (kind, sender, is_declared, becomes) in steps {
        let mut xml = String::new();
        run.write(&mut xml, kind, 1);
        let xml = if is_declared { declared(xml) } else { xml };
        assert!(xml.contains(&invt_no), "{kind:?} names the list: {xml}");
        let mut client = DeclarationServiceClient::new(world.exchange.channel(sender).await);
        let receipt = client.submit(pb::SubmitRequest { xml: xml.into() }).await.expect("taken").into_inner();
        let receipt = receipt.receipt.expect("a receipt");
        let refused = receipt.documents.iter().flat_map(|document| &document.rejections).chain(&receipt.rejections);
        assert_eq!(refused.count(), 0, "{kind:?} {receipt:?}");
        assert_eq!(check().await, becomes, "after {kind:?}");
    }
    // What the month's data says is the same.
    let request = pb::ExportRefundDataRequest { month: world.month.clone(), ..Default::default() };
    let month = world.client("tax").await.export_refund_data(request).await.expect("a page").into_inner();
    let [list] = month.lists.as_slice() else { panic!("one list: {month:?}") };
    let found = (list.refund.as_str(), list.entry_id.as_str(), list.status);
    assert_eq!(found, ("130", "461220260000000792", 899), "{list:?}");
    world.exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_months_data_names_period_seller_and_sums_and_is_for_the_seller_and_tax_authorities() {
    let world = World::start(true, 3).await;
    world.standing(false, false, true).await;
    let request = pb::ExportRefundDataRequest { month: world.month.clone(), page_size: 2, ..Default::default() };
    let first = world.client("tax").await.export_refund_data(request.clone()).await.expect("a page").into_inner();
    let [sum] = first.sums.as_slice() else { panic!("one seller: {first:?}") };
    assert_eq!((sum.seller_code.as_str(), sum.lists, first.lists.len()), (seller_code().as_str(), 3, 2));
    let units = |text: &str| Amount::parse(text).expect("a decimal").0;
    let (sales, income) = (units(&sum.cny_value), units(&sum.deemed_income));
    assert!(sales > 0 && (income * 25 - sales).abs() <= 25 * 500, "4 %, to 0.01: {sum:?}");
    let next = pb::ExportRefundDataRequest { page_token: first.next_page_token, ..request.clone() };
    let second = world.client("tax").await.export_refund_data(next).await.expect("a page").into_inner();
    assert_eq!((second.lists.len(), second.next_page_token.as_str(), second.sums.len()), (1, "", 0));
    let own = world.client("seller").await.export_refund_data(request.clone()).await.expect("a page").into_inner();
    assert_eq!(own.sums, first.sums);
    let others = pb::ExportRefundDataRequest { seller_code: declarant_code(), ..request.clone() };
    let denied = world.client("seller").await.export_refund_data(others).await.expect_err("another's month");
    assert_eq!(denied.code(), tonic::Code::NotFound);
    let customs = world.client("customs").await.export_refund_data(request).await.expect_err("no tax authority");
    assert_eq!(customs.code(), tonic::Code::PermissionDenied);

    let swx = |form: &str| {
        let server = format!("https://localhost:{}", world.exchange.address.port());
        let data = world.exchange.folder.path().to_str().expect("UTF-8").to_owned();
        let mut command = Command::new(env!("CARGO_BIN_EXE_swx"));
        command.args(["refund", "export", "--month", &world.month, "--format", form]);
        command.args(["--server", &server, "--data", &data, "--dev-party", "tax"]);
        let output = command.output().expect("the program runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let csv = swx("csv");
    assert!(csv.starts_with(&format!("# period,{}\n# seller,{}", world.month, seller_code())), "{csv}");
    let rows = csv.lines().filter(|line| line.starts_with(&seller_code())).count();
    let json: serde_json::Value = serde_json::from_str(&swx("json")).expect("JSON");
    let lines: usize =
        json["lists"].as_array().expect("lists").iter().map(|list| list["lines"].as_array().map_or(0, Vec::len)).sum();
    assert_eq!((json["period"].as_str(), rows), (Some(world.month.as_str()), lines));

    // Closing a list keeps it in its month; the sums stay.
    let keys = pb::DocumentKeys { invt_no: world.lists[0].clone(), ..Default::default() };
    world.decide(&keys, &world.lists[0], 899).await;
    let request = pb::ExportRefundDataRequest { month: world.month.clone(), ..Default::default() };
    let after = world.client("tax").await.export_refund_data(request).await.expect("a page").into_inner();
    assert_eq!((after.sums, after.lists.len()), (own.sums, 3));
    assert!(after.lists.iter().any(|list| list.status == 899));
    world.exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_ref_04_a_service_firms_month_is_split_by_client_under_a_contract_on_record() {
    let world = World::start(false, 1).await;
    let clients = pb::ListServiceClientsRequest { month: world.month.clone(), ..Default::default() };
    let none = world.client("declarant").await.list_service_clients(clients.clone()).await.expect("an answer");
    assert_eq!(none.into_inner().clients, [], "no contract was on record when the list was released");
    let contract = |firm: &str, client: &str| pb::FileServiceContractRequest {
        firm_code: firm.to_owned(),
        client_code: client.to_owned(),
        contract_no: "C-1".to_owned(),
        effective_from: Some(WireTime { seconds: 0, nanos: 0 }),
        client_share: "0.95".to_owned(),
        ..Default::default()
    };
    let own = contract(&declarant_code(), &declarant_code());
    let refused = world.client("declarant").await.file_service_contract(own).await.expect("an answer").into_inner();
    assert_eq!(refused.recorded.expect("recorded").rejections[0].rule, "R-REF-04");
    let others = contract(&declarant_code(), &seller_code());
    let refused = world.client("seller").await.file_service_contract(others.clone()).await.expect("an answer");
    assert_eq!(refused.into_inner().recorded.expect("recorded").rejections[0].rule, "R-REF-04");
    let filed = world.client("declarant").await.file_service_contract(others).await.expect("an answer").into_inner();
    assert!(filed.recorded.expect("recorded").rejections.is_empty());

    // The next list is released under the contract.
    let samples = Generator::new(8, Settings::default());
    let run = Run::new(&samples, 5..6, 1);
    for (kind, sender) in
        [(MessageType::Ceb303, "platform"), (MessageType::Ceb505, "logistics"), (MessageType::Ceb603, "declarant")]
    {
        let mut xml = String::new();
        run.write(&mut xml, kind, 1);
        let mut client = DeclarationServiceClient::new(world.exchange.channel(sender).await);
        let receipt = client.submit(pb::SubmitRequest { xml: xml.into() }).await.expect("taken").into_inner();
        let document = receipt.receipt.expect("a receipt").documents[0].clone();
        if kind == MessageType::Ceb603 {
            world.decide(&document.keys.expect("numbers"), "46122026E000000077", 800).await;
        }
    }
    let split = world.client("declarant").await.list_service_clients(clients.clone()).await.expect("an answer");
    let split = split.into_inner().clients;
    let [client] = split.as_slice() else { panic!("one client: {split:?}") };
    assert_eq!(
        (client.client_code.as_str(), client.contract_no.as_str(), client.lists),
        (seller_code().as_str(), "C-1", 1)
    );
    assert_eq!(world.check("tax", "46122026E000000077").await.contract_no, "C-1");
    let wanted = pb::ListServiceClientsRequest { firm_code: declarant_code(), ..clients };
    let by_tax = world.client("tax").await.list_service_clients(wanted.clone()).await.expect("an answer");
    assert_eq!(by_tax.into_inner().clients, split);
    let denied = world.client("seller").await.list_service_clients(wanted).await.expect_err("another firm's month");
    assert_eq!(denied.code(), tonic::Code::PermissionDenied);
    world.exchange.stop().await;
}
