//! Stock: bonded figures (R-WH-01), gate-out sheets (R-WH-02), stock abroad (R-WH-03).
#![expect(clippy::indexing_slicing, reason = "a test that panics has failed")]

use crate::clearance_life::{after as later, golden, with};
use crate::node::{NOON, TestNode};
use proptest::prelude::*;
use single_window::domain::{
    Amount, BondedInbound, Caller, DailyFigures, GateParcel, GateSheet, Keys, MessageType, OverseasReceipt,
    OverseasSale, ParcelStep, Party, PartyId, Rejection, Role, StockChange, StockFigure, Timestamp,
};
use single_window::intake::{Applied, Decision, WorkKind};
use single_window::sample::{ExportMode, Generator, Kind, Run, Set, Settings};

impl TestNode {
    async fn warehouse(&self) -> Caller {
        let warehouse = Party {
            code: "410116W002".to_owned(),
            name: "示例综保区仓储有限公司".to_owned(),
            roles: vec![Role::Warehouse as i32],
            active: true,
            ..Party::default()
        };
        self.node.intake.file_party(PartyId(0), warehouse).await.expect("it can be filed");
        self.caller("410116W002")
    }

    async fn stock(&self, caller: &Caller, change: StockChange) -> Applied {
        self.node.intake.change_stock(caller, "", change).await.expect("it is recorded")
    }

    /// A sale of import, its list stored; the set and the list's pre-entry number.
    async fn stored(&self, number: u64) -> (Set, String) {
        let set = self.samples.set(number);
        let mut pre_no = String::new();
        for kind in [Kind::Order, Kind::Payment, Kind::Waybill, Kind::List] {
            let message = self.message(kind, std::slice::from_ref(&set), number);
            let applied = self.node.intake.submit(&self.sender(kind), message).await.expect("it is taken");
            assert!(applied.outcome.events[0].rejections.is_empty(), "{:#?}", applied.outcome.events[0].rejections);
            let keys = applied.outcome.events.iter().filter(|event| event.message_type == 621);
            pre_no = keys.filter_map(|event| event.keys.clone()).next_back().unwrap_or_default().pre_no;
        }
        (set, pre_no)
    }

    async fn release(&self, pre_no: &str, number: u64) {
        let decision = Decision {
            guid: format!("R{number}"),
            kind: 621,
            keys: Keys { pre_no: pre_no.to_owned(), invt_no: format!("46122026I{number:09}"), ..Keys::default() },
            status: 800,
            time_ms: NOON.0 + 60_000,
            info: String::new(),
        };
        let applied = self.node.intake.decide(&self.caller("CUSTOMS001"), decision).await.expect("it is recorded");
        assert_eq!(applied.outcome.events[0].status, 800, "{:?}", applied.outcome.events[0]);
    }
}

fn rules(rejections: &[Rejection]) -> Vec<&str> {
    rejections.iter().map(|rejection| rejection.rule.as_str()).collect()
}

fn value<'a>(applied: &'a Applied, name: &str) -> &'a str {
    let values = applied.outcome.events.iter().flat_map(|event| &event.values);
    values.into_iter().find(|value| value.name == name).map_or("", |value| value.value.as_str())
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_of_a_warehouse_are_compared_with_what_came_in_and_what_was_released() {
    let test = TestNode::start_clearance().await;
    let warehouse = test.warehouse().await;
    let (set, pre_no) = test.stored(1).await;
    let line = &set.list.lines[0];
    let (ems_no, item) = (set.list.account_book.to_owned(), line.goods.record_no.to_owned());
    let inbound = BondedInbound {
        ems_no: ems_no.clone(),
        item_record_no: item.clone(),
        qty: "100".to_owned(),
        inbound_no: "QD461226I000000001".to_owned(),
    };
    let filed = test.stock(&warehouse, StockChange { inbound: vec![inbound], ..StockChange::default() }).await;
    assert!(filed.outcome.rejections.is_empty());
    test.release(&pre_no, 1).await;
    let sold: i64 = set.list.lines.iter().filter(|other| other.goods == line.goods).map(|line| line.quantity).sum();
    let figures = |qty: i64| StockChange {
        figures: Some(DailyFigures {
            day: "20260501".to_owned(),
            figures: vec![StockFigure { ems_no: ems_no.clone(), item_record_no: item.clone(), qty: qty.to_string() }],
        }),
        ..StockChange::default()
    };
    let good = test.stock(&warehouse, figures(100 - sold)).await;
    assert_eq!(value(&good, "differences"), "0");
    let bad = test.stock(&warehouse, figures(99 - sold)).await;
    let event = &bad.outcome.events[0];
    assert_eq!((event.code.as_str(), value(&bad, "differences")), ("difference", "1"));
    assert!(event.owners.contains(&test.caller("CUSTOMS001").id.0), "customs of the book's office is told");
    let report = test.node.reader.stock_report(&warehouse, "", "20260501").expect("readable").expect("it is there");
    assert_eq!(report.differences[0].expected, (100 - sold).to_string());
    let other = test.sender(Kind::Payment);
    assert!(test.node.reader.stock_report(&other, "410116W002", "20260501").expect("readable").is_none());
    let wrong = test.stock(&warehouse, figures(-1)).await;
    assert_eq!(rules(&wrong.outcome.rejections), ["R-WH-01"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_back_by_a_return_lies_in_the_book_again_and_once() {
    let test = TestNode::start_clearance().await;
    let warehouse = test.warehouse().await;
    let (set, pre_no) = test.stored(1).await;
    let line = &set.list.lines[0];
    let (ems_no, item) = (set.list.account_book.to_owned(), line.goods.record_no.to_owned());
    let inbound = BondedInbound {
        ems_no: ems_no.clone(),
        item_record_no: item.clone(),
        qty: "100".to_owned(),
        inbound_no: "QD461226I000000001".to_owned(),
    };
    test.stock(&warehouse, StockChange { inbound: vec![inbound], ..StockChange::default() }).await;
    test.release(&pre_no, 1).await;
    let sold = line.quantity;
    let figures = |qty: i64| StockChange {
        figures: Some(DailyFigures {
            day: "20260501".to_owned(),
            figures: vec![StockFigure { ems_no: ems_no.clone(), item_record_no: item.clone(), qty: qty.to_string() }],
        }),
        ..StockChange::default()
    };
    let agrees = async |qty: i64| value(&test.stock(&warehouse, figures(qty)).await, "differences") == "0";
    assert!(agrees(100 - sold).await);
    // One piece comes back.
    let mut xml = golden(MessageType::Ceb625);
    let (lines, number) = (xml.find("<ceb:InvtRefundList>").expect("lines"), "46122026I000000001");
    let of_line =
        [("gnum", line.number.to_string()), ("gcode", line.goods.commodity.to_owned()), ("qty", "1".to_owned())];
    let mut part = xml.split_off(lines);
    for (name, text) in of_line.into_iter().chain([("unit", line.goods.unit.to_owned())]) {
        part = with(&part, name, &text);
    }
    let xml = with(&format!("{xml}{part}"), "invtNo", number);
    test.take(MessageType::Ceb625, &xml).await;
    assert!(agrees(100 - sold).await, "it is on its way");
    test.decided(MessageType::Ceb625, ("copNo", text(&xml, "copNo")), 399, later(1)).await;
    assert!(agrees(101 - sold).await, "it lies there again");
    // The list is cancelled: what is left of it comes back, not the piece a second time.
    let cancel = with(&golden(MessageType::Ceb623), "invtNo", number);
    test.take(MessageType::Ceb623, &cancel).await;
    let events = test.decided(MessageType::Ceb623, ("copNo", text(&cancel, "copNo")), 399, later(2)).await;
    assert!(events.iter().any(|event| event.status == 9001), "{events:#?}");
    assert!(agrees(100).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn differences_are_work_until_a_count_agrees() {
    let test = TestNode::start_clearance().await;
    let warehouse = test.warehouse().await;
    let report = async |day: u32, items: &[(&str, &str)]| {
        let figure = |(item, qty): &(&str, &str)| StockFigure {
            ems_no: "T4612W000009".to_owned(),
            item_record_no: (*item).to_owned(),
            qty: (*qty).to_owned(),
        };
        let figures = items.iter().map(figure).collect();
        let figures = DailyFigures { day: format!("202605{day:02}"), figures };
        let change = StockChange { figures: Some(figures), ..StockChange::default() };
        assert!(test.stock(&warehouse, change).await.outcome.rejections.is_empty());
    };
    let work = |caller: &Caller| {
        let (items, _) = test.node.reader.worklist(caller, &[], 100, &[]).expect("readable");
        items.into_iter().map(|item| (item.kind, item.number, item.overdue_ms > 0)).collect::<Vec<_>>()
    };
    let item = |overdue: bool| vec![(WorkKind::StockDifference as i32, "T4612W000009".to_owned(), overdue)];
    report(1, &[("1", "0")]).await;
    assert!(work(&warehouse).is_empty(), "nothing came in, nothing is there");
    report(2, &[("1", "5"), ("2", "7")]).await;
    assert_eq!(work(&warehouse), item(false), "one item for the book");
    assert_eq!(work(&test.caller("CUSTOMS001")), item(false), "customs of the office sees it");
    assert!(work(&test.sender(Kind::Payment)).is_empty(), "nobody else does");
    report(2, &[("1", "0")]).await;
    assert_eq!(work(&warehouse), item(false), "the other one differs still");
    test.clock.set(Timestamp(NOON.0 + 25 * 3_600_000));
    let told = test.node.intake.tick().await.expect("it ticks").expect("it is due after a day");
    assert_eq!(told.outcome.events.len(), 1, "{:?}", told.outcome.events);
    assert_eq!(value(&told, "work"), "stockDifference");
    assert!(test.node.intake.tick().await.expect("it ticks").is_none(), "told once");
    assert_eq!(work(&warehouse), item(true));
    report(3, &[("2", "0")]).await;
    assert!(work(&warehouse).is_empty(), "every item agrees");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vehicle_leaves_only_when_every_list_on_it_is_released() {
    let test = TestNode::start_clearance().await;
    let warehouse = test.warehouse().await;
    let (one, first) = test.stored(1).await;
    let (two, second) = test.stored(2).await;
    let parcel = |set: &Set| GateParcel {
        logistics_no: set.waybill.waybill_no.clone(),
        logistics_code: set.waybill.carrier.code.to_string(),
    };
    let sheet = |number: &str| GateSheet {
        sheet_no: number.to_owned(),
        vehicle: "豫A00000".to_owned(),
        place: "新郑综保区卡口".to_owned(),
        parcels: vec![parcel(&one), parcel(&two)],
    };
    let file = |sheet: GateSheet| StockChange { sheet: Some(sheet), ..StockChange::default() };
    let confirm = || StockChange { gate_out: "H1".to_owned(), ..StockChange::default() };
    let filed = test.stock(&warehouse, file(sheet("H1"))).await;
    assert!(filed.outcome.rejections.is_empty(), "{:?}", filed.outcome.rejections);
    assert_eq!(value(&filed, "notReleased"), "2");
    let twice = test.stock(&warehouse, file(sheet("H2"))).await;
    assert_eq!(rules(&twice.outcome.rejections), ["R-WH-02", "R-WH-02"], "a parcel is on one sheet");
    let foreign = test.stock(&test.sender(Kind::List), file(sheet("H3"))).await;
    assert!(foreign.outcome.rejections.iter().any(|rejection| rejection.path == "sheet"));

    test.release(&first, 1).await;
    let held = test.stock(&warehouse, confirm()).await;
    let [reason] = held.outcome.rejections.as_slice() else { panic!("one reason: {:?}", held.outcome.rejections) };
    assert_eq!((reason.rule.as_str(), reason.path.as_str()), ("R-WH-02", "parcels[1].logistics_no"));
    assert_eq!((reason.found.as_deref(), reason.expected.as_str()), (Some("120"), "800"));
    assert!(reason.message_zh.contains(&second), "the list is named: {}", reason.message_zh);

    test.release(&second, 2).await;
    let out = test.stock(&warehouse, confirm()).await;
    assert!(out.outcome.rejections.is_empty(), "{:?}", out.outcome.rejections);
    let carrier = test.sender(Kind::Waybill);
    for set in [&one, &two] {
        let found = test.node.reader.parcels(&carrier, &set.waybill.waybill_no, "").expect("readable");
        assert_eq!(found[0].step, ParcelStep::GateOut);
    }
    let again = test.stock(&warehouse, confirm()).await;
    assert_eq!(rules(&again.outcome.rejections), ["R-WH-02"], "a sheet leaves once");
    let sheet = test.node.reader.gate_sheet(&warehouse, "", "H1").expect("readable").expect("it is there");
    assert!(sheet.left.is_some() && !sheet.cancelled);
}

/// A node with a W-type order of two trades, departed or not; order number, platform, item and quantity.
async fn abroad(departed: bool) -> (TestNode, Caller, [String; 3], i64) {
    let mut test = TestNode::start_clearance().await;
    let settings = Settings { export_mode: ExportMode::Warehouse, ..Settings::default() };
    test.samples = Generator::new(9, settings);
    // The made-up goods leave in June.
    test.clock.set(Timestamp(NOON.0 + 60 * 86_400_000));
    let kinds = [MessageType::Ceb303, MessageType::Ceb505, MessageType::Ceb603, MessageType::Ceb509];
    let mut order = String::new();
    for kind in kinds.into_iter().filter(|kind| departed || *kind != MessageType::Ceb509) {
        let mut xml = String::new();
        Run::new(&test.samples, 1..2, 1).write(&mut xml, kind, 1);
        if kind == MessageType::Ceb303 {
            order.clone_from(&xml);
        }
        let sender = test.caller(text(&xml, "copCode"));
        let applied = test.node.intake.submit(&sender, xml.into()).await.expect("it is recorded");
        let faults: Vec<_> = applied.outcome.events.iter().flat_map(|event| &event.rejections).collect();
        assert!(applied.outcome.rejections.is_empty() && faults.is_empty(), "{kind:?}: {faults:#?}");
    }
    let seller = test.caller(text(&order, "ebcCode"));
    let names = ["orderNo", "ebpCode", "itemNo"].map(|name| text(&order, name).to_owned());
    let item = names[2].clone();
    let lines = order.split("<ceb:OrderList>").skip(1).filter(|line| text(line, "itemNo") == item);
    let qty = lines.map(|line| text(line, "qty").parse::<i64>().expect("whole pieces")).sum();
    (test, seller, names, qty)
}

fn text<'a>(xml: &'a str, name: &str) -> &'a str {
    let open = format!("<ceb:{name}>");
    let from = xml.find(&open).unwrap_or_else(|| panic!("no {name}")) + open.len();
    &xml[from..from + xml[from..].find('<').expect("a closed element")]
}

fn received([order, ebp, item]: &[String; 3], qty: i64) -> OverseasReceipt {
    OverseasReceipt {
        order_no: order.clone(),
        ebp_code: ebp.clone(),
        item_no: item.clone(),
        qty: qty.to_string(),
        warehouse: "OVERSEAS-DE-1".to_owned(),
    }
}

fn sale([order, ebp, item]: &[String; 3], number: u64, qty: i64, lost: bool) -> OverseasSale {
    OverseasSale {
        sale_no: format!("S{number}"),
        order_no: order.clone(),
        ebp_code: ebp.clone(),
        item_no: item.clone(),
        qty: qty.to_string(),
        amount: if lost { String::new() } else { "19.90".to_owned() },
        currency: if lost { String::new() } else { "300".to_owned() },
        lost,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn goods_abroad_are_taken_in_after_departure_and_sold_once() {
    let (test, seller, names, qty) = abroad(true).await;
    let take = |qty: i64| StockChange { received: vec![received(&names, qty)], ..StockChange::default() };
    let sell =
        |number: u64, qty: i64| StockChange { sold: vec![sale(&names, number, qty, false)], ..StockChange::default() };
    let before = test.stock(&seller, sell(1, 1)).await;
    assert_eq!(rules(&before.outcome.rejections), ["R-WH-03"], "nothing is there to be sold");
    let too_many = test.stock(&seller, take(qty + 1)).await;
    assert_eq!(rules(&too_many.outcome.rejections), ["R-WH-03"], "more than was sent");
    assert!(test.stock(&seller, take(qty)).await.outcome.rejections.is_empty());
    assert!(test.stock(&seller, sell(2, 1)).await.outcome.rejections.is_empty());
    let repeated = test.stock(&seller, sell(2, 1)).await;
    assert_eq!(value(&repeated, "repeated"), "1");
    let (items, _) = test.node.reader.stock_abroad(&seller, "", None, &[], 10).expect("readable");
    assert_eq!((items[0].sold.as_str(), items[0].on_hand.clone()), ("1", (qty - 1).to_string()));
    assert_eq!(items[0].amounts, [("300".to_owned(), "19.9".to_owned())]);
    let foreign = test.stock(&test.warehouse().await, take(1)).await;
    assert_eq!(rules(&foreign.outcome.rejections), ["R-WH-03"], "another's order");
}

#[tokio::test(flavor = "multi_thread")]
async fn goods_that_have_not_departed_are_not_abroad() {
    let (test, seller, names, qty) = abroad(false).await;
    let change = StockChange { received: vec![received(&names, qty)], ..StockChange::default() };
    let refused = test.stock(&seller, change).await;
    let [reason] = refused.outcome.rejections.as_slice() else { panic!("{:?}", refused.outcome.rejections) };
    assert!(reason.message_zh.contains("尚未离境"), "{}", reason.message_zh);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn stock_abroad_is_never_negative_and_never_more_than_was_sent(
        acts in prop::collection::vec((0..3_u8, 1..4_i64, 0..6_u64), 1..12)
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let (test, seller, names, qty) = abroad(true).await;
            for (act, pieces, number) in acts {
                let change = match act {
                    0 => StockChange { received: vec![received(&names, pieces)], ..StockChange::default() },
                    lost => StockChange { sold: vec![sale(&names, number, pieces, lost == 2)], ..StockChange::default() },
                };
                test.stock(&seller, change).await;
                let (items, _) = test.node.reader.stock_abroad(&seller, "", None, &[], 10).expect("readable");
                for item in items {
                    let of = |text: &str| Amount::parse(text).expect("a decimal");
                    assert!(of(&item.on_hand) >= Amount::default(), "{item:?}");
                    assert!(of(&item.received) <= of(&qty.to_string()), "{item:?}");
                    assert_eq!(of(&item.received).minus(of(&item.sold)).minus(of(&item.lost)), of(&item.on_hand));
                }
            }
        });
    }
}
