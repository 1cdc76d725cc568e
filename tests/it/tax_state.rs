//! Guarantees and tax bills at a node with the shipped tables (R-TAX-06 to 08).

use crate::clearance_life::{golden, in_message, value, with};
use crate::harness::Harness;
use crate::node::{NOON, TestNode};
use bytes::Bytes;
use single_window::domain::{Event, EventKind, MessageType};
use single_window::intake::{Edition, trial};
use single_window::pb::v1 as pb;
use single_window::pb::v1::assess_tax_request::Source;
use single_window::pb::v1::declaration_service_client::DeclarationServiceClient;
use single_window::pb::v1::tax_service_client::TaxServiceClient;
use single_window::sample::{self, Generator, Kind, Settings};
use single_window::state::GuaranteeEntry;
use single_window::tables::Tables;

/// Tax on the honey of the golden list: 198.00 · 9 % · 70 % = 12.474.
pub(crate) const TAX: &str = "12.47";

fn named<'a>(event: &'a Event, name: &str) -> &'a str {
    event.values.iter().find(|named| named.name == name).map_or("", |named| named.value.as_str())
}

impl TestNode {
    async fn guarantee(&self, amount: &str) {
        let code = value(&golden(MessageType::Ceb621), "assureCode");
        let entry = GuaranteeEntry { assure_code: code, amount: amount.to_owned(), reason: "GB-1".to_owned() };
        let caller = self.caller("CUSTOMS001");
        let applied = self.node.intake.file_guarantee(&caller, &format!("G-{amount}"), entry).await;
        let applied = applied.expect("it is recorded");
        assert!(applied.outcome.rejections.is_empty(), "{applied:#?}");
    }

    /// What is unsettled.
    fn unsettled(&self) -> String {
        let code = value(&golden(MessageType::Ceb621), "assureCode");
        let held = self.node.reader.guarantee(&self.caller("CUSTOMS001"), &code).expect("readable");
        held.expect("customs sees it").unsettled.to_string()
    }

    /// Customs sends a notice; the comparison that follows.
    pub(crate) async fn notice(&self, xml: String) -> Event {
        let applied = self.node.intake.submit(&self.caller("CUSTOMS001"), Bytes::from(xml)).await;
        let applied = applied.expect("it is recorded");
        let billed = applied.outcome.events.iter().find(|event| event.kind == EventKind::TaxBilled as i32);
        billed.unwrap_or_else(|| panic!("{applied:#?}")).clone()
    }
}

/// The golden tax bill with another tax and standing.
pub(crate) fn bill(vat: &str, code: &str, number: u32) -> String {
    in_message(&with(&golden(MessageType::Ceb816).replace("18.02", vat), "status", code), number)
}

#[tokio::test(flavor = "multi_thread")]
async fn r_tax_06_a_list_whose_tax_the_guarantee_does_not_cover_is_refused() {
    let test = TestNode::start_clearance().await;
    test.guarantee("12.46").await;
    let list = golden(MessageType::Ceb621);
    let refused = test.hand_in(MessageType::Ceb621, &list).await;
    let rejection = &refused.outcome.events[0].rejections[0];
    assert_eq!(rejection.rule, "R-TAX-06", "{refused:#?}");
    assert!(
        rejection.message_zh.contains("E-TAX-06 担保额度不足") && rejection.expected.contains(TAX),
        "{rejection:?}"
    );
    test.guarantee(TAX).await;
    let taken = test.take(MessageType::Ceb621, &in_message(&list, 2)).await;
    let accepted = &taken.outcome.events[0];
    let values = ["taxTotal", "dutiableValue", "taxMode"].map(|name| named(accepted, name));
    assert_eq!(values, [TAX, "198", "preferential"]);
    assert_eq!(test.unsettled(), TAX);
    let quota = test.node.intake.quota(&value(&list, "buyerIdNumber"), NOON).expect("readable");
    assert_eq!((quota.reserved.to_string(), quota.remaining.to_string()), ("198".to_owned(), "25802".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn r_tax_07_a_tax_bill_is_compared_with_the_computation_and_settles_it() {
    let test = TestNode::start_clearance().await;
    test.imported(&[800], NOON).await;
    assert_eq!(test.unsettled(), TAX);
    let differs = test.notice(bill("18.02", "1", 1)).await;
    assert_eq!([named(&differs, "billed"), named(&differs, "computed")], ["18.02", TAX]);
    assert!(named(&differs, "result").contains("E-TAX-07 税单与试算不符"), "{differs:#?}");
    assert_eq!([named(&differs, "difference"), named(&differs, "settlement")], ["5.55", "open"]);
    let agrees = test.notice(bill(TAX, "1", 2)).await;
    assert!(named(&agrees, "result").starts_with("一致"), "{agrees:#?}");
    let paid = "<ceb:status>2</ceb:status><ceb:entDutyNo>461220260702-01</ceb:entDutyNo>";
    let status = golden(MessageType::Ceb818).replace("<ceb:status>1</ceb:status>", paid);
    let summarised = test.notice(in_message(&status, 3)).await;
    assert_eq!([named(&summarised, "billStatus"), named(&summarised, "settlement")], ["2", "settled"]);
    assert_eq!(test.unsettled(), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_void_bill_frees_the_guarantee_and_another_bill_takes_it_again() {
    let test = TestNode::start_clearance().await;
    test.imported(&[800], NOON).await;
    let void = test.notice(bill(TAX, "3", 1)).await;
    assert_eq!((named(&void, "settlement"), test.unsettled().as_str()), ("void", "0"));
    let again = test.notice(bill(TAX, "1", 2)).await;
    assert_eq!((named(&again, "settlement"), test.unsettled().as_str()), ("open", TAX));
}

/// The dutiable value, mode and tax of the golden list with other figures.
fn computed(changes: &[(&str, &str)]) -> [String; 3] {
    let list = changes.iter().fold(golden(MessageType::Ceb621), |list, (name, value)| with(&list, name, value));
    let found = trial::trial(&Edition::carried(), list.as_bytes(), &Tables::shipped(), NOON).expect("a list");
    let [one] = found.as_slice() else { panic!("{found:#?}") };
    [one.assessment.dutiable.to_string(), one.mode().to_owned(), one.assessment.total.to_string()]
}

#[test]
fn trial_computations_give_the_worked_examples() {
    // 300 CNY of honey at 9 %, and one watch of 6,800 CNY, which is taxed in full.
    assert_eq!(computed(&[("price", "300"), ("totalPrice", "300")]), ["300", "preferential", "18.9"]);
    let freight = computed(&[("freight", "12"), ("insuredFee", "3")]);
    assert_eq!(freight, ["213", "preferential", "13.42"], "freight and insurance are taxed");
    let watch = computed(&[("gcode", "9102110000"), ("price", "6800"), ("totalPrice", "6800")]);
    assert_eq!(watch, ["6800", "full", "1498.72"]);
    let faults = trial::trial(&Edition::carried(), b"<a/>", &Tables::shipped(), NOON).expect_err("no message");
    assert!(!faults.is_empty());
}

#[tokio::test]
async fn limits_and_taxes_are_read_through_their_door() {
    let exchange = Harness::start().await;
    let samples = Generator::new(7, Settings::default());
    let set = samples.set(1);
    let list = sample::message(Kind::List, std::slice::from_ref(&set), &samples.transfer(Kind::List, 1));
    let mut declarant = TaxServiceClient::new(exchange.channel("declarant").await);
    let mut customs = TaxServiceClient::new(exchange.channel("customs").await);
    let mut platform = TaxServiceClient::new(exchange.channel("platform").await);
    let of = |source: Source| pb::AssessTaxRequest { source: Some(source) };
    let assessed = declarant.assess_tax(of(Source::Xml(list.clone().into()))).await;
    let assessed = assessed.expect("an answer").into_inner();
    assert_eq!((assessed.lists.len(), assessed.lists[0].lines.len()), (1, set.list.lines.len()));
    let mut sender = DeclarationServiceClient::new(exchange.channel("declarant").await);
    // The same list as typed documents has the same tax.
    let source = pb::convert_message_request::Source::Xml(list.clone().into());
    let converted = sender.convert_message(pb::ConvertMessageRequest { source: Some(source) }).await;
    let Some(pb::convert_message_response::Result::Message(message)) =
        converted.expect("an answer").into_inner().result
    else {
        panic!("no typed documents")
    };
    let typed = declarant.assess_tax(of(Source::Message(message))).await.expect("an answer").into_inner();
    assert_eq!(typed, assessed);
    let order = sample::message(Kind::Order, std::slice::from_ref(&set), &samples.transfer(Kind::Order, 1));
    for (request, field) in [
        (pb::AssessTaxRequest { source: None }, "source"),
        (of(Source::Xml(order.into())), "xml"),
        (of(Source::Message(Default::default())), "member"),
    ] {
        let refused = declarant.assess_tax(request).await.expect_err("no list");
        assert_eq!(refused.code(), tonic::Code::InvalidArgument, "{field}");
    }
    sender.submit(pb::SubmitRequest { xml: list.into() }).await.expect("taken");

    let of_buyer = |number: &str| pb::GetQuotaRequest {
        id_number: set.order.buyer.id_number.clone(),
        document_number: number.to_owned(),
    };
    let all = customs.get_quota(of_buyer("")).await.expect("customs asks for anybody").into_inner();
    assert_eq!((&all.reserved, all.limit.as_str()), (&assessed.lists[0].dutiable_value, "26000"));
    let own = declarant.get_quota(of_buyer(&set.order.order_no)).await.expect("its own document").into_inner();
    assert_eq!(own, all);
    let denied = platform.get_quota(of_buyer(&set.order.order_no)).await.expect_err("it sent nothing");
    assert_eq!(denied.code(), tonic::Code::NotFound);

    let file = |amount: &str| pb::FileGuaranteeRequest {
        request_id: format!("g-{amount}"),
        assure_code: "91410100MA95WEBC08".to_owned(),
        amount: amount.to_owned(),
        reason: String::new(),
    };
    let filed = customs.file_guarantee(file("1000")).await.expect("an answer").into_inner();
    assert!(filed.recorded.expect("recorded").rejections.is_empty());
    let wrong = customs.file_guarantee(file("-1")).await.expect("an answer").into_inner();
    assert_eq!(wrong.recorded.expect("recorded").rejections[0].rule, "R-TAX-06");
    let denied = declarant.file_guarantee(file("1")).await.expect_err("not customs");
    assert_eq!(denied.code(), tonic::Code::PermissionDenied);
    let asked = pb::GetGuaranteeRequest { assure_code: "91410100MA95WEBC08".to_owned() };
    let held = customs.get_guarantee(asked).await.expect("an answer").into_inner();
    assert_eq!(held.filed, "1000");
    let bills = declarant.list_tax_bills(pb::ListTaxBillsRequest::default()).await.expect("a page").into_inner();
    assert_eq!((bills.bills.len(), bills.next_page_token.as_str()), (0, ""));
    exchange.stop().await;
}
