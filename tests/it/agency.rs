//! Agencies together, post-audit, and figures for a bank with a firm's consent.
#![expect(clippy::indexing_slicing, reason = "a test that panics has failed")]

use crate::clearance_life::{IMPORT_LIST, golden, in_message};
use crate::harness::Harness;
use crate::inspection::{CUSTOMS, declare, in_seconds};
use crate::node::{NOON, TestNode};
use crate::tax_state::{TAX, bill};
use single_window::domain::{Event, EventKind, MessageType, Outcome, Party, PartyId, Role};
use single_window::intake::Applied;
use single_window::pb::v1 as pb;
use single_window::pb::v1::agency_service_client::AgencyServiceClient;
use single_window::pb::v1::clearance_service_client::ClearanceServiceClient;
use single_window::pb::v1::declaration_service_client::DeclarationServiceClient;
use single_window::pb::v1::inspection_service_client::InspectionServiceClient;
use single_window::sample::{self, Generator, Kind, Settings};
use single_window::state::agency::{
    AgencyChange, AgencyDecision, Agreement, AgreementKind, AssistanceAnswer, AssistanceAsk, AuditClose, AuditFinding,
    AuditOpen, ConsentEntry, Recognition, scope,
};
use single_window::state::inspection::{InspectionChange, InspectionResult, SeedCommit};
use tonic::Code;
use tonic_types::StatusExt;

const AGENCY: &str = "AGENCY0001";
const OTHER: &str = "AGENCY0002";
const BANK: &str = "BANK000001";

async fn start() -> TestNode {
    let test = TestNode::start_drawing(10_000).await;
    for (code, role) in [(AGENCY, Role::Agency), (OTHER, Role::Agency), (BANK, Role::Bank)] {
        let party = Party {
            code: code.to_owned(),
            name: "示例机构".to_owned(),
            roles: vec![role as i32],
            active: true,
            ..Party::default()
        };
        test.node.intake.file_party(PartyId(0), party).await.expect("filed");
    }
    test
}

impl TestNode {
    async fn agency(&self, by: &str, change: AgencyChange) -> Applied {
        self.node.intake.agency(&self.caller(by), "", change).await.expect("it is recorded")
    }
}

fn joint(hs_prefixes: &[&str]) -> AgencyChange {
    AgencyChange::Agreement(Agreement {
        id: "J-1".to_owned(),
        kind: AgreementKind::JointRelease as i32,
        who: AGENCY.to_owned(),
        hs_prefixes: hs_prefixes.iter().map(|&prefix| prefix.to_owned()).collect(),
        from_ms: 1,
        source: "示例备忘录".to_owned(),
        ..Agreement::default()
    })
}

fn value<'a>(event: &'a Event, name: &str) -> &'a str {
    event.values.iter().find(|named| named.name == name).map_or("", |named| named.value.as_str())
}

/// What the events of an outcome say of the release by all; empty if nothing.
fn released(outcome: &Outcome) -> Vec<&str> {
    let decided = outcome.events.iter().filter(|event| event.kind == EventKind::AgencyDecided as i32);
    decided.map(|event| value(event, "releasedByAll")).filter(|value| !value.is_empty()).collect()
}

fn rules(applied: &Applied) -> Vec<&str> {
    applied.outcome.rejections.iter().map(|rejection| rejection.rule.as_str()).collect()
}

fn says(list: &str, status: i32) -> AgencyChange {
    AgencyChange::Decision(AgencyDecision { list: list.to_owned(), status, ..AgencyDecision::default() })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_released_by_all_only_when_every_agency_and_customs_say_so() {
    let test = start().await;
    assert!(rules(&test.agency(AGENCY, joint(&[])).await).is_empty());
    let first = test.store(&test.samples.set(1), 1).await;
    assert!(released(&test.decide_on(first, 800).await).is_empty(), "customs alone does not make it");
    let held = test.agency(AGENCY, says(&first.id(), 500)).await;
    assert!(released(&held.outcome).is_empty());
    let freed = test.agency(AGENCY, says(&first.id(), 800)).await;
    assert_eq!(released(&freed.outcome), ["true"]);

    let second = test.store(&test.samples.set(2), 2).await;
    let freed = test.agency(AGENCY, says(&second.id(), 800)).await;
    assert!(released(&freed.outcome).is_empty(), "the agency alone does not make it");
    assert_eq!(released(&test.decide_on(second, 800).await), ["true"]);
    let found = test.node.reader.trace(&test.caller(CUSTOMS), &test.samples.set(2).list.order_no, None);
    let shown: Vec<String> = found.expect("readable").happenings.into_iter().map(|one| one.text_zh).collect();
    assert!(shown.iter().any(|text| text.contains("监管部门")), "{shown:?}");

    assert_eq!(rules(&test.agency(OTHER, says(&second.id(), 800)).await), ["R-AGY-01"], "nobody asked it");
    assert_eq!(rules(&test.agency(AGENCY, says(&second.id(), 123)).await), ["R-AGY-01"]);
    assert_eq!(rules(&test.agency(AGENCY, says("B00000000000000000", 800)).await), ["R-AGY-01"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn goods_of_no_agreement_need_customs_only() {
    let test = start().await;
    test.agency(AGENCY, joint(&["9999"])).await;
    let list = test.store(&test.samples.set(1), 1).await;
    assert_eq!(rules(&test.agency(AGENCY, says(&list.id(), 800)).await), ["R-AGY-01"]);
    let strangers = test.agency(OTHER, joint(&[])).await;
    assert!(rules(&strangers).contains(&"R-AGY-02"), "an agency binds itself only");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_is_recognised_by_agreement_only_and_recorded_as_such() {
    let test = start().await;
    test.agency(AGENCY, joint(&[])).await;
    let list = test.store(&test.samples.set(1), 1).await;
    let result = InspectionResult {
        list: list.id(),
        status: 800,
        inspector: "G1".to_owned(),
        time_ms: NOON.0,
        finding: "CONFORMING".to_owned(),
        evidence: "REC-1".to_owned(),
        offered_to: vec![AGENCY.to_owned()],
        ..InspectionResult::default()
    };
    let recorded = test.inspect(InspectionChange::Result(result)).await;
    assert!(recorded.outcome.events[0].owners.contains(&test.caller(AGENCY).id.0), "it is told");
    let recognise =
        |result: u32| AgencyChange::Recognition(Recognition { list: list.id(), result, agreement: "R-1".to_owned() });
    assert_eq!(rules(&test.agency(AGENCY, recognise(1)).await), ["R-AGY-02"], "no agreement yet");
    let agreement = |hs: &str| {
        AgencyChange::Agreement(Agreement {
            id: "R-1".to_owned(),
            kind: AgreementKind::Recognition as i32,
            who: AGENCY.to_owned(),
            whose: CUSTOMS.to_owned(),
            hs_prefixes: if hs.is_empty() { Vec::new() } else { vec![hs.to_owned()] },
            from_ms: 1,
            ..Agreement::default()
        })
    };
    test.agency(AGENCY, agreement("9999")).await;
    assert_eq!(rules(&test.agency(AGENCY, recognise(1)).await), ["R-AGY-02"], "on other goods");
    assert!(rules(&test.agency(AGENCY, agreement("")).await).is_empty());
    assert_eq!(rules(&test.agency(AGENCY, recognise(2)).await), ["R-AGY-02"], "no such result");
    let recognised = test.agency(AGENCY, recognise(1)).await;
    assert!(rules(&recognised).is_empty(), "{:?}", recognised.outcome.rejections);
    let event = &recognised.outcome.events[0];
    assert_eq!((value(event, "agreement"), value(event, "recognisedResult")), ("R-1", "1"));
    assert_eq!(value(event, "agencyStatus"), "800");
    assert_eq!(released(&test.decide_on(list, 800).await), ["true"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn replay_of_everything_gives_the_same_state_and_outcomes() {
    let test = start().await;
    let commit = SeedCommit { period: "R".to_owned(), to_ms: NOON.0 + 1000, ..SeedCommit::default() };
    test.node.intake.commit_period(&test.caller(CUSTOMS), "", commit).await.expect("recorded");
    test.agency(AGENCY, joint(&[])).await;
    let list = test.store(&test.samples.set(1), 1).await;
    test.node.intake.draw_pending().await.expect("drawn");
    test.node.intake.draw_firms(&test.caller(CUSTOMS), "", "R").await.expect("recorded");
    test.decide_on(list, 800).await;
    test.agency(AGENCY, says(&list.id(), 800)).await;
    let ask = AssistanceAsk {
        to: AGENCY.to_owned(),
        subject: "协查".to_owned(),
        text: "请协助核实".to_owned(),
        ..AssistanceAsk::default()
    };
    let asked = test.agency(CUSTOMS, AgencyChange::Ask(ask)).await;
    let id = asked.position.0;
    let answer = AssistanceAnswer { id, granted: true, text: "已核实".to_owned() };
    let strange = test.agency(OTHER, AgencyChange::Answer(answer.clone())).await;
    assert_eq!(rules(&strange), ["R-AGY-03"], "a third agency has no part in it");
    assert!(rules(&test.agency(AGENCY, AgencyChange::Answer(answer.clone())).await).is_empty());
    assert_eq!(rules(&test.agency(AGENCY, AgencyChange::Answer(answer)).await), ["R-AGY-03"], "once");
    let seller = test.samples.settings().parties.seller.code.to_string();
    let open = AuditOpen { firm: seller.clone(), reason: "高风险".to_owned(), ..AuditOpen::default() };
    let opened = test.agency(CUSTOMS, AgencyChange::OpenAudit(open)).await;
    let case = opened.position.0;
    let finding = AuditFinding { case, code: "NONE".to_owned(), ..AuditFinding::default() };
    let close = |grade: &str| {
        AgencyChange::CloseAudit(AuditClose { case, conclusion: "未发现问题".to_owned(), grade: grade.to_owned() })
    };
    assert_eq!(rules(&test.agency(CUSTOMS, close("")).await), ["R-AGY-04"], "a case has a finding first");
    assert!(rules(&test.agency(CUSTOMS, AgencyChange::Finding(finding.clone())).await).is_empty());
    assert_eq!(rules(&test.agency(CUSTOMS, close("77")).await), ["R-AGY-04"], "no such grade");
    let closed = test.agency(CUSTOMS, close("2")).await;
    assert_eq!(value(&closed.outcome.events[0], "recommendedGrade"), "2");
    let late = test.agency(CUSTOMS, AgencyChange::Finding(finding)).await;
    assert_eq!(rules(&late), ["R-AGY-04"], "the case is closed");
    let consent = ConsentEntry { bank: BANK.to_owned(), scope: scope::ALL, ..ConsentEntry::default() };
    let given = test.node.intake.consent(&test.caller(&seller), "", consent).await.expect("recorded");
    assert!(rules(&given).is_empty(), "{:?}", given.outcome.rejections);

    let (cells, outcomes) = test.replay();
    assert_eq!(test.replay(), (cells, outcomes.clone()));
    // What was answered live is what a replay says.
    for live in [&asked, &opened, &closed, &given] {
        let place = usize::try_from(live.position.0 - 1).expect("small");
        assert_eq!(outcomes[place].events, live.outcome.events);
    }
}

// --- through the doors ---------------------------------------------------------------------------------------------

async fn client(exchange: &Harness, party: &str) -> AgencyServiceClient<tonic::transport::Channel> {
    AgencyServiceClient::new(exchange.channel(party).await)
}

fn reason(status: &tonic::Status) -> String {
    status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn assistance_is_seen_by_the_two_alone_and_counted_by_others() {
    let exchange = Harness::start().await;
    let ask = pb::AskAssistanceRequest {
        to: "4600000004".to_owned(),
        subject: "协查".to_owned(),
        text: "请核实某批货物".to_owned(),
        ..Default::default()
    };
    let asked = client(&exchange, "customs").await.ask_assistance(ask.clone()).await.expect("an answer").into_inner();
    let asked = asked.recorded.expect("a record");
    let id: u64 = asked.values[0].value.parse().expect("a number");
    for party in ["customs", "agency", "operator", "tax", "forex"] {
        let list = client(&exchange, party).await.list_assistance(pb::ListAssistanceRequest::default()).await;
        let list = list.expect("an answer").into_inner();
        assert_eq!(list.count, 1, "{party}");
        assert_eq!(list.assistance.len(), usize::from(matches!(party, "customs" | "agency")), "{party}");
    }
    for party in ["seller", "bank", "statistics"] {
        let denied = client(&exchange, party).await.ask_assistance(ask.clone()).await.expect_err("for agencies only");
        assert_eq!(denied.code(), Code::PermissionDenied, "{party}");
        let mut client = client(&exchange, party).await;
        client.list_assistance(pb::ListAssistanceRequest::default()).await.expect_err("for agencies only");
    }
    let answer = |text: &str| pb::AnswerAssistanceRequest {
        assistance_id: id,
        granted: true,
        text: text.to_owned(),
        ..Default::default()
    };
    let strange = client(&exchange, "tax").await.answer_assistance(answer("x")).await.expect("an answer").into_inner();
    assert_eq!(strange.recorded.expect("a record").rejections[0].rule, "R-AGY-03");
    let answered = client(&exchange, "agency").await.answer_assistance(answer("已核实")).await;
    assert!(answered.expect("an answer").into_inner().recorded.expect("a record").rejections.is_empty());
    let list = client(&exchange, "customs").await.list_assistance(pb::ListAssistanceRequest::default()).await;
    assert_eq!(list.expect("an answer").into_inner().assistance[0].answer, "已核实");
    exchange.stop().await;
}

pub(crate) async fn release(exchange: &Harness, pre_no: &str) {
    decide(exchange, pb::DocumentKeys { pre_no: pre_no.to_owned(), ..Default::default() }, 800).await;
}

/// Customs decides on an import list.
async fn decide(exchange: &Harness, keys: pb::DocumentKeys, status: i32) {
    let decision = pb::Decision {
        guid: format!("R-{}-{status}", keys.pre_no),
        message_type: pb::MessageType::Ceb621 as i32,
        keys: Some(keys),
        status,
        ..Default::default()
    };
    let request = pb::DecideRequest { sequence: 1, decision: Some(pb::decide_request::Decision::Typed(decision)) };
    let mut clearance = ClearanceServiceClient::new(exchange.channel("customs").await);
    let mut answers = clearance.decide(tokio_stream::once(request)).await.expect("a stream").into_inner();
    let answer = answers.message().await.expect("an answer").expect("an answer");
    assert_eq!(answer.results[0].status, status, "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_reads_figures_with_the_firms_consent_and_only_then() {
    let exchange = Harness::start().await;
    let samples = Generator::new(11, Settings::default());
    let mut total_fen = 0;
    for number in 0..3 {
        let set = samples.set(number);
        total_fen += set.list.lines.iter().map(|line| line.total_fen).sum::<i64>();
        let pre_no = declare(&exchange, &samples, &set, number).await;
        release(&exchange, &pre_no).await;
    }
    let firm = samples.settings().parties.seller.code.to_string();
    let ask = pb::GetTradeFiguresRequest { firm: firm.clone(), ..Default::default() };
    let mut bank = client(&exchange, "bank").await;
    let without = bank.get_trade_figures(ask.clone()).await.expect_err("no consent");
    assert_eq!((without.code(), reason(&without).as_str()), (Code::PermissionDenied, "CONSENT_MISSING"));

    let mut seller = client(&exchange, "seller").await;
    let consent = pb::ChangeConsentRequest {
        bank: "91410100MA95WBNK08".to_owned(),
        scopes: vec![pb::FiguresScope::Trade as i32],
        effective_to: in_seconds(3600),
        ..Default::default()
    };
    let given = seller.change_consent(consent.clone()).await.expect("an answer").into_inner();
    assert!(given.recorded.expect("a record").rejections.is_empty());
    let figures = bank.get_trade_figures(ask.clone()).await.expect("with consent").into_inner();
    let month = &figures.months[0];
    let import = month.import.clone().expect("import");
    assert_eq!(import.released, 3);
    let cny = format!("{}.{:02}", total_fen / 100, total_fen % 100);
    let cny = cny.trim_end_matches('0').trim_end_matches('.');
    assert_eq!(import.released_cny, cny);
    assert!(import.returned_cny.is_empty() && month.tax_billed_cny.is_empty(), "not what the consent leaves out");

    for party in ["platform", "declarant"] {
        let other = client(&exchange, party).await.get_trade_figures(ask.clone()).await.expect_err("not theirs");
        assert_eq!(reason(&other), "CONSENT_MISSING", "{party}");
    }
    for party in ["customs", "operator", "statistics"] {
        let other = client(&exchange, party).await.get_trade_figures(ask.clone()).await.expect_err("not for them");
        assert_eq!(reason(&other), "ROLE_DENIED", "{party}");
    }
    let own = seller.get_trade_figures(pb::GetTradeFiguresRequest::default()).await.expect("its own").into_inner();
    assert_eq!(own.months[0].import.clone().expect("import").returned_cny, "0");

    let withdraw = pb::ChangeConsentRequest { withdrawn: true, bank: consent.bank.clone(), ..Default::default() };
    seller.change_consent(withdraw).await.expect("an answer");
    let after = bank.get_trade_figures(ask).await.expect_err("withdrawn");
    assert_eq!(reason(&after), "CONSENT_MISSING");
    let listed = seller.list_consents(pb::ListConsentsRequest {}).await.expect("an answer").into_inner();
    assert!(listed.consents[0].withdrawn);
    exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tax_is_billed_by_a_bill_and_settled_only_when_customs_has_summarised_it() {
    let exchange = Harness::start().await;
    let submit = async |party: &str, xml: String| {
        let mut service = DeclarationServiceClient::new(exchange.channel(party).await);
        let answer = service.submit(pb::SubmitRequest { xml: xml.into() }).await.expect("an answer").into_inner();
        let receipt = answer.receipt.expect("a receipt");
        let document = receipt.documents.first().cloned().expect("a verdict");
        assert!(receipt.rejections.is_empty() && document.rejections.is_empty(), "{receipt:#?}");
        document.keys.expect("numbers")
    };
    let trade = [
        ("platform", MessageType::Ceb311),
        ("payment", MessageType::Ceb411),
        ("logistics", MessageType::Ceb511),
        ("declarant", MessageType::Ceb621),
    ];
    let mut pre_no = String::new();
    for (party, kind) in trade {
        pre_no = submit(party, golden(kind)).await.pre_no;
    }
    let keys = pb::DocumentKeys { pre_no, invt_no: IMPORT_LIST.to_owned(), ..Default::default() };
    decide(&exchange, keys, 800).await;
    let figures = async || {
        let ask = pb::GetTradeFiguresRequest::default();
        let found = client(&exchange, "seller").await.get_trade_figures(ask).await.expect("its own").into_inner();
        let month = found.months.first().cloned().expect("a month");
        [month.tax_billed_cny, month.tax_settled_cny, month.tax_voided_cny]
    };
    assert_eq!(figures().await, ["0", "0", "0"], "nothing is billed yet");
    submit("customs", bill(TAX, "1", 1)).await;
    assert_eq!(figures().await, [TAX, "0", "0"], "a bill is no payment");
    let paid = "<ceb:status>2</ceb:status><ceb:entDutyNo>461220260702-01</ceb:entDutyNo>";
    let status = golden(MessageType::Ceb818).replace("<ceb:status>1</ceb:status>", paid);
    submit("customs", in_message(&status, 3)).await;
    assert_eq!(figures().await, [TAX, TAX, "0"]);
    // The bill turns out to be void: nothing was settled by it.
    let void = golden(MessageType::Ceb818).replace("<ceb:status>1</ceb:status>", "<ceb:status>3</ceb:status>");
    submit("customs", in_message(&void, 4)).await;
    assert_eq!(figures().await, [TAX, "0", TAX]);
    exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_gathers_filing_lists_entries_and_findings_of_a_firm() {
    let exchange = Harness::start().await;
    let samples = Generator::new(12, Settings::default());
    let mut numbers = Vec::new();
    for number in 0..3 {
        numbers.push(declare(&exchange, &samples, &samples.set(number), number).await);
    }
    release(&exchange, &numbers[0]).await;
    let firm = samples.settings().parties.seller.code.to_string();
    let open = pb::OpenAuditRequest { firm: firm.clone(), reason: "价格偏低".to_owned(), ..Default::default() };
    for party in ["operator", "agency", "seller"] {
        let denied = client(&exchange, party).await.open_audit(open.clone()).await.expect_err("for customs only");
        assert_eq!(denied.code(), Code::PermissionDenied, "{party}");
    }
    let mut customs = client(&exchange, "customs").await;
    let opened = customs.open_audit(open).await.expect("an answer").into_inner().recorded.expect("a record");
    let case_id: u64 = opened.values[0].value.parse().expect("a number");
    let mut lists = Vec::new();
    let mut request = pb::GetAuditCaseRequest { case_id, page_size: 2, ..Default::default() };
    loop {
        let page = customs.get_audit_case(request.clone()).await.expect("an answer").into_inner();
        assert_eq!(page.firm.expect("a filing").code, firm);
        assert_eq!(page.case.expect("a case").reason, "价格偏低");
        lists.extend(page.lists);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    let found: Vec<String> = lists.iter().filter_map(|list| list.keys.clone()).map(|keys| keys.pre_no).collect();
    assert_eq!(found, numbers);
    assert!(lists[0].entries.len() > lists[1].entries.len(), "the decision is there");
    assert!(lists.iter().flat_map(|list| &list.entries).all(|entry| entry.leaf_sha256.len() == 32));
    let finding = pb::AuditFinding { code: "PRICE".to_owned(), list: numbers[1].clone(), ..Default::default() };
    let request = pb::AddAuditFindingRequest { case_id, finding: Some(finding), ..Default::default() };
    let added = customs.add_audit_finding(request).await.expect("an answer").into_inner();
    assert!(added.recorded.expect("a record").rejections.is_empty());
    let cases = customs.list_audits(pb::ListAuditsRequest::default()).await.expect("an answer").into_inner().cases;
    assert_eq!((cases[0].findings[0].code.as_str(), cases[0].closed.is_none()), ("PRICE", true));
    exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_of_a_declarant_or_a_carrier_gathers_what_it_handled_once_and_within_its_time() {
    const SALES: u64 = 5;
    let exchange = Harness::start().await;
    let samples = Generator::new(13, Settings::default());
    let mut pre_nos = Vec::new();
    for number in 0..SALES {
        pre_nos.push(declare(&exchange, &samples, &samples.set(number), number).await);
    }
    let waybills: Vec<String> = (0..SALES).map(|number| samples.set(number).waybill.waybill_no).collect();
    // A message that is refused is nobody's work.
    let sent = samples.transfer(Kind::List, 0);
    let again = sample::message(
        Kind::List,
        &[samples.set(0)],
        &sample::Transfer { guid: "0F8FAD5B-D9CB-469F-A165-708677289501".to_owned(), ..sent },
    );
    let mut declarant = DeclarationServiceClient::new(exchange.channel("declarant").await);
    let receipt = declarant.submit(pb::SubmitRequest { xml: again.into() }).await.expect("an answer").into_inner();
    assert!(receipt.receipt.is_some_and(|receipt| !receipt.documents[0].rejections.is_empty()), "a duplicate");
    let parties = &samples.settings().parties;
    let (agent, carrier, seller) =
        (parties.declarant.code.to_string(), parties.logistics.code.to_string(), parties.seller.code.to_string());
    let mut customs = client(&exchange, "customs").await;
    let mut gathered = async |firm: &str, until: Option<prost_types::Timestamp>, page_size: i32| {
        let open = pb::OpenAuditRequest {
            firm: firm.to_owned(),
            reason: "重点稽核".to_owned(),
            period_to: until,
            ..Default::default()
        };
        let opened = customs.open_audit(open).await.expect("an answer").into_inner().recorded.expect("a record");
        assert!(opened.rejections.is_empty(), "{opened:?}");
        let case_id: u64 = opened.values[0].value.parse().expect("a number");
        let mut request = pb::GetAuditCaseRequest { case_id, page_size, ..Default::default() };
        let (mut lists, mut parcels) = (Vec::new(), Vec::new());
        loop {
            let page = customs.get_audit_case(request.clone()).await.expect("an answer").into_inner();
            assert!(page.lists.len() + page.waybills.len() <= usize::try_from(page_size).expect("small"), "{page:?}");
            let keys = |all: Vec<pb::AuditList>| all.into_iter().filter_map(|one| one.keys);
            lists.extend(keys(page.lists).map(|keys| keys.pre_no));
            parcels.extend(keys(page.waybills).map(|keys| keys.logistics_no));
            if page.next_page_token.is_empty() {
                return (lists, parcels);
            }
            request.page_token = page.next_page_token;
        }
    };
    let nothing = Vec::<String>::new;
    for page_size in [1, 2, 100] {
        assert_eq!(gathered(&agent, None, page_size).await, (pre_nos.clone(), nothing()), "pages of {page_size}");
        assert_eq!(gathered(&carrier, None, page_size).await, (nothing(), waybills.clone()), "pages of {page_size}");
        assert_eq!(gathered(&seller, None, page_size).await, (pre_nos.clone(), nothing()), "pages of {page_size}");
    }
    let before = prost_types::Timestamp { seconds: 1_700_000_000, nanos: 0 };
    assert_eq!(gathered(&agent, Some(before), 2).await, (nothing(), nothing()), "nothing came before that");
    exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn firms_are_drawn_all_at_once_and_once_a_period() {
    let exchange = Harness::start().await;
    let mut customs = InspectionServiceClient::new(exchange.channel("customs").await);
    let commit =
        pb::CommitPeriodRequest { period: "F1".to_owned(), effective_to: in_seconds(3600), ..Default::default() };
    customs.commit_period(commit).await.expect("an answer");
    let draw = pb::DrawFirmsRequest { period: "F1".to_owned(), ..Default::default() };
    let drawn = customs.draw_firms(draw.clone()).await.expect("an answer").into_inner().recorded.expect("a record");
    assert!(drawn.rejections.is_empty(), "{drawn:?}");
    let recorded = drawn.values.iter().find(|value| value.name == "recorded").expect("a count");
    assert_eq!(recorded.value, "7", "platform, seller, payment, logistics, declarant, site and warehouse");
    let again = customs.draw_firms(draw).await.expect("an answer").into_inner().recorded.expect("a record");
    assert_eq!(again.rejections[0].rule, "R-RISK-02");
    let missing = pb::DrawFirmsRequest { period: "none".to_owned(), ..Default::default() };
    assert_eq!(customs.draw_firms(missing).await.expect_err("no such period").code(), Code::InvalidArgument);
    exchange.stop().await;
}
