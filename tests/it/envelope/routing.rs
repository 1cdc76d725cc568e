//! Behind the doors: identity, replay, what is stored, who is told.

use super::{
    BYSTANDER, EXCHANGE, NOBODY, RELAY, codes, file, head, inbox, next, node, order, party, rules, submit, subscribing,
    valid, way, wrapped,
};
use crate::node::{NOON, TestNode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use encoding_rs::{GB18030, GBK};
use single_window::domain::{Ending, EventKind, Keys, Mandate, MessageType, PartyId, Role};
use single_window::envelope::{self, AddInfo, TransInfo};
use single_window::feed::Content;
use single_window::intake::{Applied, Decision};
use single_window::ledger::Ledger;
use single_window::sample::Kind;
use single_window::state::Received;

fn stored(test: &TestNode, applied: &Applied) -> std::sync::Arc<single_window::ledger::Stored> {
    test.ledger.read_one(applied.position).expect("readable").expect("it is there")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_in_an_envelope_is_taken_apart_like_any_other() {
    let test = node().await;
    let sender = test.sender(Kind::Order);
    let declare = |label: &'static str| move |text: String| text.replacen("UTF-8", label, 1);
    let (_, plain) = order(&test, 1, |text| text);
    let lines = |bytes: Vec<u8>| {
        let text = String::from_utf8(bytes).expect("UTF-8");
        let (before, rest) = text.split_once("<Data>").expect("data");
        let (data, after) = rest.split_once("</Data>").expect("data");
        let lines: Vec<&str> = data.as_bytes().chunks(76).filter_map(|line| std::str::from_utf8(line).ok()).collect();
        format!("{before}<Data>\r\n{}\r\n</Data>{after}", lines.join("\r\n")).into_bytes()
    };
    let odd = |bytes: Vec<u8>| {
        String::from_utf8(bytes).expect("UTF-8").replacen("<Data>PD94", "<Data>P D\n9\t4", 1).into_bytes()
    };
    let with = |text: String, encoding: &'static encoding_rs::Encoding| encoding.encode(&text).0.into_owned();
    let messages: Vec<(u64, Vec<u8>)> = vec![
        (1, plain.clone().into_bytes()),
        (2, with(order(&test, 2, declare("GB18030")).1, GB18030)),
        (3, with(order(&test, 3, declare("GBK")).1, GBK)),
    ];
    let mut variants: Vec<(u64, Vec<u8>)> = Vec::new();
    for (number, message) in messages {
        variants.push((number, wrapped(&head(&test, Kind::Order, "A"), &message).to_vec()));
    }
    let more = |number: u64| order(&test, number, |text| text).1.into_bytes();
    variants.push((4, lines(wrapped(&head(&test, Kind::Order, "B"), &more(4)).to_vec())));
    variants.push((5, odd(wrapped(&head(&test, Kind::Order, "C"), &more(5)).to_vec())));
    let transport = envelope::dxp_msg_sv(&way(), &head(&test, Kind::Order, "D"), &AddInfo::default(), &more(6));
    variants.push((6, transport));
    // Without an envelope, in another encoding: the same mechanism.
    variants.push((7, with(order(&test, 7, declare("GB18030")).1, GB18030)));
    for (number, bytes) in variants {
        let set = test.samples.set(number);
        let applied = submit(&test, &sender, bytes.clone()).await;
        assert_eq!(applied.outcome.ending, Ending::Applied as i32, "{number}: {:#?}", applied.outcome.rejections);
        let stored = stored(&test, &applied);
        assert_eq!(Received::original(&stored).expect("it fits together"), bytes, "{number}");
        let skeleton = String::from_utf8_lossy(&stored.record.skeleton).into_owned();
        let masked = Received::masked(&stored, "***").expect("it fits together");
        let masked = String::from_utf8_lossy(masked.document(1).expect("a document")).into_owned();
        let exact = Received::exact(&stored).expect("it fits together");
        let exact = String::from_utf8_lossy(exact.document(1).expect("a document")).into_owned();
        let encoded = STANDARD.encode(&set.order.buyer.name);
        for personal in [&set.order.buyer.name, &set.order.buyer.id_number, &set.order.consignee.address] {
            assert!(exact.contains(personal.as_str()), "{number}");
            assert!(!masked.contains(personal.as_str()) && !skeleton.contains(personal.as_str()), "{number}");
        }
        assert!(!skeleton.contains(encoded.get(..8).expect("long enough")), "{number}");
        assert!(masked.starts_with("<ceb:Order>") && masked.contains("***"), "{number}: {masked}");
        // Its sender reads it whole, an operator masked.
        let at = applied.outcome.events.first().and_then(|event| event.document).expect("an id");
        let own = test.node.reader.document(&sender, at).expect("readable").expect("its own");
        assert_eq!(String::from_utf8_lossy(&own.xml), exact);
        let operator = test.node.reader.document(&test.caller("OPERATOR01"), at).expect("readable").expect("shown");
        assert_eq!(String::from_utf8_lossy(&operator.xml), masked);
        if number < 7 {
            assert_eq!(codes(&applied), ["0000"], "{number}");
            let answer = valid(&applied.receipt_dxp);
            let set = envelope::carried().expect("the schemas compile");
            let inner = envelope::unwrap(answer.as_bytes(), &set).expect("our own envelope opens");
            assert_eq!(inner.payload.as_ref(), applied.receipt_xml.as_ref());
            let to = inner.envelope.expect("it has one").trans_info;
            assert_eq!((to.msg_type.as_str(), to.sender_id.as_str()), ("CEB312Message", EXCHANGE));
            assert_eq!(to.receiver_ids, [head(&test, Kind::Order, "").sender_id]);
        } else {
            assert!(applied.dxp_rep.is_empty() && applied.receipt_dxp.is_empty());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_is_known_by_the_message_whatever_its_envelope() {
    let test = node().await;
    let sender = test.sender(Kind::Order);
    let (_, text) = order(&test, 1, |text| text);
    let bytes = wrapped(&head(&test, Kind::Order, "FIRST"), text.as_bytes());
    let first = submit(&test, &sender, bytes.clone()).await;
    let again = submit(&test, &sender, bytes).await;
    assert!(again.replayed && !first.replayed);
    assert_eq!(
        (&first.outcome, &first.receipt_xml, &first.dxp_rep, &first.receipt_dxp),
        (&again.outcome, &again.receipt_xml, &again.dxp_rep, &again.receipt_dxp)
    );
    // The sender's client made a new envelope: the same receipt, and an answer to that envelope.
    let anew = submit(&test, &sender, wrapped(&head(&test, Kind::Order, "SECOND"), text.as_bytes())).await;
    assert!(anew.replayed && anew.position == first.position);
    assert_eq!(anew.receipt_xml, first.receipt_xml);
    assert!(valid(&first.dxp_rep).contains("FIRST") && valid(&anew.dxp_rep).contains("SECOND"));
    let bare = submit(&test, &sender, text.clone()).await;
    assert!(bare.replayed && bare.receipt_xml == first.receipt_xml);
    // Other bytes under the same guid are a conflict in any envelope.
    let other = text.replace("</ceb:copName>", " </ceb:copName>");
    let conflict = submit(&test, &sender, wrapped(&head(&test, Kind::Order, "THIRD"), other.as_bytes())).await;
    assert_eq!((rules(&conflict), codes(&conflict)), (vec!["R-SCH-12"], vec!["0000".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn sender_message_and_certificate_belong_together() {
    let test = node().await;
    let sender = test.sender(Kind::Order);
    let (_, text) = order(&test, 1, |text| text);
    let from = |id: &str| TransInfo { sender_id: id.to_owned(), ..head(&test, Kind::Order, "X") };
    for (id, known) in [(BYSTANDER, "is another party's"), (NOBODY, "is filed by nobody")] {
        let refused = submit(&test, &sender, wrapped(&from(id), text.as_bytes())).await;
        assert_eq!((rules(&refused), codes(&refused)), (vec!["R-DXP-07"], vec!["1999".to_owned()]));
        let reason = refused.outcome.rejections.first().expect("one");
        let right = head(&test, Kind::Order, "").sender_id;
        assert_eq!((reason.found.as_deref(), reason.expected.as_str()), (Some(id), right.as_str()));
        assert_eq!(reason.path, "/DxpMsg/TransInfo/SenderId");
        assert!(reason.message_en.contains(known) && reason.message_zh.contains(id), "{}", reason.message_en);
        let again = submit(&test, &sender, wrapped(&from(id), text.as_bytes())).await;
        assert!(again.replayed, "a refused envelope is known again");
        assert_eq!((again.position, &again.dxp_rep), (refused.position, &refused.dxp_rep));
    }
    // The message itself was not used up: with the envelope mended it is taken.
    let mended = submit(&test, &sender, wrapped(&head(&test, Kind::Order, "X"), text.as_bytes())).await;
    assert!(rules(&mended).is_empty() && !mended.replayed);
    let disguised = submit(&test, &sender, wrapped(&from(NOBODY), text.as_bytes())).await;
    assert_eq!(rules(&disguised), ["R-DXP-07"], "not even a repeat is answered to a stranger");

    let own = head(&test, Kind::Order, "").sender_id;
    let (_, other) = order(&test, 2, |text| text.replace(&format!(">{own}<"), &format!(">{BYSTANDER}<")));
    let refused = submit(&test, &sender, wrapped(&head(&test, Kind::Order, "Y"), other.as_bytes())).await;
    assert_eq!(rules(&refused), ["R-DXP-08"]);
    let reason = refused.outcome.rejections.first().expect("one");
    assert_eq!((reason.path.as_str(), reason.found.as_deref()), ("/CEB311Message/BaseTransfer/dxpId", Some(BYSTANDER)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_sends_for_its_mandator_only() {
    let test = node().await;
    let (relay, sender) = (test.caller("RELAY00001"), test.sender(Kind::Order));
    let (_, text) = order(&test, 1, |text| text);
    let by_relay = TransInfo { sender_id: RELAY.to_owned(), ..head(&test, Kind::Order, "R-1") };
    let bytes = envelope::dxp_msg_sv(&way(), &by_relay, &AddInfo::default(), text.as_bytes());
    let refused = submit(&test, &relay, bytes.clone()).await;
    assert!(rules(&refused).contains(&"R-SCH-08"), "{:?}", rules(&refused));
    let mandate = Mandate {
        agent_code: "RELAY00001".to_owned(),
        mandator_code: sender.party.code.clone(),
        from_ms: 1,
        ..Mandate::default()
    };
    test.node.intake.file_mandate(PartyId(0), mandate).await.expect("it can be filed");
    let (_, text) = order(&test, 2, |text| text);
    let bytes = envelope::dxp_msg_sv(&way(), &by_relay, &AddInfo::default(), text.as_bytes());
    let mut relays_inbox = inbox(&test, &relay).await;
    let taken = submit(&test, &relay, bytes).await;
    assert_eq!((rules(&taken), codes(&taken)), (Vec::new(), vec!["0000".to_owned()]));
    // The document is the mandator's; the relay hears of it.
    let event = taken.outcome.events.first().expect("an event");
    assert_eq!(event.owners.first(), Some(&sender.id.0));
    let own = test.node.reader.document(&sender, event.document.expect("an id")).expect("readable").expect("its own");
    assert!(String::from_utf8_lossy(&own.xml).contains(&test.samples.set(2).order.buyer.name));
    // First the refusal of before the mandate, then the receipt of the order.
    assert_eq!(next(&mut relays_inbox).await.event.kind, EventKind::MessageRejected as i32);
    let heard = next(&mut relays_inbox).await;
    assert_eq!(heard.event.document, event.document);
    assert!(matches!(heard.content, Content::Receipt(_)));
    assert!(valid(&heard.receipt_dxp).contains(RELAY));
    // Without an envelope a party speaks for itself only.
    let (_, text) = order(&test, 3, |text| text);
    assert_eq!(rules(&submit(&test, &relay, text).await), ["R-SCH-08"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn receivers_get_copies_and_unknown_ones_are_told() {
    let test = node().await;
    let sender = test.sender(Kind::Order);
    let (set, text) = order(&test, 1, |text| text);
    let receivers = [EXCHANGE, BYSTANDER, NOBODY].map(str::to_owned).to_vec();
    let several = TransInfo { receiver_ids: receivers, ..head(&test, Kind::Order, "S") };
    let mut copy = inbox(&test, &test.caller("BYSTANDER1")).await;
    let taken = submit(&test, &sender, wrapped(&several, text.as_bytes())).await;
    assert!(rules(&taken).is_empty());
    assert_eq!(codes(&taken), ["0000", "2001"]);
    assert!(valid(&taken.dxp_rep).contains(NOBODY));
    let delivery = next(&mut copy).await;
    let Content::Document(xml) = delivery.content else { panic!("a document, not {:?}", delivery.content) };
    let xml = String::from_utf8_lossy(&xml).into_owned();
    assert!(xml.contains(&set.order.order_no) && !xml.contains(&set.order.buyer.name), "{xml}");
    assert!(delivery.receipt_dxp.is_empty());

    let (_, text) = order(&test, 2, |text| text);
    let astray = TransInfo { receiver_ids: vec![BYSTANDER.to_owned()], ..head(&test, Kind::Order, "T") };
    let taken = submit(&test, &sender, wrapped(&astray, text.as_bytes())).await;
    assert_eq!((rules(&taken), codes(&taken)), (Vec::new(), vec!["0000".to_owned(), "2002".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn subscribers_get_data_receipts_or_both_as_their_status_says() {
    let test = node().await;
    for (code, id) in [("SUBALL0001", "DXPALL"), ("SUBDATA001", "DXPDATA"), ("SUBRET0001", "DXPRET")] {
        file(&test, party(code, id, Role::Seller)).await;
    }
    let mut open = Vec::new();
    for code in ["SUBALL0001", "SUBDATA001", "SUBRET0001", "BYSTANDER1"] {
        open.push(inbox(&test, &test.caller(code)).await);
    }
    let [all, data, ret, none] = &mut open[..] else { panic!("four inboxes") };
    let sender = test.sender(Kind::Order);
    let named = [("ALL", "DXPALL"), ("DATA", "DXPDATA"), ("RET", "DXPRET"), ("RET", NOBODY)];
    let (set, text) = order(&test, 1, |text| subscribing(&text, &named));
    let taken = submit(&test, &sender, wrapped(&head(&test, Kind::Order, "U"), text.as_bytes())).await;
    assert_eq!((rules(&taken), codes(&taken)), (Vec::new(), vec!["0000".to_owned(), "2001".to_owned()]));
    let notes = &taken.outcome.routing.as_ref().expect("it was routed").notes;
    assert_eq!((notes.len(), notes[0].field.as_str(), notes[0].address.as_str()), (1, "dxpAddress", NOBODY));

    let accepted = [next(all).await, next(data).await, next(ret).await];
    for (delivery, document) in accepted.iter().zip([true, true, false]) {
        assert_eq!(delivery.event.kind, EventKind::DocumentAccepted as i32);
        if document {
            let Content::Document(xml) = &delivery.content else { panic!("no document: {:?}", delivery.content) };
            let xml = String::from_utf8_lossy(xml);
            assert!(xml.contains(&set.order.order_no) && xml.contains("***"), "{xml}");
            assert!(!xml.contains(&set.order.buyer.id_number));
        } else {
            let Content::Receipt(xml) = &delivery.content else { panic!("no receipt: {:?}", delivery.content) };
            assert!(String::from_utf8_lossy(xml).contains("CEB312Message"));
        }
    }
    let receipts: Vec<bool> = accepted.iter().map(|delivery| !delivery.receipt_dxp.is_empty()).collect();
    assert_eq!(receipts, [true, false, true]);
    assert!(valid(&accepted[0].receipt_dxp).contains("<ReceiverId>DXPALL</ReceiverId>"));

    // Customs decides: receipts go on, data does not. The next thing that DATA hears is the next order.
    let keys =
        Keys { order_no: set.order.order_no.clone(), ebp_code: set.order.platform.code.to_string(), ..Keys::default() };
    let decision =
        Decision { guid: "D".to_owned(), kind: MessageType::Ceb311 as i32, keys, status: 399, ..Decision::default() };
    test.node.intake.decide(&test.caller("CUSTOMS001"), decision).await.expect("it is decided");
    for consumer in [&mut *all, &mut *ret] {
        let decided = next(consumer).await;
        assert_eq!((decided.event.kind, decided.event.status), (EventKind::Decided as i32, 399));
        assert!(matches!(decided.content, Content::Receipt(_)) && !decided.receipt_dxp.is_empty());
    }
    // A plain message names subscribers just so.
    let (second, text) = order(&test, 2, |text| subscribing(&text, &[("DATA", "DXPDATA"), ("RET", BYSTANDER)]));
    let plain = submit(&test, &sender, text).await;
    assert!(rules(&plain).is_empty() && plain.dxp_rep.is_empty() && plain.outcome.routing.is_none());
    let heard = next(data).await;
    assert_eq!(heard.event.keys.expect("numbers").order_no, second.order.order_no);
    let heard = next(none).await;
    assert_eq!(heard.event.keys.expect("numbers").order_no, second.order.order_no, "nothing of the first order");
    assert!(matches!(heard.content, Content::Receipt(_)) && !heard.receipt_dxp.is_empty());
    // Named for data, the bystanders read the document masked; named for receipts, they do not.
    let at = plain.outcome.events[0].document.expect("an id");
    let read = |code: &str| test.node.reader.document(&test.caller(code), at).expect("readable").map(|found| found.xml);
    assert!(String::from_utf8_lossy(&read("SUBDATA001").expect("shown")).contains("***"));
    assert!(read("BYSTANDER1").is_none() && read("SUBALL0001").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_names_itself_or_answers_for_the_document_still_gets_its_receipts() {
    let test = node().await;
    let code = test.samples.settings().parties.seller.code.to_string();
    let mut seller = single_window::domain::Party::clone(&test.caller(&code).party);
    let address = "DXPENT0000911111";
    seller.dxp_ids = vec![address.to_owned()];
    file(&test, seller).await;
    let (sender, seller) = (test.sender(Kind::Order), test.caller(&code));
    let (mut own, mut answers) = (inbox(&test, &sender).await, inbox(&test, &seller).await);
    let me = head(&test, Kind::Order, "").sender_id;
    let (set, text) = order(&test, 1, |text| subscribing(&text, &[("ALL", &me), ("DATA", address)]));
    let taken = submit(&test, &sender, wrapped(&head(&test, Kind::Order, "S"), text.as_bytes())).await;
    assert!(rules(&taken).is_empty());
    let receipt = next(&mut own).await;
    assert!(matches!(receipt.content, Content::Receipt(_)) && valid(&receipt.receipt_dxp).contains(&me));
    // The seller answers for the order: it sees it whole, and has a right to its receipts besides.
    let copy = next(&mut answers).await;
    let Content::Document(xml) = copy.content else { panic!("no document: {:?}", copy.content) };
    assert!(String::from_utf8_lossy(&xml).contains(&set.order.buyer.name));
    assert!(valid(&copy.receipt_dxp).contains(address));
}

#[tokio::test(flavor = "multi_thread")]
async fn subscribers_are_five_at_most_and_their_status_is_known() {
    let test = node().await;
    let sender = test.sender(Kind::Order);
    let (_, text) = order(&test, 1, |text| subscribing(&text, &[("RET", BYSTANDER); 6]));
    let refused = submit(&test, &sender, wrapped(&head(&test, Kind::Order, "V"), text.as_bytes())).await;
    assert_eq!((rules(&refused), codes(&refused)), (vec!["XSD-TOO-MANY"], vec!["0000".to_owned()]));
    let path = &refused.outcome.rejections[0].path;
    assert!(path.starts_with("/CEB311Message/BaseSubscribe"), "{path}");
    let receipt = String::from_utf8_lossy(&refused.receipt_xml).into_owned();
    assert!(receipt.contains("CEB900Message") && receipt.contains("<oriCopMsgId>V</oriCopMsgId>"), "{receipt}");
    assert!(receipt.contains("<![CDATA[<?xml") && receipt.contains("CEB311Message"), "the message itself comes back");
    assert!(valid(&refused.receipt_dxp).contains("<MsgType>CEB900Message</MsgType>"));
    let (_, text) = order(&test, 2, |text| subscribing(&text, &[("RET", BYSTANDER), ("BOTH", BYSTANDER)]));
    let refused = submit(&test, &sender, text).await;
    let reason = &refused.outcome.rejections[0];
    assert_eq!((reason.rule.as_str(), reason.path.as_str()), ("R-SCH-03", "/CEB311Message/BaseSubscribe[2]/status"));
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_stand_where_their_sender_finds_them() {
    let test = node().await;
    let sender = test.sender(Kind::Order);
    // In the message: line, column and path of the message; the personal value only for its sender.
    let (set, text) = order(&test, 1, |text| {
        let long = "张".repeat(101);
        text.replacen("<ceb:buyerName>", &format!("\n<ceb:buyerName>{long}"), 1).replacen("UTF-8", "GB18030", 1)
    });
    let message = GB18030.encode(&text).0.into_owned();
    let refused = submit(&test, &sender, wrapped(&head(&test, Kind::Order, "W"), &message)).await;
    let reason = &refused.outcome.rejections[0];
    assert_eq!(reason.path, "/CEB311Message/Order/OrderHead/buyerName".replace("Order/", "Order[1]/"));
    assert_eq!((reason.rule.as_str(), reason.column), ("XSD-LENGTH", 16));
    assert!(reason.found.as_deref().is_some_and(|found| found.starts_with("张张")), "{:?}", reason.found);
    let stored = stored(&test, &refused);
    assert!(!String::from_utf8_lossy(&stored.record.skeleton).contains("张张"));
    assert!(Received::original(&stored).expect("it fits").ends_with(b"</DxpMsg>"));
    assert!(!set.order.buyer.name.is_empty());
    // In the envelope: places of the envelope, a code of the transport.
    let (_, text) = order(&test, 2, |text| text);
    let bytes = wrapped(&head(&test, Kind::Order, "Z"), text.as_bytes());
    let bytes = String::from_utf8(bytes.to_vec()).expect("UTF-8");
    let cases = [
        (bytes.replacen("<Data>", "<Data>*", 1), "XSD-TYPE", "0002"),
        (bytes.replacen("</DxpMsg>", "", 1), "XML-SYNTAX", "0001"),
        (bytes.replacen("CEB311Message<", "CEB621Message<", 1), "R-DXP-05", "0999"),
    ];
    for (bytes, rule, code) in cases {
        let refused = submit(&test, &sender, bytes).await;
        assert_eq!(rules(&refused)[0], rule);
        assert_eq!(codes(&refused), [code], "{rule}");
        assert_eq!(refused.outcome.ending, Ending::Refused as i32);
        let rejection = &refused.outcome.rejections[0];
        assert!(rejection.path.starts_with("/DxpMsg") && rejection.line >= 1, "{rejection:?}");
    }
    let nested = wrapped(&head(&test, Kind::Order, "N"), bytes.as_bytes());
    assert_eq!(rules(&submit(&test, &sender, nested).await), ["R-DXP-03"]);
    // The message of the refused envelopes is still free.
    assert!(rules(&submit(&test, &sender, bytes).await).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn as_much_data_as_goes_is_refused_and_kept() {
    use single_window::domain::limits::MESSAGE_BYTES_MAX;
    let test = node().await;
    let sender = test.sender(Kind::Order);
    let small = wrapped(&head(&test, Kind::Order, "BIG"), b"x");
    let small = String::from_utf8(small.to_vec()).expect("UTF-8");
    let room = (MESSAGE_BYTES_MAX - small.len()) / 4 * 4;
    let big = |bytes: usize| small.replacen("<Data>", &format!("<Data>{}", "A".repeat(bytes)), 1);
    let refused = submit(&test, &sender, big(room)).await;
    assert!(rules(&refused)[0].starts_with("XML-"), "a message of zeros is none: {:?}", rules(&refused));
    assert_eq!(codes(&refused), ["0000"], "the envelope is as it should be");
    assert_eq!(Received::original(&stored(&test, &refused)).expect("it fits together"), big(room).as_bytes());
    let over = test.node.intake.submit(&sender, big(room + 8).into()).await.expect_err("too large");
    assert!(matches!(over, single_window::intake::Error::TooLarge { .. }), "{over}");
}

#[tokio::test(flavor = "multi_thread")]
async fn customs_sees_documents_of_every_form_in_its_full_view() {
    let test = node().await;
    let (customs, sender) = (test.caller("CUSTOMS001"), test.sender(Kind::Order));
    let subscription = single_window::feed::Subscription {
        name: "desk".to_owned(),
        view: single_window::feed::View::Full as i32,
        ..Default::default()
    };
    let change =
        single_window::intake::SubscriptionChange::Create(subscription, single_window::feed::StartAt::Earliest);
    test.node.feed.change(&customs, change).await.expect("it can be made");
    let mut desk = test.node.feed.consume(&customs, "desk").await.expect("it opens");
    for number in 0..4 {
        let (set, text) = order(&test, number, |text| text.replacen("UTF-8", "GB18030", 1));
        let message = GB18030.encode(&text).0.into_owned();
        let bytes = if number % 2 == 0 { wrapped(&head(&test, Kind::Order, "F"), &message) } else { message.into() };
        assert!(rules(&submit(&test, &sender, bytes).await).is_empty());
        let delivery = next(&mut desk).await;
        let Content::Document(xml) = delivery.content else { panic!("no document: {:?}", delivery.content) };
        let xml = String::from_utf8(xml.to_vec()).expect("documents are shown in UTF-8");
        assert!(xml.starts_with("<ceb:Order>") && xml.contains(&set.order.buyer.name), "{xml}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_of_customs_may_come_in_envelopes_too() {
    let test = node().await;
    let mut customs = single_window::domain::Party::clone(&test.caller("CUSTOMS001").party);
    customs.dxp_ids = vec!["DXPCUS".to_owned()];
    file(&test, customs).await;
    let (set, text) = order(&test, 1, |text| text);
    submit(&test, &test.sender(Kind::Order), text).await;
    let outcome = single_window::sample::receipt::Outcome {
        guid: "4A9B3C2D-0000-4000-8000-000000000001".to_owned(),
        status: 399,
        at: NOON,
        info: "[Code:2600;Desc:审结]".to_owned(),
    };
    let guid = "4A9B3C2D-0000-4000-8000-000000000002";
    let xml = single_window::sample::receipt::write_receipt_312(guid, &[(&set.order, outcome)]);
    let from = |id: &str| TransInfo {
        cop_msg_id: "C".to_owned(),
        sender_id: id.to_owned(),
        receiver_ids: vec![EXCHANGE.to_owned()],
        creat_time: NOON.to_string(),
        msg_type: "CEB312Message".to_owned(),
    };
    let customs = test.caller("CUSTOMS001");
    let refused = test.node.intake.decide_xml(&customs, wrapped(&from(BYSTANDER), xml.as_bytes())).await;
    assert_eq!(rules(&refused.expect("it is answered")), ["R-DXP-07"]);
    let decided = test.node.intake.decide_xml(&customs, wrapped(&from("DXPCUS"), xml.as_bytes())).await;
    let decided = decided.expect("it is answered");
    assert_eq!(
        decided.outcome.events.first().map(|event| (event.kind, event.status)),
        Some((EventKind::Decided as i32, 399))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dxp_id_has_one_party() {
    let test = node().await;
    let second = party("SECOND0001", BYSTANDER, Role::Seller);
    let refused = test.node.intake.file_party(PartyId(0), second).await.expect_err("it is taken");
    assert!(refused.to_string().contains(BYSTANDER), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_of_the_log_ends_where_the_node_did() {
    let test = node().await;
    let sender = test.sender(Kind::Order);
    let named = [("ALL", BYSTANDER), ("RET", NOBODY)];
    let (_, text) = order(&test, 1, |text| subscribing(&text, &named));
    let taken = submit(&test, &sender, wrapped(&head(&test, Kind::Order, "P"), text.as_bytes())).await;
    let wrong = TransInfo { sender_id: NOBODY.to_owned(), ..head(&test, Kind::Order, "Q") };
    let refused = submit(&test, &sender, wrapped(&wrong, order(&test, 2, |text| text).1.as_bytes())).await;
    let again = TestNode::over(test.ledger.clone(), std::sync::Arc::clone(&test.clock));
    for (first, text) in [(&taken, &text)] {
        let bytes = wrapped(&head(&test, Kind::Order, "P"), text.as_bytes());
        let repeat = again.intake.submit(&sender, bytes).await.expect("it is answered");
        assert!(repeat.replayed);
        assert_eq!(
            (&repeat.outcome, &repeat.dxp_rep, &repeat.receipt_dxp),
            (&first.outcome, &first.dxp_rep, &first.receipt_dxp)
        );
    }
    assert_eq!(
        again.reader.checkpoint().expect("one").events_root,
        test.node.reader.checkpoint().expect("one").events_root
    );
    assert_eq!(rules(&refused), ["R-DXP-07"]);
}
