//! Filings, from the application to the refusal of whoever is not filed any more; identities; credit; pre-checks.

use crate::harness::{Harness, channel};
use crate::node::{NOON, TestNode};
use single_window::domain::{
    Applicant, Application, Caller, CreditFigures, CreditGrade, EventKind, IdentityResult, Licence, LicenceKind,
    MessageType, Party, PartyId, Product, ProductBatch, ProductDecision, ProductStatus, Review, Role, Standing,
    StandingChange, Timestamp, Warehouse,
};
use single_window::intake::{Applied, FileVerifier, Person};
use single_window::ledger::Ledger;
use single_window::pb::v1;
use single_window::pb::v1::filing_service_client::FilingServiceClient;
use single_window::sample::{Kind, example};
use single_window::tables::{Row, TableChange, TableName};
use std::sync::Arc;
use tonic::Code;

const DAY_MS: i64 = 24 * 3600 * 1000;
/// A made-up customs code.
const CUSTOMS_CODE: &str = "4101980K9C";

fn code(first17: &str) -> String {
    let check = single_window::domain::check_digit::uscc_check(first17).expect("17 characters");
    format!("{first17}{check}")
}

fn licence(kind: LicenceKind, to_ms: i64) -> Licence {
    Licence {
        kind: kind as i32,
        number: format!("NO-{}", kind as i32),
        from_ms: NOON.0 - DAY_MS,
        to_ms,
        ..Licence::default()
    }
}

fn application(code: &str, role: Role) -> Application {
    Application {
        party: Party {
            code: code.to_owned(),
            name: "示例新企业有限公司".to_owned(),
            roles: vec![role as i32],
            ..Party::default()
        },
        customs_code: CUSTOMS_CODE.to_owned(),
        licences: vec![
            licence(LicenceKind::CustomsRegistration, 0),
            licence(LicenceKind::Express, NOON.0 + 30 * DAY_MS),
        ],
        ..Application::default()
    }
}

fn applicant(names: &[&str]) -> Applicant {
    Applicant {
        caller: None,
        certificate_sha256: "ab".repeat(32),
        certificate_names: names.iter().map(|name| (*name).to_owned()).collect(),
    }
}

fn value<'a>(applied: &'a Applied, name: &str) -> &'a str {
    let values = applied.outcome.events.iter().flat_map(|event| &event.values);
    values.filter(|value| value.name == name).map(|value| value.value.as_str()).next().unwrap_or_default()
}

pub(crate) fn rules(applied: &Applied) -> Vec<&str> {
    let of_documents = applied.outcome.events.iter().filter(|event| event.document.is_some());
    let of_documents = of_documents.flat_map(|event| &event.rejections);
    applied.outcome.rejections.iter().chain(of_documents).map(|rejection| rejection.rule.as_str()).collect()
}

impl TestNode {
    pub(crate) async fn with_authorities() -> TestNode {
        let test = TestNode::start_clearance().await;
        for (code, role) in [("OPERATOR01", Role::Operator), ("AGENCY0001", Role::Agency)] {
            let party = Party {
                code: code.to_owned(),
                name: code.to_owned(),
                roles: vec![role as i32],
                active: true,
                ..Party::default()
            };
            test.node.intake.file_party(PartyId(0), party).await.expect("it can be filed");
        }
        test
    }

    pub(crate) fn operator(&self) -> Caller {
        self.caller("OPERATOR01")
    }

    async fn apply_filing(&self, names: &[&str], application: Application) -> Applied {
        self.node.intake.apply_filing(&applicant(names), "", application).await.expect("it is recorded")
    }

    async fn stand(&self, code: &str, standing: Standing, from_ms: i64) -> Applied {
        let change = StandingChange {
            code: code.to_owned(),
            standing: standing as i32,
            from_ms,
            reason: "示例".to_owned(),
            ..StandingChange::default()
        };
        self.node.intake.change_standing(&self.operator(), "", change).await.expect("it is recorded")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_without_a_doubt_is_approved_by_itself_and_its_certificate_lets_the_firm_in() {
    let test = TestNode::with_authorities().await;
    let code = code("91410100MA9NKJC24");
    let applied = test.apply_filing(&["示例", &code], application(&code, Role::Logistics)).await;
    assert_eq!((value(&applied, "status"), rules(&applied).as_slice()), ("approved", &[][..]));
    assert!(applied.outcome.events.iter().any(|event| event.kind == EventKind::PartyFiled as i32));
    let caller = test.node.reader.party_of_certificate(&"ab".repeat(32), NOON).expect("the certificate is filed");
    assert!(caller.party.is_called(CUSTOMS_CODE) && caller.party.has_role(Role::Logistics));
    let view = test.node.reader.filing(CUSTOMS_CODE, NOON, Timestamp(i64::MAX)).expect("it is filed");
    assert_eq!((view.standing, view.filing.expect("as applied for").licences.len()), (Some(Standing::Active), 2));
    let before = test.node.reader.filing(&code, Timestamp(NOON.0 - DAY_MS), Timestamp(i64::MAX)).expect("it is filed");
    assert_eq!(before.standing, None, "it was not filed yesterday");
    assert!(rules(&test.apply_filing(&["其他"], application(&code, Role::Logistics)).await).is_empty());
    let page = test.node.reader.applications(&applicant(&[]), false, "", None, 10).expect("readable");
    assert_eq!(page.items.len(), 2, "of its own certificate");
}

#[tokio::test(flavor = "multi_thread")]
async fn doubts_are_named_and_wait_for_an_operator() {
    let test = TestNode::with_authorities().await;
    let good = code("91410100MA9NKJC24");
    let wrong = format!("{}{}", &good[..17], if good.ends_with('0') { '1' } else { '0' });
    let mut doubtful = application(&wrong, Role::Logistics);
    doubtful.licences[1].to_ms = NOON.0 - 1;
    let applied = test.apply_filing(&[], doubtful).await;
    assert_eq!((value(&applied, "status"), value(&applied, "reasons")), ("waiting", "R-ENT-02 R-ENT-06 R-ENT-09"));
    assert!(test.node.reader.party_of_certificate(&"ab".repeat(32), NOON).is_none(), "nobody is let in yet");
    let operator = Applicant { caller: Some(test.operator()), ..applicant(&[]) };
    let waiting = test.node.reader.applications(&operator, true, "", None, 10).expect("readable").items;
    let review = Review { application: waiting[0].position, approve: true, ..Review::default() };
    let review_it = async |review: Review| {
        test.node.intake.review_filing(&test.operator(), "", review).await.expect("it is recorded")
    };
    assert_eq!(rules(&review_it(review.clone()).await), ["R-ENT-02"], "a wrong check character needs an override");
    let overriding = Review { override_uscc: true, ..review.clone() };
    assert_eq!(rules(&review_it(overriding.clone()).await), ["R-ENT-09"], "and an override a reason");
    let approved = review_it(Review { reason: "已核对营业执照".to_owned(), ..overriding }).await;
    assert!(rules(&approved).is_empty());
    let page = test.node.reader.applications(&operator, false, &wrong, None, 10).expect("readable");
    assert!(page.items[0].uscc_overridden && page.items[0].reason == "已核对营业执照");
    assert_eq!(rules(&review_it(review).await), ["R-ENT-09"], "it is decided");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_filed_is_refused_with_every_reason() {
    let test = TestNode::with_authorities().await;
    let mut bad = application("4101980", Role::Customs);
    bad.customs_code = "41O1980K9C".to_owned();
    bad.party.certificate_sha256 = vec!["cd".repeat(32)];
    bad.licences[0].number.clear();
    let refused = test.apply_filing(&[], bad).await;
    assert_eq!(rules(&refused), ["R-ENT-02", "R-ENT-01", "R-ENT-03", "R-ENT-06"]);
    let officials: Vec<i32> = refused.outcome.rejections.iter().map(|rejection| rejection.official).collect();
    assert_eq!(officials, [-10_102, -10_102, -10_101, 0]);
    let mut abroad = application("4101980K9C", Role::Seller);
    abroad.country = "502".to_owned();
    let waiting = test.apply_filing(&["4101980K9C"], abroad.clone()).await;
    assert_eq!(value(&waiting, "reasons"), "R-ENT-10", "a firm abroad needs an agent");
    abroad.agent_code = test.samples.settings().parties.declarant.code.to_string();
    assert_eq!(value(&test.apply_filing(&["4101980K9C"], abroad).await, "status"), "approved");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filing_is_suspended_from_a_time_on_and_its_history_tells_what_was_known() {
    let test = TestNode::with_authorities().await;
    let carrier = test.samples.settings().parties.logistics.code.to_string();
    let tomorrow = NOON.0 + DAY_MS;
    assert!(rules(&test.stand(&carrier, Standing::Suspended, tomorrow).await).is_empty());
    let send = async |number: u64| {
        let set = test.samples.set(number);
        let message = test.message(Kind::Waybill, std::slice::from_ref(&set), number);
        test.node.intake.submit(&test.sender(Kind::Waybill), message).await.expect("it is recorded")
    };
    assert!(rules(&send(1).await).is_empty(), "not yet");
    test.clock.set(Timestamp(tomorrow + 1));
    let refused = send(2).await;
    assert_eq!(rules(&refused), ["R-ENT-06"]);
    assert!(refused.outcome.events[0].rejections[0].message_zh.contains("企业备案已失效"));
    test.clock.set(Timestamp(tomorrow + DAY_MS));
    test.stand(&carrier, Standing::Active, 0).await;
    assert!(rules(&send(3).await).is_empty(), "in force again");
    let at = |valid_ms, known_ms| {
        test.node.reader.filing(&carrier, Timestamp(valid_ms), Timestamp(known_ms)).expect("filed").standing
    };
    assert_eq!(at(tomorrow + 1, NOON.0 - 1), Some(Standing::Active), "as far as was known before");
    assert_eq!(at(tomorrow + 1, i64::MAX), Some(Standing::Suspended));
    assert_eq!(at(tomorrow + DAY_MS, i64::MAX), Some(Standing::Active));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_licence_that_ends_ends_the_right_to_send() {
    let test = TestNode::with_authorities().await;
    let carrier = test.samples.settings().parties.logistics.clone();
    let mut own = application(&carrier.code, Role::Logistics);
    own.party.name = carrier.name.to_string();
    own.customs_code = String::new();
    let caller = test.caller(&carrier.code);
    let applicant = Applicant { caller: Some(caller.clone()), ..applicant(&[]) };
    let applied = test.node.intake.apply_filing(&applicant, "one", own.clone()).await.expect("it is recorded");
    assert_eq!(value(&applied, "status"), "approved", "{:?}", applied.outcome);
    let again = test.node.intake.apply_filing(&applicant, "one", own).await.expect("it is answered");
    assert!(again.replayed && again.position == applied.position);
    let send = async |number: u64| {
        let set = test.samples.set(number);
        let message = test.message(Kind::Waybill, std::slice::from_ref(&set), number);
        test.node.intake.submit(&test.sender(Kind::Waybill), message).await.expect("it is recorded")
    };
    assert!(rules(&send(1).await).is_empty());
    let lacking = |kind| {
        let checks = test.node.intake.precheck_sending(&carrier.code, kind, "");
        checks.into_iter().filter_map(|check| check.missing).map(|missing| missing.rule).collect::<Vec<_>>()
    };
    assert!(lacking(single_window::domain::MessageType::Ceb511).is_empty());
    assert_eq!(lacking(single_window::domain::MessageType::Ceb621), ["R-ENT-03"]);
    test.clock.set(Timestamp(NOON.0 + 30 * DAY_MS));
    let refused = send(2).await;
    assert_eq!(rules(&refused), ["R-ENT-06"]);
    assert!(refused.outcome.events[0].rejections[0].message_en.contains("express licence"), "{refused:?}");
    assert_eq!(lacking(single_window::domain::MessageType::Ceb511), ["R-ENT-06"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_in_the_wrong_role_is_refused() {
    let test = TestNode::with_authorities().await;
    let set = test.samples.set(1);
    let parties = &test.samples.settings().parties;
    let message = String::from_utf8(test.message(Kind::Order, std::slice::from_ref(&set), 1).to_vec()).expect("UTF-8");
    let text = message.replace(
        &format!("<ceb:payCode>{}</ceb:payCode>", parties.payment.code),
        &format!("<ceb:payCode>{}</ceb:payCode>", parties.logistics.code),
    );
    let prechecked = test.node.intake.precheck(&test.sender(Kind::Order), text.clone().into()).await.expect("answered");
    let refused = test.node.intake.submit(&test.sender(Kind::Order), text.into()).await.expect("it is recorded");
    assert_eq!(rules(&refused), ["R-ENT-03"]);
    assert_eq!(refused.outcome.events[0].rejections[0].official, -10_101);
    assert_eq!(rules(&prechecked), ["R-ENT-03"], "the pre-check said so");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_precheck_records_nothing_and_says_what_would_come() {
    let test = TestNode::with_authorities().await;
    let set = test.samples.set(1);
    let order = test.message(Kind::Order, std::slice::from_ref(&set), 1);
    let before = test.node.reader.applied();
    let checked = test.node.intake.precheck(&test.sender(Kind::Order), order.clone()).await.expect("answered");
    assert!(rules(&checked).is_empty() && !checked.replayed);
    assert_eq!(test.node.reader.applied(), before, "nothing was recorded");
    let sent = test.node.intake.submit(&test.sender(Kind::Order), order.clone()).await.expect("it is taken");
    assert_eq!(checked.position, sent.position);
    assert_eq!(checked.outcome.events, sent.outcome.events, "it said what came");
    let again = test.node.intake.precheck(&test.sender(Kind::Order), order).await.expect("answered");
    assert!(again.replayed);
    let list = test.message(Kind::List, std::slice::from_ref(&set), 2);
    let checked = test.node.intake.precheck(&test.sender(Kind::List), list).await.expect("answered");
    let waiting: Vec<&str> =
        checked.outcome.events.iter().flat_map(|event| &event.waiting).map(|waiting| waiting.rule.as_str()).collect();
    assert_eq!(waiting, ["R-M3-02", "R-M3-03"], "payment and waybill are missing");
}

pub(crate) fn product(test: &TestNode, ent_goods_no: &str) -> Product {
    Product {
        op: 1,
        owner_code: test.samples.settings().parties.seller.code.to_string(),
        business_type: 1,
        ent_goods_no: ent_goods_no.to_owned(),
        hs_code: "1901101010".to_owned(),
        barcode: "6901234567892".to_owned(),
        name: "婴儿配方奶粉".to_owned(),
        unit: "122".to_owned(),
        unit1: "035".to_owned(),
        price: "238.00".to_owned(),
        currency: "142".to_owned(),
        origin: "302".to_owned(),
        ciq_org: "410000".to_owned(),
        ..Product::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_is_on_record_once_customs_and_quarantine_have_said_so() {
    let test = TestNode::with_authorities().await;
    let seller = test.caller(&test.samples.settings().parties.seller.code);
    let file = async |caller: &Caller, product: Product| {
        let batch = ProductBatch { products: vec![product] };
        test.node.intake.file_products(caller, "", batch).await.expect("it is recorded")
    };
    let bad = Product { barcode: "6901234567893".to_owned(), ..product(&test, "SKU-1") };
    assert_eq!(rules(&file(&seller, bad).await), ["R-PRD-03"]);
    let platform = test.caller(&test.samples.settings().parties.platform.code);
    assert_eq!(rules(&file(&platform, product(&test, "SKU-1")).await), ["R-ENT-07"], "another firm's product");
    assert!(rules(&file(&seller, product(&test, "SKU-1")).await).is_empty());
    assert_eq!(rules(&file(&seller, product(&test, "SKU-1")).await), ["R-PRD-01"], "it is there already");
    let row = || test.node.reader.products(&seller.party.code, false, None, 10).expect("readable").items[0].clone();
    assert!(!row().is_on_record(), "quarantine has said nothing: {:?}", row());
    let decision = ProductDecision {
        owner_code: seller.party.code.clone(),
        ent_goods_no: "SKU-1".to_owned(),
        by_quarantine: true,
        status: ProductStatus::Passed as i32,
        ..ProductDecision::default()
    };
    let agency = test.caller("AGENCY0001");
    let customs = test.caller("CUSTOMS001");
    let denied = test.node.intake.decide_product(&customs, "", decision.clone()).await;
    assert!(denied.is_err(), "customs does not speak for quarantine");
    test.node.intake.decide_product(&agency, "", decision).await.expect("it is recorded");
    assert!(row().is_on_record());
    assert!(rules(&file(&seller, Product { op: 3, ..product(&test, "SKU-1") }).await).is_empty());
    assert!(test.node.reader.products(&seller.party.code, false, None, 10).expect("readable").items.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn warehouses_are_bonded_in_an_area_or_abroad() {
    let test = TestNode::with_authorities().await;
    let site = test.caller("410116W003");
    let warehouse = Warehouse {
        code: "WH-01".to_owned(),
        name: "示例保税仓".to_owned(),
        operator_code: site.party.code.clone(),
        area_code: "4612W00001".to_owned(),
        customs_code: "4612".to_owned(),
        ..Warehouse::default()
    };
    let file = async |warehouse: Warehouse| {
        test.node.intake.file_warehouse(&site, "", warehouse).await.expect("it is recorded")
    };
    assert_eq!(rules(&file(Warehouse { area_code: String::new(), ..warehouse.clone() }).await), ["R-WH-01"]);
    assert!(rules(&file(warehouse.clone()).await).is_empty());
    assert_eq!(rules(&file(Warehouse { is_overseas: true, ..warehouse.clone() }).await), ["R-WH-01"]);
    let abroad = Warehouse { code: "WH-US".to_owned(), is_overseas: true, country: "502".to_owned(), ..warehouse };
    assert!(rules(&file(abroad).await).is_empty());
    let page = test.node.reader.warehouses(&site, None, 1).expect("readable");
    assert_eq!(page.items[0].code, "WH-01");
    let next = test.node.reader.warehouses(&site, page.next.as_deref(), 1).expect("readable");
    assert_eq!((next.items[0].code.as_str(), next.next), ("WH-US", None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verified_buyer_may_have_another_pay_and_an_unverified_one_may_not() {
    let test = TestNode::with_authorities().await;
    let (mut set, other) = (test.samples.set(1), test.samples.set(2));
    set.payment.payer = other.order.buyer.clone();
    let mut waiting = Vec::new();
    for kind in [Kind::Order, Kind::Payment, Kind::Waybill, Kind::List] {
        let message = test.message(kind, std::slice::from_ref(&set), 1);
        let applied = test.node.intake.submit(&test.sender(kind), message).await.expect("it is taken");
        waiting = applied.outcome.events.iter().flat_map(|event| event.waiting.clone()).collect();
    }
    assert!(waiting.iter().all(|waiting| waiting.rule == "R-M3-09") && !waiting.is_empty(), "{waiting:?}");
    let buyer = &set.order.buyer;
    let person = Person {
        name: buyer.name.clone(),
        id_number: buyer.id_number.clone(),
        order_no: set.order.order_no.clone(),
        ebp_code: set.order.platform.code.to_string(),
    };
    let platform = test.sender(Kind::Order);
    let (applied, result) =
        test.node.intake.verify_identity(&platform, "", person.clone()).await.expect("it is recorded");
    assert_eq!(result, IdentityResult::Unverified, "nobody can be asked, and nothing is guessed");
    assert!(applied.outcome.events.iter().all(|event| event.kind != EventKind::Matched as i32));
    let verifier = FileVerifier::of_text(&format!("{},{}", buyer.id_number, buyer.name)).expect("a list");
    let intake = test.node.intake.clone().with_verifier(Arc::new(verifier));
    let (applied, result) = intake.verify_identity(&platform, "", person).await.expect("it is recorded");
    assert_eq!(result, IdentityResult::Verified);
    assert!(
        applied.outcome.events.iter().any(|event| event.kind == EventKind::Matched as i32),
        "{:?}",
        applied.outcome
    );
    let stored = test.ledger.read_one(applied.position).expect("readable").expect("it is there");
    let bytes = [&stored.record.header[..], &stored.record.skeleton[..], &stored.record.personal[..]].concat();
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(!holds(&buyer.name) && !holds(&buyer.id_number), "the entry holds nothing of the person");
}

#[tokio::test(flavor = "multi_thread")]
async fn grades_are_of_their_time_and_known_from_a_time() {
    let test = TestNode::with_authorities().await;
    let declarant = test.samples.settings().parties.declarant.code.to_string();
    let customs = test.caller("CUSTOMS001");
    let file = async |grade: &str, from_ms: i64, figures: Option<CreditFigures>| {
        let code = declarant.clone();
        let grade = CreditGrade {
            code,
            grade: grade.to_owned(),
            from_ms,
            reason: "认证".to_owned(),
            figures,
            ..CreditGrade::default()
        };
        test.node.intake.file_credit(&customs, "", grade).await.expect("it is recorded")
    };
    let at = |valid_ms, known_ms| {
        test.node
            .reader
            .credit(&declarant, Timestamp(valid_ms), Timestamp(known_ms))
            .expect("readable")
            .expect("filed")
            .grade
    };
    let march = Timestamp::parse_ceb("20260301000000").expect("a time").0;
    assert_eq!(at(NOON.0, i64::MAX), "3", "ordinary without a grade");
    assert_eq!(rules(&file("5", march, None).await), ["R-CRED-01"], "there were three grades then");
    let figures = CreditFigures {
        penalties: 2,
        documents: 1000,
        fines: "300001".to_owned(),
        is_declarant: true,
        ..Default::default()
    };
    let set = test.samples.set(1);
    let list = test.message(Kind::List, std::slice::from_ref(&set), 1);
    test.node.intake.submit(&test.sender(Kind::List), list).await.expect("it is taken");
    let filed = file("5", 0, Some(figures)).await;
    assert!(rules(&filed).is_empty());
    assert!(value(&filed, "trigger").starts_with("penalties: "), "{:?}", filed.outcome);
    assert_eq!(value(&filed, "openLists"), "1", "the list that waits");
    assert_eq!((at(NOON.0, i64::MAX).as_str(), at(NOON.0, NOON.0 - 1).as_str()), ("5", "3"));
    test.clock.set(Timestamp(NOON.0 + DAY_MS));
    file("1", march, None).await;
    assert_eq!(at(march, NOON.0 + 1), "3", "what was known then");
    assert_eq!(at(march, i64::MAX), "1", "a correction of the past");
    let seller = test.caller(&test.samples.settings().parties.seller.code);
    let denied = test.node.intake.file_credit(&seller, "", CreditGrade::default()).await;
    assert!(denied.is_err());
}

impl TestNode {
    async fn switch_on(&self, name: &str) {
        let row = Row {
            key: name.to_owned(),
            values: vec!["true".to_owned()],
            from_ms: NOON.0 - DAY_MS,
            source: "示例".to_owned(),
            mark: "D".to_owned(),
            ..Row::default()
        };
        let change = TableChange { table: TableName::Parameters.number(), rows: vec![row], note: String::new() };
        let changed = self.node.intake.change_table(&self.operator(), "", change).await.expect("it is recorded");
        assert!(changed.outcome.rejections.is_empty(), "{:?}", changed.outcome.rejections);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_that_nobody_filed_are_refused_only_if_the_tables_say_so() {
    let test = TestNode::with_authorities().await;
    let parties = &test.samples.settings().parties;
    let order = |number: u64| {
        let set = test.samples.set(number);
        let message = test.message(Kind::Order, std::slice::from_ref(&set), number);
        let text = String::from_utf8(message.to_vec()).expect("UTF-8");
        text.replace(
            &format!("<ceb:payCode>{}</ceb:payCode>", parties.payment.code),
            "<ceb:payCode>4401980K9C</ceb:payCode>",
        )
    };
    let send = async |text: String| {
        test.node.intake.submit(&test.sender(Kind::Order), text.into()).await.expect("it is recorded")
    };
    assert!(rules(&send(order(1)).await).is_empty(), "firms of other windows send here too");
    test.switch_on("unfiled_codes_refused").await;
    let refused = send(order(2)).await;
    assert_eq!(
        (rules(&refused).as_slice(), refused.outcome.events[0].rejections[0].official),
        (&["R-ENT-03"][..], -10_102)
    );
    // R-ENT-05: a foreign platform without a code is no firm that must be filed.
    let text = example(MessageType::Ceb303, 1);
    let code = text.split("<ceb:ebpCode>").nth(1).and_then(|rest| rest.split('<').next()).expect("an order names it");
    let text = text.replace(&format!("<ceb:ebpCode>{code}<"), "<ceb:ebpCode>无<");
    let sender = text.split("<ceb:copCode>").nth(1).and_then(|rest| rest.split('<').next()).expect("a sender");
    let sent = test.node.intake.submit(&test.caller(sender), text.clone().into()).await.expect("it is recorded");
    assert!(!rules(&sent).contains(&"R-ENT-03"), "{:?}", sent.outcome);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_not_the_one_filed_for_its_code_keeps_a_list_waiting() {
    let test = TestNode::with_authorities().await;
    let mut set = test.samples.set(1);
    set.order.platform.name = "另一平台有限公司".into();
    let mut waiting = Vec::new();
    for kind in [Kind::Order, Kind::Payment, Kind::Waybill, Kind::List] {
        let message = test.message(kind, std::slice::from_ref(&set), 1);
        let applied = test.node.intake.submit(&test.sender(kind), message).await.expect("it is taken");
        waiting = applied.outcome.events.iter().flat_map(|event| event.waiting.clone()).collect();
    }
    let named = waiting.iter().find(|waiting| waiting.rule == "R-M3-13" && waiting.field == "ebpName");
    let named = named.unwrap_or_else(|| panic!("the name differs: {waiting:?}"));
    assert_eq!(named.left_value, "另一平台有限公司");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_goes_with_as_many_identities_as_the_tables_allow() {
    let test = TestNode::with_authorities().await;
    let send = async |number: u64, account: &str| {
        let mut set = test.samples.set(number);
        account.clone_into(&mut set.order.buyer_account);
        let message = test.message(Kind::Order, std::slice::from_ref(&set), number);
        test.node.intake.submit(&test.sender(Kind::Order), message).await.expect("it is recorded")
    };
    assert!(rules(&send(1, "ACCOUNT").await).is_empty());
    assert!(rules(&send(2, "ACCOUNT").await).is_empty(), "not asked as shipped");
    test.switch_on("buyer_account_checked").await;
    assert!(rules(&send(3, "ACCOUNT").await).is_empty(), "the first that is seen");
    let refused = send(4, "ACCOUNT").await;
    assert_eq!(rules(&refused), ["R-ID-04"]);
    assert_eq!(refused.outcome.events[0].rejections[0].found, None, "nothing personal is said");
    assert!(rules(&send(5, "OTHER").await).is_empty());
}

#[test]
fn the_vectors_of_the_rules_are_judged_as_published() {
    use single_window::domain::check_digit::{check_gtin, check_id_number, check_uscc, is_customs_code};
    assert!(check_uscc("91110000101623741K").is_ok() && check_uscc("91110000101623741L").is_err());
    assert!(check_id_number("11010519491231002X").is_ok() && check_id_number("330821198809085211").is_err());
    assert!(check_gtin("6901234567892").is_ok() && check_gtin("6901234567893").is_err());
    assert!(is_customs_code("4403169D3W") && is_customs_code("312226T001") && !is_customs_code("44O3169D3W"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_certificate_that_nobody_filed_may_apply_and_nothing_else() {
    let harness = Harness::start().await;
    let stranger = channel(harness.address, harness.stranger("h2")).await.expect("a connection");
    let mut filing = FilingServiceClient::new(stranger.clone());
    let code = code("91410100MA9NKJC24");
    let request = v1::ApplyFilingRequest {
        request_id: "1".to_owned(),
        application: Some(v1::Application {
            party: Some(v1::Party {
                code: code.clone(),
                name: "示例新企业有限公司".to_owned(),
                roles: vec![Role::Seller as i32],
                ..Default::default()
            }),
            ..Default::default()
        }),
    };
    let recorded = filing.apply_filing(request.clone()).await.expect("it is recorded").into_inner().recorded;
    let recorded = recorded.expect("a record");
    assert!(recorded.rejections.is_empty(), "{recorded:?}");
    let again = filing.apply_filing(request).await.expect("it is answered").into_inner().recorded.expect("a record");
    assert!(again.replayed && again.receipt_id == recorded.receipt_id);
    let list = v1::ListApplicationsRequest { at_least: recorded.position.clone(), ..Default::default() };
    let mine = filing.list_applications(list.clone()).await.expect("its own").into_inner().applications;
    assert_eq!((mine.len(), mine[0].status_zh.as_str()), (1, "待审核"));
    assert_eq!(mine[0].reasons[0].rule, "R-ENT-09", "the certificate does not name the code");
    let denied = filing.get_party(v1::GetPartyRequest::default()).await.expect_err("nothing else");
    assert_eq!(denied.code(), Code::Unauthenticated);
    let denied = filing.precheck(v1::PrecheckRequest::default()).await.expect_err("nothing else");
    assert_eq!(denied.code(), Code::Unauthenticated);

    let seller = FilingServiceClient::new(harness.channel("seller").await).list_applications(list.clone()).await;
    assert!(seller.expect("its own").into_inner().applications.is_empty(), "others see nothing of it");
    let mut operator = FilingServiceClient::new(harness.channel("operator").await);
    let list = v1::ListApplicationsRequest { waiting_only: true, ..list };
    let waiting = operator.list_applications(list).await.expect("the queue").into_inner().applications;
    let review = v1::ReviewFilingRequest {
        application_id: waiting[0].application_id.clone(),
        approve: true,
        reason: "已核对".to_owned(),
        ..Default::default()
    };
    let reviewed = operator.review_filing(review).await.expect("it is recorded").into_inner().recorded;
    assert!(reviewed.expect("a record").rejections.is_empty());
    let party = filing.get_party(v1::GetPartyRequest::default()).await.expect("it is filed now").into_inner().party;
    assert_eq!(party.expect("its filing").code, code);
    harness.stop().await;
}
