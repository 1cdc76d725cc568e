//! Quality tracing: records, lots and lists, recall, blocks (R-TRACE-01 to R-TRACE-03).

use crate::harness::Harness;
use crate::node::{NOON, TestNode};
use single_window::domain::{
    Caller, DocRef, EventKind, InspectionState, Keys, LotBlock, LotName, Party, PartyId, Role, TraceChange, TraceRecord,
};
use single_window::intake::{Applied, Decision, Wanted};
use single_window::sample::{Generator, Kind, Mode, Set, Settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A made-up lot of a made-up product; the GTIN has a good check digit.
const GTIN: &str = "6901234567892";

fn record(code: &str, lot: &str) -> TraceRecord {
    TraceRecord {
        code: code.to_owned(),
        gtin: GTIN.to_owned(),
        hs: "3304990099".to_owned(),
        lot: lot.to_owned(),
        name: "示例面霜".to_owned(),
        made: "20260101".to_owned(),
        expires: "20281231".to_owned(),
        origin: "305".to_owned(),
        inbound_no: "QD460426I000000001".to_owned(),
        importer: "示例优选电子商务有限公司".to_owned(),
        agent: "示例报关服务有限公司".to_owned(),
        distributor: "示例分销有限公司".to_owned(),
        entry_port: "4604".to_owned(),
        inspection: InspectionState::Passed as i32,
        ..TraceRecord::default()
    }
}

fn filing(records: Vec<TraceRecord>) -> TraceChange {
    TraceChange { records, ..TraceChange::default() }
}

fn name(lot: &str) -> LotName {
    LotName { gtin: GTIN.to_owned(), lot: lot.to_owned() }
}

fn block(lot: &str, free: bool) -> TraceChange {
    let reason = "示例：检出不合格".to_owned();
    TraceChange {
        blocks: vec![LotBlock { name: name(lot), free, reason, ..LotBlock::default() }],
        ..TraceChange::default()
    }
}

impl TestNode {
    fn seller(&self) -> Caller {
        self.caller(&self.samples.settings().parties.seller.code)
    }

    async fn trace(&self, caller: &Caller, change: TraceChange) -> Applied {
        self.node.intake.change_trace(caller, "", change).await.expect("it is recorded")
    }

    async fn sell(&self, number: u64) -> (Set, Applied) {
        let set = self.samples.set(number);
        let mut last = None;
        for kind in [Kind::Order, Kind::Payment, Kind::Waybill, Kind::List] {
            let message = self.message(kind, std::slice::from_ref(&set), number);
            last = Some(self.node.intake.submit(&self.sender(kind), message).await.expect("it is recorded"));
        }
        (set, last.expect("four were sent"))
    }

    async fn decide_list(&self, pre_no: &str, invt_no: &str, code: i32) {
        let decision = Decision {
            guid: format!("G{pre_no}{code}"),
            kind: 621,
            keys: Keys { pre_no: pre_no.to_owned(), invt_no: invt_no.to_owned(), ..Keys::default() },
            status: code,
            time_ms: NOON.0 + i64::from(code),
            info: String::new(),
        };
        self.node.intake.decide(&self.caller("CUSTOMS001"), decision).await.expect("it is recorded");
    }

    fn lists_of(&self, caller: &Caller, lot: &str) -> Vec<DocRef> {
        let (lists, next) = self.node.reader.recall(caller, &name(lot), &[], 100).expect("readable");
        assert!(next.is_none());
        lists.into_iter().map(|list| list.list).collect()
    }
}

/// The list of an outcome, its pre-entry number, and the rules it was refused by.
fn list(applied: &Applied) -> (DocRef, String, Vec<String>) {
    let event = applied.outcome.events.iter().find(|event| event.message_type == 621).expect("an event of the list");
    let rules = event.rejections.iter().map(|rejection| rejection.rule.clone()).collect();
    (event.document.expect("a document"), event.keys.clone().unwrap_or_default().pre_no, rules)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_is_traced_from_its_code_to_its_list_and_back_from_its_lot() {
    let test = TestNode::start_clearance().await;
    let order_no = test.samples.set(1).order.order_no;
    // One before the list is there, one after.
    let sold = TraceRecord { order_no: order_no.clone(), gnum: 1, ..record("U1", "L1") };
    assert!(test.trace(&test.seller(), filing(vec![sold])).await.outcome.rejections.is_empty());
    let (set, applied) = test.sell(1).await;
    let (at, pre_no, rules) = list(&applied);
    assert!(rules.is_empty(), "{rules:?}");
    let late = TraceRecord { order_no: order_no.clone(), gnum: 1, ..record("U2", "L2") };
    test.trace(&test.seller(), filing(vec![late, record("U3", "L1")])).await;
    for lot in ["L1", "L2"] {
        assert_eq!(test.lists_of(&test.caller("CUSTOMS001"), lot), [at], "{lot}");
    }
    test.decide_list(&pre_no, "46042026I123456789", 800).await;

    let public = test.node.reader.public_trace(&Wanted::Code("U1".to_owned()), NOON).expect("readable");
    let [answer] = public.as_slice() else { panic!("one answer, not {public:?}") };
    assert_eq!((answer.declaration.0, answer.released.as_str()), (800, "20260501"));
    assert_eq!((answer.name.as_str(), answer.origin[1].as_str()), ("示例面霜", "法国"));
    assert_eq!(answer.inspection, InspectionState::Passed);
    let text = format!("{public:?}");
    for personal in [&set.order.buyer.name, &set.order.buyer.id_number, &set.order.consignee.address, &order_no] {
        assert!(!text.contains(personal.as_str()), "the public answer shows {personal}");
    }
    for (wanted, count) in [
        (Wanted::Order(order_no.clone()), 2),
        (Wanted::Waybill(set.waybill.waybill_no.clone()), 2),
        (Wanted::Lot(name("L1")), 2),
        (Wanted::Lot(LotName { gtin: String::new(), lot: "L2".to_owned() }), 1),
        (Wanted::Order("NONE".to_owned()), 0),
    ] {
        let found = test.node.reader.public_trace(&wanted, NOON).expect("readable");
        assert_eq!(found.len(), count, "{wanted:?}: {found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_a_blocked_lot_is_refused_until_it_is_freed() {
    let test = TestNode::start_clearance().await;
    let authority = test.caller("CUSTOMS001");
    let sold = |number: u64, code: &str, lot: &str| {
        let order_no = test.samples.set(number).order.order_no;
        TraceRecord { order_no, gnum: 1, ..record(code, lot) }
    };
    let records = vec![sold(1, "B1", "BAD"), sold(2, "B2", "GOOD"), sold(3, "B3", "BAD")];
    assert!(test.trace(&test.seller(), filing(records)).await.outcome.rejections.is_empty());
    let blocked = test.trace(&authority, block("BAD", false)).await;
    let event = &blocked.outcome.events[0];
    assert_eq!(event.kind, EventKind::LotBlocked as i32);
    assert!(event.owners.contains(&test.seller().id.0), "who filed goods of the lot is told");

    let (_, refused) = test.sell(1).await;
    let rejection = &refused.outcome.events[0].rejections[0];
    assert_eq!(rejection.rule, "R-TRACE-03");
    assert!(rejection.message_zh.contains("E-TRACE-03") && rejection.message_zh.contains("示例：检出不合格"));
    let (_, passed) = test.sell(2).await;
    assert!(list(&passed).2.is_empty(), "another lot is sold");

    assert!(test.trace(&authority, block("BAD", true)).await.outcome.rejections.is_empty());
    let (_, freed) = test.sell(3).await;
    assert!(list(&freed).2.is_empty(), "a freed lot is sold");
    let refused = test.trace(&test.seller(), block("BAD", false)).await;
    assert_eq!(refused.outcome.rejections[0].rule, "R-TRACE-03", "firms block nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_blocks_anothers_sale_by_filing_a_record_for_its_order() {
    let test = TestNode::start_clearance().await;
    let other = Party {
        code: "4104169999".to_owned(),
        name: "示例同行有限公司".to_owned(),
        roles: vec![Role::Seller as i32],
        active: true,
        ..Party::default()
    };
    test.node.intake.file_party(PartyId(0), other).await.expect("it can be filed");
    let order_no = test.samples.set(1).order.order_no;
    let foreign = TraceRecord { order_no, gnum: 1, ..record("X1", "BAD") };
    test.trace(&test.caller("4104169999"), filing(vec![foreign])).await;
    test.trace(&test.caller("CUSTOMS001"), block("BAD", false)).await;
    let (_, applied) = test.sell(1).await;
    assert!(list(&applied).2.is_empty());
    assert!(test.lists_of(&test.caller("CUSTOMS001"), "BAD").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_changed_and_withdrawn_by_its_owner_and_keeps_its_history() {
    let test = TestNode::start_clearance().await;
    let seller = test.seller();
    test.trace(&seller, filing(vec![record("C1", "L1")])).await;
    let renamed = TraceRecord { name: "示例面霜 50ml".to_owned(), ..record("C1", "L1") };
    test.trace(&seller, filing(vec![renamed])).await;
    let foreign = test.trace(&test.sender(Kind::List), filing(vec![record("C1", "L9")])).await;
    assert_eq!(foreign.outcome.rejections[0].rule, "R-TRACE-02", "a code belongs to who filed it first");
    let gone = TraceChange { withdrawn: vec!["C1".to_owned()], ..TraceChange::default() };
    test.trace(&seller, gone).await;
    let found = test.node.reader.trace_record(&seller, "C1").expect("readable").expect("it is there");
    assert!(found.now.withdrawn && found.now.version == 3);
    let names: Vec<&str> = found.history.iter().map(|version| version.record.name.as_str()).collect();
    assert_eq!(names, ["示例面霜 50ml", "示例面霜"]);
    assert!(test.node.reader.public_trace(&Wanted::Code("C1".to_owned()), NOON).expect("readable").is_empty());
    assert!(test.node.reader.trace_record(&test.sender(Kind::List), "C1").expect("readable").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_a_record_is_named() {
    let test = TestNode::start_clearance().await;
    let bad = TraceRecord {
        code: String::new(),
        gtin: "6901234567890".to_owned(),
        hs: "12".to_owned(),
        made: "20260230".to_owned(),
        origin: "ZZZ".to_owned(),
        entry_port: "46".to_owned(),
        qty: "-1".to_owned(),
        ..record("", "L1")
    };
    let refused = test.trace(&test.seller(), filing(vec![record("OK", "L1"), bad])).await;
    let paths: Vec<&str> = refused.outcome.rejections.iter().map(|rejection| rejection.path.as_str()).collect();
    let fields = ["code", "gtin", "hs", "made", "expires", "origin", "entry_port", "qty"];
    for field in fields.iter().filter(|field| **field != "expires") {
        assert!(paths.contains(&format!("records[1].{field}").as_str()), "{field}: {paths:?}");
    }
    assert!(test.node.reader.trace_record(&test.seller(), "OK").expect("readable").is_none(), "all or nothing");
}

/// A node whose samples are bonded sales.
async fn bonded() -> TestNode {
    let mut test = TestNode::start_clearance().await;
    test.samples = Generator::new(8, Settings { mode: Mode::Bonded, ..Settings::default() });
    test
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_told_is_drawn_from_the_oldest_lot_and_blocked_lots_are_left_out() {
    let test = bonded().await;
    let set = test.samples.set(1);
    let line = &set.list.lines[0];
    let of_item = |code: &str, lot: &str| TraceRecord {
        ems_no: set.list.account_book.to_owned(),
        item_record_no: line.goods.record_no.to_owned(),
        qty: (line.quantity * 2).to_string(),
        ..record(code, lot)
    };
    test.trace(&test.seller(), filing(vec![of_item("P1", "OLD"), of_item("P2", "NEW")])).await;
    let authority = test.caller("CUSTOMS001");
    let (_, applied) = test.sell(1).await;
    let (at, pre_no, rules) = list(&applied);
    assert!(rules.is_empty(), "{rules:?}");
    let (lists, _) = test.node.reader.recall(&authority, &name("OLD"), &[], 10).expect("readable");
    assert_eq!((lists.len(), lists[0].presumed, lists[0].list), (1, true, at));
    assert!(test.lists_of(&authority, "NEW").is_empty());

    // A list that customs rejects gives back what it took.
    test.decide_list(&pre_no, "", 100).await;
    assert!(test.lists_of(&authority, "OLD").is_empty());
    let taken = test.node.reader.trace_record(&test.seller(), "P1").expect("readable").expect("it is there").taken;
    assert_eq!(taken, "0");

    test.trace(&authority, block("OLD", false)).await;
    let again = test.node.reader.recall(&authority, &name("OLD"), &[], 10).expect("readable").0;
    assert!(again.is_empty());
    test.trace(&authority, block("NEW", false)).await;
    let (other, _) = (0..200)
        .map(|number| (number, test.samples.set(number)))
        .filter(|(number, _)| *number != 1)
        .find(|(_, other)| other.list.lines.iter().any(|other| other.goods.record_no == line.goods.record_no))
        .expect("another sale of the item");
    let (_, refused) = test.sell(other).await;
    assert_eq!(list(&refused).2, ["R-TRACE-03"], "only blocked lots are left");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_page_answers_without_a_certificate_and_only_what_it_may() {
    let exchange = Harness::start_with(|config| {
        config.public_listen = Some(std::net::SocketAddr::from(([127, 0, 0, 1], 0)));
    })
    .await;
    let public = exchange.public.expect("a public port");
    let ask = async |target: &str| {
        let mut tcp = tokio::net::TcpStream::connect(public).await.expect("a connection");
        let head = format!("GET {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        tcp.write_all(head.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        tcp.read_to_string(&mut answer).await.expect("an answer");
        answer
    };
    let page = ask("/").await;
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("跨境商品质量追溯"), "{page}");
    assert!(page.contains("content-security-policy") && !page.contains("<script"));
    let none = ask("/v1/public/trace?code=NONE").await;
    assert!(none.ends_with("{\"traces\":[]}"), "{none}");
    assert!(ask("/v1/public/trace?code=A&lot=B").await.starts_with("HTTP/1.1 400"));
    assert!(ask("/v1/messages").await.starts_with("HTTP/1.1 404"), "nothing else is there");
    let mut busy = false;
    for _ in 0..40 {
        busy |= ask("/v1/public/trace?code=NONE").await.starts_with("HTTP/1.1 429");
    }
    assert!(busy, "one address is told to wait");
    exchange.stop().await;
}
