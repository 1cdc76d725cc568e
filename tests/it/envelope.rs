//! Messages in envelopes: taken by every door, told apart from their envelopes, routed, answered.

mod doors;
mod routing;
mod schema;

use crate::node::{NOON, TestNode};
use bytes::Bytes;
use single_window::domain::{Caller, Party, PartyId, Role};
use single_window::envelope::{self, AddInfo, SvNo, TransInfo};
use single_window::feed::{Consumer, Delivery, Filter, Item, StartAt, Subscription, View};
use single_window::intake::{Applied, SubscriptionChange};
use single_window::sample::{Kind, Set};
use single_window::schema::{NoSink, SchemaSet};
use std::time::Duration;

/// DXP id of the exchange in these tests.
const EXCHANGE: &str = "DXPSWX0000900001";
/// DXP id of a party that sends nothing, to be named by others.
const BYSTANDER: &str = "DXPENT0000900009";
/// DXP id of a party that relays for others.
const RELAY: &str = "DXPENT0000900008";
/// DXP id that nobody has filed.
const NOBODY: &str = "DXPNOBODY0000001";

/// A node whose parties have DXP ids, with an operator, a bystander and a relay.
async fn node() -> TestNode {
    let test = TestNode::start().await;
    let parties = test.samples.settings().parties.clone();
    for sample in [&parties.platform, &parties.payment, &parties.logistics, &parties.declarant] {
        let mut filed = Party::clone(&test.caller(&sample.code).party);
        filed.dxp_ids = vec![sample.dxp_id.to_string()];
        file(&test, filed).await;
    }
    file(&test, party("OPERATOR01", EXCHANGE, Role::Operator)).await;
    file(&test, party("BYSTANDER1", BYSTANDER, Role::Seller)).await;
    file(&test, party("RELAY00001", RELAY, Role::Seller)).await;
    test
}

fn party(code: &str, dxp_id: &str, role: Role) -> Party {
    Party {
        code: code.to_owned(),
        name: "示例企业".to_owned(),
        roles: vec![role as i32],
        dxp_ids: vec![dxp_id.to_owned()],
        active: true,
        ..Party::default()
    }
}

async fn file(test: &TestNode, party: Party) {
    test.node.intake.file_party(PartyId(0), party).await.expect("it can be filed");
}

/// A head for a message of the demo's sender of that kind.
fn head(test: &TestNode, kind: Kind, id: &str) -> TransInfo {
    let sender = test.samples.transfer(kind, 0).sender;
    TransInfo {
        cop_msg_id: id.to_owned(),
        sender_id: sender.dxp_id.to_string(),
        receiver_ids: vec![EXCHANGE.to_owned()],
        creat_time: NOON.to_string(),
        msg_type: kind.message_name().to_owned(),
    }
}

fn way() -> SvNo {
    SvNo {
        msg_id: "12345678202605011200000000000001".to_owned(),
        sub_msg_id: None,
        send_time: NOON.to_string(),
        end_node: "00000001".to_owned(),
        sta_node: "12345678".to_owned(),
    }
}

fn wrapped(head: &TransInfo, message: &[u8]) -> Bytes {
    envelope::dxp_msg(head, &AddInfo::default(), message).into()
}

/// An order of one set, its text changed.
fn order(test: &TestNode, number: u64, change: impl FnOnce(String) -> String) -> (Set, String) {
    let set = test.samples.set(number);
    let text = test.message(Kind::Order, std::slice::from_ref(&set), number);
    (set, change(String::from_utf8(text.to_vec()).expect("samples are UTF-8")))
}

/// Names subscribers in a message.
fn subscribing(text: &str, subscribers: &[(&str, &str)]) -> String {
    let parts: Vec<String> = subscribers
        .iter()
        .map(|(status, address)| {
            format!(
                "<ceb:BaseSubscribe><ceb:status>{status}</ceb:status><ceb:dxpMode>DXP</ceb:dxpMode>\
                 <ceb:dxpAddress>{address}</ceb:dxpAddress></ceb:BaseSubscribe>"
            )
        })
        .collect();
    text.replacen("</ceb:BaseTransfer>", &format!("</ceb:BaseTransfer>{}", parts.concat()), 1)
}

async fn submit(test: &TestNode, caller: &Caller, bytes: impl Into<Bytes>) -> Applied {
    test.node.intake.submit(caller, bytes.into()).await.expect("it is answered")
}

/// The response codes of a transport answer, which must be valid.
fn codes(applied: &Applied) -> Vec<String> {
    let text = valid(&applied.dxp_rep);
    text.split("<ResponseCode>").skip(1).filter_map(|part| part.split('<').next()).map(str::to_owned).collect()
}

/// The text of an envelope that fits its schema.
fn valid(bytes: &[u8]) -> String {
    let text = String::from_utf8(bytes.to_vec()).expect("envelopes of ours are UTF-8");
    let report = schema_set().validate(&text, &mut NoSink);
    assert!(report.is_valid(), "{:#?}\n{text}", report.faults);
    text
}

fn schema_set() -> SchemaSet {
    envelope::carried().expect("the schemas compile")
}

fn rules(applied: &Applied) -> Vec<&str> {
    applied.outcome.rejections.iter().map(|rejection| rejection.rule.as_str()).collect()
}

/// Opens an inbox of a party, made for the test.
async fn inbox(test: &TestNode, caller: &Caller) -> Consumer {
    let subscription = Subscription {
        name: "inbox".to_owned(),
        view: View::Own as i32,
        filter: Some(Filter::default()),
        ..Subscription::default()
    };
    let change = SubscriptionChange::Create(subscription, StartAt::Earliest);
    test.node.feed.change(caller, change).await.expect("it can be made");
    test.node.feed.consume(caller, "inbox").await.expect("it opens")
}

async fn next(consumer: &mut Consumer) -> Delivery {
    loop {
        let item = tokio::time::timeout(Duration::from_secs(20), consumer.next()).await.expect("it comes in time");
        if let Item::Delivery(delivery) = item.expect("the subscription is open") {
            return *delivery;
        }
    }
}
