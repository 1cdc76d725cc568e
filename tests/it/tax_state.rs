//! Guarantees and tax bills at a node with the shipped tables (R-TAX-06 to 08).
#![expect(clippy::indexing_slicing, reason = "a test that panics has failed")]

use crate::clearance_life::{golden, in_message, value, with};
use crate::node::{NOON, TestNode};
use bytes::Bytes;
use single_window::domain::{Event, EventKind, MessageType};
use single_window::state::GuaranteeEntry;

/// Tax on the honey of the golden list: 198.00 · 9 % · 70 % = 12.474.
const TAX: &str = "12.47";

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
    async fn notice(&self, xml: String) -> Event {
        let applied = self.node.intake.submit(&self.caller("CUSTOMS001"), Bytes::from(xml)).await;
        let applied = applied.expect("it is recorded");
        let billed = applied.outcome.events.iter().find(|event| event.kind == EventKind::TaxBilled as i32);
        billed.unwrap_or_else(|| panic!("{applied:#?}")).clone()
    }
}

/// The golden tax bill with another tax and standing.
fn bill(vat: &str, code: &str, number: u32) -> String {
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
    assert!(rejection.message_zh.contains("E-TAX-06 担保额度不足") && rejection.expected.contains(TAX), "{rejection:?}");
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
