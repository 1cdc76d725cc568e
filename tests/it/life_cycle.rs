//! The life of a list and its documents: replacing, freezing, deciding, repeating, coming late, expiring.
#![expect(clippy::indexing_slicing, reason = "a test that panics has failed")]

use crate::node::{NOON, TestNode};
use bytes::Bytes;
use single_window::domain::{Effect, Event, EventKind, Keys, Timestamp, status};
use single_window::intake::{Applied, Decision};
use single_window::sample::{Kind, Set};

impl TestNode {
    async fn send(&self, kind: Kind, set: &Set, number: u64) -> Applied {
        let message = self.message(kind, std::slice::from_ref(set), number);
        self.node.intake.submit(&self.sender(kind), message).await.expect("it is taken")
    }

    /// Sends with text changed and another message guid.
    async fn send_changed(&self, kind: Kind, set: &Set, number: u64, change: impl Fn(String) -> String) -> Applied {
        let message = self.message(kind, std::slice::from_ref(set), number);
        let text = change(String::from_utf8(message.to_vec()).expect("samples are UTF-8"));
        let at = text.find("guid=\"").expect("a message has a guid") + 6;
        let guid =
            format!("{:08X}-AAAA-4AAA-8AAA-{:012X}", number, text.len() as u64 * 1000 + self.node.reader.applied().0);
        let text = format!("{}{guid}{}", &text[..at], &text[at + 36..]);
        self.node.intake.submit(&self.sender(kind), Bytes::from(text)).await.expect("it is taken")
    }

    async fn send_all(&self, set: &Set, number: u64) -> String {
        for kind in [Kind::Order, Kind::Payment, Kind::Waybill] {
            self.send(kind, set, number).await;
        }
        let list = self.send(Kind::List, set, number).await;
        let matched = list.outcome.events.iter().find(|event| event.kind == EventKind::Matched as i32);
        matched.expect("the set agrees").keys.clone().expect("a list has numbers").pre_no
    }

    async fn decide(&self, pre_no: &str, code: i32, minutes: i64, guid: &str) -> Event {
        let decision = Decision {
            guid: guid.to_owned(),
            kind: 621,
            keys: Keys { pre_no: pre_no.to_owned(), invt_no: "46042026I123456789".to_owned(), ..Keys::default() },
            status: code,
            time_ms: NOON.0 + minutes * 60_000,
            info: "示例".to_owned(),
        };
        let applied = self.node.intake.decide(&self.caller("CUSTOMS001"), decision).await.expect("it is recorded");
        applied.outcome.events[0].clone()
    }
}

fn app_type(text: &str, to: u8) -> String {
    text.replace("<ceb:appType>1</ceb:appType>", &format!("<ceb:appType>{to}</ceb:appType>"))
}

fn first_rule(applied: &Applied) -> (&str, i32) {
    let event = &applied.outcome.events[0];
    let rejection = event.rejections.first().unwrap_or_else(|| panic!("not refused: {event:#?}"));
    (rejection.rule.as_str(), rejection.official)
}

#[tokio::test(flavor = "multi_thread")]
async fn customs_inspects_and_releases_and_the_list_closes() {
    let test = TestNode::start().await;
    let pre_no = test.send_all(&test.samples.set(1), 1).await;
    assert!(pre_no.starts_with("B20260501") && pre_no.len() == 18, "{pre_no}");
    for (minute, code) in (1..).zip([300, 500, 800, 899]) {
        let event = test.decide(&pre_no, code, minute, &format!("G{code}")).await;
        assert_eq!((event.effect, event.status), (Effect::Applied as i32, code));
        assert_eq!(event.keys.expect("numbers").invt_no, "46042026I123456789");
    }
    let late = test.decide(&pre_no, 500, 9, "G9").await;
    assert_eq!((late.effect, late.status), (Effect::Ignored as i32, status::CLOSED), "899 is final");
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_late_and_illegal_decisions_change_nothing() {
    let test = TestNode::start().await;
    let pre_no = test.send_all(&test.samples.set(1), 1).await;
    assert_eq!(test.decide(&pre_no, 500, 10, "A").await.effect, Effect::Applied as i32);
    assert_eq!(test.decide(&pre_no, 500, 10, "A").await.effect, Effect::Repeated as i32, "R-ST-02");
    let late = test.decide(&pre_no, 800, 5, "B").await;
    assert_eq!((late.effect, late.rejections[0].rule.as_str()), (Effect::Ignored as i32, "R-ST-01"), "older");
    let illegal = test.decide(&pre_no, 300, 20, "C").await;
    assert_eq!((illegal.effect, illegal.status), (Effect::Ignored as i32, 500), "no step from 500 to 300");
    let unknown = test.decide("B20260501999999999", 800, 1, "D").await;
    // The invtNo that came with the first decision still finds the list.
    assert_ne!(unknown.effect, Effect::UnknownDocument as i32);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_waits_cannot_be_released_and_another_office_decides_nothing() {
    let test = TestNode::start().await;
    let list = test.send(Kind::List, &test.samples.set(1), 1).await;
    let pre_no = list.outcome.events[0].keys.clone().expect("numbers").pre_no;
    assert_eq!(test.decide(&pre_no, 800, 1, "A").await.effect, Effect::Ignored as i32);
    let mut elsewhere = (*test.caller("CUSTOMS001").party).clone();
    elsewhere.customs_codes = vec!["0101".to_owned()];
    test.node.intake.file_party(Default::default(), elsewhere).await.expect("it can be filed");
    let event = test.decide(&pre_no, 100, 2, "B").await;
    assert_eq!((event.effect, event.status), (Effect::ForeignOffice as i32, status::DECLARING));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_add_is_a_duplicate_with_the_official_code() {
    let test = TestNode::start().await;
    let set = test.samples.set(1);
    for (kind, code) in
        [(Kind::Order, -301_010), (Kind::Payment, -401_007), (Kind::Waybill, -504_015), (Kind::List, -621_004)]
    {
        test.send(kind, &set, 1).await;
        let again = test.send_changed(kind, &set, 2, |text| text).await;
        assert_eq!(first_rule(&again), ("R-ST-03", code), "{kind:?}");
        assert_eq!(again.outcome.events[0].status, code);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_may_be_replaced_until_their_list_is_stored() {
    let test = TestNode::start().await;
    let set = test.samples.set(1);
    let paid = |text: String| text.replace("<ceb:freight>0<", "<ceb:freight>0.00<");
    test.send(Kind::Order, &set, 1).await;
    let changed = test.send_changed(Kind::Order, &set, 2, |text| app_type(&paid(text), 2)).await;
    let kinds: Vec<i32> = changed.outcome.events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::DocumentReplaced as i32, EventKind::DocumentAccepted as i32]);

    for kind in [Kind::Payment, Kind::Waybill, Kind::List] {
        test.send(kind, &set, 3).await;
    }
    for (kind, code) in [(Kind::Order, -301_011), (Kind::Payment, -401_008), (Kind::Waybill, -504_016)] {
        let late = test.send_changed(kind, &set, 4, |text| app_type(&text, 2)).await;
        assert_eq!(first_rule(&late), ("R-ST-08", code), "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_can_be_deleted_and_sent_again_while_its_list_waits() {
    let test = TestNode::start().await;
    let set = test.samples.set(1);
    for kind in [Kind::List, Kind::Order, Kind::Payment] {
        test.send(kind, &set, 1).await;
    }
    let deleted = test.send_changed(Kind::Order, &set, 2, |text| app_type(&text, 3)).await;
    let waiting = deleted.outcome.events.iter().find(|event| event.kind == EventKind::MatchWaiting as i32);
    let rules: Vec<String> = waiting.expect("the list waits again").waiting.iter().map(|w| w.rule.clone()).collect();
    assert_eq!(rules, ["R-M3-01", "R-M3-03"]);
    let unknown = test.send_changed(Kind::Order, &set, 3, |text| app_type(&text, 2)).await;
    assert_eq!(first_rule(&unknown), ("R-ST-04", -301_009));
    test.send_changed(Kind::Order, &set, 4, |text| text).await;
    let last = test.send(Kind::Waybill, &set, 5).await;
    assert!(last.outcome.events.iter().any(|event| event.kind == EventKind::Matched as i32));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_change_is_refused_and_a_numbered_list_needs_its_numbers() {
    let test = TestNode::start().await;
    let set = test.samples.set(1);
    test.send(Kind::Payment, &set, 1).await;
    let older = test.send_changed(Kind::Payment, &set, 2, |text| {
        let at = text.find("<ceb:appTime>").expect("it has one") + 13;
        app_type(&format!("{}20200101000000{}", &text[..at], &text[at + 14..]), 2)
    });
    assert_eq!(first_rule(&older.await), ("R-SCH-10", -401_012));

    let set = test.samples.set(2);
    let pre_no = test.send_all(&set, 3).await;
    test.decide(&pre_no, 300, 1, "A").await;
    let bare = test.send_changed(Kind::List, &set, 4, |text| app_type(&text, 2)).await;
    assert_eq!(first_rule(&bare), ("R-ST-04", -621_012));
    let with = |invt_no: &str| {
        let (pre_no, invt_no) = (pre_no.clone(), invt_no.to_owned());
        move |text: String| {
            let numbers = format!("<ceb:preNo>{pre_no}</ceb:preNo><ceb:assureCode>");
            let text = text.replacen("<ceb:assureCode>", &numbers, 1);
            let number = format!("<ceb:invtNo>{invt_no}</ceb:invtNo><ceb:ieFlag>");
            app_type(&text.replacen("<ceb:ieFlag>", &number, 1), 2)
        }
    };
    let other = test.send_changed(Kind::List, &set, 5, with("46042026I100000000")).await;
    assert_eq!(first_rule(&other), ("R-ST-05", -621_999));
    let changed = test.send_changed(Kind::List, &set, 6, with("46042026I123456789")).await;
    let matched = changed.outcome.events.iter().find(|event| event.kind == EventKind::Matched as i32);
    assert_eq!(matched.expect("it matches again").keys.clone().expect("numbers").pre_no, pre_no);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_refused_by_customs_frees_its_documents_and_may_come_again() {
    let test = TestNode::start().await;
    let set = test.samples.set(1);
    let pre_no = test.send_all(&set, 1).await;
    assert_eq!(test.decide(&pre_no, 100, 1, "A").await.effect, Effect::Applied as i32);
    let changed = test.send_changed(Kind::Order, &set, 2, |text| app_type(&text, 2)).await;
    assert_eq!(changed.outcome.events[0].kind, EventKind::DocumentReplaced as i32);
    let again = test.send_changed(Kind::List, &set, 3, |text| text).await;
    assert!(again.outcome.events.iter().any(|event| event.kind == EventKind::Matched as i32));
}

#[tokio::test(flavor = "multi_thread")]
async fn personal_differences_are_shown_only_to_their_senders() {
    let test = TestNode::start().await;
    let mut set = test.samples.set(1);
    single_window::sample::Flaw::BuyerDiffers.spoil(&mut set);
    for kind in [Kind::Order, Kind::Payment, Kind::Waybill] {
        test.send(kind, &set, 1).await;
    }
    let list = test.send(Kind::List, &set, 1).await;
    let waiting = &list.outcome.events[0].waiting;
    let name = waiting.iter().find(|waiting| waiting.field == "buyerName").expect("the names differ");
    assert_eq!((name.left_value.as_str(), name.right_value.as_str()), ("***", set.list.buyer.name.as_str()));
    let stored = test.node.reader.document(&test.sender(Kind::List), list.outcome.events[0].document.expect("an id"));
    let found = stored.expect("readable").expect("its own");
    assert!(String::from_utf8_lossy(&found.xml).contains(&set.list.buyer.name));
    let nobody = test.node.reader.document(&test.sender(Kind::Payment), found.id).expect("readable");
    assert!(nobody.is_none(), "a payment institution sees no list");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_receipt_of_a_document_is_found_under_every_number() {
    let test = TestNode::start().await;
    let set = test.samples.set(1);
    let pre_no = test.send_all(&set, 1).await;
    test.decide(&pre_no, 800, 1, "A").await;
    let declarant = test.sender(Kind::List);
    let numbers = [
        set.list.order_no.clone(),
        set.list.waybill_no.clone(),
        set.list.cop_no.clone(),
        set.payment.transaction_id.clone(),
        pre_no,
        "46042026I123456789".to_owned(),
    ];
    for number in numbers {
        let traced = test.node.reader.trace(&declarant, &number, None).expect("readable");
        assert_eq!((traced.documents.len(), traced.next), (4, None), "{number}");
        let happenings = traced.happenings;
        let statuses: Vec<i32> = happenings.iter().map(|happening| happening.event.status).collect();
        assert_eq!(statuses, [120, 120, 120, 2, 120, 800], "{number}");
        assert!(happenings.is_sorted_by_key(|happening| happening.position));
    }
    assert!(Timestamp::parse_ceb("20260501120000").is_some_and(|noon| noon == NOON));
}
