//! A node without its doors, for tests of what goes on behind them.

use bytes::Bytes;
use single_window::domain::{Caller, Clock, Party, PartyId, Position, Role, SetClock, Timestamp};
use single_window::feed::LedgerId;
use single_window::intake::{Checks, Edition, Node, Secrets};
use single_window::ledger::{Ledger, MemoryLedger};
use single_window::sample::{self, Flaw, Generator, Kind, Set, Settings};
use single_window::state::store::{Cells, Memory};
use std::sync::Arc;

/// The carried edition; the made-up messages verify for nobody.
pub(crate) fn checks() -> Checks {
    let signatures = single_window::signature::Settings::unverified();
    Checks { editions: Edition::all_carried(), signatures }
}

/// A node over a memory ledger, with the demo parties filed.
pub(crate) struct TestNode {
    pub(crate) node: Node,
    pub(crate) ledger: MemoryLedger,
    pub(crate) clock: Arc<SetClock>,
    pub(crate) samples: Generator,
}

pub(crate) const SECRETS: Secrets = Secrets { personal: [1; 32], signing: [2; 32], inspection: [4; 32] };

/// Time at which test clocks begin: 2026-05-01 12:00 UTC+8.
pub(crate) const NOON: Timestamp = Timestamp(1_777_608_000_000);

impl TestNode {
    pub(crate) async fn start() -> TestNode {
        TestNode::start_with(checks()).await
    }

    /// The same under the logic of today, with the shipped tables: rules and effects of clearance are in force.
    pub(crate) async fn start_clearance() -> TestNode {
        let test = TestNode::start().await;
        test.node.intake.bring_up_to_date(None).await.expect("tables and logic can be put in force");
        test
    }

    pub(crate) async fn start_with(checks: Checks) -> TestNode {
        let clock = Arc::new(SetClock::new(NOON));
        let ledger = MemoryLedger::new(Arc::clone(&clock) as Arc<dyn Clock>, 64 << 20);
        let node = TestNode::with(ledger.clone(), Arc::clone(&clock), checks);
        let test = TestNode { node, ledger, clock, samples: Generator::new(7, Settings::default()) };
        for (id, party) in test.parties() {
            test.node.intake.file_party(PartyId(id), party).await.expect("the demo parties can be filed");
        }
        test
    }

    pub(crate) fn over(ledger: MemoryLedger, clock: Arc<SetClock>) -> Node {
        TestNode::with(ledger, clock, checks())
    }

    fn with(ledger: MemoryLedger, clock: Arc<SetClock>, checks: Checks) -> Node {
        let cells = Arc::new(Cells::new(Arc::new(Memory::default())));
        Node::start(
            Arc::new(ledger) as Arc<dyn Ledger>,
            LedgerId { id: [3; 16], epoch: 0 },
            cells,
            checks,
            &SECRETS,
            clock,
            2,
        )
        .expect("a node starts")
    }

    fn parties(&self) -> Vec<(u32, Party)> {
        let parties = &self.samples.settings().parties;
        let party = |code: &str, name: &str, role: Role| Party {
            code: code.to_owned(),
            name: name.to_owned(),
            roles: vec![role as i32],
            active: true,
            ..Party::default()
        };
        let mut all = vec![
            party(&parties.platform.code, &parties.platform.name, Role::Platform),
            party(&parties.payment.code, &parties.payment.name, Role::Payment),
            party(&parties.logistics.code, &parties.logistics.name, Role::Logistics),
            party(&parties.declarant.code, &parties.declarant.name, Role::Declarant),
            party(&parties.seller.code, &parties.seller.name, Role::Seller),
            party("410116W003", "示例监管场所经营有限公司", Role::SiteOperator),
            party("STATS00001", "示例统计机构", Role::Statistics),
        ];
        let mut customs = party("CUSTOMS001", "示例海关", Role::Customs);
        customs.customs_codes = vec![self.samples.set(0).list.customs_office.to_owned()];
        all.push(customs);
        all.into_iter().map(|party| (0, party)).collect()
    }

    /// The caller that a party's certificate would make.
    pub(crate) fn caller(&self, code: &str) -> Caller {
        let (id, party) = self.node.reader.party_of_code(code).expect("the party is filed");
        Caller { id, party }
    }

    /// The party that sends documents of a kind.
    pub(crate) fn sender(&self, kind: Kind) -> Caller {
        let parties = &self.samples.settings().parties;
        self.caller(match kind {
            Kind::Order => &parties.platform.code,
            Kind::Payment => &parties.payment.code,
            Kind::Waybill => &parties.logistics.code,
            Kind::List => &parties.declarant.code,
        })
    }

    /// A message with one kind of document of some sets.
    pub(crate) fn message(&self, kind: Kind, sets: &[Set], number: u64) -> Bytes {
        sample::message(kind, sets, &self.samples.transfer(kind, number)).into()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn four_documents_in_any_order_end_stored() {
    let orders = [
        [Kind::Order, Kind::Payment, Kind::Waybill, Kind::List],
        [Kind::List, Kind::Waybill, Kind::Payment, Kind::Order],
        [Kind::Payment, Kind::List, Kind::Order, Kind::Waybill],
    ];
    let test = TestNode::start().await;
    for (number, order) in (0_u64..).zip(orders) {
        let set = test.samples.set(number);
        let mut last = None;
        for kind in order {
            let message = test.message(kind, std::slice::from_ref(&set), number);
            let applied = test.node.intake.submit(&test.sender(kind), message).await.expect("it is taken");
            assert!(applied.outcome.rejections.is_empty(), "{kind:?}: {:?}", applied.outcome.rejections);
            last = Some(applied);
        }
        let outcome = last.expect("four were sent").outcome;
        let matched = outcome.events.iter().find(|event| event.status == 120 && event.message_type == 621);
        assert!(matched.is_some(), "order {order:?}: {:#?}", outcome.events);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mismatch_names_the_field_and_both_values() {
    let test = TestNode::start().await;
    let mut set = test.samples.set(1);
    Flaw::AmountBelow.spoil(&mut set);
    let mut waiting = Vec::new();
    for kind in [Kind::Order, Kind::Payment, Kind::Waybill, Kind::List] {
        let message = test.message(kind, std::slice::from_ref(&set), 1);
        let applied = test.node.intake.submit(&test.sender(kind), message).await.expect("it is taken");
        waiting = applied.outcome.events.iter().flat_map(|event| event.waiting.clone()).collect();
    }
    let [difference] = waiting.as_slice() else { panic!("one difference, not {waiting:#?}") };
    assert_eq!((difference.rule.as_str(), difference.field.as_str()), ("R-M3-05", "acturalPaid"));
    assert_ne!(difference.left_value, difference.right_value);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_get_the_same_receipt_and_other_bytes_a_conflict() {
    let test = TestNode::start().await;
    let set = test.samples.set(2);
    let sender = test.sender(Kind::Order);
    let message = test.message(Kind::Order, std::slice::from_ref(&set), 2);
    let first = test.node.intake.submit(&sender, message.clone()).await.expect("it is taken");
    let again = test.node.intake.submit(&sender, message.clone()).await.expect("it is answered");
    assert!(again.replayed && !first.replayed);
    assert_eq!(
        (first.position, &first.outcome, &first.receipt_xml),
        (again.position, &again.outcome, &again.receipt_xml)
    );
    let other =
        String::from_utf8(message.to_vec()).expect("samples are UTF-8").replace("</ceb:copName>", " </ceb:copName>");
    let conflict = test.node.intake.submit(&sender, other.into()).await.expect("it is answered");
    assert_eq!(conflict.outcome.first, first.position.0);
    assert_eq!(conflict.outcome.rejections[0].rule, "R-SCH-12");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_received_bytes_come_back_and_the_masked_ones_hold_nothing_personal() {
    let test = TestNode::start().await;
    let sets: Vec<Set> = (10..20).map(|number| test.samples.set(number)).collect();
    let message = test.message(Kind::Order, &sets, 3);
    let applied = test.node.intake.submit(&test.sender(Kind::Order), message.clone()).await.expect("it is taken");
    let stored = test.ledger.read_one(applied.position).expect("readable").expect("it is there");
    let exact = single_window::state::Received::exact(&stored).expect("it fits together");
    assert_eq!(exact.bytes, message);
    let masked = single_window::state::Received::masked(&stored, "***").expect("it fits together");
    let text = String::from_utf8(masked.bytes).expect("still text");
    let skeleton = String::from_utf8_lossy(&stored.record.skeleton).into_owned();
    for set in &sets {
        for personal in [&set.order.buyer.name, &set.order.buyer.id_number, &set.order.consignee.address] {
            assert!(!text.contains(personal.as_str()), "masked text shows {personal}");
            assert!(!skeleton.contains(personal.as_str()), "skeleton holds {personal}");
        }
    }
    let _position: Position = applied.position;
}
