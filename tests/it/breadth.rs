//! Every message type: taken from whoever may send it, refused to others, answered, decided, delivered, found.
#![expect(
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that panics has failed; most types are alike"
)]

use crate::node::TestNode;
use bytes::Bytes;
use single_window::domain::{Caller, Effect, EventKind, Keys, MessageType, Part, Party, PartyId, Role, SPECS, Spec};
use single_window::feed::{Content, Delivery, Filter, Item, StartAt, Subscription, View};
use single_window::intake::{Applied, Decision, Error, SubscriptionChange};
use single_window::schema::{NoSink, SchemaSet, carried};
use std::path::Path;
use std::time::Duration;

/// The list of import and of export that the golden messages speak of.
const IMPORT_LIST: &str = "46122026I000000001";
const EXPORT_LIST: &str = "46122026E000000001";

/// The golden message of a type that belongs to one trade of import or of export.
fn golden(kind: MessageType) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/CEB{}", kind as i32));
    let of_trade = std::fs::read_to_string(folder.join("valid-trade.xml"));
    of_trade.or_else(|_| std::fs::read_to_string(folder.join("valid.xml"))).expect("a golden message")
}

/// With another value in the first element of that name; declarations have a prefix, receipts have none.
fn with(xml: &str, name: &str, value: &str) -> String {
    for open in [format!("<ceb:{name}>"), format!("<{name}>")] {
        if let Some(at) = xml.find(&open) {
            let from = at + open.len();
            let to = from + xml[from..].find("</").expect("a closed element");
            return format!("{}{value}{}", &xml[..from], &xml[to..]);
        }
    }
    panic!("no {name} in {xml}");
}

/// The value of the first element of that name.
fn value<'a>(xml: &'a str, name: &str) -> &'a str {
    let open = format!("<ceb:{name}>");
    let from = xml.find(&open).expect("the element") + open.len();
    &xml[from..from + xml[from..].find('<').expect("a closed element")]
}

/// The same documents in another message.
fn in_message(xml: &str, number: u32) -> String {
    let at = xml.find("guid=\"").expect("a message has a guid") + 6;
    format!("{}{number:08X}-BBBB-4BBB-8BBB-{number:012X}{}", &xml[..at], &xml[at + 36..])
}

fn declarations() -> impl Iterator<Item = &'static Spec> {
    SPECS.iter().filter(|spec| matches!(spec.part, Part::Declaration(_)))
}

fn notices() -> impl Iterator<Item = &'static Spec> {
    SPECS.iter().filter(|spec| spec.part == Part::Notice)
}

/// What must be there before a document of a type can be taken or stored.
fn before(kind: MessageType) -> &'static [MessageType] {
    use MessageType::*;
    match kind {
        Ceb621 => &[Ceb311, Ceb411, Ceb511],
        Ceb623 | Ceb625 | Ceb816 | Ceb818 => &[Ceb311, Ceb411, Ceb511, Ceb621],
        Ceb603 => &[Ceb303, Ceb505],
        Ceb605 => &[Ceb303, Ceb505, Ceb603],
        Ceb792 => &[Ceb701],
        _ => &[],
    }
}

/// The official code of a second document with the same numbers; export has none.
fn duplicate(kind: MessageType) -> i32 {
    match kind {
        MessageType::Ceb311 => -301_010,
        MessageType::Ceb411 => -401_007,
        MessageType::Ceb511 => -504_015,
        MessageType::Ceb513 => -505_012,
        MessageType::Ceb621 => -621_004,
        MessageType::Ceb623 => -623_009,
        MessageType::Ceb625 => -625_033,
        MessageType::Ceb711 => -800_003,
        _ => 0,
    }
}

fn assert_fits(set: &SchemaSet, xml: &[u8], root: MessageType) {
    let text = std::str::from_utf8(xml).expect("receipts are UTF-8");
    assert!(text.contains(&format!("<{} ", root.root_name())), "{text}");
    let report = set.validate(text, &mut NoSink);
    assert!(report.is_valid(), "{:#?}\n{text}", report.faults);
}

impl TestNode {
    async fn give(&self, caller: &Caller, xml: &str) -> Applied {
        self.node.intake.submit(caller, Bytes::from(xml.to_owned())).await.expect("it is taken")
    }

    /// Whoever the golden message of a type names as its sender.
    fn speaker(&self, kind: MessageType) -> Caller {
        if notices().any(|spec| spec.kind == kind) {
            return self.caller("CUSTOMS001");
        }
        self.caller(value(&golden(kind), "copCode"))
    }

    /// Sends what a type needs, and has customs number the list or the consolidation.
    async fn prepare(&self, kind: MessageType) {
        let needed = before(kind);
        for other in needed {
            let applied = self.give(&self.speaker(*other), &golden(*other)).await;
            assert_eq!(applied.outcome.events[0].rejections, [], "{other:?} before {kind:?}");
        }
        match needed.last() {
            Some(list @ MessageType::Ceb621) => self.number(*list, IMPORT_LIST).await,
            Some(list @ MessageType::Ceb603) => self.number(*list, EXPORT_LIST).await,
            Some(list @ MessageType::Ceb701) => self.number(*list, "461220260000000001").await,
            _ => {}
        }
    }

    async fn number(&self, kind: MessageType, number: &str) {
        let xml = golden(kind);
        let mut keys = Keys {
            agent_code: value(&xml, "agentCode").to_owned(),
            cop_no: value(&xml, "copNo").to_owned(),
            ..Keys::default()
        };
        let given = kind.spec().and_then(|spec| spec.given).expect("customs numbers it");
        keys.set(given, number);
        let decision = Decision { guid: "N".to_owned(), kind: kind as i32, keys, status: 399, ..Decision::default() };
        let applied = self.node.intake.decide(&self.caller("CUSTOMS001"), decision).await.expect("it is recorded");
        let event = &applied.outcome.events[0];
        assert_eq!(event.effect, Effect::Applied as i32, "{event:#?}");
    }

    async fn subscribe(&self, caller: &Caller, view: View, filter: Filter) {
        let subscription =
            Subscription { name: "b".to_owned(), view: view as i32, filter: Some(filter), ..Subscription::default() };
        let change = SubscriptionChange::Create(subscription, StartAt::Earliest);
        self.node.feed.change(caller, change).await.expect("it can be made");
    }

    /// The first delivery of a type.
    async fn delivered(&self, caller: &Caller, kind: MessageType) -> Delivery {
        let mut consumer = self.node.feed.consume(caller, "b").await.expect("it opens");
        loop {
            let next = tokio::time::timeout(Duration::from_secs(20), consumer.next()).await.expect("it comes in time");
            if let Item::Delivery(delivery) = next.expect("it is open")
                && delivery.event.message_type == kind as i32
            {
                return *delivery;
            }
        }
    }

    /// A caller of one role only, filed for the occasion.
    async fn of_role(&self, role: Role) -> Caller {
        let code = format!("ROLE{:06}", role as i32);
        let party = Party {
            code: code.clone(),
            name: "示例".to_owned(),
            roles: vec![role as i32],
            active: true,
            ..Party::default()
        };
        self.node.intake.file_party(PartyId::default(), party).await.expect("it can be filed");
        self.caller(&code)
    }
}

const ROLES: [Role; 9] = [
    Role::Platform,
    Role::Seller,
    Role::Payment,
    Role::Logistics,
    Role::Declarant,
    Role::Customs,
    Role::Statistics,
    Role::Operator,
    Role::SiteOperator,
];

#[tokio::test(flavor = "multi_thread")]
async fn every_declaration_is_taken_answered_repeated_and_refused_as_a_duplicate() {
    let set = carried().expect("the schemas compile");
    for spec in declarations() {
        let (kind, test) = (spec.kind, TestNode::start().await);
        test.prepare(kind).await;
        let (sender, xml) = (test.speaker(kind), golden(kind));
        let first = test.give(&sender, &xml).await;
        let event = &first.outcome.events[0];
        assert_eq!((event.kind, &event.rejections), (EventKind::DocumentAccepted as i32, &vec![]), "{kind:?}");
        let declared = !spec.pre_no.is_empty();
        assert_eq!(event.status, if declared { 2 } else { 120 }, "{kind:?}");
        let pre_no = event.keys.clone().expect("numbers").pre_no;
        assert_eq!(pre_no.starts_with(spec.pre_no) && pre_no.len() == 18, declared, "{kind:?} {pre_no}");
        assert_fits(&set, &first.receipt_xml, kind.receipt());

        let again = test.give(&sender, &xml).await;
        assert!(again.replayed, "{kind:?}");
        assert_eq!((again.position, &again.receipt_xml), (first.position, &first.receipt_xml), "{kind:?}");
        assert_eq!(again.outcome, first.outcome, "{kind:?}");

        let second = test.give(&sender, &in_message(&xml, 2)).await;
        let refused = &second.outcome.events[0];
        let reason = refused.rejections.first().unwrap_or_else(|| panic!("{kind:?} was taken twice"));
        assert_eq!((reason.rule.as_str(), reason.official), ("R-ST-03", duplicate(kind)), "{kind:?}");
        assert_eq!(refused.status, if reason.official == 0 { -1 } else { reason.official }, "{kind:?}");
        assert_fits(&set, &second.receipt_xml, kind.receipt());

        // A whole message that is refused is answered with CEB900.
        let broken = xml.replacen("<ceb:appType>", "<ceb:appTypo/><ceb:appType>", 1);
        let failed = test.give(&sender, &in_message(&broken, 3)).await;
        assert_fits(&set, &failed.receipt_xml, MessageType::Ceb900);
        assert!(String::from_utf8_lossy(&failed.receipt_xml).contains(kind.root_name()), "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_roles_of_the_table_send_a_type() {
    let test = TestNode::start().await;
    for role in ROLES {
        let caller = test.of_role(role).await;
        for spec in declarations().chain(notices()) {
            let sent = test.node.intake.submit(&caller, golden(spec.kind).into()).await;
            if spec.senders.contains(&role) {
                // It has no right to these documents, but its message is taken and answered.
                assert!(sent.is_ok(), "{role:?} {:?}", spec.kind);
            } else {
                assert!(matches!(sent, Err(Error::Denied { .. })), "{role:?} {:?}: {sent:?}", spec.kind);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_needs_its_responsible_party_or_its_mandate() {
    for spec in declarations() {
        let (kind, test) = (spec.kind, TestNode::start().await);
        test.prepare(kind).await;
        let stranger = test.of_role(spec.senders[0]).await;
        let xml = with(&golden(kind), "copCode", &stranger.party.code);
        let refused = test.give(&stranger, &xml).await;
        let rules: Vec<&str> = refused.outcome.events[0].rejections.iter().map(|r| r.rule.as_str()).collect();
        assert_eq!(rules, ["R-ENT-07"], "{kind:?}");

        let mandate = single_window::domain::Mandate {
            agent_code: stranger.party.code.clone(),
            mandator_code: value(&xml, spec.responsible[0].name()).to_owned(),
            message_types: vec![kind as i32],
            from_ms: 1,
            to_ms: 0,
        };
        test.node.intake.file_mandate(PartyId::default(), mandate).await.expect("it can be filed");
        let taken = test.give(&stranger, &in_message(&xml, 2)).await;
        assert_eq!(taken.outcome.events[0].rejections, [], "{kind:?}");
        // What the stranger sent is not changed by the party that it speaks for.
        let owner = in_message(&golden(kind), 3);
        if kind != MessageType::Ceb623 {
            let other = test.give(&test.speaker(kind), &with(&owner, "appType", "2")).await;
            assert_eq!(other.outcome.events[0].rejections[0].rule, "R-ENT-08", "{kind:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_drafted_declared_changed_and_deleted() {
    for spec in declarations() {
        let (kind, test) = (spec.kind, TestNode::start().await);
        test.prepare(kind).await;
        let (sender, xml) = (test.speaker(kind), golden(kind));
        let statuses = |applied: &Applied| -> Vec<(i32, i32)> {
            let own = applied.outcome.events.iter().filter(|event| event.message_type == kind as i32);
            own.map(|event| (event.kind, event.status)).collect()
        };
        let (accepted, replaced) = (EventKind::DocumentAccepted as i32, EventKind::DocumentReplaced as i32);
        let draft = test.give(&sender, &with(&in_message(&xml, 1), "appStatus", "1")).await;
        assert_eq!(statuses(&draft), [(accepted, 1)], "{kind:?}");
        let declared = test.give(&sender, &in_message(&xml, 2)).await;
        assert_eq!(statuses(&declared)[..1], [(replaced, 9002)], "{kind:?}: {:#?}", declared.outcome.events);
        if kind == MessageType::Ceb623 {
            continue;
        }
        let old = with(&with(&in_message(&xml, 3), "appType", "2"), "appTime", "20200101000000");
        let old = test.give(&sender, &old).await;
        assert_eq!(old.outcome.events[0].rejections[0].rule, "R-SCH-10", "{kind:?}");
        let changed = test.give(&sender, &with(&in_message(&xml, 4), "appType", "2")).await;
        assert_eq!(statuses(&changed)[..1], [(replaced, 9002)], "{kind:?}: {:#?}", changed.outcome.events);
        let deleted = test.give(&sender, &with(&in_message(&xml, 5), "appType", "3")).await;
        assert_eq!(statuses(&deleted)[0], (EventKind::DocumentDeleted as i32, 9001), "{kind:?}");
        let gone = test.give(&sender, &with(&in_message(&xml, 6), "appType", "2")).await;
        assert_eq!(gone.outcome.events[0].rejections[0].rule, "R-ST-04", "{kind:?}");
        let anew = test.give(&sender, &in_message(&xml, 7)).await;
        assert_eq!(statuses(&anew)[0].0, accepted, "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn customs_decides_on_every_type_by_its_receipt_message_and_the_inbox_tells() {
    let set = carried().expect("the schemas compile");
    for spec in declarations() {
        let (kind, test) = (spec.kind, TestNode::start().await);
        test.prepare(kind).await;
        let (customs, sender) = (test.caller("CUSTOMS001"), test.speaker(kind));
        let own = Filter { message_types: vec![kind as i32], event_kinds: vec![8], ..Filter::default() };
        test.subscribe(&sender, View::Own, own.clone()).await;
        test.subscribe(&customs, View::Full, own.clone()).await;
        let statistics = test.caller("STATS00001");
        test.subscribe(&statistics, View::Statistics, own).await;
        let taken = test.give(&sender, &golden(kind)).await;
        // What the exchange answers has the form of what customs sends.
        let receipt = String::from_utf8(taken.receipt_xml.to_vec()).expect("UTF-8");
        let receipt = with(&with(&receipt, "returnStatus", "399"), "returnTime", "20260501130000000");
        let decided = test.node.intake.decide_xml(&customs, in_message(&receipt, 9).into()).await.expect("recorded");
        let event = &decided.outcome.events[0];
        assert_eq!((event.effect, event.status), (Effect::Applied as i32, 399), "{kind:?}: {event:#?}");
        let denied = test.node.intake.decide_xml(&sender, in_message(&receipt, 10).into()).await;
        assert!(matches!(denied, Err(Error::Denied { .. })), "{kind:?}");

        let inbox = test.delivered(&sender, kind).await;
        let Content::Receipt(xml) = &inbox.content else { panic!("an inbox holds receipts") };
        assert_fits(&set, xml, kind.receipt());
        let Content::Document(document) = test.delivered(&customs, kind).await.content else {
            panic!("customs gets the document of {kind:?}")
        };
        assert!(String::from_utf8_lossy(&document).starts_with(&format!("<ceb:{}>", spec.document)), "{kind:?}");
        let facts = test.delivered(&statistics, kind).await;
        let shown = format!("{facts:?}");
        for personal in ["王样甲", "410103199001010019", "10000000001", "样板路"] {
            assert!(!shown.contains(personal), "statistics of {kind:?} shows {personal}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_document_is_found_under_all_its_numbers() {
    for spec in declarations().chain(notices()) {
        let (kind, test) = (spec.kind, TestNode::start().await);
        test.prepare(kind).await;
        let (sender, xml) = (test.speaker(kind), golden(kind));
        let taken = test.give(&sender, &xml).await;
        let at = taken.outcome.events[0].document.expect("a document");
        let fields = ["orderNo", "logisticsNo", "invtNo", "billNo", "sumNo", "declSeqNo", "taxNo", "payNo", "copNo"];
        for field in fields.into_iter().filter(|field| xml.contains(&format!("<ceb:{field}>"))) {
            let traced = test.node.reader.trace(&sender, value(&xml, field), None).expect("readable");
            assert!(traced.documents.iter().any(|found| found.id == at), "{kind:?} by {field}");
            assert!(traced.happenings.iter().any(|happening| happening.event.document == Some(at)), "{kind:?}");
        }
        let stranger = test.of_role(Role::Seller).await;
        let hidden = test.node.reader.trace(&stranger, value(&xml, "guid"), None).expect("readable");
        assert!(hidden.documents.is_empty(), "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_speaks_of_a_trade_is_found_with_it_and_nobody_elses() {
    let test = TestNode::start().await;
    test.prepare(MessageType::Ceb623).await;
    use MessageType::{Ceb513, Ceb621, Ceb623, Ceb625, Ceb711, Ceb816, Ceb818};
    for kind in [Ceb513, Ceb623, Ceb625, Ceb711, Ceb816, Ceb818] {
        let xml = golden(kind);
        // The golden messages of import name one order and one waybill.
        let list = golden(Ceb621);
        let mut xml = xml;
        for field in ["orderNo", "logisticsNo"] {
            if xml.contains(&format!("<ceb:{field}>")) {
                xml = with(&xml, field, value(&list, field));
            }
        }
        let applied = test.give(&test.speaker(kind), &xml).await;
        assert_eq!(applied.outcome.events[0].rejections, [], "{kind:?}");
    }
    let list = golden(Ceb621);
    let types = |caller: &Caller, number: &str| -> Vec<i32> {
        let traced = test.node.reader.trace(caller, number, None).expect("readable");
        traced.documents.iter().map(|found| found.event.message_type).collect()
    };
    let declarant = test.speaker(Ceb621);
    for number in [value(&list, "orderNo"), value(&list, "logisticsNo"), IMPORT_LIST, "TAX20260501000001"] {
        // The warehouse-in list is of many trades, and the declarant's is only this one.
        assert_eq!(types(&declarant, number), [311, 411, 511, 621, 513, 623, 625, 816, 818], "{number}");
    }
    let site = test.speaker(Ceb711);
    assert_eq!(types(&site, value(&list, "logisticsNo")), [711], "a site operator sees its own only");
    let customs = test.caller("CUSTOMS001");
    assert_eq!(types(&customs, value(&list, "logisticsNo")).len(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_of_many_trades_comes_in_pages() {
    let test = TestNode::start().await;
    let (sender, xml) = (test.speaker(MessageType::Ceb607), golden(MessageType::Ceb607));
    let count = 300;
    for number in 0..count {
        let xml = with(&in_message(&xml, number + 1), "copNo", &format!("PAGE{number}"));
        test.give(&sender, &xml).await;
    }
    let (mut found, mut after, mut pages) = (std::collections::BTreeSet::new(), None, 0);
    loop {
        let page = test.node.reader.trace(&sender, value(&xml, "billNo"), after).expect("readable");
        pages += 1;
        for document in page.documents {
            assert!(found.insert(document.id), "{:?} is on two pages", document.id);
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!((found.len(), pages), (count as usize, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn cancellations_and_returns_need_a_list_that_is_known() {
    for (kind, code) in [(MessageType::Ceb623, -623_003), (MessageType::Ceb625, -625_204), (MessageType::Ceb605, 0)] {
        let test = TestNode::start().await;
        let (sender, xml) = (test.speaker(kind), golden(kind));
        let unknown = test.give(&sender, &xml).await;
        let reason = &unknown.outcome.events[0].rejections[0];
        assert_eq!((reason.rule.as_str(), reason.official), ("R-ST-06", code), "{kind:?}");
        assert!(reason.message_zh.contains(value(&xml, "invtNo")), "{}", reason.message_zh);
        test.prepare(kind).await;
        let known = test.give(&sender, &in_message(&xml, 2)).await;
        assert_eq!(known.outcome.events[0].rejections, [], "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_has_one_live_cancellation() {
    for (kind, code) in [(MessageType::Ceb623, -623_009), (MessageType::Ceb605, 0)] {
        let test = TestNode::start().await;
        test.prepare(kind).await;
        let (sender, xml) = (test.speaker(kind), golden(kind));
        test.give(&sender, &xml).await;
        let other = with(&in_message(&xml, 2), "copNo", "OTHER1");
        let second = test.give(&sender, &other).await;
        let reason = &second.outcome.events[0].rejections[0];
        assert_eq!((reason.rule.as_str(), reason.official), ("R-ST-03", code), "{kind:?}");
        assert!(reason.path.ends_with("/invtNo"), "{}", reason.path);
        // Customs rejects the first; then another may follow.
        let keys = Keys {
            agent_code: value(&xml, "agentCode").to_owned(),
            cop_no: value(&xml, "copNo").to_owned(),
            ..Keys::default()
        };
        let decision = Decision { guid: "R".to_owned(), kind: kind as i32, keys, status: 100, ..Decision::default() };
        test.node.intake.decide(&test.caller("CUSTOMS001"), decision).await.expect("it is recorded");
        let third = test.give(&sender, &in_message(&other, 3)).await;
        assert_eq!(third.outcome.events[0].rejections, [], "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_parts_of_a_split_document_are_documents_of_their_own() {
    use MessageType::{Ceb507, Ceb509, Ceb607, Ceb701};
    for kind in [Ceb507, Ceb509, Ceb607, Ceb701] {
        let test = TestNode::start().await;
        let (sender, xml) = (test.speaker(kind), with(&golden(kind), "msgCount", "2"));
        let part = |number: u32, text: &str| with(&in_message(&xml, number), "msgSeqNo", text);
        for (number, text) in [(1, "2"), (2, "1")] {
            let taken = test.give(&sender, &part(number, text)).await;
            assert_eq!(taken.outcome.events[0].rejections, [], "{kind:?} part {text}");
        }
        let again = test.give(&sender, &part(3, "02")).await;
        assert_eq!(again.outcome.events[0].rejections[0].rule, "R-ST-03", "{kind:?}: 02 is part 2");
        for (number, text) in [(4, "0"), (5, "3")] {
            let beyond = test.give(&sender, &part(number, text)).await;
            assert_eq!(beyond.outcome.events[0].rejections[0].rule, "R-SCH-15", "{kind:?} part {text}");
        }
        // Without its part a decision could mean either; with it, it means one.
        let mut keys = Keys { cop_no: value(&xml, "copNo").to_owned(), ..Keys::default() };
        let customs = test.caller("CUSTOMS001");
        for (part, effect) in [("", Effect::UnknownDocument), ("2", Effect::Applied), ("1", Effect::Applied)] {
            part.clone_into(&mut keys.msg_seq_no);
            if kind == Ceb701 {
                // Both parts get the one number of the consolidation.
                keys.sum_no = if part.is_empty() { String::new() } else { "461220260000000001".to_owned() };
                keys.agent_code = value(&xml, "agentCode").to_owned();
            }
            let decision = Decision {
                guid: format!("D{part}"),
                kind: kind as i32,
                keys: keys.clone(),
                status: 399,
                ..Decision::default()
            };
            let decided = test.node.intake.decide(&customs, decision).await.expect("it is recorded");
            let event = &decided.outcome.events[0];
            assert_eq!(event.effect, effect as i32, "{kind:?} part {part:?}");
            if effect == Effect::Applied {
                assert_eq!(event.keys.clone().expect("numbers").msg_seq_no, part);
            }
        }
        let traced = test.node.reader.trace(&sender, value(&xml, "copNo"), None).expect("readable");
        assert_eq!(traced.documents.len(), 2, "{kind:?}");
        if kind == Ceb701 {
            let traced = test.node.reader.trace(&sender, "461220260000000001", None).expect("readable");
            assert_eq!(traced.documents.len(), 2);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_of_customs_reach_those_who_answer_for_the_list() {
    for spec in notices() {
        let (kind, test) = (spec.kind, TestNode::start().await);
        test.prepare(kind).await;
        // The one who answers for the list or consolidation, though the notice need not name it.
        let declarant = test.caller(value(&golden(MessageType::Ceb621), "agentCode"));
        let of_kind = Filter { message_types: vec![kind as i32], ..Filter::default() };
        test.subscribe(&declarant, View::Own, of_kind.clone()).await;
        let customs = test.caller("CUSTOMS001");
        test.subscribe(&customs, View::Full, Filter { customs_codes: vec!["4612".to_owned()], ..of_kind }).await;
        let xml = golden(kind);
        let taken = test.give(&customs, &xml).await;
        assert_eq!(taken.outcome.events[0].rejections, [], "{kind:?}");
        assert!(taken.receipt_xml.is_empty(), "the standard has no receipt for {kind:?}");
        let told = test.delivered(&declarant, kind).await;
        assert_eq!(told.event.document, taken.outcome.events[0].document);
        let Content::Document(_) = test.delivered(&customs, kind).await.content else {
            panic!("it goes by the office of its list")
        };
        // It comes again as things move on.
        let again = test.give(&customs, &in_message(&xml, 2)).await;
        assert_eq!(again.outcome.events[0].kind, EventKind::DocumentReplaced as i32, "{kind:?}");

        let mut elsewhere = (*customs.party).clone();
        elsewhere.code = "CUSTOMS002".to_owned();
        elsewhere.customs_codes = vec!["0101".to_owned()];
        test.node.intake.file_party(PartyId::default(), elsewhere).await.expect("it can be filed");
        let foreign = test.give(&test.caller("CUSTOMS002"), &in_message(&xml, 3)).await;
        assert_eq!(foreign.outcome.events[0].rejections[0].rule, "R-ST-11", "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_list_is_stored_when_order_and_waybill_are_there() {
    let test = TestNode::start().await;
    use MessageType::{Ceb303, Ceb505, Ceb603};
    let list = test.give(&test.speaker(Ceb603), &golden(Ceb603)).await;
    assert_eq!(list.outcome.events[0].waiting.len(), 2);
    test.give(&test.speaker(Ceb303), &golden(Ceb303)).await;
    let last = test.give(&test.speaker(Ceb505), &golden(Ceb505)).await;
    let matched = last.outcome.events.iter().find(|event| event.kind == EventKind::Matched as i32);
    assert_eq!(matched.map(|event| (event.message_type, event.status)), Some((603, 120)));
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_of_foreign_platforms_without_a_code_are_told_apart_by_their_seller() {
    let test = TestNode::start().await;
    let (platform, seller) = (test.speaker(MessageType::Ceb303), test.caller("91410100MA95WEBC08"));
    let foreign = with(&golden(MessageType::Ceb303), "ebpCode", "无");
    let own = test.give(&seller, &with(&foreign, "copCode", &seller.party.code)).await;
    assert_eq!(own.outcome.events[0].rejections, []);
    let other = with(&in_message(&foreign, 2), "ebcCode", &platform.party.code);
    let other = test.give(&platform, &other).await;
    assert_eq!(other.outcome.events[0].rejections, [], "another seller's order of the same number");
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_of_every_type_and_outcome_pass_xmllint() {
    if std::process::Command::new("xmllint").arg("--version").output().is_err() {
        eprintln!("xmllint is not installed (Debian: libxml2-utils): nothing was compared");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for spec in declarations() {
        let (kind, test) = (spec.kind, TestNode::start().await);
        // A list without its documents waits.
        let mut receipts = vec![(kind.receipt(), test.give(&test.speaker(kind), &golden(kind)).await.receipt_xml)];
        test.prepare(kind).await;
        let (sender, xml) = (test.speaker(kind), golden(kind));
        for (number, xml) in [(2, xml.clone()), (3, xml.clone()), (4, with(&xml, "appStatus", "1"))] {
            receipts.push((kind.receipt(), test.give(&sender, &in_message(&xml, number)).await.receipt_xml));
        }
        let broken = in_message(&xml.replacen("<ceb:appType>", "<ceb:appTypo/><ceb:appType>", 1), 5);
        receipts.push((MessageType::Ceb900, test.give(&sender, &broken).await.receipt_xml));
        receipts.push((MessageType::Ceb900, test.give(&sender, "<cut").await.receipt_xml));
        for (number, (receipt, xml)) in receipts.iter().enumerate() {
            let file = folder.path().join(format!("{}-{number}.xml", kind as i32));
            std::fs::write(&file, xml).expect("writable");
            let schema = root.join(format!("schemas/202205/{}.xsd", receipt.root_name()));
            let judged = std::process::Command::new("xmllint")
                .args(["--noout", "--nonet", "--schema"])
                .args([&schema, &file])
                .output()
                .expect("it runs");
            assert!(judged.status.success(), "{kind:?} {number}: {}", String::from_utf8_lossy(&judged.stderr));
        }
    }
}

#[test]
fn the_documentation_has_the_table_of_types() {
    let docs = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/concepts.md")).expect("docs");
    let role = |role: &Role| match role {
        Role::SiteOperator => "site operator".to_owned(),
        other => format!("{other:?}").to_lowercase(),
    };
    for spec in declarations().chain(notices()) {
        let senders: Vec<String> = spec.senders.iter().map(role).collect();
        let responsible: Vec<&str> = spec.responsible.iter().map(|field| field.name()).collect();
        let numbers = |identity: &single_window::domain::Identity| {
            let fields = std::iter::once(&identity.number).chain(identity.further);
            fields.map(|field| field.name()).collect::<Vec<_>>().join(" + ")
        };
        let identities: Vec<String> = spec.identity.iter().map(numbers).collect();
        let receipt = match spec.part {
            Part::Declaration(receipt) => (receipt as i32).to_string(),
            _ => "none".to_owned(),
        };
        let row = format!(
            "| {} | {} {} | {} | {} | {} | {receipt} | {} |",
            spec.kind as i32,
            spec.title.0,
            spec.title.1,
            senders.join(", "),
            responsible.join(", "),
            identities.join("; "),
            if spec.pre_no.is_empty() { "stored" } else { "declared" }
        );
        assert!(docs.contains(&row), "docs/concepts.md lacks\n{row}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_comes_through_the_doors() {
    use crate::harness::{Harness, http};
    use single_window::pb::v1 as pb;
    use single_window::pb::v1::declaration_service_client::DeclarationServiceClient;
    let exchange = Harness::start().await;
    let names = [
        ("91410100MA95WPTA0C", "platform"),
        ("91410100MA95WPAY06", "payment"),
        ("410116W001", "logistics"),
        ("91410100MA95WAGT06", "declarant"),
        ("410116W003", "site"),
    ];
    for spec in declarations().chain(notices()) {
        let (kind, xml) = (spec.kind, golden(spec.kind));
        let sender = match spec.part {
            Part::Notice => "customs",
            _ => names.iter().find(|(code, _)| *code == value(&xml, "copCode")).expect("a demo party").1,
        };
        let head = format!("POST /v1/messages HTTP/1.1\r\ncontent-length: {}", xml.len());
        let answer = http(exchange.address, exchange.client(sender, "http/1.1"), &head, xml.as_bytes()).await;
        let answer = answer.expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.starts_with("HTTP/1.1 200"), "{kind:?}: {answer}");
        let json: serde_json::Value = serde_json::from_str(body).expect("JSON");
        assert_eq!(
            (&json["message_type"], &json["outcome"]),
            (&kind.root_name().into(), &"accepted".into()),
            "{kind:?}"
        );
        for field in ["copNo", "billNo", "operatorCode", "taxNo", "sumNo", "msgSeqNo"] {
            if xml.contains(&format!("<ceb:{field}>")) {
                assert_eq!(json["documents"][0]["keys"][field], value(&xml, field), "{kind:?} {body}");
            }
        }
        let mut declaration = DeclarationServiceClient::new(exchange.channel(sender).await);
        let valid = declaration.validate(pb::ValidateRequest { xml: xml.clone().into() }).await.expect("an answer");
        assert!(valid.into_inner().valid, "{kind:?}");
        let again = declaration.submit(pb::SubmitRequest { xml: xml.clone().into() }).await.expect("an answer");
        assert!(again.into_inner().replayed, "{kind:?}: both doors lead to one record");
        let messages = [2, 3].map(|sequence| pb::SubmitStreamRequest {
            sequence,
            xml: in_message(&xml, u32::try_from(sequence).expect("small")).into(),
        });
        let stream = declaration.submit_stream(tokio_stream::iter(messages)).await.expect("a stream");
        let mut stream = stream.into_inner();
        let mut answered = 0;
        while let Some(answer) = stream.message().await.expect("an answer") {
            assert!(matches!(answer.result, Some(pb::submit_stream_response::Result::Receipt(_))), "{kind:?}");
            answered += 1;
        }
        assert_eq!(answered, 2, "{kind:?}");
    }
    exchange.stop().await;
}
