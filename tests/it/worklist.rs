//! The worklist of a node whose time passes: every kind of item is there once, is told of once when it is overdue, and
//! is gone when the thing is done (R-ST-09, R-M3, R-EXP-06, R-EXP-10, R-RET-01, R-RET-05, R-TAX-06).

use crate::clearance_life::{EXPORT_LIST, golden, import_return, in_message, named, value, with};
use crate::node::{NOON, TestNode};
use crate::tax_state::{TAX, bill};
use single_window::domain::{Clock, DocRef, Event, EventKind, MessageType, Party, PartyId, Role, Timestamp};
use single_window::intake::{WorkItem, WorkKind};
use single_window::sample::{Generator, Kind, Mode, Settings};

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// What a look at the worklist yields: kind, and whether it is overdue.
fn standing(items: &[WorkItem]) -> Vec<(WorkKind, bool)> {
    let of = |item: &WorkItem| (WorkKind::try_from(item.kind).expect("a kind"), item.overdue_ms > 0);
    let mut all: Vec<(WorkKind, bool)> = items.iter().map(of).collect();
    all.sort_unstable();
    all
}

impl TestNode {
    async fn file_operator(&self) {
        let operator = Party {
            code: "OPERATOR01".to_owned(),
            name: "示例运营机构".to_owned(),
            roles: vec![Role::Operator as i32],
            active: true,
            ..Party::default()
        };
        self.node.intake.file_party(PartyId(0), operator).await.expect("filed");
    }

    fn work(&self) -> Vec<(WorkKind, bool)> {
        let (items, next) =
            self.node.reader.worklist(&self.caller("OPERATOR01"), &[], 100, &[]).expect("it can be read");
        assert!(next.is_none(), "one page");
        standing(&items)
    }

    /// Sets the clock, and lets the node look at its deadlines until nothing is due; what it tells of, sorted.
    async fn until(&self, after_ms: i64) -> Vec<String> {
        self.clock.set(Timestamp(NOON.0 + after_ms));
        let mut told = Vec::new();
        let mut looks = 0;
        while let Some(ticked) = self.node.intake.tick().await.expect("it ticks") {
            looks += 1;
            assert!(looks < 10, "deadlines do not come again: {told:?}");
            let of = |event: &Event| match EventKind::try_from(event.kind) {
                Ok(EventKind::Overdue) => named(event, "work").to_owned(),
                other => format!("{other:?}"),
            };
            told.extend(ticked.outcome.events.iter().map(of));
        }
        told.sort_unstable();
        told
    }

    /// A list of direct purchase that is stored, and its waybill.
    async fn stored_direct(&mut self) -> (DocRef, String) {
        let settings = Settings { mode: Mode::Direct, at: NOON, ..Settings::default() };
        self.samples = Generator::new(7, settings);
        let set = self.samples.set(1);
        let mut customs = (*self.caller("CUSTOMS001").party).clone();
        customs.customs_codes.push(set.list.customs_office.to_owned());
        self.node.intake.file_party(PartyId::default(), customs).await.expect("it can be filed");
        let mut list = None;
        for kind in [Kind::Order, Kind::Payment, Kind::Waybill, Kind::List] {
            let message = self.message(kind, std::slice::from_ref(&set), 1);
            let applied = self.node.intake.submit(&self.sender(kind), message).await.expect("it is taken");
            let event = applied.outcome.events.first().expect("an event");
            assert!(event.rejections.is_empty(), "{event:#?}");
            list = event.document;
        }
        (list.expect("the list came last"), set.waybill.waybill_no)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_deadline_is_an_item_is_told_of_once_and_is_gone_when_done() {
    use MessageType::{Ceb213, Ceb603, Ceb621, Ceb625, Ceb701, Ceb711, Ceb818};
    let mut test = TestNode::start_clearance().await;
    test.file_operator().await;
    // A list without its documents, a trade of import, one of export, and one of direct purchase.
    let alone = test.samples.set(5);
    let message = test.message(Kind::List, std::slice::from_ref(&alone), 5);
    test.node.intake.submit(&test.sender(Kind::List), message).await.expect("it is taken");
    let cop_no = test.imported(&[], NOON).await;
    test.exported(&[], NOON).await;
    let (direct, waybill) = test.stored_direct().await;
    let (answer, late) = (WorkKind::Answer, WorkKind::AnswerLate);
    let waiting = [(WorkKind::Match, false), (answer, false), (answer, false), (answer, false)];
    let arrival = (WorkKind::Arrival, false);
    assert_eq!(test.work(), [&waiting[..], &[arrival]].concat());

    // R-ST-09: an alert after ten minutes, an alarm after two hours.
    assert!(test.until(9 * MINUTE_MS).await.is_empty(), "nothing is due yet");
    assert_eq!(test.until(11 * MINUTE_MS).await, ["answer"; 3]);
    assert!(test.until(12 * MINUTE_MS).await.is_empty(), "told once");
    let alerted = [(WorkKind::Match, false), (answer, true), (answer, true), (answer, true)];
    assert_eq!(test.work(), [&alerted[..], &[(late, false); 3], &[arrival]].concat());
    assert_eq!(test.until(121 * MINUTE_MS).await, ["answerLate"; 3]);
    let now = Timestamp(NOON.0 + 121 * MINUTE_MS);
    test.decide_on(direct, 400).await;
    test.decided(Ceb621, ("copNo", &cop_no), 800, now).await;
    test.decided(Ceb603, ("copNo", "C603000001"), 800, now).await;
    // Customs has answered; the tax on the released import is due some day.
    let tax = (WorkKind::TaxDue, false);
    assert_eq!(test.work(), [(WorkKind::Match, false), tax, arrival]);

    // Returns of both directions, and the export is closed.
    test.take(Ceb625, &import_return()).await;
    let list = golden(Ceb603);
    let line = list.find("<ceb:InventoryList>").map(|at| list.split_at(at).1).expect("lines");
    let back = with(&with(&golden(Ceb213), "invtNo", EXPORT_LIST), "gcode", &value(line, "gcode"));
    test.take(Ceb213, &in_message(&back, 3)).await;
    let number = value(&back, "coElNo");
    test.decided(Ceb625, ("copNo", "C625000001"), 300, now).await;
    test.decided(Ceb213, ("coElNo", &number), 300, now).await;
    test.decided(Ceb603, ("copNo", "C603000001"), 899, now).await;
    let returns = [(WorkKind::ReturnArrival, false); 2];
    let month = (WorkKind::Consolidation, false);
    assert_eq!(test.work(), [&[(WorkKind::Match, false)], &returns[..], &[tax, month, arrival]].concat());

    // R-M3 and R-EXP-10: three days.
    assert_eq!(test.until(4 * DAY_MS).await, ["Ok(MatchExpired)", "arrival"]);
    let open = [&returns[..], &[tax, month]].concat();
    assert_eq!(test.work(), [&open[..], &[(WorkKind::Arrival, true)]].concat());
    test.take(Ceb711, &with(&golden(Ceb711), "logisticsNo", &waybill)).await;
    let now = Timestamp(NOON.0 + 4 * DAY_MS);
    test.decided(Ceb711, ("copNo", &value(&golden(Ceb711), "copNo")), 399, now).await;
    assert_eq!(test.work(), open);

    // R-RET-01 and R-TAX-06: 45 days after the release; R-EXP-06: the 15th of the next month.
    assert!(test.until(44 * DAY_MS).await.is_empty());
    assert_eq!(test.until(46 * DAY_MS).await, ["consolidation", "returnArrival", "taxDue"]);
    assert!(test.until(47 * DAY_MS).await.is_empty(), "told once");
    let (back_late, tax_late) = ((WorkKind::ReturnArrival, true), (WorkKind::TaxDue, true));
    let month_late = (WorkKind::Consolidation, true);
    let back_open = (WorkKind::ReturnArrival, false);
    assert_eq!(test.work(), [back_open, back_late, tax_late, month_late]);
    let now = Timestamp(NOON.0 + 47 * DAY_MS);
    test.decided(Ceb625, ("copNo", "C625000001"), 399, now).await;
    assert_eq!(test.work(), [back_open, tax_late, month_late], "the goods are back");
    test.notice(bill(TAX, "1", 11)).await;
    let paid = "<ceb:status>2</ceb:status><ceb:entDutyNo>461220260702-01</ceb:entDutyNo>";
    test.notice(in_message(&golden(Ceb818).replace("<ceb:status>1</ceb:status>", paid), 12)).await;
    assert_eq!(test.work(), [back_open, month_late], "the tax is paid");
    test.take(Ceb701, &golden(Ceb701)).await;
    test.decided(Ceb701, ("copNo", "C701000001"), 399, now).await;
    assert_eq!(test.work(), [back_open], "the month is consolidated");

    // R-RET-05: a year.
    assert_eq!(test.until(367 * DAY_MS).await, ["returnArrival"]);
    assert_eq!(test.work(), [back_late]);
    let now = Timestamp(NOON.0 + 367 * DAY_MS);
    test.decided(Ceb213, ("coElNo", &number), 100, now).await;
    assert!(test.work().is_empty(), "customs refuses what is too late");
    assert!(test.until(800 * DAY_MS).await.is_empty(), "and nothing comes again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tally_list_in_time_says_that_an_export_is_back() {
    use MessageType::{Ceb213, Ceb215, Ceb603};
    let test = TestNode::start_clearance().await;
    test.file_operator().await;
    test.exported(&[800], NOON).await;
    let list = golden(Ceb603);
    let line = list.find("<ceb:InventoryList>").map(|at| list.split_at(at).1).expect("lines");
    let back = with(&with(&golden(Ceb213), "invtNo", EXPORT_LIST), "gcode", &value(line, "gcode"));
    test.take(Ceb213, &back).await;
    test.decided(Ceb213, ("coElNo", &value(&back, "coElNo")), 300, NOON).await;
    assert_eq!(test.work(), [(WorkKind::ReturnArrival, false)]);
    test.clock.set(Timestamp(NOON.0 + 300 * DAY_MS));
    let named = format!("<ceb:invtNo>{EXPORT_LIST}</ceb:invtNo><ceb:coElNo>");
    let tally = golden(Ceb215).replacen("<ceb:coElNo>", &named, 1);
    test.take(Ceb215, &tally).await;
    test.decided(Ceb215, ("coElNo", &value(&tally, "coElNo")), 399, test.clock.now()).await;
    assert!(test.work().is_empty());
    assert!(test.until(400 * DAY_MS).await.is_empty(), "it is never overdue");
}
