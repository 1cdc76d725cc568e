//! What must be survived: each kind of bad input has a typed answer, is recorded where a party sent it,
//! and leaves the exchange as it was.

use crate::node::{NOON, SECRETS, TestNode, checks};
use bytes::Bytes;
use single_window::domain::{Clock, Ending, Party, PartyId, Role, SetClock, limits};
use single_window::feed::LedgerId;
use single_window::intake::{Applied, Error, Node};
use single_window::ledger::segment::{self, SegmentLedger};
use single_window::ledger::simdisk::{Faults, SimDisk};
use single_window::sample::{Generator, Kind, Settings};
use single_window::state::store::{Cells, Memory};
use std::sync::Arc;

fn text(message: &Bytes) -> String {
    String::from_utf8(message.to_vec()).expect("samples are UTF-8")
}

async fn submit(test: &TestNode, xml: impl Into<Bytes>) -> Result<Applied, Error> {
    test.node.intake.submit(&test.sender(Kind::List), xml.into()).await
}

/// The only rejection of a message that is refused whole.
async fn refused(test: &TestNode, xml: impl Into<Bytes>) -> (String, u32) {
    let applied = submit(test, xml).await.expect("a refused message is recorded and answered");
    assert_eq!(applied.outcome.ending, Ending::Refused as i32);
    assert!(String::from_utf8_lossy(&applied.receipt_xml).contains("<CEB900Message "));
    let first = applied.outcome.rejections.first().expect("a refusal has a reason");
    assert!(!first.message_zh.is_empty() && !first.message_en.is_empty());
    (first.rule.clone(), first.line)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_a_message_is_refused_with_its_rule_and_place() {
    let test = TestNode::start().await;
    let good = text(&test.message(Kind::List, &[test.samples.set(1)], 1));
    let cut = good.get(..good.len() / 2).expect("ASCII tags");
    let deep = format!("{}{}", "<a>".repeat(5000), "</a>".repeat(5000));
    let mut broken = good.clone().into_bytes();
    let at = good.find("orderNo>").expect("a list names its order") + 8;
    broken[at] = 0xff;
    let cases: [(&str, Vec<u8>, &str); 9] = [
        ("truncated", cut.as_bytes().to_vec(), "XML-SYNTAX"),
        ("wrong namespace", good.replace("http://www.chinaport.gov.cn/ceb", "urn:x").into_bytes(), "XSD-"),
        ("unknown message type", b"<CEB999Message xmlns='http://www.chinaport.gov.cn/ceb'/>".to_vec(), "XSD-ROOT"),
        ("DTD", format!("<!DOCTYPE x [<!ENTITY a 'b'>]>{good}").into_bytes(), "XML-"),
        ("deep nesting", deep.into_bytes(), "X"),
        ("invalid UTF-8", broken, "XML-ENCODING"),
        ("empty", Vec::new(), "XML-"),
        ("not XML", b"hello".to_vec(), "XML-"),
        ("NUL", b"<a>\0</a>".to_vec(), "X"),
    ];
    for (number, (name, bytes, rule)) in cases.into_iter().enumerate() {
        // Each case is a message of its own.
        let at = good.find("guid=\"").expect("a message has a guid") + 6;
        let own = format!("{number}{}", &good[at + 1..at + 36]);
        let bytes = match String::from_utf8(bytes.clone()) {
            Ok(text) => text.replacen(&good[at..at + 36], &own, 1).into_bytes(),
            Err(_) => bytes,
        };
        let (found, line) = refused(&test, bytes).await;
        assert!(found.starts_with(rule), "{name}: {found}");
        assert!(line >= 1, "{name} has no place");
    }
    // The exchange is as it was: the good message is taken.
    let applied = submit(&test, good).await.expect("it is taken");
    assert_eq!(applied.outcome.ending, Ending::Applied as i32);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_only_the_schema_knows_is_refused() {
    let test = TestNode::start().await;
    let xml = "<CEB900Message guid='00000000-0000-0000-0000-000000000000' version='1.0' \
               xmlns='http://www.chinaport.gov.cn/ceb'><MessageReturn>\
               <guid>00000000-0000-0000-0000-000000000000</guid><returnStatus>-1</returnStatus><returnInfo>x</returnInfo>\
               <returnTime>20260501120000000</returnTime><oriCopMsgId>x</oriCopMsgId><oriMessageType>x</oriMessageType>\
               <oriBizMessage>x</oriBizMessage></MessageReturn></CEB900Message>";
    assert_eq!(refused(&test, xml).await.0, "R-SCH-14");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_oversized_message_is_not_recorded() {
    let test = TestNode::start().await;
    let before = test.node.reader.applied();
    let refused = submit(&test, vec![b' '; limits::MESSAGE_BYTES_MAX + 1]).await;
    assert!(matches!(refused, Err(Error::TooLarge { .. })), "{refused:?}");
    assert_eq!(test.node.reader.applied(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_another_party_is_refused_and_one_of_no_role_denied() {
    let test = TestNode::start().await;
    let list = test.message(Kind::List, &[test.samples.set(1)], 1);
    let denied = test.node.intake.submit(&test.sender(Kind::Payment), list.clone()).await;
    assert!(matches!(denied, Err(Error::Denied { .. })), "{denied:?}");

    let other = Party {
        code: "410116W009".to_owned(),
        name: "示例另一报关有限公司".to_owned(),
        roles: vec![Role::Declarant as i32],
        active: true,
        ..Party::default()
    };
    test.node.intake.file_party(PartyId(0), other).await.expect("it can be filed");
    let foreign = test.node.intake.submit(&test.caller("410116W009"), list).await.expect("it is answered");
    assert_eq!(foreign.outcome.ending, Ending::Refused as i32);
    let rejection = &foreign.outcome.rejections[0];
    assert_eq!((rejection.rule.as_str(), rejection.official), ("R-SCH-08", -621_015));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_mandate_lets_one_party_send_for_another() {
    let test = TestNode::start().await;
    let parties = test.samples.settings().parties.clone();
    let own = test.message(Kind::Waybill, &[test.samples.set(1)], 1);
    let express = Party {
        code: "410116W008".to_owned(),
        name: "示例承运有限公司".to_owned(),
        roles: vec![Role::Logistics as i32],
        active: true,
        ..Party::default()
    };
    test.node.intake.file_party(PartyId(0), express).await.expect("it can be filed");
    let sender = test.caller("410116W008");
    let as_agent = |guid: &str| {
        let xml = text(&own);
        let (before, transfer) = xml.split_once("<ceb:BaseTransfer>").expect("it has one");
        let transfer = transfer.replacen(&*parties.logistics.code, "410116W008", 1);
        format!("{before}<ceb:BaseTransfer>{transfer}").replacen(
            &xml[xml.find("guid=\"").unwrap() + 6..][..36],
            guid,
            1,
        )
    };
    let first = as_agent("11111111-1111-4111-8111-111111111111");
    let refused = test.node.intake.submit(&sender, first.into()).await.expect("it is answered");
    assert_eq!(refused.outcome.events[0].rejections[0].rule, "R-ENT-07");

    let mandate = single_window::domain::Mandate {
        agent_code: "410116W008".to_owned(),
        mandator_code: parties.logistics.code.to_string(),
        message_types: vec![511],
        ..Default::default()
    };
    test.node.intake.file_mandate(PartyId(0), mandate).await.expect("it can be filed");
    let second = as_agent("22222222-2222-4222-8222-222222222222");
    let taken = test.node.intake.submit(&sender, second.into()).await.expect("it is answered");
    assert_eq!(taken.outcome.events[0].status, 120, "{:?}", taken.outcome.events);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_and_goes_on_when_there_is_room() {
    let disk = SimDisk::new();
    let clock = Arc::new(SetClock::new(NOON));
    let ledger =
        SegmentLedger::open(Arc::new(disk.clone()), Arc::clone(&clock) as Arc<dyn Clock>, segment::Config::default())
            .expect("an empty disk");
    let cells = Arc::new(Cells::new(Arc::new(Memory::default())));
    let id = LedgerId::default();
    let node = Node::start(Arc::new(ledger), id, cells, checks(), &SECRETS, clock, 2).expect("it starts");
    let samples = Generator::new(9, Settings::default());
    let platform = samples.settings().parties.platform.clone();
    let filing = Party {
        code: platform.code.to_string(),
        name: platform.name.to_string(),
        roles: vec![Role::Platform as i32],
        active: true,
        ..Party::default()
    };
    node.intake.file_party(PartyId(0), filing).await.expect("there is room");
    let (caller, party) = node.reader.party_of_code(&platform.code).expect("it is filed");
    let caller = single_window::domain::Caller { id: caller, party };
    let message: Bytes =
        single_window::sample::message(Kind::Order, &[samples.set(1)], &samples.transfer(Kind::Order, 1)).into();

    disk.set_faults(Faults { full_from_write: Some(disk.writes()), ..Faults::default() });
    let before = node.reader.applied();
    let refused = node.intake.submit(&caller, message.clone()).await;
    assert!(matches!(refused, Err(Error::DiskFull)), "{refused:?}");
    assert_eq!(node.reader.applied(), before, "nothing unsynced is shown");
    assert!(*node.healthy().borrow(), "a full disk passes");

    disk.set_faults(Faults::default());
    let taken = node.intake.submit(&caller, message).await.expect("there is room again");
    assert!(!taken.replayed);
    assert_eq!(taken.outcome.events[0].status, 120);
}
