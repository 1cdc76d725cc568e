//! What cancellations, returns, arrivals, departures, signing and consolidations do to lists, and the worklist (logic 2).
#![expect(clippy::indexing_slicing, reason = "a test that panics has failed")]

use crate::harness::Harness;
use crate::node::{NOON, TestNode};
use bytes::Bytes;
use single_window::domain::{Caller, Effect, Event, EventKind, Keys, MessageType, Party, PartyId, Role, Timestamp};
use single_window::intake::{Applied, Decision};
use single_window::pb::v1 as pb;
use single_window::pb::v1::clearance_service_client::ClearanceServiceClient;
use single_window::pb::v1::declaration_service_client::DeclarationServiceClient;
use std::path::Path;

pub(crate) const IMPORT_LIST: &str = "46122026I000000001";
pub(crate) const EXPORT_LIST: &str = "46122026E000000001";
const DAY_MS: i64 = 24 * 3_600_000;

/// The golden message of a type that belongs to one trade.
pub(crate) fn golden(kind: MessageType) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/CEB{}", kind as i32));
    let of_trade = std::fs::read_to_string(folder.join("valid-trade.xml"));
    of_trade.or_else(|_| std::fs::read_to_string(folder.join("valid.xml"))).expect("a golden message")
}

/// With another value in the first element of that name.
pub(crate) fn with(xml: &str, name: &str, value: &str) -> String {
    let open = format!("<ceb:{name}>");
    let from = xml.find(&open).unwrap_or_else(|| panic!("no {name}")) + open.len();
    let to = from + xml[from..].find('<').expect("a closed element");
    format!("{}{value}{}", &xml[..from], &xml[to..])
}

/// With an element put before another one.
fn with_before(xml: &str, next: &str, name: &str, value: &str) -> String {
    xml.replacen(&format!("<ceb:{next}>"), &format!("<ceb:{name}>{value}</ceb:{name}><ceb:{next}>"), 1)
}

pub(crate) fn value(xml: &str, name: &str) -> String {
    let open = format!("<ceb:{name}>");
    let from = xml.find(&open).unwrap_or_else(|| panic!("no {name}")) + open.len();
    xml[from..from + xml[from..].find('<').expect("a closed element")].to_owned()
}

/// The same documents in another message.
pub(crate) fn in_message(xml: &str, number: u32) -> String {
    let at = xml.find("guid=\"").expect("a message has a guid") + 6;
    format!("{}{number:08X}-CCCC-4CCC-8CCC-{number:012X}{}", &xml[..at], &xml[at + 36..])
}

impl TestNode {
    pub(crate) async fn hand_in(&self, kind: MessageType, xml: &str) -> Applied {
        let caller = if kind == MessageType::Ceb792 { "CUSTOMS001".to_owned() } else { value(xml, "copCode") };
        let applied = self.node.intake.submit(&self.caller(&caller), Bytes::from(xml.to_owned())).await;
        applied.expect("it is taken")
    }

    /// Sends what must be taken.
    pub(crate) async fn take(&self, kind: MessageType, xml: &str) -> Applied {
        let applied = self.hand_in(kind, xml).await;
        let refused: Vec<_> = applied.outcome.events.iter().flat_map(|event| &event.rejections).collect();
        assert!(refused.is_empty() && applied.outcome.rejections.is_empty(), "{kind:?}: {applied:#?}");
        applied
    }

    /// Rules for which a message is refused.
    async fn rules(&self, kind: MessageType, xml: &str) -> Vec<(String, i32)> {
        let applied = self.hand_in(kind, xml).await;
        let rejections = applied.outcome.events.iter().flat_map(|event| event.rejections.clone());
        rejections.map(|rejection| (rejection.rule, rejection.official)).collect()
    }

    /// Customs decides at a time; the events of it.
    pub(crate) async fn decided(
        &self,
        kind: MessageType,
        number: (&str, &str),
        code: i32,
        at: Timestamp,
    ) -> Vec<Event> {
        self.decision(kind, number, code, at).await.outcome.events.clone()
    }

    /// The same with all that is known of its entry.
    pub(crate) async fn decision(&self, kind: MessageType, number: (&str, &str), code: i32, at: Timestamp) -> Applied {
        let mut keys = Keys::default();
        let xml = golden(kind);
        if xml.contains("<ceb:agentCode>") {
            keys.agent_code = value(&xml, "agentCode");
        }
        let field = single_window::domain::Field::of_name(number.0).expect("a field");
        keys.set(field, number.1);
        if let Some(given) = kind.spec().and_then(|spec| spec.given) {
            let lists = [(MessageType::Ceb621, IMPORT_LIST), (MessageType::Ceb603, EXPORT_LIST)];
            let known = lists.iter().find(|(list, _)| *list == kind).map_or("461220260000000001", |(_, number)| number);
            if keys.get(given).is_empty() {
                keys.set(given, known);
            }
        }
        if xml.contains("<ceb:msgSeqNo>") {
            keys.msg_seq_no = "1".to_owned();
        }
        let guid = format!("{kind:?}{code}{}", at.0);
        let decision = Decision { guid, kind: kind as i32, keys, status: code, time_ms: at.0, ..Decision::default() };
        self.node.intake.decide(&self.caller("CUSTOMS001"), decision).await.expect("it is recorded")
    }

    /// An import list that customs has brought to a status.
    pub(crate) async fn imported(&self, statuses: &[i32], at: Timestamp) -> String {
        for kind in [MessageType::Ceb311, MessageType::Ceb411, MessageType::Ceb511, MessageType::Ceb621] {
            self.take(kind, &golden(kind)).await;
        }
        let cop_no = value(&golden(MessageType::Ceb621), "copNo");
        for (index, code) in (0..).zip(statuses) {
            let at = Timestamp(at.0 + index);
            let events = self.decided(MessageType::Ceb621, ("copNo", &cop_no), *code, at).await;
            assert_eq!(events[0].effect, Effect::Applied as i32, "{events:#?}");
        }
        cop_no
    }

    /// An export list of the consolidated kind that customs has brought to a status.
    pub(crate) async fn exported(&self, statuses: &[i32], at: Timestamp) {
        for kind in [MessageType::Ceb303, MessageType::Ceb505] {
            self.take(kind, &golden(kind)).await;
        }
        self.take(MessageType::Ceb603, &with(&golden(MessageType::Ceb603), "statisticsFlag", "B")).await;
        for (index, code) in (0..).zip(statuses) {
            let at = Timestamp(at.0 + index);
            let events = self.decided(MessageType::Ceb603, ("copNo", "C603000001"), *code, at).await;
            assert_eq!(events[0].effect, Effect::Applied as i32, "{events:#?}");
        }
    }

    async fn other_declarant(&self) -> Caller {
        let party = Party {
            code: "91410100MA95WXXX1T".to_owned(),
            name: "另一示例报关有限公司".to_owned(),
            roles: vec![Role::Declarant as i32],
            active: true,
            ..Party::default()
        };
        self.node.intake.file_party(PartyId::default(), party.clone()).await.expect("it can be filed");
        self.caller(&party.code)
    }
}

pub(crate) fn of_kind(events: &[Event], kind: EventKind) -> Vec<&Event> {
    events.iter().filter(|event| event.kind == kind as i32).collect()
}

pub(crate) fn named<'a>(event: &'a Event, name: &str) -> &'a str {
    event.values.iter().find(|value| value.name == name).map_or("", |value| value.value.as_str())
}

pub(crate) fn after(days: i64) -> Timestamp {
    Timestamp(NOON.0 + days * DAY_MS)
}

#[tokio::test(flavor = "multi_thread")]
async fn customs_consent_cancels_the_list_once_and_frees_its_documents() {
    let test = TestNode::start_clearance().await;
    let cop_no = test.imported(&[399], NOON).await;
    let cancel = golden(MessageType::Ceb623);
    let cancellation = test.take(MessageType::Ceb623, &cancel).await.outcome.events[0].document;
    let events = test.decided(MessageType::Ceb623, ("copNo", "C623000001"), 399, after(1)).await;
    let kinds: Vec<i32> = events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::Decided as i32, EventKind::Cancelled as i32]);
    assert_eq!((events[0].other, events[1].other), (events[1].document, cancellation), "each names the other");
    assert_eq!((events[1].status, named(&events[1], "statusBefore")), (9001, "399"));
    for again in [399, 800] {
        let events = test.decided(MessageType::Ceb623, ("copNo", "C623000001"), again, after(1)).await;
        assert!(of_kind(&events, EventKind::Cancelled).is_empty(), "{events:#?}");
    }
    let late = test.decided(MessageType::Ceb621, ("copNo", &cop_no), 800, after(2)).await;
    assert_eq!((late[0].effect, late[0].status), (Effect::Ignored as i32, 9001), "a cancelled list stays cancelled");
    let order = with(&in_message(&golden(MessageType::Ceb311), 2), "appType", "2");
    test.take(MessageType::Ceb311, &order).await;
    test.take(MessageType::Ceb621, &in_message(&golden(MessageType::Ceb621), 3)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_its_declarant_cancels_a_list_and_only_in_time() {
    let test = TestNode::start_clearance().await;
    test.imported(&[399], NOON).await;
    let other = test.other_declarant().await;
    let mut foreign = golden(MessageType::Ceb623);
    for name in ["agentCode", "ebcCode", "copCode"] {
        foreign = with(&foreign, name, &other.party.code);
    }
    let rules = test.rules(MessageType::Ceb623, &in_message(&foreign, 2)).await;
    assert!(rules.contains(&("R-ST-06".to_owned(), -623_026)), "{rules:?}");
    let test = TestNode::start_clearance().await;
    test.imported(&[500], NOON).await;
    assert_eq!(test.rules(MessageType::Ceb623, &golden(MessageType::Ceb623)).await, [("R-ST-06".to_owned(), -623_005)]);
    // Released goods that are still there may be cancelled; once the parcel is signed for, no more.
    let test = TestNode::start_clearance().await;
    test.imported(&[800], NOON).await;
    let list = golden(MessageType::Ceb621);
    let signed = with(&golden(MessageType::Ceb513), "logisticsNo", &value(&list, "logisticsNo"));
    let events = test.take(MessageType::Ceb513, &signed).await.outcome.events.clone();
    assert_eq!(of_kind(&events, EventKind::SignedOff).len(), 1, "{events:#?}");
    assert_eq!(test.rules(MessageType::Ceb623, &golden(MessageType::Ceb623)).await, [("R-ST-06".to_owned(), -623_005)]);
}

/// A return of the list's own lines.
pub(crate) fn import_return() -> String {
    let list = golden(MessageType::Ceb621);
    let lines = &list[list.find("<ceb:InventoryList>").expect("lines")..];
    let back = golden(MessageType::Ceb625);
    with(&with(&back, "gcode", &value(lines, "gcode")), "unit", &value(lines, "unit"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_in_time_comes_back_with_its_lines() {
    let test = TestNode::start_clearance().await;
    test.imported(&[800], NOON).await;
    let xml = import_return();
    test.take(MessageType::Ceb625, &xml).await;
    // All of it is on its way back already.
    let second = with(&in_message(&xml, 2), "copNo", "C625000002");
    assert_eq!(test.rules(MessageType::Ceb625, &second).await, [("R-RET-02".to_owned(), -625_209)]);
    let events = test.decided(MessageType::Ceb625, ("copNo", "C625000001"), 399, after(45)).await;
    let [_, returned] = events.as_slice() else { panic!("two events: {events:#?}") };
    assert_eq!(returned.kind, EventKind::Returned as i32);
    let line = value(&xml[xml.find("<ceb:InvtRefundList>").expect("lines")..], "gnum");
    assert_eq!((named(returned, "timely"), named(returned, "quantities")), ("true", format!("{line}:1").as_str()));
    let again = test.decided(MessageType::Ceb625, ("copNo", "C625000001"), 800, after(45)).await;
    assert!(of_kind(&again, EventKind::Returned).is_empty(), "once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_is_judged_by_release_time_lines_and_declarant() {
    let test = TestNode::start_clearance().await;
    test.imported(&[800], after(-31)).await;
    assert_eq!(test.rules(MessageType::Ceb625, &import_return()).await, [("R-RET-01".to_owned(), -625_001)]);
    let test = TestNode::start_clearance().await;
    test.imported(&[800], after(-30)).await;
    let other = with(&in_message(&import_return(), 2), "gcode", "0101210010");
    assert_eq!(test.rules(MessageType::Ceb625, &other).await, [("R-RET-02".to_owned(), -625_209)]);
    let foreign = test.other_declarant().await;
    let mut xml = in_message(&import_return(), 3);
    for name in ["agentCode", "copCode"] {
        xml = with(&xml, name, &foreign.party.code);
    }
    assert_eq!(test.rules(MessageType::Ceb625, &xml).await, [("R-RET-03".to_owned(), -625_013)]);
    test.take(MessageType::Ceb625, &in_message(&import_return(), 4)).await;
    // Back on the 46th day: too late for its taxes.
    let events = test.decided(MessageType::Ceb625, ("copNo", "C625000001"), 399, after(16)).await;
    assert_eq!(named(of_kind(&events, EventKind::Returned)[0], "timely"), "false");
    let test = TestNode::start_clearance().await;
    test.imported(&[500], NOON).await;
    assert_eq!(test.rules(MessageType::Ceb625, &import_return()).await, [("R-RET-04".to_owned(), -625_001)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_linked_arrives_leaves_closes_and_is_consolidated_once() {
    let test = TestNode::start_clearance().await;
    test.exported(&[800], NOON).await;
    test.take(MessageType::Ceb607, &golden(MessageType::Ceb607)).await;
    for (kind, what) in [(MessageType::Ceb507, EventKind::Arrived), (MessageType::Ceb509, EventKind::Departed)] {
        let taken = test.take(kind, &golden(kind)).await;
        let told = of_kind(&taken.outcome.events, what);
        assert_eq!((told.len(), told[0].message_type), (1, 603), "{kind:?}");
    }
    let apply = golden(MessageType::Ceb701);
    assert_eq!(test.rules(MessageType::Ceb701, &in_message(&apply, 2)).await[0].0, "R-EXP-06", "it is not closed");
    test.decided(MessageType::Ceb603, ("copNo", "C603000001"), 899, after(0)).await;
    let applied = test.take(MessageType::Ceb701, &in_message(&apply, 3)).await;
    let accepted = &applied.outcome.events[0];
    assert_eq!((named(accepted, "lists"), named(accepted, "declarations"), named(accepted, "lines")), ("1", "1", "1"));
    assert!(named(accepted, "preview").contains("0409000000"), "{accepted:#?}");
    let second = with(&in_message(&apply, 4), "copNo", "C701000002");
    assert_eq!(test.rules(MessageType::Ceb701, &second).await[0].0, "R-EXP-06", "a list is in one application");
    test.decided(MessageType::Ceb701, ("copNo", "C701000001"), 100, after(0)).await;
    test.take(MessageType::Ceb701, &in_message(&second, 5)).await;
    let results = test.take(MessageType::Ceb792, &golden(MessageType::Ceb792)).await;
    let told = of_kind(&results.outcome.events, EventKind::Consolidated);
    assert_eq!(named(told[0], "declSeqNo"), "461220260000000002", "{:#?}", results.outcome.events);
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_lists_of_a_time_are_taken_in_together() {
    let test = TestNode::start_clearance().await;
    test.exported(&[800, 899], NOON).await;
    let apply = golden(MessageType::Ceb701);
    let without = &apply[..apply.find("<ceb:SummaryApplyList>").expect("lines")];
    let rest = &apply[apply.find("</ceb:SummaryApply>").expect("an end")..];
    let timed = |from: &str, to: &str, number: u32| {
        let xml = with_before(&format!("{without}{rest}"), "summaryFlag", "startTime", from);
        in_message(&with_before(&xml, "summaryFlag", "endTime", to), number)
    };
    let rules = test.rules(MessageType::Ceb701, &timed("20260301000000", "20260331235959", 2)).await;
    assert_eq!(rules[0].0, "R-EXP-06", "nothing was closed then");
    let applied = test.take(MessageType::Ceb701, &timed("20260501000000", "20260531235959", 3)).await;
    assert_eq!(named(&applied.outcome.events[0], "lists"), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_direct_purchase_stays_until_its_parcel_is_there() {
    let mut test = TestNode::start_clearance().await;
    let settings = single_window::sample::Settings {
        mode: single_window::sample::Mode::Direct,
        at: NOON,
        ..single_window::sample::Settings::default()
    };
    test.samples = single_window::sample::Generator::new(7, settings);
    let set = test.samples.set(1);
    let mut customs = (*test.caller("CUSTOMS001").party).clone();
    customs.customs_codes.push(set.list.customs_office.to_owned());
    test.node.intake.file_party(PartyId::default(), customs).await.expect("it can be filed");
    let mut pre_no = String::new();
    use single_window::sample::Kind;
    for kind in [Kind::Order, Kind::Payment, Kind::Waybill, Kind::List] {
        let message = test.message(kind, std::slice::from_ref(&set), 1);
        let applied = test.node.intake.submit(&test.sender(kind), message).await.expect("it is taken");
        let event = &applied.outcome.events[0];
        assert!(event.rejections.is_empty(), "{event:#?}");
        pre_no = event.keys.clone().expect("numbers").pre_no;
    }
    let early = test.decided(MessageType::Ceb621, ("preNo", &pre_no), 800, NOON).await;
    assert_eq!((early[0].effect, early[0].status), (Effect::Ignored as i32, 120));
    assert_eq!(early[0].rejections[0].rule, "R-EXP-10");
    let arrival = with(&golden(MessageType::Ceb711), "logisticsNo", &set.waybill.waybill_no);
    let arrived = test.take(MessageType::Ceb711, &arrival).await;
    assert_eq!(of_kind(&arrived.outcome.events, EventKind::Arrived).len(), 1);
    let released = test.decided(MessageType::Ceb621, ("preNo", &pre_no), 800, NOON).await;
    assert_eq!(released[0].effect, Effect::Applied as i32, "the same decision counts now: {released:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn exports_come_back_within_a_year_and_through_an_open_district() {
    let test = TestNode::start_clearance().await;
    test.exported(&[800], after(-366)).await;
    let back = with(&golden(MessageType::Ceb213), "invtNo", EXPORT_LIST);
    assert_eq!(test.rules(MessageType::Ceb213, &in_message(&back, 2)).await[0].0, "R-RET-05");
    let test = TestNode::start_clearance().await;
    test.exported(&[800], after(-90)).await;
    let list = golden(MessageType::Ceb603);
    let line = &list[list.find("<ceb:InventoryList>").expect("lines")..];
    let back = with(&back, "gcode", &value(line, "gcode"));
    test.take(MessageType::Ceb213, &in_message(&back, 3)).await;
    let number = value(&back, "coElNo");
    let events = test.decided(MessageType::Ceb213, ("coElNo", &number), 800, after(1)).await;
    let returned = of_kind(&events, EventKind::Returned)[0];
    assert_eq!((named(returned, "timely"), named(returned, "importTaxExempt")), ("true", "false"));
    assert_eq!(named(returned, "taxedBecause"), "food", "honey is food");
}

/// Through the doors: a consolidated export, its package number, and what its application becomes.
#[tokio::test(flavor = "multi_thread")]
async fn an_applicant_reads_what_its_consolidation_becomes_and_others_do_not() {
    let exchange = Harness::start().await;
    let submit = async |party: &str, xml: String| {
        let mut service = DeclarationServiceClient::new(exchange.channel(party).await);
        let receipt = service.submit(pb::SubmitRequest { xml: xml.into() }).await.expect("an answer").into_inner();
        let receipt = receipt.receipt.expect("a receipt");
        assert_eq!(receipt.outcome, pb::Outcome::Accepted as i32, "{receipt:#?}");
        receipt.documents[0].keys.clone().expect("numbers")
    };
    submit("platform", golden(MessageType::Ceb303)).await;
    submit("logistics", golden(MessageType::Ceb505)).await;
    let list = with(&golden(MessageType::Ceb603), "statisticsFlag", "B");
    let mut keys = submit("declarant", list.clone()).await;
    let link = with_before(&golden(MessageType::Ceb607), "logisticsNo", "totalPackageNo", "PALLET-7");
    submit("declarant", link).await;
    let mut customs = ClearanceServiceClient::new(exchange.channel("customs").await);
    keys.invt_no = EXPORT_LIST.to_owned();
    for (sequence, status) in [(1, 800), (2, 899)] {
        let decision = pb::Decision {
            guid: format!("D-{status}"),
            message_type: pb::MessageType::Ceb603 as i32,
            keys: Some(keys.clone()),
            status,
            ..Default::default()
        };
        let decision = Some(pb::decide_request::Decision::Typed(decision));
        let request = tokio_stream::once(pb::DecideRequest { sequence, decision });
        let answer = customs.decide(request).await.expect("a stream").into_inner().message().await.expect("an answer");
        assert_eq!(answer.expect("an answer").results[0].status, status);
    }
    let mut declarant = DeclarationServiceClient::new(exchange.channel("declarant").await);
    let request = pb::GetMatchReportRequest { number: EXPORT_LIST.to_owned(), ..Default::default() };
    let reports = declarant.get_match_report(request).await.expect("an answer").into_inner().reports;
    assert_eq!(reports[0].life.clone().expect("a life").total_package_no, "PALLET-7");

    submit("declarant", golden(MessageType::Ceb701)).await;
    let cop_no = value(&golden(MessageType::Ceb701), "copNo");
    let request = |number: &str| pb::GetConsolidationRequest { number: number.to_owned(), ..Default::default() };
    let found = declarant.get_consolidation(request(&cop_no)).await.expect("an answer").into_inner();
    let [declaration] = found.declarations.as_slice() else { panic!("one declaration: {found:#?}") };
    assert_eq!((declaration.list_count, declaration.lines.len()), (1, 1));
    assert_eq!(declaration.ebc_code, value(&list, "ebcCode"));
    let line = &declaration.lines[0];
    assert_eq!((line.gcode.as_str(), line.line_count), (value(&list, "gcode").as_str(), 1));
    let total = |text: &str| single_window::domain::Amount::parse(text).expect("a decimal");
    assert_eq!(total(&line.total_price), total(&value(&list, "totalPrice")));
    for (party, number) in [("payment", cop_no.as_str()), ("declarant", "NO-SUCH-NUMBER"), ("declarant", "C603000001")]
    {
        let mut other = DeclarationServiceClient::new(exchange.channel(party).await);
        let hidden = other.get_consolidation(request(number)).await.expect_err("not there, or not its own");
        assert_eq!(hidden.code(), tonic::Code::NotFound, "{party} {number}");
    }
    let empty = declarant.get_consolidation(request("")).await.expect_err("no number");
    assert_eq!(empty.code(), tonic::Code::InvalidArgument);
    exchange.stop().await;
}
