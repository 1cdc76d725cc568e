//! The three-document match rule by rule, split payments, and what a seller is told through the door.

use crate::clearance_life::{golden, in_message, value, with};
use crate::harness::Harness;
use crate::node::TestNode;
use single_window::domain::MessageType::{self, Ceb311, Ceb411, Ceb511, Ceb513, Ceb621};
use single_window::domain::{EventKind, Waiting};
use single_window::pb::v1 as pb;
use single_window::pb::v1::declaration_service_client::DeclarationServiceClient;

const SIDES: [MessageType; 4] = [Ceb311, Ceb411, Ceb511, Ceb621];

/// What the list waits for after all four were sent, the one that `change` makes another of.
async fn waiting(test: &TestNode, change: impl Fn(MessageType, String) -> Option<String>) -> Vec<Waiting> {
    let mut last = Vec::new();
    for kind in SIDES {
        let Some(xml) = change(kind, golden(kind)) else { continue };
        last = test.take(kind, &xml).await.outcome.events.iter().flat_map(|event| event.waiting.clone()).collect();
    }
    last
}

#[tokio::test(flavor = "multi_thread")]
async fn every_rule_of_the_match_names_what_is_missing_or_differs() {
    let order = |rule, field, text: &'static str| (rule, Ceb311, field, text);
    let cases = [
        order("R-M3-04", "discount", "1"),
        order("R-M3-07", "payTransactionId", "PT20260601000099"),
        order("R-M3-08", "buyerName", "李样乙"),
        order("R-M3-10", "consigneeAddress", "河南省郑州市二七区样板路9号"),
        order("R-M3-12", "itemName", "另一种蜂蜜"),
        ("R-M3-05", Ceb411, "amountPaid", "210.46"),
        ("R-M3-09", Ceb411, "payerName", "李样乙"),
        ("R-M3-13", Ceb411, "payName", "另一示例支付有限公司"),
        ("R-M3-11", Ceb511, "orderNo", "SO20260601000099"),
    ];
    for (rule, of, field, text) in cases {
        let test = TestNode::start_clearance().await;
        let found = waiting(&test, |kind, xml| Some(if kind == of { with(&xml, field, text) } else { xml })).await;
        let one = found.iter().find(|one| one.rule == rule);
        let one = one.unwrap_or_else(|| panic!("{rule} by {field}: {found:#?}"));
        assert!(one.personal || one.left_value != one.right_value, "both values: {one:#?}");
    }
    for (rule, missing) in [("R-M3-01", Ceb311), ("R-M3-02", Ceb411), ("R-M3-03", Ceb511)] {
        let test = TestNode::start_clearance().await;
        let found = waiting(&test, |kind, xml| (kind != missing).then_some(xml)).await;
        let one = found.iter().find(|one| one.rule == rule).expect("it is missing");
        assert_eq!((one.left_type, one.key.is_empty()), (missing as i32, false), "{one:#?}");
    }
    let test = TestNode::start_clearance().await;
    // R-M3-06: price of the goods and sum of the lines.
    let found = waiting(&test, |kind, xml| {
        let changed = || with(&with(&xml, "goodsValue", "197"), "freight", "1");
        Some(if kind == Ceb311 { changed() } else { xml.clone() })
    });
    assert!(found.await.iter().any(|one| one.rule == "R-M3-06"));
    let test = TestNode::start_clearance().await;
    assert_eq!(waiting(&test, |_, xml| Some(xml)).await, []);
}

/// A document of a second order that the same payment pays.
fn second(kind: MessageType, number: u32) -> String {
    let xml = in_message(&golden(kind), number);
    let xml = xml.replace("SO20260601000001", "SO20260601000002").replace("SW000001", "SW000002");
    xml.replace(">L000001<", ">L000002<")
}

#[tokio::test(flavor = "multi_thread")]
async fn one_payment_pays_several_orders_up_to_its_amount() {
    let sum = "420.94";
    for (paid, fits) in [(sum, true), ("420.93", false)] {
        let test = TestNode::start_clearance().await;
        test.take(Ceb311, &golden(Ceb311)).await;
        test.take(Ceb311, &second(Ceb311, 2)).await;
        test.take(Ceb511, &second(Ceb511, 3)).await;
        let list = test.take(Ceb621, &second(Ceb621, 4)).await;
        assert_eq!(list.outcome.events[0].waiting.first().map(|one| one.rule.as_str()), Some("R-M3-02"));
        // The payment is the first order's; the list of the second one is matched by it all the same.
        let payment = test.take(Ceb411, &with(&golden(Ceb411), "amountPaid", paid)).await;
        let told = &payment.outcome.events[1];
        if fits {
            assert_eq!(told.kind, EventKind::Matched as i32, "{told:#?}");
        } else {
            let one = &told.waiting[0];
            assert_eq!((one.rule.as_str(), one.left_value.as_str(), one.right_value.as_str()), ("R-M3-14", sum, paid));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waybill_number_is_taken_for_half_a_year_and_a_pre_no_is_not_invented() {
    let test = TestNode::start_clearance().await;
    test.take(Ceb511, &golden(Ceb511)).await;
    let again = in_message(&golden(Ceb511), 2);
    let rules = |applied: single_window::intake::Applied| -> Vec<String> {
        applied.outcome.events[0].rejections.iter().map(|rejection| rejection.rule.clone()).collect()
    };
    assert_eq!(rules(test.hand_in(Ceb511, &again).await), ["R-INV-11"]);
    test.clock.set(single_window::domain::Timestamp(crate::node::NOON.0 + 184 * 24 * 3_600_000));
    test.take(Ceb511, &in_message(&again, 3)).await;
    test.take(Ceb513, &with(&golden(Ceb513), "logisticsNo", &value(&again, "logisticsNo"))).await;
    let list = golden(Ceb621);
    let invented = list.replacen("<ceb:assureCode>", "<ceb:preNo>B20260501000000009</ceb:preNo><ceb:assureCode>", 1);
    assert_eq!(rules(test.hand_in(Ceb621, &invented).await), ["R-INV-13"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seller_is_told_who_must_act_and_by_when() {
    let exchange = Harness::start().await;
    let submit = |party: &'static str, xml: String| {
        let exchange = &exchange;
        async move {
            let mut service = DeclarationServiceClient::new(exchange.channel(party).await);
            let receipt = service.submit(pb::SubmitRequest { xml: xml.into() }).await.expect("an answer").into_inner();
            receipt.receipt.expect("a receipt")
        }
    };
    submit("platform", golden(Ceb311)).await;
    submit("payment", with(&golden(Ceb411), "amountPaid", "210.46")).await;
    let list = submit("declarant", golden(Ceb621)).await;
    assert_eq!(list.outcome, pb::Outcome::Accepted as i32, "{list:#?}");
    let mut seller = DeclarationServiceClient::new(exchange.channel("seller").await);
    let order_no = value(&golden(Ceb311), "orderNo");
    let request = pb::GetMatchReportRequest { number: order_no.clone(), ..Default::default() };
    let reports = seller.get_match_report(request.clone()).await.expect("an answer").into_inner().reports;
    let [report] = reports.as_slice() else { panic!("one list: {reports:#?}") };
    let standings: Vec<i32> = report.sides.iter().map(|side| side.standing).collect();
    let (differs, missing) = (pb::MatchStanding::Differs as i32, pb::MatchStanding::Missing as i32);
    assert_eq!(standings, [differs, differs, missing], "{report:#?}");
    let waybill = &report.sides[2];
    assert_eq!(waybill.must_act[0].code, value(&golden(Ceb511), "copCode"));
    assert!(report.deadline.is_some() && waybill.message_en.contains(" by "), "{waybill:#?}");
    let paid = &report.sides[1].differences[0];
    assert_eq!((paid.left_value.as_str(), paid.right_value.as_str()), ("210.47", "210.46"));

    let mut work = seller.list_worklist(pb::ListWorklistRequest::default()).await.expect("a page").into_inner();
    assert_eq!(work.items.len(), 1, "{work:#?}");
    assert_eq!((work.items[0].kind, work.items[0].number.as_str()), (pb::WorkKind::Match as i32, order_no.as_str()));
    let mut logistics = DeclarationServiceClient::new(exchange.channel("logistics").await);
    work = logistics.list_worklist(pb::ListWorklistRequest::default()).await.expect("a page").into_inner();
    assert!(work.items.is_empty(), "not its work: {work:#?}");
    let hidden = logistics.get_match_report(request).await.expect("an answer").into_inner().reports;
    assert!(hidden.is_empty(), "not its list");
    let wrong = pb::ListWorklistRequest { page_token: "01".to_owned(), ..Default::default() };
    assert!(seller.list_worklist(wrong).await.is_err());
    exchange.stop().await;
}
