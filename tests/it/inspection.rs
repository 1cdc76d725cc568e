//! Draws that anybody can compute again, results of inspections, scores of risk.

use crate::harness::Harness;
use crate::node::{NOON, TestNode};
use single_window::domain::{DocRef, Event, EventKind, Keys, Outcome, Party, PartyId, Position, Role, Timestamp};
use single_window::intake::{Applied, Audited, Decision};
use single_window::ledger::{Ledger, MemoryLedger};
use single_window::pb::v1 as pb;
use single_window::pb::v1::declaration_service_client::DeclarationServiceClient;
use single_window::pb::v1::inspection_service_client::InspectionServiceClient;
use single_window::proof::sha256;
use single_window::sample::{self, Generator, Kind, Set, Settings};
use single_window::state::inspection::{
    Draws, InspectionChange, InspectionResult, ListDraw, Officers, SeedCommit, SeedReveal,
};
use single_window::state::{Entry, Machine, MemoryCells};
use single_window::tables::{Row, TableChange, TableName};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};
use tonic::Code;

const HOUR_MS: i64 = 3_600_000;
pub(crate) const CUSTOMS: &str = "CUSTOMS001";
pub(crate) const OPERATOR: &str = "OPERATOR01";

impl TestNode {
    /// With an operator, and a rate for every list.
    pub(crate) async fn start_drawing(per_10000: u32) -> TestNode {
        let test = TestNode::start_clearance().await;
        let operator = Party {
            code: OPERATOR.to_owned(),
            name: "示例运营机构".to_owned(),
            roles: vec![Role::Operator as i32],
            active: true,
            ..Party::default()
        };
        test.node.intake.file_party(PartyId(0), operator).await.expect("filed");
        let row = |key: &str| Row {
            key: key.to_owned(),
            values: vec![per_10000.to_string(), String::new()],
            source: "test".to_owned(),
            mark: "D".to_owned(),
            ..Row::default()
        };
        let factor = |key: &str| Row { values: vec![String::new(), "100".to_owned()], ..row(key) };
        let rows = vec![row("all"), row("grade:3"), factor("hs:1901"), factor("hs:3304"), factor("hs:2106")];
        let change = TableChange { table: TableName::Sampling.number(), rows, note: String::new() };
        let changed = test.node.intake.change_table(&test.caller(OPERATOR), "", change).await.expect("recorded");
        assert!(changed.outcome.rejections.is_empty(), "{:?}", changed.outcome.rejections);
        test
    }

    /// Sends the four documents of a set; the id of its stored list.
    pub(crate) async fn store(&self, set: &Set, number: u64) -> DocRef {
        let mut stored = None;
        for kind in [Kind::Order, Kind::Payment, Kind::Waybill, Kind::List] {
            let message = self.message(kind, std::slice::from_ref(set), number);
            let applied = self.node.intake.submit(&self.sender(kind), message).await.expect("it is taken");
            let matched = |event: &&Event| event.kind == EventKind::Matched as i32;
            stored = applied.outcome.events.iter().find(matched).and_then(|event| event.document).or(stored);
        }
        stored.expect("the set agrees")
    }

    pub(crate) async fn inspect(&self, change: InspectionChange) -> Applied {
        self.node.intake.inspect(&self.caller(CUSTOMS), "", change).await.expect("it is recorded")
    }

    pub(crate) async fn decide_on(&self, list: DocRef, status: i32) -> Outcome {
        let found = self.node.reader.document(&self.caller(CUSTOMS), list).expect("readable").expect("it is there");
        let pre_no = found.event.keys.expect("numbers").pre_no;
        let decision = Decision {
            guid: format!("{list:?}{status}"),
            kind: 621,
            keys: Keys { pre_no, ..Keys::default() },
            status,
            time_ms: 0,
            info: String::new(),
        };
        let applied = self.node.intake.decide(&self.caller(CUSTOMS), decision).await.expect("it is recorded");
        Outcome::clone(&applied.outcome)
    }

    async fn commit(&self, commitment: Vec<u8>) -> Applied {
        let commit =
            SeedCommit { period: "2026-05".to_owned(), to_ms: NOON.0 + HOUR_MS, commitment, ..SeedCommit::default() };
        self.node.intake.commit_period(&self.caller(CUSTOMS), "", commit).await.expect("it is recorded")
    }

    async fn reveal(&self, secret: Vec<u8>) -> Applied {
        let reveal = SeedReveal { period: "2026-05".to_owned(), secret };
        self.node.intake.reveal_period(&self.caller(CUSTOMS), "", reveal).await.expect("it is recorded")
    }

    fn audit(&self) -> Option<Audited> {
        self.node.reader.audit_draws("2026-05", DocRef::default(), 1000).expect("readable")
    }

    /// Applies the whole ledger again from nothing.
    pub(crate) fn replay(&self) -> (MemoryCells, Vec<Outcome>) {
        replay(&self.ledger)
    }
}

fn replay(ledger: &MemoryLedger) -> (MemoryCells, Vec<Outcome>) {
    let mut cells = MemoryCells::default();
    let mut machine = Machine::load(&cells).expect("memory can be read");
    let mut outcomes = Vec::new();
    for stored in ledger.read(Position(0), usize::MAX).expect("readable") {
        let entry = Entry::of_record(&stored.record).expect("it decodes");
        outcomes.push(machine.apply(&mut cells, &stored, entry).expect("memory can be written"));
    }
    (cells, outcomes)
}

fn rules(applied: &Applied) -> Vec<&str> {
    applied.outcome.rejections.iter().map(|rejection| rejection.rule.as_str()).collect()
}

fn value<'a>(event: &'a Event, name: &str) -> &'a str {
    event.values.iter().find(|named| named.name == name).map_or("", |named| named.value.as_str())
}

/// The first 16 hex digits that `openssl` gives for a subject under a secret in hex.
fn openssl(secret_hex: &str, subject: &str) -> String {
    let key = format!("hexkey:{secret_hex}");
    let mut child = Command::new("openssl")
        .args(["dgst", "-sha256", "-mac", "HMAC", "-macopt", &key, "-r"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("openssl is installed");
    child.stdin.take().expect("a pipe").write_all(subject.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("text")[..16].to_owned()
}

/// Drawn lists of a ledger by document, with their events.
fn drawn(outcomes: &[Outcome]) -> BTreeMap<DocRef, Event> {
    let events = outcomes.iter().flat_map(|outcome| &outcome.events);
    let drawn = events.filter(|event| event.kind == EventKind::Drawn as i32);
    drawn.filter_map(|event| event.document.map(|at| (at, event.clone()))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn draws_are_those_that_openssl_computes_from_the_revealed_secret() {
    let test = TestNode::start_drawing(5_000).await;
    let office = test.samples.set(0).list.customs_office.to_owned();
    let codes: Vec<String> = (1..=5).map(|number| format!("G{number}")).collect();
    let filed = test.inspect(InspectionChange::Officers(Officers { office, codes })).await;
    assert!(filed.outcome.rejections.is_empty());
    let committed = test.commit(Vec::new()).await;
    assert!(committed.outcome.rejections.is_empty(), "{:?}", committed.outcome.rejections);
    let commitment = value(&committed.outcome.events[0], "commitment").to_owned();
    let mut lists = BTreeMap::new();
    for number in 0..30 {
        let set = test.samples.set(number);
        let at = test.store(&set, number).await;
        lists.insert(at, format!("{}|{}", set.list.order_no, set.list.seller.code));
    }
    test.node.intake.draw_pending().await.expect("drawn");
    assert!(test.audit().is_none(), "nothing can be checked before the secret is revealed");
    test.clock.set(Timestamp(NOON.0 + HOUR_MS));
    let revealed = test.reveal(Vec::new()).await;
    let secret = value(&revealed.outcome.events[0], "secret").to_owned();
    let bytes: Vec<u8> =
        (0..secret.len()).step_by(2).map(|at| u8::from_str_radix(&secret[at..at + 2], 16).expect("hex")).collect();
    let digest: String = sha256(&[&bytes]).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digest, commitment, "the secret is the one that was committed to");

    let (_, outcomes) = test.replay();
    let drawn = drawn(&outcomes);
    for (at, subject) in &lists {
        let computed = openssl(&secret, subject);
        let is_low = u64::from_str_radix(&computed, 16).expect("hex") < u64::MAX / 2;
        assert_eq!(drawn.contains_key(at), is_low, "{subject} has {computed}");
        if let Some(event) = drawn.get(at) {
            assert_eq!((value(event, "value"), value(event, "ratePpm")), (computed.as_str(), "500000"));
            assert_eq!((value(event, "period"), value(event, "ruleVersion")), ("2026-05", "1"));
            let officer = u64::from_str_radix(&openssl(&secret, &format!("{subject}|officer")), 16).expect("hex");
            assert!(value(event, "officers").starts_with(&format!("G{},", officer % 5 + 1)), "{event:?}");
            let customs = test.caller(CUSTOMS).id.0;
            assert_eq!(event.owners, [customs], "the declarant is not told before customs decides");
        }
    }
    assert!((5..=25).contains(&drawn.len()), "{} of 30", drawn.len());
    let audited = test.audit().expect("revealed");
    let count = u64::try_from(drawn.len()).expect("few");
    assert_eq!((audited.checked, audited.drawn, audited.faults.len()), (30, count, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rate_follows_the_grade_at_acceptance() {
    let test = TestNode::start_drawing(0).await;
    test.commit(Vec::new()).await;
    let seller = test.samples.settings().parties.seller.code.to_string();
    let before = test.store(&test.samples.set(1), 1).await;
    let grade = single_window::domain::CreditGrade {
        code: seller,
        grade: "5".to_owned(),
        reason: "严重失信".to_owned(),
        ..single_window::domain::CreditGrade::default()
    };
    let filed = test.node.intake.file_credit(&test.caller(CUSTOMS), "", grade).await.expect("recorded");
    assert!(filed.outcome.rejections.is_empty(), "{:?}", filed.outcome.rejections);
    let after = test.store(&test.samples.set(2), 2).await;
    test.node.intake.draw_pending().await.expect("drawn");
    let (_, outcomes) = test.replay();
    let drawn = drawn(&outcomes);
    assert!(!drawn.contains_key(&before), "a rate of none draws nothing");
    assert_eq!(value(&drawn[&after], "ratePpm"), "1000000", "every list of a seriously dishonest firm is drawn");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_neither_swapped_nor_revealed_early_nor_committed_to_late() {
    let test = TestNode::start_drawing(5_000).await;
    let secret = vec![7; 32];
    let late = SeedCommit {
        period: "late".to_owned(),
        from_ms: NOON.0 - 1,
        to_ms: NOON.0 + 1,
        commitment: vec![0; 32],
        ..SeedCommit::default()
    };
    let late = test.node.intake.commit_period(&test.caller(CUSTOMS), "", late).await.expect("recorded");
    assert_eq!(rules(&late), ["R-RISK-02"]);
    assert!(test.commit(sha256(&[&secret]).to_vec()).await.outcome.rejections.is_empty());
    assert_eq!(rules(&test.commit(vec![1; 32]).await), ["R-RISK-02"], "one commitment a period");
    assert_eq!(rules(&test.reveal(secret.clone()).await), ["R-RISK-02"], "not before the end");
    test.clock.set(Timestamp(NOON.0 + HOUR_MS));
    assert_eq!(rules(&test.reveal(vec![8; 32]).await), ["R-RISK-02"], "another secret");
    assert!(test.reveal(secret.clone()).await.outcome.rejections.is_empty());
    assert_eq!(rules(&test.reveal(secret).await), ["R-RISK-02"], "once");
    let seller = test.samples.settings().parties.seller.code.clone();
    let commit = SeedCommit { period: "x".to_owned(), to_ms: i64::MAX, ..SeedCommit::default() };
    test.node.intake.commit_period(&test.caller(&seller), "", commit).await.expect_err("for customs only");
}

#[tokio::test(flavor = "multi_thread")]
async fn missed_and_wrong_draws_of_customs_own_secret_are_found() {
    let test = TestNode::start_drawing(5_000).await;
    let secret = vec![9; 32];
    test.commit(sha256(&[&secret]).to_vec()).await;
    let mut lists = Vec::new();
    for number in 0..3 {
        lists.push(test.store(&test.samples.set(number), number).await);
    }
    assert_eq!(test.node.intake.draw_pending().await.expect("nothing to do"), 0, "the exchange has no such secret");
    let set = test.samples.set(0);
    let secret_hex = "09".repeat(32);
    let subject = format!("{}|{}", set.list.order_no, set.list.seller.code);
    let right = u64::from_str_radix(&openssl(&secret_hex, &subject), 16).expect("hex");
    let officer = u64::from_str_radix(&openssl(&secret_hex, &format!("{subject}|officer")), 16).expect("hex");
    let draws = Draws {
        period: "2026-05".to_owned(),
        lists: vec![
            ListDraw { at: lists[0], value: right, officer_value: officer },
            ListDraw { at: lists[1], value: u64::MAX, officer_value: 1 },
            // A list that nobody knows is passed over.
            ListDraw { at: DocRef { position: 9_999_999, ordinal: 1 }, value: 1, officer_value: 1 },
        ],
        firms: Vec::new(),
    };
    let recorded = test.inspect(InspectionChange::Draws(draws.clone())).await;
    let last = recorded.outcome.events.last().expect("an event");
    assert_eq!(value(last, "recorded"), "2");
    let again = test.inspect(InspectionChange::Draws(draws)).await;
    assert_eq!(value(again.outcome.events.last().expect("an event"), "recorded"), "0", "nothing is drawn twice");
    test.clock.set(Timestamp(NOON.0 + HOUR_MS));
    test.reveal(secret).await;
    let audited = test.audit().expect("revealed");
    let faults: Vec<(&str, &str)> = audited.faults.iter().map(|fault| (fault.of.as_str(), fault.what)).collect();
    let ids: Vec<String> = lists.iter().map(|at| at.id()).collect();
    assert!(faults.contains(&(ids[1].as_str(), "WRONG_VALUE")), "{faults:?}");
    assert!(faults.contains(&(ids[2].as_str(), "MISSED")), "{faults:?}");
    assert!(!faults.iter().any(|(of, _)| *of == ids[0]), "{faults:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_draws_what_waited_and_nothing_twice() {
    let test = TestNode::start_drawing(10_000).await;
    test.commit(Vec::new()).await;
    for number in 0..5 {
        test.store(&test.samples.set(number), number).await;
    }
    test.node.intake.draw_pending().await.expect("drawn");
    let TestNode { node, ledger, clock, .. } = test;
    node.stop().await;
    let again = TestNode::over(ledger.clone(), clock);
    assert_eq!(again.intake.draw_pending().await.expect("nothing waits"), 0);
    again.stop().await;
    let (cells, outcomes) = replay(&ledger);
    assert_eq!(drawn(&outcomes).len(), 5);
    assert_eq!(replay(&ledger), (cells, outcomes));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_declared_again_for_its_order_has_the_same_draw() {
    let test = TestNode::start_drawing(10_000).await;
    test.commit(Vec::new()).await;
    let set = test.samples.set(1);
    let first = test.store(&set, 1).await;
    test.node.intake.draw_pending().await.expect("drawn");
    // Customs rejects; the same order is declared again.
    assert_eq!(test.decide_on(first, 100).await.events[0].status, 100);
    let mut again = set.clone();
    again.list.guid = "0F8FAD5B-D9CB-469F-A165-708677289500".to_owned();
    let message = sample::message(Kind::List, std::slice::from_ref(&again), &test.samples.transfer(Kind::List, 77));
    let applied = test.node.intake.submit(&test.sender(Kind::List), message.into()).await.expect("it is taken");
    let matched = applied.outcome.events.iter().any(|event| event.kind == EventKind::Matched as i32);
    assert!(matched, "{:#?}", applied.outcome.events);
    test.node.intake.draw_pending().await.expect("drawn");
    let (_, outcomes) = test.replay();
    let drawn = drawn(&outcomes);
    let values: Vec<&str> = drawn.values().map(|event| value(event, "value")).collect();
    assert_eq!((values.len(), values[0]), (2, values[1]));
}

fn result(list: DocRef) -> InspectionResult {
    InspectionResult {
        list: list.id(),
        status: 800,
        inspector: "G1".to_owned(),
        time_ms: NOON.0,
        finding: "CONFORMING".to_owned(),
        text: "与申报相符".to_owned(),
        evidence: "REC-1".to_owned(),
        ..InspectionResult::default()
    }
}

fn alerts(outcome: &Outcome) -> usize {
    outcome.events.iter().filter(|event| value(event, "alert") == "releasedWithoutResult").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_drawn_is_not_released_in_silence_and_results_are_linked() {
    let test = TestNode::start_drawing(10_000).await;
    test.commit(Vec::new()).await;
    let silent = test.store(&test.samples.set(1), 1).await;
    let inspected = test.store(&test.samples.set(2), 2).await;
    test.node.intake.draw_pending().await.expect("drawn");

    let released = test.decide_on(silent, 800).await;
    assert_eq!(released.events[0].status, 800, "customs' decision stands");
    assert_eq!(alerts(&released), 1);

    for (spoil, path) in [
        (InspectionResult { status: 900, ..result(inspected) }, "status"),
        (InspectionResult { inspector: String::new(), ..result(inspected) }, "inspector"),
        (InspectionResult { evidence: String::new(), ..result(inspected) }, "evidence"),
        (InspectionResult { finding: "GOOD".to_owned(), ..result(inspected) }, "finding"),
        (InspectionResult { time_ms: NOON.0 + 1, ..result(inspected) }, "time"),
        (InspectionResult { list: "B00000000000000000".to_owned(), ..result(inspected) }, "list"),
        (InspectionResult { offered_to: vec!["nobody".to_owned()], ..result(inspected) }, "offered_to"),
    ] {
        let refused = test.inspect(InspectionChange::Result(spoil)).await;
        let why: Vec<_> = refused.outcome.rejections.iter().map(|why| (why.rule.as_str(), why.path.as_str())).collect();
        assert_eq!(why, [("R-RISK-03", path)]);
    }
    let recorded = test.inspect(InspectionChange::Result(result(inspected))).await;
    assert_eq!(recorded.outcome.events[0].kind, EventKind::Inspected as i32);
    let released = test.decide_on(inspected, 800).await;
    assert_eq!(alerts(&released), 0);
    let found = test.node.reader.trace(&test.caller(CUSTOMS), &test.samples.set(2).list.order_no, None);
    let kinds: Vec<i32> = found.expect("readable").happenings.iter().map(|one| one.event.kind).collect();
    assert!(kinds.contains(&(EventKind::Inspected as i32)), "the result is in the trace: {kinds:?}");
    assert!(!kinds.contains(&(EventKind::Drawn as i32)), "the draw is not");
}

// --- through the doors ---------------------------------------------------------------------------------------------

pub(crate) fn demo_party(kind: Kind) -> &'static str {
    match kind {
        Kind::Order => "platform",
        Kind::Payment => "payment",
        Kind::Waybill => "logistics",
        Kind::List => "declarant",
    }
}

/// Sends the four documents of a set; the preNo of its list.
pub(crate) async fn declare(exchange: &Harness, samples: &Generator, set: &Set, number: u64) -> String {
    let mut pre_no = String::new();
    for kind in [Kind::Order, Kind::Payment, Kind::Waybill, Kind::List] {
        let mut client = DeclarationServiceClient::new(exchange.channel(demo_party(kind)).await);
        let xml = sample::message(kind, std::slice::from_ref(set), &samples.transfer(kind, number)).into();
        let receipt = client.submit(pb::SubmitRequest { xml }).await.expect("an answer").into_inner().receipt;
        let receipt = receipt.expect("a receipt");
        let verdict = receipt.documents.first().expect("a verdict");
        assert!(verdict.rejections.is_empty(), "{verdict:?}");
        pre_no = verdict.keys.clone().expect("numbers").pre_no;
    }
    pre_no
}

pub(crate) fn in_seconds(seconds: i64) -> Option<prost_types::Timestamp> {
    let now = single_window::domain::Clock::now(&single_window::domain::SystemClock).0 / 1000;
    Some(prost_types::Timestamp { seconds: now + seconds, nanos: 0 })
}

#[tokio::test(flavor = "multi_thread")]
async fn many_buyers_at_one_address_are_a_score_with_reasons_and_no_refusal() {
    let exchange = Harness::start().await;
    let samples = Generator::new(7, Settings::default());
    let mut last = String::new();
    let place = samples.set(0).order.consignee;
    for number in 0..6 {
        let mut set = samples.set(number);
        set.order.consignee.address.clone_from(&place.address);
        set.order.consignee.telephone.clone_from(&place.telephone);
        set.waybill.consignee = set.order.consignee.clone();
        set.list.address.clone_from(&place.address);
        last = declare(&exchange, &samples, &set, number).await;
    }
    let of_list = pb::GetRiskRequest { subject: Some(pb::get_risk_request::Subject::List(last)) };
    let seller = samples.settings().parties.seller.code.clone();
    let of_firm = pb::GetRiskRequest { subject: Some(pb::get_risk_request::Subject::Firm(seller.to_string())) };
    for party in ["customs", "agency"] {
        let mut client = InspectionServiceClient::new(exchange.channel(party).await);
        let risk = client.get_risk(of_list.clone()).await.expect("an answer").into_inner();
        let reasons: Vec<&str> = risk.lists[0].reasons.iter().map(|reason| reason.code.as_str()).collect();
        assert_eq!(reasons, ["IDS_PER_ADDRESS", "IDS_PER_PHONE"]);
        assert_eq!(risk.lists[0].points, 50);
        assert!(risk.lists[0].reasons[0].text_zh.contains("同一地址"));
        let firm = client.get_risk(of_firm.clone()).await.expect("an answer").into_inner();
        assert_eq!((firm.firm_lists, firm.lists[0].points), (6, 50));
    }
    for party in ["seller", "declarant", "operator", "bank", "statistics"] {
        let mut client = InspectionServiceClient::new(exchange.channel(party).await);
        let denied = client.get_risk(of_list.clone()).await.expect_err("not for them");
        assert_eq!(denied.code(), Code::PermissionDenied, "{party}");
    }
    exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_draws_and_who_sees_draws() {
    let exchange = Harness::start().await;
    let commit = pb::CommitPeriodRequest {
        period: "P1".to_owned(),
        effective_to: in_seconds(3600),
        request_id: "commit-1".to_owned(),
        ..Default::default()
    };
    let mut customs = InspectionServiceClient::new(exchange.channel("customs").await);
    let committed = customs.commit_period(commit.clone()).await.expect("an answer").into_inner().recorded;
    let committed = committed.expect("a record");
    assert!(committed.rejections.is_empty(), "{committed:?}");
    let again = customs.commit_period(commit.clone()).await.expect("an answer").into_inner().recorded;
    assert!(again.expect("a record").replayed, "the same request is recorded once");
    for party in ["operator", "agency", "seller", "statistics"] {
        let mut client = InspectionServiceClient::new(exchange.channel(party).await);
        let denied = client.commit_period(commit.clone()).await.expect_err("for customs only");
        assert_eq!(denied.code(), Code::PermissionDenied, "{party}");
        let listed = client.list_draws(pb::ListDrawsRequest { period: "P1".to_owned(), ..Default::default() }).await;
        assert_eq!(listed.is_ok(), matches!(party, "operator" | "agency"), "{party}");
    }
    let audit = pb::AuditDrawsRequest { period: "P1".to_owned(), ..Default::default() };
    let early = customs.audit_draws(audit).await.expect_err("not revealed");
    assert_eq!(early.code(), Code::InvalidArgument);
    let reveal = pb::RevealPeriodRequest { period: "P1".to_owned(), ..Default::default() };
    let early = customs.reveal_period(reveal).await.expect("an answer").into_inner().recorded.expect("a record");
    assert!(early.rejections.iter().all(|why| why.rule == "R-RISK-02") && !early.rejections.is_empty());
    let periods = customs.list_periods(pb::ListPeriodsRequest::default()).await.expect("an answer").into_inner();
    assert!(periods.periods[0].secret.is_empty() && periods.periods[0].commitment.len() == 32);

    let samples = Generator::new(9, Settings::default());
    let mut numbers = Vec::new();
    for number in 0..3 {
        numbers.push(declare(&exchange, &samples, &samples.set(number), number).await);
    }
    // The exchange draws by itself; wait for it.
    let listed = pb::ListDrawsRequest { period: "P1".to_owned(), ..Default::default() };
    let draws = loop {
        let draws = customs.list_draws(listed.clone()).await.expect("an answer").into_inner().draws;
        if draws.len() == 3 {
            break draws;
        }
        tokio::task::yield_now().await;
    };
    let drawn: Vec<String> = draws.iter().filter_map(|draw| draw.keys.clone()).map(|keys| keys.pre_no).collect();
    assert_eq!(drawn, numbers);
    exchange.stop().await;
}
